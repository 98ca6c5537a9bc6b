/*
 * Facets, buffers, timers, leashes and promises: things with a number of our own.  Private to this
 * part.
 */
#ifndef SERAI_AGENTS_OBJECTS_H
#define SERAI_AGENTS_OBJECTS_H

#include "agents/cap.h"
#include "agents/pages/paged.h"
#include "base/heapq.h"
#include "base/money.h"
#include "base/slab.h"
#include "base/table.h"

struct agent;
struct agents;
struct inbox;
struct inbox_message;

/* Object numbers begin far above account numbers: agents and buffers both name paged objects. */
#define AGENTS_FIRST_OBJECT (UINT64_C(1) << 40)

enum object_kind {
    OBJECT_FACET = 1,
    OBJECT_BUFFER = 2,
    OBJECT_TIMER = 3,
    OBJECT_LEASH = 4,
    OBJECT_PROMISE = 5,
};

/* Whether a facet is the one of its badge (self_facet_of()).  As in its row. */
enum facet_naming {
    FACET_UNNAMED = 0,
    FACET_NAMED = 1,   /* it is found by its badge */
    FACET_WATCHED = 2, /* and its agent hears UNHELD when nobody else holds it any more */
    FACET_TOLD = 3,    /* UNHELD waits in the inbox; the facet ends when that is handled */
};

/*
 * A reply facet (`one_shot` of the object) answers one question.  It is held in one place, a slot
 * or a message, and moves; whatever empties that place otherwise ends it by facet_fail().
 */
struct facet {
    uint64_t badge;
    struct money postage;       /* what it asks; zero: the floor; a reply asks nothing */
    struct money reserve;       /* held:reserve, of a reply: pays for the answer, or FAILED; of a
                                   watched facet: for UNHELD */
    uint64_t asked;             /* of a reply: the facet that the question was asked with, which
                                   hears; 0: nobody hears */
    uint64_t promise;           /* of a reply: the promise that the answer resolves; 0: none */
    struct object *next;        /* in the list of the replies that were asked with one facet, */
    struct object *previous;    /* which begins with that facet itself; not stored */
    struct object *same_bucket; /* of the index by badge; not stored */
};

struct buffer {
    uint64_t size;
    struct paged pages;
};

/* In place of a time: the timer waits for the site to be drained, and ends as LEAVING. */
#define TIMER_AT_LEAVING UINT64_MAX

struct timer {
    uint64_t at_us; /* site time; or TIMER_AT_LEAVING */
    uint64_t badge;
    struct money reserve;
};

/* Owned by its holder, which counts it as a facet; it ends with the holder or with the child. */
struct leash {
    uint64_t child;
    uint64_t watch; /* the reply that is answered by the event LEASH, or 0 */
    bool estate;    /* what the child leaves is the holder's */
    uint64_t turn;  /* the holder's turn that takes `taken` from the child; not stored */
    struct money taken;
};

/* As in its row. */
enum promise_state {
    PROMISE_OPEN = 0,
    PROMISE_RESOLVED = 1, /* to a capability, through which it is looked */
    PROMISE_DATA = 2,     /* the answer brought data and no capability */
    PROMISE_BROKEN = 3,
};

/* A promise has no pipe any more, when the running turn commits. */
#define PROMISE_PIPE_NONE UINT64_MAX

/*
 * A promise stands for the first capability of an answer that has not come yet.  What is sent to it
 * waits in its queue.  If it is resolved to a promise that is open, its queue stays as it is, and
 * one entry in the queue of the other stands for all of it, in its place in the order.
 */
struct promise {
    enum promise_state state;
    int32_t status;  /* of a broken one: why, */
    uint8_t *reason; /* and the bytes that came with that; NULL: none */
    uint32_t reason_size;
    uint32_t unread;   /* while rows are read: messages of the queue that are still to come */
    struct cap target; /* of a resolved one */
    struct money
        postage;   /* what its question brought: quoted to those who send to it, while open */
    uint64_t pipe; /* of an open one: the facet to which messages for it go (reply_pipe), though
                      that may be gone; 0: they wait */
    uint64_t pipe_next; /* what that is once the running turn commits; 0: as it is; not stored.
                           PROMISE_PIPE_NONE: nothing */
    bool quiet;         /* no message waits in its queue, nor in those that wait in that, and none
                           will, unless its pipe is taken away; not stored */
    uint64_t quiet_to;  /* entries of its queue up to this number bring none either; not stored */
    uint64_t reply;     /* of an open one: the reply whose answer it waits for; not stored */
    uint64_t waits_in;  /* of a resolved one: the promise in whose queue its own has an entry; 0 */
    uint64_t waits_at;  /* the number of that entry */
    struct inbox_message *entry; /* it; not stored */
    struct inbox *queue;         /* not stored: its messages are rows; NULL: empty */
};

struct object {
    uint64_t id;
    uint64_t owner;             /* an agent */
    struct object *older_owned; /* in the list of what its owner owns, which begins with the */
    struct object *newer_owned; /* newest; not stored */
    enum object_kind kind;
    bool dirty;
    bool one_shot;    /* of a facet: a reply; here, where it costs no room */
    bool held;        /* of a reply, while rows are read: its place was seen */
    uint8_t named;    /* of a facet: enum facet_naming */
    uint32_t holders; /* of a facet or promise: places that hold it (holders.h); not stored */
    union {
        struct facet facet;
        struct buffer buffer;
        struct timer timer;
        struct leash leash;
        struct promise promise;
    } u;
};

struct object_set {
    struct table by_id;   /* id -> struct object */
    uint64_t next;        /* the number of the next one */
    struct heapq timers;  /* when due, and the object's number */
    struct heapq leavers; /* those that wait for the site to be drained, by their number */
};

/* The objects that an agent owns. */
struct belongings {
    struct object *newest; /* the list of all; not stored */
    uint64_t facets;       /* and promises */
    uint64_t timers;
    uint64_t buffer_bytes;
};

/* Take memory for an object, all zero, without pages.  Out of memory is INVARIANT. */
struct object *object_alloc(struct slab *memory, enum object_kind kind);

/* Free an object that is in no table and no list, and its pages. */
void object_free(struct slab *memory, struct object *object);

/* Add an object to the table and to its owner's list; not undone. */
void object_link(struct agents *agents, struct agent *owner, struct object *object);

/* Make an object with the next number, in the table and its owner's list.  Undone by rollback. */
struct object *object_new(struct agents *agents, struct agent *owner, enum object_kind kind);

/* The object of this number, if it is of that kind; else NULL. */
struct object *object_find(const struct object_set *objects, uint64_t id, enum object_kind kind);

/*
 * Put a timer into the queue where it waits.  Not undone: an entry without its object is skipped.
 */
void object_queue_timer(struct object_set *objects, const struct object *timer);

/* Take an object out of table and list; freed at the commit, undone by rollback. */
void object_remove(struct agents *agents, struct object *object);

#endif
