/* The inbound role on one loop: milter servers, resolver, key context, and the configuration in force.
 *
 * All functions but inbound_new() run on the loop's thread. */
#ifndef INBOUND_H
#define INBOUND_H

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

struct event_base;
struct inbound;

struct inbound_listener { /* a socket of the configuration; stays the caller's */
    struct seki_str address;
    int fd;
};

/** @param loop  which one of the process: its part of the journal is named after it */
struct inbound *inbound_new(struct event_base *base, struct log *log, unsigned loop);
/** Closes all sessions; what was under way the MTA defers. */
void inbound_free(struct inbound *inbound);

/**
 * Build everything that a configuration needs and that can fail, beside what is in force.
 * @return false with *why: nothing has changed
 */
bool inbound_prepare(struct inbound *inbound, struct config *config, struct seki_error *why);
/** Put what was prepared into force: for new messages at once; those under way keep what they began with. Servers
 *  of sockets that are not named take no new connections; their sessions go on. */
bool inbound_commit(struct inbound *inbound, const struct inbound_listener *listeners, size_t count,
                    struct seki_error *why);
/** Forget what was prepared. */
void inbound_discard(struct inbound *inbound);

/** Take no new connections. */
void inbound_drain(struct inbound *inbound);
/** Sessions in the middle of a message. */
size_t inbound_busy_count(const struct inbound *inbound);

struct metrics inbound_metrics(const struct inbound *inbound);

#endif
