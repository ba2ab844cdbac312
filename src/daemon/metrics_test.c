/* Figures, and the text that Prometheus reads. */
#include "daemon/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static char *written(const struct metrics *metrics)
{
    static char text[65536];
    struct metrics_process process = { .resident_octets = 4096, .loops = 2, .configured_at_s = 1700000000 };
    struct seki_buf buf;
    seki_buf_init(&buf, sizeof text - 1);
    metrics_write(&buf, metrics, &process);
    assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
    memcpy(text, buf.ptr, buf.len);
    text[buf.len] = '\0';
    seki_buf_release(&buf);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    char with_ends[256];
    snprintf(with_ends, sizeof with_ends, "\n%s\n", line);
    if (strstr(text, with_ends) == NULL)
        fail_msg("missing: %s", line);
}

static void verdicts_are_counted_by_method_and_result(void **state)
{
    struct metrics metrics = { 0 };
    const struct seki_dkim_signature_verdict signatures[] = { { .result = SEKI_DKIM_PASS },
                                                              { .result = SEKI_DKIM_TEMPERROR } };
    const struct seki_verdict verdict = {
        .has_spf_mail_from = true,
        .spf_mail_from = { .result = SEKI_SPF_SOFTFAIL },
        .dkim = { signatures, 2 },
        .arc = { .result = SEKI_ARC_PASS },
        .dmarc = { .result = SEKI_DMARC_PERMERROR },
    };
    (void)state;
    metrics_count_verdict(&metrics, &verdict);
    metrics_count_verdict(&metrics, &(struct seki_verdict){ 0 }); /* SPF not evaluated, no signature */
    const char *text = written(&metrics);
    expect_line(text, "sekisho_verdicts_total{method=\"spf\",result=\"softfail\"} 1");
    expect_line(text, "sekisho_verdicts_total{method=\"spf\",result=\"none\"} 0");
    expect_line(text, "sekisho_verdicts_total{method=\"dkim\",result=\"pass\"} 1");
    expect_line(text, "sekisho_verdicts_total{method=\"dkim\",result=\"temperror\"} 1");
    expect_line(text, "sekisho_verdicts_total{method=\"dkim\",result=\"none\"} 1");
    expect_line(text, "sekisho_verdicts_total{method=\"arc\",result=\"none\"} 1");
    expect_line(text, "sekisho_verdicts_total{method=\"dmarc\",result=\"permerror\"} 1");
}

static void latencies_fall_into_the_first_bucket_that_holds_them(void **state)
{
    struct metrics metrics = { 0 };
    (void)state;
    metrics_count_latency(&metrics, 0);
    metrics_count_latency(&metrics, 500);
    metrics_count_latency(&metrics, 501);
    metrics_count_latency(&metrics, 31000000);
    metrics_count_latency(&metrics, -5); /* a clock that jumped */
    const char *text = written(&metrics);
    expect_line(text, "sekisho_latency_seconds_bucket{le=\"0.0005\"} 3");
    expect_line(text, "sekisho_latency_seconds_bucket{le=\"0.001\"} 4");
    expect_line(text, "sekisho_latency_seconds_bucket{le=\"30\"} 4");
    expect_line(text, "sekisho_latency_seconds_bucket{le=\"+Inf\"} 5");
    expect_line(text, "sekisho_latency_seconds_count 5");
    expect_line(text, "sekisho_latency_seconds_sum 31.001001");
}

static void loops_add_up(void **state)
{
    struct metrics sum = { 0 };
    struct metrics part = { .messages = 2,
                            .sessions = 3,
                            .busy_sessions = 1,
                            .dns_timed_out = 4,
                            .actions = { [METRICS_TEMPFAILED] = 5 },
                            .skipped = { [METRICS_SKIP_TRUSTED] = 6 } };
    (void)state;
    metrics_add(&sum, &part);
    metrics_add(&sum, &part);
    const char *text = written(&sum);
    expect_line(text, "sekisho_messages_total 4");
    expect_line(text, "sekisho_sessions 6");
    expect_line(text, "sekisho_sessions_busy 2");
    expect_line(text, "sekisho_dns_timeouts_total 8");
    expect_line(text, "sekisho_actions_total{action=\"tempfailed\"} 10");
    expect_line(text, "sekisho_left_alone_total{reason=\"trusted\"} 12");
    expect_line(text, "sekisho_loops 2");
    expect_line(text, "sekisho_configuration_time_seconds 1700000000");
}

static bool is_head(const char *line)
{
    return line[0] == '#';
}

/* The text format: each name is introduced once, with its type, before its samples; all lines end in LF. */
static void every_sample_is_introduced(void **state)
{
    struct seki_str rest = seki_str_of(written(&(struct metrics){ 0 })), line;
    char name[128] = "";
    (void)state;
    while (seki_str_split(&rest, '\n', &line)) {
        if (line.len == 0) {
            assert_int_equal(rest.len, 0);
        } else if (is_head(line.ptr)) {
            bool is_help = seki_str_starts_with(line, SEKI_STR("# HELP "));
            assert_true(is_help || seki_str_starts_with(line, SEKI_STR("# TYPE ")));
            struct seki_str word = seki_str_from(line, 7);
            snprintf(name, sizeof name, "%.*s", (int)seki_str_find(word, ' '), word.ptr);
        } else {
            assert_true(seki_str_starts_with(line, seki_str_of(name)));
        }
    }
}

static void the_process_knows_its_memory(void **state)
{
    (void)state;
    assert_true(metrics_read_process().resident_octets > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_counted_by_method_and_result),
        cmocka_unit_test(latencies_fall_into_the_first_bucket_that_holds_them),
        cmocka_unit_test(loops_add_up),
        cmocka_unit_test(every_sample_is_introduced),
        cmocka_unit_test(the_process_knows_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
