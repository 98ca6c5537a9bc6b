/*
 * The structs behind agents.h, private to this folder.  All are changed under the running turn's
 * undo: save, then write.
 */
#ifndef SERAI_AGENTS_STATE_H
#define SERAI_AGENTS_STATE_H

#include "agents/agents.h"
#include "agents/limits.h"
#include "agents/page_cache.h"
#include "agents/page_log.h"
#include "agents/paged.h"
#include "base/dense.h"
#include "base/heapq.h"
#include "base/slab.h"
#include "base/table.h"
#include "engine/engine.h"

/* Object numbers begin far above account numbers: agents and buffers both name paged objects. */
#define AGENTS_FIRST_OBJECT (UINT64_C(1) << 40)

enum code_told {
    TOLD_NOTHING,
    TOLD_HOT, /* if an object of it is at hand, that is wanted */
    TOLD_ALL, /* a compile was requested or refused */
};

/* ---- code ---- */
struct code {
    struct hash id;
    uint8_t *bytes;
    size_t size;
    size_t held; /* of memory: its bytes and what they decode to, for which rent is paid */
    struct engine_code *engine;
    struct code_entry entry;
    uint64_t refs;     /* agents that run it or keep it; 0 is dropped at the next save */
    bool builtin;      /* the loader: never dropped, costs no rent */
    u128 share_index;  /* cumulative rent index x bytes / refs: what one reference owes */
    u128 market_index; /* of RENT_CODE when share_index was brought up to date */
    u128 market_saved; /* market_index as it is in the row */
    bool stored;       /* the row of its bytes is written */
    bool dirty;
    struct code *next;
    struct code *previous;
    struct code *same; /* another whose id begins with the same 8 bytes */

    /* Tier 1; none of it is stored, and none of it shows in any frame. */
    struct engine_native *native; /* what its agents run in; NULL: tier 0 */
    uint64_t fuel;                /* that its agents used since the start */
    uint64_t heat;                /* the same since it was last told to be hot */
    uint64_t used_turn;           /* the site's count of turns when one last ran */
    uint64_t paid_heat;           /* from this on it is worth a compile; known once it is told */
    enum code_told told;          /* what whoever compiles knows of it */
    bool waits;                   /* among the hot codes that are to be reported */
    char *tier_reason;            /* why it is not in tier 1; NULL: none */
};

struct code_ref {
    struct code *code;
    u128 share_index; /* when this reference last paid */
};

/* ---- things named by a u64 of our own ---- */
enum object_kind { OBJECT_FACET = 1, OBJECT_BUFFER = 2, OBJECT_TIMER = 3 };

/*
 * A reply facet (`one_shot` of the object) answers one question.  It is held in one place, a slot
 * or a message, and moves; whatever empties that place otherwise ends it by facet_fail().
 */
struct facet {
    uint64_t badge;
    struct money postage;    /* what it asks; zero: the floor; a reply asks nothing */
    struct money reserve;    /* held:reserve, of a reply: pays for hearing the answer, or FAILED */
    uint64_t asked;          /* of a reply: the facet that the question was asked with */
    struct object *next;     /* in the list of the replies that were asked with one facet, */
    struct object *previous; /* which begins with that facet itself; not stored */
};

struct buffer {
    uint64_t size;
    struct paged pages;
};

struct timer {
    uint64_t at_us;
    uint64_t badge;
    struct money reserve;
};

struct object {
    uint64_t id;
    uint64_t owner;             /* an agent */
    struct object *older_owned; /* in the list of what its owner owns, which begins with the */
    struct object *newer_owned; /* newest; not stored */
    enum object_kind kind;
    bool dirty;
    bool one_shot; /* of a facet: a reply; here, where it costs no room */
    bool held;     /* of a reply, while rows are read: its place was seen */
    union {
        struct facet facet;
        struct buffer buffer;
        struct timer timer;
    } u;
};

/* ---- the capability heap ---- */
struct heap_entry {
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint64_t serial;
    uint64_t payer;    /* the agent that added it, dead or alive */
    uint64_t customer; /* that agent's */
    struct money deposit;
    struct cap cap;
    bool dirty;
    struct heap_entry *next; /* in its hash bucket */
};

/* ---- inbox ---- */
struct inbox_message {
    struct message m; /* m.data points at `bytes` */
    uint8_t *bytes;
    bool saved;   /* a row of it is in the store */
    bool changed; /* but says less than it */
    bool front;   /* delivered before all that waited */
    struct inbox_message *next;
    struct inbox_message *previous;
};

/* How many messages of the bounded part are one customer's. */
struct inbox_share {
    uint64_t customer;
    uint64_t messages;
    uint64_t bytes;
};

/* ---- agents ---- */
enum agent_state { AGENT_RUNNING = 0, AGENT_FROZEN_DRY = 1, AGENT_FROZEN_HELD = 2, AGENT_DEAD = 3 };

struct agent_log_line {
    uint64_t line;
    uint64_t time_us;
    enum log_writer by;
    size_t size;
    char *text;
    bool saved;
    struct agent_log_line *next;
};

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

/* The count of one customer's own things, whosever bounds it is under. */
struct lineage {
    uint64_t holds;
};

/* It stays where it is for as long as the agents do. */
struct customer_use {
    uint64_t used[CUSTOMER_RESOURCES];
    struct table codes; /* struct code that its agents run or keep -> how many references */
    uint32_t share;     /* of the site's time; kept by whoever sets it */
    /* The order of turns (ready.c); none of it is stored. */
    struct agent *ready_first; /* of its agents that have something to do */
    struct agent *ready_last;
    struct customer_use *next_ready; /* of the customers that come */
    bool comes;                      /* it is among them, perhaps with nobody ready any more */
    int64_t may_burn;                /* fuel, before others come; below 0: it used more */
};

/* A row to delete with the next frame. */
struct tombstone {
    enum store_table table;
    uint8_t key[40];
    size_t key_size;
};

struct agents {
    struct ledger *ledger;
    struct undo *undo;
    struct agents_env env;
    struct pricebook prices; /* in force */
    uint64_t now_us;

    struct dense agents;    /* id -> struct agent, or the record of one that sleeps */
    struct table objects;   /* id -> struct object */
    struct table customers; /* account -> struct customer_use */
    struct table lineages;  /* account -> struct lineage */
    struct code *codes;
    struct table codes_by_id; /* first 8 bytes of the id -> the first struct code of `same` */
    struct heap_entry **heap; /* buckets */
    size_t heap_buckets;
    size_t heap_count;
    uint8_t heap_key[16];

    uint64_t next_object;
    uint64_t next_message;
    uint64_t next_heap_serial;
    bool counters_dirty;

    struct loading *loading; /* while rows are read, or NULL */

    struct slab small;    /* objects, and the records of those who sleep */
    struct bytes awake;   /* of struct agent * */
    size_t awake_max;     /* more than this many awake: those who can go to sleep */
    size_t hand;          /* of the clock over them */
    uint64_t woken;       /* since it last moved */
    struct bytes packing; /* scratch */

    struct customer_use *ready_first; /* who comes first; NULL: nobody */
    struct customer_use *ready_last;
    size_t ready_count; /* agents that have something to do */
    /* The rows that the next save writes; one whose number is found no more is deleted. */
    struct bytes dirty_agents;  /* of u64 */
    struct bytes dirty_objects; /* of u64 */
    struct bytes dirty_heap;    /* of 12-byte numbers */
    struct bytes dirty_codes;   /* of struct hash */
    struct paged_dirty dirty_pages;
    bool refuses_births;
    struct page_log page_log;
    struct page_cache page_cache;
    struct bytes tombstones; /* of struct tombstone */
    struct bytes dead;   /* of struct agent *: freed at the next save, when nothing points there */
    struct heapq timers; /* due, object id */
    uint64_t settle_agents;  /* settled each minute: SETTLE_AGENTS, in tests fewer */
    uint64_t next_settle_us; /* when the next part of all is settled */
    uint64_t settled_group;  /* the last one that was */
    uint64_t dry_us;         /* no group's note is earlier */

    struct turn *turn; /* running, or NULL */
    struct turn *turn_memory;
    struct arena *arena;
    struct engine_stack *stack;
    uint64_t hot_fuel; /* agents_watch_code(); 0: nobody watches */
    uint64_t effort_fuel;
    struct bytes hot_codes; /* of struct hash: told, and not yet heard */
    size_t natives;         /* how many codes are in tier 1 */
    struct hasher *hasher;  /* for the hashes of events: each turn has one */

    struct agents_counters counters;
};

/* ---- small helpers that every file here uses ---- */

/* Whether the agent is frozen, for want of money or by hand: its events wait. */
static inline bool agent_is_frozen(const struct agent *agent)
{
    return agent->state == AGENT_FROZEN_DRY || agent->state == AGENT_FROZEN_HELD;
}

/*
 * Mark rows to be written with the next frame, at most once each: agent_dirty(), object_dirty() and
 * code_dirty().  Not undone: writing an unchanged row is harmless.  tombstone_add() lists a key to
 * be deleted.
 */
void agent_dirty(struct agents *agents, struct agent *agent);
void object_dirty(struct agents *agents, struct object *object);
void code_dirty(struct agents *agents, struct code *code);
void tombstone_add(struct agents *agents, enum store_table table, const void *key, size_t size);

/* sleep.c */

/* Add an agent that was born, or woke, to those that are awake. */
void agent_is_awake(struct agents *agents, struct agent *agent);

/* Remove an agent from those that are awake. */
void agent_is_gone(struct agents *agents, struct agent *agent);

/*
 * Put an agent to sleep at once, if it may: while rows are read all sleep as soon as they are
 * there.
 */
void agent_let_sleep(struct agents *agents, struct agent *agent);

/*
 * Put agents to sleep beyond the number that may be awake.  At the end of a frame, with nothing to
 * undo: no pointer to an agent is good afterwards.
 */
void agents_let_sleep(struct agents *agents);

/*
 * Visit all agents in order, from the number `first` on, until `visit` returns false.  It must not
 * keep the pointer: the sleeping are shown as a copy.
 */
void agents_each(const struct agents *agents, uint64_t first,
                 bool (*visit)(void *context, const struct agent *agent), void *context);

/* Free all agents and the lists of them. */
void agents_free_all(struct agents *agents);

/* objects.c */

/* Take memory for an object, all zero, without pages.  Out of memory is INVARIANT. */
struct object *object_alloc(struct agents *agents, enum object_kind kind);

/* Free an object that is in no table and no list, and its pages. */
void object_free(struct agents *agents, struct object *object);

/* Add an object to the table and to its owner's list; not undone. */
void object_link(struct agents *agents, struct agent *owner, struct object *object);

/* Make an object with the next number, in the table and its owner's list.  Undone by rollback. */
struct object *object_new(struct agents *agents, struct agent *owner, enum object_kind kind);

/* The object of this number, if it is of that kind; else NULL. */
struct object *object_find(const struct agents *agents, uint64_t id, enum object_kind kind);

/* Take an object out of table and list; freed at the commit, undone by rollback. */
void object_remove(struct agents *agents, struct object *object);

/* facets.c */

/* Make a facet of `owner`.  Undone by rollback. */
struct object *facet_new(struct agents *agents, struct agent *owner, uint64_t badge,
                         struct money postage);

/*
 * Make a reply facet like `asked`, to whose replies it belongs.  The caller posts its reserve.
 * Undone by rollback.
 */
struct object *reply_new(struct agents *agents, struct agent *owner, struct object *asked,
                         struct money reserve);

/* Put a reply into the list of those asked with `asked`, after it; not undone. */
void reply_link(struct object *asked, struct object *reply);

/*
 * Remove a facet, so that every cap to it is dead.  The caller posts what it reserves.  Undone by
 * rollback.
 */
void facet_remove(struct agents *agents, struct object *facet);

/* The reply facet that this is a cap to, unless it is used up; else NULL. */
struct object *cap_reply(const struct agents *agents, const struct cap *cap);

/*
 * End a reply that will have no answer, if this is a cap to one: FAILED goes to its owner, paid by
 * its reserve.  Undone by rollback.
 */
void facet_fail(struct agents *agents, const struct cap *cap, int32_t status);

/* End each reply facet that a message carries, as facet_fail(). */
void message_fail_replies(struct agents *agents, const struct message *message, int32_t status);

/* End each reply facet that an agent holds, as facet_fail(). */
void agent_fail_replies(struct agents *agents, struct agent *agent, int32_t status);

/* Read again what was given up of these bytes of a buffer. */
void buffer_fetch(struct agents *agents, struct buffer *buffer, uint64_t offset, uint64_t size);

/* caps.c */

/*
 * The cap in a slot, empty or not; NULL: there is no memory for that slot yet.  It stays where it
 * is.
 */
struct cap *agent_cap_at(const struct agent *agent, uint64_t slot);

/*
 * Put a cap into the first empty slot, also if another holds it already.  Returns the slot, or
 * SERAI_E_FULL.  Undone by rollback.
 */
int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap);

/* A slot that holds this cap, or -1. */
int64_t agent_cap_find(const struct agent *agent, const struct cap *cap);

/* Set a slot, below SERAI_SLOTS_MAX (INVARIANT).  Undone by rollback. */
void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot,
                   const struct cap *cap);

/* Make memory for a chunk of slots.  Not undone: empty slots mean nothing. */
void agent_make_caps(struct agent *agent, uint32_t chunk);

/* Free all slots and their index. */
void agent_caps_free(struct agent *agent);

/*
 * Index the slots of a large table; before a table may be looked into often, so that a large one is
 * as quick as a small one.
 */
void agent_index_caps(struct agents *agents, struct agent *agent);

/* The kind of cap that an agent is born with in a slot below SERAI_SLOT_FIRST_FREE. */
uint8_t cap_inborn_kind(uint64_t slot);

/* Whether two caps have the same kind, rights and object. */
bool cap_equal(const struct cap *a, const struct cap *b);

/* The number of caps that an agent could still be given. */
uint32_t agent_caps_free_slots(const struct agent *agent);

/* Whether there is a slot for all that comes with the message. */
bool caps_fit(const struct agent *agent, const struct message *message);

/* inbox.c */

/* Whether a message answers a question of its receiver, which made room for it and waits. */
static inline bool message_is_answer(const struct message *message)
{
    return message->kind == SERAI_EVENT_MESSAGE && message->sender_customer == 0;
}

/* Take a message out of the inbox, and out of its counts; not undone. */
void inbox_unlink(struct agent *agent, struct inbox_message *message);

/* Take a message out of the inbox for good, so that its row goes, too. */
void inbox_take(struct agents *agents, struct agent *agent, struct inbox_message *message);

/* Let the head that was taken wait again, in its place. */
void inbox_put_back(struct agents *agents, struct agent *agent, struct inbox_message *message);

/* Free a message that is in no inbox; NULL is allowed. */
void inbox_message_free(struct inbox_message *message);

/*
 * Queue a copy of *message as agents_deliver() does, but before all that waits: what an agent hears
 * first as another program.  Not within a turn.
 */
void agents_deliver_first(struct agents *agents, struct agent *to, const struct message *message);

/* Add a message that was read from its row, which is taken. */
void inbox_push_loaded(struct agents *agents, struct agent *agent, struct inbox_message *message);

/* Give back what a message that will never be delivered holds, and end the replies it carries. */
void inbox_return(struct agents *agents, struct agent *agent, struct inbox_message *message,
                  int32_t status, bool postage_too);

/* ready.c */

/* Queue the agent for a turn, if it has something to do and is not queued. */
void agent_make_ready(struct agents *agents, struct agent *agent);

/* Take the agent out of its queue. */
void agent_unready(struct agents *agents, struct agent *agent);

/* The agent whose turn is next; it stays in the queue.  NULL: there is none. */
struct agent *ready_next(struct agents *agents);

/* Count the fuel of a turn against the time of its customer. */
void ready_burnt(struct agents *agents, struct customer_use *use, uint64_t fuel);

/* rent.c */

/* The bytes that rent of memory is paid for, by docs/prices.md. */
uint64_t agent_bytes_held(const struct agent *agent);

/* Bring the accruals up to date; before anything that rent is counted by changes. */
void rent_touch(struct agents *agents, struct agent *agent);
/* The price index of a resource at the site time that agents have. */
u128 rent_index_now(const struct agents *agents, enum rent_resource resource);

/* Whether a whole nano or more of rent is owed now. */
bool rent_is_due(struct agents *agents, struct agent *agent);

/* Book the rent that is owed, in a running event.  An agent that cannot pay it is frozen. */
void rent_settle(struct agents *agents, struct agent *agent);

/* Bring what one reference to a module owes up to date; before its references change. */
void code_share_update(struct agents *agents, struct code *code);

/* Let the agent be settled no later than its money runs out, or falls below its mark. */
void rent_note_due(struct agents *agents, const struct agent *agent);

/* The rent of an agent now: bytes held x nanos per GiB-hour, over all resources. */
u128 agent_rent_rate(const struct agents *agents, const struct agent *agent);

/* settle.c */

/* Let the agent be settled by due_us. */
void settle_note(struct agents *agents, uint64_t agent, uint64_t due_us);

/*
 * Settle the agents that are due, and the next part of all.  Within an event; what no longer fits
 * the frame stays due.
 */
void settle_due(struct agents *agents);

/* Site time when settle_due() has something to do next; UINT64_MAX: there is nobody. */
uint64_t settle_next_us(const struct agents *agents);

/* Let all agents be settled soon: at other prices each runs dry at another time. */
void settle_everyone_soon(struct agents *agents);

/* code.c */

/* The module of this id, or NULL. */
struct code *code_find(const struct agents *agents, const struct hash *id);

/* Add a module to the list and the index; not undone. */
void code_link(struct agents *agents, struct code *code);

/* Take a module out of the list and the index; not undone. */
void code_unlink(struct agents *agents, struct code *code);

/*
 * Count one more reference to a module; it counts for the customer whose agent has it.  Undone by
 * rollback.
 */
struct code_ref code_ref_take(struct agents *agents, struct customer_use *use, struct code *code);

/*
 * End a reference of an agent, which becomes all zero; what it owes goes to the agent's accrual.
 * Undone by rollback.
 */
void code_ref_drop(struct agents *agents, struct agent *agent, struct code_ref *ref);

/*
 * Validate and decode a module, linked nowhere yet.  On ST_OK the caller owns *code.  ST_INVALID:
 * it is refused, *fault says why; ST_NOMEM.
 */
enum status code_make(struct code **code, const uint8_t *bytes, size_t size, struct fault *fault);

/* Free a module that is linked nowhere, with its object of tier 1; NULL is allowed. */
void code_free(struct code *code);

/* code_native.c */

/* Count the fuel of a turn for the module that ran, and report it when it became hot. */
void code_burnt(struct agents *agents, struct code *code, uint64_t fuel);

/* death.c */

/*
 * End an agent: its estate goes to its customer, else to unclaimed.  Nothing may refer to it
 * afterwards but closed caps; it is freed at the next save.  Within an event, outside of turns
 * (INVARIANT).
 */
void agent_die(struct agents *agents, struct agent *agent);

/* frozen.c */

/* The money that the agent must have to begin its next event. */
struct money agent_head_needs(const struct agents *agents, const struct agent *agent);

/* The money that the agent has for its next event, with what came with that event. */
struct money agent_head_funds(const struct agents *agents, const struct agent *agent);

/*
 * The message that pays for an agent whose event ran dry: the first one behind it whose postage
 * makes up for what is lacking.  NULL: there is none, or none is wanted.
 */
struct inbox_message *agent_sponsor(const struct agents *agents, const struct agent *agent);

/* The money that a dry agent must be given to go on; else zero. */
struct money agent_lacks(const struct agents *agents, const struct agent *agent);

/* Let a dry agent run again if its next event is paid for. */
void agents_try_thaw(struct agents *agents, struct agent *agent);

/* Freeze a running agent for want of money.  `reason` is copied and cut to fit. */
void agent_freeze_dry(struct agents *agents, struct agent *agent, const char *reason);

/*
 * Send LOW when the balance fell below the mark, once a crossing; set the mark again when the
 * balance rose a quarter above it.  Within an event.
 */
void agent_check_mark(struct agents *agents, struct agent *agent);

/*
 * Answer senders that have waited too long for a frozen agent, with their money back.  Within an
 * event.
 */
void frozen_send_back(struct agents *agents, struct agent *agent);

/* Let the agent be settled no later than frozen_send_back() is due. */
void frozen_note_due(struct agents *agents, const struct agent *agent);

/* life.c */

/*
 * Make the agent another program, after the turn that asked for it has committed: caps, inbox and
 * credit stay, memory is new.  The reference `code` is the agent's from here on.
 */
void agent_become(struct agents *agents, struct agent *agent, struct code_ref code);

/* Free an agent that no table names, with its inbox, log, caps and pages; NULL is allowed. */
void agent_free(struct agent *agent);

/* Make an agent of this number with nothing in it, in no table.  Out of memory is INVARIANT. */
struct agent *agent_alloc(uint64_t id);

/* The money below which an event waits, unless it is known to need more. */
struct money agent_needs(const struct agents *agents);

/* The money with which an event has as much fuel as any can have. */
struct money agent_needs_most(const struct agents *agents);

/* The balance of the agent's account. */
struct money agent_funds(const struct agents *agents, const struct agent *agent);

/* Make memory for the list of kept modules, if there is none. */
void agent_make_kept(struct agent *agent);

/* Make memory for that many globals. */
void agent_fit_globals(struct agent *agent, uint32_t count);

/* logs.c */

/*
 * Add a line to the agent's log, copied; beyond AGENT_LOG_LINES_MAX the oldest is dropped.  Not
 * undone.
 */
void agent_log(struct agents *agents, struct agent *agent, enum log_writer by, const char *text,
               size_t size);

/* Free all lines. */
void agent_log_free(struct agent *agent);

/* customers.c */

/* The customer that stands for this one where holdings are counted: itself, or its neighbour's. */
uint64_t customer_cap(const struct agents *agents, uint64_t customer);

/* The count of a customer's own things; made if missing. */
struct lineage *lineage_in(struct table *lineages, uint64_t customer);

/* Free the table and its values. */
void lineages_free(struct table *lineages);

/* The holdings under these bounds; made if missing.  They stay where they are. */
struct customer_use *customer_use_in(struct table *customers, uint64_t cap);

/* The holdings that count for this customer (customer_cap()); made if missing. */
struct customer_use *customer_use(const struct agents *agents, uint64_t customer);

/* Free the table and its values. */
void customers_free(struct table *customers);

/* Whether that much more of a resource may be held. */
bool quota_allows(const struct agents *agents, const struct customer_use *use,
                  enum customer_resource resource, uint64_t more);

/*
 * quota_take() and quota_give() count more or less of a resource.  Undone by the rollback of a
 * running turn.
 */
void quota_take(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t more);
void quota_give(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t less);

/* Whether a reference to a module may be held; only the first one of a customer counts. */
bool quota_allows_code(const struct agents *agents, const struct customer_use *use,
                       const struct code *code);

/*
 * quota_take_code() and quota_give_code() count one reference to a module.  Undone by the rollback
 * of a running turn.
 */
void quota_take_code(struct agents *agents, struct customer_use *use, struct code *code);
void quota_give_code(struct agents *agents, struct customer_use *use, struct code *code);

/*
 * customer_adds_code() and customer_drops_code() count one reference to a module; not undone: while
 * rows are read, and to count anew.
 */
void customer_adds_code(struct customer_use *use, const struct code *code);
void customer_drops_code(struct customer_use *use, const struct code *code);

/*
 * Count a module for nobody any more: it turned out to be the site's own.  Called before it is
 * marked so.
 */
void quota_frees_code(struct agents *agents, const struct code *code);

/* heap.c */

/* The entry of this number, or NULL. */
struct heap_entry *heap_find(const struct agents *agents, const uint8_t *number);

/* Add an entry, which is taken; not undone. */
void heap_insert(struct agents *agents, struct heap_entry *entry);

/* Unlink an entry, which is the caller's then; not undone. */
void heap_remove(struct agents *agents, struct heap_entry *entry);

/* List an entry to be written, or deleted if it is not there any more, with the next frame. */
void heap_dirty(struct agents *agents, struct heap_entry *entry);

/* Free all entries. */
void heap_free(struct agents *agents);

#endif
