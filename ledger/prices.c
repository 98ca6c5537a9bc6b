/*
 * Books of prices, as the ledger keeps them: bytes that it does not look into, numbered from 1. The
 * event that puts one in force names its number and its SHA-256, so it is in the chain; a row of
 * `meta` has its bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "ledger/books.h"

enum { META_PRICE_BOOKS = 5, PRICES_KEY_BYTES = 9, PRICES_BYTES_MAX = 64 * 1024 };

static void prices_put_key(uint8_t key[PRICES_KEY_BYTES], uint64_t id)
{
    key[0] = META_PRICE_BOOKS;
    be64_put(key + 1, id);
}

/* ---- writing ---- */

void ledger_prices_begin(struct ledger *ledger, uint64_t id, const void *book, size_t size,
                         uint64_t site_time_us)
{
    struct hash hash = hash_of(book, size);
    struct event event = event_of_prices(id, &hash, site_time_us);
    struct bytes row = {0};
    uint8_t key[PRICES_KEY_BYTES];

    /* The event first: its record, with the hash of the book, is what puts the book in force. */
    INVARIANT(size <= PRICES_BYTES_MAX);
    ledger_event_begin(ledger);
    (void)ledger_event_end(ledger, &event);
    /* "Books of prices": its bytes wait for the frame, for a batch exists only when that closes. */
    prices_put_key(key, id);
    cbor_put_array(&row, 3);
    cbor_put_uint(&row, books_frame(ledger));
    cbor_put_uint(&row, site_time_us);
    cbor_put_bytes(&row, book, size);
    INVARIANT(!row.failed);
    store_batch_put(&ledger->price_rows, STORE_META, key, sizeof key, row.data, row.size);
    INVARIANT(!store_batch_failed(&ledger->price_rows)); /* here, where memory was wanted */
    bytes_fini(&row);
}

/* The rows that waited go into the batch of the frame in which their books came into force. */
void prices_put_rows(struct ledger *ledger, struct store_batch *batch)
{
    struct store_op op;
    size_t offset = 0;

    while (store_batch_next(&ledger->price_rows, &offset, &op))
        store_batch_put(batch, op.table, op.key, op.key_size, op.value, op.value_size);
    store_batch_clear(&ledger->price_rows);
}

/* ---- reading ---- */

void prices_event_get(const struct journal_event *event, uint64_t *id, struct hash *hash)
{
    INVARIANT(event->kind == EVENT_PRICES);
    *id = event->source.numbers[0];
    memcpy(hash->bytes, event->source.bytes, HASH_BYTES);
}

/* A row of "Books of prices"; its book stays borrowed from the row. */
static enum status prices_decode(struct ledger_prices *prices, const struct store_row *stored,
                                 struct fault *fault)
{
    struct cbor in;

    if (stored->key_size != PRICES_KEY_BYTES)
        return fault_set(fault, ST_CORRUPT, "meta: a key of a book of prices has %zu bytes, not %d",
                         stored->key_size, PRICES_KEY_BYTES);
    prices->id = be64_get(stored->key + 1);
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, 3);
    prices->frame = cbor_get_uint(&in, UINT64_MAX);
    prices->site_time_us = cbor_get_uint(&in, UINT64_MAX);
    prices->book = cbor_get_bytes(&in, &prices->size, PRICES_BYTES_MAX);
    if (cbor_done(&in, fault, "a book of prices") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "meta: the book of prices %" PRIu64 " does not decode",
                         prices->id);
    return ST_OK;
}

enum status ledger_prices_each(const struct store_read *read, ledger_prices_visit visit,
                               void *context, struct fault *fault)
{
    static const uint8_t prefix = META_PRICE_BOOKS;
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_META, &prefix, sizeof prefix, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored)) {
        struct ledger_prices prices = {0};

        status = prices_decode(&prices, &stored, fault);
        if (status == ST_OK)
            status = visit(context, &prices, fault);
    }
    return store_cursor_close(&cursor, status);
}
