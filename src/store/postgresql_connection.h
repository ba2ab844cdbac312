/* A connection to PostgreSQL on which no call waits for ever: libpq is used without blocking, and each wait has an end.
 *
 * The server is asked to give up a statement after a minute, or a lock after ten seconds. A server that does not even
 * answer that (stopped, or behind a cable that was pulled) is given up a little later, and the connection with it. */
#ifndef STORE_POSTGRESQL_CONNECTION_H
#define STORE_POSTGRESQL_CONNECTION_H

#include <sekisho/str.h>

#include <libpq-fe.h>

#define POSTGRESQL_CONNECT_TIMEOUT_MS 5000
#define POSTGRESQL_ANSWER_TIMEOUT_MS  65000
#define POSTGRESQL_SCRIPT_TIMEOUT_MS  (30 * 60 * 1000) /* a migration may write a large table anew */

/** @return NULL with *why: SEKI_TEMPORARY, or SEKI_BAD_INPUT when the URL cannot be understood */
PGconn *postgresql_connect(const char *url, enum seki_result *result_out, struct seki_error *why);

/** The next result, as PQgetResult(). *result_out NULL: there is no more of this statement.
 *  @return SEKI_OK; SEKI_TEMPORARY: the connection is of no more use */
SEKI_MUST_USE enum seki_result postgresql_result(PGconn *connection, int timeout_ms, PGresult **result_out,
                                                 struct seki_error *why);
/** What has been queued goes out. */
SEKI_MUST_USE enum seki_result postgresql_flush(PGconn *connection, struct seki_error *why);

/** Run statements without parameters, and wait for all of them. @param tag_out  the last command's, "COMMIT"; may be NULL */
SEKI_MUST_USE enum seki_result postgresql_execute(PGconn *connection, const char *text, int timeout_ms,
                                                  char tag_out[32], struct seki_error *why);
/** Read to the end of a statement. @return the first failure */
SEKI_MUST_USE enum seki_result postgresql_drain(PGconn *connection, int timeout_ms, struct seki_error *why);

/** What the failure means for the caller, by its SQLSTATE; SEKI_OK for a result that is none. */
enum seki_result postgresql_failure(const PGresult *result, struct seki_error *why);

#endif
