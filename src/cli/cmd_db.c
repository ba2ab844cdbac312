/* `sekisho db status|migrate`: the store's schema. All other commands bring it up to date by themselves. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/store.h"
#include "cli/text.h"
#include "store/migrate.h"

#define MAX_PENDING 65536u

static json_t *json_pending(struct seki_str lines)
{
    json_t *list = json_array();
    struct seki_str line;
    while (seki_str_split(&lines, '\n', &line))
        if (line.len > 0)
            json_array_append_new(list, cli_json_str(line));
    return list;
}

static void tell_status(const struct cli_store *store, struct seki_str pending)
{
    const char *dialect = sql_dialect(store->sql) == SQL_SQLITE ? "SQLite" : "PostgreSQL";
    struct seki_str line;
    if (store->options->json) {
        cli_json_print(json_pack("{s:s, s:o}", "database", dialect, "pending", json_pending(pending)));
        return;
    }
    if (pending.len == 0) {
        cli_print_sentence(0, _("The store (%s) is up to date."), dialect);
        return;
    }
    cli_print_sentence(0, _("The store (%s) lacks these migrations:"), dialect);
    while (seki_str_split(&pending, '\n', &line))
        if (line.len > 0)
            cli_print_item(2, "- ", "%.*s", SEKI_STR_ARGS(line));
}

/* Exit 1: something is missing. */
enum cli_exit cli_db_status(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    struct seki_buf pending;
    (void)operand;
    seki_buf_init(&pending, MAX_PENDING);
    bool is_done = cli_store_connect(&store, options) &&
                   cli_store_did(&store, store_migrate_dry(store.sql, &pending, &store.why));
    if (is_done)
        tell_status(&store, seki_buf_str(&pending));
    bool is_missing = pending.len > 0;
    seki_buf_release(&pending);
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && is_missing ? CLI_NO : code;
}

enum cli_exit cli_db_migrate(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    (void)operand;
    bool is_done = cli_store_make(&store, options);
    if (is_done && options->json)
        cli_json_print(json_pack("{s:i}", "applied", (int)store.applied));
    else if (is_done && store.applied > 0)
        cli_print_sentence(0, _("Migrations applied: %u."), store.applied);
    else if (is_done)
        cli_print_sentence(0, "%s", _("Nothing to do: it is so already."));
    return cli_store_close(&store);
}
