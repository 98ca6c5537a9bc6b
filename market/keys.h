/* What the files of the price book share.  Private to market/. */
#ifndef SERAI_MARKET_KEYS_H
#define SERAI_MARKET_KEYS_H

#include "market/market.h"

/* Places run from 0 to pricebook_keys() - 1 and never change their meaning. */
size_t pricebook_keys(void);

/* The raw number at a place: nanos, a count or bytes. */
uint64_t pricebook_raw(const struct pricebook *book, size_t place);

/* False, and nothing done, when the value is out of the key's bounds. */
MUST_CHECK bool pricebook_set_raw(struct pricebook *book, size_t place, uint64_t value);

/* An amount as an entry writes it.  ST_INVALID. */
MUST_CHECK enum status pricebook_parse_price(struct money *price,
                                             const struct pricebook_entry *entry,
                                             struct fault *fault);

/* ---- prices of one link (link_prices.c) ---- */

/* "link.NAME.birth_fee" and the like, right or wrong. */
bool pricebook_is_link_path(const char *path);
bool pricebook_is_link_name(const char *name);
/* As pricebook_set(), of such a path. */
MUST_CHECK enum status pricebook_set_link(struct pricebook *book,
                                          const struct pricebook_entry *entry, struct fault *fault);
/* The link of this name, a new one if need be; NULL when as many as may be are there. */
struct pricebook_link *pricebook_add_link(struct pricebook *book, const char *name);
void pricebook_each_link(const struct pricebook *book,
                         void (*visit)(void *context, const char *path, struct money price,
                                       const char *unit),
                         void *context);

#endif
