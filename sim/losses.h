/* Operators who accept what a site lost that was put back to an older copy. */
#ifndef SERAI_SIM_LOSSES_H
#define SERAI_SIM_LOSSES_H

#include "sim/sim.h"

/*
 * Whether the wire joins honest sites of which one was put back to an older copy, and is frozen at
 * an end: then it goes on only once both operators accept the loss.
 */
bool losses_await(const struct sim *sim, const struct sim_wire *wire);

/* One step of the operators towards that, in quiet. */
void losses_accept(struct sim *sim);

#endif
