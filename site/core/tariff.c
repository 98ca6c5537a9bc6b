/*
 * What lines of the journal should charge, by the book of prices that each names: for an audit,
 * which has no core.  The table of docs/records.md, "Codes of transfers", has the same codes.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "sdk/abi.h"
#include "site/core/state.h"

/* ---- the books ---- */

static enum status tariff_keep_book(void *context, const struct ledger_prices *prices,
                                    struct fault *fault)
{
    struct core_books *books = context;
    struct core_book *items =
        array_grow(books->items, &books->capacity, books->count + 1, sizeof *items);
    struct core_book *kept;
    enum status status;

    if (items == NULL)
        return fault_set(fault, ST_NOMEM, "books of prices: out of memory");
    books->items = items;
    kept = &items[books->count];
    kept->frame = prices->frame;
    kept->site_time_us = prices->site_time_us;
    status = pricebook_decode(&kept->book, prices->book, prices->size, fault);
    if (status == ST_OK && prices->id != books->count + 1)
        status =
            fault_set(fault, ST_CORRUPT, "meta: book of prices %zu is missing", books->count + 1);
    if (status != ST_OK)
        return status == ST_INVALID ? ST_CORRUPT : status;
    kept->book.id = prices->id;
    books->count++;
    return ST_OK;
}

enum status core_books_read(struct core_books *books, const struct store_read *read,
                            struct fault *fault)
{
    *books = (struct core_books){0};
    return ledger_prices_each(read, tariff_keep_book, books, fault);
}

void core_books_fini(struct core_books *books)
{
    free(books->items);
    *books = (struct core_books){0};
}

/* ---- what a line charges ---- */

/* Meters are numbered for the audit, which keeps the remainder of each of them apart. */
static enum audit_charge tariff_metered(struct audit_price *price, unsigned meter, uint64_t unit)
{
    price->meter = meter;
    price->unit = unit;
    return AUDIT_CHARGE_COUNTED;
}

/* Code 10 of docs/records.md: the object is twice the interface price, and 1 more for the bytes. */
static enum audit_charge tariff_packet(const struct pricebook *book, uint64_t object,
                                       struct audit_price *price)
{
    bool data = object % 2 != 0;

    price->account = ACCOUNT_REVENUE_PACKETS;
    if (!exchange_packet_price(book, object / 2, data, &price->price))
        return AUDIT_CHARGE_UNKNOWN;
    return data ? tariff_metered(price, 2, MARKET_PACKET_DATA_UNIT)
                : tariff_metered(price, 1, MARKET_PACKETS_UNIT);
}

static enum audit_charge tariff_fee(const struct pricebook *book, uint64_t object, bool birth,
                                    struct audit_price *price)
{
    price->account = birth ? ACCOUNT_REVENUE_BIRTHS : ACCOUNT_REVENUE_CHANNELS;
    if (!exchange_fee_price(book, object, birth ? book->birth_fee : book->channel_fee,
                            birth ? LINK_PRICE_BIRTH_FEE : LINK_PRICE_CHANNEL_FEE, &price->price))
        return AUDIT_CHARGE_UNKNOWN;
    return tariff_metered(price, AUDIT_METERS, 1);
}

/* The object is the interface price with the step of the drain in it. */
static enum audit_charge tariff_drain(const struct pricebook *book, uint64_t object,
                                      struct audit_price *price)
{
    price->account = ACCOUNT_REVENUE_LINKS;
    if (!exchange_drain_price(book, object, &price->price))
        return AUDIT_CHARGE_UNKNOWN;
    return tariff_metered(price, AUDIT_METERS, MARKET_DRAIN_UNIT);
}

/* A share of a flush for each packet, in whole nanos. */
static enum audit_charge tariff_strict(const struct pricebook *book, uint64_t object,
                                       struct audit_price *price)
{
    price->account = ACCOUNT_REVENUE_FLUSHES;
    if (!exchange_strict_price(book, object, &price->price))
        return AUDIT_CHARGE_UNKNOWN;
    return tariff_metered(price, AUDIT_METERS, 1);
}

static enum audit_charge tariff_order(const struct pricebook *book, uint64_t order,
                                      struct audit_price *price)
{
    price->account = ACCOUNT_REVENUE_ORDERS;
    if (order >= SERAI_ORDER_COUNT)
        return AUDIT_CHARGE_UNKNOWN;
    price->price = pricebook_order(book, (int)order);
    return tariff_metered(price, AUDIT_METERS, 1);
}

/* The quantity is given by the line's place in its event, so it is checked besides. */
static enum audit_charge tariff_journal(const struct pricebook *book, struct audit_price *price)
{
    price->account = ACCOUNT_REVENUE_JOURNAL;
    price->price = book->journal;
    price->of_its_event = true;
    return tariff_metered(price, 4, MARKET_JOURNAL_UNIT);
}

/* Rent is by the indexes and what was held, so only the account is known from the line. */
static enum audit_charge tariff_rent(struct audit_price *price, uint64_t account)
{
    price->account = account;
    return AUDIT_CHARGE_BY_TIME;
}

static enum audit_charge tariff_charge(const void *tariff, const struct transfer *line,
                                       struct audit_price *price)
{
    const struct core_books *books = tariff;
    static const struct pricebook none;
    /* Without a book of that number the price is any: the audit reports the number itself. */
    bool known = line->price_id >= 1 && line->price_id <= books->count;
    const struct pricebook *book = known ? &books->items[line->price_id - 1].book : &none;

    *price = (struct audit_price){0};
    switch (line->code) {
    case TRANSFER_COMPUTE:
        price->account = ACCOUNT_REVENUE_COMPUTE;
        price->price = book->compute;
        return tariff_metered(price, 0, MARKET_FUEL_UNIT);
    case TRANSFER_LOG_FEE:
        price->account = ACCOUNT_REVENUE_LOGS;
        price->price = book->log;
        return tariff_metered(price, 3, MARKET_LOG_UNIT);
    case TRANSFER_JOURNAL_FEE:
        return tariff_journal(book, price);
    case TRANSFER_PACKET_FEE:
        return tariff_packet(book, line->object, price);
    case TRANSFER_ORDER:
        return tariff_order(book, line->object, price);
    case TRANSFER_BIRTH_FEE:
    case TRANSFER_CHANNEL_FEE:
        return tariff_fee(book, line->object, line->code == TRANSFER_BIRTH_FEE, price);
    case TRANSFER_DRAIN_FEE:
        return tariff_drain(book, line->object, price);
    case TRANSFER_STRICT_FEE:
        return tariff_strict(book, line->object, price);
    case TRANSFER_RENT_MEMORY:
        return tariff_rent(price, ACCOUNT_REVENUE_MEMORY);
    case TRANSFER_RENT_BUFFER:
        return tariff_rent(price, ACCOUNT_REVENUE_BUFFERS);
    case TRANSFER_RENT_CODE:
        return tariff_rent(price, ACCOUNT_REVENUE_CODE);
    case TRANSFER_BURIAL_RENT: /* of one of the three */
        return tariff_rent(price, line->credit);
    /* Money that moves and is no charge: listed, so that a new code has to be sorted here. */
    case TRANSFER_MONEY_IN:
    case TRANSFER_MONEY_OUT:
    case TRANSFER_ENDOWMENT:
    case TRANSFER_FUND:
    case TRANSFER_POSTAGE_HOLD:
    case TRANSFER_POSTAGE:
    case TRANSFER_POSTAGE_BACK:
    case TRANSFER_MESSAGE_HOLD:
    case TRANSFER_MESSAGE:
    case TRANSFER_MESSAGE_BACK:
    case TRANSFER_RESERVE_HOLD:
    case TRANSFER_RESERVE:
    case TRANSFER_PACKET_SENT:
    case TRANSFER_PACKET_RECEIVED:
    case TRANSFER_PACKET_LATE:
    case TRANSFER_BIRTH_HOLD:
    case TRANSFER_BIRTH_ENDOWMENT:
    case TRANSFER_BIRTH_CHANGE:
    case TRANSFER_BIRTH_BACK:
    case TRANSFER_HEAP_DEPOSIT:
    case TRANSFER_HEAP_REFUND:
    case TRANSFER_CHANNEL_DEPOSIT:
    case TRANSFER_CHANNEL_REFUND:
    case TRANSFER_BURIAL_DEPOSIT:
    case TRANSFER_BURIAL_REFUND:
    case TRANSFER_ESTATE:
    case TRANSFER_FORWARDED:
    case TRANSFER_LINK_SENT:
    case TRANSFER_LINK_RECEIVED:
    case TRANSFER_WITHDRAWAL:
    case TRANSFER_SETTLEMENT_OUT:
    case TRANSFER_SETTLEMENT_IN:
    case TRANSFER_SETTLEMENT_BACK:
    case TRANSFER_CLAIMED:
    case TRANSFER_CLEARED:
    case TRANSFER_LINK_LOST:
    case TRANSFER_LINK_ACCEPTED:
    case TRANSFER_LINK_RETURNED:
    case TRANSFER_RECALLED:
        break;
    }
    return AUDIT_CHARGE_NONE;
}

static enum status tariff_open(void *context, const struct store_read *read, void **tariff,
                               struct fault *fault)
{
    struct core_books *books = calloc(1, sizeof *books);
    enum status status;

    (void)context;
    if (books == NULL)
        return fault_set(fault, ST_NOMEM, "books of prices: out of memory");
    *tariff = books;
    status = core_books_read(books, read, fault);
    return status;
}

static void tariff_close(void *tariff)
{
    struct core_books *books = tariff;

    if (books != NULL)
        core_books_fini(books);
    free(books);
}

const struct audit_env core_audit = {
    .claims = core_claims,
    .tariff_open = tariff_open,
    .tariff_close = tariff_close,
    .charge = tariff_charge,
};
