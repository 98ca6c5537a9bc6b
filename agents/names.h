/*
 * Names of agents.  A name that a customer gives stands for one of its agents at a time; a child is
 * called after its parent, NAME/1, NAME/2.  Private to this part.
 */
#ifndef SERAI_AGENTS_NAMES_H
#define SERAI_AGENTS_NAMES_H

#include "base/table.h"

struct agent;
struct agents;

/* Names that were given: keyed hash of customer and name -> number of the agent. */
struct name_index {
    struct table by_hash;
};

/*
 * name_index_put() and name_index_remove(): from here on this agent is found by its name, or no
 * more.  Of several agents of one name, as old stores have them, the last that was put is found.
 * Desks and children are not: their names are nobody's to give.  Not within a turn.
 */
void name_index_put(struct agents *agents, const struct agent *agent);
void name_index_remove(struct agents *agents, const struct agent *agent);

/*
 * Call a child after its parent, by the next number of its children.  Undone by the running turn's
 * rollback.
 */
void name_child(struct agents *agents, struct agent *child, struct agent *parent);

#endif
