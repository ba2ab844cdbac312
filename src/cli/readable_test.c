/* What people are shown of names in A-labels. */
#include "cli/readable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void how_a_name_reads_stands_behind_it(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        { "nothing", "", "" },
        { "an ASCII name", "shop.example", "shop.example" },
        { "a U-label of Japanese", "xn--wgv71a119e.example", "xn--wgv71a119e.example (日本語.example)" },
        { "upper case", "XN--WGV71A119E.Example", "XN--WGV71A119E.Example (日本語.Example)" },
        { "two labels", "xn--wgv71a.xn--wgv71a119e.example",
          "xn--wgv71a.xn--wgv71a119e.example (日本.日本語.example)" },
        { "below it", "_dmarc.mail.xn--bcher-kva.example",
          "_dmarc.mail.xn--bcher-kva.example (_dmarc.mail.bücher.example)" },
        { "an address", "<a@xn--bcher-kva.example>", "<a@xn--bcher-kva.example (bücher.example)>" },
        { "several names", "shop.example, xn--wgv71a.example, xn--bcher-kva.example.",
          "shop.example, xn--wgv71a.example (日本.example), xn--bcher-kva.example (bücher.example)." },
        { "a wildcard", "*.xn--wgv71a.example", "*.xn--wgv71a.example (日本.example)" },
        { "dots", "...xn--wgv71a..", "...xn--wgv71a (日本).." },
        { "text around it that is not ASCII", "差出人 a@xn--wgv71a.example です",
          "差出人 a@xn--wgv71a.example (日本.example) です" },
        /* Cyrillic р, а, у, р, а and Latin l: A-labels are there to see it by */
        { "a look-alike", "xn--80ak6aa92e.com", "xn--80ak6aa92e.com (аррӏе.com)" },
        { "no Punycode", "xn--a-.example", "xn--a-.example" },
        { "the prefix alone", "xn--.example", "xn--.example" },
        { "the prefix within a label", "axn--wgv71a.example", "axn--wgv71a.example" },
        /* U+202E RIGHT-TO-LEFT OVERRIDE: RFC 5892 section 2.6 */
        { "a mark of direction", "xn--ab-g4t.example", "xn--ab-g4t.example" },
        /* U+200B ZERO WIDTH SPACE */
        { "an invisible character", "xn--ab-g1t.example", "xn--ab-g1t.example" },
        { "ASCII in Punycode's dress", "xn--bank-.example", "xn--bank-.example" },
        { "a label that is too long",
          "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-kva.example",
          "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-kva.example" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(64u * 1024u);
        struct seki_str got = cli_readable(seki_str_of(cases[i].text), arena);
        if (!seki_str_equal(got, seki_str_of(cases[i].want)))
            fail_msg("%s: %.*s", cases[i].name, SEKI_STR_ARGS(got));
        seki_arena_free(arena);
    }
}

static void without_room_the_text_stays(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(4096);
    while (seki_arena_octets(arena, 64) != NULL)
        ;
    struct seki_str text = SEKI_STR("xn--wgv71a.example"), got = cli_readable(text, arena);
    assert_true(seki_str_equal(got, text));
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_name_reads_stands_behind_it),
        cmocka_unit_test(without_room_the_text_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
