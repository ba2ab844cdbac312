/* What becomes of segments after they are written: compressed, erased from, dropped. A plain segment beside its compressed
 * one is what a process that was killed has not taken away, and is taken away first of all: so what is erased afterwards
 * cannot come back from there. */
#include "journal/compressed.h"
#include "journal/folder_lock.h"
#include "journal/reader.h"
#include "journal/segment.h"
#include "journal/segment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static enum seki_result refuse_name(struct seki_str segment, struct seki_error *why)
{
    if (segment_name_is_valid(segment))
        return SEKI_OK;
    seki_error_set(why, "\"%.*s\" is no name of a journal segment", SEKI_STR_ARGS(segment));
    return SEKI_BAD_INPUT;
}

static enum seki_result fail(const char *what, struct seki_str segment, int error, struct seki_error *why)
{
    seki_error_set(why, "cannot %s the journal segment %.*s: %s", what, SEKI_STR_ARGS(segment), strerror(error));
    return SEKI_SYSTEM;
}

static bool exists(int folder, struct seki_str segment, const char *suffix)
{
    int error, fd = journal_folder_open(folder, segment, suffix, O_RDONLY, &error);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* One that is there and cannot be opened is not gone: nobody may take its records for erased. */
static bool is_gone(int folder, struct seki_str segment, const char *suffix)
{
    int error = 0, fd = journal_folder_open(folder, segment, suffix, O_RDONLY, &error);
    if (fd >= 0)
        close(fd);
    return fd < 0 && error == ENOENT;
}

static void take_remains_away(int folder, struct seki_str segment)
{
    if (exists(folder, segment, ".zst"))
        journal_folder_unlink(folder, segment, "");
}

static bool has_writer(int folder, struct seki_str segment)
{
    int error, fd = journal_folder_open(folder, segment, "", O_RDONLY, &error);
    if (fd < 0)
        return false;
    bool is_locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return is_locked;
}

static enum seki_result refuse_living(int folder, struct seki_str segment, struct seki_error *why)
{
    if (!has_writer(folder, segment))
        return SEKI_OK;
    seki_error_set(why, "the journal segment %.*s is still written", SEKI_STR_ARGS(segment));
    return SEKI_TEMPORARY;
}

/* ---- compress ---- */

static enum seki_result compress_blocks(struct segment_file *file, struct compressed *out, struct seki_error *why)
{
    struct seki_str octets = SEKI_STR("");
    enum seki_result result = SEKI_OK;
    for (uint64_t offset = 0; result == SEKI_OK; offset += octets.len) {
        result = segment_file_read(file, offset, SEGMENT_BLOCK_OCTETS, &octets, why);
        if (result != SEKI_OK || octets.len == 0)
            break;
        result = compressed_add(out, octets, why);
    }
    return result == SEKI_OK ? compressed_finish(out, why) : result;
}

static enum seki_result compress_in(int folder, const char *path, struct seki_str segment, struct seki_error *why)
{
    enum seki_result result = refuse_living(folder, segment, why);
    if (result != SEKI_OK)
        return result;
    take_remains_away(folder, segment);
    struct segment_file *file = segment_file_open(path, segment, &result, why);
    if (file == NULL || segment_file_is_compressed(file)) {
        segment_file_close(file);
        return result;
    }
    struct compressed *out = compressed_new(folder, segment, segment_file_status(file)->st_mtim, why);
    result = out != NULL ? compress_blocks(file, out, why) : SEKI_SYSTEM;
    compressed_free(out);
    segment_file_close(file);
    int error = result == SEKI_OK ? journal_folder_unlink(folder, segment, "") : 0;
    return error != 0 ? fail("take away", segment, error, why) : result;
}

enum seki_result journal_compress(const char *folder, struct seki_str segment, struct seki_error *why)
{
    enum seki_result result = refuse_name(segment, why);
    if (result != SEKI_OK)
        return result;
    int lock = journal_folder_lock(folder, why);
    if (lock < 0)
        return SEKI_SYSTEM;
    result = compress_in(lock, folder, segment, why);
    close(lock);
    return result;
}

/* ---- drop ---- */

static enum seki_result drop_in(int folder, struct seki_str segment, struct seki_error *why)
{
    enum seki_result result = refuse_living(folder, segment, why);
    if (result != SEKI_OK)
        return result;
    int error = journal_folder_unlink(folder, segment, ".zst.new");
    if (error == 0)
        error = journal_folder_unlink(folder, segment, "");
    if (error == 0)
        error = journal_folder_unlink(folder, segment, ".zst");
    return error != 0 ? fail("take away", segment, error, why) : SEKI_OK;
}

enum seki_result journal_drop(const char *folder, struct seki_str segment, struct seki_error *why)
{
    enum seki_result result = refuse_name(segment, why);
    if (result != SEKI_OK)
        return result;
    int lock = journal_folder_lock(folder, why);
    if (lock < 0)
        return SEKI_SYSTEM;
    result = drop_in(lock, segment, why);
    close(lock);
    return result;
}

/* ---- erase ---- */

struct erasure { /* of one entry */
    uint64_t offset;
    uint32_t payload_octets;
};

struct erasures { /* in one segment */
    struct erasure *list;
    size_t count;
    bool has_missed; /* at a position was no entry */
};

static void note(struct segment_file *file, uint64_t offset, struct erasures *erasures)
{
    struct segment_head head;
    struct seki_str octets;
    if (segment_file_read(file, offset, SEGMENT_HEAD_OCTETS, &octets, NULL) == SEKI_OK &&
        octets.len == SEGMENT_HEAD_OCTETS && segment_head_read(octets.ptr, &head))
        erasures->list[erasures->count++] = (struct erasure){ offset, head.payload_octets };
    else
        erasures->has_missed = true;
}

/* Octets [begin, begin + len) of the segment are in hand: overwrite what of the erased entry lies there. */
static void erase_from_block(char *block, uint64_t begin, size_t len, const struct erasure *erasure)
{
    uint64_t kind_at = erasure->offset + SEGMENT_KIND_AT;
    uint64_t from = erasure->offset + SEGMENT_HEAD_OCTETS, to = from + erasure->payload_octets;
    if (kind_at >= begin && kind_at - begin < len)
        block[kind_at - begin] = SEGMENT_ERASED;
    if (from < begin)
        from = begin;
    if (to > begin + len)
        to = begin + len;
    if (from < to)
        memset(block + (from - begin), 0, (size_t)(to - from));
}

static bool touches(uint64_t begin, size_t len, const struct erasure *erasure)
{
    return erasure->offset < begin + len && erasure->offset + SEGMENT_HEAD_OCTETS + erasure->payload_octets > begin;
}

static enum seki_result copy_block(struct segment_file *file, size_t index, const struct erasures *erasures,
                                   char *block, struct compressed *out, struct seki_error *why)
{
    const uint64_t begin = (uint64_t)index * SEGMENT_BLOCK_OCTETS;
    struct seki_str frame, plain;
    bool is_touched = false;
    enum seki_result result = segment_file_block(file, index, &frame, &plain, why);
    if (result != SEKI_OK)
        return result;
    memcpy(block, plain.ptr, plain.len);
    for (size_t i = 0; i < erasures->count; i++) {
        if (!touches(begin, plain.len, &erasures->list[i]))
            continue;
        erase_from_block(block, begin, plain.len, &erasures->list[i]);
        is_touched = true;
    }
    return is_touched ? compressed_add(out, (struct seki_str){ block, plain.len }, why)
                      : compressed_add_frame(out, frame, plain.len, why);
}

static enum seki_result erase_compressed(int folder, struct seki_str segment, struct segment_file *file,
                                         const struct erasures *erasures, struct seki_error *why)
{
    struct compressed *out = compressed_new(folder, segment, segment_file_status(file)->st_mtim, why);
    char *block = malloc(SEGMENT_BLOCK_OCTETS);
    enum seki_result result = out != NULL && block != NULL ? SEKI_OK : SEKI_SYSTEM;
    for (size_t i = 0; result == SEKI_OK && i < segment_file_block_count(file); i++)
        result = copy_block(file, i, erasures, block, out, why);
    if (result == SEKI_OK)
        result = compressed_finish(out, why);
    free(block);
    compressed_free(out);
    return result;
}

static bool overwrite(int fd, const struct erasure *erasure)
{
    static const char kind = SEGMENT_ERASED, zeros[8192];
    uint64_t at = erasure->offset + SEGMENT_HEAD_OCTETS;
    bool is_done = pwrite(fd, &kind, 1, (off_t)(erasure->offset + SEGMENT_KIND_AT)) == 1;
    for (size_t left = erasure->payload_octets; is_done && left > 0;) {
        size_t some = left < sizeof zeros ? left : sizeof zeros;
        is_done = pwrite(fd, zeros, some, (off_t)at) == (ssize_t)some;
        at += some;
        left -= some;
    }
    return is_done;
}

/* In the file that was looked into, and in none that has been put into its place meanwhile. */
static int open_again(int folder, struct seki_str segment, const struct stat *before, int *error_out)
{
    struct stat now;
    int fd = journal_folder_open(folder, segment, "", O_WRONLY, error_out);
    if (fd < 0 || (fstat(fd, &now) == 0 && now.st_dev == before->st_dev && now.st_ino == before->st_ino))
        return fd;
    *error_out = ESTALE;
    close(fd);
    return -1;
}

static enum seki_result erase_plain(int folder, struct seki_str segment, struct segment_file *file,
                                    const struct erasures *erasures, struct seki_error *why)
{
    const struct stat *before = segment_file_status(file);
    const struct timespec times[2] = { before->st_atim, before->st_mtim };
    int error, fd = open_again(folder, segment, before, &error);
    if (fd < 0)
        return fail("erase from", segment, error, why);
    bool is_done = true;
    for (size_t i = 0; is_done && i < erasures->count; i++)
        is_done = overwrite(fd, &erasures->list[i]);
    is_done = is_done && futimens(fd, times) == 0 && fsync(fd) == 0;
    error = errno;
    close(fd);
    return is_done ? SEKI_OK : fail("erase from", segment, error, why);
}

/* @param positions  all of one segment */
static enum seki_result erase_in(int folder, const char *path, const struct journal_position *positions,
                                 size_t count, struct seki_error *why)
{
    enum seki_result result;
    struct seki_str segment = seki_str_of(positions[0].segment);
    struct erasures erasures = { .list = calloc(count, sizeof *erasures.list) };
    take_remains_away(folder, segment);
    if (is_gone(folder, segment, "") && is_gone(folder, segment, ".zst")) {
        free(erasures.list);
        return SEKI_OK;
    }
    struct segment_file *file = segment_file_open(path, segment, &result, why);
    if (file != NULL && !S_ISREG(segment_file_status(file)->st_mode))
        result = fail("erase from", segment, EINVAL, why);
    if (erasures.list == NULL || file == NULL || result != SEKI_OK) {
        segment_file_close(file);
        free(erasures.list);
        return result != SEKI_OK ? result : SEKI_SYSTEM;
    }
    for (size_t i = 0; i < count; i++)
        note(file, positions[i].offset, &erasures);
    result = segment_file_is_compressed(file) ? erase_compressed(folder, segment, file, &erasures, why)
                                              : erase_plain(folder, segment, file, &erasures, why);
    if (result == SEKI_OK && erasures.has_missed) {
        seki_error_set(why, "the journal segment %.*s has no record at one of the positions that were to be erased",
                       SEKI_STR_ARGS(segment));
        result = SEKI_BAD_INPUT;
    }
    segment_file_close(file);
    free(erasures.list);
    return result;
}

static int compare_positions(const void *a, const void *b)
{
    const struct journal_position *x = a, *y = b;
    int names = strcmp(x->segment, y->segment);
    return names != 0 ? names : (x->offset > y->offset) - (x->offset < y->offset);
}

/* A failure in one segment leaves no other as it was. */
static enum seki_result erase_sorted(int folder, const char *path, const struct journal_position *positions,
                                     size_t count, struct seki_error *why)
{
    enum seki_result first_failure = SEKI_OK;
    for (size_t i = 0, end; i < count; i = end) {
        struct seki_error one = { "" };
        for (end = i + 1; end < count && strcmp(positions[i].segment, positions[end].segment) == 0;)
            end++;
        enum seki_result result = refuse_name(seki_str_of(positions[i].segment), &one);
        if (result == SEKI_OK)
            result = erase_in(folder, path, positions + i, end - i, &one);
        if (result != SEKI_OK && first_failure == SEKI_OK) {
            first_failure = result;
            seki_error_set(why, "%s", one.text);
        }
    }
    return first_failure;
}

enum seki_result journal_erase(const char *folder, const struct journal_position *positions, size_t count,
                               struct seki_error *why)
{
    if (count == 0)
        return SEKI_OK;
    struct journal_position *sorted = calloc(count, sizeof *sorted);
    int lock = sorted != NULL ? journal_folder_lock(folder, why) : -1;
    if (lock < 0) {
        free(sorted);
        return SEKI_SYSTEM;
    }
    memcpy(sorted, positions, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i].segment[sizeof sorted[i].segment - 1] = '\0';
    qsort(sorted, count, sizeof *sorted, compare_positions);
    enum seki_result result = erase_sorted(lock, folder, sorted, count, why);
    close(lock);
    free(sorted);
    return result;
}
