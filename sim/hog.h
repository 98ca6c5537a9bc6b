/*
 * The hog: a customer with much money who wants the site to die.  What it deploys, what it may
 * hold, and whether each of its bounds was met.  The guest is tests/agents/guests/hog.c.
 */
#ifndef SERAI_SIM_HOG_H
#define SERAI_SIM_HOG_H

#include "base/bytes.h"
#include "base/random.h"
#include "market/market.h"

struct sim;
struct sim_site;
struct verify_report;

/* Which of a site's clients it is. */
enum { HOG_CLIENT = 1 };

/* Set bounds that one customer runs into within a run. */
void hog_book(struct pricebook *book);

/* Draw arguments for the guest. */
void hog_args(struct rng *rng, char *text, size_t size);

/* Append the module with some bytes of its own: another one each time, now and then a large one. */
void hog_module(struct rng *rng, const uint8_t *module, size_t size, struct bytes *out);

/* Count what was refused for a bound of a customer's since the last look; after each step. */
void hog_look(struct sim *sim);

/* Check that nobody holds more than it may; after each frame. */
void hog_check(const struct sim_site *site);

/* Check that what was written to the disk was paid for; at the end. */
void hog_check_disk(const struct sim_site *site, const struct verify_report *report);

#endif
