/*
 * The postings of one frame: the sum per (debit, credit, code), in order of first appearance.
 * Used to close a frame and again to verify one.
 */
#ifndef SERAI_LEDGER_POSTINGS_H
#define SERAI_LEDGER_POSTINGS_H

#include "base/int128.h"

struct posting {
    uint64_t debit;
    uint64_t credit;
    u128 amount;
    uint32_t lines;
    uint32_t slot; /* where `slots` names it */
    uint16_t code;
};

/* All-zero is an empty one. */
struct postings {
    struct posting *list;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* open addressing: index in list + 1, or 0 */
    size_t slot_count;
};

/* Free the memory.  Leaves an empty set that may be used again. */
void postings_fini(struct postings *postings);

/* Remove all postings in O(count), and keep the memory for the next frame. */
void postings_clear(struct postings *postings);

/*
 * Add one line of `amount` nanos to the posting of its (debit, credit, code), a new one if need be.
 * ST_NOMEM; ST_FULL: a sum would overflow.  Both change nothing.
 */
MUST_CHECK enum status postings_add(struct postings *postings, uint64_t debit, uint64_t credit,
                                    uint16_t code, u128 amount);

#endif
