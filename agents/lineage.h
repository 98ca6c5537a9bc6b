/* How many things name one customer.  Private to this part. */
#ifndef SERAI_AGENTS_LINEAGE_H
#define SERAI_AGENTS_LINEAGE_H

#include "base/table.h"

/* The count of one customer's own things, whichever quotas it is under. */
struct lineage {
    uint64_t holds;
};

/* The count of a customer's own things; made if missing. */
struct lineage *lineage_in(struct table *lineages, uint64_t customer);

/* Free the table and its values. */
void lineages_free(struct table *lineages);

#endif
