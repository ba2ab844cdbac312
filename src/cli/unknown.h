/* What this node has of an address, and the store does not know yet, or never will: held files and recorded messages that
 * `control` has not taken in. So that who asks for a person's data, or wants it gone, is not told "nothing" or "done". */
#ifndef CLI_UNKNOWN_H
#define CLI_UNKNOWN_H

#include "cli/store.h"
#include "quarantine/unknown.h"

struct cli_unknown {
    size_t held_for, held_from; /* held, by recipient, as the store counts them */
    size_t recorded;            /* messages */
    struct quarantine_unread files;
    size_t segments;        /* of the journal, that cannot be read now */
    struct seki_str folder; /* of the quarantine */
};

/**
 * Look into this node's quarantine and journal, where the configuration names them.
 * @param node      whose journal it is
 * @param takes_in  take what is held for the address into the store, as `control` would: then it is erased on the one road that
 *                  there is, and who takes in the same file at that time, or again, changes nothing
 * @return false: one of them cannot be looked into, as store->why says
 */
bool cli_unknown_find(struct cli_store *store, struct seki_str node, const char *address, bool takes_in,
                      struct cli_unknown *unknown_out);

/** Is anything left that nobody could look at, or that has to be looked at again? */
bool cli_unknown_leaves_doubt(const struct cli_unknown *unknown);
/** Sentences for people, of what leaves doubt. */
void cli_unknown_tell(const struct cli_unknown *unknown);
/** {new unreadable damaged journal} */
json_t *cli_unknown_json_unread(const struct cli_unknown *unknown);

#endif
