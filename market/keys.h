/* The table of the price book's keys by place, for the stored form.  Private to market/. */
#ifndef SERAI_MARKET_KEYS_H
#define SERAI_MARKET_KEYS_H

#include "market/market.h"

/* Places run from 0 to pricebook_keys() - 1 and never change their meaning. */
size_t pricebook_keys(void);

/* The raw number at a place: nanos, a count or bytes. */
uint64_t pricebook_raw(const struct pricebook *book, size_t place);

/* False, and nothing done, when the value is out of the key's bounds. */
MUST_CHECK bool pricebook_set_raw(struct pricebook *book, size_t place, uint64_t value);

#endif
