/* What becomes of segments after they are written: compressed, erased from, dropped. A plain segment beside its compressed
 * one is what a process that was killed has not taken away, as is a compressed one that is not whole: these are taken away
 * first of all, so that what is erased afterwards is nowhere else. */
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

/* @return as of fail() */
static enum seki_result take_remains_away(int folder, struct seki_str segment, struct seki_error *why)
{
    int error = journal_folder_unlink(folder, segment, ".zst.new");
    if (error == 0 && exists(folder, segment, ".zst"))
        error = journal_folder_unlink(folder, segment, "");
    return error != 0 ? fail("take away what is left of", segment, error, why) : SEKI_OK;
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
    if (result == SEKI_OK)
        result = take_remains_away(folder, segment, why);
    if (result != SEKI_OK)
        return result;
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

struct erasure { /* of what is, or was, at one position */
    uint64_t from, to;
    bool is_known;   /* from and to are set */
    bool has_head;   /* an entry, whose head stays; else damage, which is overwritten from its begin to its end */
    bool is_damaged; /* it could not be read, or not all of it */
};

struct erasures { /* in one segment, one for each position */
    struct erasure *list;
    size_t count;
};

static enum seki_result note(struct segment_file *file, uint64_t offset, struct erasure *erasure,
                             struct seki_error *why)
{
    struct segment_head head;
    struct seki_str octets;
    enum seki_result result = segment_file_read(file, offset, SEGMENT_HEAD_OCTETS, &octets, why);
    if (result == SEKI_OK && octets.len == SEGMENT_HEAD_OCTETS && segment_head_read(octets.ptr, &head))
        *erasure = (struct erasure){ .from = offset,
                                     .to = offset + SEGMENT_HEAD_OCTETS + head.payload_octets,
                                     .is_known = true,
                                     .has_head = true };
    return result == SEKI_BAD_INPUT ? SEKI_OK : result;
}

static void note_damage(uint64_t from, uint64_t to, const struct journal_position *positions,
                        struct erasures *erasures)
{
    for (size_t i = 0; i < erasures->count; i++) {
        uint64_t offset = positions[i].offset;
        if (!erasures->list[i].is_known && offset >= from && offset < to)
            erasures->list[i] = (struct erasure){ .from = from, .to = to, .is_known = true, .is_damaged = true };
    }
}

/* Where no head is, the record may have been damaged, or cut off at the end: what a reader finds no entry in counts as what
 * is left of it. A position inside of another entry is nobody's. */
static enum seki_result look_for_damage(const char *path, const struct journal_position *positions,
                                        struct erasures *erasures, struct seki_error *why)
{
    struct journal_reader *reader = journal_reader_open(path, seki_str_of(positions[0].segment), 0, why);
    enum journal_next got = reader != NULL ? JOURNAL_RECORD : JOURNAL_DAMAGED;
    bool is_readable = reader != NULL;
    for (uint64_t from = 0, next; is_readable && (got == JOURNAL_RECORD || got == JOURNAL_DAMAGED); from = next) {
        struct seki_str record;
        got = journal_reader_next(reader, &record, &next, why);
        is_readable = got != JOURNAL_DAMAGED || next > from;
        if (got == JOURNAL_DAMAGED || got == JOURNAL_END)
            note_damage(from, got == JOURNAL_END ? UINT64_MAX : next, positions, erasures);
    }
    journal_reader_close(reader);
    return is_readable ? SEKI_OK : SEKI_SYSTEM;
}

static bool has_unknown(const struct erasures *erasures)
{
    bool is_known = true;
    for (size_t i = 0; i < erasures->count; i++)
        is_known = is_known && erasures->list[i].is_known;
    return !is_known;
}

static enum seki_result note_all(struct segment_file *file, const char *path,
                                 const struct journal_position *positions, struct erasures *erasures,
                                 struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < erasures->count && result == SEKI_OK; i++)
        result = note(file, positions[i].offset, &erasures->list[i], why);
    return result == SEKI_OK && has_unknown(erasures) ? look_for_damage(path, positions, erasures, why) : result;
}

static uint64_t zeros_from(const struct erasure *erasure)
{
    return erasure->has_head ? erasure->from + SEGMENT_HEAD_OCTETS : erasure->from;
}

/* Octets [begin, begin + len) of the segment are in hand: overwrite what of the erasure lies there. */
static void erase_from_block(char *block, uint64_t begin, size_t len, const struct erasure *erasure)
{
    uint64_t kind_at = erasure->from + SEGMENT_KIND_AT, from = zeros_from(erasure), to = erasure->to;
    if (erasure->has_head && kind_at >= begin && kind_at - begin < len)
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
    return erasure->is_known && erasure->from < begin + len && erasure->to > begin;
}

/* A block that is damaged becomes zeros: pieces of it could be read with other tools. */
static enum seki_result copy_block(struct segment_file *file, size_t index, struct erasures *erasures, char *block,
                                   struct compressed *out, struct seki_error *why)
{
    const uint64_t begin = (uint64_t)index * SEGMENT_BLOCK_OCTETS;
    const size_t len = segment_file_block_octets(file, index);
    struct seki_str frame = SEKI_STR(""), plain = SEKI_STR("");
    enum seki_result result = segment_file_block(file, index, &frame, &plain, why);
    const bool is_damaged = result == SEKI_BAD_INPUT;
    bool is_touched = is_damaged;
    if (result != SEKI_OK && !is_damaged)
        return result;
    memset(block, 0, len);
    memcpy(block, plain.len > 0 ? plain.ptr : "", plain.len);
    for (size_t i = 0; i < erasures->count; i++) {
        if (!touches(begin, len, &erasures->list[i]))
            continue;
        erasures->list[i].is_damaged = erasures->list[i].is_damaged || is_damaged;
        if (!is_damaged)
            erase_from_block(block, begin, len, &erasures->list[i]);
        is_touched = true;
    }
    return is_touched ? compressed_add(out, (struct seki_str){ block, len }, why)
                      : compressed_add_frame(out, frame, len, why);
}

static enum seki_result erase_compressed(int folder, struct seki_str segment, struct segment_file *file,
                                         struct erasures *erasures, struct seki_error *why)
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

static bool overwrite(int fd, const struct erasure *erasure, uint64_t size)
{
    static const char kind = SEGMENT_ERASED, zeros[8192];
    const uint64_t to = erasure->to < size ? erasure->to : size;
    bool is_done = !erasure->has_head || pwrite(fd, &kind, 1, (off_t)(erasure->from + SEGMENT_KIND_AT)) == 1;
    for (uint64_t at = zeros_from(erasure); is_done && at < to;) {
        size_t some = to - at < sizeof zeros ? (size_t)(to - at) : sizeof zeros;
        is_done = pwrite(fd, zeros, some, (off_t)at) == (ssize_t)some;
        at += some;
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
        is_done = !erasures->list[i].is_known || overwrite(fd, &erasures->list[i], (uint64_t)before->st_size);
    is_done = is_done && futimens(fd, times) == 0 && fsync(fd) == 0;
    error = errno;
    close(fd);
    return is_done ? SEKI_OK : fail("erase from", segment, error, why);
}

/* The table of a compressed one is damaged: where its blocks begin cannot be told. Or it is none: a pipe, a folder. */
static enum seki_result refuse_unreadable(struct segment_file *file, enum seki_result result,
                                          struct seki_str segment, struct seki_error *why)
{
    if (file != NULL && !S_ISREG(segment_file_status(file)->st_mode))
        result = SEKI_BAD_INPUT;
    if (result == SEKI_BAD_INPUT)
        seki_error_set(why,
                       "nothing can be erased from the journal segment %.*s, which is damaged: take it away "
                       "from the folder, and erase again",
                       SEKI_STR_ARGS(segment));
    return result;
}

static enum seki_result erase_from(struct segment_file *file, int folder, const char *path,
                                   const struct journal_position *positions, struct erasures *erasures,
                                   struct seki_error *why)
{
    struct seki_str segment = seki_str_of(positions[0].segment);
    enum seki_result result = note_all(file, path, positions, erasures, why);
    if (result != SEKI_OK)
        return result;
    result = segment_file_is_compressed(file) ? erase_compressed(folder, segment, file, erasures, why)
                                              : erase_plain(folder, segment, file, erasures, why);
    if (result != SEKI_OK || !has_unknown(erasures))
        return result;
    seki_error_set(why, "the journal segment %.*s has no record at one of the positions that were to be erased",
                   SEKI_STR_ARGS(segment));
    return SEKI_BAD_INPUT;
}

/* @param positions  all of one segment */
static enum seki_result erase_in(int folder, const char *path, const struct journal_position *positions,
                                 size_t count, size_t *damaged_out, struct seki_error *why)
{
    struct seki_str segment = seki_str_of(positions[0].segment);
    enum seki_result result = take_remains_away(folder, segment, why);
    if (result != SEKI_OK)
        return result;
    if (is_gone(folder, segment, "") && is_gone(folder, segment, ".zst"))
        return SEKI_OK;
    struct erasures erasures = { .list = calloc(count, sizeof *erasures.list), .count = count };
    if (erasures.list == NULL) {
        seki_error_set(why, "no memory to erase from the journal");
        return SEKI_SYSTEM;
    }
    struct segment_file *file = segment_file_open(path, segment, &result, why);
    result = refuse_unreadable(file, result, segment, why);
    if (result == SEKI_OK)
        result = erase_from(file, folder, path, positions, &erasures, why);
    for (size_t i = 0; i < count; i++)
        *damaged_out += erasures.list[i].is_damaged;
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
                                     size_t count, size_t *damaged_out, struct seki_error *why)
{
    enum seki_result first_failure = SEKI_OK;
    for (size_t i = 0, end; i < count; i = end) {
        struct seki_error one = { "" };
        for (end = i + 1; end < count && strcmp(positions[i].segment, positions[end].segment) == 0;)
            end++;
        enum seki_result result = refuse_name(seki_str_of(positions[i].segment), &one);
        if (result == SEKI_OK)
            result = erase_in(folder, path, positions + i, end - i, damaged_out, &one);
        if (result != SEKI_OK && first_failure == SEKI_OK) {
            first_failure = result;
            seki_error_set(why, "%s", one.text);
        }
    }
    return first_failure;
}

enum seki_result journal_erase(const char *folder, const struct journal_position *positions, size_t count,
                               size_t *damaged_out, struct seki_error *why)
{
    *damaged_out = 0;
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
    enum seki_result result = erase_sorted(lock, folder, sorted, count, damaged_out, why);
    close(lock);
    free(sorted);
    return result;
}
