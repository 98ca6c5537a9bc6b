/* Facets, buffers, timers and leashes: things with a number of our own.  Private to this part. */
#ifndef SERAI_AGENTS_OBJECTS_H
#define SERAI_AGENTS_OBJECTS_H

#include "agents/pages/paged.h"
#include "base/heapq.h"
#include "base/money.h"
#include "base/slab.h"
#include "base/table.h"

struct agent;
struct agents;

/* Object numbers begin far above account numbers: agents and buffers both name paged objects. */
#define AGENTS_FIRST_OBJECT (UINT64_C(1) << 40)

enum object_kind { OBJECT_FACET = 1, OBJECT_BUFFER = 2, OBJECT_TIMER = 3, OBJECT_LEASH = 4 };

/*
 * A reply facet (`one_shot` of the object) answers one question.  It is held in one place, a slot
 * or a message, and moves; whatever empties that place otherwise ends it by facet_fail().
 */
struct facet {
    uint64_t badge;
    struct money postage;    /* what it asks; zero: the floor; a reply asks nothing */
    struct money reserve;    /* held:reserve, of a reply: pays for the answer, or FAILED */
    uint64_t asked;          /* of a reply: the facet that the question was asked with */
    struct object *next;     /* in the list of the replies that were asked with one facet, */
    struct object *previous; /* which begins with that facet itself; not stored */
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
        struct leash leash;
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
    uint64_t facets;
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
