/*
 * Agents: untrusted WebAssembly programs that own money, and the turns they take.
 *
 * This part holds every agent's state (memory, capabilities, inbox, facets, buffers, code, heap
 * entries, timers, logs), runs turns as transactions, books their fees and transfers in the ledger
 * and writes changed rows into the frame.  What belongs to channels it leaves to `struct
 * channel_handlers`.  Deterministic; one thread.  How a turn works: docs/architecture.md.
 *
 * An agent's number is its account's number.
 */
#ifndef SERAI_AGENTS_AGENTS_H
#define SERAI_AGENTS_AGENTS_H

#include "base/random.h"
#include "base/store.h"
#include "base/undo.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "market/market.h"
#include "sdk/abi.h"

struct agents; /* all of them; opaque */
struct agent;  /* one; opaque */
struct turn;   /* the running one; opaque */

/* ---- the environment, given by the site ---- */

/* Functions for channels, of the part that knows them. */
struct channel_handlers {
    /* An order on a channel pool or channel end: result or refusal. */
    int64_t (*order)(void *context, struct turn *turn, enum serai_order order,
                     const uint64_t *args);
    /* Sell all ends of an agent that died; refunds go to its account. */
    void (*sell_ends)(void *context, uint64_t owner);
    /* Whether its owner still has a use for this channel end (cap_drop refuses then). */
    bool (*end_is_live)(void *context, uint64_t end);
    /* For agents_check(): add up what customers hold by ends.  NULL: nothing. */
    void (*holdings)(void *context, void *sum,
                     void (*add)(void *sum, uint64_t customer, enum customer_resource resource,
                                 uint64_t amount));
};

/* What became of an agent. */
enum agents_news {
    NEWS_FROZEN = 0,
    NEWS_THAWED = 1,
    NEWS_UNDONE = 2, /* a turn of it was */
    NEWS_DIED = 3,
};

struct agents_told {
    enum agents_news what;
    uint64_t agent;
    const char *name;
    const char *text; /* the reason, of `size` bytes; of a turn that was undone any bytes */
    size_t size;
};

struct agents_env {
    void *context;
    struct random_source random;
    const struct price_index *rent;          /* of each enum rent_resource; borrowed for its life */
    const struct channel_handlers *channels; /* borrowed; see agents_set_channels() */
    void *channels_context;
    /*
     * The customer whose quotas this one is under: all those of one peer share one.  NULL: each has
     * its own.
     */
    uint64_t (*quota_owner)(void *context, uint64_t customer);
    /*
     * Called when nothing is left that counts for this customer itself (agents_lineage_holds()),
     * perhaps in a turn that is undone later.  NULL: not called.
     */
    void (*lineage_over)(void *context, uint64_t customer);
    /*
     * Append to *row the value of a row of table `page`, as of the frame before the one that is
     * filling, which is durable.  A row that is missing or does not fit its hash ends the site: it
     * does not return.  NULL: all pages stay in RAM.
     */
    void (*read_page)(void *context, const void *key, size_t key_size, struct bytes *row);
    /*
     * Told once it can be undone no more; of freezes and thaws with the frame, so that both within
     * one are none.  Borrowed for the call.  NULL: not called.
     */
    void (*news)(void *context, const struct agents_told *told);
    /* Called before each turn, and after it with zeroes; NULL: not called. */
    void (*mark)(void *context, uint64_t agent, uint64_t message);
    /* Set to the number + 1 of the order that a turn gives, else to 0; NULL: not set.  A place and
     * not a call, as orders are many. */
    volatile uint64_t *order_mark;
};

/*
 * Make a site without agents.  `ledger` and `undo` are borrowed for its life, *env is copied.  On
 * ST_OK the caller ends *agents with agents_free().  ST_NOMEM: memory, or address space
 * (agents_address_bytes()).
 */
MUST_CHECK enum status agents_new(struct agents **agents, struct ledger *ledger, struct undo *undo,
                                  const struct agents_env *env, struct fault *fault);

/* Free all agents and what belongs to them; NULL is allowed. */
void agents_free(struct agents *agents);

/*
 * Set the handlers of channels, before the first turn: the part that has them is made after the
 * agents and needs them.  The table is borrowed for the life of the agents.
 */
void agents_set_channels(struct agents *agents, const struct channel_handlers *handlers,
                         void *context);

/* Set the prices from here on, copied.  Rents that are owed stay as they are. */
void agents_set_prices(struct agents *agents, const struct pricebook *prices);

/*
 * Set how long the log of changed pages grows before it is swept, and how many pages stay in RAM
 * that env.read_page could read again; 0: as in agents/limits.h.  For tests.
 */
void agents_set_pages(struct agents *agents, uint64_t log_bytes_max, uint64_t cached_max);

/*
 * Report that the rows of frames below this number are durable: pages that leave RAM are read again
 * from these.  Never called: those of all frames but the one that fills.
 */
void agents_frames_durable(struct agents *agents, uint64_t below);

/* The bytes of address space that agents_new() takes for the memory of those that run. */
uint64_t agents_address_bytes(void);

/* The prices in force; borrowed until the next agents_set_prices(). */
const struct pricebook *agents_prices(const struct agents *agents);

/* Set site time, in microseconds.  It is constant within a turn and never falls. */
void agents_set_time(struct agents *agents, uint64_t site_time_us);

/* The site time that was set, in microseconds. */
uint64_t agents_time(const struct agents *agents);

/*
 * Read all rows back into a site without agents, and add what they claim to *claims.  What
 * agents_check() looks at holds then.  ST_CORRUPT names the record.
 */
MUST_CHECK enum status agents_load(struct agents *agents, const struct store_read *read,
                                   struct ledger_claims *claims, struct fault *fault);

/* Write all rows that changed since the last call.  Not within a turn. */
void agents_write_rows(struct agents *agents, struct store_batch *batch);

/*
 * End a frame whose rows are written: agents with nothing to do may be packed, the dead are freed,
 * and pages that can be read again may be evicted.  Pointers to agents end here.
 */
void agents_end_frame(struct agents *agents);

/* About how many bytes of pages agents_write_rows() would write now. */
uint64_t agents_frame_bytes(const struct agents *agents);

/*
 * Add what the rows of agents say that held and deposit accounts hold; for verification.
 * ST_CORRUPT.
 */
MUST_CHECK enum status agents_claims(const struct store_read *read, struct ledger_claims *claims,
                                     struct fault *fault);

/* Add the same as agents_claims() from RAM. */
void agents_claims_live(const struct agents *agents, struct ledger_claims *claims);

/* Check that what is counted and listed is what a look at everything finds.  ST_CORRUPT. */
MUST_CHECK enum status agents_check(const struct agents *agents, struct fault *fault);

/* ---- finding agents ---- */

/*
 * The agent of this number; a packed one is activated.  NULL: there is none.  The pointer is good
 * until agents_end_frame(), which may pack the agent again.
 */
struct agent *agents_find(const struct agents *agents, uint64_t id);

/* Whether there is an agent of this number.  Activates none. */
bool agents_has(const struct agents *agents, uint64_t id);

/*
 * Set how many agents may stay active at the end of a frame besides those that have something to
 * do; 0, for tests, packs all that can be.  Nothing that happens depends on it.
 */
void agents_keep_awake(struct agents *agents, size_t count);

/*
 * agent_id() and agent_customer() are facts that never change.  The name is borrowed from the
 * agent, until agents_rename().
 */
uint64_t agent_id(const struct agent *agent);
uint64_t agent_customer(const struct agent *agent);
const char *agent_name(const struct agent *agent);

/* The agent that this customer calls so, of those that are no children; 0: none. */
uint64_t agents_named(const struct agents *agents, uint64_t customer, const char *name);

/* Call an agent something else, of at most AGENT_NAME_BYTES_MAX.  Not within a turn. */
void agents_rename(struct agents *agents, struct agent *agent, const char *name);

/* ---- money that comes from outside of turns ---- */

/*
 * Where money for an account goes: to the account itself, or if it is closed to its customer, or to
 * unclaimed.
 */
uint64_t agents_payee(const struct agents *agents, uint64_t account);

/*
 * Call after crediting an agent: makes up the burial reserve of a dry one, thaws it if it can run,
 * and sets its low-balance mark again.  Within an event, when no turn runs.
 */
void agents_topped_up(struct agents *agents, struct agent *agent);

/*
 * Call after money was moved to or from an agent by hand: what it uses is measured anew
 * (agent_view.burnt).
 */
void agents_measure_anew(const struct agents *agents, struct agent *agent);

/* ---- turns ---- */

/* Whether any agent has something to do. */
bool agents_ready(const struct agents *agents);

/* How many agents have an event that could run now; of customers that are suspended, none. */
size_t agents_ready_count(const struct agents *agents);
enum { CUSTOMER_SHARE_MAX = 100 };

/*
 * Set how much of the site's time this customer's agents have, in proportion to others': 1 at
 * first, at most CUSTOMER_SHARE_MAX (INVARIANT), so that none waits long.
 */
void agents_set_share(struct agents *agents, uint64_t customer, uint32_t share);

/* The share that agents_set_share() set; 1 at first. */
uint32_t agents_share(const struct agents *agents, uint64_t customer);

/*
 * Let the agents of a customer have no turns, or turns again.  What comes to them waits, as to
 * agents that are frozen by hand; rent goes on.  Not stored: said again after a start.
 */
void agents_suspend(struct agents *agents, uint64_t customer, bool suspended);
bool agents_are_suspended(const struct agents *agents, uint64_t customer);

/* An agent that has something to do; 0: there is none. */
struct ready {
    uint64_t agent;
    uint64_t customer;
};

/* The agent whose turn is next: customers come in turn, and of each its agents. */
struct ready agents_next_ready(struct agents *agents);

/* Run the next event of agents_next_ready().  False when there is none. */
bool agents_run_one(struct agents *agents);

/* Bill rents and fire timers that are due.  Books its own events. */
void agents_tick(struct agents *agents);

/* Site time when agents_tick() has something to do next; UINT64_MAX when it has not. */
uint64_t agents_next_due_us(const struct agents *agents);

#endif
