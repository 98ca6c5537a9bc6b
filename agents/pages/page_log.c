/* Writing pages: deltas into the log, images by the sweep. */
#include "agents/pages/page_log.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/limits.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/page_rows.h"
#include "agents/pages/paged.h"
#include "agents/rows/keys.h"
#include "agents/set.h"

/*
 * From that many changed granules on, a page that is not in the log yet is written as an image at
 * once: that is hardly longer than the delta, and the sweep would have to write it later anyway.
 */
enum { GRANULES_FOR_IMAGE = 48 };

struct page_log_writer {
    struct agents *agents;
    struct page_log *log;
    struct store_batch *batch;
    uint64_t frame;
    struct bytes row; /* of the log, that is being filled */
    uint64_t rows;    /* that were added */
};

void page_log_init(struct page_log *log)
{
    *log = (struct page_log){.bytes_max = PAGE_LOG_BYTES, .pages_max = PAGE_LOG_PAGES};
}

void page_log_fini(struct page_log *log)
{
    bytes_fini(&log->resets);
    bytes_fini(&log->filling.items);
    bytes_fini(&log->sweeping.items);
}

bool page_log_has_work(const struct agents *agents)
{
    return agents->pages.dirty.items.size > 0 || agents->pages.log.resets.size > 0;
}

uint64_t agents_frame_bytes(const struct agents *agents)
{
    return agents->pages.dirty.items.size / sizeof(struct paged_item) * PAGED_BYTES;
}

/* ---- rows ---- */

/* Append the row that is being filled, if there is anything in it, and begin the next one. */
static void page_log_flush(struct page_log_writer *writer)
{
    uint8_t key[ROW_ID_KEY_BYTES];

    if (writer->row.size > PAGE_DELTA_HEAD_BYTES) {
        INVARIANT(!writer->row.failed);
        row_key_id(key, writer->log->next_row++);
        store_batch_append(writer->batch, STORE_DELTA, key, sizeof key, writer->row.data,
                           writer->row.size);
        writer->log->filling.bytes += writer->row.size;
        writer->rows++;
    }
    page_delta_begin(&writer->row, writer->frame);
}

/* Add an entry; what does not fit the row any more goes on in the next one, as another entry. */
static void page_log_add(struct page_log_writer *writer, const struct paged_item *item,
                         uint64_t granules, const uint8_t *page)
{
    while (!page_delta_add(&writer->row, item, &granules, page))
        page_log_flush(writer);
}

/* Write the page whole, as of this frame; it covers all deltas up to now. */
static void page_log_put_image(struct page_log_writer *writer, const struct paged_item *item,
                               struct paged_page *page)
{
    uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX];
    uint8_t key[ROW_PART_KEY_BYTES];
    size_t size = page_image_encode(row, writer->frame, page->own, page->data);

    row_key_part(key, item->object, item->page);
    store_batch_put(writer->batch, STORE_PAGE, key, sizeof key, row, size);
    if (page->image == 0)
        writer->log->images++;
    page->image = writer->frame;
}

/* A page as in its initial image has no row. */
static void page_log_delete_image(struct page_log_writer *writer, const struct paged_item *item,
                                  struct paged_page *page)
{
    uint8_t key[ROW_PART_KEY_BYTES];

    if (page->image == 0)
        return;
    row_key_part(key, item->object, item->page);
    store_batch_delete(writer->batch, STORE_PAGE, key, sizeof key);
    writer->log->images--;
    page->image = 0;
}

/* ---- what changed ---- */

/*
 * Which of the changed granules differ from the initial image; a page without any needs no bytes in
 * RAM either.
 */
static void page_log_find_own(const struct page_log_writer *writer, const struct paged_item *item,
                              struct paged_page *page)
{
    uint8_t initial[PAGED_BYTES];

    page_initial(writer->agents, item->object, item->page, initial);
    page->own &= ~page->changed;
    page->own |= paged_differs(page->data, initial) & page->changed;
    if (page->own == 0) {
        free(page->data);
        page->data = NULL;
    }
}

/*
 * An entry of no granules says that the page is as in its initial image.  It stands in the log
 * before its image is deleted, so that what older rows say of the page is never the last word.
 */
static void page_log_save_changed(struct page_log_writer *writer, const struct paged_item *item,
                                  struct paged_page *page)
{
    uint64_t changed = page->changed;

    page_log_find_own(writer, item, page);
    page->changed = 0;
    if (page->own != 0 && !page->logged && __builtin_popcountll(changed) >= GRANULES_FOR_IMAGE) {
        page_log_put_image(writer, item, page);
        return;
    }
    /* No row and no delta says anything else of it. */
    if (page->own == 0 && !page->logged && page->image == 0)
        return;
    page_log_add(writer, item, page->own == 0 ? 0 : changed, page->data);
    /* The sweep of this generation will write its image, once however many deltas come. */
    if (page->logged)
        return;
    page->logged = true;
    bytes_append(&writer->log->filling.items, item, sizeof *item);
    INVARIANT(!writer->log->filling.items.failed);
}

/* A page that no row, no delta and no list knows needs no struct. */
static void page_log_drop_if_empty(struct paged *paged, const struct paged_page *page)
{
    if (page->data == NULL && page->image == 0 && !page->logged && !page->noted)
        paged_drop(paged, page->number);
}

static void page_log_save_page(struct page_log_writer *writer, const struct paged_item *item)
{
    struct paged *paged = row_paged_of(writer->agents, item->object);
    struct paged_page *page = paged == NULL ? NULL : paged_find(paged, item->page);

    if (page == NULL) /* its agent died, or became another program */
        return;
    page->noted = false;
    if (page->changed != 0)
        page_log_save_changed(writer, item, page);
    page_cache_note(&writer->agents->pages.cache, paged, page);
    page_log_drop_if_empty(paged, page);
}

/*
 * One entry for each object that lost all its pages and lives on: what older rows say of it is
 * void.
 */
static void page_log_save_resets(struct page_log_writer *writer)
{
    struct bytes *list = &writer->log->resets;

    for (size_t at = 0; at < list->size; at += sizeof(uint64_t)) {
        struct paged_item item = {.page = PAGE_ALL};

        memcpy(&item.object, list->data + at, sizeof item.object);
        if (row_paged_of(writer->agents, item.object) != NULL)
            page_log_add(writer, &item, 0, NULL);
    }
    bytes_clear(list);
}

static void page_log_save_all(struct page_log_writer *writer)
{
    struct bytes *list = &writer->agents->pages.dirty.items;

    for (size_t at = 0; at < list->size; at += sizeof(struct paged_item)) {
        struct paged_item item;

        memcpy(&item, list->data + at, sizeof item);
        page_log_save_page(writer, &item);
    }
    bytes_clear(list);
}

/* ---- the sweep ---- */

/* Write what the log said of a page as its image, and so make the log needless for it. */
static void page_log_sweep_page(struct page_log_writer *writer, const struct paged_item *item)
{
    struct paged *paged = row_paged_of(writer->agents, item->object);
    struct paged_page *page = paged == NULL ? NULL : paged_find(paged, item->page);

    if (page == NULL || !page->logged)
        return;
    page->logged = false;
    if (page->own != 0)
        page_log_put_image(writer, item, page);
    else
        page_log_delete_image(writer, item, page);
    page_log_drop_if_empty(paged, page);
}

/* all x done / full, rounded up; `all` once done reaches full. */
static uint64_t page_log_part(uint64_t all, uint64_t done, uint64_t full)
{
    return done >= full ? all : (all * done + full - 1) / full;
}

/*
 * Sweep as much of the last generation as the present one is full, by bytes or by pages: when this
 * one is full, that one is done, and each frame writes a bounded slice.
 */
static void page_log_sweep(struct page_log_writer *writer)
{
    struct page_generation *filling = &writer->log->filling;
    struct page_generation *sweeping = &writer->log->sweeping;
    uint64_t all = sweeping->items.size / sizeof(struct paged_item);
    uint64_t by_bytes = page_log_part(all, filling->bytes, writer->log->bytes_max);
    uint64_t by_pages =
        page_log_part(all, filling->items.size / sizeof(struct paged_item), writer->log->pages_max);
    uint64_t until = by_bytes > by_pages ? by_bytes : by_pages;

    for (; sweeping->swept < until; sweeping->swept++) {
        struct paged_item item;

        memcpy(&item, sweeping->items.data + sweeping->swept * sizeof item, sizeof item);
        page_log_sweep_page(writer, &item);
    }
    /* No page needs the rows of its time any more. */
    if (sweeping->swept == all)
        writer->log->free_row = sweeping->end_row;
}

static int page_log_compare(const void *left, const void *right)
{
    const struct paged_item *a = left;
    const struct paged_item *b = right;

    if (a->object != b->object)
        return a->object < b->object ? -1 : 1;
    return (a->page > b->page) - (a->page < b->page);
}

/* In the order of the keys, so that images that lie together are written together. */
static void page_log_sort(struct bytes *items)
{
    if (items->size > 0)
        qsort(items->data, items->size / sizeof(struct paged_item), sizeof(struct paged_item),
              page_log_compare);
}

/*
 * The generation that is full is swept next.  The one before is done by now, and its memory is used
 * for the new one.
 */
static void page_log_begin_sweep(struct page_log *log)
{
    struct page_generation empty = {.items = log->sweeping.items};

    INVARIANT(log->sweeping.swept * sizeof(struct paged_item) == log->sweeping.items.size);
    bytes_clear(&empty.items);
    log->sweeping = log->filling;
    log->sweeping.end_row = log->next_row;
    log->filling = empty;
    page_log_sort(&log->sweeping.items);
}

void page_log_resume(struct page_log *log)
{
    log->sweeping.end_row = log->next_row;
    log->free_row = log->first_row;
    page_log_sort(&log->sweeping.items);
}

/* Delete rows that are not needed, in bounded steps, but faster than rows are added. */
static void page_log_free_rows(struct page_log_writer *writer)
{
    struct page_log *log = writer->log;
    uint64_t most = 2 * writer->rows + PAGE_LOG_ROWS_FREED;

    for (; most > 0 && log->first_row < log->free_row; most--) {
        uint8_t key[ROW_ID_KEY_BYTES];

        row_key_id(key, log->first_row++);
        store_batch_delete(writer->batch, STORE_DELTA, key, sizeof key);
    }
}

void page_log_save(struct agents *agents, struct store_batch *batch)
{
    struct page_log_writer writer = {.agents = agents,
                                     .log = &agents->pages.log,
                                     .batch = batch,
                                     .frame = ledger_frame(agents->ledger)};

    page_delta_begin(&writer.row, writer.frame);
    page_log_save_resets(&writer); /* before what the same objects changed since */
    page_log_save_all(&writer);
    page_log_flush(&writer);
    page_log_sweep(&writer);
    if (writer.log->filling.bytes >= writer.log->bytes_max ||
        writer.log->filling.items.size / sizeof(struct paged_item) >= writer.log->pages_max)
        page_log_begin_sweep(writer.log);
    page_log_free_rows(&writer);
    bytes_fini(&writer.row);
}
