/* The blocking source: the same questions answered from a server, a zone file and a recording of the first. */
#include "dns/driver/source.h"

#include "dns/driver/recording.h"
#include "support/dns_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

static const char zone[] = "example.com. TXT \"v=spf1 -all\"\n"
                           "mail.example.com. A 192.0.2.1\n";

struct table {
    struct seki_arena *arena;
    struct seki_answers *answers;
    const struct seki_answer *found, *nodata, *nxdomain;
};

static struct table table_new(void)
{
    struct table t = { .arena = seki_arena_new(1u << 20) };
    t.answers = seki_answers_new(t.arena, 0);
    t.found = seki_answers_ask(t.answers, SEKI_STR("example.com"), SEKI_RR_TXT);
    t.nodata = seki_answers_ask(t.answers, SEKI_STR("mail.example.com"), SEKI_RR_TXT);
    t.nxdomain = seki_answers_ask(t.answers, SEKI_STR("nobody.example.com"), SEKI_RR_TXT);
    return t;
}

static void check_answers(const struct table *t)
{
    assert_int_equal(seki_answers_open_count(t->answers), 0);
    assert_int_equal(t->found->status, SEKI_ANSWER_FOUND);
    assert_true(seki_str_equal(t->found->records[0].text, SEKI_STR("v=spf1 -all")));
    assert_int_equal(t->nodata->status, SEKI_ANSWER_NODATA);
    assert_int_equal(t->nxdomain->status, SEKI_ANSWER_NXDOMAIN);
}

static void write_file(char *path, struct seki_str text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), text.len);
    close(fd);
}

/* Ask once more, of what the options say. */
static void check_source(const struct dns_source_options *options)
{
    struct seki_error why = { "" };
    struct dns_source *source = dns_source_open(options, &why);
    assert_string_equal(why.text, "");
    assert_non_null(source);
    struct table t = table_new();
    dns_source_answer(source, t.answers);
    check_answers(&t);
    dns_source_close(source);
    seki_arena_free(t.arena);
}

static void a_server_and_a_recording_of_it_answer_alike(void **state)
{
    (void)state;
    struct dns_server *server = dns_server_start(zone, NULL);
    struct dns_source *source = dns_source_open(
        &(struct dns_source_options){ .resolver = { .nameservers = dns_server_address(server) } }, NULL);
    assert_non_null(source);
    struct table t = table_new();
    dns_source_answer(source, t.answers);
    check_answers(&t);
    struct seki_buf text;
    char path[] = "/tmp/sekisho-recording-XXXXXX";
    seki_buf_init(&text, 1u << 20);
    recording_write(t.answers, &text);
    write_file(path, seki_buf_str(&text));
    check_source(&(struct dns_source_options){ .recording_file = path });
    unlink(path);
    seki_buf_release(&text);
    seki_arena_free(t.arena);
    dns_source_close(source);
    dns_server_stop(server);
}

static void a_zone_file_answers(void **state)
{
    (void)state;
    char path[] = "/tmp/sekisho-zone-XXXXXX";
    write_file(path, seki_str_of(zone));
    check_source(&(struct dns_source_options){ .zone_file = path });
    unlink(path);
}

static void silence_is_waited_for_once(void **state)
{
    (void)state;
    static const char *const fail[] = { "--fail", "*.example.com=timeout", NULL };
    struct dns_server *server = dns_server_start(zone, fail);
    struct dns_source *source =
        dns_source_open(&(struct dns_source_options){ .resolver = { .nameservers = dns_server_address(server),
                                                                    .timeout_ms = 400 } },
                        NULL);
    assert_non_null(source);
    for (int i = 0; i < 2; i++) {
        struct table t = table_new();
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        dns_source_answer(source, t.answers);
        clock_gettime(CLOCK_MONOTONIC, &to);
        assert_int_equal(t.found->status, SEKI_ANSWER_FOUND);
        assert_int_equal(t.nodata->status, SEKI_ANSWER_FAILED);
        assert_int_equal(t.nxdomain->status, SEKI_ANSWER_FAILED);
        assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 < 1200);
        seki_arena_free(t.arena);
    }
    dns_source_close(source);
    dns_server_stop(server);
}

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    static const struct {
        struct dns_source_options options;
        const char *want;
    } cases[] = {
        { { .zone_file = "/nonexistent/zone" }, "/nonexistent/zone: No such file or directory" },
        { { .recording_file = "/nonexistent/recording" }, "/nonexistent/recording: No such file or directory" },
        { { .resolver = { .nameservers = "nowhere" } },
          "name server \"nowhere\": write ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_error why = { "" };
        assert_null(dns_source_open(&cases[i].options, &why));
        assert_string_equal(why.text, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_and_a_recording_of_it_answer_alike),
        cmocka_unit_test(a_zone_file_answers),
        cmocka_unit_test(silence_is_waited_for_once),
        cmocka_unit_test(what_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
