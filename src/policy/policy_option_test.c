/* Choices as text: what is taken, what is refused and with which sentence, and that writing gives back what was read. */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void sound_choices_are_taken_and_written_back(void **state)
{
    (void)state;
    static const struct {
        const char *option, *text, *written;
    } cases[] = {
        { "filter", "observe", "observe" },
        { "filter", "ON", "on" },
        { "on-dmarc-reject", "refuse", "refuse" },
        { "on-bad-author", "as-dmarc-reject", "as-dmarc-reject" },
        { "on-bad-author", "refuse", "refuse" },
        { "discard-forged-bounces", "yes", "yes" },
        { "discard-forged-bounces", "no", "no" },
        { "junk-by", "recipient", "recipient" },
        { "junk-suffix", "+Junk", "+Junk" },
        { "junk-suffix", "-junk", "-junk" },
        { "junk-suffix", "", "" },
        { "subject-tag", "[suspicious]", "[suspicious]" },
        { "subject-tag", "[\xe7\x96\x91\xe3\x82\x8f\xe3\x81\x97\xe3\x81\x84]",
          "[\xe7\x96\x91\xe3\x82\x8f\xe3\x81\x97\xe3\x81\x84]" },
        { "subject-tag", "", "" },
        { "on-scan-failure", "tempfail", "tempfail" },
        { "quarantine-days", "1", "1" },
        { "quarantine-days", "365", "365" },
        { "digest", "weekly", "weekly" },
        { "language", "ja", "ja" },
    };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_option *option = policy_option_find(seki_str_of(cases[i].option));
        struct policy policy = policy_default();
        struct seki_error why = { { 0 } };
        if (policy_option_read(option, seki_str_of(cases[i].text), &policy, &why) != SEKI_OK)
            fail_msg("%s = %s: %s", cases[i].option, cases[i].text, why.text);
        assert_string_equal(policy_option_write(option, &policy, arena).ptr, cases[i].written);
    }
    seki_arena_free(arena);
}

#define SIXTEEN "0123456789abcdef"

static void others_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *option, *text, *sentence;
    } cases[] = {
        { "filter", "obsreve", "filter takes one of off, observe, on; did you mean \"observe\"?" },
        { "filter", "yes", "filter takes one of off, observe, on" },
        { "filter", "", "filter takes one of off, observe, on" },
        { "on-spf-fail", "discard", "on-spf-fail takes one of deliver, mark, junk, hold, quarantine, refuse" },
        { "on-spf-fail", "as-dmarc-reject",
          "on-spf-fail takes one of deliver, mark, junk, hold, quarantine, refuse" },
        { "reports", "true", "reports takes one of no, yes" },
        { "quarantine-days", "0", "quarantine-days takes a number from 1 to 365" },
        { "quarantine-days", "366", "quarantine-days takes a number from 1 to 365" },
        { "quarantine-days", "-1", "quarantine-days takes a number from 1 to 365" },
        { "quarantine-days", "30d", "quarantine-days takes a number from 1 to 365" },
        { "quarantine-days", "", "quarantine-days takes a number from 1 to 365" },
        { "junk-suffix", "Junk", "junk-suffix begins with the separator that the mail server knows, as in +Junk" },
        { "junk-suffix", ".junk", "junk-suffix begins with the separator that the mail server knows, as in +Junk" },
        { "junk-suffix", "+a@b", "junk-suffix takes letters, digits and + - = _ . # / only" },
        { "junk-suffix", "+a b", "junk-suffix takes letters, digits and + - = _ . # / only" },
        { "junk-suffix", "+a>", "junk-suffix takes letters, digits and + - = _ . # / only" },
        { "junk-suffix", "+junk.", "junk-suffix must not end in a dot" },
        { "junk-suffix", "+" SIXTEEN SIXTEEN, "junk-suffix takes at most 32 octets" },
        { "subject-tag", "[a]\r\nBcc: b", "subject-tag takes no control characters" },
        { "subject-tag", "\xff", "subject-tag takes text in UTF-8" },
        { "subject-tag", "tag ", "subject-tag neither begins nor ends with a space" },
        { "subject-tag", SIXTEEN SIXTEEN SIXTEEN SIXTEEN "0", "subject-tag takes at most 64 octets" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_option *option = policy_option_find(seki_str_of(cases[i].option));
        struct policy policy = policy_default(), before = policy;
        struct seki_error why = { { 0 } };
        assert_int_equal(policy_option_read(option, seki_str_of(cases[i].text), &policy, &why), SEKI_BAD_INPUT);
        assert_string_equal(why.text, cases[i].sentence);
        assert_memory_equal(&policy, &before, sizeof policy);
    }
    const struct policy_option *suffix = policy_option_find(SEKI_STR("junk-suffix"));
    struct policy policy = policy_default();
    assert_int_equal(policy_option_read(suffix, (struct seki_str){ "+a\0b", 4 }, &policy, NULL), SEKI_BAD_INPUT);
}

static void every_word_of_every_option_survives(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < policy_option_count; i++) {
        const struct policy_option *option = &policy_option_table[i];
        struct policy policy = policy_default();
        assert_string_equal(policy_option_write(option, &policy, arena).ptr, option->preset);
        for (size_t j = 0; option->words != NULL && option->words[j] != NULL; j++) {
            assert_int_equal(policy_option_read(option, seki_str_of(option->words[j]), &policy, NULL), SEKI_OK);
            assert_string_equal(policy_option_write(option, &policy, arena).ptr, option->words[j]);
        }
    }
    seki_arena_free(arena);
}

static void a_value_has_its_own_risk(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *risk; /* a part of it; NULL: none */
    } cases[] = {
        { "filter", "off", NULL },
        { "filter", "observe", NULL },
        { "filter", "ON", "acts at once on all mail" },
        { "filter", "maybe", NULL },
        { "on-dmarc-reject", "deliver", NULL },
        { "on-dmarc-reject", "mark", NULL },
        { "on-dmarc-reject", "junk", "no proof of forgery" },
        { "on-dmarc-reject", "refuse", "before choosing refuse" },
        { "on-bad-author", "as-dmarc-reject", NULL },
        { "on-bad-author", "mark", "leaves a way around" },
        { "on-bad-author", "refuse", "in good faith" },
        { "on-virus", "deliver", "reaches the mailbox" },
        { "on-virus", "hold", NULL },
        { "on-virus", "refuse", "Scanners are wrong" },
        { "discard-forged-bounces", "no", NULL },
        { "discard-forged-bounces", "yes", "Nobody is told" },
        { "junk-by", "field", "until a script looks" },
        { "junk-by", "recipient", "must know such addresses" },
        { "junk-suffix", "", "is delivered" },
        { "junk-suffix", "+Junk", "comes back as undeliverable" },
        { "subject-tag", "", NULL },
        { "subject-tag", "[?]", "breaks the sender's signature" },
        { "on-scan-failure", "deliver", "unscanned" },
        { "on-scan-failure", "tempfail", "no mail comes in" },
        { "quarantine-days", "7", "is deleted" },
        { "digest", "none", "nobody but the administrator" },
        { "digest", "daily", NULL },
        { "language", "ja", NULL },
        { "reports", "no", NULL },
        { "reports", "yes", "privacy" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *risk =
            policy_option_risk(policy_option_find(seki_str_of(cases[i].option)), seki_str_of(cases[i].value));
        if (cases[i].risk == NULL ? risk != NULL : risk == NULL || strstr(risk, cases[i].risk) == NULL)
            fail_msg("%s=%s: %s", cases[i].option, cases[i].value, risk != NULL ? risk : "nothing");
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_choices_are_taken_and_written_back),
        cmocka_unit_test(others_are_refused_and_change_nothing),
        cmocka_unit_test(every_word_of_every_option_survives),
        cmocka_unit_test(a_value_has_its_own_risk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
