/* What somebody paid to the site, by resource. */
#ifndef SERAI_SITE_TESTING_TEST_COSTS_H
#define SERAI_SITE_TESTING_TEST_COSTS_H

#include <jansson.h>

#include "ledger/ledger.h"

/* All numbers that accounts of revenue may have, so that a new one is counted, too. */
enum { TEST_RESOURCES = ACCOUNT_HELD_MESSAGE - ACCOUNT_REVENUE_COMPUTE };

/* All-zero is nothing. */
struct test_costs {
    struct money of[TEST_RESOURCES];
    uint64_t fuel;
};

/* Add a line of the journal if it pays the site for a resource, and its fuel; else nothing. */
void test_costs_add(struct test_costs *costs, const struct transfer *line);

/* The sum over all resources. */
struct money test_costs_sum(const struct test_costs *costs);

/* An object of amounts by the names of resources, those of nothing left out; the caller's. */
json_t *test_costs_json(const struct test_costs *costs);

/* An amount as a JSON text; the caller's. */
json_t *test_amount_json(struct money amount);

#endif
