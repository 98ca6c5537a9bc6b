/*
 * A paged object: the contents of an agent's memory or of a buffer, by pages of 4 KiB.  A page that
 * was never changed is absent and reads as the initial image (of a buffer: zeroes).
 */
#ifndef SERAI_AGENTS_PAGED_H
#define SERAI_AGENTS_PAGED_H

#include "base/store.h"
#include "base/undo.h"

struct paged_page {
    uint8_t *data; /* NULL: as in the initial image */
    uint64_t turn; /* the last turn that made it its own (copy on write) */
    bool dirty;    /* its row must be written */
};

struct paged {
    uint64_t object; /* key of its rows; agents and buffers never share a number */
    uint32_t count;
    struct paged_page *pages;
};

/* Pages whose rows must be written with the next frame. */
struct paged_dirty_item {
    uint64_t object;
    uint32_t page;
};
struct paged_dirty {
    struct bytes items; /* of struct paged_dirty_item */
};

/* `count` absent pages. Memory short is INVARIANT. */
void paged_init(struct paged *paged, uint64_t object, uint32_t count);
void paged_fini(struct paged *paged);
/* More pages, absent; never fewer.  Not undone: absent pages are harmless. */
void paged_grow(struct paged *paged, uint32_t count);

const uint8_t *paged_page(const struct paged *paged, uint32_t page); /* NULL: absent */
/* Replace a page's contents (NULL: make it absent) outside a turn's undo, and note the row. */
void paged_set(struct paged *paged, struct paged_dirty *dirty, uint32_t page, const uint8_t *data);

/* Byte access, for buffers. Ranges are the caller's to check. */
void paged_read(const struct paged *paged, uint64_t offset, void *to, uint64_t size);
void paged_write(struct paged *paged, struct paged_dirty *dirty, struct undo *undo, uint64_t turn,
                 uint64_t offset, const void *from, uint64_t size);

void paged_note(struct paged *paged, struct paged_dirty *dirty, uint32_t page);

#endif
