#include "daemon/child.h"

#include "daemon/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 70

int child_program_open(struct seki_error *why)
{
    int file = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    int program = file >= 0 ? fcntl(file, F_DUPFD_CLOEXEC, CHILD_CHANNEL + 1) : -1;
    if (program < 0) {
        int error = errno;
        seki_error_set(why, "cannot find this program's own file: %s", strerror(error));
    }
    if (file >= 0)
        close(file);
    return program;
}

/* The only descriptor besides the standard ones that survives the exec: all others are close-on-exec. */
static bool put_channel(int channel)
{
    if (channel == CHILD_CHANNEL)
        return fcntl(channel, F_SETFD, 0) == 0;
    return dup2(channel, CHILD_CHANNEL) == CHILD_CHANNEL;
}

/* In the new process. The supervisor's log has a thread, which may have held any lock at the fork: so nothing here
 * takes one (no memory, no streams, no names looked up). */
static _Noreturn void become_role(const char *role, int program, int channel, const struct privileges_user *user)
{
    struct seki_error why = { "" };
    char role_word[32];
    char program_word[] = "sekishod", option_word[] = "--role";
    sigset_t none;
    snprintf(role_word, sizeof role_word, "%s", role);
    char *arguments[] = { program_word, option_word, role_word, NULL };
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    unsetenv("NOTIFY_SOCKET");
    if (privileges_drop(user, &why)) {
        if (put_channel(channel))
            fexecve(program, arguments, environ);
        int error = errno;
        seki_error_set(&why, "cannot run the program again: %s", strerror(error));
    }
    dprintf(STDERR_FILENO, "level=fatal role=%s event=role_not_started reason=\"%s\"\n", role, why.text);
    _exit(EXIT_NOT_STARTED);
}

bool child_start(struct child *child, int program, const struct privileges_user *user, struct seki_error *why)
{
    int ends[2];
    child->channel = -1;
    if (!channel_pair(ends, why))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        become_role(child->role, program, ends[1], user);
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        seki_error_set(why, "cannot start a process: %s", strerror(error));
        return false;
    }
    child->pid = pid;
    child->channel = ends[0];
    return true;
}

bool child_has_ended(struct child *child, bool *is_clean_out, char *how, size_t how_size)
{
    int status;
    if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
        return false;
    *is_clean_out = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status))
        snprintf(how, how_size, "signal %d", WTERMSIG(status));
    else
        snprintf(how, how_size, "exit status %d", WEXITSTATUS(status));
    close(child->channel);
    child->channel = -1;
    child->pid = 0;
    return true;
}
