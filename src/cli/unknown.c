#include "cli/unknown.h"

#include "cli/i18n.h"
#include "cli/quarantine.h"
#include "cli/text.h"
#include "journal/reader.h"
#include "journal/record.h"
#include "store/held_items.h"
#include "store/person.h"
#include "store/traffic.h"

#define RECORD_ARENA_OCTETS (16u << 20)

/* ---- held ---- */

struct look {
    struct cli_store *store;
    struct seki_str node, address;
    bool takes_in;
    struct cli_unknown *unknown;
};

static enum seki_result look_at_held(void *user, const struct quarantine_id *id,
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
    look->unknown->held_for += count;
    if (message->recipient_count > 0 && (seki_str_equal_nocase(items[0].mail_from, look->address) ||
                                         seki_str_contains_nocase(items[0].author, look->address)))
        look->unknown->held_from += message->recipient_count - count;
    return SEKI_OK;
}

/* Where there is no quarantine nothing is held. */
static bool look_into_quarantine(struct cli_store *store, const char *address, bool takes_in,
                                 struct cli_unknown *unknown)
{
    struct cli_quarantine quarantine;
    if (cli_store_config(store, "quarantine", "folder").len == 0)
        return true;
    if (!cli_quarantine_find(store, &quarantine))
        return false;
    unknown->folder = quarantine.folder;
    struct look look = { store, quarantine.node, seki_str_of(address), takes_in, unknown };
    const struct quarantine_visitor visitor = { look_at_held, &look };
    return cli_store_did(store,
                         quarantine_visit_unknown(quarantine.folder.ptr, &visitor, &unknown->files, &store->why));
}

/* ---- recorded ---- */

static bool is_about(const struct journal_record *record, struct seki_str address)
{
    bool is_it = seki_str_equal_nocase(record->mail_from, address);
    for (size_t i = 0; i < record->recipient_count; i++)
        is_it = is_it || seki_str_equal_nocase(record->recipients[i].address, address);
    return is_it;
}

/* What is damaged is nobody's: `control` does not take it over either.
 * @return false: it cannot be read now */
static bool count_records(struct journal_reader *reader, uint64_t offset, struct seki_str address,
                          struct seki_arena *arena, size_t *count)
{
    enum journal_next got = JOURNAL_RECORD;
    for (uint64_t next; got == JOURNAL_RECORD || got == JOURNAL_DAMAGED; offset = next) {
        struct journal_record record;
        struct seki_str octets;
        got = journal_reader_next(reader, &octets, &next, NULL);
        if (got == JOURNAL_DAMAGED && next == offset)
            return false;
        seki_arena_clear(arena);
        if (got == JOURNAL_RECORD && journal_record_decode(octets, arena, &record, NULL) == SEKI_OK)
            *count += is_about(&record, address);
    }
    return true;
}

static enum seki_result look_into_segment(struct cli_store *store, const char *folder, struct seki_str node,
                                          struct seki_str segment, struct seki_str address,
                                          struct seki_arena *arena, struct cli_unknown *unknown)
{
    struct store_traffic_position position;
    enum seki_result result = store_traffic_position_read(store->sql, node, segment, &position, &store->why);
    if (result != SEKI_OK || position.is_done)
        return result;
    struct journal_reader *reader = journal_reader_open(folder, segment, position.next_offset, NULL);
    if (reader == NULL || !count_records(reader, position.next_offset, address, arena, &unknown->recorded))
        unknown->segments++;
    journal_reader_close(reader);
    return SEKI_OK;
}

static bool look_into_journal(struct cli_store *store, struct seki_str node, const char *address,
                              struct cli_unknown *unknown)
{
    const char *given = store->options->journal;
    const char *folder = given != NULL ? given : cli_store_config(store, "journal", "folder").ptr;
    const struct seki_str *names;
    size_t count;
    if (folder == NULL || folder[0] == '\0')
        return true;
    struct seki_arena *arena = seki_arena_new(RECORD_ARENA_OCTETS);
    enum seki_result result =
        arena != NULL ? journal_segments(folder, store->arena, &names, &count, &store->why) : SEKI_SYSTEM;
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result = look_into_segment(store, folder, node, names[i], seki_str_of(address), arena, unknown);
    seki_arena_free(arena);
    return cli_store_did(store, result);
}

bool cli_unknown_find(struct cli_store *store, struct seki_str node, const char *address, bool takes_in,
                      struct cli_unknown *unknown_out)
{
    *unknown_out = (struct cli_unknown){ 0 };
    return look_into_quarantine(store, address, takes_in, unknown_out) &&
           look_into_journal(store, node, address, unknown_out);
}

/* ---- told ---- */

static bool has_unread_files(const struct cli_unknown *unknown)
{
    return unknown->files.in_new + unknown->files.in_unreadable + unknown->files.in_damaged > 0;
}

bool cli_unknown_leaves_doubt(const struct cli_unknown *unknown)
{
    return has_unread_files(unknown) || unknown->recorded + unknown->segments > 0;
}

void cli_unknown_tell(const struct cli_unknown *unknown)
{
    if (unknown->recorded > 0)
        cli_print_sentence(0,
                           _("Messages recorded on this node, and not in the store yet: %zu. Run this again when "
                             "sekishod has taken them over."),
                           unknown->recorded);
    if (unknown->segments > 0)
        cli_print_sentence(0,
                           _("Segments of the journal that cannot be read, so that nobody can say whether this "
                             "address is in them: %zu. Look at their owner, their mode and the disk."),
                           unknown->segments);
    if (has_unread_files(unknown))
        cli_print_sentence(0,
                           _("Held files that cannot be read, so that nobody can say whether this address is in "
                             "them: %zu in %.*s/new, %zu in unreadable, %zu in damaged. Look at them yourself."),
                           unknown->files.in_new, SEKI_STR_ARGS(unknown->folder), unknown->files.in_unreadable,
                           unknown->files.in_damaged);
}

json_t *cli_unknown_json_unread(const struct cli_unknown *unknown)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "new", (json_int_t)unknown->files.in_new, "unreadable",
                     (json_int_t)unknown->files.in_unreadable, "damaged", (json_int_t)unknown->files.in_damaged,
                     "journal", (json_int_t)unknown->segments);
}
