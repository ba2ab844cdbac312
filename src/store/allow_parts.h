/* Allow entries from inside: what they may be, and their networks as the store keeps them. */
#ifndef STORE_ALLOW_PARTS_H
#define STORE_ALLOW_PARTS_H

#include "store/allow_entries.h"

/** "192.0.2.0/24": bits behind the prefix are zero. */
struct seki_str store_network_write(const struct seki_ip *network, unsigned prefix_bits, struct seki_arena *arena);
/** @return false, network unknown, for "" and anything else */
bool store_network_read(struct seki_str text, struct seki_ip *network_out, unsigned *prefix_bits_out);

/** @param entry  becomes what is kept, its names in the arena. @return SEKI_BAD_INPUT with a sentence */
SEKI_MUST_USE enum seki_result store_allow_check(struct store_change *change, struct store_allow_entry *entry,
                                                 struct seki_arena *arena, struct seki_error *why);
/** What may be changed later too: note, owner, expiry, warning. */
SEKI_MUST_USE enum seki_result store_allow_check_terms(const struct store_allow_entry *entry, int64_t now_s,
                                                       struct seki_error *why);

#endif
