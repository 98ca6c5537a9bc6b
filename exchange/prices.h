/* What an interface charges; private to this folder. */
#ifndef SERAI_EXCHANGE_PRICES_H
#define SERAI_EXCHANGE_PRICES_H

#include "agents/turn.h"
#include "ledger/ledger.h"
#include "links/link.h"
#include "market/market.h"

/* The prices of an interface, but for packets: the book's on self, a link's where it has some. */
struct interface_prices {
    uint64_t object; /* what the line of a fee says: which interface, and which prices */
    struct money birth_fee;
    struct money channel_fee;
};

/* The prices that this book has for an interface. */
struct interface_prices prices_of_interface(const struct pricebook *book, struct links *links,
                                            uint32_t interface);

/*
 * The prices of a packet of this class of priority, with the object of the line of its fee: on a
 * link each class adds the book's price of one; within the site all classes cost the same.  Over a
 * link that is strict now each packet costs a share of a flush besides.
 */
struct packet_prices prices_of_packet(const struct pricebook *book, struct links *links,
                                      uint32_t interface, uint8_t priority);

/*
 * What it costs to send `money` over a link now, besides the price of the packet: *line is the
 * charge, its debit account left for the caller.  False: nothing, and *line is not set.
 */
MUST_CHECK bool prices_of_drain(const struct pricebook *book, struct links *links,
                                uint32_t interface, struct money money, struct transfer *line);

#endif
