/* Reading Punycode. Samples: RFC 3492 section 7.1. */
#include "policy/punycode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void the_samples_of_the_rfc_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name, *encoded;
        uint32_t want[POLICY_PUNYCODE_MAX];
    } cases[] = {
        { "(A) Arabic",
          "egbpdaj6bu4bxfgehfvwxn",
          { 0x644, 0x64A, 0x647, 0x645, 0x627, 0x628, 0x62A, 0x643, 0x644, 0x645, 0x648, 0x634, 0x639, 0x631, 0x628,
            0x64A, 0x61F } },
        { "(B) Chinese (simplified)",
          "ihqwcrb4cv8a8dqg056pqjye",
          { 0x4ED6, 0x4EEC, 0x4E3A, 0x4EC0, 0x4E48, 0x4E0D, 0x8BF4, 0x4E2D, 0x6587 } },
        { "(D) Czech", "Proprostnemluvesky-uyb24dma41a", { 'P',  'r',   'o', 0x10D, 'p', 'r', 'o', 's',
                                                           't',  0x11B, 'n', 'e',   'm', 'l', 'u', 'v',
                                                           0xED, 0x10D, 'e', 's',   'k', 'y' } },
        { "(L) Japanese with digits and letters",
          "3B-ww4c5e180e575a65lsy2b",
          { '3', 0x5E74, 'B', 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F } },
        { "(M) a hyphen first",
          "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n",
          { 0x5B89, 0x5BA4, 0x5948, 0x7F8E, 0x6075, '-', 'w', 'i', 't', 'h', '-', 'S',
            'U',    'P',    'E',    'R',    '-',    'M', 'O', 'N', 'K', 'E', 'Y', 'S' } },
        { "(R) Japanese", "d9juau41awczczp", { 0x305D, 0x306E, 0x30B9, 0x30D4, 0x30FC, 0x30C9, 0x3067 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t points[POLICY_PUNYCODE_MAX] = { 0 };
        size_t want = 0;
        while (cases[i].want[want] != 0)
            want++;
        size_t count = policy_punycode_decode(seki_str_of(cases[i].encoded), points);
        if (count != want || memcmp(points, cases[i].want, count * sizeof *points) != 0)
            fail_msg("%s: %zu code points", cases[i].name, count);
    }
}

static void what_is_no_punycode_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *encoded;
    } cases[] = {
        { "empty", "" },
        { "a digit that is none", "a_b" },
        { "a hyphen and nothing before it", "-abc" },
        { "cut in the middle of a number", "z" },
        { "a number that never ends", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz" },
        { "beyond Unicode", "99999a" },
        { "basic code points that are not ASCII", "\xc3\xa9-abc" },
        { "longer than a label", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t points[POLICY_PUNYCODE_MAX];
        size_t count = policy_punycode_decode(seki_str_of(cases[i].encoded), points);
        if (count != 0)
            fail_msg("%s: %zu code points, the first U+%X", cases[i].name, count, points[0]);
    }
}

static void a_label_of_letters_alone_has_at_most_as_many_code_points(void **state)
{
    (void)state;
    char text[POLICY_PUNYCODE_MAX + 1];
    memset(text, 'a', sizeof text);
    for (size_t len = 1; len <= POLICY_PUNYCODE_MAX; len++) {
        uint32_t points[POLICY_PUNYCODE_MAX];
        assert_true(policy_punycode_decode((struct seki_str){ text, len }, points) <= len);
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_the_rfc_are_read),
        cmocka_unit_test(what_is_no_punycode_is_refused),
        cmocka_unit_test(a_label_of_letters_alone_has_at_most_as_many_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
