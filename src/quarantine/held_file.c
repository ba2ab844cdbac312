/* Opening a held message. The file may have been damaged since it was written: every number of its head is checked against
 * the file's size. */
#include "quarantine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* In the order in which it is moved, so that it is not missed while it is. O_NONBLOCK: a pipe of that name stops nobody. */
static int open_file(const char *folder, const struct quarantine_id *id)
{
    for (int place = QUARANTINE_NEW; place <= QUARANTINE_HELD; place++) {
        char path[PATH_MAX];
        if (!quarantine_path(folder, (enum quarantine_place)place, id, path))
            continue;
        int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file >= 0 || errno != ENOENT)
            return file;
    }
    return -1;
}

static enum seki_result cannot_read(int error, struct seki_error *why)
{
    seki_error_set(why, "its file cannot be read: %s", strerror(error));
    return SEKI_SYSTEM;
}

static enum seki_result is_damaged(struct seki_error *why)
{
    seki_error_set(why, "its file is damaged");
    return SEKI_BAD_INPUT;
}

static enum seki_result read_exactly(int file, char *octets, size_t len, uint64_t offset, struct seki_error *why)
{
    for (size_t at = 0; at < len;) {
        ssize_t count = pread(file, octets + at, len - at, (off_t)(offset + at));
        int error = count < 0 ? errno : 0;
        if (count == 0)
            return is_damaged(why);
        if (count < 0 && error != EINTR)
            return cannot_read(error, why);
        if (count > 0)
            at += (size_t)count;
    }
    return SEKI_OK;
}

/* "Sekisho-Held: 1 " size " " length of what is known, then spaces to the line's end */
static enum seki_result read_head(int file, uint64_t *size_out, uint64_t *meta_len_out, struct seki_error *why)
{
    char octets[QUARANTINE_HEAD_OCTETS];
    struct stat status;
    struct seki_str head = { octets, sizeof octets }, name, version, size, meta_len;
    if (fstat(file, &status) != 0)
        return cannot_read(errno, why);
    if (!S_ISREG(status.st_mode))
        return is_damaged(why);
    enum seki_result result = read_exactly(file, octets, sizeof octets, 0, why);
    if (result != SEKI_OK)
        return result;
    bool is_good = octets[sizeof octets - 1] == '\n' && seki_str_split(&head, ' ', &name) &&
                   seki_str_split(&head, ' ', &version) && seki_str_split(&head, ' ', &size) &&
                   seki_str_split(&head, ' ', &meta_len) && seki_str_equal(name, SEKI_STR("Sekisho-Held:")) &&
                   seki_str_equal(version, SEKI_STR("1")) &&
                   seki_str_to_u64(size, (uint64_t)status.st_size, size_out) &&
                   seki_str_to_u64(meta_len, QUARANTINE_META_MAX_OCTETS, meta_len_out);
    is_good = is_good && QUARANTINE_HEAD_OCTETS + *size_out + *meta_len_out == (uint64_t)status.st_size;
    return is_good ? SEKI_OK : is_damaged(why);
}

static enum seki_result read_file(int file, struct seki_arena *arena, struct quarantine_message *message_out,
                                  struct seki_error *why)
{
    uint64_t size = 0, meta_len = 0;
    enum seki_result result = read_head(file, &size, &meta_len, why);
    if (result != SEKI_OK)
        return result;
    char *meta = seki_arena_octets(arena, (size_t)meta_len);
    if (meta == NULL) {
        seki_error_set(why, "no memory for what is known about it");
        return seki_arena_failure(arena);
    }
    result = read_exactly(file, meta, (size_t)meta_len, QUARANTINE_HEAD_OCTETS + size, why);
    if (result != SEKI_OK)
        return result;
    if (!quarantine_meta_decode((struct seki_str){ meta, (size_t)meta_len }, arena, message_out, why))
        return SEKI_BAD_INPUT;
    message_out->size_octets = size;
    return SEKI_OK;
}

enum seki_result quarantine_open(const char *folder, const struct quarantine_id *id, struct seki_arena *arena,
                                 struct quarantine_message *message_out, int *file_out, struct seki_error *why)
{
    *file_out = -1;
    int file = open_file(folder, id);
    if (file < 0) {
        int error = errno;
        seki_error_set(why, "the held message %s cannot be opened: %s", id->text,
                       error == ENOENT ? "it is not (or no longer) on this node" : strerror(error));
        return error == ENOENT ? SEKI_BAD_INPUT : SEKI_SYSTEM;
    }
    enum seki_result result = read_file(file, arena, message_out, why);
    if (result == SEKI_OK) {
        *file_out = file;
        return SEKI_OK;
    }
    seki_error_prefix(why, "the held message %s", id->text);
    close(file);
    return result;
}
