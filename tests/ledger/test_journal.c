/* Reading the journal back: order, counts and chain, before a record is believed. */
#include "ledger/journal.h"

#include <string.h>

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
    int stage;           /* of the frame: records come in this order */
    uint64_t stop_after; /* lines; 0: never */
};

static enum status see_frame(void *context, const struct frame_header *header, struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_uint_eq(header->frame, ++seen->frames);
    ck_assert(hash_equal(&header->previous, &seen->head));
    seen->head = header->head;
    seen->stage = 0;
    return ST_OK;
}

static enum status see_opening(void *context, const struct journal_opening *opening,
                               struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_int_le(seen->stage, 1);
    seen->stage = 1;
    ck_assert_uint_eq(opening->frame, seen->frames);
    if (opening->closing)
        seen->closings++;
    else
        seen->openings++;
    return ST_OK;
}

static enum status see_event(void *context, const struct journal_event *event, struct fault *fault)
{
    struct seen *seen = context;

    (void)fault;
    ck_assert_int_le(seen->stage, 2);
    seen->stage = 2;
    ck_assert_uint_eq(event->source_size, 1);
    ck_assert_uint_eq(event->source[0], 0xf6);
    seen->events++;
    return ST_OK;
}

static enum status see_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct seen *seen = context;

    ck_assert_int_le(seen->stage, 3);
    seen->stage = 3;
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
    seen->stage = 4;
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

    return journal_read(&books.store, &reader, fault);
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
    ck_assert_uint_eq(seen.openings, 21 + 3);
    ck_assert_uint_eq(seen.closings, 1);
    ck_assert_uint_eq(seen.events, 2 + 4 + 7 + 1);
    ck_assert_uint_eq(seen.lines, 1 + 2 + 7 + 1);
    ck_assert_uint_eq(seen.postings, 1 + 2 + 3 + 1);
    head = ledger_head(books.ledger);
    ck_assert(hash_equal(&seen.head, &head));
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

START_TEST(a_chunk_that_is_missing_is_named)
{
    (void)books_live(&books);
    drop_chunk(3, 1);
    ck_assert_names("frame 3 chunk 1: missing");
}
END_TEST

START_TEST(the_last_chunk_of_a_frame_that_is_missing_is_named)
{
    (void)books_live(&books);
    drop_chunk(3, 3);
    ck_assert_names("frame 3 chunk 3: missing, the frame's header counts 4 chunks");
}
END_TEST

START_TEST(a_frame_that_is_missing_is_named)
{
    (void)books_live(&books);
    for (uint32_t i = 0; i < 4; i++)
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

/* ---- forged frames: every hash fits, the records do not ---- */

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

/* The frame: header 0, openings 1, events 2, lines 3, postings 4. */
static void forge(struct edit edit, const char *what)
{
    struct small_life life = books_live(&books);

    (void)books_account(&books, KIND_AGENT, life.customer);
    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_moved(&books, life.agent, ACCOUNT_REVENUE_LOGS, 6, TRANSFER_LOG_FEE);
    books_forge_frame(&books, edit_byte, &edit);
    ck_assert_names(what);
}

#define RECORD(size, index) (CHUNK_HEADER_BYTES + (size) * (index))

START_TEST(a_chunk_of_unknown_format_is_named)
{
    forge((struct edit){.chunk = 3, .at = 0, .value = (uint8_t)(CHUNK_FORMAT + 1)},
          "frame 5 chunk 3: its format is unknown");
}
END_TEST

START_TEST(a_chunk_of_another_frame_is_named)
{
    forge((struct edit){.chunk = 3, .at = 8, .value = 4},
          "frame 5 chunk 3: its bytes are of another frame");
}
END_TEST

START_TEST(a_header_record_of_another_frame_is_named)
{
    forge((struct edit){.chunk = 0, .at = RECORD(0, 0), .value = 4},
          "frame 5 chunk 0: its record is of another frame");
}
END_TEST

START_TEST(a_broken_chain_is_named)
{
    forge((struct edit){.chunk = 0, .at = RECORD(0, 0) + 24, .value = 0x5a},
          "frame 5 chunk 0: the head that it follows is not the head of the frame before");
}
END_TEST

static bool second_header(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    if (number == 1) {
        chunk_put_header(chunk, SECTION_HEADER, 1, le64_get(chunk + 8));
        *size = CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES;
    }
    return true;
}

START_TEST(a_second_header_is_named)
{
    struct small_life life = books_live(&books);

    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_forge_frame(&books, second_header, NULL);
    ck_assert_names("frame 5 chunk 1: a second header");
}
END_TEST

static bool no_header(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    if (number == 0) {
        chunk_put_header(chunk, SECTION_LINES, 1, le64_get(chunk + 8));
        *size = CHUNK_HEADER_BYTES + LINE_RECORD_BYTES;
    }
    return true;
}

START_TEST(a_frame_that_begins_with_other_records_is_named)
{
    struct small_life life = books_live(&books);

    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_forge_frame(&books, no_header, NULL);
    ck_assert_names("frame 5 chunk 0: it is not the frame's header");
}
END_TEST

START_TEST(a_wrong_chunk_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = RECORD(0, 0) + 96, .value = 6},
          "frame 5 chunk 5: missing, the frame's header counts 6 chunks");
}
END_TEST

START_TEST(a_wrong_event_count_is_named)
{
    forge((struct edit){.chunk = 0, .at = RECORD(0, 0) + 72, .value = 4},
          "frame 5: 3 event records, its header counts 4");
}
END_TEST

START_TEST(more_lines_than_counted_are_named)
{
    forge((struct edit){.chunk = 0, .at = RECORD(0, 0) + 72, .value = 2},
          "frame 5 chunk 2: more records than the frame's header counts");
}
END_TEST

START_TEST(a_line_of_a_missing_event_is_named)
{
    forge((struct edit){.chunk = 3, .at = RECORD(LINE_RECORD_BYTES, 1), .value = 3},
          "frame 5 line 1: its event is missing");
}
END_TEST

START_TEST(lines_out_of_order_are_named)
{
    forge((struct edit){.chunk = 3, .at = RECORD(LINE_RECORD_BYTES, 1), .value = 0},
          "frame 5 line 1: its event is out of order");
}
END_TEST

START_TEST(an_opening_of_a_missing_event_is_named)
{
    forge((struct edit){.chunk = 1, .at = RECORD(OPENING_RECORD_BYTES, 0), .value = 3},
          "frame 5 opening 0: its event is missing");
}
END_TEST

static bool opening_without_event(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    (void)number;
    (void)size;
    if (chunk[2] == SECTION_OPENINGS)
        le32_put(chunk + CHUNK_HEADER_BYTES, NO_EVENT);
    return true;
}

START_TEST(only_the_own_accounts_open_without_an_event)
{
    (void)books_live(&books);
    (void)books_account(&books, KIND_AGENT, 4096);
    books_forge_frame(&books, opening_without_event, NULL);
    ck_assert_names("frame 5 opening 0: its event is missing");
}
END_TEST

START_TEST(records_that_do_not_decode_are_named)
{
    forge((struct edit){.chunk = 3, .at = RECORD(LINE_RECORD_BYTES, 1) + 6, .value = 1},
          "frame 5 line 1: a spare byte is not zero");
}
END_TEST

START_TEST(an_event_that_does_not_decode_is_named)
{
    forge((struct edit){.chunk = 2, .at = RECORD(EVENT_RECORD_BYTES, 2) + 48, .value = 9},
          "frame 5 event 2: the event kind is unknown");
}
END_TEST

START_TEST(a_posting_that_does_not_decode_is_named)
{
    forge((struct edit){.chunk = 4, .at = RECORD(POSTING_RECORD_BYTES, 0) + 32, .value = 77},
          "frame 5 posting 0: the code is unknown");
}
END_TEST

/* Postings first, where the openings were. */
static bool swap_sections(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    if (number == 1) {
        chunk_put_header(chunk, SECTION_POSTINGS, 1, le64_get(chunk + 8));
        *size = CHUNK_HEADER_BYTES + POSTING_RECORD_BYTES;
    }
    return true;
}

START_TEST(sections_out_of_order_are_named)
{
    struct small_life life = books_live(&books);

    (void)books_account(&books, KIND_AGENT, life.customer);
    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_forge_frame(&books, swap_sections, NULL);
    ck_assert_names("frame 5 chunk 2: its section is out of order");
}
END_TEST

/* The first of two chunks of lines gives one of its 61 records away. */
static bool shorten_lines(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    bool *shortened = context;

    (void)number;
    if (*shortened || chunk[2] != SECTION_LINES)
        return true;
    *shortened = true;
    chunk_put_header(chunk, SECTION_LINES, 60, le64_get(chunk + 8));
    *size -= LINE_RECORD_BYTES;
    return true;
}

START_TEST(a_chunk_with_room_before_the_last_is_named)
{
    struct small_life life = books_live(&books);
    bool shortened = false;

    for (int i = 0; i < 70; i++)
        books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    books_forge_frame(&books, shorten_lines, &shortened);
    ck_assert(shortened);
    ck_assert_names("the chunk before it, of the same section, is not full");
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
    bad[5].postings++;
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
    tcase_add_test(read, an_error_of_a_callback_is_returned);
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
    tcase_add_test(damage, a_broken_chain_is_named);
    tcase_add_test(damage, a_second_header_is_named);
    tcase_add_test(damage, a_frame_that_begins_with_other_records_is_named);
    tcase_add_test(damage, a_wrong_chunk_count_is_named);
    tcase_add_test(damage, a_wrong_event_count_is_named);
    tcase_add_test(damage, more_lines_than_counted_are_named);
    tcase_add_test(damage, a_line_of_a_missing_event_is_named);
    tcase_add_test(damage, lines_out_of_order_are_named);
    tcase_add_test(damage, an_opening_of_a_missing_event_is_named);
    tcase_add_test(damage, only_the_own_accounts_open_without_an_event);
    tcase_add_test(damage, records_that_do_not_decode_are_named);
    tcase_add_test(damage, an_event_that_does_not_decode_is_named);
    tcase_add_test(damage, a_posting_that_does_not_decode_is_named);
    tcase_add_test(damage, a_header_that_differs_from_the_journal_is_named);
    tcase_add_test(damage, sections_out_of_order_are_named);
    tcase_add_test(damage, a_chunk_with_room_before_the_last_is_named);
    tcase_add_test(damage, a_head_that_the_chunks_do_not_give_is_named);
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
