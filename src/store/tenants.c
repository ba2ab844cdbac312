#include "store/tenants.h"

#include "store/change_parts.h"
#include "store/domains.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants_parts.h"
#include "store/text_check.h"
#include "store/users.h"

#include <assert.h>

#define WORK_OCTETS (64u * 1024u)

/* ---- words ---- */

static const char *const dns_shape_words[] = {
    [STORE_DNS_SELF] = "self", [STORE_DNS_HOSTED] = "hosted", [STORE_DNS_THIRD_PARTY] = "third-party"
};
static_assert(sizeof dns_shape_words / sizeof dns_shape_words[0] == STORE_DNS_THIRD_PARTY + 1, "each has its word");

const char *store_dns_shape_name(enum store_dns_shape shape)
{
    return shape <= STORE_DNS_THIRD_PARTY ? dns_shape_words[shape] : "unknown";
}

bool store_dns_shape_read(struct seki_str word, enum store_dns_shape *shape_out)
{
    for (unsigned i = 0; i <= STORE_DNS_THIRD_PARTY; i++)
        if (seki_str_equal(word, seki_str_of(dns_shape_words[i]))) {
            *shape_out = (enum store_dns_shape)i;
            return true;
        }
    return false;
}

bool store_server_shape_read(struct seki_str word, enum policy_shape *shape_out)
{
    for (unsigned i = 0; i <= POLICY_GATEWAY; i++)
        if (seki_str_equal(word, seki_str_of(policy_shape_name((enum policy_shape)i)))) {
            *shape_out = (enum policy_shape)i;
            return true;
        }
    return false;
}

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT t.id, t.name, t.title, t.server_shape, t.dns_shape, t.is_dns_only, t.created_at_s, t.change_id,"       \
    " (SELECT COUNT(*) FROM domain d WHERE d.tenant_id = t.id) FROM tenant t"

static void read_tenant(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_tenant *tenant = (struct store_tenant *)item;
    tenant->id = row[0].integer;
    tenant->name = seki_arena_copy(arena, row[1].text);
    tenant->title = seki_arena_copy(arena, row[2].text);
    store_server_shape_read(row[3].text, &tenant->server_shape);
    store_dns_shape_read(row[4].text, &tenant->dns_shape);
    tenant->is_dns_only = row[5].integer != 0;
    tenant->created_at_s = row[6].integer;
    tenant->change_id = row[7].integer;
    tenant->domain_count = row[8].integer;
}

enum seki_result store_tenant_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                   struct store_tenant *tenant_out, struct seki_error *why)
{
    bool is_found;
    *tenant_out = (struct store_tenant){ 0 };
    enum seki_result result = store_check_some_text(name, 254, "the tenant's name", why);
    if (result == SEKI_OK)
        result = store_read_one(sql, COLUMNS " WHERE t.name = $1", SQL_VALUES(SQL_OF_STR(name)), read_tenant, arena,
                                tenant_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no tenant \"%.*s\"", SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_tenant_get(struct sql *sql, int64_t id, struct seki_arena *arena,
                                  struct store_tenant *tenant_out, struct seki_error *why)
{
    bool is_found;
    *tenant_out = (struct store_tenant){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE t.id = $1", SQL_VALUES(SQL_OF_INT(id)),
                                             read_tenant, arena, tenant_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no tenant with the number %lld", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

static void read_name(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct seki_str *)item = seki_arena_copy(arena, row[0].text);
}

enum seki_result store_tenant_name(struct sql *sql, int64_t id, struct seki_arena *arena, struct seki_str *name_out,
                                   struct seki_error *why)
{
    bool is_found;
    enum seki_result result =
        store_read_one(sql, "SELECT name FROM tenant WHERE id = $1", SQL_VALUES(SQL_OF_INT(id)), read_name, arena,
                       name_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no tenant with the number %lld", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_tenant_list(struct sql *sql, struct seki_str after, size_t limit, struct seki_arena *arena,
                                   const struct store_tenant **tenants_out, size_t *count_out,
                                   struct seki_error *why)
{
    void *items;
    enum seki_result result =
        store_read_list(sql, COLUMNS " WHERE t.name > $1 ORDER BY t.name LIMIT $2",
                        SQL_VALUES(SQL_OF_STR(after), SQL_OF_INT(store_list_limit(limit))),
                        sizeof(struct store_tenant), read_tenant, arena, &items, count_out, why);
    *tenants_out = (const struct store_tenant *)items;
    return result;
}

/* ---- changing ---- */

static bool is_word(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_inner = c == '-' && i > 0 && i + 1 < name.len;
        if (!seki_is_digit(c) && !(c >= 'a' && c <= 'z') && !is_inner)
            return false;
    }
    return name.len > 0 && name.len <= STORE_TENANT_NAME_MAX_OCTETS;
}

static enum seki_result check(const struct store_tenant *tenant, struct seki_error *why)
{
    if (!is_word(tenant->name)) {
        seki_error_set(why, "a tenant's name has 1 to %u of: lower-case letters, digits, and \"-\" inside",
                       STORE_TENANT_NAME_MAX_OCTETS);
        return SEKI_BAD_INPUT;
    }
    if (tenant->server_shape > POLICY_GATEWAY || tenant->dns_shape > STORE_DNS_THIRD_PARTY) {
        seki_error_set(why, "that is no shape of a server or of DNS");
        return SEKI_USAGE;
    }
    if (tenant->is_dns_only && tenant->dns_shape != STORE_DNS_HOSTED) {
        seki_error_set(why, "a customer for whom only the DNS is run has the DNS shape \"hosted\"");
        return SEKI_BAD_INPUT;
    }
    return store_check_text(tenant->title, STORE_TENANT_TITLE_MAX_OCTETS, "the tenant's title", why);
}

static struct seki_str as_json(const struct store_tenant *tenant, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "name", tenant->name);
    store_json_str(&json, "title", tenant->title);
    store_json_str(&json, "server_shape", seki_str_of(policy_shape_name(tenant->server_shape)));
    store_json_str(&json, "dns_shape", seki_str_of(store_dns_shape_name(tenant->dns_shape)));
    store_json_bool(&json, "dns_only", tenant->is_dns_only);
    return store_json_end(&json);
}

/* @param id  that may have the name */
static enum seki_result check_free(struct sql *sql, struct seki_str name, int64_t id, struct seki_error *why)
{
    int64_t other;
    bool is_found;
    enum seki_result result =
        store_read_number(sql, "SELECT id FROM tenant WHERE name = $1 AND id <> $2",
                          SQL_VALUES(SQL_OF_STR(name), SQL_OF_INT(id)), &other, &is_found, why);
    if (result == SEKI_OK && is_found) {
        seki_error_set(why, "there is a tenant \"%.*s\" already", SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_tenant_add(struct store_change *change, const struct store_tenant *tenant, int64_t *id_out,
                                  struct seki_error *why)
{
    enum seki_result result = check(tenant, why);
    if (result == SEKI_OK)
        result = check_free(store_change_sql(change), tenant->name, 0, why);
    if (result != SEKI_OK)
        return result;
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_audit_line line = { .action = "tenant.add",
                                     .tenant = tenant->name,
                                     .after = as_json(tenant, arena) };
    int64_t id;
    result = line.after.len == 0
                 ? store_no_room(arena, why)
                 : store_change_write(
                       change,
                       "INSERT INTO tenant (name, title, server_shape, dns_shape, is_dns_only, created_at_s,"
                       " change_id) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                       SQL_VALUES(SQL_OF_STR(tenant->name), SQL_OF_STR(tenant->title),
                                  SQL_OF_STR(seki_str_of(policy_shape_name(tenant->server_shape))),
                                  SQL_OF_STR(seki_str_of(store_dns_shape_name(tenant->dns_shape))),
                                  SQL_OF_INT(tenant->is_dns_only), SQL_OF_INT(store_change_at_s(change)),
                                  SQL_OF_INT(store_change_id(change))),
                       &line, &id, why);
    if (result == SEKI_OK && id_out)
        *id_out = id;
    seki_arena_free(arena);
    return result;
}

static enum seki_result write_change(struct store_change *change, const struct store_tenant *before,
                                     const struct store_tenant *tenant, struct seki_arena *arena,
                                     struct seki_error *why)
{
    struct store_audit_line line = { .action = "tenant.change",
                                     .tenant = tenant->name,
                                     .before = as_json(before, arena),
                                     .after = as_json(tenant, arena) };
    if (line.before.len == 0 || line.after.len == 0)
        return store_no_room(arena, why);
    if (seki_str_equal(line.before, line.after))
        return SEKI_OK;
    enum seki_result result = store_change_write(
        change,
        "UPDATE tenant SET name = $1, title = $2, server_shape = $3, dns_shape = $4, is_dns_only = $5,"
        " change_id = $6 WHERE id = $7",
        SQL_VALUES(SQL_OF_STR(tenant->name), SQL_OF_STR(tenant->title),
                   SQL_OF_STR(seki_str_of(policy_shape_name(tenant->server_shape))),
                   SQL_OF_STR(seki_str_of(store_dns_shape_name(tenant->dns_shape))),
                   SQL_OF_INT(tenant->is_dns_only), SQL_OF_INT(store_change_id(change)), SQL_OF_INT(tenant->id)),
        &line, NULL, why);
    if (result == SEKI_OK && before->is_dns_only != tenant->is_dns_only) /* its domains come or go */
        result = store_change_follow(change, "UPDATE domain SET change_id = $1 WHERE tenant_id = $2",
                                     SQL_VALUES(SQL_OF_INT(store_change_id(change)), SQL_OF_INT(tenant->id)), why);
    if (result == SEKI_OK && before->server_shape != tenant->server_shape)
        result = store_change_will_check(change, (struct store_owner){ STORE_TENANT, tenant->id }, why);
    return result;
}

enum seki_result store_tenant_change(struct store_change *change, const struct store_tenant *tenant,
                                     struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_tenant before;
    enum seki_result result = check(tenant, why);
    if (result == SEKI_OK)
        result = store_tenant_get(store_change_sql(change), tenant->id, arena, &before, why);
    if (result == SEKI_OK)
        result = check_free(store_change_sql(change), tenant->name, tenant->id, why);
    if (result == SEKI_OK)
        result = write_change(change, &before, tenant, arena, why);
    seki_arena_free(arena);
    return result;
}

/* One page of what the tenant has, removed one by one, so that each leaves its line. @param count_out  0: none is left */
static enum seki_result remove_domains(struct store_change *change, int64_t tenant_id, size_t *count_out,
                                       struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(4u * 1024u * 1024u);
    const struct store_domain *domains;
    enum seki_result result = store_domain_list(
        store_change_sql(change), &(struct store_domain_filter){ .tenant_id = tenant_id, .limit = 1000 }, arena,
        &domains, count_out, why);
    for (size_t i = 0; result == SEKI_OK && i < *count_out; i++)
        result = store_domain_remove(change, domains[i].id, why);
    seki_arena_free(arena);
    return result;
}

static enum seki_result remove_users(struct store_change *change, int64_t tenant_id, size_t *count_out,
                                     struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(4u * 1024u * 1024u);
    const struct store_user *users;
    enum seki_result result = store_user_list(store_change_sql(change), tenant_id, (struct seki_str){ "", 0 }, 1000,
                                              arena, &users, count_out, why);
    for (size_t i = 0; result == SEKI_OK && i < *count_out; i++)
        result = store_user_remove(change, users[i].id, why);
    seki_arena_free(arena);
    return result;
}

static enum seki_result remove_belongings(struct store_change *change, int64_t tenant_id, struct seki_error *why)
{
    enum seki_result (*const steps[])(struct store_change *, int64_t, size_t *,
                                      struct seki_error *) = { remove_users, remove_domains };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        size_t count = 1;
        while (count > 0) {
            enum seki_result result = steps[i](change, tenant_id, &count, why);
            if (result != SEKI_OK)
                return result;
        }
    }
    return store_settings_forget(change, (struct store_owner){ STORE_TENANT, tenant_id }, why);
}

enum seki_result store_tenant_remove(struct store_change *change, int64_t id, bool with_domains,
                                     struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_tenant tenant;
    enum seki_result result = store_tenant_get(store_change_sql(change), id, arena, &tenant, why);
    if (result == SEKI_OK && tenant.domain_count > 0 && !with_domains) {
        seki_error_set(
            why, "tenant %.*s still has domains (%lld); remove them first, or together with it by --with-domains",
            SEKI_STR_ARGS(tenant.name), (long long)tenant.domain_count);
        result = SEKI_BAD_INPUT;
    }
    if (result == SEKI_OK)
        result = remove_belongings(change, id, why);
    if (result == SEKI_OK) {
        struct store_audit_line line = { .action = "tenant.remove",
                                         .tenant = tenant.name,
                                         .before = as_json(&tenant, arena) };
        result = line.before.len == 0 ? store_no_room(arena, why)
                                      : store_change_write(change, "DELETE FROM tenant WHERE id = $1",
                                                           SQL_VALUES(SQL_OF_INT(id)), &line, NULL, why);
    }
    seki_arena_free(arena);
    return result;
}
