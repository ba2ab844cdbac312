/* The table of choices and what a policy means as a whole. RFC 9989 section 7.4: refusing is nobody's default. */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void choose(struct policy *policy, const char *name, const char *text)
{
    const struct policy_option *option = policy_option_find(seki_str_of(name));
    struct seki_error why = { { 0 } };
    if (option == NULL || policy_option_read(option, seki_str_of(text), policy, &why) != SEKI_OK)
        fail_msg("%s = %s: %s", name, text, why.text);
}

static void by_default_nothing_acts_and_nothing_would_refuse(void **state)
{
    (void)state;
    struct policy policy = policy_default();
    assert_int_equal(policy.filter, POLICY_OFF);
    assert_false(policy.reports || policy.discards_forged_bounces || policy.refuses_strictly);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++) {
        enum policy_action action = policy_action_for(&policy, (enum policy_check)i);
        assert_true(action < POLICY_REFUSE);
        assert_true(action != POLICY_JUNK); /* which would not fit a gateway */
    }
    for (unsigned shape = POLICY_DEDICATED; shape <= POLICY_GATEWAY; shape++)
        assert_true(policy_check_shape(&policy, (enum policy_shape)shape, NULL));
}

static void every_row_has_a_name_of_its_own_and_help(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_option_count; i++) {
        const struct policy_option *option = &policy_option_table[i];
        assert_ptr_equal(policy_option_find(seki_str_of(option->name)), option);
        assert_non_null(option->help);
        assert_true((option->type == POLICY_OPTION_WORD) == (option->words != NULL));
        for (size_t j = 0; j < i; j++)
            assert_true(policy_option_table[j].offset != option->offset);
    }
}

static void every_check_has_an_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "on-%s", policy_check_name((enum policy_check)i));
        struct policy policy = policy_default();
        choose(&policy, name, "quarantine");
        assert_int_equal(policy_action_for(&policy, (enum policy_check)i), POLICY_QUARANTINE);
        assert_non_null(policy_option_risk(policy_option_find(seki_str_of(name)), SEKI_STR("refuse")));
    }
}

static void no_check_is_offered_discard(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_option_count; i++)
        for (size_t j = 0; policy_option_table[i].words != NULL && policy_option_table[i].words[j] != NULL; j++)
            assert_string_not_equal(policy_option_table[i].words[j], "discard");
}

static void bad_author_follows_dmarc_reject_until_it_is_chosen(void **state)
{
    (void)state;
    struct policy policy = policy_default();
    choose(&policy, "on-dmarc-reject", "refuse");
    assert_int_equal(policy_action_for(&policy, POLICY_BAD_AUTHOR), POLICY_REFUSE);
    choose(&policy, "on-bad-author", "deliver");
    assert_int_equal(policy_action_for(&policy, POLICY_BAD_AUTHOR), POLICY_DELIVER);
    choose(&policy, "on-bad-author", "hold");
    assert_int_equal(policy_action_for(&policy, POLICY_BAD_AUTHOR), POLICY_HOLD);
    choose(&policy, "on-bad-author", "as-dmarc-reject");
    assert_int_equal(policy_action_for(&policy, POLICY_BAD_AUTHOR), POLICY_REFUSE);
}

static void a_policy_fits_the_shape_of_its_server(void **state)
{
    (void)state;
    static const struct {
        const char *name, *option, *value;
        bool fits[POLICY_GATEWAY + 1];
    } cases[] = {
        { "marks fit everywhere", "on-spf-fail", "mark", { true, true, true } },
        { "our quarantine fits everywhere", "on-spf-fail", "hold", { true, true, true } },
        { "refusing fits everywhere", "on-spf-fail", "refuse", { true, true, true } },
        { "a gateway has no junk folder", "on-spf-fail", "junk", { true, true, false } },
        { "not for what has no readable author either", "on-bad-author", "junk", { true, true, false } },
        { "nor by what bad-author follows", "on-dmarc-reject", "junk", { true, true, false } },
        { "another recipient needs a suffix", "junk-by", "recipient", { false, false, false } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy policy = policy_default();
        choose(&policy, cases[i].option, cases[i].value);
        for (unsigned shape = 0; shape <= POLICY_GATEWAY; shape++) {
            struct seki_error why = { { 0 } };
            bool fits = policy_check_shape(&policy, (enum policy_shape)shape, &why);
            if (fits != cases[i].fits[shape] || fits != (why.text[0] == '\0'))
                fail_msg("%s: %s: %s", cases[i].name, policy_shape_name((enum policy_shape)shape), why.text);
        }
    }
    struct policy policy = policy_default();
    choose(&policy, "junk-by", "recipient");
    choose(&policy, "junk-suffix", "+Junk");
    assert_true(policy_check_shape(&policy, POLICY_SHARED, NULL));
    assert_false(policy_check_shape(&policy, POLICY_GATEWAY, NULL));
}

static void acting_and_reporting_need_a_confirmation(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value;
        bool needs;
    } cases[] = {
        { "filter", "off", false }, { "filter", "observe", false },         { "filter", "on", true },
        { "reports", "yes", true }, { "on-dmarc-reject", "refuse", false }, { "digest", "daily", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy policy = policy_default();
        choose(&policy, cases[i].option, cases[i].value);
        assert_int_equal(policy_needs_confirmation(&policy), cases[i].needs);
    }
}

static void only_an_acting_filter_can_refuse(void **state)
{
    (void)state;
    struct policy policy = policy_default();
    choose(&policy, "filter", "on");
    assert_false(policy_can_refuse(&policy));
    choose(&policy, "on-virus", "refuse");
    assert_true(policy_can_refuse(&policy));
    choose(&policy, "filter", "observe");
    assert_false(policy_can_refuse(&policy));
}

static void the_nearest_name_is_offered(void **state)
{
    (void)state;
    assert_string_equal(policy_option_nearest(SEKI_STR("on-dmark-reject")), "on-dmarc-reject");
    assert_string_equal(policy_option_nearest(SEKI_STR("fliter")), "filter");
    assert_null(policy_option_nearest(SEKI_STR("colour")));
    assert_null(policy_option_find(SEKI_STR("Filter")));
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_nothing_acts_and_nothing_would_refuse),
        cmocka_unit_test(every_row_has_a_name_of_its_own_and_help),
        cmocka_unit_test(every_check_has_an_option),
        cmocka_unit_test(no_check_is_offered_discard),
        cmocka_unit_test(bad_author_follows_dmarc_reject_until_it_is_chosen),
        cmocka_unit_test(a_policy_fits_the_shape_of_its_server),
        cmocka_unit_test(acting_and_reporting_need_a_confirmation),
        cmocka_unit_test(only_an_acting_filter_can_refuse),
        cmocka_unit_test(the_nearest_name_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
