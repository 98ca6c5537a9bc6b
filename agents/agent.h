/*
 * One agent, as it is while it is awake (sleep.h).  All of it is changed under the running turn's
 * undo: save, then write.  Private to this part.
 */
#ifndef SERAI_AGENTS_AGENT_H
#define SERAI_AGENTS_AGENT_H

#include "agents/accrual.h"
#include "agents/burn.h"
#include "agents/cap_table.h"
#include "agents/customers.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/low_balance.h"
#include "agents/objects.h"
#include "agents/program.h"
#include "agents/promise_queue.h"
#include "agents/ready.h"
#include "agents/upgrade.h"

/* As in the agent's row.  The state says by whom a frozen agent may be thawed. */
enum agent_state {
    AGENT_RUNNING = 0,
    AGENT_FROZEN_DRY = 1,
    AGENT_FROZEN_BY_SITE = 2, /* its operator, quarantine, a disk that is nearly full */
    AGENT_FROZEN_BY_CUSTOMER = 3,
    AGENT_FROZEN_BY_LEASH = 4,
    AGENT_DEAD = 5, /* not stored */
    AGENT_DESK = 6, /* takes no turns and is never frozen: desk.h */
};

/* Counts of an agent since its birth. */
struct agent_usage {
    uint64_t turns;
    uint64_t traps;
    uint64_t fuel;
};

struct agent {
    uint64_t id; /* its account's, too */
    uint64_t customer;
    struct customer_use *use; /* of that customer, not stored */
    uint64_t parent;
    uint64_t leash; /* the object by which its parent holds it, or 0 */
    bool confined;  /* it chooses no numbers in the heap, nor do its children */
    char name[AGENT_NAME_BYTES_MAX + 1];
    uint64_t born_frame;
    uint64_t children; /* that it ordered, of whom some may be dead: by this they are named */

    enum agent_state state;
    char reason[AGENT_REASON_BYTES_MAX + 1];
    uint64_t frozen_us; /* site time since when it is frozen, or its senders were last sent back */

    struct agent_program program;
    struct agent_upgrade upgrade;
    struct cap_table caps;
    struct inbox inbox;
    struct belongings owns;
    struct sent_waiting sent;
    struct agent_log log;

    struct low_balance low;
    struct money burial; /* in deposit:burial */
    struct money needs;  /* for the event at the head, which less could not pay to its end; zero:
                            not known */
    struct accruals rent;
    uint64_t carry[CARRIES];
    struct agent_usage usage;
    struct burn burn; /* not stored */

    struct ready_link ready;
    bool dirty;
    bool frozen_told;  /* what the news said last (agents_env.news) */
    bool used;         /* asked for since the hand came by (sleep.c) */
    uint32_t awake_at; /* its place in the list of active agents */
};

/* Whether the agent is frozen, for want of money or by hand: its events wait. */
static inline bool agent_is_frozen(const struct agent *agent)
{
    return agent->state != AGENT_RUNNING && agent->state != AGENT_DEAD &&
           agent->state != AGENT_DESK;
}

/* Free an agent that no table names, with its inbox, log, caps and pages; NULL is allowed. */
void agent_free(struct agent *agent);

/* Make an agent of this number with nothing in it, in no table.  Out of memory is INVARIANT. */
struct agent *agent_alloc(uint64_t id);

/*
 * Make an agent of another number of one that was packed or has not been filled, as agent_alloc()
 * does.  Its slots and globals keep their memory: when a million rows are read, none is taken for
 * each.
 */
void agent_renew(struct agent *agent, uint64_t id);

/* Make memory for the list of kept modules, if there is none. */
void agent_make_kept(struct agent *agent);

/* Make memory for that many globals. */
void agent_fit_globals(struct agent *agent, uint32_t count);

#endif
