#include "agents/paged.h"

#include <stdlib.h>
#include <string.h>

#include "agents/limits.h"

void paged_init(struct paged *paged, uint64_t object, uint32_t count)
{
    *paged = (struct paged){.object = object};
    paged_grow(paged, count);
}

void paged_fini(struct paged *paged)
{
    for (uint32_t i = 0; i < paged->count; i++)
        free(paged->pages[i].data);
    free(paged->pages);
    *paged = (struct paged){.object = paged->object};
}

void paged_grow(struct paged *paged, uint32_t count)
{
    struct paged_page *pages;

    if (count <= paged->count)
        return;
    pages = realloc(paged->pages, count * sizeof *pages);
    INVARIANT(pages != NULL);
    memset(pages + paged->count, 0, (count - paged->count) * sizeof *pages);
    paged->pages = pages;
    paged->count = count;
}

const uint8_t *paged_page(const struct paged *paged, uint32_t page)
{
    return page < paged->count ? paged->pages[page].data : NULL;
}

void paged_note(struct paged *paged, struct paged_dirty *dirty, uint32_t page)
{
    struct paged_dirty_item item = {.object = paged->object, .page = page};

    if (paged->pages[page].dirty)
        return;
    paged->pages[page].dirty = true;
    bytes_append(&dirty->items, &item, sizeof item);
    INVARIANT(!dirty->items.failed);
}

void paged_set(struct paged *paged, struct paged_dirty *dirty, uint32_t page, const uint8_t *data)
{
    struct paged_page *slot;

    paged_grow(paged, page + 1);
    slot = &paged->pages[page];
    if (data == NULL) {
        free(slot->data);
        slot->data = NULL;
    } else {
        if (slot->data == NULL)
            slot->data = malloc(PAGED_BYTES);
        INVARIANT(slot->data != NULL);
        memcpy(slot->data, data, PAGED_BYTES);
    }
    paged_note(paged, dirty, page);
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

static void forget_copy(void *context, void *argument)
{
    (void)context;
    free(argument);
}

/* The first write of a turn to a page works on a copy, so that a trap only swaps pointers back. */
static void page_own(struct paged_page *page, struct undo *undo, uint64_t turn)
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
    undo_on_rollback(undo, forget_copy, NULL, copy);
    undo_save(undo, &page->data, sizeof page->data);
    undo_save(undo, &page->turn, sizeof page->turn);
    undo_on_commit(undo, forget_copy, NULL, page->data);
    page->data = copy;
    page->turn = turn;
}

void paged_write(struct paged *paged, struct paged_dirty *dirty, struct undo *undo, uint64_t turn,
                 uint64_t offset, const void *from, uint64_t size)
{
    const uint8_t *in = from;

    while (size > 0) {
        uint64_t within = offset % PAGED_BYTES;
        uint64_t part = size < PAGED_BYTES - within ? size : PAGED_BYTES - within;
        uint32_t page = (uint32_t)(offset / PAGED_BYTES);

        page_own(&paged->pages[page], undo, turn);
        memcpy(paged->pages[page].data + within, in, part);
        paged_note(paged, dirty, page);
        in += part;
        offset += part;
        size -= part;
    }
}
