/*
 * Segments of the journal: where one begins the header names all accounts, frames before it may
 * leave the store, and the books are verified from there, or from frame 1 with what was dropped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "ledger/reading.h"
#include "ledger/record.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"

enum { SEGMENT_BYTES = 2000 };

static struct books books;
static uint64_t segment_bytes;
static struct store_memory *before; /* the store as it was before anything was dropped */

static void setup(void)
{
    books_open(&books);
    segment_bytes = SEGMENT_BYTES;
    ledger_set_segment_bytes(books.ledger, segment_bytes);
    before = NULL;
}

static void teardown(void)
{
    books_close(&books);
    store_memory_free(before);
}

/* Some life with an account that is closed, in many frames and so several segments. */
static void live(int frames)
{
    struct rng rng = rng_for_test();

    (void)books_live(&books);
    books_live_random(&books, &rng, frames, 10);
    ck_assert_int_eq(store_memory_copy(&before, books.memory), ST_OK);
}

/* ---- which frames begin a segment ---- */

struct cuts {
    uint64_t first[64];
    struct hash head[64];  /* before it */
    struct hash after[64]; /* after it */
    size_t count;
    uint64_t bytes; /* of the segment so far */
};

static enum status note_cut(void *context, const struct frame_header *header, struct fault *fault)
{
    struct cuts *cuts = context;

    (void)fault;
    if (header->segment.first == header->frame) {
        ck_assert_uint_lt(cuts->count, 64);
        ck_assert(cuts->count == 0 || cuts->bytes >= segment_bytes);
        cuts->head[cuts->count] = header->previous;
        cuts->after[cuts->count] = header->head;
        cuts->first[cuts->count++] = header->frame;
    } else {
        ck_assert_uint_lt(cuts->bytes, segment_bytes); /* it ends with the frame that reaches it */
    }
    cuts->bytes = header->segment.bytes;
    return ST_OK;
}

static struct cuts find_cuts(void)
{
    struct cuts cuts = {.count = 0};
    const struct journal_reader reader = {.frame = note_cut, .context = &cuts};

    ck_assert_int_eq(journal_read(&books.store, NULL, &reader, NULL), ST_OK);
    return cuts;
}

START_TEST(a_segment_ends_with_the_frame_that_reaches_its_bytes)
{
    struct cuts cuts;

    live(60);
    cuts = find_cuts();
    ck_assert_uint_gt(cuts.count, 4);
    ck_assert_uint_eq(cuts.first[0], 1);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(segments_are_the_same_with_restarts_between)
{
    struct books other;
    struct rng rng = rng_for_test();
    struct rng same = rng;
    struct hash head;
    struct hash other_head;

    books_open(&other);
    ledger_set_segment_bytes(other.ledger, SEGMENT_BYTES);
    books_live_random(&books, &rng, 1, 10);
    books_live_random(&other, &same, 1, 10);
    for (int frame = 0; frame < 60; frame++) {
        books_moved(&books, ACCOUNT_TREASURY, 4096, 7, TRANSFER_MONEY_IN);
        books_moved(&other, ACCOUNT_TREASURY, 4096, 7, TRANSFER_MONEY_IN);
        (void)books_frame_done(&books);
        (void)books_frame_done(&other);
        ledger_free(other.ledger);
        ck_assert_int_eq(ledger_new(&other.ledger), ST_OK);
        ledger_set_segment_bytes(other.ledger, SEGMENT_BYTES);
        ck_assert_int_eq(WITH_READ(&other.store, ledger_load(other.ledger, &read, NULL)), ST_OK);
    }
    head = ledger_head(books.ledger);
    other_head = ledger_head(other.ledger);
    ck_assert(hash_equal(&head, &other_head));
    ck_assert_uint_gt(find_cuts().count, 2);
    books_close(&other);
}
END_TEST

/* ---- dropping ---- */

static enum ledger_drop_result drop(uint64_t first, uint64_t last, struct hash head)
{
    const struct ledger_dropping dropping = {first, last, head};
    enum ledger_drop_result result;

    ck_assert_int_eq(
        WITH_READ(&books.store, ledger_drop(books.ledger, &read, &dropping, &result, NULL)), ST_OK);
    return result;
}

static void drop_slice(void)
{
    ck_assert_int_eq(
        WITH_READ(&books.store, ledger_drop_slice(books.ledger, &read, &books.batch, NULL)), ST_OK);
    ck_assert_int_eq(store_commit(&books.store, &books.batch, NULL), ST_OK);
    store_batch_clear(&books.batch);
}

/* Drop all segments before number `cut`, from 0, with all their rows. */
static void drop_before(const struct cuts *cuts, size_t cut)
{
    ck_assert_int_eq(drop(ledger_first_frame(books.ledger), cuts->first[cut] - 1, cuts->head[cut]),
                     LEDGER_DROP_DONE);
    while (ledger_is_dropping(books.ledger))
        drop_slice();
}

static uint64_t count_journal_rows(void)
{
    struct store_read read;
    struct store_cursor cursor;
    struct store_row row;
    uint64_t count = 0;

    ck_assert_int_eq(store_read_begin(&read, &books.store, NULL), ST_OK);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, NULL);
    while (store_cursor_next(&cursor, &row))
        count++;
    ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
    store_read_end(&read);
    return count;
}

static struct verify_report verified(const struct journal_past *past)
{
    struct verify_report report;
    struct fault fault = {.text = ""};

    ck_assert_msg(WITH_READ(&books.store, audit_verify_all(&read, past, NULL, &report, &fault)) ==
                      ST_OK,
                  "%s", fault.text);
    return report;
}

static void verify_names(const struct journal_past *past, const char *what)
{
    struct verify_report report;
    struct fault fault = {.text = ""};

    ck_assert_int_eq(WITH_READ(&books.store, audit_verify_all(&read, past, NULL, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
}

START_TEST(books_verify_from_each_segment_on)
{
    struct cuts cuts;

    live(60);
    cuts = find_cuts();
    for (size_t cut = 1; cut < cuts.count; cut++) {
        struct verify_report report;

        drop_before(&cuts, cut);
        report = verified(NULL);
        ck_assert_uint_eq(report.first_frame, cuts.first[cut]);
        ck_assert_uint_eq(report.last_frame, ledger_frame(books.ledger) - 1);
        ck_assert_uint_eq(report.frames, report.last_frame - report.first_frame + 1);
        ck_assert_verifies(&books); /* and a ledger loads from it */
        /* And goes on: what comes now is of the same chain. */
        books_moved(&books, ACCOUNT_TREASURY, 4096, 7, TRANSFER_MONEY_IN);
        (void)books_account(&books, KIND_AGENT, 4096);
        (void)books_frame_done(&books);
        ck_assert_verifies(&books);
    }
}
END_TEST

START_TEST(rows_go_in_slices_and_a_start_goes_on_with_them)
{
    struct cuts cuts;
    uint64_t first;
    uint64_t rows;
    int slices = 0;

    segment_bytes = 20 * SEGMENT_BYTES;
    ledger_set_segment_bytes(books.ledger, segment_bytes);
    live(300);
    cuts = find_cuts();
    first = cuts.first[cuts.count - 1];
    ck_assert_uint_gt(first, 100);
    ck_assert_int_eq(drop(1, first - 1, cuts.head[cuts.count - 1]), LEDGER_DROP_DONE);
    rows = count_journal_rows();
    while (ledger_is_dropping(books.ledger)) {
        uint64_t left;

        drop_slice();
        left = count_journal_rows();
        ck_assert_uint_le(rows - left, 8);
        rows = left;
        slices++;
        /* Whatever is there yet, the books are good, and a start knows what is left. */
        ck_assert_uint_eq(verified(NULL).first_frame, first);
        ledger_free(books.ledger);
        ck_assert_int_eq(ledger_new(&books.ledger), ST_OK);
        ledger_set_segment_bytes(books.ledger, segment_bytes);
        ck_assert_int_eq(WITH_READ(&books.store, ledger_load(books.ledger, &read, NULL)), ST_OK);
        ck_assert_uint_eq(ledger_first_frame(books.ledger), first);
    }
    ck_assert_int_gt(slices, 2);
    ck_assert_uint_eq(find_cuts().first[0], first);
}
END_TEST

START_TEST(only_the_oldest_whole_segments_are_dropped)
{
    struct cuts cuts;
    struct hash wrong;
    uint64_t rows;

    live(60);
    cuts = find_cuts();
    rows = count_journal_rows();
    wrong = cuts.head[1];
    wrong.bytes[31] ^= 1;
    ck_assert_int_eq(drop(cuts.first[1], cuts.first[2] - 1, cuts.head[2]), LEDGER_DROP_NOT_OLDEST);
    ck_assert_int_eq(drop(1, 0, cuts.head[0]), LEDGER_DROP_NOT_OLDEST);
    ck_assert_int_eq(drop(1, cuts.first[1], cuts.head[1]), LEDGER_DROP_NOT_CLOSED);
    ck_assert_int_eq(drop(1, cuts.first[1] - 2, cuts.head[1]), LEDGER_DROP_NOT_CLOSED);
    ck_assert_int_eq(drop(1, ledger_frame(books.ledger) - 1, ledger_head(books.ledger)),
                     LEDGER_DROP_NOT_CLOSED);
    ck_assert_int_eq(drop(1, UINT64_MAX, ledger_head(books.ledger)), LEDGER_DROP_NOT_CLOSED);
    ck_assert_int_eq(drop(1, cuts.first[1] - 1, wrong), LEDGER_DROP_OTHER_HEAD);
    ck_assert_int_eq(drop(1, cuts.first[1] - 1, cuts.head[2]), LEDGER_DROP_OTHER_HEAD);
    ck_assert(!ledger_is_dropping(books.ledger));
    ck_assert_uint_eq(count_journal_rows(), rows);
    drop_before(&cuts, 1);
    ck_assert_int_eq(drop(1, cuts.first[1] - 1, cuts.head[1]), LEDGER_DROP_NOT_OLDEST);
    drop_before(&cuts, 3); /* two at once */
    ck_assert_uint_eq(ledger_first_frame(books.ledger), cuts.first[3]);
}
END_TEST

/* ---- what is wrong is found ---- */

static void change_account(uint64_t id, size_t at)
{
    uint8_t key[8];
    uint8_t value[64];
    struct store_read read;
    struct store_row row;

    be64_put(key, id);
    ck_assert_int_eq(store_read_begin(&read, &books.store, NULL), ST_OK);
    ck_assert_int_eq(store_get(&read, STORE_ACCOUNT, key, sizeof key, &row, NULL), ST_OK);
    memcpy(value, row.value, sizeof value);
    store_read_end(&read);
    value[at]++;
    books_put_row(&books, STORE_ACCOUNT, key, sizeof key, value, sizeof value);
}

START_TEST(rows_are_proved_by_the_state_in_the_chain)
{
    static const size_t places[] = {16, 32, 48}; /* customer, debits, credits */

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct cuts cuts;

        live(60);
        cuts = find_cuts();
        drop_before(&cuts, 2);
        change_account(4096, places[i]);
        verify_names(NULL, "are not the accounts that it names as those before it");
        teardown();
        setup();
    }
}
END_TEST

START_TEST(a_row_that_is_below_its_lines_is_named)
{
    uint8_t key[8];
    uint8_t value[64] = {0};
    struct cuts cuts;

    live(60);
    cuts = find_cuts();
    drop_before(&cuts, 2);
    be64_put(key, 4100);
    value[0] = 1;
    value[8] = 1;
    value[25] = KIND_AGENT;
    books_put_row(&books, STORE_ACCOUNT, key, sizeof key, value, sizeof value);
    verify_names(NULL, "agent:4100: its row has less than the lines from frame");
}
END_TEST

static bool change_state(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    if (number == 0 && *size == CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES_MAX)
        chunk[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES] ^= 1;
    return true;
}

static bool cut_state(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    (void)context;
    (void)chunk;
    if (number == 0)
        *size = CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES;
    return true;
}

/* Fill frames until the next one begins a segment. */
static void end_segment(void)
{
    live(60);
    while (ledger_last_frame(books.ledger)->segment.bytes < segment_bytes) {
        books_moved(&books, ACCOUNT_TREASURY, 4096, 7, TRANSFER_MONEY_IN);
        (void)books_frame_done(&books);
    }
    books_moved(&books, ACCOUNT_TREASURY, 4096, 7, TRANSFER_MONEY_IN);
}

START_TEST(a_state_that_the_lines_do_not_give_is_named)
{
    end_segment();
    books_forge_frame(&books, change_state, NULL);
    verify_names(NULL, "are not those that the frames before it give");
}
END_TEST

static void put_kept(uint64_t first, const struct hash *head, uint64_t rows)
{
    static const uint8_t key = 8;
    struct bytes row = {0};

    cbor_put_array(&row, 3);
    cbor_put_uint(&row, first);
    cbor_put_bytes(&row, head->bytes, HASH_BYTES);
    cbor_put_uint(&row, rows);
    books_put_row(&books, STORE_META, &key, 1, row.data, row.size);
    bytes_fini(&row);
}

START_TEST(a_journal_begins_only_with_a_segment)
{
    struct cuts cuts;

    live(60);
    cuts = find_cuts();
    put_kept(cuts.first[1], &cuts.after[1], 1);
    verify_names(NULL, "the head that it follows is not the head of the frame before");
    put_kept(cuts.first[1] + 1, &cuts.after[1], 1);
    verify_names(NULL, "chunk 0: no segment begins with it");
}
END_TEST

START_TEST(a_header_that_lacks_its_state_is_not_that_of_the_row)
{
    end_segment();
    books_forge_frame(&books, cut_state, NULL);
    verify_names(NULL, "the frame header differs from the journal's frame");
}
END_TEST

START_TEST(rows_before_the_first_frame_are_refused)
{
    struct cuts cuts;
    uint8_t key[JOURNAL_KEY_BYTES];
    struct store_read read;
    struct store_row row;
    struct store was;

    live(60);
    cuts = find_cuts();
    drop_before(&cuts, 2);
    was = store_from_memory(before);
    chunk_key(key, 3, 0);
    ck_assert_int_eq(store_read_begin(&read, &was, NULL), ST_OK);
    ck_assert_int_eq(store_get(&read, STORE_JOURNAL, key, sizeof key, &row, NULL), ST_OK);
    store_batch_put(&books.batch, STORE_JOURNAL, key, sizeof key, row.value, row.value_size);
    store_read_end(&read);
    ck_assert_int_eq(store_commit(&books.store, &books.batch, NULL), ST_OK);
    store_batch_clear(&books.batch);
    verify_names(NULL, "frame 3 chunk 0: it lies before the first frame");
}
END_TEST

START_TEST(the_row_of_what_was_dropped_is_checked)
{
    struct cuts cuts;

    live(60);
    cuts = find_cuts();
    put_kept(1, &cuts.head[0], 1); /* nothing was dropped, so there is no row */
    verify_names(NULL, "meta row 8");
    put_kept(cuts.first[1], &cuts.head[1], cuts.first[1] + 1);
    verify_names(NULL, "meta row 8");
    put_kept(ledger_frame(books.ledger), &cuts.head[0], 1);
    ck_assert_load_names(&books, "after the last frame");
}
END_TEST

/* ---- with what was dropped ---- */

struct past {
    struct store store;
    uint64_t skip; /* a frame that it lacks; 0: none */
};

static enum status past_each(void *context, uint64_t end, journal_visit_chunk visit,
                             void *visit_context, struct fault *fault)
{
    const struct past *past = context;
    struct store_read read;
    struct store_cursor cursor;
    struct store_row row;
    enum status status = store_read_begin(&read, &past->store, fault);

    ck_assert_int_eq(status, ST_OK);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row) && be64_get(row.key) < end)
        if (be64_get(row.key) != past->skip)
            status = visit(visit_context, &row, fault);
    status = store_cursor_close(&cursor, status);
    store_read_end(&read);
    return status;
}

/* The export, as text that the caller frees. */
static char *export_text(const struct journal_past *past, bool hledger)
{
    const struct export_options options = {.past = past, .commodity = "SRI"};
    struct fault fault = {.text = ""};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    ck_assert_msg((hledger ? audit_export_hledger : audit_export_jsonl)(&books.store, &options, out,
                                                                        &fault) == ST_OK,
                  "%s", fault.text);
    (void)fclose(out);
    return text;
}

START_TEST(with_what_was_dropped_all_is_as_before)
{
    struct past kept = {.skip = 0};
    const struct journal_past past = {.first = 1, .each = past_each, .context = &kept};
    struct verify_report report;
    struct verify_report all;
    struct cuts cuts;
    char *text[2];
    char *again[2];

    live(60);
    kept.store = store_from_memory(before);
    cuts = find_cuts();
    all = verified(NULL);
    text[0] = export_text(NULL, false);
    text[1] = export_text(NULL, true);
    drop_before(&cuts, cuts.count - 1);
    report = verified(&past);
    ck_assert_mem_eq(&report, &all, sizeof all);
    again[0] = export_text(&past, false);
    again[1] = export_text(&past, true);
    ck_assert_str_eq(text[0], again[0]);
    ck_assert_str_eq(text[1], again[1]);
    kept.skip = 2;
    verify_names(&past, "frame 2 chunk 0: missing");
    for (int i = 0; i < 2; i++) {
        free(text[i]);
        free(again[i]);
    }
}
END_TEST

START_TEST(without_it_accounts_have_their_names_all_the_same)
{
    struct cuts cuts;
    char *text;

    live(60);
    cuts = find_cuts();
    drop_before(&cuts, 2);
    text = export_text(NULL, false);
    ck_assert_ptr_nonnull(strstr(text, "\"debit\":\"customer:"));
    ck_assert_ptr_null(strstr(text, "account:4"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit/segments");
    TCase *segments = tcase_create("segments");

    tcase_add_checked_fixture(segments, setup, teardown);
    tcase_add_test(segments, a_segment_ends_with_the_frame_that_reaches_its_bytes);
    tcase_add_test(segments, segments_are_the_same_with_restarts_between);
    tcase_add_test(segments, books_verify_from_each_segment_on);
    tcase_add_test(segments, rows_go_in_slices_and_a_start_goes_on_with_them);
    tcase_add_test(segments, only_the_oldest_whole_segments_are_dropped);
    tcase_add_test(segments, rows_are_proved_by_the_state_in_the_chain);
    tcase_add_test(segments, a_row_that_is_below_its_lines_is_named);
    tcase_add_test(segments, a_state_that_the_lines_do_not_give_is_named);
    tcase_add_test(segments, a_journal_begins_only_with_a_segment);
    tcase_add_test(segments, a_header_that_lacks_its_state_is_not_that_of_the_row);
    tcase_add_test(segments, rows_before_the_first_frame_are_refused);
    tcase_add_test(segments, the_row_of_what_was_dropped_is_checked);
    tcase_add_test(segments, with_what_was_dropped_all_is_as_before);
    tcase_add_test(segments, without_it_accounts_have_their_names_all_the_same);
    suite_add_tcase(suite, segments);
    return check_main(suite);
}
