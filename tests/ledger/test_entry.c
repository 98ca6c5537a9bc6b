/* Entries as bytes: each has one encoding, and every other is refused. */
#include "ledger/entry.h"

#include <string.h>

#include "tests/check_main.h"

static struct money nanos(uint64_t count)
{
    struct money amount = {0};

    ck_assert_int_eq(money_from_nanos(&amount, count), ST_OK);
    return amount;
}

static struct journal_event event_of(enum event_kind kind)
{
    struct journal_event event = {
        .kind = kind, .subject = 4097, .site_time_us = 1300, .source = {.numbers = {0}}};

    memset(event.hash.bytes, 0xaa, HASH_BYTES);
    return event;
}

/* What a chunk had said before: time 1000, an event of agent 4097, message 70, price 3. */
static struct entry_state some_state(void)
{
    return (struct entry_state){
        .price = 3, .priced = true, .site_time_us = 1000, .subject = 4097, .number = 70};
}

/* ---- documented bytes ---- */

#define AA8 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa
#define AA32 AA8, AA8, AA8, AA8
#define BB8 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb
#define BB32 BB8, BB8, BB8, BB8

static void ck_assert_event_is(const struct journal_event *event, const uint8_t *want, size_t size)
{
    struct entry_state state = some_state();
    uint8_t bytes[ENTRY_BYTES_MAX];
    struct entry entry;
    size_t used;

    ck_assert_uint_eq(entry_put_event(bytes, &state, event), size);
    ck_assert_mem_eq(bytes, want, size);
    ck_assert_uint_eq(state.site_time_us, event->site_time_us);
    ck_assert_uint_eq(state.subject, event->subject);
    state = some_state();
    ck_assert_ptr_null(entry_get(&entry, &state, bytes, sizeof bytes, &used));
    ck_assert_uint_eq(used, size);
    ck_assert_int_eq(entry.kind, ENTRY_EVENT);
    ck_assert_int_eq(entry.event.kind, event->kind);
    ck_assert_uint_eq(entry.event.subject, event->subject);
    ck_assert_uint_eq(entry.event.site_time_us, event->site_time_us);
    ck_assert(hash_equal(&entry.event.hash, &event->hash));
    ck_assert_mem_eq(&entry.event.source, &event->source, sizeof event->source);
}

/* Tag, hash, 300 us after the one before, subject 4097; then what the kind has. */
#define EVENT_BYTES(kind) 128 + (kind), AA32, 0xac, 0x02, 0x81, 0x20

START_TEST(an_event_of_each_kind_has_its_documented_bytes)
{
    static const uint8_t tick[] = {EVENT_BYTES(0)};
    static const uint8_t request[] = {EVENT_BYTES(1), 5, BB32};
    static const uint8_t turn[] = {EVENT_BYTES(2), 0x82, 0x20, 3, 0x17};
    static const uint8_t link[] = {EVENT_BYTES(3), 2, 0x8b, 0x01};
    static const uint8_t prices[] = {EVENT_BYTES(5), 4, BB32};
    static const uint8_t settlement[] = {EVENT_BYTES(6), 2, 0x80, 0x01};
    struct journal_event event = event_of(EVENT_TICK);

    ck_assert_event_is(&event, tick, sizeof tick);
    event = event_of(EVENT_REQUEST);
    event.source.numbers[0] = 5;
    memset(event.source.bytes, 0xbb, EVENT_KEY_BYTES);
    ck_assert_event_is(&event, request, sizeof request);
    event = event_of(EVENT_TURN);
    event.source = (struct event_source){.numbers = {4098, 68, 23}};
    ck_assert_event_is(&event, turn, sizeof turn); /* message 68 is 2 below 70: zigzag 3 */
    event = event_of(EVENT_LINK);
    event.source = (struct event_source){.numbers = {2, 0}};
    ck_assert_event_is(&event, link, sizeof link); /* 70 below 70: zigzag 139 */
    event = event_of(EVENT_PRICES);
    event.source.numbers[0] = 4;
    memset(event.source.bytes, 0xbb, HASH_BYTES);
    ck_assert_event_is(&event, prices, sizeof prices);
    event = event_of(EVENT_SETTLEMENT);
    event.source = (struct event_source){.numbers = {2, 128}};
    ck_assert_event_is(&event, settlement, sizeof settlement);
}
END_TEST

START_TEST(openings_have_their_documented_bytes)
{
    static const uint8_t opened[] = {160, KIND_AGENT, 0x81, 0x20, 0x80, 0x20};
    static const uint8_t closed[] = {161, KIND_CUSTOMER, 0x80, 0x20, 0};
    const struct journal_opening agent = {.account = 4097, .kind = KIND_AGENT, .customer = 4096};
    const struct journal_opening customer = {
        .closing = true, .account = 4096, .kind = KIND_CUSTOMER};
    struct entry_state state = {0};
    uint8_t bytes[ENTRY_BYTES_MAX];
    struct entry entry;
    size_t used;

    ck_assert_uint_eq(entry_put_opening(bytes, &customer), sizeof closed);
    ck_assert_mem_eq(bytes, closed, sizeof closed);
    ck_assert_uint_eq(entry_put_opening(bytes, &agent), sizeof opened);
    ck_assert_mem_eq(bytes, opened, sizeof opened);
    ck_assert_ptr_null(entry_get(&entry, &state, bytes, sizeof bytes, &used));
    ck_assert_uint_eq(used, sizeof opened);
    ck_assert_int_eq(entry.kind, ENTRY_OPENING);
    ck_assert(!entry.opening.closing);
    ck_assert_uint_eq(entry.opening.account, 4097);
    ck_assert_uint_eq(entry.opening.customer, 4096);
    ck_assert_int_eq(entry.opening.kind, KIND_AGENT);
    ck_assert_int_eq(entry.opening.class, ACCOUNT_NO_OVERDRAFT);
}
END_TEST

static void ck_assert_line_is(struct entry_state state, const struct transfer *line,
                              const uint8_t *want, size_t size)
{
    struct entry_state reading = state;
    uint8_t bytes[ENTRY_BYTES_MAX];
    struct entry entry;
    size_t used;

    ck_assert_uint_eq(entry_put_line(bytes, &state, line), size);
    ck_assert_mem_eq(bytes, want, size);
    reading.price = state.price; /* the chunk's header says it before its first charge */
    ck_assert_ptr_null(entry_get(&entry, &reading, bytes, sizeof bytes, &used));
    ck_assert_uint_eq(used, size);
    ck_assert_int_eq(entry.kind, ENTRY_LINE);
    ck_assert_int_eq(memcmp(&entry.line, line, sizeof *line), 0);
    ck_assert_uint_eq(reading.number, state.number);
    ck_assert(reading.priced == state.priced);
}

/* Padding is compared too. */
static struct transfer line_of(enum transfer_code code, uint64_t debit, uint64_t credit)
{
    struct transfer line;

    memset(&line, 0, sizeof line);
    line.code = code;
    line.debit = debit;
    line.credit = credit;
    return line;
}

START_TEST(a_short_line_has_its_documented_bytes)
{
    /* Code, amount, quantity, object, carry: the agent is the subject, the price is the chunk's. */
    static const uint8_t compute[] = {5, 77, 0xe8, 0x07, 2, 5};
    /* Code, amount, and the message as a difference: 71 is 1 above 70, zigzag 2. */
    static const uint8_t postage[] = {14, 9, 2};
    static const uint8_t rent[] = {7, 0x82, 0x20, 1, 3, 0};
    /* A code that has no usual form names both accounts. */
    static const uint8_t claimed[] = {42, 0x84, 0x20, 0x85, 0x20, 1};
    struct transfer line = line_of(TRANSFER_COMPUTE, 4097, ACCOUNT_REVENUE_COMPUTE);

    line.amount = nanos(77);
    line.quantity = 1000;
    line.price_id = 3;
    line.object = 2;
    line.carry = 5;
    ck_assert_line_is(some_state(), &line, compute, sizeof compute);
    line = line_of(TRANSFER_POSTAGE_HOLD, 4097, ACCOUNT_HELD_MESSAGE);
    line.amount = nanos(9);
    line.object = 71;
    ck_assert_line_is(some_state(), &line, postage, sizeof postage);
    line = line_of(TRANSFER_RENT_MEMORY, 4098, ACCOUNT_REVENUE_MEMORY);
    line.amount = nanos(1);
    line.quantity = 3;
    line.price_id = 3;
    ck_assert_line_is(some_state(), &line, rent, sizeof rent);
    line = line_of(TRANSFER_CLAIMED, 4100, 4101);
    line.amount = nanos(1);
    ck_assert_line_is(some_state(), &line, claimed, sizeof claimed);
}
END_TEST

START_TEST(a_long_line_has_its_documented_bytes)
{
    /* 0, code, debit, credit, amount, price, quantity, object, carry. */
    static const uint8_t other_price[] = {0, 5, 0x81, 0x20, 16, 77, 4, 0xe8, 0x07, 2, 5};
    static const uint8_t other_payer[] = {0, 14, 0x82, 0x20, 48, 9, 0, 0, 71, 0};
    struct transfer line = line_of(TRANSFER_COMPUTE, 4097, ACCOUNT_REVENUE_COMPUTE);

    line.amount = nanos(77);
    line.quantity = 1000;
    line.price_id = 4;
    line.object = 2;
    line.carry = 5;
    ck_assert_line_is(some_state(), &line, other_price, sizeof other_price);
    line = line_of(TRANSFER_POSTAGE_HOLD, 4098, ACCOUNT_HELD_MESSAGE);
    line.amount = nanos(9);
    line.object = 71;
    ck_assert_line_is(some_state(), &line, other_payer, sizeof other_payer);
}
END_TEST

START_TEST(the_first_charge_of_a_chunk_gives_it_its_price)
{
    static const uint8_t first[] = {5, 77, 1, 2, 0};
    static const uint8_t second[] = {0, 5, 0x81, 0x20, 16, 77, 8, 1, 2, 0};
    static const uint8_t third[] = {5, 77, 1, 2, 0};
    struct transfer line = line_of(TRANSFER_COMPUTE, 4097, ACCOUNT_REVENUE_COMPUTE);
    struct entry_state state = {.subject = 4097};
    uint8_t bytes[ENTRY_BYTES_MAX];

    line.amount = nanos(77);
    line.quantity = 1;
    line.price_id = 7;
    line.object = 2;
    ck_assert_uint_eq(entry_put_line(bytes, &state, &line), sizeof first);
    ck_assert_mem_eq(bytes, first, sizeof first);
    ck_assert(state.priced && state.price == 7);
    line.price_id = 8;
    ck_assert_uint_eq(entry_put_line(bytes, &state, &line), sizeof second);
    ck_assert_mem_eq(bytes, second, sizeof second);
    ck_assert_uint_eq(state.price, 7);
    line.price_id = 7;
    ck_assert_uint_eq(entry_put_line(bytes, &state, &line), sizeof third);
    ck_assert_mem_eq(bytes, third, sizeof third);
}
END_TEST

/* ---- the usual form of each code ---- */

/* What a line of some code usually has, besides an amount: as the site books it. */
struct usual {
    enum transfer_code code;
    uint64_t debit;
    uint64_t credit;
    unsigned has;
};

enum {
    QUANTITY = 1,
    PRICE = 2,
    CARRY = 4,
    OBJECT = 8,
    NEXT = 16,  /* an object near the message before */
    PAYER = 32, /* neither one of the site's own nor the subject, or not always: it is named */
    PAYEE = 64,
    FEE = QUANTITY | PRICE | OBJECT,
};

/* The subject, another agent, a customer; and accounts of link 1. */
enum {
    ME = 4097,
    OTHER = 4098,
    CUSTOMER = 4096,
    LINK_OUT = ACCOUNT_LINKS + 4,
    LINK_IN = ACCOUNT_LINKS + 5,
    LINK_SETTLING = ACCOUNT_LINKS + 6,
};

static const struct usual usual[] = {
    {TRANSFER_MONEY_IN, ACCOUNT_TREASURY, CUSTOMER, PAYEE},
    {TRANSFER_MONEY_OUT, CUSTOMER, ACCOUNT_TREASURY, PAYER},
    {TRANSFER_ENDOWMENT, CUSTOMER, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_ENDOWMENT, ME, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_FUND, CUSTOMER, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_FUND, ME, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_COMPUTE, ME, ACCOUNT_REVENUE_COMPUTE, FEE | CARRY},
    {TRANSFER_ORDER, ME, ACCOUNT_REVENUE_ORDERS, FEE},
    {TRANSFER_RENT_MEMORY, OTHER, ACCOUNT_REVENUE_MEMORY, PAYER | QUANTITY | PRICE | CARRY},
    {TRANSFER_RENT_BUFFER, OTHER, ACCOUNT_REVENUE_BUFFERS, PAYER | QUANTITY | PRICE | CARRY},
    {TRANSFER_RENT_CODE, OTHER, ACCOUNT_REVENUE_CODE, PAYER | QUANTITY | PRICE | CARRY},
    {TRANSFER_PACKET_FEE, ME, ACCOUNT_REVENUE_PACKETS, FEE | CARRY},
    {TRANSFER_BIRTH_FEE, CUSTOMER, ACCOUNT_REVENUE_BIRTHS, PAYER | FEE},
    {TRANSFER_BIRTH_FEE, ACCOUNT_HELD_BIRTH, ACCOUNT_REVENUE_BIRTHS, PAYER | FEE},
    {TRANSFER_CHANNEL_FEE, ACCOUNT_HELD_BIRTH, ACCOUNT_REVENUE_CHANNELS, FEE},
    {TRANSFER_LOG_FEE, ME, ACCOUNT_REVENUE_LOGS, QUANTITY | PRICE | CARRY},
    {TRANSFER_POSTAGE_HOLD, ME, ACCOUNT_HELD_MESSAGE, NEXT},
    {TRANSFER_POSTAGE, ACCOUNT_HELD_MESSAGE, ME, NEXT},
    {TRANSFER_POSTAGE_BACK, ACCOUNT_HELD_MESSAGE, OTHER, PAYEE | NEXT},
    {TRANSFER_MESSAGE_HOLD, ME, ACCOUNT_HELD_MESSAGE, NEXT},
    {TRANSFER_MESSAGE, ACCOUNT_HELD_MESSAGE, ME, NEXT},
    {TRANSFER_MESSAGE_BACK, ACCOUNT_HELD_MESSAGE, OTHER, PAYEE | NEXT},
    {TRANSFER_RESERVE_HOLD, ME, ACCOUNT_HELD_RESERVE, OBJECT},
    {TRANSFER_RESERVE, ACCOUNT_HELD_RESERVE, ME, NEXT},
    {TRANSFER_PACKET_SENT, ME, ACCOUNT_HELD_PACKET, OBJECT},
    {TRANSFER_PACKET_RECEIVED, ACCOUNT_HELD_PACKET, OTHER, PAYEE | OBJECT}, /* of a link's event */
    {TRANSFER_PACKET_LATE, ACCOUNT_HELD_PACKET, OTHER, PAYEE | OBJECT},
    {TRANSFER_BIRTH_HOLD, ME, ACCOUNT_HELD_BIRTH, PAYER | PAYEE | OBJECT},
    {TRANSFER_BIRTH_HOLD, ACCOUNT_HELD_BIRTH, ACCOUNT_HELD_PACKET, PAYER | PAYEE | OBJECT},
    {TRANSFER_BIRTH_ENDOWMENT, ACCOUNT_HELD_BIRTH, OTHER, PAYEE | OBJECT},
    {TRANSFER_BIRTH_CHANGE, ACCOUNT_HELD_BIRTH, ACCOUNT_HELD_PACKET, PAYEE | OBJECT},
    {TRANSFER_BIRTH_BACK, ACCOUNT_HELD_BIRTH, OTHER, PAYEE | OBJECT},
    {TRANSFER_HEAP_DEPOSIT, ME, ACCOUNT_DEPOSIT_HEAP, OBJECT},
    {TRANSFER_HEAP_REFUND, ACCOUNT_DEPOSIT_HEAP, OTHER, PAYEE | OBJECT},
    {TRANSFER_CHANNEL_DEPOSIT, ME, ACCOUNT_DEPOSIT_CHANNEL, PAYER | OBJECT},
    {TRANSFER_CHANNEL_DEPOSIT, ACCOUNT_HELD_BIRTH, ACCOUNT_DEPOSIT_CHANNEL, PAYER | OBJECT},
    {TRANSFER_CHANNEL_REFUND, ACCOUNT_DEPOSIT_CHANNEL, OTHER, PAYEE | OBJECT},
    {TRANSFER_BURIAL_DEPOSIT, OTHER, ACCOUNT_DEPOSIT_BURIAL, PAYER | OBJECT},
    {TRANSFER_BURIAL_RENT, ACCOUNT_DEPOSIT_BURIAL, ACCOUNT_REVENUE_MEMORY, PAYEE | FEE | CARRY},
    {TRANSFER_BURIAL_REFUND, ACCOUNT_DEPOSIT_BURIAL, OTHER, PAYEE | OBJECT},
    {TRANSFER_ESTATE, OTHER, CUSTOMER, PAYER | PAYEE | OBJECT},
    {TRANSFER_FORWARDED, OTHER, CUSTOMER, PAYER | PAYEE},
    {TRANSFER_LINK_SENT, ACCOUNT_HELD_PACKET, LINK_OUT, PAYEE | NEXT},
    {TRANSFER_LINK_RECEIVED, LINK_IN, ACCOUNT_HELD_PACKET, PAYER | PAYEE | NEXT},
    {TRANSFER_LINK_RECEIVED, LINK_IN, ACCOUNT_HELD_BIRTH, PAYER | PAYEE | NEXT},
    {TRANSFER_WITHDRAWAL, OTHER, CUSTOMER, PAYER | PAYEE | OBJECT},
    {TRANSFER_DRAIN_FEE, ME, ACCOUNT_REVENUE_LINKS, FEE | CARRY},
    {TRANSFER_CLAIMED, OTHER, CUSTOMER, PAYER | PAYEE},
    {TRANSFER_SETTLEMENT_OUT, LINK_SETTLING, ACCOUNT_TREASURY, PAYER | OBJECT},
    {TRANSFER_SETTLEMENT_IN, ACCOUNT_TREASURY, LINK_SETTLING, PAYEE | OBJECT},
    {TRANSFER_SETTLEMENT_BACK, ACCOUNT_TREASURY, LINK_SETTLING, PAYEE | OBJECT},
    {TRANSFER_CLEARED, CUSTOMER, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_LINK_LOST, ACCOUNT_SUSPENSE, LINK_OUT, PAYEE | QUANTITY | OBJECT},
    {TRANSFER_STRICT_FEE, ME, ACCOUNT_REVENUE_FLUSHES, FEE},
    {TRANSFER_LINK_ACCEPTED, LINK_OUT, CUSTOMER, PAYER | PAYEE | QUANTITY | OBJECT},
    {TRANSFER_LINK_RETURNED, LINK_OUT, OTHER, PAYER | PAYEE | OBJECT},
    {TRANSFER_RECALLED, OTHER, ME, PAYER | PAYEE | OBJECT},
    {TRANSFER_JOURNAL_FEE, ME, ACCOUNT_REVENUE_JOURNAL, QUANTITY | PRICE | CARRY},
};

static struct transfer usual_line(const struct usual *form)
{
    struct transfer line = line_of(form->code, form->debit, form->credit);

    line.amount = nanos(9);
    line.quantity = (form->has & QUANTITY) != 0 ? 1000 : 0;
    line.price_id = (form->has & PRICE) != 0 ? 3 : 0;
    line.carry = (form->has & CARRY) != 0 ? 5 : 0;
    line.object = (form->has & (OBJECT | NEXT)) != 0 ? 71 : 0;
    return line;
}

/* Code, amount, quantity 1000, carry and object: the others are bytes, as accounts up to 127 are.
 */
static size_t usual_size(const struct usual *form)
{
    size_t size = 2;

    size += (form->has & PAYER) == 0 ? 0 : form->debit < 128 ? 1 : 2;
    size += (form->has & PAYEE) == 0 ? 0 : form->credit < 128 ? 1 : 2;
    size += (form->has & QUANTITY) != 0 ? 2 : 0;
    size += (form->has & CARRY) != 0 ? 1 : 0;
    size += (form->has & (OBJECT | NEXT)) != 0 ? 1 : 0;
    return size;
}

START_TEST(the_usual_line_of_each_code_is_a_short_one)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct transfer line = usual_line(&usual[i]);
        struct entry_state state = some_state();
        uint8_t bytes[ENTRY_BYTES_MAX];
        size_t size = entry_put_line(bytes, &state, &line);

        ck_assert_msg(bytes[0] == line.code, "%s is a long line", transfer_code_text(line.code));
        ck_assert_msg(size == usual_size(&usual[i]), "%s has %zu bytes",
                      transfer_code_text(line.code), size);
        ck_assert_uint_eq(state.number, (usual[i].has & NEXT) != 0 ? 71 : 70);
    }
}
END_TEST

START_TEST(every_code_has_a_usual_line)
{
    for (uint64_t code = 0; code < 128; code++) {
        bool known = strcmp(transfer_code_text(code), "unknown") != 0;
        bool found = false;

        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
            found = found || usual[i].code == code;
        ck_assert_msg(known == found, "code %d", (int)code);
    }
    ck_assert_str_eq(transfer_code_text(128), "unknown"); /* a tag would be in its way */
}
END_TEST

/* Whether a line has its short form where the chunk said what some_state() has. */
static bool line_is_short(const struct transfer *line)
{
    struct entry_state state = some_state();
    uint8_t bytes[ENTRY_BYTES_MAX];

    (void)entry_put_line(bytes, &state, line);
    return bytes[0] != 0;
}

START_TEST(what_the_usual_line_has_not_makes_it_a_long_one)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        unsigned has = usual[i].has;
        struct transfer line = usual_line(&usual[i]);

        ck_assert(line_is_short(&line));
        line.quantity = 1;
        ck_assert(line_is_short(&line) == ((has & QUANTITY) != 0));
        line = usual_line(&usual[i]);
        line.carry = 1;
        ck_assert(line_is_short(&line) == ((has & CARRY) != 0));
        line = usual_line(&usual[i]);
        line.object = 1;
        ck_assert(line_is_short(&line) == ((has & (OBJECT | NEXT)) != 0));
        line = usual_line(&usual[i]);
        line.price_id = 4;
        ck_assert(!line_is_short(&line));
        line.price_id = 0;
        ck_assert(line_is_short(&line) == ((has & PRICE) == 0));
        line = usual_line(&usual[i]);
        line.debit = 5000;
        ck_assert(line_is_short(&line) == ((has & PAYER) != 0));
        line = usual_line(&usual[i]);
        line.credit = 5000;
        ck_assert(line_is_short(&line) == ((has & PAYEE) != 0));
    }
}
END_TEST

/* ---- every bit ---- */

/* Write again what was read, as it stood in its chunk. */
static size_t put_again(uint8_t *out, struct entry_state *state, const struct entry *entry)
{
    switch (entry->kind) {
    case ENTRY_EVENT:
        return entry_put_event(out, state, &entry->event);
    case ENTRY_OPENING:
        return entry_put_opening(out, &entry->opening);
    case ENTRY_LINE:
        return entry_put_line(out, state, &entry->line);
    }
    ck_abort_msg("a kind of entry");
    return 0;
}

/* These bytes are refused: false; or what they say is written by just the bytes that were used. */
static bool reads_as_itself(struct entry_state state, const uint8_t *bytes, size_t size)
{
    struct entry_state writing = state;
    uint8_t again[ENTRY_BYTES_MAX];
    struct entry entry;
    size_t used = 0;

    if (entry_get(&entry, &state, bytes, size, &used) != NULL)
        return false;
    ck_assert_uint_gt(used, 0);
    ck_assert_uint_le(used, size);
    ck_assert_uint_eq(put_again(again, &writing, &entry), used);
    ck_assert_mem_eq(again, bytes, used);
    ck_assert_uint_eq(writing.site_time_us, state.site_time_us);
    ck_assert_uint_eq(writing.subject, state.subject);
    ck_assert_uint_eq(writing.number, state.number);
    ck_assert(writing.priced == state.priced && writing.price == state.price);
    return true;
}

/*
 * Flip every bit of good bytes, which others follow: they are refused, or read as something else
 * whose encoding is just these bytes, be they more or fewer.  Returns how many are refused.
 */
static int ck_assert_every_bit_counts(struct entry_state state, const struct entry *entry)
{
    struct entry_state writing = state;
    uint8_t good[2 * ENTRY_BYTES_MAX];
    uint8_t bytes[2 * ENTRY_BYTES_MAX];
    size_t size;
    int refused = 0;

    memset(good, 1, sizeof good);
    size = put_again(good, &writing, entry);
    ck_assert(reads_as_itself(state, good, size));
    ck_assert(reads_as_itself(state, good, sizeof good));
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(bytes, good, sizeof bytes);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1u << bit % 8));
        refused += !reads_as_itself(state, bytes, sizeof bytes);
    }
    return refused;
}

START_TEST(every_bit_of_every_entry_counts)
{
    static const enum event_kind kinds[] = {EVENT_TICK, EVENT_REQUEST, EVENT_TURN,
                                            EVENT_LINK, EVENT_PRICES,  EVENT_SETTLEMENT};
    struct entry entry;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        entry = (struct entry){.kind = ENTRY_EVENT, .event = event_of(kinds[i])};
        entry.event.source.numbers[0] = 4098;
        /* Of the tag, at the least: it is then nothing that is known. */
        ck_assert_int_ge(ck_assert_every_bit_counts(some_state(), &entry), 1);
    }
    entry = (struct entry){.kind = ENTRY_OPENING,
                           .opening = {.account = 4097, .kind = KIND_AGENT, .customer = 4096}};
    ck_assert_int_ge(ck_assert_every_bit_counts(some_state(), &entry), 1);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        entry = (struct entry){.kind = ENTRY_LINE, .line = usual_line(&usual[i])};
        ck_assert_int_ge(ck_assert_every_bit_counts(some_state(), &entry), 1);
        entry.line.price_id = 4; /* a long one */
        ck_assert_int_ge(ck_assert_every_bit_counts(some_state(), &entry), 1);
    }
}
END_TEST

/* ---- what is refused ---- */

static void ck_assert_refused(struct entry_state state, const uint8_t *bytes, size_t size,
                              const char *want)
{
    struct entry entry;
    size_t used = 0;
    const char *error = entry_get(&entry, &state, bytes, size, &used);

    ck_assert_msg(error != NULL, "it is not refused: %s", want);
    ck_assert_str_eq(error, want);
}

#define REFUSED(want, ...)                                                                         \
    ck_assert_refused(some_state(), (const uint8_t[]){__VA_ARGS__},                                \
                      sizeof(const uint8_t[]){__VA_ARGS__}, want)

START_TEST(an_entry_of_no_kind_is_refused)
{
    REFUSED("the kind of entry is unknown", 162, 0, 0, 0);
    REFUSED("the kind of entry is unknown", 255, 0, 0, 0);
    REFUSED("the event kind is unknown", 128 + EVENT_KIND_FREE, AA32, 0, 0, 0, 0, 0);
    REFUSED("the event kind is unknown", 128 + EVENT_SETTLEMENT + 1, AA32, 0, 0, 0, 0, 0);
    REFUSED("the event kind is unknown", 159, AA32, 0, 0, 0, 0, 0);
    ck_assert_refused(some_state(), NULL, 0, "it is cut off");
}
END_TEST

START_TEST(an_opening_that_makes_no_sense_is_refused)
{
    REFUSED("the account kind is unknown", 160, ACCOUNT_KINDS, 0x80, 0x20, 0);
    REFUSED("the account kind is unknown", 161, 255, 0x80, 0x20, 0);
    REFUSED("the account is 0", 160, KIND_AGENT, 0, 0);
}
END_TEST

START_TEST(a_line_that_makes_no_sense_is_refused)
{
    REFUSED("the code is unknown", 127, 1, 1, 1, 1);
    REFUSED("the code is unknown", 0, 0, 1, 2, 1, 0, 0, 0, 0);
    REFUSED("the code is unknown", 0, 43, 1, 2, 1, 0, 0, 0, 0);
    REFUSED("the code is unknown", 0, 128, 1, 2, 1, 0, 0, 0, 0);
    REFUSED("the amount is out of range", 14, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
            1, 2);
    REFUSED("it moves money from an account to itself", 42, 7, 7, 1);
    REFUSED("it moves money from an account to itself", 0, 5, 7, 7, 1, 0, 0, 0, 0);
    REFUSED("it moves nothing", 42, 7, 8, 0);
    REFUSED("it moves nothing", 5, 0, 0, 2, 5);
    REFUSED("it moves nothing", 0, 5, 7, 8, 0, 4, 0, 0, 0);
}
END_TEST

START_TEST(a_long_line_that_can_be_a_short_one_is_refused)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct transfer line = usual_line(&usual[i]);
        struct entry_state state = some_state();
        uint8_t bytes[ENTRY_BYTES_MAX];
        size_t size;
        size_t price_at;

        /* Long because of its price, which is then made the usual one. */
        line.price_id = line.price_id == 0 ? 4 : 5;
        size = entry_put_line(bytes, &state, &line);
        ck_assert_uint_eq(bytes[0], 0);
        price_at = 2u + (line.debit < 128 ? 1 : 2) + (line.credit < 128 ? 1 : 2) + 1;
        ck_assert_uint_eq(bytes[price_at], line.price_id);
        ck_assert(reads_as_itself(some_state(), bytes, size));
        bytes[price_at] = (usual[i].has & PRICE) != 0 ? 3 : 0;
        ck_assert_refused(some_state(), bytes, size, "a long line that can be a short one");
    }
}
END_TEST

START_TEST(a_price_that_the_chunk_has_not_is_refused)
{
    static const uint8_t charge[] = {5, 77, 1, 2, 0};
    static const uint8_t long_charge[] = {0, 5, 0x82, 0x20, 16, 77, 4, 1, 2, 0};
    struct entry_state none = {.subject = ME};
    struct entry_state not_yet = {.subject = ME, .price = 3};
    struct entry_state named = {.subject = ME, .price = 3, .priced = true};

    ck_assert_refused(none, charge, sizeof charge, "it is a charge, and its chunk has no price");
    ck_assert(reads_as_itself(named, charge, sizeof charge));
    ck_assert_refused(not_yet, long_charge, sizeof long_charge,
                      "the chunk's price is not that of its first charge");
    ck_assert_refused(none, long_charge, sizeof long_charge,
                      "the chunk's price is not that of its first charge");
    ck_assert(reads_as_itself(named, long_charge, sizeof long_charge));
}
END_TEST

/* ---- numbers ---- */

START_TEST(a_number_has_one_form)
{
    /* The amount of a line of CLAIMED from 7 to 8, in other forms. */
    REFUSED("a number is longer than it need be", 42, 7, 8, 0x81, 0);
    REFUSED("a number is longer than it need be", 42, 7, 8, 0x80, 0);
    REFUSED("a number is longer than it need be", 42, 7, 8, 0x81, 0x80, 0x80, 0x80, 0);
    REFUSED("a number is longer than it need be", 42, 0x87, 0, 8, 1);
    /* 2^64 - 1 is the largest; the account is that, and then one bit more. */
    ck_assert(reads_as_itself(
        some_state(),
        (const uint8_t[]){42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 8, 1}, 13));
    REFUSED("a number has more than 64 bits", 42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 2, 8, 1);
    REFUSED("a number has more than 64 bits", 42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
            0x80, 0x81, 0, 8, 1);
    REFUSED("a number is longer than it need be", 42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0, 8, 1);
}
END_TEST

static void ck_assert_no_part_reads(struct entry_state state, const struct entry *entry)
{
    struct entry_state writing = state;
    uint8_t bytes[ENTRY_BYTES_MAX];
    size_t size = put_again(bytes, &writing, entry);

    for (size_t part = 0; part < size; part++)
        ck_assert_refused(state, bytes, part, "it is cut off");
}

START_TEST(an_entry_that_is_cut_off_is_refused)
{
    static const enum event_kind kinds[] = {EVENT_TICK, EVENT_REQUEST, EVENT_TURN,
                                            EVENT_LINK, EVENT_PRICES,  EVENT_SETTLEMENT};
    struct entry entry;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        entry = (struct entry){.kind = ENTRY_EVENT, .event = event_of(kinds[i])};
        ck_assert_no_part_reads(some_state(), &entry);
    }
    entry = (struct entry){.kind = ENTRY_OPENING,
                           .opening = {.account = 4097, .kind = KIND_AGENT, .customer = 4096}};
    ck_assert_no_part_reads(some_state(), &entry);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        entry = (struct entry){.kind = ENTRY_LINE, .line = usual_line(&usual[i])};
        ck_assert_no_part_reads(some_state(), &entry);
        entry.line.price_id = 4; /* a long one */
        ck_assert_no_part_reads(some_state(), &entry);
    }
}
END_TEST

START_TEST(the_largest_entries_fit)
{
    struct journal_event event = event_of(EVENT_TURN);
    struct transfer line = line_of(TRANSFER_COMPUTE, UINT64_MAX, UINT64_MAX - 1);
    struct entry_state state = {.site_time_us = 1301}; /* time falls: a difference of 2^64 - 1 */
    struct entry_state before = state;
    uint8_t bytes[ENTRY_BYTES_MAX];

    event.subject = UINT64_MAX;
    event.source = (struct event_source){.numbers = {UINT64_MAX, UINT64_C(1) << 63, UINT64_MAX}};
    ck_assert_uint_eq(entry_put_event(bytes, &state, &event), 1 + HASH_BYTES + 5 * 10);
    ck_assert(reads_as_itself(before, bytes, sizeof bytes));
    event.kind = EVENT_REQUEST;
    state = before;
    ck_assert_uint_eq(entry_put_event(bytes, &state, &event), 1 + HASH_BYTES + 3 * 10 + 32);
    ck_assert(reads_as_itself(before, bytes, sizeof bytes));
    line.amount = nanos(MONEY_NANOS_MAX);
    line.price_id = line.quantity = line.object = line.carry = UINT64_MAX;
    state = some_state();
    ck_assert_uint_eq(entry_put_line(bytes, &state, &line), 2 + 6 * 10 + 9);
    ck_assert(reads_as_itself(some_state(), bytes, sizeof bytes));
}
END_TEST

/* ---- any entry ---- */

/* One of the numbers that matter here, or any. */
static uint64_t some_number(struct rng *rng, const struct entry_state *state)
{
    const uint64_t few[] = {0, 1, state->subject, state->number, state->number + 1, state->price};

    switch (rng_below(rng, 4)) {
    case 0:
        return few[rng_below(rng, sizeof few / sizeof few[0])];
    case 1:
        return rng_below(rng, 80); /* the site's own accounts among them */
    case 2:
        return rng_below(rng, 20000);
    default: /* a draw, not an enum */
        return rng_edgy(rng);
    }
}

static struct transfer some_line(struct rng *rng, const struct entry_state *state)
{
    struct transfer line = {0};

    if (rng_coin(rng)) /* what is usual, with numbers that are not */
        line = usual_line(&usual[rng_below(rng, sizeof usual / sizeof usual[0])]);
    else
        line.code = usual[rng_below(rng, sizeof usual / sizeof usual[0])].code;
    if (line.debit == ME || rng_below(rng, 4) == 0)
        line.debit = rng_coin(rng) ? state->subject : some_number(rng, state);
    if (line.credit == ME || rng_below(rng, 4) == 0)
        line.credit = rng_coin(rng) ? state->subject : some_number(rng, state);
    if (line.price_id != 0 && state->priced && rng_coin(rng))
        line.price_id = state->price;
    if (rng_below(rng, 4) == 0)
        line.price_id = some_number(rng, state);
    if (rng_below(rng, 4) == 0)
        line.quantity = some_number(rng, state);
    if (rng_coin(rng))
        line.object = some_number(rng, state);
    if (rng_below(rng, 4) == 0)
        line.carry = some_number(rng, state);
    line.amount = nanos(some_number(rng, state) & MONEY_NANOS_MAX);
    return line;
}

static struct entry_state some_random_state(struct rng *rng)
{
    struct entry_state state = {.site_time_us = rng_edgy(rng)};

    state.number = rng_coin(rng) ? rng_edgy(rng) : rng_below(rng, 1000);
    state.subject = rng_coin(rng) ? 4096 + rng_below(rng, 5) : rng_below(rng, 80);
    state.priced = rng_coin(rng);
    if (state.priced)
        state.price = 1 + rng_below(rng, 3);
    return state;
}

/* The decoder's two rules for all lines: a journal has none that break them. */
static bool line_can_be(const struct transfer *line)
{
    return line->debit != line->credit && (line->quantity != 0 || money_nanos(line->amount) != 0);
}

START_TEST(any_line_reads_back_and_has_one_form)
{
    struct rng rng = rng_for_test();
    int short_lines = 0;
    int long_lines = 0;

    for (int round = 0; round < 50000; round++) {
        struct entry_state state = some_random_state(&rng);
        struct entry_state before = state;
        struct transfer line = some_line(&rng, &state);
        uint8_t bytes[ENTRY_BYTES_MAX];
        struct entry entry;
        size_t used;
        size_t size;

        if (!line_can_be(&line))
            continue;
        size = entry_put_line(bytes, &state, &line);
        if (!before.priced)
            before.price = state.price; /* the header says it */
        ck_assert_ptr_null(entry_get(&entry, &before, bytes, size, &used));
        ck_assert_uint_eq(used, size);
        ck_assert_uint_eq(entry.line.code, line.code);
        ck_assert_uint_eq(entry.line.debit, line.debit);
        ck_assert_uint_eq(entry.line.credit, line.credit);
        ck_assert_uint_eq(money_nanos(entry.line.amount), money_nanos(line.amount));
        ck_assert_uint_eq(entry.line.quantity, line.quantity);
        ck_assert_uint_eq(entry.line.price_id, line.price_id);
        ck_assert_uint_eq(entry.line.object, line.object);
        ck_assert_uint_eq(entry.line.carry, line.carry);
        ck_assert_uint_eq(before.number, state.number);
        ck_assert(before.priced == state.priced && before.price == state.price);
        short_lines += bytes[0] != 0;
        long_lines += bytes[0] == 0;
    }
    ck_assert_int_gt(short_lines, 2000);
    ck_assert_int_gt(long_lines, 2000);
}
END_TEST

static struct entry some_entry(struct rng *rng, const struct entry_state *state)
{
    struct entry entry = {.kind = ENTRY_LINE};

    switch (rng_below(rng, 3)) {
    case 0:
        entry.kind = ENTRY_EVENT;
        entry.event = event_of((enum event_kind)rng_below(rng, EVENT_SETTLEMENT + 1));
        if (entry.event.kind == (enum event_kind)EVENT_KIND_FREE)
            entry.event.kind = EVENT_TICK;
        entry.event.subject = some_number(rng, state);
        entry.event.site_time_us = some_number(rng, state);
        for (size_t i = 0; i < EVENT_NUMBERS; i++)
            entry.event.source.numbers[i] = some_number(rng, state);
        break;
    case 1:
        entry.kind = ENTRY_OPENING;
        entry.opening = (struct journal_opening){.closing = rng_coin(rng),
                                                 .account = 1 + (some_number(rng, state) >> 1),
                                                 .kind = (enum account_kind)rng_below(rng, 11),
                                                 .customer = some_number(rng, state)};
        break;
    default: /* a draw, not an enum */
        entry.line = some_line(rng, state);
        break;
    }
    return entry;
}

/* One byte is changed at random, and the entry cut off somewhere or not. */
START_TEST(damaged_entries_are_refused_or_are_others)
{
    struct rng rng = rng_for_test();
    int refused = 0;
    int others = 0;

    for (int round = 0; round < 50000; round++) {
        struct entry_state state = some_random_state(&rng);
        struct entry_state writing = state;
        struct entry entry = some_entry(&rng, &state);
        uint8_t bytes[2 * ENTRY_BYTES_MAX];
        size_t size = sizeof bytes;
        size_t length;

        rng_fill(&rng, bytes, sizeof bytes);
        length = put_again(bytes, &writing, &entry);
        bytes[rng_below(&rng, length)] = (uint8_t)rng_below(&rng, 256);
        if (rng_coin(&rng))
            size = (size_t)rng_below(&rng, length + 1);
        if (reads_as_itself(state, bytes, size))
            others++;
        else
            refused++;
    }
    ck_assert_int_gt(refused, 2000);
    ck_assert_int_gt(others, 2000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/entry");
    TCase *bytes = tcase_create("bytes");
    TCase *refused = tcase_create("refused");
    TCase *any = tcase_create("any");

    tcase_add_test(bytes, an_event_of_each_kind_has_its_documented_bytes);
    tcase_add_test(bytes, openings_have_their_documented_bytes);
    tcase_add_test(bytes, a_short_line_has_its_documented_bytes);
    tcase_add_test(bytes, a_long_line_has_its_documented_bytes);
    tcase_add_test(bytes, the_first_charge_of_a_chunk_gives_it_its_price);
    tcase_add_test(bytes, the_usual_line_of_each_code_is_a_short_one);
    tcase_add_test(bytes, every_code_has_a_usual_line);
    tcase_add_test(bytes, what_the_usual_line_has_not_makes_it_a_long_one);
    tcase_add_test(bytes, every_bit_of_every_entry_counts);
    suite_add_tcase(suite, bytes);

    tcase_add_test(refused, an_entry_of_no_kind_is_refused);
    tcase_add_test(refused, an_opening_that_makes_no_sense_is_refused);
    tcase_add_test(refused, a_line_that_makes_no_sense_is_refused);
    tcase_add_test(refused, a_long_line_that_can_be_a_short_one_is_refused);
    tcase_add_test(refused, a_price_that_the_chunk_has_not_is_refused);
    tcase_add_test(refused, a_number_has_one_form);
    tcase_add_test(refused, an_entry_that_is_cut_off_is_refused);
    suite_add_tcase(suite, refused);

    tcase_set_timeout(any, 60);
    tcase_add_test(any, the_largest_entries_fit);
    tcase_add_test(any, any_line_reads_back_and_has_one_form);
    tcase_add_test(any, damaged_entries_are_refused_or_are_others);
    suite_add_tcase(suite, any);
    return check_main(suite);
}
