#include "daemon/control_jobs.h"

static bool has_replica(const struct config *config)
{
    return config->hosting.replica.len > 0;
}

static bool has_journal(const struct config *config)
{
    return config->journal.folder.len > 0;
}

static bool has_quarantine(const struct config *config)
{
    return config->quarantine.folder.len > 0;
}

size_t control_jobs_of(const struct config *config, const struct control_job *jobs_out[CONTROL_JOBS_MAX])
{
    static const struct {
        const struct control_job *job;
        bool (*is_wanted)(const struct config *config);
    } rows[] = {
        { &control_replica_job, has_replica },   { &control_quarantine_job, has_quarantine },
        { &control_digest_job, has_quarantine }, { &control_journal_job, has_journal },
        { &control_keep_job, has_journal },
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is_wanted(config))
            jobs_out[count++] = rows[i].job;
    }
    return count;
}
