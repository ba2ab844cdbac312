/* `sekisho audit list`: who changed what, and when; before and after. */
#include "cli/audit.h"

#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PRESET_LIMIT    100u
#define STATE_OCTETS    (256u * 1024u)
#define READABLE_OCTETS (64u * 1024u)

/* The store's words for what the other commands and the file of a tenant call otherwise. Old lines have them too, so they
 * are changed where they are shown. */
static const struct member {
    const char *kept, *shown;
    bool is_time; /* kept in seconds, 0 for never */
} members[] = {
    { "author_domain", "author", false },   { "includes_subdomains", "subdomains", false },
    { "evidence_domain", "domain", false }, { "warned", "accepted_by", false },
    { "expires_at", "expires_at", true },   { "administrator", "by", false },
    { "version", "explanation", false },    { "at", "at", true },
    { "server_shape", "shape", false },     { "dns_shape", "dns", false },
};

static void show_member(json_t *state, const char *kept, json_t *value)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(members[i].kept, kept) != 0)
            continue;
        json_object_set_new(state, members[i].shown,
                            members[i].is_time && json_is_integer(value) ? cli_json_when(json_integer_value(value))
                                                                         : json_incref(value));
        return;
    }
    json_object_set(state, kept, value);
}

/* Before and after are JSON objects; what cannot be read (nobody writes such) is shown as text. */
static json_t *json_state(struct seki_str text)
{
    json_t *kept = text.len > 0 ? json_loadb(text.ptr, text.len, 0, NULL) : json_null(), *state = json_object();
    const char *name;
    json_t *value;
    if (!json_is_object(kept)) {
        json_decref(state);
        return kept != NULL ? kept : cli_json_str(text);
    }
    json_object_foreach (kept, name, value)
        show_member(state, name, value);
    json_decref(kept);
    return state;
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

/* "author: partner.example" */
static void add_member(struct seki_buf *line, const char *name, const json_t *value)
{
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct seki_str shown =
        text != NULL ? seki_str_of(text) : (struct seki_str){ json_string_value(value), json_string_length(value) };
    if (shown.len > 0)
        seki_buf_add_format(line, "%s%s: %.*s", line->len > 0 ? ", " : "", name, SEKI_STR_ARGS(shown));
    free(text);
}

static void print_line(unsigned column, const char *mark, const struct seki_buf *line)
{
    struct seki_arena *arena = seki_arena_new(READABLE_OCTETS);
    struct seki_str text = seki_buf_str(line);
    if (arena != NULL)
        text = cli_readable(text, arena);
    cli_print_item(column, mark, "%.*s", SEKI_STR_ARGS(text));
    seki_arena_free(arena);
}

void cli_print_audit_state(unsigned column, const char *mark, json_t *state)
{
    struct seki_buf line;
    const char *name;
    json_t *value;
    if (json_is_null(state))
        return;
    seki_buf_init(&line, STATE_OCTETS);
    if (!json_is_object(state))
        add_member(&line, "?", state);
    json_object_foreach (state, name, value)
        add_member(&line, name, value);
    print_line(column, mark, &line);
    seki_buf_release(&line);
}

void cli_print_audit_change(unsigned column, const struct store_audit_entry *entry)
{
    struct seki_buf line;
    seki_buf_init(&line, STATE_OCTETS);
    seki_buf_add_format(&line, "%.*s %.*s%s%.*s%s%.*s", SEKI_STR_ARGS(entry->action), SEKI_STR_ARGS(entry->tenant),
                        entry->domain.len > 0 ? " " : "", SEKI_STR_ARGS(entry->domain),
                        entry->object.len > 0 ? " " : "", SEKI_STR_ARGS(entry->object));
    print_line(column, "", &line);
    seki_buf_release(&line);
    json_t *before = json_state(entry->before), *after = json_state(entry->after);
    cli_print_audit_state(column + 2, "- ", before);
    cli_print_audit_state(column + 2, "+ ", after);
    json_decref(before);
    json_decref(after);
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
    if (count == 0)
        cli_print_nothing();
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
