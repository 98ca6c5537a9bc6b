/* Filling chunks: which entry goes where, and that each chunk can be read alone. */
#include "ledger/chunks.h"

#include <signal.h>
#include <string.h>

#include "ledger/entries.h"
#include "tests/check_main.h"

static struct chunks chunks;
static struct entries entries;

/* What was put in, and what is read back. */
enum { LINES_MAX = 4000 };
static struct {
    size_t lines;
    size_t openings;
    size_t events;
    struct transfer line[LINES_MAX];
    uint32_t event_of[LINES_MAX];
    struct journal_opening opening[LINES_MAX];
} put, seen;

static void setup(void)
{
    memset(&chunks, 0, sizeof chunks);
    memset(&entries, 0, sizeof entries);
    put.lines = put.openings = put.events = 0;
    chunks_begin(&chunks, 5);
}

static void teardown(void)
{
    chunks_fini(&chunks);
    entries_fini(&entries);
}

/* ---- putting in ---- */

enum { TIME = 1000, TICK_BYTES = 1 + HASH_BYTES + 1 + 1, FUND_BYTES = 7, OPENING_BYTES = 6 };

static void add_tick(void)
{
    struct journal_event event = {.kind = EVENT_TICK, .site_time_us = TIME};

    put.events++;
    memset(event.hash.bytes, (int)put.events, HASH_BYTES);
    chunks_add_event(&chunks, &event);
}

static void add_line(const struct transfer *line)
{
    ck_assert_uint_lt(put.lines, LINES_MAX);
    put.event_of[put.lines] = (uint32_t)(put.events - 1);
    put.line[put.lines++] = *line;
    chunks_add_line(&chunks, line);
}

static struct transfer line_of(enum transfer_code code, uint64_t debit, uint64_t credit)
{
    struct transfer line;

    memset(&line, 0, sizeof line); /* the padding, too: lines are compared by their bytes */
    line.code = code;
    line.debit = debit;
    line.credit = credit;
    ck_assert_int_eq(money_from_nanos(&line.amount, 5), ST_OK);
    return line;
}

/* Seven bytes with an object below 128, eight from there on. */
static void add_fund(uint64_t object)
{
    struct transfer line = line_of(TRANSFER_FUND, 4097, 4096);

    line.object = object;
    add_line(&line);
}

static void add_charge(uint64_t price)
{
    struct transfer line = line_of(TRANSFER_ORDER, 0, ACCOUNT_REVENUE_ORDERS);

    line.quantity = 1;
    line.price_id = price;
    add_line(&line);
}

static void add_opening(uint64_t account)
{
    struct journal_opening opening = {.account = account, .kind = KIND_AGENT, .customer = 4096};

    ck_assert_uint_lt(put.openings, LINES_MAX);
    put.opening[put.openings++] = opening;
    chunks_add_opening(&chunks, &opening);
}

/* Add lines until `room` bytes are left in the last chunk. */
static void fill(size_t room)
{
    while (chunks.size != CHUNK_BYTES_MAX - room) {
        ck_assert_uint_lt(chunks.size, CHUNK_BYTES_MAX - room);
        add_fund((CHUNK_BYTES_MAX - room - chunks.size) % FUND_BYTES == 0 ? 1 : 128);
    }
}

/* ---- reading back ---- */

static struct chunk chunk_at(size_t number)
{
    struct chunk chunk;
    size_t size;
    const uint8_t *data = chunks_at(&chunks, number, &size);

    ck_assert_uint_le(size, CHUNK_BYTES_MAX);
    ck_assert_ptr_null(chunk_decode(&chunk, data, size));
    ck_assert_int_eq(chunk.section, SECTION_ENTRIES);
    ck_assert_uint_eq(chunk.frame, 5);
    return chunk;
}

static size_t chunk_size(size_t number)
{
    size_t size;

    (void)chunks_at(&chunks, number, &size);
    return size;
}

static enum status see_event(void *context, const struct journal_event *event, struct fault *fault)
{
    (void)context;
    (void)fault;
    ck_assert_uint_eq(event->index, seen.events++);
    ck_assert_uint_eq(event->hash.bytes[0], seen.events & 0xff);
    return ST_OK;
}

static enum status see_line(void *context, const struct journal_line *line, struct fault *fault)
{
    (void)context;
    (void)fault;
    ck_assert_uint_lt(seen.lines, put.lines);
    seen.event_of[seen.lines] = line->event;
    seen.line[seen.lines++] = line->transfer;
    return ST_OK;
}

static enum status see_opening(void *context, const struct journal_opening *opening,
                               struct fault *fault)
{
    (void)context;
    (void)fault;
    ck_assert_uint_lt(seen.openings, put.openings);
    ck_assert_uint_eq(opening->account, put.opening[seen.openings++].account);
    return ST_OK;
}

/* All is read as it was put, and counted so. */
static void ck_assert_reads_back(void)
{
    static const struct journal_reader reader = {
        .event = see_event, .line = see_line, .opening = see_opening};
    const struct header_record header = {
        .openings = chunks.openings, .header = {.events = chunks.events, .lines = chunks.lines}};
    struct fault fault = {.text = ""};
    size_t bytes = 0;

    seen.lines = seen.openings = seen.events = 0;
    entries_begin(&entries, &reader, 5);
    for (size_t i = 0; i < chunks_count(&chunks); i++) {
        struct chunk chunk = chunk_at(i);

        ck_assert_msg(entries_read_chunk(&entries, &chunk, &fault) == ST_OK, "%s", fault.text);
        bytes += chunk_size(i);
    }
    ck_assert_msg(entries_end(&entries, &header, &fault) == ST_OK, "%s", fault.text);
    ck_assert_uint_eq(bytes, chunks_bytes(&chunks));
    ck_assert_uint_eq(seen.events, put.events);
    ck_assert_uint_eq(seen.openings, put.openings);
    ck_assert_uint_eq(seen.lines, put.lines);
    for (size_t i = 0; i < put.lines; i++) {
        ck_assert_uint_eq(seen.event_of[i], put.event_of[i]);
        ck_assert_int_eq(memcmp(&seen.line[i], &put.line[i], sizeof put.line[i]), 0);
    }
}

/* ---- boundaries ---- */

START_TEST(a_frame_of_nothing_has_no_chunk)
{
    ck_assert_uint_eq(chunks_count(&chunks), 0);
    ck_assert_uint_eq(chunks_bytes(&chunks), 0);
    ck_assert_reads_back();
}
END_TEST

START_TEST(an_event_that_ends_with_its_chunk_leaves_no_room)
{
    add_tick();
    fill(0);
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_uint_eq(chunk_size(0), 3968);
    ck_assert_reads_back();
    add_tick();
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_size(0), 3968);
    ck_assert_uint_eq(chunk_size(1), ENTRIES_HEADER_BYTES + TICK_BYTES);
    ck_assert(!chunk_at(1).continued);
    ck_assert_uint_eq(chunk_at(1).event, 1);
    ck_assert_uint_eq(chunk_at(1).lines, 0);
    ck_assert_uint_eq(chunk_at(1).site_time_us, TIME);
    ck_assert_reads_back();
}
END_TEST

START_TEST(an_event_of_just_the_room_fits_and_of_one_byte_more_does_not)
{
    add_tick();
    fill(TICK_BYTES);
    add_tick();
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_uint_eq(chunk_size(0), 3968);
    ck_assert_reads_back();
    teardown();
    setup();
    add_tick();
    fill(TICK_BYTES - 1);
    add_tick();
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_size(0), 3968 - (TICK_BYTES - 1));
    ck_assert_reads_back();
}
END_TEST

START_TEST(a_line_of_just_the_room_fits_and_of_one_byte_more_goes_on)
{
    add_tick();
    fill(FUND_BYTES);
    add_fund(1);
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_reads_back();
    teardown();
    setup();
    add_tick();
    fill(FUND_BYTES - 1);
    add_fund(1);
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_size(0), 3968 - (FUND_BYTES - 1));
    ck_assert_uint_eq(chunk_size(1), ENTRIES_HEADER_BYTES + TICK_BYTES + FUND_BYTES);
    ck_assert(chunk_at(1).continued);
    ck_assert_uint_eq(chunk_at(1).event, 0);
    ck_assert_uint_eq(chunk_at(1).lines, put.lines - 1);
    ck_assert_reads_back();
}
END_TEST

START_TEST(an_opening_of_just_the_room_fits_and_of_one_byte_more_goes_on)
{
    add_tick();
    fill(TICK_BYTES + OPENING_BYTES);
    add_tick();
    add_opening(4098);
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_reads_back();
    teardown();
    setup();
    add_tick();
    fill(TICK_BYTES + OPENING_BYTES - 1);
    add_tick();
    add_opening(4098);
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert(chunk_at(1).continued);
    ck_assert_uint_eq(chunk_at(1).event, 1);
    ck_assert_uint_eq(chunk_at(1).lines, 0);
    ck_assert_reads_back();
}
END_TEST

/* ---- events that go on ---- */

START_TEST(an_event_of_a_thousand_lines_goes_on_over_chunks)
{
    add_tick();
    add_fund(1);
    add_tick();
    for (int i = 0; i < 1000; i++)
        add_fund(2);
    add_tick();
    add_fund(3);
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_at(1).event, 1);
    ck_assert_reads_back();
    teardown();
    setup();
    add_tick();
    for (int i = 0; i < 3000; i++)
        add_fund(1 + (uint64_t)i % 200);
    add_tick();
    ck_assert_uint_ge(chunks_count(&chunks), 6);
    for (size_t i = 0; i < chunks_count(&chunks); i++) {
        ck_assert(chunk_at(i).continued == (i > 0));
        ck_assert_uint_eq(chunk_at(i).event, 0);
        if (i + 1 < chunks_count(&chunks))
            ck_assert_uint_gt(chunk_size(i), 3968 - (FUND_BYTES + 1));
    }
    ck_assert_reads_back();
}
END_TEST

START_TEST(an_event_of_a_thousand_openings_goes_on_over_chunks)
{
    add_tick();
    for (uint64_t i = 0; i < 1000; i++)
        add_opening(4097 + i);
    for (int i = 0; i < 1000; i++)
        add_fund(2);
    ck_assert_uint_ge(chunks_count(&chunks), 3);
    ck_assert(chunk_at(1).continued);
    ck_assert_uint_eq(chunk_at(1).lines, 0);
    ck_assert_reads_back();
}
END_TEST

START_TEST(the_own_accounts_come_before_any_event)
{
    struct journal_opening opening = {.account = ACCOUNT_TREASURY, .kind = KIND_TREASURY};

    chunks_add_opening(&chunks, &opening);
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_uint_eq(chunk_at(0).site_time_us, 0);
    add_tick();
    ck_assert_uint_eq(chunks_count(&chunks), 1);
    ck_assert_uint_eq(chunk_at(0).event, 0);
    ck_assert_uint_eq(chunk_at(0).site_time_us, 0);
    ck_assert(!chunk_at(0).continued);
}
END_TEST

/* ---- the price ---- */

START_TEST(a_chunk_has_the_price_of_its_first_charge)
{
    add_tick();
    add_fund(1);
    ck_assert_uint_eq(chunk_at(0).price, 0);
    add_charge(7);
    ck_assert_uint_eq(chunk_at(0).price, 7);
    add_charge(8);
    add_charge(7);
    ck_assert_uint_eq(chunk_at(0).price, 7);
    ck_assert_reads_back();
}
END_TEST

START_TEST(a_charge_of_another_price_is_a_long_line)
{
    size_t before;

    add_tick();
    add_charge(7);
    before = chunks.size;
    add_charge(7);
    ck_assert_uint_eq(chunks.size - before, 4); /* code, amount, quantity, object */
    before = chunks.size;
    add_charge(8);
    ck_assert_uint_eq(chunks.size - before, 9); /* 0, both accounts, price and carry besides */
    ck_assert_reads_back();
}
END_TEST

START_TEST(each_chunk_has_a_price_of_its_own)
{
    add_tick();
    add_charge(7);
    fill(4); /* room for a charge by 7, and for none by 8 */
    add_charge(8);
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_at(0).price, 7);
    ck_assert_uint_eq(chunk_at(1).price, 8);
    /* It did not fit as a long line, and is a short one where it went. */
    ck_assert_uint_eq(chunk_size(1), ENTRIES_HEADER_BYTES + TICK_BYTES + 4);
    ck_assert_reads_back();
    fill(0);
    add_fund(1);
    ck_assert_uint_eq(chunk_at(2).price, 0);
    ck_assert_reads_back();
}
END_TEST

/* A charge that finds no room must not leave its price behind. */
START_TEST(a_charge_that_does_not_fit_gives_the_chunk_no_price)
{
    add_tick();
    fill(3);
    add_charge(7);
    ck_assert_uint_eq(chunks_count(&chunks), 2);
    ck_assert_uint_eq(chunk_at(0).price, 0);
    ck_assert_uint_eq(chunk_at(1).price, 7);
    ck_assert_reads_back();
}
END_TEST

/* ---- chunks alone ---- */

START_TEST(each_chunk_decodes_alone)
{
    struct rng rng = rng_for_test();
    size_t lines = 0;

    for (int i = 0; i < 300; i++) {
        struct journal_event event = {.kind = EVENT_TURN,
                                      .subject = 4097 + rng_below(&rng, 50),
                                      .site_time_us = TIME + (uint64_t)i * 100,
                                      .source = {.numbers = {4097, 1000 + (uint64_t)i, 3}}};

        put.events++;
        memset(event.hash.bytes, (int)put.events, HASH_BYTES);
        chunks_add_event(&chunks, &event);
        for (uint64_t k = rng_below(&rng, 12); k > 0; k--) {
            struct transfer line =
                line_of(TRANSFER_POSTAGE_HOLD, event.subject, ACCOUNT_HELD_MESSAGE);

            line.object = 1000 + (uint64_t)i + k;
            add_line(&line);
            add_charge(1 + rng_below(&rng, 2));
        }
    }
    ck_assert_uint_gt(chunks_count(&chunks), 5);
    /* From the last to the first: nothing of another chunk is known. */
    for (size_t number = chunks_count(&chunks); number-- > 0;) {
        struct chunk chunk = chunk_at(number);
        struct entry_state state = {.price = chunk.price, .site_time_us = chunk.site_time_us};
        size_t used;

        for (size_t at = 0; at < chunk.body_size; at += used) {
            struct entry entry;

            ck_assert_ptr_null(
                entry_get(&entry, &state, chunk.body + at, chunk.body_size - at, &used));
            lines += entry.kind == ENTRY_LINE;
            if (entry.kind == ENTRY_LINE && entry.line.code == TRANSFER_POSTAGE_HOLD)
                ck_assert_uint_ge(entry.line.object, 1001);
        }
    }
    ck_assert_uint_eq(lines, put.lines);
    ck_assert_reads_back();
}
END_TEST

START_TEST(the_next_frame_begins_empty)
{
    add_tick();
    for (int i = 0; i < 1000; i++)
        add_charge(7);
    ck_assert_uint_gt(chunks_count(&chunks), 1);
    chunks_begin(&chunks, 5);
    ck_assert_uint_eq(chunks_count(&chunks), 0);
    ck_assert_uint_eq(chunks.events + chunks.lines + chunks.openings, 0);
    put.lines = put.openings = put.events = 0;
    add_tick();
    add_fund(1);
    ck_assert_uint_eq(chunk_at(0).price, 0);
    ck_assert_uint_eq(chunk_at(0).event, 0);
    ck_assert_reads_back();
}
END_TEST

START_TEST(a_line_without_an_event_stops)
{
    add_fund(1);
}
END_TEST

START_TEST(a_chunk_that_is_not_there_stops)
{
    (void)chunk_at(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/chunks");
    TCase *fill_case = tcase_create("fill");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_checked_fixture(fill_case, setup, teardown);
    tcase_add_checked_fixture(aborts, setup, teardown);
    tcase_add_test(fill_case, a_frame_of_nothing_has_no_chunk);
    tcase_add_test(fill_case, an_event_that_ends_with_its_chunk_leaves_no_room);
    tcase_add_test(fill_case, an_event_of_just_the_room_fits_and_of_one_byte_more_does_not);
    tcase_add_test(fill_case, a_line_of_just_the_room_fits_and_of_one_byte_more_goes_on);
    tcase_add_test(fill_case, an_opening_of_just_the_room_fits_and_of_one_byte_more_goes_on);
    tcase_add_test(fill_case, an_event_of_a_thousand_lines_goes_on_over_chunks);
    tcase_add_test(fill_case, an_event_of_a_thousand_openings_goes_on_over_chunks);
    tcase_add_test(fill_case, the_own_accounts_come_before_any_event);
    tcase_add_test(fill_case, a_chunk_has_the_price_of_its_first_charge);
    tcase_add_test(fill_case, a_charge_of_another_price_is_a_long_line);
    tcase_add_test(fill_case, each_chunk_has_a_price_of_its_own);
    tcase_add_test(fill_case, a_charge_that_does_not_fit_gives_the_chunk_no_price);
    tcase_add_test(fill_case, each_chunk_decodes_alone);
    tcase_add_test(fill_case, the_next_frame_begins_empty);
    tcase_add_test_raise_signal(aborts, a_line_without_an_event_stops, SIGABRT);
    tcase_add_test_raise_signal(aborts, a_chunk_that_is_not_there_stops, SIGABRT);
    suite_add_tcase(suite, fill_case);
    return check_main(suite);
}
