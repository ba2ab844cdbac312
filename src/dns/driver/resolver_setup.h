/* libunbound's settings for one resolver. */
#ifndef DNS_RESOLVER_SETUP_H
#define DNS_RESOLVER_SETUP_H

#include "dns/driver/resolver.h"

struct ub_ctx;

/** A context ready to be asked; NULL with *why. Its event worker exists already: libunbound touches globals when it
 *  makes one, and so this belongs to the start, one resolver after the other, not to the first message. */
struct ub_ctx *resolver_setup(struct event_base *base, const struct resolver_options *options,
                              struct seki_error *why);

/** "ADDR[:PORT]" or "[ADDR6]:PORT" in libunbound's spelling "ADDR@PORT".
 *  @param spelt  at least RESOLVER_ADDRESS_MAX octets. @return false when it is neither */
bool resolver_spell_address(struct seki_str text, char *spelt);

#define RESOLVER_ADDRESS_MAX 64u

/** How many sockets one resolver uses at most: a quarter of what the process may open, up to 2,048. */
size_t resolver_socket_count(void);

/** The time-out of one question with its default filled in. */
static inline unsigned resolver_timeout_ms(const struct resolver_options *options)
{
    return options->timeout_ms > 0 ? options->timeout_ms : 5000;
}

#endif
