/* Between the files of the supervisor; not for others. */
#ifndef SUPERVISOR_PARTS_H
#define SUPERVISOR_PARTS_H

#include "daemon/child.h"
#include "daemon/listeners.h"
#include "daemon/log.h"
#include "daemon/supervisor.h"

#include <event2/event.h>

enum phase {
    PHASE_STARTING = 0, /* no role has been ready yet: a failure ends the program */
    PHASE_RUNNING,
    PHASE_STOPPING
};

struct supervisor {
    char *config_path;
    bool in_foreground;
    enum phase phase;
    int exit_status;
    struct event_base *base;
    struct event *signals[4], *channel_event, *restart_timer, *reload_timer, *stop_timer;
    struct log *log;
    struct listeners listeners;
    struct configuration {
        struct config *config;
        int file;      /* its text, for the role; -1: none */
    } current, next;   /* next.config is NULL unless a reload is under way */
    bool reload_again; /* SIGHUP came while one was */
    struct privileges_user user;
    int program, ready_descriptor, pid_file;
    char *pid_path; /* NULL: none */
    struct child child;
    int64_t started_at_ms;
    unsigned backoff_ms;
};

/* ---- configurations: supervisor_config.c ---- */

bool supervisor_load(const char *path, struct configuration *configuration, struct config_problems *problems);
void supervisor_release_configuration(struct configuration *configuration);
bool supervisor_send(struct supervisor *supervisor, const struct configuration *configuration,
                     struct seki_error *why);

/** SIGHUP. One that comes during another, or before the first role is ready, is remembered. */
void supervisor_reload(struct supervisor *supervisor);
/** The role's answers. */
void supervisor_reload_commit(struct supervisor *supervisor);
void supervisor_reload_refuse(struct supervisor *supervisor, const char *reason);
bool supervisor_is_reloading(const struct supervisor *supervisor);
/** Begin the reload that was remembered, if any. */
void supervisor_reload_remembered(struct supervisor *supervisor);

#endif
