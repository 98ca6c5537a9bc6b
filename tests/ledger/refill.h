/* The entries of chunks put into other chunks, and changed on the way. */
#ifndef SERAI_TESTS_LEDGER_REFILL_H
#define SERAI_TESTS_LEDGER_REFILL_H

#include "ledger/chunks.h"

/* Called for each entry, in order; it may change it.  False: the entry is left out. */
typedef bool (*entry_edit)(void *context, struct entry *entry);

/*
 * Append the entries of a chunk, which is a good one of entries, to `to`.  An event that the chunk
 * only repeats is none.
 */
void refill(struct chunks *to, const uint8_t *chunk, size_t size, entry_edit edit, void *context);

#endif
