/* Choices of policy: those that somebody made for the provider, a tenant or a domain. What none of them chose is the
 * default of policy_option_table; the nearest choice counts. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "policy/policy.h"
#include "store/change.h"

enum store_level { STORE_PROVIDER = 0, STORE_TENANT, STORE_DOMAIN, STORE_DEFAULT /* nobody's choice */ };

struct store_owner {
    enum store_level level; /* PROVIDER, TENANT, DOMAIN */
    int64_t id;             /* of the tenant or domain; 0 for the provider */
};

struct store_setting {
    const struct policy_option *option;
    struct seki_str value;
    enum store_level level; /* who chose it */
};

/**
 * @param value  as policy_option_read() takes it, without control characters; kept as policy_option_write() writes it
 * @return SEKI_OK, also when it is so already (nothing is then written); SEKI_BAD_INPUT with a sentence: no such option (the
 *         nearest is named), a value that it does not take, or, for a domain, one that needs the confirmation of its
 *         administrator and there is none (store/confirmations.h)
 * Whether what a tenant or domain chose works together and with the server's shape (policy_check_shape()) is looked at when
 * the change is committed, so that the order of several does not matter: store_setting_check().
 * For a tenant or the provider, what needs a confirmation may be chosen: it is held back for each domain until there is one.
 * What the provider chooses may not work for every shape: the gate then does the next milder thing.
 */
SEKI_MUST_USE enum seki_result store_setting_set(struct store_change *change, struct store_owner owner,
                                                 struct seki_str name, struct seki_str value,
                                                 struct seki_error *why);
/** The same for what was chosen elsewhere and is brought here whole (an import): what needs a confirmation may be chosen for a
 *  domain too, and is held back until there is one: *waits_out. */
SEKI_MUST_USE enum seki_result store_setting_restore(struct store_change *change, struct store_owner owner,
                                                     struct seki_str name, struct seki_str value, bool *waits_out,
                                                     struct seki_error *why);
/** Take a choice back, so that the next level's counts. @return as above; SEKI_OK also when none was made */
SEKI_MUST_USE enum seki_result store_setting_unset(struct store_change *change, struct store_owner owner,
                                                   struct seki_str name, struct seki_error *why);

/** Does all that this change touched fit? store_change_commit() asks it too.
 *  @param bad_out  whose choices do not; may be NULL. @return SEKI_OK; SEKI_BAD_INPUT with a sentence that names it */
SEKI_MUST_USE enum seki_result store_setting_check(struct store_change *change, struct store_owner *bad_out,
                                                   struct seki_error *why);

/** The choices of this owner alone, in the order of policy_option_table; in the arena. */
SEKI_MUST_USE enum seki_result store_setting_list(struct sql *sql, struct store_owner owner,
                                                  struct seki_arena *arena,
                                                  const struct store_setting **settings_out, size_t *count_out,
                                                  struct seki_error *why);
/** Every option with the value that counts for this owner and whose choice it is: policy_option_count rows, in the order of
 *  the table. What is held back for want of a confirmation is shown as chosen; store/resolve.h tells what is in force. */
SEKI_MUST_USE enum seki_result store_setting_effective(struct sql *sql, struct store_owner owner,
                                                       struct seki_arena *arena,
                                                       const struct store_setting **settings_out,
                                                       struct seki_error *why);

const char *store_level_name(enum store_level level); /* "provider", "tenant", "domain", "default" */

#endif
