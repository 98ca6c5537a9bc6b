/*
 * Who may hold which capability.  The simulator keeps tables of its own: what each agent, message
 * and heap entry holds, and who made what.  After each turn it compares them with those of the
 * core.  What is new must have come along a path that it can see: born with it, brought by the
 * event of this turn, made by an order of this turn, taken out of the heap; and nobody's table but
 * that of the agent whose turn it was has changed.  So connectivity begets connectivity.
 */
#ifndef SERAI_SIM_GRANTS_H
#define SERAI_SIM_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

struct grants;
struct sim_site;

struct grants *grants_new(void);
void grants_free(struct grants *grants);

/* The site has just started: what it holds is what there is. */
void grants_begin(struct sim_site *site);
/* Something other than a turn was done: nobody was given anything, but for those just born. */
void grants_look(struct sim_site *site);
/* core_options.mark: a turn begins, or (0, 0) ends. */
void grants_mark(void *context, uint64_t agent, uint64_t message);
/* All tables of the core are ours; after each frame. Their digest, to be compared after a crash. */
uint64_t grants_check(struct sim_site *site);

#endif
