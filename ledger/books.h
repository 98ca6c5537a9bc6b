/* Private to ledger/: the inside of a ledger. */
#ifndef SERAI_LEDGER_BOOKS_H
#define SERAI_LEDGER_BOOKS_H

#include "ledger/accounts.h"
#include "ledger/chunks.h"
#include "ledger/journal.h"
#include "ledger/reading.h"

struct ledger {
    struct accounts accounts;
    struct frame_header last; /* frame 0 when there is none */
    uint64_t segment_bytes;   /* after which a segment ends */
    bool begins_segment;      /* the frame being filled does */
    struct hash state;        /* then: all accounts as they stood before it */

    struct books_kept kept;
    bool kept_changed;   /* its row is to be written */
    bool drop_fails;     /* a row of a dropped frame did not read back; tried again by a start */
    uint32_t drop_chunk; /* of frame kept.rows: rows of the chunks before it are deleted */

    struct chunks chunks; /* of the frame being filled */
    struct bytes changed; /* uint64_t each: ids of the accounts that the frame changed */

    /* Of the running event, until it ends: only then its hash is known, which comes first. */
    bool in_event;
    struct bytes openings; /* struct journal_opening each */
    struct bytes lines;    /* struct transfer each */

    struct store_batch price_rows; /* of books that came into force in it */

    struct bytes scratch;
    struct hasher *hasher;
    struct hasher *chain; /* runs over the leaf hashes while a frame is closed */
};

/* event.c */

/* The hash of an event (docs/records.md, "Event entries"); `scratch` is cleared and used. */
struct hash event_hash(struct bytes *scratch, const struct event *event);

/* The event that a book of prices coming into force is: its bytes are the book's. */
struct event event_of_prices(uint64_t id, const struct hash *book, uint64_t site_time_us);

/* prices.c */

/* Move the rows of books that came into force in the frame to its batch. */
void prices_put_rows(struct ledger *ledger, struct store_batch *batch);

/*
 * The last frame is closed or loaded, and nothing has changed since: see whether its segment ends
 * with it.  In O(accounts), from memory, if so.
 */
void books_end_segment(struct ledger *ledger);

/* The number of the frame that the ledger is filling. */
uint64_t books_frame(const struct ledger *ledger);

#endif
