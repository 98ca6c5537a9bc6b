/* One site: its frames, its stops and crashes, and its disk. */
#ifndef SERAI_SIM_SITE_H
#define SERAI_SIM_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct sim;
struct sim_site;

/* Make a site, which is down, with its keys, clients and price book from the seed. */
void site_init(struct sim *sim, uint32_t index);

/* Free a site and its disk. */
void site_fini(struct sim_site *site);

/* Kill a site: whatever was not durable is gone; maybe the frame with the writer is. */
void site_crash(struct sim_site *site, const char *why);

/*
 * Call into the site's core while an allocation may fail.  False: the site is dead, site->core is
 * NULL.
 */
MUST_CHECK bool site_call(struct sim_site *site, void (*call)(void *context), void *context);

/* Let time pass, run turns, and close a frame if the writer is free. */
void site_step(struct sim_site *site, uint32_t turns);

/* Close the frame that is open and commit it, without any fault. */
void site_flush(struct sim_site *site);

/* Stop a site in good order: after the next start all state has to be the same. */
void site_stop(struct sim_site *site);

#endif
