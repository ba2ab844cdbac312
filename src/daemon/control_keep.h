/* What goes out of the store in time: recorded traffic, its counts by hour, counts of whom hosted domains wrote to, names of
 * domains that were removed; of the audit log what it is told to. */
#ifndef CONTROL_KEEP_H
#define CONTROL_KEEP_H

#include "store/sql.h"

/** Counts by hour, and of whom hosted domains wrote to, are kept for at least so long; those of mail that came in, by day,
 *  for ever. */
#define CONTROL_KEEP_COUNTS_MIN_DAYS 92
/** A node that was away for longer makes its replica anew. */
#define CONTROL_KEEP_REMOVED_DAYS 30

/**
 * @param keep_days  [journal] keep_days; of several nodes with different ones the shortest counts
 * @param audit_days [store] audit_days; 0: the audit log is kept for ever
 * @param now_s      since 1970
 * Several nodes may do it at once.
 */
SEKI_MUST_USE enum seki_result control_keep(struct sql *sql, uint64_t keep_days, uint64_t audit_days, int64_t now_s,
                                            struct seki_error *why);

#endif
