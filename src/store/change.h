/* One change of the system of record: a write transaction that knows who makes it and when.
 *
 * Every function that changes hosting takes a change, so that several belong together or none happened (an import, the
 * removal of a tenant), and each writes its line of the audit log itself, in the same transaction. Changes happen one after
 * the other, also on PostgreSQL: so their ids are in the order in which they become visible, and whoever follows them
 * misses none. After any result other than SEKI_OK only store_change_rollback() makes sense. */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "store/sql.h"

#define STORE_ACTOR_MAX_OCTETS 254u

/** Who changes something; required, UTF-8 without control characters. */
struct store_actor {
    struct seki_str name; /* a user's name, or the account of the system that ran the command */
    struct seki_str via;  /* "cli", "import", "console", "control" */
};

struct store_change;

/**
 * @param actor   copied
 * @param at_s    the time of the change, since 1970
 * @return SEKI_OK; SEKI_BAD_INPUT for an actor without a name; else what sql_begin() says
 */
SEKI_MUST_USE enum seki_result store_change_begin(struct sql *sql, const struct store_actor *actor, int64_t at_s,
                                                  struct store_change **change_out, struct seki_error *why);
/** Frees it, whatever comes out. Tells the watchers (sql_watch()). A change in which nothing changed leaves no trace.
 *  @param change_id_out  its id, 0 when nothing changed; may be NULL
 *  @return SEKI_BAD_INPUT: choices of policy do not fit (store_setting_check()), and nothing was changed; else sql_commit()'s */
SEKI_MUST_USE enum seki_result store_change_commit(struct store_change *change, int64_t *change_id_out,
                                                   struct seki_error *why);
/** Frees it. NULL does nothing. */
void store_change_rollback(struct store_change *change);

/** To read inside the change: what was changed so far is seen. */
struct sql *store_change_sql(const struct store_change *change);

#endif
