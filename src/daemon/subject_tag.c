#include "daemon/subject_tag.h"

#include "base/base64.h"

#include <sekisho/address.h>
#include <sekisho/buf.h>

/* RFC 2047 section 2: an encoded word has at most 75 octets, a line with one at most 76. "=?UTF-8?B?" and "?=" leave 63,
 * which is 60 of base64, which is 45 octets of text. */
#define WORD_TEXT_MAX 45u
#define LINE_MAX      76u
#define NAME_OCTETS   9u /* "Subject:" and the space that begins the value */

static bool is_plain(struct seki_str tag)
{
    for (size_t i = 0; i < tag.len; i++) {
        if (tag.ptr[i] < ' ' || tag.ptr[i] > '~')
            return false;
    }
    return !seki_str_contains_nocase(tag, SEKI_STR("=?")); /* would be read as the beginning of an encoded word */
}

/* As much of the text as fits a word without cutting a character (RFC 2047 section 5). */
static size_t word_len(struct seki_str text)
{
    size_t len = text.len < WORD_TEXT_MAX ? text.len : WORD_TEXT_MAX;
    while (len < text.len && len > 1 && ((unsigned char)text.ptr[len] & 0xC0u) == 0x80u)
        len--;
    return len;
}

static void add_encoded(struct seki_buf *out, struct seki_str text)
{
    char word[SEKI_BASE64_OCTETS(WORD_TEXT_MAX)];
    for (bool is_first = true; text.len > 0; is_first = false) {
        size_t len = word_len(text);
        seki_base64_encode((const uint8_t *)text.ptr, len, word);
        seki_buf_add(out, is_first ? SEKI_STR("") : SEKI_STR("\r\n "));
        seki_buf_add(out, SEKI_STR("=?UTF-8?B?"));
        seki_buf_add(out, (struct seki_str){ word, SEKI_BASE64_OCTETS(len) });
        seki_buf_add(out, SEKI_STR("?="));
        text = seki_str_from(text, len);
    }
}

static struct seki_str without_leading_space(struct seki_str subject)
{
    while (subject.len > 0 && seki_is_space(subject.ptr[0]))
        subject = seki_str_from(subject, 1);
    return subject.ptr != NULL ? subject : SEKI_STR("");
}

/* White space between two encoded words is not shown (RFC 2047 section 6.2), so the one that parts the tag from an encoded
 * Subject goes inside the tag's word. */
static void add_tag(struct seki_buf *out, struct seki_str tag, struct seki_str rest, struct seki_arena *arena)
{
    if (is_plain(tag)) {
        seki_buf_add(out, tag);
        return;
    }
    if (seki_str_starts_with(rest, SEKI_STR("=?")))
        tag = seki_arena_format(arena, "%.*s ", SEKI_STR_ARGS(tag));
    add_encoded(out, tag);
}

static bool stands_in_front(struct seki_arena *arena, struct seki_str rest, struct seki_str tag)
{
    if (seki_str_starts_with(rest, tag))
        return true;
    struct seki_str shown = seki_encoded_words_decode(arena, seki_str_head(rest, 16 * SUBJECT_TAG_MAX_OCTETS));
    return shown.ptr != NULL && seki_str_starts_with(without_leading_space(shown), tag);
}

static struct seki_str clean_tag(struct seki_arena *arena, struct seki_str tag)
{
    char *octets = seki_arena_octets(arena, tag.len);
    for (size_t i = 0; octets != NULL && i < tag.len; i++)
        octets[i] = (unsigned char)tag.ptr[i] < ' ' || tag.ptr[i] == '\x7f' ? ' ' : tag.ptr[i];
    return octets != NULL ? seki_str_trim((struct seki_str){ octets, tag.len }) : (struct seki_str){ NULL, 0 };
}

enum seki_result subject_tag_put(struct seki_arena *arena, struct seki_str subject, struct seki_str tag,
                                 struct seki_str *value_out)
{
    *value_out = subject;
    if (tag.len == 0 || tag.len > SUBJECT_TAG_MAX_OCTETS || !seki_str_is_utf8(tag))
        return SEKI_BAD_INPUT;
    tag = clean_tag(arena, tag);
    struct seki_str rest = without_leading_space(subject);
    if (seki_arena_failure(arena) != SEKI_OK)
        return seki_arena_failure(arena);
    if (tag.len == 0)
        return SEKI_BAD_INPUT;
    if (stands_in_front(arena, rest, tag))
        return seki_arena_failure(arena);
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, subject.len + 16 * SUBJECT_TAG_MAX_OCTETS);
    seki_buf_add_char(&out, ' ');
    add_tag(&out, tag, rest, arena);
    if (rest.len > 0) {
        size_t begin = seki_str_find_last(seki_buf_str(&out), '\n');
        size_t so_far = begin < out.len ? out.len - begin - 1 : NAME_OCTETS - 1 + out.len;
        bool fits = so_far + 1 + seki_str_find(rest, '\r') <= LINE_MAX;
        seki_buf_add(&out, fits ? SEKI_STR(" ") : SEKI_STR("\r\n "));
        seki_buf_add(&out, rest);
    }
    *value_out = seki_buf_str(&out);
    return seki_buf_failed(&out);
}
