#include "policy/punycode.h"

/* RFC 3492 section 5 */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

#define LAST_POINT 0x10FFFFu

struct decoder {
    struct seki_str rest;
    uint32_t bias;
};

/* "a" to "z" are 0 to 25, "0" to "9" are 26 to 35. */
static int digit_of(char c)
{
    if (seki_is_digit(c))
        return c - '0' + 26;
    return seki_is_alpha(c) ? seki_ascii_lower(c) - 'a' : -1;
}

/* section 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
    uint32_t k = 0;
    delta = is_first ? delta / DAMP : delta / 2;
    for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN)
        return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* One generalized variable-length integer (section 3.3). "Care must be taken … to detect overflow". */
static bool take_delta(struct decoder *d, uint32_t *delta_out)
{
    uint64_t delta = 0, weight = 1;
    for (uint32_t k = BASE; d->rest.len > 0; k += BASE) {
        int digit = digit_of(d->rest.ptr[0]);
        uint32_t t = threshold(k, d->bias);
        d->rest.ptr++;
        d->rest.len--;
        if (digit < 0)
            return false;
        delta += (uint64_t)digit * weight;
        if (delta > INT32_MAX)
            return false;
        if ((uint32_t)digit < t) {
            *delta_out = (uint32_t)delta;
            return true;
        }
        weight *= BASE - t;
        if (weight > INT32_MAX)
            return false;
    }
    return false;
}

static size_t take_basic(struct seki_str basic, uint32_t *points)
{
    for (size_t i = 0; i < basic.len; i++)
        points[i] = (unsigned char)basic.ptr[i];
    return seki_str_is_ascii(basic) ? basic.len : POLICY_PUNYCODE_MAX;
}

size_t policy_punycode_decode(struct seki_str encoded, uint32_t *points)
{
    if (encoded.len > POLICY_PUNYCODE_MAX)
        return 0;
    size_t hyphen = seki_str_find_last(encoded, '-'), count = 0;
    struct decoder d = { .rest = encoded, .bias = INITIAL_BIAS };
    if (hyphen > 0 && hyphen < encoded.len) {
        count = take_basic(seki_str_head(encoded, hyphen), points);
        d.rest = seki_str_from(encoded, hyphen + 1);
    }
    uint32_t n = INITIAL_N, at = 0, delta;
    for (bool is_first = true; d.rest.len > 0; is_first = false) {
        if (count >= POLICY_PUNYCODE_MAX || !take_delta(&d, &delta))
            return 0;
        count++;
        d.bias = adapt(delta, (uint32_t)count, is_first);
        uint32_t place = at + delta;
        n += place / (uint32_t)count;
        at = place % (uint32_t)count;
        if (n > LAST_POINT)
            return 0;
        memmove(points + at + 1, points + at, (count - 1 - at) * sizeof *points);
        points[at++] = n;
    }
    return count <= POLICY_PUNYCODE_MAX && count > 0 ? count : 0;
}
