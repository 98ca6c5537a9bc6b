/* Views of agents, their logs and the heap, for lists and status.  Reading activates no agent. */
#ifndef SERAI_AGENTS_VIEWS_H
#define SERAI_AGENTS_VIEWS_H

#include "base/hash.h"
#include "base/money.h"
#include "market/market.h"

struct agents;
struct agent;
struct engine_frame;

struct agent_view {
    uint64_t id;
    uint64_t customer;
    uint64_t parent;
    uint64_t leash_holder; /* the agent that holds its leash; 0: none does */
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
    struct money needs;   /* of one frozen for want of money: what to fund it with, at least */
    struct money balance; /* what it has when the rent that it owes by now is paid */
    struct money burnt;   /* of late, more than it got, in burnt_us; zero: not measured, or none */
    uint64_t burnt_us;
    uint64_t lasts_us; /* how long its balance does, at its rent and what it burns; UINT64_MAX */
    u128 rent_rate;    /* bytes held x nanos per GiB-hour, over all resources */
};

/* Fill *view; its texts are borrowed from the agent. */
void agents_view(const struct agents *agents, const struct agent *agent, struct agent_view *view);

/* Money that is the agent's and not in its balance, and money that waits in its inbox. */
struct agent_holdings {
    struct money events; /* reserves of events to come: of facets, timers, its alert, an upgrade */
    struct money inbox;  /* of messages that it has not handled: money, postage, reserves */
};

/* Add up what is held; looks at each thing that the agent owns. */
void agents_holdings(const struct agents *agents, const struct agent *agent,
                     struct agent_holdings *holdings);

/* Bytes that the site keeps in rows for the agent: its memory, buffers, messages and log. */
uint64_t agents_stored_bytes(const struct agent *agent);

/*
 * Visit at most `limit` agents with a number above `after`, in order; the pointer is good for the
 * visit.  Returns how many were visited.  Activates none.
 */
size_t agents_list(const struct agents *agents, uint64_t after, size_t limit,
                   void (*visit)(void *context, const struct agent *agent), void *context);

/*
 * Visit the agents among the `count` numbers from `first` on, as agents_list() does.  Takes a time
 * that grows with `count`, and not with the number of agents.
 */
void agents_list_of(const struct agents *agents, uint64_t first, size_t count,
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

/*
 * The activations of the turn that ran last, if it was undone by a trap or for lack of fuel, as
 * engine_backtrace() gives them.  0 if its program had not begun.
 */
uint32_t agents_backtrace(const struct agents *agents, struct engine_frame *frames, uint32_t room,
                          uint32_t *depth);

/*
 * An agent that has ended and whose log is kept; false: none of this number is.  *customer is whose
 * it was.
 */
MUST_CHECK bool agents_last_log_owner(const struct agents *agents, uint64_t agent,
                                      uint64_t *customer);

/* Visit lines of such a log as agents_log_list() does. */
size_t agents_last_log_list(const struct agents *agents, uint64_t agent, uint64_t after,
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

/* Why frozen agents are frozen; who may thaw them follows from it. */
enum agents_frozen {
    FROZEN_DRY = 0, /* out of money */
    FROZEN_BY_SITE, /* its operator, quarantine, a disk that is nearly full */
    FROZEN_BY_CUSTOMER,
    FROZEN_BY_LEASH,
};
enum { AGENTS_FROZEN_KINDS = 4 };

struct agents_counters {
    uint64_t turns;
    uint64_t traps;
    uint64_t births;
    uint64_t messages;
    uint64_t fuel;
    uint64_t agents;
    uint64_t frozen;
    uint64_t frozen_by[AGENTS_FROZEN_KINDS]; /* of these */
    uint64_t desks;                          /* of the agents */
};

/* The counters as they are now.  All but `agents`, `frozen`, its parts and `desks` only rise. */
struct agents_counters agents_count(const struct agents *agents);

#endif
