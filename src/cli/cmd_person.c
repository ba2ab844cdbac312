/* `sekisho db find|erase`: what recorded traffic and quarantines have of one address, for who asks about it or wants it gone. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/quarantine.h"
#include "cli/table.h"
#include "cli/text.h"
#include "journal/reader.h"
#include "quarantine/unknown.h"
#include "store/held_items.h"
#include "store/person.h"

#include <unistd.h>

/* As sekishod does it: [hosting] node_name, else [daemon] host_name, else the system's. */
static struct seki_str node_name(const struct cli_store *store)
{
    char host[256] = "";
    if (store->options->node != NULL)
        return seki_str_of(store->options->node);
    struct seki_str name = cli_store_config(store, "hosting", "node_name");
    if (name.len == 0)
        name = cli_store_config(store, "daemon", "host_name");
    if (name.len > 0 || gethostname(host, sizeof host - 1) != 0)
        return name;
    return seki_arena_copy(store->arena, seki_str_of(host));
}

/* Exit 2 and not 1, which would be "nothing was recorded of it" to a script that has to prove it. */
static bool open_store(struct cli_store *store, const char *address)
{
    if (store_person_is_address(seki_str_of(address)))
        return cli_store_open(store, store->options);
    cli_complain(_("\"%s\" is no mail address; one is needed as user@example.com"), address);
    return cli_store_misused(store);
}

static bool find(struct cli_store *store, const char *address, struct store_person *person_out)
{
    return cli_store_did(
        store, store_person_find(store->sql, seki_str_of(address), store->arena, person_out, &store->why));
}

/* ---- what this node holds, and the store does not know ---- */

struct unknown {
    size_t for_it, from_it; /* by recipient, as the store counts them */
    struct quarantine_unread unread;
    struct seki_str folder;
};

struct look {
    struct cli_store *store;
    struct seki_str node, address;
    bool takes_in;
    struct unknown *unknown;
};

/* What is for the address is taken into the store, as `control` would: then it is erased on the one road that there is, and
 * who takes in the file at the same time, or again, changes nothing. */
static enum seki_result look_at(void *user, const struct quarantine_id *id,
                                const struct quarantine_message *message, struct seki_arena *arena,
                                struct seki_error *why)
{
    const struct look *look = user;
    const struct store_held *items = store_held_items(look->node, id, message, arena, why);
    size_t count = 0;
    if (items == NULL)
        return SEKI_SYSTEM;
    for (size_t i = 0; i < message->recipient_count; i++)
        count += store_person_is_recipient(look->address, &items[i]);
    if (count > 0 && look->takes_in)
        return store_held_add(look->store->sql, items, message->recipient_count, why);
    look->unknown->for_it += count;
    if (message->recipient_count > 0 && (seki_str_equal_nocase(items[0].mail_from, look->address) ||
                                         seki_str_contains_nocase(items[0].author, look->address)))
        look->unknown->from_it += message->recipient_count - count;
    return SEKI_OK;
}

/* Where there is no quarantine nothing is held. */
static bool look_into_quarantine(struct cli_store *store, const char *address, bool takes_in,
                                 struct unknown *unknown_out)
{
    struct cli_quarantine quarantine;
    *unknown_out = (struct unknown){ 0 };
    if (cli_store_config(store, "quarantine", "folder").len == 0)
        return true;
    if (!cli_quarantine_find(store, &quarantine))
        return false;
    unknown_out->folder = quarantine.folder;
    struct look look = { store, quarantine.node, seki_str_of(address), takes_in, unknown_out };
    const struct quarantine_visitor visitor = { look_at, &look };
    return cli_store_did(
        store, quarantine_visit_unknown(quarantine.folder.ptr, &visitor, &unknown_out->unread, &store->why));
}

static bool has_unread(const struct unknown *unknown)
{
    const struct quarantine_unread *unread = &unknown->unread;
    return unread->in_new + unread->in_unreadable + unread->in_damaged > 0;
}

static void tell_unread(const struct unknown *unknown)
{
    const struct quarantine_unread *unread = &unknown->unread;
    if (has_unread(unknown))
        cli_print_sentence(0,
                           _("Held files that cannot be read, so that nobody can say whether this address is in "
                             "them: %zu in %.*s/new, %zu in unreadable, %zu in damaged. Look at them yourself."),
                           unread->in_new, SEKI_STR_ARGS(unknown->folder), unread->in_unreadable,
                           unread->in_damaged);
}

static json_t *json_unread(const struct unknown *unknown)
{
    const struct quarantine_unread *unread = &unknown->unread;
    return json_pack("{s:I, s:I, s:I}", "new", (json_int_t)unread->in_new, "unreadable",
                     (json_int_t)unread->in_unreadable, "damaged", (json_int_t)unread->in_damaged);
}

/* ---- find ---- */

static json_t *json_place(const struct store_person_place *place)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:I}", "message", (json_int_t)place->message, "at_us",
                     json_integer((json_int_t)place->at_us), "node", cli_json_str(place->node), "segment",
                     place->position.segment, "offset", (json_int_t)place->position.offset);
}

static void tell_person_json(const struct store_person *person, const struct unknown *unknown)
{
    json_t *messages = json_array(), *held = json_array();
    for (size_t i = 0; i < person->place_count; i++)
        json_array_append_new(messages, json_place(&person->places[i]));
    for (size_t i = 0; i < person->held_count; i++)
        json_array_append_new(held, cli_json_held(&person->held[i]));
    cli_json_print(json_pack("{s:o, s:o, s:{s:I, s:I}, s:o}", "messages", messages, "held", held, "unknown", "for",
                             (json_int_t)unknown->for_it, "from", (json_int_t)unknown->from_it, "unread",
                             json_unread(unknown)));
}

static void tell_places(struct cli_store *store, const struct store_person *person)
{
    static const char *const headings[] = { N_("message"), N_("node"), N_("evidence") };
    struct cli_table table;
    cli_table_begin(&table, store->arena, 3, headings);
    for (size_t i = 0; i < person->place_count; i++) {
        cli_table_format(&table, "%lld", (long long)person->places[i].message);
        cli_table_add(&table, person->places[i].node);
        if (person->places[i].node.len == 0)
            cli_table_add(&table, SEKI_STR(""));
        else
            cli_table_format(&table, "%s:%llu", person->places[i].position.segment,
                             (unsigned long long)person->places[i].position.offset);
    }
    cli_table_print(&table);
}

static size_t count_all(const struct store_person *person, const struct unknown *unknown)
{
    return person->place_count + person->held_count + unknown->for_it + unknown->from_it;
}

static void tell_person(struct cli_store *store, const struct store_person *person, const struct unknown *unknown)
{
    if (store->options->json) {
        tell_person_json(person, unknown);
        return;
    }
    if (count_all(person, unknown) == 0)
        cli_print_sentence(0, "%s", _("Nothing was recorded of this address."));
    if (person->place_count > 0)
        tell_places(store, person);
    if (person->held_count > 0) {
        cli_print_sentence(0, "%s", _("Held in quarantine, for this address or from it:"));
        cli_held_print(store, person->held, person->held_count);
    }
    if (unknown->for_it + unknown->from_it > 0)
        cli_print_sentence(0,
                           _("Held on this node, and not in the store yet: %zu for this address, and %zu from it."),
                           unknown->for_it, unknown->from_it);
    tell_unread(unknown);
}

/* What was found is told also where the quarantine cannot be looked into, which is said then. */
enum cli_exit cli_person_find(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    struct store_person person = { 0 };
    struct unknown unknown = { 0 };
    if (open_store(&store, address) && find(&store, address, &person)) {
        look_into_quarantine(&store, address, false, &unknown);
        tell_person(&store, &person, &unknown);
    }
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && count_all(&person, &unknown) == 0 ? CLI_NO : code;
}

/* ---- erase ---- */

struct erasure {
    struct seki_str node;
    const struct store_person_place *ours; /* of this node */
    size_t our_count, elsewhere;
    size_t from;    /* held messages from the address, which are their recipients' */
    size_t damaged; /* evidence that could not be read when it was erased */
    struct unknown unknown;
    struct store_person_erased erased;
};

/* What has no evidence is on no node: it can be erased anywhere. */
static struct erasure plan(const struct cli_store *store, const char *address, const struct store_person *person,
                           const struct unknown *unknown)
{
    struct erasure e = { .node = node_name(store),
                         .unknown = *unknown,
                         .erased.held = (int64_t)unknown->for_it,
                         .from = unknown->from_it };
    struct store_person_place *ours = seki_arena_alloc(store->arena, person->place_count + 1, sizeof *ours);
    for (size_t i = 0; i < person->place_count && ours != NULL; i++) {
        struct seki_str node = person->places[i].node;
        if (node.len == 0 || seki_str_equal(node, e.node))
            ours[e.our_count++] = person->places[i];
    }
    e.ours = ours;
    e.elsewhere = person->place_count - e.our_count;
    for (size_t i = 0; i < person->held_count; i++) {
        bool is_for = store_person_is_recipient(seki_str_of(address), &person->held[i]);
        e.erased.held += is_for;
        e.from += !is_for;
    }
    return e;
}

static bool erase_evidence(struct cli_store *store, struct erasure *e)
{
    const char *given = store->options->journal;
    const char *folder = given != NULL ? given : cli_store_config(store, "journal", "folder").ptr;
    struct journal_position *positions = seki_arena_alloc(store->arena, e->our_count + 1, sizeof *positions);
    size_t count = 0;
    if (positions == NULL)
        return cli_store_did(store, SEKI_LIMIT);
    for (size_t i = 0; i < e->our_count; i++)
        if (e->ours[i].node.len > 0)
            positions[count++] = e->ours[i].position;
    if (count == 0)
        return true;
    if (folder == NULL || folder[0] == '\0') {
        seki_error_set(&store->why, "the configuration names no journal; give its folder with --journal");
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    return cli_store_did(store, journal_erase(folder, positions, count, &e->damaged, &store->why));
}

/* The evidence first: what the store has forgotten cannot be found in a journal any more. */
static bool erase(struct cli_store *store, const char *address, struct erasure *e)
{
    return erase_evidence(store, e) && cli_store_begin(store, "cli") &&
           cli_store_did(store, store_person_erase(store->change, seki_str_of(address), e->node, e->ours,
                                                   e->our_count, &e->erased, &store->why)) &&
           cli_store_commit(store);
}

static void tell_plan(const struct erasure *e)
{
    cli_print_sentence(
        0,
        _("This would erase %zu messages recorded on this node (%.*s), and delete %lld held messages. "
          "Nothing was erased; add --yes to do it."),
        e->our_count, SEKI_STR_ARGS(e->node), (long long)e->erased.held);
}

static void tell_erased(const struct erasure *e)
{
    cli_print_sentence(0, _("Messages erased on this node (%.*s): %zu."), SEKI_STR_ARGS(e->node), e->our_count);
    if (e->erased.held > 0)
        cli_print_sentence(0, _("Held messages deleted: %zu."), (size_t)e->erased.held);
    if (e->erased.held_beside > 0)
        cli_print_sentence(
            0, _("Of these, also held for others: %zu. The files go when all have decided, or when they expire."),
            (size_t)e->erased.held_beside);
    if (e->damaged > 0)
        cli_print_sentence(0,
                           _("Messages whose evidence is damaged, so that nobody can say whether all of it was "
                             "erased: %zu. What lay in its place in the journal was overwritten."),
                           e->damaged);
}

/* Nothing that this was run for is left, or may be left, here. */
static bool is_whole(const struct erasure *e)
{
    return e->damaged == 0 && !has_unread(&e->unknown);
}

static void tell_erasure(const struct cli_store *store, const struct erasure *e)
{
    bool is_done = store->options->yes;
    if (store->options->json) {
        cli_json_print(json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "node",
                                 cli_json_str(e->node), "done", is_done && is_whole(e), "erased",
                                 (json_int_t)e->our_count, "damaged", (json_int_t)e->damaged, "elsewhere",
                                 (json_int_t)e->elsewhere, "held", (json_int_t)e->erased.held, "held_beside",
                                 (json_int_t)e->erased.held_beside, "held_from", (json_int_t)e->from, "unread",
                                 json_unread(&e->unknown), "change", (json_int_t)store->change_id));
        return;
    }
    if (e->our_count + e->elsewhere + e->from + (size_t)e->erased.held == 0)
        cli_print_sentence(0, "%s", _("Nothing was recorded of this address."));
    else if (is_done)
        tell_erased(e);
    else
        tell_plan(e);
    if (e->elsewhere > 0)
        cli_print_sentence(0, _("Messages of other nodes, on which this has to be run too: %zu."), e->elsewhere);
    if (e->from > 0)
        cli_print_sentence(
            0,
            _("Held messages from this address, which are their recipients': %zu. They go when they are "
              "released, deleted or expire."),
            e->from);
    tell_unread(&e->unknown);
}

/* Exit 1: something is left, on other nodes, or may be left here, or nothing was done without --yes. */
enum cli_exit cli_person_erase(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    struct store_person person;
    struct unknown unknown;
    struct erasure e = { 0 };
    if (open_store(&store, address) && look_into_quarantine(&store, address, options->yes, &unknown) &&
        find(&store, address, &person)) {
        e = plan(&store, address, &person, &unknown);
        if (!options->yes || erase(&store, address, &e))
            tell_erasure(&store, &e);
    }
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && (e.elsewhere > 0 || !is_whole(&e) || !options->yes) ? CLI_NO : code;
}
