#include <sekisho/answers.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct seki_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = seki_arena_new(4u << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    seki_arena_free(arena);
    return 0;
}

static struct seki_str encode(const struct seki_answers *answers)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 1u << 20);
    seki_answers_encode(answers, &buf);
    assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
    return seki_buf_str(&buf);
}

static struct seki_answers *decode(struct seki_str octets)
{
    struct seki_answers *answers;
    struct seki_error why = { "" };
    assert_int_equal(seki_answers_decode(octets, arena, &answers, &why), SEKI_OK);
    return answers;
}

static void enter(struct seki_answers *answers, const char *name, enum seki_rr_type type,
                  struct seki_answer outcome)
{
    assert_int_equal(seki_answers_enter(answers, seki_answers_ask(answers, seki_str_of(name), type), &outcome),
                     SEKI_OK);
}

static struct seki_answers *sample(void)
{
    struct seki_answers *answers = seki_answers_new(arena, 40);
    enter(answers, "example.com", SEKI_RR_TXT,
          (struct seki_answer){ .status = SEKI_ANSWER_FOUND,
                                .dnssec = SEKI_DNSSEC_SECURE,
                                .records =
                                    (struct seki_record[]){ { .text = SEKI_STR("v=spf1\0 -all") },
                                                            { .text = SEKI_STR(""), .has_long_string = true } },
                                .record_count = 2,
                                .ttl_s = UINT32_MAX,
                                .asked_at_us = 5000000000,
                                .answered_at_us = 5000020000 });
    enter(answers, "mx.example", SEKI_RR_MX,
          (struct seki_answer){ .status = SEKI_ANSWER_FOUND,
                                .dnssec = SEKI_DNSSEC_BOGUS,
                                .records =
                                    &(struct seki_record){ .preference = 65535, .text = SEKI_STR("a.example") },
                                .record_count = 1,
                                .asked_at_us = 4999999999, /* earlier than the one before, never answered */
                                .answered_at_us = 0 });
    enter(answers, "v6.example", SEKI_RR_AAAA,
          (struct seki_answer){ .status = SEKI_ANSWER_FOUND,
                                .records = &(struct seki_record){ .address = { 16, { 0x20, 1, [15] = 9 } } },
                                .record_count = 1 });
    enter(answers, "late.example", SEKI_RR_TXT,
          (struct seki_answer){ .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR("timed out after 5000 ms") });
    assert_non_null(seki_answers_ask(answers, SEKI_STR("no..name"), SEKI_RR_A)); /* settled, nobody is asked */
    assert_non_null(seki_answers_prefetch(answers, SEKI_STR("ahead.example"), SEKI_RR_PTR));
    assert_non_null(seki_answers_ask(answers, SEKI_STR("open.example"), SEKI_RR_A));
    return answers;
}

static void assert_same_records(const struct seki_answer *a, const struct seki_answer *b)
{
    assert_int_equal(a->record_count, b->record_count);
    for (size_t i = 0; i < a->record_count; i++) {
        assert_int_equal(a->records[i].preference, b->records[i].preference);
        assert_int_equal(a->records[i].has_long_string, b->records[i].has_long_string);
        assert_true(seki_str_equal(a->records[i].text, b->records[i].text));
        assert_memory_equal(&a->records[i].address, &b->records[i].address, sizeof b->records[i].address);
    }
}

static void test_the_table_comes_back_exactly(void **state)
{
    (void)state;
    struct seki_answers *before = sample(), *after = decode(encode(before));
    const struct seki_answer *a, *b;
    for (size_t i = 0; (a = seki_answers_at(before, i)) != NULL; i++) {
        b = seki_answers_at(after, i);
        assert_non_null(b);
        assert_true(seki_str_equal(a->name, b->name) && seki_str_equal(a->failure, b->failure));
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->status, b->status);
        assert_int_equal(a->dnssec, b->dnssec);
        assert_int_equal(a->ttl_s, b->ttl_s);
        assert_int_equal(a->is_prefetch, b->is_prefetch);
        assert_int_equal(a->asked_at_us, b->asked_at_us);
        assert_int_equal(a->answered_at_us, b->answered_at_us);
        assert_same_records(a, b);
    }
    assert_null(seki_answers_at(after, 7));
    assert_int_equal(seki_answers_open_count(after), 2);
    assert_int_equal(seki_answers_needed_count(after), 1);
}

static void test_what_was_open_is_open(void **state)
{
    (void)state;
    struct seki_answers *answers = decode(encode(sample()));
    const struct seki_answer *first = seki_answers_next_open(answers), *second = seki_answers_next_open(answers);
    assert_true(seki_str_equal(first->name, SEKI_STR("ahead.example")));
    assert_true(seki_str_equal(second->name, SEKI_STR("open.example")));
    assert_null(seki_answers_next_open(answers));
    assert_int_equal(seki_answers_ask(answers, SEKI_STR("new.example"), SEKI_RR_A)->status, SEKI_ANSWER_OPEN);
}

static void test_the_bound_stays(void **state)
{
    (void)state;
    struct seki_answers *before = seki_answers_new(arena, 1);
    enter(before, "a.example", SEKI_RR_A, (struct seki_answer){ .status = SEKI_ANSWER_NODATA });
    assert_int_equal(seki_answers_ask(before, SEKI_STR("b.example"), SEKI_RR_A)->status, SEKI_ANSWER_FAILED);
    struct seki_answers *after = decode(encode(before));
    assert_int_equal(seki_answers_ask(after, SEKI_STR("b.example"), SEKI_RR_A)->status, SEKI_ANSWER_FAILED);
    assert_int_equal(seki_answers_ask(after, SEKI_STR("c.example"), SEKI_RR_A)->status, SEKI_ANSWER_FAILED);
}

static void test_refusals(void **state)
{
    /* version, bound; type, name, bits, ttl, asked, answered, failure, records */
    static const struct {
        const char *name;
        struct seki_str octets;
    } cases[] = {
        { "nothing", SEKI_STR_INIT("") },
        { "another version", SEKI_STR_INIT("\2\24") },
        { "no bound", SEKI_STR_INIT("\1") },
        { "a bound of nothing", SEKI_STR_INIT("\1\0") },
        { "a bound beyond any", SEKI_STR_INIT("\1\200\200\4") },
        { "a type that nobody asks for", SEKI_STR_INIT("\1\24"
                                                       "\7\1a\2\0\0\0\0\0") },
        { "a name that is cut off", SEKI_STR_INIT("\1\24"
                                                  "\1\5a") },
        { "a status that there is not", SEKI_STR_INIT("\1\24"
                                                      "\1\1a\5\0\0\0\0\0") },
        { "a bit that means nothing", SEKI_STR_INIT("\1\24"
                                                    "\1\1a\102\0\0\0\0\0") },
        { "a TTL over 32 bits", SEKI_STR_INIT("\1\24"
                                              "\1\1a\2\200\200\200\200\20\0\0\0\0") },
        { "records of what is open", SEKI_STR_INIT("\1\24"
                                                   "\20\1a\0\0\0\0\0\1\0") },
        { "an address of three octets", SEKI_STR_INIT("\1\24"
                                                      "\1\1a\1\0\0\0\0\1\3abc") },
        { "a text that is cut off", SEKI_STR_INIT("\1\24"
                                                  "\20\1a\1\0\0\0\0\1\4a") },
        { "a preference over 16 bits", SEKI_STR_INIT("\1\24"
                                                     "\17\1a\1\0\0\0\0\1\200\200\4\0") },
        { "more records than there are", SEKI_STR_INIT("\1\24"
                                                       "\20\1a\1\0\0\0\0\2\2a") },
        { "more records than an answer has", SEKI_STR_INIT("\1\24"
                                                           "\20\1a\1\0\0\0\0\377\177\2a") },
        { "one question twice", SEKI_STR_INIT("\1\24"
                                              "\1\1a\2\0\0\0\0\0"
                                              "\1\1A\2\0\0\0\0\0") },
        { "an open question that nobody can be asked", SEKI_STR_INIT("\1\24"
                                                                     "\1\4a..b\0\0\0\0\0\0") },
        { "something behind the last one", SEKI_STR_INIT("\1\24"
                                                         "\1\1a\2\0\0\0\0\0"
                                                         "\1") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_answers *answers;
        struct seki_error why = { "" };
        if (seki_answers_decode(cases[i].octets, arena, &answers, &why) != SEKI_BAD_INPUT || answers != NULL ||
            why.text[0] == '\0')
            fail_msg("%s", cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_table_comes_back_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_open_is_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_bound_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("answers as octets", tests, NULL, NULL);
}
