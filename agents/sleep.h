/* Agents that sleep, and how one finds an agent by its number.  Private to this part. */
#ifndef SERAI_AGENTS_SLEEP_H
#define SERAI_AGENTS_SLEEP_H

#include "base/bytes.h"
#include "base/status.h"

struct agent;
struct agents;

/* Those who are awake. */
struct awake {
    struct bytes list;   /* of struct agent * */
    size_t max;          /* more than this many: those who can go to sleep */
    size_t hand;         /* of the clock over them */
    uint64_t woken;      /* since it last moved */
    struct bytes record; /* scratch */
};

/* Add an agent that was born, or woke, to those that are awake. */
void agent_is_awake(struct agents *agents, struct agent *agent);

/* Remove an agent from those that are awake. */
void agent_is_gone(struct agents *agents, struct agent *agent);

/*
 * Put an agent to sleep at once, if it may: while rows are read all sleep as soon as they are
 * there.
 */
void agent_let_sleep(struct agents *agents, struct agent *agent);

/*
 * Put agents to sleep beyond the number that may be awake.  At the end of a frame, with nothing to
 * undo: no pointer to an agent is good afterwards.
 */
void agents_let_sleep(struct agents *agents);

/*
 * Visit all agents in order, from the number `first` on, until `visit` returns false.  It must not
 * keep the pointer: the sleeping are shown as a copy.
 */
void agents_each(const struct agents *agents, uint64_t first,
                 bool (*visit)(void *context, const struct agent *agent), void *context);

/* Free all agents and the lists of them. */
void agents_free_all(struct agents *agents);

#endif
