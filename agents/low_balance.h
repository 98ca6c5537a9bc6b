/* The notice of a low balance.  Private to this part. */
#ifndef SERAI_AGENTS_LOW_BALANCE_H
#define SERAI_AGENTS_LOW_BALANCE_H

#include "base/money.h"
#include "base/status.h"

struct agent;
struct agents;

/* The mark below which an agent's balance is reported to it. */
struct low_balance {
    struct money mark;    /* zero: none */
    bool armed;           /* the next crossing is reported */
    struct money reserve; /* in held:reserve, pays for the notice's event */
};

/*
 * Send LOW when the balance fell below the mark, once a crossing; set the mark again when the
 * balance rose a quarter above it.  Within an event.
 */
void agent_check_mark(struct agents *agents, struct agent *agent);

#endif
