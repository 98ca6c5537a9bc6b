/*
 * The core and its parts; private to this folder.  What can be done with each part is in the header
 * of its file.
 */
#ifndef SERAI_SITE_CORE_STATE_H
#define SERAI_SITE_CORE_STATE_H

#include "agents/agents.h"
#include "channels/channels.h"
#include "exchange/exchange.h"
#include "links/invitations.h"
#include "links/link.h"
#include "site/core/connections.h"
#include "site/core/core.h"
#include "site/core/customer_index.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "site/core/disk.h"
#include "site/core/drain.h"
#include "site/core/news.h"

/* The most of site time in one step: on a quiet site rent is billed each minute. */
enum { TIME_STEP_US_MAX = 2 * 60000000 };

struct core {
    struct core_options options;
    struct ledger *ledger;
    struct undo *undo;
    struct store store; /* to read pages again */
    struct agents *agents;
    struct channels *channels;
    struct links *links;
    struct exchange *exchange;                        /* of these four, and the ledger */
    struct link_reports reports[LINK_INTERFACES_MAX]; /* by interface - 1 */
    uint64_t reminded_us;                             /* monotonic time of the last reminder */
    bool links_changed; /* the edge has to know of them: with this frame */

    struct invitations *invitations;
    bool invitations_changed;   /* the edge has to know of them: with this frame */
    struct core_joined *joined; /* answers that leave with this frame */
    size_t joined_count;
    size_t joined_capacity;
    uint64_t joins_refused; /* since that was logged */
    uint64_t join_log_us;   /* monotonic: when that was; 0: never */

    struct customer_index customers; /* in order of account; the first is the operator */
    struct customer_index by_key;    /* those that the operator added */
    struct customer_index by_tag;    /* peers', in order of interface, tag and key */
    struct customer_index by_claim;  /* the same in order of key, interface and tag */
    uint32_t link_customers[LINK_INTERFACES_MAX]; /* by interface - 1 */
    uint64_t shared_customers;                    /* beyond LINK_CUSTOMERS_OWN of each */
    struct bytes over_customers;                  /* u64: accounts of peers' that may be given up */
    struct bytes changed_customers;               /* u64: accounts whose rows must be written */
    struct bytes answered_customers;              /* ... and whose last request */

    struct price_index rent[RENT_RESOURCES];
    struct pricebook book;
    bool meta_dirty;

    struct news news;

    uint64_t site_time_us;
    uint64_t monotonic_us; /* of the last core_advance() */
    bool clock_started;
    uint64_t unspent_us;       /* time that passed while a frame was open */
    bool frame_open;           /* something happened since the last close */
    uint64_t committing_frame; /* frames below it are in the commit that goes on */
    bool drop_waits;           /* the store could not be read for a drop: with a later frame */
    bool frame_answers;        /* a command was done in it: whoever asked is given its number */

    uint64_t run; /* the frame that filled first in this run: its name in cursors of events */
    struct core_tier1 tier1;
    struct disk disk;
    struct drain drain;

    struct core_reply *replies;
    size_t reply_count;
    size_t reply_capacity;
};

#endif
