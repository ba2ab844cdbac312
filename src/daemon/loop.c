#include "daemon/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum call_state {
    CALL_NONE = 0,
    CALL_POSTED, /* may still be withdrawn */
    CALL_RUNNING,
    CALL_DONE
};

struct loop {
    struct event_base *base;
    struct event *wake;
    int wake_descriptor;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    enum call_state state;
    void (*call)(void *user);
    void *user;
};

static void on_wake(evutil_socket_t fd, short what, void *user)
{
    struct loop *loop = user;
    eventfd_t count;
    (void)what;
    eventfd_read(fd, &count);
    pthread_mutex_lock(&loop->lock);
    bool is_posted = loop->state == CALL_POSTED;
    if (is_posted)
        loop->state = CALL_RUNNING;
    pthread_mutex_unlock(&loop->lock);
    if (!is_posted) /* withdrawn */
        return;
    loop->call(loop->user);
    pthread_mutex_lock(&loop->lock);
    loop->state = CALL_DONE;
    pthread_cond_signal(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

static void *run(void *user)
{
    struct loop *loop = user;
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

/* Signals are for the thread that controls the loops. */
static int start_thread(struct loop *loop)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&loop->thread, NULL, run, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->has_thread = error == 0;
    return error;
}

/* No lock inside: a base belongs to its thread. Time is read once per wake-up. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void free_parts(struct loop *loop)
{
    if (loop->wake != NULL)
        event_free(loop->wake);
    if (loop->wake_descriptor >= 0)
        close(loop->wake_descriptor);
    if (loop->base != NULL)
        event_base_free(loop->base);
    pthread_mutex_destroy(&loop->lock);
    pthread_cond_destroy(&loop->changed);
    free(loop);
}

struct loop *loop_start(struct seki_error *why)
{
    pthread_condattr_t monotonic;
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        seki_error_set(why, "no memory for an event loop");
        return NULL;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&loop->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = loop->wake_descriptor < 0 ? errno : 0;
    loop->base = base_new();
    if (loop->base != NULL && error == 0)
        loop->wake = event_new(loop->base, loop->wake_descriptor, EV_READ | EV_PERSIST, on_wake, loop);
    if (error == 0)
        error = loop->wake != NULL && event_add(loop->wake, NULL) == 0 ? start_thread(loop) : ENOMEM;
    if (error == 0)
        return loop;
    seki_error_set(why, "cannot start an event loop: %s", strerror(error));
    free_parts(loop);
    return NULL;
}

struct event_base *loop_base(const struct loop *loop)
{
    return loop->base;
}

static struct timespec deadline_after(unsigned timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}

bool loop_call(struct loop *loop, void (*call)(void *user), void *user, unsigned timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    pthread_mutex_lock(&loop->lock);
    loop->call = call;
    loop->user = user;
    loop->state = CALL_POSTED;
    eventfd_write(loop->wake_descriptor, 1);
    int error = 0;
    while (loop->state == CALL_POSTED && error == 0)
        error = timeout_ms == 0 ? pthread_cond_wait(&loop->changed, &loop->lock)
                                : pthread_cond_timedwait(&loop->changed, &loop->lock, &deadline);
    while (loop->state == CALL_RUNNING) /* begun: now it must end */
        pthread_cond_wait(&loop->changed, &loop->lock);
    bool is_done = loop->state == CALL_DONE;
    loop->state = CALL_NONE;
    pthread_mutex_unlock(&loop->lock);
    return is_done;
}

static void break_loop(void *user)
{
    struct loop *loop = user;
    event_base_loopbreak(loop->base);
}

void loop_stop(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->has_thread) {
        loop_call(loop, break_loop, loop, 0);
        pthread_join(loop->thread, NULL);
    }
    free_parts(loop);
}
