/* `sekisho policy show|set|unset|options|confirm`. */
#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/policy_owner.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"
#include "store/confirmations.h"
#include "store/resolve.h"

#include <stdio.h>

/* ---- show ---- */

/* Only a domain's policy is in force; all zero for a tenant and the provider. */
static bool resolve(struct cli_store *store, const struct cli_policy_owner *owner, struct store_resolved *resolved)
{
    *resolved = (struct store_resolved){ .is_held_back = false };
    return owner->owner.level != STORE_DOMAIN ||
           cli_store_did(store,
                         store_resolve_domain(store->sql, owner->owner.id, store->arena, resolved, &store->why));
}

static bool has_junk_at_a_gateway(const struct store_resolved *resolved)
{
    bool has_junk = false;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        has_junk |= policy_action_for(&resolved->domain.policy, (enum policy_check)i) == POLICY_JUNK;
    return has_junk && resolved->domain.shape == POLICY_GATEWAY;
}

static void show_json(const struct cli_policy_owner *owner, const struct store_setting *settings, bool held_back)
{
    json_t *options = json_array();
    for (size_t i = 0; i < policy_option_count; i++)
        json_array_append_new(options, json_pack("{s:s, s:o, s:s}", "name", settings[i].option->name, "value",
                                                 cli_json_str(settings[i].value), "from",
                                                 store_level_name(settings[i].level)));
    cli_json_print(json_pack("{s:s, s:o, s:b, s:o}", "level", store_level_name(owner->owner.level), "owner",
                             cli_json_str(owner->name), "held_back", (int)held_back, "options", options));
}

static void show_text(struct seki_arena *arena, const struct store_setting *settings,
                      const struct store_resolved *resolved)
{
    static const char *const headings[] = { N_("OPTION"), N_("VALUE"), N_("CHOSEN BY") };
    struct cli_table table;
    cli_table_begin(&table, arena, 3, headings);
    for (size_t i = 0; i < policy_option_count; i++) {
        cli_table_add(&table, seki_str_of(settings[i].option->name));
        cli_table_add(&table, settings[i].value);
        cli_table_add(&table,
                      seki_str_of(settings[i].level == STORE_DEFAULT ? "" : store_level_name(settings[i].level)));
    }
    cli_table_print(&table);
    if (has_junk_at_a_gateway(resolved))
        cli_print_sentence(
            0, "%s", _("A gateway has no junk folder: mail for which junk is chosen here is marked instead."));
    if (resolved->is_held_back)
        cli_print_sentence(0, "%s",
                           _("This is held back: nothing is done to the domain's mail, and nothing is reported, "
                             "until its administrator has confirmed it. See `sekisho policy confirm`."));
}

enum cli_exit cli_policy_show(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    struct cli_policy_owner owner;
    const struct store_setting *settings = NULL;
    struct store_resolved resolved = { .is_held_back = false };
    (void)operand;
    bool is_done = cli_store_open(&store, options) && cli_policy_owner_find(&store, &owner) &&
                   cli_store_did(&store, store_setting_effective(store.sql, owner.owner, store.arena, &settings,
                                                                 &store.why)) &&
                   resolve(&store, &owner, &resolved);
    if (is_done && options->json)
        show_json(&owner, settings, resolved.is_held_back);
    else if (is_done)
        show_text(store.arena, settings, &resolved);
    return cli_store_close(&store);
}

/* ---- set, unset ---- */

/* Of two values for one option the last would count, and nobody would hear that the first does not. */
static bool is_chosen_before(const struct cli_policy_owner *owner, size_t at, struct seki_str name)
{
    struct seki_str earlier, value;
    for (size_t i = 0; i < at; i++)
        if (cli_policy_choice(owner->operands[i], &earlier, &value) && seki_str_equal(earlier, name))
            return !cli_complain(_("%.*s is chosen twice; give one value"), SEKI_STR_ARGS(name));
    return false;
}

static bool set_all(struct cli_store *store, const struct cli_policy_owner *owner)
{
    struct seki_str name, value;
    for (size_t i = 0; i < owner->operand_count; i++) {
        if (!cli_policy_choice(owner->operands[i], &name, &value) || is_chosen_before(owner, i, name))
            return cli_store_misused(store);
        if (!cli_store_did(store, store_setting_set(store->change, owner->owner, name, value, &store->why)))
            return false;
    }
    return true;
}

static bool unset_all(struct cli_store *store, const struct cli_policy_owner *owner)
{
    for (size_t i = 0; i < owner->operand_count; i++)
        if (!cli_store_did(store, store_setting_unset(store->change, owner->owner, seki_str_of(owner->operands[i]),
                                                      &store->why)))
            return false;
    return true;
}

/* What goes wrong with what was chosen. That a value is the default again needs no warning. */
static const char *risk_of(const char *choice, const struct policy_option **option_out)
{
    struct seki_str name, value;
    *option_out = cli_policy_choice(choice, &name, &value) ? policy_option_find(name) : NULL;
    if (*option_out == NULL || seki_str_equal_nocase(value, seki_str_of((*option_out)->preset)))
        return NULL;
    return policy_option_risk(*option_out, value);
}

static json_t *json_risks(const struct cli_policy_owner *owner)
{
    json_t *risks = json_object();
    const struct policy_option *option;
    for (size_t i = 0; i < owner->operand_count; i++) {
        const char *risk = risk_of(owner->operands[i], &option);
        if (risk != NULL)
            json_object_set_new(risks, option->name, json_string(risk));
    }
    return risks;
}

static void print_risks(const struct cli_policy_owner *owner)
{
    const struct policy_option *option;
    for (size_t i = 0; i < owner->operand_count; i++) {
        const char *risk = risk_of(owner->operands[i], &option);
        if (risk != NULL)
            cli_print_sentence(2, _("%s: %s"), owner->operands[i], _(risk));
    }
}

/* Of the domains below a tenant or the provider; whether a domain's own choice waits is refused or shown with it. */
static bool count_held_back(struct cli_store *store, const struct cli_policy_owner *owner, int64_t *count_out)
{
    struct policy chosen = policy_default();
    const struct policy_option *option;
    *count_out = 0;
    if (owner->owner.level == STORE_DOMAIN)
        return true;
    for (size_t i = 0; i < owner->operand_count; i++)
        if (!cli_policy_propose(store, owner->operands[i], &chosen, &option))
            return false;
    return !policy_needs_confirmation(&chosen) ||
           cli_store_did(store,
                         store_confirmation_count_missing(store->sql, owner->owner.id, count_out, &store->why));
}

static void print_held_back(int64_t count)
{
    if (count > 0)
        cli_print_sentence(
            2,
            cli_text_plural("What needs a confirmation is held back for %lu domain that inherits it: "
                            "record it with `sekisho policy confirm DOMAIN --by WHO`.",
                            "What needs a confirmation is held back for the %lu domains that may "
                            "inherit it and have none: record it with `sekisho policy confirm DOMAIN "
                            "--by WHO`.",
                            (unsigned long)count),
            (unsigned long)count);
}

static enum cli_exit change_choices(const struct cli_options *options,
                                    bool (*change_all)(struct cli_store *, const struct cli_policy_owner *),
                                    bool tells_risks)
{
    struct cli_store store;
    struct cli_policy_owner owner;
    bool is_done = (tells_risks ? cli_store_make : cli_store_open)(&store, options) &&
                   cli_store_begin(&store, "cli") && cli_policy_owner_find(&store, &owner);
    if (is_done && owner.operand_count == 0) {
        cli_complain("%s", _("which options? See `sekisho policy options`"));
        is_done = cli_store_misused(&store);
    }
    int64_t held_back = 0;
    if (is_done && change_all(&store, &owner) && cli_store_commit(&store) &&
        (!tells_risks || count_held_back(&store, &owner, &held_back))) {
        json_t *done = json_pack("{s:o}", "owner", cli_json_str(owner.name));
        if (tells_risks)
            json_object_update_new(
                done, json_pack("{s:o, s:I}", "risks", json_risks(&owner), "held_back", (json_int_t)held_back));
        cli_store_tell(&store, done, _("The policy of %.*s was changed."),
                       SEKI_STR_ARGS(cli_readable(owner.name, store.arena)));
        if (tells_risks && !options->json) {
            print_risks(&owner);
            print_held_back(held_back);
        }
    }
    return cli_store_close(&store);
}

enum cli_exit cli_policy_set(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return change_choices(options, set_all, true);
}

enum cli_exit cli_policy_unset(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return change_choices(options, unset_all, false);
}

/* ---- options ---- */

static struct seki_str values_of(const struct policy_option *option, struct seki_arena *arena)
{
    struct seki_buf text;
    if (option->type == POLICY_OPTION_YES_NO)
        return SEKI_STR("no, yes");
    if (option->type == POLICY_OPTION_NUMBER)
        return seki_arena_format(arena, "%llu-%llu", (unsigned long long)option->min,
                                 (unsigned long long)option->max);
    if (option->type == POLICY_OPTION_TEXT)
        return seki_str_of(_("text"));
    seki_buf_init_arena(&text, arena, 512);
    for (size_t i = 0; option->words[i] != NULL; i++)
        seki_buf_add_format(&text, "%s%s", i > 0 ? ", " : "", option->words[i]);
    return seki_buf_str(&text);
}

/* By policy_option_rank(). */
static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const texts[] = { N_("empty"), N_("not empty"), NULL };

/* "junk, hold, quarantine" */
static struct seki_str values_at_risk(const struct policy_option *option, const struct policy_risk *risk,
                                      struct seki_arena *arena)
{
    const char *const *words = option->type == POLICY_OPTION_WORD ? option->words : yes_no;
    struct seki_buf text;
    if (option->type == POLICY_OPTION_TEXT)
        return seki_str_of(texts[risk->first]);
    if (option->type == POLICY_OPTION_NUMBER)
        return values_of(option, arena);
    seki_buf_init_arena(&text, arena, 512);
    for (unsigned i = risk->first; words[i] != NULL && i <= risk->last; i++)
        seki_buf_add_format(&text, "%s%s", text.len > 0 ? ", " : "", words[i]);
    return seki_buf_str(&text);
}

static json_t *json_option(const struct policy_option *option, struct seki_arena *arena)
{
    json_t *risks = json_object();
    for (size_t i = 0; i < POLICY_RISKS_MAX && option->risks[i].text != NULL; i++) {
        struct seki_str values = values_at_risk(option, &option->risks[i], arena);
        json_object_setn_new(risks, values.ptr, values.len, json_string(option->risks[i].text));
    }
    return json_pack("{s:s, s:o, s:s, s:s, s:o}", "name", option->name, "values",
                     cli_json_str(values_of(option, arena)), "default", option->preset, "help", option->help,
                     "risks", risks);
}

static void print_option(const struct policy_option *option, struct seki_arena *arena)
{
    struct seki_str values = values_of(option, arena);
    cli_print_sentence(0, "%s=%.*s", option->name, SEKI_STR_ARGS(values));
    cli_print_sentence(2, _("default: %s"), option->preset[0] != '\0' ? option->preset : _("nothing"));
    cli_print_sentence(2, "%s", _(option->help));
    for (size_t i = 0; i < POLICY_RISKS_MAX && option->risks[i].text != NULL; i++) {
        const struct policy_risk *risk = &option->risks[i];
        struct seki_str at_risk = option->type == POLICY_OPTION_TEXT ? seki_str_of(_(texts[risk->first]))
                                                                     : values_at_risk(option, risk, arena);
        cli_print_sentence(2, _("risk of %.*s: %s"), SEKI_STR_ARGS(at_risk), _(risk->text));
    }
}

static enum cli_exit tell_options(const struct cli_options *options, const struct policy_option *only,
                                  struct seki_arena *arena)
{
    static const char *const headings[] = { N_("OPTION"), N_("DEFAULT"), N_("VALUES") };
    struct cli_table table;
    json_t *list = json_array();
    cli_table_begin(&table, arena, 3, headings);
    for (size_t i = 0; i < policy_option_count; i++) {
        const struct policy_option *option = &policy_option_table[i];
        if (only != NULL && only != option)
            continue;
        json_array_append_new(list, json_option(option, arena));
        cli_table_add(&table, seki_str_of(option->name));
        cli_table_add(&table, seki_str_of(option->preset));
        cli_table_add(&table, values_of(option, arena));
    }
    if (options->json)
        cli_json_print(json_pack("{s:O}", "options", list));
    else if (only != NULL)
        print_option(only, arena);
    else
        cli_table_print(&table);
    json_decref(list);
    return CLI_DONE;
}

enum cli_exit cli_policy_options(const struct cli_options *options, const char *name)
{
    const struct policy_option *only = name != NULL ? policy_option_find(seki_str_of(name)) : NULL;
    const char *meant = name != NULL && only == NULL ? policy_option_nearest(seki_str_of(name)) : NULL;
    struct seki_arena *arena = seki_arena_new(1u << 20);
    enum cli_exit code = CLI_NO;
    if (arena == NULL)
        cli_say_trouble(options, N_("no memory to start with"));
    else if (name == NULL || only != NULL)
        code = tell_options(options, only, arena);
    else if (meant != NULL)
        cli_complain(_("there is no option \"%s\"; did you mean \"%s\"?"), name, meant);
    else
        cli_complain(_("there is no option \"%s\"; `sekisho policy options` lists them"), name);
    if (code != CLI_DONE && arena != NULL)
        code = CLI_USAGE;
    seki_arena_free(arena);
    return code;
}
