/* Archives of a site's journal: an operator copies its oldest segment, reads it back, drops it. */
#ifndef SERAI_SIM_PAST_H
#define SERAI_SIM_PAST_H

#include <stdbool.h>
#include <stdint.h>

struct sim;
struct sim_client;
struct sim_site;

/* After how many bytes of journal a segment of the run's sites ends; 0: as it is by itself. */
uint64_t past_segment_bytes(const struct sim *sim);

/*
 * Now and then, if there is a whole segment on the disk: copy it into the site's archive, read it
 * back, and let the operator ask that it be dropped.  False: nothing was asked.
 */
bool past_ask(struct sim_site *site, struct sim_client *client);

/* With its archive the books of a site are those from frame 1 on. */
void past_check(struct sim_site *site);

#endif
