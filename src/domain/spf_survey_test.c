/* SPF of a domain: one mistake each, and the finding that names it; what a record costs. */
#include "domain/survey_test.h"

#include <stdio.h>

/* example.com has a mail server, and there is what its records may name. */
#define COMMON                                                                                                     \
    "example.com. MX 10 mx.example.com.\nexample.com. A 192.0.2.80\nmx.example.com. A 192.0.2.1\n"                 \
    "mx.example.com. AAAA 2001:db8::1\nmail.example.net. A 198.51.100.1\n"                                         \
    "_spf.example.net. TXT \"v=spf1 ip4:198.51.100.0/24 ~all\"\n"

static const struct domain_survey_options example = { .domain = SEKI_STR_INIT("example.com") };

/* 1. Records of example.com, as TXT data in a zone file. */

struct record_case {
    const char *name, *record;
    const char *want; /* ids */
};

static void check_records(const struct record_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char zone[8192];
        snprintf(zone, sizeof zone, COMMON "example.com. TXT \"%s\"\n", cases[i].record);
        struct surveyed done = survey_zone(zone, NULL, &example);
        survey_want(cases[i].name, &done, DOMAIN_AREA_SPF, cases[i].want);
        survey_want(cases[i].name, &done, DOMAIN_AREA_DNS, "");
        survey_release(&done);
    }
}

static void a_good_record_has_no_finding(void **state)
{
    static const struct record_case cases[] = {
        { "the usual one", "v=spf1 mx ~all", "" },
        { "every mechanism",
          "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx a:mail.example.net/28//64 "
          "include:_spf.example.net exists:%{i}._spf.example.com -all",
          "" },
        { "no mail", "v=spf1 -all", "" },
        { "capitals", "V=SPF1 MX INCLUDE:_SPF.EXAMPLE.NET -ALL", "" },
        { "two spaces, and one at the end", "v=spf1  mx  -all ", "" },
        { "a redirect alone", "v=spf1 redirect=_spf.example.net", "" },
        { "modifiers for reports", "v=spf1 mx ra=postmaster rp=10 rr=all -all", "" },
        { "dots at the end of names", "v=spf1 include:_spf.example.net. a:mail.example.net. -all", "" },
        { "a qualifier with each", "v=spf1 +mx ?include:_spf.example.net -all", "" },
        { "the client's name in the question", "v=spf1 exists:%{ir}.%{v}._spf.%{d2} include:%{d}._s.%{h} -all",
          "" },
    };
    (void)state;
    check_records(cases, sizeof cases / sizeof cases[0]);
}

static void texts_that_mean_to_be_a_record(void **state)
{
    static const struct record_case cases[] = {
        { "a semicolon behind the version", "v=spf1; mx -all", "spf.version-unseparated" },
        { "a comma", "v=spf1,mx,-all", "spf.version-unseparated" },
        { "no space", "v=spf1include:_spf.example.net -all", "spf.version-unseparated" },
        { "no space before the sign", "v=spf1-all", "spf.version-unseparated" },
        { "a no-break space", "v=spf1\xc2\xa0mx -all", "spf.version-unseparated" },
        { "a tab", "v=spf1\\009mx -all", "spf.version-unseparated" },
        { "version 2", "v=spf2 mx -all", "spf.version" },
        { "version 10", "v=spf10 mx -all", "spf.version" },
        { "version 1.0", "v=spf1.0 mx -all", "spf.version" },
        { "no number", "v=spf mx -all", "spf.version" },
        { "a mistyped version", "v=sfp1 mx -all", "spf.version" },
        { "a colon", "v:spf1 mx -all", "spf.version" },
        { "a hyphen", "v-spf1 include:_spf.example.net ~all", "spf.version" },
        { "two equals signs", "v==spf1 mx -all", "spf.version" },
        { "a space behind the equals sign", "v= spf1 mx -all", "spf.version" },
        { "spaces around it", "v = spf1 mx", "spf.version" },
        { "spf1 without v=", "spf1 mx -all", "spf.version-missing" },
        { "no version", "include:_spf.example.net ~all", "spf.version-missing" },
        { "no version, and names only", "a mx -all", "spf.version-missing" },
        { "a space in front", " v=spf1 mx -all", "spf.version-not-first" },
        { "the version last", "mx -all v=spf1", "spf.version-not-first" },
        { "a byte order mark", "\xef\xbb\xbfv=spf1 mx -all", "spf.version-not-first" },
        { "quotes around it", "\\\"v=spf1 mx -all\\\"", "spf.quoted" },
        { "quotes that split it", "\\\"v=spf1 mx\\\" \\\"-all\\\"", "spf.quoted" },
        { "something else", "some-site-verification=0123456789", "spf.missing" },
        { "prose", "we send all mail from a mx of ours", "spf.missing" },
        { "a DKIM key", "v=DKIM1; k=rsa; p=", "spf.missing" },
        { "Microsoft's proof", "MS=ms12345678", "spf.missing" },
    };
    (void)state;
    check_records(cases, sizeof cases / sizeof cases[0]);
}

static void terms_that_cannot_be_read(void **state)
{
    static const struct record_case cases[] = {
        { "an en dash",
          "v=spf1 mx \xe2\x80\x93"
          "all",
          "spf.dash" },
        { "a no-break space", "v=spf1 mx\xc2\xa0-all", "spf.not-ascii" },
        { "a tab", "v=spf1 mx\\009-all", "spf.not-ascii" },
        { "a name in another script",
          "v=spf1 a:b\xc3\xbc"
          "cher.example -all",
          "spf.not-ascii" },
        { "a quote within", "v=spf1 mx \\\"-all\\\"", "spf.quote-inside" },
        { "a space behind the colon", "v=spf1 include: _spf.example.net -all", "spf.space-in-term" },
        { "a space before the colon", "v=spf1 include :_spf.example.net -all", "spf.space-in-term" },
        { "spaces around it", "v=spf1 include : _spf.example.net -all", "spf.space-in-term" },
        { "a space before the slash", "v=spf1 ip4:192.0.2.0 /24 -all", "spf.space-in-term" },
        { "a space behind the slash", "v=spf1 ip4:192.0.2.0/ 24 -all", "spf.space-in-term" },
        { "a space behind the sign", "v=spf1 mx - all", "spf.space-in-term" },
        { "a space in the redirect", "v=spf1 redirect= _spf.example.net", "spf.space-in-term" },
        { "commas", "v=spf1 mx,include:_spf.example.net,-all", "spf.separator" },
        { "a comma at the end", "v=spf1 include:_spf.example.net, -all", "spf.separator" },
        { "a semicolon", "v=spf1 ip4:192.0.2.1; -all", "spf.separator" },
        { "a semicolon at the end", "v=spf1 mx -all;", "spf.separator" },
        { "a list of addresses", "v=spf1 ip4:192.0.2.1,192.0.2.2 -all", "spf.separator" },
        { "no space before all", "v=spf1 ip4:192.0.2.1-all", "spf.space-missing" },
        { "no space before ip4", "v=spf1 mxip4:192.0.2.1 -all", "spf.space-missing" },
        { "no space behind a name", "v=spf1 include:_spf.example.net-all", "spf.space-missing" },
        { "no colon", "v=spf1 include_spf.example.net -all", "spf.colon-missing" },
        { "no colon before the address", "v=spf1 ip4192.0.2.1 -all", "spf.colon-missing" },
        { "a dot for the colon", "v=spf1 ip4.192.0.2.1 -all", "spf.colon-missing" },
        { "an equals sign with a sign", "v=spf1 +ip4=192.0.2.1 -all", "spf.colon-missing" },
        { "redirect with a colon", "v=spf1 redirect:_spf.example.net", "spf.colon-for-equals" },
        { "ipv4", "v=spf1 ipv4:192.0.2.1 -all", "spf.mechanism-misspelt" },
        { "ip", "v=spf1 ip:192.0.2.1 -all", "spf.mechanism-misspelt" },
        { "ipv6", "v=spf1 ipv6:2001:db8::1 -all", "spf.mechanism-misspelt" },
        { "inlcude", "v=spf1 inlcude:_spf.example.net -all", "spf.mechanism-misspelt" },
        { "-al", "v=spf1 mx -al", "spf.mechanism-misspelt" },
        { "all-", "v=spf1 mx all-", "spf.mechanism-misspelt" },
        { "--all", "v=spf1 mx --all", "spf.mechanism-misspelt" },
        { "-all.", "v=spf1 mx -all.", "spf.mechanism-misspelt" },
        { "no term at all", "v=spf1 mx frobnicate:x -all", "spf.unknown-term" },
        { "an address alone", "v=spf1 192.0.2.1 -all", "spf.bare-address" },
        { "a network alone", "v=spf1 192.0.2.0/24 -all", "spf.bare-address" },
        { "an IPv6 address alone", "v=spf1 2001:db8::1 -all", "spf.bare-address" },
        { "a name alone", "v=spf1 mail.example.net -all", "spf.bare-name" },
        { "no name", "v=spf1 include: mx -all", "spf.domain-missing" },
        { "no name, no colon", "v=spf1 mx include -all", "spf.domain-missing" },
        { "no name behind a", "v=spf1 a: mx -all", "spf.domain-missing" },
        { "one label", "v=spf1 a:mail -all", "spf.not-a-name" },
        { "an address of the web", "v=spf1 include:https://example.net/ -all", "spf.not-a-name" },
        { "a path", "v=spf1 include:_spf.example.net/x -all", "spf.prefix-misplaced" },
        { "a with an address", "v=spf1 a:192.0.2.1 -all", "spf.address-for-name" },
        { "mx with a network", "v=spf1 mx:192.0.2.0/24 -all", "spf.address-for-name" },
        { "include with an address", "v=spf1 include:192.0.2.1 -all", "spf.address-for-name" },
        { "a with an IPv6 address", "v=spf1 a:2001:db8::1 -all", "spf.address-for-name" },
        { "ip4 with IPv6", "v=spf1 ip4:2001:db8::1 -all", "spf.ip-family" },
        { "ip6 with IPv4", "v=spf1 ip6:192.0.2.1 -all", "spf.ip-family" },
        { "ip4 with a name", "v=spf1 ip4:mail.example.net -all", "spf.ip-host-name" },
        { "ip4 with nothing", "v=spf1 ip4: mx -all", "spf.ip-unreadable" },
        { "three numbers", "v=spf1 ip4:192.0.2 -all", "spf.ip-unreadable" },
        { "256", "v=spf1 ip4:192.0.2.256 -all", "spf.ip-unreadable" },
        { "a range", "v=spf1 ip4:192.0.2.1-192.0.2.9 -all", "spf.ip-unreadable" },
        { "a star", "v=spf1 ip4:192.0.2.* -all", "spf.ip-unreadable" },
        { "/33", "v=spf1 ip4:192.0.2.0/33 -all", "spf.prefix-length" },
        { "/024", "v=spf1 ip4:192.0.2.0/024 -all", "spf.prefix-length" },
        { "/129", "v=spf1 ip6:2001:db8::/129 -all", "spf.prefix-length" },
        { "a/33", "v=spf1 a/33 -all", "spf.prefix-length" },
        { "mx with a host and /64", "v=spf1 mx:example.com/64 -all", "spf.prefix-length" },
        { "a netmask", "v=spf1 ip4:192.0.2.0/255.255.255.0 -all", "spf.netmask" },
        { "include with a length", "v=spf1 include:_spf.example.net/24 -all", "spf.prefix-misplaced" },
        { "all with something", "v=spf1 mx -all:example.com", "spf.all-argument" },
        { "an unknown macro", "v=spf1 exists:%{z}.example.net -all", "spf.macro" },
        { "a per cent sign", "v=spf1 exists:%i.example.net -all", "spf.macro" },
        { "a macro for explanations", "v=spf1 exists:%{c}.example.net -all", "spf.macro" },
        { "a sign before a modifier", "v=spf1 mx -redirect=_spf.example.net", "spf.modifier-qualifier" },
        { "two redirects", "v=spf1 redirect=_spf.example.net redirect=_spf.example.net", "spf.modifier-twice" },
        { "several mistakes", "v=spf1 ipv4:192.0.2.1 a:192.0.2.1 -al",
          "spf.mechanism-misspelt spf.mechanism-misspelt spf.address-for-name" },
    };
    (void)state;
    check_records(cases, sizeof cases / sizeof cases[0]);
}

static void what_a_record_says(void **state)
{
    static const struct record_case cases[] = {
        { "everybody", "v=spf1 mx +all", "spf.all-pass" },
        { "everybody, without a sign", "v=spf1 mx all", "spf.all-pass" },
        { "nothing about others", "v=spf1 mx ?all", "spf.all-neutral" },
        { "no end", "v=spf1 mx", "spf.no-all" },
        { "nothing at all", "v=spf1", "spf.no-all" },
        { "terms behind all", "v=spf1 -all mx ip4:192.0.2.1", "spf.after-all" },
        { "an explanation behind all is in order", "v=spf1 mx ~all exp=exp.example.com", "" },
        { "a redirect beside all", "v=spf1 mx -all redirect=_spf.example.net", "spf.redirect-beside-all" },
        { "every address", "v=spf1 ip4:0.0.0.0/0 -all", "spf.network-everything" },
        { "every IPv6 address", "v=spf1 ip6:::/0 -all", "spf.network-everything" },
        { "half of them", "v=spf1 ip4:128.0.0.0/1 -all", "spf.network-broad" },
        { "a /8", "v=spf1 ip4:11.0.0.0/8 -all", "spf.network-broad" },
        { "a /9", "v=spf1 ip4:11.0.0.0/9 -all", "" },
        { "a /16 of IPv6", "v=spf1 ip6:2001::/16 -all", "spf.network-broad" },
        { "a/0", "v=spf1 a/0 -all", "spf.network-everything" },
        { "a private network", "v=spf1 ip4:10.0.0.0/8 mx -all", "spf.private-address" },
        { "a private address", "v=spf1 ip4:192.168.1.10 mx -all", "spf.private-address" },
        { "the loopback", "v=spf1 ip4:127.0.0.1 mx -all", "spf.private-address" },
        { "a private IPv6 address", "v=spf1 ip6:fd00::1 mx -all", "spf.private-address" },
        { "no end, and a mistyped name", "v=spf1 mx global.example.net", "spf.bare-name spf.no-all" },
        { "a name with a private address", "v=spf1 a:inside.example.com mx -all", "spf.private-address" },
        { "ptr", "v=spf1 ptr -all", "spf.ptr" },
        { "%{p}", "v=spf1 exists:%{p}._s.example.net -all", "spf.ptr" },
        { "the same address twice", "v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/32 -all", "spf.term-repeated" },
        { "the same network written otherwise", "v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.9/24 -all",
          "spf.term-repeated" },
        { "the same name twice", "v=spf1 a a:example.com -all", "spf.term-repeated" },
        { "the same include twice", "v=spf1 include:_spf.example.net mx ?include:_SPF.example.net -all",
          "spf.term-repeated" },
        { "equals signs", "v=spf1 ip4=192.0.2.1 -all", "spf.equals-for-colon" },
        { "include with an equals sign", "v=spf1 include=_spf.example.net -all", "spf.equals-for-colon" },
        { "a mistyped redirect", "v=spf1 redirct=_spf.example.net", "spf.modifier-misspelt spf.no-all" },
        { "an unknown modifier", "v=spf1 mx report=yes -all", "spf.modifier-unknown" },
        { "two records put together", "v=spf1 mx v=spf1 include:_spf.example.net -all", "spf.version-repeated" },
    };
    (void)state;
    static const char zone_of_inside[] = "inside.example.com. A 10.1.2.3\n";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char zone[4096];
        snprintf(zone, sizeof zone, COMMON "%sexample.com. TXT \"%s\"\n", zone_of_inside, cases[i].record);
        struct surveyed done = survey_zone(zone, NULL, &example);
        survey_want(cases[i].name, &done, DOMAIN_AREA_SPF, cases[i].want);
        survey_release(&done);
    }
}

/* 2. Whole zones. */

#define SPF(name, text) name ". TXT \"v=spf1 " text "\"\n"
#define OWN(text)       COMMON SPF("example.com", text)
#define TEN                                                                                                        \
    "a:1.x.example a:2.x.example a:3.x.example a:4.x.example a:5.x.example "                                       \
    "a:6.x.example a:7.x.example a:8.x.example a:9.x.example a:10.x.example "
#define LONG_60 "0123456789012345678901234567890123456789012345678901234567"

static const struct {
    const char *name, *zone, *failing;
    const char *want;
} zones[] = {
    { "no record", COMMON, NULL, "spf.missing" },
    { "no record, and a null MX", "example.com. MX 0 .\n", NULL, "spf.no-mail-unsaid" },
    { "no record, and no MX", "example.com. A 192.0.2.1\n", NULL, "spf.no-mail-unsaid" },
    { "no domain", "example.net. A 192.0.2.1\n", NULL, "" },
    { "its TXT cannot be looked up", COMMON, "example.com", "" },
    { "two records", OWN("mx -all") SPF("example.com", "include:_spf.example.net ~all"), NULL, "spf.two-records" },
    { "a record and one that is none", OWN("mx -all") "example.com. TXT \"v=spf1; a -all\"\n", NULL,
      "spf.leftover" },
    { "Sender ID beside it", OWN("mx -all") "example.com. TXT \"spf2.0/pra mx -all\"\n", NULL, "spf.sender-id" },
    { "type SPF beside it", OWN("mx -all") "example.com. SPF \"v=spf1 mx -all\"\n", NULL, "spf.type-spf" },
    { "type SPF instead of TXT", COMMON "example.com. SPF \"v=spf1 mx -all\"\n", NULL, "spf.only-type-spf" },
    { "other texts beside it", OWN("mx -all") "example.com. TXT \"v=verify include\"\nexample.com. TXT x\n", NULL,
      "" },
    { "a string that no server takes",
      OWN("mx x=" LONG_60 " x=" LONG_60 " x=" LONG_60 " x=" LONG_60 " x=" LONG_60 " -all"), NULL,
      "spf.long-string spf.modifier-unknown" },
    { "many texts",
      OWN("mx -all") "example.com. TXT (a" LONG_60 LONG_60 LONG_60 " " LONG_60 LONG_60 LONG_60 LONG_60
                     " " LONG_60 LONG_60 LONG_60 LONG_60 " " LONG_60 LONG_60 LONG_60 LONG_60
                     " " LONG_60 LONG_60 LONG_60 LONG_60 " " LONG_60 LONG_60 LONG_60 LONG_60 ")\n",
      NULL, "spf.answer-large" },

    /* Where terms lead. */
    { "an include without a record", OWN("include:mail.example.net -all"), NULL, "spf.include-no-record" },
    { "an include of nothing", OWN("include:_spf.gone.example -all"), NULL, "spf.include-no-record" },
    { "a redirect to nothing", OWN("redirect=_spf.gone.example"), NULL, "spf.include-no-record" },
    { "an include of a mail address", OWN("include:mail@example.net -all"), NULL, "spf.mail-address-for-name" },
    { "an include of a record of Sender ID", OWN("include:a.example -all") "a.example. TXT \"spf2.0/pra -all\"\n",
      NULL, "spf.include-no-record" },
    { "an include of two records",
      OWN("include:two.example -all") SPF("two.example", "-all") SPF("two.example", "~all"), NULL,
      "spf.include-two-records" },
    { "an include of what means to be a record",
      OWN("include:bad.example -all") "bad.example. TXT \"v=spf1; mx -all\"\n", NULL, "spf.version-unseparated" },
    { "an include of a broken record", OWN("include:bad.example -all") SPF("bad.example", "mxx:x a:192.0.2.1 -all"),
      NULL, "spf.include-broken" },
    { "an include of an include of a broken record",
      OWN("include:a.example -all") SPF("a.example", "include:b.example -all") SPF("b.example", "ipv4:192.0.2.1"),
      NULL, "spf.include-broken" },
    { "an include of an own broken record",
      OWN("include:_spf.example.com -all") SPF("_spf.example.com", "ipv4:192.0.2.1"), NULL,
      "spf.mechanism-misspelt" },
    { "an include of an include of nothing",
      OWN("include:a.example -all") SPF("a.example", "include:b.example -all"), NULL, "spf.include-broken" },
    { "an include that cannot be looked up", OWN("include:a.example -all") SPF("a.example", "-all"), "a.example",
      "" },
    { "oneself", OWN("include:example.com -all"), NULL, "spf.include-self" },
    { "oneself by a redirect", OWN("redirect=EXAMPLE.com"), NULL, "spf.include-self" },
    { "a circle",
      OWN("include:a.example -all") SPF("a.example", "include:b.example -all")
          SPF("b.example", "mx:mail.example.net include:a.example -all"),
      NULL, "spf.loop" },
    { "what stands in other people's records is theirs",
      OWN("include:a.example -all") SPF("a.example", "ptr a:gone.example report=yes ip4:11.0.0.0/8 ?all"), NULL,
      "" },
    { "what stands in a record below the domain is not",
      OWN("include:a.example.com -all") SPF("a.example.com", "ptr a:gone.example ip4:11.0.0.0/8"), NULL,
      "spf.dead-term spf.ptr spf.network-broad" },
    { "nor in what a redirect leads to", OWN("redirect=a.example") SPF("a.example", "mx:example.com ptr ?all"),
      NULL, "spf.ptr spf.all-neutral" },
    { "an include may end openly", OWN("include:a.example.com -all") SPF("a.example.com", "ip4:192.0.2.1"), NULL,
      "" },
    { "an include that lets everybody send", OWN("include:a.example -all") SPF("a.example", "all"), NULL,
      "spf.include-all-pass" },
    { "an include within that lets everybody send",
      OWN("include:a.example -all") SPF("a.example", "include:b.example -all")
          SPF("b.example", "ip4:0.0.0.0/0 -all"),
      NULL, "spf.include-all-pass" },
    { "hosts that are not there", OWN("a:gone.example mx -all"), NULL, "spf.dead-term" },
    { "exchanges without an address", OWN("mx:a.example -all") "a.example. MX 10 gone.example.\n", NULL,
      "spf.dead-term" },
    { "no exchanges", OWN("a mx:mail.example.net -all"), NULL, "spf.dead-term" },
    { "a null MX has no senders", SPF("example.com", "mx -all") "example.com. MX 0 .\n", NULL, "spf.dead-term" },
    { "exists for nobody", OWN("exists:gone.example -all"), NULL, "spf.dead-term" },
    { "exists for everybody", OWN("exists:mail.example.net -all"), NULL, "spf.exists-everybody" },
    { "eleven exchanges",
      OWN("mx:a.example -all") "a.example. MX 1 1.x.example.\na.example. MX 1 2.x.example.\n"
                               "a.example. MX 1 3.x.example.\na.example. MX 1 4.x.example.\na.example. MX 1 "
                               "5.x.example.\n"
                               "a.example. MX 1 6.x.example.\na.example. MX 1 7.x.example.\na.example. MX 1 "
                               "8.x.example.\n"
                               "a.example. MX 1 9.x.example.\na.example. MX 1 10.x.example.\na.example. MX 1 "
                               "11.x.example.\n"
                               "*.x.example. A 192.0.2.9\n",
      NULL, "spf.mx-too-many" },

    { "eleven exchanges in other people's record",
      OWN("include:b.example -all")
          SPF("b.example", "mx:a.example -all") "a.example. MX 1 1.x.example.\n"
                                                "a.example. MX 1 2.x.example.\na.example. MX 1 "
                                                "3.x.example.\na.example. MX 1 4.x.example.\n"
                                                "a.example. MX 1 5.x.example.\na.example. MX 1 "
                                                "6.x.example.\na.example. MX 1 7.x.example.\n"
                                                "a.example. MX 1 8.x.example.\na.example. MX 1 "
                                                "9.x.example.\na.example. MX 1 10.x.example.\n"
                                                "a.example. MX 1 11.x.example.\n*.x.example. A 192.0.2.9\n",
      NULL, "spf.include-broken" },

    /* Limits. */
    { "ten look-ups", OWN(TEN "-all") "*.x.example. A 192.0.2.9\n", NULL, "" },
    { "nine look-ups of three providers",
      OWN("include:a.example include:b.example include:c.example mx ~all")
          SPF("a.example", "include:a1.example include:a2.example include:a3.example ~all")
              SPF("a1.example", "ip4:192.0.2.0/26 ~all") SPF("a2.example", "ip4:192.0.2.64/26 ~all")
                  SPF("a3.example", "ip6:2001:db8:a::/48 ~all")
                      SPF("b.example", "ip4:198.51.100.0/25 exists:%{i}._spf.b.example -all")
                          SPF("c.example", "redirect=c1.example") SPF("c1.example", "ip4:203.0.113.0/24 ?all"),
      NULL, "" },
    { "eleven look-ups", OWN(TEN "mx -all") "*.x.example. A 192.0.2.9\n", NULL, "spf.too-many-lookups" },
    { "eleven look-ups, one of them behind all", OWN(TEN "-all mx") "*.x.example. A 192.0.2.9\n", NULL,
      "spf.after-all" },
    { "eleven look-ups with those of an include",
      OWN("include:a.example -all") SPF("a.example", TEN "-all") "*.x.example. A 192.0.2.9\n", NULL,
      "spf.too-many-lookups" },
    { "two void look-ups", OWN("a:gone.example a:away.example mx -all"), NULL, "spf.dead-term spf.dead-term" },
    { "three void look-ups", OWN("a:gone.example a:away.example mx exists:lost.example -all"), NULL,
      "spf.too-many-voids" },
    { "three void look-ups of an include",
      OWN("include:a.example -all") SPF("a.example", "a:gone.example a:away.example exists:lost.example -all"),
      NULL, "spf.too-many-voids" },
    { "three hosts without IPv6",
      OWN("a:1.x.example a:2.x.example a:3.x.example -all") "*.x.example. A 192.0.2.9\n", NULL, "" },
    { "three hosts without IPv6 before one that has it",
      OWN("a:1.x.example a:2.x.example a:3.x.example ip6:2001:db8::1 -all") "*.x.example. A 192.0.2.9\n", NULL,
      "spf.too-many-voids-family" },
    { "the one that has it first",
      OWN("ip6:2001:db8::1 a:1.x.example a:2.x.example a:3.x.example -all") "*.x.example. A 192.0.2.9\n", NULL,
      "" },

    /* Explanations. */
    { "an explanation", OWN("mx -all exp=exp.example.com") "exp.example.com. TXT \"%{i} may not: see %{d}\"\n",
      NULL, "" },
    { "no explanation", OWN("mx -all exp=exp.example.com"), NULL, "spf.exp-missing" },
    { "an explanation that is never used", OWN("mx ~all exp=exp.example.com"), NULL, "" },
    { "two explanations", OWN("mx -all exp=exp.example.com") "exp.example.com. TXT a\nexp.example.com. TXT b\n",
      NULL, "spf.exp-several" },
    { "a bad explanation", OWN("mx -all exp=exp.example.com") "exp.example.com. TXT \"100% forged\"\n", NULL,
      "spf.exp-unusable" },
};

static void each_zone_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct surveyed done = survey_zone(zones[i].zone, zones[i].failing, &example);
        survey_want(zones[i].name, &done, DOMAIN_AREA_SPF, zones[i].want);
        survey_release(&done);
    }
}

/* 3. What is reported. */

static const struct {
    const char *name, *zone;
    enum domain_spf_state state;
    struct domain_spf_cost cost;
    enum seki_spf_result otherwise;
    bool allows_senders;
} reports[] = {
    { "no record", COMMON, DOMAIN_SPF_NONE, { 0, { 0, 0 } }, SEKI_SPF_NONE, false },
    { "no senders", OWN("-all"), DOMAIN_SPF_FOUND, { 0, { 0, 0 } }, SEKI_SPF_FAIL, false },
    { "names cost one each, addresses and all nothing",
      OWN("ip4:192.0.2.1 a mx ptr exists:%{i}.x.example ip6:2001:db8::1 include:_spf.example.net exp=e.example "
          "~all"),
      DOMAIN_SPF_FOUND,
      { 5, { 0, 1 } },
      SEKI_SPF_SOFTFAIL,
      true },
    { "a redirect and what is behind it",
      OWN("redirect=a.example") SPF("a.example", "include:_spf.example.net mx ?all"),
      DOMAIN_SPF_FOUND,
      { 3, { 1, 1 } },
      SEKI_SPF_NEUTRAL,
      true },
    { "a redirect that is not followed",
      OWN("a -all redirect=a.example"),
      DOMAIN_SPF_FOUND,
      { 1, { 0, 1 } },
      SEKI_SPF_FAIL,
      true },
    { "the same include twice costs twice",
      OWN("include:a.example include:a.example -all") SPF("a.example", "mx:example.com -all"),
      DOMAIN_SPF_FOUND,
      { 4, { 0, 0 } },
      SEKI_SPF_FAIL,
      true },
    { "a mx without addresses is one void look-up",
      OWN("mx:a.example -all") "a.example. MX 1 1.x.example.\na.example. MX 2 2.x.example.\n",
      DOMAIN_SPF_FOUND,
      { 1, { 1, 1 } },
      SEKI_SPF_FAIL,
      false },
    { "what stands behind everybody is not looked up",
      OWN("include:a.example mx a -all") SPF("a.example", "+all"),
      DOMAIN_SPF_FOUND,
      { 1, { 0, 0 } },
      SEKI_SPF_PASS,
      true },
    { "an include that nobody passes",
      OWN("include:a.example -all") SPF("a.example", "?ip4:192.0.2.1 -all"),
      DOMAIN_SPF_FOUND,
      { 1, { 0, 0 } },
      SEKI_SPF_FAIL,
      false },
    { "nobody sends by a name that is not there",
      OWN("a:gone.example ?ip4:192.0.2.1 ~all"),
      DOMAIN_SPF_FOUND,
      { 1, { 1, 1 } },
      SEKI_SPF_SOFTFAIL,
      false },
    { "a syntax error",
      OWN("mx ipv4:192.0.2.1 -all"),
      DOMAIN_SPF_BROKEN,
      { 1, { 0, 0 } },
      SEKI_SPF_PERMERROR,
      true },
    { "two records", OWN("-all") OWN("~all"), DOMAIN_SPF_SEVERAL, { 0, { 0, 0 } }, SEKI_SPF_PERMERROR, false },
    { "an include without a record",
      OWN("include:gone.example -all"),
      DOMAIN_SPF_BROKEN,
      { 1, { 0, 0 } },
      SEKI_SPF_PERMERROR,
      false },
    { "a circle", OWN("include:example.com -all"), DOMAIN_SPF_BROKEN, { 1, { 0, 0 } }, SEKI_SPF_PERMERROR, false },
    { "eleven look-ups",
      OWN(TEN "mx -all") "*.x.example. A 192.0.2.9\n*.x.example. AAAA 2001:db8::9\n",
      DOMAIN_SPF_BROKEN,
      { 11, { 0, 0 } },
      SEKI_SPF_FAIL,
      true },
};

static void costs_are_those_of_a_client_that_nothing_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        struct surveyed done = survey_zone(reports[i].zone, NULL, &example);
        const struct domain_spf_report *spf = &done.report.spf;
        if (spf->state != reports[i].state ||
            memcmp(&spf->top->cost, &reports[i].cost, sizeof spf->top->cost) != 0 ||
            spf->top->otherwise != reports[i].otherwise || spf->top->allows_senders != reports[i].allows_senders)
            fail_msg("%s: %s, %u look-ups, %u and %u void, else %s, %s", reports[i].name,
                     domain_spf_state_name(spf->state), spf->top->cost.lookups, spf->top->cost.voids[DOMAIN_IPV4],
                     spf->top->cost.voids[DOMAIN_IPV6], seki_spf_result_name(spf->top->otherwise),
                     spf->top->allows_senders ? "senders" : "no senders");
        survey_release(&done);
    }
}

static void a_large_tree_is_cut(void **state)
{
    (void)state;
    struct surveyed done = survey_zone(
        OWN("include:a.example -all") SPF("a.example", "include:b.example include:b.example include:b.example")
            SPF("b.example", "include:c.example include:c.example include:c.example")
                SPF("c.example", "include:d.example include:d.example")
                    SPF("d.example", "include:e.example include:e.example")
                        SPF("e.example", "include:f.example include:f.example") SPF("f.example", "-all"),
        NULL, &example);
    assert_true(done.report.spf.is_cut);
    assert_int_equal(done.report.spf.state, DOMAIN_SPF_BROKEN);
    survey_want("cut", &done, DOMAIN_AREA_SPF, "spf.too-many-lookups");
    survey_release(&done);
}

static void terms_tell_what_became_of_them(void **state)
{
    (void)state;
    static const enum domain_spf_term_state want[] = {
        DOMAIN_SPF_TERM_FINE, DOMAIN_SPF_TERM_NOTHING,      DOMAIN_SPF_TERM_FAILED, DOMAIN_SPF_TERM_SYNTAX,
        DOMAIN_SPF_TERM_LOOP, DOMAIN_SPF_TERM_NOT_FOLLOWED, DOMAIN_SPF_TERM_FINE,   DOMAIN_SPF_TERM_UNREACHED,
    };
    struct surveyed done = survey_zone(OWN("mx a:gone.example a:slow.example foo include:example.com "
                                           "include:%{i}.x.example -all redirect=x.example"),
                                       "slow.example", &example);
    const struct domain_spf_place *top = done.report.spf.top;
    assert_int_equal(top->term_count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < top->term_count; i++)
        if (top->terms[i].state != want[i])
            fail_msg("%.*s is %s", SEKI_STR_ARGS(top->terms[i].text),
                     domain_spf_term_state_name(top->terms[i].state));
    survey_release(&done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_record_has_no_finding),
        cmocka_unit_test(texts_that_mean_to_be_a_record),
        cmocka_unit_test(terms_that_cannot_be_read),
        cmocka_unit_test(what_a_record_says),
        cmocka_unit_test(each_zone_is_judged),
        cmocka_unit_test(costs_are_those_of_a_client_that_nothing_names),
        cmocka_unit_test(a_large_tree_is_cut),
        cmocka_unit_test(terms_tell_what_became_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
