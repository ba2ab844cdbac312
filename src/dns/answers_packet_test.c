/* Names to resolver libraries, and messages from them. */
#include <sekisho/answers.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HEADER(flags, answers) "\0\0" flags "\0\1\0" answers "\0\0\0\0"
#define QUESTION               "\1a\4test\0\0\x10\0\1"
#define RECORD                 "\xC0\x0C\0\x10\0\1\0\0\0\x3C\0\4\3abc"
#define MESSAGE(text)          text, sizeof(text) - 1

static void messages_become_answers(void **state)
{
    static const struct {
        const char *name, *packet;
        size_t len;
        enum seki_answer_status status;
        const char *failure;
    } cases[] = {
        { "a record", MESSAGE(HEADER("\x81\x80", "\1") QUESTION RECORD), SEKI_ANSWER_FOUND, "" },
        { "the name in another case", MESSAGE(HEADER("\x81\x80", "\1") "\1A\4tEST\0\0\x10\0\1" RECORD),
          SEKI_ANSWER_FOUND, "" },
        { "no record", MESSAGE(HEADER("\x81\x80", "\0") QUESTION), SEKI_ANSWER_NODATA, "" },
        { "no such name", MESSAGE(HEADER("\x81\x83", "\0") QUESTION), SEKI_ANSWER_NXDOMAIN, "" },
        { "a failure", MESSAGE(HEADER("\x81\x82", "\0") QUESTION), SEKI_ANSWER_FAILED, "SERVFAIL" },
        { "truncated", MESSAGE(HEADER("\x83\x80", "\1") QUESTION RECORD), SEKI_ANSWER_FAILED, "truncated answer" },
        { "no message", NULL, 0, SEKI_ANSWER_FAILED, "no answer" },
        { "an empty message", "", 0, SEKI_ANSWER_FAILED, "no answer" },
        { "half a header", "\0\0\x81\x80\0", 5, SEKI_ANSWER_FAILED,
          "unreadable answer, or one to another question" },
        { "another name", MESSAGE(HEADER("\x81\x83", "\0") "\1b\4test\0\0\x10\0\1"), SEKI_ANSWER_FAILED,
          "unreadable answer, or one to another question" },
        { "another type", MESSAGE(HEADER("\x81\x80", "\0") "\1a\4test\0\0\1\0\1"), SEKI_ANSWER_FAILED,
          "unreadable answer" },
        { "a question", MESSAGE(HEADER("\1\0", "\0") QUESTION), SEKI_ANSWER_FAILED, "unreadable answer" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_answers *answers = seki_answers_new(arena, 0);
        const struct seki_answer *a = seki_answers_ask(answers, SEKI_STR("a.test"), SEKI_RR_TXT);
        assert_int_equal(seki_answers_enter_packet(answers, a, cases[i].packet, cases[i].len, SEKI_DNSSEC_INSECURE),
                         SEKI_OK);
        if (a->status != cases[i].status || !seki_str_equal(a->failure, seki_str_of(cases[i].failure)))
            fail_msg("%s: %s %.*s", cases[i].name, seki_answer_status_name(a->status), SEKI_STR_ARGS(a->failure));
        if (a->status == SEKI_ANSWER_FOUND) {
            assert_true(seki_str_equal(a->records[0].text, SEKI_STR("abc")));
            assert_int_equal(a->ttl_s, 60);
            assert_int_equal(a->dnssec, SEKI_DNSSEC_INSECURE);
        }
        seki_arena_free(arena);
    }
}

static void names_are_written_for_resolvers(void **state)
{
    static const struct {
        struct seki_str name;
        const char *want;
    } cases[] = {
        { SEKI_STR_INIT("_dmarc.Example.com"), "_dmarc.example.com." },
        { SEKI_STR_INIT("a\\b.c d.example"), "a\\092b.c\\032d.example." },
        { SEKI_STR_INIT("a\0\"\xff@.example"), "a\\000\\034\\255\\064.example." },
        { SEKI_STR_INIT("a..b"), "" }, /* settled without asking */
    };
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[SEKI_QUERY_NAME_MAX];
        assert_string_equal(seki_answer_query_name(seki_answers_ask(answers, cases[i].name, SEKI_RR_A), text),
                            cases[i].want);
    }
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_become_answers),
        cmocka_unit_test(names_are_written_for_resolvers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
