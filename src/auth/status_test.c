/* RFC 7372 and its neighbours, row by row; and one status where several causes hold. */
#include <sekisho/status.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *what;
    unsigned causes;
    const char *want, *generic; /* codes */
} cases[] = {
    { "no passing signature", SEKI_CAUSE_DKIM_NONE_PASSES, "550 5.7.20", "550 5.7.1" },
    { "none acceptable", SEKI_CAUSE_DKIM_NONE_ACCEPTABLE, "550 5.7.21", "550 5.7.1" },
    { "none of the author", SEKI_CAUSE_DKIM_NO_AUTHOR, "550 5.7.22", "550 5.7.1" },
    { "SPF fail", SEKI_CAUSE_SPF_FAIL, "550 5.7.23", "550 5.7.1" },
    { "SPF permerror", SEKI_CAUSE_SPF_PERMERROR, "550 5.7.24", "550 5.7.1" },
    { "SPF temperror", SEKI_CAUSE_SPF_TEMPERROR, "451 4.7.24", "451 4.7.1" },
    { "reverse DNS", SEKI_CAUSE_REVERSE_DNS, "550 5.7.25", "550 5.7.1" },
    { "ARC", SEKI_CAUSE_ARC_FAIL, "550 5.7.29", "550 5.7.1" },
    { "DMARC", SEKI_CAUSE_DMARC_FAIL, "550 5.7.1", "550 5.7.1" },
    { "Sender ID", SEKI_CAUSE_SENDER_ID_FAIL, "550 5.7.1", "550 5.7.1" },
    { "Sender ID later", SEKI_CAUSE_SENDER_ID_TEMPERROR, "450 4.4.3", "451 4.7.1" },
    { "no PRA", SEKI_CAUSE_NO_PRA, "550 5.7.1", "550 5.7.1" },
    { "a key later", SEKI_CAUSE_DKIM_TEMPERROR, "451 4.7.5", "451 4.7.1" },
    { "a policy later", SEKI_CAUSE_DMARC_TEMPERROR, "451 4.7.1", "451 4.7.1" },
    { "null MX is no check: the sender's", SEKI_CAUSE_NULL_MX_SENDER, "550 5.7.27", "550 5.7.27" },
    { "the recipient's", SEKI_CAUSE_NULL_MX_RECIPIENT, "556 5.1.10", "556 5.1.10" },
    { "two checks failed", SEKI_CAUSE_SPF_FAIL | SEKI_CAUSE_DKIM_NONE_PASSES, "550 5.7.26", "550 5.7.1" },
    { "three", SEKI_CAUSE_SPF_FAIL | SEKI_CAUSE_DMARC_FAIL | SEKI_CAUSE_ARC_FAIL, "550 5.7.26", "550 5.7.1" },
    { "two faults of one check are one", SEKI_CAUSE_DKIM_NONE_ACCEPTABLE | SEKI_CAUSE_DKIM_NO_AUTHOR, "550 5.7.22",
      "550 5.7.1" },
    { "what is final wins", SEKI_CAUSE_SPF_TEMPERROR | SEKI_CAUSE_DMARC_FAIL, "550 5.7.1", "550 5.7.1" },
    { "and a temporary error does not make it several", SEKI_CAUSE_SPF_FAIL | SEKI_CAUSE_DKIM_TEMPERROR,
      "550 5.7.23", "550 5.7.1" },
    { "several temporary errors", SEKI_CAUSE_SPF_TEMPERROR | SEKI_CAUSE_DKIM_TEMPERROR, "451 4.7.24", "451 4.7.1" },
    { "null MX beside a failure", SEKI_CAUSE_NULL_MX_SENDER | SEKI_CAUSE_SPF_FAIL, "550 5.7.27", "550 5.7.27" },
};

static void check_code(const char *what, struct seki_status status, const char *want)
{
    char got[32];
    snprintf(got, sizeof got, "%u %.*s", status.reply_code, SEKI_STR_ARGS(status.enhanced_code));
    if (strcmp(got, want) != 0)
        fail_msg("%s: got %s, want %s", what, got, want);
    /* RFC 2034 section 4: the class agrees with the reply's first digit. */
    assert_int_equal(status.enhanced_code.ptr[0] - '0', status.reply_code / 100);
    assert_true(status.text.len > 0 && status.text.len <= SEKI_STATUS_TEXT_MAX);
}

static void codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_code(cases[i].what, seki_status_for(cases[i].causes, false), cases[i].want);
        check_code(cases[i].what, seki_status_for(cases[i].causes, true), cases[i].generic);
    }
}

static void every_cause_has_a_row(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 16; a++)
        for (unsigned b = 0; b < a; b++)
            assert_false(
                seki_str_equal(seki_status_for(1u << a, false).text, seki_status_for(1u << b, false).text));
}

static void generic_texts_name_no_check(void **state)
{
    (void)state;
    static const char *const words[] = { "SPF", "DKIM", "DMARC", "ARC", "DNS", "Sender ID" };
    for (unsigned a = 2; a < 16; a++) {
        struct seki_str text = seki_status_for(1u << a, true).text;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            assert_null(memmem(text.ptr, text.len, words[i], strlen(words[i])));
    }
}

static struct seki_verdict everything_fails(void)
{
    return (struct seki_verdict){
        .has_spf_mail_from = true,
        .spf_mail_from = { .result = SEKI_SPF_FAIL,
                           .domain = SEKI_STR("example.com"),
                           .reason = SEKI_STR("matched -all"),
                           .explanation = SEKI_STR("ask example.com/why") },
        .has_sender_id = true,
        .sender_id = { .pra = { .domain = SEKI_STR("example.org") },
                       .check = { .result = SEKI_SPF_FAIL, .reason = SEKI_STR("matched -all") } },
        .dmarc = { .result = SEKI_DMARC_FAIL, .from_domain = SEKI_STR("example.net") },
        .arc = { .result = SEKI_ARC_FAIL },
    };
}

static void causes_of_a_verdict(void **state)
{
    (void)state;
    struct seki_verdict verdict = everything_fails();
    assert_int_equal(seki_status_causes(&verdict), SEKI_CAUSE_SPF_FAIL | SEKI_CAUSE_DKIM_NONE_PASSES |
                                                       SEKI_CAUSE_DMARC_FAIL | SEKI_CAUSE_ARC_FAIL |
                                                       SEKI_CAUSE_SENDER_ID_FAIL);
    struct seki_dkim_signature_verdict signatures[2] = { { .result = SEKI_DKIM_PASS },
                                                         { .result = SEKI_DKIM_FAIL } };
    verdict = (struct seki_verdict){ .dkim = { signatures, 2 }, .dmarc.result = SEKI_DMARC_FAIL };
    assert_int_equal(seki_status_causes(&verdict), SEKI_CAUSE_DKIM_NO_AUTHOR | SEKI_CAUSE_DMARC_FAIL);
    verdict.dmarc.dkim_aligned = true;
    verdict.dmarc.result = SEKI_DMARC_PASS;
    assert_int_equal(seki_status_causes(&verdict), 0);
    signatures[1].result = SEKI_DKIM_TEMPERROR;
    verdict.dmarc.result = SEKI_DMARC_TEMPERROR;
    verdict.has_sender_id = true;
    assert_int_equal(seki_status_causes(&verdict),
                     SEKI_CAUSE_DKIM_TEMPERROR | SEKI_CAUSE_DMARC_TEMPERROR | SEKI_CAUSE_NO_PRA);
    verdict.has_spf_mail_from = true;
    verdict.spf_mail_from.result = SEKI_SPF_SOFTFAIL;
    verdict.sender_id.pra.domain = SEKI_STR("example.org");
    verdict.sender_id.check.result = SEKI_SPF_PERMERROR;
    assert_int_equal(seki_status_causes(&verdict), SEKI_CAUSE_DKIM_TEMPERROR | SEKI_CAUSE_DMARC_TEMPERROR);
}

static void check_text(const struct seki_verdict *verdict, unsigned causes, const char *want)
{
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_status status;
    assert_int_equal(seki_status_tell(arena, verdict, causes, &status), SEKI_OK);
    if (!seki_str_equal(status.text, seki_str_of(want)))
        fail_msg("got '%.*s', want '%s'", SEKI_STR_ARGS(status.text), want);
    seki_arena_free(arena);
}

static void sentences(void **state)
{
    (void)state;
    struct seki_verdict verdict = everything_fails();
    check_text(&verdict, SEKI_CAUSE_SPF_FAIL,
               "SPF MAIL FROM check failed. The domain example.com explains: ask example.com/why");
    check_text(&verdict, SEKI_CAUSE_DMARC_FAIL, "Email rejected per DMARC policy for example.net");
    check_text(&verdict, SEKI_CAUSE_SENDER_ID_FAIL, "Sender ID (PRA) matched -all");
    check_text(&verdict, SEKI_CAUSE_ARC_FAIL, "ARC validation failure");
    check_text(&verdict, SEKI_CAUSE_SPF_FAIL | SEKI_CAUSE_DMARC_FAIL, "Multiple authentication checks failed");
    verdict.spf_mail_from.explanation = SEKI_STR("");
    check_text(&verdict, SEKI_CAUSE_SPF_FAIL, "SPF MAIL FROM check failed for example.com");
    verdict.dmarc.from_domain = SEKI_STR("a\r\n250 ok\xc3\xa9");
    check_text(&verdict, SEKI_CAUSE_DMARC_FAIL, "Email rejected per DMARC policy for a??250 ok??");
}

static void a_text_fits_a_reply(void **state)
{
    (void)state;
    char explanation[1024];
    memset(explanation, 'x', sizeof explanation);
    struct seki_verdict verdict = everything_fails();
    verdict.spf_mail_from.explanation = (struct seki_str){ explanation, sizeof explanation };
    struct seki_arena *arena = seki_arena_new(1 << 16), *full = seki_arena_new(16);
    struct seki_status status;
    assert_int_equal(seki_status_tell(arena, &verdict, SEKI_CAUSE_SPF_FAIL, &status), SEKI_OK);
    assert_int_equal(status.text.len, SEKI_STATUS_TEXT_MAX);
    assert_int_equal(seki_status_tell(full, &verdict, SEKI_CAUSE_SPF_FAIL, &status), SEKI_LIMIT);
    seki_arena_free(full);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes),
        cmocka_unit_test(every_cause_has_a_row),
        cmocka_unit_test(generic_texts_name_no_check),
        cmocka_unit_test(causes_of_a_verdict),
        cmocka_unit_test(sentences),
        cmocka_unit_test(a_text_fits_a_reply),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
