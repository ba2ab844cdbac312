#include "daemon/control_backlog.h"

#include <sekisho/str.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#define PLAIN_SUFFIX ".seg" /* what is compressed has been taken over */

void control_backlog_tell(const char *folder, struct figures *figures)
{
    DIR *dir = opendir(folder);
    uint64_t octets = 0;
    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat info;
        if (seki_str_ends_with_nocase(seki_str_of(entry->d_name), SEKI_STR(PLAIN_SUFFIX)) &&
            fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
            octets += (uint64_t)info.st_size;
    }
    closedir(dir);
    /* Read last: what came and was taken over meanwhile must not count as waiting. */
    uint64_t taken = figures_get(figures, FIGURE_JOURNAL_TAKEN_OCTETS);
    figures_set(figures, FIGURE_JOURNAL_BACKLOG_OCTETS, octets > taken ? octets - taken : 0);
}
