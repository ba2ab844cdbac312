#include "journal/folder_lock.h"

#include "journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int journal_folder_lock(const char *folder, struct seki_error *why)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    seki_error_set(why, "cannot lock the journal folder %s: %s", folder, strerror(error));
    return -1;
}

static bool file_name(struct seki_str name, const char *suffix, char *to, size_t size)
{
    int len = snprintf(to, size, "%.*s%s", SEKI_STR_ARGS(name), suffix);
    return len > 0 && (size_t)len < size;
}

/* The command is run by root too: then what it makes belongs to the folder's owner, or `control` could not read it. */
static bool give_to_owner(int folder, int fd)
{
    struct stat owner;
    return geteuid() != 0 || (fstat(folder, &owner) == 0 && fchown(fd, owner.st_uid, owner.st_gid) == 0);
}

/* A link in the folder is its owner's doing, and may lead to what is only root's to write. A pipe stops nobody. */
int journal_folder_open(int folder, struct seki_str name, const char *suffix, int flags, int *error_out)
{
    char path[2 * SEGMENT_NAME_MAX];
    *error_out = ENAMETOOLONG;
    if (!file_name(name, suffix, path, sizeof path))
        return -1;
    int fd = openat(folder, path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    *error_out = errno;
    if (fd < 0 || !(flags & O_CREAT) || give_to_owner(folder, fd))
        return fd;
    *error_out = errno;
    close(fd);
    return -1;
}

int journal_folder_unlink(int folder, struct seki_str name, const char *suffix)
{
    char path[2 * SEGMENT_NAME_MAX];
    if (!file_name(name, suffix, path, sizeof path))
        return ENAMETOOLONG;
    return unlinkat(folder, path, 0) == 0 || errno == ENOENT ? 0 : errno;
}
