/* Macro expansion: the examples of RFC 7208 section 7.4, and where they stop. */
#include "auth/spf_macro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct seki_spf_macro_values example(const char *client)
{
    struct seki_spf_macro_values values = {
        .sender = SEKI_STR("strong-bad@email.example.com"),
        .local = SEKI_STR("strong-bad"),
        .sender_domain = SEKI_STR("email.example.com"),
        .domain = SEKI_STR("email.example.com"),
        .validated = SEKI_STR("mx.example.org"),
        .helo = SEKI_STR("helo.example.net"),
        .receiver = SEKI_STR("mx.here.example"),
        .now_s = 1700000000,
    };
    assert_true(seki_ip_parse(seki_str_of(client), &values.client));
    return values;
}

struct macro_case {
    const char *macro, *want;
};

static void check_all(const struct seki_spf_macro_values *values, const struct macro_case *cases, size_t count)
{
    struct seki_spf_expansion expansion;
    seki_spf_letters letters;
    for (size_t i = 0; i < count; i++) {
        assert_null(seki_spf_check_explain_string(seki_str_of(cases[i].macro), &letters));
        struct seki_str got = seki_spf_expand_text(values, seki_str_of(cases[i].macro), &expansion);
        if (!seki_str_equal(got, seki_str_of(cases[i].want)))
            fail_msg("%s: got '%.*s', want '%s'", cases[i].macro, SEKI_STR_ARGS(got), cases[i].want);
    }
}

static void examples_of_section_7_4(void **state)
{
    (void)state;
    static const struct macro_case cases[] = {
        { "%{s}", "strong-bad@email.example.com" },
        { "%{o}", "email.example.com" },
        { "%{d}", "email.example.com" },
        { "%{d4}", "email.example.com" },
        { "%{d3}", "email.example.com" },
        { "%{d2}", "example.com" },
        { "%{d1}", "com" },
        { "%{dr}", "com.example.email" },
        { "%{d2r}", "example.email" },
        { "%{l}", "strong-bad" },
        { "%{l-}", "strong.bad" },
        { "%{lr}", "strong-bad" },
        { "%{lr-}", "bad.strong" },
        { "%{l1r-}", "strong" },
        { "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
        { "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
        { "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
        { "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com" },
        { "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net" },
    };
    struct seki_spf_macro_values values = example("192.0.2.3");
    check_all(&values, cases, sizeof cases / sizeof cases[0]);
    static const struct macro_case ipv6[] = {
        { "%{ir}.%{v}._spf.%{d2}", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf."
                                   "example.com" },
        { "%{c}", "2001:db8::cb01" },
    };
    values = example("2001:db8::cb01");
    check_all(&values, ipv6, sizeof ipv6 / sizeof ipv6[0]);
}

static void every_letter_and_escape(void **state)
{
    (void)state;
    static const struct macro_case cases[] = {
        { "", "" },
        { "plain text, 100%%", "plain text, 100%" },
        { "%_%-", " %20" },
        { "%{i} %{c} %{p} %{h} %{r} %{t}",
          "192.0.2.3 192.0.2.3 mx.example.org helo.example.net mx.here.example 1700000000" },
        { "%{S} %{L}", "strong-bad%40email.example.com strong-bad" },
        { "%{D2R}", "example.email" },
        { "%{d127}", "email.example.com" },
        { "%{d1r}", "email" },
    };
    struct seki_spf_macro_values values = example("192.0.2.3");
    check_all(&values, cases, sizeof cases / sizeof cases[0]);
    seki_spf_letters letters;
    assert_non_null(seki_spf_check_explain_string(SEKI_STR("%{s@}"), &letters));
    assert_non_null(seki_spf_check_explain_string(SEKI_STR("two\nlines"), &letters));
    assert_non_null(seki_spf_check_explain_string(SEKI_STR("\xef\xbb\xbfmark"), &letters));
}

/* "the list of parts might contain empty strings" (section 7.3). */
static void empty_parts_are_kept(void **state)
{
    (void)state;
    static const struct macro_case cases[] = {
        { "%{l-}", ".a..b." }, { "%{lr-}", ".b..a." }, { "%{l2-}", "b." },
        { "%{l2r-}", "a." },   { "%{l1-}", "" },       { "%{l+}", "-a--b-" },
    };
    struct seki_spf_macro_values values = example("192.0.2.3");
    values.local = SEKI_STR("-a--b-");
    check_all(&values, cases, sizeof cases / sizeof cases[0]);
    static const struct macro_case nothing[] = { { "%{l}", "" }, { "%{lr}", "" }, { "%{l3}", "" } };
    values.local = SEKI_STR("");
    check_all(&values, nothing, sizeof nothing / sizeof nothing[0]);
}

static void a_name_loses_labels_on_the_left_until_it_fits(void **state)
{
    (void)state;
    char local[64 * 5 + 1];
    for (size_t i = 0; i < sizeof local - 1; i++) /* 5 labels of 63 */
        local[i] = i % 64 == 63 ? '.' : (char)('a' + i / 64);
    struct seki_spf_macro_values values = example("192.0.2.3");
    values.local = (struct seki_str){ local, sizeof local - 2 };
    struct seki_spf_expansion expansion;
    struct seki_str name = seki_spf_expand_name(&values, SEKI_STR("%{l}.x.example."), &expansion);
    assert_int_equal(name.len, 3 * 64 + strlen("x.example")); /* 4 would be 265 */
    assert_memory_equal(name.ptr, "ccc", 3);
    name = seki_spf_expand_name(&values, SEKI_STR("%{l}%{l}%{l}%{l}%{l}%{l}.x.example"), &expansion);
    assert_int_equal(name.len, 3 * 64 + strlen("x.example"));
    values.local = (struct seki_str){ local, 63 };
    name = seki_spf_expand_name(&values, SEKI_STR("%{l}%{l}%{l}%{l}%{l}"), &expansion);
    assert_int_equal(name.len, 0); /* one label of 315 */
}

static void a_long_value_leaves_the_end_of_a_name_whole(void **state)
{
    (void)state;
    static char local[5000];
    memset(local, 'x', sizeof local);
    struct seki_spf_macro_values values = example("192.0.2.3");
    values.local = (struct seki_str){ local, sizeof local };
    struct seki_spf_expansion expansion;
    struct seki_str name = seki_spf_expand_name(&values, SEKI_STR("%{l}.%{L}.%{i}.x.example"), &expansion);
    assert_true(seki_str_equal(name, SEKI_STR("192.0.2.3.x.example")));
    struct seki_str text = seki_spf_expand_text(&values, SEKI_STR("a %{l}"), &expansion);
    assert_int_equal(text.len, SEKI_SPF_EXPANSION_OCTETS);
    assert_memory_equal(text.ptr, "a xx", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_section_7_4),
        cmocka_unit_test(every_letter_and_escape),
        cmocka_unit_test(empty_parts_are_kept),
        cmocka_unit_test(a_name_loses_labels_on_the_left_until_it_fits),
        cmocka_unit_test(a_long_value_leaves_the_end_of_a_name_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
