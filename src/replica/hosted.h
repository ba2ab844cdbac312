/* What a replica is told of tenants and domains.
 *
 * A domain's policy is its tenant's with the domain's own choices laid over it. It is laid when it is looked up and not when
 * it is written: so a choice of a tenant changes one entry, and one of the provider an entry for each tenant, however many
 * domains are below. */
#ifndef REPLICA_HOSTED_H
#define REPLICA_HOSTED_H

#include "policy/allow.h"
#include "policy/policy.h"

struct replica_choice { /* an option of policy_option_table, and its value as text */
    struct seki_str name, value;
};

struct replica_tenant {
    uint64_t tenant_id;
    uint64_t policy_revision; /* the last change of the tenant or the provider */
    enum policy_shape shape;
    struct policy policy; /* of a domain that has chosen nothing */
};

struct replica_hosted {
    struct seki_str name;
    uint64_t domain_id, tenant_id; /* the tenant must be in the replica, or the domain is not known */
    uint64_t policy_revision;      /* the last change of the domain itself */
    bool includes_subdomains;
    bool is_confirmed; /* what needs an administrator's confirmation has it (policy_hold_back()) */
    const struct replica_choice *choices;
    size_t choice_count;
    const struct policy_allow *entries;
    size_t entry_count;
};

#endif
