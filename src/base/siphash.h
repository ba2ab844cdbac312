/* SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash. Who does not know the key cannot choose texts that
 * collide, so it serves tables filled with names from outside, and as a checksum against damage. No signature. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <sekisho/str.h>

struct seki_siphash_key {
    uint64_t k0, k1;
};

uint64_t seki_siphash(const struct seki_siphash_key *key, struct seki_str text);

#endif
