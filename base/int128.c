/* Decimal text of 128-bit numbers, which printf() does not know. */
#include "base/int128.h"

#include <string.h>

char *u128_print(char text[U128_TEXT_BYTES], u128 value)
{
    char digits[U128_TEXT_BYTES];
    size_t at = sizeof digits;

    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    memcpy(text, digits + at, sizeof digits - at);
    return text;
}
