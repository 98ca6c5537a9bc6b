/*
 * Small blocks without a header each, for what there are millions of, or what comes and goes with
 * each message: sizes round up to 8 bytes, and blocks of one size share pages of 64 KiB.  A page
 * without a block goes back to the system, but for the last of its size and up to SLAB_SPARE more,
 * which any size may use: a site that takes and gives back the same few hundred blocks for ever
 * asks the system for nothing.
 * All-zero is an empty slab.  One thread.  Out of memory is a stop (INVARIANT).
 * The address sanitizer sees each use of a block that is not out, and each step past its end.
 */
#ifndef SERAI_BASE_SLAB_H
#define SERAI_BASE_SLAB_H

#include "base/status.h"

enum {
    SLAB_GRAIN = 8,
    SLAB_BLOCK_MAX = 1024, /* a larger block is malloc's: its header is small against it */
    SLAB_PAGE = 64 * 1024,
    SLAB_SPARE = 16,   /* pages without a block that are kept: 1 MiB */
    SLAB_COARSE = 128, /* slab_coarse() rounds to it */
#ifdef SERAI_SANITIZED
    SLAB_REDZONE = 16, /* behind each block, where the sanitizer lets nobody step */
#else
    SLAB_REDZONE = 0,
#endif
};

struct slab_page;

struct slab {
    /* pages with a free block, by size */
    struct slab_page *open[(SLAB_BLOCK_MAX + SLAB_REDZONE) / SLAB_GRAIN + 1];
    struct slab_page *all;
    struct slab_page *spare; /* without a block, of no size; among `all`, too */
    size_t spare_count;
    size_t used; /* blocks that are out, larger ones among them */
};

/*
 * Free all pages, and with them every block of a page, given back or not.  Larger blocks that are
 * still out are lost: they are malloc's.
 */
void slab_fini(struct slab *slab);

/* Lend a block of `size` bytes, 1 or more, aligned to SLAB_GRAIN.  Its contents are not defined. */
void *slab_take(struct slab *slab, size_t size);

/*
 * The size to take for a block whose size strangers choose: of so few sizes that pages with one
 * block left, which no other size can use, cannot add up to much more than the blocks once took.
 */
static inline size_t slab_coarse(size_t size)
{
    return size > SLAB_BLOCK_MAX ? size : (size + SLAB_COARSE - 1) / SLAB_COARSE * SLAB_COARSE;
}

/* Give back a block that slab_take() lent, with the `size` it was taken with. */
void slab_give(struct slab *slab, void *block, size_t size);

#endif
