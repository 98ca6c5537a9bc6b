/* Private to base/: a line of the log as one JSON object. */
#ifndef SERAI_BASE_LOG_JSON_H
#define SERAI_BASE_LOG_JSON_H

#include <stddef.h>

enum { LOG_JSON_BYTES_MAX = 4000 }; /* of a line; with a prefix a pipe takes it whole */

struct log_head {
    const char *time;
    const char *level;
    const char *event;
};

/*
 * Write the object of a line whose text is as log_text() makes it, key=value and key="value": each
 * key is a key of the object, each value unescaped, a whole number below 2^53 as a number.  What is
 * not in that form stands under `text`.  A line that is too long loses its last keys, and says so
 * by "cut":true.  Ends with a newline; returns the length, below LOG_JSON_BYTES_MAX.
 */
size_t log_json(char to[LOG_JSON_BYTES_MAX], const struct log_head *head, const char *text);

#endif
