/* A walk is two statements: the tenants with their choices, then the domains with theirs and their allow entries, domain by
 * domain. What the provider chose is read before, once; so a million domains are one pass and no look-ups. */
#include "store/resolve.h"

#include "store/allow_parts.h"
#include "store/changes.h"
#include "store/confirmations.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants.h"

#include <stdlib.h>

#define ITEM_OCTETS (8u * 1024u * 1024u)    /* of one domain: 1,000 allow entries with long names */
#define BASE_OCTETS (1024u * 1024u * 1024u) /* removed names */

enum selection { ALL = 0, SINCE, ONE };

struct store_resolve_walk {
    struct sql *sql;
    struct sql_rows *rows;
    const struct sql_value *row; /* read and not yet taken; NULL: none */
    bool is_in_transaction, is_anew;
    bool is_at_domains;       /* the tenants are behind it */
    enum selection selection; /* of domains */
    int64_t which;            /* the change behind which is looked, or the domain */
    int64_t provider_change;
    struct policy provider_policy;
    struct seki_str *removed; /* handed out before the domains */
    size_t removed_count, removed_at;
    struct seki_arena *base, *arena; /* of the walk, of one item */
    struct replica_choice *choices;  /* of the domain, in its arena */
    struct policy_allow *entries;    /* likewise */
    struct store_walked walked;
};

/* ---- texts ---- */

enum tenant_column { TENANT_ID = 0, SHAPE, TENANT_CHANGE, CHOICE_NAME, CHOICE_VALUE };

#define TENANTS(where)                                                                                             \
    "SELECT t.id, t.server_shape, t.change_id, COALESCE(c.name, ''), COALESCE(c.value, '') FROM tenant t"          \
    " LEFT JOIN policy_choice c ON c.tenant_id = t.id" where " ORDER BY t.id"

static const char *const tenant_texts[] = {
    [ALL] = TENANTS(""),
    [SINCE] = TENANTS(" WHERE t.id IN (SELECT id FROM tenant WHERE change_id > $1)"),
    [ONE] = TENANTS(" WHERE t.id = (SELECT tenant_id FROM domain WHERE id = $1)"),
};

enum { DOMAIN_ROW = 0, CHOICE_ROW, ENTRY_ROW };
enum column { OF_DOMAIN = 0, KIND, N1, T1, T2, T3, T4, N2, N3, N4, N5 };

#define CONFIRMED                                                                                                  \
    "CASE WHEN EXISTS (SELECT 1 FROM confirmation f WHERE f.domain_id = d.id AND f.withdrawn_at_s = 0"             \
    " AND f.version >= $1) THEN 1 ELSE 0 END"

#define DOMAINS(of_domain, of_choice, of_entry)                                                                    \
    "SELECT d.id, 0, d.tenant_id, d.name, '', '', '', d.includes_subdomains, d.change_id, t.is_dns_only,"          \
    " " CONFIRMED " FROM domain d JOIN tenant t ON t.id = d.tenant_id" of_domain                                   \
    " UNION ALL SELECT c.domain_id, 1, 0, c.name, c.value, '', '', 0, 0, 0, 0 FROM policy_choice c"                \
    " WHERE c.domain_id IS NOT NULL" of_choice                                                                     \
    " UNION ALL SELECT a.domain_id, 2, a.id, a.author_domain, a.evidence, a.evidence_domain, a.network,"           \
    " a.includes_subdomains, a.expires_at_s, 0, 0 FROM allow_entry a WHERE 1 = 1" of_entry " ORDER BY 1, 2, 3"

/* So, and not as a comparison, or SQLite goes through all of them in the order of their ids. */
#define CHANGED " IN (SELECT id FROM domain WHERE change_id > $2)"

/* $1: the oldest version of the explanation that counts. */
static const char *const domain_texts[] = {
    [ALL] = DOMAINS("", "", ""),
    [SINCE] = DOMAINS(" WHERE d.id" CHANGED, " AND c.domain_id" CHANGED, " AND a.domain_id" CHANGED),
    [ONE] = DOMAINS(" WHERE d.id = $2", " AND c.domain_id = $2", " AND a.domain_id = $2"),
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

/* ---- one of them from its rows ---- */

static enum seki_result advance(struct store_resolve_walk *walk, struct seki_error *why)
{
    enum seki_result result = sql_next(walk->rows, &walk->row, why);
    if (result != SEKI_OK || !walk->row)
        walk->rows = NULL; /* freed */
    return result;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static enum seki_result end_item(const struct store_resolve_walk *walk, enum seki_result result,
                                 struct seki_error *why)
{
    bool is_short = result == SEKI_OK && seki_arena_failure(walk->arena) != SEKI_OK;
    return is_short ? store_no_room(walk->arena, why) : result;
}

static enum seki_result take_tenant(struct store_resolve_walk *walk, struct seki_error *why)
{
    struct replica_tenant *tenant = &walk->walked.tenant;
    const struct sql_value *row = walk->row;
    int64_t id = row[TENANT_ID].integer;
    enum seki_result result = SEKI_OK;
    seki_arena_clear(walk->arena);
    walk->walked = (struct store_walked){ .kind = STORE_WALKED_TENANT };
    tenant->tenant_id = (uint64_t)id;
    tenant->policy_revision = (uint64_t)larger(walk->provider_change, row[TENANT_CHANGE].integer);
    store_server_shape_read(row[SHAPE].text, &tenant->shape);
    tenant->policy = walk->provider_policy;
    while (result == SEKI_OK && walk->row && walk->row[TENANT_ID].integer == id) {
        store_settings_lay(walk->row[CHOICE_NAME].text, walk->row[CHOICE_VALUE].text, walk->arena, &tenant->policy);
        result = advance(walk, why);
    }
    return end_item(walk, result, why);
}

static void begin_domain(struct store_resolve_walk *walk)
{
    const struct sql_value *row = walk->row;
    seki_arena_clear(walk->arena);
    walk->walked =
        (struct store_walked){ .kind = row[N4].integer != 0 ? STORE_WALKED_REMOVED : STORE_WALKED_DOMAIN };
    walk->walked.domain = (struct replica_hosted){ .domain_id = (uint64_t)row[OF_DOMAIN].integer,
                                                   .tenant_id = (uint64_t)row[N1].integer,
                                                   .name = seki_arena_copy(walk->arena, row[T1].text),
                                                   .policy_revision = (uint64_t)row[N3].integer,
                                                   .includes_subdomains = row[N2].integer != 0,
                                                   .is_confirmed = row[N5].integer != 0 };
}

/* Room behind the last of the items: they move when there is none. @return NULL: the arena says why */
static void *room_for_one(struct seki_arena *arena, void *items, size_t count, size_t item_octets)
{
    bool is_full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    if (!is_full)
        return items;
    void *grown = seki_arena_alloc(arena, count < 8 ? 8 : count * 2, item_octets);
    if (grown && count > 0)
        memcpy(grown, items, count * item_octets);
    return grown;
}

static void take_choice(struct store_resolve_walk *walk)
{
    struct replica_hosted *domain = &walk->walked.domain;
    struct replica_choice *choices = (struct replica_choice *)room_for_one(
        walk->arena, walk->choices, domain->choice_count, sizeof(struct replica_choice));
    if (!choices)
        return;
    choices[domain->choice_count++] =
        (struct replica_choice){ .name = seki_arena_copy(walk->arena, walk->row[T1].text),
                                 .value = seki_arena_copy(walk->arena, walk->row[T2].text) };
    domain->choices = walk->choices = choices;
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

static void take_entry(struct store_resolve_walk *walk)
{
    struct replica_hosted *domain = &walk->walked.domain;
    struct policy_allow *entries = (struct policy_allow *)room_for_one(
        walk->arena, walk->entries, domain->entry_count, sizeof(struct policy_allow));
    if (!entries)
        return;
    domain->entries = walk->entries = entries;
    /* one that this version cannot read lets nothing through */
    if (read_allow(walk->row, walk->arena, &entries[domain->entry_count]))
        domain->entry_count++;
}

/* From its own row up to the next domain's. */
static enum seki_result take_domain(struct store_resolve_walk *walk, struct seki_error *why)
{
    begin_domain(walk);
    int64_t id = (int64_t)walk->walked.domain.domain_id;
    enum seki_result result = advance(walk, why);
    while (result == SEKI_OK && walk->row && walk->row[OF_DOMAIN].integer == id) {
        if (walk->row[KIND].integer == CHOICE_ROW)
            take_choice(walk);
        else
            take_entry(walk);
        result = advance(walk, why);
    }
    return end_item(walk, result, why);
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
        walk->arena = seki_arena_new(ITEM_OCTETS);
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
    struct sql_value value = SQL_OF_INT(which);
    walk->selection = selection;
    walk->which = which;
    walk->is_anew = selection == ALL;
    enum seki_result result = lay_provider(walk, why);
    if (result == SEKI_OK && selection == SINCE)
        result = read_removed(walk, which, why);
    if (selection == SINCE && walk->provider_change > which)
        selection = ALL; /* the provider's choices reach all tenants */
    if (result == SEKI_OK)
        result = sql_query(walk->sql, tenant_texts[selection], &value, selection == ALL ? 0 : 1, &walk->rows, why);
    return result == SEKI_OK ? advance(walk, why) : result;
}

static enum seki_result begin_domains(struct store_resolve_walk *walk, struct seki_error *why)
{
    struct sql_value values[] = { SQL_OF_INT(STORE_EXPLANATION_OLDEST_VALID), SQL_OF_INT(walk->which) };
    walk->is_at_domains = true;
    enum seki_result result = sql_query(walk->sql, domain_texts[walk->selection], values,
                                        walk->selection == ALL ? 1 : 2, &walk->rows, why);
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

static enum seki_result next_domain(struct store_resolve_walk *walk, const struct store_walked **walked_out,
                                    struct seki_error *why)
{
    if (walk->removed_at < walk->removed_count) {
        walk->walked = (struct store_walked){ .kind = STORE_WALKED_REMOVED };
        walk->walked.domain.name = walk->removed[walk->removed_at++];
        *walked_out = &walk->walked;
        return SEKI_OK;
    }
    while (walk->row) {
        enum seki_result result = take_domain(walk, why);
        if (result != SEKI_OK)
            return result;
        if (walk->is_anew && walk->walked.kind == STORE_WALKED_REMOVED)
            continue; /* a replica that is made anew does not have it */
        *walked_out = &walk->walked;
        return SEKI_OK;
    }
    return SEKI_OK;
}

enum seki_result store_resolve_next(struct store_resolve_walk *walk, const struct store_walked **walked_out,
                                    struct seki_error *why)
{
    *walked_out = NULL;
    enum seki_result result = SEKI_OK;
    if (!walk->is_at_domains && walk->row) {
        result = take_tenant(walk, why);
        if (result == SEKI_OK)
            *walked_out = &walk->walked;
        return result;
    }
    if (!walk->is_at_domains)
        result = begin_domains(walk, why);
    return result == SEKI_OK ? next_domain(walk, walked_out, why) : result;
}

/* ---- one domain ---- */

static void keep_texts(struct policy *policy, struct seki_arena *arena)
{
    policy->junk_suffix = seki_arena_copy(arena, policy->junk_suffix);
    policy->subject_tag = seki_arena_copy(arena, policy->subject_tag);
}

static void keep_entries(const struct replica_hosted *hosted, struct seki_arena *arena,
                         struct store_resolved *resolved)
{
    size_t count = hosted->entry_count;
    struct policy_allow *entries =
        (struct policy_allow *)seki_arena_alloc(arena, count + 1, sizeof(struct policy_allow));
    for (size_t i = 0; entries && i < count; i++) {
        entries[i] = hosted->entries[i];
        entries[i].author_domain = seki_arena_copy(arena, hosted->entries[i].author_domain);
        entries[i].domain = seki_arena_copy(arena, hosted->entries[i].domain);
    }
    resolved->entries = entries;
}

/* As a reader of the replica does it. */
static void lay_domain(const struct replica_tenant *tenant, const struct replica_hosted *hosted,
                       struct seki_arena *arena, struct store_resolved *resolved)
{
    resolved->domain = (struct replica_domain){
        .domain_id = hosted->domain_id,
        .tenant_id = hosted->tenant_id,
        .policy_revision = (uint64_t)larger((int64_t)tenant->policy_revision, (int64_t)hosted->policy_revision),
        .shape = tenant->shape,
        .name = seki_arena_copy(arena, hosted->name),
        .policy = tenant->policy,
        .allow_count = hosted->entry_count,
    };
    for (size_t i = 0; i < hosted->choice_count; i++)
        policy_lay(hosted->choices[i].name, hosted->choices[i].value, &resolved->domain.policy);
    keep_texts(&resolved->domain.policy, arena);
    resolved->is_held_back = !hosted->is_confirmed && policy_hold_back(&resolved->domain.policy);
    resolved->includes_subdomains = hosted->includes_subdomains;
    keep_entries(hosted, arena, resolved);
}

static enum seki_result resolve(struct store_resolve_walk *walk, struct seki_arena *arena,
                                struct store_resolved *resolved_out, struct seki_error *why)
{
    struct replica_tenant tenant = { .policy = walk->provider_policy };
    const struct store_walked *walked;
    enum seki_result result;
    while ((result = store_resolve_next(walk, &walked, why)) == SEKI_OK && walked) {
        if (walked->kind != STORE_WALKED_TENANT) {
            lay_domain(&tenant, &walked->domain, arena, resolved_out);
            resolved_out->is_removed = walked->kind == STORE_WALKED_REMOVED;
            return seki_arena_failure(arena) != SEKI_OK ? store_no_room(arena, why) : SEKI_OK;
        }
        tenant = walked->tenant;
        keep_texts(&tenant.policy, arena);
    }
    if (result != SEKI_OK)
        return result;
    seki_error_set(why, "there is no domain with the number %lld", (long long)walk->which);
    return SEKI_BAD_INPUT;
}

enum seki_result store_resolve_domain(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                      struct store_resolved *resolved_out, struct seki_error *why)
{
    *resolved_out = (struct store_resolved){ 0 };
    struct store_resolve_walk *walk = walk_new(sql, why);
    if (!walk)
        return SEKI_SYSTEM;
    enum seki_result result = start(walk, ONE, domain_id, why);
    if (result == SEKI_OK)
        result = resolve(walk, arena, resolved_out, why);
    store_resolve_end(walk);
    return result;
}
