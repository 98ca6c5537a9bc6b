/*
 * What is hard on a site, and whether it came to pass: agents that eat all their fuel, inboxes at
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

struct strain *strain_new(void);
void strain_free(struct strain *strain);
/* The site has just started. */
void strain_begin(struct sim_site *site);
/* core_options.mark: a turn begins, or (0) ends. */
void strain_mark(struct sim_site *site, uint64_t agent);
void strain_frame(struct sim_site *site);
void strain_parcel(struct sim_site *site);
/* After its turns: whether the site is to end now of all times. */
bool strain_kills(struct sim_site *site);

/* Arguments for the guest, drawn. */
void strain_args(struct rng *rng, char *text, size_t size);

/* Before anything else is drawn: whether, when and where a crowd is born. */
void strain_plan(struct sim *sim);
/* The moment has come at this site: all its clients ask for a crowd.  Then it takes more turns. */
bool strain_crowd_comes(struct sim_site *site);

#endif
