/* All state of a core as text, so that two of them can be compared and a difference be read. */
#ifndef SERAI_SIM_PORTRAIT_H
#define SERAI_SIM_PORTRAIT_H

#include "site/core/core.h"

/* Accounts, customers, agents with all they hold, heap, channel ends.  Caller frees. */
char *portrait_of(const struct core *core);

/* True: `words` shows the first line in which they differ. */
bool portraits_differ(const char *before, const char *after, char *words, size_t size);

#endif
