/* Master files: what each line means, what is refused and where, and what a server would answer from them. */
#include "dns/driver/master_file.h"

#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* What comes out, as "status records…", each record as text, address or "preference name". */
static void describe(const struct seki_answer *outcome, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", seki_answer_status_name(outcome->status));
    for (size_t i = 0; i < outcome->record_count; i++) {
        const struct seki_record *r = &outcome->records[i];
        char address[SEKI_IP_TEXT_MAX];
        if (r->address.octet_count > 0)
            used += (size_t)snprintf(out + used, size - used, " %s", seki_ip_format(&r->address, address));
        else
            used += (size_t)snprintf(out + used, size - used, " %u:%.*s", r->preference, SEKI_STR_ARGS(r->text));
    }
}

static void check(const char *zone, const char *name, enum seki_rr_type type, const char *want, uint32_t ttl_s)
{
    struct seki_error why = { "" };
    struct master_file *file = master_file_parse(seki_str_of(zone), "zone", &why);
    struct seki_dns_records *records = malloc(sizeof *records);
    struct seki_answer question = { .name = seki_str_of(name), .type = type }, outcome;
    char got[1024];
    assert_string_equal(why.text, "");
    assert_non_null(file);
    assert_non_null(records);
    master_file_answer(file, &question, records, &outcome);
    describe(&outcome, got, sizeof got);
    assert_string_equal(got, want);
    assert_int_equal(outcome.ttl_s, ttl_s);
    free(records);
    master_file_free(file);
}

struct zone_case {
    const char *what, *zone, *name;
    enum seki_rr_type type;
    const char *want;
    uint32_t ttl_s;
};

static const struct zone_case zone_cases[] = {
    { "one record", "a.example. 60 IN A 192.0.2.1\n", "a.example", SEKI_RR_A, "found 192.0.2.1", 60 },
    { "no newline at the end", "a.example. 60 IN A 192.0.2.1", "a.example", SEKI_RR_A, "found 192.0.2.1", 60 },
    { "CRLF line ends", "a.example. 60 IN A 192.0.2.1\r\nb.example. A 192.0.2.2\r\n", "b.example", SEKI_RR_A,
      "found 192.0.2.2", 60 },
    { "class before TTL", "a.example. IN 60 A 192.0.2.1\n", "a.example", SEKI_RR_A, "found 192.0.2.1", 60 },
    { "neither TTL nor class", "a.example. A 192.0.2.1\n", "a.example", SEKI_RR_A, "found 192.0.2.1", 3600 },
    { "an omitted TTL is the last stated", "a.example. 7 A 192.0.2.1\nb.example. A 192.0.2.2\n", "b.example",
      SEKI_RR_A, "found 192.0.2.2", 7 },
    { "an omitted TTL is $TTL before that", "$TTL 1h\na.example. 7 A 192.0.2.1\nb.example. A 192.0.2.2\n",
      "b.example", SEKI_RR_A, "found 192.0.2.2", 3600 },
    { "an omitted TTL is the SOA's minimum at last", "@ SOA ns host 1 1h 1h 1h 30\nb.example. A 192.0.2.2\n",
      "b.example", SEKI_RR_A, "found 192.0.2.2", 30 },
    { "units add up", "a.example. 1W2d3H4m5 A 192.0.2.1\n", "a.example", SEKI_RR_A, "found 192.0.2.1", 788645 },
    { "$ORIGIN and @", "$ORIGIN example.\n@ A 192.0.2.1\n", "example", SEKI_RR_A, "found 192.0.2.1", 3600 },
    { "relative $ORIGIN", "$ORIGIN example.\n$ORIGIN sub\nx MX 10 mail\n", "x.sub.example", SEKI_RR_MX,
      "found 10:mail.sub.example", 3600 },
    { "names before any $ORIGIN are relative to the root", "a.example A 192.0.2.1\n", "a.example", SEKI_RR_A,
      "found 192.0.2.1", 3600 },
    { "a blank repeats the owner", "a.example. A 192.0.2.1\n\n ; nothing\n\t60 A 192.0.2.2\n", "a.example",
      SEKI_RR_A, "found 192.0.2.1 192.0.2.2", 60 },
    { "lower-case keywords, upper-case names", "A.EXAMPLE. in aaaa 2001:DB8::1\n", "a.example", SEKI_RR_AAAA,
      "found 2001:db8::1", 3600 },
    { "a mapped address in AAAA stays IPv6", "a.example. AAAA ::ffff:192.0.2.1\n", "a.example", SEKI_RR_AAAA,
      "found ::ffff:192.0.2.1", 3600 },
    { "parentheses join lines", "a.example. TXT ( \"one\" ; first\n   \"two\"\n) ; end\nb.example. A 192.0.2.1\n",
      "a.example", SEKI_RR_TXT, "found 0:onetwo", 3600 },
    { "escapes in texts", "a.example. TXT \"\\\"a\\;\\092\\065\\\\ ; (b)\"\n", "a.example", SEKI_RR_TXT,
      "found 0:\"a;\\A\\ ; (b)", 3600 },
    { "a text without quotes", "a.example. TXT v=spf1;no -all\n", "a.example", SEKI_RR_TXT, "found 0:v=spf1",
      3600 },
    { "an empty text", "a.example. TXT \"\"\n", "a.example", SEKI_RR_TXT, "found 0:", 3600 },
    { "two texts", "a.example. TXT x\na.example. TXT y\n", "a.example", SEKI_RR_TXT, "found 0:x 0:y", 3600 },
    { "the same record twice is one", "a.example. TXT x\na.example. TXT \"x\"\n", "a.example", SEKI_RR_TXT,
      "found 0:x", 3600 },
    { "null MX", "a.example. MX 0 .\n", "a.example", SEKI_RR_MX, "found 0:", 3600 },
    { "PTR", "1.2.0.192.in-addr.arpa. PTR Mail.Example.\n", "1.2.0.192.in-addr.arpa", SEKI_RR_PTR,
      "found 0:mail.example", 3600 },
    { "NS, in the order of the file", "example. NS ns2.Example.\nexample. NS ns1\n", "example", SEKI_RR_NS,
      "found 0:ns2.example 0:ns1", 3600 },
    { "CNAME asked for is not followed", "a.example. CNAME b.example.\nb.example. A 192.0.2.1\n", "a.example",
      SEKI_RR_CNAME, "found 0:b.example", 3600 },
    { "CNAME asked for where there is none", "a.example. A 192.0.2.1\n", "a.example", SEKI_RR_CNAME, "nodata", 0 },
    { "DS", "a.example. DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n", "a.example", SEKI_RR_DS,
      "found 0:60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", 3600 },
    { "DS: mnemonic, blanks and small letters in the digest",
      "a.example. DS 007 ecdsap256sha256 2 ( 0a1b\n2c3d4e5f )\n", "a.example", SEKI_RR_DS,
      "found 0:7 13 2 0A1B2C3D4E5F", 3600 },
    { "DS stands above the cut (RFC 4035 section 2.4)",
      "@ SOA ns host 1 1h 1h 1h 30\nb.example. NS ns.b.example.\nb.example. DS 1 8 2 00\n", "b.example", SEKI_RR_DS,
      "found 0:1 8 2 00", 30 },
    { "DS below the cut is another server's",
      "@ SOA ns host 1 1h 1h 1h 30\nexample. NS ns.example.\nb.example. DS 1 8 2 00\n", "b.example", SEKI_RR_DS,
      "failed", 0 },
    { "NS at a cut too is another server's", "@ SOA ns host 1 1h 1h 1h 30\nb.example. NS ns.b.example.\n",
      "b.example", SEKI_RR_NS, "failed", 0 },
    { "type SPF is read as TXT is", "a.example. SPF \"v=spf1\" \" -all\"\n", "a.example", SEKI_RR_SPF,
      "found 0:v=spf1 -all", 3600 },
    { "type SPF is not TXT", "a.example. SPF \"v=spf1 -all\"\n", "a.example", SEKI_RR_TXT, "nodata", 0 },
    { "other types make their name exist", "a.example. CAA 0 issue \"ca.example\"\n", "a.example", SEKI_RR_A,
      "nodata", 0 },
    { "types by number are passed over", "a.example. TYPE65534 \\# 2 0102\n", "a.example", SEKI_RR_A, "nodata", 0 },
    { "a missing name", "a.example. A 192.0.2.1\n", "b.example", SEKI_RR_A, "nxdomain", 0 },
    { "an empty file", "; nothing\n", "example", SEKI_RR_A, "nxdomain", 0 },
    { "an empty non-terminal exists", "a.b.example. A 192.0.2.1\n", "b.example", SEKI_RR_A, "nodata", 0 },
    { "CNAME is followed, the least TTL counts", "a.example. 9 CNAME b.example.\nb.example. 60 A 192.0.2.1\n",
      "a.example", SEKI_RR_A, "found 192.0.2.1", 9 },
    { "CNAME to a name that is not there", "a.example. CNAME b.example.\n", "a.example", SEKI_RR_A, "nxdomain", 0 },
    { "CNAME to a name without the type", "a.example. CNAME b.example.\nb.example. A 192.0.2.1\n", "a.example",
      SEKI_RR_TXT, "nodata", 0 },
    { "a loop of CNAMEs", "a.example. CNAME b.example.\nb.example. CNAME a.example.\n", "a.example", SEKI_RR_A,
      "failed", 0 },
    { "below a zone cut another server answers", "@ SOA ns host 1 1h 1h 1h 30\nb.example. NS ns.b.example.\n",
      "a.b.example", SEKI_RR_A, "failed", 0 },
    { "at a zone cut too", "@ SOA ns host 1 1h 1h 1h 30\nb.example. NS ns.b.example.\n", "b.example", SEKI_RR_A,
      "failed", 0 },
    { "without a SOA a NS record cuts nothing", "b.example. NS ns.b.example.\n", "a.b.example", SEKI_RR_A,
      "nxdomain", 0 },
    { "a dot inside a label cannot be asked for", "a\\.b.example. A 192.0.2.1\n", "a.b.example", SEKI_RR_A,
      "nxdomain", 0 },
    { "a blank owner at the start of the data, behind a directive", "$ORIGIN example.\na A 192.0.2.1\n  TXT x\n",
      "a.example", SEKI_RR_TXT, "found 0:x", 3600 },
};

/* The zone of RFC 4592 section 2.2.1, and the answers that the section gives. */
static const char wildcard_zone[] = "$ORIGIN example.\n"
                                    "@                 3600 IN SOA   ns host 1 1h 1h 1h 1h\n"
                                    "@                 3600    NS    ns.example.com.\n"
                                    "*                 3600    TXT   \"this is a wildcard\"\n"
                                    "*                 3600    MX    10 host1.example.\n"
                                    "sub.*             3600    TXT   \"this is not a wildcard\"\n"
                                    "host1             3600    A     192.0.2.1\n"
                                    "_ssh._tcp.host1   3600    SRV   0 0 22 host1\n"
                                    "_ssh._tcp.host2   3600    SRV   0 0 22 host1\n"
                                    "subdel            3600    NS    ns.example.com.\n"
                                    "*.alias           3600    CNAME host1\n";

static const struct zone_case wildcard_cases[] = {
    { "wildcard: host3 MX", wildcard_zone, "host3.example", SEKI_RR_MX, "found 10:host1.example", 3600 },
    { "wildcard: host3 A is NODATA", wildcard_zone, "host3.example", SEKI_RR_A, "nodata", 0 },
    { "wildcard: several labels", wildcard_zone, "foo.bar.example", SEKI_RR_TXT, "found 0:this is a wildcard",
      3600 },
    { "wildcard: host1 exists, so MX is NODATA", wildcard_zone, "host1.example", SEKI_RR_MX, "nodata", 0 },
    { "wildcard: sub.* MX is NODATA", wildcard_zone, "sub.*.example", SEKI_RR_MX, "nodata", 0 },
    { "wildcard: below host1 nothing is made", wildcard_zone, "_telnet._tcp.host1.example", SEKI_RR_TXT, "nxdomain",
      0 },
    { "wildcard: host2 is an empty non-terminal", wildcard_zone, "host2.example", SEKI_RR_TXT, "nodata", 0 },
    { "wildcard: ghost.* is below an existing name", wildcard_zone, "ghost.*.example", SEKI_RR_MX, "nxdomain", 0 },
    { "wildcard: the star itself can be asked for", wildcard_zone, "*.example", SEKI_RR_TXT,
      "found 0:this is a wildcard", 3600 },
    { "wildcard: CNAME", wildcard_zone, "x.y.alias.example", SEKI_RR_A, "found 192.0.2.1", 3600 },
};

static const struct {
    const char *what, *zone, *want;
} refused[] = {
    { "no TXT data", "a. TXT\n", "zone:1: TXT without a string" },
    { "a quote that stays open", "a. TXT \"x\n", "zone:1: a quoted string is not closed on its line" },
    { "an escaped closing quote", "a. TXT \"x\\\"\n", "zone:1: a quoted string is not closed on its line" },
    { "an octet over 255", "a. TXT \"\\256\"\n",
      "zone:1: a bad escape: write \\DDD with DDD from 000 to 255, or \\ and the character" },
    { "an open parenthesis names its line", "a. TXT (\n\"x\"\n\n", "zone:1: this parenthesis is never closed" },
    { "a parenthesis inside another", "a. TXT ((\n", "zone:1: a parenthesis inside parentheses" },
    { "a lone closing parenthesis", "; c\na. TXT x )\n", "zone:2: a closing parenthesis without an open one" },
    { "an unknown type", "\n\na. TXTT x\n", "zone:3: unknown type \"TXTT\"" },
    { "another class", "a. CH TXT x\n", "zone:1: class CH: only IN can be used" },
    { "a bad IPv4 address", "a. A 192.0.2.256\n", "zone:1: \"192.0.2.256\" is no IPv4 address" },
    { "an IPv6 address in A", "a. A 2001:db8::1\n", "zone:1: \"2001:db8::1\" is no IPv4 address" },
    { "an IPv4 address in AAAA", "a. AAAA 192.0.2.1\n", "zone:1: \"192.0.2.1\" is no IPv6 address" },
    { "too much data", "a. A 192.0.2.1 x\n", "zone:1: \"x\" is too much for a record of type A" },
    { "no data", "a. MX 10\n", "zone:1: a name is missing or quoted" },
    { "a preference over 65535", "a. MX 65536 b.\n", "zone:1: the preference \"65536\" is no number up to 65535" },
    { "a blank first line", " A 192.0.2.1\n",
      "zone:1: a line that starts with a blank repeats the owner before it, but there is none yet" },
    { "an empty label", "a..b. A 192.0.2.1\n", "zone:1: \"a..b.\" is no domain name" },
    { "$INCLUDE", "$INCLUDE /etc/passwd\n", "zone:1: $INCLUDE cannot be used here: only $ORIGIN and $TTL" },
    { "a bad TTL", "a. 1x A 192.0.2.1\n",
      "zone:1: the TTL \"1x\" is no time (seconds up to 2147483647, or as in 2d12h)" },
    { "a TTL of 2^31", "a. 2147483648 A 192.0.2.1\n",
      "zone:1: the TTL \"2147483648\" is no time (seconds up to 2147483647, or as in 2d12h)" },
    { "CNAME beside data", "a. A 192.0.2.1\na. CNAME b.\n",
      "zone:2: a CNAME cannot stand beside other records of the same name" },
    { "data beside CNAME", "a. CNAME b.\na. TXT x\n",
      "zone:2: a CNAME cannot stand beside other records of the same name" },
    { "two CNAMEs", "a. CNAME b.\na. CNAME c.\n", "zone:2: a name can have only one CNAME" },
    { "DS without a digest", "a. DS 1 8 2\n", "zone:1: the digest is missing or ends in half an octet" },
    { "half an octet of a digest", "a. DS 1 8 2 abc\n", "zone:1: the digest is missing or ends in half an octet" },
    { "a digest that is not hexadecimal", "a. DS 1 8 2 0g\n",
      "zone:1: the digest is no hexadecimal text of up to 64 octets" },
    { "an unknown DNSSEC algorithm", "a. DS 1 RSASHA999 2 00\n",
      "zone:1: the algorithm \"RSASHA999\" is no number up to 255" },
    { "a key tag over 65535", "a. DS 65536 8 2 00\n", "zone:1: the key tag \"65536\" is no number up to 65535" },
    { "only an owner", "a.\n", "zone:1: the type is missing or quoted" },
    { "an error inside parentheses names its own line", "a. MX (\n 10\n \"b\" )\n",
      "zone:3: a name is missing or quoted" },
};

static void run_zone_case(void **state)
{
    const struct zone_case *c = *state;
    check(c->zone, c->name, c->type, c->want, c->ttl_s);
}

static void errors_name_file_line_and_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct seki_error why = { "" };
        print_message("# %s\n", refused[i].what);
        assert_null(master_file_parse(seki_str_of(refused[i].zone), "zone", &why));
        assert_string_equal(why.text, refused[i].want);
    }
}

/* "a. TXT" with one string of so many octets. */
static void check_string(size_t len, bool has_long_string)
{
    char zone[1024];
    struct seki_error why = { "" };
    assert_true(7 + len <= sizeof zone);
    memset(zone, 'x', sizeof zone);
    memcpy(zone, "a. TXT ", 7);
    struct master_file *file = master_file_parse((struct seki_str){ zone, 7 + len }, "zone", &why);
    struct seki_dns_records *records = malloc(sizeof *records);
    const struct seki_answer question = { .name = SEKI_STR("a"), .type = SEKI_RR_TXT };
    struct seki_answer outcome;
    assert_non_null(file);
    assert_non_null(records);
    master_file_answer(file, &question, records, &outcome);
    assert_int_equal(outcome.record_count, 1);
    assert_int_equal(outcome.records[0].text.len, len);
    assert_int_equal(outcome.records[0].has_long_string, has_long_string);
    free(records);
    master_file_free(file);
}

static void a_string_over_255_octets_is_split_and_noted(void **state)
{
    (void)state;
    check_string(255, false);
    check_string(256, true);
    check_string(511, true);
}

static void a_record_beside_one_with_a_long_string_is_not_noted(void **state)
{
    (void)state;
    struct seki_buf zone;
    struct seki_error why = { "" };
    seki_buf_init(&zone, 4096);
    seki_buf_add_format(&zone, "a. TXT \"%0300d\" x\na. TXT y\n", 0);
    struct master_file *file = master_file_parse(seki_buf_str(&zone), "zone", &why);
    const struct master_record *record;
    struct seki_dns_name name;
    assert_non_null(file);
    assert_true(seki_dns_name_from_text(SEKI_STR("a"), &name));
    assert_int_equal(master_file_find(file, &name, SEKI_RR_TXT, &record), MASTER_FOUND);
    assert_true(record->has_long_string);
    assert_false(record->next->has_long_string);
    master_file_free(file);
    seki_buf_release(&zone);
}

static void a_text_fits_into_a_record(void **state)
{
    (void)state;
    struct seki_buf zone;
    struct seki_error why = { "" };
    seki_buf_init(&zone, 100000);
    seki_buf_add_format(&zone, "a. TXT \"%070000d\"\n", 0);
    assert_null(master_file_parse(seki_buf_str(&zone), "zone", &why));
    assert_string_equal(why.text, "zone:1: the text is longer than a record can be");
    seki_buf_release(&zone);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    assert_null(master_file_load("/nonexistent/zone", &why));
    assert_string_equal(why.text, "/nonexistent/zone: No such file or directory");
}

static void fifty_thousand_names_are_found(void **state)
{
    (void)state;
    struct seki_buf text;
    struct seki_error why = { "" };
    seki_buf_init(&text, 8u << 20);
    for (int i = 0; i < 50000; i++)
        seki_buf_add_format(&text, "n%d.d%d.example. A 192.0.2.1\n", i, i % 2000);
    struct master_file *file = master_file_parse(seki_buf_str(&text), "zone", &why);
    assert_non_null(file);
    assert_int_equal(master_file_record_count(file), 50000);
    const struct master_record *record;
    struct seki_dns_name name;
    for (int i = 0; i < 50000; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "n%d.d%d.example", i, i % 2000);
        assert_true(seki_dns_name_from_text(seki_str_of(wanted), &name));
        assert_int_equal(master_file_find(file, &name, SEKI_RR_A, &record), MASTER_FOUND);
    }
    master_file_free(file);
    seki_buf_release(&text);
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static struct CMUnitTest test_of(const struct zone_case *c)
{
    return (struct CMUnitTest){ c->what, run_zone_case, NULL, NULL, (void *)(uintptr_t)c };
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(errors_name_file_line_and_what_is_wrong),
        cmocka_unit_test(a_string_over_255_octets_is_split_and_noted),
        cmocka_unit_test(a_record_beside_one_with_a_long_string_is_not_noted),
        cmocka_unit_test(a_text_fits_into_a_record),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(fifty_thousand_names_are_found),
    };
    static struct CMUnitTest tests[COUNT_OF(zone_cases) + COUNT_OF(wildcard_cases) + COUNT_OF(others)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(zone_cases); i++)
        tests[count++] = test_of(&zone_cases[i]);
    for (size_t i = 0; i < COUNT_OF(wildcard_cases); i++)
        tests[count++] = test_of(&wildcard_cases[i]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        tests[count++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
