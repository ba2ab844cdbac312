/* Held messages from inside the store: rows that another module of it asks for. */
#ifndef STORE_HELD_PARTS_H
#define STORE_HELD_PARTS_H

#include "store/held.h"

#define STORE_HELD_OPEN_STATES "('held', 'releasing', 'unclear')"

/** @param where  what follows FROM held_recipient r JOIN held_message m: a condition and an order */
SEKI_MUST_USE enum seki_result store_held_read(struct sql *sql, const char *where, const struct sql_value *values,
                                               size_t value_count, struct seki_arena *arena,
                                               const struct store_held **items_out, size_t *count_out,
                                               struct seki_error *why);

#endif
