/*
 * Check 10 of docs/records.md, "What an audit checks": each charge is what its book of prices
 * gives.
 */
#include "audit/charges.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REMAINDERS_MIN = 64 };
/* Of a payer from before the first frame, until a line of his is seen. */
#define REMAINDER_UNKNOWN UINT64_MAX

enum status charges_init(struct charges *charges, const struct audit_env *audit,
                         const struct store_read *read, struct fault *fault)
{
    *charges = (struct charges){.audit = audit};
    if (audit == NULL || audit->charge == NULL)
        return ST_OK;
    return audit->tariff_open(audit->context, read, &charges->tariff, fault);
}

void charges_fini(struct charges *charges)
{
    if (charges->tariff != NULL)
        charges->audit->tariff_close(charges->tariff);
    free(charges->remainders);
    *charges = (struct charges){0};
}

static const char *charges_payer_name(char text[ACCOUNT_NAME_BYTES],
                                      const struct accounts *accounts, uint64_t id)
{
    const struct account *account = accounts_find(accounts, id);

    return account_name(text, id, account == NULL ? KIND_TREASURY : account->kind);
}

/* Set the fault of a line: which charge, whose, and `why` it is not right. */
static enum status charges_wrong(const struct accounts *accounts, const struct journal_line *line,
                                 const char *why, struct fault *fault)
{
    char name[ACCOUNT_NAME_BYTES];

    return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 " event %" PRIu32 ": %s of %s %s",
                     line->frame, line->event, transfer_code_text(line->transfer.code),
                     charges_payer_name(name, accounts, line->transfer.debit), why);
}

/*
 * The place of the payer's remainder, which is 0 before its first line.  The payer was opened, so
 * its number is bounded by the journal.  NULL: out of memory.
 */
static uint64_t *charges_remainder(struct charges *charges, uint64_t payer, unsigned meter)
{
    size_t place = (size_t)(payer - ACCOUNT_FIRST_FREE);

    if (place >= charges->capacity) {
        size_t capacity = charges->capacity == 0 ? REMAINDERS_MIN : charges->capacity;
        struct charge_remainders *grown;

        while (capacity <= place)
            capacity *= 2;
        grown = realloc(charges->remainders, capacity * sizeof *grown);
        if (grown == NULL)
            return NULL;
        memset(grown + charges->capacity, charges->first_frame > 1 ? 0xff : 0,
               (capacity - charges->capacity) * sizeof *grown);
        charges->remainders = grown;
        charges->capacity = capacity;
    }
    return &charges->remainders[place].left[meter];
}

/*
 * docs/prices.md, "How a charge is computed": amount = (quantity x price + remainder) div unit, and
 * the rest of that division is the next remainder.
 */
static enum status charges_check_product(const struct accounts *accounts,
                                         const struct journal_line *line,
                                         const struct audit_price *price, uint64_t *remainder,
                                         struct fault *fault)
{
    const struct transfer *transfer = &line->transfer;
    /* A price is below 2^54, so nothing overflows. */
    u128 product = (u128)transfer->quantity * money_nanos(price->price) + *remainder;
    u128 amount = product / price->unit;
    uint64_t left = (uint64_t)(product % price->unit);
    char text[U128_TEXT_BYTES];
    char why[200];

    *remainder = left;
    if (amount == money_nanos(transfer->amount) && left == transfer->carry)
        return ST_OK;
    (void)snprintf(why, sizeof why,
                   "is not what it says: %" PRIu64 " at the prices %" PRIu64
                   " come to %s nanos and a remainder of %" PRIu64 ", the line says %" PRIu64
                   " and %" PRIu64,
                   transfer->quantity, transfer->price_id, u128_print(text, amount), left,
                   money_nanos(transfer->amount), transfer->carry);
    return charges_wrong(accounts, line, why, fault);
}

/*
 * The remainder that a payer had before the first of his lines that is there: 0 of one who came
 * since; else the one that makes this line right, if there is such a one.
 */
static uint64_t charges_first_remainder(const struct charges *charges, const struct account *payer,
                                        const struct transfer *line,
                                        const struct audit_price *price)
{
    u128 product = (u128)line->quantity * money_nanos(price->price);
    u128 total = (u128)money_nanos(line->amount) * price->unit + line->carry;

    if (payer->opened_frame >= charges->first_frame || total < product ||
        total - product >= price->unit)
        return 0;
    return (uint64_t)(total - product);
}

/* Check a charge by quantity.  One without a meter begins with no remainder each time. */
static enum status charges_check_counted(struct charges *charges, const struct accounts *accounts,
                                         const struct journal_line *line,
                                         const struct audit_price *price, struct fault *fault)
{
    uint64_t payer = line->transfer.debit;
    uint64_t none = 0;
    uint64_t *remainder = &none;

    if (price->meter < AUDIT_METERS) {
        if (payer < ACCOUNT_FIRST_FREE)
            return charges_wrong(accounts, line, "is nothing that this account pays", fault);
        remainder = charges_remainder(charges, payer, price->meter);
        if (remainder == NULL)
            return fault_set(fault, ST_NOMEM, "verify: no memory for the remainders of charges");
        if (*remainder == REMAINDER_UNKNOWN)
            *remainder = charges_first_remainder(charges, accounts_find(accounts, payer),
                                                 &line->transfer, price);
    }
    return charges_check_product(accounts, line, price, remainder, fault);
}

/*
 * A line for the journal is about the lines before it in its event, of which its place tells.  It
 * counts for its event if the agent of that pays.
 */
static enum status charges_check_bytes(struct charges *charges, const struct accounts *accounts,
                                       const struct journal_line *line, struct fault *fault)
{
    uint64_t bytes = ledger_counted_bytes((uint64_t)line->index + 1);
    char why[120];

    charges->event.paid += line->transfer.debit == charges->event.subject;
    if (line->transfer.quantity == bytes)
        return ST_OK;
    (void)snprintf(why, sizeof why,
                   "is not what it says: %" PRIu32 " lines of its event have %" PRIu64
                   " bytes, the line says %" PRIu64,
                   line->index + 1, bytes, line->transfer.quantity);
    return charges_wrong(accounts, line, why, fault);
}

enum status charges_end(const struct charges *charges, struct fault *fault)
{
    const struct charges_event *event = &charges->event;
    const struct transfer fee = {.code = TRANSFER_JOURNAL_FEE, .price_id = event->price_id};
    struct audit_price price;
    uint32_t due = 0;

    if (charges->tariff == NULL)
        return ST_OK;
    if (event->kind == EVENT_TURN) {
        (void)charges->audit->charge(charges->tariff, &fee, &price);
        due = !money_is_zero(price.price);
    }
    if (event->paid == due)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "frame %" PRIu64 " event %" PRIu32 ": a %s that pays %" PRIu32
                     " times for its entry in the journal, and owes it %" PRIu32 " times",
                     event->frame, event->index, event_kind_name(event->kind), event->paid, due);
}

enum status charges_event(struct charges *charges, const struct journal_event *event,
                          uint64_t price_id, struct fault *fault)
{
    enum status status = charges_end(charges, fault);

    charges->event = (struct charges_event){.frame = event->frame,
                                            .index = event->index,
                                            .kind = event->kind,
                                            .subject = event->subject,
                                            .price_id = price_id};
    return status;
}

enum status charges_check(struct charges *charges, const struct accounts *accounts,
                          const struct journal_line *line, struct fault *fault)
{
    const struct transfer *transfer = &line->transfer;
    const struct account *credit = accounts_find(accounts, transfer->credit);
    struct audit_price price;
    enum audit_charge charge;

    /* A line on an account that does not exist is reported at the end of its frame. */
    if (charges->tariff == NULL || credit == NULL ||
        accounts_find(accounts, transfer->debit) == NULL)
        return ST_OK;
    /* Both ways: what names a book is a charge, and what pays the site names one. */
    charge = charges->audit->charge(charges->tariff, transfer, &price);
    if (charge == AUDIT_CHARGE_NONE && transfer->price_id != 0)
        return charges_wrong(accounts, line, "names prices, and is no charge", fault);
    if (charge == AUDIT_CHARGE_NONE && credit->kind == KIND_REVENUE)
        return charges_wrong(accounts, line, "pays the site, and is no charge", fault);
    if (charge == AUDIT_CHARGE_NONE)
        return ST_OK;
    if (transfer->price_id == 0)
        return charges_wrong(accounts, line, "is a charge, and names no prices", fault);
    if (charge == AUDIT_CHARGE_UNKNOWN)
        return charges_wrong(accounts, line, "is for an object that its book has no price for",
                             fault);
    if (price.account != transfer->credit || credit->kind != KIND_REVENUE)
        return charges_wrong(accounts, line, "goes to another account than such charges do", fault);
    if (price.of_its_event && charges_check_bytes(charges, accounts, line, fault) != ST_OK)
        return ST_CORRUPT;
    return charge == AUDIT_CHARGE_COUNTED
               ? charges_check_counted(charges, accounts, line, &price, fault)
               : ST_OK;
}
