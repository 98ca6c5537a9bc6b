/*
 * Agents: untrusted WebAssembly programs that own money, and the turns they take.
 *
 * This part holds every agent's state (memory, capabilities, inbox, facets, buffers, code, heap
 * entries, timers, logs), runs turns as transactions, books their tolls and transfers in the ledger
 * and writes changed rows into the frame.  What belongs to channels it asks for
 * through `struct agents_env`.  Deterministic; one thread.  How a turn works:
 * docs/architecture.md.
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
struct engine_code;
struct turn; /* the running one; opaque */

/* ---- what the site tells this part ---- */

/* What is done for agents with channels, by the part that knows them. */
struct channel_handlers {
    /* An order on a channel pool or channel end: result or refusal. */
    int64_t (*order)(void *context, struct turn *turn, enum serai_order order,
                     const uint64_t *args);
    /* Sell all ends of an agent that died; refunds go to its account. */
    void (*sell_ends)(void *context, uint64_t owner);
    /* Whether this channel end is one that its owner still has a use for (cap_drop refuses then).
     */
    bool (*end_is_live)(void *context, uint64_t end);
    /* For agents_check(): add up what customers hold by ends.  NULL: nothing. */
    void (*holdings)(void *context, void *sum,
                     void (*add)(void *sum, uint64_t customer, enum customer_resource resource,
                                 uint64_t amount));
};

struct agents_env {
    void *context;
    struct random_source random;
    const struct price_index *rent;          /* of each enum rent_resource; borrowed for its life */
    const struct channel_handlers *channels; /* borrowed; see agents_set_channels() */
    void *channels_context;
    /* The customer whose bounds hold for this one: all those of one neighbour share one.  NULL:
     * each has its own. */
    uint64_t (*cap_of)(void *context, uint64_t customer);
    /* Called when nothing is left that counts for this customer itself (agents_lineage_holds()),
     * perhaps in a turn that is undone later.  NULL: not called. */
    void (*lineage_over)(void *context, uint64_t customer);
    /*
     * Append to *row the value of a row of table `page`, as of the frame before the one that is
     * filling, which is durable.  A row that is missing or does not fit its hash ends the site: it
     * does not return.  NULL: all pages stay in RAM.
     */
    void (*read_page)(void *context, const void *key, size_t key_size, struct bytes *row);
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
 * Set who handles channels from here on, before the first turn: for whoever is made after the
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

/* The bytes of address space that agents_new() takes for the memory of those that run. */
uint64_t agents_address_bytes(void);

/* The prices in force; borrowed until the next agents_set_prices(). */
const struct pricebook *agents_prices(const struct agents *agents);

/* Set site time, in microseconds.  It is constant within a turn and never falls. */
void agents_set_time(struct agents *agents, uint64_t site_time_us);
uint64_t agents_time(const struct agents *agents);

/* Read all rows back into a site without agents.  ST_CORRUPT names the record. */
MUST_CHECK enum status agents_load(struct agents *agents, const struct store *store,
                                   struct fault *fault);

/*
 * Write all rows that changed since the last call; then agents with nothing to do may sleep, so
 * pointers to agents end here.  Not within a turn.
 */
void agents_save(struct agents *agents, struct store_batch *batch);

/* About how many bytes of pages agents_save() would write now. */
uint64_t agents_frame_bytes(const struct agents *agents);

/*
 * Add what the rows of agents say that held and deposit accounts hold; for verification.
 * ST_CORRUPT.
 */
MUST_CHECK enum status agents_claims(const struct store *store, struct ledger_claims *claims,
                                     struct fault *fault);

/* Add the same as agents_claims() from RAM. */
void agents_claims_live(const struct agents *agents, struct ledger_claims *claims);

/* Check that what is counted and listed is what a look at everything finds.  ST_CORRUPT. */
MUST_CHECK enum status agents_check(const struct agents *agents, struct fault *fault);

/* ---- quotas: what one customer's agents may hold, all together ---- */

/*
 * Whether a customer's agents may hold `more` of a resource; to be asked before anything is
 * changed.
 */
MUST_CHECK bool agents_quota_allows(const struct agents *agents, uint64_t customer,
                                    enum customer_resource resource, uint64_t more);

/*
 * agents_quota_take() and agents_quota_give() count that a customer's agents hold more or less of a
 * resource.  Undone by the rollback of a running turn.
 */
void agents_quota_take(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t more);
void agents_quota_give(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t less);

/*
 * The number of things that name this very customer, whoever it shares bounds with: its agents,
 * heap entries and, counted by the caller with agents_lineage_take() and agents_lineage_give(),
 * ends of channels.  While there are none, nothing will be given back to it but what others still
 * hold of its dead.
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

/* ---- capabilities ---- */

struct cap {
    uint8_t kind; /* enum serai_kind */
    uint8_t rights;
    uint64_t object; /* facet, buffer or channel end; 0 where the kind says all */
};

/* ---- code ---- */

/*
 * Validate and keep a module.  `keeper` holds a reference to it (and pays its share of the rent).
 * ST_INVALID: refused, *fault says why.  ST_FULL: the keeper's list.  *id is its SHA-256.
 */
MUST_CHECK enum status agents_code_put(struct agents *agents, struct agent *keeper,
                                       const uint8_t *bytes, size_t size, struct hash *id,
                                       struct fault *fault);

/*
 * Validate and hold a module that no agent keeps yet: it is dropped with the next frame unless it
 * is used.  Fails as agents_code_put().
 */
MUST_CHECK enum status agents_code_stage(struct agents *agents, const uint8_t *bytes, size_t size,
                                         struct hash *id, struct fault *fault);

/* Drop at once a module that was staged and that no agent keeps, as if it had never been. */
void agents_code_unstage(struct agents *agents, const struct hash *id);

/* Whether a module is here already, validated. */
MUST_CHECK bool agents_code_is_here(const struct agents *agents, const struct hash *id);

/* A module that somebody brings, and what it is known by. */
struct agents_module {
    const uint8_t *bytes;
    size_t size;
    struct hash id;
};
/*
 * How many bytes these would add to what the customer's agents run and keep (CUSTOMER_CODE_BYTES):
 * each counts once however often it is named, and none that they have already.  One that is not
 * here yet counts with its own bytes alone: what it decodes to is known once it is staged.
 */
MUST_CHECK uint64_t agents_code_adds(const struct agents *agents, uint64_t customer,
                                     const struct agents_module *modules, size_t count);

/* The functions of a module that a site calls. */
struct code_entry {
    uint32_t turn;    /* serai_turn */
    bool initializes; /* it has _initialize, to be run before the first turn that stands */
    uint32_t initialize;
};

/*
 * Find the functions of a module that a site calls.  ST_INVALID: there is no serai_turn, one of the
 * two has another signature, or the module counts on a call that no site makes (_start,
 * constructors without _initialize); *fault says which.
 */
MUST_CHECK enum status agents_code_entry(const struct engine_code *engine, struct code_entry *entry,
                                         struct fault *fault);

/* Validate a module and keep nothing.  Fails as agents_code_put(). */
MUST_CHECK enum status agents_code_check(const uint8_t *bytes, size_t size, struct fault *fault);

/* Keep a module that no agent pays for: the loader.  Fails as agents_code_put(). */
MUST_CHECK enum status agents_code_builtin(struct agents *agents, const uint8_t *bytes, size_t size,
                                           struct hash *id, struct fault *fault);

/* ---- tier 1: code compiled by whoever runs the compiler (engine/native.h) ----
 *
 * Which tier code is in changes nothing that agents see, pay or store: frames are the same.
 */

/*
 * Let agents_hot_code() report each module once its agents used `fuel`, and again once they used
 * what a compile is worth: `effort_fuel` for each unit of its effort (engine_native_effort()), if
 * that is more.  With `fuel` 0, as at first, none is reported.
 */
void agents_watch_code(struct agents *agents, uint64_t fuel, uint64_t effort_fuel);

struct hot_code {
    struct hash id;
    const uint8_t *bytes; /* borrowed until a turn is run or a frame is saved */
    size_t size;
    bool paid; /* its agents used what a compile is worth; else take only an object at hand */
};

/* The next module that became hot; each time is reported once.  False: there is none. */
bool agents_hot_code(struct agents *agents, struct hot_code *hot);

/* Append a module's C text; for the process that compiles.  ST_INVALID: it is refused; ST_NOMEM. */
MUST_CHECK enum status agents_code_emit(const uint8_t *module, size_t size, struct bytes *text,
                                        struct fault *fault);

/*
 * Run a module by the object at `path` from the next turn on.  Not within a turn.  ST_MISSING: no
 * agent has it any more.  ST_INVALID, ST_IO: it stays as it was, and *fault says why.
 */
MUST_CHECK enum status agents_code_load(struct agents *agents, const struct hash *id,
                                        const char *path, struct fault *fault);

/* Move the module in tier 1 that ran longest ago back to tier 0; it may become hot again. */
void agents_code_unload(struct agents *agents);

/*
 * Record why a module stays in tier 0; agents_code_list() shows it, and it is not reported again.
 */
void agents_code_note(struct agents *agents, const struct hash *id, const char *reason);

/* The number of modules in tier 1. */
size_t agents_codes_native(const struct agents *agents);

struct code_view {
    uint64_t cursor; /* the first 8 bytes of the id, big-endian */
    struct hash id;
    uint64_t size;
    uint64_t held;      /* of memory, for which rent is paid; the loader's by nobody */
    uint64_t refs;      /* agents that run or keep it */
    uint64_t fuel;      /* used since the start */
    bool builtin;       /* the loader */
    bool native;        /* in tier 1 */
    const char *reason; /* why not, if somebody watches, else ""; for this visit */
};
/* Visit at most `limit` modules with a cursor above `after`, in its order.  Returns how many. */
size_t agents_code_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct code_view *code), void *context);

/* ---- birth, money, freezing (outside turns, or from an order through turn_*) ---- */

struct birth {
    uint64_t customer; /* the lineage */
    uint64_t parent;   /* agent, or 0 */
    const char *name;  /* borrowed */
    struct hash code;  /* must be kept here already */
    const uint8_t *args;
    size_t args_size;
    struct cap origin; /* kind EMPTY when there is none */
    uint8_t gifts[8];  /* kinds of singleton caps beyond the standard ones, after `caps` */
    size_t gift_count;
    const struct cap *caps; /* handed over with BORN */
    size_t cap_count;
    uint64_t payer; /* account that pays `endowment`, and the fee beside it */
    struct money endowment;
    enum transfer_code endowment_code;
};

/* The least endowment: burial reserve, memory and the first event's reserve. */
struct money agents_birth_min(const struct agents *agents);

enum birth_result {
    BIRTH_DONE = 0,
    BIRTH_SHORT,   /* the payer has not that much, or the endowment is below the least */
    BIRTH_QUOTA,   /* one of the customer's bounds: agents, memory, code or events */
    BIRTH_FULL,    /* the site's bound */
    BIRTH_NO_CODE, /* no such code here */
    BIRTH_NO_ROOM, /* the site's disk is nearly full */
};

/* The result in words for people. */
const char *birth_result_text(enum birth_result result);

/* The result as a guest sees it: 0 for BIRTH_DONE, else a refusal of sdk/abi.h. */
int32_t birth_result_refusal(enum birth_result result);

/* Refuse every birth with BIRTH_NO_ROOM, or no longer: for while the site has no room to write. */
void agents_refuse_births(struct agents *agents, bool refuse);

/* Whether agents_birth() would succeed, the payer's money aside; else *result says why not. */
MUST_CHECK bool agents_birth_check(struct agents *agents, const struct birth *birth,
                                   enum birth_result *result);

/* Check what can be checked before the code is known and without the money. */
MUST_CHECK enum birth_result agents_birth_check_early(const struct agents *agents,
                                                      const struct birth *birth);

/*
 * Make an agent: open its account, move the endowment (payer -> agent), take burial reserve and the
 * first event's reserve, give the standard caps, queue BORN.  The caller charges the birth fee.
 * Needs a running ledger event.  Within a turn the money is staged and a rollback removes the
 * agent.
 */
MUST_CHECK enum birth_result agents_birth(struct agents *agents, const struct birth *birth,
                                          struct agent **agent);

/*
 * The agent of this number; one that slept wakes.  NULL: there is none.  The pointer is good until
 * agents_save(), after which the agent may sleep again.
 */
struct agent *agents_find(const struct agents *agents, uint64_t id);

/* Whether there is an agent of this number.  Wakes nobody. */
bool agents_has(const struct agents *agents, uint64_t id);

/*
 * Set how many agents may be awake at the end of a frame besides those that have something to do;
 * 0, for tests, puts to sleep all that can.  Nothing that happens depends on it.
 */
void agents_keep_awake(struct agents *agents, size_t count);

/*
 * agent_id(), agent_customer() and agent_name() are facts that never change.  The name is borrowed
 * from the agent.
 */
uint64_t agent_id(const struct agent *agent);
uint64_t agent_customer(const struct agent *agent);
const char *agent_name(const struct agent *agent);

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
 * Freeze an agent, by hand or by quarantine, until agents_thaw().  `reason` is copied and cut to
 * fit.
 */
void agents_freeze(struct agents *agents, struct agent *agent, const char *reason);

/* Whether agents_freeze() froze it, so that only agents_thaw() ends that. */
bool agents_is_held(const struct agent *agent);

/*
 * Let a frozen agent run again.  ST_INVALID: it is not frozen, or has not the money to run (the
 * fault says how much it lacks).
 */
MUST_CHECK enum status agents_thaw(struct agents *agents, struct agent *agent, struct fault *fault);

/*
 * End an agent for its owner, in a running event and outside of turns: as if it had ended by
 * self_die, whatever its state.  Its estate goes to agents_payee() of its customer.  What cannot
 * come back at once, because a neighbour must answer first, goes the same way when it comes.
 */
void agents_end(struct agents *agents, struct agent *agent);

/*
 * The money that its owner may take out of it now: all that it has when it is frozen, else what its
 * next event does not need.  Settles its rent first, so it needs a running event.
 */
MUST_CHECK struct money agents_withdrawable(struct agents *agents, struct agent *agent);

/* Move that much money, at most agents_withdrawable() of this event, to its customer. */
void agents_withdraw(struct agents *agents, struct agent *agent, struct money amount);

/* ---- events for agents ---- */

struct message {
    uint64_t id;
    enum serai_event_kind kind;
    uint64_t sender;          /* account that gets money and postage back */
    uint64_t sender_customer; /* whose quarter of the inbox it fills; 0: reserved room */
    uint64_t end;             /* channel end, or 0 */
    uint64_t badge;
    int32_t status;
    struct money fee;
    struct money money;   /* in held:message until its turn (MESSAGE only), else informative */
    struct money postage; /* in held:message until its turn */
    struct money reserve; /* in held:reserve until its turn */
    struct money spent;   /* postage that its receiver has had already, and waits again */
    struct cap reply;     /* one-shot facet or EMPTY */
    uint8_t cap_count;
    struct cap caps[SERAI_MESSAGE_CAPS_MAX];
    const uint8_t *data; /* copied by agents_deliver() */
    size_t size;
};

/* Whether a message of `size` bytes can be queued: 0, SERAI_E_FULL or SERAI_E_CLOSED. */
int64_t agents_inbox_room(const struct agents *agents, const struct agent *to,
                          uint64_t sender_customer, size_t size);

/*
 * Queue a copy of *message (its id is set here) at the end of the agent's inbox.  Undone by the
 * running turn's rollback.  Money fields must be in the held accounts already, or staged to go
 * there.
 */
void agents_deliver(struct agents *agents, struct agent *to, const struct message *message);

/* The money that one event costs to reserve now. */
struct money agents_reserve(const struct agents *agents);

/* ---- turns ---- */

/* Whether any agent has something to do. */
bool agents_ready(const struct agents *agents);
enum { CUSTOMER_SHARE_MAX = 100 };

/*
 * Set how much of the site's time this customer's agents have, in proportion to others': 1 at
 * first, at most CUSTOMER_SHARE_MAX (INVARIANT), so that none waits long.
 */
void agents_set_share(struct agents *agents, uint64_t customer, uint32_t share);

/* The share that agents_set_share() set; 1 at first. */
uint32_t agents_share(const struct agents *agents, uint64_t customer);

/* An agent that has something to do; 0: there is none. */
struct ready {
    uint64_t agent;
    uint64_t customer;
};

/* The agent whose turn is next: customers come in turn, and of each its agents. */
struct ready agents_next_ready(struct agents *agents);

/* Run the next event of agents_next_ready().  False when there is none. */
bool agents_run_one(struct agents *agents);

/* Settle rents and fire timers that are due.  Books its own events. */
void agents_tick(struct agents *agents);

/* Site time when agents_tick() has something to do next; UINT64_MAX when it has not. */
uint64_t agents_next_due_us(const struct agents *agents);

/* ---- for channel_handlers.order, within a turn ---- */

/* The agent whose turn it is. */
struct agent *turn_agent(const struct turn *turn);

/*
 * The cap in a slot, if it is of `kind` (SERAI_KIND_ANY: of any); else NULL, and *refusal says why.
 * Valid until the slot changes.
 */
const struct cap *turn_cap(const struct turn *turn, uint64_t slot, enum serai_kind kind,
                           int64_t *refusal);

/* Whether turn_give_cap() will find a slot. */
bool turn_has_slot(const struct turn *turn);

/*
 * Put the cap into the first empty slot, also if another holds it already: so dropping what was
 * given loses nothing else.  Returns the slot, or SERAI_E_FULL.
 */
int64_t turn_give_cap(struct turn *turn, const struct cap *cap);

/* Empty a slot; it is lent no more. */
void turn_take_cap(struct turn *turn, uint64_t slot);

/*
 * ---- money within a turn ----
 *
 * A toll stands whatever the turn does and draws only on the balance at its start and the event's
 * postage; a transfer happens with the commit, and may also draw on what this turn received.
 */

/* Whether turn_pay() of that much would succeed. */
MUST_CHECK bool turn_can_pay(const struct turn *turn, struct money amount);

/*
 * Book a transfer that is covered already: staged within a turn, at once outside of one.  A refusal
 * is a bug (INVARIANT).
 */
void agents_post(struct agents *agents, const struct transfer *transfer);

/* Move money as agents_post(), by a line without quantity and price.  No money is no line. */
void agents_move(struct agents *agents, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object);

/*
 * Move money as agents_move(), out of the agent whose turn it is.  False when there is not enough:
 * nothing is staged.
 */
MUST_CHECK bool turn_pay(struct turn *turn, uint64_t to, struct money amount,
                         enum transfer_code code, uint64_t object);

/* Make an amount of a guest's i64; false when it is negative. */
bool money_from_guest(struct money *amount, uint64_t raw);

/*
 * Guest memory for an order to read, or with turn_write() to write, which marks the cards.  Charges
 * for moving that many bytes.  NULL when it reaches outside, or when there is not enough fuel; then
 * the turn ends, out of fuel, as soon as the order returns.
 */
const uint8_t *turn_read(struct turn *turn, uint64_t address, uint64_t size);

/* Guest memory for an order to write; as turn_read(). */
uint8_t *turn_write(struct turn *turn, uint64_t address, uint64_t size);

/*
 * Charge fuel for work that an order does for its caller.  False: there is not enough, and the turn
 * ends as in turn_read().
 */
MUST_CHECK bool turn_work(struct turn *turn, uint64_t fuel);

/*
 * Charge fuel of the running turn, if there is one, for what its orders make and others have to
 * keep, carry and end.  When it lacks, the order is done, and the turn ends with it, out of fuel,
 * and is undone.
 */
void agents_work(struct agents *agents, uint64_t fuel);

/* Charge the fuel for a message with that many bytes of data, as agents_work(). */
void agents_work_message(struct agents *agents, size_t size);

/*
 * The prices of packets over one interface, per packets_unit and packet_data_unit.  `object` is
 * what the lines of packets say of it, even; those of bytes say one more.  One object has the same
 * prices for the whole turn.
 */
struct packet_prices {
    uint64_t object;
    struct money packets;
    struct money packet_data;
};

/*
 * Take the fees of one packet of `size` bytes as tolls.  False: not enough, or packets of too many
 * interfaces in one turn; nothing was taken.
 */
MUST_CHECK bool turn_packet_toll(struct turn *turn, const struct packet_prices *prices,
                                 size_t size);

/* Copy bytes of a buffer that this cap may read to `to`.  False when out of range. */
MUST_CHECK bool turn_buffer_read(struct turn *turn, const struct cap *buffer, uint64_t offset,
                                 uint64_t size, uint8_t *to);

/* ---- reading, for lists and status ---- */

struct agent_view {
    uint64_t id;
    uint64_t customer;
    uint64_t parent;
    const char *name;
    const char *state; /* "running", "frozen" */
    const char *reason;
    struct hash code;
    uint64_t memory_bytes;
    uint64_t buffer_bytes;
    uint64_t inbox_messages;
    uint64_t inbox_bytes;
    uint64_t slots;
    uint64_t facets;
    uint64_t codes;
    uint64_t turns;
    uint64_t traps;
    uint64_t fuel;
    uint64_t born_frame;
    uint64_t log_line; /* the number of the last line of its log; 0: it wrote none */
    struct money mark;
    struct money burial;
    struct money needs; /* of one frozen for want of money: what to fund it with, at least */
    u128 rent_rate;     /* bytes held x nanos per GiB-hour, over all resources */
};

/* Fill *view; its texts are borrowed from the agent. */
void agents_view(const struct agents *agents, const struct agent *agent, struct agent_view *view);

/*
 * Visit at most `limit` agents with a number above `after`, in order; the pointer is good for the
 * visit.  Returns how many were visited.  Wakes nobody.
 */
size_t agents_list(const struct agents *agents, uint64_t after, size_t limit,
                   void (*visit)(void *context, const struct agent *agent), void *context);

/* The writer of a line of an agent's log; the site writes why a turn trapped, for example. */
enum log_writer { LOG_BY_AGENT = 0, LOG_BY_SITE = 1 };
struct agent_log_view {
    uint64_t line;
    uint64_t time_us;
    enum log_writer by;
    const char *text;
    size_t size;
};

/*
 * Visit at most `limit` lines of an agent's log with a number above `after`, in order; the text is
 * borrowed for the visit.  Returns how many were visited.
 */
size_t agents_log_list(const struct agents *agents, const struct agent *agent, uint64_t after,
                       size_t limit,
                       void (*visit)(void *context, const struct agent_log_view *line),
                       void *context);
struct heap_view {
    uint64_t serial;
    uint64_t payer;
    struct money deposit;
    uint8_t kind;
};

/*
 * Visit at most `limit` heap entries with a serial above `after`, in order.  Their numbers are not
 * shown: they are secrets.  Returns how many were visited.
 */
size_t agents_heap_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct heap_view *entry), void *context);

struct agents_counters {
    uint64_t turns;
    uint64_t traps;
    uint64_t births;
    uint64_t messages;
    uint64_t fuel;
    uint64_t agents;
    uint64_t frozen;
};

/* The counters as they are now.  All but `agents` and `frozen` only rise. */
struct agents_counters agents_count(const struct agents *agents);

/* The number of agents under the same bounds as this customer's. */
uint64_t agents_of_customer(const struct agents *agents, uint64_t customer);

#endif
