#include "audit/price_history.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/reading.h"

/*
 * A book of prices: when it came into force, and its hash.  Books are numbered from 1, so a list of
 * these is found by number.
 */
struct prices_seen {
    uint64_t frame;
    uint32_t event;
    uint64_t site_time_us;
    struct hash hash;
};

static size_t price_history_count(const struct bytes *list)
{
    return list->size / sizeof(struct prices_seen);
}

/* The book with this number, from 1 up to the count. */
static struct prices_seen price_history_at(const struct bytes *list, uint64_t id)
{
    struct prices_seen seen;

    memcpy(&seen, list->data + (id - 1) * sizeof seen, sizeof seen);
    return seen;
}

static enum status price_history_note_row(void *context, const struct ledger_prices *row,
                                          struct fault *fault)
{
    struct price_history *history = context;
    struct prices_seen seen = {.frame = row->frame,
                               .site_time_us = row->site_time_us,
                               .hash = hash_of(row->book, row->size)};
    uint64_t next = price_history_count(&history->rows) + 1;

    if (row->id != next)
        return fault_set(fault, ST_CORRUPT, "meta: book of prices %" PRIu64 " is missing", next);
    bytes_append(&history->rows, &seen, sizeof seen);
    if (history->rows.failed)
        return fault_set(fault, ST_NOMEM, "verify: no memory for the books of prices");
    return ST_OK;
}

enum status price_history_read(struct price_history *history, const struct store_read *read,
                               struct fault *fault)
{
    return ledger_prices_each(read, price_history_note_row, history, fault);
}

enum status price_history_begin(struct price_history *history, uint64_t frame, struct fault *fault)
{
    for (uint64_t id = 1; id <= price_history_count(&history->rows); id++) {
        struct prices_seen row = price_history_at(&history->rows, id);

        if (row.frame >= frame)
            break;
        bytes_append(&history->seen, &row, sizeof row);
    }
    if (history->seen.failed)
        return fault_set(fault, ST_NOMEM, "verify: no memory for the books of prices");
    return ST_OK;
}

/* The row of the book that the chain names is there, and holds what came into force. */
static enum status price_history_check_row(const struct price_history *history, uint64_t id,
                                           const struct prices_seen *seen, struct fault *fault)
{
    struct prices_seen row;

    if (id > price_history_count(&history->rows))
        return fault_set(fault, ST_CORRUPT, "meta: book of prices %" PRIu64 " is missing", id);
    row = price_history_at(&history->rows, id);
    if (!hash_equal(&seen->hash, &row.hash) || seen->frame != row.frame ||
        seen->site_time_us != row.site_time_us)
        return fault_set(fault, ST_CORRUPT,
                         "meta: book of prices %" PRIu64 " is not the one that frame %" PRIu64
                         " put in force",
                         id, seen->frame);
    return ST_OK;
}

enum status price_history_event(struct price_history *history, const struct journal_event *event,
                                struct fault *fault)
{
    struct prices_seen seen = {
        .frame = event->frame, .event = event->index, .site_time_us = event->site_time_us};
    uint64_t id;

    prices_event_get(event, &id, &seen.hash);
    if (id != price_history_count(&history->seen) + 1)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 " event %" PRIu32 ": book of prices %" PRIu64
                         " is out of order",
                         event->frame, event->index, id);
    bytes_append(&history->seen, &seen, sizeof seen);
    if (history->seen.failed)
        return fault_set(fault, ST_NOMEM, "verify: no memory for the books of prices");
    return price_history_check_row(history, id, &seen, fault);
}

/* Whether book `id`, from 1, came into force before this event. */
static bool price_history_came_before(const struct price_history *history, uint64_t id,
                                      const struct journal_line *line)
{
    struct prices_seen seen;

    if (id > price_history_count(&history->seen))
        return false;
    seen = price_history_at(&history->seen, id);
    return seen.frame < line->frame || seen.event < line->event;
}

enum status price_history_line(const struct price_history *history, const struct journal_line *line,
                               struct fault *fault)
{
    uint64_t id = line->transfer.price_id;

    if (id == 0 || (price_history_came_before(history, id, line) &&
                    !price_history_came_before(history, id + 1, line)))
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "frame %" PRIu64 " event %" PRIu32 ": a line of %s names the prices %" PRIu64
                     ", which are not in force there",
                     line->frame, line->event, transfer_code_text(line->transfer.code), id);
}

uint64_t price_history_last(const struct price_history *history)
{
    return price_history_count(&history->seen);
}

enum status price_history_end(const struct price_history *history, struct fault *fault)
{
    size_t seen = price_history_count(&history->seen);

    if (price_history_count(&history->rows) != seen)
        return fault_set(fault, ST_CORRUPT, "meta: book of prices %zu never came into force",
                         seen + 1);
    return ST_OK;
}

void price_history_fini(struct price_history *history)
{
    bytes_fini(&history->seen);
    bytes_fini(&history->rows);
}
