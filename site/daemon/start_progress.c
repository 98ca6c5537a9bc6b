/*
 * A start reads every row of the site, so its end is known by their number.  What is shown never
 * waits for the terminal: what that does not take at once is not shown.
 */
#include "site/daemon/start_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { BAR_CELLS = 20 };

void start_progress_begin(struct start_progress *progress, int fd, uint64_t now_us)
{
    *progress = (struct start_progress){.what = "", .next_us = now_us + START_QUIET_US};
    progress->terminal = isatty(fd) == 1;
    outlet_open(&progress->outlet, fd);
}

/* Rows that wait in the log are counted twice, so that it ends before 100; 99 is the most. */
static unsigned start_percent(const struct start_progress *progress)
{
    uint64_t percent = progress->total == 0 ? 0 : progress->rows * 100 / progress->total;

    return percent < 99 ? (unsigned)percent : 99;
}

char *start_progress_text(char text[START_BAR_BYTES_MAX], const struct start_progress *progress)
{
    char bar[BAR_CELLS + 1];
    char frame[40] = "";
    unsigned percent = start_percent(progress);

    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i * 100 < percent * BAR_CELLS ? '#' : '-';
    bar[BAR_CELLS] = '\0';
    if (progress->frame > 0)
        (void)snprintf(frame, sizeof frame, "frame %" PRIu64 ", ", progress->frame);
    if (progress->total == 0)
        (void)snprintf(text, START_BAR_BYTES_MAX, "%s: %s%" PRIu64 " rows", progress->what, frame,
                       progress->rows);
    else
        (void)snprintf(text, START_BAR_BYTES_MAX, "%s: %s%u %% [%s]", progress->what, frame,
                       percent, bar);
    return text;
}

/* Over what stands in the line: back to its beginning, and the rest of it away. */
static void start_draw(struct start_progress *progress, const char *text)
{
    char line[START_BAR_BYTES_MAX + 8];

    (void)snprintf(line, sizeof line, "\r%s\033[K", text);
    progress->drawn |= outlet_write(&progress->outlet, line, strlen(line));
}

static void start_hide(struct start_progress *progress)
{
    if (progress->drawn)
        start_draw(progress, "");
    progress->drawn = false;
}

void start_progress_part(struct start_progress *progress, const char *what, uint64_t total)
{
    start_hide(progress);
    progress->what = what;
    progress->rows = 0;
    progress->total = total;
}

static void start_log(const struct start_progress *progress)
{
    if (progress->total == 0)
        log_write(LOG_INFO, "site.starting", "doing=\"%s\" frame=%" PRIu64 " rows=%" PRIu64,
                  progress->what, progress->frame, progress->rows);
    else
        log_write(LOG_INFO, "site.starting", "doing=\"%s\" frame=%" PRIu64 " percent=%u",
                  progress->what, progress->frame, start_percent(progress));
}

void start_progress_step(struct start_progress *progress, uint64_t rows, uint64_t now_us)
{
    char text[START_BAR_BYTES_MAX];

    progress->rows += rows;
    if (now_us < progress->next_us)
        return;
    progress->next_us = now_us + (progress->terminal ? START_BAR_US : START_LOG_US);
    if (progress->terminal)
        start_draw(progress, start_progress_text(text, progress));
    else
        start_log(progress);
}

void start_progress_end(struct start_progress *progress)
{
    start_hide(progress);
    outlet_close(&progress->outlet);
}
