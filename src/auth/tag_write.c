#include "auth/tag_write.h"

#include "base/base64.h"

#include <stdio.h>

#define MAX_COLUMN        78u
#define MAX_BASE64_OCTETS 1024u

static void add(struct seki_tag_writer *w, struct seki_str text)
{
    seki_buf_add(w->buf, text);
    w->column += text.len;
}

static void fold(struct seki_tag_writer *w)
{
    seki_buf_add(w->buf, SEKI_STR("\r\n\t"));
    w->column = 1;
}

/* Leave a separator behind the last tag, and room for one behind what comes: len octets in one piece. */
static void start_tag(struct seki_tag_writer *w, size_t len)
{
    if (w->has_tag)
        add(w, SEKI_STR(";"));
    w->has_tag = true;
    if (w->column + len + 2 > MAX_COLUMN)
        fold(w);
    else
        add(w, SEKI_STR(" "));
}

static void add_name(struct seki_tag_writer *w, struct seki_str tag)
{
    add(w, tag);
    add(w, SEKI_STR("="));
}

void seki_tag_writer_begin(struct seki_tag_writer *w, struct seki_buf *buf, const char *name)
{
    *w = (struct seki_tag_writer){ .buf = buf };
    add(w, seki_str_of(name));
    add(w, SEKI_STR(":"));
}

void seki_tag_write(struct seki_tag_writer *w, const char *tag, struct seki_str value)
{
    struct seki_str name = seki_str_of(tag);
    start_tag(w, name.len + 1 + value.len);
    add_name(w, name);
    add(w, value);
}

void seki_tag_write_number(struct seki_tag_writer *w, const char *tag, uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    seki_tag_write(w, tag, seki_str_of(digits));
}

void seki_tag_write_list(struct seki_tag_writer *w, const char *tag, const struct seki_str *items, size_t count)
{
    struct seki_str name = seki_str_of(tag);
    start_tag(w, name.len + 1 + (count > 0 ? items[0].len + 1 : 0));
    add_name(w, name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && w->column + items[i].len + 1 > MAX_COLUMN)
            fold(w);
        add(w, items[i]);
        if (i + 1 < count)
            add(w, SEKI_STR(":"));
    }
}

void seki_tag_write_base64(struct seki_tag_writer *w, const uint8_t *octets, size_t len)
{
    char text[SEKI_BASE64_OCTETS(MAX_BASE64_OCTETS)];
    struct seki_str rest = { text, SEKI_BASE64_OCTETS(len) };
    if (len > MAX_BASE64_OCTETS) {
        w->buf->failure = SEKI_LIMIT;
        return;
    }
    seki_base64_encode(octets, len, text);
    while (rest.len > 0) {
        if (w->column + 1 >= MAX_COLUMN)
            fold(w);
        struct seki_str line = seki_str_head(rest, MAX_COLUMN - 1 - w->column);
        add(w, line);
        rest = seki_str_from(rest, line.len);
    }
}
