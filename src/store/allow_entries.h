/* Allow entries of a domain, with what people want to know of them: why, whose, until when, and whether they are used. */
#ifndef STORE_ALLOW_ENTRIES_H
#define STORE_ALLOW_ENTRIES_H

#include "policy/allow.h"
#include "store/change.h"

#define STORE_NOTE_MAX_OCTETS   500u
#define STORE_ALLOW_MAX_ENTRIES 1000u /* of one domain: the gate reads those of an author for each message */
#define STORE_ALLOW_NONE_MAX_S  (366 * 86400) /* longest life of an entry that asks for no evidence */

struct store_allow_entry {
    struct policy_allow allow; /* id, author domain, evidence, expiry */
    int64_t domain_id;
    struct seki_str note, owner; /* owner: who asked for it; for evidence none required, as is the expiry */
    int64_t created_at_s;
    struct seki_str
        warned; /* who acknowledged the warning that the mail will not be authenticated; evidence none only */
    int64_t hit_count, last_hit_at_s; /* only read; 0: never */
};

/**
 * @param entry  domain names in any spelling; id, created_at_s and hits are not looked at. With evidence none: an author
 *               domain, an expiry at most STORE_ALLOW_NONE_MAX_S ahead, an owner and `warned` are required
 * @return SEKI_BAD_INPUT with a sentence: a part is missing or cannot be read, it expires in the past, the same entry is
 *         there already, or the domain has STORE_ALLOW_MAX_ENTRIES
 */
SEKI_MUST_USE enum seki_result store_allow_add(struct store_change *change, const struct store_allow_entry *entry,
                                               uint64_t *id_out, struct seki_error *why);
/** Note, owner, expiry, and `warned` of the entry with entry->allow.id become what *entry says. Another author or other
 *  evidence is another entry. */
SEKI_MUST_USE enum seki_result store_allow_change(struct store_change *change,
                                                  const struct store_allow_entry *entry, struct seki_error *why);
SEKI_MUST_USE enum seki_result store_allow_remove(struct store_change *change, uint64_t id, struct seki_error *why);

/** @return SEKI_BAD_INPUT: no such entry */
SEKI_MUST_USE enum seki_result store_allow_get(struct sql *sql, uint64_t id, struct seki_arena *arena,
                                               struct store_allow_entry *entry_out, struct seki_error *why);
/** In the order in which they were made, expired ones too. */
SEKI_MUST_USE enum seki_result store_allow_list(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                                const struct store_allow_entry **entries_out, size_t *count_out,
                                                struct seki_error *why);

struct store_allow_hit {
    uint64_t id;
    uint64_t count;
    int64_t last_at_s;
};
/** Count hits, in the transaction that is under way: ingestion's way. Entries that are gone are passed over. Sorts hits, so
 *  that two who count at once wait for each other in one order. No audit, and no change for the replica. */
SEKI_MUST_USE enum seki_result store_allow_count_hits(struct sql *sql, struct store_allow_hit *hits, size_t count,
                                                      struct seki_error *why);

#endif
