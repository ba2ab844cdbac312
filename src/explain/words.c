#include "explain/words.h"

#include "base/base64.h"
#include "explain/charset.h"
#include "message/transfer_encoding.h"

#include <stdlib.h>

#define MAX_TEXT_OCTETS 8192u
#define MAX_WORD_OCTETS 75u

struct word {
    struct seki_str charset, text;
    char encoding;
    size_t len; /* of the whole */
};

static bool take_part(struct seki_str *rest, struct seki_str *part_out)
{
    size_t end = seki_str_find(*rest, '?');
    *part_out = seki_str_head(*rest, end);
    if (end == rest->len || seki_str_find(*part_out, ' ') < part_out->len)
        return false;
    *rest = seki_str_from(*rest, end + 1);
    return true;
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" */
static bool word_at_front(struct seki_str text, struct word *word)
{
    struct seki_str encoding, rest = seki_str_from(text, 2);
    if (!seki_str_starts_with(text, SEKI_STR("=?")) || !take_part(&rest, &word->charset) ||
        !take_part(&rest, &encoding) || !take_part(&rest, &word->text) || rest.len == 0 || rest.ptr[0] != '=')
        return false;
    word->encoding = encoding.len == 1 ? seki_ascii_lower(encoding.ptr[0]) : '\0';
    word->len = (size_t)(rest.ptr + 1 - text.ptr);
    return word->encoding == 'b' || word->encoding == 'q';
}

/* Section 4.2: quoted-printable with "_" for a space. */
static bool decode_octets(const struct word *word, struct seki_buf *out)
{
    struct seki_buf spaced;
    if (word->encoding == 'b')
        return seki_transfer_decode(SEKI_ENCODING_BASE64, word->text, out);
    seki_buf_init(&spaced, MAX_TEXT_OCTETS);
    for (size_t i = 0; i < word->text.len; i++)
        seki_buf_add(&spaced,
                     word->text.ptr[i] == '_' ? SEKI_STR("=20") : seki_str_head(seki_str_from(word->text, i), 1));
    bool is_good = seki_buf_failed(&spaced) == SEKI_OK &&
                   seki_transfer_decode(SEKI_ENCODING_QUOTED_PRINTABLE, seki_buf_str(&spaced), out);
    seki_buf_release(&spaced);
    return is_good;
}

static bool decode_word(const struct word *word, struct seki_buf *out)
{
    struct seki_buf octets, text;
    seki_buf_init(&octets, MAX_TEXT_OCTETS);
    seki_buf_init(&text, MAX_TEXT_OCTETS);
    bool is_good = decode_octets(word, &octets) &&
                   explain_charset_convert(word->charset, "UTF-8", seki_buf_str(&octets), &text);
    if (is_good)
        seki_buf_add(out, seki_buf_str(&text));
    seki_buf_release(&octets);
    seki_buf_release(&text);
    return is_good;
}

/* White space between two words is not shown (section 6.2). */
static size_t space_before_word(struct seki_str text)
{
    struct word word;
    size_t len = 0;
    while (len < text.len && seki_is_space(text.ptr[len]))
        len++;
    return word_at_front(seki_str_from(text, len), &word) ? len : 0;
}

struct seki_str explain_words_decode(struct seki_arena *arena, struct seki_str text)
{
    struct seki_buf out;
    struct word word;
    seki_buf_init_arena(&out, arena, 2 * MAX_TEXT_OCTETS);
    while (text.len > 0) {
        bool is_word = word_at_front(text, &word) && decode_word(&word, &out);
        if (!is_word)
            seki_buf_add_char(&out, text.ptr[0]);
        text = seki_str_from(text, is_word ? word.len : 1);
        if (is_word)
            text = seki_str_from(text, space_before_word(text));
    }
    return seki_buf_failed(&out) == SEKI_OK ? seki_buf_str(&out) : (struct seki_str){ NULL, 0 };
}

static void encode_q(struct seki_str octets, struct seki_buf *out)
{
    for (size_t i = 0; i < octets.len; i++) {
        char c = octets.ptr[i];
        bool is_plain = seki_is_alnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL); /* section 5, rule 3 */
        if (is_plain)
            seki_buf_add_char(out, c);
        else if (c == ' ')
            seki_buf_add_char(out, '_');
        else
            seki_buf_add_format(out, "=%02X", (unsigned)(unsigned char)c);
    }
}

static void encode_b(struct seki_str octets, struct seki_buf *out)
{
    size_t room = SEKI_BASE64_OCTETS(octets.len);
    char *digits = malloc(room + 1);
    if (digits == NULL)
        return;
    seki_base64_encode((const uint8_t *)octets.ptr, octets.len, digits);
    seki_buf_add(out, (struct seki_str){ digits, room });
    free(digits);
}

static bool encode_word(struct seki_str text, const struct explain_word_style *style, struct seki_buf *out)
{
    struct seki_buf octets;
    bool is_q = seki_ascii_lower(style->encoding) == 'q';
    seki_buf_init(&octets, MAX_TEXT_OCTETS);
    bool is_good = explain_charset_convert(SEKI_STR("UTF-8"), style->charset, text, &octets);
    seki_buf_add_format(out, "=?%s?%c?", style->charset, style->encoding);
    if (is_good && is_q)
        encode_q(seki_buf_str(&octets), out);
    else if (is_good)
        encode_b(seki_buf_str(&octets), out);
    seki_buf_add(out, SEKI_STR("?="));
    seki_buf_release(&octets);
    return is_good;
}

static size_t character_octets(struct seki_str text)
{
    size_t len = 1;
    while (len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* As many characters as fit into a word. @return their octets in text, 0 when not even one has such a form */
static size_t encode_some(struct seki_str text, const struct explain_word_style *style, struct seki_buf *word)
{
    size_t taken = 0;
    struct seki_buf trial;
    seki_buf_init(&trial, MAX_TEXT_OCTETS);
    while (taken < text.len) {
        size_t more = taken + character_octets(seki_str_from(text, taken));
        seki_buf_clear(&trial);
        bool is_good = encode_word(seki_str_head(text, more), style, &trial);
        if (!is_good || trial.len > MAX_WORD_OCTETS)
            break;
        taken = more;
        seki_buf_clear(word);
        seki_buf_add(word, seki_buf_str(&trial));
    }
    seki_buf_release(&trial);
    return taken;
}

static bool encode_words(struct seki_str text, const struct explain_word_style *style, struct seki_buf *out)
{
    struct seki_buf word;
    size_t taken = 1;
    seki_buf_init(&word, MAX_TEXT_OCTETS);
    for (bool is_first = true; text.len > 0 && taken > 0; is_first = false) {
        taken = encode_some(text, style, &word);
        seki_buf_add(out, is_first ? SEKI_STR("") : SEKI_STR("\r\n "));
        seki_buf_add(out, seki_buf_str(&word));
        text = seki_str_from(text, taken);
    }
    seki_buf_release(&word);
    return taken > 0;
}

struct seki_str explain_words_encode(struct seki_arena *arena, struct seki_str text,
                                     const struct explain_word_style *style)
{
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, MAX_TEXT_OCTETS);
    bool is_good = text.len > 0 && text.len <= MAX_TEXT_OCTETS / 8 &&
                   (style->is_one_word ? encode_word(text, style, &out) : encode_words(text, style, &out));
    return is_good && seki_buf_failed(&out) == SEKI_OK ? seki_buf_str(&out) : (struct seki_str){ NULL, 0 };
}
