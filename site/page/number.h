/* Whole numbers in the parameters of a request. */
#ifndef SERAI_SITE_PAGE_NUMBER_H
#define SERAI_SITE_PAGE_NUMBER_H

#include "base/status.h"

/* Read up to 20 decimal digits and nothing else.  False: it is no such number; *number stays. */
static inline bool number_read(const char *text, uint64_t *number)
{
    uint64_t value = 0;

    if (text[0] == '\0')
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');

        if (*at < '0' || *at > '9' || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

#endif
