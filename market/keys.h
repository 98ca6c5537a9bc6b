/* Helpers that the files of the price book share.  Private to market/. */
#ifndef SERAI_MARKET_KEYS_H
#define SERAI_MARKET_KEYS_H

#include "market/market.h"

/*
 * The number of keys in the table of the price book.  A key's place runs from 0 to pricebook_keys()
 * - 1, and never changes its meaning: stored books rely on it.
 */
size_t pricebook_keys(void);

/* The raw number at a place, which is below pricebook_keys(): nanos, a count or bytes. */
uint64_t pricebook_raw(const struct pricebook *book, size_t place);

/*
 * Set the raw number at a place.  False, and nothing is done, when the value is outside the key's
 * bounds.
 */
MUST_CHECK bool pricebook_set_raw(struct pricebook *book, size_t place, uint64_t value);

/* ---- one entry (entry.c) ---- */

/*
 * Read an amount as an entry writes it.  ST_INVALID: the wrong kind, not an amount, or above
 * PRICEBOOK_PRICE_NANOS_MAX.
 */
MUST_CHECK enum status pricebook_parse_price(struct money *price,
                                             const struct pricebook_entry *entry,
                                             struct fault *fault);

/*
 * Refuse an entry whose key there is not.  The hint is the first `kept` bytes of its path and
 * `nearest`, what the rest may have meant; NULL: nothing is near, and no hint is given.  Returns
 * ST_MISSING.
 */
MUST_CHECK enum status pricebook_unknown(const struct pricebook_entry *entry, size_t kept,
                                         const char *nearest, struct fault *fault);

/* ---- prices of one link (link_prices.c) ---- */

/*
 * Whether the path begins as those of link prices do, "link.NAME.birth_fee"; the rest may be wrong.
 */
bool pricebook_is_link_path(const char *path);

/* Whether a link may have this name: 1 to 32 letters, digits, `-`, `_` or `.`. */
bool pricebook_is_link_name(const char *name);

/* Set one entry as pricebook_set() does, of a path that pricebook_is_link_path() knows. */
MUST_CHECK enum status pricebook_set_link(struct pricebook *book,
                                          const struct pricebook_entry *entry, struct fault *fault);

/*
 * The entry of the link of this name; a new one, without prices, if need be.  NULL when
 * PRICEBOOK_LINKS_MAX links have prices of their own.  Valid until the next link is added.
 */
struct pricebook_link *pricebook_add_link(struct pricebook *book, const char *name);

/*
 * Visit each price that a link has of its own, by name of the link.  `path` and `unit` are borrowed
 * for the visit.
 */
void pricebook_each_link(const struct pricebook *book,
                         void (*visit)(void *context, const char *path, struct money price,
                                       const char *unit),
                         void *context);

#endif
