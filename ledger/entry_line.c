/* Lines as bytes: docs/records.md, "Short lines" and "Long lines". */
#include <assert.h>

#include "ledger/account.h"
#include "ledger/entry_io.h"

/* What stands for an account in a short line; else the account's fixed number. */
enum {
    NAMED = 0,            /* a number in the line */
    SUBJECT = UINT16_MAX, /* the subject of its event */
};

/* Fields that a short line has, besides accounts and amount; the others are 0. */
enum {
    QUANTITY = 1,
    PRICE = 2, /* the chunk's */
    CARRY = 4,
    OBJECT = 8,
    MESSAGE = 16, /* its object, as the difference to the number before */
    CHARGE = QUANTITY | PRICE | OBJECT,
    METERED = CHARGE | CARRY,
};

struct short_line {
    uint16_t debit;
    uint16_t credit;
    uint16_t fields;
};

/*
 * docs/records.md, "Short lines": the usual form of each code.  A code that is not here names both
 * accounts and has none of the fields.
 */
static const struct short_line short_lines[TAG_EVENT] = {
    [TRANSFER_MONEY_IN] = {ACCOUNT_TREASURY, NAMED, 0},
    [TRANSFER_MONEY_OUT] = {NAMED, ACCOUNT_TREASURY, 0},
    [TRANSFER_ENDOWMENT] = {NAMED, NAMED, OBJECT},
    [TRANSFER_FUND] = {NAMED, NAMED, OBJECT},
    [TRANSFER_COMPUTE] = {SUBJECT, ACCOUNT_REVENUE_COMPUTE, METERED},
    [TRANSFER_ORDER] = {SUBJECT, ACCOUNT_REVENUE_ORDERS, CHARGE},
    [TRANSFER_RENT_MEMORY] = {NAMED, ACCOUNT_REVENUE_MEMORY, QUANTITY | PRICE | CARRY},
    [TRANSFER_RENT_BUFFER] = {NAMED, ACCOUNT_REVENUE_BUFFERS, QUANTITY | PRICE | CARRY},
    [TRANSFER_RENT_CODE] = {NAMED, ACCOUNT_REVENUE_CODE, QUANTITY | PRICE | CARRY},
    [TRANSFER_PACKET_FEE] = {SUBJECT, ACCOUNT_REVENUE_PACKETS, METERED},
    [TRANSFER_BIRTH_FEE] = {NAMED, ACCOUNT_REVENUE_BIRTHS, CHARGE},
    [TRANSFER_CHANNEL_FEE] = {ACCOUNT_HELD_BIRTH, ACCOUNT_REVENUE_CHANNELS, CHARGE},
    [TRANSFER_LOG_FEE] = {SUBJECT, ACCOUNT_REVENUE_LOGS, QUANTITY | PRICE | CARRY},
    [TRANSFER_POSTAGE_HOLD] = {SUBJECT, ACCOUNT_HELD_MESSAGE, MESSAGE},
    [TRANSFER_POSTAGE] = {ACCOUNT_HELD_MESSAGE, SUBJECT, MESSAGE},
    [TRANSFER_POSTAGE_BACK] = {ACCOUNT_HELD_MESSAGE, NAMED, MESSAGE},
    [TRANSFER_MESSAGE_HOLD] = {SUBJECT, ACCOUNT_HELD_MESSAGE, MESSAGE},
    [TRANSFER_MESSAGE] = {ACCOUNT_HELD_MESSAGE, SUBJECT, MESSAGE},
    [TRANSFER_MESSAGE_BACK] = {ACCOUNT_HELD_MESSAGE, NAMED, MESSAGE},
    [TRANSFER_RESERVE_HOLD] = {SUBJECT, ACCOUNT_HELD_RESERVE, OBJECT},
    [TRANSFER_RESERVE] = {ACCOUNT_HELD_RESERVE, SUBJECT, MESSAGE},
    [TRANSFER_PACKET_SENT] = {SUBJECT, ACCOUNT_HELD_PACKET, OBJECT},
    [TRANSFER_PACKET_RECEIVED] = {ACCOUNT_HELD_PACKET, NAMED, OBJECT},
    [TRANSFER_PACKET_LATE] = {ACCOUNT_HELD_PACKET, NAMED, OBJECT},
    [TRANSFER_BIRTH_HOLD] = {NAMED, NAMED, OBJECT},
    [TRANSFER_BIRTH_ENDOWMENT] = {ACCOUNT_HELD_BIRTH, NAMED, OBJECT},
    [TRANSFER_BIRTH_CHANGE] = {ACCOUNT_HELD_BIRTH, NAMED, OBJECT},
    [TRANSFER_BIRTH_BACK] = {ACCOUNT_HELD_BIRTH, NAMED, OBJECT},
    [TRANSFER_HEAP_DEPOSIT] = {SUBJECT, ACCOUNT_DEPOSIT_HEAP, OBJECT},
    [TRANSFER_HEAP_REFUND] = {ACCOUNT_DEPOSIT_HEAP, NAMED, OBJECT},
    [TRANSFER_CHANNEL_DEPOSIT] = {NAMED, ACCOUNT_DEPOSIT_CHANNEL, OBJECT},
    [TRANSFER_CHANNEL_REFUND] = {ACCOUNT_DEPOSIT_CHANNEL, NAMED, OBJECT},
    [TRANSFER_BURIAL_DEPOSIT] = {NAMED, ACCOUNT_DEPOSIT_BURIAL, OBJECT},
    [TRANSFER_BURIAL_RENT] = {ACCOUNT_DEPOSIT_BURIAL, NAMED, METERED},
    [TRANSFER_BURIAL_REFUND] = {ACCOUNT_DEPOSIT_BURIAL, NAMED, OBJECT},
    [TRANSFER_ESTATE] = {NAMED, NAMED, OBJECT},
    [TRANSFER_LINK_SENT] = {ACCOUNT_HELD_PACKET, NAMED, MESSAGE},
    [TRANSFER_LINK_RECEIVED] = {NAMED, NAMED, MESSAGE},
    [TRANSFER_WITHDRAWAL] = {NAMED, NAMED, OBJECT},
    [TRANSFER_DRAIN_FEE] = {SUBJECT, ACCOUNT_REVENUE_LINKS, METERED},
    [TRANSFER_SETTLEMENT_OUT] = {NAMED, ACCOUNT_TREASURY, OBJECT},
    [TRANSFER_SETTLEMENT_IN] = {ACCOUNT_TREASURY, NAMED, OBJECT},
    [TRANSFER_SETTLEMENT_BACK] = {ACCOUNT_TREASURY, NAMED, OBJECT},
    [TRANSFER_CLEARED] = {NAMED, NAMED, OBJECT},
    [TRANSFER_LINK_LOST] = {ACCOUNT_SUSPENSE, NAMED, QUANTITY | OBJECT},
    [TRANSFER_STRICT_FEE] = {SUBJECT, ACCOUNT_REVENUE_FLUSHES, CHARGE},
    [TRANSFER_LINK_ACCEPTED] = {NAMED, NAMED, QUANTITY | OBJECT},
    [TRANSFER_LINK_RETURNED] = {NAMED, NAMED, OBJECT},
    [TRANSFER_RECALLED] = {NAMED, NAMED, OBJECT},
    [TRANSFER_JOURNAL_FEE] = {SUBJECT, ACCOUNT_REVENUE_JOURNAL, QUANTITY | PRICE | CARRY},
};

static bool account_fits(uint16_t role, uint64_t account, const struct entry_state *state)
{
    return role == NAMED || account == (role == SUBJECT ? state->subject : role);
}

/* Whether the line has the usual form of its code, here in its chunk. */
static bool line_is_short(const struct transfer *line, const struct entry_state *state)
{
    const struct short_line *form = &short_lines[line->code];
    uint64_t price = (form->fields & PRICE) == 0 ? 0
                     : state->priced             ? state->price
                                                 : line->price_id;

    return account_fits(form->debit, line->debit, state) &&
           account_fits(form->credit, line->credit, state) && line->price_id == price &&
           (line->quantity == 0 || (form->fields & QUANTITY) != 0) &&
           (line->carry == 0 || (form->fields & CARRY) != 0) &&
           (line->object == 0 || (form->fields & (OBJECT | MESSAGE)) != 0) &&
           ((form->fields & PRICE) == 0 || price != 0);
}

/* A long line, which says its price id besides. */
static const struct short_line long_form = {NAMED, NAMED, QUANTITY | CARRY | OBJECT};

static_assert(2 + 7 * VARINT_BYTES_MAX <= ENTRY_BYTES_MAX, "a long line fits");

size_t entry_put_line(uint8_t *out, struct entry_state *state, const struct transfer *line)
{
    bool is_short = line_is_short(line, state);
    const struct short_line *form = is_short ? &short_lines[line->code] : &long_form;
    uint8_t *at = out;

    if (!is_short)
        *at++ = TAG_LONG_LINE;
    *at++ = (uint8_t)line->code;
    if (form->debit == NAMED)
        at = varint_put(at, line->debit);
    if (form->credit == NAMED)
        at = varint_put(at, line->credit);
    at = varint_put(at, money_nanos(line->amount));
    if (!is_short)
        at = varint_put(at, line->price_id);
    if ((form->fields & QUANTITY) != 0)
        at = varint_put(at, line->quantity);
    if ((form->fields & OBJECT) != 0)
        at = varint_put(at, line->object);
    if ((form->fields & MESSAGE) != 0) {
        at = varint_put(at, zigzag(line->object - state->number));
        state->number = line->object;
    }
    if ((form->fields & CARRY) != 0)
        at = varint_put(at, line->carry);
    if (line->price_id != 0 && !state->priced) {
        state->priced = true;
        state->price = line->price_id;
    }
    return (size_t)(at - out);
}

static uint64_t account_get(struct entry_input *in, uint16_t role, const struct entry_state *state)
{
    if (role == NAMED)
        return entry_get_number(in);
    return role == SUBJECT ? state->subject : role;
}

/* The price that a line of this chunk has by its form; a long line says its own. */
static uint64_t price_get(struct entry_input *in, bool is_short, uint16_t fields,
                          struct entry_state *state)
{
    uint64_t price = 0;

    if (!is_short)
        price = entry_get_number(in);
    else if ((fields & PRICE) != 0)
        price = state->price;
    if ((fields & PRICE) != 0 && is_short && price == 0)
        return entry_fail(in, "it is a charge, and its chunk has no price");
    if (price != 0 && !state->priced && price != state->price)
        return entry_fail(in, "the chunk's price is not that of its first charge");
    if (price != 0)
        state->priced = true;
    return price;
}

/* The fields of a line, in their order, by the form that it has. */
static void line_get_fields(struct entry_input *in, struct transfer *line,
                            struct entry_state *state, const struct short_line *form, bool is_short)
{
    line->debit = account_get(in, form->debit, state);
    line->credit = account_get(in, form->credit, state);
    if (money_from_nanos(&line->amount, entry_get_number(in)) != ST_OK)
        (void)entry_fail(in, "the amount is out of range");
    line->price_id = price_get(in, is_short, form->fields, state);
    if ((form->fields & QUANTITY) != 0)
        line->quantity = entry_get_number(in);
    if ((form->fields & OBJECT) != 0)
        line->object = entry_get_number(in);
    if ((form->fields & MESSAGE) != 0) {
        line->object = state->number + unzigzag(entry_get_number(in));
        state->number = line->object;
    }
    if ((form->fields & CARRY) != 0)
        line->carry = entry_get_number(in);
}

void entry_get_line(struct entry_input *in, struct transfer *line, struct entry_state *state,
                    uint8_t tag)
{
    const struct entry_state before = *state;
    bool is_short = tag != TAG_LONG_LINE;
    uint8_t code = tag;

    memset(line, 0, sizeof *line);
    if (!is_short)
        entry_get_bytes(in, &code, sizeof code);
    if (code >= TAG_EVENT || !transfer_code_known(code)) {
        (void)entry_fail(in, "the code is unknown");
        return;
    }
    line->code = (enum transfer_code)code;
    line_get_fields(in, line, state, is_short ? &short_lines[code] : &long_form, is_short);
    /* ledger_transfer() refuses the first, and leaves no line for the second. */
    if (line->debit == line->credit)
        (void)entry_fail(in, "it moves money from an account to itself");
    if (money_is_zero(line->amount) && line->quantity == 0)
        (void)entry_fail(in, "it moves nothing");
    if (!is_short && line_is_short(line, &before))
        (void)entry_fail(in, "a long line that can be a short one");
}
