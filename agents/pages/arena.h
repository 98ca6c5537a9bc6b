/*
 * Where agents run: slots of laid-out memory.  An agent that has a turn borrows a slot; its pages
 * are copied in once and stay until another agent needs the slot or its memory.
 */
#ifndef SERAI_AGENTS_PAGES_ARENA_H
#define SERAI_AGENTS_PAGES_ARENA_H

#include "agents/limits.h"
#include "engine/engine.h"

struct agent;
struct paged_dirty;

struct arena; /* opaque */

/* A bit for each card of a memory. */
struct arena_cards {
    uint64_t words[ENGINE_CARDS_MAX / 64];
};

struct arena_slot {
    uint64_t agent;  /* 0: free */
    uint8_t *memory; /* ENGINE_MEMORY_PAGES_MAX wasm pages, zero past the agent's size */
    uint8_t *cards;
    struct arena *arena;
    struct arena_cards laid;  /* that may not be zero */
    struct arena_cards taken; /* that the kernel may have given memory for */
    uint32_t taken_count;
};

/*
 * Reserve the address space of all slots.  On ST_OK the caller ends *arena with arena_free().
 * ST_NOMEM.
 */
MUST_CHECK enum status arena_new(struct arena **arena);

/* Give the address space back; NULL is allowed. */
void arena_free(struct arena *arena);

/*
 * Lend the agent's slot, laid out as of its last good turn, cards clear.  The agent that used a
 * slot longest ago loses its own.  The slot stays the agent's until then, or arena_forget().
 */
struct arena_slot *arena_take(struct arena *arena, const struct agent *agent);

/* End a good turn: changed cards become pages of the agent's memory. */
void arena_commit(struct arena_slot *slot, struct agent *agent, uint32_t memory_pages,
                  struct paged_dirty *dirty);

/* End a bad turn: changed cards are laid out again as they were. */
void arena_rollback(struct arena_slot *slot, const struct agent *agent, uint32_t memory_pages);

/* Free the agent's slot, if it has one: the agent has other memory now, or is gone. */
void arena_forget(struct arena *arena, uint64_t agent);

/* Whether the agent has a slot. */
bool arena_has(const struct arena *arena, uint64_t agent);

#endif
