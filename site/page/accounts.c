#include "site/page/accounts.h"

#include <inttypes.h>
#include <stdio.h>

#include "site/page/number.h"

/* ---- by name ---- */

/* The site's own accounts, by what lists print. */
static uint64_t account_own_named(const char *text)
{
    enum account_kind kind = KIND_TREASURY;
    char name[ACCOUNT_NAME_BYTES];

    for (uint64_t id = account_own_next(0, &kind); id != ACCOUNT_NONE;
         id = account_own_next(id, &kind))
        if (strcmp(account_name(name, id, kind), text) == 0)
            return id;
    return ACCOUNT_NONE;
}

/* "link:1:out", and what else account_name() makes of the numbers of links. */
static uint64_t account_link_named(const char *text)
{
    static const enum account_kind kinds[] = {KIND_LINK_OUT, KIND_LINK_IN, KIND_LINK_SETTLING};
    char number[24];
    char name[ACCOUNT_NAME_BYTES];
    size_t size;
    uint64_t interface;

    if (strncmp(text, "link:", 5) != 0)
        return ACCOUNT_NONE;
    size = strcspn(text + 5, ":");
    if (size == 0 || size >= sizeof number)
        return ACCOUNT_NONE;
    memcpy(number, text + 5, size);
    number[size] = '\0';
    if (!number_read(number, &interface) || interface > ACCOUNT_LINK_INTERFACE_MAX)
        return ACCOUNT_NONE;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t id = account_of_link((uint32_t)interface, kinds[i]);

        if (strcmp(account_name(name, id, kinds[i]), text) == 0)
            return id;
    }
    return ACCOUNT_NONE;
}

/* "agent:4097": the number behind the kind says which. */
static uint64_t account_numbered(const char *text)
{
    static const char *const kinds[] = {"", "account:", "agent:", "customer:", "unclaimed:"};
    uint64_t id;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(text, kinds[i], strlen(kinds[i])) == 0 &&
            number_read(text + strlen(kinds[i]), &id))
            return id;
    return ACCOUNT_NONE;
}

bool account_filter_read(struct account_filter *filter, const char *text)
{
    static const struct {
        const char *name;
        enum account_kind kind;
    } kinds[] = {{"revenue", KIND_REVENUE}, {"held", KIND_HELD}, {"deposit", KIND_DEPOSIT}};

    *filter = (struct account_filter){.by = FILTER_ALL};
    if (text == NULL || text[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, text) == 0) {
            *filter = (struct account_filter){.by = FILTER_KIND, .kind = kinds[i].kind};
            return true;
        }
    filter->by = FILTER_ONE;
    filter->account = account_own_named(text);
    if (filter->account == ACCOUNT_NONE)
        filter->account = account_link_named(text);
    if (filter->account == ACCOUNT_NONE)
        filter->account = account_numbered(text);
    return filter->account != ACCOUNT_NONE;
}

bool account_filter_takes(const struct account_filter *filter, uint64_t account)
{
    enum account_kind kind;

    switch (filter->by) {
    case FILTER_ALL:
        return true;
    case FILTER_ONE:
        return account == filter->account;
    case FILTER_KIND:
        return account_own_kind(account, &kind) && kind == filter->kind;
    }
    return false;
}

/* ---- in the store ---- */

enum status account_get(const struct store_read *read, uint64_t id, struct account *account,
                        struct fault *fault)
{
    uint8_t key[ACCOUNT_KEY_BYTES];
    struct store_row stored;
    uint64_t frame;
    enum status status;

    be64_put(key, id);
    status = store_get(read, STORE_ACCOUNT, key, sizeof key, &stored, fault);
    return status == ST_OK ? account_decode(account, &frame, &stored, fault) : status;
}

char *account_name_in(const struct store_read *read, uint64_t id, char text[ACCOUNT_NAME_BYTES])
{
    struct account account;
    struct fault fault;
    enum account_kind kind;

    if (account_own_kind(id, &kind))
        return account_name(text, id, kind);
    if (account_get(read, id, &account, &fault) == ST_OK)
        return account_name(text, id, (enum account_kind)account.kind);
    (void)snprintf(text, ACCOUNT_NAME_BYTES, "account:%" PRIu64, id);
    return text;
}

void json_put_account(struct json *json, const struct account *account)
{
    char name[ACCOUNT_NAME_BYTES];

    json_put_uint(json, "id", account->id);
    json_put_text(json, "name", account_name(name, account->id, (enum account_kind)account->kind));
    json_put_total(json, "debits", account->debits);
    json_put_total(json, "credits", account->credits);
    json_put_uint(json, "customer", account->customer);
    json_put_bool(json, "closed", account->closed);
}
