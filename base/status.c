/*
 * Names of statuses, bounded fault texts, and the stop on a bug.  A fault's text never takes
 * memory: running out of it is one of the things that it has to say.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outlet_way.h"

const char *status_name(enum status status)
{
    switch (status) {
    case ST_OK:
        return "ok";
    case ST_INVALID:
        return "invalid";
    case ST_NOMEM:
        return "nomem";
    case ST_FULL:
        return "full";
    case ST_MISSING:
        return "missing";
    case ST_EXISTS:
        return "exists";
    case ST_CORRUPT:
        return "corrupt";
    case ST_IO:
        return "io";
    case ST_BUSY:
        return "busy";
    case ST_DENIED:
        return "denied";
    case ST_UNKNOWN:
        return "unknown";
    }
    return "?"; /* a number that is none of ours, as from a damaged record */
}

#undef fault_set /* the analyzer's macro of status.h */
enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
{
    char text[FAULT_TEXT_BYTES]; /* apart, so that the old text may be an argument */
    va_list arguments;
    int size;

    if (fault == NULL)
        return status;
    va_start(arguments, format);
    size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0)
        text[0] = '\0';
    /* Dots for a cut.  The text is raw, so whoever is quoted could have written these as well. */
    if (size >= (int)sizeof text)
        memcpy(text + sizeof text - sizeof "...", "...", sizeof "...");
    fault->status = status;
    memcpy(fault->text, text, sizeof text);
    return status;
}

enum status fault_prefix(struct fault *fault, const char *format, ...)
{
    char text[FAULT_TEXT_BYTES];
    size_t used;
    va_list arguments;

    if (fault == NULL)
        return ST_INVALID;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    used = strlen(text);
    /* The bound cuts the end of the old text: where it happened matters more than the details. */
    for (const char *from = ": "; *from != '\0' && used < sizeof text - 1; from++)
        text[used++] = *from;
    for (const char *from = fault->text; *from != '\0' && used < sizeof text - 1; from++)
        text[used++] = *from;
    text[used] = '\0';
    memcpy(fault->text, text, sizeof text);
    return fault->status;
}

_Noreturn void invariant_failed(const char *condition, const char *file, int line)
{
    char text[512];

    (void)!snprintf(text, sizeof text, "INVARIANT broken: %s at %s:%d\n", condition, file, line);
    /* Past the log, which may be what is broken.  Nowhere is left to complain when it is lost. */
    (void)!outlet_write_once(STDERR_FILENO, text, strlen(text));
    abort();
}
