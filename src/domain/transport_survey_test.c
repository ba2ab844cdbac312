/* MTA-STS, TLS-RPT, BIMI and DNSSEC of a domain: one mistake each, and the finding that names it. */
#include "domain/survey_test.h"

#define HOST    "mta-sts.example.com. A 192.0.2.1\n"
#define ENFORCE "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n"
#define LOGO    "https://example.com/logo.svg"

static const struct {
    const char *name;
    enum domain_area area;
    const char *zone;
    enum domain_transport_state want_state;
    const char *want; /* ids of the area */
} cases[] = {
    { "MTA-STS", DOMAIN_AREA_MTA_STS, HOST "_mta-sts.example.com. TXT \"v=STSv1; id=1\"\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "no MTA-STS", DOMAIN_AREA_MTA_STS, HOST, DOMAIN_TRANSPORT_ABSENT, "" },
    { "MTA-STS by CNAMEs (RFC 8461 section 8.2)", DOMAIN_AREA_MTA_STS,
      "_mta-sts.example.com. CNAME a.example.net.\na.example.net. TXT \"v=STSv1; id=1\"\n"
      "mta-sts.example.com. CNAME b.example.net.\nb.example.net. AAAA 2001:db8::1\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "MTA-STS beside another text", DOMAIN_AREA_MTA_STS,
      HOST "_mta-sts.example.com. TXT \"v=STSv1; id=1\"\n_mta-sts.example.com. TXT \"v=STSv2\"\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "a wildcard is no MTA-STS record", DOMAIN_AREA_MTA_STS, "*.example.com. TXT \"v=spf1 -all\"\n",
      DOMAIN_TRANSPORT_ABSENT, "" },
    { "two MTA-STS records", DOMAIN_AREA_MTA_STS,
      HOST "_mta-sts.example.com. TXT \"v=STSv1; id=1\"\n_mta-sts.example.com. TXT \"v=STSv1; id=2\"\n",
      DOMAIN_TRANSPORT_BROKEN, "mta-sts.two-records" },
    { "MTA-STS in small letters", DOMAIN_AREA_MTA_STS, HOST "_mta-sts.example.com. TXT \"v=stsv1; id=1\"\n",
      DOMAIN_TRANSPORT_BROKEN, "mta-sts.version" },
    { "MTA-STS that cannot be read", DOMAIN_AREA_MTA_STS,
      HOST "_mta-sts.example.com. TXT \"v=STSv1; id=1; mode\"\n", DOMAIN_TRANSPORT_BROKEN, "mta-sts.syntax" },
    { "MTA-STS without id", DOMAIN_AREA_MTA_STS, HOST "_mta-sts.example.com. TXT \"v=STSv1;\"\n",
      DOMAIN_TRANSPORT_BROKEN, "mta-sts.id-missing" },
    { "MTA-STS with a date as id", DOMAIN_AREA_MTA_STS,
      HOST "_mta-sts.example.com. TXT \"v=STSv1; id=2024-01-31\"\n", DOMAIN_TRANSPORT_BROKEN, "mta-sts.id" },
    { "MTA-STS without the web server", DOMAIN_AREA_MTA_STS, "_mta-sts.example.com. TXT \"v=STSv1; id=1\"\n",
      DOMAIN_TRANSPORT_BROKEN, "mta-sts.host-missing" },
    { "MTA-STS without the underscore", DOMAIN_AREA_MTA_STS, HOST "mta-sts.example.com. TXT \"v=STSv1; id=1\"\n",
      DOMAIN_TRANSPORT_BROKEN, "mta-sts.wrong-name" },
    { "MTA-STS with the domain twice in the name", DOMAIN_AREA_MTA_STS,
      HOST "_mta-sts.example.com.example.com. TXT \"v=STSv1; id=1\"\n", DOMAIN_TRANSPORT_BROKEN,
      "mta-sts.name-doubled" },

    { "TLS-RPT", DOMAIN_AREA_TLS_RPT, "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:a@example.com\"\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "TLS-RPT to both kinds", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1;rua=https://example.com/tls?a=b , mailto:a@example.net\"\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "no TLS-RPT", DOMAIN_AREA_TLS_RPT, "example.com. TXT x\n", DOMAIN_TRANSPORT_ABSENT, "" },
    { "two TLS-RPT records", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:a@example.com\"\n"
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:b@example.com\"\n",
      DOMAIN_TRANSPORT_BROKEN, "tls-rpt.two-records" },
    { "TLS-RPT with another version", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPT1; rua=mailto:a@example.com\"\n", DOMAIN_TRANSPORT_BROKEN,
      "tls-rpt.version" },
    { "TLS-RPT that cannot be read", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; mailto:a@example.com\"\n", DOMAIN_TRANSPORT_BROKEN,
      "tls-rpt.syntax" },
    { "TLS-RPT without rua", DOMAIN_AREA_TLS_RPT, "_smtp._tls.example.com. TXT \"v=TLSRPTv1; ruf=mailto:a\"\n",
      DOMAIN_TRANSPORT_BROKEN, "tls-rpt.rua-missing" },
    { "TLS-RPT without mailto", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=a@example.com\"\n", DOMAIN_TRANSPORT_BROKEN, "tls-rpt.rua" },
    { "TLS-RPT by http", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=http://example.com/\"\n", DOMAIN_TRANSPORT_BROKEN,
      "tls-rpt.rua" },
    { "TLS-RPT to nobody", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:@example.com\"\n", DOMAIN_TRANSPORT_BROKEN,
      "tls-rpt.rua" },
    { "TLS-RPT, one address of two wrong", DOMAIN_AREA_TLS_RPT,
      "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:a@example.com,b@example.com\"\n",
      DOMAIN_TRANSPORT_PRESENT, "tls-rpt.rua" },
    { "TLS-RPT with the domain twice in the name", DOMAIN_AREA_TLS_RPT,
      "example.com. TXT x\n_smtp._tls.example.com.example.com. TXT \"v=TLSRPTv1; rua=mailto:a@example.com\"\n",
      DOMAIN_TRANSPORT_BROKEN, "tls-rpt.name-doubled" },

    { "BIMI", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "; a=https://a/b.pem\"\n",
      DOMAIN_TRANSPORT_PRESENT, "" },
    { "BIMI without a certificate", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n", DOMAIN_TRANSPORT_PRESENT, "" },
    { "BIMI declined, whatever DMARC says", DOMAIN_AREA_BIMI,
      "default._bimi.example.com. TXT \"v=BIMI1; l=; a=;\"\n", DOMAIN_TRANSPORT_PRESENT, "" },
    { "no BIMI", DOMAIN_AREA_BIMI, "example.com. TXT x\n", DOMAIN_TRANSPORT_ABSENT, "" },
    { "two BIMI records", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n"
              "default._bimi.example.com. TXT \"v=BIMI1; l=\"\n",
      DOMAIN_TRANSPORT_BROKEN, "bimi.two-records" },
    { "BIMI without version", DOMAIN_AREA_BIMI, ENFORCE "default._bimi.example.com. TXT \"l=" LOGO "; v=BIMI1\"\n",
      DOMAIN_TRANSPORT_BROKEN, "bimi.version" },
    { "BIMI that cannot be read", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; " LOGO "\"\n", DOMAIN_TRANSPORT_BROKEN, "bimi.syntax" },
    { "BIMI without a logo", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; a=https://a/b.pem\"\n", DOMAIN_TRANSPORT_BROKEN,
      "bimi.location-missing" },
    { "BIMI by http", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=http://example.com/logo.svg\"\n",
      DOMAIN_TRANSPORT_BROKEN, "bimi.location" },
    { "BIMI with a PNG", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=https://example.com/logo.png\"\n",
      DOMAIN_TRANSPORT_BROKEN, "bimi.not-svg" },
    { "BIMI with a version behind the logo's name", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "?v=2\"\n", DOMAIN_TRANSPORT_PRESENT, "" },
    { "BIMI with a certificate by http", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "; a=http://a/b.pem\"\n", DOMAIN_TRANSPORT_BROKEN,
      "bimi.evidence" },
    { "BIMI without DMARC", DOMAIN_AREA_BIMI,
      "example.com. TXT x\ndefault._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n", DOMAIN_TRANSPORT_PRESENT,
      "bimi.without-enforcement" },
    { "BIMI with p=none", DOMAIN_AREA_BIMI,
      "_dmarc.example.com. TXT \"v=DMARC1; p=none\"\ndefault._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n",
      DOMAIN_TRANSPORT_PRESENT, "bimi.without-enforcement" },
    { "BIMI with sp=none", DOMAIN_AREA_BIMI,
      "_dmarc.example.com. TXT \"v=DMARC1; p=reject; sp=none\"\n"
      "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n",
      DOMAIN_TRANSPORT_PRESENT, "bimi.without-enforcement" },
    { "BIMI with the domain twice in the name", DOMAIN_AREA_BIMI,
      ENFORCE "default._bimi.example.com.example.com. TXT \"v=BIMI1; l=" LOGO "\"\n", DOMAIN_TRANSPORT_BROKEN,
      "bimi.name-doubled" },
};

static void each_mistake_has_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
        struct surveyed done = survey_zone(cases[i].zone, NULL, &options);
        enum domain_transport kind = (enum domain_transport)(cases[i].area - DOMAIN_AREA_MTA_STS);
        enum domain_transport_state found = done.report.transport.entries[kind].state;
        survey_want(cases[i].name, &done, cases[i].area, cases[i].want);
        if (found != cases[i].want_state)
            fail_msg("%s: %s", cases[i].name, domain_transport_state_name(found));
        survey_release(&done);
    }
}

static void what_is_in_them_is_told(void **state)
{
    (void)state;
    static const char zone[] =
        HOST ENFORCE "_mta-sts.example.com. TXT \"v=STSv1; id=20240131\"\n"
                     "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:a@example.com, https://example.com/b\"\n"
                     "default._bimi.example.com. TXT \"v=BIMI1; l=" LOGO "; a=https://example.com/c.pem\"\n";
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
    struct surveyed done = survey_zone(zone, NULL, &options);
    const struct domain_transport_report *transport = &done.report.transport;
    assert_true(seki_str_equal(transport->entries[DOMAIN_MTA_STS].name, SEKI_STR("_mta-sts.example.com")));
    assert_true(seki_str_equal(transport->entries[DOMAIN_MTA_STS].record, SEKI_STR("v=STSv1; id=20240131")));
    assert_true(seki_str_equal(transport->mta_sts_id, SEKI_STR("20240131")));
    assert_int_equal(transport->tls_rpt_rua_count, 2);
    assert_true(seki_str_equal(transport->tls_rpt_rua[1], SEKI_STR("https://example.com/b")));
    assert_true(seki_str_equal(transport->bimi_location, SEKI_STR(LOGO)));
    assert_true(seki_str_equal(transport->bimi_evidence, SEKI_STR("https://example.com/c.pem")));
    survey_release(&done);
}

static void a_failed_look_up_is_not_absence(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
    struct surveyed done = survey_zone("example.com. TXT x\n", "_smtp._tls.example.com", &options);
    assert_int_equal(done.report.transport.entries[DOMAIN_TLS_RPT].state, DOMAIN_TRANSPORT_UNKNOWN);
    survey_want("TLS-RPT", &done, DOMAIN_AREA_TLS_RPT, "");
    survey_want("DNS", &done, DOMAIN_AREA_DNS, "dns.failed");
    survey_release(&done);
}

#define DS_GOOD  "DS 1 13 2 00\n"
#define DS_SHA1  "DS 1 13 1 00\n"
#define DS_OLD   "DS 1 5 2 00\n"
#define DS_WORST "DS 1 7 1 00\n"

static const struct {
    const char *name, *domain, *zone, *failing;
    enum domain_dnssec_state state;
    const char *at, *want;
} dnssec_cases[] = {
    { "no zone in sight", "example.com", "example.com. TXT x\n", NULL, DOMAIN_DNSSEC_ABSENT, "", "" },
    { "unsigned", "example.com", "example.com. NS ns.example.net.\n", NULL, DOMAIN_DNSSEC_ABSENT, "example.com",
      "" },
    { "signed", "example.com", "example.com. NS ns.example.net.\nexample.com. " DS_GOOD, NULL,
      DOMAIN_DNSSEC_PRESENT, "example.com", "" },
    { "the zone above is signed, the domain is in it", "a.b.example.com",
      "a.b.example.com. TXT x\nexample.com. NS ns.example.net.\nexample.com. " DS_GOOD, NULL, DOMAIN_DNSSEC_PRESENT,
      "example.com", "" },
    { "the zone above is signed, the domain's own is not", "b.example.com",
      "b.example.com. NS ns.example.net.\nexample.com. NS ns.example.net.\nexample.com. " DS_GOOD, NULL,
      DOMAIN_DNSSEC_ABSENT, "b.example.com", "" },
    { "a top-level domain is not asked", "example.com", "example.com. TXT x\ncom. " DS_GOOD, NULL,
      DOMAIN_DNSSEC_ABSENT, "", "" },
    { "the DS record cannot be looked up", "b.example.com", "b.example.com. TXT x\nexample.com. " DS_GOOD,
      "example.com", DOMAIN_DNSSEC_UNKNOWN, "example.com", "" },
    { "SHA-1 alone", "example.com", "example.com. " DS_SHA1, NULL, DOMAIN_DNSSEC_PRESENT, "example.com",
      "dnssec.sha1" },
    { "SHA-1 beside SHA-256", "example.com", "example.com. " DS_SHA1 "example.com. " DS_GOOD, NULL,
      DOMAIN_DNSSEC_PRESENT, "example.com", "" },
    { "an old algorithm", "example.com", "example.com. " DS_OLD, NULL, DOMAIN_DNSSEC_PRESENT, "example.com",
      "dnssec.old-algorithm" },
    { "an old algorithm beside a new one", "example.com", "example.com. " DS_OLD "example.com. " DS_GOOD, NULL,
      DOMAIN_DNSSEC_PRESENT, "example.com", "" },
    { "both", "example.com", "example.com. " DS_WORST, NULL, DOMAIN_DNSSEC_PRESENT, "example.com",
      "dnssec.sha1 dnssec.old-algorithm" },
};

static void the_zone_that_the_domain_is_in_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dnssec_cases / sizeof dnssec_cases[0]; i++) {
        const struct domain_survey_options options = { .domain = seki_str_of(dnssec_cases[i].domain) };
        struct surveyed done = survey_zone(dnssec_cases[i].zone, dnssec_cases[i].failing, &options);
        const struct domain_dnssec_report *dnssec = &done.report.dnssec;
        survey_want(dnssec_cases[i].name, &done, DOMAIN_AREA_DNSSEC, dnssec_cases[i].want);
        if (dnssec->state != dnssec_cases[i].state ||
            !seki_str_equal(dnssec->zone, seki_str_of(dnssec_cases[i].at)))
            fail_msg("%s: %s at \"%.*s\"", dnssec_cases[i].name, domain_dnssec_state_name(dnssec->state),
                     SEKI_STR_ARGS(dnssec->zone));
        survey_release(&done);
    }
}

/* Answers as a validating resolver gives them: all of one status. */
static struct surveyed survey_validated(enum seki_answer_status status, enum seki_dnssec dnssec)
{
    struct seki_error why = { "" };
    struct surveyed done = { .arena = seki_arena_new(SURVEY_TEST_MEMORY), .context = seki_context_new(0, &why) };
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
    const struct seki_answer outcome = { .status = status,
                                         .dnssec = dnssec,
                                         .failure = SEKI_STR("DNSSEC: expired") };
    struct seki_answers *answers = seki_answers_new(done.arena, DOMAIN_SURVEY_QUESTIONS);
    struct domain_survey *survey;
    assert_int_equal(domain_survey_new(done.arena, done.context, &options, &survey, &why), SEKI_OK);
    while (domain_survey_step(survey, answers, &done.report, &why) == SEKI_NEED_ANSWERS) {
        const struct seki_answer *question;
        while ((question = seki_answers_next_open(answers)) != NULL)
            assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
    return done;
}

static void a_bogus_zone_is_told_once(void **state)
{
    (void)state;
    struct surveyed done = survey_validated(SEKI_ANSWER_FAILED, SEKI_DNSSEC_BOGUS);
    survey_want("bogus", &done, DOMAIN_AREA_DNSSEC, "dnssec.bogus");
    survey_want("bogus", &done, DOMAIN_AREA_DNS, "");
    assert_int_equal(done.report.dnssec.state, DOMAIN_DNSSEC_BROKEN);
    survey_release(&done);
    done = survey_validated(SEKI_ANSWER_NODATA, SEKI_DNSSEC_SECURE);
    survey_want("secure", &done, DOMAIN_AREA_DNSSEC, "");
    assert_int_equal(done.report.dnssec.state, DOMAIN_DNSSEC_VALIDATED);
    survey_release(&done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_has_its_name),
        cmocka_unit_test(what_is_in_them_is_told),
        cmocka_unit_test(a_failed_look_up_is_not_absence),
        cmocka_unit_test(the_zone_that_the_domain_is_in_is_found),
        cmocka_unit_test(a_bogus_zone_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
