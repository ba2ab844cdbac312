/* RFC 2047 for showing to people. Encoded words are also decoded where the RFC has none (inside quoted strings, next
 * to other text), because mail programs do. What comes out is UTF-8 if the text around it is, with no control
 * octets in it. */
#include <sekisho/address.h>

enum charset { CHARSET_OTHER, CHARSET_UTF8, CHARSET_ASCII, CHARSET_LATIN1 };

static const struct {
    struct seki_str name;
    enum charset charset;
} charsets[] = {
    { SEKI_STR_INIT("utf-8"), CHARSET_UTF8 },
    { SEKI_STR_INIT("utf8"), CHARSET_UTF8 },
    { SEKI_STR_INIT("us-ascii"), CHARSET_ASCII },
    { SEKI_STR_INIT("iso-8859-1"), CHARSET_LATIN1 },
};

struct encoded_word {
    enum charset charset;
    char encoding; /* 'b' or 'q' */
    struct seki_str text;
    size_t len; /* of the whole, from "=?" to "?=" */
};

/* Where the words go. */
struct output {
    char *ptr;
    size_t len;
};

/* RFC 2231 section 5: a language may follow the charset, "US-ASCII*EN". */
static enum charset charset_named(struct seki_str name)
{
    name = seki_str_head(name, seki_str_find(name, '*'));
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
        if (seki_str_equal_nocase(charsets[i].name, name))
            return charsets[i].charset;
    return CHARSET_OTHER;
}

/* Printable ASCII without space and "?" up to the next "?". */
static bool take_part(struct seki_str *rest, struct seki_str *part_out)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] > ' ' && rest->ptr[len] < 127 && rest->ptr[len] != '?')
        len++;
    if (len == rest->len || rest->ptr[len] != '?')
        return false;
    *part_out = seki_str_head(*rest, len);
    *rest = (struct seki_str){ rest->ptr + len + 1, rest->len - len - 1 };
    return true;
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" */
static bool word_at_front(struct seki_str text, struct encoded_word *word_out)
{
    struct seki_str charset, encoding, rest = seki_str_from(text, 2);
    if (!seki_str_starts_with(text, SEKI_STR("=?")) || !take_part(&rest, &charset) ||
        !take_part(&rest, &encoding) || !take_part(&rest, &word_out->text) || rest.len == 0 || rest.ptr[0] != '=')
        return false;
    word_out->charset = charset_named(charset);
    word_out->encoding = encoding.len == 1 ? seki_ascii_lower(encoding.ptr[0]) : '\0';
    word_out->len = (size_t)(rest.ptr + 1 - text.ptr);
    return word_out->charset != CHARSET_OTHER && (word_out->encoding == 'b' || word_out->encoding == 'q');
}

static void put(struct output *out, enum charset charset, unsigned char octet)
{
    if (octet < ' ' || octet == 127)
        octet = ' ';
    if (charset == CHARSET_LATIN1 && octet >= 0x80) {
        out->ptr[out->len++] = (char)(0xC0 | octet >> 6);
        octet = 0x80 | (octet & 0x3F);
    }
    out->ptr[out->len++] = (char)octet;
}

static int digit_value(const char *digits, char c)
{
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* The "Q" encoding (section 4.2). @return false when an escape is broken */
static bool decode_q(struct output *out, const struct encoded_word *word)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < word->text.len; i++) {
        char c = word->text.ptr[i];
        if (c != '=') {
            put(out, word->charset, (unsigned char)(c == '_' ? ' ' : c));
            continue;
        }
        if (word->text.len - i < 3)
            return false;
        int high = digit_value(hex, seki_ascii_lower(word->text.ptr[i + 1]));
        int low = digit_value(hex, seki_ascii_lower(word->text.ptr[i + 2]));
        if (high < 0 || low < 0)
            return false;
        put(out, word->charset, (unsigned char)(high * 16 + low));
        i += 2;
    }
    return true;
}

/* The "B" encoding (section 4.1); missing padding is forgiven. @return false when there is another octet */
static bool decode_b(struct output *out, const struct encoded_word *word)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct seki_str text = word->text;
    unsigned bits = 0, bit_count = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(alphabet, text.ptr[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xFFFFu;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            put(out, word->charset, (unsigned char)(bits >> bit_count & 0xFF));
        }
    }
    return true;
}

/* White space between two encoded words is not shown (section 6.2). @return the next word's offset, or 0 */
static size_t next_word(struct seki_str text, size_t at, struct encoded_word *word)
{
    while (at < text.len && seki_is_space(text.ptr[at]))
        at++;
    return at < text.len && word_at_front(seki_str_from(text, at), word) ? at : 0;
}

/* Decode a row of words, the first of which stands at *at. A character may be cut in two by the end of a word, so
 * UTF-8 is judged by the row; a row that is none stays as it is. */
static void decode_row(struct output *out, struct seki_str text, size_t *at, struct encoded_word *word)
{
    size_t start = *at, out_start = out->len, next = start;
    bool is_good = true;
    do {
        is_good = is_good && (word->encoding == 'q' ? decode_q(out, word) : decode_b(out, word));
        *at = next + word->len;
        next = next_word(text, *at, word);
    } while (next > 0);
    if (is_good && seki_str_is_utf8((struct seki_str){ out->ptr + out_start, out->len - out_start }))
        return;
    memcpy(out->ptr + out_start, text.ptr + start, *at - start);
    out->len = out_start + (*at - start);
}

struct seki_str seki_encoded_words_decode(struct seki_arena *arena, struct seki_str text)
{
    if (text.len == 0)
        return SEKI_STR("");
    if (memmem(text.ptr, text.len, "=?", 2) == NULL)
        return text;
    /* Latin-1 makes at most two octets of one, from an octet of Q or three quarters of an octet of B. */
    char *octets = text.len <= SIZE_MAX / 2 ? seki_arena_octets(arena, text.len * 2) : NULL;
    struct output out = { octets, 0 };
    struct encoded_word word;
    for (size_t at = 0; octets != NULL && at < text.len;) {
        if (word_at_front(seki_str_from(text, at), &word))
            decode_row(&out, text, &at, &word);
        else
            out.ptr[out.len++] = text.ptr[at++];
    }
    return (struct seki_str){ out.ptr, out.len };
}
