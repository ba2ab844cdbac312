/* `sekisho audit list`: who changed what, and when; before and after. */
#include "cli/audit.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"

#include <stdio.h>
#include <time.h>

#define PRESET_LIMIT 100u

/* Before and after are JSON objects; what cannot be read (nobody writes such) is shown as text. */
static json_t *json_state(struct seki_str text)
{
    json_t *state = text.len > 0 ? json_loadb(text.ptr, text.len, 0, NULL) : json_null();
    return state != NULL ? state : cli_json_str(text);
}

json_t *cli_json_audit(const struct store_audit_entry *entry)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)entry->id,
                     "change", (json_int_t)entry->change_id, "at", cli_json_when(entry->at_s), "actor",
                     cli_json_str(entry->actor), "via", cli_json_str(entry->via), "action",
                     cli_json_str(entry->action), "tenant", cli_json_str(entry->tenant), "domain",
                     cli_json_str(entry->domain), "object", cli_json_str(entry->object), "before",
                     json_state(entry->before), "after", json_state(entry->after));
}

void cli_print_audit_change(unsigned column, const struct store_audit_entry *entry)
{
    cli_print_item(column, "", "%.*s %.*s%s%.*s%s%.*s", SEKI_STR_ARGS(entry->action), SEKI_STR_ARGS(entry->tenant),
                   entry->domain.len > 0 ? " " : "", SEKI_STR_ARGS(entry->domain), entry->object.len > 0 ? " " : "",
                   SEKI_STR_ARGS(entry->object));
    if (entry->before.len > 0)
        cli_print_item(column + 2, "- ", "%.*s", SEKI_STR_ARGS(entry->before));
    if (entry->after.len > 0)
        cli_print_item(column + 2, "+ ", "%.*s", SEKI_STR_ARGS(entry->after));
}

static bool read_time(const char *option, const char *text, int64_t *time_s_out)
{
    return text == NULL || cli_when_read(seki_str_of(text), (int64_t)time(NULL), -1, time_s_out) ||
           cli_complain(
               _("--%s takes a date (2026-05-02), a time (2026-05-02T10:00:00Z), or how long ago (12h, 30d); "
                 "not \"%s\""),
               option, text);
}

static bool read_filter(const struct cli_options *options, struct store_audit_filter *filter)
{
    cli_take_text(options->tenant, &filter->tenant);
    cli_take_text(options->domain, &filter->domain);
    cli_take_text(options->actor, &filter->actor);
    cli_take_text(options->object, &filter->object);
    cli_take_text(options->action, &filter->action);
    filter->limit = options->limit > 0 ? (size_t)options->limit : PRESET_LIMIT;
    return read_time("since", options->since, &filter->since_s) &&
           read_time("until", options->until, &filter->until_s);
}

static void print_entries(const struct store_audit_entry *entries, size_t count)
{
    char when[CLI_WHEN_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct store_audit_entry *e = &entries[i];
        cli_print_sentence(0, _("%s  %.*s (%.*s), change %lld"), cli_when_show(e->at_s, when),
                           SEKI_STR_ARGS(e->actor), SEKI_STR_ARGS(e->via), (long long)e->change_id);
        cli_print_audit_change(2, e);
    }
}

enum cli_exit cli_audit_list(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    struct store_audit_filter filter = { 0 };
    const struct store_audit_entry *entries = NULL;
    size_t count = 0;
    (void)operand;
    if (!read_filter(options, &filter))
        return CLI_USAGE;
    bool is_done =
        cli_store_open(&store, options) &&
        cli_store_did(&store, store_audit_list(store.sql, &filter, store.arena, &entries, &count, &store.why));
    if (is_done && options->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, cli_json_audit(&entries[i]));
        cli_json_print(json_pack("{s:o}", "entries", list));
    } else if (is_done) {
        print_entries(entries, count);
    }
    return cli_store_close(&store);
}
