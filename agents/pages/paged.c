/*
 * The pages that an agent or buffer has of its own, by number.  A page that never differed from the
 * initial image is not there at all.
 */
#include "agents/pages/paged.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/limits.h"

void paged_init(struct paged *paged, uint64_t object, uint32_t count)
{
    *paged = (struct paged){.object = object, .count = count};
}

static void paged_free_page(struct paged_page *page)
{
    free(page->data);
    free(page);
}

void paged_fini(struct paged *paged)
{
    for (uint32_t i = 0; i < paged->used; i++)
        paged_free_page(paged->pages[i]);
    free(paged->pages);
    *paged = (struct paged){.object = paged->object};
}

void paged_grow(struct paged *paged, uint32_t count)
{
    if (count > paged->count)
        paged->count = count;
}

/* ---- which are kept ---- */

uint32_t paged_place(const struct paged *paged, uint32_t page)
{
    uint32_t low = 0;
    uint32_t high = paged->used;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (paged->pages[middle]->number < page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct paged_page *paged_find(const struct paged *paged, uint32_t page)
{
    uint32_t at = paged_place(paged, page);

    return at < paged->used && paged->pages[at]->number == page ? paged->pages[at] : NULL;
}

/* Room doubles, so `used` being a power of two is when there is none left. */
static void paged_make_room(struct paged *paged)
{
    size_t room = paged->used == 0 ? 1 : (size_t)paged->used * 2;
    struct paged_page **pages;

    if ((paged->used & (paged->used - 1)) != 0)
        return;
    pages = realloc(paged->pages, room * sizeof(struct paged_page *));
    INVARIANT(pages != NULL);
    paged->pages = pages;
}

struct paged_page *paged_make(struct paged *paged, uint32_t page)
{
    uint32_t at = paged_place(paged, page);
    struct paged_page *made;

    INVARIANT(page < paged->count);
    if (at < paged->used && paged->pages[at]->number == page)
        return paged->pages[at];
    made = calloc(1, sizeof *made);
    INVARIANT(made != NULL);
    made->number = page;
    paged_make_room(paged);
    memmove(paged->pages + at + 1, paged->pages + at, (paged->used - at) * sizeof *paged->pages);
    paged->pages[at] = made;
    paged->used++;
    return made;
}

void paged_adopt(struct paged *paged, uint32_t used)
{
    size_t room = 1;

    while (room < used)
        room *= 2;
    paged->pages = calloc(room, sizeof(struct paged_page *));
    INVARIANT(paged->pages != NULL);
    paged->used = used;
}

void paged_drop(struct paged *paged, uint32_t page)
{
    uint32_t at = paged_place(paged, page);

    INVARIANT(at < paged->used && paged->pages[at]->number == page);
    INVARIANT(!paged->pages[at]->noted && !paged->pages[at]->logged);
    paged_free_page(paged->pages[at]);
    paged->used--;
    memmove(paged->pages + at, paged->pages + at + 1, (paged->used - at) * sizeof *paged->pages);
}

const uint8_t *paged_page(const struct paged *paged, uint32_t page)
{
    const struct paged_page *found = paged_find(paged, page);

    return found == NULL ? NULL : found->data;
}

/* ---- changing ---- */

uint64_t paged_differs(const uint8_t *a, const uint8_t *b)
{
    enum { RUN = 8, RUN_BYTES = RUN * PAGED_GRANULE_BYTES };
    uint64_t granules = 0;

    /* Most of a page is as it was, and the library compares long runs by wide registers. */
    for (uint32_t run = 0; run < PAGED_BYTES / RUN_BYTES; run++) {
        if (memcmp(a + (size_t)run * RUN_BYTES, b + (size_t)run * RUN_BYTES, RUN_BYTES) == 0)
            continue;
        for (uint32_t i = run * RUN; i < (run + 1) * RUN; i++) {
            size_t at = (size_t)i * PAGED_GRANULE_BYTES;

            if (memcmp(a + at, b + at, PAGED_GRANULE_BYTES) != 0)
                granules |= UINT64_C(1) << i;
        }
    }
    return granules;
}

/* List the page for the next frame, once however often it changes. */
static void paged_note(const struct paged *paged, struct paged_dirty *dirty,
                       struct paged_page *page)
{
    struct paged_item item = {.object = paged->object, .page = page->number};

    if (page->noted)
        return;
    page->noted = true;
    bytes_append(&dirty->items, &item, sizeof item);
    INVARIANT(!dirty->items.failed);
}

void paged_set(struct paged *paged, struct paged_dirty *dirty, uint32_t page, const uint8_t *data,
               uint64_t granules)
{
    struct paged_page *kept = paged_make(paged, page);

    if (kept->data == NULL) {
        kept->data = malloc(PAGED_BYTES);
        INVARIANT(kept->data != NULL);
        memcpy(kept->data, data, PAGED_BYTES);
    } else {
        for (uint64_t left = granules; left != 0; left &= left - 1) {
            size_t at = (size_t)__builtin_ctzll(left) * PAGED_GRANULE_BYTES;

            memcpy(kept->data + at, data + at, PAGED_GRANULE_BYTES);
        }
    }
    kept->changed |= granules;
    paged_note(paged, dirty, kept);
}

void paged_read(const struct paged *paged, uint64_t offset, void *to, uint64_t size)
{
    uint8_t *out = to;

    while (size > 0) {
        uint64_t within = offset % PAGED_BYTES;
        uint64_t part = size < PAGED_BYTES - within ? size : PAGED_BYTES - within;
        const uint8_t *data = paged_page(paged, (uint32_t)(offset / PAGED_BYTES));

        if (data != NULL)
            memcpy(out, data + within, part);
        else
            memset(out, 0, part);
        out += part;
        offset += part;
        size -= part;
    }
}

static void paged_forget_copy(void *context, void *argument)
{
    (void)context;
    free(argument);
}

/*
 * Give the turn a page of its own to write to: the first write of a turn works on a copy, so that a
 * rollback only swaps the pointer back.  The old bytes are freed at the commit, the copy at a
 * rollback.
 */
static void paged_own_page(struct paged_page *page, struct undo *undo, uint64_t turn)
{
    uint8_t *copy;

    if (page->data != NULL && page->turn == turn)
        return;
    copy = malloc(PAGED_BYTES);
    INVARIANT(copy != NULL);
    if (page->data != NULL)
        memcpy(copy, page->data, PAGED_BYTES);
    else
        memset(copy, 0, PAGED_BYTES);
    undo_on_rollback(undo, paged_forget_copy, NULL, copy);
    undo_save(undo, &page->data, sizeof page->data);
    undo_save(undo, &page->turn, sizeof page->turn);
    undo_save(undo, &page->changed, sizeof page->changed);
    undo_on_commit(undo, paged_forget_copy, NULL, page->data);
    page->data = copy;
    page->turn = turn;
}

/*
 * Copy into a page; returns the granules that are other than before.  What is equal is not written,
 * so it costs no row.
 */
static uint64_t paged_copy_in(uint8_t *data, uint64_t within, const uint8_t *from, uint64_t size)
{
    uint64_t granules = 0;

    while (size > 0) {
        uint64_t granule = within / PAGED_GRANULE_BYTES;
        uint64_t left = (granule + 1) * PAGED_GRANULE_BYTES - within;
        uint64_t part = size < left ? size : left;

        if (memcmp(data + within, from, part) != 0) {
            memcpy(data + within, from, part);
            granules |= UINT64_C(1) << granule;
        }
        from += part;
        within += part;
        size -= part;
    }
    return granules;
}

void paged_write(struct paged *paged, struct paged_dirty *dirty, struct undo *undo, uint64_t turn,
                 uint64_t offset, const void *from, uint64_t size)
{
    const uint8_t *in = from;

    while (size > 0) {
        uint64_t within = offset % PAGED_BYTES;
        uint64_t part = size < PAGED_BYTES - within ? size : PAGED_BYTES - within;
        struct paged_page *page = paged_make(paged, (uint32_t)(offset / PAGED_BYTES));

        paged_own_page(page, undo, turn);
        page->changed |= paged_copy_in(page->data, within, in, part);
        paged_note(paged, dirty, page);
        in += part;
        offset += part;
        size -= part;
    }
}
