/* Tenants: the customers of the provider, and how their mail and DNS are run. */
#ifndef STORE_TENANTS_H
#define STORE_TENANTS_H

#include "policy/policy.h"
#include "store/change.h"

#define STORE_TENANT_NAME_MAX_OCTETS  63u
#define STORE_TENANT_TITLE_MAX_OCTETS 200u
#define STORE_LIST_MAX_ROWS           10000u /* of one call to any list; behind them, call again with what came last */

enum store_dns_shape {
    STORE_DNS_SELF = 0,   /* the customer runs it */
    STORE_DNS_HOSTED,     /* we do */
    STORE_DNS_THIRD_PARTY /* somebody else */
};

struct store_tenant {
    int64_t id;
    struct seki_str name;  /* a word: lower-case letters, digits, "-"; unique */
    struct seki_str title; /* for people, UTF-8; may be "" */
    enum policy_shape server_shape;
    enum store_dns_shape dns_shape;
    bool
        is_dns_only; /* we run only its DNS (which is then hosted); its mail is elsewhere, and the gate knows nothing of
                         its domains */
    int64_t created_at_s, change_id;
    int64_t domain_count; /* only read */
};

const char *store_dns_shape_name(enum store_dns_shape shape); /* "self", "hosted", "third-party" */
/** @return false for an unknown word */
bool store_dns_shape_read(struct seki_str word, enum store_dns_shape *shape_out);
bool store_server_shape_read(struct seki_str word, enum policy_shape *shape_out);

/** @return SEKI_OK; SEKI_BAD_INPUT with a sentence: no such tenant */
SEKI_MUST_USE enum seki_result store_tenant_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                                 struct store_tenant *tenant_out, struct seki_error *why);
SEKI_MUST_USE enum seki_result store_tenant_get(struct sql *sql, int64_t id, struct seki_arena *arena,
                                                struct store_tenant *tenant_out, struct seki_error *why);
/** By name. @param after  names behind this one; "" from the first. @param limit  0: STORE_LIST_MAX_ROWS */
SEKI_MUST_USE enum seki_result store_tenant_list(struct sql *sql, struct seki_str after, size_t limit,
                                                 struct seki_arena *arena, const struct store_tenant **tenants_out,
                                                 size_t *count_out, struct seki_error *why);

/** @param tenant  id, times and counts are not looked at. @param id_out  may be NULL */
SEKI_MUST_USE enum seki_result store_tenant_add(struct store_change *change, const struct store_tenant *tenant,
                                                int64_t *id_out, struct seki_error *why);
/**
 * Make the tenant with tenant->id what *tenant says; its name too.
 * @return SEKI_BAD_INPUT: there is no such tenant, or the name is taken. Whether what it and its domains chose works with
 *         the new server shape is looked at when the change is committed (store_setting_check())
 */
SEKI_MUST_USE enum seki_result store_tenant_change(struct store_change *change, const struct store_tenant *tenant,
                                                   struct seki_error *why);
/**
 * Users of the tenant go with it; so do, only when asked for, its domains with all that belongs to them, each of them with
 * an audit line of its own.
 * @return SEKI_BAD_INPUT: it has domains and with_domains is false
 */
SEKI_MUST_USE enum seki_result store_tenant_remove(struct store_change *change, int64_t id, bool with_domains,
                                                   struct seki_error *why);

#endif
