#include "auth/field_writer.h"

struct seki_field_writer seki_field_writer(struct seki_buf *buf, struct seki_str name)
{
    struct seki_str before = seki_buf_str(buf);
    size_t lf = seki_str_find_last(before, '\n'), column = before.len;
    if (before.len == 0)
        column = name.len;
    else if (lf < before.len)
        column = before.len - lf - 1;
    return (struct seki_field_writer){ .buf = buf, .column = column, .has_text = true };
}

void seki_field_put(struct seki_field_writer *w, struct seki_str text)
{
    seki_buf_add(w->buf, text);
    w->column += text.len;
    w->has_text = w->has_text || text.len > 0;
}

void seki_field_start_line(struct seki_field_writer *w, struct seki_str white_space)
{
    seki_buf_add(w->buf, SEKI_STR("\r\n"));
    w->column = 0;
    seki_field_put(w, white_space);
    w->has_text = false;
}

void seki_field_put_gap(struct seki_field_writer *w, size_t next_len)
{
    if (w->has_text && w->column + 1 + next_len > SEKI_FIELD_LINE_OCTETS)
        seki_field_start_line(w, SEKI_STR("\t"));
    else {
        seki_buf_add_char(w->buf, ' ');
        w->column++;
    }
}

/* What an octet becomes inside quotes or a comment; NUL: it is dropped. */
static char cleaned(char c, bool is_utf8)
{
    if (c == '\r' || c == '\n' || c == '\0')
        return '\0';
    if (c == '\t' || ((unsigned char)c >= ' ' && c != 127 && (is_utf8 || (unsigned char)c < 0x80)))
        return c;
    return '?';
}

/* Octets up to the next white space. */
static size_t word_length(struct seki_str text, size_t from)
{
    size_t at = from;
    while (at < text.len && !seki_is_wsp(text.ptr[at]))
        at++;
    return at - from;
}

static bool is_escaped(char c, const char *signs)
{
    return c == signs[0] || c == signs[1] || c == '\\';
}

size_t seki_field_written_length(struct seki_str text, size_t from, const char *signs)
{
    size_t len = word_length(text, from), escapes = 0;
    for (size_t i = from; i < from + len; i++)
        escapes += is_escaped(text.ptr[i], signs);
    return len + escapes;
}

/* One word, escaped; the usual octets in one go. */
static void put_word(struct seki_field_writer *w, struct seki_str word, const char *signs, bool is_utf8)
{
    size_t done = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = cleaned(word.ptr[i], is_utf8);
        bool is_changed = c != word.ptr[i] || c == '\0';
        if (!is_changed && !is_escaped(c, signs))
            continue;
        seki_field_put(w, (struct seki_str){ word.ptr + done, i - done });
        done = is_changed ? i + 1 : i; /* what is escaped goes with the next piece */
        if (!is_changed)
            seki_field_put(w, SEKI_STR("\\"));
        else if (c != '\0')
            seki_field_put(w, (struct seki_str){ &c, 1 });
    }
    seki_field_put(w, (struct seki_str){ word.ptr + done, word.len - done });
}

static size_t blank_length(struct seki_str text, size_t from)
{
    size_t at = from;
    while (at < text.len && seki_is_wsp(text.ptr[at]))
        at++;
    return at - from;
}

void seki_field_put_delimited(struct seki_field_writer *w, const char *signs, struct seki_str text)
{
    bool is_utf8 = seki_str_is_utf8(text);
    seki_field_put(w, (struct seki_str){ signs, 1 });
    for (size_t i = 0; i < text.len;) {
        size_t blanks = blank_length(text, i), len = word_length(text, i + blanks);
        bool is_last = i + blanks + len == text.len; /* then the closing sign follows */
        size_t next = blanks + seki_field_written_length(text, i + blanks, signs) + is_last;
        if (blanks > 0 && w->has_text && w->column + next > SEKI_FIELD_LINE_OCTETS)
            seki_field_start_line(w, SEKI_STR(""));
        seki_buf_add(w->buf, (struct seki_str){ text.ptr + i, blanks });
        w->column += blanks;
        put_word(w, (struct seki_str){ text.ptr + i + blanks, len }, signs, is_utf8);
        i += blanks + len;
    }
    seki_field_put(w, (struct seki_str){ signs + 1, 1 });
}
