/* Starts of a core, and calls into it while an allocation may fail. */
#ifndef SERAI_SIM_START_H
#define SERAI_SIM_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct sim_site;

/*
 * Make the core of a site and load it from its disk.  The status of core_new() or core_load(); the
 * core is the site's in any case, NULL when there is none.
 */
MUST_CHECK enum status start_load(struct sim_site *site, struct fault *fault);

/*
 * Make a call into a core in which, one time in `one_in`, an allocation fails, alone or with all
 * after it.  True: the core stopped on an invariant, and is not to be touched any more.  *refused:
 * the allocations that failed.
 */
MUST_CHECK bool start_guard(struct sim_site *site, uint32_t one_in, void (*call)(void *context),
                            void *context, uint64_t *refused);

/* Give up a core that stopped: its memory is lost to this process, but for the largest pieces. */
void start_abandon(struct sim_site *site);

/*
 * Start the core of a site that is down, and check that nothing that was durable or reported is
 * gone.
 */
void start_site(struct sim_site *site);

/*
 * Try starts of a site that stopped in good order while one allocation fails: it does not start, or
 * it starts whole.
 */
void start_site_short(struct sim_site *site);

#endif
