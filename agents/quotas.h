/*
 * Quotas: how much the agents of one customer may hold, all together, and how much they do hold.
 *
 * One thread.  Customers of one peer share theirs (env.quota_owner).
 */
#ifndef SERAI_AGENTS_QUOTAS_H
#define SERAI_AGENTS_QUOTAS_H

#include "market/market.h"

struct agents;

/*
 * Whether a customer's agents may hold `more` of a resource; to be asked before anything is
 * changed.
 */
MUST_CHECK bool agents_quota_allows(const struct agents *agents, uint64_t customer,
                                    enum customer_resource resource, uint64_t more);

/*
 * Give a customer a bound of its own, 0 being none; NULL: that of the prices again.  Not undone;
 * for customers that share with nobody.  What is held already stays.
 */
void agents_set_quota(struct agents *agents, uint64_t customer, enum customer_resource resource,
                      const uint64_t *max);

/* What is held of a resource under a customer's quotas, and the most that may be; 0: no bound. */
struct quota_view {
    uint64_t used;
    uint64_t max;
    bool is_own; /* by agents_set_quota() */
};
struct quota_view agents_quota(const struct agents *agents, uint64_t customer,
                               enum customer_resource resource);

/*
 * agents_quota_take() and agents_quota_give() count that a customer's agents hold more or less of a
 * resource.  Undone by the rollback of a running turn.
 */
void agents_quota_take(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t more);
void agents_quota_give(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t less);

/*
 * The number of things that name this customer itself, whichever others it shares quotas with: its
 * agents, heap entries and, counted by the caller with agents_lineage_take() and
 * agents_lineage_give(), ends of channels.  While there are none, nothing will be given back to it
 * but what others still hold of its dead agents.
 */
uint64_t agents_lineage_holds(const struct agents *agents, uint64_t customer);

/*
 * agents_lineage_take() and agents_lineage_give() count one such thing more or less.  Undone by the
 * rollback of a running turn.
 */
void agents_lineage_take(struct agents *agents, uint64_t customer);
void agents_lineage_give(struct agents *agents, uint64_t customer);

/* Forget a customer that exists no more and holds nothing. */
void agents_lineage_forget(struct agents *agents, uint64_t customer);

/* The number of agents under the same quotas as this customer's. */
uint64_t agents_of_customer(const struct agents *agents, uint64_t customer);

#endif
