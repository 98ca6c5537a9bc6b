/*
 * Customers: the operator, those that the operator added for a key or that claimed what they had
 * here, and those of peers, which are told apart by the link, the peer's own number of them (the
 * tag) and their key.
 *
 * Used by the core thread alone.  Rows: docs/records.md, "Rows of the site".
 */
#ifndef SERAI_SITE_CORE_CUSTOMERS_H
#define SERAI_SITE_CORE_CUSTOMERS_H

#include "base/hash.h"
#include "base/store.h"
#include "links/link.h"
#include "market/market.h"
#include "site/control/control.h"
#include "site/core/allowance.h"
#include "site/core/customer_index.h"

struct core;
struct desk;

enum {
    CUSTOMERS_MAX = 65536, /* that the operator added */
    /* Customers of peers, who choose their tags.  Each peer has the first number of rows in any
     * case, and of the second, shared by all, as many as are free: so no peer's customers keep
     * another's out. */
    LINK_CUSTOMERS_OWN = 64,
    LINK_CUSTOMERS_SHARED = 16384,
    CUSTOMERS_OVER_STEP = 256, /* rows given up in one frame: each ends an account */
};

/*
 * A command that only moves the customer's own money or stops an agent is free, or one that is out
 * of money could do nothing about it; but each is 300 to 500 bytes of the journal, which is never
 * cut.  At this rate a customer writes 43 MB a day.
 */
enum { FREE_COMMANDS_MAX = 1024, FREE_COMMANDS_PER_S = 1 };

/*
 * To check a module takes about a quarter of a second of core for each MiB.  A deployment that
 * stands pays for a birth; one that is refused after that work uses up this much of the customer's
 * allowance, which comes back at this rate: 1.6 percent of a core.
 */
enum { REFUSED_CODE_BYTES_MAX = 4 * 1024 * 1024, REFUSED_CODE_BYTES_PER_S = 64 * 1024 };

struct customer {
    uint64_t account;
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    uint32_t interface; /* not 0: made for a peer's customer, which its key alone does not name */
    uint64_t tag;       /* that customer's number at the peer */
    uint32_t share;     /* agents_set_share(); of a peer's customers always 1 */
    bool suspended;     /* agents_suspend(); of a peer's customers never */
    uint32_t own;       /* resources with a bound of its own, a bit each; of a peer's none */
    uint64_t max[CUSTOMER_RESOURCES]; /* agents_set_quota(); 0 where it has none of its own */
    struct desk *desk;                /* desks.h; NULL: it never asked anything */
    bool dirty;                       /* and among changed_customers */
    /* The last signed request of its key, kept so that a repeat gets the first answer. */
    uint64_t number;
    struct hash request;
    struct bytes answer;
    bool request_dirty;             /* and among answered_customers */
    struct allowance refused_code;  /* bytes of modules that were checked in vain */
    struct allowance free_commands; /* that were done, and cost it nothing */
};

/* Whether this customer is the operator, who was the first. */
bool core_is_operator(const struct core *core, const struct customer *customer);

/* The customer with this key; NULL: there is none. */
struct customer *core_customer_by_key(struct core *core, const uint8_t *key);

/*
 * Whether this account's agents are the customer's to rule: its own, or one that a peer keeps here
 * for the same key.
 */
bool core_customer_rules(const struct core *core, const struct customer *customer,
                         uint64_t account);

/* The customer of this account; NULL: there is none. */
struct customer *core_customer_by_account(const struct core *core, uint64_t account);

/* The place of the first customer whose account comes after this one. */
size_t core_customers_after(const struct core *core, uint64_t account);

/*
 * Add a customer, whose account is opened in the running event.  ST_FULL, ST_EXISTS (name or key),
 * ST_NOMEM.
 */
MUST_CHECK enum status core_customer_add(struct core *core, const char *name, const uint8_t *key,
                                         uint64_t *account, struct fault *fault);

/* Whether a customer that is not a peer's has this name. */
bool core_customer_name_taken(const struct core *core, const char *name);

/* Let the agents' part have what the customer's row says: its share, its bounds, its suspension. */
void core_customer_apply(struct core *core, const struct customer *customer);

/* The customer of a peer's, by its number and key there.  NULL: it has no row, or none any more. */
struct customer *core_customer_of_link(const struct core *core, uint32_t interface, uint64_t tag,
                                       const uint8_t key[CONTROL_KEY_BYTES]);

/*
 * The customer of a peer's with this key, of several the one of this index from 0.  NULL: there is
 * none, or no more.
 */
struct customer *core_customer_abroad(const struct core *core, const uint8_t *key, size_t index);

/* Whether this peer may have one more customer here. */
bool core_link_customer_fits(const struct core *core, uint32_t interface);

/* Add a customer of a peer's, which fits and is not there, in the running event. */
struct customer *core_customer_of_link_new(struct core *core, const struct link *link, uint64_t tag,
                                           const uint8_t key[CONTROL_KEY_BYTES]);

/* List a customer whose row must be written with the frame. */
void core_customer_changed(struct core *core, struct customer *customer);

/*
 * List a customer whose last request has another answer: that row must be written with the frame.
 */
void core_customer_answered(struct core *core, struct customer *customer);

/*
 * List a customer that may have nothing left.  Called by agents when the last thing of a customer's
 * is gone (agents_env.lineage_over), and after money was taken out; `context` is a struct core.
 */
void core_customer_may_be_over(void *context, uint64_t account);

/*
 * Remove customers of peers who have nothing and no money any more, in an event of its own.  At
 * frame close.
 */
void core_customers_give_up(struct core *core, struct store_batch *batch);

/* Free all customers and their lists. */
void core_customers_fini(struct core *core);

/* Read customers and their last requests back.  ST_CORRUPT names the row. */
MUST_CHECK enum status core_customers_load(struct core *core, const struct store_read *read,
                                           struct fault *fault);

/* Look for customers that have nothing left, after everything that they may have was loaded. */
void core_customers_loaded(struct core *core);

/* Write the rows of the customers that changed. */
void core_customers_save(struct core *core, struct store_batch *batch);

/* Write the last request of each key that had another answer. */
void core_requests_save(struct core *core, struct store_batch *batch);

#endif
