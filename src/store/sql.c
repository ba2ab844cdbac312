#include "store/sql_backend.h"

static const struct {
    const char *prefix;
    bool is_kept; /* libpq reads the whole URL, SQLite a path */
    struct sql *(*open)(const char *rest, enum seki_result *result_out, struct seki_error *why);
} schemes[] = {
    { "sqlite:", false, sql_sqlite_open },
    { "postgresql://", true, sql_postgresql_open },
    { "postgres://", true, sql_postgresql_open },
};

struct sql *sql_open(const char *url, enum seki_result *result_out, struct seki_error *why)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].prefix);
        if (strncmp(url, schemes[i].prefix, len) == 0)
            return schemes[i].open(schemes[i].is_kept ? url : url + len, result_out, why);
    }
    /* Not repeated: it may hold a password. */
    seki_error_set(why, "the store's URL must begin with sqlite: or postgresql://");
    *result_out = SEKI_BAD_INPUT;
    return NULL;
}

void sql_close(struct sql *sql)
{
    if (sql == NULL)
        return;
    if (sql->is_reading)
        sql_rows_close(&sql->rows);
    if (sql->is_in_transaction)
        sql_rollback(sql);
    sql->backend->close(sql);
}

enum sql_dialect sql_dialect(const struct sql *sql)
{
    return sql->backend->dialect;
}

/* PostgreSQL cannot do another statement while rows are read, and takes no more in a transaction that has failed. SQLite
 * could; it is refused there too, so that what works with one database works with the other. */
static enum seki_result must_be_free(const struct sql *sql, struct seki_error *why)
{
    if (sql->is_reading) {
        seki_error_set(why, "the rows of the statement before are still being read");
        return SEKI_USAGE;
    }
    if (sql->failure != SEKI_OK) {
        seki_error_set(why, "a statement of this transaction has failed; it can only be rolled back");
        return sql->failure;
    }
    return SEKI_OK;
}

static enum seki_result done(struct sql *sql, enum seki_result result)
{
    if (result != SEKI_OK && sql->is_in_transaction && sql->failure == SEKI_OK)
        sql->failure = result;
    return result;
}

static void end_transaction(struct sql *sql)
{
    sql->is_in_transaction = false;
    sql->failure = SEKI_OK;
}

enum seki_result sql_begin(struct sql *sql, bool is_write, struct seki_error *why)
{
    if (sql->is_in_transaction || sql->is_reading) {
        seki_error_set(why, "a transaction is under way already");
        return SEKI_USAGE;
    }
    enum seki_result result = sql->backend->begin(sql, is_write, why);
    sql->is_in_transaction = result == SEKI_OK;
    sql->is_write = is_write;
    return result;
}

enum seki_result sql_commit(struct sql *sql, struct seki_error *why)
{
    enum seki_result result = must_be_free(sql, why);
    if (result == SEKI_OK && !sql->is_in_transaction) {
        seki_error_set(why, "there is no transaction to commit");
        return SEKI_USAGE;
    }
    if (result == SEKI_OK)
        result = sql->backend->commit(sql, why);
    if (result != SEKI_OK)
        sql_rollback(sql);
    end_transaction(sql);
    return result;
}

void sql_rollback(struct sql *sql)
{
    if (!sql->is_in_transaction)
        return;
    if (sql->is_reading)
        sql_rows_close(&sql->rows);
    sql->backend->rollback(sql);
    end_transaction(sql);
}

static enum seki_result check_statement(const struct sql *sql, size_t count, struct seki_error *why)
{
    if (count > SQL_PARAMETERS_MAX) {
        seki_error_set(why, "a statement has more than %u parameters", SQL_PARAMETERS_MAX);
        return SEKI_USAGE;
    }
    return must_be_free(sql, why);
}

enum seki_result sql_run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                         int64_t *changed_out, struct seki_error *why)
{
    int64_t changed = 0;
    enum seki_result result = check_statement(sql, count, why);
    if (result == SEKI_OK)
        result = done(sql, sql->backend->run(sql, &(struct sql_statement){ text, values, count }, &changed, why));
    if (changed_out != NULL)
        *changed_out = changed;
    return result;
}

enum seki_result sql_run_many(struct sql *sql, const char *text, const struct sql_value *values, size_t width,
                              size_t row_count, struct seki_error *why)
{
    enum seki_result result = check_statement(sql, width, why);
    if (result != SEKI_OK || row_count == 0)
        return result;
    if (!sql->is_in_transaction) {
        seki_error_set(why, "many rows are written in a transaction");
        return SEKI_USAGE;
    }
    return done(sql, sql->backend->run_many(sql, &(struct sql_statement){ text, values, width }, row_count, why));
}

enum seki_result sql_query(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                           struct sql_rows **rows_out, struct seki_error *why)
{
    *rows_out = NULL;
    enum seki_result result = check_statement(sql, count, why);
    if (result == SEKI_OK)
        result = done(sql, sql->backend->query(sql, &(struct sql_statement){ text, values, count }, why));
    if (result != SEKI_OK)
        return result;
    sql->is_reading = true;
    sql->rows.sql = sql;
    *rows_out = &sql->rows;
    return SEKI_OK;
}

enum seki_result sql_next(struct sql_rows *rows, const struct sql_value **row_out, struct seki_error *why)
{
    struct sql *sql = rows->sql;
    *row_out = NULL;
    enum seki_result result = sql->backend->next(sql, row_out, why);
    if (result != SEKI_OK || *row_out == NULL)
        sql_rows_close(rows);
    return done(sql, result);
}

void sql_rows_close(struct sql_rows *rows)
{
    if (rows == NULL || !rows->sql->is_reading)
        return;
    rows->sql->backend->rows_close(rows->sql);
    rows->sql->is_reading = false;
}

int sql_watch(struct sql *sql, struct seki_error *why)
{
    return sql->backend->watch(sql, why);
}

void sql_watch_clear(struct sql *sql)
{
    sql->backend->watch_clear(sql);
}

enum seki_result sql_notify(struct sql *sql, struct seki_error *why)
{
    enum seki_result result = must_be_free(sql, why);
    return result == SEKI_OK ? done(sql, sql->backend->notify(sql, why)) : result;
}

enum seki_result sql_script(struct sql *sql, const char *text, struct seki_error *why)
{
    enum seki_result result = must_be_free(sql, why);
    return result == SEKI_OK ? done(sql, sql->backend->script(sql, text, why)) : result;
}

enum seki_result sql_copy(struct sql *sql, const char *suffix, struct seki_error *why)
{
    return sql->backend->copy == NULL ? SEKI_OK : sql->backend->copy(sql, suffix, why);
}
