/* Names between wire, text and master form: bounds, odd octets, pointers that lead nowhere. */
#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct seki_dns_name of_text(const char *text)
{
    struct seki_dns_name name;
    assert_true(seki_dns_name_from_text(seki_str_of(text), &name));
    return name;
}

static void text_becomes_labels_in_lower_case(void **state)
{
    (void)state;
    struct seki_dns_name name = of_text("Mail.Example");
    assert_int_equal(name.len, 14);
    assert_memory_equal(name.octets, "\4mail\7example", 14);
    name = of_text("");
    assert_true(seki_dns_name_is_root(&name));
}

static void text_that_is_no_name_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        ".", "a.", ".a", "a..b", "0123456789012345678901234567890123456789012345678901234567890123.example",
    };
    struct seki_dns_name name;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(seki_dns_name_from_text(seki_str_of(refused[i]), &name));
    char longest[254];
    memset(longest, 'a', sizeof longest);
    longest[63] = longest[127] = longest[191] = '.';
    assert_true(seki_dns_name_from_text((struct seki_str){ longest, 253 }, &name));
    assert_int_equal(name.len, 255);
    assert_false(seki_dns_name_from_text((struct seki_str){ longest, 254 }, &name));
}

struct wire_case {
    const char *what;
    const char *octets;
    size_t len, at;
    const char *want; /* NULL: refused */
    size_t want_at;
};

static void names_are_read_from_the_wire(void **state)
{
    (void)state;
    static const struct wire_case cases[] = {
        { "plain", "\1A\2bc\0", 6, 0, "a.bc", 6 },
        { "root", "\0x", 2, 0, "", 1 },
        { "label and pointer", "\2bc\0\1a\xC0\0", 8, 4, "a.bc", 8 },
        { "pointer to pointer", "\2bc\0\xC0\0\xC0\4", 8, 6, "bc", 8 },
        { "pointer to itself", "\xC0\0", 2, 0, NULL, 0 },
        { "pointer forward", "\xC0\2\1a\0", 5, 0, NULL, 0 },
        { "label, then pointer back to that label", "\1a\xC0\0", 4, 0, NULL, 0 },
        { "two pointers at each other", "\xC0\2\xC0\0", 4, 2, NULL, 0 },
        { "ends in a label", "\3ab", 3, 0, NULL, 0 },
        { "ends before the root", "\1a", 2, 0, NULL, 0 },
        { "half a pointer", "\1a\xC0", 3, 0, NULL, 0 },
        { "label type 01",
          "\x41"
          "a\0",
          3, 0, NULL, 0 },
        { "nothing", "", 0, 0, NULL, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_dns_cursor c = seki_dns_cursor_of(cases[i].octets, cases[i].len);
        struct seki_dns_name name;
        c.at = cases[i].at;
        seki_dns_name_read(&c, &name);
        print_message("# %s\n", cases[i].what);
        assert_int_equal(c.failed, cases[i].want == NULL);
        if (cases[i].want == NULL) {
            assert_true(seki_dns_name_is_root(&name));
            continue;
        }
        struct seki_dns_name want = of_text(cases[i].want);
        assert_true(seki_dns_name_equal(&name, &want));
        assert_int_equal(c.at, cases[i].want_at);
    }
}

static void a_name_over_255_octets_is_refused(void **state)
{
    (void)state;
    uint8_t octets[4 * 64 + 1] = { 0 };
    for (size_t i = 0; i < 4; i++)
        octets[i * 64] = 63;
    struct seki_dns_cursor c = seki_dns_cursor_of(octets, sizeof octets);
    struct seki_dns_name name;
    seki_dns_name_read(&c, &name);
    assert_true(c.failed);
    octets[192] = 61;
    octets[192 + 62] = 0;
    c = seki_dns_cursor_of(octets, sizeof octets);
    seki_dns_name_read(&c, &name);
    assert_false(c.failed);
    assert_int_equal(name.len, 255);
}

static void a_dot_inside_a_label_has_no_text_form(void **state)
{
    (void)state;
    struct seki_dns_cursor c = seki_dns_cursor_of("\3a.b\0", 5);
    struct seki_dns_name name, again, root = of_text("");
    char text[DNS_NAME_MASTER_MAX];
    size_t len;
    seki_dns_name_read(&c, &name);
    assert_false(seki_dns_name_to_text(&name, text, &len));
    assert_string_equal(seki_dns_name_to_master(&name, text), "a\\046b.");
    assert_true(seki_dns_name_from_master(seki_str_of(text), &root, &again));
    assert_true(seki_dns_name_equal(&name, &again));
}

static void master_form_knows_escapes_and_the_origin(void **state)
{
    (void)state;
    struct seki_dns_name origin = of_text("example.com"), name;
    char text[DNS_NAME_MASTER_MAX];
    static const char *const cases[][2] = {
        { "@", "example.com." },
        { ".", "." },
        { "www", "www.example.com." },
        { "www.example.org.", "www.example.org." },
        { "*.Mail", "*.mail.example.com." },
        { "_dmarc", "_dmarc.example.com." },
        { "a\\ b", "a\\032b.example.com." },
        { "a\\.b", "a\\046b.example.com." },
        { "\\255\\000.", "\\255\\000." },
        { "\\065.", "a." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(seki_dns_name_from_master(seki_str_of(cases[i][0]), &origin, &name));
        assert_string_equal(seki_dns_name_to_master(&name, text), cases[i][1]);
    }
    static const char *const refused[] = { "", "a..b", ".a", "..", "a\\", "a\\25", "\\256", "\\2x5" };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(seki_dns_name_from_master(seki_str_of(refused[i]), &origin, &name));
}

static void the_parent_of_the_root_is_the_root(void **state)
{
    (void)state;
    struct seki_dns_name name = of_text("a.b"), b = of_text("b");
    seki_dns_name_parent(&name, &name);
    assert_true(seki_dns_name_equal(&name, &b));
    seki_dns_name_parent(&name, &name);
    assert_true(seki_dns_name_is_root(&name));
    seki_dns_name_parent(&name, &name);
    assert_true(seki_dns_name_is_root(&name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_labels_in_lower_case),
        cmocka_unit_test(text_that_is_no_name_is_refused),
        cmocka_unit_test(names_are_read_from_the_wire),
        cmocka_unit_test(a_name_over_255_octets_is_refused),
        cmocka_unit_test(a_dot_inside_a_label_has_no_text_form),
        cmocka_unit_test(master_form_knows_escapes_and_the_origin),
        cmocka_unit_test(the_parent_of_the_root_is_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
