/* The bytes of images and deltas: docs/records-agents.md, "Pages". */
#include "agents/pages/page_rows.h"

#include <string.h>

#include "agents/limits.h"
#include "agents/pages/paged.h"

/* Write the granules of the page one after another; returns where they end. */
static uint8_t *granules_gather(uint8_t *to, uint64_t granules, const uint8_t *page)
{
    for (uint64_t left = granules; left != 0; left &= left - 1) {
        size_t at = (size_t)__builtin_ctzll(left) * PAGED_GRANULE_BYTES;

        memcpy(to, page + at, PAGED_GRANULE_BYTES);
        to += PAGED_GRANULE_BYTES;
    }
    return to;
}

void page_apply(uint8_t *page, uint64_t granules, const uint8_t *bytes)
{
    for (uint64_t left = granules; left != 0; left &= left - 1) {
        size_t at = (size_t)__builtin_ctzll(left) * PAGED_GRANULE_BYTES;

        memcpy(page + at, bytes, PAGED_GRANULE_BYTES);
        bytes += PAGED_GRANULE_BYTES;
    }
}

/* ---- images ---- */

size_t page_image_encode(uint8_t row[PAGE_IMAGE_ROW_BYTES_MAX], uint64_t frame, uint64_t granules,
                         const uint8_t *page)
{
    row[0] = PAGE_ROW_VERSION;
    le64_put(row + 1, frame);
    le64_put(row + 9, granules);
    return (size_t)(granules_gather(row + PAGE_IMAGE_HEAD_BYTES, granules, page) - row);
}

enum status page_image_decode(struct page_image *image, const uint8_t *value, size_t size,
                              struct fault *fault)
{
    if (size < PAGE_IMAGE_HEAD_BYTES || value[0] != PAGE_ROW_VERSION)
        return fault_set(fault, ST_INVALID, "%zu bytes are not an image of version %d", size,
                         PAGE_ROW_VERSION);
    *image = (struct page_image){.frame = le64_get(value + 1),
                                 .granules = le64_get(value + 9),
                                 .bytes = value + PAGE_IMAGE_HEAD_BYTES};
    if (image->frame == 0 || image->granules == 0)
        return fault_set(fault, ST_INVALID, "an image of no frame, or of nothing");
    if (size - PAGE_IMAGE_HEAD_BYTES != page_granules_bytes(image->granules))
        return fault_set(fault, ST_INVALID, "%zu bytes are not those of its granules",
                         size - PAGE_IMAGE_HEAD_BYTES);
    return ST_OK;
}

/* ---- deltas ---- */

void page_delta_begin(struct bytes *row, uint64_t frame)
{
    uint8_t head[PAGE_DELTA_HEAD_BYTES] = {PAGE_ROW_VERSION};

    le64_put(head + 1, frame);
    bytes_clear(row);
    bytes_append(row, head, sizeof head);
}

/* The lowest `count` of the granules. */
static uint64_t granules_lowest(uint64_t granules, size_t count)
{
    uint64_t rest = granules;

    for (; count > 0 && rest != 0; count--)
        rest &= rest - 1;
    return granules & ~rest;
}

bool page_delta_add(struct bytes *row, const struct paged_item *item, uint64_t *granules,
                    const uint8_t *page)
{
    size_t left = PAGE_DELTA_ROW_BYTES - row->size;
    uint64_t now;
    uint8_t *to;

    if (left < PAGE_ENTRY_HEAD_BYTES)
        return false;
    /* As many granules as the row has room for; the caller adds the rest to the next row. */
    now = granules_lowest(*granules, (left - PAGE_ENTRY_HEAD_BYTES) / PAGED_GRANULE_BYTES);
    if (now == 0 && *granules != 0) /* an entry of none would mean another thing */
        return false;
    to = bytes_extend(row, PAGE_ENTRY_HEAD_BYTES + page_granules_bytes(now));
    INVARIANT(to != NULL);
    le64_put(to, item->object);
    le32_put(to + 8, item->page);
    le64_put(to + 12, now);
    (void)granules_gather(to + PAGE_ENTRY_HEAD_BYTES, now, page);
    *granules &= ~now;
    return *granules == 0;
}

enum status page_delta_decode(uint64_t *frame, size_t *at, const uint8_t *value, size_t size,
                              struct fault *fault)
{
    if (size <= PAGE_DELTA_HEAD_BYTES || size > PAGE_DELTA_ROW_BYTES ||
        value[0] != PAGE_ROW_VERSION)
        return fault_set(fault, ST_INVALID, "%zu bytes are not deltas of version %d", size,
                         PAGE_ROW_VERSION);
    *frame = le64_get(value + 1);
    *at = PAGE_DELTA_HEAD_BYTES;
    return ST_OK;
}

enum status page_delta_next(struct page_entry *entry, size_t *at, const uint8_t *value, size_t size,
                            struct fault *fault)
{
    const uint8_t *from = value + *at;

    if (*at == size)
        return ST_MISSING;
    if (size - *at < PAGE_ENTRY_HEAD_BYTES)
        return fault_set(fault, ST_INVALID, "%zu bytes too many", size - *at);
    *entry = (struct page_entry){.object = le64_get(from),
                                 .page = le32_get(from + 8),
                                 .granules = le64_get(from + 12),
                                 .bytes = from + PAGE_ENTRY_HEAD_BYTES};
    *at += PAGE_ENTRY_HEAD_BYTES;
    if (entry->page == PAGE_ALL && entry->granules != 0)
        return fault_set(fault, ST_INVALID, "granules of all pages of object %llu",
                         (unsigned long long)entry->object);
    if (size - *at < page_granules_bytes(entry->granules))
        return fault_set(fault, ST_INVALID, "the granules of its last page are cut short");
    *at += page_granules_bytes(entry->granules);
    return ST_OK;
}
