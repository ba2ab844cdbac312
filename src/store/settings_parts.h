/* Choices of policy from inside: laying them over each other, and looking whether they fit. */
#ifndef STORE_SETTINGS_PARTS_H
#define STORE_SETTINGS_PARTS_H

#include "store/settings.h"

/** Lay one choice over a policy; one that this version does not know, or cannot read, changes nothing. The value is copied
 *  into the arena. */
void store_settings_lay(struct seki_str name, struct seki_str value, struct seki_arena *arena,
                        struct policy *policy);

/** Take all choices of an owner back, with their lines, before it is removed. */
SEKI_MUST_USE enum seki_result store_settings_forget(struct store_change *change, struct store_owner owner,
                                                     struct seki_error *why);

#endif
