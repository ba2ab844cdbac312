/* Whose choices a command is about: a domain's (an operand), a tenant's (--tenant) or the provider's (--provider). */
#ifndef CLI_POLICY_OWNER_H
#define CLI_POLICY_OWNER_H

#include "cli/hosting.h"

struct cli_policy_owner {
    struct store_owner owner;
    struct seki_str name;        /* of the domain or tenant, or "provider" */
    const char *const *operands; /* those behind the domain */
    size_t operand_count;
};

/** @return false: said, or kept in the store */
bool cli_policy_owner_find(struct cli_store *store, struct cli_policy_owner *owner_out);
/** Cut NAME=VALUE. @return false: it has no "=", which was said */
bool cli_policy_choice(const char *operand, struct seki_str *name_out, struct seki_str *value_out);
/** Put NAME=VALUE into a policy, without anybody choosing it. @return false: said, or kept in the store */
bool cli_policy_propose(struct cli_store *store, const char *operand, struct policy *policy,
                        const struct policy_option **option_out);

#endif
