/* The job that takes the journal over: follows the segments of this node into the store, compresses what is taken over, and
 * drops what has been kept long enough. */
#include "daemon/control_jobs.h"

#include "daemon/control_backlog.h"
#include "daemon/control_ingest.h"
#include "journal/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MS        5000u /* what wakes nobody: a writer's lock that went away with its process */
#define GATHER_MS          50u   /* so that single messages do not cost a transaction each */
#define NAMES_ARENA_OCTETS (64u * 1024u * 1024u)
#define DAY_S              86400
#define COMPRESSED_SUFFIX  ".zst"

struct journal_job {
    const struct control_context *context;
    const char *folder;
    int watch; /* inotify */
    struct seki_arena *arena;
    struct control_ingest *ingest;
    struct control_segment *segments; /* in the order of their names: the oldest first */
    size_t count, room;
};

/* ---- its life ---- */

static void close_job(void *user)
{
    struct journal_job *job = user;
    control_ingest_free(job->ingest);
    seki_arena_free(job->arena);
    if (job->watch >= 0)
        close(job->watch);
    free(job->segments);
    free(job);
}

static bool watch_folder(struct journal_job *job, struct seki_error *why)
{
    job->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (job->watch >= 0 &&
        inotify_add_watch(job->watch, job->folder, IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ONLYDIR) >= 0)
        return true;
    int error = errno;
    seki_error_set(why, "cannot watch the journal folder %s: %s", job->folder, strerror(error));
    return false;
}

static void *open_job(const struct control_context *context, struct sql *sql, struct seki_error *why)
{
    struct journal_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        seki_error_set(why, "no memory");
        return NULL;
    }
    *job = (struct journal_job){ .context = context, .folder = context->config->journal.folder.ptr, .watch = -1 };
    job->arena = seki_arena_new(NAMES_ARENA_OCTETS);
    if (job->arena == NULL)
        seki_error_set(why, "no memory");
    else if (watch_folder(job, why))
        job->ingest = control_ingest_new(context, sql, why);
    if (job->ingest != NULL)
        return job;
    close_job(job);
    return NULL;
}

static int job_descriptor(const void *user)
{
    const struct journal_job *job = user;
    return job->watch;
}

static void clear_watch(const struct journal_job *job)
{
    char events[4096];
    while (read(job->watch, events, sizeof events) > 0)
        ;
}

/* ---- the segments that there are ---- */

static struct control_segment *find_segment(const struct journal_job *job, struct seki_str name)
{
    for (size_t i = job->count; i-- > 0;) { /* what changes is at the end */
        if (seki_str_equal(seki_str_of(job->segments[i].name), name))
            return &job->segments[i];
    }
    return NULL;
}

static bool add_segment(struct journal_job *job, struct seki_str name, struct seki_error *why)
{
    if (job->count == job->room) {
        size_t room = job->room == 0 ? 64 : job->room * 2;
        struct control_segment *grown = reallocarray(job->segments, room, sizeof *grown);
        if (grown == NULL) {
            seki_error_set(why, "no memory for the names of %zu segments", room);
            return false;
        }
        job->segments = grown;
        job->room = room;
    }
    struct control_segment *segment = &job->segments[job->count++];
    *segment = (struct control_segment){ .is_seen = true };
    memcpy(segment->name, name.ptr, name.len < sizeof segment->name ? name.len : sizeof segment->name - 1);
    return true;
}

static bool look_into_folder(struct journal_job *job, struct seki_error *why)
{
    const struct seki_str *names;
    size_t count, kept = 0;
    seki_arena_clear(job->arena);
    if (journal_segments(job->folder, job->arena, &names, &count, why) != SEKI_OK)
        return false;
    for (size_t i = 0; i < job->count; i++)
        job->segments[i].is_seen = false;
    for (size_t i = 0; i < count; i++) {
        struct control_segment *segment = find_segment(job, names[i]);
        if (segment != NULL)
            segment->is_seen = true;
        else if (!add_segment(job, names[i], why))
            return false;
    }
    for (size_t i = 0; i < job->count; i++) {
        if (job->segments[i].is_seen)
            job->segments[kept++] = job->segments[i];
    }
    job->count = kept;
    return true;
}

static bool stat_segment(const struct journal_job *job, const struct control_segment *segment, const char *suffix,
                         struct stat *info_out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", job->folder, segment->name, suffix);
    return stat(path, info_out) == 0;
}

/* ---- taking over ---- */

static enum control_turn take_over(struct journal_job *job, struct seki_error *why)
{
    enum control_turn sum = CONTROL_IDLE;
    for (size_t i = 0; i < job->count; i++) {
        enum control_turn turn = control_ingest_batch(job->ingest, &job->segments[i], why);
        if (turn == CONTROL_UNREACHABLE || turn == CONTROL_FAILED)
            return turn;
        if (turn == CONTROL_AGAIN)
            sum = CONTROL_AGAIN;
    }
    return sum;
}

/* Nothing, where the store has not said of each segment how far it is: what was known before is nearer. */
static void tell_taken(const struct journal_job *job)
{
    uint64_t octets = 0;
    struct stat info;
    for (size_t i = 0; i < job->count; i++) {
        const struct control_segment *segment = &job->segments[i];
        if (!segment->is_known)
            return;
        if (!stat_segment(job, segment, "", &info))
            continue;
        uint64_t size = (uint64_t)info.st_size, offset = segment->position.next_offset;
        octets += segment->position.is_done || offset > size ? size : offset;
    }
    figures_set(job->context->figures, FIGURE_JOURNAL_TAKEN_OCTETS, octets);
    control_backlog_tell(job->folder, job->context->figures);
}

static void tell_unreadable(const struct journal_job *job)
{
    uint64_t count = 0;
    for (size_t i = 0; i < job->count; i++)
        count += job->segments[i].is_unreadable;
    figures_set(job->context->figures, FIGURE_JOURNAL_UNREADABLE, count);
}

/* ---- what has been taken over ---- */

/* Its file's time is that of its last record: neither compressing nor erasing changes it. */
static bool is_kept_long_enough(const struct journal_job *job, const struct control_segment *segment)
{
    struct stat info;
    int64_t keep_s = (int64_t)job->context->config->journal.keep_days * DAY_S;
    return (stat_segment(job, segment, COMPRESSED_SUFFIX, &info) || stat_segment(job, segment, "", &info)) &&
           info.st_mtime < time(NULL) - keep_s;
}

/* One that failed is left as it is: it can be read in either form. */
static void compress_segment(struct journal_job *job, struct control_segment *segment)
{
    struct seki_error why;
    struct stat info;
    segment->is_compressed = true;
    if (!stat_segment(job, segment, "", &info))
        return;
    enum seki_result result = journal_compress(job->folder, seki_str_of(segment->name), &why);
    if (result == SEKI_TEMPORARY)
        segment->is_compressed = false;
    else if (result != SEKI_OK)
        log_reason(job->context->log, LOG_LEVEL_WARNING, "task_failed", "journal: %s", why.text);
}

/* One a turn, so that records never wait for long. @return true: there may be more */
static bool tidy(struct journal_job *job)
{
    struct seki_error why;
    for (size_t i = 0; i < job->count; i++) {
        struct control_segment *segment = &job->segments[i];
        if (!segment->position.is_done)
            continue;
        if (is_kept_long_enough(job, segment)) {
            if (journal_drop(job->folder, seki_str_of(segment->name), &why) == SEKI_OK)
                return true;
        } else if (job->context->config->journal.compress && !segment->is_compressed) {
            compress_segment(job, segment);
            return segment->is_compressed;
        }
    }
    return false;
}

static enum control_turn turn_job(void *user, struct sql *sql, struct seki_error *why)
{
    struct journal_job *job = user;
    (void)sql;
    clear_watch(job);
    if (!look_into_folder(job, why))
        return CONTROL_FAILED;
    enum control_turn turn = take_over(job, why);
    tell_taken(job);
    tell_unreadable(job);
    if (turn == CONTROL_IDLE && tidy(job))
        return CONTROL_AGAIN;
    return turn;
}

const struct control_job control_journal_job = {
    .name = "journal",
    .interval_ms = INTERVAL_MS,
    .needs_name = true,
    .gather_ms = GATHER_MS,
    .drains = true,
    .open = open_job,
    .close = close_job,
    .descriptor = job_descriptor,
    .turn = turn_job,
};
