#include "daemon/file_stamp.h"

#include <stddef.h>
#include <sys/stat.h>

struct file_stamp file_stamp_take(const char *path)
{
    struct stat info;
    if (path == NULL || stat(path, &info) != 0)
        return (struct file_stamp){ .is_there = false };
    return (struct file_stamp){
        .is_there = true,
        .device = info.st_dev,
        .inode = info.st_ino,
        .octets = info.st_size,
        .changed_at_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec,
    };
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->is_there == b->is_there && a->device == b->device && a->inode == b->inode &&
           a->octets == b->octets && a->changed_at_ns == b->changed_at_ns;
}
