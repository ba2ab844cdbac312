/* The loops that every list, every look-up and everything that goes in time would have. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/sql.h"

/** One row into one item (zeroed); texts are copied into the arena, whose failure is looked at by the caller. */
typedef void store_read_row(const struct sql_value *row, struct seki_arena *arena, void *item);

/** @param found_out  false: there is no row, and *item is as it was */
SEKI_MUST_USE enum seki_result store_read_one(struct sql *sql, const char *text, const struct sql_value *values,
                                              size_t count, store_read_row *read_row, struct seki_arena *arena,
                                              void *item, bool *found_out, struct seki_error *why);
/** @param items_out  an array of items of that size, in the arena; never NULL */
SEKI_MUST_USE enum seki_result store_read_list(struct sql *sql, const char *text, const struct sql_value *values,
                                               size_t count, size_t item_size, store_read_row *read_row,
                                               struct seki_arena *arena, void **items_out, size_t *count_out,
                                               struct seki_error *why);
/** A statement that yields one row with one number. @param found_out  NULL: no row is our own bug */
SEKI_MUST_USE enum seki_result store_read_number(struct sql *sql, const char *text, const struct sql_value *values,
                                                 size_t count, int64_t *number_out, bool *found_out,
                                                 struct seki_error *why);

/** Delete what is old, some thousand rows at a time, each for itself: so the writer's lock is never held for long.
 *  @param text  a DELETE of at most $2 of the rows from before $1 */
SEKI_MUST_USE enum seki_result store_delete_old(struct sql *sql, const char *text, int64_t before,
                                                struct seki_error *why);

/** The arena's failure with its sentence. */
enum seki_result store_no_room(const struct seki_arena *arena, struct seki_error *why);

/** How many rows a list may have: limit, or STORE_LIST_MAX_ROWS. */
int64_t store_list_limit(size_t limit);

/* ---- conditions that are put together ---- */

#define STORE_QUERY_VALUES_MAX 32u /* traffic_scan.c has 20 at most */

struct store_query {
    struct seki_buf text;
    struct sql_value values[STORE_QUERY_VALUES_MAX];
    size_t count;
};

void store_query_init(struct store_query *query, struct seki_arena *arena, const char *text);
/** @param text  its '?' becomes the number of the value: " AND name > ?" */
void store_query_add(struct store_query *query, const char *text, struct sql_value value);
/** Terminated; NULL without room. */
const char *store_query_text(struct store_query *query);

#endif
