#include "message/transfer_encoding.h"

#include "base/base64.h"

#include <assert.h>
#include <stdlib.h>

#define BASE64_LINE_MAX 1024u

static const char *const names[] = {
    [SEKI_ENCODING_7BIT] = "7bit",     [SEKI_ENCODING_8BIT] = "8bit",
    [SEKI_ENCODING_BINARY] = "binary", [SEKI_ENCODING_QUOTED_PRINTABLE] = "quoted-printable",
    [SEKI_ENCODING_BASE64] = "base64",
};
static_assert(sizeof names / sizeof names[0] == SEKI_ENCODING_OTHER, "a name for every encoding");

enum seki_transfer_encoding seki_transfer_encoding_read(struct seki_str value)
{
    value = seki_str_trim(value);
    size_t encoding = 0;
    while (encoding < SEKI_ENCODING_OTHER && value.len > 0 &&
           !seki_str_equal_nocase(value, seki_str_of(names[encoding])))
        encoding++;
    return (enum seki_transfer_encoding)encoding;
}

const char *seki_transfer_encoding_name(enum seki_transfer_encoding encoding)
{
    return encoding < SEKI_ENCODING_OTHER ? names[encoding] : "other";
}

static int hex_value(char c)
{
    if (seki_is_digit(c))
        return c - '0';
    c = seki_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "Any white space … at the end of a line MUST be deleted"; a "=" there is a soft line break (section 6.7, rules 3, 5) */
static void decode_line(struct seki_str line, struct seki_str line_end, struct seki_buf *out)
{
    while (line.len > 0 && seki_is_wsp(line.ptr[line.len - 1]))
        line.len--;
    if (line.len > 0 && line.ptr[line.len - 1] == '=') {
        line.len--;
        line_end.len = 0;
    }
    while (line.len > 0) {
        size_t plain = seki_str_find(line, '=');
        seki_buf_add(out, seki_str_head(line, plain));
        line = seki_str_from(line, plain);
        int high = line.len > 2 ? hex_value(line.ptr[1]) : -1, low = line.len > 2 ? hex_value(line.ptr[2]) : -1;
        bool is_octet = high >= 0 && low >= 0;
        if (line.len > 0)
            seki_buf_add_char(out, is_octet ? (char)(high * 16 + low) : '=');
        line = seki_str_from(line, is_octet ? 3 : 1);
    }
    seki_buf_add(out, line_end);
}

static void decode_quoted_printable(struct seki_str text, struct seki_buf *out)
{
    while (text.len > 0) {
        size_t lf = seki_str_find(text, '\n'), end = lf;
        if (lf > 0 && lf < text.len && text.ptr[lf - 1] == '\r')
            end--;
        struct seki_str whole = seki_str_head(text, lf + 1);
        decode_line(seki_str_head(whole, end), seki_str_from(whole, end), out);
        text = seki_str_from(text, lf + 1);
    }
}

static bool decode_base64(struct seki_str text, struct seki_buf *out)
{
    size_t room = text.len / 4 * 3 + 3, len = 0;
    uint8_t *octets = malloc(room);
    bool is_good = octets != NULL && seki_base64_decode(text, octets, room, &len);
    if (is_good)
        seki_buf_add(out, (struct seki_str){ (const char *)octets, len });
    free(octets);
    return is_good;
}

bool seki_transfer_decode(enum seki_transfer_encoding encoding, struct seki_str text, struct seki_buf *out)
{
    switch (encoding) {
    case SEKI_ENCODING_7BIT:
    case SEKI_ENCODING_8BIT:
    case SEKI_ENCODING_BINARY: seki_buf_add(out, text); return true;
    case SEKI_ENCODING_QUOTED_PRINTABLE: decode_quoted_printable(text, out); return true;
    case SEKI_ENCODING_BASE64: return decode_base64(text, out);
    case SEKI_ENCODING_OTHER: break;
    }
    return false;
}

/* Section 6.7: rules 1 and 2, and 3 at the end of a line. */
static bool is_literal(char c, bool is_last)
{
    return (c >= '!' && c <= '~' && c != '=') || (seki_is_wsp(c) && !is_last);
}

static void encode_line(struct seki_str line, const struct seki_line_style *style, struct seki_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t column = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char octet = (unsigned char)line.ptr[i];
        bool is_last = i + 1 == line.len, is_plain = is_literal(line.ptr[i], is_last);
        size_t len = is_plain ? 1 : 3, left = style->columns - (is_last && style->is_last_column ? 0 : 1);
        if (column > 0 && len > left - column) {
            seki_buf_add(out, SEKI_STR("=\r\n"));
            column = 0;
        }
        const char escaped[] = { '=', digits[octet >> 4], digits[octet & 15] };
        seki_buf_add(out, is_plain ? seki_str_head(seki_str_from(line, i), 1) : (struct seki_str){ escaped, 3 });
        column += len;
    }
}

static void encode_quoted_printable(struct seki_str text, const struct seki_line_style *style, struct seki_buf *out)
{
    while (text.len > 0) {
        const char *found = memmem(text.ptr, text.len, "\r\n", 2);
        size_t end = found != NULL ? (size_t)(found - text.ptr) : text.len;
        encode_line(seki_str_head(text, end), style, out);
        if (found != NULL)
            seki_buf_add(out, SEKI_STR("\r\n"));
        text = seki_str_from(text, end + 2);
    }
}

static void encode_base64(struct seki_str text, size_t columns, struct seki_buf *out)
{
    char line[BASE64_LINE_MAX];
    size_t octets = columns / 4 * 3;
    for (bool is_first = true; text.len > 0; is_first = false) {
        struct seki_str some = seki_str_head(text, octets);
        if (!is_first)
            seki_buf_add(out, SEKI_STR("\r\n"));
        seki_base64_encode((const uint8_t *)some.ptr, some.len, line);
        seki_buf_add(out, (struct seki_str){ line, SEKI_BASE64_OCTETS(some.len) });
        text = seki_str_from(text, octets);
    }
}

void seki_transfer_encode(enum seki_transfer_encoding encoding, struct seki_str text,
                          const struct seki_line_style *style, struct seki_buf *out)
{
    assert(style->columns >= 8 && style->columns <= BASE64_LINE_MAX);
    if (encoding == SEKI_ENCODING_QUOTED_PRINTABLE)
        encode_quoted_printable(text, style, out);
    else if (encoding == SEKI_ENCODING_BASE64)
        encode_base64(text, style->columns, out);
    else
        seki_buf_add(out, text);
}
