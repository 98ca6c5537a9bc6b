/*
 * How far a start is, for the person who waits for it: a bar on a terminal, lines of the log
 * elsewhere, and nothing of a start that takes no longer than START_QUIET_US.
 */
#ifndef SERAI_SITE_DAEMON_START_PROGRESS_H
#define SERAI_SITE_DAEMON_START_PROGRESS_H

#include "base/outlet.h"

enum {
    START_QUIET_US = 1000 * 1000,    /* a start of less says nothing */
    START_BAR_US = 100 * 1000,       /* the bar is drawn again after that long */
    START_LOG_US = 10 * 1000 * 1000, /* and a line logged */
    START_BAR_BYTES_MAX = 128,       /* of the bar, with its NUL */
};

struct start_progress {
    const char *what; /* "reading the books"; a literal */
    uint64_t frame;   /* that the books end with; 0: not known yet */
    uint64_t rows;    /* that were read */
    uint64_t total;   /* about how many there are; 0: not known */
    uint64_t next_us; /* when to say something again; monotonic, as are all times here */
    bool terminal;
    bool drawn; /* the bar is on the terminal now */
    struct outlet outlet;
};

/* Begin, with what is written to `fd`, which is borrowed.  start_progress_end() in any case. */
void start_progress_begin(struct start_progress *progress, int fd, uint64_t now_us);

/* Take the bar away, and begin with another part of the start, of about so many rows; 0: not known.
 */
void start_progress_part(struct start_progress *progress, const char *what, uint64_t total);

/* So many more rows were read. */
void start_progress_step(struct start_progress *progress, uint64_t rows, uint64_t now_us);

/* Take the bar away. */
void start_progress_end(struct start_progress *progress);

/* "reading the books: frame 1234, 40 % [########------------]".  Returns `text`. */
char *start_progress_text(char text[START_BAR_BYTES_MAX], const struct start_progress *progress);

#endif
