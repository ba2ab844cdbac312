/* The job that keeps the replica in step. */
#include "daemon/control_jobs.h"

#include "daemon/replica_sync.h"

#include <stdlib.h>

#define INTERVAL_MS 1000u

struct replica_job {
    const struct control_context *context;
    struct replica_sync *sync;
};

static void close_job(void *user)
{
    struct replica_job *job = user;
    replica_sync_close(job->sync);
    free(job);
}

static void *open_job(const struct control_context *context, struct sql *sql, struct seki_error *why)
{
    (void)sql;
    const struct config *config = context->config;
    struct replica_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        seki_error_set(why, "no memory");
        return NULL;
    }
    job->context = context;
    job->sync = replica_sync_open(config->hosting.replica.ptr, config->hosting.replica_map_octets, why);
    if (job->sync != NULL)
        return job;
    free(job);
    return NULL;
}

static void tell_rebuilt(const struct replica_job *job, const struct replica_sync_report *report)
{
    struct log_line line;
    log_begin(&line, job->context->log, LOG_LEVEL_INFORMATION, "replica_rebuilt");
    log_number(&line, "domains", (int64_t)report->domains);
    log_number(&line, "change", (int64_t)report->change_id);
    log_number(&line, "ms", report->duration_us / 1000);
    log_text(&line, "reason", seki_str_of(report->reason));
    log_end(&line);
    figures_add(job->context->figures, FIGURE_REPLICA_REBUILDS, 1);
}

static enum control_turn turn_job(void *user, struct sql *sql, struct seki_error *why)
{
    struct replica_job *job = user;
    struct replica_sync_report report = { 0 };
    enum seki_result result = replica_sync_turn(job->sync, sql, &report, why);
    if (report.store_change_id > 0)
        figures_set(job->context->figures, FIGURE_STORE_CHANGE, report.store_change_id);
    if (result == SEKI_LIMIT) /* begun anew it would walk through the whole replica, and build it anew, each time */
        return CONTROL_FULL;
    if (result != SEKI_OK)
        return control_turn_of(result);
    if (report.was_rebuilt)
        tell_rebuilt(job, &report);
    figures_set(job->context->figures, FIGURE_REPLICA_CHANGE, report.change_id);
    return CONTROL_IDLE;
}

const struct control_job control_replica_job = {
    .name = "replica",
    .interval_ms = INTERVAL_MS,
    .watches_store = true,
    .open = open_job,
    .close = close_job,
    .turn = turn_job,
};
