#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"

#include <stdio.h>

/* What the options say; what they do not say stays. The table lets no other words through. */
static void take_options(const struct cli_options *options, struct store_tenant *tenant)
{
    cli_take_text(options->rename, &tenant->name);
    cli_take_text(options->title, &tenant->title);
    cli_take_yes_no(options->dns_only, &tenant->is_dns_only);
    if (options->shape != NULL)
        (void)store_server_shape_read(seki_str_of(options->shape), &tenant->server_shape);
    if (options->dns != NULL)
        (void)store_dns_shape_read(seki_str_of(options->dns), &tenant->dns_shape);
}

enum cli_exit cli_tenant_add(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_tenant tenant = { .name = seki_str_of(name), .server_shape = POLICY_SHARED };
    take_options(options, &tenant);
    if (cli_store_make(&store, options) && cli_store_begin(&store, "cli") &&
        cli_store_did(&store, store_tenant_add(store.change, &tenant, NULL, &store.why)) &&
        cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:s}", "tenant", name), _("Tenant %s was added."), name);
    return cli_store_close(&store);
}

enum cli_exit cli_tenant_set(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_tenant tenant;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
        cli_find_tenant(&store, name, &tenant)) {
        take_options(options, &tenant);
        if (cli_store_did(&store, store_tenant_change(store.change, &tenant, &store.why)) &&
            cli_store_commit(&store))
            cli_store_tell(&store, json_pack("{s:o}", "tenant", cli_json_str(tenant.name)),
                           _("Tenant %.*s was changed."), SEKI_STR_ARGS(tenant.name));
    }
    return cli_store_close(&store);
}

enum cli_exit cli_tenant_remove(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_tenant tenant;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
        cli_find_tenant(&store, name, &tenant) &&
        cli_store_did(&store, store_tenant_remove(store.change, tenant.id, options->with_domains, &store.why)) &&
        cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:s}", "tenant", name), _("Tenant %s was removed."), name);
    return cli_store_close(&store);
}

static void add_row(struct cli_table *table, const struct store_tenant *tenant)
{
    cli_table_add(table, tenant->name);
    cli_table_add(table, seki_str_of(policy_shape_name(tenant->server_shape)));
    cli_table_add(table, seki_str_of(store_dns_shape_name(tenant->dns_shape)));
    cli_table_add(table, seki_str_of(tenant->is_dns_only ? "no" : "yes"));
    cli_table_format(table, "%lld", (long long)tenant->domain_count);
    cli_table_add(table, tenant->title);
}

/* All of them, a list after the other. */
enum cli_exit cli_tenant_list(const struct cli_options *options, const char *operand)
{
    static const char *const headings[] = { N_("TENANT"), N_("SERVER"),  N_("DNS"),
                                            N_("MAIL"),   N_("DOMAINS"), N_("TITLE") };
    struct cli_store store;
    struct cli_table table;
    json_t *list = json_array();
    (void)operand;
    bool is_done = cli_store_open(&store, options);
    cli_table_begin(&table, store.arena, sizeof headings / sizeof headings[0], headings);
    const struct store_tenant *tenants = NULL;
    size_t count = STORE_LIST_MAX_ROWS;
    for (struct seki_str after = SEKI_STR(""); is_done && count == STORE_LIST_MAX_ROWS;) {
        is_done = cli_store_did(&store, store_tenant_list(store.sql, after, STORE_LIST_MAX_ROWS, store.arena,
                                                          &tenants, &count, &store.why));
        for (size_t i = 0; is_done && i < count; i++) {
            json_array_append_new(list, cli_json_tenant(&tenants[i]));
            add_row(&table, &tenants[i]);
            after = tenants[i].name;
        }
    }
    if (is_done && options->json)
        cli_json_print(json_pack("{s:O}", "tenants", list));
    else if (is_done)
        cli_table_print(&table);
    json_decref(list);
    return cli_store_close(&store);
}

static void print_tenant(struct cli_store *store, const struct store_tenant *tenant,
                         const struct store_domain *domains, size_t count)
{
    char when[CLI_WHEN_MAX];
    struct cli_table table;
    cli_table_begin(&table, store->arena, 2, NULL);
    cli_table_add(&table, seki_str_of(_("tenant")));
    cli_table_add(&table, tenant->name);
    cli_table_add(&table, seki_str_of(_("title")));
    cli_table_add(&table, tenant->title);
    cli_table_add(&table, seki_str_of(_("server")));
    cli_table_add(&table, seki_str_of(policy_shape_name(tenant->server_shape)));
    cli_table_add(&table, seki_str_of(_("DNS")));
    cli_table_format(&table, "%s%s", store_dns_shape_name(tenant->dns_shape),
                     tenant->is_dns_only ? _(" (its mail is elsewhere)") : "");
    cli_table_add(&table, seki_str_of(_("since")));
    cli_table_format(&table, "%s", cli_when_show(tenant->created_at_s, when));
    cli_table_add(&table, seki_str_of(_("domains")));
    cli_table_format(&table, "%lld", (long long)tenant->domain_count);
    cli_table_print(&table);
    for (size_t i = 0; i < count; i++)
        cli_print_item(2, "", "%.*s", SEKI_STR_ARGS(cli_readable(domains[i].name, store->arena)));
}

enum cli_exit cli_tenant_show(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_tenant tenant;
    const struct store_domain *domains = NULL;
    size_t count = 0;
    bool is_done = cli_store_open(&store, options) && cli_find_tenant(&store, name, &tenant);
    if (is_done) {
        struct store_domain_filter filter = { .tenant_id = tenant.id };
        is_done =
            cli_store_did(&store, store_domain_list(store.sql, &filter, store.arena, &domains, &count, &store.why));
    }
    if (is_done && options->json) {
        json_t *root = cli_json_tenant(&tenant), *names = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(names, cli_json_str(domains[i].name));
        json_object_set_new(root, "domain_names", names);
        cli_json_print(root);
    } else if (is_done) {
        print_tenant(&store, &tenant, domains, count);
    }
    return cli_store_close(&store);
}
