/* Packing idle agents, and finding an agent by its number.  Private to this part. */
#ifndef SERAI_AGENTS_SLEEP_H
#define SERAI_AGENTS_SLEEP_H

#include "base/bytes.h"
#include "base/status.h"

struct agent;
struct agents;

/* The active agents. */
struct awake {
    struct bytes list;   /* of struct agent * */
    size_t max;          /* agents beyond that many are packed, if they can be */
    size_t hand;         /* where the clock hand over them stands */
    uint64_t woken;      /* how many were activated since it last moved */
    struct bytes record; /* scratch */
};

/* Add an agent that was born or activated to the active ones. */
void agent_is_awake(struct agents *agents, struct agent *agent);

/* Remove an agent from the active ones. */
void agent_is_gone(struct agents *agents, struct agent *agent);

/*
 * Add an agent that was just read, and is in no table yet, as a record, if it may be packed.  Its
 * log lines are the record's then, and the struct is spent (agent_renew()).  False: nothing was
 * done.
 */
MUST_CHECK bool agent_load_packed(struct agents *agents, struct agent *agent);

/*
 * Pack an agent at once, if it may be: one that was activated while rows are read.
 */
void agent_let_sleep(struct agents *agents, struct agent *agent);

/*
 * Pack agents beyond the number that may stay active.  At the end of a frame, with nothing to undo:
 * no pointer to an agent is good afterwards.
 */
void agents_let_sleep(struct agents *agents);

/*
 * Visit all agents in order, from the number `first` on, until `visit` returns false.  It must not
 * keep the pointer: packed agents are shown as a copy.
 */
void agents_each(const struct agents *agents, uint64_t first,
                 bool (*visit)(void *context, const struct agent *agent), void *context);

/* As agents_each(), of the `count` numbers from `first` on: in a time that they alone decide. */
void agents_each_of(const struct agents *agents, uint64_t first, size_t count,
                    bool (*visit)(void *context, const struct agent *agent), void *context);

/* Free all agents and the lists of them. */
void agents_free_all(struct agents *agents);

#endif
