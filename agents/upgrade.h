/*
 * Becoming another program with a way back: the first event of the new one is a trial, in a turn
 * that begins with the program as it was.  Only if it stands is the agent the new program; else
 * nothing was changed, and KEPT is its next event.  Private to this part.
 */
#ifndef SERAI_AGENTS_UPGRADE_H
#define SERAI_AGENTS_UPGRADE_H

#include "agents/program.h"
#include "base/money.h"

struct agent;
struct agents;
struct failure;
struct inbox_message;
struct turn;

/* An upgrade that waits for its trial, the event BECAME at the head of the inbox. */
struct agent_upgrade {
    struct code_ref code; /* NULL: none is under way */
    struct money reserve; /* in held:reserve; pays for KEPT, or comes back */
};

/* Whether an upgrade waits for its trial. */
bool upgrade_is_under_way(const struct agent *agent);

/*
 * Begin one, after the turn that asked for it.  The reference `code` is the upgrade's from here on,
 * and what the trial holds beside the program is counted for the customer.
 */
void upgrade_begin(struct agents *agents, struct agent *agent, struct code_ref code,
                   struct money reserve);

/* At the beginning of the turn of a trial: the agent is the new program for this turn. */
void upgrade_try(struct turn *turn);

/* The turn of a trial stood, and was committed: the old program goes. */
void upgrade_stands(struct turn *turn);

/* It was undone: the agent is what it was, and hears KEPT with the status and the reason. */
void upgrade_fails(struct turn *turn, struct failure failure);

/* The agent dies before the trial. */
void upgrade_drop(struct agents *agents, struct agent *agent);

/*
 * The event UPGRADE was handled, or will never be: what was put on the list of kept modules only
 * for it goes from there.
 */
void upgrade_was_asked(struct agents *agents, struct agent *agent,
                       const struct inbox_message *message);

#endif
