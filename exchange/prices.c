/*
 * What an interface charges, and how the line of a fee says it.  The object of such a line names
 * the interface, in the lower half, and the place of the link's own prices in the book, in the
 * upper (docs/records.md, "interface price"): so an audit finds the price again whatever the link
 * is called later.
 */
#include "exchange/prices.h"

#include <assert.h>

#include "agents/agents.h"
#include "exchange/exchange.h"
#include "exchange/parts.h"

/*
 * The object of a drain fee has the step above the interface, which has less than 2^16 numbers;
 * that of a packet's fee has the class of priority there.
 */
enum { DRAIN_STEP_SHIFT = 16, PRIORITY_SHIFT = 16 };
static_assert(LINK_INTERFACES_MAX < 1 << DRAIN_STEP_SHIFT, "an interface is below the step");
static_assert(LINK_INTERFACES_MAX < 1 << PRIORITY_SHIFT, "an interface is below the class");

/* A site has at most LINK_INTERFACES_MAX interfaces and PRICEBOOK_LINKS_MAX places: both fit. */
static uint64_t price_object(size_t place, uint32_t interface)
{
    return (uint64_t)place << 32 | interface;
}

struct interface_prices prices_of_interface(const struct pricebook *book, struct links *links,
                                            uint32_t interface)
{
    const struct link *link = links_find(links, interface);
    size_t place;

    if (link == NULL) /* self; or none, and then the order is refused */
        return (struct interface_prices){.object = price_object(0, CHANNEL_INTERFACE_SELF),
                                         .birth_fee = book->birth_fee,
                                         .channel_fee = book->channel_fee};
    place = pricebook_link_place(book, link->name);
    return (struct interface_prices){
        .object = price_object(place, interface),
        .birth_fee = pricebook_link_price_at(book, place, LINK_PRICE_BIRTH_FEE),
        .channel_fee = pricebook_link_price_at(book, place, LINK_PRICE_CHANNEL_FEE),
    };
}

bool exchange_fee_price(const struct pricebook *book, uint64_t object, struct money own,
                        enum link_price which, struct money *price)
{
    uint64_t place = object >> 32;
    bool self = (uint32_t)object == CHANNEL_INTERFACE_SELF;

    if (place > (self ? 0 : book->link_count))
        return false;
    *price = self ? own : pricebook_link_price_at(book, (size_t)place, which);
    return true;
}

/* ---- packets by class of priority ---- */

/* By what the link is now: one whose flush amount is lost is strict, whatever was set. */
static struct money price_while_strict(const struct pricebook *book, const struct link *link,
                                       size_t place)
{
    return link_is_bounded(link) ? money_zero()
                                 : pricebook_link_price_at(book, place, LINK_PRICE_STRICT_PACKET);
}

struct money exchange_strict_now(const struct pricebook *book, const struct link *link)
{
    return price_while_strict(book, link, pricebook_link_place(book, link->name));
}

/* A price of the book is below 2^50, so eight of them are money (INVARIANT). */
static struct money price_of_class(const struct pricebook *book, size_t place, uint8_t priority,
                                   enum link_price base, enum link_price more)
{
    struct money price;

    INVARIANT(money_scale(&price, pricebook_link_price_at(book, place, more), priority));
    INVARIANT(money_add(&price, price, pricebook_link_price_at(book, place, base)));
    return price;
}

struct packet_prices prices_of_packet(const struct pricebook *book, struct links *links,
                                      uint32_t interface, uint8_t priority)
{
    const struct link *link = links_find(links, interface);
    size_t place;

    if (link == NULL) /* self: nothing waits there, so no class goes before another */
        return (struct packet_prices){.object = 2 * price_object(0, CHANNEL_INTERFACE_SELF),
                                      .packets = book->packets,
                                      .packet_data = book->packet_data};
    place = pricebook_link_place(book, link->name);
    return (struct packet_prices){
        .object = 2 * price_object(place, (uint32_t)priority << PRIORITY_SHIFT | interface),
        .packets = price_of_class(book, place, priority, LINK_PRICE_PACKETS, LINK_PRICE_PRIORITY),
        .packet_data =
            price_of_class(book, place, priority, LINK_PRICE_PACKET_DATA, LINK_PRICE_PRIORITY_DATA),
        .strict_object = price_object(place, interface),
        .strict = price_while_strict(book, link, place)};
}

bool exchange_packet_price(const struct pricebook *book, uint64_t object, bool data,
                           struct money *price)
{
    uint64_t place = object >> 32;
    uint32_t interface = (uint32_t)object & (UINT32_MAX >> PRIORITY_SHIFT);
    uint32_t priority = (uint32_t)object >> PRIORITY_SHIFT;
    bool self = interface == CHANNEL_INTERFACE_SELF;

    if (place > (self ? 0 : book->link_count) || priority > (self ? 0 : CHANNEL_PRIORITY_MAX))
        return false;
    if (self)
        *price = data ? book->packet_data : book->packets;
    else if (data)
        *price = price_of_class(book, (size_t)place, (uint8_t)priority, LINK_PRICE_PACKET_DATA,
                                LINK_PRICE_PRIORITY_DATA);
    else
        *price = price_of_class(book, (size_t)place, (uint8_t)priority, LINK_PRICE_PACKETS,
                                LINK_PRICE_PRIORITY);
    return true;
}

/* There is no such price within the site, where nothing waits for the disk. */
bool exchange_strict_price(const struct pricebook *book, uint64_t object, struct money *price)
{
    return (uint32_t)object != CHANNEL_INTERFACE_SELF &&
           exchange_fee_price(book, object, money_zero(), LINK_PRICE_STRICT_PACKET, price);
}

/* ---- money near the limit of a link ---- */

/*
 * By what this site owes the peer once the message is on its way.  Rounded down, and the rest is
 * dropped: the line has it, and it is less than a nano.
 */
bool prices_of_drain(const struct pricebook *book, struct links *links, uint32_t interface,
                     struct money money, struct transfer *line)
{
    const struct link *link = links_find(links, interface);
    uint64_t carry = 0;
    struct money amount;
    uint32_t step;
    size_t place;

    /* More than one message carries is refused by whoever sends it: it has no price. */
    if (link == NULL || !link->has_soft_limit || money_nanos(money) > LINK_MESSAGE_NANOS_MAX)
        return false;
    step =
        market_drain_step(link_would_owe(links, link, money), link->soft_limit, link->peer_limit);
    place = pricebook_link_place(book, link->name);
    /* A message carries less than 2^36 nanos, and the price of a step is below 2^54. */
    INVARIANT(money_cost_carry(
        &amount, &carry,
        market_drain_price(pricebook_link_price_at(book, place, LINK_PRICE_DRAIN), step),
        money_nanos(money), MARKET_DRAIN_UNIT));
    if (money_is_zero(amount))
        return false;
    *line = (struct transfer){.credit = ACCOUNT_REVENUE_LINKS,
                              .amount = amount,
                              .code = TRANSFER_DRAIN_FEE,
                              .quantity = money_nanos(money),
                              .price_id = book->id,
                              .object = price_object(place, step << DRAIN_STEP_SHIFT | interface),
                              .carry = carry};
    return true;
}

uint32_t exchange_drain_now(const struct exchange *exchange, const struct link *link,
                            struct money *price)
{
    const struct pricebook *book = agents_prices(exchange->agents);
    struct money nano;
    struct money top;
    uint32_t step = 0;

    INVARIANT(money_from_nanos(&nano, 1) == ST_OK);
    if (link->has_soft_limit)
        step = market_drain_step(link_would_owe(exchange->links, link, nano), link->soft_limit,
                                 link->peer_limit);
    top = pricebook_link_price_at(book, pricebook_link_place(book, link->name), LINK_PRICE_DRAIN);
    *price = money_share_floor(top, step, MARKET_DRAIN_STEPS);
    return step;
}

bool exchange_drain_price(const struct pricebook *book, uint64_t object, struct money *price)
{
    uint64_t place = object >> 32;
    uint32_t interface = (uint32_t)object & (UINT32_MAX >> DRAIN_STEP_SHIFT);
    uint32_t step = (uint32_t)object >> DRAIN_STEP_SHIFT;

    if (place > book->link_count || interface == CHANNEL_INTERFACE_SELF || step == 0 ||
        step > MARKET_DRAIN_STEPS)
        return false;
    *price =
        market_drain_price(pricebook_link_price_at(book, (size_t)place, LINK_PRICE_DRAIN), step);
    return true;
}
