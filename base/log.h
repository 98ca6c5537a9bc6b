/*
 * One line per event on stderr: time, level, a fixed event name, then key=value with units.
 *
 *     log_write(LOG_WARN, "control.refused", "key=%s reason=\"%s\"", key, why);
 *
 * A %s may stand for anybody's text: it is escaped (base/text.h), between quotes so that a quote in
 * it ends nothing, else so that a blank in it ends nothing, and TEXT_CUT ends one that is cut.  So
 * nobody who is quoted can write a line, or a key of one.
 *
 * error needs a person, warn may, info is what a site did, debug is for us.  Thread-safe.  Lines of
 * warn and debug are limited to LOG_PER_SECOND_MAX a second for each event name; how many were left
 * out is logged when the second is over.  Never log secrets.
 *
 * No call waits for the reader of stderr.  A line that cannot be written at once is left out, and
 * once lines can be written again one of them, `log.untaken`, says how many were.
 */
#ifndef SERAI_BASE_LOG_H
#define SERAI_BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_ERROR = 0, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum { LOG_PER_SECOND_MAX = 50 };

/* How a line looks: as shown above, or one JSON object with the same keys (docs/operate.md). */
enum log_form { LOG_AS_TEXT = 0, LOG_AS_JSON };

/* Write lines in this form from now on; LOG_AS_TEXT at first.  Any thread may call it. */
void log_set_form(enum log_form form);

/*
 * Write lines of this level and of graver ones from now on.  The level is LOG_INFO at first.  Any
 * thread may call it.
 */
void log_set_level(enum log_level level);

/*
 * Write one line, in the form shown above.  `event` is a literal without blanks; `format` is one of
 * key=value, and may be empty. errno is kept.  Any thread may call it, but no signal handler.
 */
void log_write(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Write a line as log_write() does, limited in its rate whatever its level is: for news that others
 * can cause as often as they like. */
void log_write_often(enum log_level level, const char *event, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * Report lines that were left out when their second is over, although nothing new is logged.  Call
 * it now and then, say once a second. errno is kept.
 */
void log_catch_up(void);

/*
 * Write what a process says when it dies, as it is, at most OUTLET_BYTES_MAX bytes, past rates and
 * levels.  Async-signal-safe, and lost when the reader has no room for it.
 */
void log_last_words(const char *text);

#endif
