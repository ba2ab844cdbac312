#include "cli/when.h"

#include <stdio.h>
#include <time.h>

#define HOUR_S            3600
#define DAY_S             (24 * HOUR_S)
#define MAX_DISTANCE_DAYS 36500u

const char *cli_when_write(int64_t time_s, char text[CLI_WHEN_MAX])
{
    struct tm utc;
    time_t at = (time_t)time_s;
    text[0] = '\0';
    if (time_s != 0 && gmtime_r(&at, &utc) != NULL)
        strftime(text, CLI_WHEN_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

const char *cli_when_show(int64_t time_s, char text[CLI_WHEN_MAX])
{
    struct tm utc;
    time_t at = (time_t)time_s;
    snprintf(text, CLI_WHEN_MAX, "-");
    if (time_s != 0 && gmtime_r(&at, &utc) != NULL)
        strftime(text, CLI_WHEN_MAX, "%Y-%m-%d %H:%M", &utc);
    return text;
}

/* So many digits, and what stands behind them. */
static bool cut_number(struct seki_str *rest, size_t digits, char behind, int *number_out)
{
    uint64_t number;
    bool is_read = rest->len >= digits && seki_str_to_u64(seki_str_head(*rest, digits), 9999, &number);
    *rest = seki_str_from(*rest, digits);
    if (!is_read)
        return false;
    *number_out = (int)number;
    if (behind == '\0')
        return true;
    is_read = rest->len > 0 && rest->ptr[0] == behind;
    *rest = seki_str_from(*rest, 1);
    return is_read;
}

/* RFC 3339 section 5.6: full-date, or full-date "T" partial-time "Z". No day that the calendar does not have. */
static bool read_calendar(struct seki_str text, int64_t *time_s_out)
{
    struct tm utc = { 0 };
    bool is_date = text.len == strlen("2026-05-02");
    bool is_read = cut_number(&text, 4, '-', &utc.tm_year) && cut_number(&text, 2, '-', &utc.tm_mon) &&
                   cut_number(&text, 2, is_date ? '\0' : 'T', &utc.tm_mday) &&
                   (is_date || (cut_number(&text, 2, ':', &utc.tm_hour) && cut_number(&text, 2, ':', &utc.tm_min) &&
                                cut_number(&text, 2, 'Z', &utc.tm_sec)));
    if (!is_read || text.len > 0 || utc.tm_year < 1970 || utc.tm_hour > 23 || utc.tm_min > 59 || utc.tm_sec > 59)
        return false;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    struct tm counted = utc;
    time_t at = timegm(&counted);
    if (counted.tm_mday != utc.tm_mday || counted.tm_mon != utc.tm_mon)
        return false;
    *time_s_out = (int64_t)at;
    return true;
}

bool cli_when_read(struct seki_str text, int64_t now_s, int direction, int64_t *time_s_out)
{
    uint64_t count;
    char unit = text.len > 0 ? text.ptr[text.len - 1] : '\0';
    if (unit != 'h' && unit != 'd')
        return read_calendar(text, time_s_out);
    if (!seki_str_to_u64(seki_str_head(text, text.len - 1), MAX_DISTANCE_DAYS, &count))
        return false;
    *time_s_out = now_s + direction * (int64_t)count * (unit == 'h' ? HOUR_S : DAY_S);
    return true;
}
