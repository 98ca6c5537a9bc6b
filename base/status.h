/*
 * The three kinds of "no": a bug stops the program (INVARIANT), a failure of the world is an
 * `enum status` with a `struct fault` that says where, and a refusal is an ordinary answer from an
 * operation's own enum.  See docs/architecture.md.
 */
#ifndef SERAI_BASE_STATUS_H
#define SERAI_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

enum status {
    ST_OK = 0,
    ST_INVALID, /* what was given breaks a documented rule */
    ST_NOMEM,   /* out of memory */
    ST_FULL,    /* a bound is reached; the header says what then happens */
    ST_MISSING, /* nothing of that name or number */
    ST_EXISTS,  /* it is there already */
    ST_CORRUPT, /* bytes of our own read back wrong */
    ST_IO,      /* the disk or a socket failed */
    ST_BUSY,    /* someone else holds it */
    ST_DENIED,  /* not allowed */
    ST_UNKNOWN, /* the outcome cannot be known: ask again, never repeat blindly */
};

/* The name of a status in lower case, "ok", "invalid", ...  Never NULL. */
const char *status_name(enum status status);

enum { FAULT_TEXT_BYTES = 400 };

/* What failed and where, in words for a person: operation, object, what to do next. */
struct fault {
    enum status status;
    char text[FAULT_TEXT_BYTES];
};

/*
 * Fill *fault (NULL is allowed) with a bounded text and return `status`, so that a failing function
 * can end with `return fault_set(fault, ST_IO, "open %s: %s", path, strerror(errno));`.
 */
enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * Put "what: " before the text that is there already; for callers that know more.  Returns the
 * fault's status; ST_INVALID when `fault` is NULL, so a caller that may pass NULL keeps its own.
 */
enum status fault_prefix(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__
/* The analyzer looks into no variadic function: show it that fault_set() returns its status. */
#define fault_set(fault, status, ...) ((void)(fault_set)(fault, status, __VA_ARGS__), (status))
#endif

/* Print the broken condition and abort(), also in release: wrong books are worse than none. */
_Noreturn void invariant_failed(const char *condition, const char *file, int line);

#define INVARIANT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            invariant_failed(#condition, __FILE__, __LINE__);                                      \
    } while (0)

#endif
