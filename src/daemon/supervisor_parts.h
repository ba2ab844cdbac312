/* Between the files of the supervisor; not for others. */
#ifndef SUPERVISOR_PARTS_H
#define SUPERVISOR_PARTS_H

#include "daemon/child.h"
#include "daemon/listeners.h"
#include "daemon/log.h"
#include "daemon/supervisor.h"

#include <event2/event.h>

enum phase {
    PHASE_STARTING = 0, /* not every role has answered yet: a mail role that fails ends the program */
    PHASE_RUNNING,
    PHASE_STOPPING
};

/* In the order in which they are stopped: first what brings mail, last what takes its records over. */
enum role_id { ROLE_INBOUND = 0, ROLE_CONTROL, ROLE_COUNT };

struct supervisor;

struct role { /* one role's process, over all its lives */
    struct supervisor *supervisor;
    enum role_id id;
    struct child child;
    struct privileges_user user;
    struct event *channel_event, *restart_timer, *answer_timer;
    int64_t started_at_ms;
    unsigned backoff_ms;
    bool is_wanted;  /* by the configuration that the program was started with */
    bool is_settled; /* its first life has answered, or failed */
};

struct supervisor {
    char *config_path;
    bool in_foreground;
    enum phase phase;
    int exit_status;
    struct event_base *base;
    struct event *signals[4], *stop_timer;
    struct log *log;
    struct listeners listeners;
    struct configuration {
        struct config *config;
        int whole,
            withheld;  /* its text, for the role that holds the store's credentials and for the others; -1: none */
    } current, next;   /* next.config is NULL unless a reload is under way */
    bool reload_again; /* SIGHUP came while one was */
    int program, ready_descriptor, pid_file;
    int figures;    /* what control tells about itself, for all roles: figures.h */
    char *pid_path; /* NULL: none */
    struct role roles[ROLE_COUNT];
};

/* ---- a role's life: supervisor_role.c ---- */

/** Its users are looked up, its timers made. @return false with *why */
bool role_prepare(struct role *role, struct seki_error *why);
void role_start(struct role *role);
/** Send it a configuration; one that does not answer in time is killed. */
bool role_configure(struct role *role, const struct configuration *configuration, struct seki_error *why);
/** Begin its end. @return false: it is not running */
bool role_stop(struct role *role);
void role_kill(struct role *role);
/** See whether it has ended. */
void role_reap(struct role *role);
void role_release(struct role *role);

/* ---- what roles tell the whole: supervisor.c ---- */

void supervisor_role_answered(struct role *role, bool is_ready, const char *reason);
void supervisor_role_ended(struct role *role, bool is_clean);

/* ---- configurations: supervisor_config.c ---- */

bool supervisor_load(const char *path, struct configuration *configuration, struct config_problems *problems);
void supervisor_release_configuration(struct configuration *configuration);

/** SIGHUP. One that comes during another, or before the roles are ready, is remembered. */
void supervisor_reload(struct supervisor *supervisor);
/** The answers of the role that decides: inbound. */
void supervisor_reload_commit(struct supervisor *supervisor);
void supervisor_reload_refuse(struct supervisor *supervisor, const char *reason);
bool supervisor_is_reloading(const struct supervisor *supervisor);
/** Begin the reload that was remembered, if any. */
void supervisor_reload_remembered(struct supervisor *supervisor);

#endif
