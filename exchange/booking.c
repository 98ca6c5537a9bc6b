/*
 * Money of channels and links in the ledger.  A message with money makes one line in the books of
 * each site, with the same object: what is sent when it gets its number, what is received in the
 * event that takes it (docs/records.md, codes 38 and 39).  So a link's totals are always those of
 * its two accounts.
 */
#include "exchange/booking.h"

#include <assert.h>
#include <string.h>

#include "base/cbor.h"
#include "exchange/prices.h"

static_assert(ACCOUNT_LINKS + LINK_INTERFACES_MAX * 4 + 3 < ACCOUNT_FIRST_FREE,
              "each interface has accounts");

uint64_t exchange_link_account(uint32_t interface)
{
    return ACCOUNT_LINKS + (uint64_t)interface * 4;
}

static uint64_t booking_account_in(uint32_t interface)
{
    return ACCOUNT_LINKS + (uint64_t)interface * 4 + 1;
}

/* ---- within an event ---- */

void booking_move(struct exchange *exchange, uint64_t from, uint64_t to, struct money amount,
                  enum transfer_code code, uint64_t object)
{
    struct transfer transfer = {
        .debit = from, .credit = to, .amount = amount, .code = code, .object = object};

    if (!money_is_zero(amount))
        agents_post(exchange->agents, &transfer);
}

void booking_receive(struct exchange *exchange, const struct received *received, uint64_t to)
{
    const struct channel_message *message = received->message;

    if (message->interface != CHANNEL_INTERFACE_SELF)
        booking_move(exchange, booking_account_in(message->interface), to, message->money,
                     TRANSFER_LINK_RECEIVED, received->seq);
}

/* The source is [interface, sequence] (docs/records.md, "What causes them"). */
void booking_event_end(struct exchange *exchange, uint32_t interface, uint64_t seq,
                       const struct channel_message *message)
{
    struct event event = {.kind = EVENT_LINK,
                          .subject = 0,
                          .bytes = message == NULL ? hash_of(NULL, 0)
                                                   : hash_of(message->data, message->size),
                          .random = hash_of(NULL, 0),
                          .site_time_us = agents_time(exchange->agents)};
    struct bytes source = {0};

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, interface);
    cbor_put_uint(&source, seq);
    INVARIANT(!source.failed && source.size <= sizeof event.source);
    memcpy(event.source, source.data, source.size);
    event.source_size = source.size;
    bytes_fini(&source);
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
    struct transfer transfer = {.debit = ACCOUNT_HELD_PACKET,
                                .credit = exchange_link_account(link->interface),
                                .amount = message->money,
                                .code = TRANSFER_LINK_SENT,
                                .object = seq};

    if (!money_is_zero(message->money))
        ledger_transfer_checked(exchange->ledger, &transfer);
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

    return link_parcel_out(exchange->links, link, &shown, out);
}

/* ---- checking ---- */

struct booking_check {
    const struct ledger *ledger;
    bool differs;
};

static void booking_check_link(void *context, struct link *link)
{
    struct booking_check *check = context;
    const struct account *out =
        ledger_account(check->ledger, exchange_link_account(link->interface));
    const struct account *in = ledger_account(check->ledger, booking_account_in(link->interface));

    if (out == NULL || in == NULL || out->credits - out->debits != link->sent_total ||
        in->debits - in->credits != link->received_total)
        check->differs = true;
}

enum status booking_check_totals(const struct exchange *exchange, struct fault *fault)
{
    struct booking_check check = {.ledger = exchange->ledger};

    links_each_ever(exchange->links, booking_check_link, &check);
    if (!check.differs)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "the totals of a link differ from its accounts in the ledger");
}
