/* PostgreSQL keeps the messages of each day in tables of their own, so that a day is dropped at once. */
#ifndef STORE_TRAFFIC_DAYS_H
#define STORE_TRAFFIC_DAYS_H

#include "store/sql.h"

#define TRAFFIC_DAYS_KNOWN 16u
#define TRAFFIC_DAY_US     86400000000

/** Days (since 1970) whose tables are known to be there. Zero is an empty one. */
struct traffic_days {
    int64_t known[TRAFFIC_DAYS_KNOWN];
    size_t count;
};

/** See to it that a message of that time can be inserted; in the transaction that is under way. Nothing with SQLite. */
SEKI_MUST_USE enum seki_result traffic_days_need(struct traffic_days *days, struct sql *sql, int64_t at_us,
                                                 struct seki_error *why);
/** After a rollback: what was made may be gone. */
void traffic_days_forget(struct traffic_days *days);

/** Drop the tables of the days that end before that time; PostgreSQL only. */
SEKI_MUST_USE enum seki_result traffic_days_drop(struct sql *sql, int64_t before_us, int64_t *days_out,
                                                 struct seki_error *why);

#endif
