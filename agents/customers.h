/* Holdings of customers, and their quotas.  Private to this part. */
#ifndef SERAI_AGENTS_CUSTOMERS_H
#define SERAI_AGENTS_CUSTOMERS_H

#include "agents/code.h"
#include "base/table.h"

/* The holdings that count together under one customer's quotas.  Never moved while agents live. */
struct customer_use {
    uint64_t used[CUSTOMER_RESOURCES];
    struct table codes; /* struct code that its agents run or keep -> how many references */
    uint32_t share;     /* of the site's time; not stored, agents_set_share() */
    uint32_t own;       /* resources with a bound of its own, a bit each; not stored, as `max` */
    uint64_t max[CUSTOMER_RESOURCES];
    uint64_t waiting; /* messages of its agents that wait on promises; not stored */
    /* The order of turns (ready.c); none of it is stored. */
    struct agent *ready_first; /* of its agents that have something to do */
    struct agent *ready_last;
    struct customer_use *next_ready; /* of the customers that come */
    size_t ready_count;              /* of its agents that have something to do */
    bool comes;                      /* it is among them, perhaps with nobody ready any more */
    bool suspended;                  /* its agents get no turns; agents_suspend() */
    int64_t fuel_left;               /* fuel, before others come; below 0: it used more */
};

/* The customer under whose quotas this one's holdings count: itself, or the one of its peer. */
uint64_t customer_quota_owner(const struct agents *agents, uint64_t customer);

/* The holdings under the quotas of `owner`; made if missing.  They stay where they are. */
struct customer_use *customer_use_in(struct table *customers, uint64_t owner);

/* The holdings that count for this customer (customer_quota_owner()); made if missing. */
struct customer_use *customer_use(const struct agents *agents, uint64_t customer);

/* Free the table and its values. */
void customers_free(struct table *customers);

/* The most of a resource that may be held; 0: there is no bound. */
uint64_t quota_max(const struct agents *agents, const struct customer_use *use,
                   enum customer_resource resource);

/* Whether that much more of a resource may be held. */
bool quota_allows(const struct agents *agents, const struct customer_use *use,
                  enum customer_resource resource, uint64_t more);

/*
 * quota_take() and quota_give() count more or less of a resource.  Undone by the rollback of a
 * running turn.
 */
void quota_take(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t more);
void quota_give(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t less);

/* Whether a reference to a module may be held; only the first one of a customer counts. */
bool quota_allows_code(const struct agents *agents, const struct customer_use *use,
                       const struct code *code);

/*
 * quota_take_code() and quota_give_code() count one reference to a module.  Undone by the rollback
 * of a running turn.
 */
void quota_take_code(struct agents *agents, struct customer_use *use, struct code *code);
void quota_give_code(struct agents *agents, struct customer_use *use, struct code *code);

/*
 * customer_adds_code() and customer_drops_code() count one reference to a module; not undone: while
 * rows are read, and to count again for agents_check().
 */
void customer_adds_code(struct customer_use *use, const struct code *code);
void customer_drops_code(struct customer_use *use, const struct code *code);

/*
 * Count a module for nobody any more: it turned out to be the site's own.  Called before it is
 * marked so.
 */
void quota_frees_code(struct agents *agents, const struct code *code);

/* The bytes that one reference to a module would add to what this customer's agents hold. */
uint64_t customer_code_adds(const struct customer_use *use, const struct code *code);

#endif
