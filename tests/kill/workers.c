#include "kill/workers.h"

#include "journal/record.h"
#include "store/migrate.h"
#include "store/traffic.h"
#include "store/traffic_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT_OCTETS 25000u /* small, so that there are many */
#define BATCH          200u
#define NODE           SEKI_STR("node-1")

/* ---- the scene ---- */

static bool create_store(const struct kill_scene *scene)
{
    enum seki_result result;
    unsigned applied;
    struct seki_error why = { "" };
    struct sql *sql = sql_open(scene->url, &result, &why);
    bool is_done = sql != NULL && store_migrate(sql, &applied, &why) == SEKI_OK;
    if (!is_done)
        printf("# %s\n", why.text);
    sql_close(sql);
    return is_done;
}

bool kill_scene_set_up(struct kill_scene *scene, const char *folder, const char *url)
{
    snprintf(scene->folder, sizeof scene->folder, "%s", folder);
    snprintf(scene->journal, sizeof scene->journal, "%s/journal", folder);
    snprintf(scene->url, sizeof scene->url, url != NULL ? "%s" : "sqlite:%s/database", url != NULL ? url : folder);
    snprintf(scene->returned, sizeof scene->returned, "%s/returned", folder);
    int fd = open(scene->returned, O_WRONLY | O_CREAT, 0600);
    close(fd);
    return fd >= 0 && mkdir(scene->journal, 0700) == 0 && create_store(scene);
}

static void empty(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (entry->d_type == DT_REG)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
}

void kill_scene_clean_up(const struct kill_scene *scene)
{
    empty(scene->journal);
    empty(scene->folder);
}

/* ---- records: loop and number as queue id, and a header that follows from both ---- */

struct numbered {
    uint64_t loop, number;
};

#define HEADER_MAX 5000u

static struct seki_str header_of(struct numbered n, char *to)
{
    size_t len = (size_t)((n.number * 2654435761u + n.loop) % HEADER_MAX);
    for (size_t at = 0; at < len; at++)
        to[at] = (char)(uint8_t)(n.number * 31 + n.loop * 7 + at);
    return (struct seki_str){ to, len };
}

static void write_record(struct numbered n, struct seki_buf *out)
{
    char queue_id[64], header[HEADER_MAX];
    static const struct journal_recipient recipient = { .address = SEKI_STR_INIT("a@customer.example") };
    snprintf(queue_id, sizeof queue_id, "%llu-%llu", (unsigned long long)n.loop, (unsigned long long)n.number);
    const struct journal_record record = {
        .at_us = INT64_C(1795334400000000),
        .queue_id = seki_str_of(queue_id),
        .recipients = &recipient,
        .recipient_count = 1,
        .header = header_of(n, header),
    };
    seki_buf_clear(out);
    journal_record_encode(&record, out);
}

static bool read_queue_id(struct seki_str queue_id, struct numbered *n)
{
    size_t dash = seki_str_find(queue_id, '-');
    return seki_str_to_u64(seki_str_head(queue_id, dash), KILL_LOOPS - 1, &n->loop) &&
           seki_str_to_u64(seki_str_from(queue_id, dash + 1), UINT32_MAX, &n->number);
}

static bool is_sound(const struct journal_record *record)
{
    char header[HEADER_MAX];
    struct numbered n;
    return read_queue_id(record->queue_id, &n) && seki_str_equal(header_of(n, header), record->header);
}

/* ---- the writer ---- */

struct loop {
    const struct kill_scene *scene;
    unsigned number;
    int returned; /* a file: one octet for each number that returned, at its place. The kernel has it at once */
    struct journal_writer *writer;
    struct seki_buf record;
};

static bool append_next(struct loop *loop)
{
    static const char mark = 1;
    struct journal_position position;
    struct kill_shared *shared = loop->scene->shared;
    struct numbered n = { loop->number, atomic_fetch_add(&shared->next[loop->number], 1) };
    write_record(n, &loop->record);
    struct seki_error why = { "" };
    if (journal_append(loop->writer, seki_buf_str(&loop->record), &position, &why) != SEKI_OK) {
        printf("# %s\n", why.text);
        return false;
    }
    return pwrite(loop->returned, &mark, 1, (off_t)(n.number * KILL_LOOPS + n.loop)) == 1;
}

static void *run_loop(void *user)
{
    struct loop *loop = user;
    while (append_next(loop))
        if (rand() % 2 == 0)
            usleep(400); /* leaves the ingester a chance */
    return loop;
}

int kill_writer(const struct kill_scene *scene)
{
    const struct journal_options options = { .max_segment_octets = SEGMENT_OCTETS, .min_free_octets = 1 };
    struct loop loops[KILL_LOOPS];
    pthread_t threads[KILL_LOOPS];
    for (unsigned i = 0; i < KILL_LOOPS; i++) {
        loops[i] = (struct loop){ .scene = scene, .number = i, .returned = open(scene->returned, O_WRONLY) };
        seki_buf_init(&loops[i].record, JOURNAL_RECORD_MAX_OCTETS);
        loops[i].writer = journal_writer_new(scene->journal, i, &options, NULL);
        if (loops[i].returned < 0 || loops[i].writer == NULL ||
            pthread_create(&threads[i], NULL, run_loop, &loops[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < KILL_LOOPS; i++)
        pthread_join(threads[i], NULL);
    return 1; /* only when an append failed */
}

/* ---- the compressor ---- */

int kill_compressor(const struct kill_scene *scene)
{
    srand((unsigned)getpid());
    for (;;) {
        struct seki_arena *arena = seki_arena_new(64u << 20);
        const struct seki_str *names;
        struct seki_error why = { "" };
        size_t count;
        if (journal_segments(scene->journal, arena, &names, &count, &why) != SEKI_OK) {
            printf("# %s\n", why.text);
            return 1;
        }
        for (size_t i = 0; i < 5 && count > 0; i++) {
            enum seki_result result = journal_compress(scene->journal, names[(size_t)rand() % count], &why);
            if (result != SEKI_OK && result != SEKI_TEMPORARY) { /* its writer lives */
                printf("# %s\n", why.text);
                return 1;
            }
        }
        seki_arena_free(arena);
        usleep(2000);
    }
}

/* ---- the ingester ---- */

struct ingestion {
    const struct kill_scene *scene;
    struct sql *sql;
    struct store_traffic *traffic;
    struct seki_arena *arena; /* of one batch */
    struct store_traffic_record records[BATCH];
    size_t count;
    struct seki_error why;
};

static bool take(struct ingestion *in, struct seki_str octets, uint64_t next_offset)
{
    struct journal_record *record = seki_arena_alloc(in->arena, 1, sizeof *record);
    struct seki_str copy = seki_arena_copy(in->arena, octets);
    if (record == NULL || copy.ptr == NULL || journal_record_decode(copy, in->arena, record, &in->why) != SEKI_OK ||
        !is_sound(record)) {
        atomic_fetch_add(&in->scene->shared->changed, 1);
        return false;
    }
    in->records[in->count++] = (struct store_traffic_record){ record, journal_entry_offset(next_offset, octets) };
    return true;
}

/* @return false with in->why */
static bool read_batch(struct ingestion *in, struct journal_reader *reader, struct store_traffic_position *to,
                       bool *has_more)
{
    struct seki_str octets;
    *has_more = false;
    for (in->count = 0; in->count < BATCH;) {
        switch (journal_reader_next(reader, &octets, &to->next_offset, &in->why)) {
        case JOURNAL_RECORD:
            if (!take(in, octets, to->next_offset))
                return false;
            break;
        case JOURNAL_END_FOR_NOW: return true;
        case JOURNAL_END: to->is_done = true; return true;
        case JOURNAL_DAMAGED: atomic_fetch_add(&in->scene->shared->damaged, 1); return false;
        }
    }
    *has_more = true;
    return true;
}

/* Somebody who was killed may have committed after we asked where the store is: ask again. */
static bool give_batch(struct ingestion *in, struct seki_str segment, uint64_t from,
                       const struct store_traffic_position *to, bool *has_more)
{
    const struct store_traffic_batch batch = {
        .node = NODE, .segment = segment, .from_offset = from, .to = *to, .records = in->records, .count = in->count
    };
    enum seki_result result = store_traffic_ingest(in->traffic, &batch, &in->why);
    if (result == SEKI_BAD_INPUT || result == SEKI_TEMPORARY)
        *has_more = false;
    return result == SEKI_OK || result == SEKI_BAD_INPUT || result == SEKI_TEMPORARY;
}

static bool ingest_segment(struct ingestion *in, struct seki_str segment)
{
    struct store_traffic_position from, to;
    bool has_more = true, is_well;
    if (store_traffic_position_read(in->sql, NODE, segment, &from, &in->why) != SEKI_OK || from.is_done)
        return from.is_done;
    struct journal_reader *reader = journal_reader_open(in->scene->journal, segment, from.next_offset, &in->why);
    for (is_well = reader != NULL; is_well && has_more; from = to) {
        to = from;
        seki_arena_clear(in->arena);
        is_well =
            read_batch(in, reader, &to, &has_more) && give_batch(in, segment, from.next_offset, &to, &has_more);
    }
    journal_reader_close(reader);
    return is_well;
}

/* Segments in a row that the store knows nothing of. */
static void note_waiting(const struct kill_scene *scene, unsigned long long waiting)
{
    if (waiting > atomic_load(&scene->shared->most_waiting))
        atomic_store(&scene->shared->most_waiting, waiting);
}

static bool ingest_all(struct ingestion *in)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    const struct seki_str *names;
    size_t count, known = 0;
    bool is_well = journal_segments(in->scene->journal, arena, &names, &count, &in->why) == SEKI_OK;
    for (size_t i = 0; is_well && i < count; i++) {
        struct store_traffic_position position;
        is_well = store_traffic_position_read(in->sql, NODE, names[i], &position, &in->why) == SEKI_OK;
        known += position.next_offset > 0;
        if (is_well && !position.is_done)
            is_well = ingest_segment(in, names[i]);
    }
    if (is_well)
        note_waiting(in->scene, count - known);
    seki_arena_free(arena);
    return is_well;
}

int kill_ingester(const struct kill_scene *scene)
{
    static struct ingestion in;
    enum seki_result result;
    in = (struct ingestion){ .scene = scene, .arena = seki_arena_new(64u << 20) };
    in.sql = sql_open(scene->url, &result, &in.why);
    in.traffic = in.sql != NULL ? store_traffic_new(in.sql, &in.why) : NULL;
    bool is_well = in.traffic != NULL && in.arena != NULL, was_over = false;
    while (is_well && !was_over) {
        was_over = atomic_load(&scene->shared->is_over);
        is_well = ingest_all(&in);
    }
    if (!is_well)
        printf("# ingester: %s\n", in.why.text);
    store_traffic_free(in.traffic);
    sql_close(in.sql);
    seki_arena_free(in.arena);
    return is_well ? 0 : 1;
}

/* ---- counting ---- */

static void count_segments(const struct kill_scene *scene, struct kill_counts *counts)
{
    DIR *dir = opendir(scene->journal);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct seki_str name = seki_str_of(entry->d_name);
        bool is_compressed = seki_str_ends_with_nocase(name, SEKI_STR(".seg.zst"));
        counts->compressed += is_compressed;
        counts->segments += is_compressed || seki_str_ends_with_nocase(name, SEKI_STR(".seg"));
    }
    if (dir != NULL)
        closedir(dir);
}

struct tally {
    uint8_t *seen; /* how often each record is there, at the place that its append marked when it returned */
    size_t places;
    struct kill_counts *counts;
};

static bool count_row(void *user, const struct store_traffic_row *row)
{
    struct tally *tally = user;
    struct numbered n = { 0, 0 };
    bool is_read = read_queue_id(row->queue_id, &n);
    size_t place = (size_t)(n.number * KILL_LOOPS + n.loop);
    tally->counts->taken_over++;
    tally->counts->changed += !is_read || place >= tally->places;
    if (is_read && place < tally->places && tally->seen[place] < UINT8_MAX)
        tally->seen[place]++;
    return true;
}

static bool count_rows(const struct kill_scene *scene, struct tally *tally)
{
    enum seki_result result;
    struct sql *sql = sql_open(scene->url, &result, NULL);
    const struct store_traffic_filter everything = { .limit = 0 };
    bool is_read = sql != NULL && store_traffic_scan(sql, &everything, count_row, tally, NULL) == SEKI_OK;
    sql_close(sql);
    return is_read;
}

bool kill_count(const struct kill_scene *scene, struct kill_counts *counts)
{
    *counts = (struct kill_counts){ .damaged = atomic_load(&scene->shared->damaged),
                                    .changed = atomic_load(&scene->shared->changed) };
    unsigned long long most = 0;
    for (unsigned i = 0; i < KILL_LOOPS; i++)
        most = atomic_load(&scene->shared->next[i]) > most ? atomic_load(&scene->shared->next[i]) : most;
    size_t places = (size_t)most * KILL_LOOPS;
    uint8_t *seen = calloc(places + 1, 1), *returned = calloc(places + 1, 1);
    int fd = open(scene->returned, O_RDONLY);
    struct tally tally = { seen, places, counts };
    bool is_read =
        seen != NULL && returned != NULL && fd >= 0 && read(fd, returned, places) >= 0 && count_rows(scene, &tally);
    for (size_t i = 0; is_read && i < places; i++) {
        counts->returned += returned[i];
        counts->missing += returned[i] == 1 && seen[i] == 0;
        counts->twice += seen[i] > 1;
        counts->unreturned += returned[i] == 0 && seen[i] > 0;
    }
    count_segments(scene, counts);
    close(fd);
    free(seen);
    free(returned);
    return is_read;
}
