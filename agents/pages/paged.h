/*
 * A paged object: the contents of an agent's memory or of a buffer, by pages of 4 KiB.  Only pages
 * that differ from the initial image (of a buffer: zeroes) are kept, in order of their numbers;
 * what changed in a page is known by granules of 64 bytes.
 */
#ifndef SERAI_AGENTS_PAGES_PAGED_H
#define SERAI_AGENTS_PAGES_PAGED_H

#include <assert.h>

#include "agents/limits.h"
#include "base/store.h"
#include "base/undo.h"

/* One bit for each granule of a page, the lowest for the first. */
static_assert(PAGED_BYTES / PAGED_GRANULE_BYTES == 64, "a page's granules fill a word");

struct paged_page {
    uint32_t number;
    bool noted;       /* listed as changed since the last frame */
    bool logged;      /* its last deltas are in no image yet: listed to be swept */
    bool cached;      /* listed among those that have their bytes */
    uint8_t *data;    /* NULL: as in the initial image, or, when it has some of its own, evicted */
    uint64_t turn;    /* the last turn that made it its own (copy on write) */
    uint64_t changed; /* granules since the last frame */
    uint64_t own;     /* granules that differ from the initial image, as of the last frame */
    uint64_t image;   /* the frame that its row is of; 0: it has none */
};

struct paged {
    uint64_t object;           /* key of its rows; agents and buffers never share a number */
    uint32_t count;            /* of all its pages */
    uint32_t used;             /* of those that are kept */
    struct paged_page **pages; /* each stays where it is while a turn runs */
};

/* Pages that changed since the last frame. */
struct paged_item {
    uint64_t object;
    uint32_t page;
};
struct paged_dirty {
    struct bytes items; /* of struct paged_item */
};

/* Make a paged object of `count` absent pages, which take no memory. */
void paged_init(struct paged *paged, uint64_t object, uint32_t count);

/* Free all pages.  Leaves an object without pages, of the same number. */
void paged_fini(struct paged *paged);

/* Add absent pages; `count` is never lower than before.  Not undone: absent pages are harmless. */
void paged_grow(struct paged *paged, uint32_t count);

/* The place of a page among those that are kept, or where it would be. */
uint32_t paged_place(const struct paged *paged, uint32_t page);

/* The page of this number; NULL: nothing of it is kept. */
struct paged_page *paged_find(const struct paged *paged, uint32_t page);

/* The page of this number, made when nothing of it is kept.  Out of memory is INVARIANT. */
struct paged_page *paged_make(struct paged *paged, uint32_t page);

/*
 * Make room for `used` pages, in order, which the caller fills in: those that paged->pages had
 * once.
 */
void paged_adopt(struct paged *paged, uint32_t used);

/* Keep nothing of a page.  It is kept now, and neither noted nor logged (INVARIANT). */
void paged_drop(struct paged *paged, uint32_t page);

/* The bytes of a page, PAGED_BYTES; NULL: it is absent. */
const uint8_t *paged_page(const struct paged *paged, uint32_t page);

/* The granules in which two pages differ, a bit each. */
uint64_t paged_differs(const uint8_t *a, const uint8_t *b);

/*
 * Take those granules of `data`, a whole page, outside a turn's undo, and list the page as changed.
 * An absent page takes all of it: the other granules are those of the initial image.
 */
void paged_set(struct paged *paged, struct paged_dirty *dirty, uint32_t page, const uint8_t *data,
               uint64_t granules);

/* The number of pages that `size` bytes from `offset` on lie in. */
static inline uint64_t paged_touched(uint64_t offset, uint64_t size)
{
    return size == 0 ? 0 : (offset + size - 1) / PAGED_BYTES - offset / PAGED_BYTES + 1;
}

/*
 * Copy `size` bytes from `offset` on; absent pages are zeroes.  The caller has checked the range,
 * and read evicted pages again.
 */
void paged_read(const struct paged *paged, uint64_t offset, void *to, uint64_t size);

/*
 * Write `size` bytes from `offset` on, undone by rollback: a page is copied once in each turn.  The
 * caller has checked the range, and read evicted pages again.
 */
void paged_write(struct paged *paged, struct paged_dirty *dirty, struct undo *undo, uint64_t turn,
                 uint64_t offset, const void *from, uint64_t size);

#endif
