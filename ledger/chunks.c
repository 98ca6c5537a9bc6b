/* Filling the chunks of a frame: which entry goes where (docs/records.md, "Chunks"). */
#include "ledger/chunks.h"

#include <assert.h>
#include <string.h>

static_assert(ENTRIES_HEADER_BYTES + 2 * ENTRY_BYTES_MAX <= CHUNK_BYTES_MAX,
              "a chunk that repeats its event has room for a line");

void chunks_begin(struct chunks *chunks, uint64_t frame)
{
    bytes_clear(&chunks->full);
    bytes_clear(&chunks->ends);
    chunks->size = 0;
    chunks->event_lines = 0;
    chunks->frame = frame;
    chunks->openings = 0;
    chunks->events = 0;
    chunks->lines = 0;
}

void chunks_fini(struct chunks *chunks)
{
    bytes_fini(&chunks->full);
    bytes_fini(&chunks->ends);
}

/* The header is written last: it has the price that the chunk's lines turned out to have. */
static void chunk_put_head(struct chunks *chunks)
{
    chunks->last.price = chunks->state.price;
    chunk_put_entries_header(chunks->data, &chunks->last);
}

static void chunk_end(struct chunks *chunks)
{
    chunk_put_head(chunks);
    bytes_append(&chunks->full, chunks->data, chunks->size);
    bytes_append(&chunks->ends, &chunks->full.size, sizeof chunks->full.size);
    INVARIANT(!chunks->full.failed && !chunks->ends.failed);
    chunks->size = 0;
}

/* Begin a chunk whose first event will be number `event` of the frame. */
static void chunk_begin(struct chunks *chunks, uint64_t event, uint64_t site_time_us)
{
    chunks->size = ENTRIES_HEADER_BYTES;
    chunks->last = (struct chunk){.section = SECTION_ENTRIES,
                                  .frame = chunks->frame,
                                  .event = (uint32_t)event,
                                  .site_time_us = site_time_us};
    chunks->state = (struct entry_state){.site_time_us = site_time_us};
}

/* Put an entry into the last chunk, if it fits there. */
static bool chunk_put(struct chunks *chunks, const uint8_t *entry, size_t size)
{
    if (size > CHUNK_BYTES_MAX - chunks->size)
        return false;
    memcpy(chunks->data + chunks->size, entry, size);
    chunks->size += size;
    return true;
}

/* Begin a chunk that goes on with the last event: it repeats it, so that it can be read alone. */
static void chunk_continue(struct chunks *chunks)
{
    chunk_end(chunks);
    chunk_begin(chunks, chunks->events - 1, chunks->event.site_time_us);
    chunks->last.continued = true;
    chunks->last.lines = (uint32_t)chunks->event_lines;
    chunks->size += entry_put_event(chunks->data + chunks->size, &chunks->state, &chunks->event);
}

void chunks_add_event(struct chunks *chunks, const struct journal_event *event)
{
    struct entry_state before = chunks->state;
    uint8_t entry[ENTRY_BYTES_MAX];

    INVARIANT(chunks->events < FRAME_EVENTS_MAX);
    if (chunks->size != 0 &&
        !chunk_put(chunks, entry, entry_put_event(entry, &chunks->state, event))) {
        chunks->state = before;
        chunk_end(chunks);
    }
    if (chunks->size == 0) {
        chunk_begin(chunks, chunks->events, event->site_time_us);
        chunks->size += entry_put_event(chunks->data + chunks->size, &chunks->state, event);
    }
    chunks->event = *event;
    chunks->event_lines = 0;
    chunks->events++;
}

void chunks_add_opening(struct chunks *chunks, const struct journal_opening *opening)
{
    uint8_t entry[ENTRY_BYTES_MAX];
    size_t size = entry_put_opening(entry, opening);

    INVARIANT(chunks->openings < FRAME_OPENINGS_MAX);
    if (chunks->size == 0) /* the site's own accounts, before any event */
        chunk_begin(chunks, 0, 0);
    if (!chunk_put(chunks, entry, size)) {
        INVARIANT(chunks->events > 0);
        chunk_continue(chunks);
        INVARIANT(chunk_put(chunks, entry, size));
    }
    chunks->openings++;
}

void chunks_add_line(struct chunks *chunks, const struct transfer *line)
{
    struct entry_state before = chunks->state;
    uint8_t entry[ENTRY_BYTES_MAX];

    INVARIANT(chunks->events > 0);
    INVARIANT(chunks->lines < FRAME_LINES_MAX);
    if (!chunk_put(chunks, entry, entry_put_line(entry, &chunks->state, line))) {
        chunks->state = before;
        chunk_continue(chunks);
        INVARIANT(chunk_put(chunks, entry, entry_put_line(entry, &chunks->state, line)));
    }
    chunks->event_lines++;
    chunks->lines++;
}

size_t chunks_count(const struct chunks *chunks)
{
    return chunks->ends.size / sizeof(size_t) + (chunks->size != 0);
}

size_t chunks_bytes(const struct chunks *chunks)
{
    return chunks->full.size + chunks->size;
}

const uint8_t *chunks_at(struct chunks *chunks, size_t number, size_t *size)
{
    size_t ends[2] = {0, 0};

    if (number == chunks->ends.size / sizeof(size_t)) {
        INVARIANT(chunks->size != 0);
        chunk_put_head(chunks);
        *size = chunks->size;
        return chunks->data;
    }
    if (number > 0)
        memcpy(&ends[0], chunks->ends.data + (number - 1) * sizeof(size_t), sizeof(size_t));
    memcpy(&ends[1], chunks->ends.data + number * sizeof(size_t), sizeof(size_t));
    *size = ends[1] - ends[0];
    return chunks->full.data + ends[0];
}
