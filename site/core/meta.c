/*
 * The price book in force, its number, and the price indexes that rent is computed by
 * (docs/records.md, "Rows of the site": prices).  Site time is in the ledger's frame header.
 */
#include "site/core/meta.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/limits.h"
#include "base/log.h"
#include "site/core/state.h"

static const uint8_t META_PRICES = 3;

/*
 * The death of an agent is one event.  It gives back the money, the postage and the reserve of each
 * message that waits, the reserves of facets and timers, and for each channel end what that end
 * holds and what its far end at this site had granted.  Its own last turn comes before it, and may
 * have ended a child (leash_end), whose customer is the same: what one customer may have waiting
 * holds for both.  With their promises all that waits on promises may go back, money and postage.
 */
enum {
    END_LINES = 8,
    DEATHS_IN_EVENT = 2,
    DEATH_LINES =
        3 * INBOX_MESSAGES_MAX + AGENT_FACETS_MAX + AGENT_TIMERS_MAX + SERAI_SLOTS_MAX * END_LINES,
    DEATHS_LINES = 3 * CUSTOMER_EVENTS_MAX + DEATHS_IN_EVENT * DEATH_LINES +
                   3 * TURN_TRANSFERS_MAX + 2 * PROMISES_WAITING_MAX
};
static_assert((int)DEATHS_LINES <= (int)LEDGER_EVENT_LINES_MAX,
              "a frame that is not full holds any death");

/* Hand the prices in force to the parts that charge them. */
static void meta_apply_prices(struct core *core)
{
    links_set_currency(core->links, core->book.currency);
    agents_set_prices(core->agents, &core->book);
}

/*
 * Put the options' book into force under this number: an event of the journal, and from now on the
 * indexes of rent rise by its prices.  So a lease that spans both pays each for its own time.
 */
static void meta_begin_book(struct core *core, uint64_t id)
{
    struct bytes encoded = {0};

    core->book = core->options.book;
    core->book.id = id;
    core->meta_dirty = true;
    core->frame_open = true;
    pricebook_encode(&core->book, &encoded);
    INVARIANT(!encoded.failed);
    ledger_prices_begin(core->ledger, id, encoded.data, encoded.size, core->site_time_us);
    bytes_fini(&encoded);
    for (int resource = 0; resource < RENT_RESOURCES; resource++) {
        price_index_set_price(&core->rent[resource],
                              pricebook_rent(&core->book, (enum rent_resource)resource),
                              core->site_time_us);
    }
}

/* A fresh site: the indexes begin at 0, and frame 1 has book 1. */
static void meta_first_book(struct core *core)
{
    for (int resource = 0; resource < RENT_RESOURCES; resource++) {
        price_index_init(&core->rent[resource],
                         pricebook_rent(&core->options.book, (enum rent_resource)resource),
                         core->site_time_us);
    }
    meta_begin_book(core, 1);
}

static void meta_get_index(struct cbor *in, struct price_index *index)
{
    index->index = cbor_get_u128(in);
    index->price = cbor_get_money(in);
    index->at_us = cbor_get_uint(in, UINT64_MAX);
}

/* ---- the row as it is stored ---- */

struct prices_row {
    uint64_t id;
    struct pricebook book;
    const uint8_t *encoded; /* the book's bytes, in the row */
    size_t encoded_size;
    struct price_index rent[RENT_RESOURCES];
};

static enum status prices_row_decode(struct prices_row *row, const uint8_t *value,
                                     size_t value_size, struct fault *fault)
{
    struct cbor in;
    enum status status;

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, 2 + 3 * RENT_RESOURCES);
    row->id = cbor_get_uint(&in, UINT64_MAX);
    row->encoded = cbor_get_bytes(&in, &row->encoded_size, STORE_VALUE_BYTES_MAX);
    for (int resource = 0; resource < RENT_RESOURCES; resource++)
        meta_get_index(&in, &row->rent[resource]);
    status = cbor_done(&in, fault, "meta row 3 (prices)");
    if (status == ST_OK)
        status = pricebook_decode(&row->book, row->encoded, row->encoded_size, fault);
    if (status == ST_OK)
        return ST_OK;
    fault->status = ST_CORRUPT;
    return ST_CORRUPT;
}

/* ST_MISSING, which sets no fault: the site has no frame yet. */
static enum status meta_read_prices(const struct store_read *read, struct prices_row *row,
                                    struct fault *fault)
{
    struct store_row stored;
    enum status status =
        store_get(read, STORE_META, &META_PRICES, sizeof META_PRICES, &stored, fault);

    return status == ST_OK ? prices_row_decode(row, stored.value, stored.value_size, fault)
                           : status;
}

/* The unit of account is that of the books from their first frame: all balances are sums of it. */
enum status core_check_currency(const char *currency, const struct pricebook *book,
                                struct fault *fault)
{
    if (strcmp(book->currency, currency) == 0)
        return ST_OK;
    return fault_set(fault, ST_INVALID,
                     "the books of this site count in %s since their first frame, and the price "
                     "book in %s: set currency = \"%s\" in prices.toml, or make another site",
                     currency, book->currency, currency);
}

/*
 * A price book that differs from the stored one is a new one: it gets the next number.  Books
 * without a row of prices have none yet.
 */
static enum status meta_load_prices(struct core *core, const struct store_read *read,
                                    struct fault *fault)
{
    struct prices_row row;
    enum status status = meta_read_prices(read, &row, fault);

    if (status == ST_MISSING) {
        meta_first_book(core);
        return ST_OK;
    }
    if (status == ST_OK)
        status = core_check_currency(row.book.currency, &core->options.book, fault);
    if (status != ST_OK)
        return status;
    memcpy(core->rent, row.rent, sizeof core->rent);
    core->book = core->options.book;
    core->book.id = row.id;
    if (!pricebook_equal(&core->options.book, &row.book))
        meta_begin_book(core, row.id + 1);
    return ST_OK;
}

/* The books of prices have the numbers from 1 up; `context` counts them. */
static enum status meta_count_book(void *context, const struct ledger_prices *prices,
                                   struct fault *fault)
{
    uint64_t *count = context;

    if (prices->id != *count + 1)
        return fault_set(fault, ST_CORRUPT,
                         "meta: the book of prices %" PRIu64 " is missing: the next is %" PRIu64,
                         *count + 1, prices->id);
    (*count)++;
    return ST_OK;
}

enum status core_meta_load(struct core *core, const struct store_read *read, struct fault *fault)
{
    uint64_t books = 0;
    enum status status;

    core->site_time_us = ledger_last_frame(core->ledger)->site_time_us;
    status = meta_load_prices(core, read, fault);
    if (status == ST_OK)
        status = ledger_prices_each(read, meta_count_book, &books, fault);
    if (status != ST_OK)
        return status;
    meta_apply_prices(core);
    agents_set_time(core->agents, core->site_time_us);
    return ST_OK;
}

enum status core_set_prices(struct core *core, const struct pricebook *book, struct fault *fault)
{
    enum status status = pricebook_check(book, fault);

    if (status == ST_OK)
        status = core_check_currency(core->book.currency, book, fault);
    if (status != ST_OK || pricebook_equal(book, &core->book))
        return status;
    /* In the options, too: begin takes it from there, as it does when a start finds a new book. */
    core->options.book = *book;
    meta_begin_book(core, core->book.id + 1);
    meta_apply_prices(core);
    links_announce(core->links);
    log_write(LOG_INFO, "prices.in-force", "id=%" PRIu64 " frame=%" PRIu64, core->book.id,
              ledger_frame(core->ledger));
    return ST_OK;
}

enum status core_read_currency(const struct store_read *read, char text[PRICEBOOK_CURRENCY_BYTES],
                               struct fault *fault)
{
    struct prices_row row;
    enum status status = meta_read_prices(read, &row, fault);

    if (status == ST_MISSING)
        return fault_set(fault, ST_MISSING, "the books are empty: they count in nothing yet");
    if (status == ST_OK)
        memcpy(text, row.book.currency, sizeof row.book.currency);
    return status;
}

enum status core_check_book(const struct store_read *read, const struct pricebook *book,
                            struct fault *fault)
{
    char currency[PRICEBOOK_CURRENCY_BYTES];
    enum status status = core_read_currency(read, currency, fault);

    if (status == ST_MISSING)
        return ST_OK;
    return status == ST_OK ? core_check_currency(currency, book, fault) : status;
}

void core_meta_save(struct core *core, struct store_batch *batch)
{
    struct bytes row = {0};
    struct bytes book = {0};

    if (!core->meta_dirty)
        return;
    pricebook_encode(&core->book, &book);
    cbor_put_array(&row, 2 + 3 * RENT_RESOURCES);
    cbor_put_uint(&row, core->book.id);
    cbor_put_bytes(&row, book.data, book.size);
    for (int resource = 0; resource < RENT_RESOURCES; resource++) {
        cbor_put_u128(&row, core->rent[resource].index);
        cbor_put_money(&row, core->rent[resource].price);
        cbor_put_uint(&row, core->rent[resource].at_us);
    }
    INVARIANT(!row.failed && !book.failed);
    store_batch_put(batch, STORE_META, &META_PRICES, 1, row.data, row.size);
    bytes_fini(&row);
    bytes_fini(&book);
    core->meta_dirty = false;
}
