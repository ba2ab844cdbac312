#include "store/changes.h"

#include "store/rows.h"

static void read_changes(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    struct store_changes *changes = (struct store_changes *)item;
    changes->last = row[0].integer;
    changes->oldest = row[1].integer;
}

enum seki_result store_changes_read(struct sql *sql, struct store_changes *changes_out, struct seki_error *why)
{
    bool is_found;
    *changes_out = (struct store_changes){ 0 };
    enum seki_result result =
        store_read_one(sql, "SELECT last_change, oldest_change FROM hosting_state WHERE id = 1", NULL, 0,
                       read_changes, NULL, changes_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "the store lacks a row that its schema begins with; restore it from its backup");
        return SEKI_SYSTEM;
    }
    return result;
}

enum seki_result store_changes_forget(struct sql *sql, int64_t before_s, struct seki_error *why)
{
    enum seki_result result = sql_begin(sql, true, why);
    if (result != SEKI_OK)
        return result;
    result = sql_run(sql,
                     "UPDATE hosting_state SET oldest_change = COALESCE((SELECT MAX(change_id) FROM domain_removal"
                     " WHERE removed_at_s < $1), oldest_change) WHERE id = 1",
                     SQL_VALUES(SQL_OF_INT(before_s)), NULL, why);
    if (result == SEKI_OK)
        result = sql_run(sql, "DELETE FROM domain_removal WHERE removed_at_s < $1",
                         SQL_VALUES(SQL_OF_INT(before_s)), NULL, why);
    if (result == SEKI_OK)
        result = sql_commit(sql, why);
    if (result != SEKI_OK)
        sql_rollback(sql);
    return result;
}
