/* What the ledger's tests share: books on a store in memory, and ways to forge them. */
#ifndef SERAI_TESTS_LEDGER_BOOKS_CHECK_H
#define SERAI_TESTS_LEDGER_BOOKS_CHECK_H

#include "audit/audit.h"
#include "tests/check_main.h"
#include "tests/ledger/refill.h"

/* A ledger, its store, and a batch between them. */
struct books {
    struct ledger *ledger;
    struct store_memory *memory;
    struct store store;
    struct store_batch batch;
    uint64_t site_time_us;
    uint64_t wall_us;
};

void books_open(struct books *books);
void books_close(struct books *books);

struct money nanos(uint64_t count);
struct event tick_event(const struct books *books);

/* One transfer in an event of its own. */
enum transfer_result books_move(struct books *books, uint64_t debit, uint64_t credit,
                                uint64_t amount, enum transfer_code code);
/* The same, which must be done. */
void books_moved(struct books *books, uint64_t debit, uint64_t credit, uint64_t amount,
                 enum transfer_code code);
/* An account in an event of its own. */
uint64_t books_account(struct books *books, enum account_kind kind, uint64_t customer);
/* Close the frame (always) and commit it. */
struct frame_header books_frame_done(struct books *books);

/*
 * A small site's life: a customer and two agents, one of which is closed again; money in, spent,
 * held and deposited; four frames, all committed.  Tells the ids.
 */
struct small_life {
    uint64_t customer;
    uint64_t agent;
    uint64_t dead;
};
struct small_life books_live(struct books *books);
/* Frames of random transfers among `accounts` agents, committed. */
void books_live_random(struct books *books, struct rng *rng, int frames, int transfers);

/*
 * Commit the frame being filled after `edit` has changed its chunks: hashes, heads and the frame
 * header are made to fit again, so that only what the records say is wrong.  `edit` sees each chunk
 * and may also drop it (returns false) or change its size.
 */
typedef bool (*chunk_edit)(void *context, uint32_t number, uint8_t *chunk, size_t *size);
void books_forge_frame(struct books *books, chunk_edit edit, void *context);

/*
 * Close the frame being filled and commit it after `edit` has changed its entries.  Counts and
 * hashes fit them, accounts do not.
 */
void books_forge_entries(struct books *books, entry_edit edit, void *context);

/* Replace, or with a NULL value delete, one row behind the ledger's back. */
void books_put_row(struct books *books, enum store_table table, const void *key, size_t key_size,
                   const void *value, size_t value_size);

/* The store must be refused by audit_verify with ST_CORRUPT and a text that holds `what`. */
void ck_assert_verify_names(const struct books *books, const char *what);
/* And by ledger_load. */
void ck_assert_load_names(const struct books *books, const char *what);
/* It must verify, and a ledger loaded from it must stand as the books' own does. */
void ck_assert_verifies(const struct books *books);

#endif
