#include "ledger/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/limits.h"

enum status accounts_init(struct accounts *accounts)
{
    memset(accounts, 0, sizeof *accounts);
    accounts->rows = calloc(ACCOUNT_FIRST_FREE, sizeof *accounts->rows);
    if (accounts->rows == NULL)
        return ST_NOMEM;
    accounts->size = ACCOUNT_FIRST_FREE;
    accounts->capacity = ACCOUNT_FIRST_FREE;
    return ST_OK;
}

void accounts_fini(struct accounts *accounts)
{
    free(accounts->rows);
    free(accounts->touched);
    memset(accounts, 0, sizeof *accounts);
}

struct account *accounts_find(const struct accounts *accounts, uint64_t id)
{
    if (id == ACCOUNT_NONE || id >= accounts->size || accounts->rows[id].id == ACCOUNT_NONE)
        return NULL;
    return &accounts->rows[id];
}

static enum status accounts_grow(struct accounts *accounts)
{
    size_t capacity = accounts->capacity + accounts->capacity / 2;
    struct account *rows;

    rows = realloc(accounts->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return ST_NOMEM;
    accounts->rows = rows;
    accounts->capacity = capacity;
    return ST_OK;
}

enum status accounts_add(struct accounts *accounts, const struct account *account)
{
    enum account_kind kind;

    if (account->id >= ACCOUNT_IDS_MAX)
        return ST_FULL;
    if (accounts_find(accounts, account->id) != NULL)
        return ST_EXISTS;
    if (account->id < ACCOUNT_FIRST_FREE) {
        if (!account_own_kind(account->id, &kind) || kind != account->kind)
            return ST_INVALID;
    } else {
        if (account->id != accounts->size)
            return ST_INVALID;
        if (accounts->size == accounts->capacity && accounts_grow(accounts) != ST_OK)
            return ST_NOMEM;
        accounts->size++;
    }
    accounts->rows[account->id] = *account;
    accounts->rows[account->id].touched = false;
    accounts->count++;
    return ST_OK;
}

void accounts_drop_last(struct accounts *accounts)
{
    INVARIANT(accounts->size > ACCOUNT_FIRST_FREE);
    accounts->size--;
    accounts->count--;
    memset(&accounts->rows[accounts->size], 0, sizeof *accounts->rows);
}

static void touched_grow(struct accounts *accounts)
{
    size_t capacity = accounts->capacity;
    uint64_t *touched = realloc(accounts->touched, capacity * sizeof *touched);

    INVARIANT(touched != NULL);
    memset(touched + accounts->touched_capacity, 0,
           (capacity - accounts->touched_capacity) * sizeof *touched);
    accounts->touched = touched;
    accounts->touched_capacity = capacity;
}

void accounts_touch(struct accounts *accounts, uint64_t id, uint64_t frame)
{
    INVARIANT(id < accounts->size);
    if (id >= accounts->touched_capacity)
        touched_grow(accounts);
    accounts->touched[id] = frame;
}

uint64_t accounts_touched(const struct accounts *accounts, uint64_t id)
{
    return id < accounts->touched_capacity ? accounts->touched[id] : 0;
}

const struct account *accounts_from(const struct accounts *accounts, uint64_t id)
{
    for (; id < accounts->size; id++)
        if (accounts->rows[id].id != ACCOUNT_NONE)
            return &accounts->rows[id];
    return NULL;
}

bool accounts_sum(const struct accounts *accounts, u128 *debits, u128 *credits)
{
    u128 debit_sum = 0;
    u128 credit_sum = 0;

    for (uint64_t id = 0; id < accounts->size; id++) {
        if (!u128_add(&debit_sum, debit_sum, accounts->rows[id].debits) ||
            !u128_add(&credit_sum, credit_sum, accounts->rows[id].credits))
            return false;
    }
    *debits = debit_sum;
    *credits = credit_sum;
    return true;
}
