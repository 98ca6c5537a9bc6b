/*
 * Birth, freezing and the end of agents, and what their owner does to them from outside of their
 * turns.
 */
#ifndef SERAI_AGENTS_LIFE_H
#define SERAI_AGENTS_LIFE_H

#include "agents/cap.h"
#include "base/hash.h"
#include "base/money.h"
#include "ledger/ledger.h"
#include "sdk/abi.h"

struct agents;
struct agent;

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
    uint32_t
        without;    /* a bit for each inborn slot that is left empty; what the parent lacks, too */
    bool trial;     /* it ends if its first turn is undone; its customer gets what is left */
    bool is_desk;   /* it becomes one at once (desk.h), and is nobody to be told of */
    bool confined;  /* it chooses no numbers in the heap; as a parent that is confined, too */
    uint64_t payer; /* account that pays `endowment`, and the fee besides */
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
    BIRTH_LEAVING, /* the site is being drained */
};

/* The result in words for people. */
const char *birth_result_text(enum birth_result result);

/* The result as a guest sees it: 0 for BIRTH_DONE, else a refusal of sdk/abi.h. */
int32_t birth_result_refusal(enum birth_result result);

/* Refuse every birth with BIRTH_NO_ROOM, or no longer: for while the site has no room to write. */
void agents_refuse_births(struct agents *agents, bool refuse);

/*
 * Let the site be drained until this site time, or no longer (0): births are refused with
 * BIRTH_LEAVING, and agents that asked for LEAVING get it with the next ticks.
 */
void agents_set_leaving(struct agents *agents, uint64_t until_us);

/* Whether agents_birth() would succeed, the payer's money aside; else *result says why not. */
MUST_CHECK bool agents_birth_check(struct agents *agents, const struct birth *birth,
                                   enum birth_result *result);

/* Check what can be checked before the code is known and without the money. */
MUST_CHECK enum birth_result agents_birth_check_early(const struct agents *agents,
                                                      const struct birth *birth);

/* What a birth holds back, and what a newborn holds and pays rent for before its first turn. */
struct birth_cost {
    struct money burial;   /* until its end */
    struct money reserve;  /* for BORN, in whose turn it becomes the agent's */
    uint64_t memory_bytes; /* of the site's memory: its own, and what the site keeps of it */
    uint64_t code_bytes;   /* its share of its modules, decoded */
    struct money rent_day; /* by today's prices, rounded up */
};

/*
 * Work out the cost of a birth with all modules, that to run first; each is here (INVARIANT).
 * Changes nothing.
 */
void agents_birth_cost(const struct agents *agents, const struct birth *birth,
                       const struct hash *modules, size_t module_count, struct birth_cost *cost);

/*
 * Make an agent: open its account, move the endowment (payer -> agent), take burial reserve and the
 * first event's reserve, give the standard caps, queue BORN.  The caller charges the birth fee.
 * Needs a running ledger event.  Within a turn the money is staged and a rollback removes the
 * agent.
 */
MUST_CHECK enum birth_result agents_birth(struct agents *agents, const struct birth *birth,
                                          struct agent **agent);

enum freeze_cause { FREEZE_BY_OPERATOR, FREEZE_BY_CUSTOMER, FREEZE_FOR_DISK, FREEZE_CAUSES };

/* Freeze an agent until agents_thaw().  Its view has the cause in words (agents/freeze.c). */
void agents_freeze(struct agents *agents, struct agent *agent, enum freeze_cause cause);

/*
 * Freeze an agent that ended the site, as agents_freeze() does for its operator.  `reason` is for
 * people; it is copied and cut to fit.
 */
void agents_quarantine(struct agents *agents, struct agent *agent, const char *reason);

/* Whether it was frozen so, and only agents_thaw() ends that. */
bool agents_is_held(const struct agent *agent);

/* Whether it was frozen so by the site: then it is not its customer's to thaw. */
bool agents_is_held_by_site(const struct agent *agent);

/*
 * Let a frozen agent run again.  ST_INVALID: it is not frozen, or has not the money to run (the
 * fault says how much it lacks).
 */
MUST_CHECK enum status agents_thaw(struct agents *agents, struct agent *agent, struct fault *fault);

/*
 * End an agent for its owner, in a running event and outside of turns: as if it had ended by
 * self_die, whatever its state.  Its estate goes to agents_payee() of its customer, also if a leash
 * would have it.  Money that cannot come back at once, because a peer must answer first, goes the
 * same way when it comes.
 */
void agents_end(struct agents *agents, struct agent *agent);

/*
 * The money that its owner may take out of it now: all that it has when it is frozen, else what its
 * next event does not need.  Bill its rent first, so it needs a running event.
 */
MUST_CHECK struct money agents_withdrawable(struct agents *agents, struct agent *agent);

/* Move that much money, at most agents_withdrawable() of this event, to its customer. */
void agents_withdraw(struct agents *agents, struct agent *agent, struct money amount);

#endif
