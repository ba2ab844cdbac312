/* The life of the supervisor itself: what becomes of the whole when roles answer, die and end. A single role's life is in
 * supervisor_role.c, what a configuration goes through in supervisor_config.c.
 *
 * Mail decides: the program is ready when inbound is, a configuration is in force when inbound has taken it, and a start in
 * which inbound fails is none. A role beside the mail path that fails is started again and stops nobody. */
#include "daemon/supervisor_parts.h"

#include "daemon/background.h"
#include "daemon/event_log.h"
#include "daemon/figures.h"
#include "daemon/sd_notify.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define KILL_GRACE_S 5 /* after stop_timeout */

/* ---- what roles tell ---- */

static bool all_settled(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (supervisor->roles[i].is_wanted && !supervisor->roles[i].is_settled)
            return false;
    }
    return true;
}

/* Mail can come. A role beside the mail path that failed meanwhile is no reason to keep it waiting. */
static void on_settled(struct supervisor *supervisor)
{
    if (supervisor->phase != PHASE_STARTING || !all_settled(supervisor))
        return;
    supervisor->phase = PHASE_RUNNING;
    log_reason(supervisor->log, LOG_LEVEL_INFORMATION, "ready", "all roles answer");
    if (!sd_notify_send("READY=1"))
        log_reason(supervisor->log, LOG_LEVEL_WARNING, "notify_failed",
                   "cannot tell systemd that the service is ready");
    background_ready(supervisor->ready_descriptor);
    supervisor->ready_descriptor = -1;
    supervisor_reload_remembered(supervisor);
}

void supervisor_role_answered(struct role *role, bool is_ready, const char *reason)
{
    struct supervisor *supervisor = role->supervisor;
    bool decides = role->id == ROLE_INBOUND && supervisor_is_reloading(supervisor);
    if (decides && is_ready) {
        supervisor_reload_commit(supervisor);
    } else if (decides) {
        supervisor_reload_refuse(supervisor, reason);
    } else if (is_ready) {
        role->is_settled = true;
        on_settled(supervisor);
    } else {
        log_reason(supervisor->log, LOG_LEVEL_FATAL, "role_refused", "%s: %s", role->child.role, reason);
    }
}

static void stop_next(struct supervisor *supervisor);
static void begin_stop(struct supervisor *supervisor, const char *reason);

void supervisor_role_ended(struct role *role, bool is_clean)
{
    struct supervisor *supervisor = role->supervisor;
    if (role->id == ROLE_INBOUND && supervisor_is_reloading(supervisor))
        supervisor_reload_refuse(supervisor, "the role died over it");
    if (supervisor->phase == PHASE_STOPPING) {
        if (!is_clean)
            supervisor->exit_status = EXIT_FAILURE;
        stop_next(supervisor);
    } else if (supervisor->phase == PHASE_STARTING && role->id == ROLE_INBOUND) {
        supervisor->exit_status = EXIT_FAILURE;
        begin_stop(supervisor, "mail cannot be taken");
    } else {
        role->is_settled = true;
        on_settled(supervisor);
    }
}

static void on_sighup(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    supervisor_reload(user);
}

static void on_sigchld(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        role_reap(&supervisor->roles[i]);
}

/* ---- stop ---- */

static void kill_all(struct supervisor *supervisor)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        role_kill(&supervisor->roles[i]);
}

static void on_stop_timeout(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    log_reason(supervisor->log, LOG_LEVEL_WARNING, "stop_timeout", "a role did not end in time and is killed");
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (supervisor->roles[i].child.pid != 0) {
            role_kill(&supervisor->roles[i]); /* those behind it have not been told yet */
            return;
        }
    }
}

/* One after the other: what inbound still writes into its journal, control is there to take over. */
static void stop_next(struct supervisor *supervisor)
{
    struct timeval timeout = { .tv_sec = KILL_GRACE_S +
                                         (time_t)(supervisor->current.config->daemon.stop_timeout_ms / 1000) + 1 };
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (role_stop(&supervisor->roles[i])) {
            evtimer_add(supervisor->stop_timer, &timeout);
            return;
        }
    }
    event_base_loopbreak(supervisor->base);
}

static void begin_stop(struct supervisor *supervisor, const char *reason)
{
    supervisor->phase = PHASE_STOPPING;
    sd_notify_send("STOPPING=1");
    log_reason(supervisor->log, LOG_LEVEL_INFORMATION, "stopping", "%s", reason);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        evtimer_del(supervisor->roles[i].restart_timer);
    listeners_close(&supervisor->listeners);
    stop_next(supervisor);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    if (supervisor->phase != PHASE_STOPPING)
        begin_stop(supervisor, "messages under way are finished first");
    else
        kill_all(supervisor);
}

/* ---- start ---- */

static bool add_events(struct supervisor *supervisor)
{
    static const struct {
        int number;
        event_callback_fn call;
    } signals[] = {
        { SIGHUP, on_sighup }, { SIGTERM, on_stop_signal }, { SIGINT, on_stop_signal }, { SIGCHLD, on_sigchld }
    };
    supervisor->base = event_base_new();
    if (supervisor->base == NULL)
        return false;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        supervisor->signals[i] = evsignal_new(supervisor->base, signals[i].number, signals[i].call, supervisor);
        if (supervisor->signals[i] == NULL || event_add(supervisor->signals[i], NULL) != 0)
            return false;
    }
    supervisor->stop_timer = evtimer_new(supervisor->base, on_stop_timeout, supervisor);
    return supervisor->stop_timer != NULL;
}

static bool open_log(struct supervisor *supervisor, struct seki_error *why)
{
    const struct config *config = supervisor->current.config;
    supervisor->log = log_open(&(struct log_options){ .to_syslog = config->log.to == CONFIG_LOG_SYSLOG,
                                                      .as_json = config->log.format == CONFIG_LOG_JSON,
                                                      .level = (enum log_level)config->log.level,
                                                      .role = "supervisor",
                                                      .fd = STDERR_FILENO,
                                                      /* one that blocks must keep no role from its restart */
                                                      .is_async = true },
                               why);
    if (supervisor->log != NULL)
        event_log_to(supervisor->log);
    return supervisor->log != NULL;
}

static bool prepare_roles(struct supervisor *supervisor, struct seki_error *why)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        supervisor->roles[i].supervisor = supervisor;
        supervisor->roles[i].id = (enum role_id)i;
        if (!role_prepare(&supervisor->roles[i], why))
            return false;
    }
    return true;
}

/* Everything that can fail before there is a role. The background comes first: locks and event loops do not
 * survive a fork. */
static bool prepare(struct supervisor *supervisor, struct seki_error *why)
{
    const struct config *config = supervisor->current.config;
    if (!supervisor->in_foreground) {
        supervisor->ready_descriptor = background_enter(why);
        if (supervisor->ready_descriptor < 0)
            return false;
    }
    if (!open_log(supervisor, why))
        return false;
    if (config->daemon.pid_file.len > 0) {
        supervisor->pid_path = strdup(config->daemon.pid_file.ptr); /* a reload may name another */
        supervisor->pid_file = pid_file_open(config->daemon.pid_file.ptr, why);
        if (supervisor->pid_file < 0)
            return false;
    }
    supervisor->program = child_program_open(why);
    if (supervisor->program < 0 || !listeners_prepare(&supervisor->listeners, config, why))
        return false;
    supervisor->figures = figures_create(why);
    if (supervisor->figures < 0)
        return false;
    if (!add_events(supervisor)) {
        seki_error_set(why, "no memory for the event loop");
        return false;
    }
    return prepare_roles(supervisor, why);
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void release(struct supervisor *supervisor)
{
    listeners_close(&supervisor->listeners);
    if (supervisor->pid_file >= 0) {
        if (supervisor->pid_path != NULL)
            unlink(supervisor->pid_path);
        close(supervisor->pid_file);
    }
    free(supervisor->pid_path);
    free(supervisor->config_path);
    if (supervisor->program >= 0)
        close(supervisor->program);
    if (supervisor->ready_descriptor >= 0)
        close(supervisor->ready_descriptor);
    if (supervisor->figures >= 0)
        close(supervisor->figures);
    for (size_t i = 0; i < sizeof supervisor->signals / sizeof supervisor->signals[0]; i++)
        free_event(supervisor->signals[i]);
    free_event(supervisor->stop_timer);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        role_release(&supervisor->roles[i]);
    if (supervisor->base != NULL)
        event_base_free(supervisor->base);
    event_log_to(NULL);
    log_close(supervisor->log);
    supervisor_release_configuration(&supervisor->current);
    supervisor_release_configuration(&supervisor->next);
}

static bool load_first(struct supervisor *supervisor)
{
    struct config_problems problems;
    config_problems_init(&problems);
    bool is_loaded = supervisor_load(supervisor->config_path, &supervisor->current, &problems);
    if (is_loaded)
        config_check_machine(supervisor->current.config, supervisor->config_path, &problems);
    fprintf(stderr, "%.*s", (int)problems.text.len, seki_buf_str(&problems.text).ptr);
    bool is_sound = is_loaded && problems.count == 0;
    config_problems_release(&problems);
    return is_sound;
}

static void run(struct supervisor *supervisor)
{
    struct seki_error why;
    if (prepare(supervisor, &why)) {
        for (size_t i = 0; i < ROLE_COUNT; i++) {
            if (supervisor->roles[i].is_wanted)
                role_start(&supervisor->roles[i]);
        }
        event_base_dispatch(supervisor->base);
        return;
    }
    fprintf(stderr, "sekishod: %s\n", why.text);
    supervisor->exit_status = EXIT_FAILURE;
}

/* A reload must find the file from wherever we are then. Links are not followed: they may point elsewhere by then. */
static char *whole_path(const char *path)
{
    char *whole = NULL, *folder = path[0] != '/' ? getcwd(NULL, 0) : NULL;
    if (folder == NULL)
        return strdup(path);
    if (asprintf(&whole, "%s/%s", folder, path) < 0)
        whole = NULL;
    free(folder);
    return whole;
}

int supervisor_run(const struct supervisor_options *options)
{
    struct supervisor supervisor = {
        .config_path = whole_path(options->config_path),
        .in_foreground = options->in_foreground,
        .current = { .whole = -1, .withheld = -1 },
        .next = { .whole = -1, .withheld = -1 },
        .program = -1,
        .ready_descriptor = -1,
        .pid_file = -1,
        .figures = -1,
    };
    signal(SIGPIPE, SIG_IGN);
    if (supervisor.config_path != NULL && load_first(&supervisor))
        run(&supervisor);
    else
        supervisor.exit_status = EXIT_FAILURE;
    release(&supervisor);
    return supervisor.exit_status;
}
