/* One append is a head, a record and one writev(). All that is looked after besides (room on the disk, age, whether the
 * file still has its name) is looked after once a second, on the back of an append.
 *
 * A new segment gets its name only when it is locked: a reader that sees the name and could lock the file would take it for
 * complete. When a write fails, what has arrived of it is cut off again; if even that fails, the segment ends there, for
 * readers take half an entry at the end as what it is. */
#include "journal/writer.h"

#include "journal/record.h"
#include "journal/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SEGMENT_OCTETS (64u << 20)
#define DEFAULT_FREE_OCTETS    (64u << 20)
#define LOOK_AFTER_OCTETS      (1u << 20) /* look at the disk also after that many */
#define RESERVED_OCTETS        (2 * LOOK_AFTER_OCTETS)
#define DEFAULT_AGE_S          3600 /* so that whole segments can be dropped by their day, on quiet nodes too */
#define RETRY_AFTER_S          1
#define FORGOTTEN_AFTER_S      60
#define NAMELESS               ".new-" /* what a segment is called until it has its name */

struct journal_writer {
    char *folder;
    unsigned loop;
    struct journal_options options;
    int fd; /* -1: no segment */
    char name[SEGMENT_NAME_MAX];
    uint64_t offset;                    /* end of the last whole entry */
    uint64_t looked_at_offset;          /* when the disk was looked at */
    int64_t looked_at_s, begun_at_s;    /* monotonic */
    uint64_t lost, appended_since_look; /* the latter may have gone into a file without a name */
    enum seki_result failure;           /* why nothing can be written now; SEKI_OK when it can */
    struct seki_error failure_text;
};

/* Coarse: four milliseconds are enough here, and it is four times as fast. */
static int64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

/* Of a process that was killed before it could give its file a name: empty, locked by nobody, and not of this minute. */
static void take_away_if_forgotten(int folder, const char *name)
{
    struct timespec now;
    struct stat file;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    if (fstat(fd, &file) == 0 && file.st_size == 0 && file.st_mtime < now.tv_sec - FORGOTTEN_AFTER_S &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

static void clear_forgotten(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (seki_str_starts_with(seki_str_of(entry->d_name), SEKI_STR(NAMELESS)))
            take_away_if_forgotten(dirfd(dir), entry->d_name);
    if (dir != NULL)
        closedir(dir);
}

struct journal_writer *journal_writer_new(const char *folder, unsigned loop, const struct journal_options *options,
                                          struct seki_error *why)
{
    static const struct journal_options defaults = { 0 };
    struct journal_writer *writer = calloc(1, sizeof *writer);
    char *copy = strdup(folder);
    if (writer == NULL || copy == NULL) {
        free(writer);
        free(copy);
        seki_error_set(why, "no memory for the journal");
        return NULL;
    }
    writer->folder = copy;
    writer->loop = loop;
    writer->fd = -1;
    writer->options = options != NULL ? *options : defaults;
    if (writer->options.max_segment_octets == 0)
        writer->options.max_segment_octets = DEFAULT_SEGMENT_OCTETS;
    if (writer->options.min_free_octets == 0)
        writer->options.min_free_octets = DEFAULT_FREE_OCTETS;
    if (writer->options.max_age_s == 0)
        writer->options.max_age_s = DEFAULT_AGE_S;
    clear_forgotten(folder);
    return writer;
}

static void end_segment(struct journal_writer *writer)
{
    if (writer->fd < 0)
        return;
    (void)!ftruncate(writer->fd, (off_t)writer->offset); /* gives back what was reserved behind it */
    close(writer->fd);                                   /* gives the lock back: complete */
    writer->fd = -1;
}

void journal_writer_close(struct journal_writer *writer)
{
    if (writer == NULL)
        return;
    end_segment(writer);
    free(writer->folder);
    free(writer);
}

/* ---- failures ---- */

static const char *remedy_of(int error)
{
    switch (error) {
    case ENOENT: return "create the folder, for the user that sekishod runs as";
    case ENOTDIR: return "set [journal] folder to a folder";
    case EACCES:
    case EPERM: return "give the folder to the user that sekishod runs as";
    case EROFS: return "mount its file system for writing, or set [journal] folder to another";
    case ENOSPC:
    case EDQUOT: return "free some room there";
    case EMFILE:
    case ENFILE: return "raise the limit of open files";
    default: return "look at the disk";
    }
}

static enum seki_result fail(struct journal_writer *writer, int error)
{
    writer->failure = error == ENOSPC || error == EDQUOT ? SEKI_LIMIT : SEKI_SYSTEM;
    seki_error_set(
        &writer->failure_text,
        "cannot write the journal in %s: %s; %s. Until then records are lost and counted, and mail flows",
        writer->folder, strerror(error), remedy_of(error));
    return writer->failure;
}

static enum seki_result fail_for_room(struct journal_writer *writer, uint64_t free_octets)
{
    writer->failure = SEKI_LIMIT;
    seki_error_set(
        &writer->failure_text,
        "the disk of the journal in %s is full: %llu MiB are free, %llu MiB are kept free; free some room "
        "there. Until then records are lost and counted, and mail flows",
        writer->folder, (unsigned long long)(free_octets >> 20),
        (unsigned long long)(writer->options.min_free_octets >> 20));
    return writer->failure;
}

static enum seki_result lose(struct journal_writer *writer, struct seki_error *why)
{
    writer->lost++;
    if (why != NULL)
        *why = writer->failure_text;
    return writer->failure;
}

/* ---- segments ---- */

static enum seki_result check_room(struct journal_writer *writer)
{
    struct statvfs disk;
    if (statvfs(writer->folder, &disk) != 0)
        return fail(writer, errno);
    uint64_t free_octets = (uint64_t)disk.f_bavail * disk.f_frsize;
    writer->looked_at_offset = writer->offset;
    return free_octets < writer->options.min_free_octets ? fail_for_room(writer, free_octets) : SEKI_OK;
}

/* Blocks for what comes until the next look, behind the end of the file, where readers do not see them: an append then need
 * not find some, which saves a tenth of its time. Where the file system cannot, it does. */
static void reserve(const struct journal_writer *writer)
{
    (void)fallocate(writer->fd, FALLOC_FL_KEEP_SIZE, (off_t)writer->offset, RESERVED_OCTETS);
}

static void make_name(struct journal_writer *writer, unsigned attempt)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u + attempt;
    snprintf(writer->name, sizeof writer->name, "%016llx-%ld-%u.seg", (unsigned long long)now_us, (long)getpid(),
             writer->loop);
}

static void sync_folder(const struct journal_writer *writer)
{
    int fd = open(writer->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* A name that a compressed segment has is taken too. @return errno, or 0 */
static int publish(struct journal_writer *writer, const char *nameless)
{
    char path[PATH_MAX], compressed[PATH_MAX];
    int error = EEXIST;
    for (unsigned attempt = 0; error == EEXIST && attempt < 100; attempt++) {
        make_name(writer, attempt);
        struct seki_str name = seki_str_of(writer->name);
        if (!segment_path(writer->folder, name, "", path, sizeof path) ||
            !segment_path(writer->folder, name, ".zst", compressed, sizeof compressed))
            return ENAMETOOLONG;
        if (access(compressed, F_OK) == 0)
            continue;
        error = link(nameless, path) == 0 ? 0 : errno;
    }
    return error;
}

static enum seki_result begin_segment(struct journal_writer *writer)
{
    char nameless[PATH_MAX];
    if (check_room(writer) != SEKI_OK)
        return writer->failure;
    int len =
        snprintf(nameless, sizeof nameless, "%s/" NAMELESS "%ld-%u", writer->folder, (long)getpid(), writer->loop);
    if (len < 0 || (size_t)len >= sizeof nameless)
        return fail(writer, ENAMETOOLONG);
    unlink(nameless); /* of a process of that number that was killed here */
    int fd = open(nameless, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(writer, errno);
    int error = flock(fd, LOCK_EX | LOCK_NB) != 0 ? errno : publish(writer, nameless);
    unlink(nameless);
    if (error != 0) {
        close(fd);
        return fail(writer, error);
    }
    if (writer->options.sync_each)
        sync_folder(writer);
    writer->fd = fd;
    writer->offset = writer->looked_at_offset = 0;
    writer->begun_at_s = now_s();
    reserve(writer);
    return SEKI_OK;
}

/* Somebody has deleted the file, or its folder: what was written since the last look went nowhere. */
static bool has_lost_its_name(struct journal_writer *writer)
{
    struct stat now;
    bool is_lost = fstat(writer->fd, &now) != 0 || now.st_nlink == 0;
    if (is_lost)
        writer->lost += writer->appended_since_look;
    writer->appended_since_look = 0;
    return is_lost;
}

static void start_write_back(const struct journal_writer *writer)
{
    if (!writer->options.sync_each)
        sync_file_range(writer->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* Once a second, or after a MiB. */
static enum seki_result look_after(struct journal_writer *writer, int64_t now)
{
    writer->looked_at_s = now;
    writer->failure = SEKI_OK;
    if (writer->fd >= 0 && has_lost_its_name(writer))
        end_segment(writer);
    if (writer->fd >= 0)
        start_write_back(writer);
    if (writer->fd >= 0 && writer->offset > 0 && now - writer->begun_at_s >= writer->options.max_age_s)
        end_segment(writer);
    if (writer->fd < 0)
        return SEKI_OK;
    enum seki_result result = check_room(writer);
    if (result == SEKI_OK)
        reserve(writer);
    return result;
}

/* ---- entries ---- */

static enum seki_result write_entry(struct journal_writer *writer, struct seki_str record)
{
    char head[SEGMENT_HEAD_OCTETS];
    segment_head_write(record, head);
    const struct iovec parts[2] = {
        { .iov_base = head, .iov_len = sizeof head },
        { .iov_base = (void *)(uintptr_t)record.ptr, .iov_len = record.len }, /* only read from */
    };
    ssize_t written = writev(writer->fd, parts, 2);
    int error = written < 0 ? errno : ENOSPC; /* a file takes less than it was given only when no more fits */
    bool is_whole = written == (ssize_t)(sizeof head + record.len);
    if (is_whole && writer->options.sync_each && fdatasync(writer->fd) != 0) {
        error = errno;
        is_whole = false;
    }
    if (is_whole)
        return SEKI_OK;
    if (ftruncate(writer->fd, (off_t)writer->offset) != 0)
        end_segment(writer);
    return fail(writer, error);
}

static enum seki_result make_ready(struct journal_writer *writer, size_t entry_octets)
{
    int64_t now = now_s();
    if (now - writer->looked_at_s >= RETRY_AFTER_S || writer->looked_at_s == 0 ||
        writer->offset - writer->looked_at_offset >= LOOK_AFTER_OCTETS) {
        if (look_after(writer, now) != SEKI_OK)
            return writer->failure;
    }
    if (writer->failure != SEKI_OK)
        return writer->failure;
    if (writer->fd >= 0 && writer->offset > 0 &&
        (writer->offset >= writer->options.max_segment_octets ||
         entry_octets > writer->options.max_segment_octets - writer->offset))
        end_segment(writer);
    return writer->fd >= 0 ? SEKI_OK : begin_segment(writer);
}

enum seki_result journal_append(struct journal_writer *writer, struct seki_str record,
                                struct journal_position *position_out, struct seki_error *why)
{
    const size_t entry_octets = SEGMENT_HEAD_OCTETS + record.len;
    *position_out = (struct journal_position){ 0 };
    if (record.len == 0 || record.len > JOURNAL_RECORD_MAX_OCTETS) {
        writer->lost++;
        seki_error_set(why, "a journal record has 1 to %u octets, this one %zu", JOURNAL_RECORD_MAX_OCTETS,
                       record.len);
        return SEKI_LIMIT;
    }
    if (make_ready(writer, entry_octets) != SEKI_OK || write_entry(writer, record) != SEKI_OK)
        return lose(writer, why);
    memcpy(position_out->segment, writer->name, sizeof position_out->segment);
    position_out->offset = writer->offset;
    writer->offset += entry_octets;
    writer->appended_since_look++;
    return SEKI_OK;
}

void journal_writer_tend(struct journal_writer *writer)
{
    if (writer->fd >= 0)
        (void)look_after(writer, now_s()); /* a full disk is told of by the next append */
}

uint64_t journal_writer_lost(const struct journal_writer *writer)
{
    return writer->lost;
}
