/*
 * Channels: private two-ended streams of packets over one interface, bought and sold.
 *
 * This part decides; it moves no money, runs no agent and opens no socket.  Each call is a check
 * that may refuse and changes nothing, then a change that cannot fail and that gives, as a wire
 * message, what the far end must receive.  The exchange moves money, reserves and deposits, and
 * carries the messages: within the site at once (interface self), over a link by
 * parcels.
 *
 * An end knows its interface, channel number and side; both ends of a self channel are at this site
 * and differ by side.  A window is cumulative totals that never go back: what an end granted, and
 * what the far end has sent against it.  One thread.
 */
#ifndef SERAI_CHANNELS_CHANNELS_H
#define SERAI_CHANNELS_CHANNELS_H

#include "base/money.h"
#include "base/store.h"
#include "base/undo.h"

enum { CHANNEL_INTERFACE_SELF = 0 };

/* Which side of the channel an end is. Fixed numbers. */
enum channel_side { CHANNEL_BUYER = 0, CHANNEL_BORN = 1 };

/* Fixed numbers. */
enum channel_state {
    CHANNEL_PENDING = 0, /* bought, the peer has not answered */
    CHANNEL_OPEN = 1,
    CHANNEL_FAR_CLOSED = 2, /* the far end was sold or closed: nothing can be sent */
    CHANNEL_CLOSING = 3,    /* this end was sold; CLOSED has not come back; no cap leads here */
    CHANNEL_GIVEN_UP = 4,   /* sold while pending: the ANSWER may still come; no cap leads here */
};

/* The holdings of an end that count for its customer. */
struct channel_holding {
    uint64_t ends;   /* 1, until its row goes */
    uint64_t events; /* that its owner paid for and that may still come */
    uint64_t bytes;  /* the most that packets among them can bring */
};

/*
 * One end.  Plain values; they change only through the calls below, which save pre-images in the
 * running turn's undo.  What is held for an end, money above all, the exchange keeps.
 */
struct channel_end {
    uint64_t id;    /* local, what a cap names; never reused */
    uint64_t owner; /* agent; may be dead when the end is closing or given up */
    uint32_t interface;
    uint32_t number; /* low bit 0: bought here; never reused on an interface */
    enum channel_side side;
    enum channel_state state;
    /* What this end granted to the far end, and how much of it came. */
    uint64_t granted_packets;
    uint64_t granted_bytes;
    uint64_t received_packets;
    uint64_t received_bytes;
    u128 received_money;   /* of all these packets */
    uint64_t received_seq; /* over a link: the message that was the last of them; 0: none yet */
    /* What the far end granted to this end, and how much of it was sent. */
    uint64_t window_packets;
    uint64_t window_bytes;
    uint64_t sent_packets;
    uint64_t sent_bytes;
    u128 sent_money; /* of all these packets */
    bool room_asked;
    uint8_t priority;    /* its class: what it sends over a link goes by it */
    uint64_t opened_seq; /* over a link: the ANSWER that opened it in this run, else 0; in no row */
    bool dirty;          /* its row must be written; managed by this part */
};

/* ---- messages on the wire; over links they travel in parcels ---- */
enum channel_message_kind {
    CHANNEL_BIRTH = 1, /* buy: endowment, max fee */
    CHANNEL_ANSWER =
        2, /* status 0: open, with the first grant; else the refusal.  fee, money back */
    CHANNEL_PACKET = 3, /* data, money */
    CHANNEL_CREDIT = 4, /* packets, bytes: the totals that the far end granted */
    CHANNEL_CLOSE = 5,  /* the sender's end is sold or closed */
    CHANNEL_CLOSED = 6, /* the answer to CLOSE: no packet follows it */
};

enum {
    CHANNEL_PACKET_BYTES_MAX = 65536,
    CHANNEL_PRIORITY_MAX = 7,
    CHANNEL_PRIORITIES = 8,
    CHANNEL_KEY_BYTES = 32,
};

struct channel_message {
    enum channel_message_kind kind;
    uint32_t interface;
    uint32_t number;
    enum channel_side to; /* the side that receives it */
    int32_t status;       /* ANSWER: 0 or a refusal of sdk/abi.h */
    uint8_t priority;     /* the class in which it waits for its number; does not cross */
    /* PACKET: its money.  ANSWER: change, or all of it.  BIRTH: maximum fee and endowment. */
    struct money money;
    struct money endowment;
    struct money fee; /* BIRTH: the maximum; ANSWER: what was charged */
    uint64_t packets; /* CREDIT, ANSWER: cumulative totals */
    uint64_t bytes;
    uint64_t customer;                       /* BIRTH: the buyer's lineage */
    uint8_t customer_key[CHANNEL_KEY_BYTES]; /* BIRTH: that customer's Ed25519 key; zero: none */
    uint64_t payer;      /* BIRTH, PACKET: whose place it takes on a link; the site's, and does not
                            cross */
    uint64_t parent;     /* BIRTH on interface self: the buyer; the site's to fill */
    const char *name;    /* BIRTH on interface self: the buyer's name, borrowed for the call */
    const uint8_t *data; /* PACKET: borrowed for the call */
    size_t size;
    uint64_t
        seq; /* the link's number of one that came over a link, else 0; does not cross itself */
    uint64_t after; /* PACKET that goes over a link: the number of the ANSWER that opened its end in
                       this run, else 0; does not cross */
};

/* What one end has received of its far end, all in all, as its site reports it after a loss. */
struct channel_arrived {
    uint32_t number;
    enum channel_side to; /* the end that received */
    uint64_t packets;
    uint64_t bytes;
    u128 money;
};

/* Number and side in one: what names an end on its link, in the order of both. */
static inline uint64_t channel_end_key(uint32_t number, enum channel_side side)
{
    return (uint64_t)number << 1 | (uint64_t)side;
}

/* ---- the set of ends ---- */
struct channels; /* opaque */

/*
 * Make an empty set of ends.  On ST_OK the caller ends *channels with channels_free().  ST_NOMEM.
 */
MUST_CHECK enum status channels_new(struct channels **channels);

/* Free the set and all its ends; NULL is allowed. */
void channels_free(struct channels *channels);

/*
 * Read all ends back into an empty set.  Rows: STORE_LINK, key = interface u32, u8 1, end id u64
 * (docs/records.md).  ST_CORRUPT names the row; the set is empty then.
 */
MUST_CHECK enum status channels_load(struct channels *channels, const struct store_read *read,
                                     struct fault *fault);

/* Write the rows that changed since the last call, and the counters (key = u32 0, u8 0, u64 0). */
void channels_save(struct channels *channels, struct store_batch *batch);

/* The end of this id, or NULL when there is none.  Valid until it is removed. */
struct channel_end *channels_find(struct channels *channels, uint64_t id);

/* The end that a message to (interface, number, side) is for, or NULL when there is none. */
struct channel_end *channels_at(struct channels *channels, uint32_t interface, uint32_t number,
                                enum channel_side side);

/* The number of ends. */
size_t channels_count(const struct channels *channels);

/* Visit all ends in order of id.  `visit` must not add or remove any. */
void channels_each(struct channels *channels, void (*visit)(void *context, struct channel_end *end),
                   void *context);

/*
 * The number of ends that an agent owns.  If they are no more than `max`, their ids are written to
 * `ids`, in order.  Looks at no other owner's ends.
 */
size_t channels_owned(const struct channels *channels, uint64_t owner, uint64_t *ids, size_t max);

/* Check that the lists of the owners are what a look at all ends finds.  ST_CORRUPT. */
MUST_CHECK enum status channels_check(const struct channels *channels, struct fault *fault);

/* Give the end to another agent, within a turn; undone by rollback. */
void channel_give(struct channel_end *end, struct undo *undo, uint64_t owner);

/* ---- refusals of this part; the site maps them to sdk/abi.h ---- */
enum channel_result {
    CHANNEL_FINE = 0,
    CHANNEL_NO_WINDOW,   /* the far end has granted no more */
    CHANNEL_NOT_OPEN,    /* pending */
    CHANNEL_IS_CLOSED,   /* far end closed, or closing */
    CHANNEL_TOO_LARGE,   /* a packet over CHANNEL_PACKET_BYTES_MAX */
    CHANNEL_TOO_MUCH,    /* a grant past the bound of outstanding packets or bytes */
    CHANNEL_HAS_ASKED,   /* room was asked already */
    CHANNEL_UNKNOWN,     /* a message for an end that is not there: a late one, or a lie */
    CHANNEL_NOT_GRANTED, /* what no grant or order allows: the sender broke the rules */
};

/* ---- orders on ends (within a turn: undo is that turn's) ---- */

enum {
    CHANNEL_ENDS_MAX = 4 * 1024 * 1024
}; /* of a site: with what is held for them some 1.5 GiB */

/*
 * Whether an end can be bought on an interface.  CHANNEL_TOO_MUCH: the site is full of ends, or the
 * interface's numbers are used up.
 */
MUST_CHECK enum channel_result channels_check_buy(const struct channels *channels,
                                                  uint32_t interface);

/*
 * Add a pending end for `owner`, and fill the BIRTH message for the peer, but for the money
 * fields, which are the caller's.  The end belongs to `channels`.  Undone by rollback.  Out of
 * memory is INVARIANT.
 */
struct channel_end *channels_buy(struct channels *channels, struct undo *undo, uint64_t owner,
                                 uint32_t interface, struct channel_message *birth);

/*
 * Whether a packet of `size` bytes can be sent now: CHANNEL_TOO_LARGE, CHANNEL_NOT_OPEN,
 * CHANNEL_IS_CLOSED or CHANNEL_NO_WINDOW if not.
 */
MUST_CHECK enum channel_result channel_check_send(const struct channel_end *end, size_t size);

/*
 * Count the packet and its money, after a good check, and fill kind, interface, number and `to` of
 * *packet.  Undone by rollback.
 */
void channel_send(struct channel_end *end, struct undo *undo, size_t size, struct money money,
                  struct channel_message *packet);

/* Whether the far end may have received that much of this one: no less than this one knows of. */
MUST_CHECK bool channel_check_adopt(const struct channel_end *end,
                                    const struct channel_arrived *arrived);

/*
 * Count as sent what the far end has received, after a good check: this site sent it and lost the
 * memory of it.  The window is at least that.  Undone by rollback.
 */
void channel_adopt(struct channel_end *end, struct undo *undo,
                   const struct channel_arrived *arrived);

enum { CHANNEL_GRANT_PACKETS_MAX = 1024, CHANNEL_GRANT_BYTES_MAX = 1024 * 1024 };
/*
 * Whether that many packets and bytes can be granted.  At most the bounds above are ever
 * outstanding. CHANNEL_TOO_MUCH: packets or bytes are 0 or above the bound, or the packets would be
 * with those that are open.  Bytes that would be are not refused but granted up to the bound: what
 * packets left unused of earlier bytes must not stop the next.
 */
MUST_CHECK enum channel_result channel_check_grant(const struct channel_end *end, uint64_t packets,
                                                   uint64_t bytes);

/* Grant, after a good check, and fill the CREDIT message for the far end.  Undone by rollback. */
void channel_grant(struct channel_end *end, struct undo *undo, uint64_t packets, uint64_t bytes,
                   struct channel_message *credit);

/*
 * What the end holds for its customer: events by its state, whether or not anything is reserved for
 * them.
 */
struct channel_holding channel_holds(const struct channel_end *end);

/* What the end would hold if that many packets and bytes were granted after a good check. */
struct channel_holding channel_would_hold(const struct channel_end *end, uint64_t packets,
                                          uint64_t bytes);

/* The number of packets that were granted and have not arrived. */
uint64_t channel_granted_open(const struct channel_end *end);

/*
 * The number of packets that may be sent now; 0 when the end is not open, or when the last byte of
 * the window is used up.
 */
uint64_t channel_may_send(const struct channel_end *end);

/*
 * Whether a room event can be asked for: CHANNEL_HAS_ASKED, CHANNEL_NOT_OPEN or CHANNEL_IS_CLOSED
 * if not.
 */
MUST_CHECK enum channel_result channel_check_room(const struct channel_end *end);

/*
 * Ask for one room event, after a good check.  If packets may be sent now, the site delivers it
 * at once.  Undone by rollback.
 */
void channel_ask_room(struct channel_end *end, struct undo *undo);

/*
 * End the asking: the site delivers the room event, because the link has a place again.  Undone by
 * rollback.
 */
void channel_room_given(struct channel_end *end, struct undo *undo);

/*
 * Whether the end's class can be set, to one of 0 to CHANNEL_PRIORITY_MAX: CHANNEL_IS_CLOSED if it
 * sends no packet any more.  It may be set before the answer has come.
 */
MUST_CHECK enum channel_result channel_check_priority(const struct channel_end *end);

/* Set the class of all that the end sends from now on, after a good check.  Undone by rollback. */
void channel_set_priority(struct channel_end *end, struct undo *undo, uint8_t priority);

/*
 * Whether the end was sold or closed: its owner has no more to do with it, and no cap leads here.
 */
bool channel_is_sold(const struct channel_end *end);

/* Whether the end can be sold or closed.  CHANNEL_IS_CLOSED: it was sold before. */
MUST_CHECK enum channel_result channel_check_sell(const struct channel_end *end);

/*
 * Sell or close the end, after a good check: it sends and receives no more.  An OPEN end fills
 * CLOSE for the far end, sets *sends_close, and stays CLOSING until CLOSED returns.  One whose far
 * end closed first is removed at once.  A PENDING one is GIVEN_UP: nobody knows yet whether the
 * peer took its BIRTH, so it stays until the ANSWER comes.  The site gives back the money held
 * for the end first: the row of a GIVEN_UP one that holds some is corrupt.  Undone by rollback.
 */
void channels_sell(struct channels *channels, struct channel_end *end, struct undo *undo,
                   struct channel_message *close, bool *sends_close);

/*
 * End a channel of which the two sides no longer know the same (exchange/acceptance.c), without a
 * message: an end that its owner still has is FAR_CLOSED, and one that was sold is gone.  True: it
 * was open, so its owner has to be told.  Not a PENDING one, which is withdrawn (INVARIANT). Undone
 * by rollback.
 */
bool channels_sever(struct channels *channels, struct channel_end *end, struct undo *undo);

/* The highest number of a channel that the peer bought and that has an end here; 0: there is none.
 */
uint32_t channels_highest_bought_there(const struct channels *channels, uint32_t interface);

/*
 * Whether at least half of the numbers that are left for channels bought here are above this one.
 * A site that forgot its newest channels has to step over their numbers; a peer that names a far
 * one must not take them all.
 */
bool channels_may_skip(const struct channels *channels, uint32_t interface, uint32_t number);

/* Give no number up to this one to channels bought here: the peer has an end of it.  Not undone. */
void channels_skip_numbers(struct channels *channels, uint32_t interface, uint32_t number);

/*
 * Remove a PENDING end whose BIRTH has not left and never will, or whose ANSWER never comes. Undone
 * by rollback.
 */
void channels_withdraw(struct channels *channels, struct channel_end *end, struct undo *undo);

/* ---- messages that arrive ---- */

/*
 * The calls below answer CHANNEL_UNKNOWN when `end` is NULL, i.e. channels_at() found none.  They
 * answer CHANNEL_NOT_GRANTED, and change nothing, to what no far end that keeps the rules could
 * send now.  docs/wire.md has the same rules as a table.
 */

/*
 * Whether a BIRTH can be accepted.  CHANNEL_NOT_GRANTED: the number is in use, or it is not one of
 * a born end: a broken rule.  CHANNEL_TOO_MUCH: the site is full of ends; refuse the birth.
 */
MUST_CHECK enum channel_result channels_check_accept(struct channels *channels,
                                                     const struct channel_message *birth);

/*
 * Accept a BIRTH, after a good check: add the born agent's end, OPEN, with its first packets
 * granted, and fill the ANSWER for the buyer's end, but for money and fee, which are the caller's.
 * Undone by rollback.
 */
struct channel_end *channels_accept(struct channels *channels, struct undo *undo,
                                    const struct channel_message *birth, uint64_t owner,
                                    uint64_t first_packets, uint64_t first_bytes,
                                    struct channel_message *answer);

/* Refuse a BIRTH: fill an ANSWER with `status` and all its money.  Changes no end. */
void channels_refuse(const struct channel_message *birth, int32_t status,
                     struct channel_message *answer);

/*
 * Handle ANSWER at the buyer's end: it opens (status 0), or is removed (a refusal; the caller reads
 * the end's money fields first, for *end is gone then).  One that was given up opens too, for the
 * caller to sell at once, so that the far end receives CLOSE.
 */
MUST_CHECK enum channel_result channels_receive_answer(struct channels *channels,
                                                       struct channel_end *end, struct undo *undo,
                                                       const struct channel_message *answer);

/*
 * Handle PACKET: CHANNEL_FINE counts it as received.  CHANNEL_UNKNOWN / CHANNEL_IS_CLOSED: late;
 * its money goes to whoever sold the end (CHANNEL_IS_CLOSED counts it as received too).
 * CHANNEL_NOT_GRANTED, CHANNEL_TOO_LARGE: a broken rule; changes nothing.
 */
MUST_CHECK enum channel_result channel_receive_packet(struct channel_end *end, struct undo *undo,
                                                      const struct channel_message *packet);

/*
 * Handle CREDIT: packets rise and bytes do not fall, else it is a broken rule, CHANNEL_NOT_GRANTED.
 * CHANNEL_IS_CLOSED: late, but counted.  *room is true when a room event is due now; room_asked is
 * cleared then.
 */
MUST_CHECK enum channel_result channel_receive_credit(struct channel_end *end, struct undo *undo,
                                                      const struct channel_message *credit,
                                                      bool *room);

/*
 * Handle a CREDIT that may repeat what channel_adopt() took the window for: totals below it are
 * passed over.  *news: it granted something.  Else as channel_receive_credit().
 */
MUST_CHECK enum channel_result channel_receive_regrant(struct channel_end *end, struct undo *undo,
                                                       const struct channel_message *credit,
                                                       bool *news, bool *room);

/*
 * Handle CLOSE: an OPEN end becomes FAR_CLOSED and *signal is true, so that its owner learns of it,
 * once; a CLOSING one is removed (both sold at once).  Fills CLOSED for the far end.
 */
MUST_CHECK enum channel_result channels_receive_close(struct channels *channels,
                                                      struct channel_end *end, struct undo *undo,
                                                      struct channel_message *closed, bool *signal);

/* Handle CLOSED: the CLOSING end is removed. */
MUST_CHECK enum channel_result channels_receive_closed(struct channels *channels,
                                                       struct channel_end *end, struct undo *undo);

#endif
