#include <sekisho/str.h>

bool seki_str_equal(struct seki_str a, struct seki_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool seki_str_equal_nocase(struct seki_str a, struct seki_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && seki_ascii_lower(a.ptr[i]) != seki_ascii_lower(b.ptr[i]))
            return false;
    return true;
}

bool seki_str_starts_with(struct seki_str s, struct seki_str prefix)
{
    return s.len >= prefix.len && seki_str_equal(seki_str_head(s, prefix.len), prefix);
}

bool seki_str_starts_with_nocase(struct seki_str s, struct seki_str prefix)
{
    return s.len >= prefix.len && seki_str_equal_nocase(seki_str_head(s, prefix.len), prefix);
}

bool seki_str_ends_with_nocase(struct seki_str s, struct seki_str suffix)
{
    return s.len >= suffix.len && seki_str_equal_nocase((struct seki_str){ s.ptr + (s.len - suffix.len), suffix.len }, suffix);
}

bool seki_str_contains_nocase(struct seki_str s, struct seki_str part)
{
    for (; s.len >= part.len && s.ptr != NULL; s = seki_str_from(s, 1))
        if (seki_str_starts_with_nocase(s, part))
            return true;
    return false;
}

size_t seki_str_find(struct seki_str s, char c)
{
    const char *found = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return found ? (size_t)(found - s.ptr) : s.len;
}

size_t seki_str_find_last(struct seki_str s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c)
            return i - 1;
    return s.len;
}

struct seki_str seki_str_trim(struct seki_str s)
{
    while (s.len > 0 && seki_is_space(s.ptr[s.len - 1]))
        s.len--;
    while (s.len > 0 && seki_is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    return s;
}

bool seki_str_to_u64(struct seki_str s, uint64_t max, uint64_t *value_out)
{
    if (s.len == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!seki_is_digit(s.ptr[i]))
            return false;
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
        if (value > max)
            return false;
    }
    *value_out = value;
    return true;
}

bool seki_str_is_ascii(struct seki_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Length of the well-formed UTF-8 sequence at the front (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t need = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len < need)
        return 0;
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

bool seki_str_is_utf8(struct seki_str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        size_t step = utf8_sequence(p + i, s.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

bool seki_str_split(struct seki_str *rest, char separator, struct seki_str *piece_out)
{
    if (rest->ptr == NULL)
        return false;
    size_t at = seki_str_find(*rest, separator);
    *piece_out = seki_str_head(*rest, at);
    if (at < rest->len)
        *rest = (struct seki_str){ rest->ptr + at + 1, rest->len - at - 1 };
    else
        *rest = (struct seki_str){ NULL, 0 };
    return true;
}

uint32_t seki_str_hash_nocase(struct seki_str s)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)seki_ascii_lower(s.ptr[i])) * 16777619u;
    return hash;
}
