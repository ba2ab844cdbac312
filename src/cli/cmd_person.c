/* `sekisho db find|erase`: what recorded traffic has of one address, for whom it asks about it or wants it gone. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/store.h"
#include "cli/table.h"
#include "cli/text.h"
#include "journal/reader.h"
#include "store/traffic_keep.h"

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

static bool find(struct cli_store *store, const char *address, const struct store_traffic_place **places_out,
                 size_t *count_out)
{
    return cli_store_open(store, store->options) &&
           cli_store_did(store, store_traffic_find_person(store->sql, seki_str_of(address), store->arena,
                                                          places_out, count_out, &store->why));
}

/* ---- find ---- */

static json_t *json_place(const struct store_traffic_place *place)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:I}", "message", (json_int_t)place->message, "at_us",
                     json_integer((json_int_t)place->at_us), "node", cli_json_str(place->node), "segment",
                     place->position.segment, "offset", (json_int_t)place->position.offset);
}

static void tell_places(const struct cli_store *store, const struct store_traffic_place *places, size_t count)
{
    static const char *const headings[] = { N_("message"), N_("node"), N_("evidence") };
    struct cli_table table;
    if (store->options->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, json_place(&places[i]));
        cli_json_print(json_pack("{s:o}", "messages", list));
        return;
    }
    if (count == 0) {
        cli_print_sentence(0, "%s", _("Nothing was recorded of this address."));
        return;
    }
    cli_table_begin(&table, store->arena, 3, headings);
    for (size_t i = 0; i < count; i++) {
        cli_table_format(&table, "%lld", (long long)places[i].message);
        cli_table_add(&table, places[i].node);
        cli_table_format(&table, "%s:%llu", places[i].position.segment,
                         (unsigned long long)places[i].position.offset);
    }
    cli_table_print(&table);
}

enum cli_exit cli_person_find(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    const struct store_traffic_place *places;
    size_t count = 0;
    if (find(&store, address, &places, &count))
        tell_places(&store, places, count);
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && count == 0 ? CLI_NO : code;
}

/* ---- erase ---- */

/* Places are sorted by node: ours stand together. */
static size_t count_ours(const struct store_traffic_place *places, size_t count, struct seki_str node,
                         size_t *first_out)
{
    size_t ours = 0;
    *first_out = 0;
    for (size_t i = 0; i < count; i++)
        if (seki_str_equal(places[i].node, node)) {
            if (ours++ == 0)
                *first_out = i;
        }
    return ours;
}

/* The evidence first: what the store has forgotten cannot be found in a journal any more. */
static bool erase(struct cli_store *store, const char *address, const struct store_traffic_place *places,
                  size_t count)
{
    const char *given = store->options->journal;
    const char *folder = given != NULL ? given : cli_store_config(store, "journal", "folder").ptr;
    struct journal_position *positions = seki_arena_alloc(store->arena, count + 1, sizeof *positions);
    if (folder == NULL || folder[0] == '\0') {
        seki_error_set(&store->why, "the configuration names no journal; give its folder with --journal");
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    if (positions == NULL)
        return cli_store_did(store, SEKI_LIMIT);
    for (size_t i = 0; i < count; i++)
        positions[i] = places[i].position;
    return cli_store_did(store, journal_erase(folder, positions, count, &store->why)) &&
           cli_store_did(store,
                         store_traffic_erase_person(store->sql, seki_str_of(address), places, count, &store->why));
}

static void tell_erased(const struct cli_store *store, struct seki_str node, size_t erased, size_t elsewhere)
{
    if (store->options->json) {
        cli_json_print(json_pack("{s:o, s:I, s:I}", "node", cli_json_str(node), "erased", (json_int_t)erased,
                                 "elsewhere", (json_int_t)elsewhere));
        return;
    }
    cli_print_sentence(0, _("Messages erased on this node (%.*s): %zu."), SEKI_STR_ARGS(node), erased);
    if (elsewhere > 0)
        cli_print_sentence(0, _("Messages of other nodes, on which this has to be run too: %zu."), elsewhere);
}

/* Exit 1: something is left, on other nodes. */
enum cli_exit cli_person_erase(const struct cli_options *options, const char *address)
{
    struct cli_store store = { .options = options };
    const struct store_traffic_place *places;
    size_t count = 0, first = 0, ours = 0;
    bool is_done = find(&store, address, &places, &count);
    if (is_done) {
        struct seki_str node = node_name(&store);
        ours = count_ours(places, count, node, &first);
        is_done = ours == 0 || erase(&store, address, places + first, ours);
        if (is_done)
            tell_erased(&store, node, ours, count - ours);
    }
    enum cli_exit code = cli_store_close(&store);
    return code == CLI_DONE && count > ours ? CLI_NO : code;
}
