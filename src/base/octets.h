/* Small binary forms: numbers as LEB128 (seven bits an octet, the lowest first), texts with their length in front. Reading
 * is one cursor with one sticky error; after it every read yields zero. */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include <sekisho/buf.h>

#define SEKI_NUMBER_MAX_OCTETS 10u

/** @param to  at least SEKI_NUMBER_MAX_OCTETS. @return octets written */
static inline size_t seki_number_write(uint64_t number, char *to)
{
    size_t len = 0;
    for (; number >= 0x80; number >>= 7)
        to[len++] = (char)(uint8_t)(number | 0x80);
    to[len++] = (char)(uint8_t)number;
    return len;
}

/* Small numbers of either sign in few octets: 0, -1, 1, -2 … */
static inline uint64_t seki_number_of_signed(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static inline int64_t seki_number_to_signed(uint64_t number)
{
    return (int64_t)(number >> 1 ^ ((number & 1) != 0 ? UINT64_MAX : 0));
}

static inline void seki_octets_add_number(struct seki_buf *out, uint64_t number)
{
    char octets[SEKI_NUMBER_MAX_OCTETS];
    seki_buf_add(out, (struct seki_str){ octets, seki_number_write(number, octets) });
}

static inline void seki_octets_add_text(struct seki_buf *out, struct seki_str text)
{
    seki_octets_add_number(out, text.len);
    seki_buf_add(out, text);
}

struct seki_octets {
    struct seki_str left;
    bool has_failed;
};

static inline struct seki_octets seki_octets_of(struct seki_str octets)
{
    return (struct seki_octets){ .left = octets };
}

static inline bool seki_octets_at_end(const struct seki_octets *octets)
{
    return octets->has_failed || octets->left.len == 0;
}

/** The next len octets; "" with the error noted. */
static inline struct seki_str seki_octets_take(struct seki_octets *octets, uint64_t len)
{
    if (octets->has_failed || len > octets->left.len) {
        octets->has_failed = true;
        return SEKI_STR("");
    }
    struct seki_str taken = { octets->left.ptr, (size_t)len };
    octets->left.ptr += taken.len;
    octets->left.len -= taken.len;
    return taken;
}

static inline uint8_t seki_octets_u8(struct seki_octets *octets)
{
    struct seki_str one = seki_octets_take(octets, 1);
    return one.len == 1 ? (uint8_t)one.ptr[0] : 0;
}

static inline uint64_t seki_octets_number(struct seki_octets *octets)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t octet = seki_octets_u8(octets);
        uint64_t bits = octet & 0x7fu;
        if (shift == 63 && bits > 1)
            break;
        number |= bits << shift;
        if (octet < 0x80)
            return number;
    }
    octets->has_failed = true;
    return 0;
}

/** A number that may not be larger than max. */
static inline uint64_t seki_octets_number_to(struct seki_octets *octets, uint64_t max)
{
    uint64_t number = seki_octets_number(octets);
    if (number <= max)
        return number;
    octets->has_failed = true;
    return 0;
}

static inline struct seki_str seki_octets_text(struct seki_octets *octets)
{
    return seki_octets_take(octets, seki_octets_number(octets));
}

#endif
