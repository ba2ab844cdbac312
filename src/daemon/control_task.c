#include "daemon/control_task.h"

#include "store/lease.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FIRST_BACKOFF_MS   250u
#define LONGEST_BACKOFF_MS 10000u
#define LEASE_MIN_S        600 /* longer than any turn takes */
#define DRAIN_S            5   /* what is then left, the next start takes up */

struct control_task {
    const struct control_job *job;
    const struct control_context *context;
    int wake, done; /* eventfds: told to stop; ended */
    pthread_t thread;
    bool is_stopping, has_ended; /* changed with atomic operations only */
    /* of the thread alone */
    void *state;
    struct sql *sql;
    unsigned backoff_ms;
};

static bool is_stopping(const struct control_task *task)
{
    return __atomic_load_n(&task->is_stopping, __ATOMIC_ACQUIRE);
}

static int store_descriptor(const struct control_task *task)
{
    struct seki_error why;
    return task->job->watches_store && task->sql != NULL ? sql_watch(task->sql, &why) : -1;
}

static void wait_ms(const struct control_task *task, unsigned ms)
{
    int own = task->state != NULL && task->job->descriptor != NULL ? task->job->descriptor(task->state) : -1;
    struct pollfd descriptors[] = {
        { .fd = task->wake, .events = POLLIN },
        { .fd = store_descriptor(task), .events = POLLIN },
        { .fd = task->backoff_ms == 0 ? own : -1, .events = POLLIN }, /* poll() passes over -1 */
    };
    if (poll(descriptors, sizeof descriptors / sizeof descriptors[0], (int)ms) <= 0)
        return;
    if (descriptors[1].revents != 0)
        sql_watch_clear(task->sql);
    if (descriptors[2].revents != 0)
        poll(descriptors, 1, (int)task->job->gather_ms);
}

static unsigned back_off(struct control_task *task)
{
    task->backoff_ms = task->backoff_ms == 0 ? FIRST_BACKOFF_MS : task->backoff_ms * 2;
    if (task->backoff_ms > LONGEST_BACKOFF_MS)
        task->backoff_ms = LONGEST_BACKOFF_MS;
    return task->backoff_ms;
}

static void close_state(struct control_task *task)
{
    if (task->state != NULL)
        task->job->close(task->state);
    task->state = NULL;
}

static void close_all(struct control_task *task)
{
    close_state(task);
    if (task->sql != NULL)
        sql_close(task->sql);
    task->sql = NULL;
}

static void tell_failure(const struct control_task *task, const struct seki_error *why)
{
    if (task->backoff_ms == 0)
        log_reason(task->context->log, LOG_LEVEL_WARNING, "task_failed", "%s: %s; it is tried again",
                   task->job->name, why->text);
}

/* Without the name nothing is kept that would wake it. */
static enum control_turn take_name(struct control_task *task, bool *is_ours_out, struct seki_error *why)
{
    *is_ours_out = true;
    if (!task->job->needs_name)
        return CONTROL_IDLE;
    enum seki_result result =
        control_name_take(task->context->name, task->sql, (int64_t)time(NULL), is_ours_out, why);
    if (!*is_ours_out)
        close_state(task);
    return control_turn_of(result);
}

/* Longer than two turns are apart: so who has it keeps it. */
static enum control_turn take_lease(struct control_task *task, bool *is_ours_out, struct seki_error *why)
{
    int64_t two_turns_s = 2 * (int64_t)task->job->interval_ms / 1000;
    *is_ours_out = true;
    if (!task->job->is_shared)
        return CONTROL_IDLE;
    return control_turn_of(store_lease_take(
        task->sql, seki_str_of(task->job->name), task->context->config->hosting.node_name, (int64_t)time(NULL),
        two_turns_s > LEASE_MIN_S ? two_turns_s : LEASE_MIN_S, is_ours_out, why));
}

static enum control_turn try_turn(struct control_task *task, struct seki_error *why)
{
    if (task->sql == NULL)
        task->sql = control_store_open(task->context->store, why);
    if (task->sql == NULL)
        return CONTROL_UNREACHABLE;
    bool is_ours;
    enum control_turn turn = take_name(task, &is_ours, why);
    if (turn == CONTROL_IDLE && is_ours)
        turn = take_lease(task, &is_ours, why);
    if (turn != CONTROL_IDLE || !is_ours)
        return turn;
    if (task->state == NULL)
        task->state = task->job->open(task->context, task->sql, why);
    return task->state != NULL ? task->job->turn(task->state, task->sql, why) : CONTROL_FAILED;
}

static enum control_turn take_turn(struct control_task *task)
{
    struct seki_error why = { "" };
    enum control_turn turn = try_turn(task, &why);
    switch (turn) {
    case CONTROL_IDLE:
    case CONTROL_AGAIN: task->backoff_ms = 0; break;
    case CONTROL_UNREACHABLE:
        if (task->sql != NULL)
            control_store_failed(task->context->store, &why);
        close_all(task);
        break;
    case CONTROL_FULL: tell_failure(task, &why); break;
    case CONTROL_FAILED:
        tell_failure(task, &why);
        close_all(task);
        break;
    }
    return turn;
}

enum control_turn control_turn_of(enum seki_result result)
{
    return result == SEKI_OK ? CONTROL_IDLE : result == SEKI_TEMPORARY ? CONTROL_UNREACHABLE : CONTROL_FAILED;
}

static time_t monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void drain(struct control_task *task)
{
    time_t until = monotonic_s() + DRAIN_S;
    while (take_turn(task) == CONTROL_AGAIN && monotonic_s() < until)
        ;
}

static void *run(void *user)
{
    struct control_task *task = user;
    enum control_turn turn = CONTROL_AGAIN;
    while (!is_stopping(task)) {
        turn = take_turn(task);
        if (turn != CONTROL_AGAIN)
            wait_ms(task, turn == CONTROL_IDLE ? task->job->interval_ms : back_off(task));
    }
    if (task->job->drains && (turn == CONTROL_IDLE || turn == CONTROL_AGAIN))
        drain(task);
    close_all(task);
    __atomic_store_n(&task->has_ended, true, __ATOMIC_RELEASE);
    eventfd_write(task->done, 1);
    return NULL;
}

/* Signals are for the thread that controls. */
static int start_thread(struct control_task *task)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&task->thread, NULL, run, task);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct control_task *control_task_start(const struct control_job *job, const struct control_context *context,
                                        int done_descriptor, struct seki_error *why)
{
    struct control_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        seki_error_set(why, "no memory for a task");
        return NULL;
    }
    *task = (struct control_task){ .job = job, .context = context, .done = done_descriptor };
    task->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = task->wake < 0 ? errno : start_thread(task);
    if (error == 0)
        return task;
    seki_error_set(why, "cannot start the task %s: %s", job->name, strerror(error));
    if (task->wake >= 0)
        close(task->wake);
    free(task);
    return NULL;
}

void control_task_stop(struct control_task *task)
{
    __atomic_store_n(&task->is_stopping, true, __ATOMIC_RELEASE);
    eventfd_write(task->wake, 1); /* never read: from now on it wakes at once */
}

bool control_task_has_ended(const struct control_task *task)
{
    return __atomic_load_n(&task->has_ended, __ATOMIC_ACQUIRE);
}

void control_task_free(struct control_task *task)
{
    if (task == NULL)
        return;
    pthread_join(task->thread, NULL);
    close(task->wake);
    free(task);
}
