/*
 * Owner and badge -> facet.  An agent chooses its badges, so the hash is keyed, with the key that
 * the capability heap has.
 */
#include "agents/facet_index.h"

#include <sodium.h>
#include <stdlib.h>

#include "agents/agents.h"
#include "agents/set.h"

enum { FACET_INDEX_BUCKETS_MIN = 64 };

static struct object **facet_index_bucket(const struct agents *agents, uint64_t owner,
                                          uint64_t badge)
{
    const struct facet_index *index = &agents->facets;
    uint8_t hash[crypto_shorthash_BYTES];
    uint8_t text[16];

    le64_put(text, owner);
    le64_put(text + 8, badge);
    (void)crypto_shorthash(hash, text, sizeof text, agents->heap.key);
    return &index->buckets[le64_get(hash) & (index->bucket_count - 1)];
}

static void facet_index_link(struct agents *agents, struct object *facet)
{
    struct object **at = facet_index_bucket(agents, facet->owner, facet->u.facet.badge);

    facet->u.facet.same_bucket = *at;
    *at = facet;
}

static void facet_index_grow(struct agents *agents)
{
    struct facet_index *index = &agents->facets;
    struct object **old = index->buckets;
    size_t old_buckets = index->bucket_count;

    index->bucket_count = old_buckets == 0 ? FACET_INDEX_BUCKETS_MIN : old_buckets * 2;
    index->buckets = calloc(index->bucket_count, sizeof *index->buckets);
    INVARIANT(index->buckets != NULL);
    for (size_t i = 0; i < old_buckets; i++) {
        while (old[i] != NULL) {
            struct object *facet = old[i];

            old[i] = facet->u.facet.same_bucket;
            facet_index_link(agents, facet);
        }
    }
    free(old);
}

struct object *facet_index_find(const struct agents *agents, uint64_t owner, uint64_t badge)
{
    struct object *at;

    if (agents->facets.bucket_count == 0)
        return NULL;
    at = *facet_index_bucket(agents, owner, badge);
    while (at != NULL && (at->owner != owner || at->u.facet.badge != badge))
        at = at->u.facet.same_bucket;
    return at;
}

void facet_index_insert(struct agents *agents, struct object *facet)
{
    if (agents->facets.count >= agents->facets.bucket_count)
        facet_index_grow(agents);
    facet_index_link(agents, facet);
    agents->facets.count++;
}

void facet_index_remove(struct agents *agents, struct object *facet)
{
    struct object **at = facet_index_bucket(agents, facet->owner, facet->u.facet.badge);

    while (*at != facet) {
        INVARIANT(*at != NULL);
        at = &(*at)->u.facet.same_bucket;
    }
    *at = facet->u.facet.same_bucket;
    agents->facets.count--;
}

void facet_index_fini(struct facet_index *index)
{
    free(index->buckets);
    *index = (struct facet_index){0};
}
