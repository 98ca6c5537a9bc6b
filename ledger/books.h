/* Private to ledger/: the inside of a ledger. */
#ifndef SERAI_LEDGER_BOOKS_H
#define SERAI_LEDGER_BOOKS_H

#include "ledger/accounts.h"
#include "ledger/journal.h"
#include "ledger/postings.h"
#include "ledger/reading.h"

struct ledger {
    struct accounts accounts;
    struct frame_header last; /* frame 0 when there is none */

    /* The frame being filled: records as they will stand in the journal. */
    struct bytes openings;
    struct bytes events;
    struct bytes lines;
    struct postings postings;
    struct bytes changed; /* uint64_t each: ids of the accounts that the frame changed */

    bool in_event;
    size_t event_openings; /* sizes of `openings` and `lines` when the running event began */
    size_t event_lines;

    struct store_batch price_rows; /* of books that came into force in it */

    struct bytes scratch;
    struct hasher *hasher;
    struct hasher *chain; /* runs over the leaf hashes while a frame is closed */
};

/* event.c */

/* The event that a book of prices coming into force is: its bytes are the book's. */
struct event event_of_prices(uint64_t id, const struct hash *book, uint64_t site_time_us);

/* prices.c */

/* Move the rows of books that came into force in the frame to its batch. */
void prices_put_rows(struct ledger *ledger, struct store_batch *batch);

/* The number of the frame that the ledger is filling. */
uint64_t books_frame(const struct ledger *ledger);

#endif
