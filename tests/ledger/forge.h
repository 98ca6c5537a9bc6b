/*
 * A journal that lies with all its hashes right: lines are changed where they lie, and every chunk,
 * head and frame header from there on is made to fit.  What only the entries say is wrong.
 */
#ifndef SERAI_TESTS_LEDGER_FORGE_H
#define SERAI_TESTS_LEDGER_FORGE_H

#include "ledger/journal.h"

/* Called for each line, in order.  True: it was changed, and no further one is asked for. */
typedef bool (*forge_line)(void *context, struct transfer *line);

/* ST_MISSING: no line was changed.  Else what the store says. */
MUST_CHECK enum status forge_journal(const struct store *store, forge_line change, void *context,
                                     struct fault *fault);

#endif
