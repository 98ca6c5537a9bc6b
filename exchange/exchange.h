/*
 * The exchange: what passes on channels, and the money that goes with it.
 *
 * Four parts below it do not know each other: channels decide what an end may do, links in which
 * order messages cross, agents what a turn may pay, and the ledger moves money.  This part gives
 * them one thing to do at a time.  A packet's way, from an agent's order to the wire, is the order
 * of its files:
 *
 *     orders.c     an agent gives an order: checked against channels, links and its money
 *     delivery.c   a message goes to the other end: within the site at once, else to its link
 *     packets.c, births.c, closing.c
 *                  what each kind of message does to the end that it comes to
 *     booking.c    with the frame it gets its number, and its money is the link's
 *     arrivals.c   what came from a peer: one event of the books for each message
 *     losses.c     what was sent over a bounded link and lost with the power
 *     acceptance.c a loss that both sites accepted
 *
 * and besides these room.c (who waits for a place on a link), landing.c (packets that land in a
 * buffer), holdings.c (what customers hold by their ends) and prices.c (what an interface charges).
 *
 * Deterministic; used by the core thread alone.
 */
#ifndef SERAI_EXCHANGE_EXCHANGE_H
#define SERAI_EXCHANGE_EXCHANGE_H

#include "agents/agents.h"
#include "channels/channels.h"
#include "links/link.h"

struct loss_plan;

struct exchange; /* opaque */

/* What only the site knows: its customers. */
struct exchange_env {
    void *context;
    uint8_t site_key[LINK_KEY_BYTES]; /* this site's own, as peers know it */
    /* The account under which what a customer holds is bounded; a peer's customers share one. */
    uint64_t (*quota_owner)(void *context, uint64_t customer);
    /* The key of whom a customer's agents descend from, here or at a peer; zero: it has none. */
    void (*customer_key)(void *context, uint64_t customer, uint8_t key[CHANNEL_KEY_BYTES]);
    /* Whether the peer's customer of that number and key has a row here, or may have one. */
    bool (*customer_fits)(void *context, uint32_t interface, uint64_t tag,
                          const uint8_t key[CHANNEL_KEY_BYTES]);
    /* Its account.  One that has none yet gets it, in the running event, after a good check. */
    uint64_t (*customer_of)(void *context, const struct link *link, uint64_t tag,
                            const uint8_t key[CHANNEL_KEY_BYTES]);
};

/* What the exchange joins: borrowed for its life. */
struct exchange_parts {
    struct agents *agents;
    struct channels *channels;
    struct links *links;
    struct ledger *ledger;
    struct undo *undo;
};

/*
 * Make an exchange, which handles channels for parts->agents from now on (struct channel_handlers).
 * On ST_OK the caller ends *exchange with exchange_free(), after the agents.  ST_NOMEM.
 */
MUST_CHECK enum status exchange_new(struct exchange **exchange, const struct exchange_parts *parts,
                                    const struct exchange_env *env);

/* Free an exchange; the parts stay.  NULL is allowed. */
void exchange_free(struct exchange *exchange);

/* Set the module that children of purchases run: the loader, which the agents keep already. */
void exchange_set_loader(struct exchange *exchange, const struct hash *loader);

/*
 * Read back what is held for ends, and take up what agents, channels and links read before: ends
 * count for their customers again, those that wait for a place on a link are noted.  Rows:
 * STORE_LINK, key = interface u32, u8 4, id of the end u64 (docs/records.md).  ST_CORRUPT names the
 * end, or says that a link's totals are not those of its accounts.
 */
MUST_CHECK enum status exchange_load(struct exchange *exchange, const struct store_read *read,
                                     struct fault *fault);

/* Write the rows that changed since the last call. */
void exchange_save(struct exchange *exchange, struct store_batch *batch);

/*
 * Check all ends and links against agents and against each other, by counting again.  ST_CORRUPT
 * names what differs.
 */
MUST_CHECK enum status exchange_check(const struct exchange *exchange, struct fault *fault);

/*
 * Add what the rows of ends in a store say that held and deposit accounts hold; for verification.
 * ST_CORRUPT.
 */
MUST_CHECK enum status exchange_claims(const struct store_read *read, struct ledger_claims *claims,
                                       struct fault *fault);

/* Add the same as exchange_claims() from RAM. */
void exchange_claims_live(const struct exchange *exchange, struct ledger_claims *claims);

/* Money of an agent that is held for its ends of channels. */
struct exchange_held {
    struct money deposits; /* one for each end, back when it is sold */
    struct money reserves; /* of events that come by them */
    struct money births;   /* paid for purchases that were not answered yet */
};

/* Add up what is held for the ends that an agent owns.  Looks at no other's. */
void exchange_held_for(const struct exchange *exchange, uint64_t owner, struct exchange_held *held);

/* ---- what comes from a peer ---- */

/*
 * Receive the messages of a parcel that link_parcel_in() took, each in an event of its own.  One
 * that breaks a rule freezes the link, and what follows it is not read.  `rests`: none of them is
 * taken now, they wait at the peer.  True: something happened that the frame has to keep.
 */
MUST_CHECK bool exchange_receive(struct exchange *exchange, struct link *link,
                                 struct parcel *parcel, bool rests);

/*
 * Take over what this site sent over the link and lost with its power, as the parcel of a link with
 * PARCEL_LOST says: its packets count as sent, and their money comes out of suspense.  False: that
 * does not fit the channels here, and the link is frozen.
 */
MUST_CHECK bool exchange_adopt(struct exchange *exchange, struct link *link, struct parcel *parcel);

/*
 * Count from where both sites of a frozen link accepted to go on (links/acceptance.h): money of
 * messages that never arrived comes back, what one of the two lost is booked to suspense, and every
 * channel of the link ends.  After link_accepted(), in a running event, whose end commits.  *plan
 * is set to what was booked.
 */
void exchange_accept(struct exchange *exchange, struct link *link, struct loss_plan *plan);

/*
 * Deliver room events to ends that wait for a place on this link and have one, if any became free.
 * True: there was one, or somebody who waits no more, and the frame has to keep it.
 */
bool exchange_give_room(struct exchange *exchange, struct link *link);

/* Forget what is kept of a link besides its row; before it is removed. */
void exchange_forget_link(struct exchange *exchange, const struct link *link);

/* ---- at frame close ---- */

/* As exchange_give_room(), for all links. */
void exchange_give_room_all(struct exchange *exchange);

/*
 * Number the messages that wait, in an event of its own: their money goes from held:packet to their
 * link.  Before the parts are saved.
 */
void exchange_number(struct exchange *exchange);

/* End an event of what the site does with its links by itself, at frame close. */
void exchange_event_end(struct exchange *exchange);

/*
 * Append the next parcel that is due on this link to `out`; call until false.  After the parts were
 * saved; to be sent once the frame is durable.
 */
MUST_CHECK bool exchange_parcel_out(struct exchange *exchange, struct link *link,
                                    struct bytes *out);

/* ---- prices ---- */

/*
 * What money costs that is sent over a link now, per 1.00, to whoever sends the next nano: the
 * price of the step that is returned (market_drain_step()), rounded down.  0: nothing.
 */
uint32_t exchange_drain_now(const struct exchange *exchange, const struct link *link,
                            struct money *price);

/* What each packet over the link costs besides as it is now: 0 while it is bounded. */
struct money exchange_strict_now(const struct pricebook *book, const struct link *link);

/* ---- what lines of the journal say of an interface's prices, for an audit ---- */

/*
 * The price that a line with this object, of a fee, was charged by; `own` is what the book has for
 * interface self.  False: the book has no such prices.
 */
MUST_CHECK bool exchange_fee_price(const struct pricebook *book, uint64_t object, struct money own,
                                   enum link_price which, struct money *price);

/*
 * The same for half the object of a line of a packet's fee: of 1000 packets, or of a MiB of data.
 */
MUST_CHECK bool exchange_packet_price(const struct pricebook *book, uint64_t object, bool data,
                                      struct money *price);

/*
 * The price of a packet's share of a flush that a line with this object was charged by.  False: the
 * book has no such prices.
 */
MUST_CHECK bool exchange_strict_price(const struct pricebook *book, uint64_t object,
                                      struct money *price);

/*
 * The price, per MARKET_DRAIN_UNIT nanos, that a line of a drain fee with this object was charged
 * by.  False: the book has no such prices.
 */
MUST_CHECK bool exchange_drain_price(const struct pricebook *book, uint64_t object,
                                     struct money *price);

#endif
