/* What the store has of one person's address: recorded traffic and held messages, found and erased. Users, confirmations and
 * the audit log are about those who administer; they are no part of it. The counts know no addresses. */
#ifndef STORE_PERSON_H
#define STORE_PERSON_H

#include "journal/writer.h"
#include "store/held.h"

/** A message that somebody sent or received, and where its evidence lies, which has to be erased too. */
struct store_person_place {
    int64_t message, at_us;
    struct seki_str node; /* "": without evidence, which went when another's address was erased */
    struct journal_position position;
};

struct store_person {
    const struct store_person_place *places; /* by node and position; what was erased before is not among them */
    size_t place_count;
    const struct store_held *held; /* for the address, or from it; the newest first */
    size_t held_count;
};

/** Is it an address as it is recorded, local part and domain? What is none was never recorded, so that "nothing found" of it
 *  would be no answer. */
bool store_person_is_address(struct seki_str text);

/**
 * @param address     without angle brackets, in any case
 * @param person_out  in the arena
 * @return SEKI_BAD_INPUT: it is no address
 */
SEKI_MUST_USE enum seki_result store_person_find(struct sql *sql, struct seki_str address, struct seki_arena *arena,
                                                 struct store_person *person_out, struct seki_error *why);

/** Is it held for this address? Else it is from it, and belongs to others. */
bool store_person_is_recipient(struct seki_str address, const struct store_held *item);

struct store_person_erased {
    int64_t held; /* deleted, of all nodes; `control` of each takes the files away */
    int64_t
        held_beside; /* of these: held for others too, for whom the file is kept until they decide or it expires */
};

/**
 * Erase the address from messages of one node, and the sender, the identifiers, names of attachments and the place of their
 * evidence; that they were, and what came out, stays. Delete what is held for the address, on whatever node. Writes one line
 * of audit, which has the counts and not the address. Give the positions to journal_erase() of the node *before*: what is
 * erased here is no longer found.
 * @param places  of the node, from store_person_find()
 */
SEKI_MUST_USE enum seki_result store_person_erase(struct store_change *change, struct seki_str address,
                                                  struct seki_str node, const struct store_person_place *places,
                                                  size_t count, struct store_person_erased *erased_out,
                                                  struct seki_error *why);

#endif
