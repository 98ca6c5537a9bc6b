/* The end of an agent.  Private to this part. */
#ifndef SERAI_AGENTS_DEATH_H
#define SERAI_AGENTS_DEATH_H

struct agent;
struct agents;

/*
 * End an agent: its estate goes to its customer, else to unclaimed.  Nothing may refer to it
 * afterwards but closed caps; it is freed at the next save.  Within an event, outside of turns
 * (INVARIANT).
 */
void agent_die(struct agents *agents, struct agent *agent);

#endif
