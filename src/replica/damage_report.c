#include "replica/damage_report.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORT_NAME "damaged"
#define REPORT_MODE 0660 /* readers are of the folder's group */
#define REPORT_MAX  64

static int open_report(const char *folder, int flags)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/" REPORT_NAME, folder);
    if (len < 0 || len >= (int)sizeof path)
        return -1;
    return open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, REPORT_MODE);
}

void replica_damage_report(const char *folder, const char *generation)
{
    int file = open_report(folder, O_WRONLY);
    if (file < 0)
        return;
    ssize_t written = pwrite(file, generation, strlen(generation), 0);
    (void)written; /* the writer looks at the generations by itself too */
    close(file);
}

bool replica_damage_clear(const char *folder)
{
    int file = open_report(folder, O_WRONLY | O_CREAT | O_TRUNC);
    bool is_clear = file >= 0 && fchmod(file, REPORT_MODE) == 0;
    if (file >= 0)
        close(file);
    return is_clear;
}

bool replica_damage_is_reported(const char *folder, const char *generation)
{
    char text[REPORT_MAX];
    int file = open_report(folder, O_RDONLY);
    if (file < 0)
        return false;
    ssize_t len = pread(file, text, sizeof text, 0);
    close(file);
    return len > 0 && (size_t)len == strlen(generation) && memcmp(text, generation, (size_t)len) == 0;
}
