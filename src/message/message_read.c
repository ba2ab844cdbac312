/* The header off the front of a whole message. Nothing is refused: what is no header is body. */
#include "message/message_internal.h"

/* Text that is being read line by line. */
struct lines {
    struct seki_str rest;
    bool is_unix; /* a LF alone ends a line; CRLF does anyway */
};

/* Length of the line at offset start of the rest, without its line end; *next_out is behind the line end. */
static size_t line_length(const struct lines *lines, size_t start, size_t *next_out)
{
    const struct seki_str text = lines->rest;
    for (size_t from = start; from < text.len;) {
        const char *lf = memchr(text.ptr + from, '\n', text.len - from);
        if (lf == NULL)
            break;
        size_t at = (size_t)(lf - text.ptr);
        bool has_cr = at > start && lf[-1] == '\r';
        from = *next_out = at + 1;
        if (has_cr || lines->is_unix)
            return at - has_cr - start;
    }
    *next_out = text.len;
    return text.len - start;
}

static void skip(struct lines *lines, size_t octets)
{
    lines->rest.ptr += octets;
    lines->rest.len -= octets;
}

/* One field with its continuation lines, without the last line end. */
static struct seki_str field_at_front(const struct lines *lines, size_t *next_out)
{
    size_t next, len = line_length(lines, 0, &next);
    while (next < lines->rest.len && seki_is_wsp(lines->rest.ptr[next])) {
        size_t start = next;
        len = start + line_length(lines, start, &next);
    }
    *next_out = next;
    return seki_str_head(lines->rest, len);
}

/* "From sender date", the envelope that mbox files put before a message; "From :" is a field (RFC 5322 section
 * 4.5.3). */
static bool is_mbox_envelope(struct seki_str line)
{
    if (!seki_str_starts_with(line, SEKI_STR("From ")))
        return false;
    size_t at = 5;
    while (at < line.len && seki_is_wsp(line.ptr[at]))
        at++;
    return at == line.len || line.ptr[at] != ':';
}

static bool first_line_ends_in_bare_lf(struct seki_str text)
{
    size_t lf = seki_str_find(text, '\n');
    return lf < text.len && (lf == 0 || text.ptr[lf - 1] != '\r');
}

size_t seki_message_envelope_octets(struct seki_str text)
{
    const struct lines lines = { .rest = text, .is_unix = first_line_ends_in_bare_lf(text) };
    size_t next;
    return text.len > 0 && is_mbox_envelope(seki_str_head(text, line_length(&lines, 0, &next))) ? next : 0;
}

static enum seki_result read_fields(struct seki_message *message, struct lines *lines)
{
    enum seki_line_end line_end = lines->is_unix ? SEKI_LINE_END_LF : SEKI_LINE_END_CRLF;
    while (lines->rest.len > 0) {
        size_t next;
        struct seki_str line = seki_str_head(lines->rest, line_length(lines, 0, &next));
        if (line.len == 0) {
            skip(lines, next);
            break;
        }
        size_t colon = seki_str_find(line, ':');
        if (colon == line.len || seki_is_wsp(line.ptr[0])) { /* also a continuation of nothing */
            seki_message_note_defect(message, SEKI_DEFECT_NO_SEPARATOR);
            break;
        }
        struct seki_str field = field_at_front(lines, &next);
        struct seki_str value = { field.ptr + colon + 1, field.len - colon - 1 };
        enum seki_result kept = seki_message_keep(message, seki_str_head(field, colon), value, line_end);
        if (kept != SEKI_OK)
            return kept;
        skip(lines, next);
    }
    return SEKI_OK;
}

enum seki_result seki_message_read(struct seki_message *message, struct seki_str text, struct seki_str *body_out,
                                   bool *is_unix_out)
{
    struct lines lines = { .rest = text, .is_unix = first_line_ends_in_bare_lf(text) };
    if (text.len == 0)
        lines.rest.ptr = "";
    skip(&lines, seki_message_envelope_octets(text));
    enum seki_result result = read_fields(message, &lines);
    *body_out = lines.rest;
    *is_unix_out = lines.is_unix;
    return result;
}

enum seki_result seki_message_read_written(struct seki_message *message, struct seki_str text)
{
    struct lines lines = { .rest = text };
    return read_fields(message, &lines);
}

void seki_message_write(const struct seki_message *message, struct seki_buf *out)
{
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        seki_buf_add(out, seki_message_field(message, i)->raw);
        seki_buf_add(out, SEKI_STR("\r\n"));
    }
}

void seki_field_write(struct seki_str name, struct seki_str value, bool is_unix, struct seki_buf *buf)
{
    const struct seki_str line_end = is_unix ? SEKI_STR("\n") : SEKI_STR("\r\n");
    struct seki_str line;
    seki_buf_add(buf, name);
    seki_buf_add_char(buf, ':');
    while (seki_str_split(&value, '\n', &line)) {
        bool has_cr = line.len > 0 && line.ptr[line.len - 1] == '\r';
        seki_buf_add(buf, seki_str_head(line, line.len - has_cr));
        seki_buf_add(buf, line_end);
    }
}
