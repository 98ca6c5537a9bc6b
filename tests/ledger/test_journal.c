/* Reading the journal back: order, counts and chain, before an entry is believed. */
#include "ledger/journal.h"

#include <string.h>

#include "ledger/reading.h"
#include "ledger/record.h"
#include "tests/ledger/books_check.h"

static struct books books;

static void setup(void)
{
    books_open(&books);
}

static void teardown(void)
{
    books_close(&books);
}

/* ---- a reader that writes down what it saw ---- */

struct seen {
    uint64_t frames;
    uint64_t openings;
    uint64_t closings;
    uint64_t events;
    uint64_t lines;
    uint64_t postings;
    uint64_t lines_of_postings;
    u128 amount_of_lines;
    u128 amount_of_postings;
    struct hash head;
    bool in_events;      /* the frame's first event came */
    bool in_postings;    /* its first posting came */
    uint32_t event;      /* index of the last event of the frame */
    uint32_t line;       /* index that the next line has within its event */
    uint64_t stop_after; /* lines; 0: never */
};

static enum status see_frame(void *context, const struct frame_header *header, struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_uint_eq(header->frame, ++seen->frames);
    ck_assert(hash_equal(&header->previous, &seen->head));
    seen->head = header->head;
    seen->in_events = false;
    seen->in_postings = false;
    return ST_OK;
}

/* Before the lines of its event; the site's own accounts are before the first one. */
static enum status see_opening(void *context, const struct journal_opening *opening,
                               struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_uint_eq(opening->frame, seen->frames);
    ck_assert(!seen->in_postings);
    if (seen->in_events) {
        ck_assert_uint_eq(opening->event, seen->event);
        ck_assert_uint_eq(seen->line, 0);
    } else {
        ck_assert_uint_eq(opening->event, NO_EVENT);
        ck_assert_uint_eq(opening->frame, 1);
    }
    if (opening->closing)
        seen->closings++;
    else
        seen->openings++;
    return ST_OK;
}

static enum status see_event(void *context, const struct journal_event *event, struct fault *fault)
{
    static const struct event_source nothing;
    struct seen *seen = context;

    (void)fault;
    ck_assert(!seen->in_postings);
    ck_assert_uint_eq(event->frame, seen->frames);
    ck_assert_uint_eq(event->index, seen->in_events ? seen->event + 1 : 0);
    ck_assert_int_eq(event->kind, EVENT_TICK);
    ck_assert_mem_eq(&event->source, &nothing, sizeof nothing);
    seen->in_events = true;
    seen->event = event->index;
    seen->line = 0;
    seen->events++;
    return ST_OK;
}

static enum status see_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct seen *seen = context;

    ck_assert(seen->in_events && !seen->in_postings);
    ck_assert_uint_eq(line->frame, seen->frames);
    ck_assert_uint_eq(line->event, seen->event);
    ck_assert_uint_eq(line->index, seen->line++);
    seen->amount_of_lines += money_nanos(line->transfer.amount);
    if (++seen->lines == seen->stop_after)
        return fault_set(fault, ST_DENIED, "enough");
    return ST_OK;
}

static enum status see_posting(void *context, const struct journal_posting *posting,
                               struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_uint_eq(posting->frame, seen->frames);
    seen->in_postings = true;
    seen->postings++;
    seen->lines_of_postings += posting->lines;
    seen->amount_of_postings += posting->amount;
    return ST_OK;
}

static enum status read_all(struct seen *seen, struct fault *fault)
{
    struct journal_reader reader = {.frame = see_frame,
                                    .opening = see_opening,
                                    .event = see_event,
                                    .line = see_line,
                                    .posting = see_posting,
                                    .context = seen};

    return journal_read(&books.store, NULL, &reader, fault);
}

START_TEST(an_empty_journal_reads_as_nothing)
{
    struct seen seen = {.frames = 0};

    ck_assert_int_eq(read_all(&seen, NULL), ST_OK);
    ck_assert_uint_eq(seen.frames, 0);
}
END_TEST

START_TEST(what_was_written_is_read_in_order)
{
    struct seen seen = {.frames = 0};
    struct hash head;

    (void)books_live(&books);
    ck_assert_int_eq(read_all(&seen, NULL), ST_OK);
    ck_assert_uint_eq(seen.frames, 4);
    ck_assert_uint_eq(seen.openings, 22 + 3);
    ck_assert_uint_eq(seen.closings, 1);
    ck_assert_uint_eq(seen.events, 2 + 4 + 7 + 1);
    ck_assert_uint_eq(seen.lines, 1 + 2 + 7 + 1);
    ck_assert_uint_eq(seen.postings, 1 + 2 + 3 + 1);
    head = ledger_head(books.ledger);
    ck_assert(hash_equal(&seen.head, &head));
}
END_TEST

/* Which frames were read, and how many lines. */
struct frames_seen {
    uint64_t first;
    uint64_t last;
    uint64_t lines;
};

static enum status note_frame(void *context, const struct frame_header *header, struct fault *fault)
{
    struct frames_seen *seen = context;

    (void)fault;
    seen->first = seen->first == 0 ? header->frame : seen->first;
    seen->last = header->frame;
    return ST_OK;
}

static enum status note_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct frames_seen *seen = context;

    (void)fault;
    ck_assert_uint_eq(line->frame, seen->last);
    seen->lines++;
    return ST_OK;
}

static struct frames_seen read_after(uint64_t *after, uint64_t frames_max)
{
    struct frames_seen seen = {0};
    const struct journal_reader reader = {.frame = note_frame, .line = note_line, .context = &seen};

    ck_assert_int_eq(journal_read_after(&books.store, after, frames_max, &reader, NULL), ST_OK);
    return seen;
}

START_TEST(who_goes_on_reading_reads_no_frame_twice)
{
    struct frames_seen seen;
    uint64_t after = 0;

    seen = read_after(&after, 10); /* nothing is there */
    ck_assert_uint_eq(seen.last, 0);
    ck_assert_uint_eq(after, 0);
    (void)books_live(&books); /* frames with 1, 2, 7 and 1 lines */
    after = 1;
    seen = read_after(&after, 10);
    ck_assert_uint_eq(seen.first, 2);
    ck_assert_uint_eq(seen.last, 4);
    ck_assert_uint_eq(seen.lines, 10);
    ck_assert_uint_eq(after, 4);
    seen = read_after(&after, 10);
    ck_assert_uint_eq(seen.last, 0);
    /* Who is far behind is shown the newest; who wants none learns where the end is. */
    after = 0;
    seen = read_after(&after, 2);
    ck_assert_uint_eq(seen.first, 3);
    ck_assert_uint_eq(seen.lines, 8);
    after = 0;
    seen = read_after(&after, 0);
    ck_assert_uint_eq(seen.last, 0);
    ck_assert_uint_eq(after, 4);
}
END_TEST

/* Each (debit, credit, code) once a frame, in the order in which a line first named it. */
struct postings_seen {
    size_t count;
    struct journal_posting list[8];
};

static enum status note_posting(void *context, const struct journal_posting *posting,
                                struct fault *fault)
{
    struct postings_seen *seen = context;

    (void)fault;
    ck_assert_uint_lt(seen->count, 8);
    seen->list[seen->count++] = *posting;
    return ST_OK;
}

START_TEST(postings_are_what_the_lines_of_a_frame_add_up_to)
{
    struct postings_seen seen = {.count = 0};
    const struct journal_reader reader = {.posting = note_posting, .context = &seen};
    struct small_life life = books_live(&books);

    ck_assert_int_eq(journal_read(&books.store, NULL, &reader, NULL), ST_OK);
    ck_assert_uint_eq(seen.count, 7);
    ck_assert_uint_eq(seen.list[0].debit, ACCOUNT_TREASURY);
    ck_assert_uint_eq(seen.list[0].frame, 1);
    ck_assert_uint_eq(seen.list[1].credit, life.agent);
    ck_assert_uint_eq(seen.list[2].credit, life.dead);
    ck_assert_uint_eq(seen.list[3].frame, 3);
    ck_assert_uint_eq(seen.list[3].debit, life.agent);
    ck_assert_uint_eq(seen.list[3].credit, ACCOUNT_REVENUE_COMPUTE);
    ck_assert_uint_eq(seen.list[3].code, TRANSFER_COMPUTE);
    ck_assert_uint_eq(seen.list[3].lines, 5);
    ck_assert(seen.list[3].amount == 500);
    ck_assert_uint_eq(seen.list[4].code, TRANSFER_HEAP_DEPOSIT);
    ck_assert_uint_eq(seen.list[5].code, TRANSFER_MESSAGE_HOLD);
    ck_assert_uint_eq(seen.list[6].frame, 4);
}
END_TEST

START_TEST(an_error_of_a_callback_is_returned)
{
    struct seen seen = {.stop_after = 4};
    struct fault fault;

    (void)books_live(&books);
    ck_assert_int_eq(read_all(&seen, &fault), ST_DENIED);
    ck_assert_str_eq(fault.text, "enough");
    ck_assert_uint_eq(seen.lines, 4);
}
END_TEST

START_TEST(random_journals_read_back_whole)
{
    struct rng rng = rng_for_test();
    struct seen seen = {.frames = 0};

    books_live_random(&books, &rng, 8, 400);
    ck_assert_int_eq(read_all(&seen, NULL), ST_OK);
    ck_assert_uint_eq(seen.frames, 8);
    ck_assert_uint_eq(seen.lines, seen.lines_of_postings);
    ck_assert(seen.amount_of_lines == seen.amount_of_postings);
    ck_assert_uint_gt(seen.lines, 500);
}
END_TEST

/* ---- damage that keeps each row's own hash right ---- */

static void ck_assert_names(const char *what)
{
    struct seen seen = {.frames = 0};
    struct fault fault = {.text = ""};

    ck_assert_int_eq(read_all(&seen, &fault), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
}

static void drop_chunk(uint64_t frame, uint32_t number)
{
    uint8_t key[JOURNAL_KEY_BYTES];

    chunk_key(key, frame, number);
    books_put_row(&books, STORE_JOURNAL, key, sizeof key, NULL, 0);
}

/* ---- one frame ---- */

/* What read_one() saw: sums, without the order that read_all() checks. */
struct seen_one {
    uint64_t frame;
    uint64_t events;
    uint64_t lines;
};

static enum status see_one_frame(void *context, const struct frame_header *header,
                                 struct fault *fault)
{
    struct seen_one *seen = context;

    (void)fault;
    seen->frame = header->frame;
    return ST_OK;
}

static enum status see_one_event(void *context, const struct journal_event *event,
                                 struct fault *fault)
{
    struct seen_one *seen = context;

    (void)fault;
    ck_assert_uint_eq(event->frame, seen->frame);
    seen->events++;
    return ST_OK;
}

static enum status see_one_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct seen_one *seen = context;

    (void)fault;
    ck_assert_uint_eq(line->frame, seen->frame);
    seen->lines++;
    return ST_OK;
}

static enum status read_one(struct seen_one *seen, uint64_t frame, struct fault *fault)
{
    struct journal_reader reader = {
        .frame = see_one_frame, .event = see_one_event, .line = see_one_line, .context = seen};

    *seen = (struct seen_one){0};
    return books_read_frame(&books.store, frame, &reader, fault);
}

START_TEST(each_frame_is_read_alone_and_together_they_are_all)
{
    struct seen_one seen;
    struct fault fault = {0};
    uint64_t events = 0;
    uint64_t lines = 0;

    ck_assert_int_eq(read_one(&seen, 1, &fault), ST_MISSING);
    (void)books_live(&books);
    for (uint64_t frame = 4; frame > 0; frame--) {
        ck_assert_int_eq(read_one(&seen, frame, &fault), ST_OK);
        ck_assert_uint_eq(seen.frame, frame);
        events += seen.events;
        lines += seen.lines;
    }
    ck_assert_uint_eq(events, 2 + 4 + 7 + 1);
    ck_assert_uint_eq(lines, 1 + 2 + 7 + 1);
    ck_assert_int_eq(read_one(&seen, 5, &fault), ST_MISSING);
}
END_TEST

START_TEST(a_frame_that_lost_a_chunk_is_not_read_alone)
{
    struct seen_one seen;
    struct fault fault = {0};

    (void)books_live(&books);
    drop_chunk(3, 1);
    ck_assert_int_eq(read_one(&seen, 3, &fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "frame 3 chunk 1: missing"));
    ck_assert_uint_eq(seen.lines, 0); /* nothing of a frame that is not whole */
    ck_assert_int_eq(read_one(&seen, 2, &fault), ST_OK);
}
END_TEST

START_TEST(a_chunk_that_is_missing_is_named)
{
    struct small_life life = books_live(&books);

    for (int i = 0; i < 200; i++)
        books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    ck_assert_uint_gt(books_frame_done(&books).chunks, 3);
    drop_chunk(5, 1);
    ck_assert_names("frame 5 chunk 1: missing");
}
END_TEST

START_TEST(the_last_chunk_of_a_frame_that_is_missing_is_named)
{
    (void)books_live(&books);
    drop_chunk(3, 1);
    ck_assert_names("frame 3 chunk 1: missing, the frame's header counts 2 chunks");
}
END_TEST

START_TEST(a_frame_that_is_missing_is_named)
{
    (void)books_live(&books);
    for (uint32_t i = 0; i < 2; i++)
        drop_chunk(3, i);
    ck_assert_names("frame 3 chunk 0: missing, as is the frame");
}
END_TEST

START_TEST(a_frame_without_its_header_is_named)
{
    (void)books_live(&books);
    drop_chunk(3, 0);
    ck_assert_names("frame 3 chunk 0: missing");
}
END_TEST

START_TEST(a_key_of_another_size_is_named)
{
    (void)books_live(&books);
    books_put_row(&books, STORE_JOURNAL, "12345678", 8, "x", 1);
    /* It is in no frame, so lists and exports pass it over. */
    ck_assert_verify_names(&books, "journal: a key has 8 bytes, not 12");
}
END_TEST

/* ---- forged frames: every hash fits, what they say does not ---- */

struct edit {
    uint32_t chunk;
    size_t at;
    uint8_t value;
};

static bool edit_byte(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    const struct edit *edit = context;

    if (number != edit->chunk)
        return true;
    ck_assert_uint_lt(edit->at, *size);
    chunk[edit->at] = edit->value;
    return true;
}

/*
 * The frame has its header and one chunk of entries: an event with an opening, one with a line and
 * one with another.
 */
static void forge(struct edit edit, const char *what)
{
    struct small_life life = books_live(&books);

    (void)books_account(&books, KIND_AGENT, life.customer);
    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_moved(&books, life.agent, ACCOUNT_REVENUE_LOGS, 6, TRANSFER_LOG_FEE);
    books_forge_frame(&books, edit_byte, &edit);
    ck_assert_names(what);
}

/* Where a field of the frame's header record lies (docs/records.md, "Header record"). */
#define HEADER_FIELD(offset) (CHUNK_HEADER_BYTES + (offset))

/* The entries that the tests make: their sizes, and first bytes (docs/records.md, "Entries"). */
enum {
    TICK_BYTES = 1 + HASH_BYTES + 1 + 1,
    OPENING_BYTES = 1 + 1 + 2 + 2,
    FUND_BYTES = 1 + 2 + 2 + 1 + 1,
    TAG_TICK = 128, /* the first byte of an event is this and its kind */
    TAG_UNKNOWN = 162,
};

START_TEST(a_chunk_of_unknown_format_is_named)
{
    forge((struct edit){.chunk = 1, .at = 0, .value = (uint8_t)(CHUNK_FORMAT + 1)},
          "frame 5 chunk 1: its format is unknown");
}
END_TEST

START_TEST(a_chunk_of_another_frame_is_named)
{
    forge((struct edit){.chunk = 1, .at = 8, .value = 4},
          "frame 5 chunk 1: its bytes are of another frame");
}
END_TEST

START_TEST(a_header_record_of_another_frame_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(0), .value = 4},
          "frame 5 chunk 0: its record is of another frame");
}
END_TEST

START_TEST(a_header_record_that_makes_no_sense_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(56) + 7, .value = 1},
          "frame 5 chunk 0: the next account id is out of range");
}
END_TEST

START_TEST(a_broken_chain_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(24), .value = 0x5a},
          "frame 5 chunk 0: the head that it follows is not the head of the frame before");
}
END_TEST

static bool second_header(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    if (number == 1) {
        chunk_put_header(chunk, le64_get(chunk + 8));
        *size = CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES;
    }
    return true;
}

static void forge_with(chunk_edit edit, const char *what)
{
    struct small_life life = books_live(&books);

    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    for (int i = 0; i < 3; i++)
        (void)books_account(&books, KIND_AGENT, life.customer);
    books_forge_frame(&books, edit, NULL);
    ck_assert_names(what);
}

START_TEST(a_second_header_is_named)
{
    forge_with(second_header, "frame 5 chunk 1: a second header");
}
END_TEST

static bool no_header(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    const struct chunk entries = {.frame = le64_get(chunk + 8)};

    (void)context;
    (void)size;
    if (number == 0)
        chunk_put_entries_header(chunk, &entries);
    return true;
}

START_TEST(a_frame_that_begins_with_entries_is_named)
{
    forge_with(no_header, "frame 5 chunk 0: it is not the frame's header");
}
END_TEST

START_TEST(a_wrong_chunk_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(88), .value = 3},
          "frame 5 chunk 2: missing, the frame's header counts 3 chunks");
}
END_TEST

START_TEST(more_chunks_than_counted_are_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(88), .value = 1},
          "frame 5 chunk 1: more chunks than the frame's header counts");
}
END_TEST

START_TEST(a_wrong_opening_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(64), .value = 2},
          "frame 5: it has 1 openings, its header counts 2");
}
END_TEST

START_TEST(a_wrong_event_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(72), .value = 4},
          "frame 5: it has 3 events, its header counts 4");
}
END_TEST

START_TEST(a_wrong_line_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = HEADER_FIELD(80), .value = 1},
          "frame 5: it has 2 lines, its header counts 1");
}
END_TEST

START_TEST(entries_that_do_not_decode_are_named)
{
    forge((struct edit){.chunk = 1, .at = ENTRIES_HEADER_BYTES, .value = TAG_UNKNOWN},
          "frame 5 chunk 1 entry 0: the kind of entry is unknown");
}
END_TEST

START_TEST(an_opening_that_does_not_decode_is_named)
{
    forge((struct edit){.chunk = 1,
                        .at = ENTRIES_HEADER_BYTES + TICK_BYTES + 1,
                        .value = ACCOUNT_KINDS},
          "frame 5 chunk 1 entry 1: the account kind is unknown");
}
END_TEST

START_TEST(an_event_that_does_not_decode_is_named)
{
    forge((struct edit){.chunk = 1,
                        .at = ENTRIES_HEADER_BYTES + TICK_BYTES + OPENING_BYTES,
                        .value = TAG_TICK + EVENT_KIND_FREE},
          "frame 5 chunk 1 entry 2: the event kind is unknown");
}
END_TEST

START_TEST(a_line_that_does_not_decode_is_named)
{
    forge((struct edit){.chunk = 1,
                        .at = ENTRIES_HEADER_BYTES + 2 * TICK_BYTES + OPENING_BYTES,
                        .value = 127},
          "frame 5 chunk 1 entry 3: the code is unknown");
}
END_TEST

/* The first event is left out, and its opening is not. */
static bool leave_out_first(void *context, struct entry *entry)
{
    bool *left_out = context;
    bool first = !*left_out;

    (void)entry;
    *left_out = true;
    return !first;
}

START_TEST(only_the_own_accounts_open_without_an_event)
{
    bool left_out = false;

    (void)books_live(&books);
    (void)books_account(&books, KIND_AGENT, 4096);
    books_forge_entries(&books, leave_out_first, &left_out);
    ck_assert_names("frame 5 chunk 1 entry 0: the chunk does not begin with an event");
}
END_TEST

/* The first of two chunks of entries gives its last event and line away. */
static bool shorten(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    (void)chunk;
    if (number == 1)
        *size -= TICK_BYTES + FUND_BYTES;
    return true;
}

START_TEST(a_chunk_that_lost_its_end_is_named)
{
    struct small_life life = books_live(&books);

    for (int i = 0; i < 120; i++)
        books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_forge_frame(&books, shorten, NULL);
    ck_assert_names("frame 5 chunk 2 entry 0: the chunk before it has room for it");
}
END_TEST

static void put_header(const struct frame_header *header)
{
    struct bytes meta = {.data = NULL};
    uint8_t key = META_FRAME_HEADER;

    frame_header_put(&meta, header);
    books_put_row(&books, STORE_META, &key, 1, meta.data, meta.size);
    bytes_fini(&meta);
}

START_TEST(a_header_that_differs_from_the_journal_is_named)
{
    struct frame_header good;
    struct frame_header bad[7];

    (void)books_live(&books);
    good = *ledger_last_frame(books.ledger);
    for (size_t i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].site_time_us++;
    bad[1].wall_us++;
    bad[2].next_account++;
    bad[3].events++;
    bad[4].lines++;
    bad[5].chunks++;
    bad[6].previous.bytes[31] ^= 1;
    for (size_t i = 0; i < 7; i++) {
        put_header(&bad[i]);
        ck_assert_names("meta row 1: the frame header differs from the journal's frame 4");
    }
    put_header(&good);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(a_head_that_the_chunks_do_not_give_is_named)
{
    struct frame_header header;

    (void)books_live(&books);
    header = *ledger_last_frame(books.ledger);
    header.head.bytes[7] ^= 4;
    put_header(&header);
    ck_assert_names("frame 4: its chunks hash to ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/journal");
    TCase *read = tcase_create("read");
    TCase *damage = tcase_create("damage");

    tcase_add_checked_fixture(read, setup, teardown);
    tcase_add_test(read, an_empty_journal_reads_as_nothing);
    tcase_add_test(read, what_was_written_is_read_in_order);
    tcase_add_test(read, who_goes_on_reading_reads_no_frame_twice);
    tcase_add_test(read, postings_are_what_the_lines_of_a_frame_add_up_to);
    tcase_add_test(read, an_error_of_a_callback_is_returned);
    tcase_add_test(read, each_frame_is_read_alone_and_together_they_are_all);
    tcase_add_test(read, a_frame_that_lost_a_chunk_is_not_read_alone);
    tcase_add_test(read, random_journals_read_back_whole);
    suite_add_tcase(suite, read);

    tcase_add_checked_fixture(damage, setup, teardown);
    tcase_add_test(damage, a_chunk_that_is_missing_is_named);
    tcase_add_test(damage, the_last_chunk_of_a_frame_that_is_missing_is_named);
    tcase_add_test(damage, a_frame_that_is_missing_is_named);
    tcase_add_test(damage, a_frame_without_its_header_is_named);
    tcase_add_test(damage, a_key_of_another_size_is_named);
    tcase_add_test(damage, a_chunk_of_unknown_format_is_named);
    tcase_add_test(damage, a_chunk_of_another_frame_is_named);
    tcase_add_test(damage, a_header_record_of_another_frame_is_named);
    tcase_add_test(damage, a_header_record_that_makes_no_sense_is_named);
    tcase_add_test(damage, a_broken_chain_is_named);
    tcase_add_test(damage, a_second_header_is_named);
    tcase_add_test(damage, a_frame_that_begins_with_entries_is_named);
    tcase_add_test(damage, a_wrong_chunk_count_is_named);
    tcase_add_test(damage, more_chunks_than_counted_are_named);
    tcase_add_test(damage, a_wrong_opening_count_is_named);
    tcase_add_test(damage, a_wrong_event_count_is_named);
    tcase_add_test(damage, a_wrong_line_count_is_named);
    tcase_add_test(damage, entries_that_do_not_decode_are_named);
    tcase_add_test(damage, an_opening_that_does_not_decode_is_named);
    tcase_add_test(damage, an_event_that_does_not_decode_is_named);
    tcase_add_test(damage, a_line_that_does_not_decode_is_named);
    tcase_add_test(damage, only_the_own_accounts_open_without_an_event);
    tcase_add_test(damage, a_chunk_that_lost_its_end_is_named);
    tcase_add_test(damage, a_header_that_differs_from_the_journal_is_named);
    tcase_add_test(damage, a_head_that_the_chunks_do_not_give_is_named);
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
