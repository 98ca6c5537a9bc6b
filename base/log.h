/*
 * One line per event on stderr: time, level, a fixed event name, then key=value with units.
 *
 *     log_write(LOG_WARN, "control.refused", "key=%s reason=\"%s\"", key, why);
 *
 * error needs a person, warn may, info is what a site did, debug is for us.  Thread-safe.  Lines of
 * warn and debug are limited to LOG_PER_SECOND_MAX a second for each event name; how many were left
 * out is said when the second is over.  Never log secrets.
 */
#ifndef SERAI_BASE_LOG_H
#define SERAI_BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_ERROR = 0, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum { LOG_PER_SECOND_MAX = 50 };

void log_set_level(enum log_level level); /* default LOG_INFO */
void log_write(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
