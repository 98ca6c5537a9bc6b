/* Settlements in the simulator: what operators ask for, and what must hold between two sites. */
#ifndef SERAI_SIM_SETTLE_H
#define SERAI_SIM_SETTLE_H

#include "sim/sim.h"

/* Have a site's operator agree to settle what is owed to a peer, past a small threshold. */
void settle_agree(struct sim_site *site, const char *peer);

/*
 * Make the first site the house of those that are linked to it: each has an account there, and what
 * two of them owe each other is settled by it.
 */
void settle_choose_house(struct sim *sim);

/*
 * Have an operator decide a claim of some peer; now and then.  False: it does something else.
 */
bool settle_decide_some(struct sim_site *site, struct sim_client *client);

/* Have an operator set terms, pay, or decide a claim, over the link to a peer. */
void settle_ask(struct sim_site *site, struct sim_client *client, const struct link *link);

/* Check a wire of honest sites after each step: what was paid was posted once, or is pending. */
void settle_check_wire(const struct sim *sim, const struct sim_wire *wire);

/* Whether both ends know the same of settlements, so that only people have something to do. */
bool settle_rests(const struct sim *sim, const struct sim_wire *wire);

/* Note, at the end, which payments houses made and refused. */
void settle_note_houses(struct sim *sim);

/* What is pending at all sites: paid out of a treasury, and come into none as far as is known. */
u128 settle_pending(const struct sim *sim);

#endif
