/* The owners of pages, and initial images.  Private to this part. */
#ifndef SERAI_AGENTS_PAGES_PAGE_OWNER_H
#define SERAI_AGENTS_PAGES_PAGE_OWNER_H

#include "agents/limits.h"
#include "agents/pages/paged.h"

struct agent;
struct agents;

/* The paged object of a number: an agent's memory or a buffer; NULL when it is gone. */
struct paged *row_paged_of(const struct agents *agents, uint64_t object);

/* Write a page of an agent's or buffer's initial image. */
void page_initial(const struct agents *agents, uint64_t object, uint32_t page,
                  uint8_t to[PAGED_BYTES]);

/* Write a page of the memory that the agent's program begins with. */
void agent_initial_page(const struct agent *agent, uint32_t page, uint8_t to[PAGED_BYTES]);

#endif
