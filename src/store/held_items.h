/* What the store keeps of a file of the quarantine: an item for each of its recipients, made fit to be shown. */
#ifndef STORE_HELD_ITEMS_H
#define STORE_HELD_ITEMS_H

#include "quarantine/quarantine.h"
#include "store/held.h"

#define STORE_HELD_SHOWN_MAX 300u

/** For store_held_add(): message->recipient_count items, in the arena. @return NULL with *why: no memory */
const struct store_held *store_held_items(struct seki_str node, const struct quarantine_id *id,
                                          const struct quarantine_message *message, struct seki_arena *arena,
                                          struct seki_error *why);

#endif
