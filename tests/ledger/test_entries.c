/* The entries of a frame: each chunk goes on where the one before ended, in the only way it could.
 */
#include "ledger/entries.h"

#include <stdio.h>
#include <string.h>

#include "tests/check_main.h"

/* A chunk while it is made, entry by entry, rightly or not. */
struct made {
    struct chunk chunk;
    struct entry_state state;
    uint8_t body[CHUNK_BYTES_MAX];
};

static struct entries entries;
static struct fault fault;
static struct made made;

/* What the reader was given. */
static struct {
    int openings;
    int events;
    int lines;
    struct journal_opening opening; /* the last ones */
    struct journal_event event;
    struct journal_line line;
} seen;

static enum status see_opening(void *context, const struct journal_opening *opening,
                               struct fault *ignored)
{
    (void)context;
    (void)ignored;
    seen.openings++;
    seen.opening = *opening;
    return ST_OK;
}

static enum status see_event(void *context, const struct journal_event *event,
                             struct fault *ignored)
{
    (void)context;
    (void)ignored;
    seen.events++;
    seen.event = *event;
    return ST_OK;
}

static enum status see_line(void *context, const struct journal_line *line, struct fault *ignored)
{
    (void)context;
    (void)ignored;
    seen.lines++;
    seen.line = *line;
    return ST_OK;
}

static const struct journal_reader reader = {
    .opening = see_opening, .event = see_event, .line = see_line};

static void setup(void)
{
    memset(&entries, 0, sizeof entries);
    memset(&seen, 0, sizeof seen);
    fault = (struct fault){.text = ""};
    entries_begin(&entries, &reader, 5);
}

static void teardown(void)
{
    entries_fini(&entries);
}

/* ---- making chunks ---- */

enum { TIME = 1000 };

static struct journal_event tick(uint64_t subject)
{
    struct journal_event event = {.kind = EVENT_TICK, .subject = subject, .site_time_us = TIME};

    memset(event.hash.bytes, (int)subject, HASH_BYTES);
    return event;
}

static struct transfer fund(uint64_t object)
{
    struct transfer line = {.debit = 4097, .credit = 4096, .code = TRANSFER_FUND, .object = object};

    ck_assert_int_eq(money_from_nanos(&line.amount, 5), ST_OK);
    return line;
}

/* Begin the chunk whose first event is number `event` of the frame. */
static void make(uint32_t event, uint64_t site_time_us)
{
    memset(&made, 0, sizeof made);
    made.chunk = (struct chunk){.section = SECTION_ENTRIES,
                                .frame = 5,
                                .body = made.body,
                                .event = event,
                                .site_time_us = site_time_us};
    made.state.site_time_us = site_time_us;
}

static void make_going_on(uint32_t event, uint32_t lines)
{
    make(event, TIME);
    made.chunk.continued = true;
    made.chunk.lines = lines;
}

static uint8_t *made_end(void)
{
    return made.body + made.chunk.body_size;
}

static void add_event(struct journal_event event)
{
    made.chunk.body_size += entry_put_event(made_end(), &made.state, &event);
}

static void add_line(struct transfer line)
{
    made.chunk.body_size += entry_put_line(made_end(), &made.state, &line);
    made.chunk.price = made.state.price;
}

static void add_opening(uint64_t account, bool closing)
{
    struct journal_opening opening = {
        .closing = closing, .account = account, .kind = KIND_AGENT, .customer = 4096};

    made.chunk.body_size += entry_put_opening(made_end(), &opening);
}

enum {
    TICK_BYTES = 1 + HASH_BYTES + 1 + 1,
    FUND_BYTES = 1 + 2 + 2 + 1 + 1, /* with an object below 128; and one more from there on */
};

/* Add lines until `room` bytes are left.  Returns how many were added. */
static uint32_t fill(size_t room)
{
    uint32_t lines = 0;

    for (;;) {
        size_t left = CHUNK_BYTES_MAX - ENTRIES_HEADER_BYTES - made.chunk.body_size;

        ck_assert_uint_ge(left, room);
        if (left == room)
            return lines;
        /* Seven bytes a line, but for as many of eight as there are bytes over. */
        add_line(fund((left - room) % FUND_BYTES == 0 ? 1 : 128));
        lines++;
    }
}

static enum status read_made(void)
{
    return entries_read_chunk(&entries, &made.chunk, &fault);
}

static void ck_assert_reads(void)
{
    ck_assert_msg(read_made() == ST_OK, "%s", fault.text);
}

static void ck_assert_refused(const char *want)
{
    ck_assert_int_eq(read_made(), ST_CORRUPT);
    ck_assert_str_eq(fault.text, want);
}

/* A good first chunk: one event, whose lines leave `room` bytes.  Returns how many lines it has. */
static uint32_t read_first(size_t room)
{
    uint32_t lines;

    make(0, TIME);
    add_event(tick(1));
    lines = fill(room);
    ck_assert_reads();
    return lines;
}

/* ---- what is right ---- */

START_TEST(entries_are_given_with_their_places)
{
    make(0, TIME);
    add_event(tick(1));
    add_opening(4098, false);
    add_line(fund(1));
    add_event(tick(2));
    add_line(fund(2));
    add_line(fund(3));
    ck_assert_reads();
    ck_assert_int_eq(seen.openings, 1);
    ck_assert_uint_eq(seen.opening.frame, 5);
    ck_assert_uint_eq(seen.opening.event, 0);
    ck_assert_int_eq(seen.events, 2);
    ck_assert_uint_eq(seen.event.frame, 5);
    ck_assert_uint_eq(seen.event.index, 1);
    ck_assert_uint_eq(seen.event.subject, 2);
    ck_assert_int_eq(seen.lines, 3);
    ck_assert_uint_eq(seen.line.frame, 5);
    ck_assert_uint_eq(seen.line.event, 1);
    ck_assert_uint_eq(seen.line.index, 1);
    ck_assert_uint_eq(seen.line.transfer.object, 3);
}
END_TEST

START_TEST(an_event_that_goes_on_is_given_once)
{
    uint32_t lines = read_first(FUND_BYTES - 1);

    make_going_on(0, lines);
    add_event(tick(1));
    add_line(fund(9));
    add_event(tick(2));
    ck_assert_reads();
    ck_assert_int_eq(seen.events, 2);
    ck_assert_uint_eq(seen.event.index, 1);
    ck_assert_int_eq(seen.lines, (int)lines + 1);
    ck_assert_uint_eq(seen.line.event, 0);
    ck_assert_uint_eq(seen.line.index, lines);
}
END_TEST

START_TEST(the_next_event_begins_a_chunk_where_it_had_no_room)
{
    (void)read_first(TICK_BYTES - 1);
    make(1, TIME);
    add_event(tick(2));
    ck_assert_reads();
    ck_assert_int_eq(seen.events, 2);
}
END_TEST

START_TEST(the_own_accounts_of_frame_1_have_no_event)
{
    entries_begin(&entries, &reader, 1);
    make(0, 0);
    add_opening(ACCOUNT_TREASURY, false);
    add_opening(ACCOUNT_LINKS - 1, false);
    ck_assert_reads();
    ck_assert_int_eq(seen.openings, 2);
    ck_assert_uint_eq(seen.opening.event, NO_EVENT);
}
END_TEST

/* ---- what is not ---- */

START_TEST(an_entry_that_does_not_decode_is_named_by_its_place)
{
    make(0, TIME);
    add_event(tick(1));
    add_line(fund(1));
    *made_end() = 255;
    made.chunk.body_size++;
    ck_assert_refused("frame 5 chunk 1 entry 2: the kind of entry is unknown");
    ck_assert_int_eq(seen.lines, 1);
}
END_TEST

START_TEST(a_chunk_begins_with_an_event)
{
    make(0, TIME);
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 1 entry 0: the chunk does not begin with an event");
    make(0, TIME);
    add_opening(ACCOUNT_TREASURY, false);
    ck_assert_refused("frame 5 chunk 2 entry 0: the chunk does not begin with an event");
}
END_TEST

START_TEST(only_the_first_chunk_of_frame_1_begins_with_the_own_accounts)
{
    entries_begin(&entries, &reader, 1);
    make(0, TIME);
    add_opening(ACCOUNT_TREASURY, false);
    ck_assert_refused("frame 1 chunk 1 entry 0: the chunk does not begin with an event");
    make(1, 0);
    add_opening(ACCOUNT_TREASURY, false);
    ck_assert_refused("frame 1 chunk 2 entry 0: the chunk does not begin with an event");
    make(0, 0);
    made.chunk.continued = true;
    add_opening(ACCOUNT_TREASURY, false);
    ck_assert_refused("frame 1 chunk 3 entry 0: the chunk does not begin with an event");
    make(0, 0);
    add_opening(ACCOUNT_TREASURY, false);
    ck_assert_reads();
    ck_assert_refused("frame 1 chunk 5 entry 0: the chunk does not begin with an event");
}
END_TEST

START_TEST(other_entries_without_an_event_are_refused)
{
    entries_begin(&entries, &reader, 1);
    make(0, 0);
    add_opening(ACCOUNT_TREASURY, false);
    add_line(fund(1));
    ck_assert_refused("frame 1 chunk 1 entry 1: its event is missing");
    make(0, 0);
    add_opening(ACCOUNT_LINKS, false);
    entries_begin(&entries, &reader, 1);
    ck_assert_refused("frame 1 chunk 1 entry 0: its event is missing");
    make(0, 0);
    add_opening(ACCOUNT_TREASURY, true);
    entries_begin(&entries, &reader, 1);
    ck_assert_refused("frame 1 chunk 1 entry 0: its event is missing");
}
END_TEST

START_TEST(an_event_that_had_room_in_the_chunk_before_is_refused)
{
    (void)read_first(TICK_BYTES);
    make(1, TIME);
    add_event(tick(2));
    ck_assert_refused("frame 5 chunk 2 entry 0: the chunk before it has room for it");
}
END_TEST

START_TEST(a_line_that_had_room_in_the_chunk_before_is_refused)
{
    uint32_t lines = read_first(FUND_BYTES);

    make_going_on(0, lines);
    add_event(tick(1));
    add_line(fund(9));
    ck_assert_refused("frame 5 chunk 2 entry 1: the chunk before it has room for it");
}
END_TEST

START_TEST(an_opening_that_had_room_in_the_chunk_before_is_refused)
{
    uint32_t lines = read_first(6);

    make_going_on(0, lines);
    add_event(tick(1));
    add_opening(4098, false);
    ck_assert_refused("frame 5 chunk 2 entry 1: the chunk before it has room for it");
}
END_TEST

/* A charge is longer in a chunk of another price: what counts is its size there. */
START_TEST(a_charge_had_room_as_what_it_would_have_been)
{
    struct transfer charge = {.debit = 1, .credit = 16, .code = TRANSFER_COMPUTE, .price_id = 7};
    uint32_t lines;

    ck_assert_int_eq(money_from_nanos(&charge.amount, 5), ST_OK);
    for (size_t room = 8; room <= 9; room++) {
        setup();
        make(0, TIME);
        add_event(tick(1));
        charge.price_id = 7;
        add_line(charge);
        lines = 1 + fill(room); /* 5 as the subject's charge by the chunk's price, 9 by another */
        ck_assert_reads();
        make_going_on(0, lines);
        add_event(tick(1));
        charge.price_id = 8;
        add_line(charge);
        if (room == 8)
            ck_assert_reads();
        else
            ck_assert_refused("frame 5 chunk 2 entry 1: the chunk before it has room for it");
        teardown();
    }
}
END_TEST

START_TEST(an_event_that_goes_on_with_nothing_is_refused)
{
    uint32_t lines = read_first(0);

    make_going_on(0, lines);
    add_event(tick(1));
    ck_assert_refused("frame 5 chunk 2 entry 1: an event goes on with nothing");
    add_event(tick(2));
    ck_assert_refused("frame 5 chunk 3 entry 1: an event goes on with nothing");
}
END_TEST

START_TEST(a_chunk_has_the_time_of_its_first_event)
{
    make(0, TIME - 1);
    add_event(tick(1));
    ck_assert_refused("frame 5 chunk 1 entry 0: the chunk's time is not that of its first event");
}
END_TEST

START_TEST(a_chunk_begins_with_the_next_event)
{
    make(1, TIME);
    add_event(tick(1));
    ck_assert_refused("frame 5 chunk 1 entry 0: the chunk's first event is not the next");
    entries_begin(&entries, &reader, 5);
    (void)read_first(0);
    make(0, TIME);
    add_event(tick(2));
    ck_assert_refused("frame 5 chunk 2 entry 0: the chunk's first event is not the next");
    make(2, TIME);
    add_event(tick(2));
    ck_assert_refused("frame 5 chunk 3 entry 0: the chunk's first event is not the next");
}
END_TEST

START_TEST(only_the_last_event_goes_on)
{
    make_going_on(0, 0);
    add_event(tick(1));
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 1 entry 0: the event that goes on is not the last");
    entries_begin(&entries, &reader, 5);
    (void)read_first(0);
    make_going_on(1, 0);
    add_event(tick(1));
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 2 entry 0: the event that goes on is not the last");
}
END_TEST

START_TEST(an_event_goes_on_after_as_many_lines_as_it_had)
{
    uint32_t lines = read_first(0);

    make_going_on(0, lines + 1);
    add_event(tick(1));
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 2 entry 0: the event that goes on has another number of lines "
                      "before");
}
END_TEST

START_TEST(an_event_goes_on_as_the_same)
{
    struct journal_event others[4] = {tick(1), tick(1), tick(1), tick(1)};
    uint32_t lines = read_first(0);

    others[0].hash.bytes[31] ^= 1;
    others[1].subject = 2;
    others[2].kind = EVENT_LINK;
    others[3].site_time_us++;
    for (size_t i = 0; i < 4; i++) {
        char want[128];

        make_going_on(0, lines);
        made.chunk.site_time_us = made.state.site_time_us = others[i].site_time_us;
        add_event(others[i]);
        add_line(fund(1));
        (void)snprintf(want, sizeof want,
                       "frame 5 chunk %zu entry 0: the event that goes on is another", 2 + i);
        ck_assert_refused(want);
    }
}
END_TEST

START_TEST(an_event_goes_on_with_the_same_source)
{
    struct journal_event event = tick(1);
    uint32_t lines;

    event.kind = EVENT_REQUEST;
    make(0, TIME);
    add_event(event);
    lines = fill(0);
    ck_assert_reads();
    event.source.bytes[31] = 1;
    make_going_on(0, lines);
    add_event(event);
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 2 entry 0: the event that goes on is another");
    event.source.bytes[31] = 0;
    event.source.numbers[0] = 1;
    make_going_on(0, lines);
    add_event(event);
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 3 entry 0: the event that goes on is another");
}
END_TEST

START_TEST(a_price_that_no_line_names_is_refused)
{
    make(0, TIME);
    add_event(tick(1));
    add_line(fund(1));
    made.chunk.price = 3;
    ck_assert_refused("frame 5 chunk 1 entry 2: the chunk has a price that no line names");
}
END_TEST

START_TEST(more_than_a_frame_may_have_is_refused)
{
    make(FRAME_EVENTS_MAX + 1, TIME);
    entries.events = FRAME_EVENTS_MAX + 1;
    add_event(tick(1));
    add_event(tick(2));
    ck_assert_refused("frame 5 chunk 1 entry 1: too many events");
    entries_begin(&entries, &reader, 5);
    entries.lines = FRAME_LINES_MAX - 1;
    make(0, TIME);
    add_event(tick(1));
    add_line(fund(1));
    add_line(fund(1));
    ck_assert_refused("frame 5 chunk 1 entry 2: too many lines");
}
END_TEST

START_TEST(counts_must_be_those_of_the_header)
{
    struct header_record header = {.openings = 1, .header = {.events = 2, .lines = 3}};

    make(0, TIME);
    add_event(tick(1));
    add_opening(4098, false);
    add_line(fund(1));
    add_line(fund(1));
    add_event(tick(2));
    add_line(fund(1));
    ck_assert_reads();
    ck_assert_int_eq(entries_end(&entries, &header, &fault), ST_OK);
    header.openings = 0;
    ck_assert_int_eq(entries_end(&entries, &header, &fault), ST_CORRUPT);
    ck_assert_str_eq(fault.text, "frame 5: it has 1 openings, its header counts 0");
    header.openings = 1;
    header.header.events = 3;
    ck_assert_int_eq(entries_end(&entries, &header, &fault), ST_CORRUPT);
    ck_assert_str_eq(fault.text, "frame 5: it has 2 events, its header counts 3");
    header.header.events = 2;
    header.header.lines = 2;
    ck_assert_int_eq(entries_end(&entries, &header, &fault), ST_CORRUPT);
    ck_assert_str_eq(fault.text, "frame 5: it has 3 lines, its header counts 2");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/entries");
    TCase *right = tcase_create("right");
    TCase *wrong = tcase_create("wrong");

    tcase_add_checked_fixture(right, setup, teardown);
    tcase_add_test(right, entries_are_given_with_their_places);
    tcase_add_test(right, an_event_that_goes_on_is_given_once);
    tcase_add_test(right, the_next_event_begins_a_chunk_where_it_had_no_room);
    tcase_add_test(right, the_own_accounts_of_frame_1_have_no_event);
    suite_add_tcase(suite, right);

    tcase_add_checked_fixture(wrong, setup, teardown);
    tcase_add_test(wrong, an_entry_that_does_not_decode_is_named_by_its_place);
    tcase_add_test(wrong, a_chunk_begins_with_an_event);
    tcase_add_test(wrong, only_the_first_chunk_of_frame_1_begins_with_the_own_accounts);
    tcase_add_test(wrong, other_entries_without_an_event_are_refused);
    tcase_add_test(wrong, an_event_that_had_room_in_the_chunk_before_is_refused);
    tcase_add_test(wrong, a_line_that_had_room_in_the_chunk_before_is_refused);
    tcase_add_test(wrong, an_opening_that_had_room_in_the_chunk_before_is_refused);
    tcase_add_test(wrong, a_charge_had_room_as_what_it_would_have_been);
    tcase_add_test(wrong, an_event_that_goes_on_with_nothing_is_refused);
    tcase_add_test(wrong, a_chunk_has_the_time_of_its_first_event);
    tcase_add_test(wrong, a_chunk_begins_with_the_next_event);
    tcase_add_test(wrong, only_the_last_event_goes_on);
    tcase_add_test(wrong, an_event_goes_on_after_as_many_lines_as_it_had);
    tcase_add_test(wrong, an_event_goes_on_as_the_same);
    tcase_add_test(wrong, an_event_goes_on_with_the_same_source);
    tcase_add_test(wrong, a_price_that_no_line_names_is_refused);
    tcase_add_test(wrong, more_than_a_frame_may_have_is_refused);
    tcase_add_test(wrong, counts_must_be_those_of_the_header);
    suite_add_tcase(suite, wrong);
    return check_main(suite);
}
