/* `sekisho allow add|list|show|set|remove`. */
#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"

#include <stdio.h>
#include <time.h>

/* What --evidence none means. Said whenever somebody asks for it. */
static const char none_warning[] = N_(
    "With evidence none nothing shows that mail in this author's name comes from the author: whoever writes the "
    "name "
    "into a message gets through. It needs --expires within a year, --owner (who asked for it), and --accept-risk "
    "to say that this was understood. A named DKIM or SPF domain or a network is nearly always possible.");

static bool read_expiry(const struct cli_options *options, int64_t now_s, int64_t *expires_at_s)
{
    if (options->expires_at == NULL)
        return true;
    if (strcmp(options->expires_at, "never") == 0) {
        *expires_at_s = 0;
        return true;
    }
    return cli_when_read(seki_str_of(options->expires_at), now_s, 1, expires_at_s) ||
           cli_complain(_("--expires takes a date such as 2027-01-31, a number of days such as 90d, or never; not "
                          "\"%s\""),
                        options->expires_at);
}

/* Everything but the domain. "*" is every author, which only evidence can limit. */
static bool read_entry(const struct cli_options *options, struct store_allow_entry *entry)
{
    struct policy_allow *allow = &entry->allow;
    const char *author = options->operands[1];
    if (options->evidence == NULL)
        return cli_complain("%s", _("allow add needs --evidence: what shows that the author sent it?"));
    if (*author == '\0') /* of a script whose variable is empty */
        return cli_complain("%s", _("allow add needs the author's domain; * is every author"));
    if (!cli_evidence_read(seki_str_of(options->evidence), allow) ||
        !read_expiry(options, (int64_t)time(NULL), &allow->expires_at_s))
        return false;
    allow->author_domain = strcmp(author, "*") == 0 ? SEKI_STR("") : seki_str_of(author);
    cli_take_yes_no(options->with_subdomains, &allow->includes_subdomains);
    entry->note = entry->owner = entry->warned = SEKI_STR("");
    cli_take_text(options->note, &entry->note);
    cli_take_text(options->owner, &entry->owner);
    if (allow->evidence == POLICY_EVIDENCE_NONE && !options->accepts_risk)
        return cli_complain("%s", _(none_warning));
    if (allow->evidence == POLICY_EVIDENCE_NONE && (allow->expires_at_s == 0 || options->owner == NULL))
        return cli_complain("%s", _("--evidence none needs --expires and --owner too"));
    return true;
}

/* The number, and until when it counts: "30d" was written, and a date is what has to be remembered. */
static void tell_added(struct cli_store *store, const struct store_domain *domain,
                       const struct store_allow_entry *entry, uint64_t id)
{
    char when[CLI_WHEN_MAX];
    cli_store_tell(store,
                   json_pack("{s:I, s:o, s:o}", "id", (json_int_t)id, "domain", cli_json_str(domain->name),
                             "expires_at", cli_json_when(entry->allow.expires_at_s)),
                   _("Entry %llu was added to the allow list of %.*s."), (unsigned long long)id,
                   SEKI_STR_ARGS(cli_readable(domain->name, store->arena)));
    if (entry->allow.expires_at_s != 0 && !store->options->json)
        cli_print_sentence(0, _("It counts until %s UTC."), cli_when_show(entry->allow.expires_at_s, when));
}

enum cli_exit cli_allow_add(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_domain domain;
    struct store_allow_entry entry = { 0 };
    uint64_t id = 0;
    if (!read_entry(options, &entry))
        return CLI_USAGE;
    bool is_done =
        cli_store_open(&store, options) && cli_store_begin(&store, "cli") && cli_find_domain(&store, name, &domain);
    entry.domain_id = is_done ? domain.id : 0;
    if (entry.allow.evidence == POLICY_EVIDENCE_NONE) /* who accepted the risk is who makes the change */
        entry.warned = store.actor;
    if (is_done && cli_store_did(&store, store_allow_add(store.change, &entry, &id, &store.why)) &&
        cli_store_commit(&store))
        tell_added(&store, &domain, &entry, id);
    return cli_store_close(&store);
}

static bool read_id(const char *text, uint64_t *id_out)
{
    return seki_str_to_u64(seki_str_of(text), INT64_MAX, id_out) ||
           cli_complain(_("\"%s\" is no number of an entry; `sekisho allow list` shows them"), text);
}

enum cli_exit cli_allow_set(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    struct store_allow_entry entry;
    uint64_t id;
    int64_t expires_at_s = -1;
    if (!read_id(operand, &id) || !read_expiry(options, (int64_t)time(NULL), &expires_at_s))
        return CLI_USAGE;
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
        cli_store_did(&store,
                      store_allow_get(store_change_sql(store.change), id, store.arena, &entry, &store.why))) {
        cli_take_text(options->note, &entry.note);
        cli_take_text(options->owner, &entry.owner);
        if (expires_at_s >= 0)
            entry.allow.expires_at_s = expires_at_s;
        if (cli_store_did(&store, store_allow_change(store.change, &entry, &store.why)) && cli_store_commit(&store))
            cli_store_tell(&store, json_pack("{s:I}", "id", (json_int_t)id), _("Entry %llu was changed."),
                           (unsigned long long)id);
    }
    return cli_store_close(&store);
}

/* All or none of them. */
enum cli_exit cli_allow_remove(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    uint64_t id = 0;
    (void)operand;
    for (size_t i = 0; i < options->operand_count; i++)
        if (!read_id(options->operands[i], &id))
            return CLI_USAGE;
    bool is_done = cli_store_open(&store, options) && cli_store_begin(&store, "cli");
    for (size_t i = 0; is_done && i < options->operand_count; i++)
        is_done = read_id(options->operands[i], &id) &&
                  cli_store_did(&store, store_allow_remove(store.change, id, &store.why));
    if (is_done && cli_store_commit(&store))
        cli_store_tell(&store, json_pack("{s:i}", "removed", (int)options->operand_count), "%s",
                       options->operand_count == 1 ? _("The entry was removed.") : _("The entries were removed."));
    return cli_store_close(&store);
}

static void add_row(struct cli_table *table, const struct store_allow_entry *entry, int64_t now_s)
{
    char when[CLI_WHEN_MAX];
    const struct policy_allow *allow = &entry->allow;
    bool is_expired = allow->expires_at_s != 0 && allow->expires_at_s <= now_s;
    cli_table_format(table, "%llu", (unsigned long long)allow->id);
    cli_table_format(table, "%s%.*s", allow->includes_subdomains ? "*." : "",
                     SEKI_STR_ARGS(allow->author_domain.len > 0 ? allow->author_domain : SEKI_STR("*")));
    cli_table_add(table, cli_evidence_write(allow, ' ', table->arena));
    cli_table_format(table, "%.10s%s",
                     allow->expires_at_s == 0 ? _("never") : cli_when_show(allow->expires_at_s, when),
                     is_expired ? "!" : "");
    cli_table_format(table, "%lld", (long long)entry->hit_count);
    cli_table_format(table, "%.10s", cli_when_show(entry->last_hit_at_s, when));
    cli_table_format(table, "%.*s%s%.*s", SEKI_STR_ARGS(entry->owner),
                     entry->owner.len > 0 && entry->note.len > 0 ? ": " : "", SEKI_STR_ARGS(entry->note));
}

enum cli_exit cli_allow_list(const struct cli_options *options, const char *name)
{
    static const char *const headings[] = { N_("ID"),   N_("AUTHOR"),   N_("EVIDENCE"), N_("EXPIRES"),
                                            N_("HITS"), N_("LAST HIT"), N_("WHY") };
    struct cli_store store;
    struct cli_table table;
    struct store_domain domain;
    const struct store_allow_entry *entries = NULL;
    size_t count = 0;
    json_t *list = json_array();
    bool is_done =
        cli_store_open(&store, options) && cli_find_domain(&store, name, &domain) &&
        cli_store_did(&store, store_allow_list(store.sql, domain.id, store.arena, &entries, &count, &store.why));
    cli_table_begin(&table, store.arena, sizeof headings / sizeof headings[0], headings);
    for (size_t i = 0; is_done && i < count; i++) {
        json_array_append_new(list, cli_json_allow(&entries[i]));
        add_row(&table, &entries[i], store.now_s);
    }
    if (is_done && options->json)
        cli_json_print(json_pack("{s:o, s:O}", "domain", cli_json_str(domain.name), "entries", list));
    else if (is_done)
        cli_table_print(&table);
    json_decref(list);
    return cli_store_close(&store);
}

static void print_entry(const struct store_allow_entry *entry, struct seki_arena *arena)
{
    char when[CLI_WHEN_MAX];
    struct cli_table table;
    cli_table_begin(&table, arena, 2, NULL);
    cli_table_add(&table, seki_str_of(_("author")));
    cli_table_add(&table, entry->allow.author_domain.len > 0 ? entry->allow.author_domain : SEKI_STR("*"));
    cli_table_add(&table, seki_str_of(_("subdomains")));
    cli_table_add(&table, seki_str_of(cli_yes_no(entry->allow.includes_subdomains)));
    cli_table_add(&table, seki_str_of(_("evidence")));
    cli_table_add(&table, cli_evidence_write(&entry->allow, ' ', arena));
    cli_table_add(&table, seki_str_of(_("expires")));
    cli_table_format(&table, "%s",
                     entry->allow.expires_at_s == 0 ? _("never") : cli_when_show(entry->allow.expires_at_s, when));
    cli_table_add(&table, seki_str_of(_("owner")));
    cli_table_add(&table, entry->owner);
    cli_table_add(&table, seki_str_of(_("note")));
    cli_table_add(&table, entry->note);
    cli_table_add(&table, seki_str_of(_("risk accepted by")));
    cli_table_add(&table, entry->warned);
    cli_table_add(&table, seki_str_of(_("since")));
    cli_table_format(&table, "%s", cli_when_show(entry->created_at_s, when));
    cli_table_add(&table, seki_str_of(_("hits")));
    cli_table_format(&table, "%lld", (long long)entry->hit_count);
    cli_table_add(&table, seki_str_of(_("last hit")));
    cli_table_format(&table, "%s", cli_when_show(entry->last_hit_at_s, when));
    cli_table_print(&table);
}

enum cli_exit cli_allow_show(const struct cli_options *options, const char *operand)
{
    struct cli_store store;
    struct store_allow_entry entry;
    uint64_t id;
    if (!read_id(operand, &id))
        return CLI_USAGE;
    bool is_done = cli_store_open(&store, options) &&
                   cli_store_did(&store, store_allow_get(store.sql, id, store.arena, &entry, &store.why));
    if (is_done && options->json)
        cli_json_print(cli_json_allow(&entry));
    else if (is_done)
        print_entry(&entry, store.arena);
    return cli_store_close(&store);
}
