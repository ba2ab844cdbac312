/* A dns_responder started by a test, for as long as the test runs. */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

struct dns_server;

/**
 * @param zone     text of a master file
 * @param options  more options of dns_responder, NULL at the end; NULL for none
 * @return ready to answer; a server that does not start ends the program
 */
struct dns_server *dns_server_start(const char *zone, const char *const *options);

/** "127.0.0.1:PORT" */
const char *dns_server_address(const struct dns_server *server);

/** How often was it asked? Counts the lines of its log in which text stands ("example.com. TXT"). */
unsigned dns_server_count(const struct dns_server *server, const char *text);

/** It answers nobody any more, but keeps its port; and goes on. */
void dns_server_pause(struct dns_server *server);
void dns_server_resume(struct dns_server *server);

void dns_server_stop(struct dns_server *server);

#endif
