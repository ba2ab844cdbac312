#include "store/lease.h"

/* One statement, so that of two that come at once the second sees what the first did. */
static const char take[] = "INSERT INTO lease (name, holder, until_s) VALUES ($1, $2, $3) "
                           "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_s = excluded.until_s "
                           "WHERE lease.holder = excluded.holder OR lease.until_s <= $4";

enum seki_result store_lease_take(struct sql *sql, struct seki_str name, struct seki_str holder, int64_t now_s,
                                  int64_t duration_s, bool *is_ours_out, struct seki_error *why)
{
    int64_t changed = 0;
    *is_ours_out = false;
    enum seki_result result = sql_begin(sql, true, why);
    if (result != SEKI_OK)
        return result;
    result =
        sql_run(sql, take,
                SQL_VALUES(SQL_OF_STR(name), SQL_OF_STR(holder), SQL_OF_INT(now_s + duration_s), SQL_OF_INT(now_s)),
                &changed, why);
    if (result != SEKI_OK) {
        sql_rollback(sql);
        return result;
    }
    result = sql_commit(sql, why);
    *is_ours_out = result == SEKI_OK && changed > 0;
    return result;
}
