#include "message/date.h"

#include "message/lexical.h"

#define MINUTE_S 60
#define HOUR_S   (60 * MINUTE_S)
#define DAY_S    (24 * HOUR_S)

static const struct seki_str day_names[] = {
    SEKI_STR_INIT("Mon"), SEKI_STR_INIT("Tue"), SEKI_STR_INIT("Wed"), SEKI_STR_INIT("Thu"),
    SEKI_STR_INIT("Fri"), SEKI_STR_INIT("Sat"), SEKI_STR_INIT("Sun"),
};

static const struct seki_str month_names[] = {
    SEKI_STR_INIT("Jan"), SEKI_STR_INIT("Feb"), SEKI_STR_INIT("Mar"), SEKI_STR_INIT("Apr"),
    SEKI_STR_INIT("May"), SEKI_STR_INIT("Jun"), SEKI_STR_INIT("Jul"), SEKI_STR_INIT("Aug"),
    SEKI_STR_INIT("Sep"), SEKI_STR_INIT("Oct"), SEKI_STR_INIT("Nov"), SEKI_STR_INIT("Dec"),
};

static const struct {
    struct seki_str name;
    int hours;
} zone_names[] = {
    /* section 4.3; the military letters and all others are "equivalent to -0000" */
    { SEKI_STR_INIT("EST"), -5 }, { SEKI_STR_INIT("EDT"), -4 }, { SEKI_STR_INIT("CST"), -6 },
    { SEKI_STR_INIT("CDT"), -5 }, { SEKI_STR_INIT("MST"), -7 }, { SEKI_STR_INIT("MDT"), -6 },
    { SEKI_STR_INIT("PST"), -8 }, { SEKI_STR_INIT("PDT"), -7 },
};

struct date {
    unsigned day, month, year; /* month from 0 */
    unsigned hour, minute, second;
    int zone_s;
};

static struct seki_str take_alpha(struct seki_cursor *c)
{
    size_t start = c->at;
    while (seki_is_alpha(seki_cursor_peek(c)))
        c->at++;
    return seki_str_head(seki_str_from(c->text, start), c->at - start);
}

/* From least to most digits; white space and comments may follow (obs-hour, obs-year …). */
static bool take_number(struct seki_cursor *c, size_t least, size_t most, unsigned *value_out)
{
    size_t start = c->at;
    *value_out = 0;
    while (c->at - start < most && seki_is_digit(seki_cursor_peek(c)))
        *value_out = *value_out * 10 + (unsigned)(c->text.ptr[c->at++] - '0');
    size_t digits = c->at - start;
    seki_skip_cfws(c);
    return digits >= least;
}

static bool take_sign(struct seki_cursor *c, char wanted)
{
    bool is_there = seki_cursor_peek(c) == wanted && !seki_cursor_at_end(c);
    c->at += is_there;
    if (is_there)
        seki_skip_cfws(c);
    return is_there;
}

static bool find_name(const struct seki_str *names, size_t count, struct seki_str wanted, unsigned *index_out)
{
    for (unsigned i = 0; i < count; i++) {
        *index_out = i;
        if (seki_str_equal_nocase(names[i], wanted))
            return true;
    }
    return false;
}

/* [ day-of-week "," ]; whether it is the right day does not matter to anybody. */
static bool take_day_of_week(struct seki_cursor *c)
{
    unsigned index;
    seki_skip_cfws(c);
    if (!seki_is_alpha(seki_cursor_peek(c)))
        return true;
    bool is_known = find_name(day_names, sizeof day_names / sizeof day_names[0], take_alpha(c), &index);
    seki_skip_cfws(c);
    return is_known && take_sign(c, ',');
}

/* Section 4.3: "00 and 49: … adding 2000 …; 50 and 99, or any three digits: … adding 1900" */
static unsigned full_year(unsigned year, size_t digits)
{
    if (digits == 2 && year < 50)
        return year + 2000;
    return digits <= 3 ? year + 1900 : year;
}

/* date = day month year */
static bool take_date(struct seki_cursor *c, struct date *date)
{
    if (!take_number(c, 1, 2, &date->day))
        return false;
    if (!find_name(month_names, sizeof month_names / sizeof month_names[0], take_alpha(c), &date->month))
        return false;
    seki_skip_cfws(c);
    size_t start = c->at;
    while (seki_is_digit(seki_cursor_peek(c)))
        c->at++;
    size_t digits = c->at - start;
    c->at = start;
    if (digits < 2 || digits > 4 || !take_number(c, 2, 4, &date->year))
        return false;
    date->year = full_year(date->year, digits);
    return true;
}

/* time-of-day = hour ":" minute [ ":" second ] */
static bool take_time(struct seki_cursor *c, struct date *date)
{
    date->second = 0;
    if (!take_number(c, 1, 2, &date->hour) || !take_sign(c, ':') || !take_number(c, 1, 2, &date->minute))
        return false;
    return !take_sign(c, ':') || take_number(c, 1, 2, &date->second);
}

/* zone = (FWS ( "+" / "-" ) 4DIGIT) / (FWS obs-zone) */
static bool take_zone(struct seki_cursor *c, struct date *date)
{
    unsigned number;
    char sign = seki_cursor_peek(c);
    date->zone_s = 0;
    if (sign == '+' || sign == '-') {
        c->at++;
        if (!take_number(c, 4, 4, &number) || number % 100 > 59)
            return false;
        date->zone_s = (int)(number / 100) * HOUR_S + (int)(number % 100) * MINUTE_S;
        date->zone_s = sign == '-' ? -date->zone_s : date->zone_s;
        return true;
    }
    struct seki_str name = take_alpha(c);
    for (size_t i = 0; i < sizeof zone_names / sizeof zone_names[0]; i++)
        if (seki_str_equal_nocase(zone_names[i].name, name))
            date->zone_s = zone_names[i].hours * HOUR_S;
    seki_skip_cfws(c);
    return name.len > 0;
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool exists(const struct date *date)
{
    static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    unsigned last = days[date->month] + (date->month == 1 && is_leap(date->year));
    return date->day >= 1 && date->day <= last && date->hour <= 23 && date->minute <= 59 && date->second <= 60;
}

/* Days from 1970-01-01 of the proleptic Gregorian calendar. A year that begins in March has its leap day at the end. */
static int64_t days_of(const struct date *date)
{
    int64_t year = (int64_t)date->year - (date->month < 2);
    int64_t month = ((int64_t)date->month + 10) % 12; /* March is 0 */
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    return year * 365 + leap_days + (month * 153 + 2) / 5 + (int64_t)date->day - 1 - 719468;
}

/* date-time = [ day-of-week "," ] date time [CFWS] ; time = time-of-day zone */
bool seki_date_read(struct seki_str text, int64_t *time_s_out)
{
    struct seki_cursor c = { .text = text };
    struct date date;
    if (!take_day_of_week(&c) || !take_date(&c, &date) || !take_time(&c, &date) || !take_zone(&c, &date))
        return false;
    if (c.problem != NULL || !seki_cursor_at_end(&c) || !exists(&date))
        return false;
    *time_s_out = days_of(&date) * DAY_S + (int64_t)date.hour * HOUR_S + (int64_t)date.minute * MINUTE_S +
                  (int64_t)date.second - date.zone_s;
    return true;
}
