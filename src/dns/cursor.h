/* Reading octets of a DNS message: one cursor, one sticky error. After it every read yields zero. */
#ifndef DNS_CURSOR_H
#define DNS_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seki_dns_cursor {
    const uint8_t *octets; /* the whole message: names may point back into it */
    size_t len, at;
    bool failed;
};

static inline struct seki_dns_cursor seki_dns_cursor_of(const void *octets, size_t len)
{
    return (struct seki_dns_cursor){ .octets = octets, .len = len };
}

static inline size_t seki_dns_cursor_left(const struct seki_dns_cursor *c)
{
    return c->len - c->at;
}

/** The next count octets, or NULL with the error noted. */
static inline const uint8_t *seki_dns_cursor_take(struct seki_dns_cursor *c, size_t count)
{
    if (c->failed || count > c->len - c->at) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *octets = c->octets + c->at;
    c->at += count;
    return octets;
}

static inline uint8_t seki_dns_cursor_u8(struct seki_dns_cursor *c)
{
    const uint8_t *p = seki_dns_cursor_take(c, 1);
    return p != NULL ? p[0] : 0;
}

static inline uint16_t seki_dns_cursor_u16(struct seki_dns_cursor *c)
{
    const uint8_t *p = seki_dns_cursor_take(c, 2);
    return (uint16_t)(p != NULL ? p[0] * 256u + p[1] : 0u);
}

static inline uint32_t seki_dns_cursor_u32(struct seki_dns_cursor *c)
{
    uint32_t high = seki_dns_cursor_u16(c);
    return high << 16 | seki_dns_cursor_u16(c);
}

#endif
