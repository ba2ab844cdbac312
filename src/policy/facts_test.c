/* What a policy sees of a verdict. RFC 6376 sections 3.6.1 (t=y is unsigned) and 8.2 (l= authenticates nothing). */
#include "policy/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct seki_ip client = { 4, { 192, 0, 2, 1 } };

#define SIGNATURES_MAX 12
#define D(text)        .domain_ascii = SEKI_STR_INIT(text)
#define PASS           .result = SEKI_DKIM_PASS
#define FAIL           .result = SEKI_DKIM_FAIL

static void signatures_are_weighed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct seki_dkim_signature_verdict signatures[SIGNATURES_MAX];
        size_t count;
        enum seki_dkim_result dkim;
        size_t domain_count;
    } cases[] = {
        { "none", { { 0 } }, 0, SEKI_DKIM_NONE, 0 },
        { "a pass", { { PASS, D("a.example") } }, 1, SEKI_DKIM_PASS, 1 },
        { "a pass after a failure", { { FAIL, D("a.example") }, { PASS, D("b.example") } }, 2, SEKI_DKIM_PASS, 1 },
        { "a failure after a pass", { { PASS, D("a.example") }, { FAIL, D("b.example") } }, 2, SEKI_DKIM_PASS, 1 },
        { "two of one domain", { { PASS, D("a.example") }, { PASS, D("a.example") } }, 2, SEKI_DKIM_PASS, 1 },
        { "two of two domains", { { PASS, D("a.example") }, { PASS, D("b.example") } }, 2, SEKI_DKIM_PASS, 2 },
        { "a failure", { { FAIL, D("a.example") } }, 1, SEKI_DKIM_FAIL, 0 },
        { "a key that may still come beside a failure",
          { { FAIL, D("a.example") }, { .result = SEKI_DKIM_TEMPERROR, D("b.example") } },
          2,
          SEKI_DKIM_TEMPERROR,
          0 },
        { "a pass in test mode is unsigned",
          { { PASS, D("a.example"), .is_testing = true } },
          1,
          SEKI_DKIM_NONE,
          0 },
        { "a failure in test mode is unsigned",
          { { FAIL, D("a.example"), .is_testing = true } },
          1,
          SEKI_DKIM_NONE,
          0 },
        { "a failure beside one in test mode",
          { { FAIL, D("a.example") }, { PASS, D("b.example"), .is_testing = true } },
          2,
          SEKI_DKIM_FAIL,
          0 },
        { "a pass over a part of the body",
          { { PASS, D("a.example"), .is_partial = true } },
          1,
          SEKI_DKIM_NEUTRAL,
          0 },
        { "more than are kept",
          { { PASS, D("a") },
            { PASS, D("b") },
            { PASS, D("c") },
            { PASS, D("d") },
            { PASS, D("e") },
            { PASS, D("f") },
            { PASS, D("g") },
            { PASS, D("h") },
            { PASS, D("i") },
            { PASS, D("j") },
            { PASS, D("k") },
            { PASS, D("l") } },
          12,
          SEKI_DKIM_PASS,
          POLICY_FACTS_DKIM_MAX },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seki_verdict verdict = { .dkim = { cases[i].signatures, cases[i].count } };
        struct policy_facts facts;
        policy_facts_of(&verdict, &client, SEKI_STR("<a@b.example>"), &facts);
        if (facts.dkim != cases[i].dkim || facts.dkim_domain_count != cases[i].domain_count ||
            policy_facts_is_authenticated(&facts) != (cases[i].domain_count > 0))
            fail_msg("%s: %s, %zu domains", cases[i].name, seki_dkim_result_name(facts.dkim),
                     facts.dkim_domain_count);
    }
}

static void the_envelope_sender_is_seen(void **state)
{
    (void)state;
    static const struct {
        const char *name, *mail_from, *spf_domain;
        bool spf_saw_null;
        const char *domain;
        bool is_null;
    } cases[] = {
        { "as SPF judged it", "<a@EXAMPLE.com>", "example.com", false, "example.com", false },
        { "without SPF as it is written", "<a@example.com>", "", false, "example.com", false },
        { "without brackets", "a@example.com", "", false, "example.com", false },
        { "without a domain", "<postmaster>", "", false, "", false },
        { "null, SPF having judged HELO", "<>", "mail.example.net", true, "", true },
        { "null without SPF", "<>", "", false, "", true },
        { "empty", "", "", false, "", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seki_verdict verdict = {
            .has_spf_mail_from = cases[i].spf_domain[0] != '\0',
            .spf_mail_from = { .result = SEKI_SPF_NEUTRAL,
                               .domain = seki_str_of(cases[i].spf_domain),
                               .is_null_reverse_path = cases[i].spf_saw_null },
        };
        struct policy_facts facts;
        policy_facts_of(&verdict, &client, seki_str_of(cases[i].mail_from), &facts);
        if (facts.is_null_sender != cases[i].is_null ||
            !seki_str_equal(facts.mail_from_domain, seki_str_of(cases[i].domain)))
            fail_msg("%s: %.*s", cases[i].name, SEKI_STR_ARGS(facts.mail_from_domain));
    }
}

/* Where no record says what alignment is, a domain speaks for itself, and by a signature for the names below it. */
static void without_a_record_a_domain_speaks_for_itself(void **state)
{
    (void)state;
    static const struct seki_dkim_signature_verdict own[] = { { PASS, D("example.com") } };
    static const struct seki_dkim_signature_verdict below[] = { { PASS, D("mail.example.com") } };
    static const struct seki_dkim_signature_verdict top[] = { { PASS, D("com") } };
    struct seki_verdict verdict = {
        .has_spf_mail_from = true,
        .spf_mail_from = { .result = SEKI_SPF_PASS, .domain = SEKI_STR("example.com") },
        .dkim = { own, 1 },
        .dmarc = { .result = SEKI_DMARC_NONE, .from_domain = SEKI_STR("example.com") },
    };
    struct policy_facts facts;
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_true(facts.is_spf_aligned && facts.is_dkim_aligned);
    verdict.dkim.signatures = below;
    verdict.spf_mail_from.result = SEKI_SPF_NEUTRAL;
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_false(facts.is_spf_aligned || facts.is_dkim_aligned);
    verdict.dkim.signatures = own;
    verdict.dmarc.from_domain = SEKI_STR("news.example.com");
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_true(facts.is_dkim_aligned);
    verdict.dkim.signatures = top;
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_false(facts.is_dkim_aligned);
    verdict.dmarc.result = SEKI_DMARC_PASS;
    verdict.dmarc.dkim_aligned = true;
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_true(!facts.is_spf_aligned && facts.is_dkim_aligned);
}

static void what_hosting_and_content_tell_is_empty(void **state)
{
    (void)state;
    const struct seki_verdict verdict = { 0 };
    struct policy_facts facts;
    policy_facts_of(&verdict, &client, SEKI_STR("<a@example.com>"), &facts);
    assert_false(facts.is_author_hosted || facts.has_scan_failed || policy_facts_is_authenticated(&facts));
    assert_int_equal(facts.lookalike_of.len + facts.attachment.len + facts.virus.len, 0);
    assert_int_equal(facts.author_domain.len, 0);
    assert_int_equal(facts.client.octet_count, 4);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_weighed),
        cmocka_unit_test(the_envelope_sender_is_seen),
        cmocka_unit_test(without_a_record_a_domain_speaks_for_itself),
        cmocka_unit_test(what_hosting_and_content_tell_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
