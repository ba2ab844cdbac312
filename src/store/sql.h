/* One small interface over SQLite and PostgreSQL. Only this room speaks SQL, and only these calls reach a database.
 *
 * One SQL text serves both: parameters are $1, $2 …, times are integers (seconds or microseconds since 1970), JSON is text,
 * new ids come by RETURNING. A number has 64 bits; a function that wants fewer (substr) gets CAST($1 AS INTEGER). A connection
 * belongs to one thread at a time. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sekisho/buf.h>

struct sql;

enum sql_dialect { SQL_SQLITE = 0, SQL_POSTGRESQL };
enum sql_type { SQL_NULL = 0, SQL_INTEGER, SQL_TEXT, SQL_OCTETS };

struct sql_value {
    enum sql_type type;
    int64_t integer;
    struct seki_str text; /* of TEXT and OCTETS */
};
#define SQL_OF_NULL      ((struct sql_value){ .type = SQL_NULL })
#define SQL_OF_INT(n)    ((struct sql_value){ .type = SQL_INTEGER, .integer = (int64_t)(n) })
#define SQL_OF_STR(s)    ((struct sql_value){ .type = SQL_TEXT, .text = (s) })
#define SQL_OF_OCTETS(s) ((struct sql_value){ .type = SQL_OCTETS, .text = (s) })
#define SQL_VALUES(...)                                                                                            \
    (const struct sql_value[]){ __VA_ARGS__ },                                                                     \
        sizeof((const struct sql_value[]){ __VA_ARGS__ }) / sizeof(struct sql_value)

/**
 * @param url  "sqlite:/path/to/file" or "postgresql://user@host/database?…" (libpq's; a password belongs into its
 *             passfile)
 * @return NULL with *why; *result_out is SEKI_TEMPORARY when trying again may help
 */
struct sql *sql_open(const char *url, enum seki_result *result_out, struct seki_error *why);
void sql_close(struct sql *sql);
enum sql_dialect sql_dialect(const struct sql *sql);

/* Results of all below: SEKI_OK; SEKI_BAD_INPUT: a constraint says no (it exists already, it is still in use);
 * SEKI_TEMPORARY: not reachable, busy, or the connection broke (a transaction under way is gone; the next sql_begin()
 * connects again); SEKI_LIMIT: disk full; SEKI_SYSTEM, SEKI_USAGE: our own bug, *why has the database's words. */

/** A transaction. SQLite takes the write lock at once, so that it cannot fail half-way; without is_write all is read from
 *  one state of the store. A statement that fails fails the transaction: all that follow are refused, sql_commit() too. */
SEKI_MUST_USE enum seki_result sql_begin(struct sql *sql, bool is_write, struct seki_error *why);
SEKI_MUST_USE enum seki_result sql_commit(struct sql *sql, struct seki_error *why);
void sql_rollback(struct sql *sql);

/** Run one statement. @param changed_out  rows changed; may be NULL */
SEKI_MUST_USE enum seki_result sql_run(struct sql *sql, const char *text, const struct sql_value *values,
                                       size_t count, int64_t *changed_out, struct seki_error *why);

/** Rows of one statement, read one after the other, never all in memory; one result set at a time for a connection. */
struct sql_rows;
SEKI_MUST_USE enum seki_result sql_query(struct sql *sql, const char *text, const struct sql_value *values,
                                         size_t count, struct sql_rows **rows_out, struct seki_error *why);
/** @param row_out  columns of the row, valid until the next call; NULL behind the last row (rows are then freed)
 *  Not SEKI_OK: the rows are freed too. A sum of nothing is NULL; what is neither integer, text nor octets is SEKI_USAGE. */
SEKI_MUST_USE enum seki_result sql_next(struct sql_rows *rows, const struct sql_value **row_out,
                                        struct seki_error *why);
/** Before the last row. NULL does nothing. */
void sql_rows_close(struct sql_rows *rows);

/** Insert many rows with one statement text, in a transaction, pipelined where the database can: ingestion's way.
 *  @param values  row by row; @param width  values of a row */
SEKI_MUST_USE enum seki_result sql_run_many(struct sql *sql, const char *text, const struct sql_value *values,
                                            size_t width, size_t row_count, struct seki_error *why);

/** A descriptor that becomes readable when another process has told of a change: LISTEN, or the SQLite file watched. The
 *  same one each time; asking again mends it when its connection broke. Look by yourself now and then too: a writer that
 *  is killed behind its commit tells nobody.
 *  @return -1 with *why: not possible, look now and then */
int sql_watch(struct sql *sql, struct seki_error *why);
/** Read it empty, *before* looking. */
void sql_watch_clear(struct sql *sql);
/** Tell the watchers at commit (PostgreSQL: NOTIFY; SQLite: the file's times are touched behind it). */
SEKI_MUST_USE enum seki_result sql_notify(struct sql *sql, struct seki_error *why);

#endif
