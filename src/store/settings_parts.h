/* Choices of policy from inside: laying them over each other, and looking whether they fit. */
#ifndef STORE_SETTINGS_PARTS_H
#define STORE_SETTINGS_PARTS_H

#include "store/settings.h"

struct store_made_choice {
    enum store_level level;
    struct seki_str name, value;
};

/** Choices of the provider, a tenant and a domain, those that count more behind those that count less.
 *  @param tenant_id, domain_id  0: of none */
SEKI_MUST_USE enum seki_result store_settings_read(struct sql *sql, int64_t tenant_id, int64_t domain_id,
                                                   struct seki_arena *arena,
                                                   const struct store_made_choice **choices_out, size_t *count_out,
                                                   struct seki_error *why);

/** Lay one choice over a policy; one that this version does not know, or cannot read, changes nothing. The value is copied
 *  into the arena. */
void store_settings_lay(struct seki_str name, struct seki_str value, struct seki_arena *arena,
                        struct policy *policy);

/** Take all choices of an owner back, with their lines, before it is removed. */
SEKI_MUST_USE enum seki_result store_settings_forget(struct store_change *change, struct store_owner owner,
                                                     struct seki_error *why);

#endif
