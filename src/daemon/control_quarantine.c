/* The job that tells the store of held messages, and removes what has expired. */
#include "daemon/control_jobs.h"

#include "daemon/held_intake.h"
#include "quarantine/quarantine.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define INTERVAL_MS    2000u
#define EXPIRE_EVERY_S 15
#define RETRY_EVERY_S  60

struct quarantine_job {
    const struct control_context *context;
    struct held_intake intake;
    int watch; /* inotify; -1: the interval is enough */
    bool is_watching;
    int64_t expired_at_s, retried_at_s;
};

static int64_t now_s(void)
{
    return (int64_t)time(NULL);
}

static void close_job(void *user)
{
    struct quarantine_job *job = user;
    if (job->watch >= 0)
        close(job->watch);
    free(job);
}

static const struct aside_row {
    enum figure figure;
    const char *event, *before_folder, *after_folder;
} asides[] = {
    [QUARANTINE_ASIDE_DAMAGED] = { FIGURE_QUARANTINE_DAMAGED, "quarantine_damaged",
                                   "nobody can say for whom it is, so it is kept in",
                                   "damaged until you have looked at it" },
    [QUARANTINE_ASIDE_UNREADABLE] = { FIGURE_QUARANTINE_UNREADABLE, "quarantine_unreadable", "it waits in",
                                      "unreadable and is taken in within a minute after it can be read: look at "
                                      "its "
                                      "owner, its mode and the disk" },
    [QUARANTINE_ASIDE_REFUSED] = { FIGURE_QUARANTINE_REFUSED, "quarantine_refused", "it waits in",
                                   "refused and is taken in within a minute after the store takes it" },
};
static_assert(sizeof asides / sizeof asides[0] == QUARANTINE_ASIDE_COUNT, "one row for each reason");

static void tell_aside(void *context, enum quarantine_aside aside, const char *reason)
{
    const struct quarantine_job *job = context;
    const struct aside_row *row = &asides[aside];
    figures_add(job->context->figures, row->figure, 1);
    log_reason(job->context->log, LOG_LEVEL_WARNING, row->event, "%s; %s %s/%s", reason, row->before_folder,
               job->intake.folder, row->after_folder);
}

static void *open_job(const struct control_context *context, struct sql *sql, struct seki_error *why)
{
    (void)sql;
    const struct config *config = context->config;
    struct quarantine_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        seki_error_set(why, "no memory");
        return NULL;
    }
    *job = (struct quarantine_job){ .context = context, .watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
    job->intake.folder = config->quarantine.folder.ptr;
    job->intake.node = config->hosting.node_name;
    job->intake.tell = tell_aside;
    job->intake.context = job;
    return job;
}

static int descriptor(const void *user)
{
    return ((const struct quarantine_job *)user)->watch;
}

/* The place appears with the first message; until then the interval is enough. */
static void watch(struct quarantine_job *job)
{
    char path[PATH_MAX], events[4096];
    if (job->watch < 0)
        return;
    while (read(job->watch, events, sizeof events) > 0)
        ;
    int len = snprintf(path, sizeof path, "%s/new", job->intake.folder);
    if (!job->is_watching && len > 0 && len < (int)sizeof path)
        job->is_watching = inotify_add_watch(job->watch, path, IN_MOVED_TO) >= 0;
}

static void tell(const struct quarantine_job *job, const char *event, size_t messages)
{
    struct log_line line;
    if (messages == 0)
        return;
    log_begin(&line, job->context->log, LOG_LEVEL_INFORMATION, event);
    log_number(&line, "messages", (int64_t)messages);
    log_end(&line);
}

static void tell_report(const struct quarantine_job *job, const struct held_intake_report *report)
{
    tell(job, "quarantine_taken", report->taken);
    tell(job, "quarantine_repeated", report->repeated);
    tell(job, "quarantine_removed", report->removed);
}

static enum seki_result retry(struct quarantine_job *job, struct sql *sql, bool *has_more, struct seki_error *why)
{
    (void)has_more;
    struct held_intake_report report;
    int64_t now = now_s();
    if (now - job->retried_at_s < RETRY_EVERY_S)
        return SEKI_OK;
    enum seki_result result = held_intake_retry(&job->intake, sql, &report, why);
    tell_report(job, &report);
    if (result == SEKI_OK) {
        figures_set(job->context->figures, FIGURE_QUARANTINE_UNREADABLE, report.aside[QUARANTINE_ASIDE_UNREADABLE]);
        figures_set(job->context->figures, FIGURE_QUARANTINE_REFUSED, report.aside[QUARANTINE_ASIDE_REFUSED]);
        job->retried_at_s = now;
    }
    return result;
}

static enum seki_result expire(struct quarantine_job *job, struct sql *sql, bool *has_more, struct seki_error *why)
{
    struct held_intake_report report;
    int64_t now = now_s();
    if (now - job->expired_at_s < EXPIRE_EVERY_S)
        return SEKI_OK;
    enum seki_result result = held_intake_expire(&job->intake, sql, now, &report, why);
    tell_report(job, &report);
    if (result == SEKI_OK && !report.has_more)
        job->expired_at_s = now;
    *has_more = *has_more || report.has_more;
    return result;
}

static enum seki_result take_in(struct quarantine_job *job, struct sql *sql, bool *has_more, struct seki_error *why)
{
    struct held_intake_report report;
    enum seki_result result = held_intake_turn(&job->intake, sql, &report, why);
    *has_more = *has_more || report.has_more;
    tell_report(job, &report);
    return result;
}

/* A message that the store refuses is no reason to keep what has expired. */
static enum control_turn turn_job(void *user, struct sql *sql, struct seki_error *why)
{
    static enum seki_result (*const steps[])(struct quarantine_job *, struct sql *, bool *,
                                             struct seki_error *) = { take_in, retry, expire };
    enum seki_result result = SEKI_OK;
    bool has_more = false;
    watch(user);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && result != SEKI_TEMPORARY; i++) {
        struct seki_error one = { "" };
        enum seki_result of_step = steps[i](user, sql, &has_more, &one);
        if (of_step == SEKI_OK || (result != SEKI_OK && of_step != SEKI_TEMPORARY))
            continue;
        result = of_step;
        *why = one;
    }
    if (result != SEKI_OK)
        return control_turn_of(result);
    return has_more ? CONTROL_AGAIN : CONTROL_IDLE;
}

const struct control_job control_quarantine_job = {
    .name = "quarantine",
    .interval_ms = INTERVAL_MS,
    .needs_name = true,
    .drains = true,
    .open = open_job,
    .close = close_job,
    .descriptor = descriptor,
    .turn = turn_job,
};
