/* What stands in a log line when the values come from the other side. */
#include "daemon/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct capture {
    int ends[2];
    struct log *log;
};

static struct capture capture_open(bool as_json, bool is_async)
{
    struct capture capture;
    assert_int_equal(pipe(capture.ends), 0);
    capture.log = log_open(
        &(struct log_options){ .as_json = as_json, .fd = capture.ends[1], .role = "t", .is_async = is_async },
        NULL);
    assert_non_null(capture.log);
    return capture;
}

/* Everything that was written, without the time, which differs. */
static char *capture_close(struct capture *capture)
{
    static char text[65536];
    log_close(capture->log);
    close(capture->ends[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(capture->ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    close(capture->ends[0]);
    text[len] = '\0';
    char *after_time = strstr(text, "level");
    return after_time != NULL ? after_time : text;
}

static void expect_written(bool as_json, struct seki_str value, const char *want)
{
    struct capture capture = capture_open(as_json, false);
    struct log_line line;
    log_begin(&line, capture.log, LOG_LEVEL_INFORMATION, "x");
    log_text(&line, "v", value);
    log_end(&line);
    const char *before = as_json ? "level\":\"information\",\"role\":\"t\",\"event\":\"x\",\"v\":"
                                 : "level=information role=t event=x v=";
    char *text = capture_close(&capture);
    assert_memory_equal(text, before, strlen(before));
    assert_string_equal(text + strlen(before), want);
}

static void plain_values_stand_bare(void **state)
{
    (void)state;
    expect_written(false, SEKI_STR("a.b-c@example.com"), "a.b-c@example.com\n");
    expect_written(true, SEKI_STR("a.b-c@example.com"), "\"a.b-c@example.com\"}\n");
}

static void a_value_cannot_pass_for_another_field_or_line(void **state)
{
    (void)state;
    expect_written(false, SEKI_STR(""), "\"\"\n");
    expect_written(false, SEKI_STR("a action=reject"), "\"a action=reject\"\n");
    expect_written(false, SEKI_STR("a\" b=\"c"), "\"a\\\" b=\\\"c\"\n");
    expect_written(false, SEKI_STR("a\r\nlevel=panic"), "\"a\\x0d\\x0alevel=panic\"\n");
    expect_written(false, SEKI_STR("a\\n"), "\"a\\\\n\"\n");
    expect_written(false, SEKI_STR("k=v"), "\"k=v\"\n");
    expect_written(false, SEKI_STR("a\0b"), "\"a\\x00b\"\n");
    expect_written(true, SEKI_STR("a\"\n\\"), "\"a\\\"\\u000a\\\\\"}\n");
}

static void utf8_stays_and_other_octets_are_escaped(void **state)
{
    (void)state;
    expect_written(false, SEKI_STR("\xe9\x96\xa2"), "\"\xe9\x96\xa2\"\n");
    expect_written(false, SEKI_STR("\xe9\x96"), "\"\\xe9\\x96\"\n");
    expect_written(false, SEKI_STR("\x1b[31m\x7f\xc2\x9b"), "\"\\x1b[31m\\x7f\\xc2\\x9b\"\n");
    expect_written(true, SEKI_STR("\xff"), "\"\\u00ff\"}\n");
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    char value[300], want[300];
    memset(value, 'a', sizeof value);
    snprintf(want, sizeof want, "\"%.256s...\"\n", value);
    expect_written(false, (struct seki_str){ value, 257 }, want);
    snprintf(want, sizeof want, "%.256s\n", value);
    expect_written(false, (struct seki_str){ value, 256 }, want);
}

static void a_line_that_is_too_long_ends_after_a_whole_field(void **state)
{
    (void)state;
    for (int as_json = 0; as_json < 2; as_json++) {
        struct capture capture = capture_open(as_json == 1, false);
        struct log_line line;
        char value[256];
        memset(value, '\n', sizeof value); /* four or six octets each when escaped */
        log_begin(&line, capture.log, LOG_LEVEL_INFORMATION, "x");
        for (int i = 0; i < 20; i++)
            log_text(&line, "v", (struct seki_str){ value, sizeof value });
        log_number(&line, "last", 1);
        log_end(&line);
        const char *text = capture_close(&capture);
        const char *end = as_json == 1 ? "\\u000a\",\"cut\":true}\n" : "\\x0a\" cut=yes\n";
        assert_string_equal(text + strlen(text) - strlen(end), end);
        assert_true(strlen(text) <= LOG_LINE_MAX_OCTETS);
    }
}

static void numbers_and_sentences(void **state)
{
    (void)state;
    struct capture capture = capture_open(true, false);
    struct log_line line;
    log_begin(&line, capture.log, LOG_LEVEL_WARNING, "x");
    log_number(&line, "ms", -12);
    log_end(&line);
    log_reason(capture.log, LOG_LEVEL_FATAL, "y", "no %s", "memory");
    assert_non_null(strstr(capture_close(&capture), "\"event\":\"x\",\"ms\":-12}\n{\"time\":\""));
}

static void lines_below_the_level_are_not_told(void **state)
{
    (void)state;
    struct capture capture;
    assert_int_equal(pipe(capture.ends), 0);
    capture.log = log_open(&(struct log_options){ .level = LOG_LEVEL_WARNING, .fd = capture.ends[1] }, NULL);
    log_reason(capture.log, LOG_LEVEL_INFORMATION, "x", "unseen");
    log_reason(capture.log, LOG_LEVEL_WARNING, "y", "seen");
    assert_string_equal(capture_close(&capture), "level=warning event=y reason=seen\n");
}

static void the_thread_writes_everything_before_the_end(void **state)
{
    (void)state;
    struct capture capture = capture_open(false, true);
    for (int i = 0; i < 100; i++)
        log_reason(capture.log, LOG_LEVEL_INFORMATION, "x", "%d", i);
    char *text = capture_close(&capture);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 100);
    assert_non_null(strstr(text, "reason=99\n"));
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Nobody reads the pipe: logging goes on at once, what does not fit is counted, and the number is told later. */
static void a_reader_that_hangs_holds_nobody_up(void **state)
{
    (void)state;
    struct capture capture = capture_open(false, true);
    int64_t begun = now_ms();
    char sentence[250];
    memset(sentence, 'a', sizeof sentence);
    for (int i = 0; i < 20000; i++)
        log_reason(capture.log, LOG_LEVEL_INFORMATION, "x", "%.*s", (int)sizeof sentence, sentence);
    assert_true(now_ms() - begun < 2000);
    assert_true(log_lost(capture.log) > 10000);
    char piece[65536];
    bool is_told = false;
    while (!is_told) { /* the count comes after the lines that did fit */
        ssize_t got = read(capture.ends[0], piece, sizeof piece - 1);
        assert_true(got > 0);
        piece[got] = '\0';
        is_told = strstr(piece, "event=log_lost lines=") != NULL;
    }
    capture_close(&capture);
}

/* A full disk, say: what could not be written is counted, and told when it can be written again. */
static void lines_that_cannot_be_written_are_counted_and_told(void **state)
{
    (void)state;
    struct capture capture = capture_open(false, true);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), pipe_end = dup(capture.ends[1]);
    assert_true(full >= 0 && pipe_end >= 0 && dup2(full, capture.ends[1]) >= 0);
    for (int i = 0; i < 3; i++)
        log_reason(capture.log, LOG_LEVEL_INFORMATION, "x", "%d", i);
    for (int64_t begun = now_ms(); log_lost(capture.log) < 3 && now_ms() - begun < 5000;)
        usleep(1000);
    assert_int_equal(log_lost(capture.log), 3);
    assert_true(dup2(pipe_end, capture.ends[1]) >= 0);
    close(full);
    close(pipe_end);
    log_reason(capture.log, LOG_LEVEL_INFORMATION, "x", "last");
    const char *text = capture_close(&capture);
    assert_non_null(strstr(text, "reason=last\nlevel=warning event=log_lost lines=3\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_stand_bare),
        cmocka_unit_test(a_value_cannot_pass_for_another_field_or_line),
        cmocka_unit_test(utf8_stays_and_other_octets_are_escaped),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(a_line_that_is_too_long_ends_after_a_whole_field),
        cmocka_unit_test(numbers_and_sentences),
        cmocka_unit_test(lines_below_the_level_are_not_told),
        cmocka_unit_test(the_thread_writes_everything_before_the_end),
        cmocka_unit_test(a_reader_that_hangs_holds_nobody_up),
        cmocka_unit_test(lines_that_cannot_be_written_are_counted_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
