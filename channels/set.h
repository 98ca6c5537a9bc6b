/*
 * Private to this folder: how the set of ends is kept, and the two ways it changes within a turn.
 */
#ifndef SERAI_CHANNELS_SET_H
#define SERAI_CHANNELS_SET_H

#include "channels/channels.h"

#include "base/table.h"

/* An interface, a number and a side make one u64 key, so interfaces have 31 bits. */
#define INTERFACE_MAX ((uint32_t)INT32_MAX)

/* Number 0 is the control channel of a link; numbers bought here are even. */
enum { NUMBER_FIRST = 2, NUMBER_STEP = 2 };
#define NUMBER_BOUGHT_MAX (UINT32_MAX - 1)

/* Totals of packets and bytes that are believed when read back; far from overflow. */
#define TOTAL_MAX ((uint64_t)INT64_MAX)

/* An end as the set holds it.  `end` is first: a pointer to an end is a pointer to its node. */
struct end_node {
    struct channel_end end;
    struct channels *channels;
    struct end_node *next_owned; /* in the list of its owner's ends, in no order */
    struct end_node *previous_owned;
    bool stored; /* the store has a row of it, as of the last save */
    bool gone;   /* removed for good; waits in `changed` for its row to be deleted */
};

/* The counters of an interface. */
struct channel_port {
    uint32_t interface;
    uint64_t number_next; /* above NUMBER_BOUGHT_MAX when all numbers are used up */
};

struct channels {
    struct table by_id;    /* id -> node */
    struct table by_place; /* set_place() -> node */
    struct table by_owner; /* owner -> the first node of its list */
    /* id -> node whose row may have to be written, or deleted if `gone`.  What a rollback made
     * clean again stays here until the next save, which looks at `dirty`. */
    struct table changed;
    struct table ports; /* interface -> port */
    uint64_t id_next;
    uint64_t id_next_saved; /* any use of a counter uses an id too: equal means nothing to write */
};

/* The key of an end by its place: interface, number and side. */
uint64_t set_place(uint32_t interface, uint32_t number, enum channel_side side);

/* The counters of an interface; made when missing.  Out of memory is INVARIANT. */
struct channel_port *set_port(struct channels *channels, uint32_t interface);

/* Add a node with a copy of *end to the tables.  Out of memory is INVARIANT. */
struct end_node *set_link_new(struct channels *channels, const struct channel_end *end);

/* Add an end within a turn; it gets the next id.  Undone by rollback. */
struct channel_end *set_add(struct channels *channels, struct undo *undo, struct channel_end end);

/* Save the end for the turn's rollback and list it as changed; before any field of it is set. */
void channel_change(struct channel_end *end, struct undo *undo);

/*
 * Take an end out of the tables, within a turn.  Its memory stays valid until the turn ends.
 * Undone by rollback.
 */
void set_remove(struct channels *channels, struct undo *undo, struct channel_end *end);

/* Free every node and port, as after channels_new(). */
void set_clear(struct channels *channels);

/*
 * Decode one row of an end.  ST_CORRUPT.  ST_MISSING, which sets no fault: a row of another kind.
 */
MUST_CHECK enum status channels_row_decode(struct channel_end *end, const struct store_row *stored,
                                           struct fault *fault);

/*
 * Fill kind, interface, number and `to` of a message from `end` to its far end; no other field is
 * changed.
 */
void set_address(const struct channel_end *end, enum channel_message_kind kind,
                 struct channel_message *message);

#endif
