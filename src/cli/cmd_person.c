/* `sekisho db find|erase`: what recorded traffic and quarantines have of one address, for who asks about it or wants it gone. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/quarantine.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/unknown.h"
#include "journal/reader.h"
#include "store/person.h"
#include "store/traffic_text.h"

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

/* What is looked for is what was recorded, octet by octet; nearly all servers write A-labels, and people do not. */
static void tell_other_spelling(const struct cli_store *store, struct seki_str address)
{
    struct seki_str other = store_traffic_address(address, store->arena).text;
    if (!seki_str_equal_nocase(other, address))
        cli_complain(_("mail servers write this address as %.*s; ask for that too"), SEKI_STR_ARGS(other));
}

/* Exit 2 and not 1, which would be "nothing was recorded of it" to a script that has to prove it. */
static bool open_store(struct cli_store *store, const char *address)
{
    if (store_person_is_address(seki_str_of(address))) {
        bool is_open = cli_store_open(store, store->options);
        if (is_open)
            tell_other_spelling(store, seki_str_of(address));
        return is_open;
    }
    cli_complain(_("\"%s\" is no mail address; one is needed as user@example.com"), address);
    return cli_store_misused(store);
}

static bool find(struct cli_store *store, const char *address, struct store_person *person_out)
{
    return cli_store_did(
        store, store_person_find(store->sql, seki_str_of(address), store->arena, person_out, &store->why));
}

/* ---- find ---- */

static json_t *json_place(const struct store_person_place *place)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:I}", "message", (json_int_t)place->message, "at_us",
                     json_integer((json_int_t)place->at_us), "node", cli_json_str(place->node), "segment",
                     place->position.segment, "offset", (json_int_t)place->position.offset);
}

static void tell_person_json(const struct store_person *person, const struct cli_unknown *unknown)
{
    json_t *messages = json_array(), *held = json_array();
    for (size_t i = 0; i < person->place_count; i++)
        json_array_append_new(messages, json_place(&person->places[i]));
    for (size_t i = 0; i < person->held_count; i++)
        json_array_append_new(held, cli_json_held(&person->held[i]));
    cli_json_print(json_pack("{s:o, s:o, s:{s:I, s:I, s:I}, s:o}", "messages", messages, "held", held, "unknown",
                             "for", (json_int_t)unknown->held_for, "from", (json_int_t)unknown->held_from,
                             "recorded", (json_int_t)unknown->recorded, "unread",
                             cli_unknown_json_unread(unknown)));
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

static size_t count_all(const struct store_person *person, const struct cli_unknown *unknown)
{
    return person->place_count + person->held_count + unknown->held_for + unknown->held_from + unknown->recorded;
}

static void tell_person(struct cli_store *store, const struct store_person *person,
                        const struct cli_unknown *unknown)
{
    if (store->options->json) {
        tell_person_json(person, unknown);
        return;
    }
    if (count_all(person, unknown) == 0 && !cli_unknown_leaves_doubt(unknown))
        cli_print_sentence(0, "%s", _("Nothing was recorded of this address."));
    if (person->place_count > 0)
        tell_places(store, person);
    if (person->held_count > 0) {
        cli_print_sentence(0, "%s", _("Held in quarantine, for this address or from it:"));
        cli_held_print(store, person->held, person->held_count);
    }
    if (unknown->held_for + unknown->held_from > 0)
        cli_print_sentence(0,
                           _("Held on this node, and not in the store yet: %zu for this address, and %zu from it."),
                           unknown->held_for, unknown->held_from);
    cli_unknown_tell(unknown);
}

/* What was found is told also where the quarantine cannot be looked into, which is said then. */
enum cli_exit cli_person_find(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    struct store_person person = { 0 };
    struct cli_unknown unknown = { 0 };
    if (open_store(&store, address) && find(&store, address, &person)) {
        cli_unknown_find(&store, node_name(&store), address, false, &unknown);
        tell_person(&store, &person, &unknown);
    }
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && count_all(&person, &unknown) == 0 ? CLI_NO : code;
}

/* ---- erase ---- */

struct erasure {
    struct seki_str node;
    const struct store_person_place *ours; /* of this node */
    struct journal_position *evidence;     /* of these */
    size_t our_count, evidence_count, elsewhere;
    size_t from;    /* held messages from the address, which are their recipients' */
    size_t gone;    /* evidence whose segment is not in the journal's folder */
    size_t damaged; /* evidence that could not be read when it was erased */
    struct cli_unknown unknown;
    struct store_person_erased erased;
};

/* What has no evidence is on no node: it can be erased anywhere. */
static struct erasure plan(const struct cli_store *store, const char *address, const struct store_person *person,
                           const struct cli_unknown *unknown)
{
    struct erasure e = { .node = node_name(store),
                         .unknown = *unknown,
                         .erased.held = (int64_t)unknown->held_for,
                         .from = unknown->held_from };
    struct store_person_place *ours = seki_arena_alloc(store->arena, person->place_count + 1, sizeof *ours);
    e.evidence = seki_arena_alloc(store->arena, person->place_count + 1, sizeof *e.evidence);
    for (size_t i = 0; i < person->place_count && ours != NULL && e.evidence != NULL; i++) {
        struct seki_str node = person->places[i].node;
        if (node.len > 0 && !seki_str_equal(node, e.node))
            continue;
        ours[e.our_count++] = person->places[i];
        if (node.len > 0)
            e.evidence[e.evidence_count++] = person->places[i].position;
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

static const char *journal_folder(struct cli_store *store)
{
    const char *given = store->options->journal;
    const char *folder = given != NULL ? given : cli_store_config(store, "journal", "folder").ptr;
    if (folder != NULL && folder[0] != '\0')
        return folder;
    seki_error_set(&store->why, "the configuration names no journal; give its folder with --journal");
    cli_store_did(store, SEKI_BAD_INPUT);
    return NULL;
}

static bool is_among(const struct seki_str *names, size_t count, const char *segment)
{
    for (size_t i = 0; i < count; i++)
        if (seki_str_equal(names[i], seki_str_of(segment)))
            return true;
    return false;
}

/* Dropped when it was old, or another folder is meant: then nothing would lead to that evidence any more. */
static bool count_gone(struct cli_store *store, struct erasure *e)
{
    const struct seki_str *names = NULL;
    size_t count = 0;
    if (e->evidence_count == 0)
        return true;
    const char *folder = journal_folder(store);
    if (folder == NULL ||
        !cli_store_did(store, journal_segments(folder, store->arena, &names, &count, &store->why)))
        return false;
    for (size_t i = 0; i < e->evidence_count; i++)
        e->gone += !is_among(names, count, e->evidence[i].segment);
    return true;
}

static bool erase_evidence(struct cli_store *store, struct erasure *e)
{
    if (e->evidence_count == 0)
        return true;
    const char *folder = journal_folder(store);
    return folder != NULL &&
           cli_store_did(store, journal_erase(folder, e->evidence, e->evidence_count, &e->damaged, &store->why));
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
    return e->damaged == 0 && !cli_unknown_leaves_doubt(&e->unknown);
}

static void tell_erasure(const struct cli_store *store, const struct erasure *e)
{
    bool is_done = store->options->yes;
    if (store->options->json) {
        cli_json_print(json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "node",
                                 cli_json_str(e->node), "done", is_done && is_whole(e), "erased",
                                 (json_int_t)e->our_count, "gone", (json_int_t)e->gone, "damaged",
                                 (json_int_t)e->damaged, "pending", (json_int_t)e->unknown.recorded, "elsewhere",
                                 (json_int_t)e->elsewhere, "held", (json_int_t)e->erased.held, "held_beside",
                                 (json_int_t)e->erased.held_beside, "held_from", (json_int_t)e->from, "unread",
                                 cli_unknown_json_unread(&e->unknown), "change", (json_int_t)store->change_id));
        return;
    }
    bool is_nothing = e->our_count + e->elsewhere + e->from + (size_t)e->erased.held == 0;
    if (is_nothing && !cli_unknown_leaves_doubt(&e->unknown))
        cli_print_sentence(0, "%s", _("Nothing was recorded of this address."));
    else if (is_done)
        tell_erased(e);
    else
        tell_plan(e);
    if (e->gone > 0)
        cli_print_sentence(0,
                           _("Messages whose evidence is not in the journal's folder, where it was dropped, or "
                             "which is not the right one: %zu."),
                           e->gone);
    if (e->elsewhere > 0)
        cli_print_sentence(0, _("Messages of other nodes, on which this has to be run too: %zu."), e->elsewhere);
    if (e->from > 0)
        cli_print_sentence(
            0,
            _("Held messages from this address, which are their recipients': %zu. They go when they are "
              "released, deleted or expire."),
            e->from);
    cli_unknown_tell(&e->unknown);
}

/* Exit 1: something is left, on other nodes, or may be left here, or nothing was done without --yes. */
enum cli_exit cli_person_erase(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    struct store_person person;
    struct cli_unknown unknown;
    struct erasure e = { 0 };
    if (open_store(&store, address) &&
        cli_unknown_find(&store, node_name(&store), address, options->yes, &unknown) &&
        find(&store, address, &person)) {
        e = plan(&store, address, &person, &unknown);
        if (count_gone(&store, &e) && (!options->yes || erase(&store, address, &e)))
            tell_erasure(&store, &e);
    }
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && (e.elsewhere > 0 || !is_whole(&e) || !options->yes) ? CLI_NO : code;
}
