#include "store/domains.h"

#include "store/change_parts.h"
#include "store/owned_name.h"
#include "store/removal_parts.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants_parts.h"
#include "store/text_check.h"

#define WORK_OCTETS (64u * 1024u)

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT d.id, d.tenant_id, t.name, d.name, d.includes_subdomains, d.created_at_s, d.change_id, t.change_id,"   \
    " s.provider_change FROM domain d JOIN tenant t ON t.id = d.tenant_id JOIN hosting_state s ON s.id = 1"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void read_domain(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_domain *domain = (struct store_domain *)item;
    domain->id = row[0].integer;
    domain->tenant_id = row[1].integer;
    domain->tenant_name = seki_arena_copy(arena, row[2].text);
    domain->name = seki_arena_copy(arena, row[3].text);
    domain->includes_subdomains = row[4].integer != 0;
    domain->created_at_s = row[5].integer;
    domain->policy_revision = larger(row[6].integer, larger(row[7].integer, row[8].integer));
}

/* @param name  as it is kept */
static enum seki_result find_kept(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                  struct store_domain *domain_out, bool *found_out, struct seki_error *why)
{
    return store_read_one(sql, COLUMNS " WHERE d.name = $1", SQL_VALUES(SQL_OF_STR(name)), read_domain, arena,
                          domain_out, found_out, why);
}

enum seki_result store_domain_get(struct sql *sql, int64_t id, struct seki_arena *arena,
                                  struct store_domain *domain_out, struct seki_error *why)
{
    bool is_found;
    *domain_out = (struct store_domain){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE d.id = $1", SQL_VALUES(SQL_OF_INT(id)),
                                             read_domain, arena, domain_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no domain with the number %lld", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_domain_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                   struct store_domain *domain_out, struct seki_error *why)
{
    bool is_found = false;
    struct seki_str ascii;
    *domain_out = (struct store_domain){ 0 };
    enum seki_result result = store_check_domain(name, "the domain", arena, &ascii, why);
    if (result == SEKI_OK)
        result = find_kept(sql, ascii, arena, domain_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "%.*s is not hosted here", SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_domain_list(struct sql *sql, const struct store_domain_filter *filter,
                                   struct seki_arena *arena, const struct store_domain **domains_out,
                                   size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    struct seki_str below = { "", 0 };
    *domains_out = NULL;
    *count_out = 0;
    store_query_init(&query, arena, COLUMNS " WHERE 1 = 1");
    if (filter->tenant_id != 0)
        store_query_add(&query, " AND d.tenant_id = ?", SQL_OF_INT(filter->tenant_id));
    if (filter->below.ptr != NULL) {
        enum seki_result result = store_check_domain(filter->below, "the domain", arena, &below, why);
        if (result != SEKI_OK)
            return result;
        /* its last octets: a dot and the domain; LIKE would take "_" for any octet */
        store_query_add(&query, " AND (d.name = ?", SQL_OF_STR(below));
        store_query_add(&query, " OR (length(d.name) > ?", SQL_OF_INT(below.len));
        store_query_add(&query, " AND substr(d.name, length(d.name) - CAST(? AS INTEGER)", SQL_OF_INT(below.len));
        store_query_add(&query, ") = '.' || ?))", SQL_OF_STR(below));
    }
    if (filter->after.len > 0)
        store_query_add(&query, " AND d.name > ?", SQL_OF_STR(filter->after));
    store_query_add(&query, " ORDER BY d.name LIMIT ?", SQL_OF_INT(store_list_limit(filter->limit)));
    const char *text = store_query_text(&query);
    if (!text)
        return store_no_room(arena, why);
    void *items;
    enum seki_result result = store_read_list(sql, text, query.values, query.count, sizeof(struct store_domain),
                                              read_domain, arena, &items, count_out, why);
    *domains_out = (const struct store_domain *)items;
    return result;
}

/* ---- changing ---- */

static struct seki_str as_json(const struct store_domain *domain, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "name", domain->name);
    store_json_str(&json, "tenant", domain->tenant_name);
    store_json_bool(&json, "includes_subdomains", domain->includes_subdomains);
    return store_json_end(&json);
}

static enum seki_result check_free(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                   struct seki_error *why)
{
    struct store_domain there;
    bool is_found;
    enum seki_result result = find_kept(sql, name, arena, &there, &is_found, why);
    if (result == SEKI_OK && is_found) {
        seki_error_set(why, "%.*s is hosted already, for tenant %.*s", SEKI_STR_ARGS(name),
                       SEKI_STR_ARGS(there.tenant_name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

static enum seki_result insert(struct store_change *change, const struct store_domain *domain,
                               struct seki_arena *arena, int64_t *id_out, struct seki_error *why)
{
    struct store_audit_line line = { .action = "domain.add",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .after = as_json(domain, arena) };
    if (line.after.len == 0)
        return store_no_room(arena, why);
    enum seki_result result = store_change_write(
        change,
        "INSERT INTO domain (tenant_id, name, includes_subdomains, created_at_s, change_id)"
        " VALUES ($1, $2, $3, $4, $5) RETURNING id",
        SQL_VALUES(SQL_OF_INT(domain->tenant_id), SQL_OF_STR(domain->name), SQL_OF_INT(domain->includes_subdomains),
                   SQL_OF_INT(store_change_at_s(change)), SQL_OF_INT(store_change_id(change))),
        &line, id_out, why);
    return result == SEKI_OK ? store_change_follow(change, "DELETE FROM domain_removal WHERE name = $1",
                                                   SQL_VALUES(SQL_OF_STR(domain->name)), why)
                             : result;
}

enum seki_result store_domain_add(struct store_change *change, const struct store_domain *domain, int64_t *id_out,
                                  struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_domain kept = *domain;
    int64_t id = 0;
    enum seki_result result = store_check_domain(domain->name, "the domain", arena, &kept.name, why);
    if (result == SEKI_OK)
        result = store_check_owned(change, kept.name, kept.includes_subdomains, "the domain", why);
    if (result == SEKI_OK)
        result = store_tenant_name(store_change_sql(change), domain->tenant_id, arena, &kept.tenant_name, why);
    if (result == SEKI_OK)
        result = check_free(store_change_sql(change), kept.name, arena, why);
    if (result == SEKI_OK)
        result = insert(change, &kept, arena, &id, why);
    if (result == SEKI_OK && id_out)
        *id_out = id;
    seki_arena_free(arena);
    return result;
}

static enum seki_result write_change(struct store_change *change, const struct store_domain *before,
                                     const struct store_domain *after, struct seki_arena *arena,
                                     struct seki_error *why)
{
    struct store_audit_line line = { .action = "domain.change",
                                     .tenant = after->tenant_name,
                                     .domain = after->name,
                                     .before = as_json(before, arena),
                                     .after = as_json(after, arena) };
    if (line.before.len == 0 || line.after.len == 0)
        return store_no_room(arena, why);
    if (seki_str_equal(line.before, line.after))
        return SEKI_OK;
    enum seki_result result = store_change_write(
        change, "UPDATE domain SET tenant_id = $1, includes_subdomains = $2, change_id = $3 WHERE id = $4",
        SQL_VALUES(SQL_OF_INT(after->tenant_id), SQL_OF_INT(after->includes_subdomains),
                   SQL_OF_INT(store_change_id(change)), SQL_OF_INT(after->id)),
        &line, NULL, why);
    return result == SEKI_OK ? store_change_will_check(change, (struct store_owner){ STORE_DOMAIN, after->id }, why)
                             : result;
}

enum seki_result store_domain_change(struct store_change *change, const struct store_domain *domain,
                                     struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_domain before;
    struct seki_str tenant_name;
    enum seki_result result = store_domain_get(store_change_sql(change), domain->id, arena, &before, why);
    if (result == SEKI_OK && domain->includes_subdomains && !before.includes_subdomains)
        result = store_check_owned(change, before.name, true, "the domain", why);
    if (result == SEKI_OK)
        result = store_tenant_name(store_change_sql(change), domain->tenant_id, arena, &tenant_name, why);
    if (result == SEKI_OK) {
        struct store_domain after = before;
        after.tenant_id = domain->tenant_id;
        after.tenant_name = tenant_name;
        after.includes_subdomains = domain->includes_subdomains;
        result = write_change(change, &before, &after, arena, why);
    }
    seki_arena_free(arena);
    return result;
}

static enum seki_result delete_kept(struct store_change *change, const struct store_domain *domain,
                                    struct seki_arena *arena, struct seki_error *why)
{
    struct store_audit_line line = { .action = "domain.remove",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .before = as_json(domain, arena) };
    if (line.before.len == 0)
        return store_no_room(arena, why);
    enum seki_result result = store_change_write(change, "DELETE FROM domain WHERE id = $1",
                                                 SQL_VALUES(SQL_OF_INT(domain->id)), &line, NULL, why);
    return result == SEKI_OK
               ? store_change_follow(
                     change, "INSERT INTO domain_removal (name, change_id, removed_at_s) VALUES ($1, $2, $3)",
                     SQL_VALUES(SQL_OF_STR(domain->name), SQL_OF_INT(store_change_id(change)),
                                SQL_OF_INT(store_change_at_s(change))),
                     why)
               : result;
}

enum seki_result store_domain_remove(struct store_change *change, int64_t id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_domain domain;
    enum seki_result result = store_domain_get(store_change_sql(change), id, arena, &domain, why);
    if (result == SEKI_OK)
        result = store_settings_forget(change, (struct store_owner){ STORE_DOMAIN, id }, why);
    if (result == SEKI_OK)
        result = store_allow_forget(change, id, why);
    if (result == SEKI_OK)
        result = store_confirmations_forget(change, id, why);
    if (result == SEKI_OK)
        result = delete_kept(change, &domain, arena, why);
    seki_arena_free(arena);
    return result;
}
