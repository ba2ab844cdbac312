/* PostgreSQL through libpq: prepared statements, rows one by one, and many rows in a pipeline. */
#include "store/postgresql_connection.h"
#include "store/sql_backend.h"

#include <sys/epoll.h>
#include <unistd.h>

#define KEPT_STATEMENTS 256u
#define PIPELINE_ROWS   500u /* sent before their results are read */
#define CHANNEL         "sekisho_change"
#define NAME_OCTETS     24u /* "s" and any number */

/* The types that libpq numbers; pg_type.dat of PostgreSQL. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_UNKNOWN = 705,
    TYPE_VARCHAR = 1043,
    TYPE_NUMERIC = 1700
};

/* The types of the values belong to it: a statement is prepared for them. */
struct kept_statement {
    char *text;
    Oid types[SQL_PARAMETERS_MAX];
    size_t count;
};

struct postgresql {
    struct sql sql;
    char *url;
    PGconn *connection; /* NULL: broken, connect before the next transaction */
    struct kept_statement kept[KEPT_STATEMENTS];
    size_t kept_count;
    PGresult *result; /* of the row that is shown */
    struct sql_value row[SQL_COLUMNS_MAX];
    PGconn *watcher; /* its own: what arrives on it is nothing but notifications */
    int epoll_fd;    /* has the watcher's socket in it, and stays the same when that changes */
};

static struct postgresql *of(struct sql *sql)
{
    return (struct postgresql *)sql;
}

/* ---- connecting ---- */

static void forget_statements(struct postgresql *pg)
{
    for (size_t i = 0; i < pg->kept_count; i++)
        free(pg->kept[i].text);
    pg->kept_count = 0;
}

static void disconnect(struct postgresql *pg)
{
    PQclear(pg->result);
    pg->result = NULL;
    PQfinish(pg->connection);
    pg->connection = NULL;
    forget_statements(pg);
}

/* Within a transaction a new connection would be another transaction. */
static enum seki_result connect_if_needed(struct postgresql *pg, struct seki_error *why)
{
    if (pg->connection != NULL && PQstatus(pg->connection) == CONNECTION_OK)
        return SEKI_OK;
    disconnect(pg);
    enum seki_result result = SEKI_TEMPORARY;
    if (pg->sql.is_in_transaction)
        seki_error_set(why, "PostgreSQL: the connection broke, and the transaction is gone");
    else
        pg->connection = postgresql_connect(pg->url, &result, why);
    return pg->connection != NULL ? SEKI_OK : result;
}

/* A connection on which a wait has ended without an answer may still get that answer: it is of no more use. */
static enum seki_result checked(struct postgresql *pg, enum seki_result result)
{
    if (result != SEKI_OK && pg->connection != NULL &&
        (PQstatus(pg->connection) != CONNECTION_OK || PQtransactionStatus(pg->connection) == PQTRANS_ACTIVE))
        disconnect(pg);
    return result;
}

static enum seki_result execute(struct postgresql *pg, const char *text, char tag_out[32], struct seki_error *why)
{
    enum seki_result result = connect_if_needed(pg, why);
    if (result != SEKI_OK)
        return result;
    return checked(pg, postgresql_execute(pg->connection, text, POSTGRESQL_ANSWER_TIMEOUT_MS, tag_out, why));
}

static void postgresql_close(struct sql *sql)
{
    struct postgresql *pg = of(sql);
    disconnect(pg);
    PQfinish(pg->watcher);
    if (pg->epoll_fd >= 0)
        close(pg->epoll_fd);
    free(pg->url);
    free(pg);
}

static const struct sql_backend backend;

struct sql *sql_postgresql_open(const char *url, enum seki_result *result_out, struct seki_error *why)
{
    struct postgresql *pg = calloc(1, sizeof *pg);
    char *copy = strdup(url);
    if (pg == NULL || copy == NULL) {
        free(pg);
        free(copy);
        seki_error_set(why, "no memory to open the store");
        *result_out = SEKI_SYSTEM;
        return NULL;
    }
    pg->sql.backend = &backend;
    pg->url = copy;
    pg->epoll_fd = -1;
    *result_out = connect_if_needed(pg, why);
    if (*result_out == SEKI_OK)
        return &pg->sql;
    postgresql_close(&pg->sql);
    return NULL;
}

/* ---- transactions ---- */

/* The server may have been started anew since the last transaction; that is found out here, where nothing is lost yet. */
static enum seki_result postgresql_begin(struct sql *sql, bool is_write, struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    const char *text = is_write ? "begin" : "begin isolation level repeatable read read only";
    bool was_connected = pg->connection != NULL;
    enum seki_result result = execute(pg, text, NULL, why);
    return result != SEKI_OK && was_connected && pg->connection == NULL ? execute(pg, text, NULL, why) : result;
}

static enum seki_result postgresql_commit(struct sql *sql, struct seki_error *why)
{
    char tag[32] = "";
    enum seki_result result = execute(of(sql), "commit", tag, why);
    if (result == SEKI_OK && strcmp(tag, "COMMIT") != 0) {
        seki_error_set(why, "PostgreSQL rolled the transaction back");
        return SEKI_USAGE;
    }
    return result;
}

static void postgresql_rollback(struct sql *sql)
{
    struct postgresql *pg = of(sql);
    if (pg->connection == NULL)
        return; /* it went with the connection */
    if (postgresql_execute(pg->connection, "rollback", POSTGRESQL_CONNECT_TIMEOUT_MS, NULL, NULL) != SEKI_OK)
        disconnect(pg);
}

static enum seki_result postgresql_script(struct sql *sql, const char *text, struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    enum seki_result result = execute(pg, "set local statement_timeout = 0; set local lock_timeout = 0", NULL, why);
    if (result != SEKI_OK)
        return result;
    return checked(pg, postgresql_execute(pg->connection, text, POSTGRESQL_SCRIPT_TIMEOUT_MS, NULL, why));
}

/* ---- prepared statements ---- */

static Oid type_of(const struct sql_value *value)
{
    static const Oid types[] = {
        [SQL_NULL] = 0, [SQL_INTEGER] = TYPE_INT8, [SQL_TEXT] = TYPE_TEXT, [SQL_OCTETS] = TYPE_BYTEA
    };
    return types[value->type];
}

/* Without a type the server would take the first thing that a parameter meets: 32 bits for "$1 = 0". A value that is NULL
 * in one row may have a type in another. */
static void find_types(const struct sql_statement *statement, size_t row_count, Oid *types_out)
{
    for (size_t i = 0; i < statement->count; i++) {
        types_out[i] = 0;
        for (size_t row = 0; row < row_count && types_out[i] == 0; row++)
            types_out[i] = type_of(&statement->values[row * statement->count + i]);
    }
}

static enum seki_result prepare_new(struct postgresql *pg, const struct sql_statement *statement, const Oid *types,
                                    char name[NAME_OCTETS], struct seki_error *why)
{
    if (pg->kept_count == KEPT_STATEMENTS) {
        enum seki_result result = execute(pg, "deallocate all", NULL, why);
        if (result != SEKI_OK)
            return result;
        forget_statements(pg);
    }
    snprintf(name, NAME_OCTETS, "s%zu", pg->kept_count);
    if (PQsendPrepare(pg->connection, name, statement->text, (int)statement->count, types) == 0)
        return checked(pg, SEKI_TEMPORARY);
    enum seki_result result = checked(pg, postgresql_drain(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, why));
    if (result != SEKI_OK)
        return result;
    struct kept_statement *kept = &pg->kept[pg->kept_count];
    kept->text = strdup(statement->text);
    if (kept->text == NULL) {
        seki_error_set(why, "no memory for a statement");
        return SEKI_SYSTEM;
    }
    kept->count = statement->count;
    memcpy(kept->types, types, statement->count * sizeof *types);
    pg->kept_count++;
    return SEKI_OK;
}

static enum seki_result prepare(struct postgresql *pg, const struct sql_statement *statement, size_t row_count,
                                char name[NAME_OCTETS], struct seki_error *why)
{
    Oid types[SQL_PARAMETERS_MAX];
    find_types(statement, row_count, types);
    enum seki_result result = connect_if_needed(pg, why);
    if (result != SEKI_OK)
        return result;
    for (size_t i = 0; i < pg->kept_count; i++) {
        const struct kept_statement *kept = &pg->kept[i];
        if (kept->count == statement->count && memcmp(kept->types, types, kept->count * sizeof types[0]) == 0 &&
            strcmp(kept->text, statement->text) == 0) {
            snprintf(name, NAME_OCTETS, "s%zu", i);
            return SEKI_OK;
        }
    }
    return prepare_new(pg, statement, types, name, why);
}

static void write_i64(int64_t value, char octets[8])
{
    for (int i = 0; i < 8; i++)
        octets[i] = (char)((uint64_t)value >> (56 - 8 * i) & 0xff);
}

static enum seki_result send_values(struct postgresql *pg, const char *name, const struct sql_value *values,
                                    size_t count, struct seki_error *why)
{
    const char *octets[SQL_PARAMETERS_MAX];
    int lengths[SQL_PARAMETERS_MAX], formats[SQL_PARAMETERS_MAX];
    char integers[SQL_PARAMETERS_MAX][8];
    for (size_t i = 0; i < count; i++) {
        formats[i] = 1;
        octets[i] = values[i].text.ptr != NULL ? values[i].text.ptr : "";
        lengths[i] = (int)values[i].text.len;
        if (values[i].type == SQL_NULL)
            octets[i] = NULL;
        if (values[i].type == SQL_INTEGER) {
            write_i64(values[i].integer, integers[i]);
            octets[i] = integers[i];
            lengths[i] = 8;
        }
    }
    if (PQsendQueryPrepared(pg->connection, name, (int)count, octets, lengths, formats, 1) == 1)
        return SEKI_OK;
    struct seki_str text = seki_str_trim(seki_str_of(PQerrorMessage(pg->connection)));
    seki_error_set(why, "PostgreSQL: %.*s", SEKI_STR_ARGS(text));
    return checked(pg, SEKI_TEMPORARY);
}

static enum seki_result send_statement(struct postgresql *pg, const struct sql_statement *statement,
                                       struct seki_error *why)
{
    char name[NAME_OCTETS];
    enum seki_result result = prepare(pg, statement, 1, name, why);
    return result == SEKI_OK ? send_values(pg, name, statement->values, statement->count, why) : result;
}

static enum seki_result postgresql_run(struct sql *sql, const struct sql_statement *statement, int64_t *changed_out,
                                       struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    PGresult *answer = NULL;
    enum seki_result result = send_statement(pg, statement, why);
    if (result == SEKI_OK)
        result = checked(pg, postgresql_result(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, &answer, why));
    if (result != SEKI_OK)
        return result;
    result = postgresql_failure(answer, why);
    uint64_t changed = 0;
    if (PQresultStatus(answer) == PGRES_COMMAND_OK || PQresultStatus(answer) == PGRES_TUPLES_OK)
        if (seki_str_to_u64(seki_str_of(PQcmdTuples(answer)), INT64_MAX, &changed))
            *changed_out = (int64_t)changed;
    PQclear(answer);
    enum seki_result rest =
        postgresql_drain(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, result == SEKI_OK ? why : NULL);
    return checked(pg, result != SEKI_OK ? result : rest);
}

/* ---- many rows ---- */

/* In pipeline mode each statement yields its result and then a NULL; the mark behind them yields one result alone. */
static enum seki_result read_pipeline(struct postgresql *pg, struct seki_error *why)
{
    enum seki_result first = SEKI_OK;
    for (;;) {
        PGresult *result;
        struct seki_error reason;
        enum seki_result waited = postgresql_result(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, &result, &reason);
        enum seki_result failure = waited != SEKI_OK ? waited : postgresql_failure(result, &reason);
        if (failure != SEKI_OK && first == SEKI_OK) {
            seki_error_set(why, "%s", reason.text);
            first = failure;
        }
        bool is_end = waited != SEKI_OK || PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        if (is_end)
            return first;
    }
}

static enum seki_result send_rows(struct postgresql *pg, const char *name, const struct sql_value *values,
                                  size_t width, size_t row_count, struct seki_error *why)
{
    for (size_t i = 0; i < row_count; i++) {
        enum seki_result result = send_values(pg, name, values + i * width, width, why);
        if (result != SEKI_OK)
            return result;
    }
    if (PQpipelineSync(pg->connection) != 1)
        return SEKI_TEMPORARY;
    return read_pipeline(pg, why);
}

static enum seki_result postgresql_run_many(struct sql *sql, const struct sql_statement *first, size_t row_count,
                                            struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    char name[NAME_OCTETS];
    enum seki_result result = prepare(pg, first, row_count, name, why);
    if (result != SEKI_OK)
        return result;
    if (PQenterPipelineMode(pg->connection) != 1) {
        seki_error_set(why, "PostgreSQL takes no pipeline");
        return SEKI_USAGE;
    }
    for (size_t i = 0; i < row_count && result == SEKI_OK; i += PIPELINE_ROWS) {
        size_t count = row_count - i < PIPELINE_ROWS ? row_count - i : PIPELINE_ROWS;
        result = send_rows(pg, name, first->values + i * first->count, first->count, count, why);
    }
    if (pg->connection != NULL && PQexitPipelineMode(pg->connection) != 1) {
        disconnect(pg); /* something is still under way */
        return result != SEKI_OK ? result : SEKI_TEMPORARY;
    }
    return checked(pg, result);
}

/* ---- rows ---- */

static enum seki_result postgresql_query(struct sql *sql, const struct sql_statement *statement,
                                         struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    enum seki_result result = send_statement(pg, statement, why);
    if (result == SEKI_OK && PQsetSingleRowMode(pg->connection) != 1) {
        disconnect(pg);
        seki_error_set(why, "PostgreSQL gives no single rows");
        return SEKI_USAGE;
    }
    return result;
}

static int64_t read_signed(const unsigned char *octets, int len)
{
    uint64_t value = octets[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++)
        value = value << 8 | octets[i];
    return (int64_t)value;
}

/* A sum of bigints is a numeric: digits of base 10,000, the first one worth 10,000 to the weight-th power. */
static bool read_numeric(const unsigned char *octets, int len, int64_t *value_out)
{
    if (len < 8)
        return false;
    int64_t count = read_signed(octets, 2), weight = read_signed(octets + 2, 2), sign = read_signed(octets + 4, 2);
    if ((sign != 0 && sign != 0x4000) || count < 0 || len != 8 + 2 * count || count > weight + 1)
        return false; /* not a number, or with a fraction */
    int64_t value = 0;
    for (int64_t i = 0; i <= weight; i++) {
        int64_t digit = i < count ? read_signed(octets + 8 + 2 * i, 2) : 0;
        if (__builtin_mul_overflow(value, 10000, &value) || __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *value_out = sign != 0 ? -value : value;
    return true;
}

static bool read_column(const PGresult *result, int column, struct sql_value *value_out)
{
    *value_out = (struct sql_value){ .type = SQL_NULL };
    if (PQgetisnull(result, 0, column))
        return true;
    const char *octets = PQgetvalue(result, 0, column);
    int len = PQgetlength(result, 0, column);
    value_out->text = (struct seki_str){ octets, (size_t)len };
    switch (PQftype(result, column)) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_BOOL: *value_out = SQL_OF_INT(read_signed((const unsigned char *)octets, len)); return true;
    case TYPE_NUMERIC:
        value_out->type = SQL_INTEGER;
        return read_numeric((const unsigned char *)octets, len, &value_out->integer);
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_NAME:
    case TYPE_UNKNOWN: value_out->type = SQL_TEXT; return true;
    case TYPE_BYTEA: value_out->type = SQL_OCTETS; return true;
    default: return false;
    }
}

static enum seki_result read_row(struct postgresql *pg, struct seki_error *why)
{
    int columns = PQnfields(pg->result);
    if ((unsigned)columns > SQL_COLUMNS_MAX) {
        seki_error_set(why, "a statement has more than %u columns", SQL_COLUMNS_MAX);
        return SEKI_USAGE;
    }
    for (int i = 0; i < columns; i++)
        if (!read_column(pg->result, i, &pg->row[i])) {
            seki_error_set(why, "column %d (%s) is no integer, text or octets", i + 1, PQfname(pg->result, i));
            return SEKI_USAGE;
        }
    return SEKI_OK;
}

static enum seki_result postgresql_next(struct sql *sql, const struct sql_value **row_out, struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    PQclear(pg->result);
    pg->result = NULL;
    if (pg->connection == NULL) {
        seki_error_set(why, "PostgreSQL: the connection broke");
        return SEKI_TEMPORARY;
    }
    enum seki_result result =
        checked(pg, postgresql_result(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, &pg->result, why));
    if (result == SEKI_OK)
        result = postgresql_failure(pg->result, why);
    if (result != SEKI_OK || PQresultStatus(pg->result) != PGRES_SINGLE_TUPLE)
        return result;
    result = read_row(pg, why);
    *row_out = result == SEKI_OK ? pg->row : NULL;
    return result;
}

/* Not cancelled: it may be an INSERT … RETURNING of which one row was wanted. */
static void postgresql_rows_close(struct sql *sql)
{
    struct postgresql *pg = of(sql);
    PQclear(pg->result);
    pg->result = NULL;
    if (pg->connection != NULL)
        (void)checked(pg, postgresql_drain(pg->connection, POSTGRESQL_ANSWER_TIMEOUT_MS, NULL));
}

/* ---- telling other processes ---- */

static bool listen_again(struct postgresql *pg, struct seki_error *why)
{
    enum seki_result result;
    pg->watcher = postgresql_connect(pg->url, &result, why);
    struct epoll_event event = { .events = EPOLLIN };
    if (pg->watcher != NULL &&
        postgresql_execute(pg->watcher, "listen " CHANNEL, POSTGRESQL_CONNECT_TIMEOUT_MS, NULL, why) == SEKI_OK &&
        epoll_ctl(pg->epoll_fd, EPOLL_CTL_ADD, PQsocket(pg->watcher), &event) == 0)
        return true;
    PQfinish(pg->watcher);
    pg->watcher = NULL;
    return false;
}

static int postgresql_watch(struct sql *sql, struct seki_error *why)
{
    struct postgresql *pg = of(sql);
    if (pg->epoll_fd < 0)
        pg->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (pg->epoll_fd < 0) {
        seki_error_set(why, "the store cannot be watched: no descriptor is left");
        return -1;
    }
    return pg->watcher != NULL || listen_again(pg, why) ? pg->epoll_fd : -1;
}

static void postgresql_watch_clear(struct sql *sql)
{
    struct postgresql *pg = of(sql);
    if (pg->watcher == NULL)
        return;
    bool is_alive = PQconsumeInput(pg->watcher) == 1;
    PGnotify *notify;
    while ((notify = PQnotifies(pg->watcher)) != NULL)
        PQfreemem(notify);
    if (is_alive)
        return;
    PQfinish(pg->watcher); /* closing its socket takes it out of the set */
    pg->watcher = NULL;
}

static enum seki_result postgresql_notify(struct sql *sql, struct seki_error *why)
{
    return execute(of(sql), "notify " CHANNEL, NULL, why);
}

static const struct sql_backend backend = {
    .dialect = SQL_POSTGRESQL,
    .close = postgresql_close,
    .begin = postgresql_begin,
    .commit = postgresql_commit,
    .rollback = postgresql_rollback,
    .run = postgresql_run,
    .run_many = postgresql_run_many,
    .query = postgresql_query,
    .next = postgresql_next,
    .rows_close = postgresql_rows_close,
    .watch = postgresql_watch,
    .watch_clear = postgresql_watch_clear,
    .notify = postgresql_notify,
    .script = postgresql_script,
};
