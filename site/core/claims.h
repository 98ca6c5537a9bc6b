/*
 * Claims: what agents of a peer's customer left here, claimed by that customer's key.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_CLAIMS_H
#define SERAI_SITE_CORE_CLAIMS_H

#include "site/core/customers.h"
#include "site/core/outcome.h"

struct core;

enum {
    CLAIM_ROWS_MAX = 256, /* that one command empties: one line each.  Another takes the next */
    /* A peer chooses the keys of its customers, and a customer stays: so claims leave places. */
    CLAIM_CUSTOMERS_MAX = CUSTOMERS_MAX / 2,
};

/* Whether this is a claim by a key that a peer named for a customer of its own. */
bool core_claim_is_of(const struct core *core, const struct control_request *request);

/*
 * Whether that claim may make its key a customer of this site.  False: the outcome says why not,
 * and nothing was changed.
 */
bool core_claim_may_begin(const struct core *core, const struct control_request *request,
                          struct outcome *outcome);

/* Make the key a customer, in the running event, after core_claim_may_begin(). */
struct customer *core_claim_begin(struct core *core, const uint8_t *key);

/*
 * Move what the row of a peer's customer has to a customer of this site, in the running event.  The
 * row may be over then.
 */
void core_claim_take(struct core *core, const struct customer *from, const struct customer *to);

#endif
