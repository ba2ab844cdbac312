/* What has happened to mail, from the journals of all nodes: a slim row for each record, which says where its evidence
 * lies, one for each of its recipients, and counts by hour and day that outlive them.
 *
 * A batch of records is taken over together with the journal's new position, in one transaction: so each record counts
 * exactly once, whoever is killed when. */
#ifndef STORE_TRAFFIC_H
#define STORE_TRAFFIC_H

#include "journal/record.h"
#include "store/sql.h"

#define STORE_TRAFFIC_BATCH_MAX 10000u /* records */

/** How far a segment has been taken over. */
struct store_traffic_position {
    uint64_t next_offset; /* 0: nothing yet */
    bool is_done;         /* its writer is gone and all of it is here: it may be compressed, and in time dropped */
};
SEKI_MUST_USE enum seki_result store_traffic_position_read(struct sql *sql, struct seki_str node,
                                                           struct seki_str segment,
                                                           struct store_traffic_position *position_out,
                                                           struct seki_error *why);

struct store_traffic_record {
    const struct journal_record *record;
    uint64_t offset; /* of its entry in the segment */
};

struct store_traffic_batch {
    struct seki_str node, segment;
    uint64_t from_offset; /* where the store is, as was read */
    struct store_traffic_position to;
    const struct store_traffic_record *records; /* may be none: only the position moves */
    size_t count;                               /* at most STORE_TRAFFIC_BATCH_MAX */
};

struct store_traffic; /* one connection's: what it knows of the store between batches */
struct store_traffic *store_traffic_new(struct sql *sql, struct seki_error *why);
void store_traffic_free(struct store_traffic *traffic);

/**
 * Take a batch over. Opens and ends its own transaction.
 * @return SEKI_OK: it is in the store, also when it was there before (a commit whose answer was lost); SEKI_BAD_INPUT: the
 *         store is somewhere else in this segment, read the position again; SEKI_TEMPORARY and the others: nothing was
 *         taken, give the same batch again later
 */
SEKI_MUST_USE enum seki_result store_traffic_ingest(struct store_traffic *traffic,
                                                    const struct store_traffic_batch *batch,
                                                    struct seki_error *why);

#endif
