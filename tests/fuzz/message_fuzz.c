/* Reading a header. Whatever the text: every octet of the header is in a field or between two, fields given one by
 * one as a milter gets them are the same, and look-ups by name agree with counting by hand.
 * The first octet chooses the limits. */
#include <sekisho/buf.h>
#include <sekisho/message.h>

#define COUNT_BY_HAND 100u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

/* With the CRs before LF gone. */
static struct seki_buf with_lf(struct seki_str text)
{
    struct seki_buf buf;
    seki_buf_init(&buf, 1u << 22);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\r' || i + 1 == text.len || text.ptr[i + 1] != '\n')
            seki_buf_add_char(&buf, text.ptr[i]);
    return buf;
}

/* The fields joined by CRLF are the front of the header, and only an empty line is left then. */
static void check_joined(const struct seki_message *message, struct seki_str header)
{
    struct seki_buf joined;
    seki_buf_init(&joined, 1u << 22);
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        seki_buf_add(&joined, seki_message_field(message, i)->raw);
        if (i + 1 < seki_message_field_count(message))
            seki_buf_add(&joined, SEKI_STR("\r\n"));
    }
    struct seki_buf got = with_lf(seki_buf_str(&joined)), want = with_lf(header);
    demand(seki_str_starts_with(seki_buf_str(&want), seki_buf_str(&got)));
    struct seki_str rest = seki_str_from(seki_buf_str(&want), got.len);
    demand(rest.len <= 2 && seki_str_find(rest, '\n') == (rest.len > 0 ? 0 : rest.len));
    seki_buf_release(&joined);
    seki_buf_release(&got);
    seki_buf_release(&want);
}

static void check_by_milter(const struct seki_message *message)
{
    struct seki_arena *arena = seki_arena_new(1u << 24);
    struct seki_message *again = seki_message_new(arena, NULL);
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        const struct seki_field *field = seki_message_field(message, i);
        struct seki_str name = { field->raw.ptr, (size_t)(field->value.ptr - 1 - field->raw.ptr) };
        demand(seki_message_add_field(again, name, field->value) == SEKI_OK);
        demand(seki_str_equal(seki_message_field(again, i)->raw, field->raw));
        demand(seki_str_equal(seki_message_field(again, i)->name, field->name));
    }
    seki_arena_free(arena);
}

static void check_look_ups(const struct seki_message *message)
{
    size_t count = seki_message_field_count(message);
    for (size_t i = 0; i < count && i < COUNT_BY_HAND; i++) {
        struct seki_str name = seki_message_field(message, i)->name;
        size_t found = seki_message_find_up(message, name, SIZE_MAX), named = 0;
        for (size_t j = count; j > 0; j--) {
            if (!seki_str_equal_nocase(seki_message_field(message, j - 1)->name, name))
                continue;
            demand(found == j - 1);
            found = seki_message_find_up(message, name, found);
            named++;
        }
        demand(found == SIZE_MAX && named == seki_message_count_named(message, name));
    }
}

static struct seki_str without_mbox_line(struct seki_str text)
{
    size_t lf = seki_str_find(text, '\n');
    bool is_unix = lf < text.len && (lf == 0 || text.ptr[lf - 1] != '\r');
    size_t colon = 5;
    if (!seki_str_starts_with(text, SEKI_STR("From ")))
        return text;
    while (colon < text.len && seki_is_wsp(text.ptr[colon]))
        colon++;
    if (colon < text.len && text.ptr[colon] == ':')
        return text;
    while (lf < text.len && !is_unix && (lf == 0 || text.ptr[lf - 1] != '\r'))
        lf += 1 + seki_str_find(seki_str_from(text, lf + 1), '\n');
    return lf < text.len ? seki_str_from(text, lf + 1) : SEKI_STR("");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1u << 20)
        return 0;
    const struct seki_message_limits limits = { .max_fields = data[0] & 1 ? 3 : 0,
                                                .max_header_octets = data[0] & 2 ? 64 : 0 };
    struct seki_str text = { (const char *)data + 1, size - 1 }, body;
    struct seki_arena *arena = seki_arena_new(1u << 24);
    struct seki_message *message = seki_message_new(arena, &limits);
    bool is_unix;
    demand(seki_message_read(message, text, &body, &is_unix) == SEKI_OK);
    unsigned defects = seki_message_defects(message);
    demand(text.len == 0 || body.ptr + body.len == text.ptr + text.len);
    if (!(defects & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG | SEKI_DEFECT_EMPTY_NAME))) {
        struct seki_str header = seki_str_head(text, text.len - body.len);
        check_joined(message, without_mbox_line(header));
    }
    if (!(defects & SEKI_DEFECT_BARE_LF))
        check_by_milter(message);
    check_look_ups(message);
    seki_arena_free(arena);
    return 0;
}
