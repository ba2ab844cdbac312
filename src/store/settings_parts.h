/* Choices of policy from inside: laying them over each other, and looking whether they fit. */
#ifndef STORE_SETTINGS_PARTS_H
#define STORE_SETTINGS_PARTS_H

#include "store/settings.h"

/** Lay one choice over a policy; one that this version does not know, or cannot read, changes nothing. The value is copied
 *  into the arena. */
void store_settings_lay(struct seki_str name, struct seki_str value, struct seki_arena *arena,
                        struct policy *policy);

/** Does what the tenant and each of its domains chose work with that shape of server? @return SEKI_BAD_INPUT names whose
 *  choice does not. What the provider chose is no fault of theirs: where it cannot work, the gate does something milder. */
SEKI_MUST_USE enum seki_result store_settings_check_tenant(struct sql *sql, int64_t tenant_id,
                                                           enum policy_shape shape, struct seki_error *why);
/** The same of one domain. */
SEKI_MUST_USE enum seki_result store_settings_check_domain(struct sql *sql, int64_t domain_id,
                                                           struct seki_error *why);

/** Take all choices of an owner back, with their lines, before it is removed. */
SEKI_MUST_USE enum seki_result store_settings_forget(struct store_change *change, struct store_owner owner,
                                                     struct seki_error *why);

#endif
