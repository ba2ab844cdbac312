#include "cli/what_if.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY_US (86400 * INT64_C(1000000))

static struct policy policy;
static struct cli_what_if what_if;

static int begin(void **state)
{
    (void)state;
    policy = policy_default();
    policy.filter = POLICY_ON;
    policy.actions[POLICY_DMARC_REJECT] = POLICY_REFUSE;
    what_if = (struct cli_what_if){ .policy = &policy, .example_limit = 2 };
    return 0;
}

static const struct policy_facts passing = { .author_domain = SEKI_STR_INIT("good.example"),
                                             .dmarc = SEKI_DMARC_PASS,
                                             .dkim = SEKI_DKIM_PASS,
                                             .is_dkim_aligned = true },
                                 failing = { .author_domain = SEKI_STR_INIT("bank.example"),
                                             .dmarc = SEKI_DMARC_FAIL,
                                             .wish = SEKI_DMARC_POLICY_REJECT,
                                             .dkim = SEKI_DKIM_FAIL };

static void what_stays_the_same_is_only_counted(void **state)
{
    (void)state;
    const struct policy_judgement delivered = { .action = POLICY_DELIVER };
    cli_what_if_add(&what_if, &passing, &delivered, 7, 5 * DAY_US);
    cli_what_if_add(&what_if, &passing, &delivered, 7, 3 * DAY_US);
    assert_int_equal(what_if.count, 2);
    assert_int_equal(what_if.changed, 0);
    assert_int_equal(what_if.oldest_us, 3 * DAY_US);
    assert_int_equal(what_if.newest_us, 5 * DAY_US);
}

static void a_stricter_policy_names_what_decides(void **state)
{
    (void)state;
    const struct policy_judgement delivered = { .action = POLICY_DELIVER };
    cli_what_if_add(&what_if, &failing, &delivered, 7, DAY_US);
    const struct cli_what_if_change *change = &what_if.changes[POLICY_DELIVER][POLICY_REFUSE];
    assert_int_equal(what_if.changed, 1);
    assert_int_equal(change->count, 1);
    assert_int_equal(change->by_check[POLICY_DMARC_REJECT], 1);
    assert_string_equal(change->examples[0].author_domain, "bank.example");
    assert_int_equal(change->examples[0].would_be.decisive, POLICY_DMARC_REJECT);
}

static void a_milder_policy_names_what_had_decided(void **state)
{
    (void)state;
    const struct policy_judgement held = { .action = POLICY_HOLD, .decisive = POLICY_LOOKALIKE };
    cli_what_if_add(&what_if, &passing, &held, 7, DAY_US);
    assert_int_equal(what_if.changes[POLICY_HOLD][POLICY_DELIVER].by_check[POLICY_LOOKALIKE], 1);
}

static void the_newest_examples_are_kept(void **state)
{
    (void)state;
    static const int64_t days[] = { 3, 1, 5, 4, 2 };
    const struct policy_judgement delivered = { .action = POLICY_DELIVER };
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        cli_what_if_add(&what_if, &failing, &delivered, 100 + days[i], days[i] * DAY_US);
    const struct cli_what_if_change *change = &what_if.changes[POLICY_DELIVER][POLICY_REFUSE];
    assert_int_equal(change->count, 5);
    assert_int_equal(change->example_count, 2);
    assert_int_equal(change->examples[0].at_us, 5 * DAY_US);
    assert_int_equal(change->examples[1].at_us, 4 * DAY_US);
    assert_int_equal(change->examples[0].message, 105);
    assert_int_equal(change->examples[1].message, 104);
}

static void no_examples_may_be_wanted(void **state)
{
    (void)state;
    const struct policy_judgement delivered = { .action = POLICY_DELIVER };
    what_if.example_limit = 0;
    cli_what_if_add(&what_if, &failing, &delivered, 7, DAY_US);
    assert_int_equal(what_if.changes[POLICY_DELIVER][POLICY_REFUSE].example_count, 0);
    assert_int_equal(what_if.changed, 1);
}

/* Whether an entry had expired is asked of the time of the message, not of today. */
static void entries_count_until_they_expire(void **state)
{
    (void)state;
    const struct policy_judgement refused = { .action = POLICY_REFUSE, .decisive = POLICY_DMARC_REJECT };
    const struct policy_allow entry = { .id = CLI_WHAT_IF_PROPOSED,
                                        .author_domain = SEKI_STR("bank.example"),
                                        .evidence = POLICY_EVIDENCE_NONE,
                                        .expires_at_s = 2 * 86400 };
    what_if.entries = &entry;
    what_if.entry_count = 1;
    cli_what_if_add(&what_if, &failing, &refused, 7, 1 * DAY_US);
    cli_what_if_add(&what_if, &failing, &refused, 7, 3 * DAY_US);
    const struct cli_what_if_change *change = &what_if.changes[POLICY_REFUSE][POLICY_DELIVER];
    assert_int_equal(change->count, 1);
    assert_true(change->examples[0].would_be.allow_id == CLI_WHAT_IF_PROPOSED);
}

/* The provider chose junk for all; a gateway, which has no folder for it, marked and will mark. */
static void at_a_gateway_junk_is_the_mark(void **state)
{
    (void)state;
    const struct policy_judgement delivered = { .action = POLICY_DELIVER },
                                  junk = { .action = POLICY_JUNK, .decisive = POLICY_DMARC_REJECT };
    policy.actions[POLICY_DMARC_REJECT] = POLICY_JUNK;
    what_if.shape = POLICY_GATEWAY;
    cli_what_if_add(&what_if, &failing, &delivered, 7, DAY_US);
    cli_what_if_add(&what_if, &failing, &junk, 7, DAY_US);
    assert_int_equal(what_if.count, 2);
    assert_int_equal(what_if.changed, 1);
    assert_int_equal(what_if.changes[POLICY_DELIVER][POLICY_MARK].count, 1);
    what_if.shape = POLICY_SHARED;
    cli_what_if_add(&what_if, &failing, &delivered, 7, DAY_US);
    assert_int_equal(what_if.changes[POLICY_DELIVER][POLICY_JUNK].count, 1);
}

static void a_long_domain_is_cut(void **state)
{
    (void)state;
    static char name[400];
    memset(name, 'a', sizeof name);
    struct policy_facts facts = failing;
    facts.author_domain = (struct seki_str){ name, sizeof name };
    const struct policy_judgement delivered = { .action = POLICY_DELIVER };
    cli_what_if_add(&what_if, &facts, &delivered, 7, DAY_US);
    assert_int_equal(strlen(what_if.changes[POLICY_DELIVER][POLICY_REFUSE].examples[0].author_domain), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_stays_the_same_is_only_counted, begin),
        cmocka_unit_test_setup(a_stricter_policy_names_what_decides, begin),
        cmocka_unit_test_setup(a_milder_policy_names_what_had_decided, begin),
        cmocka_unit_test_setup(the_newest_examples_are_kept, begin),
        cmocka_unit_test_setup(no_examples_may_be_wanted, begin),
        cmocka_unit_test_setup(entries_count_until_they_expire, begin),
        cmocka_unit_test_setup(at_a_gateway_junk_is_the_mark, begin),
        cmocka_unit_test_setup(a_long_domain_is_cut, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
