/* libevent's complaints become lines of the log. */
#include "daemon/event_log.h"

#include "daemon/log.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void ignore(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what, (void)user;
}

/* Watch a descriptor that is not open: "Epoll ADD(1) on fd 999 failed. …" */
static void watch_what_is_closed(void)
{
    struct event_base *base = event_base_new();
    struct event *event = event_new(base, 999, EV_READ, ignore, NULL);
    assert_non_null(event);
    event_add(event, NULL);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_free(event);
    event_base_free(base);
}

/* Everything that is written while call runs, and where standard error would have shown it. */
static char *written_by(void (*call)(struct log *log))
{
    static char text[4096];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        call(log_open(&(struct log_options){ .fd = ends[1], .role = "t", .is_async = true }, NULL));
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    snprintf(text + len, sizeof text - len, "exit %d", WEXITSTATUS(status));
    return text;
}

static void warn(struct log *log)
{
    event_log_to(log);
    watch_what_is_closed();
    event_log_to(NULL);
    watch_what_is_closed(); /* nobody is told */
    log_close(log);
}

static void warnings_are_events(void **state)
{
    (void)state;
    char *text = written_by(warn);
    assert_non_null(strstr(text, "level=warning role=t event=libevent reason=\"Epoll ADD(1) on fd 999 failed."));
    char *end = strchr(text, '\n');
    assert_non_null(end);
    assert_string_equal(end + 1, "exit 0"); /* one line, and nothing raw beside it */
}

/* In libevent's debug mode an event that was never set up is beyond repair. */
static void die(struct log *log)
{
    event_log_to(log);
    event_enable_debug_mode();
    struct event *event = event_new(event_base_new(), 0, EV_READ, ignore, NULL);
    event_debug_unassign(event);
    event_add(event, NULL);
}

static void the_last_words_are_written(void **state)
{
    (void)state;
    char *text = written_by(die);
    assert_non_null(strstr(text, "level=fatal role=t event=libevent reason=\""));
    assert_non_null(strstr(text, "exit 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warnings_are_events),
        cmocka_unit_test(the_last_words_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
