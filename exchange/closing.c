/*
 * Selling and closing (docs/wire.md, CLOSE and CLOSED).  The deposit and all reserves of an end
 * come back to its owner the moment that it is sold: refunds never wait for a peer, and never cross
 * a link.
 */
#include "exchange/closing.h"

#include "agents/agents.h"
#include "agents/turn.h"
#include "exchange/booking.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"

/*
 * Nothing more comes to this end: what was held for packets and room goes back.  Returns what is
 * held for it, to be changed further.
 */
static struct exchange_end *closing_release(struct exchange *exchange,
                                            const struct channel_end *end)
{
    uint64_t payee = agents_payee(exchange->agents, end->owner);
    struct exchange_end *held = ends_change(exchange, end);

    agents_move(exchange->agents, ACCOUNT_HELD_RESERVE, payee, held->grant_reserve,
                TRANSFER_RESERVE, end->id);
    agents_move(exchange->agents, ACCOUNT_HELD_RESERVE, payee, held->room_reserve, TRANSFER_RESERVE,
                end->id);
    held->grant_reserve = money_zero();
    held->room_reserve = money_zero();
    return held;
}

/* ---- selling ---- */

/*
 * The BIRTH of a pending end that no frame has numbered yet is as if it had never been sent. Within
 * the site a purchase is answered in the order itself, so only links have pending ends.
 */
static bool closing_withdraw(struct exchange *exchange, struct channel_end *end, uint64_t payee)
{
    struct link *link = links_find(exchange->links, end->interface);
    const struct exchange_end *held = ends_held(exchange, end);
    struct money asked;

    INVARIANT(link != NULL);
    if (!link_withdraw(exchange->links, link, exchange->undo, end->number))
        return false;
    INVARIANT(money_add(&asked, held->asked_endowment, held->asked_fee));
    agents_move(exchange->agents, ACCOUNT_HELD_PACKET, payee, asked, TRANSFER_BIRTH_BACK, end->id);
    channels_withdraw(exchange->channels, end, exchange->undo);
    holdings_follow(exchange, end);
    return true;
}

void closing_refund(struct exchange *exchange, const struct exchange_end *held, uint64_t payee)
{
    agents_move(exchange->agents, ACCOUNT_DEPOSIT_CHANNEL, payee, held->deposit,
                TRANSFER_CHANNEL_REFUND, held->id);
    agents_move(exchange->agents, ACCOUNT_HELD_RESERVE, payee, held->close_reserve,
                TRANSFER_RESERVE, held->id);
}

bool closing_sell(struct exchange *exchange, struct channel_end *end, struct channel_message *close)
{
    uint64_t payee = agents_payee(exchange->agents, end->owner);
    struct exchange_end *held = closing_release(exchange, end);
    bool sends_close = false;

    closing_refund(exchange, held, payee);
    agents_move(exchange->agents, ACCOUNT_HELD_RESERVE, payee, held->answer_reserve,
                TRANSFER_RESERVE, end->id);
    held->deposit = money_zero();
    held->close_reserve = money_zero();
    held->answer_reserve = money_zero();
    if (end->state == CHANNEL_PENDING && closing_withdraw(exchange, end, payee))
        return false;
    channels_sell(exchange->channels, end, exchange->undo, close, &sends_close);
    holdings_follow(exchange, end);
    return sends_close;
}

/* ---- what comes ---- */

void closing_notify(struct exchange *exchange, const struct channel_end *end)
{
    struct exchange_end *held = closing_release(exchange, end);

    ends_notify(exchange, end, SERAI_EVENT_CLOSED, held->close_reserve);
    held->close_reserve = money_zero();
}

enum channel_result closing_receive(struct exchange *exchange, struct channel_end *end,
                                    struct received *received)
{
    bool signal = false;
    enum channel_result result =
        channels_receive_close(exchange->channels, end, exchange->undo, &received->reply, &signal);

    if (result != CHANNEL_FINE)
        return result;
    holdings_follow(exchange, end);
    if (signal)
        closing_notify(exchange, end);
    received->replies = true;
    return CHANNEL_FINE;
}

enum channel_result closing_receive_closed(struct exchange *exchange, struct channel_end *end)
{
    enum channel_result result = channels_receive_closed(exchange->channels, end, exchange->undo);

    holdings_follow(exchange, end);
    return result;
}
