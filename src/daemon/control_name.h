/* The node's name in the store: one running node has it, and only that one tells the store what is its own.
 *
 * Journal positions, held messages and the leases of shared jobs are kept under [hosting] node_name. Two nodes with one name
 * (copies of a host) would take each other's for theirs. So the name is a lease too (store/lease.h). Its holder is known by
 * the boot that it runs in and by its folder: a process that is started again after a crash has the same, and goes on at once;
 * another host, also a copy, never has. Whoever does not get the name leaves everything on its own disk. */
#ifndef CONTROL_NAME_H
#define CONTROL_NAME_H

#include "daemon/config.h"
#include "daemon/figures.h"
#include "daemon/log.h"
#include "store/sql.h"

#define CONTROL_NAME_LEASE_S 15
#define CONTROL_NAME_RENEW_S 5

struct control_name;

/** What is given stays the caller's and must outlive it. @return NULL without memory */
struct control_name *control_name_new(const struct config *config, struct log *log, struct figures *figures);
void control_name_free(struct control_name *name);

/**
 * Is the name ours? Asks the store every CONTROL_NAME_RENEW_S, and keeps the name by that; for all jobs, from any thread.
 * When it was kept from us for longer than a dead one's lease lasts, another node lives: that is told, and from then on the
 * answer is no. A copy must not become what it is a copy of because that one is started again.
 * @param now_s  since 1970
 */
SEKI_MUST_USE enum seki_result control_name_take(struct control_name *name, struct sql *sql, int64_t now_s,
                                                 bool *is_ours_out, struct seki_error *why);

#endif
