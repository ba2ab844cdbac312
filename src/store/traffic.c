#include "store/traffic.h"

#include "store/allow_entries.h"
#include "store/rows.h"
#include "store/traffic_correspondents.h"
#include "store/traffic_count.h"
#include "store/traffic_days.h"
#include "store/traffic_published.h"
#include "store/traffic_rows.h"

#define ARENA_MAX_OCTETS (64u * 1024u * 1024u)
#define HITS_MAX         4000u

struct store_traffic {
    struct sql *sql;
    struct seki_arena *arena; /* of what is gathered and not written yet */
    struct traffic_days days;
    struct traffic_rows rows;
    struct traffic_counts counts;
    struct traffic_correspondents correspondents;
    struct seki_psl *psl; /* NULL: there is none, and every domain is its own organisation's */
    struct traffic_published published;
    struct store_allow_hit hits[HITS_MAX];
    size_t hit_count;
};

struct store_traffic *store_traffic_new(struct sql *sql, struct seki_error *why)
{
    struct store_traffic *traffic = calloc(1, sizeof *traffic);
    struct seki_arena *arena = seki_arena_new(ARENA_MAX_OCTETS);
    if (traffic != NULL && arena != NULL && traffic_published_init(&traffic->published)) {
        traffic->sql = sql;
        traffic->arena = arena;
        traffic->psl = seki_psl_load(NULL, NULL);
        return traffic;
    }
    seki_error_set(why, "no memory to take traffic over");
    if (traffic != NULL)
        traffic_published_release(&traffic->published);
    free(traffic);
    seki_arena_free(arena);
    return NULL;
}

void store_traffic_free(struct store_traffic *traffic)
{
    if (traffic == NULL)
        return;
    traffic_published_release(&traffic->published);
    seki_psl_free(traffic->psl);
    seki_arena_free(traffic->arena);
    free(traffic);
}

/* ---- the position ---- */

static void read_position(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    *(struct store_traffic_position *)item =
        (struct store_traffic_position){ .next_offset = (uint64_t)row[0].integer, .is_done = row[1].integer != 0 };
}

enum seki_result store_traffic_position_read(struct sql *sql, struct seki_str node, struct seki_str segment,
                                             struct store_traffic_position *position_out, struct seki_error *why)
{
    bool found;
    *position_out = (struct store_traffic_position){ 0 };
    return store_read_one(sql, "SELECT next_offset, is_done FROM journal_segment WHERE node = $1 AND segment = $2",
                          SQL_VALUES(SQL_OF_STR(node), SQL_OF_STR(segment)), read_position, NULL, position_out,
                          &found, why);
}

/* Move the position, which also keeps others who would take the same records waiting.
 * @param segment_out  0: the store is somewhere else */
static enum seki_result move(struct sql *sql, const struct store_traffic_batch *batch, int64_t *segment_out,
                             struct seki_error *why)
{
    bool found = false;
    enum seki_result result =
        sql_run(sql,
                "INSERT INTO journal_segment (node, segment, next_offset, is_done) VALUES ($1, $2, 0, 0) "
                "ON CONFLICT (node, segment) DO NOTHING",
                SQL_VALUES(SQL_OF_STR(batch->node), SQL_OF_STR(batch->segment)), NULL, why);
    if (result == SEKI_OK)
        result = store_read_number(
            sql,
            "UPDATE journal_segment SET next_offset = $1, is_done = $2 WHERE node = $3 AND segment = $4 AND "
            "next_offset = $5 AND is_done = 0 RETURNING id",
            SQL_VALUES(SQL_OF_INT(batch->to.next_offset), SQL_OF_INT(batch->to.is_done), SQL_OF_STR(batch->node),
                       SQL_OF_STR(batch->segment), SQL_OF_INT(batch->from_offset)),
            segment_out, &found, why);
    return result;
}

/* The commit of before may have been made although its answer was lost. */
static enum seki_result check_taken(struct sql *sql, const struct store_traffic_batch *batch,
                                    struct seki_error *why)
{
    struct store_traffic_position now;
    enum seki_result result = store_traffic_position_read(sql, batch->node, batch->segment, &now, why);
    if (result != SEKI_OK)
        return result;
    if (now.next_offset == batch->to.next_offset && now.is_done == batch->to.is_done)
        return SEKI_OK;
    seki_error_set(why, "the store has taken segment %.*s over up to %llu, not %llu; read the position again",
                   SEKI_STR_ARGS(batch->segment), (unsigned long long)now.next_offset,
                   (unsigned long long)batch->from_offset);
    return SEKI_BAD_INPUT;
}

static enum seki_result take_numbers(struct sql *sql, size_t count, int64_t *first_out, struct seki_error *why)
{
    if (sql_dialect(sql) == SQL_POSTGRESQL) /* counts by STORE_TRAFFIC_BATCH_MAX */
        return store_read_number(sql, "SELECT nextval('traffic_number')", NULL, 0, first_out, NULL, why);
    return store_read_number(sql, "UPDATE traffic_number SET next = next + $1 WHERE id = 1 RETURNING next - $1",
                             SQL_VALUES(SQL_OF_INT(count)), first_out, NULL, why);
}

/* ---- the rows ---- */

static enum seki_result flush(struct store_traffic *traffic, struct seki_error *why)
{
    if (seki_arena_failure(traffic->arena) != SEKI_OK)
        return store_no_room(traffic->arena, why);
    enum seki_result result = traffic_rows_write(&traffic->rows, traffic->sql, why);
    if (result == SEKI_OK)
        result = traffic_counts_write(&traffic->counts, traffic->sql, why);
    if (result == SEKI_OK)
        result = traffic_correspondents_write(&traffic->correspondents, traffic->sql, why);
    if (result == SEKI_OK)
        result = traffic_published_write(&traffic->published, traffic->sql, why);
    if (result == SEKI_OK && traffic->hit_count > 0)
        result = store_allow_count_hits(traffic->sql, traffic->hits, traffic->hit_count, why);
    traffic->hit_count = 0;
    seki_arena_clear(traffic->arena);
    return result;
}

static enum seki_result make_room(struct store_traffic *traffic, struct seki_error *why)
{
    bool is_full = traffic_rows_are_full(&traffic->rows) || traffic_counts_are_full(&traffic->counts) ||
                   traffic_correspondents_are_full(&traffic->correspondents) ||
                   traffic_published_is_full(&traffic->published) || traffic->hit_count == HITS_MAX;
    return is_full ? flush(traffic, why) : SEKI_OK;
}

static void note_hit(struct store_traffic *traffic, uint64_t allow_id, int64_t at_us)
{
    if (allow_id != 0)
        traffic->hits[traffic->hit_count++] =
            (struct store_allow_hit){ .id = allow_id, .count = 1, .last_at_s = at_us / 1000000 };
}

/* It comes again, and counts when it ends. */
static bool is_put_off(const struct journal_record *record)
{
    return record->reply_code / 100 == 4;
}

/* Only counted: it is nobody's mail that came in, and nothing of it is kept to be found. */
static enum seki_result add_sent(struct store_traffic *traffic, const struct journal_record *record,
                                 struct seki_error *why)
{
    enum seki_result result = make_room(traffic, why);
    if (result == SEKI_OK)
        traffic_correspondents_add(&traffic->correspondents, record, traffic->psl, traffic->arena);
    return result;
}

static enum seki_result add_record(struct store_traffic *traffic, const struct traffic_place *place,
                                   const struct journal_record *record, struct seki_error *why)
{
    if (record->sender_domain_id != 0)
        return add_sent(traffic, record, why);
    enum seki_result result = traffic_days_need(&traffic->days, traffic->sql, record->at_us, why);
    if (result == SEKI_OK)
        result = make_room(traffic, why);
    if (result == SEKI_OK) {
        traffic_rows_add_message(&traffic->rows, place, record, traffic->arena);
        traffic_published_note(&traffic->published, record, traffic->arena);
    }
    for (size_t i = 0; i < record->recipient_count && result == SEKI_OK; i++) {
        const struct journal_recipient *recipient = &record->recipients[i];
        result = make_room(traffic, why);
        if (result != SEKI_OK)
            break;
        traffic_rows_add_recipient(&traffic->rows, place, record->at_us, i, recipient, traffic->arena);
        if (!is_put_off(record))
            traffic_counts_add(&traffic->counts, record, recipient, traffic->psl, traffic->arena);
        note_hit(traffic, recipient->judgement.allow_id, record->at_us);
    }
    return result;
}

static enum seki_result add_records(struct store_traffic *traffic, const struct store_traffic_batch *batch,
                                    int64_t segment_id, struct seki_error *why)
{
    int64_t first = 0;
    enum seki_result result = batch->count > 0 ? take_numbers(traffic->sql, batch->count, &first, why) : SEKI_OK;
    for (size_t i = 0; i < batch->count && result == SEKI_OK; i++) {
        const struct traffic_place place = { first + (int64_t)i, segment_id, batch->records[i].offset };
        result = add_record(traffic, &place, batch->records[i].record, why);
    }
    return result == SEKI_OK ? flush(traffic, why) : result;
}

/* ---- a batch ---- */

static void drop_gathered(struct store_traffic *traffic)
{
    traffic->rows.message_count = traffic->rows.recipient_count = 0;
    traffic->counts.count = traffic->counts.failing_count = traffic->correspondents.count = 0;
    traffic->hit_count = 0;
    traffic_published_forget(&traffic->published);
    seki_arena_clear(traffic->arena);
    traffic_days_forget(&traffic->days);
}

static enum seki_result take(struct store_traffic *traffic, const struct store_traffic_batch *batch,
                             bool *is_new_out, struct seki_error *why)
{
    int64_t segment_id = 0;
    enum seki_result result = move(traffic->sql, batch, &segment_id, why);
    *is_new_out = segment_id != 0;
    if (result == SEKI_OK && segment_id == 0)
        return check_taken(traffic->sql, batch, why);
    return result == SEKI_OK ? add_records(traffic, batch, segment_id, why) : result;
}

enum seki_result store_traffic_ingest(struct store_traffic *traffic, const struct store_traffic_batch *batch,
                                      struct seki_error *why)
{
    bool is_new = false;
    if (batch->count > STORE_TRAFFIC_BATCH_MAX) {
        seki_error_set(why, "a batch has more than %u records", STORE_TRAFFIC_BATCH_MAX);
        return SEKI_USAGE;
    }
    enum seki_result result = sql_begin(traffic->sql, true, why);
    if (result != SEKI_OK)
        return result;
    result = take(traffic, batch, &is_new, why);
    if (result == SEKI_OK && is_new)
        result = sql_commit(traffic->sql, why);
    else
        sql_rollback(traffic->sql);
    if (result != SEKI_OK)
        drop_gathered(traffic);
    return result;
}
