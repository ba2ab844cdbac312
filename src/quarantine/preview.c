#include "quarantine/preview.h"

#include "message/mime.h"
#include "message/transfer_encoding.h"
#include "quarantine/charset.h"
#include "quarantine/shown.h"

#include <sekisho/message.h>

#define VALUE_MAX 400u

/* Who, to whom, when, about what; the rest is for `explain`. */
static const char *const shown_fields[] = { "From", "Sender", "Reply-To", "To",
                                            "Cc",   "Date",   "Subject",  "Message-ID" };

struct making {
    struct seki_arena *arena;
    struct quarantine_preview *preview;
    struct quarantine_preview_part *parts;
    bool has_text;
};

/* ---- the header ---- */

static bool is_shown(struct seki_str name)
{
    for (size_t i = 0; i < sizeof shown_fields / sizeof shown_fields[0]; i++)
        if (seki_str_equal_nocase(name, seki_str_of(shown_fields[i])))
            return true;
    return false;
}

static void add_fields(struct making *m, const struct seki_message *message)
{
    struct quarantine_preview_field *fields =
        seki_arena_alloc(m->arena, QUARANTINE_PREVIEW_FIELDS_MAX, sizeof *fields);
    size_t count = seki_message_field_count(message);
    m->preview->fields = fields;
    for (size_t i = 0; fields != NULL && i < count && m->preview->field_count < QUARANTINE_PREVIEW_FIELDS_MAX;
         i++) {
        const struct seki_field *field = seki_message_field(message, i);
        if (!is_shown(field->name))
            continue;
        fields[m->preview->field_count++] =
            (struct quarantine_preview_field){ quarantine_shown(m->arena, field->name, VALUE_MAX),
                                               quarantine_shown(m->arena, field->value, VALUE_MAX) };
    }
}

/* The first field of that name; "" when there is none. */
static struct seki_str value_of(const struct seki_message *message, struct seki_str name)
{
    size_t found = SIZE_MAX;
    for (size_t at = SIZE_MAX; (at = seki_message_find_up(message, name, at)) != SIZE_MAX;)
        found = at;
    return found != SIZE_MAX ? seki_message_field(message, found)->value : SEKI_STR("");
}

/* ---- the body ---- */

static struct seki_str type_of(struct seki_str content_type)
{
    return seki_str_trim(seki_str_head(content_type, seki_str_find(content_type, ';')));
}

static bool is_plain_text(struct seki_str content_type)
{
    struct seki_str type = type_of(content_type);
    return type.len == 0 || seki_str_equal_nocase(type, SEKI_STR("text/plain"));
}

static bool show_text(struct making *m, struct seki_str content_type, struct seki_str encoding,
                      struct seki_str body)
{
    struct seki_buf decoded;
    seki_buf_init_arena(&decoded, m->arena, body.len + 1);
    if (!seki_transfer_decode(seki_transfer_encoding_read(encoding), body, &decoded))
        return false;
    struct seki_str text = seki_buf_str(&decoded);
    struct seki_str charset = seki_mime_parameter(content_type, SEKI_STR("charset"));
    struct seki_str converted = quarantine_to_utf8(m->arena, charset, text);
    if (converted.ptr != NULL)
        text = converted;
    m->preview->text = quarantine_shown_text(m->arena, text, QUARANTINE_PREVIEW_TEXT_MAX);
    m->preview->is_text_cut = text.len > QUARANTINE_PREVIEW_TEXT_MAX;
    return m->preview->text.ptr != NULL;
}

static struct seki_str name_of(const struct seki_mime_part *part)
{
    struct seki_str disposition = seki_mime_field(part->header, SEKI_STR("Content-Disposition"));
    struct seki_str name = { NULL, 0 };
    if (disposition.ptr != NULL)
        name = seki_mime_parameter(disposition, SEKI_STR("filename"));
    return name.ptr != NULL ? name : seki_mime_parameter(part->content_type, SEKI_STR("name"));
}

static void take_part(struct making *m, const struct seki_mime_part *part)
{
    if (seki_mime_is_multipart(part->content_type))
        return; /* its parts follow */
    if (!m->has_text && is_plain_text(part->content_type) && name_of(part).ptr == NULL &&
        show_text(m, part->content_type, part->transfer_encoding, part->body)) {
        m->has_text = true;
        return;
    }
    m->parts[m->preview->part_count++] =
        (struct quarantine_preview_part){ quarantine_shown(m->arena, type_of(part->content_type), VALUE_MAX),
                                          quarantine_shown(m->arena, name_of(part), VALUE_MAX), part->body.len };
}

static void take_body(struct making *m, const struct seki_message *message, struct seki_str body)
{
    struct seki_mime_part *parts = seki_arena_alloc(m->arena, SEKI_MIME_MAX_PARTS, sizeof *parts);
    m->parts = seki_arena_alloc(m->arena, SEKI_MIME_MAX_PARTS, sizeof *m->parts);
    m->preview->parts = m->parts;
    if (parts == NULL || m->parts == NULL)
        return;
    const struct seki_str content_type = value_of(message, SEKI_STR("Content-Type"));
    size_t count = seki_mime_find_parts(content_type, body, parts);
    for (size_t i = 0; i < count; i++)
        take_part(m, &parts[i]);
    if (count > 0)
        return;
    const struct seki_mime_part whole = { .header = SEKI_STR(""),
                                          .body = body,
                                          .content_type = content_type,
                                          .transfer_encoding =
                                              value_of(message, SEKI_STR("Content-Transfer-Encoding")) };
    take_part(m, &whole);
}

enum seki_result quarantine_preview_of(struct seki_str message, struct seki_arena *arena,
                                       struct quarantine_preview *preview_out)
{
    struct making m = { .arena = arena, .preview = preview_out };
    struct seki_str body = SEKI_STR("");
    bool is_unix;
    *preview_out = (struct quarantine_preview){ .text = SEKI_STR("") };
    struct seki_message *header = seki_message_new(arena, NULL);
    if (header == NULL || seki_message_read(header, message, &body, &is_unix) != SEKI_OK)
        return seki_arena_failure(arena);
    add_fields(&m, header);
    take_body(&m, header, body.ptr != NULL ? body : SEKI_STR(""));
    return seki_arena_failure(arena);
}
