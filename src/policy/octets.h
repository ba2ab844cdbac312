/* Values of the replica as octets, both ways: numbers big-endian, a text behind its length in one octet. Reading is a
 * cursor with one sticky error; after it every read yields zero. */
#ifndef POLICY_OCTETS_H
#define POLICY_OCTETS_H

#include <sekisho/buf.h>

struct policy_cursor {
    struct seki_str rest;
    bool failed;
};

static inline struct seki_str policy_take(struct policy_cursor *c, size_t count)
{
    if (c->failed || count > c->rest.len) {
        c->failed = true;
        return SEKI_STR("");
    }
    struct seki_str taken = count > 0 ? seki_str_head(c->rest, count) : SEKI_STR("");
    c->rest.ptr += count;
    c->rest.len -= count;
    return taken;
}

static inline uint64_t policy_take_number(struct policy_cursor *c, size_t octets)
{
    uint64_t number = 0;
    struct seki_str taken = policy_take(c, octets);
    for (size_t i = 0; i < taken.len; i++)
        number = number << 8 | (unsigned char)taken.ptr[i];
    return number;
}

/** A number of one octet below limit. */
static inline unsigned policy_take_below(struct policy_cursor *c, unsigned limit)
{
    unsigned number = (unsigned)policy_take_number(c, 1);
    c->failed = c->failed || number >= limit;
    return c->failed ? 0 : number;
}

static inline struct seki_str policy_take_text(struct policy_cursor *c)
{
    size_t len = (size_t)policy_take_number(c, 1);
    return policy_take(c, len);
}

static inline void policy_add_number(struct seki_buf *out, uint64_t number, size_t octets)
{
    for (size_t i = octets; i > 0; i--)
        seki_buf_add_char(out, (char)(number >> (8 * (i - 1)) & 0xFF));
}

static inline void policy_add_text(struct seki_buf *out, struct seki_str text)
{
    text = seki_str_head(text, 255);
    policy_add_number(out, text.len, 1);
    seki_buf_add(out, text);
}

#endif
