/* Leases: of several nodes with one store, one does what only one may do at a time (digests, letting go of old traffic).
 *
 * Who has one keeps it by taking it again before it ends; when its node dies, the next one gets it after that. The clocks of
 * the nodes may differ by less than the shortest lease. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include "store/sql.h"

/**
 * Take a lease, or keep it. Opens and ends its own transaction.
 * @param holder    this node's name
 * @param is_ours_out  whether we have it until now_s + duration_s
 */
SEKI_MUST_USE enum seki_result store_lease_take(struct sql *sql, struct seki_str name, struct seki_str holder,
                                                int64_t now_s, int64_t duration_s, bool *is_ours_out,
                                                struct seki_error *why);

#endif
