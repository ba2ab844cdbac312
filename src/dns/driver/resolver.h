/* The resolver of one event loop: libunbound in event mode, with our own deadline.
 *
 * libunbound's cache is the cache. Its callback may come before ub_resolve_event() returns; here that only means
 * that the answer stands in the table when resolver_pump() returns. Not thread-safe: one per loop; create them one
 * after the other (libunbound's configuration parser is not re-entrant). */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <sekisho/answers.h>

struct event_base;
struct resolver;

#define RESOLVER_RESOLV_CONF "/etc/resolv.conf"

struct resolver_options {          /* zero is the default */
    const char *nameservers;       /* "ADDR[:PORT]" or "[ADDR6]:PORT", several with spaces: forwarders.
                                    NULL: those of resolv.conf; "root": ask the root servers ourselves */
    const char *resolv_conf;       /* NULL = RESOLVER_RESOLV_CONF */
    const char *trust_anchor_file; /* NULL: no DNSSEC validation */
    unsigned timeout_ms;           /* per question, from asking to giving up; 0 = 5,000 */
    size_t cache_octets;           /* of RRsets, and two thirds of it of messages; 0 = 2,816 KiB: 2,000 domains */
};

struct resolver_counters { /* since resolver_new() */
    uint64_t asked, answered, failed, timed_out;
};

struct resolver *resolver_new(struct event_base *base, const struct resolver_options *options,
                              struct seki_error *why);
void resolver_free(struct resolver *resolver); /* no lookup may be left */
struct resolver_counters resolver_counters(const struct resolver *resolver);

/* The look-ups of one message. */
struct resolver_lookup;

/**
 * @param answers   the message's table
 * @param progress  called from the loop, never from within resolver_pump(), after an answer was entered (once for
 *                  several that came together, if it can be); it may call resolver_pump() and resolver_lookup_end()
 */
struct resolver_lookup *resolver_lookup_new(struct resolver *resolver, struct seki_answers *answers,
                                            void (*progress)(void *user), void *user);

/** Send every question of the table that nobody has taken; of many that are asked ahead some wait for the next call, so
 *  call it again after progress(). What can be answered at once is, before this returns.
 *  @return how many questions of the table are open */
size_t resolver_pump(struct resolver_lookup *lookup);

/** Cancel what is under way; after this the table and its arena may go. NULL does nothing. */
void resolver_lookup_end(struct resolver_lookup *lookup);

#endif
