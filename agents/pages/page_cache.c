/*
 * Which pages stay in RAM.  Beyond a bound, pages whose image is durable are evicted, the oldest
 * first; they are read again from the store when their agent runs or their buffer is asked for.
 * Only their bytes go: each keeps its struct, so an evicted page is one with granules and no data.
 */
#include "agents/pages/page_cache.h"

#include <stdlib.h>
#include <string.h>

#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/page_rows.h"
#include "agents/pages/paged.h"
#include "agents/rows/keys.h"
#include "agents/set.h"

void page_cache_fini(struct page_cache *cache)
{
    bytes_fini(&cache->items);
    bytes_fini(&cache->row);
}

uint64_t page_cache_count(const struct page_cache *cache)
{
    return (cache->items.size - cache->gone) / sizeof(struct paged_item);
}

void page_cache_note(struct page_cache *cache, const struct paged *paged, struct paged_page *page)
{
    struct paged_item item = {.object = paged->object, .page = page->number};

    if (cache->pages_max == 0 || page->cached || page->data == NULL)
        return;
    page->cached = true;
    bytes_append(&cache->items, &item, sizeof item);
    INVARIANT(!cache->items.failed);
}

/* ---- reading ---- */

static bool page_cache_is_evicted(const struct paged_page *page)
{
    return page->data == NULL && page->own != 0;
}

/*
 * Read the image of an evicted page.  It is that of the same frame and granules, or something else
 * writes into the store (INVARIANT).
 */
static void page_cache_read(struct agents *agents, const struct paged *paged,
                            struct paged_page *page)
{
    struct bytes *row = &agents->pages.cache.row;
    uint8_t key[ROW_PART_KEY_BYTES];
    struct page_image image;

    row_key_part(key, paged->object, page->number);
    bytes_clear(row);
    agents->env.read_page(agents->env.context, key, sizeof key, row);
    INVARIANT(page_image_decode(&image, row->data, row->size, NULL) == ST_OK);
    INVARIANT(image.frame == page->image && image.granules == page->own);
    page->data = malloc(PAGED_BYTES);
    INVARIANT(page->data != NULL);
    page_initial(agents, paged->object, page->number, page->data);
    page_apply(page->data, image.granules, image.bytes);
    page_cache_note(&agents->pages.cache, paged, page);
}

void page_cache_fetch(struct agents *agents, struct paged *paged, uint32_t first, uint32_t last)
{
    if (agents->pages.cache.pages_max == 0)
        return;
    for (uint32_t i = paged_place(paged, first); i < paged->used && paged->pages[i]->number <= last;
         i++) {
        if (page_cache_is_evicted(paged->pages[i]))
            page_cache_read(agents, paged, paged->pages[i]);
    }
}

void buffer_fetch(struct agents *agents, struct buffer *buffer, uint64_t offset, uint64_t size)
{
    if (size > 0)
        page_cache_fetch(agents, &buffer->pages, (uint32_t)(offset / PAGED_BYTES),
                         (uint32_t)((offset + size - 1) / PAGED_BYTES));
}

/* ---- evicting ---- */

/*
 * Its image must say all of it: durable, so of an earlier frame, with no delta after it and no
 * change that waits.  And no slot of the arena may hold its object: the end of a turn compares with
 * the page.
 */
static bool page_cache_may_evict(const struct agents *agents, const struct paged *paged,
                                 const struct paged_page *page)
{
    return page->image != 0 && page->image < ledger_frame(agents->ledger) &&
           page->image < agents->pages.cache.durable && !page->logged && !page->noted &&
           !arena_has(agents->pages.arena, paged->object);
}

/*
 * Take the oldest page off the list: evict it, or if it may not go put it at the end again.  Pages
 * that are gone by themselves only leave the list.
 */
static void page_cache_look_at_oldest(struct agents *agents)
{
    struct page_cache *cache = &agents->pages.cache;
    struct paged_item item;
    struct paged_page *page;
    struct paged *paged;

    memcpy(&item, cache->items.data + cache->gone, sizeof item);
    cache->gone += sizeof item;
    paged = row_paged_of(agents, item.object);
    page = paged == NULL ? NULL : paged_find(paged, item.page);
    if (page == NULL)
        return;
    page->cached = false;
    if (page->data == NULL)
        return;
    if (!page_cache_may_evict(agents, paged, page)) {
        page_cache_note(cache, paged, page);
        return;
    }
    free(page->data);
    page->data = NULL;
}

/*
 * Move the list to the front of its memory once half of it is gone, so that a move costs no more
 * than what was taken off.
 */
static void page_cache_close_gap(struct page_cache *cache)
{
    if (cache->gone < cache->items.size / 2)
        return;
    memmove(cache->items.data, cache->items.data + cache->gone, cache->items.size - cache->gone);
    cache->items.size -= cache->gone;
    cache->gone = 0;
}

void page_cache_shrink(struct agents *agents)
{
    struct page_cache *cache = &agents->pages.cache;
    uint64_t count = page_cache_count(cache);

    if (cache->pages_max == 0 || count <= cache->pages_max)
        return;
    count -= cache->pages_max;
    /*
     * At most that many in one frame, and as many that may not go: a frame must not take long over
     * it.
     */
    for (uint64_t steps = 2 * (count < PAGES_GIVEN_UP ? count : PAGES_GIVEN_UP);
         steps > 0 && page_cache_count(cache) > cache->pages_max; steps--)
        page_cache_look_at_oldest(agents);
    page_cache_close_gap(cache);
}
