/* Billing rent outside of turns.  Private to this part. */
#ifndef SERAI_AGENTS_BILLING_H
#define SERAI_AGENTS_BILLING_H

struct agents;

/*
 * Bill the agents that are due, and the next part of all.  Within an event; what no longer fits
 * the frame stays due.
 */
void bill_due(struct agents *agents);

#endif
