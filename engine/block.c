#define _GNU_SOURCE /* madvise */
#include "engine/block.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE_BYTES ((size_t)2 * 1024 * 1024)

/*
 * Rounding to the nearest large page: a block that is mostly one asks for a whole one, and the rest
 * of a longer block is not worth another.  Alignment lets the system map it so from its first byte.
 */
void *block_take(size_t bytes)
{
    size_t large = (bytes + LARGE_PAGE_BYTES / 2) & ~(LARGE_PAGE_BYTES - 1);
    void *block = NULL;

    if (large == 0)
        return malloc(bytes > 0 ? bytes : 1);
    if (posix_memalign(&block, LARGE_PAGE_BYTES, bytes > large ? bytes : large) != 0)
        return NULL;
    (void)!madvise(block, large, MADV_HUGEPAGE); /* the system may have none */
    return block;
}

void *block_copy(const void *from, size_t bytes)
{
    void *block = block_take(bytes);

    if (block != NULL && bytes > 0)
        memcpy(block, from, bytes);
    return block;
}
