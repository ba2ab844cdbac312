#include "cli/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW       1800000000 /* 2027-01-15T08:00:00Z */
#define UNTOUCHED (-7)

static const struct {
    const char *name, *text;
    int direction;
    int64_t want;
} cases[] = {
    { "a date is its first second", "2026-05-02", 1, 1777680000 },
    { "a time", "2026-05-02T10:00:30Z", 1, 1777716030 },
    { "the first second there is", "1970-01-01", 1, 0 },
    { "a leap day", "2028-02-29", 1, 1835395200 },
    { "days ahead", "30d", 1, NOW + 30 * 86400 },
    { "days ago", "30d", -1, NOW - 30 * 86400 },
    { "hours ago", "12h", -1, NOW - 12 * 3600 },
    { "nothing ahead is now", "0d", 1, NOW },
    { "nothing", "", 1, UNTOUCHED },
    { "a word", "yesterday", 1, UNTOUCHED },
    { "a unit alone", "d", 1, UNTOUCHED },
    { "a sign", "-3d", 1, UNTOUCHED },
    { "too far", "36501d", 1, UNTOUCHED },
    { "no leap day", "2027-02-29", 1, UNTOUCHED },
    { "no thirteenth month", "2026-13-01", 1, UNTOUCHED },
    { "no day nought", "2026-05-00", 1, UNTOUCHED },
    { "no hour 24", "2026-05-02T24:00:00Z", 1, UNTOUCHED },
    { "no second 60", "2026-05-02T10:00:60Z", 1, UNTOUCHED },
    { "another zone than UTC", "2026-05-02T10:00:00+09:00", 1, UNTOUCHED },
    { "a time without its zone", "2026-05-02T10:00:00", 1, UNTOUCHED },
    { "something behind", "2026-05-02T10:00:00Z ", 1, UNTOUCHED },
    { "a short year", "26-05-02", 1, UNTOUCHED },
    { "before there was time", "1969-12-31", 1, UNTOUCHED },
};

static void times_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t got = UNTOUCHED;
        bool is_read = cli_when_read(seki_str_of(cases[i].text), NOW, cases[i].direction, &got);
        if (is_read != (cases[i].want != UNTOUCHED) || got != cases[i].want)
            fail_msg("%s: %lld, want %lld", cases[i].name, (long long)got, (long long)cases[i].want);
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    char text[CLI_WHEN_MAX];
    int64_t got = 0;
    assert_string_equal(cli_when_write(1777716030, text), "2026-05-02T10:00:30Z");
    assert_true(cli_when_read(seki_str_of(text), NOW, 1, &got));
    assert_int_equal(got, 1777716030);
    assert_string_equal(cli_when_write(0, text), "");
    assert_string_equal(cli_when_show(1777716030, text), "2026-05-02 10:00");
    assert_string_equal(cli_when_show(0, text), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
