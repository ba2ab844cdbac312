/* Hosted domains. */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

#include "store/tenants.h"

struct store_domain {
    int64_t id, tenant_id;
    struct seki_str tenant_name; /* only read */
    struct seki_str name;        /* A-labels, lower case; given in any spelling */
    bool includes_subdomains;    /* names below it that are no hosted domain themselves are judged by its policy */
    int64_t created_at_s;
    int64_t
        policy_revision; /* the id of the last change of itself, its tenant or the provider: increases with each */
};

/** What is looked for; zero: everything. */
struct store_domain_filter {
    int64_t tenant_id;     /* 0: of all */
    struct seki_str below; /* this domain and those below it; ptr NULL: all */
    struct seki_str after; /* names behind this one, in the order of octets */
    size_t limit;          /* 0: STORE_LIST_MAX_ROWS */
};

/** @param name  in any spelling. @return SEKI_OK; SEKI_BAD_INPUT with a sentence: not a domain name, or not hosted here */
SEKI_MUST_USE enum seki_result store_domain_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                                 struct store_domain *domain_out, struct seki_error *why);
SEKI_MUST_USE enum seki_result store_domain_get(struct sql *sql, int64_t id, struct seki_arena *arena,
                                                struct store_domain *domain_out, struct seki_error *why);
/** By name. */
SEKI_MUST_USE enum seki_result store_domain_list(struct sql *sql, const struct store_domain_filter *filter,
                                                 struct seki_arena *arena, const struct store_domain **domains_out,
                                                 size_t *count_out, struct seki_error *why);

/** @param domain  tenant_id, name, includes_subdomains
 *  @return SEKI_BAD_INPUT: no domain name, a public suffix, hosted already (the sentence names the tenant), no such tenant */
SEKI_MUST_USE enum seki_result store_domain_add(struct store_change *change, const struct store_domain *domain,
                                                int64_t *id_out, struct seki_error *why);
/** Make the domain with domain->id what *domain says: tenant and includes_subdomains. A domain keeps its name, and its
 *  policy must fit the new tenant's server shape when the change is committed. */
SEKI_MUST_USE enum seki_result store_domain_change(struct store_change *change, const struct store_domain *domain,
                                                   struct seki_error *why);
/** With its choices, allow entries and confirmations. */
SEKI_MUST_USE enum seki_result store_domain_remove(struct store_change *change, int64_t id, struct seki_error *why);

#endif
