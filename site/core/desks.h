/*
 * What customers hold here themselves: each that ever asked an agent something has a desk
 * (agents/desk.h), and a name for each capability on it.
 *
 * Used by the core thread alone.  The names are in the customer's row (docs/records.md).
 */
#ifndef SERAI_SITE_CORE_DESKS_H
#define SERAI_SITE_CORE_DESKS_H

#include "agents/desk.h"
#include "base/cbor.h"
#include "site/control/control.h"

struct core;
struct customer;
struct outcome;

/* A capability on a desk, as its customer calls it. */
struct desk_cap {
    uint64_t slot; /* of the desk */
    char name[CONTROL_NAME_BYTES_MAX + 1];
};

struct desk {
    uint64_t agent; /* that stands for it */
    size_t count;
    struct desk_cap caps[DESK_CAPS_MAX]; /* in the order in which they came */
};

/* The agent that is a customer's desk; NULL: it has none. */
struct agent *core_desk_agent(const struct core *core, const struct customer *customer);

/*
 * Make the customer's desk, in the running event.  The customer has agents_desk_price() and the
 * birth fee, which it pays.  NULL: refused, nothing was changed, and the outcome says why.
 */
struct agent *core_desk_make(struct core *core, struct customer *customer, struct outcome *outcome);

/* Forget a customer's desk, whose agent has ended. */
void core_desk_over(struct core *core, struct customer *customer);

/* The capability of this name; NULL: the customer has none of it. */
const struct desk_cap *core_desk_find(const struct customer *customer, const char *name);

/* Name what is in a slot.  There is room, and the name is free (INVARIANT). */
void core_desk_name(struct core *core, struct customer *customer, uint64_t slot, const char *name);

/* Take a name away from a customer's desk, which has it. */
void core_desk_unname(struct core *core, struct customer *customer, const char *name);

/* Append the desk of a customer, or none, to its row. */
void core_desk_put(struct bytes *row, const struct desk *desk);

/* Read what core_desk_put() wrote; *desk is NULL without one.  What is wrong stays in `in`. */
void core_desk_get(struct cbor *in, struct desk **desk);

/*
 * Check that each customer's desk is there and holds what has a name, and that every desk is a
 * customer's.  ST_CORRUPT says which is not.
 */
MUST_CHECK enum status core_desks_check(const struct core *core, struct fault *fault);

#endif
