#include "store/postgresql_connection.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* libpq writes lines, with tabs before hints; a sentence of ours is one. */
static void set_words(struct seki_error *why, const char *whose, const char *words)
{
    struct seki_str text = seki_str_trim(seki_str_of(words));
    seki_error_set(why, "%s: %.*s", whose, SEKI_STR_ARGS(text));
    for (char *c = why != NULL ? why->text : NULL; c != NULL && *c != '\0'; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
}

static enum seki_result fail_connection(PGconn *connection, struct seki_error *why)
{
    set_words(why, "PostgreSQL", PQerrorMessage(connection));
    return SEKI_TEMPORARY;
}

/* @param events  POLLIN, POLLOUT */
static enum seki_result wait_for(PGconn *connection, short events, int64_t deadline_ms, struct seki_error *why)
{
    struct pollfd socket = { .fd = PQsocket(connection), .events = events };
    for (;;) {
        int64_t left_ms = deadline_ms - now_ms();
        int ready = left_ms > 0 && socket.fd >= 0 ? poll(&socket, 1, (int)left_ms) : 0;
        if (ready > 0)
            return SEKI_OK;
        if (ready < 0 && errno == EINTR)
            continue;
        seki_error_set(why, "PostgreSQL does not answer");
        return SEKI_TEMPORARY;
    }
}

/* ---- connecting ---- */

/* What stands in the URL is read last, so it counts. Joins day by day, in memory, judge recorded traffic again in two thirds of
 * the time. */
static PGconn *start(const char *url)
{
    static const char *const names[] = { "application_name",
                                         "client_encoding",
                                         "keepalives_idle",
                                         "keepalives_interval",
                                         "keepalives_count",
                                         "tcp_user_timeout",
                                         "options",
                                         "dbname",
                                         NULL };
    const char *values[] = { "sekisho",
                             "UTF8",
                             "10",
                             "5",
                             "3",
                             "20000",
                             "-c statement_timeout=60s -c lock_timeout=10s "
                             "-c idle_in_transaction_session_timeout=5min -c work_mem=64MB "
                             "-c enable_partitionwise_join=on",
                             url,
                             NULL };
    static_assert(sizeof names / sizeof names[0] == sizeof values / sizeof values[0], "a value for each name");
    return PQconnectStartParams(names, values, 1);
}

static enum seki_result finish_connecting(PGconn *connection, struct seki_error *why)
{
    int64_t deadline_ms = now_ms() + POSTGRESQL_CONNECT_TIMEOUT_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    enum seki_result result = SEKI_OK;
    while (result == SEKI_OK && status != PGRES_POLLING_OK) {
        if (PQstatus(connection) == CONNECTION_BAD || status == PGRES_POLLING_FAILED)
            return fail_connection(connection, why);
        result = wait_for(connection, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_ms, why);
        if (result == SEKI_OK)
            status = PQconnectPoll(connection);
    }
    return result;
}

static void ignore_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

PGconn *postgresql_connect(const char *url, enum seki_result *result_out, struct seki_error *why)
{
    char *mistake = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &mistake);
    if (options == NULL) {
        set_words(why, "the store's URL", mistake != NULL ? mistake : "no memory to read it");
        PQfreemem(mistake);
        *result_out = SEKI_BAD_INPUT;
        return NULL;
    }
    PQconninfoFree(options);
    PGconn *connection = start(url);
    *result_out = connection == NULL ? SEKI_SYSTEM : finish_connecting(connection, why);
    if (*result_out == SEKI_OK && PQsetnonblocking(connection, 1) == 0) {
        PQsetNoticeReceiver(connection, ignore_notice, NULL);
        return connection;
    }
    PQfinish(connection);
    return NULL;
}

/* ---- failures ---- */

static const struct {
    const char *sqlstate; /* or the class, its beginning; the first that fits counts */
    enum seki_result result;
} states[] = {
    { "23", SEKI_BAD_INPUT },    /* integrity constraint violation */
    { "22", SEKI_BAD_INPUT },    /* data exception */
    { "25006", SEKI_TEMPORARY }, /* read-only: we speak to a standby */
    { "40", SEKI_TEMPORARY },    /* deadlock, serialization */
    { "08P01", SEKI_USAGE },     /* not what the protocol wants: values are missing */
    { "08", SEKI_TEMPORARY },    /* connection */
    { "53100", SEKI_LIMIT },     /* disk full */
    { "53", SEKI_TEMPORARY },    /* too many connections, out of memory */
    { "55P03", SEKI_TEMPORARY }, /* lock not available */
    { "57", SEKI_TEMPORARY },    /* operator intervention, statement time-out */
    { "58", SEKI_SYSTEM },       /* system error */
    { "XX", SEKI_SYSTEM },       /* internal error */
};

enum seki_result postgresql_failure(const PGresult *result, struct seki_error *why)
{
    if (result == NULL) /* the end of a statement; libpq would call it a failure */
        return SEKI_OK;
    switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE: break;
    default: return SEKI_OK;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char words[sizeof why->text];
    snprintf(words, sizeof words, "%s%s%s", text != NULL ? text : PQresultErrorMessage(result),
             detail != NULL ? ": " : "", detail != NULL ? detail : "");
    set_words(why, "PostgreSQL", words);
    if (state == NULL) /* libpq's own: the connection broke */
        return SEKI_TEMPORARY;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].sqlstate, strlen(states[i].sqlstate)) == 0)
            return states[i].result;
    return SEKI_USAGE;
}

/* ---- waiting for results ---- */

static enum seki_result flush_until(PGconn *connection, int64_t deadline_ms, struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    int left;
    while (result == SEKI_OK && (left = PQflush(connection)) != 0) {
        if (left < 0)
            return fail_connection(connection, why);
        /* The server may be waiting for us to read before it reads. */
        result = wait_for(connection, POLLIN | POLLOUT, deadline_ms, why);
        if (result == SEKI_OK && PQconsumeInput(connection) == 0)
            return fail_connection(connection, why);
    }
    return result;
}

enum seki_result postgresql_flush(PGconn *connection, struct seki_error *why)
{
    return flush_until(connection, now_ms() + POSTGRESQL_ANSWER_TIMEOUT_MS, why);
}

enum seki_result postgresql_result(PGconn *connection, int timeout_ms, PGresult **result_out,
                                   struct seki_error *why)
{
    *result_out = NULL;
    if (PQisBusy(connection)) {
        int64_t deadline_ms = now_ms() + timeout_ms;
        enum seki_result result = flush_until(connection, deadline_ms, why);
        while (result == SEKI_OK && PQisBusy(connection)) {
            result = wait_for(connection, POLLIN, deadline_ms, why);
            if (result == SEKI_OK && PQconsumeInput(connection) == 0)
                result = fail_connection(connection, why);
        }
        if (result != SEKI_OK)
            return result;
    }
    *result_out = PQgetResult(connection);
    return SEKI_OK;
}

static enum seki_result drain(PGconn *connection, int timeout_ms, char tag_out[32], struct seki_error *why)
{
    enum seki_result first = SEKI_OK;
    for (;;) {
        PGresult *result;
        struct seki_error reason;
        enum seki_result waited = postgresql_result(connection, timeout_ms, &result, &reason);
        enum seki_result failure = waited != SEKI_OK ? waited : postgresql_failure(result, &reason);
        if (failure != SEKI_OK && first == SEKI_OK) {
            seki_error_set(why, "%s", reason.text);
            first = failure;
        }
        if (tag_out != NULL && result != NULL)
            snprintf(tag_out, 32, "%s", PQcmdStatus(result));
        bool is_end = result == NULL;
        PQclear(result);
        if (is_end)
            return first;
    }
}

enum seki_result postgresql_drain(PGconn *connection, int timeout_ms, struct seki_error *why)
{
    return drain(connection, timeout_ms, NULL, why);
}

enum seki_result postgresql_execute(PGconn *connection, const char *text, int timeout_ms, char tag_out[32],
                                    struct seki_error *why)
{
    if (PQsendQuery(connection, text) == 0)
        return fail_connection(connection, why);
    return drain(connection, timeout_ms, tag_out, why);
}
