#include "store/person.h"

#include "store/change_parts.h"
#include "store/held_parts.h"
#include "store/rows.h"
#include "store/traffic_text.h"

#include <sekisho/address.h>

#define WORK_OCTETS (64u * 1024u)

/* A local part may be what MTAs let through, but for a second "@" and what belongs to a path. */
bool store_person_is_address(struct seki_str text)
{
    struct seki_str local_part, domain;
    if (text.len == 0 || text.ptr[0] == '<' || !seki_address_split_path(text, &local_part, &domain))
        return false;
    bool is_quoted = local_part.len > 0 && local_part.ptr[0] == '"';
    return local_part.len > 0 && domain.len > 0 && local_part.len + 1 + domain.len == text.len &&
           (is_quoted || seki_str_find(local_part, '@') == local_part.len) &&
           seki_str_find(domain, ' ') == domain.len;
}

static enum seki_result check_address(struct seki_str address, struct seki_arena *arena,
                                      struct sql_value *value_out, struct seki_error *why)
{
    *value_out = store_traffic_lower(address, arena);
    if (store_person_is_address(address) && value_out->text.len > 0)
        return SEKI_OK;
    seki_error_set(why, "\"%.*s\" is no mail address; one is needed as user@example.com", SEKI_STR_ARGS(address));
    return SEKI_BAD_INPUT;
}

/* ---- finding ---- */

static void read_place(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_person_place *place = item;
    place->node = seki_arena_copy(arena, row[0].text);
    snprintf(place->position.segment, sizeof place->position.segment, "%.*s", SEKI_STR_ARGS(row[1].text));
    place->position.offset = (uint64_t)row[2].integer;
    place->message = row[3].integer;
    place->at_us = row[4].integer;
}

static enum seki_result find_places(struct sql *sql, struct sql_value address, struct seki_arena *arena,
                                    struct store_person *person, struct seki_error *why)
{
    void *items = NULL;
    enum seki_result result = store_read_list(
        sql,
        "SELECT COALESCE(s.node, ''), COALESCE(s.segment, ''), segment_offset, traffic_message.id, at_us "
        "FROM traffic_message LEFT JOIN journal_segment s ON s.id = segment_id WHERE "
        "traffic_message.id IN (SELECT message FROM traffic_recipient WHERE address = $1 UNION "
        "SELECT id FROM traffic_message WHERE mail_from = $1) "
        "ORDER BY 1, 2, 3",
        &address, 1, sizeof(struct store_person_place), read_place, arena, &items, &person->place_count, why);
    person->places = items;
    return result;
}

/* The author is a From field with names in it: it need not be this address alone. */
static struct sql_value pattern_of(struct seki_str address, struct seki_arena *arena)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, WORK_OCTETS);
    seki_buf_add_char(&buf, '%');
    for (size_t i = 0; i < address.len; i++) {
        if (memchr("%_\\", address.ptr[i], 3) != NULL)
            seki_buf_add_char(&buf, '\\');
        seki_buf_add_char(&buf, address.ptr[i]);
    }
    seki_buf_add_char(&buf, '%');
    return SQL_OF_STR(seki_buf_str(&buf));
}

/* Both sides are made lower by the store itself: PostgreSQL knows more letters than ASCII's. */
static enum seki_result find_held(struct sql *sql, struct sql_value address, struct seki_arena *arena,
                                  struct store_person *person, struct seki_error *why)
{
    return store_held_read(sql,
                           " WHERE r.address <> '' AND (lower(r.address) = lower($1) OR lower(m.mail_from) = "
                           "lower($1) OR lower(m.author) LIKE lower($2) ESCAPE '\\') ORDER BY r.id DESC",
                           SQL_VALUES(address, pattern_of(address.text, arena)), arena, &person->held,
                           &person->held_count, why);
}

enum seki_result store_person_find(struct sql *sql, struct seki_str address, struct seki_arena *arena,
                                   struct store_person *person_out, struct seki_error *why)
{
    struct sql_value value;
    *person_out = (struct store_person){ 0 };
    enum seki_result result = check_address(address, arena, &value, why);
    if (result == SEKI_OK)
        result = find_places(sql, value, arena, person_out, why);
    return result == SEKI_OK ? find_held(sql, value, arena, person_out, why) : result;
}

bool store_person_is_recipient(struct seki_str address, const struct store_held *item)
{
    return seki_str_equal_nocase(address, item->address);
}

/* ---- erasing ---- */

/* One after the other: a person has thousands of messages, not millions. at_us leads PostgreSQL to the day's table. */
static enum seki_result erase_place(struct sql *sql, struct sql_value address,
                                    const struct store_person_place *place, struct seki_error *why)
{
    const struct sql_value message = SQL_OF_INT(place->message), at_us = SQL_OF_INT(place->at_us);
    enum seki_result result =
        sql_run(sql,
                "UPDATE traffic_message SET mail_from = '', message_id = '', queue_id = '', quarantine_id = '', "
                "attachment = '', segment_id = 0, segment_offset = 0 WHERE id = $1 AND at_us = $2",
                SQL_VALUES(message, at_us), NULL, why);
    if (result != SEKI_OK)
        return result;
    return sql_run(sql,
                   "UPDATE traffic_recipient SET address = '' WHERE message = $1 AND at_us = $2 AND address = $3",
                   SQL_VALUES(message, at_us, address), NULL, why);
}

static enum seki_result count_held(struct sql *sql, struct sql_value address, struct store_person_erased *erased,
                                   struct seki_error *why)
{
    bool is_found;
    enum seki_result result =
        store_read_number(sql, "SELECT count(*) FROM held_recipient WHERE lower(address) = lower($1)", &address, 1,
                          &erased->held, &is_found, why);
    if (result != SEKI_OK)
        return result;
    return store_read_number(sql,
                             "SELECT count(*) FROM held_recipient r JOIN held_message m ON m.id = r.message_id"
                             " WHERE lower(r.address) = lower($1) AND m.has_file = 1 AND EXISTS (SELECT 1 FROM"
                             " held_recipient o WHERE o.message_id = r.message_id AND lower(o.address) <> lower($1)"
                             " AND o.state IN " STORE_HELD_OPEN_STATES ")",
                             &address, 1, &erased->held_beside, &is_found, why);
}

static struct store_audit_line line_of(struct seki_arena *arena, struct seki_str node, size_t messages,
                                       const struct store_person_erased *erased)
{
    struct store_json after;
    store_json_begin(&after, arena);
    store_json_str(&after, "node", node);
    store_json_int(&after, "messages", (int64_t)messages);
    store_json_int(&after, "held", erased->held);
    return (struct store_audit_line){ .action = "person.erase", .after = store_json_end(&after) };
}

/* Expired as well, so that `control` forgets the row with the file. One that is just being released is not stopped. */
static const char erase_held[] =
    "UPDATE held_recipient SET address = '', expires_at_s = $2, changed_at_s = $2, changed_by = $3,"
    " state = CASE WHEN state IN ('held', 'unclear') THEN 'deleted' ELSE state END WHERE lower(address) = "
    "lower($1)";

enum seki_result store_person_erase(struct store_change *change, struct seki_str address, struct seki_str node,
                                    const struct store_person_place *places, size_t count,
                                    struct store_person_erased *erased_out, struct seki_error *why)
{
    struct sql *sql = store_change_sql(change);
    struct sql_value value;
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    *erased_out = (struct store_person_erased){ 0 };
    enum seki_result result = check_address(address, arena, &value, why);
    if (result == SEKI_OK)
        result = count_held(sql, value, erased_out, why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++)
        result = erase_place(sql, value, &places[i], why);
    if (result == SEKI_OK && count + (size_t)erased_out->held > 0) {
        const struct store_audit_line line = line_of(arena, node, count, erased_out);
        result = store_change_write(
            change, erase_held,
            SQL_VALUES(value, SQL_OF_INT(store_change_at_s(change)), SQL_OF_STR(store_change_actor(change))), &line,
            NULL, why);
    }
    seki_arena_free(arena);
    return result;
}
