/* Shared by the files of grants.h: the tables, and one look at the core. */
#ifndef SERAI_SIM_GRANTS_STATE_H
#define SERAI_SIM_GRANTS_STATE_H

#include "agents/cap.h"
#include "agents/turns/turn.h"
#include "sim/grants.h"
#include "sim/sim.h"

#define U(value) ((unsigned long long)(value))

/* ---- what is kept ---- */

struct grants_table { /* of an agent: its table as it was after its last turn */
    uint32_t slots;
    struct cap *caps;
    u128 credits; /* of its account as it was last seen, or if it is a desk its customer's */
};

struct note { /* a message that carries caps, or waits on a promise; a heap entry uses the first */
    uint64_t to; /* the agent whose inbox it is in; 0: none */
    uint8_t count;
    struct cap caps[SERAI_MESSAGE_CAPS_MAX];
    struct cap reply;
    bool for_good;    /* it brings BORN: its caps are no loan */
    uint64_t promise; /* on which it waits; 0: it does not, or went on */
    uint64_t sender;
    bool listens; /* it waits to hear what the promise becomes */
    bool live;    /* seen by the check that is going on */
};

struct maker { /* of a facet, promise, buffer or leash */
    uint64_t owner;
    uint64_t badge;
    bool is_facet; /* or a promise */
    bool is_promise;
    bool is_leash;
    bool one_shot; /* a reply */
    bool resolved; /* a promise, to `target` as that was first seen */
    bool vanished; /* a promise that was open at one look and gone at the next */
    struct cap target;
    uint64_t pipe;        /* of a promise: the facet to which messages for it go, or 0, */
    uint64_t pipe_before; /* and the same one look earlier */
    uint64_t places;      /* where the check that is going on has seen it, */
    uint64_t holders;     /* and of these all but slots of a facet's own agent */
};

struct grants {
    struct table holdings; /* agent -> struct grants_table */
    struct table messages; /* message -> struct note */
    struct table waiting;  /* of these: those that wait on a promise */
    struct table heap;     /* serial -> struct note */
    struct table makers;   /* object -> struct maker */
    struct table open;     /* promise -> its struct maker, while it was open at the last look */
    uint64_t next_object, next_message, next_serial;
    uint64_t next_agent, next_end; /* past all that were seen */
    size_t heap_count;
    /* the turn that runs */
    uint64_t agent, message, traps;
};

/* One look at the core: what has changed since the last one, and whose doing it was. */
struct grants_view {
    struct sim_site *site;
    struct grants *grants;
    const struct agents *agents;
    uint64_t by;      /* agent whose turn it was; 0: nobody's */
    uint64_t desk;    /* of the client whose request it was; 0: none, or no request */
    uint64_t account; /* of that client */
    bool undone;
    const struct note *event; /* that it handled; NULL: without caps */
    uint64_t first_object, first_message, first_serial, first_agent, first_end; /* new ones */
    uint64_t digest;
};

/* ---- grants.c ---- */

/* Begin a look at a site: what is new is at or past the numbers that the last one ended with. */
struct grants_view grants_view_of(struct sim_site *site);

/* What a slot held at the last look; past the table's end an empty cap.  Never NULL. */
const struct cap *grants_kept(const struct grants_table *holding, uint64_t slot);

/*
 * grants_free_plain() and grants_free_table(), for table_each(): free a value that owns nothing, or
 * a struct grants_table.
 */
void grants_free_plain(void *context, uint64_t key, void *value);
void grants_free_table(void *context, uint64_t key, void *value);

/* A copy of the capabilities that a message carries; of one that waits, on which promise. */
struct note *grants_note_of(const struct message *m, uint64_t promise);

/* ---- grants_promises.c ---- */

/*
 * What a capability leads to, as far as it was seen: promises are looked through, one by one, until
 * `is` says that it is the one.
 */
bool grants_leads_to(const struct grants_view *look, const struct cap *from,
                     bool (*is)(const void *context, const struct cap *cap), const void *context);

/*
 * Whether messages for the promise that a capability names go to a facet of this agent with this
 * badge, or went there until its pipe was changed.
 */
bool grants_pipe_leads_to(const struct grants *grants, const struct cap *cap, uint64_t owner,
                          uint64_t badge);

/* See what is new in the queues of promises, which are piped, and which are resolved now. */
void grants_see_promises(struct grants_view *look);

/* Keep what waits on a promise of a site that has just started. */
void grants_keep_promise(struct grants *grants, const struct object *promise);

/*
 * Whether a message that is new in an inbox waited on a promise, which leads to a facet of its
 * receiver by now, or of which the receiver is told.  It counts once.
 */
bool grants_had_waited(const struct grants_view *look, const struct agent *to,
                       const struct message *m);

/* ---- grants_paths.c ---- */

/* Whether the agent whose turn it was can have come by the cap. */
bool grants_could_have(const struct grants_view *look, const struct cap *cap);

/* Whether the cap can stay in a slot where it was not before, without having been kept. */
bool grants_is_its_own(const struct grants_view *look, const struct cap *cap);

/* Whether an answer that is taken from the desk by this request brought the cap. */
bool grants_came_to_desk(const struct grants_view *look, const struct cap *cap);
/* Whether the cap is in the place of a promise that is resolved to it. */
bool grants_replaces(const struct grants_view *look, const struct cap *cap, const struct cap *was);

/* Whether the event of the turn lent the cap. */
bool grants_was_lent(const struct grants_view *look, const struct cap *cap);

/* Whether the site made the cap for an agent that has just been born. */
bool grants_is_inborn(const struct grants_view *look, const struct agent *agent, uint64_t slot,
                      const struct cap *cap);

/* Check all of a message that is new: its caps, its reply, and that it could be sent at all. */
void grants_check_message(const struct grants_view *look, const struct agent *to,
                          const struct message *message);

/* Check a message that is new in the queue of a promise. */
void grants_check_waiting(const struct grants_view *look, const struct object *promise,
                          const struct message *message);

/* Whether the cap may be in the heap. */
bool grants_may_be_named(const struct cap *cap);

/* End the run: a table, message or heap entry `id` has a cap that nobody granted. */
_Noreturn void grants_forged(const struct grants_view *look, const char *where, uint64_t id,
                             const struct cap *cap);

/* Whether a slot or field holds no capability; NULL is a slot that has no chunk. */
static inline bool cap_is_empty(const struct cap *cap)
{
    return cap == NULL || cap->kind == SERAI_KIND_EMPTY;
}

#endif
