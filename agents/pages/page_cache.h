/*
 * The pages that stay in RAM.  A page whose image is durable, and which the log adds nothing to,
 * can be read again; beyond a number of pages the oldest of these are evicted, a bounded number
 * each frame, and read when their agent has a turn or their buffer is asked for.
 *
 * Pages of agents that have a slot stay: an end of a turn compares with them.
 */
#ifndef SERAI_AGENTS_PAGES_PAGE_CACHE_H
#define SERAI_AGENTS_PAGES_PAGE_CACHE_H

#include "agents/pages/paged.h"

struct agents;
struct buffer;

struct page_cache {
    struct bytes items; /* of struct paged_item: those that have their bytes, oldest first */
    size_t gone;        /* bytes at the front of `items` that count no more */
    uint64_t pages_max; /* 0: all stay */
    uint64_t durable;   /* frames below this are durable */
    struct bytes row;   /* scratch */
};

/* Free the list; pages stay as they are. */
void page_cache_fini(struct page_cache *cache);

/* The number of pages that have their bytes and are listed. */
uint64_t page_cache_count(const struct page_cache *cache);

/* List a page that has bytes, unless it is listed. */
void page_cache_note(struct page_cache *cache, const struct paged *paged, struct paged_page *page);

/*
 * Read again the evicted ones of the pages from `first` to `last`.  A row that cannot be read ends
 * the site.
 */
void page_cache_fetch(struct agents *agents, struct paged *paged, uint32_t first, uint32_t last);

/* Evict the oldest pages beyond the bound, a bounded number.  At the end of a frame's save. */
void page_cache_shrink(struct agents *agents);

/* Read again the evicted pages of these bytes of a buffer. */
void buffer_fetch(struct agents *agents, struct buffer *buffer, uint64_t offset, uint64_t size);

#endif
