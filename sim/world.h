/* The network that a seed describes. */
#ifndef SERAI_SIM_WORLD_H
#define SERAI_SIM_WORLD_H

struct sim;

/* Build sites, wires and population from the seed, until all is at rest and durable. */
void world_build(struct sim *sim);

/* Free all sites and wires. */
void world_free(struct sim *sim);

#endif
