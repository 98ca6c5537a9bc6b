/*
 * Wire agents (sdk/wire) in a run: one at each site, which customers have joined with others as
 * they like, and agents that lie to them.  What any of them hands on is checked as all is
 * (grants.h): that an agent is called a wire agent gives it no right.
 */
#ifndef SERAI_SIM_WIRE_AGENTS_H
#define SERAI_SIM_WIRE_AGENTS_H

#include <stdbool.h>
#include <stddef.h>

struct sim;
struct sim_site;
struct sim_client;

/* The name by which its customer finds the wire agent of a site. */
#define WIRE_AGENT_NAME "t"

/* Whether there are any in this run: by its seed, so that nothing has to be drawn for it. */
bool wire_agents_belong(const struct sim *sim);

/* Deploy one at each site. */
void wire_agents_populate(struct sim *sim);

/* Sign a request to it by the customer whose it is, or deploy one that lies to those of others. */
bool wire_agents_has_customer(const struct sim_site *site, const struct sim_client *client);
void wire_agents_ask(struct sim_site *site, struct sim_client *client);

/* Count, at the end, what their logs tell. */
void wire_agents_count(struct sim *sim);

/* Words for a wire agent, or for the door of one. */
void wire_agents_words(struct sim_site *site, char *text, size_t size);

#endif
