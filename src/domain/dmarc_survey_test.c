/* DMARC of a domain: one mistake each, and the finding that names it; what is reported of the policy and of where
 * reports go. */
#include "domain/survey_test.h"

#include <unistd.h>

#define NONE       SEKI_DMARC_POLICY_NONE
#define QUARANTINE SEKI_DMARC_POLICY_QUARANTINE
#define REJECT     SEKI_DMARC_POLICY_REJECT
#define UNSET      SEKI_DMARC_POLICY_UNSET

/* example.com receives mail, and so does reports.example.net, which wants the reports of example.com. */
#define COMMON                                                                                                     \
    "example.com. MX 10 mx.example.com.\nmx.example.com. A 192.0.2.1\n"                                            \
    "reports.example.net. MX 10 mx.example.net.\n"                                                                 \
    "example.com._report._dmarc.reports.example.net. TXT \"v=DMARC1;\"\n"
#define RUA "rua=mailto:d@example.com"

/* 1. One record, at _dmarc.example.com. */

static const struct {
    const char *name, *record;
    enum domain_dmarc_result result;
    enum seki_dmarc_policy policy;
    const char *want; /* ids */
} records[] = {
    /* In order. */
    { "reports alone", "v=DMARC1; p=none; " RUA, DOMAIN_DMARC_FOUND, NONE, "" },
    { "reject", "v=DMARC1; p=reject; " RUA, DOMAIN_DMARC_FOUND, REJECT, "" },
    { "every tag",
      "v=DMARC1; p=quarantine; sp=reject; np=reject; adkim=s; aspf=s; fo=1:d:s; t=n; psd=u; " RUA
      "; ruf=mailto:d@example.com",
      DOMAIN_DMARC_FOUND, QUARANTINE, "" },
    { "spaces and capitals", "v = DMARC1 ; P=Reject ;" RUA " ; ", DOMAIN_DMARC_FOUND, REJECT, "" },
    { "several addresses", "v=DMARC1; p=none; " RUA ", mailto:e@mx.example.com,mailto:f@reports.example.net",
      DOMAIN_DMARC_FOUND, NONE, "" },
    { "an encoded comma, a subject", "v=DMARC1; p=none; rua=mailto:a%2Cb@example.com?subject=DMARC",
      DOMAIN_DMARC_FOUND, NONE, "" },
    { "a comma at the end of a list", "v=DMARC1; p=none; " RUA ",", DOMAIN_DMARC_FOUND, NONE, "" },
    { "test mode without a policy to lower", "v=DMARC1; p=none; t=y; " RUA, DOMAIN_DMARC_FOUND, NONE, "" },
    { "stricter for subdomains", "v=DMARC1; p=none; sp=reject; np=quarantine; " RUA, DOMAIN_DMARC_FOUND, NONE,
      "dmarc.subdomains-weaker" }, /* np is weaker than sp */
    { "not a public suffix, and it says so", "v=DMARC1; p=reject; psd=n; " RUA, DOMAIN_DMARC_FOUND, REJECT, "" },

    /* The version. */
    { "version in small letters", "v=dmarc1; p=none; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version-case" },
    { "version with a space in it", "v=DMARC 1; p=none; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version" },
    { "another version", "v=DMARC2; p=none; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version" },
    { "version 1.0", "v=DMARC1.0; p=none", DOMAIN_DMARC_NONE, UNSET, "dmarc.version" },
    { "an unknown version, and a policy", "v=1; p=reject", DOMAIN_DMARC_NONE, UNSET, "dmarc.version" },
    { "no semicolon behind the version", "v=DMARC1 p=none; " RUA, DOMAIN_DMARC_NONE, UNSET,
      "dmarc.version-unseparated" },
    { "a comma behind the version", "v=DMARC1, p=none, " RUA, DOMAIN_DMARC_NONE, UNSET,
      "dmarc.version-unseparated" },
    { "a semicolon of another script", "v=DMARC1\xef\xbc\x9bp=none", DOMAIN_DMARC_NONE, UNSET,
      "dmarc.version-unseparated" },
    { "version behind the policy", "p=none; v=DMARC1; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version-not-first" },
    { "a space before the version", " v=DMARC1; p=none", DOMAIN_DMARC_NONE, UNSET, "dmarc.version-not-first" },
    { "DMARC1 without v=", "DMARC1; p=none; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version-missing" },
    { "no version", "p=reject; " RUA, DOMAIN_DMARC_NONE, UNSET, "dmarc.version-missing" },
    { "quotes around it", "\\\"v=DMARC1; p=none\\\"", DOMAIN_DMARC_NONE, UNSET, "dmarc.quoted" },
    { "escaped semicolons", "v=DMARC1\\\\; p=none", DOMAIN_DMARC_NONE, UNSET, "dmarc.quoted" },
    { "an SPF record", "v=spf1 mx -all", DOMAIN_DMARC_NONE, UNSET, "dmarc.other-record" },
    { "a DKIM key", "v=DKIM1; k=rsa; p=AAAA", DOMAIN_DMARC_NONE, UNSET, "dmarc.other-record" },
    { "something else altogether", "some-verification=0123", DOMAIN_DMARC_NONE, UNSET, "dmarc.missing" },

    /* Policies. */
    { "an invalid policy", "v=DMARC1; p=rejct; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.policy-invalid-as-none" },
    { "an invalid policy without rua", "v=DMARC1; p=rejct", DOMAIN_DMARC_UNUSABLE, UNSET, "dmarc.policy-invalid" },
    { "an invalid sp takes p away too", "v=DMARC1; p=reject; sp=rejct; " RUA, DOMAIN_DMARC_FOUND, NONE,
      "dmarc.policy-invalid-as-none" },
    { "an invalid np without rua", "v=DMARC1; p=reject; np=1", DOMAIN_DMARC_UNUSABLE, UNSET,
      "dmarc.policy-invalid" },
    { "an empty policy", "v=DMARC1; p=; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.policy-invalid-as-none" },
    { "no policy", "v=DMARC1; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.policy-missing-as-none" },
    { "nothing at all", "v=DMARC1", DOMAIN_DMARC_UNUSABLE, UNSET, "dmarc.policy-missing" },
    { "policy behind rua", "v=DMARC1; " RUA "; p=reject", DOMAIN_DMARC_FOUND, REJECT, "dmarc.policy-not-second" },
    { "weaker for subdomains", "v=DMARC1; p=reject; sp=none; " RUA, DOMAIN_DMARC_FOUND, REJECT,
      "dmarc.subdomains-weaker" },
    { "weaker for names that do not exist", "v=DMARC1; p=reject; np=quarantine; " RUA, DOMAIN_DMARC_FOUND, REJECT,
      "dmarc.subdomains-weaker" },
    { "test mode", "v=DMARC1; p=reject; t=y; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.testing" },

    /* Tags. */
    { "a comma for a semicolon", "v=DMARC1; p=none, " RUA, DOMAIN_DMARC_UNUSABLE, UNSET, "dmarc.separator" },
    { "no semicolon", "v=DMARC1; p=reject " RUA, DOMAIN_DMARC_UNUSABLE, UNSET, "dmarc.separator" },
    { "a comma before fo", "v=DMARC1; p=reject; " RUA ", fo=1", DOMAIN_DMARC_FOUND, REJECT, "dmarc.separator" },
    { "a space before fo", "v=DMARC1; p=reject; " RUA " fo=1", DOMAIN_DMARC_FOUND, REJECT, "dmarc.separator" },
    { "no semicolon before aspf", "v=DMARC1; p=none; adkim=r aspf=r; " RUA, DOMAIN_DMARC_FOUND, NONE,
      "dmarc.separator" },
    { "a policy without p=", "v=DMARC1; reject; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.not-a-tag" },
    { "a colon for the equals sign", "v=DMARC1; p:reject; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.not-a-tag" },
    { "a semicolon between two addresses", "v=DMARC1; p=none; " RUA ";mailto:e@example.com", DOMAIN_DMARC_FOUND,
      NONE, "dmarc.not-a-tag" },
    { "a mistyped tag", "v=DMARC1; p=reject; rau=mailto:d@example.com", DOMAIN_DMARC_FOUND, REJECT,
      "dmarc.tag-misspelt" },
    { "a mistyped policy", "v=DMARC1; pp=reject; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.tag-misspelt" },
    { "an unknown tag", "v=DMARC1; p=reject; report=yes; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.tag-unknown" },
    { "a tag twice", "v=DMARC1; p=reject; p=none; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.tag-repeated" },
    { "the version twice", "v=DMARC1; p=reject; v=DMARC1; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.tag-repeated" },
    { "adkim in words", "v=DMARC1; p=reject; adkim=strict; " RUA, DOMAIN_DMARC_FOUND, REJECT,
      "dmarc.value-invalid" },
    { "aspf empty", "v=DMARC1; p=reject; aspf=; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.value-invalid" },
    { "t in words", "v=DMARC1; p=reject; t=yes; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.value-invalid" },
    { "fo with what excludes each other", "v=DMARC1; p=reject; fo=0:1; " RUA "; ruf=mailto:d@example.com",
      DOMAIN_DMARC_FOUND, REJECT, "dmarc.value-invalid" },
    { "fo without ruf", "v=DMARC1; p=reject; fo=1; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.fo-without-ruf" },

    /* What RFC 7489 left over. */
    { "pct=0", "v=DMARC1; p=reject; pct=0; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.pct-zero" },
    { "pct=25", "v=DMARC1; p=reject; pct=25; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.pct-part" },
    { "pct=100", "v=DMARC1; p=reject; pct=100; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.pct" },
    { "pct without a policy to sample", "v=DMARC1; p=none; pct=0; " RUA, DOMAIN_DMARC_FOUND, NONE, "dmarc.pct" },
    { "pct that was never valid", "v=DMARC1; p=reject; pct=101; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.pct" },
    { "rf", "v=DMARC1; p=reject; rf=afrf; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.rf" },
    { "ri", "v=DMARC1; p=reject; ri=3600; " RUA, DOMAIN_DMARC_FOUND, REJECT, "dmarc.ri" },
    { "a limit of the size", "v=DMARC1; p=reject; " RUA "!10m", DOMAIN_DMARC_FOUND, REJECT, "dmarc.uri-size" },

    /* Reports. */
    { "neither policy nor reports", "v=DMARC1; p=none", DOMAIN_DMARC_FOUND, NONE, "dmarc.none-without-reports" },
    { "an empty rua", "v=DMARC1; p=none; rua=", DOMAIN_DMARC_FOUND, NONE, "dmarc.none-without-reports" },
    { "a policy without reports", "v=DMARC1; p=reject", DOMAIN_DMARC_FOUND, REJECT, "dmarc.no-reports" },
    { "an address without mailto", "v=DMARC1; p=none; rua=d@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-without-mailto" },
    { "the second address without mailto", "v=DMARC1; p=none; " RUA ",e@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-without-mailto" },
    { "a space in the URI", "v=DMARC1; p=none; rua=mailto: d@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-unreadable" },
    { "angle brackets", "v=DMARC1; p=none; rua=mailto:<d@example.com>", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-unreadable" },
    { "a web address", "v=DMARC1; p=none; rua=https://example.com/reports", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-scheme" },
    { "mail: for mailto:", "v=DMARC1; p=none; rua=mail:d@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-scheme" },
    { "slashes as in a web address", "v=DMARC1; p=none; rua=mailto://d@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-address" },
    { "no domain", "v=DMARC1; p=none; rua=mailto:d", DOMAIN_DMARC_FOUND, NONE, "dmarc.uri-address" },
    { "two addresses in one URI", "v=DMARC1; p=none; rua=mailto:d@example.com%2Ce@example.com", DOMAIN_DMARC_FOUND,
      NONE, "dmarc.uri-address" },
    { "an address literal", "v=DMARC1; p=none; rua=mailto:d@%5B192.0.2.1%5D", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-address" },
    { "failure reports to a bare address", "v=DMARC1; p=none; " RUA "; ruf=d@example.com", DOMAIN_DMARC_FOUND, NONE,
      "dmarc.uri-without-mailto" },
};

static void each_record_is_judged(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR_INIT("example.com") };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        char zone[2048];
        snprintf(zone, sizeof zone, COMMON "_dmarc.example.com. TXT \"%s\"\n", records[i].record);
        struct surveyed done = survey_zone(zone, NULL, &options);
        const struct domain_dmarc_report *dmarc = &done.report.dmarc;
        survey_want(records[i].name, &done, DOMAIN_AREA_DMARC, records[i].want);
        if (dmarc->result != records[i].result || dmarc->policy.published != records[i].policy)
            fail_msg("%s: %s, policy \"%s\"", records[i].name, domain_dmarc_result_name(dmarc->result),
                     seki_dmarc_policy_name(dmarc->policy.published));
        survey_release(&done);
    }
}

/* 2. Where the record is. */

#define LONG_URI                                                                                                   \
    "mailto:reports-of-a-very-long-name-that-nobody-would-choose-without-a-reason-at-all@mx.example.com"
#define GOOD "\"v=DMARC1; p=quarantine; sp=reject; rua=mailto:d@example.com\"\n"

static const struct {
    const char *name, *domain, *zone, *failing;
    enum domain_dmarc_result result;
    enum domain_dmarc_place place;
    const char *org_domain;
    const char *want; /* ids */
} zones[] = {
    { "no record", "example.com", COMMON, NULL, DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com",
      "dmarc.missing" },
    { "no domain either", "example.com", "", NULL, DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "" },
    { "own record", "example.com", COMMON "_dmarc.example.com. TXT " GOOD, NULL, DOMAIN_DMARC_FOUND,
      DOMAIN_PLACE_OWN, "example.com", "" },
    { "the parent's record", "mail.example.com", COMMON "_dmarc.example.com. TXT " GOOD, NULL, DOMAIN_DMARC_FOUND,
      DOMAIN_PLACE_ORG, "example.com", "" },
    { "a record between the two", "a.b.example.com",
      COMMON "a.b.example.com. TXT x\n_dmarc.example.com. TXT " GOOD "_dmarc.b.example.com. TXT " GOOD, NULL,
      DOMAIN_DMARC_FOUND, DOMAIN_PLACE_ORG, "example.com", "dmarc.passed-over" },
    { "a record between the two that is an Organizational Domain's", "a.b.example.com",
      COMMON "_dmarc.example.com. TXT " GOOD
             "_dmarc.b.example.com. TXT \"v=DMARC1; p=reject; psd=n; rua=mailto:d@example.com\"\n"
             "b.example.com._report._dmarc.example.com. TXT v=DMARC1\n",
      NULL, DOMAIN_DMARC_FOUND, DOMAIN_PLACE_ORG, "b.example.com", "" },
    { "own record below the parent's: what it says of subdomains is not heard", "mail.example.com",
      COMMON "_dmarc.example.com. TXT " GOOD "_dmarc.mail.example.com. TXT " GOOD, NULL, DOMAIN_DMARC_FOUND,
      DOMAIN_PLACE_OWN, "example.com", "dmarc.subdomains-ignored" },
    { "only the public suffix has one", "example.bank",
      "example.bank. MX 10 mx.example.bank.\n_dmarc.bank. TXT \"v=DMARC1; p=reject; psd=y\"\n", NULL,
      DOMAIN_DMARC_FOUND, DOMAIN_PLACE_PSD, "example.bank", "dmarc.only-public-suffix" },
    { "two records", "example.com", COMMON "_dmarc.example.com. TXT " GOOD "_dmarc.example.com. TXT \"v=DMARC1\"\n",
      NULL, DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.two-records" },
    { "two records, and the parent's", "mail.example.com",
      COMMON "_dmarc.mail.example.com. TXT " GOOD "_dmarc.mail.example.com. TXT \"v=DMARC1\"\n"
             "_dmarc.example.com. TXT " GOOD,
      NULL, DOMAIN_DMARC_FOUND, DOMAIN_PLACE_ORG, "example.com", "dmarc.two-records" },
    { "a record beside other texts", "example.com",
      COMMON "_dmarc.example.com. TXT " GOOD "_dmarc.example.com. TXT \"verification=1\"\n", NULL,
      DOMAIN_DMARC_FOUND, DOMAIN_PLACE_OWN, "example.com", "" },
    { "a string that no server loads", "example.com",
      COMMON "_dmarc.example.com. TXT \"v=DMARC1; p=reject; " RUA "," LONG_URI "," LONG_URI "," LONG_URI "\"\n",
      NULL, DOMAIN_DMARC_FOUND, DOMAIN_PLACE_OWN, "example.com", "dmarc.long-string" },
    { "at the domain itself", "example.com", COMMON "example.com. TXT " GOOD, NULL, DOMAIN_DMARC_NONE,
      DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.at-domain" },
    { "at the domain itself too", "example.com", COMMON "example.com. TXT " GOOD "_dmarc.example.com. TXT " GOOD,
      NULL, DOMAIN_DMARC_FOUND, DOMAIN_PLACE_OWN, "example.com", "" },
    { "the domain twice in the name", "example.com", COMMON "_dmarc.example.com.example.com. TXT " GOOD, NULL,
      DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.name-doubled" },
    { "a wildcard with SPF is no DMARC record gone astray", "example.com",
      COMMON "*.example.com. TXT \"v=spf1 -all\"\n", NULL, DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com",
      "dmarc.missing" },
    { "an alias", "example.com",
      COMMON "_dmarc.example.com. CNAME d.provider.example.\nd.provider.example. TXT " GOOD, NULL,
      DOMAIN_DMARC_FOUND, DOMAIN_PLACE_OWN, "example.com", "" },
    { "an alias that leads nowhere", "example.com", COMMON "_dmarc.example.com. CNAME d.provider.example.\n", NULL,
      DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.alias-without-record" },
    { "an alias for every name", "example.com", COMMON "*.example.com. CNAME www.provider.example.\n", NULL,
      DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.missing" },
    { "an alias to a text that is no record", "example.com",
      COMMON "_dmarc.example.com. CNAME d.provider.example.\nd.provider.example. TXT \"v=DMARC2; p=none\"\n", NULL,
      DOMAIN_DMARC_NONE, DOMAIN_PLACE_NOWHERE, "example.com", "dmarc.version" },
    { "the look-up fails", "example.com", COMMON, "_dmarc.example.com", DOMAIN_DMARC_UNKNOWN, DOMAIN_PLACE_NOWHERE,
      "", "" },
    { "the parent's look-up fails", "mail.example.com", COMMON, "_dmarc.example.com", DOMAIN_DMARC_UNKNOWN,
      DOMAIN_PLACE_NOWHERE, "", "" },
    { "more labels than are walked", "a.b.c.d.e.f.g.h.example.com", COMMON "_dmarc.example.com. TXT " GOOD, NULL,
      DOMAIN_DMARC_FOUND, DOMAIN_PLACE_ORG, "example.com", "" },
};

static void each_zone_is_surveyed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        const struct domain_survey_options options = { .domain = seki_str_of(zones[i].domain) };
        struct surveyed done = survey_zone(zones[i].zone, zones[i].failing, &options);
        const struct domain_dmarc_report *dmarc = &done.report.dmarc;
        survey_want(zones[i].name, &done, DOMAIN_AREA_DMARC, zones[i].want);
        if (dmarc->result != zones[i].result || dmarc->place != zones[i].place ||
            !seki_str_equal(dmarc->org_domain, seki_str_of(zones[i].org_domain)))
            fail_msg("%s: %s, at \"%s\", Organizational Domain \"%.*s\"", zones[i].name,
                     domain_dmarc_result_name(dmarc->result), domain_dmarc_place_name(dmarc->place),
                     SEKI_STR_ARGS(dmarc->org_domain));
        survey_release(&done);
    }
}

/* 3. Where reports go. */

static const struct {
    const char *name;
    const char *tags; /* behind p=none */
    const char *zone, *failing;
    enum domain_destination_state states[3];
    size_t count;
    const char *want; /* ids */
} destinations[] = {
    { "in the domain", RUA, "", NULL, { DOMAIN_DESTINATION_INTERNAL }, 1, "" },
    { "in a subdomain", "rua=mailto:d@mx.example.com", "", NULL, { DOMAIN_DESTINATION_INTERNAL }, 1, "" },
    { "a subdomain with a record of its own, as the same organization",
      "rua=mailto:d@sub.example.com",
      "sub.example.com. MX 10 mx.example.com.\n_dmarc.sub.example.com. TXT \"v=DMARC1; p=none\"\n",
      NULL,
      { DOMAIN_DESTINATION_INTERNAL },
      1,
      "" },
    { "a subdomain that is an organization of its own",
      "rua=mailto:d@sub.example.com",
      "sub.example.com. MX 10 mx.example.com.\n_dmarc.sub.example.com. TXT \"v=DMARC1; p=none; psd=n\"\n",
      NULL,
      { DOMAIN_DESTINATION_NOT_AUTHORISED },
      1,
      "dmarc.external-not-authorised" },
    { "another organization that wants them",
      "rua=mailto:d@reports.example.net",
      "",
      NULL,
      { DOMAIN_DESTINATION_AUTHORISED },
      1,
      "" },
    { "one that wants those of everybody",
      "rua=mailto:d@all.example",
      "all.example. MX 10 mx.all.example.\n*._report._dmarc.all.example. TXT v=DMARC1\n",
      NULL,
      { DOMAIN_DESTINATION_AUTHORISED },
      1,
      "" },
    { "one that has a good record beside a bad one",
      "rua=mailto:d@two.example",
      "two.example. MX 10 mx.two.example.\nexample.com._report._dmarc.two.example. TXT v=DMARC1\n"
      "example.com._report._dmarc.two.example. TXT nonsense\n",
      NULL,
      { DOMAIN_DESTINATION_AUTHORISED },
      1,
      "" },
    { "one that has not said so",
      "rua=mailto:d@other.example",
      "other.example. MX 10 mx.other.example.\n",
      NULL,
      { DOMAIN_DESTINATION_NOT_AUTHORISED },
      1,
      "dmarc.external-not-authorised" },
    { "one that has said it wrong",
      "rua=mailto:d@other.example",
      "other.example. MX 10 mx.other.example.\nexample.com._report._dmarc.other.example. TXT v=dmarc1\n",
      NULL,
      { DOMAIN_DESTINATION_NOT_AUTHORISED },
      1,
      "dmarc.external-not-authorised" },
    { "one that names another address of its own",
      "rua=mailto:d@over.example",
      "over.example. MX 10 mx.over.example.\n"
      "example.com._report._dmarc.over.example. TXT \"v=DMARC1; rua=mailto:x@over.example\"\n",
      NULL,
      { DOMAIN_DESTINATION_AUTHORISED },
      1,
      "" },
    { "one that sends them on to a third",
      "rua=mailto:d@over.example",
      "over.example. MX 10 mx.over.example.\n"
      "example.com._report._dmarc.over.example. TXT \"v=DMARC1; rua=mailto:x@third.example\"\n",
      NULL,
      { DOMAIN_DESTINATION_OVERRIDDEN },
      1,
      "dmarc.external-override" },
    { "an override of the other kind of report",
      "rua=mailto:d@over.example",
      "over.example. MX 10 mx.over.example.\n"
      "example.com._report._dmarc.over.example. TXT \"v=DMARC1; ruf=mailto:x@third.example\"\n",
      NULL,
      { DOMAIN_DESTINATION_AUTHORISED },
      1,
      "" },
    { "failure reports too",
      RUA "; ruf=mailto:d@other.example",
      "other.example. MX 10 mx.other.example.\n",
      NULL,
      { DOMAIN_DESTINATION_INTERNAL, DOMAIN_DESTINATION_NOT_AUTHORISED },
      2,
      "dmarc.external-not-authorised" },
    { "an address without MX",
      "rua=mailto:d@a.example.com",
      "a.example.com. AAAA 2001:db8::1\n",
      NULL,
      { DOMAIN_DESTINATION_INTERNAL },
      1,
      "" },
    { "no mail there",
      "rua=mailto:d@a.example.com",
      "a.example.com. TXT x\n",
      NULL,
      { DOMAIN_DESTINATION_NO_MAIL },
      1,
      "dmarc.report-domain-without-mail" },
    { "a null MX",
      "rua=mailto:d@a.example.com",
      "a.example.com. MX 0 .\na.example.com. A 192.0.2.1\n",
      NULL,
      { DOMAIN_DESTINATION_NO_MAIL },
      1,
      "dmarc.report-domain-without-mail" },
    { "a host that does not exist: that it allows nothing follows",
      "rua=mailto:d@exmaple.com",
      "",
      NULL,
      { DOMAIN_DESTINATION_NO_MAIL },
      1,
      "dmarc.report-domain-without-mail" },
    { "whether it wants them cannot be looked up",
      "rua=mailto:d@other.example",
      "other.example. MX 10 mx.other.example.\n",
      "example.com._report._dmarc.other.example",
      { DOMAIN_DESTINATION_UNKNOWN },
      1,
      "" },
    { "whose it is cannot be looked up",
      "rua=mailto:d@other.example",
      "other.example. MX 10 mx.other.example.\n",
      "_dmarc.other.example",
      { DOMAIN_DESTINATION_UNKNOWN },
      1,
      "" },
    { "a name in another script",
      "rua=mailto:d@b%C3%BCcher.example.com",
      "xn--bcher-kva.example.com. MX 1 mx.example.com.\n",
      NULL,
      { DOMAIN_DESTINATION_INTERNAL },
      1,
      "" },
    { "no address, no web",
      "rua=mailto:d,https://example.com/",
      "",
      NULL,
      { DOMAIN_DESTINATION_NO_ADDRESS, DOMAIN_DESTINATION_OTHER_SCHEME },
      2,
      "dmarc.uri-scheme dmarc.uri-address" },
    { "failure reports of a public suffix",
      "psd=y; " RUA "; ruf=mailto:d@other.example",
      "",
      NULL,
      { DOMAIN_DESTINATION_INTERNAL, DOMAIN_DESTINATION_IGNORED },
      2,
      "dmarc.ruf-with-psd" },
};

static void each_destination_is_judged(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR_INIT("example.com") };
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        char zone[2048];
        snprintf(zone, sizeof zone, COMMON "_dmarc.example.com. TXT \"v=DMARC1; p=none; %s\"\n%s",
                 destinations[i].tags, destinations[i].zone);
        struct surveyed done = survey_zone(zone, destinations[i].failing, &options);
        const struct domain_dmarc_report *dmarc = &done.report.dmarc;
        survey_want(destinations[i].name, &done, DOMAIN_AREA_DMARC, destinations[i].want);
        assert_int_equal(dmarc->destination_count, destinations[i].count);
        for (size_t d = 0; d < dmarc->destination_count; d++)
            if (dmarc->destinations[d].state != destinations[i].states[d])
                fail_msg("%s: destination %zu is %s", destinations[i].name, d,
                         domain_destination_state_name(dmarc->destinations[d].state));
        survey_release(&done);
    }
}

static void a_name_of_authorisation_can_be_too_long(void **state)
{
    (void)state;
#define LABEL "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567"
    static const char domain[] = LABEL "." LABEL "." LABEL ".example";
    static const char host[] = "reports-of-everybody-whose-name-is-long-enough.example";
    const struct domain_survey_options options = { .domain = seki_str_of(domain) };
    char zone[2048];
    snprintf(zone, sizeof zone, "_dmarc.%s. TXT \"v=DMARC1; p=none; rua=mailto:d@%s\"\n%s. A 192.0.2.1\n", domain,
             host, host);
    struct surveyed done = survey_zone(zone, NULL, &options);
    survey_want("too long", &done, DOMAIN_AREA_DMARC, "dmarc.external-name-too-long");
    survey_release(&done);
}

/* 4. Policies, as they are published and as they are applied. */

static const struct {
    const char *domain, *zone;
    enum seki_dmarc_policy own, own_applied, subdomain, nonexistent, nonexistent_applied;
} policies[] = {
    { "example.com", "_dmarc.example.com. TXT \"v=DMARC1; p=reject; sp=quarantine; np=none\"\n", REJECT, REJECT,
      QUARANTINE, NONE, NONE },
    { "example.com", "_dmarc.example.com. TXT \"v=DMARC1; p=none; np=reject; t=y\"\n", NONE, NONE, NONE, REJECT,
      QUARANTINE },
    /* A subdomain's own record is for it alone; what is below it has the Organizational Domain's. */
    { "mail.example.com",
      "_dmarc.example.com. TXT \"v=DMARC1; p=none; sp=reject\"\n"
      "_dmarc.mail.example.com. TXT \"v=DMARC1; p=quarantine; sp=none; t=y\"\n",
      QUARANTINE, NONE, REJECT, REJECT, REJECT },
    /* The name checked does not exist, and np is for it. */
    { "gone.example.com", "_dmarc.example.com. TXT \"v=DMARC1; p=none; np=reject\"\n", REJECT, REJECT, NONE, REJECT,
      REJECT },
    /* A public suffix: what is below it is an organization of its own, with no record but this. */
    { "bank", "_dmarc.bank. TXT \"v=DMARC1; p=none; sp=quarantine; np=reject; psd=y\"\n", NONE, NONE, QUARANTINE,
      REJECT, REJECT },
    { "example.com", "example.com. A 192.0.2.1\n", UNSET, UNSET, UNSET, UNSET, UNSET },
};

static void policies_are_those_of_the_engine(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        const struct domain_survey_options options = { .domain = seki_str_of(policies[i].domain) };
        struct surveyed done = survey_zone(policies[i].zone, NULL, &options);
        const struct domain_dmarc_report *dmarc = &done.report.dmarc;
        assert_int_equal(dmarc->policy.published, policies[i].own);
        assert_int_equal(dmarc->policy.applied, policies[i].own_applied);
        assert_int_equal(dmarc->subdomain.published, policies[i].subdomain);
        assert_int_equal(dmarc->nonexistent.published, policies[i].nonexistent);
        assert_int_equal(dmarc->nonexistent.applied, policies[i].nonexistent_applied);
        survey_release(&done);
    }
}

/* 5. The walk. */

static void the_walk_is_told(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR_INIT("a.b.example.com") };
    struct surveyed done =
        survey_zone("_dmarc.a.b.example.com. TXT other\n"
                    "_dmarc.b.example.com. TXT \"v=DMARC1\"\n_dmarc.b.example.com. TXT \"v=DMARC1;\"\n"
                    "_dmarc.example.com. TXT \"v=DMARC1; p=none\"\n",
                    NULL, &options);
    static const struct {
        const char *name;
        enum domain_dmarc_standing standing;
        enum domain_walk_follows follows;
        bool is_policy;
    } want[] = {
        { "_dmarc.a.b.example.com", DOMAIN_DMARC_STANDS_OTHER, DOMAIN_WALK_GO_ON, false },
        { "_dmarc.b.example.com", DOMAIN_DMARC_STANDS_SEVERAL, DOMAIN_WALK_GO_ON, false },
        { "_dmarc.example.com", DOMAIN_DMARC_STANDS_RECORD, DOMAIN_WALK_GO_ON, true },
        { "_dmarc.com", DOMAIN_DMARC_STANDS_NOTHING, DOMAIN_WALK_TOP, false },
    };
    const struct domain_dmarc_report *dmarc = &done.report.dmarc;
    assert_int_equal(dmarc->step_count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < dmarc->step_count; i++) {
        const struct domain_dmarc_step *step = &dmarc->steps[i];
        if (!seki_str_equal(step->name, seki_str_of(want[i].name)) || step->standing != want[i].standing ||
            step->follows != want[i].follows || step->is_policy != want[i].is_policy ||
            step->is_org != want[i].is_policy)
            fail_msg("step %zu: %.*s", i, SEKI_STR_ARGS(step->name));
    }
    survey_release(&done);
}

static void the_walk_ends_at_psd(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR_INIT("a.example.com") };
    static const struct {
        const char *zone, *failing;
        enum domain_walk_follows want;
    } cases[] = {
        { "_dmarc.example.com. TXT \"v=DMARC1; psd=n\"\n", NULL, DOMAIN_WALK_PSD_N },
        { "_dmarc.example.com. TXT \"v=DMARC1; psd=y\"\n", NULL, DOMAIN_WALK_PSD_Y },
        { "", "_dmarc.example.com", DOMAIN_WALK_FAILED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct surveyed done = survey_zone(cases[i].zone, cases[i].failing, &options);
        assert_int_equal(done.report.dmarc.step_count, 2);
        assert_int_equal(done.report.dmarc.steps[1].follows, cases[i].want);
        survey_release(&done);
    }
}

/* 6. Beside the public suffix list. */

static struct seki_psl *load_list(const char *text)
{
    char path[] = "/tmp/sekisho-psl-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct seki_psl *psl = seki_psl_load(path, NULL);
    assert_non_null(psl);
    unlink(path);
    return psl;
}

static void the_list_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *name, *domain, *zone, *by_walk, *by_list, *want;
    } cases[] = {
        { "both agree", "a.example.co.uk",
          "a.example.co.uk. TXT x\n_dmarc.example.co.uk. TXT \"v=DMARC1; p=none; rua=mailto:d@example.co.uk\"\n",
          "example.co.uk", "example.co.uk", "dmarc.report-domain-without-mail" },
        { "only a subdomain has a record", "a.example.com", "_dmarc.a.example.com. TXT \"v=DMARC1; p=reject\"\n",
          "a.example.com", "example.com", "dmarc.no-reports" },
        { "a public suffix has a record without psd=y", "example.co.uk",
          "_dmarc.example.co.uk. TXT \"v=DMARC1; p=reject\"\n_dmarc.co.uk. TXT \"v=DMARC1; p=reject\"\n", "co.uk",
          "example.co.uk", "dmarc.public-suffix-without-psd dmarc.no-reports" },
        { "psd=n keeps it away", "example.co.uk",
          "_dmarc.example.co.uk. TXT \"v=DMARC1; p=reject; psd=n\"\n_dmarc.co.uk. TXT \"v=DMARC1; p=reject\"\n",
          "example.co.uk", "example.co.uk", "dmarc.no-reports" },
        { "psd=y where it is none", "example.com", "_dmarc.example.com. TXT \"v=DMARC1; p=reject; psd=y\"\n",
          "example.com", "example.com", "dmarc.psd dmarc.no-reports" },
        { "psd=y where it is one", "co.uk", "_dmarc.co.uk. TXT \"v=DMARC1; p=reject; psd=y\"\n", "co.uk", "co.uk",
          "dmarc.no-reports" },
    };
    struct seki_psl *psl = load_list("com\nuk\nco.uk\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct domain_survey_options options = { .domain = seki_str_of(cases[i].domain), .psl = psl };
        struct surveyed done = survey_zone(cases[i].zone, NULL, &options);
        const struct domain_dmarc_report *dmarc = &done.report.dmarc;
        survey_want(cases[i].name, &done, DOMAIN_AREA_DMARC, cases[i].want);
        assert_true(seki_str_equal(dmarc->org_domain, seki_str_of(cases[i].by_walk)));
        assert_true(seki_str_equal(dmarc->org_domain_by_list, seki_str_of(cases[i].by_list)));
        survey_release(&done);
    }
    seki_psl_free(psl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_judged),
        cmocka_unit_test(each_zone_is_surveyed),
        cmocka_unit_test(each_destination_is_judged),
        cmocka_unit_test(a_name_of_authorisation_can_be_too_long),
        cmocka_unit_test(policies_are_those_of_the_engine),
        cmocka_unit_test(the_walk_is_told),
        cmocka_unit_test(the_walk_ends_at_psd),
        cmocka_unit_test(the_list_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
