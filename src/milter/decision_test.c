/* What a role decided, as packets: exactly these octets, or a refusal that leaves nothing behind. */
#include "milter/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define S(literal)   SEKI_STR_INIT(literal)

static char long_text[70000];

/* A field to add, and the value as it must stand in the packet; want.ptr NULL: refused. */
static const struct insertion_case {
    const char *name;
    struct seki_str field_name, value;
    bool keep_leading_space;
    struct seki_str want;
} insertions[] = {
    { "one space in front", S("A"), S("b"), true, S(" b") },
    { "none where one stands", S("A"), S(" b"), true, S(" b") },
    { "none where a tab stands", S("A"), S("\tb"), true, S("\tb") },
    { "none when the MTA puts it", S("A"), S("b"), false, S("b") },
    { "the MTA's one instead of ours", S("A"), S(" b"), false, S("b") },
    { "empty", S("A"), S(""), true, S(" ") },
    { "folded with CRLF", S("A"), S("b;\r\n\tc\r\n d"), true, S(" b;\n\tc\n d") },
    { "folded with LF", S("A"), S("b;\n c"), true, S(" b;\n c") },
    { "UTF-8", S("A"), S("\xe9\x96\xa2"), true, S(" \xe9\x96\xa2") },
    { "LF at the end", S("A"), S("b\n"), true, { NULL, 0 } },
    { "CRLF at the end", S("A"), S("b\r\n"), true, { NULL, 0 } },
    { "CR at the end", S("A"), S("b\r"), true, { NULL, 0 } },
    { "bare CR", S("A"), S("b\rc"), true, { NULL, 0 } },
    { "CR before white space", S("A"), S("b\r c"), true, { NULL, 0 } },
    { "CR CR LF", S("A"), S("b\r\r\n c"), true, { NULL, 0 } },
    { "another field smuggled in", S("A"), S("b\r\nBcc: x"), true, { NULL, 0 } },
    { "the body smuggled in", S("A"), S("b\n\n x"), true, { NULL, 0 } },
    { "NUL", S("A"), S("b\0c"), true, { NULL, 0 } },
    { "no name", S(""), S("b"), true, { NULL, 0 } },
    { "name with a colon", S("A:"), S("b"), true, { NULL, 0 } },
    { "name with a space", S("A B"), S("b"), true, { NULL, 0 } },
    { "name with a line end", S("A\n"), S("b"), true, { NULL, 0 } },
    { "name with NUL", S("A\0"), S("b"), true, { NULL, 0 } },
    { "name with 8-bit", S("A\xc3\xa4"), S("b"), true, { NULL, 0 } },
    { "longer than sendmail reads", S("A"), { long_text, 65535 }, true, { NULL, 0 } },
};

static void an_insertion_is_written_or_refused(void **state)
{
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    for (size_t i = 0; i < COUNT(insertions); i++) {
        const struct insertion_case *c = &insertions[i];
        const struct milter_field_insertion insertion = { 7, c->field_name, c->value };
        const struct milter_decision decision = { .insertions = &insertion, .insertion_count = 1 };
        struct seki_buf out, want;
        struct seki_error why = { "" };
        seki_buf_init(&out, 1u << 20);
        seki_buf_init(&want, 1u << 20);
        print_message("# %s\n", c->name);
        enum seki_result result = milter_decision_write(&out, &decision, SEKI_STR(""), c->keep_leading_space, &why);
        assert_int_equal(result, c->want.ptr != NULL ? SEKI_OK : SEKI_BAD_INPUT);
        assert_int_equal(why.text[0] != '\0', c->want.ptr == NULL);
        if (c->want.ptr != NULL) {
            size_t begin = milter_packet_begin(&want, 'i');
            milter_packet_u32(&want, 7);
            milter_packet_string(&want, SEKI_STR("A"));
            milter_packet_string(&want, c->want);
            milter_packet_end(&want, begin);
            milter_packet_plain(&want, 'c');
        }
        assert_true(seki_str_equal(seki_buf_str(&out), seki_buf_str(&want)));
        seki_buf_release(&out);
        seki_buf_release(&want);
    }
}

static void removals_come_first_and_a_refused_message_is_left_alone(void **state)
{
    (void)state;
    const struct milter_field_removal removals[] = { { S("B"), 2 }, { S("B"), 1 } };
    const struct milter_field_insertion insertion = { 0, S("A"), S("x") };
    struct milter_decision decision = { .removals = removals,
                                        .removal_count = 2,
                                        .insertions = &insertion,
                                        .insertion_count = 1,
                                        .action = MILTER_ACCEPT };
    struct seki_buf out;
    seki_buf_init(&out, 1u << 20);
    assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, NULL), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("\0\0\0\x08m\0\0\0\x02"
                                                            "B\0\0\0\0\0\x08m\0\0\0\x01"
                                                            "B\0\0\0\0\0\x0ai\0\0\0\0A\0 x\0\0\0\0\x01"
                                                            "a")));
    seki_buf_clear(&out);
    decision.action = MILTER_DISCARD;
    assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, NULL), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("\0\0\0\x01"
                                                            "d")));
    seki_buf_release(&out);
}

static void what_is_out_of_range_leaves_nothing_behind(void **state)
{
    (void)state;
    const struct milter_field_removal zero = { S("B"), 0 }, huge = { S("B"), 0x80000000u }, unnamed = { S(""), 1 };
    const struct milter_field_insertion good = { 0, S("A"), S("x") }, far = { 0x7fffffffu, S("A"), S("x") };
    const struct milter_decision refused[] = {
        { .removals = &zero, .removal_count = 1, .insertions = &good, .insertion_count = 1 },
        { .removals = &huge, .removal_count = 1 },
        { .removals = &unnamed, .removal_count = 1 },
        { .insertions = &far, .insertion_count = 1 },
        { .action = MILTER_LATER },
        { .action = (enum milter_action)99 },
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct seki_buf out;
        struct seki_error why = { "" };
        seki_buf_init(&out, 1u << 20);
        milter_packet_plain(&out, 'c'); /* of an event before */
        assert_int_equal(milter_decision_write(&out, &refused[i], SEKI_STR(""), true, &why), SEKI_BAD_INPUT);
        assert_string_not_equal(why.text, "");
        assert_int_equal(out.len, 5);
        seki_buf_release(&out);
    }
}

static void a_decision_past_the_buffers_limit_leaves_nothing_behind(void **state)
{
    (void)state;
    const struct milter_field_insertion insertion = { 0, S("A"), { long_text, 60000 } };
    const struct milter_decision decision = { .insertions = &insertion, .insertion_count = 1 };
    struct seki_buf out;
    seki_buf_init(&out, 50000);
    memset(long_text, 'x', sizeof long_text);
    assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, NULL), SEKI_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(seki_buf_failed(&out), SEKI_OK);
    seki_buf_release(&out);
}

static void all_changes_are_written_in_their_order_before_the_reply(void **state)
{
    (void)state;
    const struct milter_field_removal removal = { S("B"), 1 };
    const struct milter_field_insertion insertion = { 0, S("A"), S("x") };
    const struct milter_field_replacement replacement = { S("Subject"), 1, S(" [t]\r\n  y") };
    const struct seki_str added[] = { S("<a+Junk@b>") }, removed[] = { S("<a@b>"), S("<\xe9\x96\xa2@b>") };
    struct milter_decision decision = { .removals = &removal,
                                        .removal_count = 1,
                                        .insertions = &insertion,
                                        .insertion_count = 1,
                                        .replacements = &replacement,
                                        .replacement_count = 1,
                                        .added_recipients = added,
                                        .added_recipient_count = 1,
                                        .removed_recipients = removed,
                                        .removed_recipient_count = 2,
                                        .quarantine = S("why") };
    struct seki_buf out;
    seki_buf_init(&out, 1u << 20);
    assert_int_equal(milter_decision_changes(&decision),
                     MILTER_MAY_ADD_RCPT | MILTER_MAY_DELETE_RCPT | MILTER_MAY_QUARANTINE);
    assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, NULL), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("\0\0\0\x08m\0\0\0\x01"
                                                            "B\0\0\0\0\0\x0ai\0\0\0\0A\0 x\0"
                                                            "\0\0\0\x16m\0\0\0\x01Subject\0 [t]\n  y\0"
                                                            "\0\0\0\x0c+<a+Junk@b>\0"
                                                            "\0\0\0\x07-<a@b>\0"
                                                            "\0\0\0\x09-<\xe9\x96\xa2@b>\0"
                                                            "\0\0\0\x05qwhy\0"
                                                            "\0\0\0\x01"
                                                            "c")));
    decision.action = MILTER_REJECT;
    seki_buf_clear(&out);
    assert_int_equal(milter_decision_changes(&decision), 0);
    assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, NULL), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("\0\0\0\x01r")));
    seki_buf_release(&out);
}

static void changes_that_would_smuggle_something_in_leave_nothing_behind(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct milter_field_replacement replacement;
        struct seki_str recipient, quarantine;
    } cases[] = {
        { "a second field behind the Subject", { S("Subject"), 1, S("x\r\nBcc: y") }, S("<a@b>"), S("") },
        { "NUL in the Subject", { S("Subject"), 1, S("x\0y") }, S("<a@b>"), S("") },
        { "no value", { S("Subject"), 1, S("") }, S("<a@b>"), S("") },
        { "a value of white space", { S("Subject"), 1, S(" \t") }, S("<a@b>"), S("") },
        { "ordinal 0", { S("Subject"), 0, S("x") }, S("<a@b>"), S("") },
        { "no name", { S(""), 1, S("x") }, S("<a@b>"), S("") },
        { "longer than sendmail reads", { S("Subject"), 1, { long_text, 65535 } }, S("<a@b>"), S("") },
        { "a recipient with a line end", { S("Subject"), 1, S("x") }, S("<a@b>\r\n"), S("") },
        { "a recipient with NUL", { S("Subject"), 1, S("x") }, S("<a\0@b>"), S("") },
        { "an empty recipient", { S("Subject"), 1, S("x") }, S(""), S("") },
        { "a reason with a line end", { S("Subject"), 1, S("x") }, S("<a@b>"), S("x\ny") },
    };
    memset(long_text, 'x', sizeof long_text);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct milter_decision decision = { .replacements = &cases[i].replacement,
                                                  .replacement_count = 1,
                                                  .added_recipients = &cases[i].recipient,
                                                  .added_recipient_count = 1,
                                                  .quarantine = cases[i].quarantine };
        struct seki_buf out;
        struct seki_error why = { "" };
        seki_buf_init(&out, 1u << 20);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(milter_decision_write(&out, &decision, SEKI_STR(""), true, &why), SEKI_BAD_INPUT);
        assert_string_not_equal(why.text, "");
        assert_int_equal(out.len, 0);
        seki_buf_release(&out);
    }
}

/* want NULL: no reply of these. */
static const struct reply_case {
    const char *name;
    struct milter_reply reply;
    const char *want;
} replies[] = {
    { "refusal", { 550, S("5.7.1"), S("no") }, "550 5.7.1 no" },
    { "deferral", { 451, S("4.7.24"), S("later") }, "451 4.7.24 later" },
    { "long enhanced code", { 599, S("5.999.999"), S("x") }, "599 5.999.999 x" },
    { "default enhanced code", { 550, S(""), S("no") }, "550 5.7.1 no" },
    { "default enhanced code of a deferral", { 450, S(""), S("x") }, "450 4.7.1 x" },
    { "percent doubled", { 550, S("5.7.1"), S("50% off %s") }, "550 5.7.1 50%% off %%s" },
    { "the MTA's own words", { 0, S("5.7.1"), S("ignored") }, "" },
    { "2xx", { 250, S("2.0.0"), S("ok") }, NULL },
    { "6xx", { 600, S(""), S("x") }, NULL },
    { "399", { 399, S(""), S("x") }, NULL },
    { "class of the enhanced code differs", { 550, S("4.7.1"), S("x") }, NULL },
    { "enhanced code of two parts", { 550, S("5.7"), S("x") }, NULL },
    { "enhanced code of four parts", { 550, S("5.7.1.1"), S("x") }, NULL },
    { "enhanced code with an empty part", { 550, S("5..1"), S("x") }, NULL },
    { "enhanced code with four digits", { 550, S("5.7.1000"), S("x") }, NULL },
    { "enhanced code with letters", { 550, S("5.7.x"), S("x") }, NULL },
    { "enhanced code of two-digit class", { 550, S("55.7.1"), S("x") }, NULL },
    { "no text", { 550, S("5.7.1"), S("") }, NULL },
    { "two lines", { 550, S("5.7.1"), S("a\r\nb") }, NULL },
    { "NUL", { 550, S("5.7.1"), S("a\0b") }, NULL },
    { "8-bit", { 550, S("5.7.1"), S("\xe9\x96\xa2") }, NULL },
    { "DEL", { 550, S("5.7.1"), S("\x7f") }, NULL },
    { "text too long", { 550, S("5.7.1"), { long_text, 481 } }, NULL },
};

static void words_make_a_reply_or_none(void **state)
{
    (void)state;
    memset(long_text, '%', sizeof long_text);
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct seki_buf words;
        seki_buf_init(&words, 1024);
        seki_buf_add(&words, SEKI_STR("old"));
        print_message("# %s\n", replies[i].name);
        assert_int_equal(milter_reply_words(&words, &replies[i].reply), replies[i].want != NULL);
        assert_true(seki_str_equal(seki_buf_str(&words), seki_str_of(replies[i].want)));
        seki_buf_release(&words);
    }
}

static void the_longest_text_fits(void **state)
{
    (void)state;
    struct seki_buf words;
    seki_buf_init(&words, 1024);
    memset(long_text, '%', sizeof long_text);
    const struct milter_reply reply = { 599, S("5.999.999"), { long_text, MILTER_REPLY_TEXT_MAX } };
    assert_true(milter_reply_words(&words, &reply));
    assert_int_equal(words.len, 4 + 10 + 2 * MILTER_REPLY_TEXT_MAX);
    seki_buf_release(&words);
}

static void words_are_used_only_with_the_action_of_their_class(void **state)
{
    (void)state;
    static const struct {
        enum milter_action action;
        struct seki_str words, want;
    } cases[] = {
        { MILTER_REJECT, S("550 5.7.1 no"), S("\0\0\0\x0ey550 5.7.1 no\0") },
        { MILTER_TEMPFAIL, S("450 4.7.1 no"), S("\0\0\0\x0ey450 4.7.1 no\0") },
        { MILTER_REJECT, S("450 4.7.1 no"), S("\0\0\0\x01r") },
        { MILTER_TEMPFAIL, S("550 5.7.1 no"), S("\0\0\0\x01t") },
        { MILTER_REJECT, S(""), S("\0\0\0\x01r") },
        { MILTER_CONTINUE, S("550 5.7.1 no"),
          S("\0\0\0\x01"
            "c") },
        { MILTER_ACCEPT, S("550 5.7.1 no"),
          S("\0\0\0\x01"
            "a") },
        { MILTER_DISCARD, S("550 5.7.1 no"),
          S("\0\0\0\x01"
            "d") },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct seki_buf out;
        seki_buf_init(&out, 1024);
        milter_answer_write(&out, cases[i].action, cases[i].words);
        assert_true(seki_str_equal(seki_buf_str(&out), cases[i].want));
        seki_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_insertion_is_written_or_refused),
        cmocka_unit_test(removals_come_first_and_a_refused_message_is_left_alone),
        cmocka_unit_test(all_changes_are_written_in_their_order_before_the_reply),
        cmocka_unit_test(changes_that_would_smuggle_something_in_leave_nothing_behind),
        cmocka_unit_test(what_is_out_of_range_leaves_nothing_behind),
        cmocka_unit_test(a_decision_past_the_buffers_limit_leaves_nothing_behind),
        cmocka_unit_test(words_make_a_reply_or_none),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(words_are_used_only_with_the_action_of_their_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
