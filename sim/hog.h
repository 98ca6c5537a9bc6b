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

/* Bounds that one customer runs into within a run. */
void hog_book(struct pricebook *book);

/* Arguments for the guest, drawn. */
void hog_args(struct rng *rng, char *text, size_t size);
/* The module with some bytes of its own: another one each time, now and then a large one. */
void hog_module(struct rng *rng, const uint8_t *module, size_t size, struct bytes *out);

/* After each step: what was refused for a bound of a customer's since the last look. */
void hog_look(struct sim *sim);
/* After each frame: nobody holds more than he may. */
void hog_check(const struct sim_site *site);
/* At the end: what was written to the disk was paid for. */
void hog_check_disk(const struct sim_site *site, const struct verify_report *report);

#endif
