/* What a refused sender is told: RFC 7372 for the codes, and a sentence that names what failed, who refuses, whom to ask. */
#include "policy/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct policy all_refuse(void)
{
    struct policy policy = policy_default();
    policy.filter = POLICY_ON;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        policy.actions[i] = POLICY_REFUSE;
    return policy;
}

static const struct policy_facts facts = {
    .author_domain = SEKI_STR_INIT("author.example"),
    .spf_domain = SEKI_STR_INIT("envelope.example"),
    .lookalike_of = SEKI_STR_INIT("customer.example"),
    .attachment = SEKI_STR_INIT("invoice.exe"),
    .virus = SEKI_STR_INIT("Eicar-Test"),
};

#define ASK " customer.example refuses such mail. Ask your mail administrator, or postmaster@customer.example."

static void every_check_has_its_code_and_sentence(void **state)
{
    (void)state;
    static const struct {
        enum policy_check check;
        const char *code, *text;
    } cases[] = {
        { POLICY_DMARC_REJECT, "5.7.1",
          "The message fails DMARC: neither SPF nor a DKIM signature confirms its author domain "
          "author.example." ASK },
        { POLICY_DMARC_NONE, "5.7.1",
          "The message fails DMARC: neither SPF nor a DKIM signature confirms its author domain "
          "author.example." ASK },
        { POLICY_BAD_AUTHOR, "5.7.1",
          "The message has no From field with one author domain that can be checked." ASK },
        { POLICY_SPF_FAIL, "5.7.23",
          "The message fails SPF: the domain envelope.example does not let your host send for it." ASK },
        { POLICY_SPF_SOFTFAIL, "5.7.23",
          "The message fails SPF (softfail): the domain envelope.example does not list your host." ASK },
        { POLICY_DKIM_FAIL, "5.7.20", "The message has no valid DKIM signature: those it has do not verify." ASK },
        { POLICY_UNAUTHENTICATED, "5.7.1", "The message is not authenticated: neither SPF nor DKIM passes." ASK },
        { POLICY_INTERNAL_SPOOF, "5.7.1",
          "The message comes from outside in the name of author.example, and nothing shows that it is from "
          "there." ASK },
        { POLICY_LOOKALIKE, "5.7.1",
          "The message has an author domain that can be taken for customer.example." ASK },
        { POLICY_ATTACHMENT, "5.7.1",
          "The message has an attachment of a type that is not taken: invoice.exe." ASK },
        { POLICY_VIRUS, "5.7.1", "The message is infected: Eicar-Test." ASK },
    };
    const struct policy policy = all_refuse();
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_judgement judgement = { .action = POLICY_REFUSE,
                                                    .decisive = cases[i].check,
                                                    .matched = 1u << cases[i].check };
        const struct policy_refusal refusal = { &policy, &judgement, &facts, SEKI_STR("customer.example"),
                                                SEKI_STR("") };
        struct seki_status status;
        assert_int_equal(policy_reply(arena, &refusal, &status), SEKI_OK);
        assert_int_equal(status.reply_code, 550);
        if (!seki_str_equal(status.enhanced_code, seki_str_of(cases[i].code)) ||
            !seki_str_equal(status.text, seki_str_of(cases[i].text)))
            fail_msg("%s: %.*s %.*s", policy_check_name(cases[i].check), SEKI_STR_ARGS(status.enhanced_code),
                     SEKI_STR_ARGS(status.text));
    }
    seki_arena_free(arena);
}

static struct seki_status reply(struct seki_arena *arena, const struct policy *policy, unsigned matched,
                                enum policy_check decisive)
{
    const struct policy_judgement judgement = { .action = POLICY_REFUSE, .decisive = decisive, .matched = matched };
    const struct policy_refusal refusal = { policy, &judgement, &facts, SEKI_STR("customer.example"),
                                            SEKI_STR("") };
    struct seki_status status;
    assert_int_equal(policy_reply(arena, &refusal, &status), SEKI_OK);
    return status;
}

/* RFC 7372 section 4: "more than one of them fails, thus warranting rejection". */
static void several_checks_are_told_where_each_would_refuse(void **state)
{
    (void)state;
    struct policy policy = all_refuse();
    struct seki_arena *arena = seki_arena_new(1 << 16);
    unsigned matched = 1u << POLICY_DMARC_REJECT | 1u << POLICY_SPF_FAIL;
    assert_string_equal(reply(arena, &policy, matched, POLICY_DMARC_REJECT).enhanced_code.ptr, "5.7.26");
    assert_string_equal(reply(arena, &policy, matched | 1u << POLICY_VIRUS, POLICY_VIRUS).enhanced_code.ptr,
                        "5.7.1");
    policy.actions[POLICY_SPF_FAIL] = POLICY_MARK;
    assert_string_equal(reply(arena, &policy, matched, POLICY_DMARC_REJECT).enhanced_code.ptr, "5.7.1");
    seki_arena_free(arena);
}

static void what_came_from_outside_stays_one_printable_line(void **state)
{
    (void)state;
    static char name[2000];
    const struct policy policy = all_refuse();
    struct seki_arena *arena = seki_arena_new(1 << 16);
    const struct policy_judgement judgement = { .action = POLICY_REFUSE,
                                                .decisive = POLICY_ATTACHMENT,
                                                .matched = 1u << POLICY_ATTACHMENT };
    struct policy_facts hostile = facts;
    memset(name, '\n', sizeof name);
    memcpy(name, "\xe8\xab\x8b\r\n250 OK", 12);
    hostile.attachment = (struct seki_str){ name, sizeof name };
    const struct policy_refusal refusal = { &policy, &judgement, &hostile, SEKI_STR("customer.example"),
                                            SEKI_STR("a\r\nb") };
    struct seki_status status;
    assert_int_equal(policy_reply(arena, &refusal, &status), SEKI_OK);
    assert_in_range(status.text.len, 1, SEKI_STATUS_TEXT_MAX);
    for (size_t i = 0; i < status.text.len; i++)
        assert_in_range((unsigned char)status.text.ptr[i], 0x20, 0x7E);
    assert_true(
        seki_str_ends_with_nocase(status.text, SEKI_STR(", or a??b."))); /* whom to ask is told all the same */
    seki_arena_free(arena);
}

static void a_contact_of_the_customers_own_is_named(void **state)
{
    (void)state;
    const struct policy policy = all_refuse();
    struct seki_arena *arena = seki_arena_new(1 << 16);
    const struct policy_judgement judgement = { .action = POLICY_REFUSE, .matched = 1 };
    const struct policy_refusal refusal = { &policy, &judgement, &facts, SEKI_STR("customer.example"),
                                            SEKI_STR("it@customer.example") };
    struct seki_status status;
    assert_int_equal(policy_reply(arena, &refusal, &status), SEKI_OK);
    assert_true(seki_str_ends_with_nocase(status.text, SEKI_STR(", or it@customer.example.")));
    seki_arena_free(arena);
}

static void putting_off_is_temporary(void **state)
{
    (void)state;
    const struct policy policy = all_refuse();
    const struct policy_judgement judgement = { .is_temporary = true };
    const struct policy_refusal refusal = { &policy, &judgement, &facts, SEKI_STR("customer.example"),
                                            SEKI_STR("") };
    struct seki_status status;
    assert_int_equal(policy_reply(NULL, &refusal, &status), SEKI_OK);
    assert_int_equal(status.reply_code, 451);
    assert_string_equal(status.enhanced_code.ptr, "4.3.0");
    status = policy_reply_apart();
    assert_int_equal(status.reply_code, 452);
    assert_string_equal(status.enhanced_code.ptr, "4.5.3");
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    const struct policy policy = all_refuse();
    const struct policy_judgement judgement = { .action = POLICY_REFUSE, .matched = 1 };
    const struct policy_refusal refusal = { &policy, &judgement, &facts, SEKI_STR("customer.example"),
                                            SEKI_STR("") };
    struct seki_arena *arena = seki_arena_new(16);
    struct seki_status status;
    assert_int_equal(policy_reply(arena, &refusal, &status), SEKI_LIMIT);
    seki_arena_free(arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_has_its_code_and_sentence),
        cmocka_unit_test(several_checks_are_told_where_each_would_refuse),
        cmocka_unit_test(what_came_from_outside_stays_one_printable_line),
        cmocka_unit_test(a_contact_of_the_customers_own_is_named),
        cmocka_unit_test(putting_off_is_temporary),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
