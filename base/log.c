/*
 * One line per event on stderr, in one write each, so that lines of threads do not mix.  A line
 * that nobody takes is left out (base/outlet.h): no thread of a site waits for whoever reads its
 * log.  What is left out, by a reader that stopped or by a rate, is counted and reported.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log_json.h"
#include "base/log_text.h"
#include "base/outlet.h"

enum {
    LINE_BYTES_MAX = 2048,
    HEAD_BYTES_MAX = LINE_BYTES_MAX / 8,
    TEXT_BYTES_MAX = LINE_BYTES_MAX - HEAD_BYTES_MAX - 2, /* a blank and the end of the line */
    TIME_BYTES = 64,
    PREFIX_BYTES = 4, /* "<6>" */
    NAMES_MAX = 128,  /* event names are literals of ours: more than there are */
};

/* How often an event was logged in the second that began at start_us. */
struct log_rate {
    char event[48];
    uint64_t start_us;
    uint32_t written;
    uint32_t left_out;
};

static_assert((int)PREFIX_BYTES + (int)LOG_JSON_BYTES_MAX <= (int)OUTLET_BYTES_MAX,
              "a pipe takes it");

static atomic_int level_max = LOG_INFO;
static atomic_int form_now = LOG_AS_TEXT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static struct log_rate rates[NAMES_MAX];
static size_t rate_count;
static uint64_t left_out_total; /* over all events: nothing to look for when 0 */
static struct outlet outlet = {.fd = STDERR_FILENO, .way = OUTLET_CLOSED, .own = -1};
static uint64_t untaken; /* lines that could not be written, and are not reported yet */
static bool to_journal;
static pthread_once_t journal_once = PTHREAD_ONCE_INIT;

/* Set to_journal.  systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream that goes to the
 * journal. */
static void log_find_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat stat;

    if (stream == NULL || fstat(STDERR_FILENO, &stat) != 0)
        return;
    (void)!snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)stat.st_dev, (uintmax_t)stat.st_ino);
    to_journal = strcmp(own, stream) == 0;
}

void log_set_level(enum log_level level)
{
    atomic_store(&level_max, (int)level);
}

void log_set_form(enum log_form form)
{
    atomic_store(&form_now, (int)form);
}

static uint64_t log_now_us(void)
{
    struct timespec time = {0};

    (void)!clock_gettime(CLOCK_MONOTONIC, &time); /* a log goes on without a clock */
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "error";
    case LOG_WARN:
        return "warn";
    case LOG_INFO:
        return "info";
    case LOG_DEBUG:
        return "debug";
    }
    return "?";
}

/* The priorities of syslog(3). */
static const char *log_level_prefix(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "<3>";
    case LOG_WARN:
        return "<4>";
    case LOG_INFO:
        return "<6>";
    case LOG_DEBUG:
        return "<7>";
    }
    return "";
}

/* The wall-clock time, "2026-01-31T23:59:59.000000Z". */
static void log_print_time(char text[TIME_BYTES])
{
    struct timespec time = {0};
    struct tm utc = {0};
    char date[TIME_BYTES / 2] = "";

    (void)!clock_gettime(CLOCK_REALTIME, &time);
    if (gmtime_r(&time.tv_sec, &utc) != NULL)
        (void)!strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)!snprintf(text, TIME_BYTES, "%s.%06ldZ", date, time.tv_nsec / 1000);
}

/*
 * Under the lock: write one line.  The text is escaped, and shorter than TEXT_BYTES_MAX.  False:
 * nobody takes it now.
 */
static bool log_write_line(enum log_level level, const char *event, const char *text)
{
    const char *prefix = to_journal ? log_level_prefix(level) : "";
    char time[TIME_BYTES];
    char line[PREFIX_BYTES + LOG_JSON_BYTES_MAX];
    size_t used = strlen(prefix);
    int size;

    log_print_time(time);
    (void)!snprintf(line, PREFIX_BYTES, "%s", prefix); /* fits: they are literals above */
    if (atomic_load(&form_now) == LOG_AS_JSON) {
        const struct log_head head = {time, log_level_name(level), event};

        /* The prefix is before the object: the journal takes it off. */
        used += log_json(line + used, &head, text);
        return outlet_write(&outlet, line, used);
    }
    size = snprintf(line + used, LINE_BYTES_MAX - used, "%s %s %.80s%s%s\n", time,
                    log_level_name(level), event, *text == '\0' ? "" : " ", text);
    return size > 0 && outlet_write(&outlet, line, used + (size_t)size);
}

/* Under the lock: true when stderr takes lines, and those that it did not take are reported. */
static bool log_report_untaken(void)
{
    char text[96];

    if (untaken == 0)
        return true;
    (void)!snprintf(text, sizeof text, "left_out=%" PRIu64 " reason=\"nobody took them\"", untaken);
    if (!log_write_line(LOG_WARN, "log.untaken", text))
        return false;
    untaken = 0;
    return true;
}

/* Under the lock: write one line, behind the report of those before it that were left out. */
static void log_put_line(enum log_level level, const char *event, const char *text)
{
    if (!log_report_untaken() || !log_write_line(level, event, text))
        untaken++;
}

/* Under the lock: report how many lines of this event its rate left out, and begin again. */
static void log_report_rate(struct log_rate *rate)
{
    char text[96];

    (void)!snprintf(text, sizeof text, "event=%.47s left_out=%" PRIu32, rate->event,
                    rate->left_out);
    log_put_line(LOG_WARN, "log.limited", text);
    left_out_total -= rate->left_out;
    rate->left_out = 0;
}

/*
 * Under the lock: the rate of an event, a new one if need be.  When all NAMES_MAX are taken, which
 * cannot happen with names of ours, the rest share the last.
 */
static struct log_rate *log_rate_of(const char *event)
{
    for (size_t i = 0; i < rate_count; i++)
        if (strncmp(rates[i].event, event, sizeof rates[i].event - 1) == 0)
            return &rates[i];
    if (rate_count == NAMES_MAX)
        return &rates[NAMES_MAX - 1];
    (void)!snprintf(rates[rate_count].event, sizeof rates[0].event, "%s", event);
    return &rates[rate_count++];
}

/* Under the lock: whether this line may be written.  Counts it. */
static bool log_rate_allows(const char *event, uint64_t now_us)
{
    struct log_rate *rate = log_rate_of(event);

    if (now_us - rate->start_us >= 1000000) {
        rate->start_us = now_us;
        rate->written = 0;
    }
    if (rate->written >= LOG_PER_SECOND_MAX) {
        rate->left_out++;
        left_out_total++;
        return false;
    }
    rate->written++;
    return true;
}

/* Under the lock: report, for each event whose second is over, how many lines it lost. */
static void log_report_left_out(uint64_t now_us)
{
    for (size_t i = 0; i < rate_count && left_out_total != 0; i++)
        if (rates[i].left_out != 0 && now_us - rates[i].start_us >= 1000000)
            log_report_rate(&rates[i]);
}

static void log_write_list(enum log_level level, bool limited, const char *event,
                           const char *format, va_list arguments)
{
    char text[TEXT_BYTES_MAX];
    int errno_before = errno;
    uint64_t now_us;

    if ((int)level > atomic_load(&level_max))
        return;
    /* Outside the lock: formatting takes the longest, and needs nothing that is shared. */
    (void)log_text(text, sizeof text, format, arguments);
    INVARIANT(pthread_once(&journal_once, log_find_journal) == 0);
    now_us = log_now_us();
    INVARIANT(pthread_mutex_lock(&lock) == 0);
    log_report_left_out(now_us);
    if (!limited || log_rate_allows(event, now_us))
        log_put_line(level, event, text);
    INVARIANT(pthread_mutex_unlock(&lock) == 0);
    errno = errno_before;
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    /* Outside input can cause lines of warn and debug; no rate drops the others. */
    log_write_list(level, level == LOG_WARN || level == LOG_DEBUG, event, format, arguments);
    va_end(arguments);
}

void log_write_often(enum log_level level, const char *event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_write_list(level, true, event, format, arguments);
    va_end(arguments);
}

void log_catch_up(void)
{
    int errno_before = errno;

    INVARIANT(pthread_mutex_lock(&lock) == 0);
    log_report_left_out(log_now_us());
    (void)log_report_untaken(); /* else the next time */
    INVARIANT(pthread_mutex_unlock(&lock) == 0);
    errno = errno_before;
}

void log_last_words(const char *text)
{
    /* Not through `outlet`: another thread may be in it, and this one may have died within it. */
    (void)!outlet_write_once(STDERR_FILENO, text, strlen(text)); /* nowhere left to complain */
}
