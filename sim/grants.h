/*
 * The right to hold each capability, checked.  The simulator keeps tables of its own: what each
 * agent, message and heap entry holds, and who made what.  After each turn it compares them with
 * those of the core.  What is new must have come along a path that it can see: born with it,
 * brought by the event of this turn, made by an order of this turn, taken out of the heap; and
 * nobody's table but that of the agent whose turn it was has changed.  So connectivity begets
 * connectivity.
 */
#ifndef SERAI_SIM_GRANTS_H
#define SERAI_SIM_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

struct grants;
struct sim_client;
struct sim_site;

/* Make empty tables, to be freed with grants_free(); NULL when out of memory. */
struct grants *grants_new(void);

/* Free the tables; NULL is allowed. */
void grants_free(struct grants *grants);

/* Take over what a site holds that has just started. */
void grants_begin(struct sim_site *site);

/*
 * Check after something other than a turn was done: nobody was given anything, but those just born.
 */
void grants_look(struct sim_site *site);

/*
 * Check after a request of this client: only its desk may have been given anything, of what the
 * answers that waited there brought, and only from there may anything have been sent.
 */
void grants_look_request(struct sim_site *site, const struct sim_client *client);

/* Begin the turn of an agent, or (0, 0) end and check it; this is core_options.mark. */
void grants_mark(void *context, uint64_t agent, uint64_t message);

/*
 * Check that all tables of the core are ours, after each frame.  Returns their digest, to be
 * compared after a crash.
 */
uint64_t grants_check(struct sim_site *site);

#endif
