/* How long recorded traffic is kept. */
#ifndef STORE_TRAFFIC_KEEP_H
#define STORE_TRAFFIC_KEEP_H

#include "store/sql.h"

/**
 * Drop rows of messages from before a day. PostgreSQL drops a day's tables as a whole; SQLite, which has one file and one
 * writer, takes some thousand rows in each transaction, so that nobody waits for long.
 * @param dropped_out  messages; PostgreSQL counts days instead
 */
SEKI_MUST_USE enum seki_result store_traffic_drop_before(struct sql *sql, int64_t before_us, int64_t *dropped_out,
                                                         struct seki_error *why);
/** The same for the counts by hour; those by day are kept. */
SEKI_MUST_USE enum seki_result store_traffic_drop_hours_before(struct sql *sql, int64_t before_s,
                                                               struct seki_error *why);
/** And for the counts of whom hosted domains write to. */
SEKI_MUST_USE enum seki_result store_traffic_drop_correspondents_before(struct sql *sql, int64_t before_s,
                                                                        struct seki_error *why);

#endif
