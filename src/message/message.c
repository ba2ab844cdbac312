/* Fields lie in chunks that never move, so that a pointer to a field stays good while others are added. Each
 * field's octets are copied once; each knows the next one above that has its name, and name_index.h the bottommost
 * of every name. */
#include <sekisho/message.h>

#include "message/message_internal.h"
#include "message/name_index.h"

#define DEFAULT_MAX_FIELDS        10000u
#define DEFAULT_MAX_HEADER_OCTETS (1024u * 1024u)
#define MAX_LINE_OCTETS           998u /* RFC 5322 section 2.1.1, without CRLF */
#define CHUNK_FIELDS              16u  /* most messages have 20 to 40 */
#define FIRST_CHUNKS              8u
#define NO_FIELD                  UINT32_MAX

struct entry {
    struct seki_field field;
    uint32_t above; /* next field above of the same name, or NO_FIELD */
};

struct seki_message {
    struct seki_arena *arena;
    struct entry **chunks;
    size_t chunk_capacity;
    size_t count, octets; /* octets: with the CRLF after each field */
    size_t max_fields, max_octets;
    struct seki_name *names;
    unsigned defects;
};

struct seki_message *seki_message_new(struct seki_arena *arena, const struct seki_message_limits *limits)
{
    static const struct seki_message_limits defaults = { 0 };
    const struct seki_message_limits *l = limits != NULL ? limits : &defaults;
    struct seki_message *message = seki_arena_alloc(arena, 1, sizeof *message);
    if (message == NULL)
        return NULL;
    message->arena = arena;
    message->max_fields = l->max_fields > 0 ? l->max_fields : DEFAULT_MAX_FIELDS;
    message->max_octets = l->max_header_octets > 0 ? l->max_header_octets : DEFAULT_MAX_HEADER_OCTETS;
    if (message->max_fields >= NO_FIELD)
        message->max_fields = NO_FIELD - 1;
    return message;
}

void seki_message_note_defect(struct seki_message *message, enum seki_message_defect defect)
{
    message->defects |= defect;
}

static struct entry *entry_at(const struct seki_message *message, size_t index)
{
    return &message->chunks[index / CHUNK_FIELDS][index % CHUNK_FIELDS];
}

/* Room for one more chunk pointer; the old table is abandoned in the arena. */
static bool grow_chunk_table(struct seki_message *message)
{
    size_t used = message->chunk_capacity;
    size_t capacity = used > 0 ? used * 2 : FIRST_CHUNKS;
    struct entry **chunks = seki_arena_alloc(message->arena, capacity, sizeof(struct entry *));
    if (chunks == NULL)
        return false;
    if (used > 0)
        memcpy(chunks, message->chunks, used * sizeof(struct entry *));
    message->chunks = chunks;
    message->chunk_capacity = capacity;
    return true;
}

/* Where the next field goes; message->count is the caller's to advance. */
static struct entry *next_entry(struct seki_message *message)
{
    size_t chunk = message->count / CHUNK_FIELDS;
    if (message->count % CHUNK_FIELDS == 0) {
        if (chunk == message->chunk_capacity && !grow_chunk_table(message))
            return NULL;
        message->chunks[chunk] = seki_arena_alloc(message->arena, CHUNK_FIELDS, sizeof(struct entry));
        if (message->chunks[chunk] == NULL)
            return NULL;
    }
    return entry_at(message, message->count);
}

/* Offset of the first LF at or after from that has no CR before it; text.len when there is none. */
static size_t find_bare_lf(struct seki_str text, size_t from)
{
    while (from < text.len) {
        const char *lf = memchr(text.ptr + from, '\n', text.len - from);
        if (lf == NULL)
            break;
        size_t at = (size_t)(lf - text.ptr);
        if (at == 0 || lf[-1] != '\r')
            return at;
        from = at + 1;
    }
    return text.len;
}

static size_t count_bare_lf(struct seki_str text)
{
    size_t count = 0;
    for (size_t at = find_bare_lf(text, 0); at < text.len; at = find_bare_lf(text, at + 1))
        count++;
    return count;
}

static void copy_with_crlf(char *to, struct seki_str text)
{
    size_t done = 0;
    for (size_t at = find_bare_lf(text, 0); at < text.len; at = find_bare_lf(text, at + 1)) {
        memcpy(to, text.ptr + done, at - done);
        to += at - done;
        *to++ = '\r';
        done = at; /* the LF itself goes with the next piece */
    }
    if (done < text.len)
        memcpy(to, text.ptr + done, text.len - done);
}

/* field-name = 1*ftext ; ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8) */
static bool is_field_name(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0;
}

static bool has_bare_cr(struct seki_str raw)
{
    for (size_t at = seki_str_find(raw, '\r'); at < raw.len; at++) {
        if (at + 1 == raw.len || raw.ptr[at + 1] != '\n')
            return true;
        const char *next = memchr(raw.ptr + at + 1, '\r', raw.len - at - 1);
        if (next == NULL)
            break;
        at = (size_t)(next - raw.ptr) - 1;
    }
    return false;
}

static bool has_long_line(struct seki_str raw)
{
    size_t start = 0;
    while (raw.len - start > MAX_LINE_OCTETS) {
        const char *lf = memchr(raw.ptr + start, '\n', raw.len - start);
        size_t end = lf != NULL ? (size_t)(lf - raw.ptr) : raw.len;
        size_t len = end - start;
        if (lf != NULL && len > 0 && lf[-1] == '\r')
            len--;
        if (len > MAX_LINE_OCTETS)
            return true;
        if (lf == NULL)
            break;
        start = end + 1;
    }
    return false;
}

static unsigned defects_of(const struct seki_field *field)
{
    unsigned defects = 0;
    if (!is_field_name(field->name))
        defects |= SEKI_DEFECT_BAD_NAME;
    if (find_bare_lf(field->raw, 0) < field->raw.len)
        defects |= SEKI_DEFECT_BARE_LF;
    if (has_bare_cr(field->raw))
        defects |= SEKI_DEFECT_BARE_CR;
    if (seki_str_find(field->raw, '\0') < field->raw.len)
        defects |= SEKI_DEFECT_NUL;
    if (has_long_line(field->raw))
        defects |= SEKI_DEFECT_LONG_LINE;
    return defects;
}

static struct seki_str without_trailing_wsp(struct seki_str name)
{
    while (name.len > 0 && seki_is_wsp(name.ptr[name.len - 1]))
        name.len--;
    return name;
}

/* Past a bound everything later is dropped too: what is kept is always the top of the header, whole. */
static bool fits(struct seki_message *message, struct seki_str name, struct seki_str value, size_t added_crs)
{
    size_t left = message->max_octets - message->octets;
    if (message->defects & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG))
        return false;
    if (message->count >= message->max_fields)
        message->defects |= SEKI_DEFECT_TOO_MANY_FIELDS;
    else if (left < 3 || name.len > left - 3 || value.len > left - 3 - name.len ||
             added_crs > left - 3 - name.len - value.len) /* 3: colon, CR, LF */
        message->defects |= SEKI_DEFECT_HEADER_TOO_LONG;
    else
        return true;
    return false;
}

/* Copy "name:value" and point the field's three views into it. */
static bool copy_field(struct seki_message *message, struct seki_field *field, struct seki_str name,
                       struct seki_str value, size_t added_crs)
{
    size_t value_len = value.len + added_crs;
    char *raw = seki_arena_octets(message->arena, name.len + 1 + value_len);
    if (raw == NULL)
        return false;
    memcpy(raw, name.ptr, name.len);
    raw[name.len] = ':';
    if (added_crs > 0)
        copy_with_crlf(raw + name.len + 1, value);
    else if (value.len > 0)
        memcpy(raw + name.len + 1, value.ptr, value.len);
    field->raw = (struct seki_str){ raw, name.len + 1 + value_len };
    field->name = without_trailing_wsp((struct seki_str){ raw, name.len });
    field->value = (struct seki_str){ raw + name.len + 1, value_len };
    return true;
}

enum seki_result seki_message_keep(struct seki_message *message, struct seki_str name, struct seki_str value,
                                   enum seki_line_end line_end)
{
    if (without_trailing_wsp(name).len == 0) {
        message->defects |= SEKI_DEFECT_EMPTY_NAME;
        return SEKI_OK;
    }
    size_t added_crs = line_end == SEKI_LINE_END_LF ? count_bare_lf(value) : 0;
    if (!fits(message, name, value, added_crs))
        return SEKI_OK;
    struct entry *entry = next_entry(message);
    if (entry == NULL || !copy_field(message, &entry->field, name, value, added_crs))
        return seki_arena_failure(message->arena);
    struct seki_name *known = seki_name_find_or_add(message->arena, &message->names, entry->field.name);
    if (known == NULL)
        return seki_arena_failure(message->arena);
    entry->above = known->count > 0 ? known->bottom : NO_FIELD;
    known->bottom = (uint32_t)message->count;
    known->count++;
    message->count++;
    message->octets += entry->field.raw.len + 2;
    message->defects |= defects_of(&entry->field);
    return SEKI_OK;
}

enum seki_result seki_message_add_field(struct seki_message *message, struct seki_str name, struct seki_str value)
{
    return seki_message_keep(message, name, value, SEKI_LINE_END_LF);
}

size_t seki_message_field_count(const struct seki_message *message)
{
    return message->count;
}

const struct seki_field *seki_message_field(const struct seki_message *message, size_t index)
{
    return &entry_at(message, index)->field;
}

unsigned seki_message_defects(const struct seki_message *message)
{
    return message->defects;
}

size_t seki_message_find_up(const struct seki_message *message, struct seki_str name, size_t below)
{
    uint32_t at;
    if (below < message->count && seki_str_equal_nocase(entry_at(message, below)->field.name, name)) {
        at = entry_at(message, below)->above;
    } else {
        const struct seki_name *known = seki_name_find(message->names, name);
        at = known != NULL ? known->bottom : NO_FIELD;
        while (at != NO_FIELD && at >= below)
            at = entry_at(message, at)->above;
    }
    return at != NO_FIELD ? at : SIZE_MAX;
}

size_t seki_message_count_named(const struct seki_message *message, struct seki_str name)
{
    const struct seki_name *known = seki_name_find(message->names, name);
    return known != NULL ? known->count : 0;
}
