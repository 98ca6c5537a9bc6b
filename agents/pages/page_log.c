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

/* From so many changed granules on, a page that is not in the log goes there no more: its image is
 * hardly longer than the delta, and would have to be written as well. */
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

static void page_log_add(struct page_log_writer *writer, const struct paged_item *item,
                         uint64_t granules, const uint8_t *page)
{
    while (!page_delta_add(&writer->row, item, &granules, page))
        page_log_flush(writer);
}

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
    if (page->own == 0 && !page->logged && page->image == 0)
        return;
    page_log_add(writer, item, page->own == 0 ? 0 : changed, page->data);
    if (page->logged)
        return;
    page->logged = true;
    bytes_append(&writer->log->filling.items, item, sizeof *item);
    INVARIANT(!writer->log->filling.items.failed);
}

static void page_log_drop_if_empty(struct paged *paged, const struct paged_page *page)
{
    if (page->data == NULL && page->image == 0 && !page->logged && !page->noted)
        paged_drop(paged, page->number);
}

static void page_log_save_page(struct page_log_writer *writer, const struct paged_item *item)
{
    struct paged *paged = row_paged_of(writer->agents, item->object);
    struct paged_page *page = paged == NULL ? NULL : paged_find(paged, item->page);

    if (page == NULL) /* it died, or became another program */
        return;
    page->noted = false;
    if (page->changed != 0)
        page_log_save_changed(writer, item, page);
    page_cache_note(&writer->agents->pages.cache, paged, page);
    page_log_drop_if_empty(paged, page);
}

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

/* The part of `all` that `done` is of `full`, rounded up; all of it once it is full. */
static uint64_t page_log_part(uint64_t all, uint64_t done, uint64_t full)
{
    return done >= full ? all : (all * done + full - 1) / full;
}

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
