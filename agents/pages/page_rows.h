/* The bytes of images and deltas of pages (docs/records-agents.md). */
#ifndef SERAI_AGENTS_PAGES_PAGE_ROWS_H
#define SERAI_AGENTS_PAGES_PAGE_ROWS_H

#include "agents/pages/paged.h"

enum {
    PAGE_ROW_VERSION = 1,
    PAGE_IMAGE_HEAD_BYTES = 17, /* version u8, frame u64, granules u64 */
    PAGE_DELTA_HEAD_BYTES = 9,  /* version u8, frame u64 */
    PAGE_ENTRY_HEAD_BYTES = 20, /* object u64, page u32, granules u64 */
    /* With the store's hash, as much as fits one page of LMDB. */
    PAGE_DELTA_ROW_BYTES = 4072,
    PAGE_IMAGE_ROW_BYTES_MAX = PAGE_IMAGE_HEAD_BYTES + PAGED_BYTES,
};
#define PAGE_ALL UINT32_MAX /* an entry for all pages of an object */

struct page_image {
    uint64_t frame;
    uint64_t granules;
    const uint8_t *bytes; /* of the granules, one after the other */
};

/* An entry of a delta row: some granules of a page, or none: it is the initial image again. */
struct page_entry {
    uint64_t object;
    uint32_t page; /* PAGE_ALL: all of them, and no granules */
    uint64_t granules;
    const uint8_t *bytes;
};

/* The size of that many granules, a bit each. */
static inline size_t page_granules_bytes(uint64_t granules)
{
    return (size_t)__builtin_popcountll(granules) * PAGED_GRANULE_BYTES;
}

/* Write the row of a page's image.  Returns the row's size. */
size_t page_image_encode(uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX], uint64_t frame, uint64_t granules,
                         const uint8_t *page);

/*
 * Read the row of a page's image; image->bytes points into `value`.  ST_INVALID: the fault says
 * why.
 */
MUST_CHECK enum status page_image_decode(struct page_image *image, const uint8_t *value,
                                         size_t size, struct fault *fault);

/* Begin a delta row of a frame in `row`, which is emptied first. */
void page_delta_begin(struct bytes *row, uint64_t frame);

/*
 * Add an entry with as many of *granules as still fit, which leave *granules.  False: some are
 * left, or not even an entry of none fits; they go into the next row.
 */
MUST_CHECK bool page_delta_add(struct bytes *row, const struct paged_item *item, uint64_t *granules,
                               const uint8_t *page);

/*
 * Read the head of a delta row.  Its entries follow by page_delta_next() from *at on.  ST_INVALID:
 * the fault says why.
 */
MUST_CHECK enum status page_delta_decode(uint64_t *frame, size_t *at, const uint8_t *value,
                                         size_t size, struct fault *fault);

/*
 * Read the next entry of a delta row; entry->bytes points into `value`.  ST_MISSING at the end;
 * ST_INVALID: the fault says why.
 */
MUST_CHECK enum status page_delta_next(struct page_entry *entry, size_t *at, const uint8_t *value,
                                       size_t size, struct fault *fault);

/* Copy granules, one after the other in `bytes`, to their places in a page. */
void page_apply(uint8_t *page, uint64_t granules, const uint8_t *bytes);

#endif
