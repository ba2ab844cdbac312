/* Rows of messages and recipients on their way into the store: gathered, and written some thousands at a time. */
#ifndef STORE_TRAFFIC_ROWS_H
#define STORE_TRAFFIC_ROWS_H

#include "journal/record.h"
#include "store/sql.h"

#define TRAFFIC_MESSAGE_WIDTH   24u
#define TRAFFIC_RECIPIENT_WIDTH 16u
#define TRAFFIC_MESSAGE_ROWS    2000u
#define TRAFFIC_RECIPIENT_ROWS  4000u

struct traffic_rows {
    struct sql_value messages[TRAFFIC_MESSAGE_ROWS * TRAFFIC_MESSAGE_WIDTH];
    struct sql_value recipients[TRAFFIC_RECIPIENT_ROWS * TRAFFIC_RECIPIENT_WIDTH];
    size_t message_count, recipient_count;
};

/** Where a message's row belongs. */
struct traffic_place {
    int64_t message; /* its number */
    int64_t segment_id;
    uint64_t offset;
};

/** Is there no room for one more message, or recipient? */
bool traffic_rows_are_full(const struct traffic_rows *rows);
/** Texts live in the record or the arena until the rows are written. */
void traffic_rows_add_message(struct traffic_rows *rows, const struct traffic_place *place,
                              const struct journal_record *record, struct seki_arena *arena);
void traffic_rows_add_recipient(struct traffic_rows *rows, const struct traffic_place *place, int64_t at_us,
                                size_t ordinal, const struct journal_recipient *recipient,
                                struct seki_arena *arena);
SEKI_MUST_USE enum seki_result traffic_rows_write(struct traffic_rows *rows, struct sql *sql,
                                                  struct seki_error *why);

#endif
