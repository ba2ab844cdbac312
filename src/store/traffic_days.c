#include "store/traffic_days.h"

#include "store/rows.h"
#include "store/sql_backend.h"

/* The lock's number is that of this use alone: "seki" in ASCII, and 2. */
#define LOCK "SELECT pg_advisory_xact_lock(7306924690002)"

static int64_t day_of(int64_t at_us)
{
    int64_t rest = at_us % TRAFFIC_DAY_US;
    return (at_us - (rest < 0 ? rest + TRAFFIC_DAY_US : rest)) / TRAFFIC_DAY_US;
}

static enum seki_result has_day(struct sql *sql, int64_t day, bool *has_out, struct seki_error *why)
{
    int64_t count = 0;
    enum seki_result result =
        store_read_number(sql,
                          "SELECT count(*) FROM pg_tables WHERE schemaname = any (current_schemas(false)) AND "
                          "tablename = 'traffic_message_' || CAST($1 AS BIGINT)",
                          SQL_VALUES(SQL_OF_INT(day)), &count, NULL, why);
    *has_out = count > 0;
    return result;
}

/* Made first and attached then: that holds up nobody who reads, whereas CREATE TABLE … PARTITION OF waits for all of them. */
static enum seki_result make_day(struct sql *sql, int64_t day, struct seki_error *why)
{
    static const char *const tables[] = { "traffic_message", "traffic_recipient" };
    char text[512];
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && result == SEKI_OK; i++) {
        snprintf(text, sizeof text,
                 "CREATE TABLE \"%s_%lld\" (LIKE %s INCLUDING ALL); "
                 "ALTER TABLE %s ATTACH PARTITION \"%s_%lld\" FOR VALUES FROM (%lld) TO (%lld)",
                 tables[i], (long long)day, tables[i], tables[i], tables[i], (long long)day,
                 (long long)(day * TRAFFIC_DAY_US), (long long)((day + 1) * TRAFFIC_DAY_US));
        result = sql_script(sql, text, why);
    }
    return result;
}

enum seki_result traffic_days_need(struct traffic_days *days, struct sql *sql, int64_t at_us,
                                   struct seki_error *why)
{
    int64_t day = day_of(at_us);
    bool has = false;
    if (sql_dialect(sql) != SQL_POSTGRESQL)
        return SEKI_OK;
    for (size_t i = 0; i < days->count && i < TRAFFIC_DAYS_KNOWN; i++)
        if (days->known[i] == day)
            return SEKI_OK;
    enum seki_result result = has_day(sql, day, &has, why);
    if (result == SEKI_OK && !has) {
        result = sql_run(sql, LOCK, NULL, 0, NULL, why);
        if (result == SEKI_OK)
            result = has_day(sql, day, &has, why);
        if (result == SEKI_OK && !has)
            result = make_day(sql, day, why);
    }
    if (result == SEKI_OK)
        days->known[days->count++ % TRAFFIC_DAYS_KNOWN] = day;
    return result;
}

void traffic_days_forget(struct traffic_days *days)
{
    days->count = 0;
}

/* ---- dropping ---- */

static enum seki_result oldest_day(struct sql *sql, int64_t before, int64_t *day_out, bool *found_out,
                                   struct seki_error *why)
{
    return store_read_number(sql,
                             "SELECT CAST(substr(tablename, 17) AS BIGINT) AS day FROM pg_tables "
                             "WHERE schemaname = any (current_schemas(false)) "
                             "AND tablename ~ '^traffic_message_-?[0-9]+$' "
                             "AND CAST(substr(tablename, 17) AS BIGINT) < $1 ORDER BY day LIMIT 1",
                             SQL_VALUES(SQL_OF_INT(before)), day_out, found_out, why);
}

enum seki_result traffic_days_drop(struct sql *sql, int64_t before_us, int64_t *days_out, struct seki_error *why)
{
    char text[160];
    for (*days_out = 0;; ++*days_out) {
        int64_t day = 0;
        bool found = false;
        enum seki_result result = sql_begin(sql, true, why);
        if (result == SEKI_OK)
            result = oldest_day(sql, day_of(before_us), &day, &found, why);
        if (result != SEKI_OK || !found) {
            sql_rollback(sql);
            return result;
        }
        snprintf(text, sizeof text, "DROP TABLE \"traffic_message_%lld\", \"traffic_recipient_%lld\"",
                 (long long)day, (long long)day);
        result = sql_run(sql, text, NULL, 0, NULL, why);
        if (result == SEKI_OK)
            result = sql_commit(sql, why);
        else
            sql_rollback(sql);
        if (result != SEKI_OK)
            return result;
    }
}
