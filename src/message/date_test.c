/* Dates as mail has them. The Unix times are those of date(1) of GNU coreutils. */
#include "message/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NO_DATE INT64_MIN

static const struct {
    const char *name, *text;
    int64_t time_s;
} dates[] = {
    { "RFC 5322 appendix A.1.1", "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
    { "without a day of the week", "21 Nov 1997 09:55:06 -0600", 880127706 },
    { "without seconds", "Fri, 21 Nov 1997 09:55 -0600", 880127700 },
    { "comments and folds (RFC 5322 appendix A.5)",
      "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
      "               -0330 (Newfoundland Time)",
      -27723480 },
    { "obsolete spaces and zone (appendix A.6.2)", "21 Nov 97 09:55:06 GMT", 880106106 },
    { "a comment inside the time (appendix A.6.3)", "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706 },
    { "two digits below 50", "1 Jan 26 00:00:00 +0000", 1767225600 },
    { "three digits", "1 Jan 126 00:00:00 +0000", 1767225600 },
    { "a zone by name", "1 Jan 2026 00:00:00 PDT", 1767250800 },
    { "an unknown zone counts as UTC", "1 Jan 2026 00:00:00 JST", 1767225600 },
    { "east of Greenwich", " Thu, 1 Jan 2026 09:00:00 +0900", 1767225600 },
    { "29 February of a leap year", "29 Feb 2024 12:00:00 +0000", 1709208000 },
    { "29 February of 2000", "29 Feb 2000 12:00:00 +0000", 951825600 },
    { "a leap second", "31 Dec 2016 23:59:60 +0000", 1483228800 },
    { "any case", "THU, 1 jan 2026 00:00:00 gmt", 1767225600 },

    { "29 February of another year", "29 Feb 2026 12:00:00 +0000", NO_DATE },
    { "29 February of 1900", "29 Feb 1900 12:00:00 +0000", NO_DATE },
    { "31 April", "31 Apr 2026 12:00:00 +0000", NO_DATE },
    { "day 0", "0 Apr 2026 12:00:00 +0000", NO_DATE },
    { "24 o'clock", "1 Apr 2026 24:00:00 +0000", NO_DATE },
    { "minute 60", "1 Apr 2026 12:60:00 +0000", NO_DATE },
    { "no zone", "1 Apr 2026 12:00:00", NO_DATE },
    { "a zone of three digits", "1 Apr 2026 12:00:00 +900", NO_DATE },
    { "a zone of 75 minutes", "1 Apr 2026 12:00:00 +0075", NO_DATE },
    { "five digits of a year", "1 Apr 12026 12:00:00 +0000", NO_DATE },
    { "one digit of a year", "1 Apr 6 12:00:00 +0000", NO_DATE },
    { "no such month", "1 Abr 2026 12:00:00 +0000", NO_DATE },
    { "no such day of the week", "Foo, 1 Apr 2026 12:00:00 +0000", NO_DATE },
    { "ISO 8601", "2026-04-01T12:00:00Z", NO_DATE },
    { "asctime", "Wed Apr  1 12:00:00 2026", NO_DATE },
    { "something behind it", "1 Apr 2026 12:00:00 +0000 x", NO_DATE },
    { "a comment without end", "1 Apr 2026 12:00:00 +0000 (x", NO_DATE },
    { "empty", "", NO_DATE },
};

static void each_date_is_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        int64_t time_s = NO_DATE;
        bool is_read = seki_date_read(seki_str_of(dates[i].text), &time_s);
        if (time_s != dates[i].time_s || is_read != (dates[i].time_s != NO_DATE))
            fail_msg("%s: read=%d %lld", dates[i].name, is_read, (long long)time_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_date_is_its_time) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
