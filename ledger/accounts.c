/* All accounts in memory: an array by number, so that finding one is an index. */
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
    free(accounts->last_frames);
    memset(accounts, 0, sizeof *accounts);
}

struct account *accounts_find(const struct accounts *accounts, uint64_t id)
{
    /* Any number may be asked for: lines, arguments and rows name what they like. */
    if (id == ACCOUNT_NONE || id >= accounts->size || accounts->rows[id].id == ACCOUNT_NONE)
        return NULL;
    return &accounts->rows[id];
}

/* Half as much again: with millions of accounts, doubling would hold much that is never used. */
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
    /* Fixed numbers have their place; the others come from the counter, each the next. */
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
    accounts->rows[account->id].changed = false;
    accounts->count++;
    return ST_OK;
}

/* Zeroed, for a row whose id is 0 is no account. */
void accounts_drop_last(struct accounts *accounts)
{
    INVARIANT(accounts->size > ACCOUNT_FIRST_FREE);
    accounts->size--;
    accounts->count--;
    memset(&accounts->rows[accounts->size], 0, sizeof *accounts->rows);
}

/* Only an audit needs them, so their memory is taken with the first that is set. */
static void accounts_grow_last_frames(struct accounts *accounts)
{
    size_t capacity = accounts->capacity;
    uint64_t *last_frames = realloc(accounts->last_frames, capacity * sizeof *last_frames);

    INVARIANT(last_frames != NULL);
    memset(last_frames + accounts->last_frames_capacity, 0,
           (capacity - accounts->last_frames_capacity) * sizeof *last_frames);
    accounts->last_frames = last_frames;
    accounts->last_frames_capacity = capacity;
}

void accounts_set_last_frame(struct accounts *accounts, uint64_t id, uint64_t frame)
{
    INVARIANT(id < accounts->size);
    if (id >= accounts->last_frames_capacity)
        accounts_grow_last_frames(accounts);
    accounts->last_frames[id] = frame;
}

uint64_t accounts_last_frame(const struct accounts *accounts, uint64_t id)
{
    return id < accounts->last_frames_capacity ? accounts->last_frames[id] : 0;
}

const struct account *accounts_from(const struct accounts *accounts, uint64_t id)
{
    for (; id < accounts->size; id++)
        if (accounts->rows[id].id != ACCOUNT_NONE)
            return &accounts->rows[id];
    return NULL;
}

/* The sum over all accounts of a site is 0: both sums are the same ("Accounts"). */
bool accounts_sum(const struct accounts *accounts, u128 *debits, u128 *credits)
{
    u128 debit_sum = 0;
    u128 credit_sum = 0;

    /* Numbers without an account are all zeros, and add nothing. */
    for (uint64_t id = 0; id < accounts->size; id++) {
        if (!u128_add(&debit_sum, debit_sum, accounts->rows[id].debits) ||
            !u128_add(&credit_sum, credit_sum, accounts->rows[id].credits))
            return false;
    }
    *debits = debit_sum;
    *credits = credit_sum;
    return true;
}

/* "Segments": what an account is and stands at, but not when it changed. */
static void state_encode(uint8_t state[ACCOUNT_ROW_BYTES], const struct account *account)
{
    /* As its row, with its number where the row has the last frame that changed it. */
    account_encode(state, account, account->id);
}

struct hash accounts_state(const struct accounts *accounts, struct hasher *hasher)
{
    enum { STATES = 64 }; /* hashed at once */
    uint8_t states[STATES * ACCOUNT_ROW_BYTES];
    size_t count = 0;

    hasher_start(hasher);
    for (uint64_t id = 0; id < accounts->size; id++) {
        if (accounts->rows[id].id == ACCOUNT_NONE)
            continue;
        state_encode(states + count++ * ACCOUNT_ROW_BYTES, &accounts->rows[id]);
        if (count < STATES)
            continue;
        hasher_add(hasher, states, sizeof states);
        count = 0;
    }
    hasher_add(hasher, states, count * ACCOUNT_ROW_BYTES);
    return hasher_end(hasher);
}
