/* Which TXT is an SPF record, and what its grammar allows (RFC 7208 section 12). */
#include "auth/spf_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void the_version_ends_at_a_space_or_the_end(void **state)
{
    (void)state;
    const char *yes[] = { "v=spf1", "V=SPF1 -all", "v=spf1 " };
    const char *no[] = { "", "v=spf", "v=spf10", "v=spf1-all", "v=spf1\t-all", " v=spf1", "spf2.0/pra -all" };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(seki_spf_has_version(seki_str_of(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(seki_spf_has_version(seki_str_of(no[i])));
}

static bool reads(const char *terms, struct seki_spf_record *record, struct seki_spf_fault *fault)
{
    char text[512];
    int len = snprintf(text, sizeof text, "v=spf1 %s", terms);
    return seki_spf_record_read((struct seki_str){ text, (size_t)len }, record, fault);
}

static void good_records_are_read(void **state)
{
    (void)state;
    const char *records[] = {
        "",
        "  ",
        "-all",
        "A MX PTR ALL",
        "+a ?mx ~ptr -all",
        "a/0 a//0 a/32//128 a:x.example/24 a:x.example//64 mx:x.example/24//64",
        "a:x/24.example a:foo:bar/baz.example.com",
        "a:%{d} a:%{d}/24 a:%{d}//64 a:%{d}/24//64",
        "include:x.example. exists:%{ir}.%{v}._spf.%{d2} exists:%{l1r+-}._x.%{o}",
        "exists:%{s128r.-+,/_=}.x.example",
        "exists:%%.%_.%-.x.example",
        "ptr:x.y-z.example a:x.1a a:x.xn--zckzah a:x.1-1",
        "ip4:0.0.0.0/0 ip4:255.255.255.255/32 ip4:192.0.2.1",
        "ip6:::/0 ip6:2001:db8::cd30 ip6:::ffff:192.0.2.1/128 ip6:2001:DB8::192.0.2.1",
        "moo.cow-far_out=man:dog/cat moo.cow-far_out=again x=",
        "redirect=_spf.%{d} exp=why.%{d}",
        "Redirect=%{o} EXP=%{o}",
    };
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
        if (!reads(records[i], &record, &fault))
            fail_msg("%s: '%.*s' %s", records[i], SEKI_STR_ARGS(fault.term), fault.what);
}

static void bad_records_are_refused_whole(void **state)
{
    (void)state;
    const char *records[] = {
        "moo",
        "-all moo",
        "all:x.example",
        "all/8",
        "-all.",
        "--all",
        "-",
        "!all",
        "+redirect=x.example",
        /* domains */
        "a:",
        "a:x",
        "a:museum.",
        "a:x.123",
        "a:192.0.2.1",
        "a:x.-a",
        "a:x.a-",
        "a:x..",
        "a:x.exam_ple",
        "a:%%",
        "a:x.example:8080",
        "a:%{d}.",
        "a:x.%%com",
        "a:x.ex\tample",
        "a:x.\xc3\xa9xample",
        "include",
        "include:",
        "include/24",
        "include:x.example/24",
        "exists",
        "exists:",
        "exists:x.example/8",
        "ptr:",
        "ptr/0",
        "mx:",
        /* prefix lengths */
        "a/",
        "a//",
        "a/33",
        "a/032",
        "a/00",
        "a//129",
        "a/24/64",
        "a/24//64/",
        "a/24///64",
        "a/x",
        "a/4294967328",
        "a:x.example/",
        "mx/-1",
        /* networks */
        "ip4",
        "ip4:",
        "ip4:192.0.2",
        "ip4:192.0.2.1.1",
        "ip4:192.0.2.256",
        "ip4:192.0.2.01",
        "ip4:192.0.2.1/33",
        "ip4:192.0.2.1//32",
        "ip4:192.0.2.1:25",
        "ip4:192.0.2.1/",
        "ip4:2001:db8::1",
        "ip4:x.example",
        "ip6",
        "ip6:",
        "ip6::2001:db8::1",
        "ip6:2001:db8::1::2",
        "ip6:2001:db8::1/129",
        "ip6:2001:db8::1//64",
        "ip6:192.0.2.1",
        "ip6:2001:db8::g",
        "ip6:IPv6:2001:db8::1",
        /* macros */
        "exists:%",
        "exists:%x.example",
        "exists:%{",
        "exists:%{}",
        "exists:%{d",
        "exists:%{x}.example",
        "exists:%{d0}",
        "exists:%{d99999999999999999999}",
        "exists:%{dr2}",
        "exists:%{d*}",
        "exists:%(d).example",
        "exists:%{c}.example",
        "exists:%{r}.example",
        "exists:%{t}.example",
        "a:x.example%",
        /* modifiers */
        "=all",
        "1up=x",
        "x/y=z",
        "x:y=z",
        "x=%",
        "x=%{c}",
        "redirect=",
        "redirect=x",
        "exp=",
        "exp=-all",
        "redirect:x.example",
        "redirect=x.example redirect=x.example",
        "exp=x.example -all exp=y.example",
    };
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (reads(records[i], &record, &fault))
            fail_msg("'%s' was taken", records[i]);
        assert_non_null(fault.what);
        assert_true(fault.term.len > 0);
    }
}

static void only_spaces_separate_terms(void **state)
{
    (void)state;
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    assert_false(reads("a\t-all", &record, &fault));
    assert_false(reads("a\r\n-all", &record, &fault));
    struct seki_str with_nul = { "v=spf1 a:x.example\0", 19 };
    assert_false(seki_spf_record_read(with_nul, &record, &fault));
}

static void a_term_carries_what_was_written(void **state)
{
    (void)state;
    struct seki_str rest = SEKI_STR(" ~MX:a.b/24.example/20//64  ip6:2001:db8::/32 x=1");
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    assert_true(seki_spf_next_term(&rest, &term, &fault));
    assert_int_equal(term.kind, SEKI_SPF_TERM_MX);
    assert_int_equal(term.qualifier, SEKI_SPF_SOFTFAIL);
    assert_true(seki_str_equal(term.text, SEKI_STR("~MX:a.b/24.example/20//64")));
    assert_true(seki_str_equal(term.domain_spec.text, SEKI_STR("a.b/24.example")));
    assert_int_equal(term.ip4_prefix_bits, 20);
    assert_int_equal(term.ip6_prefix_bits, 64);
    assert_true(seki_spf_next_term(&rest, &term, &fault));
    assert_int_equal(term.kind, SEKI_SPF_TERM_IP6);
    assert_int_equal(term.qualifier, SEKI_SPF_PASS);
    assert_int_equal(term.ip6_prefix_bits, 32);
    assert_int_equal(term.network.octet_count, 16);
    assert_true(seki_spf_next_term(&rest, &term, &fault));
    assert_int_equal(term.kind, SEKI_SPF_TERM_UNKNOWN_MODIFIER);
    assert_false(seki_spf_next_term(&rest, &term, &fault));
    assert_null(fault.what);
}

static void redirect_and_exp_are_found_anywhere(void **state)
{
    (void)state;
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    assert_true(seki_spf_record_read(SEKI_STR("v=spf1 exp=%{l}.x.example redirect=y.example a"), &record, &fault));
    assert_true(record.has_exp && record.has_redirect && !record.has_all);
    assert_true(seki_str_equal(record.exp.text, SEKI_STR("%{l}.x.example")));
    assert_int_equal(record.exp.letters, SEKI_SPF_LETTER('l'));
    assert_true(seki_str_equal(record.redirect.text, SEKI_STR("y.example")));
    assert_true(seki_spf_record_read(SEKI_STR("v=spf1 redirect=y.example ?ALL"), &record, &fault));
    assert_true(record.has_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_ends_at_a_space_or_the_end),
        cmocka_unit_test(good_records_are_read),
        cmocka_unit_test(bad_records_are_refused_whole),
        cmocka_unit_test(only_spaces_separate_terms),
        cmocka_unit_test(a_term_carries_what_was_written),
        cmocka_unit_test(redirect_and_exp_are_found_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
