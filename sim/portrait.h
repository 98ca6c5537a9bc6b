/* All state of a core as text, so that two of them can be compared and a difference be read. */
#ifndef SERAI_SIM_PORTRAIT_H
#define SERAI_SIM_PORTRAIT_H

#include "site/core/core.h"

/*
 * Write accounts, customers, agents with all they hold, heap and channel ends.  The caller frees
 * the text.
 */
char *portrait_of(const struct core *core);

/* Whether two portraits differ; if so, `words` shows the first line in which they do. */
bool portraits_differ(const char *before, const char *after, char *words, size_t size);

#endif
