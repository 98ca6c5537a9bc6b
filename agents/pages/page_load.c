/* Reading pages back: images, then the deltas that they lack. */
#include "agents/pages/page_load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_log.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/page_rows.h"
#include "agents/pages/paged.h"
#include "agents/rows/keys.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/table.h"

struct page_loader {
    struct agents *agents;
    uint64_t awake;      /* an agent whose pages are being read, or 0 */
    struct table resets; /* object -> the last frame in which it lost all its pages */
    uint64_t row;        /* of the log, that comes next */
    uint64_t frame;      /* of the last one */
    uint64_t images;
};

/*
 * Put granules over what the page has, and keep `own` true: the granules that differ from the
 * initial image.
 */
static void page_load_take(const struct page_loader *loader, struct paged_page *page,
                           uint64_t object, uint64_t granules, const uint8_t *bytes)
{
    uint8_t initial[PAGED_BYTES];

    page_initial(loader->agents, object, page->number, initial);
    if (page->data == NULL) {
        page->data = malloc(PAGED_BYTES);
        INVARIANT(page->data != NULL);
        memcpy(page->data, initial, PAGED_BYTES);
    }
    page_apply(page->data, granules, bytes);
    page->own &= ~granules;
    page->own |= paged_differs(page->data, initial) & granules;
}

/* Rows are of frames that are durable, and so of earlier ones than the frame that fills. */
static bool page_load_frame_is_past(const struct page_loader *loader, uint64_t frame)
{
    return frame != 0 && frame < ledger_frame(loader->agents->ledger);
}

/* ---- images ---- */

/*
 * Images come in the order of their owners, each of which was activated for its first page: with
 * the first of another one it is packed again, so that no more agents are active than before.
 */
static void page_load_passes(struct page_loader *loader, uint64_t object)
{
    struct agent *agent;

    if (loader->awake == object)
        return;
    agent = loader->awake == 0 ? NULL : agents_find(loader->agents, loader->awake);
    if (agent != NULL)
        agent_let_sleep(loader->agents, agent);
    loader->awake = object;
}

/*
 * One row of table `page`.  In RAM stay no more pages than the cache allows; the rest is only
 * checked.
 */
static enum status page_load_image(struct page_loader *loader, const struct store_row *stored,
                                   struct fault *fault)
{
    struct page_cache *cache = &loader->agents->pages.cache;
    struct page_image image;
    struct fault why = {0};
    struct paged_page *page;
    struct paged *paged;

    if (stored->key_size != ROW_PART_KEY_BYTES)
        return row_wrong_key(fault, stored);
    page_load_passes(loader, be64_get(stored->key));
    paged = row_paged_of(loader->agents, be64_get(stored->key));
    if (paged == NULL)
        return row_corrupt(fault, stored, "the agent or buffer is missing");
    if (be32_get(stored->key + 8) >= paged->count)
        return row_corrupt(fault, stored, "it has only %" PRIu32 " pages", paged->count);
    if (page_image_decode(&image, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    if (!page_load_frame_is_past(loader, image.frame))
        return row_corrupt(fault, stored, "it is of frame %" PRIu64 ", which is not there",
                           image.frame);
    page = paged_make(paged, be32_get(stored->key + 8));
    page_load_take(loader, page, paged->object, image.granules, image.bytes);
    if (page->own != image.granules)
        return row_corrupt(fault, stored, "it repeats what is in the initial image");
    page->image = image.frame;
    loader->images++;
    if (cache->pages_max != 0 && page_cache_count(cache) >= cache->pages_max) {
        free(page->data); /* checked, and read again when it is wanted */
        page->data = NULL;
    }
    page_cache_note(cache, paged, page);
    return ST_OK;
}

/* ---- the log ---- */

/*
 * Check a row of the log by itself and by its place: rows are numbered without a gap, and frames do
 * not fall. *at is where its entries begin.
 */
static enum status page_load_open_row(struct page_loader *loader, const struct store_row *stored,
                                      size_t *at, struct fault *fault)
{
    struct fault why = {0};
    uint64_t frame;

    if (stored->key_size != ROW_ID_KEY_BYTES)
        return row_wrong_key(fault, stored);
    if (be64_get(stored->key) != loader->row)
        return row_corrupt(fault, stored, "row %" PRIu64 " should come here", loader->row);
    if (page_delta_decode(&frame, at, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    if (!page_load_frame_is_past(loader, frame) || frame < loader->frame)
        return row_corrupt(fault, stored,
                           "it is of frame %" PRIu64 ", which is not there or was before", frame);
    loader->frame = frame;
    loader->row++;
    return ST_OK;
}

/*
 * Whether there ever was an agent or buffer of this number.  One that is gone may have left rows in
 * the log.
 */
static bool page_load_ever_was(const struct agents *agents, uint64_t object)
{
    const struct account *account = ledger_account(agents->ledger, object);

    if (account != NULL)
        return account->kind == KIND_AGENT;
    return object >= AGENTS_FIRST_OBJECT && object < agents->objects.next;
}

/* First pass: the last frame in which each object lost all its pages. */
static enum status page_load_find_reset(struct page_loader *loader, const struct page_entry *entry)
{
    if (entry->page == PAGE_ALL)
        (void)table_put(&loader->resets, entry->object, (void *)(uintptr_t)loader->frame);
    return ST_OK;
}

/*
 * Second pass, one entry: it counts if it is later than the image.  All pages with entries are of
 * one generation that is swept next.
 */
static void page_load_replay_page(const struct page_loader *loader, struct paged *paged,
                                  const struct page_entry *entry)
{
    struct paged_page *page = paged_make(paged, entry->page);
    struct paged_item item = {.object = entry->object, .page = entry->page};
    struct page_generation *sweeping = &loader->agents->pages.log.sweeping;

    if (page->image >= loader->frame)
        return; /* the image holds it */
    if (!page->logged)
        bytes_append(&sweeping->items, &item, sizeof item);
    INVARIANT(!sweeping->items.failed);
    page->logged = true;
    if (entry->granules != 0) {
        page_cache_fetch(loader->agents, paged, entry->page, entry->page);
        page_load_take(loader, page, entry->object, entry->granules, entry->bytes);
        return;
    }
    free(page->data);
    page->data = NULL;
    page->own = 0;
}

static enum status page_load_replay(struct page_loader *loader, const struct page_entry *entry,
                                    struct fault *fault)
{
    struct paged *paged = row_paged_of(loader->agents, entry->object);
    uintptr_t reset = (uintptr_t)table_get(&loader->resets, entry->object);

    if (paged == NULL && !page_load_ever_was(loader->agents, entry->object))
        return fault_set(fault, ST_INVALID, "agent or buffer %" PRIu64 " never was", entry->object);
    if (paged == NULL || entry->page == PAGE_ALL || loader->frame < reset)
        return ST_OK;
    if (entry->page >= paged->count)
        return fault_set(fault, ST_INVALID,
                         "page %" PRIu32 " of %" PRIu64 ", which has only %" PRIu32, entry->page,
                         entry->object, paged->count);
    page_load_replay_page(loader, paged, entry);
    return ST_OK;
}

static enum status page_load_delta(struct page_loader *loader, bool replays,
                                   const struct store_row *stored, struct fault *fault)
{
    struct page_entry entry;
    struct fault why = {0};
    size_t at = 0;
    enum status status = page_load_open_row(loader, stored, &at, fault);

    if (status != ST_OK)
        return status;
    while ((status = page_delta_next(&entry, &at, stored->value, stored->value_size, &why)) ==
           ST_OK) {
        status =
            replays ? page_load_replay(loader, &entry, &why) : page_load_find_reset(loader, &entry);
        if (status != ST_OK)
            break;
    }
    return status == ST_MISSING ? ST_OK : row_corrupt(fault, stored, "%s", why.text);
}

/* Read the log from its first row to its last: once for what it erases, once to replay it. */
static enum status page_load_log(struct page_loader *loader, const struct store_read *read,
                                 bool replays, struct fault *fault)
{
    const struct page_log *log = &loader->agents->pages.log;
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    loader->row = log->first_row;
    loader->frame = 0;
    store_cursor_open(&cursor, read, STORE_DELTA, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = page_load_delta(loader, replays, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status == ST_OK && loader->row != log->next_row)
        return fault_set(fault, ST_CORRUPT,
                         "table %s, row %" PRIu64 ": missing; the log ends at row %" PRIu64,
                         store_table_name(STORE_DELTA), loader->row, log->next_row);
    return status;
}

/*
 * Free the bytes of pages that ended as in their initial image, list the others in the cache, and
 * have all of them swept.
 */
static void page_load_drop_empty(struct page_loader *loader)
{
    struct page_log *log = &loader->agents->pages.log;
    const struct bytes *items = &log->sweeping.items;

    for (size_t at = 0; at < items->size; at += sizeof(struct paged_item)) {
        struct paged_page *page;
        struct paged_item item;

        memcpy(&item, items->data + at, sizeof item);
        page = paged_find(row_paged_of(loader->agents, item.object), item.page);
        if (page->own == 0) {
            free(page->data);
            page->data = NULL;
        }
        page_cache_note(&loader->agents->pages.cache, row_paged_of(loader->agents, item.object),
                        page);
    }
    page_log_resume(log);
}

static enum status page_load_images(struct page_loader *loader, const struct store_read *read,
                                    struct fault *fault)
{
    const struct page_log *log = &loader->agents->pages.log;
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_PAGE, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = page_load_image(loader, &stored, fault);
    page_load_passes(loader, 0);
    status = store_cursor_close(&cursor, status);
    if (status == ST_OK && loader->images != log->images)
        return fault_set(fault, ST_CORRUPT,
                         "table %s: %" PRIu64 " rows are there, but the counters say %" PRIu64,
                         store_table_name(STORE_PAGE), loader->images, log->images);
    return status;
}

enum status page_log_load(struct agents *agents, const struct store_read *read, struct fault *fault)
{
    struct page_loader loader = {.agents = agents};
    enum status status = page_load_images(&loader, read, fault);

    if (status == ST_OK)
        status = page_load_log(&loader, read, false, fault);
    if (status == ST_OK)
        status = page_load_log(&loader, read, true, fault);
    if (status == ST_OK)
        page_load_drop_empty(&loader);
    table_fini(&loader.resets);
    return status;
}
