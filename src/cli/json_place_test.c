#include "cli/json_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char text[] = "{\n"
                           "  \"name\": \"a }],{ \\\" name\",\n"
                           "  \"list\": [\n"
                           "    1, {\"x\": [[], {}]},\n"
                           "    {\n"
                           "      \"x\": true,\n"
                           "      \"deep\": {\"name\":\n"
                           "        -1.5e3}\n"
                           "    }\n"
                           "  ],\n"
                           "  \"last\"\n"
                           "   : null\n"
                           "}\n";

static const struct cli_json_place name = { NULL, "name", 0 }, list = { NULL, "list", 0 },
                                   last = { NULL, "last", 0 }, missing = { NULL, "missing", 0 },
                                   first = { &list, NULL, 0 }, second = { &list, NULL, 1 },
                                   third = { &list, NULL, 2 }, fourth = { &list, NULL, 3 },
                                   deep = { &third, "deep", 0 }, deep_name = { &deep, "name", 0 },
                                   of_number = { &first, "x", 0 }, of_missing = { &missing, "x", 0 };

static const struct {
    const char *about;
    const struct cli_json_place *place;
    size_t want;
} cases[] = {
    { "the whole text", NULL, 1 },
    { "a member whose text looks like structure", &name, 2 },
    { "a member behind it", &list, 3 },
    { "an element", &first, 4 },
    { "an element on the same line", &second, 4 },
    { "an element behind nested empty ones", &third, 5 },
    { "no such element: the array", &fourth, 3 },
    { "a member of an element", &deep, 7 },
    { "a value on another line than its name", &deep_name, 8 },
    { "a member of a number: the number", &of_number, 4 },
    { "the last one", &last, 12 },
    { "no such member: the object", &missing, 1 },
    { "below none: the object too", &of_missing, 1 },
};

static void places_have_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t got = cli_json_line(seki_str_of(text), cases[i].place);
        if (got != cases[i].want)
            fail_msg("%s: line %zu, want %zu", cases[i].about, got, cases[i].want);
    }
}

/* The parser refuses such texts before; nothing is read behind their end all the same. */
static void a_text_that_ends_early_ends_the_way(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            char *exact = test_malloc(len + 1);
            memcpy(exact, text, len);
            assert_true(cli_json_line((struct seki_str){ exact, len }, cases[i].place) <= 14);
            test_free(exact);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_have_lines),
        cmocka_unit_test(a_text_that_ends_early_ends_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
