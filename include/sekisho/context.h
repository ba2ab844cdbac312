/* What is dear to set up and can be used for every message: fetched digests, key contexts, and a cache of
 * parsed public keys. One per thread; nothing in it is shared.
 *
 * The key cache is keyed by the octets of the key record, not by its name: a record that changes is another key
 * at once, and an answer that has expired is asked again by the resolver, so TTLs are honoured without a clock. */
#ifndef SEKISHO_CONTEXT_H
#define SEKISHO_CONTEXT_H

#include <sekisho/result.h>
#include <stddef.h>

struct seki_context;

/**
 * @param max_cached_keys  parsed public keys kept, least recently used goes first; 0 = 4,096
 * @return NULL when OpenSSL lacks what is needed or there is no memory; *why says so
 */
SEKI_API struct seki_context *seki_context_new(size_t max_cached_keys, struct seki_error *why);
SEKI_API void seki_context_free(struct seki_context *context);

#endif
