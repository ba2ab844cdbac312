/* DMARC records that were seen, and where they want their aggregate reports: read from the evidence of a message, once a day
 * for each domain. */
#ifndef STORE_TRAFFIC_PUBLISHED_H
#define STORE_TRAFFIC_PUBLISHED_H

#include "base/siphash.h"
#include "journal/record.h"
#include "store/sql.h"

#define TRAFFIC_PUBLISHED_ROWS         256u
#define TRAFFIC_PUBLISHED_SEEN         8192u
#define TRAFFIC_PUBLISHED_DESTINATIONS 10u

struct traffic_published_row {
    struct seki_str policy_domain, record;
    enum seki_dmarc_policy policy;
    int64_t seen_s;
    struct seki_str destinations[TRAFFIC_PUBLISHED_DESTINATIONS];
    size_t destination_count;
};

struct traffic_published {
    struct seki_arena *scratch;            /* of one message's evidence */
    struct seki_siphash_key key;           /* so that nobody can choose domains which hide each other */
    uint64_t seen[TRAFFIC_PUBLISHED_SEEN]; /* hashes of domain and day; one that was pushed out is read again */
    struct traffic_published_row rows[TRAFFIC_PUBLISHED_ROWS];
    size_t count;
};

/** @return false: no memory */
bool traffic_published_init(struct traffic_published *published);
void traffic_published_release(struct traffic_published *published);
/** What is gathered, and what was seen, does not count: the transaction was rolled back. */
void traffic_published_forget(struct traffic_published *published);

bool traffic_published_is_full(const struct traffic_published *published);
/** Texts go into the arena and live there until the rows are written. Evidence that cannot be read tells nothing. */
void traffic_published_note(struct traffic_published *published, const struct journal_record *record,
                            struct seki_arena *arena);
SEKI_MUST_USE enum seki_result traffic_published_write(struct traffic_published *published, struct sql *sql,
                                                       struct seki_error *why);

#endif
