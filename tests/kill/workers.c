#include "kill/workers.h"

#include "store/sql.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT_OCTETS 25000u /* small, so that there are many */
#define BATCH          200u

/* ---- the scene ---- */

static bool create_tables(const struct kill_scene *scene)
{
    static const char *const texts[] = {
        /* No key on purpose: what comes twice must show. */
        "CREATE TABLE record (loop BIGINT NOT NULL, number BIGINT NOT NULL, is_sound BIGINT NOT NULL)",
        "CREATE TABLE segment (name TEXT PRIMARY KEY, next_offset BIGINT NOT NULL, is_done BIGINT NOT NULL)",
    };
    enum seki_result result;
    struct sql *sql = sql_open(scene->url, &result, NULL);
    bool is_done = sql != NULL;
    for (size_t i = 0; is_done && i < sizeof texts / sizeof texts[0]; i++)
        is_done = sql_run(sql, texts[i], NULL, 0, NULL, NULL) == SEKI_OK;
    sql_close(sql);
    return is_done;
}

bool kill_scene_set_up(struct kill_scene *scene, const char *folder)
{
    snprintf(scene->folder, sizeof scene->folder, "%s", folder);
    snprintf(scene->journal, sizeof scene->journal, "%s/journal", folder);
    snprintf(scene->database, sizeof scene->database, "%s/database", folder);
    snprintf(scene->url, sizeof scene->url, "sqlite:%s", scene->database);
    snprintf(scene->returned, sizeof scene->returned, "%s/returned", folder);
    int fd = open(scene->returned, O_WRONLY | O_CREAT, 0600);
    close(fd);
    return fd >= 0 && mkdir(scene->journal, 0700) == 0 && create_tables(scene);
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

/* ---- records: loop, number, and octets that follow from both ---- */

#define HEAD_OCTETS 16u

struct numbered {
    uint64_t loop, number;
};

static size_t length_of(struct numbered n)
{
    return HEAD_OCTETS + (size_t)((n.number * 2654435761u + n.loop) % 5000);
}

static char octet_of(struct numbered n, size_t at)
{
    return (char)(uint8_t)(n.number * 31 + n.loop * 7 + at);
}

static void write_record(struct numbered n, char *to)
{
    memcpy(to, &n, HEAD_OCTETS);
    for (size_t at = HEAD_OCTETS; at < length_of(n); at++)
        to[at] = octet_of(n, at);
}

static bool read_record(struct seki_str record, struct numbered *n)
{
    *n = (struct numbered){ UINT32_MAX, 0 };
    if (record.len < HEAD_OCTETS)
        return false;
    memcpy(n, record.ptr, HEAD_OCTETS);
    bool is_sound = n->loop < KILL_LOOPS && record.len == length_of(*n);
    for (size_t at = HEAD_OCTETS; is_sound && at < record.len; at++)
        is_sound = record.ptr[at] == octet_of(*n, at);
    return is_sound;
}

/* ---- the writer ---- */

struct loop {
    const struct kill_scene *scene;
    unsigned number;
    int returned; /* a file: one octet for each number that returned, at its place. The kernel has it at once */
    struct journal_writer *writer;
};

static bool append_next(struct loop *loop)
{
    static const char mark = 1;
    char octets[8192];
    struct journal_position position;
    struct kill_shared *shared = loop->scene->shared;
    struct numbered n = { loop->number, atomic_fetch_add(&shared->next[loop->number], 1) };
    write_record(n, octets);
    struct seki_error why = { "" };
    if (journal_append(loop->writer, (struct seki_str){ octets, length_of(n) }, &position, &why) != SEKI_OK) {
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

struct progress {
    uint64_t offset;
    bool is_done;
};

struct ingestion {
    const struct kill_scene *scene;
    struct sql *sql;
    struct seki_str segment;
    struct seki_error why;
};

static bool read_progress(struct ingestion *in, struct progress *progress)
{
    struct sql_rows *rows;
    const struct sql_value *row;
    *progress = (struct progress){ 0 };
    if (sql_query(in->sql, "SELECT next_offset, is_done FROM segment WHERE name = $1",
                  SQL_VALUES(SQL_OF_STR(in->segment)), &rows, &in->why) != SEKI_OK ||
        sql_next(rows, &row, &in->why) != SEKI_OK)
        return false;
    if (row == NULL)
        return true;
    *progress = (struct progress){ (uint64_t)row[0].integer, row[1].integer != 0 };
    sql_rows_close(rows);
    return true;
}

static bool write_progress(struct ingestion *in, const struct progress *progress)
{
    return sql_run(
               in->sql,
               "INSERT INTO segment (name, next_offset, is_done) VALUES ($1, $2, $3) "
               "ON CONFLICT (name) DO UPDATE SET next_offset = excluded.next_offset, is_done = excluded.is_done",
               SQL_VALUES(SQL_OF_STR(in->segment), SQL_OF_INT(progress->offset), SQL_OF_INT(progress->is_done)),
               NULL, &in->why) == SEKI_OK;
}

static bool insert(struct ingestion *in, struct seki_str record)
{
    struct numbered n;
    bool is_sound = read_record(record, &n);
    return sql_run(in->sql, "INSERT INTO record (loop, number, is_sound) VALUES ($1, $2, $3)",
                   SQL_VALUES(SQL_OF_INT(n.loop), SQL_OF_INT(n.number), SQL_OF_INT(is_sound)), NULL,
                   &in->why) == SEKI_OK;
}

/* @return how many entries were taken; -1 with in->why */
static int take_batch(struct ingestion *in, struct journal_reader *reader, struct progress *progress)
{
    struct seki_str record;
    for (int taken = 0; taken < (int)BATCH; taken++) {
        switch (journal_reader_next(reader, &record, &progress->offset, &in->why)) {
        case JOURNAL_RECORD:
            if (!insert(in, record))
                return -1;
            break;
        case JOURNAL_END_FOR_NOW: return taken;
        case JOURNAL_END: progress->is_done = true; return taken;
        case JOURNAL_DAMAGED:
            atomic_fetch_add(&in->scene->shared->damaged, 1);
            printf("# %.*s: %s\n", SEKI_STR_ARGS(in->segment), in->why.text);
            return -1;
        }
    }
    return (int)BATCH;
}

static bool ingest_segment(struct ingestion *in)
{
    struct progress progress;
    if (!read_progress(in, &progress) || progress.is_done)
        return progress.is_done;
    struct journal_reader *reader = journal_reader_open(in->scene->journal, in->segment, progress.offset, &in->why);
    int taken = reader != NULL ? (int)BATCH : -1;
    while (taken == (int)BATCH && !progress.is_done) {
        taken = sql_begin(in->sql, true, &in->why) == SEKI_OK ? take_batch(in, reader, &progress) : -1;
        if (taken >= 0 && (!write_progress(in, &progress) || sql_commit(in->sql, &in->why) != SEKI_OK))
            taken = -1;
    }
    journal_reader_close(reader);
    return taken >= 0;
}

static void note_waiting(struct ingestion *in, size_t segment_count)
{
    struct sql_rows *rows;
    const struct sql_value *row;
    if (sql_query(in->sql, "SELECT count(*) FROM segment", NULL, 0, &rows, &in->why) != SEKI_OK ||
        sql_next(rows, &row, &in->why) != SEKI_OK || row == NULL)
        return;
    unsigned long long waiting = segment_count - (size_t)row[0].integer;
    sql_rows_close(rows);
    if (waiting > atomic_load(&in->scene->shared->most_waiting))
        atomic_store(&in->scene->shared->most_waiting, waiting);
}

static bool ingest_all(struct ingestion *in, bool is_first)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    const struct seki_str *names;
    size_t count;
    bool is_well = journal_segments(in->scene->journal, arena, &names, &count, &in->why) == SEKI_OK;
    if (is_well && is_first)
        note_waiting(in, count);
    for (size_t i = 0; is_well && i < count; i++) {
        in->segment = names[i];
        is_well = ingest_segment(in);
    }
    seki_arena_free(arena);
    return is_well;
}

int kill_ingester(const struct kill_scene *scene)
{
    struct ingestion in = { .scene = scene };
    enum seki_result result;
    in.sql = sql_open(scene->url, &result, &in.why);
    bool is_well = in.sql != NULL, was_over = false;
    for (bool is_first = true; is_well && !was_over; is_first = false) {
        was_over = atomic_load(&scene->shared->is_over);
        is_well = ingest_all(&in, is_first);
    }
    if (!is_well)
        printf("# ingester: %s\n", in.why.text);
    sql_close(in.sql);
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

/* How often each record is there, at the place that its append marked when it returned. */
static bool count_rows(const struct kill_scene *scene, uint8_t *seen, size_t places, struct kill_counts *counts)
{
    struct sql_rows *rows;
    const struct sql_value *row = NULL;
    enum seki_result result;
    struct sql *sql = sql_open(scene->url, &result, NULL);
    if (sql == NULL ||
        sql_query(sql, "SELECT loop, number, is_sound FROM record", NULL, 0, &rows, NULL) != SEKI_OK) {
        sql_close(sql);
        return false;
    }
    while ((result = sql_next(rows, &row, NULL)) == SEKI_OK && row != NULL) {
        size_t place = (size_t)row[1].integer * KILL_LOOPS + (size_t)row[0].integer;
        bool is_sound = row[2].integer != 0 && place < places;
        counts->taken_over++;
        counts->changed += !is_sound;
        if (is_sound && seen[place] < UINT8_MAX)
            seen[place]++;
    }
    sql_close(sql);
    return result == SEKI_OK;
}

bool kill_count(const struct kill_scene *scene, struct kill_counts *counts)
{
    *counts = (struct kill_counts){ .damaged = atomic_load(&scene->shared->damaged) };
    unsigned long long most = 0;
    for (unsigned i = 0; i < KILL_LOOPS; i++)
        most = atomic_load(&scene->shared->next[i]) > most ? atomic_load(&scene->shared->next[i]) : most;
    size_t places = (size_t)most * KILL_LOOPS;
    uint8_t *seen = calloc(places + 1, 1), *returned = calloc(places + 1, 1);
    int fd = open(scene->returned, O_RDONLY);
    bool is_read = seen != NULL && returned != NULL && fd >= 0 && read(fd, returned, places) >= 0 &&
                   count_rows(scene, seen, places, counts);
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
