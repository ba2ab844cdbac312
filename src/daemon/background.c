#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* The old process: 0 when a byte came, 1 when the other end was closed without. */
static _Noreturn void wait_for_ready(int descriptor)
{
    char byte;
    ssize_t len;
    do
        len = read(descriptor, &byte, 1);
    while (len < 0 && errno == EINTR);
    _exit(len == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Standard error stays: it may be the log. The folder does not, so that its file system can be unmounted. */
static void leave_terminal(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    if (chdir("/") != 0 || null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

int background_enter(struct seki_error *why)
{
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        pid = fork();
        if (pid < 0) {
            close(ends[0]);
            close(ends[1]);
        }
    }
    if (pid < 0) {
        int error = errno;
        seki_error_set(why, "cannot go to the background: %s", strerror(error));
        return -1;
    }
    if (pid > 0) {
        close(ends[1]);
        wait_for_ready(ends[0]);
    }
    close(ends[0]);
    leave_terminal();
    return ends[1];
}

void background_ready(int descriptor)
{
    if (descriptor < 0)
        return;
    ssize_t written = write(descriptor, "1", 1);
    (void)written; /* the old process may have been killed: then nobody waits */
    close(descriptor);
}

int pid_file_open(const char *path, struct seki_error *why)
{
    char text[32];
    int error = 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        error = errno;
        seki_error_set(why, "cannot open the pid file %s: %s; name one in a folder that sekishod may write to",
                       path, strerror(error));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        seki_error_set(why, "another sekishod holds the pid file %s; stop it first", path);
        close(fd);
        return -1;
    }
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        return fd;
    error = errno;
    seki_error_set(why, "cannot write the pid file %s: %s; make room there, or name another", path,
                   strerror(error));
    close(fd);
    return -1;
}
