/* What tests of hosting share: a store with its schema, and changes that are one call. */
#ifndef STORE_HOSTING_TEST_H
#define STORE_HOSTING_TEST_H

#include "support/store_databases.h"

#include "store/allow_entries.h"
#include "store/audit.h"
#include "store/changes.h"
#include "store/confirmations.h"
#include "store/domains.h"
#include "store/migrate.h"
#include "store/resolve.h"
#include "store/settings.h"
#include "store/users.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_S 1800000000

static struct seki_arena *memory;

static inline void begin_test(struct sql *sql)
{
    unsigned applied;
    STORE_OK(store_migrate(sql, &applied, WHY));
    seki_arena_free(memory);
    memory = seki_arena_new(64u * 1024u * 1024u);
}

static inline struct store_change *begin(struct sql *sql)
{
    struct store_change *change = NULL;
    STORE_OK(
        store_change_begin(sql, &(struct store_actor){ SEKI_STR("kim"), SEKI_STR("test") }, NOW_S, &change, WHY));
    return change;
}

/* Commit what was well; a refusal leaves nothing. @return the first result that is not SEKI_OK */
static inline enum seki_result end(struct store_change *change, enum seki_result result)
{
    if (result == SEKI_OK)
        return store_change_commit(change, NULL, WHY);
    store_change_rollback(change);
    return result;
}

static inline int64_t add_tenant(struct sql *sql, const char *name, enum policy_shape shape)
{
    int64_t id = 0;
    struct store_change *change = begin(sql);
    struct store_tenant tenant = { .name = seki_str_of(name), .title = SEKI_STR(""), .server_shape = shape };
    STORE_OK(end(change, store_tenant_add(change, &tenant, &id, WHY)));
    return id;
}

static inline int64_t add_domain(struct sql *sql, int64_t tenant_id, const char *name)
{
    int64_t id = 0;
    struct store_change *change = begin(sql);
    struct store_domain domain = { .tenant_id = tenant_id, .name = seki_str_of(name) };
    STORE_OK(end(change, store_domain_add(change, &domain, &id, WHY)));
    return id;
}

static inline enum seki_result set(struct sql *sql, enum store_level level, int64_t id, const char *name,
                                   const char *value)
{
    struct store_change *change = begin(sql);
    return end(change, store_setting_set(change, (struct store_owner){ level, id }, seki_str_of(name),
                                         seki_str_of(value), WHY));
}

static inline enum seki_result confirm(struct sql *sql, int64_t domain_id)
{
    struct store_change *change = begin(sql);
    struct store_confirmation confirmation = { .domain_id = domain_id,
                                               .administrator = SEKI_STR("A. Administrator"),
                                               .note = SEKI_STR("letter"),
                                               .version = STORE_EXPLANATION_VERSION,
                                               .at_s = NOW_S - 60 };
    return end(change, store_confirmation_add(change, &confirmation, NULL, WHY));
}

static inline struct store_resolved resolve(struct sql *sql, int64_t domain_id)
{
    struct store_resolved resolved;
    STORE_OK(store_resolve_domain(sql, domain_id, memory, &resolved, WHY));
    return resolved;
}

static inline void assert_why(const char *part)
{
    if (!strstr(WHY->text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, WHY->text);
}

static inline void assert_text(struct seki_str got, const char *want)
{
    if (!seki_str_equal(got, seki_str_of(want)))
        fail_msg("got \"%.*s\", want \"%s\"", SEKI_STR_ARGS(got), want);
}

#endif
