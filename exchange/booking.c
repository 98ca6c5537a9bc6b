/*
 * Money of channels and links in the ledger.  A message with money makes one line in the books of
 * each site, with the same object: what is sent when it gets its number, what is received in the
 * event that takes it (docs/records.md, codes 38 and 39).  So a link's totals are always those of
 * its two accounts.
 */
#include "exchange/booking.h"

#include <assert.h>

#include "agents/agents.h"
#include "agents/turn.h"
#include "exchange/losses.h"
#include "exchange/prices.h"
#include "links/settlement.h"

static_assert((int)LINK_INTERFACES_MAX <= (int)ACCOUNT_LINK_INTERFACE_MAX,
              "each interface has accounts");

/* ---- within an event ---- */

void booking_receive(struct exchange *exchange, const struct received *received, uint64_t to)
{
    const struct channel_message *message = received->message;

    if (message->interface != CHANNEL_INTERFACE_SELF)
        agents_move(exchange->agents, account_of_link(message->interface, KIND_LINK_IN), to,
                    message->money, TRANSFER_LINK_RECEIVED, received->seq);
}

void booking_event_end(struct exchange *exchange, uint32_t interface, uint64_t seq,
                       const struct channel_message *message)
{
    struct event event = event_of_link(interface, seq, agents_time(exchange->agents));

    if (message != NULL)
        event.bytes = hash_of(message->data, message->size);
    (void)ledger_event_end(exchange->ledger, &event);
}

/* ---- with the frame ---- */

void exchange_event_end(struct exchange *exchange)
{
    booking_event_end(exchange, 0, ledger_frame(exchange->ledger), NULL);
}

/* What waited had its money in held:packet; with its number the money is the link's. */
static void booking_send(void *context, const struct link *link, uint64_t seq,
                         const struct channel_message *message)
{
    struct exchange *exchange = context;

    ledger_move(exchange->ledger, ACCOUNT_HELD_PACKET,
                account_of_link(link->interface, KIND_LINK_OUT), message->money, TRANSFER_LINK_SENT,
                seq);
}

void exchange_number(struct exchange *exchange)
{
    if (!links_waiting(exchange->links))
        return;
    ledger_event_begin(exchange->ledger);
    (void)links_number(exchange->links, booking_send, exchange); /* it was asked: there is some */
    exchange_event_end(exchange);
}

/* A HELLO names what this site charges for a birth (docs/wire.md). */
bool exchange_parcel_out(struct exchange *exchange, struct link *link, struct bytes *out)
{
    struct interface_prices prices =
        prices_of_interface(agents_prices(exchange->agents), exchange->links, link->interface);
    struct link_prices shown = {.birth_fee = prices.birth_fee, .channel_fee = prices.channel_fee};

    losses_tell_peer(exchange, link);
    return link_parcel_out(exchange->links, link, &shown, out);
}

/* ---- checking ---- */

struct booking_check {
    const struct ledger *ledger;
    const struct links *links;
    bool differs;
};

static void booking_check_link(void *context, struct link *link)
{
    struct booking_check *check = context;
    const struct account *out =
        ledger_account(check->ledger, account_of_link(link->interface, KIND_LINK_OUT));
    const struct account *in =
        ledger_account(check->ledger, account_of_link(link->interface, KIND_LINK_IN));
    const struct account *settling =
        ledger_account(check->ledger, account_of_link(link->interface, KIND_LINK_SETTLING));
    u128 pending = money_nanos(link_settlement(check->links, link)->pending.amount);

    if (out == NULL || in == NULL || out->credits - out->debits != link->sent_total ||
        in->debits - in->credits != link->received_total || settling == NULL ||
        settling->credits + link->paid.total + pending != settling->debits + link->got.total)
        check->differs = true;
}

enum status booking_check_totals(const struct exchange *exchange, struct fault *fault)
{
    struct booking_check check = {.ledger = exchange->ledger, .links = exchange->links};

    links_each_ever(exchange->links, booking_check_link, &check);
    if (!check.differs)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "the totals of a link differ from its accounts in the ledger");
}
