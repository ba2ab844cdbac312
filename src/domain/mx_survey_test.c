/* MX records and name servers: one mistake each, and the finding that names it; what is reported of the exchanges. */
#include "domain/host.h"
#include "domain/survey_test.h"

#define MX1 "example.com. MX 10 mx1.example.com.\nmx1.example.com. A 192.0.2.1\n"

static const struct {
    const char *name, *zone, *failing;
    enum domain_mx_state state;
    size_t exchanges;
    const char *want; /* ids of area mx */
} cases[] = {
    /* In order. */
    { "one exchange", MX1, NULL, DOMAIN_MX_EXCHANGES, 1, "" },
    { "two exchanges, with IPv6",
      MX1 "mx1.example.com. AAAA 2001:db8::1\nexample.com. MX 20 mx2.example.net.\nmx2.example.net. A 192.0.2.2\n",
      NULL, DOMAIN_MX_EXCHANGES, 2, "" },
    { "the domain itself as exchange", "example.com. MX 10 example.com.\nexample.com. A 192.0.2.1\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "" },
    { "equal preferences", MX1 "example.com. MX 10 mx2.example.com.\nmx2.example.com. A 192.0.2.2\n", NULL,
      DOMAIN_MX_EXCHANGES, 2, "" },
    { "null MX", "example.com. MX 0 .\n", NULL, DOMAIN_MX_NULL, 0, "" },
    { "null MX, and a web server", "example.com. MX 0 .\nexample.com. A 192.0.2.1\n", NULL, DOMAIN_MX_NULL, 0, "" },
    { "neither MX nor address", "example.com. TXT x\n", NULL, DOMAIN_MX_NOTHING, 0, "" },
    { "a domain that is an alias",
      "example.com. CNAME a.example.net.\na.example.net. MX 10 b.example.net.\n"
      "b.example.net. A 192.0.2.1\n",
      NULL, DOMAIN_MX_EXCHANGES, 1, "" },

    /* None. */
    { "an address instead of an MX", "example.com. A 192.0.2.1\n", NULL, DOMAIN_MX_IMPLICIT, 1, "mx.implicit" },
    { "an IPv6 address instead of an MX", "example.com. AAAA 2001:db8::1\n", NULL, DOMAIN_MX_IMPLICIT, 1,
      "mx.implicit" },

    /* RFC 7505. */
    { "null MX beside another", MX1 "example.com. MX 0 .\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.null-beside-others" },
    { "null MX with a preference", "example.com. MX 10 .\n", NULL, DOMAIN_MX_NULL, 0, "mx.null-preference" },
    { "two null MX", "example.com. MX 0 .\nexample.com. MX 10 .\n", NULL, DOMAIN_MX_NULL, 0,
      "mx.null-beside-others" },

    /* Names. */
    { "the only exchange does not exist", "example.com. MX 10 mx1.example.com.\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.target-missing" },
    { "an exchange with a text only", "example.com. MX 10 mx1.example.com.\nmx1.example.com. TXT x\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.target-missing" },
    { "one exchange of two does not exist", MX1 "example.com. MX 20 mx2.example.com.\n", NULL, DOMAIN_MX_EXCHANGES,
      2, "mx.one-target-missing" },
    { "a forgotten dot", "example.com. MX 10 mail.example.com.example.com.\nmail.example.com. A 192.0.2.1\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.dot-forgotten" },
    { "a forgotten dot behind a provider's name",
      "example.com. MX 10 mx.example.net.example.com.\nmx.example.net. A 192.0.2.1\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.dot-forgotten" },
    { "what would be a forgotten dot, but exists",
      "example.com. MX 10 mx.example.net.example.com.\nmx.example.net. A 192.0.2.1\n"
      "mx.example.net.example.com. A 192.0.2.2\n",
      NULL, DOMAIN_MX_EXCHANGES, 1, "" },
    { "an IPv4 address", "example.com. MX 10 192.0.2.1.\n", NULL, DOMAIN_MX_EXCHANGES, 1, "mx.address-as-name" },
    { "an IPv4 address without a dot behind it", "$ORIGIN example.com.\n@ MX 10 192.0.2.1\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.address-as-name" },
    { "an address in brackets", "example.com. MX 10 [192.0.2.1].\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.address-as-name" },
    { "an IPv6 address", "example.com. MX 10 2001:db8::1.\n", NULL, DOMAIN_MX_EXCHANGES, 1, "mx.address-as-name" },
    { "a name that begins like an address",
      "example.com. MX 10 192.0.2.1.example.net.\n192.0.2.1.example.net. A 192.0.2.1\n", NULL, DOMAIN_MX_EXCHANGES,
      1, "" },
    { "an underscore", "example.com. MX 10 mail_1.example.com.\nmail_1.example.com. A 192.0.2.1\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.bad-name" },
    { "a hyphen at the end of a label", "example.com. MX 10 mail-.example.com.\nmail-.example.com. A 192.0.2.1\n",
      NULL, DOMAIN_MX_EXCHANGES, 1, "mx.bad-name" },
    { "an alias", MX1 "example.com. MX 20 mx2.example.com.\nmx2.example.com. CNAME mx1.example.com.\n", NULL,
      DOMAIN_MX_EXCHANGES, 2, "mx.alias" },
    { "an alias that leads nowhere", "example.com. MX 20 mx2.example.com.\nmx2.example.com. CNAME x.example.com.\n",
      NULL, DOMAIN_MX_EXCHANGES, 1, "mx.target-missing mx.alias" },
    { "the same exchange twice", MX1 "example.com. MX 20 mx1.example.com.\n", NULL, DOMAIN_MX_EXCHANGES, 2,
      "mx.twice" },

    /* Addresses. */
    { "IPv6 only", "example.com. MX 10 mx1.example.com.\nmx1.example.com. AAAA 2001:db8::1\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.ipv6-only" },
    { "one of two with IPv6 only", MX1 "example.com. MX 5 mx2.example.com.\nmx2.example.com. AAAA 2001:db8::1\n",
      NULL, DOMAIN_MX_EXCHANGES, 2, "" },
    { "a private address", "example.com. MX 10 mx1.example.com.\nmx1.example.com. A 10.1.2.3\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.private-address" },
    { "a private address beside a public one", MX1 "mx1.example.com. A 192.168.0.1\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.private-address" },
    { "a private IPv6 address", MX1 "mx1.example.com. AAAA fd00::1\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.private-address" },
    { "loopback", "example.com. MX 10 localhost.\nlocalhost. A 127.0.0.1\n", NULL, DOMAIN_MX_EXCHANGES, 1,
      "mx.loopback-address" },
    { "no address at all", "example.com. MX 10 mx1.example.com.\nmx1.example.com. A 0.0.0.0\n", NULL,
      DOMAIN_MX_EXCHANGES, 1, "mx.reserved-address" },

    /* What cannot be known. */
    { "the MX cannot be looked up", MX1, "example.com", DOMAIN_MX_UNKNOWN, 0, "" },
    { "the exchange cannot be looked up", MX1, "mx1.example.com", DOMAIN_MX_EXCHANGES, 1, "" },
};

static void each_mistake_has_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct domain_survey_options options = { .domain = SEKI_STR("Example.COM") };
        struct surveyed done = survey_zone(cases[i].zone, cases[i].failing, &options);
        survey_want(cases[i].name, &done, DOMAIN_AREA_MX, cases[i].want);
        if (done.report.mx.state != cases[i].state || done.report.mx.exchange_count != cases[i].exchanges)
            fail_msg("%s: %s, %zu exchanges", cases[i].name, domain_mx_state_name(done.report.mx.state),
                     done.report.mx.exchange_count);
        survey_release(&done);
    }
}

static void a_zone_above_may_have_been_appended(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR("sub.example.com") };
    struct surveyed done = survey_zone("sub.example.com. MX 10 mail.example.com.example.com.\n"
                                       "mail.example.com. A 192.0.2.1\n",
                                       NULL, &options);
    survey_want("sub", &done, DOMAIN_AREA_MX, "mx.dot-forgotten");
    survey_release(&done);
}

static void exchanges_are_told_by_preference(void **state)
{
    (void)state;
    static const char zone[] = "example.com. MX 20 b.example.com.\nexample.com. MX 10 c.example.com.\n"
                               "example.com. MX 10 a.example.com.\na.example.com. CNAME b.example.com.\n"
                               "b.example.com. A 192.0.2.2\nb.example.com. AAAA 2001:db8::2\n"
                               "c.example.com. A 192.0.2.3\nc.example.com. A 192.0.2.4\n";
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
    struct surveyed done = survey_zone(zone, NULL, &options);
    const struct domain_exchange *exchanges = done.report.mx.exchanges;
    assert_int_equal(done.report.mx.exchange_count, 3);
    assert_true(seki_str_equal(exchanges[0].name, SEKI_STR("a.example.com")));
    assert_true(seki_str_equal(exchanges[0].alias_of, SEKI_STR("b.example.com")));
    assert_int_equal(exchanges[0].preference, 10);
    assert_true(seki_str_equal(exchanges[1].name, SEKI_STR("c.example.com")));
    assert_int_equal(exchanges[1].ipv4->record_count, 2);
    assert_int_equal(exchanges[1].ipv6->record_count, 0);
    assert_true(seki_str_equal(exchanges[2].name, SEKI_STR("b.example.com")));
    assert_int_equal(exchanges[2].ipv6->record_count, 1);
    survey_release(&done);
}

static const struct {
    const char *name, *zone, *failing;
    size_t name_servers;
    const char *want; /* ids of area dns */
} dns_cases[] = {
    { "no zone of its own", MX1, NULL, 0, "" },
    { "name servers within and elsewhere",
      MX1 "example.com. NS ns1.example.com.\nexample.com. NS ns.example.net.\nns1.example.com. A 192.0.2.1\n", NULL,
      2, "" },
    { "a name server without address", MX1 "example.com. NS ns1.example.com.\n", NULL, 1, "dns.ns-missing" },
    { "a name server that is an alias",
      MX1 "example.com. NS ns1.example.com.\nns1.example.com. CNAME mx1.example.com.\n", NULL, 1, "dns.ns-alias" },
    { "a domain that does not exist", "example.net. A 192.0.2.1\n", NULL, 0, "dns.no-domain" },
    { "only a name below exists", "a.example.com. A 192.0.2.1\n", NULL, 0, "" },
    { "no answer for an exchange", MX1, "mx1.example.com", 0, "dns.failed dns.failed" }, /* A, AAAA */
};

static void the_domain_itself_is_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dns_cases / sizeof dns_cases[0]; i++) {
        const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
        struct surveyed done = survey_zone(dns_cases[i].zone, dns_cases[i].failing, &options);
        survey_want(dns_cases[i].name, &done, DOMAIN_AREA_DNS, dns_cases[i].want);
        assert_int_equal(done.report.dns.name_server_count, dns_cases[i].name_servers);
        survey_release(&done);
    }
}

static void of_a_domain_that_does_not_exist_nothing_else_is_told(void **state)
{
    (void)state;
    const struct domain_survey_options options = { .domain = SEKI_STR("example.com") };
    struct surveyed done = survey_zone("com. TXT x\n", NULL, &options);
    assert_true(done.report.dns.does_not_exist);
    assert_int_equal(done.report.mx.state, DOMAIN_MX_NOTHING);
    assert_int_equal(done.report.finding_count, 1);
    assert_true(seki_str_equal(done.report.findings[0].name, SEKI_STR("example.com")));
    survey_release(&done);
}

static void addresses_that_nobody_can_reach(void **state)
{
    (void)state;
    /* First and last of each network, and their neighbours. */
    static const struct {
        const char *address;
        enum domain_reach reach;
    } addresses[] = {
        { "0.255.255.255", DOMAIN_REACH_RESERVED },
        { "1.0.0.0", DOMAIN_REACH_ANYBODY },
        { "9.255.255.255", DOMAIN_REACH_ANYBODY },
        { "10.255.255.255", DOMAIN_REACH_PRIVATE },
        { "100.63.255.255", DOMAIN_REACH_ANYBODY },
        { "100.64.0.0", DOMAIN_REACH_PRIVATE },
        { "100.127.255.255", DOMAIN_REACH_PRIVATE },
        { "100.128.0.0", DOMAIN_REACH_ANYBODY },
        { "127.255.255.255", DOMAIN_REACH_LOOPBACK },
        { "128.0.0.0", DOMAIN_REACH_ANYBODY },
        { "169.254.1.1", DOMAIN_REACH_PRIVATE },
        { "172.15.255.255", DOMAIN_REACH_ANYBODY },
        { "172.31.255.255", DOMAIN_REACH_PRIVATE },
        { "172.32.0.0", DOMAIN_REACH_ANYBODY },
        { "192.0.0.255", DOMAIN_REACH_RESERVED },
        { "192.0.1.0", DOMAIN_REACH_ANYBODY },
        { "192.168.255.255", DOMAIN_REACH_PRIVATE },
        { "198.19.255.255", DOMAIN_REACH_RESERVED },
        { "198.20.0.0", DOMAIN_REACH_ANYBODY },
        { "224.0.0.1", DOMAIN_REACH_RESERVED },
        { "255.255.255.255", DOMAIN_REACH_RESERVED },
        { "192.0.2.1", DOMAIN_REACH_ANYBODY },
        { "::", DOMAIN_REACH_RESERVED },
        { "::1", DOMAIN_REACH_LOOPBACK },
        { "::2", DOMAIN_REACH_ANYBODY },
        { "100::1", DOMAIN_REACH_RESERVED },
        { "100:0:0:1::1", DOMAIN_REACH_ANYBODY },
        { "fbff::1", DOMAIN_REACH_ANYBODY },
        { "fdff::1", DOMAIN_REACH_PRIVATE },
        { "fe80::1", DOMAIN_REACH_PRIVATE },
        { "febf::1", DOMAIN_REACH_PRIVATE },
        { "feff::1", DOMAIN_REACH_PRIVATE },
        { "ff02::1", DOMAIN_REACH_RESERVED },
        { "2001:db8::1", DOMAIN_REACH_ANYBODY },
    };
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct seki_ip ip;
        assert_true(seki_ip_parse(seki_str_of(addresses[i].address), &ip));
        if (domain_reach_of(&ip) != addresses[i].reach)
            fail_msg("%s: %d", addresses[i].address, (int)domain_reach_of(&ip));
    }
    const struct seki_ip mapped = { .octet_count = 16, .octets = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } };
    assert_int_equal(domain_reach_of(&mapped), DOMAIN_REACH_RESERVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_has_its_name),
        cmocka_unit_test(a_zone_above_may_have_been_appended),
        cmocka_unit_test(exchanges_are_told_by_preference),
        cmocka_unit_test(the_domain_itself_is_looked_at),
        cmocka_unit_test(of_a_domain_that_does_not_exist_nothing_else_is_told),
        cmocka_unit_test(addresses_that_nobody_can_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
