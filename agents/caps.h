/* The slots of an agent's capabilities.  Private to this part. */
#ifndef SERAI_AGENTS_CAPS_H
#define SERAI_AGENTS_CAPS_H

#include "agents/agents.h"

/*
 * The cap in a slot, empty or not; NULL: there is no memory for that slot yet.  It stays where it
 * is.
 */
struct cap *agent_cap_at(const struct agent *agent, uint64_t slot);

/*
 * Put a cap into the first empty slot, also if another holds it already.  Returns the slot, or
 * SERAI_E_FULL.  Undone by rollback.
 */
int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap);

/* A slot that holds this cap, or -1. */
int64_t agent_cap_find(const struct agent *agent, const struct cap *cap);

/* Set a slot, below SERAI_SLOTS_MAX (INVARIANT).  Undone by rollback. */
void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot,
                   const struct cap *cap);

/* Make memory for a chunk of slots.  Not undone: empty slots mean nothing. */
void agent_make_caps(struct agent *agent, uint32_t chunk);

/* Free all slots and their index. */
void agent_caps_free(struct agent *agent);

/*
 * Index the slots of a large table; before a table may be looked into often, so that a large one is
 * as quick as a small one.
 */
void agent_index_caps(struct agents *agents, struct agent *agent);

/* The kind of cap that an agent is born with in a slot below SERAI_SLOT_FIRST_FREE. */
uint8_t cap_inborn_kind(uint64_t slot);

/* Whether two caps have the same kind, rights and object. */
bool cap_equal(const struct cap *a, const struct cap *b);

/* The number of caps that an agent could still be given. */
uint32_t agent_caps_free_slots(const struct agent *agent);

/* Whether there is a slot for all that comes with the message. */
bool caps_fit(const struct agent *agent, const struct message *message);

#endif
