/* Links that are made by invitation instead of by two operators. */
#ifndef SERAI_SIM_INVITE_H
#define SERAI_SIM_INVITE_H

#include <stdint.h>

struct sim_site;

/*
 * Have `site` invite `peer`, which joins, and asks again as if its answer had been lost; a third
 * party comes too late.  Returns the interface of the link at `site`.
 */
uint32_t invite_peer(struct sim_site *site, const struct sim_site *peer, uint64_t limit);

#endif
