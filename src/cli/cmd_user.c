/* `sekisho user add|list|set|remove`. */
#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"

#include <stdio.h>

/* What the options say; what they do not say stays. */
static bool take_options(struct cli_store *store, struct store_user *user)
{
    const struct cli_options *options = store->options;
    struct store_tenant tenant;
    cli_take_text(options->title, &user->title);
    cli_take_text(options->address, &user->address);
    cli_take_yes_no(options->disabled, &user->is_disabled);
    if (options->role != NULL) /* the table lets no other words through */
        (void)store_role_read(seki_str_of(options->role), &user->role);
    if (options->language != NULL)
        user->language = strcmp(options->language, "ja") == 0 ? POLICY_JAPANESE : POLICY_ENGLISH;
    if (options->tenant == NULL)
        return true;
    if (!cli_find_tenant(store, options->tenant, &tenant))
        return false;
    user->tenant_id = tenant.id;
    return true;
}

enum cli_exit cli_user_add(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_user user = { .name = seki_str_of(name), .title = SEKI_STR(""), .address = SEKI_STR("") };
    if (options->role == NULL) {
        cli_complain("%s", _("user add needs --role: operator, administrator or mailbox-owner"));
        return CLI_USAGE;
    }
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") && take_options(&store, &user) &&
        cli_store_did(&store, store_user_add(store.change, &user, NULL, &store.why)) && cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:s}", "user", name), _("User %s was added."), name);
    return cli_store_close(&store);
}

static bool find_user(struct cli_store *store, const char *name, struct store_user *user_out)
{
    return cli_store_did(store, store_user_find(store_change_sql(store->change), seki_str_of(name), store->arena,
                                                user_out, &store->why));
}

enum cli_exit cli_user_set(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_user user;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") && find_user(&store, name, &user) &&
        take_options(&store, &user) && cli_store_did(&store, store_user_change(store.change, &user, &store.why)) &&
        cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:o}", "user", cli_json_str(user.name)), _("User %.*s was changed."),
                       SEKI_STR_ARGS(user.name));
    return cli_store_close(&store);
}

enum cli_exit cli_user_remove(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_user user;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") && find_user(&store, name, &user) &&
        cli_store_did(&store, store_user_remove(store.change, user.id, &store.why)) && cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:o}", "user", cli_json_str(user.name)), _("User %.*s was removed."),
                       SEKI_STR_ARGS(user.name));
    return cli_store_close(&store);
}

static void add_row(struct cli_table *table, const struct store_user *user)
{
    cli_table_add(table, user->name);
    cli_table_format(table, "%s%s", store_role_name(user->role), user->is_disabled ? _(" (disabled)") : "");
    cli_table_add(table, user->tenant_name);
    cli_table_add(table, user->address);
    cli_table_add(table, user->title);
}

static bool list_users(struct cli_store *store, int64_t tenant_id, json_t *list, struct cli_table *table)
{
    const struct store_user *users = NULL;
    struct seki_str after = SEKI_STR("");
    size_t count = STORE_LIST_MAX_ROWS;
    while (count == STORE_LIST_MAX_ROWS) {
        if (!cli_store_did(store, store_user_list(store->sql, tenant_id, after, STORE_LIST_MAX_ROWS, store->arena,
                                                  &users, &count, &store->why)))
            return false;
        for (size_t i = 0; i < count; i++) {
            json_array_append_new(list, cli_json_user(&users[i]));
            add_row(table, &users[i]);
            after = users[i].name;
        }
    }
    return true;
}

enum cli_exit cli_user_list(const struct cli_options *options, const char *operand)
{
    static const char *const headings[] = { N_("USER"), N_("ROLE"), N_("TENANT"), N_("ADDRESS"), N_("NAME") };
    struct cli_store store;
    struct cli_table table;
    struct store_tenant tenant = { .id = 0 };
    json_t *list = json_array();
    (void)operand;
    bool is_done = cli_store_open(&store, options) &&
                   (options->tenant == NULL || cli_find_tenant(&store, options->tenant, &tenant));
    cli_table_begin(&table, store.arena, sizeof headings / sizeof headings[0], headings);
    is_done = is_done && list_users(&store, tenant.id, list, &table);
    if (is_done && options->json)
        cli_json_print(json_pack("{s:O}", "users", list));
    else if (is_done)
        cli_table_print(&table);
    json_decref(list);
    return cli_store_close(&store);
}
