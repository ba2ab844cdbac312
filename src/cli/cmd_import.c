/* `sekisho tenant import`: the file in one change, or with --dry-run in one that is rolled back; what the audit log says of it
 * is what is told. */
#include "cli/audit.h"
#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/tenant_file.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_ROWS 1000u

/* The newest line of the audit log, as the change sees it. */
static bool newest_line(struct cli_store *store, int64_t *id_out)
{
    const struct store_audit_entry *entries;
    const struct store_audit_filter filter = { .limit = 1 };
    size_t count = 0;
    bool is_read = cli_store_did(store, store_audit_list(store_change_sql(store->change), &filter, store->arena,
                                                         &entries, &count, &store->why));
    *id_out = is_read && count > 0 ? entries[0].id : 0;
    return is_read;
}

/* @param filter  moves behind the page. @param is_last_out  the audit log, or what is behind id in it, ends here */
static bool add_page(struct cli_store *store, struct store_audit_filter *filter, int64_t id, json_t *list,
                     bool *is_last_out)
{
    const struct store_audit_entry *entries = NULL;
    size_t count = 0;
    if (!cli_store_did(store, store_audit_list(store_change_sql(store->change), filter, store->arena, &entries,
                                               &count, &store->why)))
        return false;
    for (size_t i = 0; i < count && entries[i].id > id; i++)
        json_array_append_new(list, cli_json_audit(&entries[i]));
    *is_last_out = count < PAGE_ROWS || entries[count - 1].id <= id;
    filter->before_id = count > 0 ? entries[count - 1].id : 0;
    return true;
}

/* Lines of the audit log behind that one, the newest first. @return NULL: kept in the store */
static json_t *lines_since(struct cli_store *store, int64_t id)
{
    struct store_audit_filter filter = { .limit = PAGE_ROWS };
    json_t *list = json_array();
    for (bool is_last = false, is_read = true; is_read && !is_last;) {
        cli_store_enter(store);
        is_read = add_page(store, &filter, id, list, &is_last);
        cli_store_leave(store);
    }
    if (store->result == SEKI_OK)
        return list;
    json_decref(list);
    return NULL;
}

static const char *text_of(json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    return text != NULL ? text : "";
}

static void print_lines(json_t *lines, struct seki_arena *arena)
{
    for (size_t i = json_array_size(lines); i-- > 0;) {
        json_t *line = json_array_get(lines, i);
        const struct seki_str what =
            seki_arena_format(arena, "%s %s %s %s", text_of(line, "action"), text_of(line, "tenant"),
                              text_of(line, "domain"), text_of(line, "object"));
        cli_print_sentence(2, "%.*s", SEKI_STR_ARGS(seki_str_trim(cli_readable(what, arena))));
        cli_print_audit_state(4, "- ", json_object_get(line, "before"));
        cli_print_audit_state(4, "+ ", json_object_get(line, "after"));
    }
}

static void tell(const struct cli_store *store, const struct cli_tenant_file *file, json_t *lines)
{
    const struct cli_options *options = store->options;
    size_t count = json_array_size(lines);
    if (options->json) {
        cli_json_print(json_pack("{s:o, s:b, s:I, s:I, s:I, s:O}", "tenant", cli_json_str(file->tenant), "dry_run",
                                 (int)options->dry_run, "change", (json_int_t)store->change_id, "expired_entries",
                                 (json_int_t)file->passed_over_count, "held_back",
                                 (json_int_t)file->held_back_count, "changes", lines));
        return;
    }
    print_lines(lines, store->arena);
    if (file->passed_over_count > 0)
        cli_print_sentence(0, _("Entries of the allow list that have expired meanwhile were passed over: %zu."),
                           file->passed_over_count);
    if (file->held_back_count > 0)
        cli_print_sentence(0,
                           _("Domains whose choices are held back, because their administrator has not confirmed "
                             "them (`sekisho policy confirm DOMAIN --by WHO`): %zu."),
                           file->held_back_count);
    if (count == 0)
        cli_print_sentence(0, "%s", _("Nothing to do: it is so already."));
    else
        cli_print_sentence(0,
                           options->dry_run ? _("Tenant %.*s: %zu changes would be made.")
                                            : _("Tenant %.*s: %zu changes were made."),
                           SEKI_STR_ARGS(file->tenant), count);
}

/* RFC 8259 section 8.1: a parser may ignore it. Editors on Windows put one before what they save, and nobody sees it. */
static struct seki_str without_byte_order_mark(struct seki_str text)
{
    bool has_mark = text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0;
    return has_mark ? seki_str_from(text, 3) : text;
}

enum cli_exit cli_tenant_import(const struct cli_options *options, const char *path)
{
    struct cli_store store;
    struct cli_tenant_file file = { .path = strcmp(path, "-") == 0 ? "standard input" : path,
                                    .replaces = options->replace };
    struct seki_str whole = { NULL, 0 };
    json_t *lines = NULL;
    int64_t newest = 0;
    bool is_done = cli_store_make(&store, options);
    if (is_done && !cli_input_read(path, &whole, &store.why))
        is_done = cli_store_did(&store, SEKI_BAD_INPUT);
    file.text = without_byte_order_mark(whole);
    if (is_done && cli_store_begin(&store, "import") && newest_line(&store, &newest) &&
        cli_tenant_file_read(&store, &file))
        lines = lines_since(&store, newest);
    if (lines != NULL && (options->dry_run || cli_store_commit(&store)))
        tell(&store, &file, lines);
    json_decref(lines);
    free((void *)(uintptr_t)whole.ptr);
    return cli_store_close(&store);
}
