/* The job that lets go of what has been kept long enough. */
#include "daemon/control_jobs.h"
#include "daemon/control_keep.h"

#include <stdlib.h>
#include <time.h>

#define INTERVAL_MS 3600000u

struct keep_job {
    uint64_t keep_days, audit_days;
};

static void *open_job(const struct control_context *context, struct sql *sql, struct seki_error *why)
{
    (void)sql;
    struct keep_job *job = malloc(sizeof *job);
    if (job == NULL)
        seki_error_set(why, "no memory");
    else
        *job = (struct keep_job){ .keep_days = context->config->journal.keep_days,
                                  .audit_days = context->config->store.audit_days };
    return job;
}

static enum control_turn turn_job(void *user, struct sql *sql, struct seki_error *why)
{
    const struct keep_job *job = user;
    enum seki_result result = control_keep(sql, job->keep_days, job->audit_days, (int64_t)time(NULL), why);
    return result == SEKI_OK ? CONTROL_IDLE : control_turn_of(result);
}

const struct control_job control_keep_job = {
    .name = "keep",
    .interval_ms = INTERVAL_MS,
    .needs_name = true,
    .is_shared = true,
    .open = open_job,
    .close = free,
    .turn = turn_job,
};
