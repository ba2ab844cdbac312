/* What one loop counts, and the figures as Prometheus reads them (text format 0.0.4). */
#ifndef METRICS_H
#define METRICS_H

#include "policy/policy.h"

#include <sekisho/verify.h>

enum metrics_action {
    METRICS_DELIVERED = 0,
    METRICS_TEMPFAILED,
    METRICS_ABORTED,
    METRICS_REFUSED,
    METRICS_DISCARDED, /* accepted and given to nobody: dropped, or held in our quarantine for all */
    METRICS_QUARANTINED,
    METRICS_ACTION_COUNT
};
enum metrics_skip { METRICS_SKIP_TRUSTED = 0, METRICS_SKIP_AUTHENTICATED, METRICS_SKIP_COUNT };

#define METRICS_SPF_COUNT   (SEKI_SPF_PERMERROR + 1)
#define METRICS_DKIM_COUNT  (SEKI_DKIM_PERMERROR + 1)
#define METRICS_ARC_COUNT   (SEKI_ARC_FAIL + 1)
#define METRICS_DMARC_COUNT (SEKI_DMARC_PERMERROR + 1)
#define METRICS_BUCKETS     14u /* of the latency histogram, without the one that holds all */

struct metrics { /* belongs to one loop; only ever grows, but for the last group */
    uint64_t messages, actions[METRICS_ACTION_COUNT], skipped[METRICS_SKIP_COUNT];
    uint64_t spf[METRICS_SPF_COUNT];   /* MAIL FROM, per message */
    uint64_t dkim[METRICS_DKIM_COUNT]; /* per signature; none: per message without one */
    uint64_t arc[METRICS_ARC_COUNT], dmarc[METRICS_DMARC_COUNT];
    uint64_t applied[POLICY_ACTION_COUNT]; /* recipients */
    uint64_t put_off_recipients, without_policy, journal_records, journal_lost;
    uint64_t forged_fields, local_failures, deadlines;
    uint64_t latency[METRICS_BUCKETS + 1], latency_sum_us; /* not cumulative here */
    uint64_t dns_asked, dns_failed, dns_timed_out;
    uint64_t connections, protocol_errors;
    uint64_t sessions, busy_sessions; /* now */
};

void metrics_count_verdict(struct metrics *metrics, const struct seki_verdict *verdict);
void metrics_count_latency(struct metrics *metrics, int64_t us);

/** sum += part, member by member. */
void metrics_add(struct metrics *sum, const struct metrics *part);

struct metrics_process { /* of the whole process */
    uint64_t resident_octets, log_lost, loops;
    int64_t configured_at_s; /* Unix time of the configuration in force */
};
struct metrics_process metrics_read_process(void);

void metrics_write(struct seki_buf *buf, const struct metrics *sum, const struct metrics_process *process);

#endif
