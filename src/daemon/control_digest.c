/* The job that sends digests of held messages. */
#include "daemon/control_jobs.h"

#include "daemon/held_digest.h"

#include <stdlib.h>

#define INTERVAL_MS 15000u

struct digest_job {
    const struct control_context *context;
    struct seki_arena *arena;
    struct held_digest digest;
};

static void close_job(void *user)
{
    struct digest_job *job = user;
    seki_arena_free(job->arena);
    free(job);
}

static void *open_job(const struct control_context *context, struct sql *sql, struct seki_error *why)
{
    (void)sql;
    const struct config *config = context->config;
    struct digest_job *job = calloc(1, sizeof *job);
    if (job != NULL)
        *job = (struct digest_job){ .context = context, .arena = seki_arena_new(4096) };
    if (job == NULL || job->arena == NULL) {
        seki_error_set(why, "no memory");
        free(job);
        return NULL;
    }
    job->digest.server = config->quarantine.release_to;
    job->digest.node = config->hosting.node_name;
    job->digest.host = config->daemon.host_name;
    job->digest.sender = config->quarantine.sender.len > 0
                             ? config->quarantine.sender
                             : seki_arena_format(job->arena, "postmaster@%.*s", SEKI_STR_ARGS(job->digest.host));
    return job;
}

static enum control_turn turn_job(void *user, struct sql *sql, struct seki_error *why)
{
    struct digest_job *job = user;
    struct held_digest_report report;
    enum seki_result result = held_digest_turn(&job->digest, sql, (int64_t)time(NULL), &report, why);
    if (report.sent > 0) {
        struct log_line line;
        log_begin(&line, job->context->log, LOG_LEVEL_INFORMATION, "digests_sent");
        log_number(&line, "mails", (int64_t)report.sent);
        log_end(&line);
    }
    if (report.failed > 0)
        log_reason(job->context->log, LOG_LEVEL_WARNING, "digests_not_sent", "%zu digests: %s", report.failed,
                   report.failure.text);
    if (report.refused > 0)
        log_reason(job->context->log, LOG_LEVEL_WARNING, "digests_refused", "%zu digests: %s", report.refused,
                   report.failure.text);
    if (report.untranslated > 0)
        log_reason(job->context->log, LOG_LEVEL_WARNING, "digests_in_english",
                   "%zu digests: the Japanese catalogue is not installed; install share/locale of sekisho, or set"
                   " SEKISHO_LOCALEDIR",
                   report.untranslated);
    return result == SEKI_OK ? CONTROL_IDLE : control_turn_of(result);
}

const struct control_job control_digest_job = {
    .name = "digest",
    .interval_ms = INTERVAL_MS,
    .needs_name = true,
    .is_shared = true,
    .open = open_job,
    .close = close_job,
    .turn = turn_job,
};
