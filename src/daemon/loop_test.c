/* Calls from outside into a loop's thread. */
#include "daemon/loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static void note_thread(void *user)
{
    *(pthread_t *)user = pthread_self();
}

static void a_call_runs_on_the_loops_thread(void **state)
{
    (void)state;
    pthread_t first, second;
    struct loop *loop = loop_start(NULL);
    assert_non_null(loop);
    assert_true(loop_call(loop, note_thread, &first, 0));
    assert_true(loop_call(loop, note_thread, &second, 1000));
    assert_false(pthread_equal(first, pthread_self()));
    assert_true(pthread_equal(first, second));
    loop_stop(loop);
}

struct hanging {
    int ends[2];
    struct event_base *base;
};

static void wait_for_octet(evutil_socket_t fd, short what, void *user)
{
    const struct hanging *hanging = user;
    char octet;
    (void)fd, (void)what;
    assert_int_equal(read(hanging->ends[0], &octet, 1), 1);
}

static void hang(void *user)
{
    const struct timeval now = { 0 };
    struct hanging *hanging = user;
    event_base_once(hanging->base, -1, EV_TIMEOUT, wait_for_octet, hanging, &now);
}

static void count(void *user)
{
    ++*(int *)user;
}

/* The loop is made to hang in a read; a call that it does not begin in time is withdrawn for good. */
static void a_loop_that_hangs_is_not_waited_for(void **state)
{
    (void)state;
    struct hanging hanging;
    int calls = 0;
    assert_int_equal(pipe(hanging.ends), 0);
    struct loop *loop = loop_start(NULL);
    hanging.base = loop_base(loop);
    assert_true(loop_call(loop, hang, &hanging, 0));
    assert_false(loop_call(loop, count, &calls, 50));
    assert_int_equal(write(hanging.ends[1], "x", 1), 1);
    assert_true(loop_call(loop, count, &calls, 0));
    assert_int_equal(calls, 1);
    loop_stop(loop);
    close(hanging.ends[0]);
    close(hanging.ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_runs_on_the_loops_thread),
        cmocka_unit_test(a_loop_that_hangs_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
