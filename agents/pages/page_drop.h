/* Dropping all pages of an object.  Private to this part. */
#ifndef SERAI_AGENTS_PAGES_PAGE_DROP_H
#define SERAI_AGENTS_PAGES_PAGE_DROP_H

#include "agents/pages/paged.h"

struct agents;

/*
 * Drop all pages of an object, with their rows.  `lives`: the object has other contents from now
 * on; else it is gone.
 */
void page_log_drop(struct agents *agents, struct paged *paged, bool lives);

#endif
