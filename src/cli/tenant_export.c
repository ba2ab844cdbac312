#include "cli/tenant_file.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "store/confirmations.h"

/* Below, NULL means that the store could not be read, which is kept in it. */

static json_t *export_choices(struct cli_store *store, struct store_owner owner)
{
    const struct store_setting *settings;
    size_t count;
    if (!cli_store_did(store, store_setting_list(store->sql, owner, store->arena, &settings, &count, &store->why)))
        return NULL;
    json_t *choices = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(choices, settings[i].option->name, cli_json_str(settings[i].value));
    return choices;
}

static json_t *export_confirmations(struct cli_store *store, int64_t domain_id)
{
    const struct store_confirmation *confirmations;
    size_t count;
    if (!cli_store_did(store, store_confirmation_list(store->sql, domain_id, store->arena, &confirmations, &count,
                                                      &store->why)))
        return NULL;
    json_t *list = json_array();
    for (size_t i = count; i-- > 0;) { /* the oldest first */
        const struct store_confirmation *c = &confirmations[i];
        if (c->is_valid)
            json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:o}", "by", cli_json_str(c->administrator),
                                                  "note", cli_json_str(c->note), "explanation",
                                                  (json_int_t)c->version, "at", cli_json_when(c->at_s)));
    }
    return list;
}

/* What counts hits and names rows of this store stays here. */
static json_t *export_allow(struct cli_store *store, int64_t domain_id)
{
    static const char *const own[] = { "id", "created_at", "hits", "last_hit_at" };
    const struct store_allow_entry *entries;
    size_t count;
    if (!cli_store_did(store, store_allow_list(store->sql, domain_id, store->arena, &entries, &count, &store->why)))
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = cli_json_allow(&entries[i]);
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
            json_object_del(entry, own[k]);
        json_array_append_new(list, entry);
    }
    return list;
}

/* Takes what its members are; NULL among them is passed on. */
static json_t *whole(json_t *object, const char *const *names, json_t *const *members, size_t count)
{
    bool is_whole = true;
    for (size_t i = 0; i < count; i++) {
        is_whole = is_whole && members[i] != NULL;
        json_object_set_new(object, names[i], members[i] != NULL ? members[i] : json_null());
    }
    if (is_whole)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *export_domain(struct cli_store *store, const struct store_domain *domain)
{
    static const char *const names[] = { "policy", "confirmations", "allow" };
    json_t *members[] = {
        export_choices(store, (struct store_owner){ STORE_DOMAIN, domain->id }),
        export_confirmations(store, domain->id),
        export_allow(store, domain->id),
    };
    return whole(
        json_pack("{s:o, s:b}", "name", cli_json_str(domain->name), "subdomains", (int)domain->includes_subdomains),
        names, members, sizeof names / sizeof names[0]);
}

static bool export_domains_behind(struct cli_store *store, struct store_domain_filter *filter, json_t *list,
                                  size_t *count_out)
{
    const struct store_domain *domains;
    if (!cli_store_did(store,
                       store_domain_list(store->sql, filter, store->arena, &domains, count_out, &store->why)))
        return false;
    for (size_t i = 0; i < *count_out; i++) {
        cli_store_enter(store);
        json_t *domain = export_domain(store, &domains[i]);
        cli_store_leave(store);
        if (domain == NULL)
            return false;
        json_array_append_new(list, domain);
        filter->after = domains[i].name;
    }
    return true;
}

static json_t *export_domains(struct cli_store *store, int64_t tenant_id)
{
    struct store_domain_filter filter = { .tenant_id = tenant_id };
    json_t *list = json_array();
    for (size_t count = STORE_LIST_MAX_ROWS; count == STORE_LIST_MAX_ROWS;) {
        if (export_domains_behind(store, &filter, list, &count))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *export_users(struct cli_store *store, int64_t tenant_id)
{
    const struct store_user *users;
    struct seki_str after = SEKI_STR("");
    json_t *list = json_array();
    for (size_t count = STORE_LIST_MAX_ROWS; count == STORE_LIST_MAX_ROWS;) {
        if (!cli_store_did(store, store_user_list(store->sql, tenant_id, after, STORE_LIST_MAX_ROWS, store->arena,
                                                  &users, &count, &store->why))) {
            json_decref(list);
            return NULL;
        }
        for (size_t i = 0; i < count; i++) {
            json_t *user = cli_json_user(&users[i]);
            json_object_del(user, "tenant");
            json_object_del(user, "created_at");
            json_array_append_new(list, user);
            after = users[i].name;
        }
    }
    return list;
}

json_t *cli_tenant_file_write(struct cli_store *store, const struct store_tenant *tenant)
{
    static const char *const names[] = { "policy", "users", "domains" };
    json_t *members[] = {
        export_choices(store, (struct store_owner){ STORE_TENANT, tenant->id }),
        export_users(store, tenant->id),
        export_domains(store, tenant->id),
    };
    json_t *root = json_pack("{s:i, s:o, s:o, s:s, s:s, s:b}", "sekisho_tenant", CLI_TENANT_FILE_VERSION, "name",
                             cli_json_str(tenant->name), "title", cli_json_str(tenant->title), "shape",
                             policy_shape_name(tenant->server_shape), "dns",
                             store_dns_shape_name(tenant->dns_shape), "dns_only", (int)tenant->is_dns_only);
    return whole(root, names, members, sizeof names / sizeof names[0]);
}

/* One state of the store: read in one transaction. */
enum cli_exit cli_tenant_export(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_tenant tenant;
    json_t *root = NULL;
    if (cli_store_open(&store, options) && cli_store_did(&store, sql_begin(store.sql, false, &store.why))) {
        if (cli_find_tenant(&store, name, &tenant))
            root = cli_tenant_file_write(&store, &tenant);
        sql_rollback(store.sql);
    }
    if (root != NULL)
        cli_json_print(root);
    return cli_store_close(&store);
}
