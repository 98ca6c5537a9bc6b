/* Closing frames: what is written, and only that. */
#include <signal.h>
#include <string.h>

#include "ledger/account.h"
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

static size_t count_ops(const struct store_batch *batch, enum store_table table)
{
    struct store_op op;
    size_t offset = 0;
    size_t count = 0;

    while (store_batch_next(batch, &offset, &op))
        if (op.table == table)
            count++;
    return count;
}

START_TEST(a_frame_with_nothing_in_it_is_closed_only_by_force)
{
    struct frame_header header;

    ck_assert(!ledger_frame_close(books.ledger, &books.batch, 5, 6, false, &header));
    ck_assert_uint_eq(books.batch.count, 0);
    ck_assert_uint_eq(ledger_frame(books.ledger), 1);
    ck_assert(ledger_frame_close(books.ledger, &books.batch, 5, 6, true, &header));
    ck_assert_uint_eq(header.frame, 1);
    ck_assert_uint_eq(header.site_time_us, 5);
    ck_assert_uint_eq(header.wall_us, 6);
    ck_assert_uint_eq(ledger_frame(books.ledger), 2);
    ck_assert_uint_eq(count_ops(&books.batch, STORE_ACCOUNT), 22);
    store_batch_clear(&books.batch);
    ck_assert(!ledger_frame_close(books.ledger, &books.batch, 7, 8, false, &header));
    ck_assert(ledger_frame_close(books.ledger, &books.batch, 7, 8, true, NULL));
    ck_assert_uint_eq(count_ops(&books.batch, STORE_ACCOUNT), 0);
    ck_assert_uint_eq(count_ops(&books.batch, STORE_JOURNAL), 1);
    ck_assert_uint_eq(count_ops(&books.batch, STORE_META), 1);
}
END_TEST

START_TEST(only_the_rows_of_changed_accounts_are_written)
{
    struct small_life life = books_live(&books);
    struct frame_header header;
    struct store_op op;
    uint64_t before = 0;
    size_t offset = 0;

    books_moved(&books, life.agent, life.customer, 1, TRANSFER_FUND);
    books_moved(&books, life.customer, life.agent, 1, TRANSFER_FUND);
    ck_assert(
        ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 0, false, &header));
    ck_assert_uint_eq(count_ops(&books.batch, STORE_ACCOUNT), 2);
    while (store_batch_next(&books.batch, &offset, &op)) {
        if (op.table != STORE_ACCOUNT)
            continue;
        ck_assert(be64_get(op.key) == life.agent || be64_get(op.key) == life.customer);
        ck_assert_uint_gt(be64_get(op.key), before); /* in the order of the table */
        before = be64_get(op.key);
    }
    ck_assert_uint_eq(header.events, 2);
    ck_assert_uint_eq(header.lines, 2);
    ck_assert_uint_eq(header.chunks, 2);
}
END_TEST

START_TEST(a_line_of_no_money_writes_no_account)
{
    struct small_life life = books_live(&books);
    struct event event = tick_event(&books);

    ledger_event_begin(books.ledger);
    ledger_transfer_checked(books.ledger, &(struct transfer){.debit = life.agent,
                                                             .credit = ACCOUNT_REVENUE_COMPUTE,
                                                             .code = TRANSFER_COMPUTE,
                                                             .quantity = 3,
                                                             .carry = 300});
    (void)ledger_event_end(books.ledger, &event);
    ck_assert(ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 0, false, NULL));
    ck_assert_uint_eq(count_ops(&books.batch, STORE_ACCOUNT), 0);
    ck_assert_int_eq(store_commit(&books.store, &books.batch, NULL), ST_OK);
    store_batch_clear(&books.batch);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(an_event_without_lines_leaves_no_record)
{
    struct event event = tick_event(&books);
    struct frame_header header;

    (void)books_frame_done(&books);
    ledger_event_begin(books.ledger);
    (void)ledger_event_end(books.ledger, &event);
    ck_assert_int_eq(books_move(&books, ACCOUNT_UNCLAIMED, ACCOUNT_TREASURY, 1, TRANSFER_FUND),
                     TRANSFER_SHORT_OF_FUNDS);
    ck_assert(
        !ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 0, false, &header));
}
END_TEST

START_TEST(the_head_is_the_published_chain_over_leaf_hashes)
{
    struct hash previous;
    struct frame_header header;
    struct store_op op;
    size_t offset = 0;
    struct bytes chain = {.data = NULL};
    struct hash want;

    (void)books_live(&books);
    previous = ledger_head(books.ledger);
    books_moved(&books, ACCOUNT_TREASURY, ACCOUNT_UNCLAIMED, 9, TRANSFER_MONEY_IN);
    ck_assert(ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 0, true, &header));
    bytes_append(&chain, previous.bytes, HASH_BYTES);
    while (store_batch_next(&books.batch, &offset, &op)) {
        uint8_t bytes[1 + CHUNK_BYTES_MAX] = {0x00};
        struct hash leaf;

        if (op.table != STORE_JOURNAL)
            continue;
        ck_assert_int_eq(op.kind, STORE_OP_APPEND);
        memcpy(bytes + 1, op.value, op.value_size);
        leaf = hash_of(bytes, 1 + op.value_size);
        bytes_append(&chain, leaf.bytes, HASH_BYTES);
    }
    ck_assert_uint_eq(chain.size, HASH_BYTES * (1 + header.chunks));
    want = hash_of(chain.data, chain.size);
    ck_assert(hash_equal(&want, &header.head));
    ck_assert(hash_equal(&previous, &header.previous));
    bytes_fini(&chain);
}
END_TEST

START_TEST(the_first_frame_follows_a_head_of_zeros)
{
    static const struct hash zeros;
    struct frame_header header = books_frame_done(&books);

    ck_assert(hash_equal(&header.previous, &zeros));
    ck_assert(!hash_equal(&header.head, &zeros));
}
END_TEST

START_TEST(chunks_are_full_but_for_the_last)
{
    uint64_t agent = books_account(&books, KIND_AGENT, 0);
    struct frame_header header;
    struct store_op op;
    size_t offset = 0;
    uint64_t chunks = 0;
    size_t bytes;

    books_moved(&books, ACCOUNT_TREASURY, agent, 1000000, TRANSFER_MONEY_IN);
    for (int i = 0; i < 200; i++)
        books_moved(&books, agent, ACCOUNT_REVENUE_COMPUTE, 1, TRANSFER_COMPUTE);
    bytes = ledger_frame_bytes(books.ledger);
    ck_assert(ledger_frame_close(books.ledger, &books.batch, 0, 0, true, &header));
    ck_assert_uint_eq(header.lines, 201);
    ck_assert_uint_eq(header.events, 202);
    /* A header, and 202 events of 35 bytes with lines of 10: three chunks. */
    ck_assert_uint_eq(header.chunks, 4);
    while (store_batch_next(&books.batch, &offset, &op)) {
        if (op.table != STORE_JOURNAL)
            continue;
        chunks++;
        bytes -= chunks == 1 ? 0 : op.value_size;
        if (chunks == 1)
            ck_assert_uint_eq(op.value_size, CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES);
        else if (chunks < header.chunks)
            ck_assert_uint_gt(op.value_size, CHUNK_BYTES_MAX - 35);
        else
            ck_assert_uint_lt(op.value_size, CHUNK_BYTES_MAX / 2);
    }
    ck_assert_uint_eq(chunks, header.chunks);
    ck_assert_uint_eq(bytes, 0); /* the frame said what it will write */
    ck_assert_int_eq(store_commit(&books.store, &books.batch, NULL), ST_OK);
    store_batch_clear(&books.batch);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(the_same_calls_give_the_same_bytes)
{
    struct books other;
    struct rng rng;
    struct rng same;
    struct hash first;
    struct hash second;

    books_open(&other);
    rng_init(&rng, 42);
    rng_init(&same, 42);
    books_live_random(&books, &rng, 5, 200);
    books_live_random(&other, &same, 5, 200);
    first = ledger_head(books.ledger);
    second = ledger_head(other.ledger);
    ck_assert(hash_equal(&first, &second));
    (void)books_move(&books, ACCOUNT_TREASURY, ACCOUNT_UNCLAIMED, 10, TRANSFER_MONEY_IN);
    (void)books_move(&other, ACCOUNT_TREASURY, ACCOUNT_UNCLAIMED, 10, TRANSFER_MONEY_IN);
    ck_assert(ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 7, true, NULL));
    ck_assert(ledger_frame_close(other.ledger, &other.batch, other.site_time_us, 7, true, NULL));
    ck_assert_uint_eq(books.batch.ops.size, other.batch.ops.size);
    ck_assert_mem_eq(books.batch.ops.data, other.batch.ops.data, other.batch.ops.size);
    books_close(&other);
}
END_TEST

START_TEST(site_time_that_falls_stops)
{
    (void)books_frame_done(&books);
    (void)ledger_frame_close(books.ledger, &books.batch, books.site_time_us - 1, 0, true, NULL);
}
END_TEST

START_TEST(closing_within_an_event_stops)
{
    ledger_event_begin(books.ledger);
    (void)ledger_frame_close(books.ledger, &books.batch, books.site_time_us, 0, true, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/frame");
    TCase *close = tcase_create("close");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_checked_fixture(close, setup, teardown);
    tcase_add_checked_fixture(aborts, setup, teardown);
    tcase_add_test(close, a_frame_with_nothing_in_it_is_closed_only_by_force);
    tcase_add_test(close, only_the_rows_of_changed_accounts_are_written);
    tcase_add_test(close, a_line_of_no_money_writes_no_account);
    tcase_add_test(close, an_event_without_lines_leaves_no_record);
    tcase_add_test(close, the_head_is_the_published_chain_over_leaf_hashes);
    tcase_add_test(close, the_first_frame_follows_a_head_of_zeros);
    tcase_add_test(close, chunks_are_full_but_for_the_last);
    tcase_add_test(close, the_same_calls_give_the_same_bytes);
    tcase_add_test_raise_signal(aborts, site_time_that_falls_stops, SIGABRT);
    tcase_add_test_raise_signal(aborts, closing_within_an_event_stops, SIGABRT);
    suite_add_tcase(suite, close);
    return check_main(suite);
}
