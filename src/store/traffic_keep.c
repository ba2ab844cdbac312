#include "store/traffic_keep.h"

#include "store/rows.h"
#include "store/traffic_days.h"
#include "store/traffic_text.h"

/* SQLite deletes by the numbers of messages, which follow the time but for what came late. So a block may have nothing old in
 * it although one behind it has: some are tried before we stop. */
#define BLOCK            2000
#define FRUITLESS_BLOCKS 50

/* ---- retention ---- */

static enum seki_result drop_block(struct sql *sql, int64_t from, int64_t before_us, int64_t *dropped_out,
                                   struct seki_error *why)
{
    static const char *const texts[] = {
        "DELETE FROM traffic_recipient WHERE message >= $1 AND message < $2 AND at_us < $3",
        "DELETE FROM traffic_message WHERE id >= $1 AND id < $2 AND at_us < $3",
    };
    enum seki_result result = sql_begin(sql, true, why);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && result == SEKI_OK; i++)
        result =
            sql_run(sql, texts[i], SQL_VALUES(SQL_OF_INT(from), SQL_OF_INT(from + BLOCK), SQL_OF_INT(before_us)),
                    dropped_out, why);
    if (result == SEKI_OK)
        return sql_commit(sql, why);
    sql_rollback(sql);
    return result;
}

static enum seki_result next_number(struct sql *sql, int64_t from, int64_t *number_out, bool *found_out,
                                    struct seki_error *why)
{
    return store_read_number(sql, "SELECT id FROM traffic_message WHERE id >= $1 ORDER BY id LIMIT 1",
                             SQL_VALUES(SQL_OF_INT(from)), number_out, found_out, why);
}

static enum seki_result drop_blocks(struct sql *sql, int64_t before_us, int64_t *dropped_out,
                                    struct seki_error *why)
{
    unsigned fruitless = 0;
    int64_t from = INT64_MIN;
    while (fruitless < FRUITLESS_BLOCKS) {
        int64_t dropped = 0;
        bool found = false;
        enum seki_result result = next_number(sql, from, &from, &found, why);
        if (result == SEKI_OK && found)
            result = drop_block(sql, from, before_us, &dropped, why);
        if (result != SEKI_OK || !found)
            return result;
        *dropped_out += dropped;
        fruitless = dropped > 0 ? 0 : fruitless + 1;
        from += BLOCK;
    }
    return SEKI_OK;
}

enum seki_result store_traffic_drop_before(struct sql *sql, int64_t before_us, int64_t *dropped_out,
                                           struct seki_error *why)
{
    *dropped_out = 0;
    return sql_dialect(sql) == SQL_POSTGRESQL ? traffic_days_drop(sql, before_us, dropped_out, why)
                                              : drop_blocks(sql, before_us, dropped_out, why);
}

enum seki_result store_traffic_drop_hours_before(struct sql *sql, int64_t before_s, struct seki_error *why)
{
    for (;;) { /* an hour at a time: the writer's lock is held for that long */
        int64_t oldest = 0;
        bool found = false;
        enum seki_result result =
            store_read_number(sql, "SELECT begin_s FROM traffic_hour WHERE begin_s < $1 ORDER BY begin_s LIMIT 1",
                              SQL_VALUES(SQL_OF_INT(before_s)), &oldest, &found, why);
        if (result == SEKI_OK && found)
            result = sql_run(sql, "DELETE FROM traffic_hour WHERE begin_s = $1", SQL_VALUES(SQL_OF_INT(oldest)),
                             NULL, why);
        if (result != SEKI_OK || !found)
            return result;
    }
}

/* ---- a person ---- */

#define OF_PERSON                                                                                                  \
    "traffic_message.id IN (SELECT message FROM traffic_recipient WHERE address = $1 UNION "                       \
    "SELECT id FROM traffic_message WHERE mail_from = $1)"

static void read_place(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_traffic_place *place = item;
    place->node = seki_arena_copy(arena, row[0].text);
    snprintf(place->position.segment, sizeof place->position.segment, "%.*s", SEKI_STR_ARGS(row[1].text));
    place->position.offset = (uint64_t)row[2].integer;
    place->message = row[3].integer;
    place->at_us = row[4].integer;
}

static enum seki_result check_address(struct seki_str address, struct seki_arena *arena,
                                      struct sql_value *value_out, struct seki_error *why)
{
    *value_out = store_traffic_lower(address, arena);
    if (address.len > 0 && value_out->text.len > 0)
        return SEKI_OK;
    seki_error_set(why, "an address is needed, as user@example.com");
    return SEKI_BAD_INPUT;
}

enum seki_result store_traffic_find_person(struct sql *sql, struct seki_str address, struct seki_arena *arena,
                                           const struct store_traffic_place **places_out, size_t *count_out,
                                           struct seki_error *why)
{
    struct sql_value value;
    void *items = NULL;
    *count_out = 0;
    enum seki_result result = check_address(address, arena, &value, why);
    if (result == SEKI_OK)
        result = store_read_list(sql,
                                 "SELECT s.node, s.segment, segment_offset, traffic_message.id, at_us "
                                 "FROM traffic_message JOIN journal_segment s ON s.id = segment_id WHERE " OF_PERSON
                                 " ORDER BY s.node, s.segment, segment_offset",
                                 &value, 1, sizeof(struct store_traffic_place), read_place, arena, &items,
                                 count_out, why);
    *places_out = items;
    return result;
}

/* One after the other: a person has thousands of messages, not millions. at_us leads PostgreSQL to the day's table. */
static enum seki_result erase_place(struct sql *sql, struct sql_value address,
                                    const struct store_traffic_place *place, struct seki_error *why)
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

static enum seki_result erase_places(struct sql *sql, struct sql_value address,
                                     const struct store_traffic_place *places, size_t count, struct seki_error *why)
{
    enum seki_result result = sql_begin(sql, true, why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++)
        result = erase_place(sql, address, &places[i], why);
    if (result == SEKI_OK)
        return sql_commit(sql, why);
    sql_rollback(sql);
    return result;
}

enum seki_result store_traffic_erase_person(struct sql *sql, struct seki_str address,
                                            const struct store_traffic_place *places, size_t count,
                                            struct seki_error *why)
{
    struct sql_value value;
    struct seki_arena *arena = seki_arena_new(16384);
    enum seki_result result = check_address(address, arena, &value, why);
    if (result == SEKI_OK)
        result = erase_places(sql, value, places, count, why);
    seki_arena_free(arena);
    return result;
}
