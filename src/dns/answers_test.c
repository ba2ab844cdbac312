/* The table of DNS answers: first answer stands, bounds hold, hopeless names are settled without asking. */
#include <sekisho/answers.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void the_first_answer_stands(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const struct seki_answer *a = seki_answers_ask(answers, SEKI_STR("Example.COM."), SEKI_RR_TXT);
    assert_int_equal(a->status, SEKI_ANSWER_OPEN);
    assert_memory_equal(a->name.ptr, "example.com", 12);
    assert_ptr_equal(seki_answers_next_open(answers), a);
    assert_null(seki_answers_next_open(answers));
    struct seki_record record = { .text = SEKI_STR("v=spf1 -all") };
    struct seki_answer found = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    struct seki_answer failed = { .status = SEKI_ANSWER_FAILED };
    assert_int_equal(seki_answers_enter(answers, a, &found), SEKI_OK);
    assert_int_equal(seki_answers_enter(answers, a, &failed), SEKI_OK);
    assert_int_equal(a->status, SEKI_ANSWER_FOUND);
    assert_true(seki_str_equal(a->records[0].text, SEKI_STR("v=spf1 -all")));
    assert_ptr_equal(seki_answers_ask(answers, SEKI_STR("example.com"), SEKI_RR_TXT), a);
    assert_int_equal(seki_answers_open_count(answers), 0);
    seki_arena_free(arena);
}

static void past_the_bound_a_question_fails_at_once(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 1);
    seki_answers_prefetch(answers, SEKI_STR("a.example"), SEKI_RR_A);
    seki_answers_prefetch(answers, SEKI_STR("b.example"), SEKI_RR_A);
    assert_null(seki_answers_at(answers, 1));
    assert_int_equal(seki_answers_needed_count(answers), 0);
    assert_int_equal(seki_answers_ask(answers, SEKI_STR("c.example"), SEKI_RR_A)->status, SEKI_ANSWER_FAILED);
    assert_int_equal(seki_answers_ask(answers, SEKI_STR("a.example"), SEKI_RR_A)->status, SEKI_ANSWER_OPEN);
    assert_int_equal(seki_answers_needed_count(answers), 1);
    assert_int_equal(seki_answers_fail_open(answers, SEKI_STR("deadline")), 1);
    assert_int_equal(seki_answers_open_count(answers), 0);
    assert_int_equal(seki_answers_needed_count(answers), 0);
    seki_arena_free(arena);
}

static void asking_ahead_leaves_room_for_what_is_needed(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 8);
    const struct seki_answer *a = seki_answers_prefetch(answers, SEKI_STR("a.example"), SEKI_RR_A);
    assert_true(a->is_prefetch);
    assert_non_null(seki_answers_prefetch(answers, SEKI_STR("b.example"), SEKI_RR_A));
    assert_null(seki_answers_prefetch(answers, SEKI_STR("c.example"), SEKI_RR_A));
    assert_ptr_equal(seki_answers_prefetch(answers, SEKI_STR("a.example"), SEKI_RR_A), a);
    assert_int_equal(seki_answers_ask(answers, SEKI_STR("c.example"), SEKI_RR_A)->status, SEKI_ANSWER_OPEN);
    assert_int_equal(seki_answers_needed_count(answers), 1);
    assert_int_equal(seki_answers_open_count(answers), 3);
    seki_arena_free(arena);
}

static void a_name_that_cannot_be_is_nxdomain(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const char *names[] = { "", "a..example", ".example",
                            "x.1234567890123456789012345678901234567890123456789012345678901234.example" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(seki_answers_ask(answers, seki_str_of(names[i]), SEKI_RR_A)->status, SEKI_ANSWER_NXDOMAIN);
    assert_null(seki_answers_next_open(answers));
    seki_arena_free(arena);
}

/* One record that takes the whole room: its octets, the NUL behind them, and the record itself. */
#define LONGEST_TEXT (SEKI_ANSWER_MAX_OCTETS - sizeof(struct seki_record) - 1)
#define MOST_RECORDS                                                                                               \
    (SEKI_ANSWER_MAX_OCTETS / (sizeof(struct seki_record) + 1)) /* each with the NUL of its empty text */

static void an_answer_is_kept_up_to_its_bound(void **state)
{
    static const char octets[65535];
    static const struct seki_record records[1024];
    const struct seki_record longest = { .text = { octets, LONGEST_TEXT } };
    const struct seki_record longer = { .text = { octets, LONGEST_TEXT + 1 } };
    const struct seki_record huge = { .text = { octets, sizeof octets } };
    const struct seki_record halves[] = { { .text = { octets, SEKI_ANSWER_MAX_OCTETS / 2 } },
                                          { .text = { octets, SEKI_ANSWER_MAX_OCTETS / 2 } } };
    const struct {
        const char *name;
        const struct seki_record *records;
        size_t count;
        bool is_kept;
    } cases[] = {
        { "the longest text", &longest, 1, true },
        { "one octet more", &longer, 1, false },
        { "as long as the DNS allows", &huge, 1, false },
        { "too long together", halves, 2, false },
        { "the most addresses", records, MOST_RECORDS, true },
        { "one more", records, MOST_RECORDS + 1, false },
        { "more records than octets", records, 1024, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_answers *answers = seki_answers_new(arena, 0);
        const struct seki_answer *a = seki_answers_ask(answers, SEKI_STR("example.com"), SEKI_RR_TXT);
        const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND,
                                             .records = cases[i].records,
                                             .record_count = cases[i].count };
        enum seki_result result = seki_answers_enter(answers, a, &outcome);
        if (result != (cases[i].is_kept ? SEKI_OK : SEKI_LIMIT) ||
            a->status != (cases[i].is_kept ? SEKI_ANSWER_FOUND : SEKI_ANSWER_FAILED) ||
            a->record_count != (cases[i].is_kept ? cases[i].count : 0))
            fail_msg("%s", cases[i].name);
        if (!cases[i].is_kept)
            assert_true(seki_str_equal(a->failure, SEKI_STR("the answer is longer than anybody can use")));
        assert_int_equal(seki_arena_failure(arena), SEKI_OK); /* what was refused has cost nothing */
        assert_int_equal(seki_answers_open_count(answers), 0);
        seki_arena_free(arena);
    }
}

static void the_largest_answers_to_all_questions_leave_room_for_the_message(void **state)
{
    static const char octets[LONGEST_TEXT];
    const struct seki_record longest = { .text = { octets, LONGEST_TEXT } };
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &longest, .record_count = 1 };
    char label[61], name[4 * 61 + 1];
    (void)state;
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    for (int i = 0; i < 500; i++) {
        snprintf(label, sizeof label, "%060d", i);
        snprintf(name, sizeof name, "%s.%s.%s.%s", label, label, label, label);
        const struct seki_answer *a = seki_answers_ask(answers, seki_str_of(name), SEKI_RR_TXT);
        assert_int_equal(seki_answers_enter(answers, a, &outcome), SEKI_OK);
    }
    assert_true(seki_arena_used(arena) <= (SEKI_ANSWER_MAX_OCTETS + 512) * 500); /* what sekishod reckons with */
    seki_arena_free(arena);
}

static void types_have_their_names(void **state)
{
    (void)state;
    static const struct {
        unsigned number; /* IANA's */
        const char *name;
    } types[] = { { 1, "A" },   { 2, "NS" },   { 5, "CNAME" }, { 12, "PTR" },
                  { 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" }, { 43, "DS" } };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_string_equal(seki_rr_type_name((enum seki_rr_type)types[i].number), types[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_answer_stands),
        cmocka_unit_test(past_the_bound_a_question_fails_at_once),
        cmocka_unit_test(asking_ahead_leaves_room_for_what_is_needed),
        cmocka_unit_test(a_name_that_cannot_be_is_nxdomain),
        cmocka_unit_test(an_answer_is_kept_up_to_its_bound),
        cmocka_unit_test(the_largest_answers_to_all_questions_leave_room_for_the_message),
        cmocka_unit_test(types_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
