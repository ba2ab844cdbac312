#include "store/allow_entries.h"

#include "store/allow_parts.h"
#include "store/change_parts.h"
#include "store/domains.h"
#include "store/removal_parts.h"
#include "store/rows.h"
#include "store/text_check.h"

#include <stdlib.h>

#define WORK_OCTETS (64u * 1024u)

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT id, domain_id, author_domain, includes_subdomains, evidence, evidence_domain, network, expires_at_s,"  \
    " note, owner, warned, created_at_s, hit_count, last_hit_at_s FROM allow_entry"

static void read_entry(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_allow_entry *entry = (struct store_allow_entry *)item;
    entry->allow.id = (uint64_t)row[0].integer;
    entry->domain_id = row[1].integer;
    entry->allow.author_domain = seki_arena_copy(arena, row[2].text);
    entry->allow.includes_subdomains = row[3].integer != 0;
    policy_evidence_read(row[4].text, &entry->allow.evidence);
    entry->allow.domain = seki_arena_copy(arena, row[5].text);
    store_network_read(row[6].text, &entry->allow.network, &entry->allow.prefix_bits);
    entry->allow.expires_at_s = row[7].integer;
    entry->note = seki_arena_copy(arena, row[8].text);
    entry->owner = seki_arena_copy(arena, row[9].text);
    entry->warned = seki_arena_copy(arena, row[10].text);
    entry->created_at_s = row[11].integer;
    entry->hit_count = row[12].integer;
    entry->last_hit_at_s = row[13].integer;
}

enum seki_result store_allow_get(struct sql *sql, uint64_t id, struct seki_arena *arena,
                                 struct store_allow_entry *entry_out, struct seki_error *why)
{
    bool is_found;
    *entry_out = (struct store_allow_entry){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE id = $1", SQL_VALUES(SQL_OF_INT(id)), read_entry,
                                             arena, entry_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no allow entry with the number %llu", (unsigned long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_allow_list(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                  const struct store_allow_entry **entries_out, size_t *count_out,
                                  struct seki_error *why)
{
    void *items;
    enum seki_result result =
        store_read_list(sql, COLUMNS " WHERE domain_id = $1 ORDER BY id", SQL_VALUES(SQL_OF_INT(domain_id)),
                        sizeof(struct store_allow_entry), read_entry, arena, &items, count_out, why);
    *entries_out = (const struct store_allow_entry *)items;
    return result;
}

/* ---- changing ---- */

static struct seki_str network_of(const struct policy_allow *allow, struct seki_arena *arena)
{
    return allow->evidence == POLICY_EVIDENCE_NETWORK
               ? store_network_write(&allow->network, allow->prefix_bits, arena)
               : (struct seki_str){ "", 0 };
}

static struct seki_str as_json(const struct store_allow_entry *entry, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "author_domain", entry->allow.author_domain);
    store_json_bool(&json, "includes_subdomains", entry->allow.includes_subdomains);
    store_json_str(&json, "evidence", seki_str_of(policy_evidence_name(entry->allow.evidence)));
    store_json_str(&json, "evidence_domain", entry->allow.domain);
    store_json_str(&json, "network", network_of(&entry->allow, arena));
    store_json_int(&json, "expires_at", entry->allow.expires_at_s);
    store_json_str(&json, "note", entry->note);
    store_json_str(&json, "owner", entry->owner);
    store_json_str(&json, "warned", entry->warned);
    return store_json_end(&json);
}

static enum seki_result check_not_there(struct sql *sql, const struct store_allow_entry *entry,
                                        struct seki_str network, struct seki_error *why)
{
    int64_t id;
    bool is_found;
    const struct policy_allow *allow = &entry->allow;
    enum seki_result result = store_read_number(
        sql,
        "SELECT id FROM allow_entry WHERE domain_id = $1 AND author_domain = $2 AND includes_subdomains = $3"
        " AND evidence = $4 AND evidence_domain = $5 AND network = $6",
        SQL_VALUES(SQL_OF_INT(entry->domain_id), SQL_OF_STR(allow->author_domain),
                   SQL_OF_INT(allow->includes_subdomains),
                   SQL_OF_STR(seki_str_of(policy_evidence_name(allow->evidence))), SQL_OF_STR(allow->domain),
                   SQL_OF_STR(network)),
        &id, &is_found, why);
    if (result == SEKI_OK && is_found) {
        seki_error_set(why, "there is such an entry already, number %lld; change that", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

static enum seki_result insert(struct store_change *change, const struct store_allow_entry *entry,
                               const struct store_domain *domain, struct seki_arena *arena, int64_t *id_out,
                               struct seki_error *why)
{
    const struct policy_allow *allow = &entry->allow;
    struct seki_str network = network_of(allow, arena);
    enum seki_result result = check_not_there(store_change_sql(change), entry, network, why);
    struct store_audit_line line = { .action = "allow.add",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = allow->author_domain,
                                     .after = as_json(entry, arena) };
    if (result == SEKI_OK && (line.after.len == 0 || !network.ptr))
        result = store_no_room(arena, why);
    if (result != SEKI_OK)
        return result;
    return store_change_write(
        change,
        "INSERT INTO allow_entry (domain_id, author_domain, includes_subdomains, evidence, evidence_domain,"
        " network, expires_at_s, note, owner, warned, created_at_s, hit_count, last_hit_at_s)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0) RETURNING id",
        SQL_VALUES(SQL_OF_INT(domain->id), SQL_OF_STR(allow->author_domain), SQL_OF_INT(allow->includes_subdomains),
                   SQL_OF_STR(seki_str_of(policy_evidence_name(allow->evidence))), SQL_OF_STR(allow->domain),
                   SQL_OF_STR(network), SQL_OF_INT(allow->expires_at_s), SQL_OF_STR(entry->note),
                   SQL_OF_STR(entry->owner), SQL_OF_STR(entry->warned), SQL_OF_INT(store_change_at_s(change))),
        &line, id_out, why);
}

enum seki_result store_allow_add(struct store_change *change, const struct store_allow_entry *entry,
                                 uint64_t *id_out, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry kept = *entry;
    struct store_domain domain;
    int64_t id = 0;
    enum seki_result result = store_allow_check(change, &kept, arena, why);
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), entry->domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = insert(change, &kept, &domain, arena, &id, why);
    if (result == SEKI_OK)
        result = store_change_touch_domain(change, entry->domain_id, why);
    if (result == SEKI_OK && id_out)
        *id_out = (uint64_t)id;
    seki_arena_free(arena);
    return result;
}

static enum seki_result write_change(struct store_change *change, const struct store_allow_entry *before,
                                     const struct store_allow_entry *after, const struct store_domain *domain,
                                     struct seki_arena *arena, struct seki_error *why)
{
    struct store_audit_line line = { .action = "allow.change",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = after->allow.author_domain,
                                     .before = as_json(before, arena),
                                     .after = as_json(after, arena) };
    if (line.before.len == 0 || line.after.len == 0)
        return store_no_room(arena, why);
    if (seki_str_equal(line.before, line.after))
        return SEKI_OK;
    enum seki_result result = store_change_write(
        change, "UPDATE allow_entry SET note = $1, owner = $2, warned = $3, expires_at_s = $4 WHERE id = $5",
        SQL_VALUES(SQL_OF_STR(after->note), SQL_OF_STR(after->owner), SQL_OF_STR(after->warned),
                   SQL_OF_INT(after->allow.expires_at_s), SQL_OF_INT(after->allow.id)),
        &line, NULL, why);
    return result == SEKI_OK ? store_change_touch_domain(change, after->domain_id, why) : result;
}

enum seki_result store_allow_change(struct store_change *change, const struct store_allow_entry *entry,
                                    struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry before, after;
    struct store_domain domain;
    enum seki_result result = store_allow_get(store_change_sql(change), entry->allow.id, arena, &before, why);
    if (result == SEKI_OK) {
        after = before;
        after.note = entry->note;
        after.owner = entry->owner;
        if (after.allow.evidence == POLICY_EVIDENCE_NONE)
            after.warned = entry->warned;
        after.allow.expires_at_s = entry->allow.expires_at_s;
        result = store_allow_check_terms(&after, store_change_at_s(change), why);
    }
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), before.domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = write_change(change, &before, &after, &domain, arena, why);
    seki_arena_free(arena);
    return result;
}

static enum seki_result delete_entry(struct store_change *change, const struct store_allow_entry *entry,
                                     const struct store_domain *domain, struct seki_arena *arena,
                                     struct seki_error *why)
{
    struct store_audit_line line = { .action = "allow.remove",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = entry->allow.author_domain,
                                     .before = as_json(entry, arena) };
    if (line.before.len == 0)
        return store_no_room(arena, why);
    return store_change_write(change, "DELETE FROM allow_entry WHERE id = $1",
                              SQL_VALUES(SQL_OF_INT(entry->allow.id)), &line, NULL, why);
}

enum seki_result store_allow_remove(struct store_change *change, uint64_t id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry entry;
    struct store_domain domain;
    enum seki_result result = store_allow_get(store_change_sql(change), id, arena, &entry, why);
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), entry.domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = delete_entry(change, &entry, &domain, arena, why);
    if (result == SEKI_OK)
        result = store_change_touch_domain(change, entry.domain_id, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_allow_forget(struct store_change *change, int64_t domain_id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(16u * 1024u * 1024u);
    const struct store_allow_entry *entries = NULL;
    struct store_domain domain;
    size_t count = 0;
    enum seki_result result = store_domain_get(store_change_sql(change), domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = store_allow_list(store_change_sql(change), domain_id, arena, &entries, &count, why);
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result = delete_entry(change, &entries[i], &domain, arena, why);
    seki_arena_free(arena);
    return result;
}

/* ---- hits ---- */

static int by_id(const void *a, const void *b)
{
    uint64_t left = ((const struct store_allow_hit *)a)->id, right = ((const struct store_allow_hit *)b)->id;
    return (left > right) - (left < right);
}

enum seki_result store_allow_count_hits(struct sql *sql, struct store_allow_hit *hits, size_t count,
                                        struct seki_error *why)
{
    qsort(hits, count, sizeof(*hits), by_id);
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result =
            sql_run(sql,
                    "UPDATE allow_entry SET hit_count = hit_count + $1,"
                    " last_hit_at_s = CASE WHEN last_hit_at_s < $2 THEN $2 ELSE last_hit_at_s END"
                    " WHERE id = $3",
                    SQL_VALUES(SQL_OF_INT(hits[i].count), SQL_OF_INT(hits[i].last_at_s), SQL_OF_INT(hits[i].id)),
                    NULL, why);
    return result;
}
