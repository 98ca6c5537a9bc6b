/*
 * Pages of 64 KiB, each for blocks of one size.  A page lies at a multiple of its size, so the
 * address of a block gives its page, and the size, which the caller knows, its class: no block
 * needs a header.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "base/slab.h"

#include <stdlib.h>
#include <sys/mman.h>

/* For the address sanitizer: what is out may be touched, and nothing else of a page. */
#ifdef SERAI_SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

struct slab_block {
    struct slab_block *next;
};

/* At the start of each page. */
struct slab_page {
    struct slab_page *next; /* among the open ones of this size */
    struct slab_page *previous;
    struct slab_page *next_of_all;
    struct slab_page *previous_of_all;
    struct slab_block *free; /* given back */
    uint32_t used;           /* blocks of it that are out */
    uint32_t fresh;          /* offset of the first byte that was never given out */
};

static size_t slab_class(size_t size)
{
    return (size + SLAB_REDZONE + SLAB_GRAIN - 1) / SLAB_GRAIN;
}

static bool slab_is_full(const struct slab_page *page, size_t block_bytes)
{
    return page->free == NULL && page->fresh + block_bytes > SLAB_PAGE;
}

/* The list of free blocks runs through them, so each is touched for a moment. */
static void slab_push(struct slab_page *page, struct slab_block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block, sizeof *block);
    block->next = page->free;
    page->free = block;
    ASAN_POISON_MEMORY_REGION(block, sizeof *block);
}

static struct slab_block *slab_pop(struct slab_page *page)
{
    struct slab_block *block = page->free;

    ASAN_UNPOISON_MEMORY_REGION(block, sizeof *block);
    page->free = block->next;
    ASAN_POISON_MEMORY_REGION(block, sizeof *block);
    return block;
}

/* Put a page that has a free block at the head of those of its class. */
static void slab_open_page(struct slab *slab, struct slab_page *page, size_t class)
{
    page->previous = NULL;
    page->next = slab->open[class];
    if (page->next != NULL)
        page->next->previous = page;
    slab->open[class] = page;
}

/* Take a page off the list of its class: it is full, or goes back to the system. */
static void slab_shut_page(struct slab *slab, struct slab_page *page, size_t class)
{
    if (page->previous != NULL)
        page->previous->next = page->next;
    else
        slab->open[class] = page->next;
    if (page->next != NULL)
        page->next->previous = page->previous;
}

/* Twice the size is sure to hold one page at a multiple of it; the ends go back. */
static struct slab_page *slab_map_page(struct slab *slab)
{
    char *all = mmap(NULL, (size_t)2 * SLAB_PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;
    struct slab_page *page;

    INVARIANT(all != MAP_FAILED);
    before = (SLAB_PAGE - (uintptr_t)all % SLAB_PAGE) % SLAB_PAGE;
    if (before > 0)
        INVARIANT(munmap(all, before) == 0);
    INVARIANT(munmap(all + before + SLAB_PAGE, SLAB_PAGE - before) == 0);
    page = (struct slab_page *)(void *)(all + before);
    page->next_of_all = slab->all;
    if (slab->all != NULL)
        slab->all->previous_of_all = page;
    slab->all = page;
    return page;
}

/* A page without blocks, for any size: one that is kept, or else a new one. */
static struct slab_page *slab_make_page(struct slab *slab)
{
    struct slab_page *page = slab->spare;

    if (page != NULL) {
        slab->spare = page->next;
        slab->spare_count--;
    } else {
        page = slab_map_page(slab);
    }
    page->free = NULL;
    page->used = 0;
    page->fresh = (sizeof *page + SLAB_GRAIN - 1) / SLAB_GRAIN * SLAB_GRAIN;
    ASAN_POISON_MEMORY_REGION((char *)page + page->fresh, SLAB_PAGE - page->fresh);
    return page;
}

static void slab_unmap_page(struct slab_page *page)
{
    ASAN_UNPOISON_MEMORY_REGION(page, SLAB_PAGE); /* whatever is mapped there next */
    INVARIANT(munmap(page, SLAB_PAGE) == 0);
}

static void slab_unmake_page(struct slab *slab, struct slab_page *page)
{
    if (slab->spare_count < SLAB_SPARE) {
        page->next = slab->spare;
        slab->spare = page;
        slab->spare_count++;
        return;
    }
    if (page->previous_of_all != NULL)
        page->previous_of_all->next_of_all = page->next_of_all;
    else
        slab->all = page->next_of_all;
    if (page->next_of_all != NULL)
        page->next_of_all->previous_of_all = page->previous_of_all;
    slab_unmap_page(page);
}

void slab_fini(struct slab *slab)
{
    while (slab->all != NULL) {
        struct slab_page *page = slab->all;

        slab->all = page->next_of_all;
        slab_unmap_page(page);
    }
    *slab = (struct slab){0};
}

void *slab_take(struct slab *slab, size_t size)
{
    size_t class = slab_class(size);
    size_t bytes = class * SLAB_GRAIN;
    struct slab_page *page;
    void *block;

    INVARIANT(size > 0);
    slab->used++;
    if (size > SLAB_BLOCK_MAX) {
        block = malloc(size);
        INVARIANT(block != NULL);
        return block;
    }
    page = slab->open[class];
    if (page == NULL) {
        page = slab_make_page(slab);
        slab_open_page(slab, page, class);
    }
    /* Blocks that were given back first: memory that was never touched stays the system's. */
    if (page->free != NULL) {
        block = slab_pop(page);
    } else {
        block = (char *)page + page->fresh;
        page->fresh += (uint32_t)bytes;
    }
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    page->used++;
    if (slab_is_full(page, bytes))
        slab_shut_page(slab, page, class);
    return block;
}

void slab_give(struct slab *slab, void *block, size_t size)
{
    size_t class = slab_class(size);
    struct slab_page *page;

    INVARIANT(slab->used > 0);
    slab->used--;
    if (size > SLAB_BLOCK_MAX) {
        free(block);
        return;
    }
    page = (struct slab_page *)((uintptr_t)block & ~(uintptr_t)(SLAB_PAGE - 1));
    INVARIANT(page->used > 0);
    /* It was full, so it is on no list: now it has a free block again. */
    if (slab_is_full(page, class * SLAB_GRAIN))
        slab_open_page(slab, page, class);
    ASAN_POISON_MEMORY_REGION(block, size);
    slab_push(page, block);
    page->used--;
    /* The last page of a class stays: taking and giving one block must not map it each time. */
    if (page->used > 0 || (page->previous == NULL && page->next == NULL))
        return;
    slab_shut_page(slab, page, class);
    slab_unmake_page(slab, page);
}
