/* Tag lists (RFC 6376 section 3.2): what is taken, and where values begin and end. */
#include "auth/tag_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void good_lists_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *want; /* want NULL: no such tag */
        size_t count;
    } cases[] = {
        { "a=1", "a", "1", 1 },
        { "a=1;", "a", "1", 1 },
        { "a=1; ", "a", "1", 1 },
        { "a=1;\r\n ", "a", "1", 1 },
        { " a = 1 ; b\t=\r\n 2", "b", "2", 2 },
        { "a=;b=2", "a", "", 2 },
        { "a= \r\n ;b=2", "a", "", 2 },
        { "a=1;A=2", "a", "1", 2 },
        { "a=1;A=2", "A", "2", 2 },
        { "a=1;b=2", "c", NULL, 2 },
        { "a_1=x y\r\n\tz;b=2", "a_1", "x y\r\n\tz", 2 },
        { "p=a=b==;b=2", "p", "a=b==", 2 },
        { "d=\xe4\xbe\x8b.jp;b=2", "d", "\xe4\xbe\x8b.jp", 2 },
        { "n=0123456789abcdefghijklmnopqrstuvwxyz~!;b=2", "n", "0123456789abcdefghijklmnopqrstuvwxyz~!", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_tag_list list;
        const char *wrong = seki_tag_list_parse(seki_str_of(cases[i].text), &list);
        if (wrong != NULL)
            fail_msg("'%s': %s", cases[i].text, wrong);
        assert_int_equal(list.count, cases[i].count);
        const struct seki_tag *tag = seki_tag_list_find(&list, seki_str_of(cases[i].name));
        assert_int_equal(tag != NULL, cases[i].want != NULL);
        if (tag != NULL)
            assert_true(seki_str_equal(tag->value, seki_str_of(cases[i].want)));
    }
}

static void bad_lists_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        ";",
        "a",
        "a;",
        "=1",
        "a=1;;b=2",
        "a=1; ;b=2",
        "a=1;;",
        "1a=1",
        "_a=1",
        "a-b=1",
        "a b=1",
        "a=1;a=2",
        "a=1;b=2;a=",
        "a=1\r\nb=2",
        "a=1\r\n",
        "a=1\n b=2",
        "a=1\r b",
        "a=\x01",
        "a=\x7f",
        "a=\xff",
        "a=\xe4\xbe",
        "a=\xed\xa0\x80",
        "0123456789abcdef=1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct seki_tag_list list;
        if (seki_tag_list_parse(seki_str_of(texts[i]), &list) == NULL)
            fail_msg("taken: '%s'", texts[i]);
    }
    struct seki_tag_list list;
    assert_non_null(seki_tag_list_parse((struct seki_str){ "a=1\0b", 5 }, &list));
}

static void a_value_knows_all_between_its_signs(void **state)
{
    (void)state;
    struct seki_tag_list list;
    struct seki_str text = SEKI_STR("a=1; b= \r\n xyz ; c=3");
    assert_null(seki_tag_list_parse(text, &list));
    const struct seki_tag *b = seki_tag_list_find(&list, SEKI_STR("b"));
    assert_int_equal(b->start, 7);
    assert_int_equal(b->end, 15);
    assert_int_equal(text.ptr[b->end], ';');
    assert_true(seki_str_equal(b->value, SEKI_STR("xyz")));
}

static void the_number_of_tags_is_bounded(void **state)
{
    (void)state;
    char text[SEKI_MAX_TAGS * 8 + 16];
    size_t used = 0;
    struct seki_tag_list list;
    for (unsigned i = 0; i < SEKI_MAX_TAGS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "t%u=1;", i);
    assert_null(seki_tag_list_parse((struct seki_str){ text, used }, &list));
    assert_int_equal(list.count, SEKI_MAX_TAGS);
    used += (size_t)snprintf(text + used, sizeof text - used, "last=1");
    assert_non_null(seki_tag_list_parse((struct seki_str){ text, used }, &list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lists_are_read),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(a_value_knows_all_between_its_signs),
        cmocka_unit_test(the_number_of_tags_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
