/* Sizes as people write them, and hints for misspelt names. */
#include "market/market.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MAX = PRICEBOOK_PATH_BYTES };

static const struct {
    const char *name;
    unsigned int shift;
} size_units[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}, {"", 0}};

enum { SIZE_UNITS = sizeof size_units / sizeof size_units[0] };

/* Digits and a unit, with nothing between or behind them. */
enum status market_parse_bytes(uint64_t *bytes, const char *text, struct fault *fault)
{
    uint64_t value = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return fault_set(fault, ST_INVALID, "\"%.40s\" is too large", text);
    }
    for (size_t i = 0; at != text && i < SIZE_UNITS; i++) {
        if (strcmp(at, size_units[i].name) != 0)
            continue;
        if (value > UINT64_MAX >> size_units[i].shift)
            return fault_set(fault, ST_INVALID, "\"%.40s\" is too large", text);
        *bytes = value << size_units[i].shift;
        return ST_OK;
    }
    return fault_set(fault, ST_INVALID,
                     "\"%.40s\" is not a size; write digits and B, KiB, MiB or GiB", text);
}

char *market_print_bytes(char text[PRICEBOOK_VALUE_BYTES], uint64_t bytes)
{
    size_t unit = 0;

    /* From the largest unit down to B, which divides everything. */
    while (bytes == 0 || bytes % ((uint64_t)1 << size_units[unit].shift) != 0) {
        if (size_units[unit].shift == 0)
            break;
        unit++;
    }
    (void)snprintf(text, PRICEBOOK_VALUE_BYTES, "%" PRIu64 "%s", bytes >> size_units[unit].shift,
                   size_units[unit].name);
    return text;
}

static size_t market_min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/*
 * The number of letters to insert, drop or change until one becomes the other (Levenshtein, row by
 * row).  `b` is shorter than NAME_BYTES_MAX.
 */
static size_t market_distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES_MAX];
    size_t size = strlen(b);

    for (size_t j = 0; j <= size; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < size; j++) {
            size_t change = diagonal + (a[i] == b[j] ? 0 : 1);

            diagonal = row[j + 1];
            row[j + 1] = market_min3(row[j] + 1, row[j + 1] + 1, change);
        }
    }
    return row[size];
}

const char *market_nearest(const char *wrong,
                           const char *(*name)(const void *context, size_t index),
                           const void *context)
{
    const char *nearest = NULL;
    size_t wrong_size = strlen(wrong);
    size_t least = wrong_size / 3 + 2; /* as far off as that is another word, not a slip */

    if (wrong_size >= NAME_BYTES_MAX)
        return NULL;
    for (size_t i = 0;; i++) {
        const char *candidate = name(context, i);
        size_t letters;

        if (candidate == NULL)
            return nearest;
        /* Longer than any key: not one that was meant, and the rows of distances are bounded. */
        if (strlen(candidate) >= NAME_BYTES_MAX)
            continue;
        letters = market_distance(wrong, candidate);
        if (letters < least) {
            least = letters;
            nearest = candidate;
        }
    }
}
