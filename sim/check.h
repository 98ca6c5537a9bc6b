/* What must hold after every frame and step, and at the end. */
#ifndef SERAI_SIM_CHECK_H
#define SERAI_SIM_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct sim;
struct sim_site;
struct verify_report;

/* Check all invariants of a site's core; after each frame. */
void check_site(struct sim_site *site);

/* Check that no wire made or lost a message or money; after each step. */
void check_wires(const struct sim *sim);

/* Check that a site that has just started knows all that was durable, or that was reported. */
void check_loaded(struct sim_site *site);

/* Verify the books on a site's disk, into *report. */
void check_books(struct sim_site *site, struct verify_report *report);

/* Verify the books of a site's store as the audit does.  ST_CORRUPT says what is wrong. */
MUST_CHECK enum status check_verify(const struct sim_site *site, struct verify_report *report,
                                    struct fault *fault);

/*
 * Whether nothing is left to do, and then links that are good agree; else `why` says what is left.
 */
bool check_at_rest(const struct sim *sim, char *why, size_t why_size);

/* Check the books of all sites together, at the end. */
void check_end(struct sim *sim);

/* Set the result's hash: over every row of every site. */
void check_hash(struct sim *sim);

#endif
