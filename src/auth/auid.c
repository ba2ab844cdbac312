#include "auth/auid.h"

/* hex-octet = "=" 2(DIGIT / "A" / "B" / "C" / "D" / "E" / "F") ; RFC 2045: no small letters */
static int hex_digit(char c)
{
    if (seki_is_digit(c))
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex_octet(struct seki_str text, size_t at, char *octet_out)
{
    if (text.len - at < 3)
        return false;
    int high = hex_digit(text.ptr[at + 1]), low = hex_digit(text.ptr[at + 2]);
    if (high < 0 || low < 0)
        return false;
    *octet_out = (char)(high * 16 + low);
    return true;
}

/* dkim-quoted-printable = *(FWS / hex-octet / dkim-safe-char) ; the tag list has seen to the octets
 * False for an "=" that encodes nothing. */
static bool decode(struct seki_str value, char *out, size_t *len_out)
{
    size_t len = 0;
    for (size_t at = 0; at < value.len; at++) {
        if (seki_is_space(value.ptr[at]))
            continue;
        if (value.ptr[at] != '=')
            out[len++] = value.ptr[at];
        else if (read_hex_octet(value, at, &out[len]))
            at += 2, len++;
        else
            return false;
    }
    *len_out = len;
    return true;
}

/* Encoded CR, LF and other controls have no business in an address, and would come out in our own fields and logs. */
static bool has_control(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
            return true;
    return false;
}

struct seki_str seki_auid_decode(struct seki_arena *arena, struct seki_str value, struct seki_str *domain_out)
{
    *domain_out = SEKI_STR("");
    size_t len = 0;
    char *out = seki_arena_octets(arena, value.len);
    struct seki_str identity = { out, 0 };
    if (out == NULL || !decode(value, out, &len))
        return identity;
    identity.len = len;
    size_t at = seki_str_find_last(identity, '@');
    if (at < len && seki_str_is_utf8(identity) && !has_control(identity))
        *domain_out = (struct seki_str){ out + at + 1, len - at - 1 };
    return identity;
}
