#include "base/siphash.h"

#include <endian.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotated(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void one_round(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotated(s->v1, 13) ^ s->v0;
    s->v3 = rotated(s->v3, 16) ^ s->v2;
    s->v0 = rotated(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotated(s->v1, 17) ^ s->v2;
    s->v3 = rotated(s->v3, 21) ^ s->v0;
    s->v2 = rotated(s->v2, 32);
}

static inline void take_word(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    one_round(s);
    one_round(s);
    s->v0 ^= word;
}

/* @param count  of octets, 8 at most */
static inline uint64_t little_endian(const char *octets, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, octets, count);
    return le64toh(word);
}

uint64_t seki_siphash(const struct seki_siphash_key *key, struct seki_str text)
{
    struct state s = { key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du, key->k0 ^ 0x6c7967656e657261u,
                       key->k1 ^ 0x7465646279746573u };
    size_t whole = text.len & ~(size_t)7;
    for (size_t at = 0; at < whole; at += 8)
        take_word(&s, little_endian(text.ptr + at, 8));
    take_word(&s, (uint64_t)text.len << 56 | little_endian(text.ptr + whole, text.len - whole));
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        one_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
