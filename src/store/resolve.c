/* A walk is one statement whose rows come domain by domain: the domain itself, its own choices, its allow entries. What the
 * provider and the tenants chose is read before, once; so a million domains are one pass and no look-ups. */
#include "store/resolve.h"

#include "store/allow_parts.h"
#include "store/changes.h"
#include "store/confirmations.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants.h"

#include <stdlib.h>

#define DOMAIN_OCTETS (8u * 1024u * 1024u)    /* of one domain: 1,000 allow entries with long names */
#define BASE_OCTETS   (1024u * 1024u * 1024u) /* policies of all tenants that chose something; removed names */

struct tenant_policy {
    int64_t tenant_id;
    struct policy policy;
};

struct store_resolve_walk {
    struct sql *sql;
    struct sql_rows *rows;
    const struct sql_value *row; /* read and not yet taken; NULL: none */
    bool is_in_transaction, is_anew;
    int64_t provider_change;
    struct policy provider_policy;
    struct tenant_policy *tenants; /* by tenant_id */
    size_t tenant_count;
    struct seki_str *removed; /* handed out first */
    size_t removed_count, removed_at;
    struct seki_arena *base, *arena; /* of the walk, of one domain */
    struct policy_allow *entries;    /* of the domain, in its arena */
    struct store_resolved resolved;
};

/* ---- texts ---- */

enum { DOMAIN_ROW = 0, CHOICE_ROW, ENTRY_ROW };
enum column { OF_DOMAIN = 0, KIND, N1, T1, T2, T3, T4, N2, N3, N4, N5, N6 };

#define CONFIRMED                                                                                                  \
    "CASE WHEN EXISTS (SELECT 1 FROM confirmation f WHERE f.domain_id = d.id AND f.withdrawn_at_s = 0"             \
    " AND f.version >= $1) THEN 1 ELSE 0 END"

#define WALK(with, of_domain, of_choice, of_entry)                                                                 \
    with "SELECT d.id, 0, d.tenant_id, d.name, t.server_shape, '', '', d.includes_subdomains, d.change_id,"        \
         " t.change_id, t.is_dns_only, " CONFIRMED " FROM domain d JOIN tenant t ON t.id = d.tenant_id" of_domain  \
         " UNION ALL SELECT c.domain_id, 1, 0, c.name, c.value, '', '', 0, 0, 0, 0, 0 FROM policy_choice c"        \
         " WHERE c.domain_id IS NOT NULL" of_choice                                                                \
         " UNION ALL SELECT a.domain_id, 2, a.id, a.author_domain, a.evidence, a.evidence_domain, a.network,"      \
         " a.includes_subdomains, a.expires_at_s, 0, 0, 0 FROM allow_entry a WHERE 1 = 1" of_entry                 \
         " ORDER BY 1, 2, 3"

#define TENANTS(with, where)                                                                                       \
    with "SELECT c.tenant_id, c.name, c.value FROM policy_choice c WHERE c.tenant_id IS NOT NULL" where            \
         " ORDER BY c.tenant_id"

/* @param after  the number of the change behind which is looked; each branch has its index */
#define CHANGED(after)                                                                                             \
    "WITH changed (id) AS (SELECT id FROM domain WHERE change_id > " after " UNION SELECT d.id FROM tenant t"      \
    " JOIN domain d ON d.tenant_id = t.id WHERE t.change_id > " after ") "

enum selection { ALL = 0, SINCE, ONE };

/* $1: the oldest version of the explanation that counts. */
static const char *const walk_texts[] = {
    [ALL] = WALK("", "", "", ""),
    [SINCE] = WALK(CHANGED("$2"), " WHERE d.id IN (SELECT id FROM changed)",
                   " AND c.domain_id IN (SELECT id FROM changed)", " AND a.domain_id IN (SELECT id FROM changed)"),
    [ONE] = WALK("", " WHERE d.id = $2", " AND c.domain_id = $2", " AND a.domain_id = $2"),
};

static const char *const tenant_texts[] = {
    [ALL] = TENANTS("", ""),
    [SINCE] = TENANTS(CHANGED("$1"), " AND c.tenant_id IN (SELECT d.tenant_id FROM changed h JOIN domain d ON"
                                     " d.id = h.id)"),
    [ONE] = TENANTS("", " AND c.tenant_id = (SELECT tenant_id FROM domain WHERE id = $1)"),
};

/* ---- what is read before ---- */

static enum seki_result lay_provider(struct store_resolve_walk *walk, struct seki_error *why)
{
    walk->provider_policy = policy_default();
    enum seki_result result = store_read_number(walk->sql, "SELECT provider_change FROM hosting_state WHERE id = 1",
                                                NULL, 0, &walk->provider_change, NULL, why);
    struct sql_rows *rows = NULL;
    if (result == SEKI_OK)
        result = sql_query(walk->sql,
                           "SELECT name, value FROM policy_choice WHERE tenant_id IS NULL AND domain_id IS NULL",
                           NULL, 0, &rows, why);
    while (result == SEKI_OK) {
        const struct sql_value *row;
        result = sql_next(rows, &row, why);
        if (result != SEKI_OK || !row)
            break;
        store_settings_lay(row[0].text, row[1].text, walk->base, &walk->provider_policy);
    }
    return result;
}

static struct tenant_policy *tenant_at(struct store_resolve_walk *walk, int64_t tenant_id, size_t *capacity)
{
    size_t count = walk->tenant_count;
    if (count > 0 && walk->tenants[count - 1].tenant_id == tenant_id)
        return &walk->tenants[count - 1];
    if (count == *capacity) {
        size_t larger = count ? count * 2 : 64;
        struct tenant_policy *grown =
            (struct tenant_policy *)seki_arena_alloc(walk->base, larger, sizeof(struct tenant_policy));
        if (!grown)
            return NULL;
        if (count > 0)
            memcpy(grown, walk->tenants, count * sizeof *grown);
        walk->tenants = grown;
        *capacity = larger;
    }
    walk->tenants[count] = (struct tenant_policy){ tenant_id, walk->provider_policy };
    walk->tenant_count++;
    return &walk->tenants[count];
}

static enum seki_result lay_tenants(struct store_resolve_walk *walk, enum selection selection, int64_t which,
                                    struct seki_error *why)
{
    size_t capacity = 0;
    struct sql_rows *rows;
    struct sql_value value = SQL_OF_INT(which);
    enum seki_result result =
        sql_query(walk->sql, tenant_texts[selection], &value, selection == ALL ? 0 : 1, &rows, why);
    while (result == SEKI_OK) {
        const struct sql_value *row;
        result = sql_next(rows, &row, why);
        if (result != SEKI_OK || !row)
            break;
        struct tenant_policy *tenant = tenant_at(walk, row[0].integer, &capacity);
        if (tenant)
            store_settings_lay(row[1].text, row[2].text, walk->base, &tenant->policy);
        if (seki_arena_failure(walk->base) != SEKI_OK) {
            sql_rows_close(rows);
            result = store_no_room(walk->base, why);
        }
    }
    return result;
}

static void read_name(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct seki_str *)item = seki_arena_copy(arena, row[0].text);
}

static enum seki_result read_removed(struct store_resolve_walk *walk, int64_t after, struct seki_error *why)
{
    void *items;
    enum seki_result result =
        store_read_list(walk->sql, "SELECT name FROM domain_removal WHERE change_id > $1 ORDER BY name",
                        SQL_VALUES(SQL_OF_INT(after)), sizeof(struct seki_str), read_name, walk->base, &items,
                        &walk->removed_count, why);
    walk->removed = (struct seki_str *)items;
    return result;
}

/* ---- one domain from its rows ---- */

static int by_tenant(const void *key, const void *item)
{
    int64_t left = *(const int64_t *)key, right = ((const struct tenant_policy *)item)->tenant_id;
    return (left > right) - (left < right);
}

static const struct policy *policy_of_tenant(const struct store_resolve_walk *walk, int64_t tenant_id)
{
    const struct tenant_policy *found =
        walk->tenant_count == 0
            ? NULL
            : (const struct tenant_policy *)bsearch(&tenant_id, walk->tenants, walk->tenant_count,
                                                    sizeof *walk->tenants, by_tenant);
    return found ? &found->policy : &walk->provider_policy;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void begin_domain(struct store_resolve_walk *walk, bool *confirmed_out)
{
    const struct sql_value *row = walk->row;
    struct replica_domain *domain = &walk->resolved.domain;
    seki_arena_clear(walk->arena);
    walk->resolved =
        (struct store_resolved){ .includes_subdomains = row[N2].integer != 0, .is_removed = row[N5].integer != 0 };
    domain->domain_id = (uint64_t)row[OF_DOMAIN].integer;
    domain->tenant_id = (uint64_t)row[N1].integer;
    domain->name = seki_arena_copy(walk->arena, row[T1].text);
    domain->policy_revision = (uint64_t)larger(walk->provider_change, larger(row[N3].integer, row[N4].integer));
    store_server_shape_read(row[T2].text, &domain->shape);
    domain->policy = *policy_of_tenant(walk, row[N1].integer);
    *confirmed_out = row[N6].integer != 0;
}

static bool read_allow(const struct sql_value *row, struct seki_arena *arena, struct policy_allow *entry)
{
    *entry = (struct policy_allow){ .id = (uint64_t)row[N1].integer,
                                    .author_domain = seki_arena_copy(arena, row[T1].text),
                                    .includes_subdomains = row[N2].integer != 0,
                                    .domain = seki_arena_copy(arena, row[T3].text),
                                    .expires_at_s = row[N3].integer };
    return policy_evidence_read(row[T2].text, &entry->evidence) &&
           (entry->evidence != POLICY_EVIDENCE_NETWORK ||
            store_network_read(row[T4].text, &entry->network, &entry->prefix_bits));
}

/* Without room the arena says so. */
static void take_entry(struct store_resolve_walk *walk, size_t *capacity)
{
    size_t count = walk->resolved.domain.allow_count;
    if (count == *capacity) {
        size_t more = count ? count * 2 : 8;
        struct policy_allow *grown =
            (struct policy_allow *)seki_arena_alloc(walk->arena, more, sizeof(struct policy_allow));
        if (!grown)
            return;
        if (count > 0)
            memcpy(grown, walk->entries, count * sizeof *grown);
        walk->entries = grown;
        walk->resolved.entries = grown;
        *capacity = more;
    }
    /* one that this version cannot read lets nothing through */
    if (read_allow(walk->row, walk->arena, &walk->entries[count]))
        walk->resolved.domain.allow_count++;
}

/* Until its administrator has confirmed, nothing is done to a domain's mail. */
static void hold_back(struct store_resolved *resolved, bool is_confirmed)
{
    if (is_confirmed || !policy_needs_confirmation(&resolved->domain.policy))
        return;
    resolved->is_held_back = true;
    resolved->domain.policy.filter = POLICY_OFF;
    resolved->domain.policy.reports = false;
}

static enum seki_result advance(struct store_resolve_walk *walk, struct seki_error *why)
{
    enum seki_result result = sql_next(walk->rows, &walk->row, why);
    if (result != SEKI_OK || !walk->row)
        walk->rows = NULL; /* freed */
    return result;
}

/* From its own row up to the next domain's. */
static enum seki_result take_domain(struct store_resolve_walk *walk, struct seki_error *why)
{
    bool is_confirmed;
    size_t capacity = 0;
    begin_domain(walk, &is_confirmed);
    int64_t id = (int64_t)walk->resolved.domain.domain_id;
    enum seki_result result = advance(walk, why);
    while (result == SEKI_OK && walk->row && walk->row[OF_DOMAIN].integer == id) {
        if (walk->row[KIND].integer == CHOICE_ROW)
            store_settings_lay(walk->row[T1].text, walk->row[T2].text, walk->arena, &walk->resolved.domain.policy);
        else
            take_entry(walk, &capacity);
        result = advance(walk, why);
    }
    if (result == SEKI_OK && seki_arena_failure(walk->arena) != SEKI_OK)
        result = store_no_room(walk->arena, why);
    hold_back(&walk->resolved, is_confirmed);
    return result;
}

/* ---- the walk ---- */

void store_resolve_end(struct store_resolve_walk *walk)
{
    if (!walk)
        return;
    sql_rows_close(walk->rows);
    if (walk->is_in_transaction)
        sql_rollback(walk->sql);
    seki_arena_free(walk->base);
    seki_arena_free(walk->arena);
    free(walk);
}

static struct store_resolve_walk *walk_new(struct sql *sql, struct seki_error *why)
{
    struct store_resolve_walk *walk = (struct store_resolve_walk *)calloc(1, sizeof(*walk));
    if (walk) {
        walk->sql = sql;
        walk->base = seki_arena_new(BASE_OCTETS);
        walk->arena = seki_arena_new(DOMAIN_OCTETS);
    }
    if (walk && walk->base && walk->arena)
        return walk;
    seki_error_set(why, "no memory");
    store_resolve_end(walk);
    return NULL;
}

/* @param which  the change behind which is looked, or the domain */
static enum seki_result start(struct store_resolve_walk *walk, enum selection selection, int64_t which,
                              struct seki_error *why)
{
    struct sql_value values[] = { SQL_OF_INT(STORE_EXPLANATION_OLDEST_VALID), SQL_OF_INT(which) };
    walk->is_anew = selection == ALL;
    enum seki_result result = lay_provider(walk, why);
    bool is_following = selection == SINCE;
    if (is_following && walk->provider_change > which)
        selection = ALL; /* the provider's choices reach everybody */
    if (result == SEKI_OK)
        result = lay_tenants(walk, selection, which, why);
    if (result == SEKI_OK && is_following)
        result = read_removed(walk, which, why);
    if (result == SEKI_OK)
        result = sql_query(walk->sql, walk_texts[selection], values, selection == ALL ? 1 : 2, &walk->rows, why);
    return result == SEKI_OK ? advance(walk, why) : result;
}

static enum seki_result check_after(const struct store_changes *changes, int64_t after, struct seki_error *why)
{
    if (after == 0 || (after >= changes->oldest && after <= changes->last))
        return SEKI_OK;
    seki_error_set(why,
                   "change %lld cannot be followed: the store knows those from %lld to %lld; all domains must be"
                   " read anew",
                   (long long)after, (long long)changes->oldest, (long long)changes->last);
    return SEKI_BAD_INPUT;
}

enum seki_result store_resolve_begin(struct sql *sql, int64_t after, struct store_resolve_walk **walk_out,
                                     int64_t *change_id_out, struct seki_error *why)
{
    *walk_out = NULL;
    *change_id_out = 0;
    struct store_changes changes;
    struct store_resolve_walk *walk = walk_new(sql, why);
    if (!walk)
        return SEKI_SYSTEM;
    enum seki_result result = sql_begin(sql, false, why);
    walk->is_in_transaction = result == SEKI_OK;
    if (result == SEKI_OK)
        result = store_changes_read(sql, &changes, why);
    if (result == SEKI_OK)
        result = check_after(&changes, after, why);
    if (result == SEKI_OK)
        result = start(walk, after == 0 ? ALL : SINCE, after, why);
    if (result != SEKI_OK) {
        store_resolve_end(walk);
        return result;
    }
    *walk_out = walk;
    *change_id_out = changes.last;
    return SEKI_OK;
}

enum seki_result store_resolve_next(struct store_resolve_walk *walk, const struct store_resolved **resolved_out,
                                    struct seki_error *why)
{
    *resolved_out = NULL;
    if (walk->removed_at < walk->removed_count) {
        walk->resolved =
            (struct store_resolved){ .domain.name = walk->removed[walk->removed_at++], .is_removed = true };
        *resolved_out = &walk->resolved;
        return SEKI_OK;
    }
    while (walk->row) {
        enum seki_result result = take_domain(walk, why);
        if (result != SEKI_OK)
            return result;
        if (walk->is_anew && walk->resolved.is_removed)
            continue; /* a replica that is made anew does not have it */
        *resolved_out = &walk->resolved;
        return SEKI_OK;
    }
    return SEKI_OK;
}

/* ---- one domain ---- */

static struct seki_str copy(struct seki_arena *arena, struct seki_str text)
{
    return seki_arena_copy(arena, text);
}

static void copy_resolved(const struct store_resolved *resolved, struct seki_arena *arena,
                          struct store_resolved *copy_out)
{
    *copy_out = *resolved;
    copy_out->domain.name = copy(arena, resolved->domain.name);
    copy_out->domain.policy.junk_suffix = copy(arena, resolved->domain.policy.junk_suffix);
    copy_out->domain.policy.subject_tag = copy(arena, resolved->domain.policy.subject_tag);
    size_t count = resolved->domain.allow_count;
    struct policy_allow *entries =
        (struct policy_allow *)seki_arena_alloc(arena, count + 1, sizeof(struct policy_allow));
    for (size_t i = 0; entries && i < count; i++) {
        entries[i] = resolved->entries[i];
        entries[i].author_domain = copy(arena, resolved->entries[i].author_domain);
        entries[i].domain = copy(arena, resolved->entries[i].domain);
    }
    copy_out->entries = entries;
}

enum seki_result store_resolve_domain(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                      struct store_resolved *resolved_out, struct seki_error *why)
{
    const struct store_resolved *resolved = NULL;
    *resolved_out = (struct store_resolved){ 0 };
    struct store_resolve_walk *walk = walk_new(sql, why);
    if (!walk)
        return SEKI_SYSTEM;
    enum seki_result result = start(walk, ONE, domain_id, why);
    if (result == SEKI_OK)
        result = store_resolve_next(walk, &resolved, why);
    if (result == SEKI_OK && !resolved) {
        seki_error_set(why, "there is no domain with the number %lld", (long long)domain_id);
        result = SEKI_BAD_INPUT;
    }
    if (result == SEKI_OK) {
        copy_resolved(resolved, arena, resolved_out);
        if (seki_arena_failure(arena) != SEKI_OK)
            result = store_no_room(arena, why);
    }
    store_resolve_end(walk);
    return result;
}
