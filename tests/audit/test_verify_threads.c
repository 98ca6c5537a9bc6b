/* The audit by several threads: the same answer as by one, of true books and of spoilt ones. */
#include <string.h>

#include "ledger/ahead.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"

enum { FRAMES = 100, TRANSFERS = 400, LARGE = 260000, THREADS = 4, SPOILT = 40 };

static struct books books;

static void setup(void)
{
    books_open(&books);
}

static void teardown(void)
{
    books_close(&books);
}

struct outcome {
    enum status status;
    struct verify_report report;
    struct fault fault;
};

static struct outcome verify_by(unsigned threads)
{
    const struct audit_env audit = {.threads = threads};
    struct outcome outcome;

    memset(&outcome, 0, sizeof outcome);
    outcome.status =
        WITH_READ(&books.store, audit_verify(&read, &audit, &outcome.report, &outcome.fault));
    return outcome;
}

/* All numbers of threads agree, with one thread and among themselves.  Returns what they found. */
static enum status ck_assert_all_agree(void)
{
    struct outcome one = verify_by(1);

    for (unsigned threads = 2; threads <= THREADS; threads++) {
        struct outcome many = verify_by(threads);

        ck_assert_int_eq(many.status, one.status);
        ck_assert_str_eq(many.fault.text, one.fault.text);
        /* What was read before a fault is the same, too. */
        ck_assert_mem_eq(&many.report, &one.report, sizeof one.report);
    }
    return one.status;
}

/* A frame of events that move a nano each, and how many bytes of chunks it has, or some more. */
static size_t live_frame(const struct small_life *life, int transfers)
{
    for (int i = 0; i < transfers; i++)
        books_moved(&books, i % 2 == 0 ? life->agent : life->customer,
                    i % 2 == 0 ? life->customer : life->agent, 1, TRANSFER_FUND);
    return (size_t)books_frame_done(&books).chunks * CHUNK_BYTES_MAX;
}

/* More batches than may be on their way at once. */
static struct small_life live_long(void)
{
    struct small_life life = books_live(&books);
    size_t bytes = 0;

    for (int frame = 0; frame < FRAMES; frame++)
        bytes += live_frame(&life, TRANSFERS);
    ck_assert_uint_gt(bytes, 2 * 2 * THREADS * AHEAD_BATCH_BYTES);
    return life;
}

START_TEST(true_books_pass)
{
    uint64_t frames;

    (void)live_long();
    ck_assert_int_eq(ck_assert_all_agree(), ST_OK);
    frames = verify_by(0).report.frames; /* one thread a processor */
    ck_assert_uint_gt(frames, FRAMES);
    ck_assert_uint_eq(frames, verify_by(1).report.frames);
}
END_TEST

struct journal_row {
    uint8_t key[JOURNAL_KEY_BYTES];
    uint8_t value[CHUNK_BYTES_MAX];
    size_t size;
};

/* Copy row `number` of the journal, which counts from 0. */
static struct journal_row row_at(uint64_t number)
{
    struct journal_row row = {.size = 0};
    struct store_cursor cursor;
    struct store_row stored;
    struct store_read read;

    ck_assert_int_eq(store_read_begin(&read, &books.store, NULL), ST_OK);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, NULL);
    for (uint64_t i = 0; i <= number; i++)
        ck_assert(store_cursor_next(&cursor, &stored));
    memcpy(row.key, stored.key, sizeof row.key);
    memcpy(row.value, stored.value, stored.value_size);
    row.size = stored.value_size;
    ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
    store_read_end(&read);
    return row;
}

static void put_row(const struct journal_row *row, const uint8_t *value)
{
    books_put_row(&books, STORE_JOURNAL, row->key, sizeof row->key, value, row->size);
}

/* Chunks that are wrong or missing, anywhere; the second further on than the first or before it. */
START_TEST(spoilt_chunks_are_told_alike)
{
    struct rng rng = rng_for_test();
    uint64_t rows;

    (void)live_long();
    rows = verify_by(1).report.chunks;
    for (int i = 0; i < SPOILT; i++) {
        struct journal_row first = row_at(rng_below(&rng, rows));
        struct journal_row second = row_at(rng_below(&rng, rows));
        uint8_t spoilt[CHUNK_BYTES_MAX];

        memcpy(spoilt, first.value, first.size);
        spoilt[rng_below(&rng, first.size)] ^= (uint8_t)(1 + rng_below(&rng, 255));
        put_row(&first, spoilt);
        if (rng_coin(&rng))
            put_row(&second, NULL);
        ck_assert_int_eq(ck_assert_all_agree(), ST_CORRUPT);
        put_row(&first, first.value);
        put_row(&second, second.value);
    }
    ck_assert_int_eq(ck_assert_all_agree(), ST_OK);
}
END_TEST

static bool take_more(void *context, struct entry *entry)
{
    bool *told = context;

    if (entry->kind == ENTRY_LINE && !*told) {
        *told = true;
        entry->line.amount = nanos(4000000);
    }
    return true;
}

/* Hashes fit, so only the replay finds it: in the last frame, behind all that was read ahead. */
START_TEST(a_lie_is_told_alike)
{
    struct small_life life = live_long();
    bool told = false;

    books_moved(&books, life.agent, ACCOUNT_REVENUE_COMPUTE, 1, TRANSFER_COMPUTE);
    books_forge_entries(&books, take_more, &told);
    ck_assert(told);
    ck_assert_int_eq(ck_assert_all_agree(), ST_CORRUPT);
}
END_TEST

/* A frame so large that one thread reads it, between others. */
START_TEST(a_large_frame_has_its_place)
{
    struct small_life life = live_long();

    ck_assert_uint_gt(live_frame(&life, LARGE), AHEAD_FRAME_BYTES + AHEAD_FRAME_BYTES / 16);
    for (int frame = 0; frame < FRAMES; frame++)
        (void)live_frame(&life, TRANSFERS);
    ck_assert_int_eq(ck_assert_all_agree(), ST_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_threads");
    TCase *threads = tcase_create("threads");

    suite_add_tcase(suite, threads);
    tcase_add_checked_fixture(threads, setup, teardown);
    tcase_set_timeout(threads, 90);
    tcase_add_test(threads, true_books_pass);
    tcase_add_test(threads, spoilt_chunks_are_told_alike);
    tcase_add_test(threads, a_lie_is_told_alike);
    tcase_add_test(threads, a_large_frame_has_its_place);
    return check_main(suite);
}
