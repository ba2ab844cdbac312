/* The MTA's side of the milter protocol, packet for packet as Postfix 3.7 speaks it: macros in front of every event
 * (also of those negotiated away), body chunks of 65,535 octets, ABORT after each message, no wait where no reply was
 * agreed on.
 *
 * In two layers. The milter_client_put_*() calls append packets to client->out and say whether a reply will come; a
 * load generator that has its own event loop composes with them, cuts where a reply is due, and reads replies with
 * milter_client_parse(). The others block, for tests. */
#ifndef MILTER_CLIENT_H
#define MILTER_CLIENT_H

#include <sekisho/buf.h>

/* What Postfix 3.7 offers. */
#define MILTER_CLIENT_VERSION 6u
#define MILTER_CLIENT_CHANGES 0x1ffu
#define MILTER_CLIENT_EVENTS  0x1fffffu

struct milter_client {
    int fd;                            /* -1: none */
    uint32_t version, changes, events; /* offered; after negotiation what was agreed on */
    struct seki_buf out;               /* packets to send */
    struct seki_buf in;                /* octets of replies, from in_start */
    size_t in_start;
};

struct milter_client_reply {
    char code;               /* SMFIR_*; 0: the filter hung up */
    struct seki_str payload; /* a view, valid until the next reply is read */
};

struct milter_client_message {
    const char *sender;            /* "a@example.net"; "": the null sender */
    const char *const *recipients; /* ends with NULL */
    struct seki_str text;          /* with CRLF */
    const char *queue_id;
};

/* What became of one message. */
struct milter_client_verdict {
    char code;                  /* the last reply; 0: the filter hung up */
    char words[512];            /* of a 'y' reply */
    unsigned inserted, removed; /* fields */
    unsigned progress;          /* reports that the verdict is still to come */
    char first_name[256];       /* of the first field inserted, */
    char first_value[4096];     /* and its value */
    uint32_t first_index;
};

/** Offers what Postfix offers; change the three before milter_client_negotiate() to be an older MTA. */
void milter_client_init(struct milter_client *client);
void milter_client_release(struct milter_client *client);

/** Append a packet. @return will a reply come? false also when the event was negotiated away (nothing is appended) */
bool milter_client_put(struct milter_client *client, char command, struct seki_str payload);
/** @param pairs  name, value, …, NULL */
void milter_client_put_macros(struct milter_client *client, char command, const char *const *pairs);
void milter_client_put_offer(struct milter_client *client);
/** @param address  as text; family by its look, NULL: unknown */
bool milter_client_put_connect(struct milter_client *client, const char *host_name, const char *address,
                               uint16_t port);
bool milter_client_put_helo(struct milter_client *client, const char *name);
bool milter_client_put_mail(struct milter_client *client, const struct milter_client_message *message);
/** @param index  of the recipient; the queue id is known from the second on */
bool milter_client_put_rcpt(struct milter_client *client, const struct milter_client_message *message,
                            size_t index);
bool milter_client_put_data(struct milter_client *client, const struct milter_client_message *message);
/** Cut the next field off the text: value with LF as Postfix sends it. @return false at the header's end */
bool milter_client_next_field(struct seki_str *text, struct seki_str *name_out, struct seki_str *value_out);
bool milter_client_put_field(struct milter_client *client, const struct milter_client_message *message,
                             struct seki_str name, struct seki_str value);
bool milter_client_put_eoh(struct milter_client *client, const struct milter_client_message *message);
/** Cut the next chunk off the body. */
bool milter_client_put_body(struct milter_client *client, const struct milter_client_message *message,
                            struct seki_str *rest);
bool milter_client_put_eom(struct milter_client *client, const struct milter_client_message *message);

/** Take the OPTNEG reply into account. @return false: it is not one, or claims what was not offered */
bool milter_client_agree(struct milter_client *client, const struct milter_client_reply *reply);
/** @return octets used, 0: incomplete */
size_t milter_client_parse(struct seki_str octets, struct milter_client_reply *reply_out);

/* Blocking. */

/** @param address  "unix:/path" or "inet:ADDR:PORT" */
bool milter_client_connect(struct milter_client *client, const char *address);
bool milter_client_flush(struct milter_client *client);
/** Send what stands in out and wait for one reply. */
struct milter_client_reply milter_client_ask(struct milter_client *client);
bool milter_client_negotiate(struct milter_client *client);
/** CONNECT and HELO. @return the code of a reply other than 'c', else 'c' */
char milter_client_greet(struct milter_client *client, const char *host_name, const char *address,
                         const char *helo);
/** A whole message, up to the reply at its end and the ABORT that Postfix sends after it. */
void milter_client_send_message(struct milter_client *client, const struct milter_client_message *message,
                                struct milter_client_verdict *verdict_out);
/** QUIT, and close. */
void milter_client_quit(struct milter_client *client);

#endif
