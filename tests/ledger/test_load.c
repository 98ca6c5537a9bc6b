/* Starting from a store, and what must stop a start. */
#include <string.h>

#include "ledger/account.h"
#include "ledger/record.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"

static struct books books;

static void setup(void)
{
    books_open(&books);
}

static void teardown(void)
{
    books_close(&books);
}

/* Under the sanitizers one bit of each byte: all bits of one take the same way. */
#ifdef SERAI_SANITIZED
enum { BITS_APART = 9 };
#else
enum { BITS_APART = 1 };
#endif

START_TEST(an_empty_store_is_a_fresh_ledger)
{
    struct ledger *ledger;
    struct fault fault;

    ck_assert_int_eq(ledger_new(&ledger), ST_OK);
    ck_assert_int_eq(WITH_READ(&books.store, ledger_load(ledger, &read, &fault)), ST_OK);
    ck_assert_uint_eq(ledger_frame(ledger), 1);
    ck_assert_ptr_nonnull(ledger_account(ledger, ACCOUNT_TREASURY));
    ledger_free(ledger);
}
END_TEST

START_TEST(what_was_committed_comes_back_and_goes_on)
{
    struct small_life life = books_live(&books);
    struct ledger *loaded;
    struct fault fault;
    uint64_t agent;

    ck_assert_verifies(&books);
    ck_assert_int_eq(ledger_new(&loaded), ST_OK);
    ck_assert_int_eq(WITH_READ(&books.store, ledger_load(loaded, &read, &fault)), ST_OK);
    ledger_free(books.ledger);
    books.ledger = loaded;
    ck_assert(ledger_account(loaded, life.dead)->closed);
    ck_assert_int_eq(books_move(&books, life.agent, life.dead, 1, TRANSFER_FUND),
                     TRANSFER_NO_ACCOUNT);
    agent = books_account(&books, KIND_AGENT, life.customer);
    ck_assert_uint_eq(agent, life.dead + 1);
    books_moved(&books, life.agent, agent, 5, TRANSFER_ENDOWMENT);
    (void)books_frame_done(&books);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(what_was_not_committed_is_gone)
{
    struct small_life life = books_live(&books);
    struct ledger *loaded;
    struct money before = ledger_balance(books.ledger, life.agent);
    struct fault fault;

    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
    ck_assert_int_eq(ledger_new(&loaded), ST_OK);
    ck_assert_int_eq(WITH_READ(&books.store, ledger_load(loaded, &read, &fault)), ST_OK);
    ck_assert_int_eq(money_compare(ledger_balance(loaded, life.agent), before), 0);
    ledger_free(loaded);
}
END_TEST

static void damage(enum store_table table, const void *key, size_t key_size, size_t bit)
{
    ck_assert_int_eq(store_memory_damage(books.memory, table, key, key_size, bit), ST_OK);
}

START_TEST(every_damaged_bit_of_an_account_row_stops_the_start)
{
    struct small_life life = books_live(&books);
    uint8_t key[ACCOUNT_KEY_BYTES];

    be64_put(key, life.agent);
    for (size_t bit = 0; bit < ACCOUNT_ROW_BYTES * 8; bit += BITS_APART) {
        damage(STORE_ACCOUNT, key, sizeof key, bit);
        ck_assert_load_names(&books, "account");
        ck_assert_verify_names(&books, "account");
        damage(STORE_ACCOUNT, key, sizeof key, bit);
    }
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(every_damaged_bit_of_the_frame_header_stops_the_start)
{
    static const uint8_t key = META_FRAME_HEADER;
    size_t bit;

    (void)books_live(&books);
    for (bit = 0; store_memory_damage(books.memory, STORE_META, &key, 1, bit) == ST_OK;
         bit += BITS_APART) {
        ck_assert_load_names(&books, "meta");
        ck_assert_verify_names(&books, "meta");
        damage(STORE_META, &key, 1, bit);
    }
    ck_assert_uint_gt(bit, 600);
    ck_assert_verifies(&books);
}
END_TEST

START_TEST(every_damaged_bit_of_the_last_frame_stops_the_start)
{
    uint8_t key[JOURNAL_KEY_BYTES];

    (void)books_live(&books);
    for (uint32_t chunk = 0; chunk < ledger_last_frame(books.ledger)->chunks; chunk++) {
        size_t bit;

        chunk_key(key, 4, chunk);
        for (bit = 0;
             store_memory_damage(books.memory, STORE_JOURNAL, key, sizeof key, bit) == ST_OK;
             bit += BITS_APART) {
            ck_assert_load_names(&books, "journal");
            damage(STORE_JOURNAL, key, sizeof key, bit);
        }
        ck_assert_uint_gt(bit, 8 * CHUNK_HEADER_BYTES);
    }
    ck_assert_verifies(&books);
}
END_TEST

/* Rows whose own hash is right, but which do not agree: a wrong program or a hand in the file. */
static void put_account(const struct account *account, uint64_t frame)
{
    uint8_t row[ACCOUNT_ROW_BYTES];
    uint8_t key[ACCOUNT_KEY_BYTES];

    account_encode(row, account, frame);
    be64_put(key, account->id);
    books_put_row(&books, STORE_ACCOUNT, key, sizeof key, row, sizeof row);
}

static void drop_account(uint64_t id)
{
    uint8_t key[ACCOUNT_KEY_BYTES];

    be64_put(key, id);
    books_put_row(&books, STORE_ACCOUNT, key, sizeof key, NULL, 0);
}

START_TEST(an_account_with_other_money_makes_the_sum_wrong)
{
    struct small_life life = books_live(&books);
    struct account account = *ledger_account(books.ledger, life.agent);

    account.credits++;
    put_account(&account, 4);
    ck_assert_load_names(&books, "the sum is not 0");
    ck_assert_verify_names(&books, "agent:4097: the row differs from the journal in: credits");
}
END_TEST

START_TEST(a_missing_account_is_named)
{
    struct small_life life = books_live(&books);

    drop_account(life.customer);
    ck_assert_load_names(&books, "account 4096: missing, the next row is 4097");
    ck_assert_verify_names(&books, "customer:4096: its account row is missing");
}
END_TEST

START_TEST(a_missing_last_account_is_named)
{
    struct small_life life = books_live(&books);

    drop_account(life.dead);
    ck_assert_load_names(&books, "account 4098: missing");
    ck_assert_verify_names(&books, "agent:4098: its account row is missing");
}
END_TEST

START_TEST(a_missing_own_account_is_named)
{
    (void)books_live(&books);
    drop_account(ACCOUNT_HELD_BIRTH);
    ck_assert_load_names(&books, "held:birth");
    ck_assert_verify_names(&books, "held:birth: its account row is missing");
}
END_TEST

START_TEST(an_account_too_many_is_named)
{
    struct account account = {
        .id = 4099, .kind = KIND_AGENT, .class = ACCOUNT_NO_OVERDRAFT, .opened_frame = 1};

    (void)books_live(&books);
    put_account(&account, 4);
    ck_assert_load_names(&books, "account 4100: missing, the frame header says that the next is "
                                 "4099");
    ck_assert_verify_names(&books, "account 4099: the journal never opened it");
}
END_TEST

START_TEST(a_row_of_a_later_frame_is_named)
{
    struct small_life life = books_live(&books);

    put_account(ledger_account(books.ledger, life.agent), 5);
    ck_assert_load_names(&books, "account 4097: it is of frame 5, after the last frame, 4");
    ck_assert_verify_names(&books, "agent:4097: the row is of frame 5");
}
END_TEST

START_TEST(a_row_older_than_its_last_change_is_named)
{
    struct small_life life = books_live(&books);

    put_account(ledger_account(books.ledger, life.agent), 2);
    ck_assert_verify_names(&books,
                           "agent:4097: the row is of frame 2, the last that changed it is 3");
}
END_TEST

START_TEST(rows_without_a_frame_header_are_corrupt)
{
    static const uint8_t key = META_FRAME_HEADER;

    (void)books_live(&books);
    books_put_row(&books, STORE_META, &key, 1, NULL, 0);
    ck_assert_load_names(&books, "meta row 1: the frame header is missing, but table journal has");
    ck_assert_verify_names(&books, "meta row 1: the frame header is missing");
}
END_TEST

START_TEST(a_last_frame_that_is_cut_off_is_named)
{
    uint8_t key[JOURNAL_KEY_BYTES];

    (void)books_live(&books);
    for (uint32_t chunk = 0; chunk < ledger_last_frame(books.ledger)->chunks; chunk++) {
        chunk_key(key, 4, chunk);
        books_put_row(&books, STORE_JOURNAL, key, sizeof key, NULL, 0);
    }
    ck_assert_load_names(&books, "frame 4 chunk 0: missing");
    ck_assert_verify_names(&books, "frame 4 chunk 0: missing, as is the frame");
}
END_TEST

START_TEST(a_chunk_after_the_last_frame_is_named)
{
    uint8_t key[JOURNAL_KEY_BYTES];
    uint8_t chunk[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES] = {0};

    (void)books_live(&books);
    chunk_put_header(chunk, 5);
    chunk_key(key, 5, 0);
    books_put_row(&books, STORE_JOURNAL, key, sizeof key, chunk, sizeof chunk);
    ck_assert_load_names(&books, "frame 5 chunk 0: it lies after the last frame");
    ck_assert_verify_names(&books, "frame 5 chunk 0: it lies after the last frame");
}
END_TEST

START_TEST(random_lives_come_back_after_every_frame)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 10; round++) {
        books_live_random(&books, &rng, 2, 150);
        ck_assert_verifies(&books);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/load");
    TCase *load = tcase_create("load");

    tcase_add_checked_fixture(load, setup, teardown);
    tcase_set_timeout(load, 60);
    tcase_add_test(load, an_empty_store_is_a_fresh_ledger);
    tcase_add_test(load, what_was_committed_comes_back_and_goes_on);
    tcase_add_test(load, what_was_not_committed_is_gone);
    tcase_add_test(load, every_damaged_bit_of_an_account_row_stops_the_start);
    tcase_add_test(load, every_damaged_bit_of_the_frame_header_stops_the_start);
    tcase_add_test(load, every_damaged_bit_of_the_last_frame_stops_the_start);
    tcase_add_test(load, an_account_with_other_money_makes_the_sum_wrong);
    tcase_add_test(load, a_missing_account_is_named);
    tcase_add_test(load, a_missing_last_account_is_named);
    tcase_add_test(load, a_missing_own_account_is_named);
    tcase_add_test(load, an_account_too_many_is_named);
    tcase_add_test(load, a_row_of_a_later_frame_is_named);
    tcase_add_test(load, a_row_older_than_its_last_change_is_named);
    tcase_add_test(load, rows_without_a_frame_header_are_corrupt);
    tcase_add_test(load, a_last_frame_that_is_cut_off_is_named);
    tcase_add_test(load, a_chunk_after_the_last_frame_is_named);
    tcase_add_test(load, random_lives_come_back_after_every_frame);
    suite_add_tcase(suite, load);
    return check_main(suite);
}
