#include "store/traffic_keep.h"

#include "store/rows.h"
#include "store/traffic_days.h"

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

enum seki_result store_traffic_drop_correspondents_before(struct sql *sql, int64_t before_s, struct seki_error *why)
{
    return store_delete_old(sql,
                            "DELETE FROM correspondent_day WHERE (domain_id, correspondent, begin_s) IN "
                            "(SELECT domain_id, correspondent, begin_s FROM correspondent_day WHERE begin_s < $1 "
                            "ORDER BY begin_s LIMIT $2)",
                            before_s, why);
}
