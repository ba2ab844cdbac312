#include "daemon/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* From the answer out of the cache to the longest deadline that makes sense. */
static const struct bucket {
    int64_t up_to_us;
    const char *label;
} buckets[METRICS_BUCKETS] = {
    { 500, "0.0005" },  { 1000, "0.001" },  { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" },
    { 25000, "0.025" }, { 50000, "0.05" },  { 100000, "0.1" },  { 250000, "0.25" }, { 500000, "0.5" },
    { 1000000, "1" },   { 2500000, "2.5" }, { 5000000, "5" },   { 30000000, "30" },
};

void metrics_count_verdict(struct metrics *metrics, const struct seki_verdict *verdict)
{
    if (verdict->has_spf_mail_from)
        metrics->spf[verdict->spf_mail_from.result]++;
    if (verdict->dkim.signature_count == 0)
        metrics->dkim[SEKI_DKIM_NONE]++;
    for (size_t i = 0; i < verdict->dkim.signature_count; i++)
        metrics->dkim[verdict->dkim.signatures[i].result]++;
    metrics->arc[verdict->arc.result]++;
    metrics->dmarc[verdict->dmarc.result]++;
}

void metrics_count_latency(struct metrics *metrics, int64_t us)
{
    size_t i = 0;
    while (i < METRICS_BUCKETS && us > buckets[i].up_to_us)
        i++;
    metrics->latency[i]++;
    metrics->latency_sum_us += (uint64_t)(us > 0 ? us : 0);
}

void metrics_add(struct metrics *sum, const struct metrics *part)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)part;
    static_assert(sizeof *sum % sizeof *to == 0, "struct metrics holds nothing but uint64_t");
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

struct metrics_process metrics_read_process(void)
{
    struct metrics_process process = { 0 };
    unsigned long long pages;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm == NULL)
        return process;
    if (fscanf(statm, "%*u %20llu", &pages) == 1)
        process.resident_octets = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    fclose(statm);
    return process;
}

static void write_head(struct seki_buf *buf, const char *name, const char *type, const char *help)
{
    seki_buf_add_format(buf, "# HELP sekisho_%s %s\n# TYPE sekisho_%s %s\n", name, help, name, type);
}

static void write_one(struct seki_buf *buf, const char *name, const char *type, const char *help, uint64_t value)
{
    write_head(buf, name, type, help);
    seki_buf_add_format(buf, "sekisho_%s %" PRIu64 "\n", name, value);
}

static const char *spf_name(size_t i)
{
    return seki_spf_result_name((enum seki_spf_result)i);
}
static const char *dkim_name(size_t i)
{
    return seki_dkim_result_name((enum seki_dkim_result)i);
}
static const char *arc_name(size_t i)
{
    return seki_arc_result_name((enum seki_arc_result)i);
}
static const char *dmarc_name(size_t i)
{
    return seki_dmarc_result_name((enum seki_dmarc_result)i);
}

static void write_method(struct seki_buf *buf, const char *method, const uint64_t *counts, size_t count,
                         const char *(*name)(size_t))
{
    for (size_t i = 0; i < count; i++)
        seki_buf_add_format(buf, "sekisho_verdicts_total{method=\"%s\",result=\"%s\"} %" PRIu64 "\n", method,
                            name(i), counts[i]);
}

static void write_verdicts(struct seki_buf *buf, const struct metrics *sum)
{
    write_head(buf, "verdicts_total", "counter", "Results by method; dkim counts signatures, the others messages.");
    write_method(buf, "spf", sum->spf, METRICS_SPF_COUNT, spf_name);
    write_method(buf, "dkim", sum->dkim, METRICS_DKIM_COUNT, dkim_name);
    write_method(buf, "arc", sum->arc, METRICS_ARC_COUNT, arc_name);
    write_method(buf, "dmarc", sum->dmarc, METRICS_DMARC_COUNT, dmarc_name);
}

static void write_labelled(struct seki_buf *buf, const char *name, const char *help, const char *label,
                           const char *const *values, const uint64_t *counts, size_t count)
{
    write_head(buf, name, "counter", help);
    for (size_t i = 0; i < count; i++)
        seki_buf_add_format(buf, "sekisho_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, values[i], counts[i]);
}

static void write_latency(struct seki_buf *buf, const struct metrics *sum)
{
    uint64_t so_far = 0;
    write_head(buf, "latency_seconds", "histogram", "From the end of a message to our answer.");
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        so_far += sum->latency[i];
        seki_buf_add_format(buf, "sekisho_latency_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", buckets[i].label,
                            so_far);
    }
    so_far += sum->latency[METRICS_BUCKETS];
    seki_buf_add_format(buf, "sekisho_latency_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", so_far);
    seki_buf_add_format(buf, "sekisho_latency_seconds_sum %" PRIu64 ".%06" PRIu64 "\n",
                        sum->latency_sum_us / 1000000, sum->latency_sum_us % 1000000);
    seki_buf_add_format(buf, "sekisho_latency_seconds_count %" PRIu64 "\n", so_far);
}

static void write_process(struct seki_buf *buf, const struct metrics *sum, const struct metrics_process *process)
{
    write_one(buf, "connections_total", "counter", "Milter sessions opened.", sum->connections);
    write_one(buf, "protocol_errors_total", "counter", "Milter sessions ended because the MTA broke the protocol.",
              sum->protocol_errors);
    write_one(buf, "sessions", "gauge", "Milter sessions open now.", sum->sessions);
    write_one(buf, "sessions_busy", "gauge", "Of these, in the middle of a message.", sum->busy_sessions);
    write_one(buf, "loops", "gauge", "Event loops.", process->loops);
    write_one(buf, "resident_memory_bytes", "gauge", "Resident memory of the role.", process->resident_octets);
    write_one(buf, "log_lost_total", "counter", "Log lines that found no room or could not be written.",
              process->log_lost);
    write_head(buf, "configuration_time_seconds", "gauge", "When the configuration in force was read.");
    seki_buf_add_format(buf, "sekisho_configuration_time_seconds %" PRId64 "\n", process->configured_at_s);
}

static void write_policy(struct seki_buf *buf, const struct metrics *sum)
{
    const char *names[POLICY_ACTION_COUNT];
    for (unsigned action = 0; action < POLICY_ACTION_COUNT; action++)
        names[action] = policy_action_name((enum policy_action)action);
    write_labelled(buf, "recipients_total", "What became of their mail.", "action", names, sum->applied,
                   POLICY_ACTION_COUNT);
    write_one(buf, "recipients_put_off_total", "counter", "Answered 452: not in one message with those before.",
              sum->put_off_recipients);
    write_one(buf, "without_policy_total", "counter", "Messages only labelled, for the replica could not be read.",
              sum->without_policy);
    write_one(buf, "journal_records_total", "counter", "Messages recorded in the journal.", sum->journal_records);
    write_one(buf, "journal_lost_total", "counter", "Messages whose record could not be written.",
              sum->journal_lost);
}

void metrics_write(struct seki_buf *buf, const struct metrics *sum, const struct metrics_process *process)
{
    static const char *const actions[METRICS_ACTION_COUNT] = { "delivered", "tempfailed", "aborted",
                                                               "refused",   "discarded",  "quarantined" };
    static const char *const skips[METRICS_SKIP_COUNT] = { "trusted", "authenticated" };
    write_one(buf, "messages_total", "counter", "Messages begun, without those left alone.", sum->messages);
    write_labelled(buf, "actions_total", "What became of them.", "action", actions, sum->actions,
                   METRICS_ACTION_COUNT);
    write_labelled(buf, "left_alone_total", "Connections (trusted) and messages (authenticated) passed unseen.",
                   "reason", skips, sum->skipped, METRICS_SKIP_COUNT);
    write_verdicts(buf, sum);
    write_policy(buf, sum);
    write_one(buf, "forged_fields_total", "counter", "Fields removed that claimed to be ours.", sum->forged_fields);
    write_one(buf, "local_failures_total", "counter", "Messages answered 451 for want of memory.",
              sum->local_failures);
    write_one(buf, "deadlines_total", "counter", "Messages whose open DNS questions were given up.",
              sum->deadlines);
    write_one(buf, "dns_questions_total", "counter", "DNS questions asked, cached answers included.",
              sum->dns_asked);
    write_one(buf, "dns_failures_total", "counter", "Answered with a failure.", sum->dns_failed);
    write_one(buf, "dns_timeouts_total", "counter", "Not answered in time.", sum->dns_timed_out);
    write_latency(buf, sum);
    write_process(buf, sum, process);
}
