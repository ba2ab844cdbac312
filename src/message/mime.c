#include "message/mime.h"

#include "message/lexical.h"

struct finder {
    struct seki_str text;
    struct seki_mime_part *parts;
    size_t count;
};

static size_t after_line(struct seki_str text, size_t at)
{
    const char *lf = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
    return lf != NULL ? (size_t)(lf - text.ptr) + 1 : text.len;
}

static struct seki_str slice(struct seki_str text, size_t start, size_t end)
{
    return (struct seki_str){ text.ptr + start, end - start };
}

struct seki_str seki_mime_field(struct seki_str header, struct seki_str name)
{
    for (size_t at = 0, next; at < header.len; at = next) {
        next = after_line(header, at);
        while (next < header.len && seki_is_wsp(header.ptr[next]))
            next = after_line(header, next);
        struct seki_str field = slice(header, at, next);
        size_t colon = seki_str_find(field, ':');
        if (colon < field.len && seki_str_equal_nocase(seki_str_trim(seki_str_head(field, colon)), name))
            return slice(field, colon + 1, field.len);
    }
    return (struct seki_str){ NULL, 0 };
}

/* content := "Content-Type" ":" type "/" subtype *(";" parameter) */
static bool has_type(struct seki_str content_type, struct seki_str wanted)
{
    struct seki_cursor c = { .text = content_type };
    seki_skip_cfws(&c);
    return seki_str_starts_with_nocase(seki_str_from(content_type, c.at), wanted);
}

bool seki_mime_is_multipart(struct seki_str content_type)
{
    return has_type(content_type, SEKI_STR("multipart/"));
}

bool seki_mime_is_text(struct seki_str content_type)
{
    return seki_str_trim(content_type).len == 0 || has_type(content_type, SEKI_STR("text/"));
}

/* token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>; what is needed to end it ends it here */
static struct seki_str take_token(struct seki_cursor *c)
{
    size_t start = c->at;
    while (!seki_cursor_at_end(c) && !seki_is_space(seki_cursor_peek(c)) &&
           strchr(";=(\"", seki_cursor_peek(c)) == NULL)
        c->at++;
    return slice(c->text, start, c->at);
}

/* value := token / quoted-string */
static bool take_value(struct seki_cursor *c, struct seki_str *value_out)
{
    bool is_plain;
    seki_skip_cfws(c);
    if (seki_cursor_peek(c) == '"')
        return seki_take_quoted_string(c, value_out, &is_plain);
    size_t start = c->at; /* "=" is allowed here: many boundaries have one and no quotes */
    while (!seki_cursor_at_end(c) && !seki_is_space(seki_cursor_peek(c)) && seki_cursor_peek(c) != ';')
        c->at++;
    *value_out = slice(c->text, start, c->at);
    return true;
}

/* parameter := attribute "=" value */
struct seki_str seki_mime_parameter(struct seki_str content_type, struct seki_str name)
{
    struct seki_cursor c = { .text = content_type, .at = seki_str_find(content_type, ';') };
    while (c.problem == NULL && c.at < content_type.len && content_type.ptr[c.at] == ';') {
        struct seki_str attribute, value = { NULL, 0 };
        c.at++;
        seki_skip_cfws(&c);
        attribute = take_token(&c);
        seki_skip_cfws(&c);
        if (seki_cursor_peek(&c) != '=')
            break;
        c.at++;
        if (!take_value(&c, &value))
            break;
        if (seki_str_equal_nocase(attribute, name))
            return value;
        c.at += seki_str_find(seki_str_from(content_type, c.at), ';');
    }
    return (struct seki_str){ NULL, 0 };
}

struct delimiter {
    size_t start, end; /* of its line */
    bool is_close;
};

/* delimiter := CRLF "--" boundary transport-padding ; close-delimiter := delimiter "--" */
static bool is_delimiter(struct seki_str line, struct seki_str boundary, bool *is_close_out)
{
    if (!seki_str_starts_with(line, SEKI_STR("--")) || !seki_str_starts_with(seki_str_from(line, 2), boundary))
        return false;
    struct seki_str rest = seki_str_trim(seki_str_from(line, 2 + boundary.len));
    *is_close_out = seki_str_equal(rest, SEKI_STR("--"));
    return rest.len == 0 || *is_close_out;
}

static bool find_delimiter(struct seki_str text, size_t at, size_t end, struct seki_str boundary,
                           struct delimiter *delimiter_out)
{
    for (; at < end; at = delimiter_out->end) {
        delimiter_out->start = at;
        delimiter_out->end = after_line(seki_str_head(text, end), at);
        if (is_delimiter(slice(text, at, delimiter_out->end), boundary, &delimiter_out->is_close))
            return true;
    }
    return false;
}

/* body-part := MIME-part-headers [CRLF *OCTET] */
static void read_part(struct seki_str text, size_t start, struct seki_mime_part *part)
{
    size_t at = start, next;
    size_t last = part->end >= start + 2 && text.ptr[part->end - 1] == '\n' ? part->end - 2 : part->end;
    for (; at < part->end; at = next) {
        next = after_line(seki_str_head(text, part->end), at);
        if (seki_str_trim(slice(text, at, next)).len == 0)
            break;
    }
    size_t body = after_line(seki_str_head(text, part->end), at);
    part->header = slice(text, start, at);
    part->body = body < last ? slice(text, body, last) : SEKI_STR("");
    part->content_type = seki_mime_field(part->header, SEKI_STR("Content-Type"));
    part->transfer_encoding = seki_mime_field(part->header, SEKI_STR("Content-Transfer-Encoding"));
}

static void find_parts(struct finder *f, size_t at, size_t end, struct seki_str boundary, size_t depth);

static void close_part(struct finder *f, struct seki_mime_part *part, size_t start, size_t end)
{
    part->end = end;
    read_part(f->text, start, part);
    struct seki_str boundary = seki_mime_parameter(part->content_type, SEKI_STR("boundary"));
    if (boundary.len == 0 || part->depth + 1 == SEKI_MIME_MAX_DEPTH || !seki_mime_is_multipart(part->content_type))
        return;
    find_parts(f, (size_t)(part->body.ptr - f->text.ptr), end, boundary, part->depth + 1);
}

/* multipart-body := [preamble CRLF] dash-boundary transport-padding CRLF body-part *encapsulation close-delimiter … */
static void find_parts(struct finder *f, size_t at, size_t end, struct seki_str boundary, size_t depth)
{
    struct delimiter delimiter;
    struct seki_mime_part *open = NULL;
    size_t open_start = 0;
    while (find_delimiter(f->text, at, end, boundary, &delimiter)) {
        if (open != NULL)
            close_part(f, open, open_start, delimiter.start);
        open = NULL;
        at = open_start = delimiter.end;
        if (delimiter.is_close || f->count == SEKI_MIME_MAX_PARTS)
            break;
        open = &f->parts[f->count++];
        *open = (struct seki_mime_part){ .start = delimiter.start, .depth = depth };
    }
    if (open != NULL)
        close_part(f, open, open_start, end);
}

size_t seki_mime_find_parts(struct seki_str content_type, struct seki_str text, struct seki_mime_part *parts)
{
    struct finder finder = { .text = text, .parts = parts };
    struct seki_str boundary = seki_mime_parameter(content_type, SEKI_STR("boundary"));
    if (boundary.len > 0 && text.len > 0 && seki_mime_is_multipart(content_type))
        find_parts(&finder, 0, text.len, boundary, 0);
    return finder.count;
}
