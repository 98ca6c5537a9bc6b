/* Private to base/: the text of a line of the log. */
#ifndef SERAI_BASE_LOG_TEXT_H
#define SERAI_BASE_LOG_TEXT_H

#include <stdarg.h>
#include <stddef.h>

enum { LOG_VALUE_BYTES_MAX = 960 }; /* of one text, escaped */

/*
 * Print as vsnprintf() does, for a format of key=value that is a literal of ours, and return the
 * length.  Each text (%s) is escaped as a value (base/text.h), so it ends where its value does and
 * forges no other.  The format itself is always whole; texts are cut to make room for it, and at
 * LOG_VALUE_BYTES_MAX in any case.  `to` has room for the format and its numbers.  Integers, %s
 * with a precision, %c and %% are known.
 */
size_t log_text(char *to, size_t room_bytes, const char *format, va_list arguments);

#endif
