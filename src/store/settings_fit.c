/* Do choices fit: what a tenant and each of its domains chose, together, and with the shape of their server? Looked at once,
 * behind all that a change makes. */
#include "store/change_parts.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants.h"
#include "store/tenants_parts.h"

#define WORK_OCTETS (1024u * 1024u)

/* What tenant and domain chose, over the defaults of the table, and over the provider's choices. It does not fit when
 * neither does: alone it may lack what the provider chose (a suffix for junk), and what the provider chose may be what a
 * gateway cannot do, which is nobody's fault here. */
struct laid {
    struct policy alone, whole;
};

static enum seki_result check_fit(const struct laid *laid, enum policy_shape shape, const char *what,
                                  struct seki_str whose, struct seki_error *why)
{
    if (policy_check_shape(&laid->alone, shape, why) || policy_check_shape(&laid->whole, shape, NULL))
        return SEKI_OK;
    seki_error_prefix(why, "%s %.*s", what, SEKI_STR_ARGS(whose));
    return SEKI_BAD_INPUT;
}

/* Domains that chose something, one after the other as their choices come in. */
struct fit_walk {
    const struct laid *of_tenant;
    enum policy_shape shape;
    int64_t domain_id; /* 0: none yet */
    struct seki_str name;
    struct laid laid;
    struct seki_arena *arena; /* of one domain */
};

static enum seki_result end_domain(struct fit_walk *walk, struct seki_error *why)
{
    if (walk->domain_id == 0)
        return SEKI_OK;
    enum seki_result result = seki_arena_failure(walk->arena) == SEKI_OK
                                  ? check_fit(&walk->laid, walk->shape, "domain", walk->name, why)
                                  : store_no_room(walk->arena, why);
    seki_arena_clear(walk->arena);
    return result;
}

static enum seki_result take_row(struct fit_walk *walk, const struct sql_value *row, struct seki_error *why)
{
    if (row[0].integer != walk->domain_id) {
        enum seki_result result = end_domain(walk, why);
        if (result != SEKI_OK)
            return result;
        walk->domain_id = row[0].integer;
        walk->laid = *walk->of_tenant;
        walk->name = seki_arena_copy(walk->arena, row[1].text);
    }
    store_settings_lay(row[2].text, row[3].text, walk->arena, &walk->laid.alone);
    store_settings_lay(row[2].text, row[3].text, walk->arena, &walk->laid.whole);
    return SEKI_OK;
}

static enum seki_result check_domains(struct sql *sql, int64_t tenant_id, struct fit_walk *walk,
                                      struct seki_error *why)
{
    struct sql_rows *rows;
    enum seki_result result =
        sql_query(sql,
                  "SELECT d.id, d.name, c.name, c.value FROM domain d JOIN policy_choice c ON c.domain_id = d.id"
                  " WHERE d.tenant_id = $1 ORDER BY d.id",
                  SQL_VALUES(SQL_OF_INT(tenant_id)), &rows, why);
    while (result == SEKI_OK) {
        const struct sql_value *row;
        result = sql_next(rows, &row, why);
        if (result != SEKI_OK)
            return result;
        if (!row)
            return end_domain(walk, why);
        result = take_row(walk, row, why);
        if (result != SEKI_OK)
            sql_rows_close(rows);
    }
    return result;
}

static enum seki_result lay(struct sql *sql, int64_t tenant_id, int64_t domain_id, struct seki_arena *arena,
                            struct laid *laid_out, struct seki_error *why)
{
    const struct store_made_choice *choices;
    size_t count;
    *laid_out = (struct laid){ policy_default(), policy_default() };
    enum seki_result result = store_settings_read(sql, tenant_id, domain_id, arena, &choices, &count, why);
    for (size_t i = 0; result == SEKI_OK && i < count; i++) {
        store_settings_lay(choices[i].name, choices[i].value, arena, &laid_out->whole);
        if (choices[i].level != STORE_PROVIDER)
            store_settings_lay(choices[i].name, choices[i].value, arena, &laid_out->alone);
    }
    return result;
}

static void read_shape(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    store_server_shape_read(row[0].text, (enum policy_shape *)item);
}

/* @param found_out  false: it was removed, in this change */
static enum seki_result tenant_shape(struct sql *sql, int64_t tenant_id, enum policy_shape *shape_out,
                                     bool *found_out, struct seki_error *why)
{
    *shape_out = POLICY_DEDICATED;
    return store_read_one(sql, "SELECT server_shape FROM tenant WHERE id = $1", SQL_VALUES(SQL_OF_INT(tenant_id)),
                          read_shape, NULL, shape_out, found_out, why);
}

/* The tenant and each of its domains that chose something. */
static enum seki_result check_tenant(struct sql *sql, int64_t tenant_id, struct seki_arena *arena,
                                     struct seki_arena *of_domain, struct store_owner *bad_out,
                                     struct seki_error *why)
{
    struct fit_walk walk = { .arena = of_domain };
    struct laid laid;
    struct seki_str name;
    bool is_found;
    enum seki_result result = tenant_shape(sql, tenant_id, &walk.shape, &is_found, why);
    if (result != SEKI_OK || !is_found)
        return result;
    result = store_tenant_name(sql, tenant_id, arena, &name, why);
    if (result == SEKI_OK)
        result = lay(sql, tenant_id, 0, arena, &laid, why);
    if (result == SEKI_OK)
        result = check_fit(&laid, walk.shape, "tenant", name, why);
    *bad_out = (struct store_owner){ STORE_TENANT, tenant_id };
    if (result != SEKI_OK)
        return result;
    walk.of_tenant = &laid;
    result = check_domains(sql, tenant_id, &walk, why);
    *bad_out = (struct store_owner){ STORE_DOMAIN, walk.domain_id };
    return result;
}

struct hosted {
    int64_t tenant_id;
    struct seki_str name;
};

static void read_hosted(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct hosted *)item = (struct hosted){ row[0].integer, seki_arena_copy(arena, row[1].text) };
}

static enum seki_result check_domain(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                     struct store_owner *bad_out, struct seki_error *why)
{
    struct hosted domain;
    struct laid laid;
    enum policy_shape shape;
    bool is_found;
    *bad_out = (struct store_owner){ STORE_DOMAIN, domain_id };
    enum seki_result result =
        store_read_one(sql, "SELECT tenant_id, name FROM domain WHERE id = $1", SQL_VALUES(SQL_OF_INT(domain_id)),
                       read_hosted, arena, &domain, &is_found, why);
    if (result != SEKI_OK || !is_found)
        return result;
    result = lay(sql, domain.tenant_id, domain_id, arena, &laid, why);
    if (result == SEKI_OK)
        result = tenant_shape(sql, domain.tenant_id, &shape, &is_found, why);
    return result == SEKI_OK ? check_fit(&laid, shape, "domain", domain.name, why) : result;
}

enum seki_result store_setting_check(struct store_change *change, struct store_owner *bad_out,
                                     struct seki_error *why)
{
    struct sql *sql = store_change_sql(change);
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS), *of_domain = seki_arena_new(WORK_OCTETS);
    struct store_owner bad = { STORE_PROVIDER, 0 };
    size_t count;
    const struct store_owner *owners = store_change_to_check(change, &count);
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < count; i++) {
        result = owners[i].level == STORE_TENANT ? check_tenant(sql, owners[i].id, arena, of_domain, &bad, why)
                                                 : check_domain(sql, owners[i].id, arena, &bad, why);
        seki_arena_clear(arena);
    }
    seki_arena_free(of_domain);
    seki_arena_free(arena);
    if (bad_out && result != SEKI_OK)
        *bad_out = bad;
    return result;
}
