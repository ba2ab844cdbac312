#include "quarantine/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COPY_MAX_OCTETS (4u * QUARANTINE_META_MAX_OCTETS) /* a text that grows, and what is read from it */

struct job {
    struct job *next;
    struct quarantine_draft *draft;
    struct seki_arena *arena; /* of message */
    struct quarantine_message message;
    quarantine_done *done; /* NULL: forgotten; looked at on the loop's thread alone */
    bool is_unwanted;      /* for the thread; changed with atomic operations only */
    void *user;
    enum seki_result result;
    struct quarantine_id id;
    struct seki_error why;
};

struct queue {
    struct job *first, *last;
};

struct quarantine_worker {
    struct event *event;
    int descriptor; /* the thread has finished a job */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of the queues and is_ending */
    pthread_cond_t changed;
    struct queue waiting, finished;
    struct job *current;
    bool is_ending;
};

static void push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    if (queue->last != NULL)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
}

static struct job *pop(struct queue *queue)
{
    struct job *job = queue->first;
    if (job != NULL)
        queue->first = job->next;
    if (queue->first == NULL)
        queue->last = NULL;
    return job;
}

static void job_free(struct job *job)
{
    quarantine_draft_abandon(job->draft);
    seki_arena_free(job->arena);
    free(job);
}

/* ---- the thread ---- */

static struct job *next_job(struct quarantine_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    while (worker->waiting.first == NULL && !worker->is_ending)
        pthread_cond_wait(&worker->changed, &worker->lock);
    struct job *job = pop(&worker->waiting);
    worker->current = job;
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *run(void *user)
{
    struct quarantine_worker *worker = user;
    struct job *job;
    while ((job = next_job(worker)) != NULL) {
        job->result =
            quarantine_draft_keep_wanted(job->draft, &job->message, &job->is_unwanted, &job->id, &job->why);
        job->draft = NULL;
        pthread_mutex_lock(&worker->lock);
        worker->current = NULL;
        push(&worker->finished, job);
        pthread_mutex_unlock(&worker->lock);
        eventfd_write(worker->descriptor, 1);
    }
    return NULL;
}

/* Signals are for whoever started the process. */
static bool start_thread(struct quarantine_worker *worker)
{
    sigset_t all, before;
    if (worker->has_thread)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->has_thread = pthread_create(&worker->thread, NULL, run, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return worker->has_thread;
}

/* ---- the loop ---- */

static struct job *take_finished(struct quarantine_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct job *job = pop(&worker->finished);
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void on_finished(evutil_socket_t fd, short what, void *user)
{
    struct quarantine_worker *worker = user;
    struct job *job;
    eventfd_t count;
    (void)what;
    eventfd_read(fd, &count);
    while ((job = take_finished(worker)) != NULL) {
        if (job->done != NULL)
            job->done(job->user, job->result, &job->id, &job->why);
        job_free(job);
    }
}

struct quarantine_worker *quarantine_worker_new(struct event_base *base, struct seki_error *why)
{
    struct quarantine_worker *worker = calloc(1, sizeof *worker);
    if (worker != NULL) {
        pthread_mutex_init(&worker->lock, NULL);
        pthread_cond_init(&worker->changed, NULL);
        worker->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (worker->descriptor >= 0)
            worker->event = event_new(base, worker->descriptor, EV_READ | EV_PERSIST, on_finished, worker);
        if (worker->event != NULL && event_add(worker->event, NULL) == 0)
            return worker;
        quarantine_worker_free(worker);
    }
    seki_error_set(why, "no memory or no descriptor for holding messages");
    return NULL;
}

static void end_thread(struct quarantine_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->is_ending = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    if (worker->has_thread)
        pthread_join(worker->thread, NULL);
}

void quarantine_worker_free(struct quarantine_worker *worker)
{
    struct job *job;
    if (worker == NULL)
        return;
    end_thread(worker);
    while ((job = pop(&worker->finished)) != NULL)
        job_free(job);
    if (worker->event != NULL)
        event_free(worker->event);
    if (worker->descriptor >= 0)
        close(worker->descriptor);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

/* As text and back: so every view in it comes to lie in the copy. */
static bool copy_message(struct job *job, const struct quarantine_message *message)
{
    struct seki_buf text;
    job->arena = seki_arena_new(COPY_MAX_OCTETS);
    seki_buf_init_arena(&text, job->arena, QUARANTINE_META_MAX_OCTETS);
    quarantine_meta_encode(message, &text);
    return seki_buf_failed(&text) == SEKI_OK &&
           quarantine_meta_decode(seki_buf_str(&text), job->arena, &job->message, NULL);
}

static struct job *job_new(struct quarantine_draft *draft, const struct quarantine_message *message)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        quarantine_draft_abandon(draft);
        return NULL;
    }
    job->draft = draft;
    if (copy_message(job, message))
        return job;
    job_free(job);
    return NULL;
}

bool quarantine_worker_keep(struct quarantine_worker *worker, struct quarantine_draft *draft,
                            const struct quarantine_message *message, quarantine_done *done, void *user)
{
    struct job *job = job_new(draft, message);
    if (job == NULL)
        return false;
    job->done = done;
    job->user = user;
    if (!start_thread(worker)) {
        job_free(job);
        return false;
    }
    pthread_mutex_lock(&worker->lock);
    push(&worker->waiting, job);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    return true;
}

static void forget_one(struct job *job, const void *user)
{
    if (job == NULL || job->user != user)
        return;
    job->done = NULL;
    __atomic_store_n(&job->is_unwanted, true, __ATOMIC_RELEASE);
}

static void forget_in(struct job *job, const void *user)
{
    for (; job != NULL; job = job->next)
        forget_one(job, user);
}

/* The thread never looks at done and user. */
void quarantine_worker_forget(struct quarantine_worker *worker, const void *user)
{
    pthread_mutex_lock(&worker->lock);
    forget_in(worker->waiting.first, user);
    forget_in(worker->finished.first, user);
    forget_one(worker->current, user);
    pthread_mutex_unlock(&worker->lock);
}
