#define _GNU_SOURCE /* timegm, strptime */
#include "site/cli/times.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "site/cli/cli.h"

enum { DAYS_MAX = 366, DIGITS_MAX = 9 };

int cli_duration(const char *text, const char *what, uint64_t *duration_us)
{
    static const char units[] = "smhd";
    static const uint64_t seconds[] = {1, 60, 3600, 24 * 3600};
    const uint64_t most_s = (uint64_t)DAYS_MAX * 24 * 3600;
    size_t size = strlen(text);
    const char *unit = size == 0 ? NULL : strchr(units, text[size - 1]);
    char digits[DIGITS_MAX + 1];
    uint64_t number;

    if (unit == NULL || size - 1 > DIGITS_MAX)
        return cli_fail(EXIT_USAGE, "%s: a time is as 90s, 30m, 24h or 7d", what);
    memcpy(digits, text, size - 1);
    digits[size - 1] = '\0';
    if (!cli_is_number(digits, &number) || number == 0)
        return cli_fail(EXIT_USAGE, "%s: a time is as 90s, 30m, 24h or 7d", what);
    if (number > most_s / seconds[unit - units])
        return cli_fail(EXIT_USAGE, "%s: at most %d days", what, DAYS_MAX);
    *duration_us = number * seconds[unit - units] * UINT64_C(1000000);
    return EXIT_OK;
}

/* The next moment at which the machine's clock shows this; -1: that is no time of day. */
static time_t times_next_of_day(const char *text, time_t now)
{
    struct tm day;
    const char *end;
    time_t found;

    if (localtime_r(&now, &day) == NULL)
        return -1;
    day.tm_sec = 0;
    end = strptime(text, "%H:%M", &day);
    if (end == NULL || *end != '\0')
        return -1;
    day.tm_isdst = -1;
    found = mktime(&day);
    if (found > now)
        return found;
    day.tm_mday++; /* tomorrow's: mktime() knows the months */
    day.tm_isdst = -1;
    return mktime(&day);
}

int cli_until(const char *text, const char *what, uint64_t *duration_us)
{
    struct clock_source clock = clock_system();
    time_t now = (time_t)(clock.wall_us(clock.context) / 1000000);
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%MZ", &parts);
    time_t until = end != NULL && *end == '\0' ? timegm(&parts) : times_next_of_day(text, now);

    if (until == -1)
        return cli_duration(text, what, duration_us);
    if (until <= now || until - now > (time_t)DAYS_MAX * 24 * 3600)
        return cli_fail(EXIT_USAGE, "%s: a time to come, within %d days", what, DAYS_MAX);
    *duration_us = (uint64_t)(until - now) * 1000000;
    return EXIT_OK;
}

/* ---- moments in the books ---- */

int cli_moment(const char *text, const char *what, struct cli_moment *moment)
{
    static const struct {
        const char *format;
        uint64_t seconds;
    } forms[] = {{"%Y-%m-%d", 24 * 3600}, {"%Y-%m-%dT%H:%MZ", 60}};

    *moment = (struct cli_moment){0};
    if (cli_is_number(text, &moment->frame) && moment->frame > 0)
        return EXIT_OK;
    moment->frame = 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm parts = {0};
        const char *end = strptime(text, forms[i].format, &parts);
        time_t found = end != NULL && *end == '\0' ? timegm(&parts) : -1;

        if (found <= 0)
            continue;
        moment->from_us = (uint64_t)found * 1000000;
        moment->to_us = moment->from_us + forms[i].seconds * 1000000;
        return EXIT_OK;
    }
    return cli_fail(EXIT_USAGE, "%s: a frame's number, 2026-12-01, or 2026-12-01T22:00Z", what);
}

int cli_month(const char *text, const char *what, struct cli_moment *from, struct cli_moment *to)
{
    struct tm parts = {.tm_mday = 1};
    const char *end = strlen(text) == strlen("2026-12") ? strptime(text, "%Y-%m", &parts) : NULL;
    time_t first = end != NULL && *end == '\0' ? timegm(&parts) : -1;

    if (first < 0)
        return cli_fail(EXIT_USAGE, "%s: a month is as 2026-12", what);
    parts.tm_mon++; /* timegm() knows that the 13th is January */
    *from = (struct cli_moment){.from_us = (uint64_t)first * 1000000};
    *to = (struct cli_moment){.to_us = (uint64_t)timegm(&parts) * 1000000};
    return EXIT_OK;
}

bool cli_moment_is_before(const struct cli_moment *moment, uint64_t frame, uint64_t wall_us)
{
    return moment->frame != 0 ? frame < moment->frame : wall_us < moment->from_us;
}

bool cli_moment_is_after(const struct cli_moment *moment, uint64_t frame, uint64_t wall_us)
{
    if (moment->frame != 0)
        return frame > moment->frame;
    return moment->to_us != 0 && wall_us >= moment->to_us;
}
