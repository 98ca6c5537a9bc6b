#include "site/cli/times.h"

#include <string.h>

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
