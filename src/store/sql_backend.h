/* What a database must be able to do for sql.h, and what only this room may ask of it. */
#ifndef STORE_SQL_BACKEND_H
#define STORE_SQL_BACKEND_H

#include "store/sql.h"

struct sql_rows {
    struct sql *sql;
};

/** The part of a connection that both databases have; sql.c keeps it, a back end's own struct begins with it. */
struct sql {
    const struct sql_backend *backend;
    struct sql_rows rows; /* the one result set that may be open */
    bool is_reading;
    bool is_in_transaction, is_write;
    enum seki_result
        failure; /* of a statement of this transaction: PostgreSQL then takes no more, so neither database does */
};

struct sql_statement {
    const char *text;
    const struct sql_value *values;
    size_t count;
};

/* As the functions of sql.h. sql.c has made sure that no result set is open, and that transactions do not nest. */
struct sql_backend {
    enum sql_dialect dialect;
    void (*close)(struct sql *sql);
    enum seki_result (*begin)(struct sql *sql, bool is_write, struct seki_error *why);
    enum seki_result (*commit)(struct sql *sql, struct seki_error *why);
    void (*rollback)(struct sql *sql);
    enum seki_result (*run)(struct sql *sql, const struct sql_statement *statement, int64_t *changed_out,
                            struct seki_error *why);
    enum seki_result (*run_many)(struct sql *sql, const struct sql_statement *first, size_t row_count,
                                 struct seki_error *why);
    enum seki_result (*query)(struct sql *sql, const struct sql_statement *statement, struct seki_error *why);
    enum seki_result (*next)(struct sql *sql, const struct sql_value **row_out, struct seki_error *why);
    void (*rows_close)(struct sql *sql);
    int (*watch)(struct sql *sql, struct seki_error *why);
    void (*watch_clear)(struct sql *sql);
    enum seki_result (*notify)(struct sql *sql, struct seki_error *why);
    /* several statements without parameters, in the transaction that is open; may take minutes */
    enum seki_result (*script)(struct sql *sql, const char *text, struct seki_error *why);
    /* SQLite: a copy of what is committed, beside the file ("FILE" + suffix); NULL: the database has backups of its own */
    enum seki_result (*copy)(struct sql *sql, const char *suffix, struct seki_error *why);
};

struct sql *sql_sqlite_open(const char *path, enum seki_result *result_out, struct seki_error *why);
struct sql *sql_postgresql_open(const char *url, enum seki_result *result_out, struct seki_error *why);

enum seki_result sql_script(struct sql *sql, const char *text, struct seki_error *why);
enum seki_result sql_copy(struct sql *sql, const char *suffix, struct seki_error *why);

/** Columns of one row at most. */
#define SQL_COLUMNS_MAX 64u
/** Parameters of one statement at most. */
#define SQL_PARAMETERS_MAX 64u

#endif
