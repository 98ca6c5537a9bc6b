/*
 * The end is known by a number of rows.  What is shown never waits for the terminal: what that does
 * not take at once is not shown.
 */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { BAR_CELLS = 20 };

void progress_begin(struct progress *progress, int fd, const char *event, uint64_t now_us)
{
    *progress =
        (struct progress){.event = event, .what = "", .next_us = now_us + PROGRESS_QUIET_US};
    progress->terminal = isatty(fd) == 1;
    outlet_open(&progress->outlet, fd);
}

/* Rows that wait in the log are counted twice, so that it ends before 100; 99 is the most. */
static unsigned progress_percent(const struct progress *progress)
{
    uint64_t percent = progress->total == 0 ? 0 : progress->rows * 100 / progress->total;

    return percent < 99 ? (unsigned)percent : 99;
}

char *progress_text(char text[PROGRESS_BAR_BYTES_MAX], const struct progress *progress)
{
    char bar[BAR_CELLS + 1];
    char frame[40] = "";
    unsigned percent = progress_percent(progress);

    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i * 100 < percent * BAR_CELLS ? '#' : '-';
    bar[BAR_CELLS] = '\0';
    if (progress->frame > 0)
        (void)snprintf(frame, sizeof frame, "frame %" PRIu64 ", ", progress->frame);
    if (progress->total == 0)
        (void)snprintf(text, PROGRESS_BAR_BYTES_MAX, "%s: %s%" PRIu64 " rows", progress->what,
                       frame, progress->rows);
    else
        (void)snprintf(text, PROGRESS_BAR_BYTES_MAX, "%s: %s%u %% [%s]", progress->what, frame,
                       percent, bar);
    return text;
}

/* Over what stands in the line: back to its beginning, and the rest of it away. */
static void progress_draw(struct progress *progress, const char *text)
{
    char line[PROGRESS_BAR_BYTES_MAX + 8];

    (void)snprintf(line, sizeof line, "\r%s\033[K", text);
    progress->drawn |= outlet_write(&progress->outlet, line, strlen(line));
}

static void progress_hide(struct progress *progress)
{
    if (progress->drawn)
        progress_draw(progress, "");
    progress->drawn = false;
}

void progress_part(struct progress *progress, const char *what, uint64_t total)
{
    progress_hide(progress);
    progress->what = what;
    progress->rows = 0;
    progress->total = total;
}

static void progress_log(const struct progress *progress)
{
    if (progress->total == 0)
        log_write(LOG_INFO, progress->event, "doing=\"%s\" frame=%" PRIu64 " rows=%" PRIu64,
                  progress->what, progress->frame, progress->rows);
    else
        log_write(LOG_INFO, progress->event, "doing=\"%s\" frame=%" PRIu64 " percent=%u",
                  progress->what, progress->frame, progress_percent(progress));
}

void progress_step(struct progress *progress, uint64_t rows, uint64_t now_us)
{
    char text[PROGRESS_BAR_BYTES_MAX];

    progress->rows += rows;
    if (now_us < progress->next_us)
        return;
    progress->next_us = now_us + (progress->terminal ? PROGRESS_BAR_US : PROGRESS_LOG_US);
    if (progress->terminal)
        progress_draw(progress, progress_text(text, progress));
    else if (progress->event != NULL)
        progress_log(progress);
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
    outlet_close(&progress->outlet);
}
