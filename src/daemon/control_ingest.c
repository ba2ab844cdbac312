/* Batches are bounded by records, and by octets too: each brings its evidence, which is read and not kept. What is damaged
 * is counted and passed over, and what cannot be read now is left for later, so that nothing holds up all behind it. */
#include "daemon/control_ingest.h"

#include "journal/reader.h"

#include <stdlib.h>
#include <time.h>

#define BATCH_RECORDS      1000u
#define BATCH_OCTETS       (8u * 1024u * 1024u)
#define RETRY_AFTER_S      60
#define BATCH_ARENA_OCTETS (64u * 1024u * 1024u) /* a batch, the largest record behind it, and their lists */

struct control_ingest {
    const struct control_context *context;
    struct sql *sql;
    struct store_traffic *traffic;
    struct seki_arena *arena; /* of one batch */
    struct store_traffic_record records[BATCH_RECORDS];
    size_t count, octets, lost;
};

struct control_ingest *control_ingest_new(const struct control_context *context, struct sql *sql,
                                          struct seki_error *why)
{
    struct control_ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL) {
        seki_error_set(why, "no memory to read the journal");
        return NULL;
    }
    ingest->context = context;
    ingest->sql = sql;
    ingest->arena = seki_arena_new(BATCH_ARENA_OCTETS);
    if (ingest->arena == NULL)
        seki_error_set(why, "no memory to read the journal");
    else
        ingest->traffic = store_traffic_new(sql, why);
    if (ingest->traffic != NULL)
        return ingest;
    control_ingest_free(ingest);
    return NULL;
}

void control_ingest_free(struct control_ingest *ingest)
{
    if (ingest == NULL)
        return;
    store_traffic_free(ingest->traffic);
    seki_arena_free(ingest->arena);
    free(ingest);
}

static void tell_damage(struct control_ingest *ingest, const struct control_segment *segment, const char *reason)
{
    ingest->lost++;
    log_reason(ingest->context->log, LOG_LEVEL_WARNING, "journal_damaged", "%s: %s", segment->name, reason);
}

/* Read in the batch's arena: the reader's own octets last only until its next record.
 * @return false: no memory for it now */
static bool add_record(struct control_ingest *ingest, const struct control_segment *segment, struct seki_str octets,
                       uint64_t next_offset)
{
    struct seki_error why = { "no memory for it" };
    struct journal_record *record = seki_arena_alloc(ingest->arena, 1, sizeof *record);
    struct seki_str copy = seki_arena_copy(ingest->arena, octets);
    if (record != NULL && copy.ptr != NULL && journal_record_decode(copy, ingest->arena, record, &why) == SEKI_OK) {
        ingest->records[ingest->count++] =
            (struct store_traffic_record){ record, journal_entry_offset(next_offset, octets) };
        ingest->octets += octets.len;
        return true;
    }
    enum seki_result memory = seki_arena_failure(ingest->arena);
    if (memory == SEKI_SYSTEM || (memory == SEKI_LIMIT && ingest->count > 0)) /* then it begins the next batch */
        return false;
    tell_damage(ingest, segment, why.text);
    if (memory == SEKI_LIMIT)
        seki_arena_clear(ingest->arena); /* it was alone in it */
    return true;
}

/* @return false: nothing of it could be read now, *why says why */
static bool read_batch(struct control_ingest *ingest, const struct control_segment *segment,
                       struct journal_reader *reader, struct store_traffic_position *to, bool *has_more_out,
                       struct seki_error *why)
{
    struct seki_str octets;
    uint64_t next;
    *has_more_out = true;
    while (ingest->count < BATCH_RECORDS && ingest->octets < BATCH_OCTETS) {
        enum journal_next found = journal_reader_next(reader, &octets, &next, why);
        bool is_now = found != JOURNAL_DAMAGED || next != to->next_offset;
        if (found == JOURNAL_RECORD && !add_record(ingest, segment, octets, next)) {
            seki_error_set(why, "no memory for a record");
            is_now = false;
        }
        if (!is_now)
            return to->next_offset != segment->position.next_offset;
        to->next_offset = next;
        to->is_done = found == JOURNAL_END;
        *has_more_out = found == JOURNAL_RECORD || found == JOURNAL_DAMAGED;
        if (!*has_more_out)
            return true;
        if (found == JOURNAL_DAMAGED)
            tell_damage(ingest, segment, why->text);
    }
    return true;
}

static enum control_turn give_batch(struct control_ingest *ingest, struct control_segment *segment,
                                    const struct store_traffic_position *to, struct seki_error *why)
{
    const struct store_traffic_batch batch = {
        .node = ingest->context->config->hosting.node_name,
        .segment = seki_str_of(segment->name),
        .from_offset = segment->position.next_offset,
        .to = *to,
        .records = ingest->records,
        .count = ingest->count,
    };
    enum seki_result result = store_traffic_ingest(ingest->traffic, &batch, why);
    if (result == SEKI_BAD_INPUT) { /* another process took some of it over: ask again where the store is */
        segment->is_known = false;
        return CONTROL_AGAIN;
    }
    if (result != SEKI_OK)
        return control_turn_of(result);
    segment->position = *to;
    figures_add(ingest->context->figures, FIGURE_JOURNAL_INGESTED, ingest->count);
    figures_add(ingest->context->figures, FIGURE_JOURNAL_DAMAGED, ingest->lost);
    return CONTROL_IDLE;
}

static enum control_turn know_position(struct control_ingest *ingest, struct control_segment *segment,
                                       struct seki_error *why)
{
    enum seki_result result = store_traffic_position_read(ingest->sql, ingest->context->config->hosting.node_name,
                                                          seki_str_of(segment->name), &segment->position, why);
    segment->is_known = result == SEKI_OK;
    return control_turn_of(result);
}

static int64_t monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Its records stay where they are. */
static enum control_turn leave_for_later(struct control_ingest *ingest, struct control_segment *segment,
                                         const struct seki_error *why)
{
    if (!segment->is_unreadable)
        log_reason(ingest->context->log, LOG_LEVEL_WARNING, "journal_unreadable",
                   "%s: %s; others are taken over meanwhile, and this one within two minutes after it can be read: "
                   "look at its owner, its mode and the disk",
                   segment->name, why->text);
    segment->is_unreadable = true;
    segment->retry_at_s = monotonic_s() + RETRY_AFTER_S;
    return CONTROL_IDLE;
}

static enum control_turn take_from(struct control_ingest *ingest, struct control_segment *segment,
                                   struct journal_reader *reader, struct seki_error *why)
{
    struct store_traffic_position to = segment->position;
    bool has_more;
    seki_arena_clear(ingest->arena);
    ingest->count = ingest->octets = ingest->lost = 0;
    if (!read_batch(ingest, segment, reader, &to, &has_more, why))
        return leave_for_later(ingest, segment, why);
    segment->is_unreadable = false;
    if (to.next_offset == segment->position.next_offset && to.is_done == segment->position.is_done)
        return CONTROL_IDLE;
    enum control_turn turn = give_batch(ingest, segment, &to, why);
    return turn == CONTROL_IDLE && has_more ? CONTROL_AGAIN : turn;
}

enum control_turn control_ingest_batch(struct control_ingest *ingest, struct control_segment *segment,
                                       struct seki_error *why)
{
    if (!segment->is_known) {
        enum control_turn turn = know_position(ingest, segment, why);
        if (turn != CONTROL_IDLE)
            return turn;
    }
    if (segment->position.is_done || (segment->is_unreadable && monotonic_s() < segment->retry_at_s))
        return CONTROL_IDLE;
    struct journal_reader *reader =
        journal_reader_open(ingest->context->config->journal.folder.ptr, seki_str_of(segment->name),
                            segment->position.next_offset, why);
    if (reader == NULL)
        return leave_for_later(ingest, segment, why);
    enum control_turn turn = take_from(ingest, segment, reader, why);
    journal_reader_close(reader);
    return turn;
}
