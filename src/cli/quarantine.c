#include "cli/quarantine.h"

#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"

#include <ini.h>
#include <unistd.h>

#define RELEASE_TO_PRESET    "127.0.0.1:25"
#define HOST_NAME_MAX_OCTETS 256u

struct reading {
    struct seki_arena *arena;
    struct cli_quarantine *quarantine;
    struct seki_str host_name;
};

static int take_option(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    const struct {
        const char *section, *name;
        struct seki_str *place;
    } rows[] = {
        { "quarantine", "folder", &r->quarantine->folder },
        { "quarantine", "release_to", &r->quarantine->release_to },
        { "hosting", "node_name", &r->quarantine->node },
        { "daemon", "host_name", &r->host_name },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(section, rows[i].section) == 0 && strcmp(name, rows[i].name) == 0)
            *rows[i].place = seki_arena_copy(r->arena, seki_str_of(value));
    return 1;
}

/* As sekishod does it: [hosting] node_name, else [daemon] host_name, else the system's. */
static struct seki_str node_name(const struct reading *r)
{
    char host[HOST_NAME_MAX_OCTETS] = "";
    if (r->quarantine->node.len > 0)
        return r->quarantine->node;
    if (r->host_name.len > 0 || gethostname(host, sizeof host - 1) != 0)
        return r->host_name;
    return seki_arena_copy(r->arena, seki_str_of(host));
}

bool cli_quarantine_find(struct cli_store *store, struct cli_quarantine *quarantine_out)
{
    const char *path = store->options->config != NULL ? store->options->config : SEKISHO_CONFIG_FILE;
    struct reading r = { .arena = store->arena, .quarantine = quarantine_out };
    *quarantine_out = (struct cli_quarantine){ .folder = SEKI_STR(""), .release_to = SEKI_STR(RELEASE_TO_PRESET) };
    if (ini_parse(path, take_option, &r) < 0)
        seki_error_set(&store->why, "cannot read %s, which says where the quarantine is; name it with --config",
                       path);
    else if (quarantine_out->folder.len == 0)
        seki_error_set(&store->why, "%s names no quarantine; set folder in its section [quarantine]", path);
    else {
        quarantine_out->node = node_name(&r);
        return true;
    }
    return cli_store_did(store, SEKI_BAD_INPUT);
}

static bool read_number(const char *text, uint64_t *number_out)
{
    return seki_str_to_u64(seki_str_of(text), INT64_MAX, number_out) ||
           cli_complain(_("\"%s\" is no number of a held message; `sekisho quarantine list` shows them"), text);
}

bool cli_held_check_numbers(const struct cli_options *options)
{
    uint64_t number, other;
    for (size_t i = 0; i < options->operand_count; i++) {
        if (!read_number(options->operands[i], &number))
            return false;
        for (size_t j = 0; j < i; j++)
            if (read_number(options->operands[j], &other) && other == number)
                return cli_complain(_("%s is given twice; once will do"), options->operands[i]);
    }
    return true;
}

bool cli_held_find(struct cli_store *store, const char *number, struct store_held *item_out)
{
    uint64_t id;
    if (!read_number(number, &id))
        return cli_store_misused(store);
    return cli_store_did(store, store_held_get(store->sql, (int64_t)id, store->arena, item_out, &store->why));
}

bool cli_held_open(struct cli_store *store, const struct cli_quarantine *quarantine, const struct store_held *item,
                   struct quarantine_message *message_out, int *file_out)
{
    struct quarantine_id id;
    *file_out = -1;
    if (!seki_str_equal(item->node, quarantine->node)) {
        seki_error_set(&store->why, "message %lld is held on the node %.*s; run this command there",
                       (long long)item->id, SEKI_STR_ARGS(item->node));
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    if (!quarantine_id_read(item->message_id, &id)) {
        seki_error_set(&store->why, "the store names no file for message %lld", (long long)item->id);
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    return cli_store_did(
        store, quarantine_open(quarantine->folder.ptr, &id, store->arena, message_out, file_out, &store->why));
}

json_t *cli_json_held(const struct store_held *item)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     (json_int_t)item->id, "recipient", cli_json_str(item->address), "reason",
                     cli_json_str(item->reason), "state", store_held_state_name(item->state), "held_at",
                     cli_json_when(item->held_at_s), "expires_at", cli_json_when(item->expires_at_s), "mail_from",
                     cli_json_str(item->mail_from), "author", cli_json_str(item->author), "subject",
                     cli_json_str(item->subject), "size", (json_int_t)item->size_octets, "client",
                     cli_json_str(item->client), "queue_id", cli_json_str(item->queue_id), "message_id",
                     cli_json_str(item->mail_message_id), "node", cli_json_str(item->node), "changed_at",
                     cli_json_when(item->changed_at_s), "changed_by", cli_json_str(item->changed_by));
}

void cli_held_print(struct cli_store *store, const struct store_held *items, size_t count)
{
    static const char *const headings[] = { N_("number"), N_("held"),  N_("recipient"), N_("author"),
                                            N_("reason"), N_("state"), N_("node"),      N_("subject") };
    struct cli_table table;
    cli_table_begin(&table, store->arena, sizeof headings / sizeof headings[0], headings);
    for (size_t i = 0; i < count; i++) {
        char held[CLI_WHEN_MAX];
        cli_table_format(&table, "%lld", (long long)items[i].id);
        cli_table_format(&table, "%s", cli_when_show(items[i].held_at_s, held));
        cli_table_add(&table, items[i].address);
        cli_table_add(&table, items[i].author);
        cli_table_add(&table, items[i].reason);
        cli_table_format(&table, "%s", store_held_state_name(items[i].state));
        cli_table_add(&table, items[i].node);
        cli_table_add(&table, items[i].subject);
    }
    cli_table_print(&table);
}
