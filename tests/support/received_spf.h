/* A reader of Received-SPF fields (RFC 7208 section 9.1), for tests alone: the product writes the field and believes
 * nobody else's. */
#ifndef RECEIVED_SPF_H
#define RECEIVED_SPF_H

#include <sekisho/arena.h>

#define RECEIVED_SPF_MAX_PAIRS 16

struct received_spf {
    struct seki_str result; /* as written */
    struct received_spf_pair {
        struct seki_str key, value; /* the value unquoted and unfolded */
    } pairs[RECEIVED_SPF_MAX_PAIRS];
    size_t pair_count;
};

/** @return false when the value is not by the grammar to its last octet */
bool received_spf_read(struct seki_arena *arena, struct seki_str value, struct received_spf *out);

/** @return ptr NULL when there is no such key */
struct seki_str received_spf_get(const struct received_spf *field, const char *key);

#endif
