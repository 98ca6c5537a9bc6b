/*
 * Hard moments for a site, brought about and counted: agents that eat all their fuel, inboxes at
 * their bound, a thousand births in one frame, deaths of those who still owe, wait and buy, and
 * ends of the site just then.  The guest that brings it about is tests/agents/guests/strain.c.
 */
#ifndef SERAI_SIM_STRAIN_H
#define SERAI_SIM_STRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng;
struct sim;
struct sim_site;
struct strain;

/* Make an empty record, to be freed with strain_free(); NULL when out of memory. */
struct strain *strain_new(void);

/* Free a record; NULL is allowed. */
void strain_free(struct strain *strain);

/* Begin with a site that has just started. */
void strain_begin(struct sim_site *site);

/* Record that the turn of an agent begins, or (0) that it ends; part of core_options.mark. */
void strain_mark(struct sim_site *site, uint64_t agent);

/* Record what a frame that closes has seen. */
void strain_frame(struct sim_site *site);

/* Record whether a parcel that came brought the answer to a dead buyer. */
void strain_parcel(struct sim_site *site);

/* Whether the site is to end now of all times, after its turns. */
bool strain_kills(struct sim_site *site);

/* Draw arguments for the guest. */
void strain_args(struct rng *rng, char *text, size_t size);

/* Draw whether, when and where a crowd is born; before anything else is drawn. */
void strain_plan(struct sim *sim);

/* Whether it is time for a crowd at this site; true once in a run. */
bool strain_crowd_comes(struct sim_site *site);

#endif
