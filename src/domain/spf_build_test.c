/* SPF records made from choices. */
#include "domain/spf_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX 4

/* Lists end with "". */
static const struct {
    const char *name;
    struct seki_str addresses[MAX], hosts[MAX], includes[MAX];
    const char *redirect;
    bool has_mx, is_no_mail;
    enum seki_spf_result otherwise;
    const char *want; /* a record, or what is wrong */
} cases[] = {
    { "nothing", .want = "name at least one sender, or say that the domain sends no mail" },
    { "nothing but what others get", .otherwise = SEKI_SPF_FAIL,
      .want = "name at least one sender, or say that the domain sends no mail" },
    { "no mail", .is_no_mail = true, .want = "v=spf1 -all" },
    { "the mail server", .has_mx = true, .otherwise = SEKI_SPF_FAIL, .want = "v=spf1 mx -all" },
    { "neutral", .has_mx = true, .otherwise = SEKI_SPF_NEUTRAL, .want = "v=spf1 mx ?all" },
    { "cheap terms first",
      .addresses = { SEKI_STR_INIT("2001:db8::/32"), SEKI_STR_INIT("192.0.2.1"), SEKI_STR_INIT("198.51.100.0/24") },
      .hosts = { SEKI_STR_INIT("mail.example.net") },
      .includes = { SEKI_STR_INIT("_spf.example.net"), SEKI_STR_INIT("spf.example.org") }, .has_mx = true,
      .want = "v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24 ip6:2001:db8::/32 a:mail.example.net mx "
              "include:_spf.example.net include:spf.example.org ~all" },
    { "its own name", .hosts = { SEKI_STR_INIT("Example.com") }, .want = "v=spf1 a ~all" },
    { "names in other scripts",
      .hosts = { SEKI_STR_INIT("b\xc3\xbc"
                               "cher.example") },
      .want = "v=spf1 a:xn--bcher-kva.example ~all" },
    { "a redirect ends it", .has_mx = true, .redirect = "_spf.example.net",
      .want = "v=spf1 mx redirect=_spf.example.net" },

    { "a redirect and others", .redirect = "_spf.example.net", .otherwise = SEKI_SPF_FAIL,
      .want = "the record that a redirect leads to says what others get: leave out one of the two" },
    { "no mail and a sender", .is_no_mail = true, .has_mx = true,
      .want = "a domain that sends no mail has no senders: leave the other choices out" },
    { "no mail and softfail", .is_no_mail = true, .otherwise = SEKI_SPF_SOFTFAIL,
      .want = "a domain that sends no mail has no senders: leave the other choices out" },
    { "a name among addresses", .addresses = { SEKI_STR_INIT("mail.example.net") },
      .want = "\"mail.example.net\" is no address or network, such as 192.0.2.1 or 2001:db8::/32" },
    { "a prefix length too long", .addresses = { SEKI_STR_INIT("192.0.2.0/33") },
      .want = "\"192.0.2.0/33\" is no address or network, such as 192.0.2.1 or 2001:db8::/32" },
    { "another term in an address", .addresses = { SEKI_STR_INIT("192.0.2.1 +all") },
      .want = "\"192.0.2.1 +all\" is no address or network, such as 192.0.2.1 or 2001:db8::/32" },
    { "one label", .hosts = { SEKI_STR_INIT("mail") }, .want = "\"mail\" is no domain name" },
    { "another term in a name", .includes = { SEKI_STR_INIT("a.example +all") },
      .want = "\"a.example +all\" is no domain name" },
    { "a macro", .includes = { SEKI_STR_INIT("%{i}.example") }, .want = "\"%{i}.example\" is no domain name" },
    { "a bad redirect", .redirect = "a..example", .want = "\"a..example\" is no domain name" },
};

static size_t count(const struct seki_str list[MAX])
{
    size_t found = 0;
    while (found < MAX && list[found].len > 0)
        found++;
    return found;
}

static void each_record_is_built(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_error why = { "" };
        struct seki_str text;
        const struct domain_spf_choices choices = {
            .domain = SEKI_STR_INIT("example.com"),
            .addresses = cases[i].addresses,
            .address_count = count(cases[i].addresses),
            .hosts = cases[i].hosts,
            .host_count = count(cases[i].hosts),
            .includes = cases[i].includes,
            .include_count = count(cases[i].includes),
            .has_mx = cases[i].has_mx,
            .redirect = seki_str_of(cases[i].redirect),
            .otherwise = cases[i].otherwise,
            .is_no_mail = cases[i].is_no_mail,
        };
        enum seki_result result = domain_spf_build(arena, &choices, &text, &why);
        struct seki_str got = result == SEKI_OK ? text : seki_str_of(why.text);
        if (!seki_str_equal(got, seki_str_of(cases[i].want)) || (result != SEKI_OK && result != SEKI_BAD_INPUT))
            fail_msg("%s: \"%.*s\", not \"%s\"", cases[i].name, SEKI_STR_ARGS(got), cases[i].want);
        seki_arena_free(arena);
    }
}

static void a_record_has_an_end(void **state)
{
    (void)state;
    static struct seki_str many[400];
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_error why = { "" };
    struct seki_str text;
    for (size_t i = 0; i < 400; i++)
        many[i] = SEKI_STR("198.51.100.128/25");
    const struct domain_spf_choices choices = { .addresses = many, .address_count = 400 };
    assert_int_equal(domain_spf_build(arena, &choices, &text, &why), SEKI_BAD_INPUT);
    assert_string_equal(why.text, "the record would have over 4096 octets: use fewer addresses");
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_built),
        cmocka_unit_test(a_record_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
