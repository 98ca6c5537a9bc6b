/*
 * The entries of a frame: that each chunk goes on where the one before ended, and that none of them
 * could have been written in another way (docs/records.md, "Chunks").
 */
#include "ledger/entries.h"

#include <inttypes.h>

void entries_begin(struct entries *entries, const struct journal_reader *reader, uint64_t frame)
{
    entries->reader = reader;
    entries->frame = frame;
    entries->chunk = 0;
    entries->openings = 0;
    entries->events = 0;
    entries->lines = 0;
    entries->event_lines = 0;
    entries->before_size = 0;
    postings_clear(&entries->postings);
}

void entries_fini(struct entries *entries)
{
    postings_fini(&entries->postings);
}

/* ---- one chunk ---- */

/* A chunk while it is read. */
struct chunk_input {
    const struct chunk *chunk;
    struct entry_state state;
    size_t at;    /* in its body */
    size_t count; /* of entries read */
};

static enum status entry_fault(const struct entries *entries, const struct chunk_input *in,
                               const char *error, struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 " chunk %" PRIu32 " entry %zu: %s",
                     entries->frame, entries->chunk, in->count, error);
}

/*
 * An entry that begins a chunk, or follows the event that is repeated there: it must not have had
 * room in the chunk before.
 */
static bool entry_had_room(const struct entries *entries, const struct entry *entry)
{
    struct entry_state state = entries->before;
    uint8_t bytes[ENTRY_BYTES_MAX];
    size_t size = 0;

    if (entries->before_size == 0)
        return false;
    switch (entry->kind) {
    case ENTRY_EVENT:
        size = entry_put_event(bytes, &state, &entry->event);
        break;
    case ENTRY_OPENING:
        size = entry_put_opening(bytes, &entry->opening);
        break;
    case ENTRY_LINE:
        size = entry_put_line(bytes, &state, &entry->line);
        break;
    }
    return size <= CHUNK_BYTES_MAX - entries->before_size;
}

static bool event_is_same(const struct journal_event *event, const struct journal_event *other)
{
    return hash_equal(&event->hash, &other->hash) && event->kind == other->kind &&
           event->subject == other->subject && event->site_time_us == other->site_time_us &&
           memcmp(&event->source, &other->source, sizeof event->source) == 0;
}

/* What is wrong with an event in this place; NULL: nothing. */
static const char *event_place_error(const struct entries *entries, const struct chunk_input *in,
                                     const struct journal_event *event)
{
    const struct chunk *chunk = in->chunk;

    if (in->count != 0)
        return entries->events > FRAME_EVENTS_MAX ? "too many events" : NULL;
    if (event->site_time_us != chunk->site_time_us)
        return "the chunk's time is not that of its first event";
    if (!chunk->continued)
        return chunk->event == entries->events ? NULL : "the chunk's first event is not the next";
    if (entries->events == 0 || chunk->event != entries->events - 1)
        return "the event that goes on is not the last";
    if (chunk->lines != entries->event_lines)
        return "the event that goes on has another number of lines before";
    return event_is_same(event, &entries->event) ? NULL : "the event that goes on is another";
}

static enum status entries_take_event(struct entries *entries, const struct chunk_input *in,
                                      struct journal_event *event, struct fault *fault)
{
    const char *error = event_place_error(entries, in, event);

    if (error != NULL)
        return entry_fault(entries, in, error, fault);
    if (in->count == 0 && in->chunk->continued)
        return ST_OK; /* the reader knows it */
    event->frame = entries->frame;
    event->index = (uint32_t)entries->events++;
    entries->event = *event;
    entries->event_lines = 0;
    return entries->reader->event == NULL
               ? ST_OK
               : entries->reader->event(entries->reader->context, event, fault);
}

/* In frame 1 the site's own accounts come first, without an event; every other opening has one. */
static enum status entries_take_opening(struct entries *entries, const struct chunk_input *in,
                                        struct journal_opening *opening, struct fault *fault)
{
    bool own = entries->frame == 1 && entries->events == 0;

    if (own ? opening->account >= ACCOUNT_LINKS || opening->closing : entries->events == 0)
        return entry_fault(entries, in, "its event is missing", fault);
    opening->frame = entries->frame;
    opening->event = own ? NO_EVENT : (uint32_t)(entries->events - 1);
    entries->openings++;
    return entries->reader->opening == NULL
               ? ST_OK
               : entries->reader->opening(entries->reader->context, opening, fault);
}

static enum status entries_take_line(struct entries *entries, const struct chunk_input *in,
                                     const struct transfer *transfer, struct fault *fault)
{
    struct journal_line line = {.frame = entries->frame,
                                .event = (uint32_t)(entries->events - 1),
                                .index = entries->event_lines,
                                .transfer = *transfer};

    if (entries->events == 0)
        return entry_fault(entries, in, "its event is missing", fault);
    if (entries->lines == FRAME_LINES_MAX)
        return entry_fault(entries, in, "too many lines", fault);
    entries->event_lines++;
    entries->lines++;
    if (entries->reader->posting != NULL &&
        postings_add(&entries->postings, transfer->debit, transfer->credit,
                     (uint16_t)transfer->code, money_nanos(transfer->amount)) != ST_OK)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": no memory for its postings",
                         entries->frame);
    return entries->reader->line == NULL
               ? ST_OK
               : entries->reader->line(entries->reader->context, &line, fault);
}

static enum status entries_take(struct entries *entries, const struct chunk_input *in,
                                struct entry *entry, struct fault *fault)
{
    bool first = in->count == (in->chunk->continued ? 1 : 0);

    /* A chunk begins with an event; frame 1 with the accounts that have none. */
    if (in->count == 0 && entry->kind != ENTRY_EVENT &&
        (entries->frame != 1 || entries->before_size != 0 || in->chunk->continued ||
         in->chunk->event != 0 || in->chunk->site_time_us != 0))
        return entry_fault(entries, in, "the chunk does not begin with an event", fault);
    if (first && entry_had_room(entries, entry))
        return entry_fault(entries, in, "the chunk before it has room for it", fault);
    switch (entry->kind) {
    case ENTRY_EVENT:
        if (in->count == 1 && in->chunk->continued)
            return entry_fault(entries, in, "an event goes on with nothing", fault);
        return entries_take_event(entries, in, &entry->event, fault);
    case ENTRY_OPENING:
        return entries_take_opening(entries, in, &entry->opening, fault);
    case ENTRY_LINE:
        return entries_take_line(entries, in, &entry->line, fault);
    }
    invariant_failed("a kind of entry", __FILE__, __LINE__);
}

enum status entries_read_chunk(struct entries *entries, const struct chunk *chunk,
                               struct fault *fault)
{
    struct chunk_input in = {.chunk = chunk,
                             .state = {.price = chunk->price, .site_time_us = chunk->site_time_us}};

    entries->chunk++; /* chunk 0 is the header's */
    for (; in.at < chunk->body_size; in.count++) {
        struct entry entry;
        size_t used = 0;
        const char *error =
            entry_get(&entry, &in.state, chunk->body + in.at, chunk->body_size - in.at, &used);
        enum status status;

        if (error != NULL)
            return entry_fault(entries, &in, error, fault);
        status = entries_take(entries, &in, &entry, fault);
        if (status != ST_OK)
            return status;
        in.at += used;
    }
    if (chunk->continued && in.count == 1)
        return entry_fault(entries, &in, "an event goes on with nothing", fault);
    if (chunk->price != 0 && !in.state.priced)
        return entry_fault(entries, &in, "the chunk has a price that no line names", fault);
    entries->before = in.state;
    entries->before_size = ENTRIES_HEADER_BYTES + chunk->body_size;
    return ST_OK;
}

/* ---- the end of the frame ---- */

static enum status entries_count(const struct entries *entries, const char *what, uint64_t count,
                                 uint64_t header, struct fault *fault)
{
    if (count == header)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "frame %" PRIu64 ": it has %" PRIu64 " %s, its header counts %" PRIu64,
                     entries->frame, count, what, header);
}

enum status entries_end(struct entries *entries, const struct header_record *header,
                        struct fault *fault)
{
    const struct journal_reader *reader = entries->reader;
    enum status status;

    status = entries_count(entries, "openings", entries->openings, header->openings, fault);
    if (status == ST_OK)
        status = entries_count(entries, "events", entries->events, header->header.events, fault);
    if (status == ST_OK)
        status = entries_count(entries, "lines", entries->lines, header->header.lines, fault);
    for (size_t i = 0; i < entries->postings.count && status == ST_OK; i++) {
        const struct posting *sum = &entries->postings.list[i];
        const struct journal_posting posting = {.frame = entries->frame,
                                                .debit = sum->debit,
                                                .credit = sum->credit,
                                                .amount = sum->amount,
                                                .code = sum->code,
                                                .lines = sum->lines};

        status = reader->posting(reader->context, &posting, fault);
    }
    return status;
}
