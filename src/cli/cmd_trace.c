/* `sekisho trace`: recorded messages by what is known of them, and one with its explanation. */
#include "cli/evaluation.h"
#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/recorded.h"
#include "cli/course.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"
#include "store/traffic_scan.h"

#include <stdio.h>

#define PRESET_LIMIT    100u
#define SENTENCE_OCTETS 4096u

/* ---- one message ---- */

static void show_text(struct cli_recorded *r, const struct cli_recalled *recalled, const struct seki_error *why)
{
    cli_print_recorded(r);
    putchar('\n');
    if (recalled == NULL) {
        struct seki_buf reason;
        seki_buf_init(&reason, SENTENCE_OCTETS);
        cli_reason(seki_str_of(why->text), &reason);
        cli_print_sentence(0, _("There is no explanation: %.*s."), SEKI_STR_ARGS(seki_buf_str(&reason)));
        seki_buf_release(&reason);
        return;
    }
    cli_print_sentence(0, "%s", _("From what was recorded, judged again by this program:"));
    putchar('\n');
    cli_print_verdict(&recalled->verdict);
    cli_print_course(recalled->verify, recalled->answers);
}

static void show_json(struct cli_recorded *r, const struct cli_recalled *recalled, const struct seki_error *why)
{
    json_t *root = cli_json_recorded(r), *explanation = json_null();
    if (recalled != NULL) {
        explanation = cli_json_verdict(&recalled->verdict);
        json_object_set_new(explanation, "steps", cli_json_course(recalled->verify));
        json_object_set_new(explanation, "dns", cli_json_answers(recalled->answers));
    }
    json_object_set_new(root, "explanation", explanation);
    json_object_set_new(root, "no_explanation", json_string(recalled == NULL ? why->text : ""));
    cli_json_print(root);
}

static enum cli_exit show(const struct cli_options *options, const char *operand)
{
    struct cli_recorded recorded;
    if (cli_recorded_open(&recorded, options, operand)) {
        struct cli_recalled recalled;
        struct seki_error why = { "" };
        bool is_recalled = cli_recall(&recorded, true, &recalled, &why);
        if (options->json)
            show_json(&recorded, is_recalled ? &recalled : NULL, &why);
        else
            show_text(&recorded, is_recalled ? &recalled : NULL, &why);
        cli_recalled_release(&recalled);
    }
    return cli_recorded_close(&recorded);
}

/* ---- several ---- */

static bool read_time(const char *option, const char *text, int64_t *time_us_out)
{
    int64_t time_s = 0;
    if (text == NULL)
        return true;
    if (!cli_when_read(seki_str_of(text), (int64_t)time(NULL), -1, &time_s))
        return cli_complain(
            _("--%s takes a date (2026-05-02), a time (2026-05-02T10:00:00Z), or how long ago (12h, 30d); "
              "not \"%s\""),
            option, text);
    *time_us_out = time_s * 1000000;
    return true;
}

/* ---- results: "fail" of DMARC, or "spf=fail,arc=pass" ---- */

static const char *spf_name(unsigned value)
{
    return seki_spf_result_name((enum seki_spf_result)value);
}

static const char *dkim_name(unsigned value)
{
    return seki_dkim_result_name((enum seki_dkim_result)value);
}

static const char *arc_name(unsigned value)
{
    return seki_arc_result_name((enum seki_arc_result)value);
}

static const char *dmarc_name(unsigned value)
{
    return seki_dmarc_result_name((enum seki_dmarc_result)value);
}

static const char *action_name(unsigned value)
{
    return policy_action_name((enum policy_action)value);
}

static const struct result_row {
    const char *name;
    const char *(*value_name)(unsigned value);
    unsigned last;
} result_rows[STORE_RESULT_COUNT] = {
    [STORE_RESULT_SPF] = { "spf", spf_name, SEKI_SPF_PERMERROR },
    [STORE_RESULT_DKIM] = { "dkim", dkim_name, SEKI_DKIM_PERMERROR },
    [STORE_RESULT_ARC] = { "arc", arc_name, SEKI_ARC_FAIL },
    [STORE_RESULT_DMARC] = { "dmarc", dmarc_name, SEKI_DMARC_PERMERROR },
    [STORE_RESULT_APPLIED] = { "applied", action_name, POLICY_ACTION_COUNT - 1 },
};

static bool complain_of_value(const struct result_row *row, struct seki_str value)
{
    char words[256] = "";
    for (unsigned i = 0; i <= row->last; i++) {
        size_t len = strlen(words);
        snprintf(words + len, sizeof words - len, "%s%s", i > 0 ? ", " : "", row->value_name(i));
    }
    return cli_complain(_("--result %s= takes one of %s; not \"%.*s\""), row->name, words, SEKI_STR_ARGS(value));
}

static bool read_one_result(struct seki_str word, struct store_traffic_filter *filter)
{
    size_t equals = seki_str_find(word, '='), which = STORE_RESULT_DMARC;
    struct seki_str name = seki_str_head(word, equals), value = word;
    if (equals < word.len) {
        value = seki_str_from(word, equals + 1);
        for (which = 0; which < STORE_RESULT_COUNT; which++)
            if (seki_str_equal(name, seki_str_of(result_rows[which].name)))
                break;
    }
    if (which == STORE_RESULT_COUNT)
        return cli_complain(_("--result knows spf=, dkim=, arc=, dmarc= and applied=; not \"%.*s=\""),
                            SEKI_STR_ARGS(name));
    const struct result_row *row = &result_rows[which];
    if (filter->results[which] != 0)
        return cli_complain(_("--result takes one value for %s"), row->name);
    for (unsigned i = 0; i <= row->last; i++)
        if (seki_str_equal(value, seki_str_of(row->value_name(i))))
            filter->results[which] = i + 1;
    return filter->results[which] != 0 || complain_of_value(row, value);
}

static bool read_results(const char *text, struct store_traffic_filter *filter)
{
    struct seki_str rest = seki_str_of(text != NULL ? text : ""), word;
    while (text != NULL && seki_str_split(&rest, ',', &word))
        if (!read_one_result(seki_str_trim(word), filter))
            return false;
    return true;
}

/* Addresses as people copy them, with angle brackets or without. */
static void take_address(const char *text, struct seki_str *address)
{
    cli_take_text(text, address);
    if (address->len >= 2 && address->ptr[0] == '<' && address->ptr[address->len - 1] == '>')
        *address = (struct seki_str){ address->ptr + 1, address->len - 2 };
}

static bool read_filter(const struct cli_options *options, struct store_traffic_filter *filter)
{
    *filter = (struct store_traffic_filter){ .is_newest_first = true, .with_position = true };
    cli_take_text(options->queue_id, &filter->queue_id);
    cli_take_text(options->message_id, &filter->message_id);
    take_address(options->sender, &filter->mail_from);
    filter->is_null_sender = options->sender != NULL && filter->mail_from.len == 0;
    take_address(options->recipient, &filter->recipient);
    cli_take_text(options->author, &filter->author_domain);
    filter->limit = options->limit > 0 ? (size_t)options->limit : PRESET_LIMIT;
    return (options->ip == NULL || cli_read_ip(options, &filter->client)) &&
           read_results(options->result, filter) && read_time("since", options->since, &filter->since_us) &&
           read_time("until", options->until, &filter->until_us);
}

static bool find_owner(struct cli_store *store, struct store_traffic_filter *filter)
{
    struct store_domain domain = { 0 };
    struct store_tenant tenant = { 0 };
    const struct cli_options *options = store->options;
    if (options->domain != NULL && !cli_find_domain(store, options->domain, &domain))
        return false;
    if (options->tenant != NULL && !cli_find_tenant(store, options->tenant, &tenant))
        return false;
    filter->domain_id = domain.id;
    filter->tenant_id = tenant.id;
    return true;
}

struct list {
    struct seki_arena *arena;
    struct cli_table *table;
    json_t *rows;
};

static void add_json(const struct list *list, const struct store_traffic_row *row)
{
    char address[SEKI_IP_TEXT_MAX];
    const struct policy_judgement *judgement = &row->recipient.judgement;
    json_array_append_new(
        list->rows,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "message",
                  (json_int_t)row->message, "at", cli_json_when(row->at_us / 1000000), "queue_id",
                  cli_json_str(row->queue_id), "message_id", cli_json_str(row->message_id), "mail_from",
                  cli_json_str(row->mail_from), "recipient", cli_json_str(row->recipient.address), "ip",
                  seki_ip_format(&row->facts.client, address), "author_domain",
                  cli_json_str(row->facts.author_domain), "spf",
                  row->facts.has_spf ? seki_spf_result_name(row->facts.spf) : "", "dkim",
                  seki_dkim_result_name(row->facts.dkim), "arc", seki_arc_result_name(row->arc), "dmarc",
                  seki_dmarc_result_name(row->facts.dmarc), "would_be", policy_action_name(judgement->would_be),
                  "applied", policy_action_name(row->recipient.applied), "reply", (json_int_t)row->reply_code,
                  "erased", (int)row->is_erased));
}

static void add_cell(const struct list *list, struct seki_str text)
{
    cli_table_add(list->table, seki_arena_copy(list->arena, text));
}

static void add_cells(const struct list *list, const struct store_traffic_row *row)
{
    char when[CLI_WHEN_MAX];
    cli_table_format(list->table, "%lld", (long long)row->message);
    add_cell(list, seki_str_of(cli_when_show(row->at_us / 1000000, when)));
    cli_table_add(list->table, cli_mail_from_text(row->mail_from, &row->facts, row->is_erased, list->arena));
    add_cell(list, cli_recipient_text(row->recipient.address));
    add_cell(list, seki_str_of(seki_dmarc_result_name(row->facts.dmarc)));
    add_cell(list, seki_str_of(policy_action_name(row->recipient.applied)));
    cli_table_format(list->table, "%u", row->reply_code);
}

static bool take_row(void *user, const struct store_traffic_row *row)
{
    const struct list *list = user;
    if (list->rows != NULL)
        add_json(list, row);
    else
        add_cells(list, row);
    return true;
}

static enum cli_exit list_messages(const struct cli_options *options)
{
    static const char *const headings[] = { N_("MESSAGE"), N_("TIME (UTC)"), N_("MAIL FROM"), N_("RECIPIENT"),
                                            "DMARC",       N_("DONE"),       N_("REPLY") };
    struct cli_store store;
    struct store_traffic_filter filter;
    struct cli_table table;
    if (!read_filter(options, &filter))
        return CLI_USAGE;
    bool is_open = cli_store_open(&store, options) && find_owner(&store, &filter);
    struct list list = { store.arena, &table, options->json ? json_array() : NULL };
    if (is_open)
        cli_table_begin(&table, store.arena, sizeof headings / sizeof headings[0], headings);
    bool is_done =
        is_open && cli_store_did(&store, store_traffic_scan(store.sql, &filter, take_row, &list, &store.why));
    if (is_done && options->json)
        cli_json_print(json_pack("{s:O}", "messages", list.rows));
    else if (is_done)
        cli_table_print(&table);
    json_decref(list.rows);
    return cli_store_close(&store);
}

enum cli_exit cli_trace(const struct cli_options *options, const char *operand)
{
    return operand != NULL ? show(options, operand) : list_messages(options);
}
