/* `sekisho quarantine list|show|delete`. */
#include "cli/quarantine.h"

#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/when.h"
#include "quarantine/preview.h"
#include "store/text_check.h"

#include <stdio.h>
#include <unistd.h>

#define PRESET_LIMIT 100u

/* ---- list ---- */

static void print_list_json(const struct store_held *items, size_t count)
{
    json_t *held = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(held, cli_json_held(&items[i]));
    cli_json_print(json_pack("{s:o}", "held", held));
}

/* What is held for a domain outlives it, and is found by its name. @return false: it is no domain, or the store fails */
static bool take_domain(struct cli_store *store, const char *name, struct store_held_filter *filter)
{
    struct store_domain domain;
    if (!cli_store_did(store, store_check_domain(seki_str_of(name), "the domain", store->arena, &filter->left_by,
                                                 &store->why)))
        return false;
    enum seki_result result = store_domain_find(store->sql, filter->left_by, store->arena, &domain, &store->why);
    filter->domain_id = domain.id;
    return result == SEKI_BAD_INPUT || cli_store_did(store, result);
}

static bool read_filter(struct cli_store *store, const char *name, struct store_held_filter *filter)
{
    struct store_tenant tenant;
    filter->only_held = !store->options->decided;
    filter->limit = store->options->limit > 0 ? (size_t)store->options->limit : PRESET_LIMIT;
    cli_take_text(store->options->recipient, &filter->address);
    if (name != NULL && !take_domain(store, name, filter))
        return false;
    if (store->options->tenant != NULL) {
        if (!cli_find_tenant(store, store->options->tenant, &tenant))
            return false;
        filter->tenant_id = tenant.id;
    }
    return true;
}

enum cli_exit cli_quarantine_list(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_held_filter filter = { .address = SEKI_STR("") };
    const struct store_held *items;
    size_t count;
    if (cli_store_open(&store, options) && read_filter(&store, name, &filter) &&
        cli_store_did(&store, store_held_list(store.sql, &filter, store.arena, &items, &count, &store.why))) {
        if (count == 0 && name != NULL && filter.domain_id == 0)
            cli_store_did(&store, SEKI_BAD_INPUT); /* a name that is not hosted: why says so */
        else if (options->json)
            print_list_json(items, count);
        else if (count == 0)
            cli_print_sentence(0, "%s", _("No messages are held."));
        else
            cli_held_print(&store, items, count);
    }
    return cli_store_close(&store);
}

/* ---- show ---- */

static bool read_message(struct cli_store *store, const struct quarantine_message *message, int file,
                         struct quarantine_preview *preview)
{
    size_t most = message->size_octets < QUARANTINE_PREVIEW_MESSAGE_MAX ? (size_t)message->size_octets
                                                                        : QUARANTINE_PREVIEW_MESSAGE_MAX;
    char *octets = seki_arena_octets(store->arena, most + 1);
    ssize_t len = octets != NULL ? pread(file, octets, most, QUARANTINE_HEAD_OCTETS) : -1;
    if (len >= 0)
        return cli_store_did(
            store, quarantine_preview_of((struct seki_str){ octets, (size_t)len }, store->arena, preview));
    seki_error_set(&store->why, "the held message cannot be read");
    return cli_store_did(store, SEKI_SYSTEM);
}

static void print_facts(const struct store_held *item, struct seki_arena *arena)
{
    char held[CLI_WHEN_MAX], expires[CLI_WHEN_MAX];
    cli_print_format(_("Message %lld, for %.*s\n"), (long long)item->id,
                     SEKI_STR_ARGS(cli_readable(item->address, arena)));
    cli_print_format(_("State:     %s\n"), store_held_state_name(item->state));
    cli_print_format(_("Reason:    %.*s\n"), SEKI_STR_ARGS(item->reason));
    cli_print_format(_("Held:      %s UTC, until %s\n"), cli_when_show(item->held_at_s, held),
                     cli_when_show(item->expires_at_s, expires));
    cli_print_format(_("Envelope:  from <%.*s>, by client %.*s\n"),
                     SEKI_STR_ARGS(cli_readable(item->mail_from, arena)), SEKI_STR_ARGS(item->client));
}

static void print_preview(const struct quarantine_message *message, const struct quarantine_preview *preview,
                          struct seki_arena *arena)
{
    cli_print_field("Authentication-Results", message->authentication_results);
    putchar('\n');
    for (size_t i = 0; i < preview->field_count; i++)
        cli_print_format("%.*s: %.*s\n", SEKI_STR_ARGS(preview->fields[i].name),
                         SEKI_STR_ARGS(cli_readable(preview->fields[i].value, arena)));
    putchar('\n');
    for (struct seki_str rest = preview->text, line; seki_str_split(&rest, '\n', &line);)
        cli_print_format("| %.*s\n", SEKI_STR_ARGS(line));
    if (preview->is_text_cut)
        cli_print_sentence(0, "%s", _("The text goes on; this is its beginning."));
    for (size_t i = 0; i < preview->part_count; i++)
        cli_print_item(0, "- ", _("not shown: %.*s %.*s, %zu octets"), SEKI_STR_ARGS(preview->parts[i].type),
                       SEKI_STR_ARGS(preview->parts[i].name), preview->parts[i].octets);
}

static json_t *json_preview(const struct store_held *item, const struct quarantine_message *message,
                            const struct quarantine_preview *preview)
{
    json_t *root = cli_json_held(item), *fields = json_array(), *parts = json_array();
    for (size_t i = 0; i < preview->field_count; i++)
        json_array_append_new(fields, json_pack("{s:o, s:o}", "name", cli_json_str(preview->fields[i].name),
                                                "value", cli_json_str(preview->fields[i].value)));
    for (size_t i = 0; i < preview->part_count; i++)
        json_array_append_new(parts, json_pack("{s:o, s:o, s:I}", "type", cli_json_str(preview->parts[i].type),
                                               "name", cli_json_str(preview->parts[i].name), "octets",
                                               (json_int_t)preview->parts[i].octets));
    json_object_set_new(root, "authentication_results", cli_json_str(message->authentication_results));
    json_object_set_new(root, "fields", fields);
    json_object_set_new(root, "text", cli_json_str(preview->text));
    json_object_set_new(root, "text_cut", json_boolean(preview->is_text_cut));
    json_object_set_new(root, "parts", parts);
    return root;
}

enum cli_exit cli_quarantine_show(const struct cli_options *options, const char *number)
{
    struct cli_store store;
    struct cli_quarantine quarantine;
    struct store_held item;
    struct quarantine_message message;
    struct quarantine_preview preview;
    int file = -1;
    if (!cli_held_check_numbers(options))
        return CLI_USAGE;
    if (cli_store_open(&store, options) && cli_held_find(&store, number, &item) &&
        cli_quarantine_find(&store, &quarantine) && cli_held_open(&store, &quarantine, &item, &message, &file) &&
        read_message(&store, &message, file, &preview)) {
        if (options->json)
            cli_json_print(json_preview(&item, &message, &preview));
        else {
            print_facts(&item, store.arena);
            print_preview(&message, &preview, store.arena);
        }
    }
    if (file >= 0)
        close(file);
    return cli_store_close(&store);
}

/* ---- delete ---- */

/* All or none of them. The file goes when all its recipients have decided: `control` sees to that. */
enum cli_exit cli_quarantine_delete(const struct cli_options *options, const char *number)
{
    struct cli_store store;
    (void)number;
    if (!cli_held_check_numbers(options))
        return CLI_USAGE;
    bool is_done = cli_store_open(&store, options) && cli_store_begin(&store, "cli");
    for (size_t i = 0; is_done && i < options->operand_count; i++) {
        struct store_held item;
        is_done = cli_held_find(&store, options->operands[i], &item) &&
                  cli_store_did(&store, store_held_delete(store.change, &item, &store.why));
    }
    if (is_done && cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:i}", "deleted", (int)options->operand_count), "%s",
                       options->operand_count == 1 ? _("The message was deleted.")
                                                   : _("The messages were deleted."));
    return cli_store_close(&store);
}
