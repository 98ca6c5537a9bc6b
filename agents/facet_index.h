/* The facets that agents made by their badge, found by it.  Private to this part. */
#ifndef SERAI_AGENTS_FACET_INDEX_H
#define SERAI_AGENTS_FACET_INDEX_H

#include "agents/objects.h"

/* All-zero is an empty index.  It is made from the facets and not stored. */
struct facet_index {
    struct object **buckets;
    size_t bucket_count;
    size_t count;
};

/* The facet that the agent made for this badge by self_facet_of(), or NULL. */
struct object *facet_index_find(const struct agents *agents, uint64_t owner, uint64_t badge);

/* Add a facet; not undone.  Its agent has no other of its badge here. */
void facet_index_insert(struct agents *agents, struct object *facet);

/* Take out a facet that is in it; not undone. */
void facet_index_remove(struct agents *agents, struct object *facet);

/* Free the index, not the facets. */
void facet_index_fini(struct facet_index *index);

#endif
