/*
 * What an interface charges, and how the line of a fee says it.  The object of such a line names
 * the interface, in the lower half, and the place of the link's own prices in the book, in the
 * upper (docs/records.md, "interface price"): so an audit finds the price again whatever the link
 * is called later.
 */
#include "exchange/prices.h"

#include "exchange/exchange.h"

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
                                         .channel_fee = book->channel_fee,
                                         .packets = book->packets,
                                         .packet_data = book->packet_data};
    place = pricebook_link_place(book, link->name);
    return (struct interface_prices){
        .object = price_object(place, interface),
        .birth_fee = pricebook_link_price_at(book, place, LINK_PRICE_BIRTH_FEE),
        .channel_fee = pricebook_link_price_at(book, place, LINK_PRICE_CHANNEL_FEE),
        .packets = pricebook_link_price_at(book, place, LINK_PRICE_PACKETS),
        .packet_data = pricebook_link_price_at(book, place, LINK_PRICE_PACKET_DATA),
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
