/* Private to this folder: how links are kept.  A link that is removed keeps its node. */
#ifndef SERAI_LINKS_LINK_SET_H
#define SERAI_LINKS_LINK_SET_H

#include "base/slab.h"
#include "links/acceptance.h"
#include "links/clearing.h"
#include "links/link_window.h"
#include "links/parcel.h"
#include "links/settlement.h"
#include "links/specie.h"

/* A message on its way out: queued, or numbered and in the retransmission queue. */
struct outgoing {
    struct channel_message message; /* its data points into wire[]; valid while it is queued */
    struct money money;
    u128 total;            /* after it; once it is numbered */
    struct digest digest;  /* likewise */
    size_t withdrawn_from; /* its index in the queue, for a rollback */
    /* link_order.c's, while numbers are given */
    struct outgoing *next;
    struct outgoing *channel_first; /* the first message of the same channel */
    uint8_t lowest;                 /* class of the channel's messages; of the first one */
    size_t size;
    uint8_t wire[]; /* encoded */
};

/* A double-ended queue of messages, which it owns.  All-zero is an empty one. */
struct outbox {
    struct outgoing **items;
    size_t capacity; /* 0 or a power of two */
    size_t first;
    size_t count;
    uint64_t bytes;   /* of all wire[] */
    uint64_t answers; /* to births */
};

/* What is signed about a link, by us and by the peer. */
struct specie_state {
    bool has_theirs;
    bool dirty; /* `theirs` is not in its row yet */
    struct specie_signed theirs;
    /* of this run */
    bool due;  /* whatever has moved */
    bool asks; /* ours asks the peer for its own */
    /* as of our last one */
    uint64_t signed_us;
    u128 signed_sent;
    u128 signed_received;
    uint64_t signed_paid;
    uint64_t signed_got;
};

/* What two sites signed to accept a loss (link_acceptance.c). */
struct loss_state {
    bool has_ours;
    bool has_theirs;
    bool we_accept; /* the pair of the two */
    bool it_accepts;
    bool counted; /* this site counts from where the pair says */
    struct loss_record record;
    bool has_last;           /* a loss was counted, this one or one before: */
    struct loss_record last; /* books are compared by it (audit/reconcile.h) */
    bool dirty;              /* the row must be written */
    bool saved;              /* the row has all of it, so it may leave */
    bool due;                /* on this connection */
    bool answered;           /* a repeat of the peer's, since the last reminder */
};

/* The totals of a link at a moment (link_pace.c). */
struct pace_sample {
    bool is_set;
    uint64_t at_us;
    u128 sent;
    u128 received;
};

/* The last order of the peer's to pay one payee, at this site. */
struct clearing_pair {
    uint8_t payee[LINK_KEY_BYTES];
    uint64_t index;
    struct money amount;
    bool done;
    u128 total;
    bool answer_due;
};

/* Rows of the store that hold messages: the sequence of the first of each, in order. */
struct message_rows {
    uint64_t *first_seqs;
    size_t capacity;
    size_t begin; /* rows before it are deleted */
    size_t end;
};

/* How far a link has come as of a moment: of its last save, of a commit under way, of the disk. */
struct link_point {
    bool bounded; /* its row says so: a loss of power will be answered by HELLO, not by a freeze */
    uint64_t epoch;
    struct cursor sent;
    struct cursor received;
    struct digest sent_digest;
    struct digest received_digest;
};

/* `link` is first: a pointer to a link is a pointer to its node. */
struct link_node {
    struct link link;
    struct links *links;
    struct outbox queue;     /* not numbered yet */
    u128 queue_total;        /* its money */
    struct outbox unacked;   /* acked_seq + 1 .. sent_seq */
    struct window window;    /* the places that both take */
    bool freed;              /* places, since link_freed() was asked */
    bool dirty;              /* the row must be written */
    struct link_point saved; /* over a strict link the peer may learn nothing newer */
    struct settled saved_paid;
    struct settled saved_got;
    struct message_rows rows; /* of `unacked`, as far as it is saved */
    size_t saved_queued;      /* messages of the queue that have a row: link_holds_numbers() */
    /*
     * Over a bounded link the peer learns nothing of epoch and received that is not durable, and of
     * sent only packets, within bounds (link_durable.c).
     */
    struct link_point committing; /* of the commit that goes on */
    struct link_point durable;
    struct table early_ends[2]; /* ends whose packets left early: since the last commit began, and
                                   before it */
    uint64_t received_bytes;    /* of messages, since the last commit began, about */
    uint64_t committing_bytes;  /* ... and before it */
    uint64_t seen_seq;          /* the last of ours that the peer has: places are given back */
    /* After a loss of the peer's: what is due in the next HELLO (link_loss.c). */
    uint64_t answers_from; /* the first message that the peer lost, perhaps; 0: nothing is due */
    bool loss_noted;       /* it is not answered again before the next reminder */
    struct bytes arrived;  /* encoded ends that received messages after it */
    uint64_t arrived_count;
    /* State of this connection. */
    bool hello_due;
    bool hello_requested;    /* a HELLO was called for by something stale and has no answer yet */
    bool hello_names_peer;   /* the next HELLO names the epoch we know, though the link is down */
    bool hello_wants_answer; /* the next HELLO names none, though it is up: so it is answered */
    uint64_t remind_seq;     /* sent before the last reminder */
    uint64_t next_seq;       /* to send */
    uint64_t reported_seq;   /* acknowledged in a parcel to the peer; 0: not, or to be again */
    uint64_t reported_seen;  /* ... as seen */
    struct specie_state specie;
    struct loss_state loss;
    struct pace_sample pace[2]; /* the older one first */
    struct settlement settlement;
    bool settlement_dirty;                           /* its row must be written */
    bool claim_due;                                  /* on this connection */
    bool order_due;                                  /* to the house, likewise */
    struct clearing_pair pairs[CLEARING_PAYEES_MAX]; /* the peer is the payer */
    size_t pair_count;
    bool pairs_dirty; /* their row must be written */
    bool has_order;   /* `order` is to be carried out */
    struct clearing_note order;
    struct clearing_pair no_place; /* the last order whose payee has no place: it is refused */
    bool refused;                  /* the last payment of ours; not booked back yet */
};

struct links {
    struct link_node *nodes[LINK_INTERFACES_MAX]; /* interface - 1 */
    size_t count;
    size_t removed;                                           /* of these */
    struct link_checkpoint checkpoints[LINK_CHECKPOINTS_MAX]; /* oldest first */
    size_t checkpoint_count;
    bool checkpoints_dirty;  /* their row must be written */
    uint64_t next_sample_us; /* of the pace of all links */
    size_t sampled;          /* links that have a sample: the first ones */
    char currency[LINK_CURRENCY_BYTES_MAX + 1];
    struct link_signer signer;
    bool orders_due; /* to a house, perhaps: some node's order_due was set */
    struct bytes scratch;
    struct slab memory; /* of messages on their way out */
};

/*
 * Both sides of the account of a link: what came from the peer and what went to it, in nanos.  A
 * settlement counts like money that went the other way.  The sums fit: each total is far below
 * 2^127.
 */
u128 link_came(const struct link *link);
u128 link_went(const struct link *link);

/* The node of a link of this set. */
struct link_node *node_of_link(const struct links *links, const struct link *link);

/* Add a node for a copy of *link, at the next interface.  NULL when out of memory. */
struct link_node *link_node_add(struct links *links, const struct link *link);

/* The node of the link with this key, also of one that was removed; NULL: there never was one. */
struct link_node *link_node_keyed(const struct links *links, const uint8_t key[LINK_KEY_BYTES]);

/* Free all nodes, as after links_new(). */
void links_clear(struct links *links);

/* Append the row of all checkpoints. */
void checkpoints_encode(const struct links *links, struct bytes *out);

/* Read that row into a set that has none.  *fault says what is wrong with it. */
MUST_CHECK enum status checkpoints_decode(struct links *links, const uint8_t *value,
                                          size_t value_size, struct fault *fault);

/* What is wrong with the checkpoints, once all links were read; NULL: nothing. */
const char *checkpoints_error(const struct links *links);

/* What is wrong with the link's name, key or endpoint; NULL: nothing. */
const char *link_address_error(const struct link *link);

/* Add a message at the end.  Out of memory is INVARIANT. */
void outbox_push(struct outbox *outbox, struct outgoing *outgoing);

/* The message at a place, 0 for the oldest; below `count` (INVARIANT). */
struct outgoing *outbox_at(const struct outbox *outbox, size_t index);

/* Take out the oldest message, which there must be (INVARIANT); it is the caller's now. */
struct outgoing *outbox_pop(struct outbox *outbox);

/*
 * Take out a message wherever it is; it must be there (INVARIANT).  Searches from the newest.
 * Returns the place where it was.
 */
size_t outbox_remove(struct outbox *outbox, const struct outgoing *outgoing);

/* Put a message back at a place, at most `count` (INVARIANT). */
void outbox_insert(struct outbox *outbox, size_t index, struct outgoing *outgoing);

/* Free the queue and its messages. */
void outbox_fini(struct links *links, struct outbox *outbox);

/*
 * Make an outgoing message with a copy of *message, encoded.  Out of memory is INVARIANT.  The
 * caller ends it with outgoing_free().
 */
struct outgoing *outgoing_new(struct links *links, const struct channel_message *message);

/* Free a message that is in no queue. */
void outgoing_free(struct links *links, struct outgoing *outgoing);

/*
 * The total of what we sent up to message `seq`, which is the last acknowledged one or in the
 * retransmission queue (INVARIANT).
 */
u128 link_total_at(const struct link_node *node, uint64_t seq);

/* The digest of what we sent up to message `seq`, as link_total_at(). */
struct digest link_digest_at(const struct link_node *node, uint64_t seq);

/* Drop what the peer has durably, everything up to `seq`, which is at most saved.sent. */
void link_take_ack(struct link_node *node, uint64_t seq);

/* Give back the places of what the peer has: all up to `seq`, which is at most saved.sent. */
void link_take_seen(struct link_node *node, uint64_t seq);

/* ---- link_durable.c: what may leave before it is durable ---- */

/* What may still be lost with the power, in nanos: losses of the past are taken from it for ever.
 */
u128 link_may_lose(const struct link *link);

/*
 * Whether a claim may leave: the link is up, and the peer has a HELLO of its epoch.
 * link_may_sign() asks that of what is signed, a statement, order or receipt, which takes a signer
 * besides.
 */
bool link_may_state(const struct link_node *node);
bool link_may_sign(const struct link_node *node);

/* How far the link has come for its peer: what HELLO and DATA may say of epoch and received. */
const struct link_point *link_shown(const struct link_node *node);

/*
 * Whether the message `seq`, which is numbered and saved, may leave: it is durable, or an early
 * packet of a bounded link within its bounds.  All before it have left.
 */
bool link_may_leave(const struct link_node *node, uint64_t seq, const struct outgoing *outgoing);

/* Count a message that leaves, for the bounds of link_may_leave(). */
void link_leaves(struct link_node *node, uint64_t seq, const struct outgoing *outgoing);

/* Take what was just read as durable. */
void links_loaded_durable(struct links *links);

/* Forget what link_durable.c keeps of a node that ends. */
void link_durable_fini(struct link_node *node);

/* Let a HELLO be due because something was stale or missing, unless one has no answer yet. */
void link_ask_hello(struct link_node *node);

/* Set the link DOWN as link_lost() does, with a reason that is printed. */
void link_lost_because(struct link_node *node, const char *format, ...) PRINTF_LIKE(2, 3);

/* Compare a good HELLO with what we have; link_parcel_in() says how. */
MUST_CHECK enum parcel_result link_hello_in(struct link_node *node, const struct hello *hello);

/* Compare a statement of the peer's with what we have, and keep it; docs/wire.md says how. */
MUST_CHECK enum parcel_result
link_specie_in(struct link_node *node, const struct specie_parcel *parcel, struct fault *fault);

/* Take the peer's position, and its acceptance; docs/wire.md says how. */
MUST_CHECK enum parcel_result link_loss_in(struct link_node *node, const struct loss_parcel *parcel,
                                           struct fault *fault);

/*
 * Whether no message gets a number now: a loss of power may have taken some, or what this site
 * signed of a loss has to stay true.
 */
bool link_holds_numbers(const struct link_node *node);

/* Let our position be sent again, if the peer may still need it.  True: it may. */
bool loss_remind(struct link_node *node);

/* Forget positions by which nobody counts yet, as the link goes on without; not while bound. */
void loss_withdraw(struct link_node *node);

/* Append the row of a link's loss, and read it.  *fault says what is wrong with it. */
void loss_encode(struct bytes *out, const struct loss_state *loss);
MUST_CHECK enum status loss_decode(struct loss_state *loss, const uint8_t *value, size_t value_size,
                                   struct fault *fault);

/* Let a statement of ours be due on this connection, if there is anything to state. */
void specie_begin_again(struct link_node *node);

/* A message was taken: freeze the link if the peer's statement shows another history up to it. */
void specie_check_reached(struct link_node *node);

/*
 * Append the HELLO that is due.  It names `prices` as what this site charges.  False: it answers a
 * loss of the peer's and waits until all that was received is durable.
 */
MUST_CHECK bool link_hello_out(struct link_node *node, const struct link_prices *prices,
                               struct bytes *out);

#endif
