/* The life of a role and of the supervisor itself; what a configuration goes through is in supervisor_config.c. A role
 * that starts (again) is sent the configuration in force. */
#include "daemon/supervisor_parts.h"

#include "daemon/background.h"
#include "daemon/channel.h"
#include "daemon/event_log.h"
#include "daemon/sd_notify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FIRST_BACKOFF_MS   100u
#define LONGEST_BACKOFF_MS 30000u
#define SETTLED_MS         60000 /* a role that ran so long may fail afresh */
#define KILL_GRACE_S       5     /* after stop_timeout */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timeval after_ms(uint64_t ms)
{
    return (struct timeval){ .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

static void end(struct supervisor *supervisor, int exit_status)
{
    supervisor->exit_status = exit_status;
    event_base_loopbreak(supervisor->base);
}

/* ---- the role's life ---- */

static void on_channel(evutil_socket_t fd, short what, void *user);

static void schedule_restart(struct supervisor *supervisor)
{
    if (now_ms() - supervisor->started_at_ms >= SETTLED_MS)
        supervisor->backoff_ms = 0;
    supervisor->backoff_ms = supervisor->backoff_ms == 0 ? FIRST_BACKOFF_MS : supervisor->backoff_ms * 2;
    if (supervisor->backoff_ms > LONGEST_BACKOFF_MS)
        supervisor->backoff_ms = LONGEST_BACKOFF_MS;
    struct timeval delay = after_ms(supervisor->backoff_ms);
    evtimer_add(supervisor->restart_timer, &delay);
}

static void start_role(struct supervisor *supervisor)
{
    struct seki_error why;
    struct child *child = &supervisor->child;
    supervisor->started_at_ms = now_ms();
    bool is_started = child_start(child, supervisor->program, &supervisor->user, &why);
    if (is_started) {
        supervisor->channel_event =
            event_new(supervisor->base, child->channel, EV_READ | EV_PERSIST, on_channel, supervisor);
        if (supervisor->channel_event != NULL && event_add(supervisor->channel_event, NULL) == 0 &&
            supervisor_send(supervisor, &supervisor->current, &why)) {
            struct log_line line;
            log_begin(&line, supervisor->log, LOG_LEVEL_INFORMATION, "role_started");
            log_text(&line, "name", seki_str_of(child->role));
            log_number(&line, "pid", child->pid);
            log_end(&line);
            return;
        }
        kill(child->pid, SIGKILL); /* its end is handled as any other */
        return;
    }
    log_reason(supervisor->log, LOG_LEVEL_FATAL, "role_not_started", "%s", why.text);
    schedule_restart(supervisor);
}

static void on_restart(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    start_role(user);
}

static void on_role_ready(struct supervisor *supervisor)
{
    if (supervisor->phase != PHASE_STARTING)
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

/* ---- what the role says, and its end ---- */

static void on_role_message(struct supervisor *supervisor, const struct channel_message *message)
{
    bool is_reloading = supervisor_is_reloading(supervisor);
    if (message->kind == CHANNEL_READY && is_reloading)
        supervisor_reload_commit(supervisor);
    else if (message->kind == CHANNEL_READY)
        on_role_ready(supervisor);
    else if (message->kind == CHANNEL_REFUSED && is_reloading)
        supervisor_reload_refuse(supervisor, message->text.text);
    else if (message->kind == CHANNEL_REFUSED)
        log_reason(supervisor->log, LOG_LEVEL_FATAL, "role_refused", "%s", message->text.text);
}

static void on_sighup(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    supervisor_reload(user);
}

/* It hangs: what it would say later could not be trusted to mean this configuration. */
static void on_reload_timeout(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    log_reason(supervisor->log, LOG_LEVEL_FATAL, "role_hangs", "no answer to a new configuration; it is killed");
    if (supervisor->child.pid != 0)
        kill(supervisor->child.pid, SIGKILL);
}

static void on_channel(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    struct channel_message message;
    (void)what;
    enum channel_received received;
    while ((received = channel_receive(fd, &message)) == CHANNEL_MESSAGE) {
        channel_close_descriptors(&message);
        on_role_message(supervisor, &message);
    }
    if (received == CHANNEL_CLOSED)
        event_del(supervisor->channel_event); /* SIGCHLD tells the rest */
}

static void tell_end(struct supervisor *supervisor, bool is_expected, const char *how)
{
    struct log_line line;
    log_begin(&line, supervisor->log, is_expected ? LOG_LEVEL_INFORMATION : LOG_LEVEL_FATAL,
              is_expected ? "role_stopped" : "role_died");
    log_text(&line, "name", seki_str_of(supervisor->child.role));
    log_text(&line, "how", seki_str_of(how));
    log_end(&line);
}

static void on_sigchld(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    bool is_clean;
    char how[48];
    (void)fd, (void)what;
    if (supervisor->channel_event != NULL) /* its last words, if any */
        on_channel(supervisor->child.channel, EV_READ, supervisor);
    if (!child_has_ended(&supervisor->child, &is_clean, how, sizeof how))
        return;
    if (supervisor->channel_event != NULL)
        event_free(supervisor->channel_event);
    supervisor->channel_event = NULL;
    tell_end(supervisor, supervisor->phase == PHASE_STOPPING && is_clean, how);
    if (supervisor_is_reloading(supervisor))
        supervisor_reload_refuse(supervisor, "the role died over it");
    if (supervisor->phase == PHASE_RUNNING)
        schedule_restart(supervisor);
    else
        end(supervisor, supervisor->phase == PHASE_STOPPING && is_clean ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- stop ---- */

static void on_stop_timeout(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    log_reason(supervisor->log, LOG_LEVEL_WARNING, "stop_timeout", "the role did not end in time and is killed");
    if (supervisor->child.pid != 0)
        kill(supervisor->child.pid, SIGKILL);
}

static void begin_stop(struct supervisor *supervisor)
{
    struct seki_error why;
    struct channel_message message = { .kind = CHANNEL_STOP };
    struct timeval timeout = after_ms(supervisor->current.config->daemon.stop_timeout_ms + KILL_GRACE_S * 1000);
    supervisor->phase = PHASE_STOPPING;
    sd_notify_send("STOPPING=1");
    log_reason(supervisor->log, LOG_LEVEL_INFORMATION, "stopping", "messages under way are finished first");
    evtimer_del(supervisor->restart_timer);
    listeners_close(&supervisor->listeners);
    if (supervisor->child.pid == 0) {
        end(supervisor, EXIT_SUCCESS);
        return;
    }
    if (!channel_send(supervisor->child.channel, &message, &why))
        kill(supervisor->child.pid, SIGKILL);
    evtimer_add(supervisor->stop_timer, &timeout);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *user)
{
    struct supervisor *supervisor = user;
    (void)fd, (void)what;
    if (supervisor->phase != PHASE_STOPPING)
        begin_stop(supervisor);
    else if (supervisor->child.pid != 0)
        kill(supervisor->child.pid, SIGKILL);
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
    supervisor->restart_timer = evtimer_new(supervisor->base, on_restart, supervisor);
    supervisor->reload_timer = evtimer_new(supervisor->base, on_reload_timeout, supervisor);
    supervisor->stop_timer = evtimer_new(supervisor->base, on_stop_timeout, supervisor);
    return supervisor->restart_timer != NULL && supervisor->reload_timer != NULL && supervisor->stop_timer != NULL;
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
    if (!open_log(supervisor, why) ||
        !privileges_find_user(config->daemon.user, config->daemon.group, &supervisor->user, why))
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
    if (add_events(supervisor))
        return true;
    seki_error_set(why, "no memory for the event loop");
    return false;
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
    for (size_t i = 0; i < sizeof supervisor->signals / sizeof supervisor->signals[0]; i++)
        free_event(supervisor->signals[i]);
    free_event(supervisor->channel_event);
    free_event(supervisor->restart_timer);
    free_event(supervisor->reload_timer);
    free_event(supervisor->stop_timer);
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
        start_role(supervisor);
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
        .current = { .file = -1 },
        .next = { .file = -1 },
        .program = -1,
        .ready_descriptor = -1,
        .pid_file = -1,
        .child = { .role = "inbound", .channel = -1 },
    };
    signal(SIGPIPE, SIG_IGN);
    if (supervisor.config_path != NULL && load_first(&supervisor))
        run(&supervisor);
    else
        supervisor.exit_status = EXIT_FAILURE;
    release(&supervisor);
    return supervisor.exit_status;
}
