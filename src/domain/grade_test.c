/* The grade of a domain, what keeps it down, and what is told to do next. */
#include "domain/survey_test.h"
#include "domain/usage.h"

/* A domain that does everything. Each case replaces or adds records; the selector s1 is told. */
#define KEY                                                                                                        \
    "s1._domainkey.example.com. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
#define MX     "example.com. MX 10 mx.example.com.\nmx.example.com. A 192.0.2.1\n"
#define SPF    "example.com. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
#define RUA    "; rua=mailto:d@example.com"
#define REJECT "_dmarc.example.com. TXT \"v=DMARC1; p=reject" RUA "\"\n"
#define STS    "_mta-sts.example.com. TXT \"v=STSv1; id=1\"\nmta-sts.example.com. A 192.0.2.1\n"
#define TLS    "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:t@example.com\"\n"
#define SIGNED "example.com. NS ns.example.net.\nexample.com. DS 1 13 2 00\n"
#define REST   MX STS TLS SIGNED
#define ALL    REST SPF KEY REJECT
#define PARKED "example.com. MX 0 .\nexample.com. TXT \"v=spf1 -all\"\n"

static const struct {
    const char *name, *zone, *failing;
    bool without_selectors;
    char letter;
    unsigned score;
    const char *why;   /* a part of it; "" for nothing */
    const char *steps; /* ids */
} cases[] = {
    { "everything", ALL, NULL, false, 'A', 100, "", "" },
    { "quarantine is enough", REST SPF KEY "_dmarc.example.com. TXT \"v=DMARC1; p=quarantine" RUA "\"\n", NULL,
      false, 'A', 100, "", "" },
    { "~all is enough", REST KEY REJECT "example.com. TXT \"v=spf1 ip4:192.0.2.1 ~all\"\n", NULL, false, 'A', 100,
      "", "" },
    { "a parked domain", PARKED "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n", NULL, true, 'A', 100, "", "" },
    { "a parked domain, in a zone that is not signed",
      PARKED "example.com. NS ns.example.net.\n_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n", NULL, true, 'A',
      100, "", "" },
    { "a parked domain with quarantine", PARKED "_dmarc.example.com. TXT \"v=DMARC1; p=quarantine\"\n", NULL, true,
      'A', 100, "", "improve.dmarc-reject" },

    { "a parked domain without DMARC", PARKED, NULL, true, 'D', 85, "DMARC record", "dmarc.no-mail-unsaid" },

    { "DMARC asks for nothing", REST SPF KEY "_dmarc.example.com. TXT \"v=DMARC1; p=none" RUA "\"\n", NULL, false,
      'C', 100, "policy none", "improve.dmarc-policy" },
    { "DMARC in test mode", REST SPF KEY "_dmarc.example.com. TXT \"v=DMARC1; p=quarantine; t=y" RUA "\"\n", NULL,
      false, 'C', 95, "policy none", "dmarc.testing" },
    { "no DMARC", REST SPF KEY, NULL, false, 'D', 75, "DMARC record", "dmarc.missing" },
    { "no SPF", REST KEY REJECT, NULL, false, 'D', 75, "SPF record", "spf.missing" },
    { "two SPF records", ALL "example.com. TXT \"v=spf1 -all\"\n", NULL, false, 'D', 75, "SPF record",
      "spf.two-records" },
    { "neither", REST KEY, NULL, false, 'F', 50, "F without SPF", "spf.missing dmarc.missing" },
    { "SPF allows everybody", REST KEY REJECT "example.com. TXT \"v=spf1 +all\"\n", NULL, false, 'F', 75,
      "everybody", "spf.all-pass" },
    { "an error", ALL "example.com. MX 20 10.0.0.1.\n", NULL, false, 'C', 80, "error", "mx.address-as-name" },
    { "a warning", ALL "example.com. MX 20 x.example.com.\n", NULL, false, 'B', 95, "warning",
      "mx.one-target-missing" },
    { "advice alone", ALL "example.com. MX 20 mx.example.com.\n", NULL, false, 'A', 99, "", "mx.twice" },

    { "no keys were told", REST SPF REJECT, NULL, true, 'A', 100, "", "improve.dkim" },
    { "what could be added, the most useful first", MX SPF "example.com. NS ns.example.net.\n" REJECT, NULL, true,
      'A', 100, "", "improve.dkim improve.mta-sts improve.tls-rpt" },
    { "mistakes before improvements of more worth",
      MX SPF "_dmarc.example.com. TXT \"v=DMARC1; p=none" RUA "\"\n"
             "example.com. MX 20 x.example.com.\n",
      NULL, true, 'C', 95, "policy none", "mx.one-target-missing improve.dmarc-policy improve.dkim" },
    { "advice has its place by its worth", MX SPF REJECT KEY SIGNED "example.com. MX 20 mx.example.com.\n", NULL,
      false, 'A', 99, "", "improve.mta-sts improve.tls-rpt mx.twice" },
    { "a kind that is there twice counts once",
      ALL "example.com. MX 20 x.example.com.\nexample.com. MX 20 y.example.com.\n", NULL, false, 'B', 95, "warning",
      "mx.one-target-missing" },
    { "DMARC could not be looked up", ALL, "_dmarc.example.com", false, 'C', 90, "error", "dns.failed" },
    { "no such domain", "", NULL, true, '\0', 0, "", "dns.no-domain" },
};

static void check_steps(const char *name, struct surveyed *done, const char *want)
{
    struct seki_buf ids;
    seki_buf_init_arena(&ids, done->arena, 1000);
    for (size_t i = 0; i < done->report.step_count; i++)
        seki_buf_add_format(&ids, "%s%s", i > 0 ? " " : "", done->report.steps[i].id);
    if (!seki_str_equal(seki_buf_str(&ids), seki_str_of(want)))
        fail_msg("%s: next \"%.*s\"", name, SEKI_STR_ARGS(seki_buf_str(&ids)));
}

static struct surveyed survey(const char *zone, const char *failing, bool without_selectors)
{
    static const struct seki_str selector = SEKI_STR_INIT("s1");
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com"),
                                                   .selectors = &selector,
                                                   .selector_count = without_selectors ? 0 : 1 };
    return survey_zone(zone, failing, &options);
}

static void each_domain_has_its_grade(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct surveyed done = survey(cases[i].zone, cases[i].failing, cases[i].without_selectors);
        const struct domain_grade *grade = &done.report.grade;
        if (grade->letter != cases[i].letter || grade->score != cases[i].score ||
            strstr(grade->why, cases[i].why) == NULL || (*grade->why != '\0') != (*cases[i].why != '\0'))
            fail_msg("%s: %c, %u, \"%s\"", cases[i].name, grade->letter, grade->score, grade->why);
        check_steps(cases[i].name, &done, cases[i].steps);
        survey_release(&done);
    }
}

/* The first step, and the record that it wants published. */
static void check_record(const char *zone, const char *host, const char *record)
{
    struct surveyed done = survey(zone, NULL, true);
    assert_true(done.report.step_count > 0);
    const struct domain_step *step = &done.report.steps[0];
    if (!seki_str_equal(step->host, seki_str_of(host)) || !seki_str_equal(step->record, seki_str_of(record)))
        fail_msg("%.*s TXT \"%.*s\"", SEKI_STR_ARGS(step->host), SEKI_STR_ARGS(step->record));
    survey_release(&done);
}

static void a_step_has_the_record_to_publish(void **state)
{
    (void)state;
    check_record(MX SPF "_dmarc.example.com. TXT \"v=DMARC1;p=none ;sp=none" RUA "\"\n", "_dmarc.example.com",
                 "v=DMARC1; p=quarantine;sp=none" RUA);
    check_record(MX SPF "_dmarc.example.com. TXT \"v=DMARC1; adkim=s; P = none" RUA "\"\n", "_dmarc.example.com",
                 "v=DMARC1; adkim=s; p=quarantine" RUA);
    check_record(PARKED "_dmarc.example.com. TXT \"v=DMARC1; p=quarantine\"\n", "_dmarc.example.com",
                 "v=DMARC1; p=reject");
    check_record(MX SPF REJECT, "SELECTOR._domainkey.example.com", "v=DKIM1; k=rsa; p=…");
}

static void what_a_domain_is_used_for(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        bool receives, sends;
    } uses[] = {
        { MX SPF, true, true },
        { MX "example.com. TXT \"v=spf1 -all\"\n", true, false },
        { MX "example.com. TXT \"v=spf1 ~all\"\n", true, true },
        { PARKED, false, false },
        { "example.com. TXT \"v=spf1 -all\"\n", false, false },
        { "example.com. A 192.0.2.1\nexample.com. TXT \"v=spf1 -all\"\n", true, false },
        { "example.com. MX 0 .\n" SPF, false, true },
        { "example.com. MX 0 .\n", false, true },
        { "example.com. MX 0 .\nexample.com. TXT \"v=spf1 redirect=none.example.net\"\n"
          "none.example.net. TXT \"v=spf1 -all\"\n",
          false, false },
    };
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        struct surveyed done = survey(uses[i].zone, NULL, true);
        if (domain_receives_mail(&done.report) != uses[i].receives ||
            domain_sends_mail(&done.report) != uses[i].sends)
            fail_msg("%s", uses[i].zone);
        assert_int_equal(domain_is_parked(&done.report), !uses[i].receives && !uses[i].sends);
        survey_release(&done);
    }
}

static const struct {
    const char *name, *zone, *mx, *spf, *dmarc; /* ids */
} together[] = {
    { "null MX, and nobody may send", PARKED REJECT, "", "", "dmarc.report-domain-without-mail" },
    { "null MX, and senders", "example.com. MX 0 .\n" SPF REJECT, "mx.null-but-sends", "", "" },
    { "nowhere to deliver, and nobody may send", "example.com. TXT \"v=spf1 -all\"\n" REJECT, "", "",
      "dmarc.report-domain-without-mail" },
    { "nowhere to deliver, and senders", SPF REJECT, "mx.no-way-back", "", "" },
    { "null MX without SPF is told by SPF", "example.com. MX 0 .\n" REJECT, "", "spf.no-mail-unsaid",
      "dmarc.report-domain-without-mail" },
    { "a missing exchange that SPF refers to",
      "example.com. MX 10 mx.example.com.\nexample.com. TXT \"v=spf1 +mx/24 -all\"\n" REJECT, "mx.target-missing",
      "", "" },
    { "a missing exchange, and another term that stands for nobody",
      "example.com. MX 10 mx.example.com.\nexample.com. TXT \"v=spf1 a -all\"\n" REJECT, "mx.target-missing",
      "spf.dead-term", "" },
    { "a missing exchange, and somebody else's that SPF refers to",
      "example.com. MX 10 mx.example.com.\nexample.com. TXT \"v=spf1 mx:example.net -all\"\n" REJECT,
      "mx.target-missing", "spf.dead-term", "" },
};

static void sections_are_seen_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof together / sizeof together[0]; i++) {
        struct surveyed done = survey(together[i].zone, NULL, true);
        survey_want(together[i].name, &done, DOMAIN_AREA_MX, together[i].mx);
        survey_want(together[i].name, &done, DOMAIN_AREA_SPF, together[i].spf);
        survey_want(together[i].name, &done, DOMAIN_AREA_DMARC, together[i].dmarc);
        survey_release(&done);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_domain_has_its_grade),
        cmocka_unit_test(a_step_has_the_record_to_publish),
        cmocka_unit_test(what_a_domain_is_used_for),
        cmocka_unit_test(sections_are_seen_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
