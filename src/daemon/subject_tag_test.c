/* Every kind of Subject with a tag in front. The base64 was made by hand (base64(1)). */
#include "daemon/subject_tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define S(literal)   SEKI_STR_INIT(literal)
#define MEIWAKU      "[\xe8\xbf\xb7\xe6\x83\x91]" /* U+8FF7 U+60D1: a nuisance */

static const struct tag_case {
    const char *name;
    struct seki_str subject, tag, want;
} cases[] = {
    { "plain tag, plain Subject", S(" Hello"), S("[SPAM]"), S(" [SPAM] Hello") },
    { "no Subject", S(""), S("[SPAM]"), S(" [SPAM]") },
    { "an empty Subject", S(" "), S("[SPAM]"), S(" [SPAM]") },
    { "no space after the colon", S("Hello"), S("[SPAM]"), S(" [SPAM] Hello") },
    { "plain tag, encoded Subject", S(" =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?="), S("[SPAM]"),
      S(" [SPAM] =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=") },
    { "plain tag, raw ISO-2022-JP", S(" \x1b$B%F%9%H\x1b(B"), S("[SPAM]"), S(" [SPAM] \x1b$B%F%9%H\x1b(B") },
    { "plain tag, raw Shift_JIS", S(" \x83\x65\x83\x58\x83\x67"), S("[SPAM]"),
      S(" [SPAM] \x83\x65\x83\x58\x83\x67") },
    { "plain tag, raw UTF-8", S(" \xe3\x83\x86"), S("[SPAM]"), S(" [SPAM] \xe3\x83\x86") },
    { "Japanese tag, plain Subject", S(" Hello"), S(MEIWAKU), S(" =?UTF-8?B?W+i/t+aDkV0=?= Hello") },
    { "Japanese tag, no Subject", S(""), S(MEIWAKU), S(" =?UTF-8?B?W+i/t+aDkV0=?=") },
    { "Japanese tag, encoded Subject: the space is inside the tag's word", S(" =?UTF-8?B?44OG44K544OI?="),
      S(MEIWAKU), S(" =?UTF-8?B?W+i/t+aDkV0g?= =?UTF-8?B?44OG44K544OI?=") },
    { "Japanese tag, raw 8-bit Subject", S(" \x83\x65"), S(MEIWAKU), S(" =?UTF-8?B?W+i/t+aDkV0=?= \x83\x65") },
    { "folds stay, and a line that gets too long is folded after the tag",
      S(" 12345678901234567890123456789012345678901234567890123456789012345\r\n more"), S("[SPAM]"),
      S(" [SPAM]\r\n 12345678901234567890123456789012345678901234567890123456789012345\r\n more") },
    { "a Subject that begins with a fold", S("\r\n Hello"), S("[SPAM]"), S(" [SPAM] Hello") },
    { "tagged already", S(" [SPAM] Hello"), S("[SPAM]"), S(" [SPAM] Hello") },
    { "tagged already, encoded", S(" =?UTF-8?B?W+i/t+aDkV0=?= Hello"), S(MEIWAKU),
      S(" =?UTF-8?B?W+i/t+aDkV0=?= Hello") },
    { "tagged already, raw", S(" " MEIWAKU " x"), S(MEIWAKU), S(" " MEIWAKU " x") },
    { "tagged by quoted-printable", S(" =?utf-8?q?[SPAM]_x?="), S("[SPAM]"), S(" =?utf-8?q?[SPAM]_x?=") },
    { "the tag further behind is another's", S(" Re: [SPAM] x"), S("[SPAM]"), S(" [SPAM] Re: [SPAM] x") },
    { "a tag that looks like an encoded word", S(" x"), S("=?"), S(" =?UTF-8?B?PT8=?= x") },
    { "control characters in the tag are spaces", S(" x"), S("[a\r\nb]"), S(" [a  b] x") },
    { "a long tag is cut between characters", S(" x"),
      S("\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82"
        "\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\x41\xe3\x81\x82"),
      S(" =?UTF-8?B?44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC44GCQQ==?=\r\n =?UTF-8?B?44GC?= x") },
};

static void a_tag_stands_in_front_and_the_rest_is_untouched(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct seki_arena *arena = seki_arena_new(1u << 16);
        struct seki_str value;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(subject_tag_put(arena, cases[i].subject, cases[i].tag, &value), SEKI_OK);
        if (!seki_str_equal(value, cases[i].want))
            fail_msg("%.*s", SEKI_STR_ARGS(value));
        seki_arena_free(arena);
    }
}

static void what_is_no_tag_is_refused(void **state)
{
    (void)state;
    static char long_tag[SUBJECT_TAG_MAX_OCTETS + 1];
    const struct seki_str tags[] = { S(""), S(" "), S("\r\n"), S("\xff"), { long_tag, sizeof long_tag } };
    memset(long_tag, 'x', sizeof long_tag);
    for (size_t i = 0; i < COUNT(tags); i++) {
        struct seki_arena *arena = seki_arena_new(1u << 16);
        struct seki_str value;
        assert_int_equal(subject_tag_put(arena, SEKI_STR(" x"), tags[i], &value), SEKI_BAD_INPUT);
        assert_true(seki_str_equal(value, SEKI_STR(" x")));
        seki_arena_free(arena);
    }
}

static void the_arenas_end_is_told(void **state)
{
    (void)state;
    static char subject[5000];
    struct seki_arena *arena = seki_arena_new(4096);
    struct seki_str value;
    memset(subject, 'x', sizeof subject);
    assert_int_equal(subject_tag_put(arena, (struct seki_str){ subject, sizeof subject }, SEKI_STR("[t]"), &value),
                     SEKI_LIMIT);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_stands_in_front_and_the_rest_is_untouched),
        cmocka_unit_test(what_is_no_tag_is_refused),
        cmocka_unit_test(the_arenas_end_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
