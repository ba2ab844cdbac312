/* DKIM keys of a domain: one mistake each, and the finding that names it. */
#include "domain/survey_test.h"

/* RFC 8463 appendix A.2: Ed25519 as 32 octets and as SubjectPublicKeyInfo, RSA of 1024 bits. The others were made for
 * this test. Quotes split a text into strings of at most 255 octets. */
#define ED     "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define ED_DER "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_1024                                                                                                   \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/"        \
    "byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"     \
    "K4w3QIDAQAB"
#define RSA_512                                                                                                    \
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANeUYsPb02pVayDUE5SkoHS5jGTkfUVkIkrFPqQ0NAjrU3vp6yLdIMqIZ/"                   \
    "8kiEliUXCgBqbVZokfnfwPuYkQ0ysCAwEAAQ=="
#define RSA_2048                                                                                                   \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuJRyVDzvQ9o+sGFpOtZASwvDKACCXqCchbqMpkWFT+9BLs"                   \
    "UjxaNZeTXbBtPx9I7bTlyC62PBMm+geuY/ADq3I8ATfVCcJqIczis+G5PXjZfnDQGMku8ghUGHU1TVdnf2VaE+kbeX\" \""              \
    "vqQQeN717qvH4PdHBe+yeWVR+oJ2mIxkAQhD2CFaAagNl5Z+qby+k+i9X5lcl48fAokQv2GCnSpUcJMtfP0glLN6nK"                   \
    "wiDiy/BvzJe2IKFxUyZTkK4XjD5nXzGG1P4UwxWqH7nX+fySpg4YYhqYn9/eech72Fz1uEHXd8dIQrdMXm8uckIKIM\" \""              \
    "ake0kNmP/s7POi4HAazO+0q1uQIDAQAB"
#define RSA_4160                                                                                                   \
    "MIICKjANBgkqhkiG9w0BAQEFAAOCAhcAMIICEgKCAgkAsZyyBkRA9IC7a+q99U9T9icWO+ZZaaR/ifi/onBdxNvBeB"                   \
    "iUKBRoeBKlPPupR4gWxVUythk/zdgIwZp12GxPVDfzqZ/bn48tBkTO1MeevaOS9XgLM/mTyNTyEHHwaD0Nhk0gT+8x\" \""              \
    "RHe5/qK4RM8hea8Llx1SMAWVG29lil0H2eWY6juEi/tveo6wHPOMRbgUTLsQpls73D6fpCAVEJ4IV7gZuHTCDqIYZy"                   \
    "XsdYuGzpbRjUdqesqVXeGJlU+wSVfOrXjfbUVFCUemUJ8xByvziqBAbCSXf55IIX2l5nNEKuie+5ryeyeRYny7t5Ia\" \""              \
    "pCcEOoAd8pnzDUEErmowsY9ZOyRXbdDpzuMtCH0wOWCbvWQF3jNXuzMkh3l+Y61ErH6jomp+jcaJ9ssySTvCWvSJeC"                   \
    "74KAu7Uhm9Blq42GTR6pIX6fV22PQAiG3HprHwBvo7MIN0/LkT9wJ48HVQ/khAlf5tVDviU/0Tvy6I0sXk8Lowtj0C\" \""              \
    "ED08XyVDin+qXvURagnCy9UwS6jDS07qJaQZ917DlQUHaWpaMfc6bziaL3o3KfILYIOfckSaXGoaZL5Ym06rW5nOf8"                   \
    "20GHmCGNGcdiqnY16/NDx+eajiQRPVad0HDKd9mxWsKNL4Q0DWbER/V8O4Og3baEfS5HHkz+qEfh4AgPsI7U0OvUOU\" \""              \
    "MkAm34lOxRFLjERixwIDAQAB"

/* The first 255 octets of a record with RSA_2048: what is left of it in a form that takes one string. */
#define CUT_2048                                                                                                   \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuJRyVDzvQ9o+sGFpOtZASwvDKACCXqCchbqMpkWFT+"                       \
    "9BLsUjxaNZeTXbBtPx9I7bTlyC62PBMm+geuY/"                                                                       \
    "ADq3I8ATfVCcJqIczis+G5PXjZfnDQGMku8ghUGHU1TVdnf2VaE+kbeXvqQQeN717qvH4PdHBe+yeWVR+oJ2mIxkAQhD2CFaAagNl5Z+qby+" \
    "k+i9X"

#define APEX "example.com. TXT \"v=spf1 -all\"\n"

/* 1. One record, at a selector that was given. */

static const struct {
    const char *name, *record;
    enum domain_key_state state;
    const char *type;
    unsigned bits;
    const char *want; /* ids */
} records[] = {
    /* In order. */
    { "RSA of 2048 bits", "v=DKIM1; k=rsa; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "" },
    { "without v= and k=", "p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "" },
    { "Ed25519", "v=DKIM1; k=ed25519; p=" ED, DOMAIN_KEY_USABLE, "ed25519", 256, "" },
    { "SHA-256 alone", "v=DKIM1; h=sha256; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "" },
    { "SHA-1 beside SHA-256", "v=DKIM1; h=sha1:sha256; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "" },
    { "not for subdomains, for mail, with notes", "v=DKIM1; t=s; s=email; n=made in May; p=" RSA_2048,
      DOMAIN_KEY_USABLE, "rsa", 2048, "" },
    { "a tag that nobody knows", "v=DKIM1; x=y; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "" },

    /* Works, with something to say. */
    { "RSA of 1024 bits", "v=DKIM1; k=rsa; p=" RSA_1024, DOMAIN_KEY_USABLE, "rsa", 1024, "dkim.rsa-short" },
    { "RSA of 4160 bits", "v=DKIM1; k=rsa; p=" RSA_4160, DOMAIN_KEY_USABLE, "rsa", 4160, "dkim.rsa-long" },
    { "test mode", "v=DKIM1; t=y; p=" RSA_2048, DOMAIN_KEY_TESTING, "rsa", 2048, "dkim.testing" },
    { "test mode among flags", "v=DKIM1; t=s:y; p=" RSA_2048, DOMAIN_KEY_TESTING, "rsa", 2048, "dkim.testing" },
    { "DomainKeys' g=", "v=DKIM1; g=*; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "dkim.granularity" },
    { "DomainKeys' g=, empty", "v=DKIM1; g=; p=" RSA_2048, DOMAIN_KEY_USABLE, "rsa", 2048, "dkim.granularity" },

    /* Every signature fails. */
    { "revoked", "v=DKIM1; p=", DOMAIN_KEY_REVOKED, "rsa", 0, "dkim.revoked" },
    { "RSA of 512 bits", "v=DKIM1; k=rsa; p=" RSA_512, DOMAIN_KEY_BROKEN, "rsa", 512, "dkim.rsa-too-short" },
    { "SHA-1 alone", "v=DKIM1; h=sha1; p=" RSA_2048, DOMAIN_KEY_BROKEN, "rsa", 2048, "dkim.no-sha256" },
    { "no hash that is in use", "v=DKIM1; h=; p=" RSA_2048, DOMAIN_KEY_BROKEN, "rsa", 2048, "dkim.no-sha256" },
    { "for another service", "v=DKIM1; s=tlsrpt; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.not-for-mail" },
    { "an unknown type", "v=DKIM1; k=dsa; p=" RSA_2048, DOMAIN_KEY_BROKEN, "dsa", 0, "dkim.unknown-type" },
    { "no p=", "v=DKIM1; k=rsa", DOMAIN_KEY_BROKEN, "", 0, "dkim.no-key-in-record" },
    { "P= in capitals", "v=DKIM1; k=rsa; P=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.no-key-in-record" },
    { "v= behind", "k=rsa; v=DKIM1; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.version-not-first" },
    { "version in small letters", "v=dkim1; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.version" },
    { "version DKIM1.0", "v=DKIM1.0; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.version" },
    { "an SPF record", "v=spf1 -all", DOMAIN_KEY_BROKEN, "", 0, "dkim.version" },
    { "no semicolon behind the version", "v=DKIM1 k=rsa; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0,
      "dkim.version-unseparated" },
    { "a comma behind the version", "v=DKIM1, k=rsa, p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0,
      "dkim.version-unseparated" },
    { "the key alone", RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.not-a-tag-list" },
    { "a tag twice", "v=DKIM1; k=rsa; k=rsa; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.not-a-tag-list" },
    { "an empty record", "", DOMAIN_KEY_BROKEN, "", 0, "dkim.not-a-tag-list" },
    { "quotes around it", "\\\"v=DKIM1; k=rsa; p=" RSA_2048 "\\\"", DOMAIN_KEY_BROKEN, "", 0, "dkim.quoted" },
    { "quotes within p=", "v=DKIM1; k=rsa; p=MIIBIjAN\\\" \\\"Bgkqhk", DOMAIN_KEY_BROKEN, "rsa", 0, "dkim.quoted" },
    { "escaped semicolons", "v=DKIM1\\\\; k=rsa\\\\; p=" RSA_2048, DOMAIN_KEY_BROKEN, "", 0, "dkim.quoted" },
    { "lines of a key file",
      "v=DKIM1; k=rsa; p=-----BEGIN PUBLIC KEY-----\" \"" RSA_1024 "-----END PUBLIC KEY-----", DOMAIN_KEY_BROKEN,
      "rsa", 0, "dkim.pem" },
    { "a key file alone", "-----BEGIN PUBLIC KEY-----" RSA_1024, DOMAIN_KEY_BROKEN, "", 0, "dkim.pem" },
    { "not base64", "v=DKIM1; k=rsa; p=MIIB*", DOMAIN_KEY_BROKEN, "rsa", 0, "dkim.not-base64" },
    { "cut at 255 octets", "v=DKIM1; k=rsa; p=" CUT_2048, DOMAIN_KEY_BROKEN, "rsa", 0, "dkim.cut" },
    { "cut within a group of base64", "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9", DOMAIN_KEY_BROKEN, "rsa", 0,
      "dkim.cut" },
    { "a key, and more behind it", "v=DKIM1; k=rsa; p=" RSA_1024 "AAAA", DOMAIN_KEY_BROKEN, "rsa", 0,
      "dkim.not-a-key" },
    { "some octets", "v=DKIM1; k=rsa; p=AAAA", DOMAIN_KEY_BROKEN, "rsa", 0, "dkim.not-a-key" },
    { "an Ed25519 key without k=", "v=DKIM1; p=" ED, DOMAIN_KEY_BROKEN, "rsa", 0, "dkim.other-type" },
    { "an RSA key with k=ed25519", "v=DKIM1; k=ed25519; p=" RSA_2048, DOMAIN_KEY_BROKEN, "ed25519", 0,
      "dkim.other-type" },
    { "an Ed25519 key from a key file", "v=DKIM1; k=ed25519; p=" ED_DER, DOMAIN_KEY_BROKEN, "ed25519", 0,
      "dkim.ed25519-der" },
    { "an Ed25519 key that is too short", "v=DKIM1; k=ed25519; p=AAAA", DOMAIN_KEY_BROKEN, "ed25519", 0,
      "dkim.not-a-key" },
    { "two things to say", "v=DKIM1; t=y; p=" RSA_1024, DOMAIN_KEY_TESTING, "rsa", 1024,
      "dkim.testing dkim.rsa-short" },
};

static void want_key(const char *name, const struct domain_key *key, enum domain_key_state state, const char *type,
                     unsigned bits)
{
    if (key->state != state)
        fail_msg("%s: the key is %s (%.*s), not %s", name, domain_key_state_name(key->state),
                 SEKI_STR_ARGS(key->reason), domain_key_state_name(state));
    if (!seki_str_equal(key->type, seki_str_of(type)) || key->bits != bits)
        fail_msg("%s: %.*s of %u bits", name, SEKI_STR_ARGS(key->type), key->bits);
    bool has_reason = key->reason.len > 0, is_good = state == DOMAIN_KEY_USABLE || state == DOMAIN_KEY_TESTING;
    if (has_reason == is_good)
        fail_msg("%s: reason \"%.*s\"", name, SEKI_STR_ARGS(key->reason));
}

static void each_record_is_judged(void **state)
{
    (void)state;
    static const struct seki_str selector = SEKI_STR_INIT("s1");
    const struct domain_survey_options options = { .domain = SEKI_STR_INIT("example.com"),
                                                   .selectors = &selector,
                                                   .selector_count = 1 };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        char zone[4096];
        snprintf(zone, sizeof zone, APEX "s1._domainkey.example.com. TXT \"%s\"\n", records[i].record);
        struct surveyed done = survey_zone(zone, NULL, &options);
        survey_want(records[i].name, &done, DOMAIN_AREA_DKIM, records[i].want);
        assert_int_equal(done.report.dkim.key_count, 1);
        want_key(records[i].name, &done.report.dkim.keys[0], records[i].state, records[i].type, records[i].bits);
        survey_release(&done);
    }
}

/* 2. What is found, and where. */

#define LONG                                                                                                       \
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
    "8901"                                                                                                         \
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
    "8901"                                                                                                         \
    "01234567890123456789012345678901234567890123456789"
#define KEY(name) name ".example.com. TXT \"v=DKIM1; k=ed25519; p=" ED "\"\n"

static const struct {
    const char *name, *zone, *failing;
    const char *selectors; /* with spaces between; NULL: none are given */
    const char *keys;      /* found, as selector=state with spaces between */
    enum domain_existence domainkey;
    const char *want; /* ids */
} zones[] = {
    { "no key at all", APEX, NULL, NULL, "", DOMAIN_DOES_NOT_EXIST, "" },
    { "guesses that are there", APEX KEY("google._domainkey") KEY("s2._domainkey"), NULL, NULL,
      "google=usable s2=usable", DOMAIN_EXISTS, "" },
    { "a guess behind an alias",
      APEX "selector1._domainkey.example.com. CNAME s.provider.example.\n"
           "s.provider.example. TXT \"v=DKIM1; k=ed25519; p=" ED "\"\n",
      NULL, NULL, "selector1=usable", DOMAIN_EXISTS, "" },
    { "a guess that is broken", APEX "mail._domainkey.example.com. TXT \"v=DKIM1; k=rsa; p=AAAA\"\n", NULL, NULL,
      "mail=broken", DOMAIN_EXISTS, "dkim.not-a-key" },
    { "a guess that is revoked is in order", APEX "mail._domainkey.example.com. TXT \"v=DKIM1; p=\"\n", NULL, NULL,
      "mail=revoked", DOMAIN_EXISTS, "" },
    { "a selector that nobody guesses", APEX KEY("may2026._domainkey"), NULL, NULL, "", DOMAIN_EXISTS, "" },
    { "given selectors, no guesses", APEX KEY("google._domainkey") KEY("may2026._domainkey"), NULL, "may2026",
      "may2026=usable", DOMAIN_EXISTS, "" },
    { "a selector of two labels", APEX KEY("a.b._domainkey"), NULL, "a.b", "a.b=usable", DOMAIN_EXISTS, "" },
    { "one of two given ones is missing", APEX KEY("a._domainkey"), NULL, "a b", "a=usable b=missing",
      DOMAIN_EXISTS, "dkim.key-missing" },
    { "an alias that leads nowhere", APEX "a._domainkey.example.com. CNAME a.provider.example.\n", NULL, "a",
      "a=missing", DOMAIN_EXISTS, "dkim.alias-without-key" },
    { "an alias for every name", APEX "*.example.com. CNAME www.provider.example.\n", NULL, "a", "a=missing",
      DOMAIN_DOES_NOT_EXIST, "dkim.key-missing" },
    { "what cannot be a selector is missing", APEX KEY("a._domainkey"), NULL, "a..b", "a..b=missing", DOMAIN_EXISTS,
      "dkim.key-missing" },
    { "the domain does not exist: that its key is missing follows", "", NULL, "a", "a=missing",
      DOMAIN_DOES_NOT_EXIST, "" },
    { "the domain twice in the name", APEX KEY("a._domainkey.example.com"), NULL, "a", "a=missing",
      DOMAIN_DOES_NOT_EXIST, "dkim.name-doubled" },
    { "a key without a selector", APEX KEY("_domainkey"), NULL, NULL, "", DOMAIN_EXISTS, "dkim.without-selector" },
    { "a DomainKeys policy",
      APEX KEY("a._domainkey") "_domainkey.example.com. TXT \"t=y; o=~; r=postmaster@example.com\"\n", NULL, "a",
      "a=usable", DOMAIN_EXISTS, "dkim.domainkeys-policy" },
    { "several records: the good one counts, and it is a finding",
      APEX KEY("a._domainkey") "a._domainkey.example.com. TXT \"v=DKIM1; k=rsa; p=AAAA\"\n", NULL, "a", "a=usable",
      DOMAIN_EXISTS, "dkim.several-records" },
    { "a key split over two records",
      APEX "a._domainkey.example.com. TXT \"v=DKIM1; k=rsa; p=MIIBIjAN\"\n"
           "a._domainkey.example.com. TXT \"BgkqhkiG9w0BAQEF\"\n",
      NULL, "a", "a=broken", DOMAIN_EXISTS, "dkim.several-records" },

    { "a string that no server loads",
      APEX "a._domainkey.example.com. TXT \"v=DKIM1; n=" LONG "; k=ed25519; p=" ED "\"\n", NULL, "a", "a=usable",
      DOMAIN_EXISTS, "dkim.long-string" },

    /* Wildcards. */
    { "a wildcard for the domain is no key, nor many", APEX "*.example.com. TXT \"v=spf1 -all\"\n", NULL, NULL, "",
      DOMAIN_EXISTS, "dkim.wildcard-text" },
    { "a wildcard that says there are no keys", APEX "*._domainkey.example.com. TXT \"v=DKIM1; p=\"\n", NULL, NULL,
      "", DOMAIN_EXISTS, "" },
    { "such a wildcard is no key of a given selector", APEX "*._domainkey.example.com. TXT \"v=DKIM1; p=\"\n", NULL,
      "a", "a=missing", DOMAIN_EXISTS, "dkim.key-missing" },
    { "a wildcard with a key", APEX KEY("*._domainkey"), NULL, NULL, "", DOMAIN_EXISTS, "dkim.wildcard-key" },
    { "a wildcard with a key serves a given selector", APEX KEY("*._domainkey"), NULL, "a", "a=usable",
      DOMAIN_EXISTS, "dkim.wildcard-key" },
    { "a key beside a wildcard", APEX "*._domainkey.example.com. TXT \"v=DKIM1; p=\"\n" KEY("google._domainkey"),
      NULL, NULL, "google=usable", DOMAIN_EXISTS, "" },

    /* Failures. */
    { "a given selector that cannot be looked up", APEX, "a._domainkey.example.com", "a", "a=unknown",
      DOMAIN_DOES_NOT_EXIST, "" },
    { "a guess that cannot be looked up", APEX, "google._domainkey.example.com", NULL, "", DOMAIN_DOES_NOT_EXIST,
      "" },
    { "whether there are keys cannot be looked up", APEX, "_domainkey.example.com", NULL, "",
      DOMAIN_EXISTENCE_UNKNOWN, "" },
};

static size_t split(const char *words, struct seki_str *list, size_t max)
{
    struct seki_str rest = seki_str_of(words);
    size_t count = 0;
    while (count < max && seki_str_split(&rest, ' ', &list[count]))
        count++;
    return count;
}

static void want_keys(const char *name, const struct surveyed *done, const char *want)
{
    const struct domain_dkim_report *dkim = &done->report.dkim;
    struct seki_buf found;
    seki_buf_init_arena(&found, done->arena, 4096);
    for (size_t i = 0; i < dkim->key_count; i++)
        seki_buf_add_format(&found, "%s%.*s=%s", i > 0 ? " " : "", SEKI_STR_ARGS(dkim->keys[i].selector),
                            domain_key_state_name(dkim->keys[i].state));
    if (!seki_str_equal(seki_buf_str(&found), seki_str_of(want)))
        fail_msg("%s: keys \"%.*s\", not \"%s\"", name, SEKI_STR_ARGS(seki_buf_str(&found)), want);
}

static void each_zone_is_surveyed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct seki_str selectors[4];
        struct domain_survey_options options = { .domain = SEKI_STR("example.com"), .selectors = selectors };
        options.selector_count = split(zones[i].selectors, selectors, 4);
        struct surveyed done = survey_zone(zones[i].zone, zones[i].failing, &options);
        survey_want(zones[i].name, &done, DOMAIN_AREA_DKIM, zones[i].want);
        want_keys(zones[i].name, &done, zones[i].keys);
        assert_int_equal(done.report.dkim.domainkey, zones[i].domainkey);
        assert_int_equal(done.report.dkim.guess_count == 0, zones[i].selectors != NULL);
        survey_release(&done);
    }
}

static void a_record_longer_than_any_key_is_told(void **state)
{
    (void)state;
    static const struct seki_str selector = SEKI_STR_INIT("s");
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com"),
                                                   .selectors = &selector,
                                                   .selector_count = 1 };
    char zone[8192];
    snprintf(zone, sizeof zone, "s._domainkey.example.com. TXT ( \"v=DKIM1; p=%0240d\"\n", 0);
    while (strlen(zone) < 17 * 250)
        snprintf(zone + strlen(zone), sizeof zone - strlen(zone), "\"%0250d\"\n", 0);
    snprintf(zone + strlen(zone), sizeof zone - strlen(zone), ")\n");
    struct surveyed done = survey_zone(zone, NULL, &options);
    survey_want("over 4096 octets", &done, DOMAIN_AREA_DKIM, "dkim.record-too-long");
    survey_release(&done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_judged),
        cmocka_unit_test(each_zone_is_surveyed),
        cmocka_unit_test(a_record_longer_than_any_key_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
