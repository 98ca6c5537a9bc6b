/*
 * The text of a line: a small printf() of its own, since vsnprintf() cannot escape a %s.  Numbers
 * are still printed by snprintf(), one conversion at a time.
 */
#include "base/log_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { SPEC_BYTES = 24, NUMBER_BYTES = 24 };

/* One conversion: what stands in the format, and how its argument is fetched. */
struct log_conversion {
    char spec[SPEC_BYTES]; /* "%zu" */
    size_t size;
    int precision; /* -1: none */
    char length[3];
    char letter;
};

struct log_text {
    char *to;
    size_t room;
    size_t used;
    bool quoted; /* within the quotes of a value */
};

/* Read the conversion that begins at a `%`.  Formats are literals of ours: a bad one is a bug. */
static struct log_conversion log_read_conversion(const char *format)
{
    struct log_conversion one = {.precision = -1};
    const char *at = format + 1;
    size_t length = strcspn(at, "diuxXcs%");
    const char *point = memchr(at, '.', length);
    size_t marks = 0;

    one.size = length + 2;
    INVARIANT(one.size < sizeof one.spec && at[length] != '\0'); /* formats are ours */
    memcpy(one.spec, format, one.size);
    one.letter = at[length];
    if (point != NULL)
        one.precision = (int)strtol(point + 1, NULL, 10); /* none: 0 */
    for (size_t i = 0; i < length && marks + 1 < sizeof one.length; i++)
        if (strchr("hlzj", at[i]) != NULL)
            one.length[marks++] = at[i];
    return one;
}

/* The most bytes that the rest of the format needs when its texts are all empty. */
static size_t log_format_needs(const char *format)
{
    size_t bytes = strlen(format);

    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at + 1, '%'))
        bytes += NUMBER_BYTES;
    return bytes;
}

/*
 * Escape one text into what room there is, but for what the rest of the format needs: a long text
 * must not push the keys behind it out of the line.
 */
static void log_put_value(struct log_text *text, const char *value, int precision, const char *rest)
{
    size_t size = precision < 0 ? strlen(value) : strnlen(value, (size_t)precision);
    bool more = precision >= 0 && strnlen(value, (size_t)precision + 1) > size;
    size_t left = text->room - text->used;
    size_t kept = log_format_needs(rest); /* for what comes behind it */
    size_t room = kept < left ? left - kept : 1;

    if (room > LOG_VALUE_BYTES_MAX)
        room = LOG_VALUE_BYTES_MAX;
    text->used += text_escape_value(text->to + text->used, room, value, size,
                                    text->quoted ? TEXT_QUOTED : TEXT_BARE, more);
}

static void log_put_plain(struct log_text *text, const char *piece, size_t size)
{
    size_t left = text->room - text->used - 1;

    if (size > left)
        size = left; /* a format longer than a line: not one of ours */
    memcpy(text->to + text->used, piece, size);
    text->used += size;
}

/* A macro, for va_arg() wants its type written out. */
#define PRINT_AS(type) snprintf(number, sizeof number, one->spec, va_arg(*arguments, type))

/* Fetch one integer of the length that its conversion names, and print it. */
static void log_put_number(struct log_text *text, const struct log_conversion *one,
                           va_list *arguments)
{
    char number[64];
    int size;

    if (strcmp(one->length, "ll") == 0)
        size = PRINT_AS(long long);
    else if (strcmp(one->length, "l") == 0)
        size = PRINT_AS(long);
    else if (strcmp(one->length, "z") == 0)
        size = PRINT_AS(size_t);
    else if (strcmp(one->length, "j") == 0)
        size = PRINT_AS(intmax_t);
    else
        size = PRINT_AS(int); /* what is narrower is passed as one */
    if (size > 0)
        log_put_plain(text, number, (size_t)size);
}

size_t log_text(char *to, size_t room_bytes, const char *format, va_list arguments)
{
    struct log_text text = {.to = to, .room = room_bytes};
    va_list list;

    va_copy(list, arguments);
    for (const char *at = format; *at != '\0';) {
        struct log_conversion one;

        /* Quotes of the format tell where a value stands, and so how it is escaped. */
        if (*at != '%') {
            text.quoted = text.quoted != (*at == '"');
            log_put_plain(&text, at++, 1);
            continue;
        }
        one = log_read_conversion(at);
        at += one.size;
        if (one.letter == '%')
            log_put_plain(&text, "%", 1);
        else if (one.letter == 's') {
            const char *value = va_arg(list, const char *);

            log_put_value(&text, value == NULL ? "(null)" : value, one.precision, at);
        } else
            log_put_number(&text, &one, &list);
    }
    va_end(list);
    text.to[text.used] = '\0';
    return text.used;
}
