/* Accounts by the names that lists print, as the books in the store have them. */
#ifndef SERAI_SITE_PAGE_ACCOUNTS_H
#define SERAI_SITE_PAGE_ACCOUNTS_H

#include "ledger/account.h"
#include "site/page/json.h"

/* Which accounts are wanted: all, one, or the site's own of one kind. */
struct account_filter {
    enum { FILTER_ALL, FILTER_ONE, FILTER_KIND } by;
    uint64_t account;
    enum account_kind kind;
};

/*
 * Read "" (all), "4097", "agent:4097", "customer:4096", "revenue:compute", "link:1:out", or
 * "revenue", "held" and "deposit" for all of a kind.  False: it is none of these; whether there is
 * such an account is not looked at.
 */
MUST_CHECK bool account_filter_read(struct account_filter *filter, const char *text);

/* Whether an account passes. */
bool account_filter_takes(const struct account_filter *filter, uint64_t account);

/*
 * Get an account as it stands in this read of the store.  ST_MISSING, which leaves `fault`;
 * ST_CORRUPT; ST_IO.
 */
MUST_CHECK enum status account_get(const struct store_read *read, uint64_t id,
                                   struct account *account, struct fault *fault);

/* Its name, as account_name(); "account:N" if the store has none of that number.  Returns text. */
char *account_name_in(const struct store_read *read, uint64_t id, char text[ACCOUNT_NAME_BYTES]);

/* Put the totals of an account: id, name, debits, credits, customer, closed. */
void json_put_account(struct json *json, const struct account *account);

#endif
