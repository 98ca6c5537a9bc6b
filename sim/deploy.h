/* What clients deploy. */
#ifndef SERAI_SIM_DEPLOY_H
#define SERAI_SIM_DEPLOY_H

#include "base/bytes.h"

struct sim_site;

/*
 * Append the arguments of agent.deploy for a guest that is drawn: its module, its arguments, its
 * money, and modules to keep.
 */
void deploy_some(struct sim_site *site, struct bytes *args);

/* Append the arguments of agent.deploy for a guest that has 340 children in one turn. */
void deploy_crowd(struct sim_site *site, struct bytes *args);

#endif
