/* A message that came again: its server did not hear our answer (the connection broke after it was held), so it brought it
 * once more, with another queue id, and it would be held twice.
 *
 * Only what is the same in every octet, for the same recipients and from the same sender, is a repeat, and only while the
 * first is held for all of them still: then nobody loses anything. In every doubt it is held once more. */
#ifndef HELD_REPEAT_H
#define HELD_REPEAT_H

#include "quarantine/quarantine.h"
#include "store/held.h"

struct held_candidate { /* new, and not told to the store yet */
    const char *folder;
    const struct quarantine_message *message;
    int file;                      /* as quarantine_open() gave it */
    const struct store_held *item; /* what the store would be told, of its first recipient */
};

/** @return SEKI_OK with *is_repeat_out; the store's failure */
SEKI_MUST_USE enum seki_result held_repeat_find(const struct held_candidate *candidate, struct sql *sql,
                                                struct seki_arena *arena, bool *is_repeat_out,
                                                struct seki_error *why);

#endif
