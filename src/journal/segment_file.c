#include "journal/segment_file.h"

#include "base/le32.h"
#include "journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

struct block {
    uint64_t frame_at;
    uint32_t frame_octets, plain_octets;
};

struct octets {
    char *ptr;
    size_t len, capacity;
};

struct segment_file {
    int fd;
    struct stat status;
    bool is_compressed, is_complete;
    struct octets read; /* plain file: what was read ahead; compressed: what a read put together */
    uint64_t read_at;   /* of a plain file */
    struct block *blocks;
    size_t block_count;
    struct octets frame, plain; /* of the block that is in hand */
    size_t block_in_hand;       /* block_count: none */
    ZSTD_DCtx *decompressor;
};

static enum seki_result fail(enum seki_result result, const char *sentence, struct seki_error *why)
{
    seki_error_set(why, "%s", sentence);
    return result;
}

static enum seki_result no_memory(struct seki_error *why)
{
    return fail(SEKI_SYSTEM, "no memory to read the journal", why);
}

static enum seki_result damaged(struct seki_error *why)
{
    return fail(SEKI_BAD_INPUT, "the compressed journal segment is damaged", why);
}

static bool make_room(struct octets *octets, size_t capacity)
{
    if (capacity <= octets->capacity)
        return true;
    char *ptr = realloc(octets->ptr, capacity);
    if (ptr == NULL)
        return false;
    octets->ptr = ptr;
    octets->capacity = capacity;
    return true;
}

/* Fewer than len only at the end of the file. */
static enum seki_result read_at(int fd, uint64_t offset, char *to, size_t len, size_t *read_out,
                                struct seki_error *why)
{
    size_t done = 0;
    while (done < len) {
        ssize_t some = pread(fd, to + done, len - done, (off_t)(offset + done));
        int error = errno;
        if (some < 0) {
            seki_error_set(why, "cannot read the journal: %s", strerror(error));
            return SEKI_SYSTEM;
        }
        if (some == 0)
            break;
        done += (size_t)some;
    }
    *read_out = done;
    return SEKI_OK;
}

/* ---- the table at the end of a compressed segment ---- */

/* Frames stand one behind the other from the begin of the file, up to the table; all but the last hold a whole block. */
static bool read_entries(struct segment_file *file, const char *table, uint64_t frames_end)
{
    uint64_t at = 0;
    for (size_t i = 0; i < file->block_count; i++, table += SEGMENT_TABLE_ENTRY_OCTETS) {
        struct block *block = &file->blocks[i];
        *block = (struct block){ at, seki_le32_get(table), seki_le32_get(table + 4) };
        bool is_last = i + 1 == file->block_count;
        if (block->plain_octets == 0 || block->plain_octets > SEGMENT_BLOCK_OCTETS ||
            block->frame_octets > ZSTD_compressBound(SEGMENT_BLOCK_OCTETS) ||
            (!is_last && block->plain_octets != SEGMENT_BLOCK_OCTETS))
            return false;
        at += block->frame_octets;
    }
    return at == frames_end;
}

static enum seki_result read_table(struct segment_file *file, uint64_t size, struct seki_error *why)
{
    const uint64_t most = size / (SEGMENT_TABLE_ENTRY_OCTETS + 1);
    char foot[SEGMENT_TABLE_FOOT_OCTETS];
    size_t len;
    if (size < SEGMENT_TABLE_HEAD_OCTETS + sizeof foot)
        return damaged(why);
    enum seki_result result = read_at(file->fd, size - sizeof foot, foot, sizeof foot, &len, why);
    if (result != SEKI_OK)
        return result;
    file->block_count = seki_le32_get(foot);
    if (len != sizeof foot || foot[4] != 0 || seki_le32_get(foot + 5) != SEGMENT_SEEKABLE_MAGIC ||
        file->block_count > most)
        return damaged(why);
    size_t entries = file->block_count * SEGMENT_TABLE_ENTRY_OCTETS;
    size_t table_octets = SEGMENT_TABLE_HEAD_OCTETS + entries + sizeof foot;
    if (table_octets > size)
        return damaged(why);
    file->blocks = calloc(file->block_count + 1, sizeof *file->blocks);
    if (file->blocks == NULL || !make_room(&file->frame, table_octets))
        return no_memory(why);
    result = read_at(file->fd, size - table_octets, file->frame.ptr, table_octets, &len, why);
    if (result != SEKI_OK)
        return result;
    bool is_sound = len == table_octets && seki_le32_get(file->frame.ptr) == SEGMENT_SKIPPABLE_MAGIC &&
                    seki_le32_get(file->frame.ptr + 4) == entries + sizeof foot &&
                    read_entries(file, file->frame.ptr + SEGMENT_TABLE_HEAD_OCTETS, size - table_octets);
    return is_sound ? SEKI_OK : damaged(why);
}

static enum seki_result set_up_compressed(struct segment_file *file, struct seki_error *why)
{
    enum seki_result result = read_table(file, (uint64_t)file->status.st_size, why);
    if (result != SEKI_OK)
        return result;
    file->block_in_hand = file->block_count;
    file->decompressor = ZSTD_createDCtx();
    bool has_memory = file->decompressor != NULL && make_room(&file->plain, SEGMENT_BLOCK_OCTETS) &&
                      make_room(&file->frame, ZSTD_compressBound(SEGMENT_BLOCK_OCTETS));
    return has_memory ? SEKI_OK : no_memory(why);
}

/* ---- opening ---- */

static int open_one(const char *folder, struct seki_str name, const char *suffix, int *error_out)
{
    char path[PATH_MAX];
    *error_out = ENAMETOOLONG;
    if (!segment_path(folder, name, suffix, path, sizeof path))
        return -1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* a pipe of that name stops nobody */
    *error_out = errno;
    return fd;
}

/* The plain file may become a compressed one between the first look and the second. */
static int open_either(const char *folder, struct seki_str name, bool *is_compressed_out, int *error_out)
{
    *is_compressed_out = false;
    int fd = open_one(folder, name, "", error_out);
    if (fd >= 0 || *error_out != ENOENT)
        return fd;
    *is_compressed_out = true;
    return open_one(folder, name, ".zst", error_out);
}

struct segment_file *segment_file_open(const char *folder, struct seki_str name, enum seki_result *result_out,
                                       struct seki_error *why)
{
    bool is_compressed;
    int error;
    *result_out = SEKI_BAD_INPUT;
    if (!segment_name_is_valid(name)) {
        seki_error_set(why, "\"%.*s\" is no name of a journal segment", SEKI_STR_ARGS(name));
        return NULL;
    }
    int fd = open_either(folder, name, &is_compressed, &error);
    if (fd < 0) {
        *result_out = error == ENOENT ? SEKI_BAD_INPUT : SEKI_SYSTEM;
        seki_error_set(why, "cannot read the journal segment %s/%.*s: %s", folder, SEKI_STR_ARGS(name),
                       error == ENOENT ? "it is not there (any more)" : strerror(error));
        return NULL;
    }
    struct segment_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        close(fd);
        *result_out = no_memory(why);
        return NULL;
    }
    *file = (struct segment_file){ .fd = fd, .is_compressed = is_compressed, .is_complete = is_compressed };
    *result_out = fstat(fd, &file->status) != 0 ? fail(SEKI_SYSTEM, "cannot look at the journal", why)
                  : is_compressed               ? set_up_compressed(file, why)
                                                : SEKI_OK;
    if (*result_out == SEKI_OK)
        return file;
    seki_error_prefix(why, "%s/%.*s.zst", folder, SEKI_STR_ARGS(name));
    segment_file_close(file);
    return NULL;
}

void segment_file_close(struct segment_file *file)
{
    if (file == NULL)
        return;
    ZSTD_freeDCtx(file->decompressor);
    free(file->blocks);
    free(file->read.ptr);
    free(file->frame.ptr);
    free(file->plain.ptr);
    close(file->fd);
    free(file);
}

bool segment_file_is_complete(struct segment_file *file)
{
    if (!file->is_complete)
        file->is_complete = flock(file->fd, LOCK_SH | LOCK_NB) == 0;
    return file->is_complete;
}

const struct stat *segment_file_status(const struct segment_file *file)
{
    return &file->status;
}

void segment_file_forget(struct segment_file *file)
{
    file->read.len = 0;
}

bool segment_file_is_compressed(const struct segment_file *file)
{
    return file->is_compressed;
}

size_t segment_file_block_count(const struct segment_file *file)
{
    return file->block_count;
}

size_t segment_file_block_octets(const struct segment_file *file, size_t index)
{
    return file->blocks[index].plain_octets;
}

/* ---- reading ---- */

static enum seki_result read_plain(struct segment_file *file, uint64_t offset, size_t len,
                                   struct seki_str *octets_out, struct seki_error *why)
{
    uint64_t skip = offset - file->read_at;
    if (offset < file->read_at || skip > file->read.len || len > file->read.len - skip) {
        size_t ahead = len > SEGMENT_BLOCK_OCTETS ? len : SEGMENT_BLOCK_OCTETS;
        file->read.len = 0;
        if (!make_room(&file->read, ahead))
            return no_memory(why);
        enum seki_result result = read_at(file->fd, offset, file->read.ptr, ahead, &file->read.len, why);
        if (result != SEKI_OK)
            return result;
        file->read_at = offset;
        skip = 0;
    }
    *octets_out = (struct seki_str){ file->read.ptr + skip, file->read.len - (size_t)skip };
    *octets_out = seki_str_head(*octets_out, len);
    return SEKI_OK;
}

static enum seki_result take_in_hand(struct segment_file *file, size_t index, struct seki_error *why)
{
    const struct block *block = &file->blocks[index];
    size_t len;
    if (file->block_in_hand == index)
        return SEKI_OK;
    file->block_in_hand = file->block_count;
    enum seki_result result = read_at(file->fd, block->frame_at, file->frame.ptr, block->frame_octets, &len, why);
    if (result != SEKI_OK)
        return result;
    file->frame.len = len;
    if (len != block->frame_octets)
        return damaged(why);
    size_t plain =
        ZSTD_decompressDCtx(file->decompressor, file->plain.ptr, SEGMENT_BLOCK_OCTETS, file->frame.ptr, len);
    if (ZSTD_isError(plain) || plain != block->plain_octets)
        return damaged(why);
    file->plain.len = plain;
    file->block_in_hand = index;
    return SEKI_OK;
}

enum seki_result segment_file_block(struct segment_file *file, size_t index, struct seki_str *frame_out,
                                    struct seki_str *plain_out, struct seki_error *why)
{
    enum seki_result result = take_in_hand(file, index, why);
    if (result != SEKI_OK)
        return result;
    if (frame_out != NULL)
        *frame_out = (struct seki_str){ file->frame.ptr, file->frame.len };
    *plain_out = (struct seki_str){ file->plain.ptr, file->plain.len };
    return SEKI_OK;
}

static enum seki_result read_compressed(struct segment_file *file, uint64_t offset, size_t len,
                                        struct seki_str *octets_out, struct seki_error *why)
{
    if (!make_room(&file->read, len))
        return no_memory(why);
    file->read.len = 0;
    uint64_t index = offset / SEGMENT_BLOCK_OCTETS;
    size_t skip = (size_t)(offset % SEGMENT_BLOCK_OCTETS);
    for (; index < file->block_count && file->read.len < len; index++, skip = 0) {
        struct seki_str plain;
        enum seki_result result = segment_file_block(file, (size_t)index, NULL, &plain, why);
        if (result != SEKI_OK)
            return result;
        struct seki_str part = seki_str_head(seki_str_from(plain, skip), len - file->read.len);
        if (part.len > 0)
            memcpy(file->read.ptr + file->read.len, part.ptr, part.len);
        file->read.len += part.len;
    }
    *octets_out = (struct seki_str){ file->read.ptr, file->read.len };
    return SEKI_OK;
}

enum seki_result segment_file_read(struct segment_file *file, uint64_t offset, size_t len,
                                   struct seki_str *octets_out, struct seki_error *why)
{
    *octets_out = SEKI_STR("");
    if (offset > INT64_MAX - len) /* no file is that long */
        return SEKI_OK;
    return file->is_compressed ? read_compressed(file, offset, len, octets_out, why)
                               : read_plain(file, offset, len, octets_out, why);
}
