#include "store/migrate.h"

#include "store/migration_text.h"
#include "store/sql_backend.h"

#include <openssl/evp.h>

#include <time.h>

#define TEXT_MAX_OCTETS (1024u * 1024u)
#define SHA256_HEX      64u

/* The lock's number is that of this use alone: "seki" in ASCII, and 1. */
#define LOCK_POSTGRESQL "select pg_advisory_xact_lock(7306924690001)"

static const char create_table[] =
    "create table if not exists schema_migration (version bigint primary key, name text not null, "
    "sha256 text not null, applied_at_s bigint not null)";

static enum seki_result checksum(const char *text, char hex_out[SHA256_HEX + 1], struct seki_error *why)
{
    unsigned char octets[32];
    if (EVP_Digest(text, strlen(text), octets, NULL, EVP_sha256(), NULL) != 1) {
        seki_error_set(why, "no checksum of a migration could be made");
        return SEKI_SYSTEM;
    }
    for (size_t i = 0; i < sizeof octets; i++)
        snprintf(hex_out + 2 * i, 3, "%02x", octets[i]);
    return SEKI_OK;
}

/* ---- what has been applied ---- */

static enum seki_result has_table(struct sql *sql, bool *has_out, struct seki_error *why)
{
    static const char *const texts[] = {
        [SQL_SQLITE] = "select count(*) from sqlite_schema where type = 'table' and name = 'schema_migration'",
        [SQL_POSTGRESQL] = "select count(*) from pg_tables where schemaname = any (current_schemas(false)) and "
                           "tablename = 'schema_migration'",
    };
    struct sql_rows *rows;
    const struct sql_value *row;
    enum seki_result result = sql_query(sql, texts[sql_dialect(sql)], NULL, 0, &rows, why);
    if (result == SEKI_OK)
        result = sql_next(rows, &row, why);
    if (result != SEKI_OK)
        return result;
    *has_out = row != NULL && row[0].integer > 0;
    sql_rows_close(rows);
    return SEKI_OK;
}

/* One row of schema_migration: is it a migration of ours, and still what it was? */
static enum seki_result check_applied(const struct store_migrations *migrations, const struct sql_value *row,
                                      size_t *applied_out, struct seki_error *why)
{
    size_t next = *applied_out;
    if (next == migrations->count) {
        seki_error_set(why,
                       "the store has migration %04lld (%.*s), which this program does not know: it is newer. "
                       "Install the program that it was used with",
                       (long long)row[0].integer, SEKI_STR_ARGS(row[1].text));
        return SEKI_BAD_INPUT;
    }
    const struct store_migration *ours = &migrations->rows[next];
    char hex[SHA256_HEX + 1];
    enum seki_result result = checksum(ours->text, hex, why);
    if (result != SEKI_OK)
        return result;
    if (row[0].integer != ours->version || !seki_str_equal(row[2].text, seki_str_of(hex))) {
        seki_error_set(why,
                       "migration %04lld (%.*s) of the store is not the %04u (%s) of this program; they are of "
                       "different versions, so nothing was changed",
                       (long long)row[0].integer, SEKI_STR_ARGS(row[1].text), ours->version, ours->name);
        return SEKI_BAD_INPUT;
    }
    *applied_out = next + 1;
    return SEKI_OK;
}

/* @param applied_out  how many of our migrations are applied; they are applied in order */
static enum seki_result count_applied(struct sql *sql, const struct store_migrations *migrations,
                                      size_t *applied_out, struct seki_error *why)
{
    bool has = false;
    *applied_out = 0;
    enum seki_result result = has_table(sql, &has, why);
    if (result != SEKI_OK || !has)
        return result;
    struct sql_rows *rows;
    const struct sql_value *row;
    result =
        sql_query(sql, "select version, name, sha256 from schema_migration order by version", NULL, 0, &rows, why);
    while (result == SEKI_OK && (result = sql_next(rows, &row, why)) == SEKI_OK && row != NULL) {
        result = check_applied(migrations, row, applied_out, why);
        if (result != SEKI_OK)
            sql_rows_close(rows);
    }
    return result;
}

/* Without the lock of writers: every command asks, and those that only look must wait for nobody. */
static enum seki_result look(struct sql *sql, const struct store_migrations *migrations, size_t *applied_out,
                             struct seki_error *why)
{
    *applied_out = 0;
    enum seki_result result = sql_begin(sql, false, why);
    if (result != SEKI_OK)
        return result;
    result = count_applied(sql, migrations, applied_out, why);
    sql_rollback(sql);
    return result;
}

enum seki_result store_migrations_dry(struct sql *sql, const struct store_migrations *migrations,
                                      struct seki_buf *pending_out, struct seki_error *why)
{
    size_t applied;
    enum seki_result result = look(sql, migrations, &applied, why);
    for (size_t i = applied; result == SEKI_OK && i < migrations->count; i++)
        seki_buf_add_format(pending_out, "%04u %s\n", migrations->rows[i].version, migrations->rows[i].name);
    return result == SEKI_OK ? seki_buf_failed(pending_out) : result;
}

/* ---- applying ---- */

static enum seki_result run_text(struct sql *sql, const struct store_migration *migration, struct seki_error *why)
{
    struct seki_buf text;
    seki_buf_init(&text, TEXT_MAX_OCTETS);
    enum seki_result result = store_migration_text(seki_str_of(migration->text), sql_dialect(sql), &text, why);
    if (result == SEKI_OK)
        result = sql_script(sql, text.ptr, why);
    seki_buf_release(&text);
    return result;
}

static enum seki_result apply(struct sql *sql, const struct store_migration *migration, struct seki_error *why)
{
    char hex[SHA256_HEX + 1];
    enum seki_result result = checksum(migration->text, hex, why);
    if (result == SEKI_OK)
        result = sql_run(sql, create_table, NULL, 0, NULL, why);
    if (result == SEKI_OK)
        result = run_text(sql, migration, why);
    if (result == SEKI_OK)
        result = sql_run(sql,
                         "insert into schema_migration (version, name, sha256, applied_at_s) values "
                         "($1, $2, $3, $4)",
                         SQL_VALUES(SQL_OF_INT(migration->version), SQL_OF_STR(seki_str_of(migration->name)),
                                    SQL_OF_STR(seki_str_of(hex)), SQL_OF_INT(time(NULL))),
                         NULL, why);
    if (result != SEKI_OK)
        seki_error_prefix(why, "migration %04u (%s)", migration->version, migration->name);
    return result;
}

/* Another program may have been quicker: what is applied is counted under the lock. */
static enum seki_result apply_next(struct sql *sql, const struct store_migrations *migrations, bool has_copy,
                                   size_t *applied_out, struct seki_error *why)
{
    char suffix[32];
    enum seki_result result = SEKI_OK;
    if (sql_dialect(sql) == SQL_POSTGRESQL)
        result = sql_run(sql, LOCK_POSTGRESQL, NULL, 0, NULL, why);
    if (result == SEKI_OK)
        result = count_applied(sql, migrations, applied_out, why);
    if (result != SEKI_OK || *applied_out == migrations->count)
        return result;
    const struct store_migration *next = &migrations->rows[*applied_out];
    if (*applied_out > 0 && !has_copy) {
        snprintf(suffix, sizeof suffix, ".before-%04u", next->version);
        result = sql_copy(sql, suffix, why);
    }
    return result == SEKI_OK ? apply(sql, next, why) : result;
}

enum seki_result store_migrations_apply(struct sql *sql, const struct store_migrations *migrations,
                                        unsigned *applied_out, struct seki_error *why)
{
    size_t applied;
    *applied_out = 0;
    enum seki_result result = look(sql, migrations, &applied, why);
    if (result != SEKI_OK || applied == migrations->count)
        return result;
    for (;;) {
        result = sql_begin(sql, true, why);
        if (result != SEKI_OK)
            return result;
        result = apply_next(sql, migrations, *applied_out > 0, &applied, why);
        if (result != SEKI_OK || applied == migrations->count) {
            sql_rollback(sql);
            return result;
        }
        result = sql_commit(sql, why);
        if (result != SEKI_OK)
            return result;
        ++*applied_out;
    }
}

/* ---- the program's own ---- */

enum seki_result store_migrate_dry(struct sql *sql, struct seki_buf *pending_out, struct seki_error *why)
{
    return store_migrations_dry(sql, &(struct store_migrations){ store_migration_table, store_migration_count },
                                pending_out, why);
}

enum seki_result store_migrate(struct sql *sql, unsigned *applied_out, struct seki_error *why)
{
    return store_migrations_apply(sql, &(struct store_migrations){ store_migration_table, store_migration_count },
                                  applied_out, why);
}
