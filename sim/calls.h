/* What clients ask agents, and what they do with what comes back. */
#ifndef SERAI_SIM_CALLS_H
#define SERAI_SIM_CALLS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_client;
struct sim_site;

/* The agent that is the desk of a client; 0: it has none. */
uint64_t calls_desk_of(const struct sim_site *site, const struct sim_client *client);

/*
 * Begin the turn of an agent, or (0) end it: what an agent that was asked to become another version
 * of itself tells of its turns is compared with those that stood.
 */
void calls_mark(struct sim_site *site, uint64_t agent);

/*
 * Sign a request by chance: a call of `agent`, or by a capability that the client holds, or one
 * about what it has called and holds.
 */
void calls_ask(struct sim_site *site, struct sim_client *client, uint64_t agent);

#endif
