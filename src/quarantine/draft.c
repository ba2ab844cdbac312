/* A small message stays in memory until it is kept, so that beginning a draft for every message costs nothing on disk. */
#include "quarantine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BUFFER_OCTETS (64u * 1024u)

struct quarantine_draft {
    char *folder;
    struct quarantine_id id;
    int file; /* -1: nothing is on disk yet */
    struct seki_buf buffer;
    uint64_t written; /* of the message */
    uint64_t min_free_octets;
    int error; /* errno of the first failure */
};

static bool make_id(struct quarantine_id *id)
{
    struct timespec now;
    uint64_t chance;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        return false;
    uint64_t us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
    snprintf(id->text, sizeof id->text, "%014" PRIx64 "%012" PRIx64, us & 0xffffffffffffffu,
             chance & 0xffffffffffffu);
    return true;
}

struct quarantine_draft *quarantine_draft_new(const char *folder, struct seki_error *why)
{
    struct quarantine_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL || (draft->folder = strdup(folder)) == NULL || !make_id(&draft->id)) {
        seki_error_set(why, "no memory to hold a message");
        if (draft != NULL)
            free(draft->folder);
        free(draft);
        return NULL;
    }
    draft->file = -1;
    seki_buf_init(&draft->buffer, BUFFER_OCTETS);
    return draft;
}

void quarantine_draft_leave_free(struct quarantine_draft *draft, uint64_t min_free_octets)
{
    draft->min_free_octets = min_free_octets;
}

/* ---- on disk ---- */

/* Asked when the file is begun: what is written to it then has the MTA's bound. */
static bool has_room(const struct quarantine_draft *draft)
{
    struct statvfs disk;
    if (draft->min_free_octets == 0)
        return true;
    if (fstatvfs(draft->file, &disk) != 0)
        return false;
    errno = ENOSPC;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= draft->min_free_octets;
}

static int open_draft(const struct quarantine_draft *draft)
{
    char path[PATH_MAX];
    if (!quarantine_path(draft->folder, QUARANTINE_TMP, &draft->id, path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, QUARANTINE_FILE_MODE);
}

static bool begin_file(struct quarantine_draft *draft)
{
    draft->file = open_draft(draft);
    if (draft->file < 0 && errno == ENOENT && quarantine_make_folder(draft->folder))
        draft->file = open_draft(draft);
    if (draft->file >= 0 && fchmod(draft->file, QUARANTINE_FILE_MODE) == 0 && has_room(draft))
        return true;
    draft->error = errno;
    return false;
}

static bool write_at(struct quarantine_draft *draft, struct seki_str octets, uint64_t offset)
{
    while (octets.len > 0 && draft->error == 0) {
        ssize_t len = pwrite(draft->file, octets.ptr, octets.len, (off_t)offset);
        if (len > 0) {
            octets = seki_str_from(octets, (size_t)len);
            offset += (uint64_t)len;
        } else if (len == 0 || errno != EINTR)
            draft->error = len == 0 ? EIO : errno;
    }
    return draft->error == 0;
}

static void write_out(struct quarantine_draft *draft, struct seki_str octets)
{
    if (draft->error != 0 || (draft->file < 0 && !begin_file(draft)))
        return;
    if (write_at(draft, octets, QUARANTINE_HEAD_OCTETS + draft->written))
        draft->written += octets.len;
}

static void flush(struct quarantine_draft *draft)
{
    write_out(draft, seki_buf_str(&draft->buffer));
    seki_buf_clear(&draft->buffer);
}

void quarantine_draft_add(struct quarantine_draft *draft, struct seki_str octets)
{
    if (octets.len > BUFFER_OCTETS - draft->buffer.len)
        flush(draft);
    if (octets.len > BUFFER_OCTETS)
        write_out(draft, octets);
    else
        seki_buf_add(&draft->buffer, octets);
    if (seki_buf_failed(&draft->buffer) != SEKI_OK && draft->error == 0)
        draft->error = ENOMEM;
}

void quarantine_draft_add_field(struct quarantine_draft *draft, struct seki_str name, struct seki_str value)
{
    quarantine_draft_add(draft, name);
    quarantine_draft_add(draft, SEKI_STR(":"));
    for (struct seki_str line; seki_str_split(&value, '\n', &line);) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        quarantine_draft_add(draft, line);
        quarantine_draft_add(draft, SEKI_STR("\r\n"));
    }
}

/* ---- the end ---- */

static void release(struct quarantine_draft *draft)
{
    char path[PATH_MAX];
    if (draft->file >= 0) {
        close(draft->file);
        if (quarantine_path(draft->folder, QUARANTINE_TMP, &draft->id, path))
            unlink(path); /* gone already when it was kept */
    }
    seki_buf_release(&draft->buffer);
    free(draft->folder);
    free(draft);
}

void quarantine_draft_abandon(struct quarantine_draft *draft)
{
    if (draft != NULL)
        release(draft);
}

static void write_head(struct quarantine_draft *draft, size_t meta_len)
{
    char head[QUARANTINE_HEAD_OCTETS + 1];
    snprintf(head, sizeof head, "Sekisho-Held: 1 %020" PRIu64 " %010zu %15s\n", draft->written, meta_len, "");
    write_at(draft, (struct seki_str){ head, QUARANTINE_HEAD_OCTETS }, 0);
}

static void write_meta(struct quarantine_draft *draft, const struct quarantine_message *message)
{
    struct seki_buf meta;
    seki_buf_init(&meta, QUARANTINE_META_MAX_OCTETS);
    quarantine_meta_encode(message, &meta);
    if (draft->error == 0 && seki_buf_failed(&meta) != SEKI_OK)
        draft->error = seki_buf_failed(&meta) == SEKI_LIMIT ? EFBIG : ENOMEM;
    if (draft->error == 0 && write_at(draft, seki_buf_str(&meta), QUARANTINE_HEAD_OCTETS + draft->written))
        write_head(draft, meta.len);
    seki_buf_release(&meta);
}

/* The file first, then its name, then the names of the folder: after a power cut it is there whole or not at all, and it
 * is there when the MTA was told so. */
static void put_in_place(struct quarantine_draft *draft, const bool *is_unwanted)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (draft->error != 0)
        return;
    if (!quarantine_path(draft->folder, QUARANTINE_TMP, &draft->id, from) ||
        !quarantine_path(draft->folder, QUARANTINE_NEW, &draft->id, to))
        draft->error = ENAMETOOLONG;
    else if (fsync(draft->file) != 0)
        draft->error = errno;
    else if (__atomic_load_n(is_unwanted, __ATOMIC_ACQUIRE))
        draft->error = ECANCELED;
    else if (rename(from, to) != 0)
        draft->error = errno;
    else if (!quarantine_sync_place(draft->folder, QUARANTINE_NEW)) {
        draft->error = errno;
        unlink(to); /* the MTA hears 451 and brings it again */
    }
}

enum seki_result quarantine_draft_keep(struct quarantine_draft *draft, const struct quarantine_message *message,
                                       struct quarantine_id *id_out, struct seki_error *why)
{
    static const bool never = false;
    return quarantine_draft_keep_wanted(draft, message, &never, id_out, why);
}

enum seki_result quarantine_draft_keep_wanted(struct quarantine_draft *draft,
                                              const struct quarantine_message *message, const bool *is_unwanted,
                                              struct quarantine_id *id_out, struct seki_error *why)
{
    if (message->recipient_count == 0 || message->recipient_count > QUARANTINE_RECIPIENTS_MAX)
        draft->error = EFBIG;
    flush(draft);
    write_meta(draft, message);
    put_in_place(draft, is_unwanted);
    int error = draft->error;
    if (error == 0)
        *id_out = draft->id;
    else if (error == EFBIG)
        seki_error_set(why, "a message for more than %u recipients cannot be held", QUARANTINE_RECIPIENTS_MAX);
    else
        seki_error_set(why, "cannot hold a message in %s: %s", draft->folder, strerror(error));
    release(draft);
    if (error == 0)
        return SEKI_OK;
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? SEKI_LIMIT : SEKI_SYSTEM;
}
