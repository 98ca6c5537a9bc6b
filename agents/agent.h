/*
 * One agent, as it is while it is awake (sleep.h).  All of it is changed under the running turn's
 * undo: save, then write.  Private to this part.
 */
#ifndef SERAI_AGENTS_AGENT_H
#define SERAI_AGENTS_AGENT_H

#include "agents/agents.h"
#include "agents/caps.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/pages/paged.h"

struct object;

enum agent_state { AGENT_RUNNING = 0, AGENT_FROZEN_DRY = 1, AGENT_FROZEN_HELD = 2, AGENT_DEAD = 3 };

/* Numerators below one nano, carried per resource (docs/prices.md). */
enum carry { CARRY_COMPUTE, CARRY_PACKETS, CARRY_PACKET_DATA, CARRY_LOG, CARRIES };

struct agent {
    uint64_t id;
    uint64_t customer;
    struct customer_use *use; /* of that customer, not stored */
    uint64_t parent;
    char name[AGENT_NAME_BYTES_MAX + 1];
    enum agent_state state;
    char reason[AGENT_REASON_BYTES_MAX + 1];
    uint64_t born_frame;
    uint64_t frozen_us; /* site time since when it is frozen, or last sent back who waited */

    struct code_ref code;
    bool begun;            /* a turn of this code stood: what it initializes is initialized */
    struct code_ref *kept; /* AGENT_CODES_MAX of them; NULL until one is kept */
    uint32_t kept_count;
    uint32_t memory_pages; /* wasm pages */
    uint64_t *globals;     /* as many as its module has */
    struct paged memory;

    struct cap **caps; /* chunks of AGENT_CAPS_CHUNK; they never move, and NULL is empty */
    uint32_t caps_chunks;
    uint32_t caps_used;          /* slots that are not empty */
    uint32_t caps_highest;       /* one past the last slot ever used */
    struct cap_index *cap_index; /* of a large table, when it was looked at (caps.c) */
    uint64_t caps_dirty[(AGENT_CAPS_CHUNKS + 63) / 64];

    struct inbox_message *inbox_first;
    struct inbox_message *inbox_last;
    uint64_t inbox_count;             /* messages that fill the bounded part */
    uint64_t inbox_bounded_bytes;     /* theirs */
    uint64_t inbox_bytes;             /* of all */
    uint64_t inbox_total;             /* with the reserved ones */
    struct inbox_share *inbox_shares; /* of those who have any; no more than bounded messages */
    size_t inbox_share_count;
    size_t inbox_share_capacity;

    struct object *owned; /* the newest of its facets, buffers and timers; not stored */
    uint64_t facets;
    uint64_t timers;
    uint64_t buffer_bytes;
    uint64_t log_bytes;
    uint64_t log_lines;
    uint64_t log_next; /* number of the next line, from 1 */
    struct agent_log_line *log_first;
    struct agent_log_line *log_last;
    uint64_t log_deleted; /* lines up to here are gone from RAM; their rows go with the next save */
    uint64_t log_erased;  /* lines up to here have no row */

    bool inbox_changed; /* a message amid others is to be saved again */

    struct money
        needs;         /* for the event at the head, which less could not pay to its end, or zero */
    struct money mark; /* zero: none */
    bool mark_armed;
    struct money mark_reserve;
    struct money burial;

    u128 rent_owed[RENT_RESOURCES];  /* numerators */
    u128 rent_index[RENT_RESOURCES]; /* when last brought up to date */
    uint64_t rent_touched_us;        /* site time of the last accrual; not stored */
    uint64_t carry[CARRIES];

    uint64_t turns;
    uint64_t traps;
    uint64_t fuel;

    bool ready; /* in the ready queue */
    struct agent *next_ready;
    struct agent *previous_ready;
    bool dirty;
    bool used;         /* asked for since the hand came by (sleep.c) */
    uint32_t awake_at; /* its place in the list of those who are awake */
};

/* Whether the agent is frozen, for want of money or by hand: its events wait. */
static inline bool agent_is_frozen(const struct agent *agent)
{
    return agent->state == AGENT_FROZEN_DRY || agent->state == AGENT_FROZEN_HELD;
}

/* Free an agent that no table names, with its inbox, log, caps and pages; NULL is allowed. */
void agent_free(struct agent *agent);

/* Make an agent of this number with nothing in it, in no table.  Out of memory is INVARIANT. */
struct agent *agent_alloc(uint64_t id);

/* Make memory for the list of kept modules, if there is none. */
void agent_make_kept(struct agent *agent);

/* Make memory for that many globals. */
void agent_fit_globals(struct agent *agent, uint32_t count);

#endif
