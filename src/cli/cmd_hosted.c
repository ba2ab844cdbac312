/* `sekisho domain add|list|show|set|remove`: the domains that we host. */
#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"
#include "store/confirmations.h"
#include "store/held.h"
#include "store/resolve.h"

#include <stdio.h>

static bool take_options(struct cli_store *store, struct store_domain *domain)
{
    struct store_tenant tenant;
    cli_take_yes_no(store->options->with_subdomains, &domain->includes_subdomains);
    if (store->options->tenant == NULL)
        return true;
    if (!cli_find_tenant(store, store->options->tenant, &tenant))
        return false;
    domain->tenant_id = tenant.id;
    return true;
}

enum cli_exit cli_hosted_add(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_domain domain = { .name = seki_str_of(name) }, added;
    if (options->tenant == NULL) {
        cli_complain("%s", _("domain add needs --tenant: whose domain is it?"));
        return CLI_USAGE;
    }
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") && take_options(&store, &domain) &&
        cli_store_did(&store, store_domain_add(store.change, &domain, NULL, &store.why)) &&
        cli_find_domain(&store, name, &added) &&
        cli_store_commit(&store)) /* the name as it is hosted, in A-labels */
        cli_store_tell(&store,
                       json_pack("{s:o, s:s}", "domain", cli_json_str(added.name), "tenant", options->tenant),
                       _("Domain %.*s was added to %s. Nothing is filtered until its policy says so."),
                       SEKI_STR_ARGS(cli_readable(added.name, store.arena)), options->tenant);
    return cli_store_close(&store);
}

enum cli_exit cli_hosted_set(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_domain domain;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
        cli_find_domain(&store, name, &domain) && take_options(&store, &domain) &&
        cli_store_did(&store, store_domain_change(store.change, &domain, &store.why)) && cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:o}", "domain", cli_json_str(domain.name)),
                       _("Domain %.*s was changed."), SEKI_STR_ARGS(cli_readable(domain.name, store.arena)));
    return cli_store_close(&store);
}

/* Held messages outlive the domain until they expire. */
static bool count_held(struct cli_store *store, int64_t domain_id, size_t *count_out)
{
    const struct store_held_filter filter = { .domain_id = domain_id, .address = SEKI_STR(""), .only_held = true };
    const struct store_held *items;
    return cli_store_did(store, store_held_list(store->sql, &filter, store->arena, &items, count_out, &store->why));
}

enum cli_exit cli_hosted_remove(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_domain domain;
    size_t held = 0;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
        cli_find_domain(&store, name, &domain) && count_held(&store, domain.id, &held) &&
        cli_store_did(&store, store_domain_remove(store.change, domain.id, &store.why)) &&
        cli_store_commit(&store)) {
        cli_store_tell(&store,
                       json_pack("{s:o, s:I}", "domain", cli_json_str(domain.name), "held", (json_int_t)held),
                       _("Domain %.*s was removed, with its policy, allow list and confirmations."),
                       SEKI_STR_ARGS(cli_readable(domain.name, store.arena)));
        if (held > 0 && !options->json)
            cli_print_sentence(
                0,
                cli_text_plural("%lu message is still held for it until it is released or expires: "
                                "see `sekisho quarantine list %.*s`.",
                                "%lu messages are still held for it until they are released or expire: "
                                "see `sekisho quarantine list %.*s`.",
                                (unsigned long)held),
                (unsigned long)held, SEKI_STR_ARGS(domain.name));
    }
    return cli_store_close(&store);
}

static bool list_domains(struct cli_store *store, struct store_domain_filter *filter, json_t *list,
                         struct cli_table *table)
{
    const struct store_domain *domains = NULL;
    size_t count = STORE_LIST_MAX_ROWS;
    filter->after = SEKI_STR("");
    while (count == STORE_LIST_MAX_ROWS) {
        if (!cli_store_did(store,
                           store_domain_list(store->sql, filter, store->arena, &domains, &count, &store->why)))
            return false;
        for (size_t i = 0; i < count; i++) {
            json_array_append_new(list, cli_json_domain(&domains[i]));
            cli_table_add(table, domains[i].name);
            cli_table_add(table, domains[i].tenant_name);
            cli_table_add(table, seki_str_of(cli_yes_no(domains[i].includes_subdomains)));
            filter->after = domains[i].name;
        }
    }
    return true;
}

enum cli_exit cli_hosted_list(const struct cli_options *options, const char *operand)
{
    static const char *const headings[] = { N_("DOMAIN"), N_("TENANT"), N_("SUBDOMAINS TOO") };
    struct cli_store store;
    struct cli_table table;
    struct store_tenant tenant = { .id = 0 };
    json_t *list = json_array();
    bool is_done = cli_store_open(&store, options) &&
                   (options->tenant == NULL || cli_find_tenant(&store, options->tenant, &tenant));
    struct store_domain_filter filter = { .tenant_id = tenant.id };
    cli_take_text(operand, &filter.below);
    cli_table_begin(&table, store.arena, sizeof headings / sizeof headings[0], headings);
    is_done = is_done && list_domains(&store, &filter, list, &table);
    if (is_done && options->json)
        cli_json_print(json_pack("{s:O}", "domains", list));
    else if (is_done)
        cli_table_print(&table);
    json_decref(list);
    return cli_store_close(&store);
}

/* What is known of one domain. */
struct hosted_look {
    struct store_domain domain;
    struct store_resolved resolved;
    const struct store_confirmation *confirmations; /* newest first */
    size_t confirmation_count;
};

static bool look(struct cli_store *store, const char *name, struct hosted_look *look)
{
    return cli_find_domain(store, name, &look->domain) &&
           cli_store_did(store, store_resolve_domain(store->sql, look->domain.id, store->arena, &look->resolved,
                                                     &store->why)) &&
           cli_store_did(store,
                         store_confirmation_list(store->sql, look->domain.id, store->arena, &look->confirmations,
                                                 &look->confirmation_count, &store->why));
}

static const char *filter_in_force(const struct hosted_look *look, struct seki_arena *arena)
{
    const struct policy_option *filter = policy_option_find(SEKI_STR("filter"));
    struct seki_str value =
        seki_arena_copy(arena, policy_option_write(filter, &look->resolved.domain.policy, arena));
    return value.ptr != NULL ? value.ptr : "";
}

static json_t *json_confirmations(const struct hosted_look *look)
{
    json_t *list = json_array();
    for (size_t i = 0; i < look->confirmation_count; i++) {
        const struct store_confirmation *c = &look->confirmations[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:b}", "by",
                                              cli_json_str(c->administrator), "note", cli_json_str(c->note),
                                              "explanation", (json_int_t)c->version, "at", cli_json_when(c->at_s),
                                              "recorded_by", cli_json_str(c->recorded_by), "withdrawn_at",
                                              cli_json_when(c->withdrawn_at_s), "valid", (int)c->is_valid));
    }
    return list;
}

static void print_json(const struct hosted_look *look, struct seki_arena *arena)
{
    json_t *root = cli_json_domain(&look->domain);
    json_object_set_new(root, "shape", json_string(policy_shape_name(look->resolved.domain.shape)));
    json_object_set_new(root, "filter", json_string(filter_in_force(look, arena)));
    json_object_set_new(root, "held_back", json_boolean(look->resolved.is_held_back));
    json_object_set_new(root, "allow_entries", json_integer((json_int_t)look->resolved.domain.allow_count));
    json_object_set_new(root, "confirmations", json_confirmations(look));
    cli_json_print(root);
}

static void print_text(const struct hosted_look *look, struct seki_arena *arena)
{
    char when[CLI_WHEN_MAX];
    struct cli_table table;
    cli_table_begin(&table, arena, 2, NULL);
    cli_table_add(&table, seki_str_of(_("domain")));
    cli_table_format(&table, "%.*s%s", SEKI_STR_ARGS(look->domain.name),
                     look->domain.includes_subdomains ? _(" and the names below it") : "");
    cli_table_add(&table, seki_str_of(_("tenant")));
    cli_table_format(&table, "%.*s (%s)", SEKI_STR_ARGS(look->domain.tenant_name),
                     policy_shape_name(look->resolved.domain.shape));
    cli_table_add(&table, seki_str_of(_("since")));
    cli_table_format(&table, "%s", cli_when_show(look->domain.created_at_s, when));
    cli_table_add(&table, seki_str_of(_("filter")));
    cli_table_format(&table, "%s", filter_in_force(look, arena));
    cli_table_add(&table, seki_str_of(_("allow list")));
    cli_table_format(&table, "%zu", look->resolved.domain.allow_count);
    for (size_t i = 0; i < look->confirmation_count; i++) {
        const struct store_confirmation *c = &look->confirmations[i];
        cli_table_add(&table, seki_str_of(i == 0 ? _("confirmed") : " "));
        cli_table_format(&table, _("%s by %.*s, explanation %lld%s"), cli_when_show(c->at_s, when),
                         SEKI_STR_ARGS(c->administrator), (long long)c->version,
                         c->is_valid ? "" : _(" (counts no longer)"));
    }
    cli_table_print(&table);
    if (look->resolved.is_held_back)
        cli_print_sentence(0, "%s",
                           _("What was chosen for it is held back: its administrator has not confirmed it. See "
                             "`sekisho policy confirm`."));
}

enum cli_exit cli_hosted_show(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct hosted_look found = { 0 };
    bool is_done = cli_store_open(&store, options) && look(&store, name, &found);
    if (is_done && options->json)
        print_json(&found, store.arena);
    else if (is_done)
        print_text(&found, store.arena);
    return cli_store_close(&store);
}
