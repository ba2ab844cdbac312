#include "quarantine/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER_MODE (S_ISGID | 0770) /* files are of the folder's group, whoever writes them */

static const char *const place_names[] = {
    [QUARANTINE_TMP] = "tmp",         [QUARANTINE_NEW] = "new",   [QUARANTINE_UNREADABLE] = "unreadable",
    [QUARANTINE_REFUSED] = "refused", [QUARANTINE_HELD] = "held", [QUARANTINE_DAMAGED] = "damaged",
};

static const enum quarantine_place aside_places[] = {
    [QUARANTINE_ASIDE_DAMAGED] = QUARANTINE_DAMAGED,
    [QUARANTINE_ASIDE_UNREADABLE] = QUARANTINE_UNREADABLE,
    [QUARANTINE_ASIDE_REFUSED] = QUARANTINE_REFUSED,
};

bool quarantine_id_read(struct seki_str text, struct quarantine_id *id_out)
{
    if (text.len != QUARANTINE_ID_OCTETS)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!seki_is_digit(text.ptr[i]) && (text.ptr[i] < 'a' || text.ptr[i] > 'f'))
            return false;
    memcpy(id_out->text, text.ptr, text.len);
    id_out->text[text.len] = '\0';
    return true;
}

bool quarantine_path(const char *folder, enum quarantine_place place, const struct quarantine_id *id,
                     char path_out[PATH_MAX])
{
    int len = snprintf(path_out, PATH_MAX, "%s/%s%s%s", folder, place_names[place], id != NULL ? "/" : "",
                       id != NULL ? id->text : "");
    return len > 0 && len < PATH_MAX;
}

/* chmod() after mkdir(): the mode must not depend on the umask. */
static bool make_one(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return chmod(path, FOLDER_MODE) == 0;
    return errno == EEXIST;
}

bool quarantine_make_folder(const char *folder)
{
    char path[PATH_MAX];
    bool is_made = make_one(folder);
    for (unsigned place = 0; is_made && place < QUARANTINE_PLACE_COUNT; place++)
        is_made = quarantine_path(folder, (enum quarantine_place)place, NULL, path) && make_one(path);
    return is_made;
}

bool quarantine_sync_place(const char *folder, enum quarantine_place place)
{
    char path[PATH_MAX];
    int file = quarantine_path(folder, place, NULL, path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool is_synced = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return is_synced;
}

/* ---- what the store does not know ---- */

/* Ids begin with the time: the smallest are the oldest. */
static void keep_smallest(struct quarantine_id *ids, size_t *count, size_t max, const struct quarantine_id *id)
{
    size_t at = *count;
    while (at > 0 && memcmp(ids[at - 1].text, id->text, QUARANTINE_ID_OCTETS) > 0)
        at--;
    if (at == max)
        return;
    size_t last = *count < max ? *count : max - 1;
    memmove(ids + at + 1, ids + at, (last - at) * sizeof *ids);
    ids[at] = *id;
    *count = last + 1;
}

static bool is_behind(const struct quarantine_id *after, const struct quarantine_id *id)
{
    return after == NULL || memcmp(id->text, after->text, QUARANTINE_ID_OCTETS) > 0;
}

enum seki_result quarantine_list(const char *folder, enum quarantine_place place, const struct quarantine_id *after,
                                 struct quarantine_id *ids_out, size_t max, size_t *count_out,
                                 struct seki_error *why)
{
    char path[PATH_MAX];
    *count_out = 0;
    DIR *entries = quarantine_path(folder, place, NULL, path) ? opendir(path) : NULL;
    if (entries == NULL) {
        int error = errno;
        if (error == ENOENT)
            return SEKI_OK; /* nothing was ever held here */
        seki_error_set(why, "cannot look into the quarantine %s: %s", folder, strerror(error));
        return SEKI_SYSTEM;
    }
    for (const struct dirent *entry; max > 0 && (entry = readdir(entries)) != NULL;) {
        struct quarantine_id id;
        if (quarantine_id_read(seki_str_of(entry->d_name), &id) && is_behind(after, &id))
            keep_smallest(ids_out, count_out, max, &id);
    }
    closedir(entries);
    return SEKI_OK;
}

enum seki_result quarantine_list_new(const char *folder, struct quarantine_id *ids_out, size_t max,
                                     size_t *count_out, struct seki_error *why)
{
    return quarantine_list(folder, QUARANTINE_NEW, NULL, ids_out, max, count_out, why);
}

enum seki_result quarantine_list_aside(const char *folder, enum quarantine_aside aside,
                                       const struct quarantine_id *after, struct quarantine_id *ids_out, size_t max,
                                       size_t *count_out, struct seki_error *why)
{
    return quarantine_list(folder, aside_places[aside], after, ids_out, max, count_out, why);
}

/* From where the store does not know it. @return SEKI_OK; SEKI_BAD_INPUT: it is there no longer; SEKI_SYSTEM */
static enum seki_result move(const char *folder, const struct quarantine_id *id, enum quarantine_place to_place,
                             struct seki_error *why)
{
    char from[PATH_MAX], to[PATH_MAX], place[PATH_MAX];
    bool has_place = quarantine_path(folder, to_place, id, to) && quarantine_path(folder, to_place, NULL, place) &&
                     make_one(place);
    int error = errno;
    bool is_moved = false, is_gone = has_place;
    for (unsigned at = QUARANTINE_NEW; at < QUARANTINE_HELD && is_gone && !is_moved; at++) {
        is_moved = quarantine_path(folder, (enum quarantine_place)at, id, from) && rename(from, to) == 0;
        error = errno;
        is_gone = error == ENOENT;
    }
    if (is_moved)
        return SEKI_OK;
    seki_error_set(why, "cannot move the held message %s into %s: %s", id->text, place, strerror(error));
    return is_gone ? SEKI_BAD_INPUT : SEKI_SYSTEM;
}

enum seki_result quarantine_settle(const char *folder, const struct quarantine_id *id, struct seki_error *why)
{
    enum seki_result result = move(folder, id, QUARANTINE_HELD, why);
    return result == SEKI_BAD_INPUT ? SEKI_OK : result; /* a process that was killed had moved it */
}

enum seki_result quarantine_set_aside(const char *folder, const struct quarantine_id *id,
                                      enum quarantine_aside aside, struct seki_error *why)
{
    return move(folder, id, aside_places[aside], why);
}

enum seki_result quarantine_remove(const char *folder, const struct quarantine_id *id, struct seki_error *why)
{
    char path[PATH_MAX];
    for (unsigned place = QUARANTINE_NEW; place <= QUARANTINE_HELD; place++) {
        if (quarantine_path(folder, (enum quarantine_place)place, id, path) &&
            (unlink(path) == 0 || errno == ENOENT))
            continue;
        int error = errno;
        seki_error_set(why, "cannot remove the held message %s: %s", path, strerror(error));
        return SEKI_SYSTEM;
    }
    return SEKI_OK;
}

void quarantine_sweep(const char *folder, int64_t before_s)
{
    char path[PATH_MAX];
    DIR *entries = quarantine_path(folder, QUARANTINE_TMP, NULL, path) ? opendir(path) : NULL;
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        struct quarantine_id id;
        struct stat status;
        if (quarantine_id_read(seki_str_of(entry->d_name), &id) &&
            fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mtime < before_s)
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL)
        closedir(entries);
}
