/* `sekisho policy what-if`: the recorded traffic of a domain, judged by choices and entries that nobody has made yet. */
#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/reason.h"
#include "cli/json.h"
#include "cli/policy_owner.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/what_if.h"
#include "cli/when.h"
#include "store/resolve.h"
#include "store/traffic_scan.h"

#include <sekisho/domain.h>

#include <stdio.h>
#include <stdlib.h>

#define PRESET_DAYS     30u
#define PRESET_EXAMPLES 3u
#define DAY_S           86400
#define US_OF_S         1000000

struct proposal {
    struct store_domain domain;
    struct policy policy;
    struct policy alone; /* without the provider's choices, which nobody here can help */
    enum policy_shape shape;
    struct policy_allow *entries;
    size_t entry_count;
    bool is_filter_assumed; /* it is not on, and was not chosen: judged as if it were */
};

/* ---- what is proposed ---- */

static bool lay_choice(struct cli_store *store, const struct store_setting *setting, struct proposal *proposal)
{
    enum seki_result result = policy_option_read(setting->option, setting->value, &proposal->policy, &store->why);
    if (result == SEKI_OK && (setting->level == STORE_TENANT || setting->level == STORE_DOMAIN))
        result = policy_option_read(setting->option, setting->value, &proposal->alone, &store->why);
    return cli_store_did(store, result);
}

static bool lay_choices(struct cli_store *store, struct proposal *proposal)
{
    const struct store_setting *settings;
    const struct store_owner owner = { STORE_DOMAIN, proposal->domain.id };
    if (!cli_store_did(store, store_setting_effective(store->sql, owner, store->arena, &settings, &store->why)))
        return false;
    proposal->policy = proposal->alone = policy_default();
    for (size_t i = 0; i < policy_option_count; i++)
        if (!lay_choice(store, &settings[i], proposal))
            return false;
    return true;
}

static bool lay_proposed(struct cli_store *store, struct proposal *proposal)
{
    const struct cli_options *options = store->options;
    bool names_filter = false;
    for (size_t i = 1; i < options->operand_count; i++) {
        const struct policy_option *option;
        if (!cli_policy_propose(store, options->operands[i], &proposal->policy, &option) ||
            !cli_policy_propose(store, options->operands[i], &proposal->alone, &option))
            return false;
        names_filter = names_filter || strcmp(option->name, "filter") == 0;
    }
    proposal->is_filter_assumed = !names_filter && proposal->policy.filter != POLICY_ON;
    if (proposal->is_filter_assumed)
        proposal->policy.filter = POLICY_ON;
    return true;
}

static bool to_ascii(struct cli_store *store, struct seki_str *name)
{
    if (name->len == 0 || seki_domain_to_ascii(store->arena, *name, name) == SEKI_OK)
        return true;
    cli_complain(_("\"%.*s\" is not a domain name"), SEKI_STR_ARGS(*name));
    return cli_store_misused(store);
}

static bool read_entry(struct cli_store *store, struct policy_allow *entry)
{
    const struct cli_options *options = store->options;
    *entry = (struct policy_allow){ .id = CLI_WHAT_IF_PROPOSED, .author_domain = SEKI_STR("") };
    if (options->evidence == NULL)
        cli_complain("%s", _("--allow needs --evidence: what shows that the author sent it?"));
    if (options->evidence == NULL || !cli_evidence_read(seki_str_of(options->evidence), entry))
        return cli_store_misused(store);
    if (strcmp(options->allow, "*") != 0)
        entry->author_domain = seki_str_of(options->allow);
    cli_take_yes_no(options->with_subdomains, &entry->includes_subdomains);
    return to_ascii(store, &entry->author_domain) && to_ascii(store, &entry->domain);
}

/* Those that are there, without --without, and the one that --allow proposes. */
static bool lay_entries(struct cli_store *store, struct proposal *proposal, const struct store_resolved *resolved)
{
    const struct cli_options *options = store->options;
    size_t there = resolved->domain.allow_count;
    bool is_found = options->without == 0;
    proposal->entries = seki_arena_alloc(store->arena, there + 1, sizeof *proposal->entries);
    if (proposal->entries == NULL)
        return cli_store_did(store, seki_arena_failure(store->arena));
    for (size_t i = 0; i < there; i++) {
        if (resolved->entries[i].id == options->without)
            is_found = true;
        else
            proposal->entries[proposal->entry_count++] = resolved->entries[i];
    }
    if (!is_found) {
        seki_error_set(&store->why, "the allow list of %.*s has no entry %llu",
                       SEKI_STR_ARGS(proposal->domain.name), (unsigned long long)options->without);
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    return options->allow == NULL || read_entry(store, &proposal->entries[proposal->entry_count++]);
}

/* As when it is chosen (store_setting_check()): what the provider chose and a gateway cannot do is no fault of the proposal. */
static bool fits(struct cli_store *store, const struct proposal *proposal)
{
    return policy_check_shape(&proposal->alone, proposal->shape, &store->why) ||
           policy_check_shape(&proposal->policy, proposal->shape, NULL) || cli_store_did(store, SEKI_BAD_INPUT);
}

static bool read_proposal(struct cli_store *store, const char *name, struct proposal *proposal)
{
    struct store_resolved resolved;
    if (!cli_find_domain(store, name, &proposal->domain) ||
        !cli_store_did(
            store, store_resolve_domain(store->sql, proposal->domain.id, store->arena, &resolved, &store->why)) ||
        !lay_choices(store, proposal) || !lay_proposed(store, proposal))
        return false;
    proposal->shape = resolved.domain.shape;
    return fits(store, proposal) && lay_entries(store, proposal, &resolved);
}

/* ---- what would have changed ---- */

static const char *why_of(const struct cli_what_if_example *example, char text[CLI_NAME_MAX])
{
    const struct policy_judgement *now = &example->would_be;
    if (now->action != POLICY_DELIVER)
        return policy_check_name(now->decisive);
    if (now->allow_id == CLI_WHAT_IF_PROPOSED)
        return N_("the proposed entry");
    if (now->allow_id != 0)
        snprintf(text, CLI_NAME_MAX, "allow entry %llu", (unsigned long long)now->allow_id);
    else
        snprintf(text, CLI_NAME_MAX, "%s no longer acts", policy_check_name(example->was.decisive));
    return text;
}

static json_t *json_examples(const struct cli_what_if_change *change)
{
    char text[CLI_NAME_MAX];
    json_t *list = json_array();
    for (size_t i = 0; i < change->example_count; i++) {
        const struct cli_what_if_example *e = &change->examples[i];
        json_array_append_new(list,
                              json_pack("{s:I, s:o, s:o, s:o, s:s}", "message", (json_int_t)e->message, "at",
                                        cli_json_when(e->at_us / US_OF_S), "author",
                                        cli_json_str(seki_str_of(e->author_domain)), "mail_from_domain",
                                        cli_json_str(seki_str_of(e->mail_from_domain)), "why", why_of(e, text)));
    }
    return list;
}

static json_t *json_change(const struct cli_what_if *what_if, enum policy_action was, enum policy_action would_be)
{
    const struct cli_what_if_change *change = &what_if->changes[was][would_be];
    json_t *checks = json_object();
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        if (change->by_check[i] > 0)
            json_object_set_new(checks, policy_check_name((enum policy_check)i),
                                json_integer((json_int_t)change->by_check[i]));
    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "was", policy_action_name(was), "would_be",
                     policy_action_name(would_be), "count", (json_int_t)change->count, "checks", checks, "examples",
                     json_examples(change));
}

static void print_json(const struct cli_what_if *what_if, const struct proposal *proposal)
{
    json_t *changes = json_array();
    for (size_t was = 0; was < POLICY_ACTION_COUNT; was++)
        for (size_t to = 0; to < POLICY_ACTION_COUNT; to++)
            if (what_if->changes[was][to].count > 0)
                json_array_append_new(changes,
                                      json_change(what_if, (enum policy_action)was, (enum policy_action)to));
    cli_json_print(json_pack("{s:o, s:o, s:o, s:b, s:I, s:I, s:o}", "domain", cli_json_str(proposal->domain.name),
                             "oldest", cli_json_when(what_if->oldest_us / US_OF_S), "newest",
                             cli_json_when(what_if->newest_us / US_OF_S), "filter_assumed",
                             (int)proposal->is_filter_assumed, "messages", (json_int_t)what_if->count, "changed",
                             (json_int_t)what_if->changed, "changes", changes));
}

static void add_counts(struct cli_table *table, const struct cli_what_if *what_if)
{
    for (size_t was = 0; was < POLICY_ACTION_COUNT; was++)
        for (size_t to = 0; to < POLICY_ACTION_COUNT; to++) {
            const struct cli_what_if_change *change = &what_if->changes[was][to];
            if (change->count == 0)
                continue;
            cli_table_format(table, "%s", policy_action_name((enum policy_action)was));
            cli_table_format(table, "%s", policy_action_name((enum policy_action)to));
            cli_table_format(table, "%llu", (unsigned long long)change->count);
        }
}

static void add_examples(struct cli_table *table, const struct cli_what_if_change *change)
{
    char when[CLI_WHEN_MAX], text[CLI_NAME_MAX];
    struct seki_buf why;
    for (size_t i = 0; i < change->example_count; i++) {
        const struct cli_what_if_example *e = &change->examples[i];
        cli_table_format(table, "%lld", (long long)e->message);
        cli_table_format(table, "%s", cli_when_show(e->at_us / US_OF_S, when));
        cli_table_format(table, "%s", e->author_domain);
        cli_table_format(table, "%s > %s", policy_action_name(e->was.action),
                         policy_action_name(e->would_be.action));
        seki_buf_init_arena(&why, table->arena, CLI_NAME_MAX * 4);
        cli_reason(seki_str_of(why_of(e, text)), &why);
        cli_table_add(table, seki_buf_str(&why));
    }
}

static void print_text(const struct cli_what_if *what_if, const struct proposal *proposal, struct seki_arena *arena)
{
    static const char *const counts[] = { N_("WAS"), N_("WOULD BE"), N_("MESSAGES") };
    static const char *const examples[] = { N_("MESSAGE"), N_("TIME"), N_("AUTHOR"), N_("CHANGE"), N_("WHY") };
    char oldest[CLI_WHEN_MAX], newest[CLI_WHEN_MAX];
    struct cli_table table;
    if (what_if->count == 0) {
        cli_print_sentence(0, _("No message to %.*s is recorded of that time."),
                           SEKI_STR_ARGS(cli_readable(proposal->domain.name, arena)));
        return;
    }
    cli_print_sentence(0, _("%.*s, %s to %s: %llu messages, of which %llu would have ended otherwise."),
                       SEKI_STR_ARGS(cli_readable(proposal->domain.name, arena)),
                       cli_when_show(what_if->oldest_us / US_OF_S, oldest),
                       cli_when_show(what_if->newest_us / US_OF_S, newest), (unsigned long long)what_if->count,
                       (unsigned long long)what_if->changed);
    if (proposal->is_filter_assumed)
        cli_print_sentence(
            0, "%s",
            _("The filter is not on: both are what it would have done if it had been. What it would do at all "
              "is asked with filter=on."));
    if (what_if->changed == 0)
        return;
    putchar('\n');
    cli_table_begin(&table, arena, 3, counts);
    add_counts(&table, what_if);
    cli_table_print(&table);
    putchar('\n');
    cli_table_begin(&table, arena, 5, examples);
    for (size_t was = 0; was < POLICY_ACTION_COUNT; was++)
        for (size_t to = 0; to < POLICY_ACTION_COUNT; to++)
            add_examples(&table, &what_if->changes[was][to]);
    cli_table_print(&table);
}

struct judging {
    struct cli_what_if *what_if;
    bool is_filter_assumed;
};

/* Where the filter is only assumed to be on, it is so on both sides: what differs is then the proposal's doing. */
static bool visit(void *user, const struct store_traffic_row *row)
{
    const struct judging *judging = user;
    struct policy_judgement was = row->recipient.judgement;
    if (row->reply_code / 100 == 4) /* put off: it came again, and counts there */
        return true;
    if (judging->is_filter_assumed)
        was.action = was.would_be;
    cli_what_if_add(judging->what_if, &row->facts, &was, row->message, row->at_us);
    return true;
}

static bool judge_again(struct cli_store *store, const struct proposal *proposal, struct cli_what_if *what_if)
{
    const struct cli_options *options = store->options;
    uint64_t days = options->days > 0 ? options->days : PRESET_DAYS;
    const struct store_traffic_filter filter = { .domain_id = proposal->domain.id,
                                                 .since_us = (store->now_s - (int64_t)days * DAY_S) * US_OF_S };
    struct judging judging = { what_if, proposal->is_filter_assumed };
    what_if->policy = &proposal->policy;
    what_if->shape = proposal->shape;
    what_if->entries = proposal->entries;
    what_if->entry_count = proposal->entry_count;
    what_if->example_limit = options->examples > 0 ? (size_t)options->examples : PRESET_EXAMPLES;
    return cli_store_did(store, store_traffic_scan(store->sql, &filter, visit, &judging, &store->why));
}

enum cli_exit cli_policy_what_if(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct proposal proposal = { .entries = NULL };
    struct cli_what_if *what_if = calloc(1, sizeof *what_if);
    bool is_done = cli_store_open(&store, options);
    if (is_done && what_if == NULL)
        is_done = cli_store_did(&store, SEKI_SYSTEM);
    if (is_done && options->operand_count == 1 && options->allow == NULL && options->without == 0) {
        cli_complain("%s", _("what is proposed? Give NAME=VALUE, --allow AUTHOR or --without ID"));
        is_done = cli_store_misused(&store);
    }
    is_done = is_done && read_proposal(&store, name, &proposal) && judge_again(&store, &proposal, what_if);
    if (is_done && options->json)
        print_json(what_if, &proposal);
    else if (is_done)
        print_text(what_if, &proposal, store.arena);
    free(what_if);
    return cli_store_close(&store);
}
