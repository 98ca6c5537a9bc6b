/*
 * What an order sees of the running turn: for those that carry out orders, also in other parts
 * (struct channel_handlers).  Whatever it changes is undone when the turn is.
 */
#ifndef SERAI_AGENTS_TURN_H
#define SERAI_AGENTS_TURN_H

#include "agents/cap.h"
#include "base/money.h"
#include "ledger/ledger.h"
#include "sdk/abi.h"

struct agents;
struct agent;
struct turn;

/* The agent whose turn it is. */
struct agent *turn_agent(const struct turn *turn);

/*
 * The cap in a slot, if it is of `kind` (SERAI_KIND_ANY: of any); else NULL, and *refusal says why.
 * A promise in it that is resolved is replaced by what it is resolved to.  Valid until the slot
 * changes.
 */
const struct cap *turn_cap(struct turn *turn, uint64_t slot, enum serai_kind kind,
                           int64_t *refusal);

/* Whether turn_give_cap() will find a slot. */
bool turn_has_slot(const struct turn *turn);

/*
 * Put the cap into the first empty slot, also if another holds it already: so dropping what was
 * given loses nothing else.  Returns the slot, or SERAI_E_FULL.
 */
int64_t turn_give_cap(struct turn *turn, const struct cap *cap);

/* Empty a slot; it is lent no more. */
void turn_take_cap(struct turn *turn, uint64_t slot);

/*
 * ---- money within a turn ----
 *
 * A fee stands whatever the turn does and draws only on the balance at its start and the event's
 * postage; a transfer happens with the commit, and may also draw on what this turn received.
 */

/* Whether turn_pay() of that much would succeed. */
MUST_CHECK bool turn_can_pay(const struct turn *turn, struct money amount);

/*
 * Book a transfer that is covered already: staged within a turn, at once outside of one.  A refusal
 * is a bug (INVARIANT).
 */
void agents_post(struct agents *agents, const struct transfer *transfer);

/* Move money as agents_post(), by a line without quantity and price.  No money is no line. */
void agents_move(struct agents *agents, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object);

/*
 * Move money as agents_move(), out of the agent whose turn it is.  False when there is not enough:
 * nothing is staged.
 */
MUST_CHECK bool turn_pay(struct turn *turn, uint64_t to, struct money amount,
                         enum transfer_code code, uint64_t object);

/* Make an amount of a guest's i64; false when it is negative. */
bool money_from_guest(struct money *amount, uint64_t raw);

/*
 * Guest memory for an order to read, or with turn_write() to write, which marks the cards.  Charges
 * for moving that many bytes.  NULL when it reaches outside, or when there is not enough fuel; then
 * the turn ends, out of fuel, as soon as the order returns.
 */
const uint8_t *turn_read(struct turn *turn, uint64_t address, uint64_t size);

/* Guest memory for an order to write; as turn_read(). */
uint8_t *turn_write(struct turn *turn, uint64_t address, uint64_t size);

/*
 * Charge fuel for work that an order does for its caller.  False: there is not enough, and the turn
 * ends as in turn_read().
 */
MUST_CHECK bool turn_work(struct turn *turn, uint64_t fuel);

/*
 * Charge fuel of the running turn, if there is one, for what its orders make and others have to
 * keep, carry and end.  When it lacks, the order is done, and the turn ends with it, out of fuel,
 * and is undone.
 */
void agents_work(struct agents *agents, uint64_t fuel);

/* Charge the fuel for a message with that many bytes of data, as agents_work(). */
void agents_work_message(struct agents *agents, size_t size);

/*
 * The prices of packets over one interface, per MARKET_PACKETS_UNIT and MARKET_PACKET_DATA_UNIT.
 * `object` is what the lines of packets say of it, even; those of bytes say one more.  A strict
 * link has a price besides, per packet, and lines of their own say `strict_object`; elsewhere it is
 * 0.  One object has the same prices for the whole turn.
 */
struct packet_prices {
    uint64_t object;
    struct money packets;
    struct money packet_data;
    uint64_t strict_object;
    struct money strict;
};

/*
 * Take the fees of one packet of `size` bytes.  False: not enough, or packets of too many
 * interfaces in one turn; nothing was taken.
 */
MUST_CHECK bool turn_packet_fee(struct turn *turn, const struct packet_prices *prices, size_t size);

/* Copy bytes of a buffer that this cap may read to `to`.  False when out of range. */
MUST_CHECK bool turn_buffer_read(struct turn *turn, const struct cap *buffer, uint64_t offset,
                                 uint64_t size, uint8_t *to);

/* The size of a buffer that is the running agent's own; or RIGHT, or CLOSED: it was sold. */
int64_t turn_own_buffer(const struct turn *turn, const struct cap *buffer);

/* Fuel for writing to a buffer, when `size` bytes at any offset are written to it. */
uint64_t agents_buffer_work(uint64_t size);

#endif
