/* Parsed keys by the octets of their record, least recently used out first. */
#ifndef AUTH_KEY_CACHE_H
#define AUTH_KEY_CACHE_H

#include "auth/dkim_key.h"

struct seki_key_cache;

/** @param max_keys  above 0. @return NULL without memory */
struct seki_key_cache *seki_key_cache_new(size_t max_keys);
void seki_key_cache_free(struct seki_key_cache *cache);

/**
 * The key of this record, parsed now or before.
 * @param key_out    borrowed until the next call
 * @param wrong_out  why the record cannot be used; *key_out is NULL then. Such records are not kept
 * @return SEKI_OK, SEKI_SYSTEM
 */
enum seki_result seki_key_cache_get(struct seki_context *context, struct seki_str record,
                                    struct seki_dkim_key **key_out, const char **wrong_out);

#endif
