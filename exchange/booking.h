/* Money of channels and links in the ledger; private to this folder. */
#ifndef SERAI_EXCHANGE_BOOKING_H
#define SERAI_EXCHANGE_BOOKING_H

#include "exchange/parts.h"

/*
 * Book the money of a message that came: over a link from that link's account to `to`.  Within the
 * site it lies there already.
 */
void booking_receive(struct exchange *exchange, const struct received *received, uint64_t to);

/*
 * End the running event, whose cause is message `seq` of a link; 0 and NULL: what the site does
 * itself because of the link.
 */
void booking_event_end(struct exchange *exchange, uint32_t interface, uint64_t seq,
                       const struct channel_message *message);

/* Check that the totals of all links are those of their accounts.  ST_CORRUPT. */
MUST_CHECK enum status booking_check_totals(const struct exchange *exchange, struct fault *fault);

#endif
