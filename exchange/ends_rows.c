/*
 * Rows of what is held for ends, in the table `link`, and what they claim (docs/records.md, "Rows
 * of the exchange").  Key = interface u32, u8 4, id of the end u64; value = CBOR array of customer,
 * eight amounts and six numbers of the landing, in the order of struct exchange_end.
 */
#include "exchange/ends.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cbor.h"
#include "exchange/parts.h"

enum { KEY_BYTES = 13, KEY_KIND_AT = 4, KEY_ID_AT = 5, KEY_HELD = 4 };
enum { HELD_FIELDS = 15 };

/* ---- writing ---- */

static void held_key(uint8_t key[KEY_BYTES], const struct exchange_end *held)
{
    be32_put(key, held->interface);
    key[KEY_KIND_AT] = KEY_HELD;
    be64_put(key + KEY_ID_AT, held->id);
}

static void held_encode(struct bytes *out, const struct exchange_end *held)
{
    cbor_put_array(out, HELD_FIELDS);
    cbor_put_uint(out, held->customer);
    cbor_put_money(out, held->deposit);
    cbor_put_money(out, held->grant_reserve);
    cbor_put_money(out, held->answer_reserve);
    cbor_put_money(out, held->room_reserve);
    cbor_put_money(out, held->close_reserve);
    cbor_put_money(out, held->birth_money);
    cbor_put_money(out, held->asked_endowment);
    cbor_put_money(out, held->asked_fee);
    cbor_put_uint(out, held->landing.buffer);
    cbor_put_uint(out, held->landing.offset);
    cbor_put_uint(out, held->landing.places);
    cbor_put_uint(out, held->landing.place_bytes);
    cbor_put_uint(out, held->landing.from);
    cbor_put_uint(out, held->landing.to);
}

/* Write or delete one row that may have changed, and free what is held for an end that is gone. */
static void held_save(struct exchange *exchange, struct exchange_end *held,
                      struct store_batch *batch, struct bytes *value)
{
    uint8_t key[KEY_BYTES];

    held_key(key, held);
    if (table_get(&exchange->ends, held->id) == NULL) { /* its end is gone */
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
        free(held);
        return;
    }
    if (!held->dirty)
        return; /* its changes were undone */
    bytes_clear(value);
    held_encode(value, held);
    INVARIANT(!value->failed); /* a frame cannot be written by half */
    store_batch_put(batch, STORE_LINK, key, sizeof key, value->data, value->size);
    held->dirty = false;
    held->stored = true;
}

void ends_save(struct exchange *exchange, struct store_batch *batch)
{
    struct bytes value = {0};
    uint64_t *ids;
    size_t count;

    /* By rising id, so that equal frames have equal batches. */
    table_keys_sorted(&exchange->ends_changed, &ids, &count);
    for (size_t i = 0; i < count; i++)
        held_save(exchange, table_get(&exchange->ends_changed, ids[i]), batch, &value);
    free(ids);
    table_fini(&exchange->ends_changed);
    bytes_fini(&value);
}

/* ---- reading ---- */

static enum status held_corrupt(const struct exchange_end *held, struct fault *fault,
                                const char *error)
{
    return fault_set(fault, ST_CORRUPT,
                     "table link, what is held for end %" PRIu64 " of interface %" PRIu32 ": %s",
                     held->id, held->interface, error);
}

/* One row.  ST_CORRUPT; ST_MISSING, which sets no fault: a row of another kind. */
static enum status held_decode(struct exchange_end *held, const struct store_row *stored,
                               struct fault *fault)
{
    struct fault inner = {0};
    struct cbor in;

    *held = (struct exchange_end){.stored = true};
    if (stored->key_size <= KEY_KIND_AT || stored->key[KEY_KIND_AT] != KEY_HELD)
        return ST_MISSING;
    if (stored->key_size != KEY_BYTES)
        return fault_set(fault, ST_CORRUPT,
                         "table link: the key of what is held for an end has %zu bytes",
                         stored->key_size);
    held->interface = be32_get(stored->key);
    held->id = be64_get(stored->key + KEY_ID_AT);
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, HELD_FIELDS);
    held->customer = cbor_get_uint(&in, UINT64_MAX);
    held->deposit = cbor_get_money(&in);
    held->grant_reserve = cbor_get_money(&in);
    held->answer_reserve = cbor_get_money(&in);
    held->room_reserve = cbor_get_money(&in);
    held->close_reserve = cbor_get_money(&in);
    held->birth_money = cbor_get_money(&in);
    held->asked_endowment = cbor_get_money(&in);
    held->asked_fee = cbor_get_money(&in);
    held->landing.buffer = cbor_get_uint(&in, UINT64_MAX);
    held->landing.offset = cbor_get_uint(&in, UINT64_MAX);
    held->landing.places = cbor_get_uint(&in, UINT64_MAX);
    held->landing.place_bytes = cbor_get_uint(&in, UINT64_MAX);
    held->landing.from = cbor_get_uint(&in, UINT64_MAX);
    held->landing.to = cbor_get_uint(&in, UINT64_MAX);
    if (in.error == NULL && landing_error(&held->landing) != NULL)
        cbor_fail(&in, landing_error(&held->landing));
    if (cbor_done(&in, &inner, "row") != ST_OK)
        return held_corrupt(held, fault, inner.text);
    return ST_OK;
}

/* Whether no money is held; what BIRTH asked for stays with a given-up end, and is held nowhere. */
static bool held_is_nothing(const struct exchange_end *held)
{
    return money_is_zero(held->deposit) && money_is_zero(held->grant_reserve) &&
           money_is_zero(held->answer_reserve) && money_is_zero(held->room_reserve) &&
           money_is_zero(held->close_reserve) && money_is_zero(held->birth_money);
}

/* Each end has one, and one that was given up has its money back. */
static const char *held_error(const struct exchange *exchange, const struct exchange_end *held)
{
    const struct channel_end *end = channels_find(exchange->channels, held->id);

    if (end == NULL || end->interface != held->interface)
        return "there is no such end";
    if (end->state == CHANNEL_GIVEN_UP && !held_is_nothing(held))
        return "an end that was given up holds money";
    if (held->landing.to > end->granted_packets)
        return "packets land that were not granted";
    return NULL;
}

static enum status held_load(struct exchange *exchange, const struct store_row *stored,
                             struct fault *fault)
{
    struct exchange_end read;
    struct exchange_end *held;
    enum status status = held_decode(&read, stored, fault);
    const char *error;

    if (status != ST_OK)
        return status == ST_MISSING ? ST_OK : status;
    error = held_error(exchange, &read);
    if (error != NULL)
        return held_corrupt(&read, fault, error);
    held = malloc(sizeof *held);
    if (held == NULL)
        return fault_set(fault, ST_NOMEM, "ends of channels: out of memory");
    *held = read;
    (void)table_put(&exchange->ends, held->id, held); /* an end is on one interface: not twice */
    return ST_OK;
}

enum status ends_load(struct exchange *exchange, const struct store_read *read, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_LINK, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = held_load(exchange, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status == ST_OK && table_count(&exchange->ends) != channels_count(exchange->channels))
        return fault_set(fault, ST_CORRUPT,
                         "table link: of an end the row with what is held for it is missing");
    return status;
}

/* ---- claims (docs/records.md, "What rows claim") ---- */

/* Add the amounts of one end to the accounts that they must be in. */
static void held_claim(struct ledger_claims *claims, const struct exchange_end *held)
{
    claims->by_account[ACCOUNT_DEPOSIT_CHANNEL] += money_nanos(held->deposit);
    claims->by_account[ACCOUNT_HELD_RESERVE] += money_nanos(held->grant_reserve);
    claims->by_account[ACCOUNT_HELD_RESERVE] += money_nanos(held->answer_reserve);
    claims->by_account[ACCOUNT_HELD_RESERVE] += money_nanos(held->room_reserve);
    claims->by_account[ACCOUNT_HELD_RESERVE] += money_nanos(held->close_reserve);
    claims->by_account[ACCOUNT_HELD_BIRTH] += money_nanos(held->birth_money);
}

static void held_claim_live(void *context, uint64_t id, void *value)
{
    (void)id;
    held_claim(context, value);
}

void exchange_claims_live(const struct exchange *exchange, struct ledger_claims *claims)
{
    table_each(&exchange->ends, held_claim_live, claims);
}

static enum status held_claim_row(struct ledger_claims *claims, const struct store_row *stored,
                                  struct fault *fault)
{
    struct exchange_end held;
    enum status status = held_decode(&held, stored, fault);

    if (status == ST_OK)
        held_claim(claims, &held);
    return status == ST_MISSING ? ST_OK : status;
}

enum status exchange_claims(const struct store_read *read, struct ledger_claims *claims,
                            struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_LINK, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = held_claim_row(claims, &stored, fault);
    return store_cursor_close(&cursor, status);
}
