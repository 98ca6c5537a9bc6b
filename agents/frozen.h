/* Senders that wait for a frozen agent.  Private to this part. */
#ifndef SERAI_AGENTS_FROZEN_H
#define SERAI_AGENTS_FROZEN_H

struct agent;
struct agents;

/*
 * Answer senders that have waited too long for a frozen agent, with their money back.  Within an
 * event.
 */
void frozen_send_back(struct agents *agents, struct agent *agent);

#endif
