/* Names to A-labels: RFC 5890 section 2.3.2.1, RFC 8616 section 3. Expected A-labels were computed with Python's
 * encodings.punycode and by hand. */
#include <sekisho/domain.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OCTETS_63 "a12345678901234567890123456789012345678901234567890123456789012"
#define OCTETS_59 "a1234567890123456789012345678901234567890123456789012345678"

struct name_case {
    const char *name;
    struct seki_str input;
    const char *want; /* NULL: no domain name */
};

static const struct name_case cases[] = {
    { "plain name", SEKI_STR_INIT("example.com"), "example.com" },
    { "upper case is folded", SEKI_STR_INIT("Mail.EXAMPLE.Com"), "mail.example.com" },
    { "final dot is dropped", SEKI_STR_INIT("example.com."), "example.com" },
    { "single label", SEKI_STR_INIT("localhost"), "localhost" },
    { "underscore is kept", SEKI_STR_INIT("_dmarc.example.com"), "_dmarc.example.com" },
    { "digits and inner hyphens", SEKI_STR_INIT("1-2.3com.example"), "1-2.3com.example" },
    { "A-label stays", SEKI_STR_INIT("XN--bcher-kva.example"), "xn--bcher-kva.example" },
    { "A-label that decodes to nothing stays", SEKI_STR_INIT("xn--0.example"), "xn--0.example" },
    { "label of 63 octets", SEKI_STR_INIT(OCTETS_63 ".example"), OCTETS_63 ".example" },
    { "label of 64 octets", SEKI_STR_INIT(OCTETS_63 "x.example"), NULL },
    { "name of 253 octets", SEKI_STR_INIT(OCTETS_63 "." OCTETS_63 "." OCTETS_63 "." OCTETS_59 ".b"),
      OCTETS_63 "." OCTETS_63 "." OCTETS_63 "." OCTETS_59 ".b" },
    { "name of 254 octets", SEKI_STR_INIT(OCTETS_63 "." OCTETS_63 "." OCTETS_63 "." OCTETS_59 ".bc"), NULL },
    { "empty", SEKI_STR_INIT(""), NULL },
    { "root", SEKI_STR_INIT("."), NULL },
    { "leading dot", SEKI_STR_INIT(".example.com"), NULL },
    { "two dots", SEKI_STR_INIT("example..com"), NULL },
    { "two final dots", SEKI_STR_INIT("example.com.."), NULL },
    { "space", SEKI_STR_INIT("exa mple.com"), NULL },
    { "address literal", SEKI_STR_INIT("[192.0.2.1]"), NULL },
    { "NUL inside", SEKI_STR_INIT("example.com\0.evil.example"), NULL },
    { "quote", SEKI_STR_INIT("\"example\".com"), NULL },
    { "slash", SEKI_STR_INIT("a/b.example"), NULL },

    { "U-label",
      SEKI_STR_INIT("b\xc3\xbc"
                    "cher.example"),
      "xn--bcher-kva.example" },
    { "U-label in capitals",
      SEKI_STR_INIT("B\xc3\x9c"
                    "CHER.example"),
      "xn--bcher-kva.example" },
    { "U-label with combining mark is composed",
      SEKI_STR_INIT("bu\xcc\x88"
                    "cher.example"),
      "xn--bcher-kva.example" },
    { "sharp s is kept (non-transitional)", SEKI_STR_INIT("fa\xc3\x9f.example"), "xn--fa-hia.example" },
    { "Japanese", SEKI_STR_INIT("\xe4\xbe\x8b\xe3\x81\x88.jp"), "xn--r8jz45g.jp" },
    { "underscore beside a U-label", SEKI_STR_INIT("_Dmarc.\xe4\xbe\x8b\xe3\x81\x88.jp"), "_dmarc.xn--r8jz45g.jp" },
    { "bad A-label beside a U-label stays", SEKI_STR_INIT("xn--0.\xe4\xbe\x8b\xe3\x81\x88.jp"),
      "xn--0.xn--r8jz45g.jp" },
    { "ideographic full stop is a dot",
      SEKI_STR_INIT("example\xe3\x80\x82"
                    "com"),
      "example.com" },
    { "full-width letters are mapped", SEKI_STR_INIT("\xef\xbd\x85xample.com"), "example.com" },
    { "two ideographic full stops",
      SEKI_STR_INIT("example\xe3\x80\x82\xe3\x80\x82"
                    "com"),
      NULL },
    { "full-width solidus is mapped to a slash",
      SEKI_STR_INIT("a\xef\xbc\x8f"
                    "b.example"),
      NULL },
    { "only an invisible character", SEKI_STR_INIT("\xc2\xad.example"), NULL },
    { "broken UTF-8",
      SEKI_STR_INIT("b\xfc"
                    "cher.example"),
      NULL },
    { "overlong UTF-8", SEKI_STR_INIT("\xc0\xae.example"), NULL },
    { "symbol that IDNA2008 disallows", SEKI_STR_INIT("a\xe2\x80\xa8.example"), NULL },
    { "label that starts with a combining mark",
      SEKI_STR_INIT("\xcc\x88"
                    "a.example"),
      NULL },
    { "empty label beside a U-label",
      SEKI_STR_INIT("b\xc3\xbc"
                    "cher..example"),
      NULL },
    { "NUL inside a U-label",
      SEKI_STR_INIT("b\xc3\xbc\0"
                    "cher.example"),
      NULL },
    { "U-label whose A-label is over 63 octets", SEKI_STR_INIT("\xc3\xbc" OCTETS_63 ".example"), NULL },
};

static void names_become_a_labels(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_str ascii;
        enum seki_result result = seki_domain_to_ascii(arena, cases[i].input, &ascii);
        if (result != (cases[i].want != NULL ? SEKI_OK : SEKI_BAD_INPUT))
            fail_msg("%s: result %d", cases[i].name, (int)result);
        if (cases[i].want == NULL)
            assert_null(ascii.ptr);
        else if (!seki_str_equal(ascii, seki_str_of(cases[i].want)))
            fail_msg("%s: got %.*s", cases[i].name, SEKI_STR_ARGS(ascii));
    }
    seki_arena_free(arena);
}

static void an_endless_label_is_refused(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    static char label[1 << 20];
    for (size_t i = 0; i < sizeof label; i += 2)
        memcpy(label + i, "\xc3\xbc", 2);
    struct seki_str ascii;
    assert_int_equal(seki_domain_to_ascii(arena, (struct seki_str){ label, sizeof label }, &ascii), SEKI_BAD_INPUT);
    seki_arena_free(arena);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(8);
    struct seki_str ascii;
    assert_int_equal(seki_domain_to_ascii(arena, SEKI_STR("example.com"), &ascii), SEKI_LIMIT);
    assert_null(ascii.ptr);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_a_labels),
        cmocka_unit_test(an_endless_label_is_refused),
        cmocka_unit_test(a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
