/*
 * A loss that both sites of a link accepted (links/acceptance.h), in the books.
 *
 * What this site's agents sent and the peer never received comes back to them.  What one of the two
 * has lost is in question, so it goes to or comes out of suspense.  The two sides no longer know
 * the same of any channel, so all of them end: packets that were on their way would find no grant,
 * and answers no question.
 */
#include "links/acceptance.h"

#include <stdlib.h>

#include "agents/turn.h"
#include "base/array.h"
#include "exchange/births.h"
#include "exchange/booking.h"
#include "exchange/closing.h"
#include "exchange/ends.h"
#include "exchange/exchange.h"
#include "exchange/holdings.h"
#include "links/settlement.h"

struct accepting {
    struct exchange *exchange;
    const struct link *link;
    const struct loss_plan *plan;
    u128 to_suspense; /* of what comes in: it belongs to nobody who is known */
};

/* ---- ends ---- */

static void acceptance_end(struct exchange *exchange, struct channel_end *end)
{
    bool told;

    if (end->state == CHANNEL_PENDING) {
        births_sever(exchange, end, money_zero());
        return;
    }
    told = channels_sever(exchange->channels, end, exchange->undo);
    holdings_follow(exchange, end);
    if (told)
        closing_notify(exchange, end);
}

struct severed {
    uint32_t interface;
    uint64_t *ids;
    size_t count;
    size_t capacity;
};

static void acceptance_find(void *context, struct channel_end *end)
{
    struct severed *severed = context;

    if (end->interface != severed->interface)
        return;
    severed->ids =
        array_grow(severed->ids, &severed->capacity, severed->count + 1, sizeof *severed->ids);
    INVARIANT(severed->ids != NULL);
    severed->ids[severed->count++] = end->id;
}

static void acceptance_end_all(struct accepting *accepting)
{
    struct exchange *exchange = accepting->exchange;
    struct severed severed = {.interface = accepting->link->interface};

    channels_each(exchange->channels, acceptance_find, &severed);
    for (size_t i = 0; i < severed.count; i++)
        acceptance_end(exchange, channels_find(exchange->channels, severed.ids[i]));
    free(severed.ids);
    channels_skip_numbers(exchange->channels, severed.interface,
                          link_position_theirs(exchange->links, accepting->link)->position.number);
}

/* ---- money ---- */

/* A message of ours that never arrived: its money goes back to whoever sent it. */
static void acceptance_return(void *context, const struct channel_message *message)
{
    struct accepting *accepting = context;
    struct exchange *exchange = accepting->exchange;
    enum channel_side side = message->to == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER;
    struct channel_end *end =
        channels_at(exchange->channels, message->interface, message->number, side);
    bool sent_it = message->kind == CHANNEL_BIRTH || message->kind == CHANNEL_PACKET;

    if (end == NULL || !sent_it) /* the change of a birth is the peer's customer's */
        return;
    accepting->to_suspense -= money_nanos(message->money);
    agents_move(exchange->agents, account_of_link(message->interface, KIND_LINK_IN),
                agents_payee(exchange->agents, end->owner), message->money, TRANSFER_LINK_RETURNED,
                accepting->plan->received.seq);
    if (end->state == CHANNEL_PENDING)
        births_sever(exchange, end, message->money);
    else if (agents_find(exchange->agents, end->owner) != NULL)
        ends_wake(exchange, message->interface, agents_find(exchange->agents, end->owner));
}

static void acceptance_post(const struct accepting *accepting, uint64_t debit, uint64_t credit,
                            u128 nanos, uint64_t messages, uint64_t seq)
{
    struct transfer transfer = {.debit = debit,
                                .credit = credit,
                                .code = TRANSFER_LINK_ACCEPTED,
                                .quantity = messages,
                                .object = seq};

    INVARIANT(money_from_total(&transfer.amount, nanos)); /* position_plan() saw to it */
    if (nanos > 0)
        ledger_transfer_checked(accepting->exchange->ledger, &transfer);
}

/* What was paid outside of the link and forgotten, either way. */
static void acceptance_settle(const struct accepting *accepting)
{
    const struct link *link = accepting->link;
    const struct settlement *settlement = link_settlement(accepting->exchange->links, link);
    uint64_t account = account_of_link(link->interface, KIND_LINK_SETTLING);
    bool decided = accepting->plan->paid.index >= settlement->pending.index;
    u128 paid = link->paid.total + (decided ? money_nanos(settlement->pending.amount) : 0);
    u128 out = accepting->plan->paid.total;

    acceptance_post(accepting, account, ACCOUNT_SUSPENSE, out > paid ? out - paid : 0, 0,
                    accepting->plan->paid.index);
    acceptance_post(accepting, ACCOUNT_SUSPENSE, account, paid > out ? paid - out : 0, 0,
                    accepting->plan->paid.index);
    acceptance_post(accepting, ACCOUNT_SUSPENSE, account, accepting->plan->got_more, 0,
                    accepting->plan->got.index);
}

void exchange_accept(struct exchange *exchange, struct link *link, struct loss_plan *plan)
{
    struct accepting accepting = {.exchange = exchange, .link = link, .plan = plan};
    struct fault fault;

    /* It was seen before this site accepted, and nothing that the positions name has changed. */
    INVARIANT(link_loss_plan(exchange->links, link, plan, &fault) == ST_OK);
    accepting.to_suspense = plan->received.difference;
    (void)link_returned_each(exchange->links, link, plan, acceptance_return, &accepting);
    acceptance_end_all(&accepting);
    acceptance_post(&accepting, account_of_link(link->interface, KIND_LINK_IN), ACCOUNT_SUSPENSE,
                    accepting.to_suspense, plan->received.messages, plan->received.seq);
    acceptance_post(&accepting, ACCOUNT_SUSPENSE, account_of_link(link->interface, KIND_LINK_OUT),
                    plan->sent.difference, plan->sent.messages, plan->sent.seq);
    acceptance_settle(&accepting);
    link_count_accepted(exchange->links, link, plan);
}
