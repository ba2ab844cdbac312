/* The controlling thread of the role: it talks with the supervisor and never touches the store, so that it always answers.
 * The jobs (control_jobs.c) run on threads of their own.
 *
 * A new configuration ends the jobs and begins them again: what they had not finished is in the store or in the journal,
 * and goes on from there. */
#include "daemon/role_control.h"

#include "daemon/catalogue.h"
#include "daemon/channel.h"
#include "daemon/control_backlog.h"
#include "daemon/control_jobs.h"
#include "daemon/event_log.h"
#include "daemon/privileges.h"

#include <event2/event.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define ROUND_S 1

struct control { /* the role */
    int channel, exit_status, done;
    struct event_base *base;
    struct event *channel_event, *done_event, *round_timer, *stop_timer, *sigterm;
    struct log *log;
    struct figures *figures;
    struct config *config, *next; /* of the jobs that run; of those that begin when they have ended */
    struct control_context context;
    struct control_task *tasks[CONTROL_JOBS_MAX];
    size_t task_count;
    bool is_stopping, is_changing;
    struct seki_error why;
};

static void end(struct control *control, int exit_status)
{
    control->exit_status = exit_status;
    event_base_loopbreak(control->base);
}

/* ---- the jobs ---- */

static void start_jobs(struct control *control)
{
    control->context =
        (struct control_context){ .config = control->config, .log = control->log, .figures = control->figures };
    control->context.store = control_store_new(control->config, control->log, control->figures);
    control->context.name = control_name_new(control->config, control->log, control->figures);
    const struct control_job *jobs[CONTROL_JOBS_MAX];
    size_t count = control->context.store != NULL && control->context.name != NULL
                       ? control_jobs_of(control->config, jobs)
                       : 0;
    for (size_t i = 0; i < count; i++) {
        struct control_task *task = control_task_start(jobs[i], &control->context, control->done, &control->why);
        if (task != NULL)
            control->tasks[control->task_count++] = task;
        else
            log_reason(control->log, LOG_LEVEL_WARNING, "task_failed", "%s", control->why.text);
    }
}

static bool have_all_ended(const struct control *control)
{
    for (size_t i = 0; i < control->task_count; i++) {
        if (!control_task_has_ended(control->tasks[i]))
            return false;
    }
    return true;
}

static void forget_jobs(struct control *control)
{
    for (size_t i = 0; i < control->task_count; i++)
        control_task_free(control->tasks[i]);
    control->task_count = 0;
    control_store_free(control->context.store);
    control_name_free(control->context.name);
    control->context.store = NULL;
    control->context.name = NULL;
}

static void stop_jobs(struct control *control)
{
    struct timeval timeout = { .tv_sec = (time_t)(control->config->daemon.stop_timeout_ms / 1000) };
    for (size_t i = 0; i < control->task_count; i++)
        control_task_stop(control->tasks[i]);
    evtimer_add(control->stop_timer, &timeout);
}

/* ---- configurations ---- */

static void answer(struct control *control, enum channel_kind kind)
{
    struct channel_message message = { .kind = kind, .text = control->why };
    if (!channel_send(control->channel, &message, NULL))
        end(control, EXIT_FAILURE);
}

/* All jobs have ended: what comes next is the next configuration, or the end. */
static void go_on(struct control *control)
{
    evtimer_del(control->stop_timer);
    forget_jobs(control);
    if (control->is_stopping) {
        end(control, EXIT_SUCCESS);
        return;
    }
    config_unref(control->config);
    control->config = control->next;
    control->next = NULL;
    control->is_changing = false;
    start_jobs(control);
    answer(control, CHANNEL_READY);
}

static void on_done(evutil_socket_t fd, short what, void *user)
{
    struct control *control = user;
    eventfd_t count;
    (void)what;
    eventfd_read(fd, &count);
    if ((control->is_stopping || control->is_changing) && have_all_ended(control))
        go_on(control);
}

/* A call into a database that does not come back cannot be interrupted. Nothing is lost: what was not committed is done
 * again by the next one. */
static void on_stop_timeout(evutil_socket_t fd, short what, void *user)
{
    struct control *control = user;
    (void)fd, (void)what;
    const struct timespec until_written = { .tv_nsec = 200000000 }; /* the log's lock may be with one of the jobs */
    log_reason(control->log, LOG_LEVEL_WARNING, "stop_timeout",
               "the store does not let go; the next start goes on");
    nanosleep(&until_written, NULL);
    _exit(control->is_stopping ? EXIT_SUCCESS : EXIT_FAILURE);
}

static struct config *read_config(struct control *control, const struct channel_message *message)
{
    struct seki_buf text;
    struct config_problems problems;
    struct config *config = NULL;
    seki_buf_init(&text, CONFIG_FILE_MAX_OCTETS);
    config_problems_init(&problems);
    if (message->descriptor_count > CHANNEL_FIGURES &&
        channel_file_to_text(message->descriptors[CHANNEL_TEXT], &text, &control->why)) {
        config = config_parse("configuration", seki_buf_str(&text), &problems);
        if (config == NULL)
            seki_error_set(&control->why, "%.*s", SEKI_STR_ARGS(seki_buf_str(&problems.text)));
    }
    config_problems_release(&problems);
    seki_buf_release(&text);
    return config;
}

static bool open_log(struct control *control)
{
    const struct config *config = control->next;
    control->log = log_open(&(struct log_options){ .to_syslog = config->log.to == CONFIG_LOG_SYSLOG,
                                                   .as_json = config->log.format == CONFIG_LOG_JSON,
                                                   .level = (enum log_level)config->log.level,
                                                   .role = "control",
                                                   .fd = STDERR_FILENO,
                                                   .is_async = true },
                            &control->why);
    if (control->log != NULL)
        event_log_to(control->log);
    return control->log != NULL;
}

/* Once, with the first configuration. The filter comes before the first thread, or that would be without it. */
static bool start(struct control *control, const struct channel_message *message)
{
    if (control->log != NULL)
        return true;
    catalogue_begin();
    control->figures = figures_open(message->descriptors[CHANNEL_FIGURES], true, &control->why);
    return control->figures != NULL && privileges_deny_calls(&control->why) && open_log(control);
}

static void configure(struct control *control, const struct channel_message *message)
{
    seki_error_set(&control->why, "no configuration came");
    config_unref(control->next); /* one that came while the jobs were ending for another */
    control->next = read_config(control, message);
    if (control->next == NULL || !start(control, message)) {
        answer(control, CHANNEL_REFUSED);
        end(control, EXIT_FAILURE);
        return;
    }
    control->is_changing = true;
    if (control->task_count > 0)
        stop_jobs(control);
    else
        go_on(control);
}

/* ---- stop ---- */

static void begin_stop(struct control *control)
{
    if (control->is_stopping)
        return;
    control->is_stopping = true;
    if (control->task_count == 0)
        end(control, EXIT_SUCCESS);
    else
        stop_jobs(control);
}

static void on_sigterm(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    begin_stop(user);
}

/* ---- the process ---- */

static void on_round(evutil_socket_t fd, short what, void *user)
{
    struct control *control = user;
    (void)fd, (void)what;
    if (control->figures == NULL)
        return;
    figures_set(control->figures, FIGURE_CONTROL_SEEN_S, (uint64_t)time(NULL));
    if (control->config != NULL && control->config->journal.folder.len > 0)
        control_backlog_tell(control->config->journal.folder.ptr, control->figures);
}

static void on_channel(evutil_socket_t fd, short what, void *user)
{
    struct control *control = user;
    struct channel_message message;
    (void)what;
    switch (channel_receive(fd, &message)) {
    case CHANNEL_NOTHING: return;
    case CHANNEL_CLOSED: /* the supervisor is gone */
        event_del(control->channel_event);
        begin_stop(control);
        return;
    case CHANNEL_MESSAGE: break;
    }
    if (message.kind == CHANNEL_CONFIGURE && !control->is_stopping)
        configure(control, &message);
    else if (message.kind == CHANNEL_STOP)
        begin_stop(control);
    channel_close_descriptors(&message);
}

static bool open_events(struct control *control)
{
    struct timeval round = { .tv_sec = ROUND_S };
    control->base = event_base_new();
    control->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->base == NULL || control->done < 0)
        return false;
    control->channel_event = event_new(control->base, control->channel, EV_READ | EV_PERSIST, on_channel, control);
    control->done_event = event_new(control->base, control->done, EV_READ | EV_PERSIST, on_done, control);
    control->round_timer = event_new(control->base, -1, EV_PERSIST, on_round, control);
    control->stop_timer = evtimer_new(control->base, on_stop_timeout, control);
    control->sigterm = evsignal_new(control->base, SIGTERM, on_sigterm, control);
    return control->channel_event != NULL && control->done_event != NULL && control->round_timer != NULL &&
           control->stop_timer != NULL && control->sigterm != NULL &&
           event_add(control->channel_event, NULL) == 0 && event_add(control->done_event, NULL) == 0 &&
           event_add(control->round_timer, &round) == 0 && event_add(control->sigterm, NULL) == 0;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void release(struct control *control)
{
    free_event(control->channel_event);
    free_event(control->done_event);
    free_event(control->round_timer);
    free_event(control->stop_timer);
    free_event(control->sigterm);
    if (control->base != NULL)
        event_base_free(control->base);
    if (control->done >= 0)
        close(control->done);
    config_unref(control->config);
    config_unref(control->next);
    figures_close(control->figures);
    event_log_to(NULL);
    log_close(control->log);
}

int role_control_run(int channel)
{
    struct control control = { .channel = channel, .done = -1 };
    prctl(PR_SET_NAME, "sekishod:ctl");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* the supervisor's: a terminal sends them to all */
    signal(SIGINT, SIG_IGN);
    if (open_events(&control))
        event_base_dispatch(control.base);
    else
        control.exit_status = EXIT_FAILURE;
    release(&control);
    return control.exit_status;
}
