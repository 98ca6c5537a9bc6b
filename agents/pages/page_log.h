/*
 * How pages become durable (docs/records-agents.md).
 *
 * A frame appends what changed in pages, by granules, to a log of delta rows.  The pages that have
 * deltas are swept: in the order of their keys, a slice each frame, the image of each is written
 * whole, and rows of the log that no page needs any more are deleted, the oldest first.  There are
 * two generations: while one is swept the other fills, and the slice is as large a part of the
 * former as the latter is full, so that the first is done when the second must begin.
 *
 * The log is never longer than one frame and 3 x PAGE_LOG_BYTES: the generation that fills, the one
 * that is swept, and rows that wait to be deleted.
 */
#ifndef SERAI_AGENTS_PAGES_PAGE_LOG_H
#define SERAI_AGENTS_PAGES_PAGE_LOG_H

#include "agents/pages/paged.h"

struct agents;
struct agent;

struct page_generation {
    struct bytes items; /* of struct paged_item; in order once it is swept */
    size_t swept;       /* of items */
    uint64_t bytes;     /* of the rows that were added while it filled */
    uint64_t end_row;   /* one past the last of them */
};

struct page_log {
    struct bytes resets; /* of u64: objects whose pages were all dropped, and which live on */
    struct page_generation filling;
    struct page_generation sweeping;
    uint64_t first_row; /* of the log's rows, which are numbered without a gap */
    uint64_t free_row;  /* no page needs rows below it */
    uint64_t next_row;
    uint64_t images; /* rows of table `page` */
    /* When a generation is full; tests make it small. */
    uint64_t bytes_max;
    uint64_t pages_max;
};

/* Make an empty log with the bounds of agents/limits.h. */
void page_log_init(struct page_log *log);

/* Free the lists. */
void page_log_fini(struct page_log *log);

/* Whether agents_write_rows() has pages to write. */
bool page_log_has_work(const struct agents *agents);

/* Write what changed in pages, and a slice of the sweep. */
void page_log_save(struct agents *agents, struct store_batch *batch);

/* Let what is in the log wait to be swept, after a load. */
void page_log_resume(struct page_log *log);

#endif
