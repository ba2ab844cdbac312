/* DMARC records from choices: what is written, which addresses are taken, and what the check of a draft finds. */
#include "domain/dmarc_build.h"

#include "domain/survey_test.h"

#define NONE       SEKI_DMARC_POLICY_NONE
#define QUARANTINE SEKI_DMARC_POLICY_QUARANTINE
#define REJECT     SEKI_DMARC_POLICY_REJECT

/* RFC 6068 section 2, RFC 9989 section 4.8. */
static const struct {
    const char *address, *want; /* NULL: refused */
} addresses[] = {
    { "d@example.com", "mailto:d@example.com" },
    { "<d@example.com>", "mailto:d@example.com" },
    { "first.last+dmarc@example.com", "mailto:first.last+dmarc@example.com" },
    { "d@EXAMPLE.com", "mailto:d@example.com" },
    { "a!b@example.com", "mailto:a%21b@example.com" },
    { "50%&more=/?#@example.com", "mailto:50%25%26more%3D%2F%3F%23@example.com" },
    { "\"a, b\"@example.com", "mailto:%22a%2C%20b%22@example.com" },
    { "d@b\xc3\xbc"
      "cher.example",
      "mailto:d@xn--bcher-kva.example" },
    { "mailto:d@example.com", "mailto:d@example.com" },
    { "MAILTO:a%2Cb@example.com?subject=x", "MAILTO:a%2Cb@example.com?subject=x" },
    { "https://example.com/dmarc", "https://example.com/dmarc" },

    { "", NULL },
    { "d", NULL },
    { "@example.com", NULL },
    { "d@", NULL },
    { "d@localhost", NULL },
    { "d@[192.0.2.1]", NULL },
    { "d d@example.com", NULL },
    { ".d@example.com", NULL },
    { "d.@example.com", NULL },
    { "d..d@example.com", NULL },
    { "d@e@example.com", NULL },
    { "D <d@example.com>", NULL },
    { "mailto:a!b@example.com", NULL },
    { "mailto:a b@example.com", NULL },
    { "b\xc3\xbc@example.com", NULL },
};

static void addresses_become_uris(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_error why = { "" };
        struct seki_str uri;
        enum seki_result result = domain_report_uri(arena, seki_str_of(addresses[i].address), &uri, &why);
        if (result != (addresses[i].want != NULL ? SEKI_OK : SEKI_BAD_INPUT))
            fail_msg("%s: %.*s %s", addresses[i].address, SEKI_STR_ARGS(uri), why.text);
        if (result == SEKI_OK && !seki_str_equal(uri, seki_str_of(addresses[i].want)))
            fail_msg("%s: %.*s", addresses[i].address, SEKI_STR_ARGS(uri));
        assert_int_equal(why.text[0] != '\0', result != SEKI_OK);
        seki_arena_free(arena);
    }
}

static const struct seki_str one[] = { SEKI_STR_INIT("d@example.com") };
static const struct seki_str two[] = { SEKI_STR_INIT("d@example.com"), SEKI_STR_INIT("e@other.example") };

static const struct {
    struct domain_dmarc_choices choices;
    const char *want;
} builds[] = {
    { { .rua = NULL }, "v=DMARC1; p=none" },
    { { .rua = one, .rua_count = 1 }, "v=DMARC1; p=none; rua=mailto:d@example.com" },
    { { .policy = REJECT, .rua = two, .rua_count = 2, .ruf = one, .ruf_count = 1 },
      "v=DMARC1; p=reject; rua=mailto:d@example.com,mailto:e@other.example; ruf=mailto:d@example.com" },
    { { .policy = QUARANTINE, .subdomain = REJECT, .nonexistent = REJECT, .is_testing = true },
      "v=DMARC1; p=quarantine; sp=reject; np=reject; t=y" },
    { { .policy = REJECT, .is_dkim_strict = true, .is_spf_strict = true }, "v=DMARC1; p=reject; adkim=s; aspf=s" },
    { { .policy = REJECT, .is_spf_strict = true }, "v=DMARC1; p=reject; aspf=s" },
};

static void choices_become_a_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 20);
        struct seki_str text;
        assert_int_equal(domain_dmarc_build(arena, &builds[i].choices, &text, NULL), SEKI_OK);
        if (!seki_str_equal(text, seki_str_of(builds[i].want)))
            fail_msg("%.*s", SEKI_STR_ARGS(text));
        seki_arena_free(arena);
    }
}

static void too_many_addresses_are_refused(void **state)
{
    (void)state;
    struct seki_str many[101];
    for (size_t i = 0; i < 101; i++)
        many[i] = one[0];
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct domain_dmarc_choices choices = { .rua = many, .rua_count = 100 };
    struct seki_error why = { "" };
    struct seki_str text;
    assert_int_equal(domain_dmarc_build(arena, &choices, &text, &why), SEKI_OK);
    choices.rua_count = 101;
    assert_int_equal(domain_dmarc_build(arena, &choices, &text, &why), SEKI_BAD_INPUT);
    assert_non_null(strstr(why.text, "100"));
    seki_arena_free(arena);
}

static const struct {
    const char *name, *domain, *text, *zone;
    enum domain_destination_state state; /* of the first destination */
    const char *want;                    /* ids */
} drafts[] = {
    { "without a domain nothing is looked up", "", "v=DMARC1; p=reject; rua=mailto:d@nowhere.invalid", "",
      DOMAIN_DESTINATION_UNKNOWN, "" },
    { "without a domain the text is judged all the same", "", "v=DMARC1; p=none; sp=none", "",
      DOMAIN_DESTINATION_UNKNOWN, "dmarc.none-without-reports" },
    { "test mode is a choice", "", "v=DMARC1; p=reject; t=y; rua=mailto:d@example.com", "",
      DOMAIN_DESTINATION_UNKNOWN, "" },
    { "the domain's own address", "example.com", "v=DMARC1; p=reject; rua=mailto:d@example.com",
      "example.com. MX 1 mx.example.com.\n", DOMAIN_DESTINATION_INTERNAL, "" },
    { "another organization", "example.com", "v=DMARC1; p=reject; rua=mailto:d@other.example",
      "other.example. MX 1 mx.other.example.\n", DOMAIN_DESTINATION_NOT_AUTHORISED,
      "dmarc.external-not-authorised" },
    { "a subdomain whose parent has a record", "mail.example.com",
      "v=DMARC1; p=reject; sp=reject; rua=mailto:d@example.com",
      "example.com. MX 1 mx.example.com.\n_dmarc.example.com. TXT \"v=DMARC1; p=none\"\n",
      DOMAIN_DESTINATION_INTERNAL, "dmarc.subdomains-ignored" },
};

static void drafts_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof drafts / sizeof drafts[0]; i++) {
        struct surveyed done = { .arena = seki_arena_new(1 << 22) };
        struct seki_answers *answers = seki_answers_new(done.arena, 0);
        struct master_file *zone = master_file_parse(seki_str_of(drafts[i].zone), "zone", NULL);
        const struct domain_dmarc_draft draft = { .domain = seki_str_of(drafts[i].domain),
                                                  .text = seki_str_of(drafts[i].text) };
        struct domain_dmarc_draft_report report;
        enum seki_result result;
        while ((result = domain_dmarc_check_step(done.arena, &draft, answers, &report, NULL)) == SEKI_NEED_ANSWERS)
            survey_answer(zone, NULL, answers);
        assert_int_equal(result, SEKI_OK);
        done.report.findings = report.findings;
        done.report.finding_count = report.finding_count;
        survey_want(drafts[i].name, &done, DOMAIN_AREA_DMARC, drafts[i].want);
        if (report.destination_count > 0)
            assert_int_equal(report.destinations[0].state, drafts[i].state);
        assert_int_equal(seki_answers_at(answers, 0) != NULL, draft.domain.len > 0);
        master_file_free(zone);
        survey_release(&done);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_uris),
        cmocka_unit_test(choices_become_a_record),
        cmocka_unit_test(too_many_addresses_are_refused),
        cmocka_unit_test(drafts_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
