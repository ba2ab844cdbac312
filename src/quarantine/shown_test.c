/* A sender's words on a screen: nothing of them reaches the terminal but letters. */
#include "quarantine/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BAD "\xef\xbf\xbd"

static const struct {
    const char *name, *value, *want;
} cases[] = {
    { "plain", " Hello", "Hello" },
    { "folded", " one\r\n\ttwo\n three  four", "one two three four" },
    { "encoded in UTF-8", " =?utf-8?B?5bGx55Sw?= <a@example.com>", "\xe5\xb1\xb1\xe7\x94\xb0 <a@example.com>" },
    { "encoded in ISO-2022-JP", "=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=", "\xe5\xb1\xb1\xe7\x94\xb0" },
    { "in Shift_JIS, two words", "=?shift_jis?B?jlI=?= =?Shift_JIS?Q?=93c?=!", "\xe5\xb1\xb1\xe7\x94\xb0!" },
    { "in EUC-JP, beside UTF-8", "=?euc-jp?Q?=BB=B3?= x =?utf-8?b?55Sw?=", "\xe5\xb1\xb1 x \xe7\x94\xb0" },
    { "an escape sequence through another charset", "=?windows-1252?Q?a=1B[2J?=", "a" BAD "[2J" },
    { "half a character of another charset", "=?shift_jis?B?jg==?=", "?" },
    { "a charset that is not converted", "=?utf-7?Q?a?=", "=?utf-7?Q?a?=" },
    { "a word without an end", "=?shift_jis?B?jlI", "=?shift_jis?B?jlI" },
    { "UTF-8 as it is", "\xe5\xb1\xb1", "\xe5\xb1\xb1" },
    { "an escape sequence", "a\x1b[31mb", "a" BAD "[31mb" },
    { "BEL, DEL", "\x07\x7f", BAD BAD },
    { "a control character of C1",
      "a\xc2\x9b"
      "31m",
      "a" BAD "31m" },
    { "written from right to left",
      "a\xe2\x80\xae"
      "fdp.exe",
      "a" BAD "fdp.exe" },
    { "isolates", "\xe2\x81\xa6x\xe2\x81\xa9", BAD "x" BAD },
    { "a separator of lines",
      "a\xe2\x80\xa8"
      "b",
      "a" BAD "b" },
    { "a zero-width no-break space",
      "a\xef\xbb\xbf"
      "b",
      "a" BAD "b" },
    { "not UTF-8",
      "a\xff\xe9"
      "b",
      "a" BAD BAD "b" },
    { "cut within a character", "a\xe5\xb1", "a" BAD BAD },
    { "longer than shortest", "\xc0\xaf", BAD BAD },
    { "nothing", "", "" },
    { "only white space", " \r\n ", "" },
};

static void a_value_is_one_harmless_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1u << 16);
        struct seki_str got = quarantine_shown(arena, seki_str_of(cases[i].value), 200);
        if (!seki_str_equal(got, seki_str_of(cases[i].want)))
            fail_msg("%s: \"%.*s\"", cases[i].name, SEKI_STR_ARGS(got));
        seki_arena_free(arena);
    }
}

static void an_escape_sequence_within_an_encoded_word_is_harmless_too(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1u << 16);
    struct seki_str got = quarantine_shown(arena, SEKI_STR("=?utf-8?Q?a=1B=5B2J=E2=80=AE?="), 200);
    assert_int_equal(seki_str_find(got, '\x1b'), got.len);
    assert_false(seki_str_contains_nocase(got, SEKI_STR("\xe2\x80\xae")));
    seki_arena_free(arena);
}

static void it_is_cut_between_characters(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1u << 16);
    struct seki_str got = quarantine_shown(arena, SEKI_STR("ab\xe5\xb1\xb1"), 4);
    assert_true(seki_str_equal(got, SEKI_STR("ab")));
    seki_arena_free(arena);
}

static void a_text_keeps_its_lines(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1u << 16);
    struct seki_str got = quarantine_shown_text(arena, SEKI_STR("a\r\n\tb\x1b\n"), 200);
    assert_true(seki_str_equal(got, SEKI_STR("a\n\tb" BAD "\n")));
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_one_harmless_line),
        cmocka_unit_test(an_escape_sequence_within_an_encoded_word_is_harmless_too),
        cmocka_unit_test(it_is_cut_between_characters),
        cmocka_unit_test(a_text_keeps_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
