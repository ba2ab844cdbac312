#include "quarantine/charset.h"

#include "base/base64.h"
#include "message/transfer_encoding.h"

#include <errno.h>
#include <iconv.h>

/* Which converters of the C library a sender may set to work: those that people write mail in, and no odd ones. */
static const struct {
    struct seki_str name;
    const char *converter;
} charsets[] = {
    { SEKI_STR_INIT("iso-2022-jp"), "ISO-2022-JP-3" }, /* mail programs write its extensions under this name */
    { SEKI_STR_INIT("shift_jis"), "CP932" },           /* likewise */
    { SEKI_STR_INIT("windows-31j"), "CP932" },
    { SEKI_STR_INIT("euc-jp"), "EUC-JP" },
    { SEKI_STR_INIT("iso-8859-1"), "CP1252" },
    { SEKI_STR_INIT("windows-1252"), "CP1252" },
    { SEKI_STR_INIT("iso-8859-2"), "ISO-8859-2" },
    { SEKI_STR_INIT("iso-8859-15"), "ISO-8859-15" },
    { SEKI_STR_INIT("windows-1251"), "CP1251" },
    { SEKI_STR_INIT("koi8-r"), "KOI8-R" },
    { SEKI_STR_INIT("gb2312"), "GBK" },
    { SEKI_STR_INIT("gbk"), "GBK" },
    { SEKI_STR_INIT("gb18030"), "GB18030" },
    { SEKI_STR_INIT("big5"), "BIG5" },
    { SEKI_STR_INIT("euc-kr"), "EUC-KR" },
};

#define MAX_GROWTH 4u /* octets of UTF-8 for one octet of any of these */

static const char *converter_named(struct seki_str charset)
{
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++) {
        if (seki_str_equal_nocase(charsets[i].name, charset))
            return charsets[i].converter;
    }
    return NULL;
}

/* @return octets written; there is room for all */
static size_t convert(iconv_t converter, struct seki_str octets, char *out, size_t room)
{
    char *from = (char *)(uintptr_t)octets.ptr, *to = out; /* iconv() does not write there */
    size_t from_len = octets.len, to_len = room;
    while (from_len > 0 && iconv(converter, &from, &from_len, &to, &to_len) == (size_t)-1) {
        if (errno == E2BIG || to_len == 0 || from_len == 0)
            break;
        *to++ = '?';
        to_len--;
        from++;
        from_len--;
    }
    return room - to_len;
}

struct seki_str quarantine_to_utf8(struct seki_arena *arena, struct seki_str charset, struct seki_str octets)
{
    const char *name = converter_named(charset);
    struct seki_str none = { NULL, 0 };
    if (name == NULL || octets.len > QUARANTINE_CHARSET_MAX_OCTETS)
        return none;
    size_t room = octets.len * MAX_GROWTH + 1;
    char *out = seki_arena_octets(arena, room);
    iconv_t converter = out != NULL ? iconv_open("UTF-8", name) : (iconv_t)-1;
    if (converter == (iconv_t)-1) /* this C library lacks it */
        return none;
    struct seki_str text = { out, convert(converter, octets, out, room) };
    iconv_close(converter);
    return text;
}

/* ---- encoded words: "=?" charset "?" encoding "?" text "?=" ---- */

static struct seki_str decode_base64(struct seki_arena *arena, struct seki_str text)
{
    char *octets = seki_arena_octets(arena, text.len + 1);
    size_t len;
    bool is_good = octets != NULL && seki_base64_decode(text, (uint8_t *)octets, text.len, &len);
    return is_good ? (struct seki_str){ octets, len } : (struct seki_str){ NULL, 0 };
}

/* As quoted-printable, but "_" is a space (RFC 2047 section 4.2). */
static struct seki_str decode_q(struct seki_arena *arena, struct seki_str text)
{
    struct seki_buf spaced, octets;
    seki_buf_init_arena(&spaced, arena, text.len + 1);
    seki_buf_init_arena(&octets, arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        seki_buf_add_char(&spaced, text.ptr[i]);
    for (size_t i = 0; i < spaced.len; i++) {
        if (spaced.ptr[i] == '_')
            spaced.ptr[i] = ' ';
    }
    bool is_good = seki_transfer_decode(seki_transfer_encoding_read(SEKI_STR("quoted-printable")),
                                        seki_buf_str(&spaced), &octets) &&
                   seki_buf_failed(&octets) == SEKI_OK;
    return is_good ? seki_buf_str(&octets) : (struct seki_str){ NULL, 0 };
}

static bool take_part(struct seki_str *rest, struct seki_str *part_out)
{
    size_t end = seki_str_find(*rest, '?');
    *part_out = seki_str_head(*rest, end);
    bool is_there = end < rest->len && seki_str_find(*part_out, ' ') == part_out->len;
    *rest = (struct seki_str){ rest->ptr + end, rest->len - end };
    if (is_there)
        *rest = (struct seki_str){ rest->ptr + 1, rest->len - 1 };
    return is_there;
}

/* @return the text of the word that begins there and its length; ptr NULL: none, or in another charset */
static struct seki_str word_at_front(struct seki_arena *arena, struct seki_str text, size_t *len_out)
{
    struct seki_str none = { NULL, 0 }, charset, encoding, encoded, octets;
    struct seki_str rest = seki_str_from(text, 2);
    if (!seki_str_starts_with(text, SEKI_STR("=?")) || rest.ptr == NULL || !take_part(&rest, &charset) ||
        !take_part(&rest, &encoding) || !take_part(&rest, &encoded) || rest.len == 0 || rest.ptr[0] != '=')
        return none;
    charset = seki_str_head(charset, seki_str_find(charset, '*'));
    if (converter_named(charset) == NULL || encoding.len != 1)
        return none;
    *len_out = (size_t)(rest.ptr + 1 - text.ptr);
    octets = seki_ascii_lower(encoding.ptr[0]) == 'b' ? decode_base64(arena, encoded) : decode_q(arena, encoded);
    return octets.ptr != NULL ? quarantine_to_utf8(arena, charset, octets) : none;
}

static size_t spaces_at(struct seki_str text, size_t at)
{
    size_t end = at;
    while (end < text.len && seki_is_space(text.ptr[end]))
        end++;
    return end - at;
}

struct seki_str quarantine_decode_words(struct seki_arena *arena, struct seki_str text)
{
    struct seki_buf out;
    size_t len;
    seki_buf_init_arena(&out, arena, text.len * MAX_GROWTH + 1);
    for (size_t at = 0; at < text.len;) {
        struct seki_str word = word_at_front(arena, seki_str_from(text, at), &len);
        if (word.ptr == NULL) {
            seki_buf_add_char(&out, text.ptr[at++]);
            continue;
        }
        seki_buf_add(&out, word);
        at += len;
        size_t spaces = spaces_at(text, at); /* between two words they are not shown (section 6.2) */
        if (word_at_front(arena, seki_str_from(text, at + spaces), &len).ptr != NULL)
            at += spaces;
    }
    return seki_buf_failed(&out) == SEKI_OK ? seki_buf_str(&out) : (struct seki_str){ NULL, 0 };
}
