/* Which file stood under a path: what is read once, a reload must read again when another one stands there. */
#ifndef FILE_STAMP_H
#define FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct file_stamp {
    bool is_there;
    uint64_t device, inode; /* programs that write with care put a new file in the old one's place */
    int64_t octets, changed_at_ns;
};

/** To be taken before the file is read, so that a change in between is seen the next time. @param path NULL: no file */
struct file_stamp file_stamp_take(const char *path);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

#endif
