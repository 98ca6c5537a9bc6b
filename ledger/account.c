/*
 * One account (docs/records.md, "Accounts"): its class says which of its two totals may exceed the
 * other, and every total that is set here has passed that limit.
 */
#include "ledger/account.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static_assert(sizeof(struct account) == 64, "one cache line");
static_assert(ACCOUNT_LINKS > ACCOUNT_DEPOSIT_BURIAL, "link accounts begin after the site's own");

/* An account that every site has, at a number that never changes. */
struct own_account {
    uint64_t id;
    enum account_kind kind;
    const char *name;
};

/* In order of id; the names are in every export, so they never change. */
static const struct own_account own_accounts[] = {
    {ACCOUNT_TREASURY, KIND_TREASURY, "treasury"},
    {ACCOUNT_SUSPENSE, KIND_SUSPENSE, "suspense"},
    {ACCOUNT_UNCLAIMED, KIND_UNCLAIMED, "unclaimed"},
    {ACCOUNT_REVENUE_COMPUTE, KIND_REVENUE, "revenue:compute"},
    {ACCOUNT_REVENUE_ORDERS, KIND_REVENUE, "revenue:orders"},
    {ACCOUNT_REVENUE_MEMORY, KIND_REVENUE, "revenue:memory"},
    {ACCOUNT_REVENUE_BUFFERS, KIND_REVENUE, "revenue:buffers"},
    {ACCOUNT_REVENUE_CODE, KIND_REVENUE, "revenue:code"},
    {ACCOUNT_REVENUE_PACKETS, KIND_REVENUE, "revenue:packets"},
    {ACCOUNT_REVENUE_CHANNELS, KIND_REVENUE, "revenue:channels"},
    {ACCOUNT_REVENUE_BIRTHS, KIND_REVENUE, "revenue:births"},
    {ACCOUNT_REVENUE_LOGS, KIND_REVENUE, "revenue:logs"},
    {ACCOUNT_REVENUE_LINKS, KIND_REVENUE, "revenue:links"},
    {ACCOUNT_REVENUE_FLUSHES, KIND_REVENUE, "revenue:flushes"},
    {ACCOUNT_REVENUE_JOURNAL, KIND_REVENUE, "revenue:journal"},
    {ACCOUNT_HELD_MESSAGE, KIND_HELD, "held:message"},
    {ACCOUNT_HELD_PACKET, KIND_HELD, "held:packet"},
    {ACCOUNT_HELD_BIRTH, KIND_HELD, "held:birth"},
    {ACCOUNT_HELD_RESERVE, KIND_HELD, "held:reserve"},
    {ACCOUNT_DEPOSIT_HEAP, KIND_DEPOSIT, "deposit:heap"},
    {ACCOUNT_DEPOSIT_CHANNEL, KIND_DEPOSIT, "deposit:channel"},
    {ACCOUNT_DEPOSIT_BURIAL, KIND_DEPOSIT, "deposit:burial"},
};
enum {
    OWN_ACCOUNTS = sizeof own_accounts / sizeof own_accounts[0],
    LINK_ACCOUNTS = 4,
    LINK_SPARE = 3
};

/* NULL: the number is not one of the site's own accounts. */
static const struct own_account *own_account_find(uint64_t id)
{
    for (size_t i = 0; i < OWN_ACCOUNTS; i++)
        if (own_accounts[i].id == id)
            return &own_accounts[i];
    return NULL;
}

enum account_class account_class_of(enum account_kind kind)
{
    switch (kind) {
    case KIND_TREASURY:
    case KIND_LINK_IN: /* what came in over a link is a claim on the peer */
        return ACCOUNT_SOURCE;
    case KIND_SUSPENSE:
    case KIND_LINK_SETTLING:
        return ACCOUNT_EITHER;
    case KIND_UNCLAIMED:
    case KIND_REVENUE:
    case KIND_HELD:
    case KIND_DEPOSIT:
    case KIND_CUSTOMER:
    case KIND_AGENT:
    case KIND_LINK_OUT:
        return ACCOUNT_NO_OVERDRAFT;
    }
    invariant_failed("an account kind", __FILE__, __LINE__);
}

uint64_t account_own_next(uint64_t id, enum account_kind *kind)
{
    /* The table is in order of id: the first above is the next. */
    for (size_t i = 0; i < OWN_ACCOUNTS; i++) {
        if (own_accounts[i].id > id) {
            *kind = own_accounts[i].kind;
            return own_accounts[i].id;
        }
    }
    return ACCOUNT_NONE;
}

/* "Accounts": 256 + 4 x interface, then one for each side. */
uint64_t account_of_link(uint32_t interface, enum account_kind kind)
{
    INVARIANT(interface <= ACCOUNT_LINK_INTERFACE_MAX);
    INVARIANT(kind >= KIND_LINK_OUT && kind <= KIND_LINK_SETTLING);
    return ACCOUNT_LINKS + (uint64_t)interface * LINK_ACCOUNTS + (kind - KIND_LINK_OUT);
}

bool account_link(uint64_t id, uint32_t *interface, enum account_kind *kind)
{
    /* Four numbers a link, of which the last stands for nothing. */
    if (id < ACCOUNT_LINKS || id >= ACCOUNT_FIRST_FREE || id % LINK_ACCOUNTS == LINK_SPARE)
        return false;
    *interface = (uint32_t)((id - ACCOUNT_LINKS) / LINK_ACCOUNTS);
    *kind = (enum account_kind)(KIND_LINK_OUT + id % LINK_ACCOUNTS);
    return true;
}

bool account_own_kind(uint64_t id, enum account_kind *kind)
{
    const struct own_account *own = own_account_find(id);
    uint32_t interface;

    if (own == NULL)
        return account_link(id, &interface, kind);
    *kind = own->kind;
    return true;
}

char *account_name(char text[ACCOUNT_NAME_BYTES], uint64_t id, enum account_kind kind)
{
    static const char *const link_sides[] = {
        [KIND_LINK_OUT] = "out", [KIND_LINK_IN] = "in", [KIND_LINK_SETTLING] = "settling"};
    const struct own_account *own = own_account_find(id);
    enum account_kind side;
    uint32_t interface;

    /* Names are in every export: the number alone decides, and the kind where numbers are free. */
    if (own != NULL)
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "%s", own->name);
    else if (account_link(id, &interface, &side))
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "link:%" PRIu32 ":%s", interface,
                       link_sides[side]);
    else if (id >= ACCOUNT_FIRST_FREE && kind == KIND_CUSTOMER)
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "customer:%" PRIu64, id);
    else if (id >= ACCOUNT_FIRST_FREE && kind == KIND_AGENT)
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "agent:%" PRIu64, id);
    else if (id >= ACCOUNT_FIRST_FREE && kind == KIND_UNCLAIMED)
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "unclaimed:%" PRIu64, id);
    else
        (void)snprintf(text, ACCOUNT_NAME_BYTES, "account:%" PRIu64, id);
    return text;
}

/* Both functions are made from TRANSFER_CODES, so no code lacks its case. */
bool transfer_code_known(uint64_t number)
{
    switch (number) {
#define TRANSFER_CODE_CASE(value, name, text)                                                      \
    case value:                                                                                    \
        return true;
        TRANSFER_CODES(TRANSFER_CODE_CASE)
#undef TRANSFER_CODE_CASE
    default: /* a number, not an enum */
        return false;
    }
}

const char *transfer_code_text(uint64_t code)
{
    switch (code) {
#define TRANSFER_CODE_TEXT(value, name, text)                                                      \
    case value:                                                                                    \
        return text;
        TRANSFER_CODES(TRANSFER_CODE_TEXT)
#undef TRANSFER_CODE_TEXT
    default: /* a number, not an enum */
        return "unknown";
    }
}

const char *transfer_result_text(enum transfer_result result)
{
    switch (result) {
    case TRANSFER_DONE:
        return "done";
    case TRANSFER_SHORT_OF_FUNDS:
        return "short of funds";
    case TRANSFER_SAME_ACCOUNT:
        return "from an account to itself";
    case TRANSFER_NO_ACCOUNT:
        return "no such account, or it is closed";
    case TRANSFER_TOO_MUCH:
        return "a total would overflow";
    }
    invariant_failed("a transfer result", __FILE__, __LINE__);
}

/* The rule of the whole ledger: everything that sets totals asks here first. */
enum transfer_result account_limit(enum account_class class, u128 debits, u128 credits)
{
    if (class == ACCOUNT_NO_OVERDRAFT && debits > credits)
        return TRANSFER_SHORT_OF_FUNDS;
    /* A source gives out money: more cannot come back to it than it gave. */
    if (class == ACCOUNT_SOURCE && credits > debits)
        return TRANSFER_SHORT_OF_FUNDS;
    /* The balance, either way, must be an amount. */
    if ((debits > credits ? debits - credits : credits - debits) > MONEY_NANOS_MAX)
        return TRANSFER_TOO_MUCH;
    return TRANSFER_DONE;
}

enum transfer_result account_transfer(struct account *debit, struct account *credit, u128 amount)
{
    enum transfer_result result;
    u128 debits_after;
    u128 credits_after;

    /* Checked first, all of it: both new totals are made before either is set. */
    if (debit->id == credit->id)
        return TRANSFER_SAME_ACCOUNT;
    if (debit->closed || credit->closed)
        return TRANSFER_NO_ACCOUNT;
    if (!u128_add(&debits_after, debit->debits, amount) ||
        !u128_add(&credits_after, credit->credits, amount))
        return TRANSFER_TOO_MUCH;
    result = account_limit(debit->class, debits_after, debit->credits);
    if (result != TRANSFER_DONE)
        return result;
    result = account_limit(credit->class, credit->debits, credits_after);
    if (result != TRANSFER_DONE)
        return result;
    /* No step above wrote to an account, so every refusal leaves both as they were. */
    debit->debits = debits_after;
    credit->credits = credits_after;
    return TRANSFER_DONE;
}

/* "Account row, 64 bytes"; the number is the key's. */
void account_encode(uint8_t row[ACCOUNT_ROW_BYTES], const struct account *account, uint64_t frame)
{
    memset(row, 0, ACCOUNT_ROW_BYTES);
    le64_put(row, frame);
    le64_put(row + 8, account->opened_frame);
    le64_put(row + 16, account->customer);
    row[24] = account->class;
    row[25] = account->kind;
    row[26] = account->closed;
    le128_put(row + 32, account->debits);
    le128_put(row + 48, account->credits);
}

/* What is wrong with an account that was read back; NULL when nothing is. */
static const char *account_error(const struct account *account, uint64_t frame)
{
    enum account_kind own_kind;

    /* The kind that belongs to the number, and the class that belongs to the kind. */
    if (account->id < ACCOUNT_FIRST_FREE) {
        if (!account_own_kind(account->id, &own_kind) || own_kind != account->kind)
            return "its number stands for another kind";
    } else if (account->kind != KIND_CUSTOMER && account->kind != KIND_AGENT &&
               account->kind != KIND_UNCLAIMED) {
        return "its kind is not that of a numbered account";
    }
    if (account->class != account_class_of(account->kind))
        return "its class is not that of its kind";
    if (account->opened_frame == 0 || account->opened_frame > frame)
        return "it was opened after the frame it reflects";
    if (account_limit(account->class, account->debits, account->credits) != TRANSFER_DONE)
        return "its totals are past its limit";
    if (account->closed && account->debits != account->credits)
        return "it is closed and holds money";
    return NULL;
}

enum status account_decode(struct account *account, uint64_t *frame, const struct store_row *stored,
                           struct fault *fault)
{
    static const uint8_t zeros[5];
    const uint8_t *row = stored->value;
    const char *error;

    if (stored->key_size != ACCOUNT_KEY_BYTES)
        return fault_set(fault, ST_CORRUPT, "account row: the key has %zu bytes, not %d",
                         stored->key_size, ACCOUNT_KEY_BYTES);
    memset(account, 0, sizeof *account);
    account->id = be64_get(stored->key);
    if (stored->value_size != ACCOUNT_ROW_BYTES)
        return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": the row has %zu bytes, not %d",
                         account->id, stored->value_size, ACCOUNT_ROW_BYTES);
    /* The form first; then what the numbers mean for one another. */
    if (memcmp(row + 27, zeros, sizeof zeros) != 0 || row[25] >= ACCOUNT_KINDS || row[26] > 1)
        return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": the row is not well-formed",
                         account->id);
    *frame = le64_get(row);
    account->opened_frame = le64_get(row + 8);
    account->customer = le64_get(row + 16);
    account->class = row[24];
    account->kind = row[25];
    account->closed = row[26] == 1;
    account->debits = le128_get(row + 32);
    account->credits = le128_get(row + 48);
    error = account_error(account, *frame);
    if (error != NULL)
        return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": %s", account->id, error);
    return ST_OK;
}
