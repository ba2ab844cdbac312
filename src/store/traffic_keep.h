/* How long recorded traffic is kept, and what becomes of a person's data. */
#ifndef STORE_TRAFFIC_KEEP_H
#define STORE_TRAFFIC_KEEP_H

#include "journal/writer.h"
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

/** A message that somebody sent or received, and where its evidence lies, which has to be erased too. */
struct store_traffic_place {
    int64_t message, at_us;
    struct seki_str node;
    struct journal_position position;
};

/**
 * Find the messages that an address sent or received.
 * @param address     without angle brackets, in any case
 * @param places_out  in the arena, by node and position; what was erased before is not among them
 */
SEKI_MUST_USE enum seki_result store_traffic_find_person(struct sql *sql, struct seki_str address,
                                                         struct seki_arena *arena,
                                                         const struct store_traffic_place **places_out,
                                                         size_t *count_out, struct seki_error *why);
/**
 * Erase the address from these messages, and the sender, the identifiers, names of attachments and the place of their
 * evidence. That they were, and what came out, stays; the counts know no addresses. Give the positions to journal_erase() of
 * their node *before*: what is erased here is no longer found. In one transaction.
 */
SEKI_MUST_USE enum seki_result store_traffic_erase_person(struct sql *sql, struct seki_str address,
                                                          const struct store_traffic_place *places, size_t count,
                                                          struct seki_error *why);

#endif
