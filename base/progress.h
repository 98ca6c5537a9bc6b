/*
 * How far something is, for the person who waits for it: a bar on a terminal, lines of the log
 * elsewhere, and nothing of what takes no longer than PROGRESS_QUIET_US.  One thread.
 */
#ifndef SERAI_BASE_PROGRESS_H
#define SERAI_BASE_PROGRESS_H

#include "base/outlet.h"

enum {
    PROGRESS_QUIET_US = 1000 * 1000,    /* what takes less says nothing */
    PROGRESS_BAR_US = 100 * 1000,       /* the bar is drawn again after that long */
    PROGRESS_LOG_US = 10 * 1000 * 1000, /* and a line logged */
    PROGRESS_BAR_BYTES_MAX = 128,       /* of the bar, with its NUL */
};

struct progress {
    const char *event; /* of the log's lines; NULL: it gets none */
    const char *what;  /* "reading the books"; a literal */
    uint64_t frame;    /* that the books end with; 0: not known yet */
    uint64_t rows;     /* that were read */
    uint64_t total;    /* about how many there are; 0: not known */
    uint64_t next_us;  /* when to say something again; monotonic, as are all times here */
    bool terminal;
    bool drawn; /* the bar is on the terminal now */
    struct outlet outlet;
};

/*
 * Begin, with a bar written to `fd`, which is borrowed, or lines of the log under `event`, a
 * literal or NULL.  progress_end() in any case.
 */
void progress_begin(struct progress *progress, int fd, const char *event, uint64_t now_us);

/* Take the bar away, and begin with another part, of about so many rows; 0: not known. */
void progress_part(struct progress *progress, const char *what, uint64_t total);

/* So many more rows were read. */
void progress_step(struct progress *progress, uint64_t rows, uint64_t now_us);

/* Take the bar away. */
void progress_end(struct progress *progress);

/* "reading the books: frame 1234, 40 % [########------------]".  Returns `text`. */
char *progress_text(char text[PROGRESS_BAR_BYTES_MAX], const struct progress *progress);

#endif
