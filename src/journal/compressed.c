#include "journal/compressed.h"

#include "base/le32.h"
#include "journal/folder_lock.h"
#include "journal/segment.h"
#include "journal/segment_file.h"

#include <sekisho/buf.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL            3
#define TABLE_MAX_OCTETS (64u << 20)
#define UNFINISHED       ".zst.new"

struct compressed {
    int folder, fd;
    char name[SEGMENT_NAME_MAX];
    struct timespec changed_at;
    ZSTD_CCtx *compressor;
    char *frame;
    size_t frame_max;
    struct seki_buf table;
    uint32_t block_count;
};

static struct seki_str name_of(const struct compressed *out)
{
    return seki_str_of(out->name);
}

static enum seki_result fail(const struct compressed *out, int error, struct seki_error *why)
{
    seki_error_set(why, "cannot write the compressed journal segment %s.zst: %s", out->name, strerror(error));
    return error == ENOSPC || error == EDQUOT ? SEKI_LIMIT : SEKI_SYSTEM;
}

/* What lies there already is what a killed process left, or what somebody who may write in the folder has put there for a
 * process with more rights than his: it goes, and is not written to. */
static int create(int folder, struct seki_str name, int *error_out)
{
    *error_out = journal_folder_unlink(folder, name, UNFINISHED);
    return *error_out == 0 ? journal_folder_open(folder, name, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL, error_out)
                           : -1;
}

struct compressed *compressed_new(int folder, struct seki_str name, struct timespec changed_at,
                                  struct seki_error *why)
{
    int error = ENOMEM;
    struct compressed *out = calloc(1, sizeof *out);
    if (out == NULL) {
        seki_error_set(why, "no memory to compress the journal");
        return NULL;
    }
    out->folder = folder;
    out->fd = -1;
    out->changed_at = changed_at;
    memcpy(out->name, name.ptr, name.len < sizeof out->name ? name.len : sizeof out->name - 1);
    seki_buf_init(&out->table, TABLE_MAX_OCTETS);
    out->compressor = ZSTD_createCCtx();
    out->frame_max = ZSTD_compressBound(SEGMENT_BLOCK_OCTETS);
    out->frame = malloc(out->frame_max);
    if (out->compressor != NULL && out->frame != NULL)
        out->fd = create(folder, name, &error);
    if (out->fd >= 0) {
        ZSTD_CCtx_setParameter(out->compressor, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(out->compressor, ZSTD_c_checksumFlag, 1);
        return out;
    }
    (void)!fail(out, error, why);
    compressed_free(out);
    return NULL;
}

void compressed_free(struct compressed *out)
{
    if (out == NULL)
        return;
    if (out->fd >= 0) {
        close(out->fd);
        journal_folder_unlink(out->folder, name_of(out), UNFINISHED);
    }
    ZSTD_freeCCtx(out->compressor);
    free(out->frame);
    seki_buf_release(&out->table);
    free(out);
}

static enum seki_result write_all(const struct compressed *out, struct seki_str octets, struct seki_error *why)
{
    while (octets.len > 0) {
        ssize_t written = write(out->fd, octets.ptr, octets.len);
        int error = errno;
        if (written <= 0)
            return fail(out, written < 0 ? error : ENOSPC, why);
        octets = seki_str_from(octets, (size_t)written);
    }
    return SEKI_OK;
}

static void add_number(struct seki_buf *to, uint32_t number)
{
    char octets[4];
    seki_le32_put(octets, number);
    seki_buf_add(to, (struct seki_str){ octets, sizeof octets });
}

enum seki_result compressed_add_frame(struct compressed *out, struct seki_str frame, size_t plain_octets,
                                      struct seki_error *why)
{
    add_number(&out->table, (uint32_t)frame.len);
    add_number(&out->table, (uint32_t)plain_octets);
    out->block_count++;
    return write_all(out, frame, why);
}

enum seki_result compressed_add(struct compressed *out, struct seki_str plain, struct seki_error *why)
{
    size_t len = ZSTD_compress2(out->compressor, out->frame, out->frame_max, plain.ptr, plain.len);
    if (ZSTD_isError(len)) {
        seki_error_set(why, "cannot compress the journal segment %s: %s", out->name, ZSTD_getErrorName(len));
        return SEKI_SYSTEM;
    }
    return compressed_add_frame(out, (struct seki_str){ out->frame, len }, plain.len, why);
}

static enum seki_result write_table(struct compressed *out, struct seki_error *why)
{
    char head[SEGMENT_TABLE_HEAD_OCTETS];
    size_t entries = out->table.len;
    add_number(&out->table, out->block_count);
    seki_buf_add_char(&out->table, 0); /* no checksums here: each frame has its own */
    add_number(&out->table, SEGMENT_SEEKABLE_MAGIC);
    if (seki_buf_failed(&out->table) != SEKI_OK)
        return fail(out, ENOMEM, why);
    seki_le32_put(head, SEGMENT_SKIPPABLE_MAGIC);
    seki_le32_put(head + 4, (uint32_t)(entries + SEGMENT_TABLE_FOOT_OCTETS));
    enum seki_result result = write_all(out, (struct seki_str){ head, sizeof head }, why);
    return result == SEKI_OK ? write_all(out, seki_buf_str(&out->table), why) : result;
}

enum seki_result compressed_finish(struct compressed *out, struct seki_error *why)
{
    char from[2 * SEGMENT_NAME_MAX], to[2 * SEGMENT_NAME_MAX];
    enum seki_result result = write_table(out, why);
    if (result != SEKI_OK)
        return result;
    snprintf(from, sizeof from, "%s" UNFINISHED, out->name);
    snprintf(to, sizeof to, "%s.zst", out->name);
    const struct timespec times[2] = { out->changed_at, out->changed_at };
    if (futimens(out->fd, times) != 0 || fsync(out->fd) != 0 || renameat(out->folder, from, out->folder, to) != 0 ||
        fsync(out->folder) != 0)
        return fail(out, errno, why);
    return SEKI_OK;
}
