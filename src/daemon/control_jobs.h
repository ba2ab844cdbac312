/* The jobs of the role control. */
#ifndef CONTROL_JOBS_H
#define CONTROL_JOBS_H

#include "daemon/control_task.h"

#define CONTROL_JOBS_MAX 8u

extern const struct control_job control_replica_job, control_journal_job, control_keep_job, control_quarantine_job,
    control_digest_job;

/** Those that a configuration asks for. @return how many */
size_t control_jobs_of(const struct config *config, const struct control_job *jobs_out[CONTROL_JOBS_MAX]);

#endif
