/* Domains that can be taken for one another, and such that only seem so. A-labels were made by hand (RFC 3492). */
#include "policy/lookalike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void imitations_are_seen_and_others_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *name, *author, *hosted;
        bool imitates;
    } cases[] = {
        { "rn for m", "exarnple.com", "example.com", true },
        { "vv for w", "vvidget.example", "widget.example", true },
        { "1 for l", "examp1e.com", "example.com", true },
        { "i for l, which may be shown as I", "exampie.com", "example.com", true },
        { "0 for o", "f0o.example", "foo.example", true },
        { "a hyphen more", "ex-ample.com", "example.com", true },
        { "a hyphen less", "marnet.example", "mar-net.example", true },
        { "Cyrillic a", "xn--exmple-4nf.com", "example.com", true },
        { "Cyrillic e first", "xn--xample-2of.com", "example.com", true },
        { "several Cyrillic letters", "xn--mle-5cdy2e6a.com", "example.com", true },
        { "Greek epsilon", "xn--xample-hye.com", "example.com", true },
        { "a letter with an accent", "xn--xample-9ua.com", "example.com", true },
        { "l with a stroke", "xn--exampe-7db.com", "example.com", true },
        { "a fullwidth letter", "xn--xample-hy68a.com", "example.com", true },
        { "Armenian for n", "xn--u-ycc.example", "nu.example", true },
        { "a kanji for a katakana", "xn--zcku11g.jp", "xn--zck9a.jp", true },
        { "the hosted one has the marks", "bucher.example", "xn--bcher-kva.example", true },
        { "mail from below the imitation", "mail.exarnple.com", "example.com", true },
        { "two ways at once", "ex-arnp1e.com", "example.com", true },
        { "an imitated domain below its own registration", "shop.exarnple.com", "shop.example.com", true },
        { "capital letters in Punycode", "xn--EXMPLE-4nf.com", "example.com", true },

        { "itself", "example.com", "example.com", false },
        { "its own subdomain", "mail.example.com", "example.com", false },
        { "its own subdomain that looks like it", "exarnple.com.example.com", "example.com", false },
        { "itself in capitals", "EXAMPLE.COM", "example.com", false },
        { "another word", "example-login.com", "example.com", false },
        { "another top-level domain", "example.net", "example.com", false },
        { "a typing mistake", "exmaple.com", "example.com", false },
        { "the domain as a label of another", "example.com.evil.net", "example.com", false },
        { "a parent of the hosted one", "example.com", "mail.example.com", false },
        { "r and n in two labels", "exar.nple.com", "example.com", false },
        { "only the top-level domain", "com", "example.com", false },
        { "nothing", "", "example.com", false },
        { "nothing hosted", "example.com", "", false },
        { "no Punycode", "xn--.com", "example.com", false },
        { "an unknown letter", "xn--4dbcagdahymbxekheh6e0a7fei0b.com", "example.com", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (policy_lookalike_imitates(seki_str_of(cases[i].author), seki_str_of(cases[i].hosted)) !=
            cases[i].imitates)
            fail_msg("%s: %s for %s", cases[i].name, cases[i].author, cases[i].hosted);
}

static void keys_are_as_described(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *key;
    } cases[] = {
        { "example.com", "example.com" },
        { "mail-1.example", "malll.example" }, /* i, l and 1 are one letter */
        { "rnrn.example", "mm.example" },
        { "vvv.example", "wv.example" },
        { "r-n.example", "m.example" },
        { "b10.example", "blo.example" },
        { "example..com", "" },
        { "xn--r8jz45g.jp", "\xe4\xbe\x8b\xe3\x81\x88.jp" }, /* no table knows these */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char octets[POLICY_LOOKALIKE_KEY_MAX];
        struct seki_str key = policy_lookalike_key(seki_str_of(cases[i].domain), octets);
        if (!seki_str_equal(key, seki_str_of(cases[i].key)))
            fail_msg("%s: %.*s", cases[i].domain, SEKI_STR_ARGS(key));
    }
}

static void the_parents_of_an_author_are_walked(void **state)
{
    (void)state;
    struct seki_str name = SEKI_STR("a.b.example.com");
    assert_true(policy_lookalike_parent(&name) && seki_str_equal(name, SEKI_STR("b.example.com")));
    assert_true(policy_lookalike_parent(&name) && seki_str_equal(name, SEKI_STR("example.com")));
    assert_false(policy_lookalike_parent(&name));
    name = SEKI_STR("");
    assert_false(policy_lookalike_parent(&name));
}

/* 62 katakana of three octets in four labels are more than the key holds. */
static void what_has_too_long_a_key_has_none(void **state)
{
    (void)state;
    char domain[254], octets[POLICY_LOOKALIKE_KEY_MAX];
    size_t len = 0;
    for (int i = 0; i < 4; i++)
        len += (size_t)snprintf(domain + len, sizeof domain - len, "xn--%s.",
                                "zckaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    struct seki_str key = policy_lookalike_key((struct seki_str){ domain, len - 1 }, octets);
    assert_int_equal(key.len, 0);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imitations_are_seen_and_others_are_not),
        cmocka_unit_test(keys_are_as_described),
        cmocka_unit_test(the_parents_of_an_author_are_walked),
        cmocka_unit_test(what_has_too_long_a_key_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
