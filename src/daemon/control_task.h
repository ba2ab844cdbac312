/* One job of the role control, on a thread of its own with a connection of its own: SQL blocks, and one job must not wait
 * for another's.
 *
 * A job does its work in turns. It gets the next turn when its own descriptor or the store's says that something is new,
 * and at the latest after its interval. */
#ifndef CONTROL_TASK_H
#define CONTROL_TASK_H

#include "daemon/control_name.h"
#include "daemon/control_store.h"

struct control_context { /* what jobs are given; outlives them */
    const struct config *config;
    struct log *log;
    struct figures *figures;
    struct control_store *store;
    struct control_name *name;
};

enum control_turn {
    CONTROL_IDLE = 0,    /* nothing more for now */
    CONTROL_AGAIN,       /* there is more: at once */
    CONTROL_UNREACHABLE, /* the store does not answer: later, with a new connection */
    CONTROL_FULL,        /* there is no room: later, by the same state */
    CONTROL_FAILED       /* something else is in the way: later, from the beginning */
};

struct control_job {
    const char *name;
    unsigned interval_ms;
    unsigned gather_ms; /* how long more may come before the turn that its descriptor gives it */
    bool watches_store; /* another process's changes of the store give it a turn */
    bool drains;        /* at a stop it goes on until it is idle */
    bool needs_name;    /* what it writes is under the node's name: it waits while another node has that */
    bool is_shared;     /* of several nodes with one store, one does it: it takes a lease in its name */
    /** @param sql  the connection of all turns until close. @return its state, NULL with *why */
    void *(*open)(const struct control_context *context, struct sql *sql, struct seki_error *why);
    void (*close)(void *state);
    /** @return what becomes readable when there is work, -1: nothing */
    int (*descriptor)(const void *state);
    /** @param why  of CONTROL_UNREACHABLE and CONTROL_FAILED */
    enum control_turn (*turn)(void *state, struct sql *sql, struct seki_error *why);
};

/** What a result of the store means for the turn that it ends. */
enum control_turn control_turn_of(enum seki_result result);

struct control_task;

/** @param done_descriptor  an eventfd that is written to when the thread has ended. @return NULL with *why */
struct control_task *control_task_start(const struct control_job *job, const struct control_context *context,
                                        int done_descriptor, struct seki_error *why);
/** Ask it to end; does not wait. */
void control_task_stop(struct control_task *task);
bool control_task_has_ended(const struct control_task *task);
/** After it has ended. NULL does nothing. */
void control_task_free(struct control_task *task);

#endif
