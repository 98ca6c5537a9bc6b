/*
 * Small blocks without a header each, for what there are millions of: sizes round up to 8 bytes,
 * blocks of one size share pages of 64 KiB, and a page without a block goes back to the system,
 * but for the last of its size.
 * All-zero is an empty slab.  One thread.  Out of memory is a stop (INVARIANT).
 */
#ifndef SERAI_BASE_SLAB_H
#define SERAI_BASE_SLAB_H

#include "base/status.h"

enum {
    SLAB_GRAIN = 8,
    SLAB_BLOCK_MAX = 1024, /* a larger block is malloc's: its header is small against it */
    SLAB_PAGE = 64 * 1024,
};

struct slab_page;

struct slab {
    struct slab_page *open[SLAB_BLOCK_MAX / SLAB_GRAIN + 1]; /* pages with a free block, by size */
    struct slab_page *all;
    size_t used; /* blocks that are out, larger ones among them */
};

/*
 * Free all pages, and with them every block of a page, given back or not.  Larger blocks that are
 * still out are lost: they are malloc's.
 */
void slab_fini(struct slab *slab);

/* Lend a block of `size` bytes, 1 or more, aligned to SLAB_GRAIN.  Its contents are not defined. */
void *slab_take(struct slab *slab, size_t size);

/* Give back a block that slab_take() lent, with the `size` it was taken with. */
void slab_give(struct slab *slab, void *block, size_t size);

#endif
