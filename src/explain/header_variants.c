#include "explain/header_variants.h"

#include "explain/one_line.h"
#include "message/mime.h"

#define MAX_INNER_PARTS 3u

static void add_raw(struct explain_variants *v, size_t slot, enum explain_header_kind kind, struct seki_str raw)
{
    v->is_full = v->is_full || v->count == EXPLAIN_MAX_VARIANTS;
    if (!v->is_full)
        v->list[v->count++] = (struct explain_variant){ slot, kind, raw };
}

/* The field's name and colon, and the white space behind it, as they are; or as most write them. */
static void add_front(const struct explain_slot *slot, struct seki_buf *raw)
{
    size_t len = 0;
    if (slot->field != NULL) {
        len = (size_t)(slot->field->value.ptr - slot->field->raw.ptr);
        while (len < slot->field->raw.len && seki_is_space(slot->field->raw.ptr[len]))
            len++;
        seki_buf_add(raw, seki_str_head(slot->field->raw, len));
    } else {
        seki_buf_add(raw, slot->name);
        seki_buf_add(raw, SEKI_STR(": "));
    }
}

void explain_variant_add(struct explain_variants *v, size_t slot, enum explain_header_kind kind,
                         struct seki_str value)
{
    struct seki_buf raw;
    if (value.ptr == NULL || value.len > EXPLAIN_MAX_FIELD_OCTETS)
        return;
    seki_buf_init_arena(&raw, v->arena, 2 * EXPLAIN_MAX_FIELD_OCTETS);
    add_front(&v->slots[slot], &raw);
    seki_buf_add(&raw, value);
    if (seki_buf_failed(&raw) == SEKI_OK)
        add_raw(v, slot, kind, seki_buf_str(&raw));
}

struct seki_str explain_variant_value(const struct explain_variants *v, size_t slot)
{
    const struct seki_field *field = v->slots[slot].field;
    struct seki_str value = field != NULL ? seki_str_trim(field->value) : SEKI_STR("");
    return value.len <= EXPLAIN_MAX_FIELD_OCTETS ? value : SEKI_STR("");
}

/* It was put there later: h= names it once more than it was there, so that nobody adds one (RFC 6376 section 8.15). */
static void make_absent(struct explain_variants *v, size_t slot)
{
    if (v->slots[slot].field != NULL)
        add_raw(v, slot, EXPLAIN_HEADER_FIELD_ADDED, (struct seki_str){ NULL, 0 });
}

/* Instances are counted from the bottom (section 5.4.2): one that was added there, or moved, is taken for another. */
static void make_other_instances(struct explain_variants *v, size_t slot)
{
    const struct explain_slot *s = &v->slots[slot];
    size_t index = SIZE_MAX;
    while ((index = seki_message_find_up(v->message, s->name, index)) != SIZE_MAX && !v->is_full) {
        const struct seki_field *field = seki_message_field(v->message, index);
        if (field != s->field)
            add_raw(v, slot, EXPLAIN_HEADER_OTHER_INSTANCE, field->raw);
    }
}

/* Folds and spaces, where every octet counts. */
static void make_spaces(struct explain_variants *v, size_t slot)
{
    static const char *const gaps[] = { ":", ": ", ":  ", ":\t" };
    struct seki_str value = explain_variant_value(v, slot), line = explain_one_line(v->arena, value);
    if (!v->is_simple || value.len == 0)
        return;
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        struct seki_str name = v->slots[slot].field->name;
        const struct seki_str values[] = { value, line };
        for (size_t j = 0; j < 2; j++) {
            struct seki_buf raw;
            seki_buf_init_arena(&raw, v->arena, 2 * EXPLAIN_MAX_FIELD_OCTETS);
            seki_buf_add(&raw, name);
            seki_buf_add(&raw, seki_str_of(gaps[i]));
            seki_buf_add(&raw, values[j]);
            if (seki_buf_failed(&raw) == SEKI_OK)
                add_raw(v, slot, EXPLAIN_HEADER_REWRITTEN, seki_buf_str(&raw));
        }
    }
}

static void make_encodings(struct explain_variants *v, size_t slot)
{
    static const char *const encodings[] = { "7bit", "8bit", "quoted-printable", "base64" };
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        explain_variant_add(v, slot, EXPLAIN_HEADER_MIME_FIELD, seki_str_of(encodings[i]));
}

static void make_mime_version(struct explain_variants *v, size_t slot)
{
    explain_variant_add(v, slot, EXPLAIN_HEADER_MIME_FIELD, SEKI_STR("1.0"));
}

/* Another character set in the same words. */
static void make_charsets(struct explain_variants *v, size_t slot)
{
    static const char *const names[] = { "utf-8",    "UTF-8",    "iso-2022-jp", "ISO-2022-JP",
                                         "us-ascii", "US-ASCII", "iso-8859-1",  "Shift_JIS" };
    struct seki_str value = explain_variant_value(v, slot);
    struct seki_str charset = seki_mime_parameter(value, SEKI_STR("charset"));
    for (size_t i = 0; i < sizeof names / sizeof names[0] && charset.len > 0; i++) {
        struct seki_buf other;
        size_t before = (size_t)(charset.ptr - value.ptr);
        seki_buf_init_arena(&other, v->arena, 2 * EXPLAIN_MAX_FIELD_OCTETS);
        seki_buf_add(&other, seki_str_head(value, before));
        seki_buf_add(&other, seki_str_of(names[i]));
        seki_buf_add(&other, seki_str_from(value, before + charset.len));
        explain_variant_add(v, slot, EXPLAIN_HEADER_MIME_FIELD, seki_buf_str(&other));
    }
}

static struct seki_str content_type(const struct seki_message *message)
{
    size_t index = seki_message_find_up(message, SEKI_STR("Content-Type"), SIZE_MAX);
    return index != SIZE_MAX ? seki_message_field(message, index)->value : SEKI_STR("");
}

/* The message was wrapped: its fields are those of a part now. */
static void make_inner_fields(struct explain_variants *v, size_t slot)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count = seki_mime_find_parts(content_type(v->message), v->body, parts);
    for (size_t i = 0; i < count && i < MAX_INNER_PARTS; i++) {
        struct seki_str value = seki_mime_field(parts[i].header, v->slots[slot].name);
        if (value.ptr != NULL)
            explain_variant_add(v, slot, EXPLAIN_HEADER_MIME_FIELD, seki_str_trim(value));
    }
}

/* The likelier first. */
static const struct {
    const char *field; /* NULL: any */
    void (*make)(struct explain_variants *v, size_t slot);
} makers[] = {
    { "Subject", explain_make_subjects },
    { "From", explain_make_authors },
    { NULL, make_absent },
    { NULL, make_other_instances },
    { "Content-Transfer-Encoding", make_encodings },
    { "MIME-Version", make_mime_version },
    { "Content-Type", make_charsets },
    { "Content-Type", make_inner_fields },
    { "Content-Transfer-Encoding", make_inner_fields },
    { "From", explain_make_addresses },
    { "To", explain_make_addresses },
    { "Cc", explain_make_addresses },
    { "Reply-To", explain_make_addresses },
    { "Sender", explain_make_addresses },
    { NULL, make_spaces },
};

void explain_variants_make(struct explain_variants *v)
{
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        for (size_t slot = 0; slot < v->slot_count && !v->is_full; slot++)
            if (makers[i].field == NULL || seki_str_equal_nocase(v->slots[slot].name, seki_str_of(makers[i].field)))
                makers[i].make(v, slot);
    v->is_full = v->is_full || seki_arena_failure(v->arena) != SEKI_OK;
}
