/*
 * What is held for ends of channels: that it is undone with the turn, written and read back, and
 * which rows are refused.
 */
#include "exchange/ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "exchange/parts.h"
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/reading.h"

enum { KEY_BYTES = 13, CUSTOMER = 4096, BUYER = 1, BORN = 2 };

static struct fixture fixture;
static struct exchange *exchange;
static struct store_memory *memory;
static struct store store;

static void make_exchange(void)
{
    const struct exchange_parts parts = {.channels = fixture.channels, .undo = fixture.undo};
    const struct exchange_env env = {0};

    ck_assert_int_eq(exchange_new(&exchange, &parts, &env), ST_OK);
}

static void setup(void)
{
    fixture = fixture_new();
    fixture_open(&fixture);
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    make_exchange();
    (void)ends_begin(exchange, fixture.buyer, CUSTOMER);
    (void)ends_begin(exchange, fixture.born, CUSTOMER);
    undo_commit(fixture.undo);
}

static void teardown(void)
{
    exchange_free(exchange);
    fixture_free(&fixture);
    store_memory_free(memory);
}

/* Save into the store; returns the number of operations that took. */
static uint64_t save(void)
{
    struct store_batch batch;
    struct fault fault;
    uint64_t count;

    store_batch_init(&batch);
    ends_save(exchange, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    count = batch.count;
    store_batch_fini(&batch);
    return count;
}

static enum status reload(struct fault *fault)
{
    exchange_free(exchange);
    make_exchange();
    return WITH_READ(&store, ends_load(exchange, &read, fault));
}

static void make_key(uint8_t key[KEY_BYTES], uint32_t interface, uint64_t id)
{
    be32_put(key, interface);
    key[4] = 4;
    be64_put(key + 5, id);
}

enum { FIELDS = 15 };

/*
 * Fields of a row that can be: the customer, eight amounts and six of the landing, of which `at` is
 * `amount`.
 */
static void encode(struct bytes *value, size_t at, uint64_t amount)
{
    bytes_clear(value);
    cbor_put_array(value, FIELDS);
    for (size_t i = 0; i < FIELDS; i++)
        cbor_put_uint(value, i == at ? amount : 0);
}

static void put(const uint8_t *key, size_t key_size, const struct bytes *value)
{
    struct store_batch batch;
    struct fault fault;

    store_batch_init(&batch);
    store_batch_put(&batch, STORE_LINK, key, key_size, value->data, value->size);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    store_batch_fini(&batch);
}

static void refused(const char *words)
{
    struct fault fault = {0};

    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    if (strstr(fault.text, words) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", words, fault.text);
}

START_TEST(only_what_changed_is_written)
{
    ck_assert_uint_eq(save(), 2);
    ck_assert_uint_eq(save(), 0);
    ends_change(exchange, fixture.born)->deposit = nanos(5);
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1);
    ends_change(exchange, fixture.born)->deposit = nanos(6);
    undo_rollback(fixture.undo);
    ck_assert_uint_eq(save(), 0);
    ck_assert_uint_eq(ends_held(exchange, fixture.born)->deposit.nanos, 5);
    ends_change(exchange, fixture.born)->deposit = nanos(7); /* again, in one frame */
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1);
}
END_TEST

START_TEST(every_field_is_read_back)
{
    struct exchange_end *held = ends_change(exchange, fixture.buyer);
    struct exchange_end before;
    const struct exchange_end *after;
    struct fault fault = {0};

    held->deposit = nanos(MONEY_NANOS_MAX);
    held->grant_reserve = nanos(2);
    held->answer_reserve = nanos(3);
    held->room_reserve = nanos(4);
    held->close_reserve = nanos(5);
    held->birth_money = nanos(6);
    held->asked_endowment = nanos(7);
    held->asked_fee = nanos(8);
    fixture.buyer->granted_packets = 13;
    held->landing = (struct landing){
        .buffer = UINT64_MAX, .offset = 9, .places = 10, .place_bytes = 11, .from = 12, .to = 13};
    undo_commit(fixture.undo);
    (void)save();
    before = *held;
    ck_assert_int_eq(reload(&fault), ST_OK);
    after = ends_held(exchange, fixture.buyer);
    ck_assert(after->id == before.id && after->customer == CUSTOMER && after->interface == 0);
    ck_assert_int_eq(
        memcmp(&after->deposit, &before.deposit,
               offsetof(struct exchange_end, counted) - offsetof(struct exchange_end, deposit)),
        0);
    ck_assert_uint_eq(save(), 0);
}
END_TEST

START_TEST(a_turn_that_is_undone_begins_and_ends_nothing)
{
    struct channel_message birth = {0};
    struct channel_end *bought =
        channels_buy(fixture.channels, fixture.undo, BUYER_AGENT, 1, &birth);

    ck_assert_uint_eq(save(), 2);
    (void)ends_begin(exchange, bought, CUSTOMER);
    ends_finish(exchange, ends_change(exchange, fixture.born));
    undo_rollback(fixture.undo);
    ck_assert_uint_eq(table_count(&exchange->ends), 2);
    ck_assert_uint_eq(ends_held(exchange, fixture.born)->id, BORN);
    ck_assert_uint_eq(save(), 0);
}
END_TEST

START_TEST(what_is_over_is_deleted_only_if_it_was_written)
{
    struct channel_message birth = {0};
    struct channel_end *bought =
        channels_buy(fixture.channels, fixture.undo, BUYER_AGENT, 1, &birth);

    ck_assert_uint_eq(save(), 2);
    ends_finish(exchange, ends_begin(exchange, bought, CUSTOMER));
    ends_finish(exchange, ends_held(exchange, fixture.born));
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1);
    ck_assert_uint_eq(save(), 0);
    ck_assert_uint_eq(table_count(&exchange->ends), 1);
}
END_TEST

START_TEST(an_end_without_its_row_is_noticed)
{
    uint8_t key[KEY_BYTES];

    (void)save();
    make_key(key, 0, BORN);
    ck_assert_int_eq(store_memory_damage(memory, STORE_LINK, key, sizeof key, STORE_MEMORY_DROP),
                     ST_OK);
    refused("the row with what is held for it is missing");
}
END_TEST

START_TEST(a_row_that_no_end_has_is_refused)
{
    uint8_t key[KEY_BYTES + 1] = {0};
    struct bytes value = {0};

    (void)save();
    encode(&value, 1, 5);
    make_key(key, _i == 0 ? 0 : 7, _i == 0 ? 99 : BORN); /* another id; or another interface */
    put(key, KEY_BYTES, &value);
    refused("there is no such end");
    bytes_fini(&value);
}
END_TEST

START_TEST(a_row_that_is_never_written_is_refused)
{
    static const char *const words[] = {"integer too large", "what is held for end 2",
                                        "has 14 bytes", "has 5 bytes"};
    uint8_t key[KEY_BYTES + 1] = {0};
    struct bytes value = {0};

    (void)save();
    make_key(key, 0, BORN);
    encode(&value, (size_t)(1 + _i % 8), _i < 8 ? (uint64_t)MONEY_NANOS_MAX + 1 : 0);
    if (_i == 8)
        cbor_put_uint(&value, 1); /* one too many */
    put(key, _i < 9 ? KEY_BYTES : _i == 9 ? KEY_BYTES + 1 : 5, &value);
    refused(words[_i < 8 ? 0 : _i - 7]);
    bytes_fini(&value);
}
END_TEST

START_TEST(a_landing_that_was_never_armed_is_refused)
{
    static const struct landing landings[] = {
        {.offset = 1},
        {.buffer = 1, .places = 1, .place_bytes = 1, .from = 2, .to = 2},
        {.buffer = 1, .places = 1, .from = 1, .to = 2},
        {.buffer = 1, .place_bytes = 1, .from = 1, .to = 2},
        {.buffer = 1, .places = 1, .place_bytes = 65537, .from = 1, .to = 2},
        {.buffer = 1, .places = 257, .place_bytes = 65536, .from = 1, .to = 2},
        {.buffer = 1, .offset = SERAI_BUFFER_BYTES_MAX, .places = 1, .place_bytes = 1, .to = 2},
        {.buffer = 1, .offset = UINT64_MAX, .places = 1, .place_bytes = 1, .to = 2},
        {.buffer = 1, .places = 1, .place_bytes = 1, .from = 1, .to = UINT64_MAX},
    };

    ends_change(exchange, fixture.buyer)->landing = landings[_i];
    undo_commit(fixture.undo);
    (void)save();
    refused("packets land");
}
END_TEST

START_TEST(an_end_that_was_given_up_holds_nothing)
{
    struct channel_message birth = {0};
    struct channel_message close;
    struct channel_end *bought =
        channels_buy(fixture.channels, fixture.undo, BUYER_AGENT, 1, &birth);
    struct fault fault = {0};
    bool tell;

    ends_begin(exchange, bought, CUSTOMER)->asked_fee = nanos(5); /* held nowhere */
    channels_sell(fixture.channels, bought, fixture.undo, &close, &tell);
    undo_commit(fixture.undo);
    (void)save();
    ck_assert_int_eq(reload(&fault), ST_OK);
    ends_change(exchange, bought)->close_reserve = nanos(1);
    undo_commit(fixture.undo);
    (void)save();
    refused("an end that was given up holds money");
}
END_TEST

START_TEST(rows_claim_what_is_claimed_in_memory)
{
    struct exchange_end *held = ends_change(exchange, fixture.born);
    struct ledger_claims *live = calloc(2, sizeof *live);
    struct ledger_claims *rows = live + 1;
    struct fault fault = {0};

    ck_assert_ptr_nonnull(live);
    held->deposit = nanos(1);
    held->grant_reserve = nanos(20);
    held->answer_reserve = nanos(300);
    held->room_reserve = nanos(4000);
    held->close_reserve = nanos(50000);
    held->birth_money = nanos(600000);
    held->asked_endowment = held->asked_fee = nanos(7000000); /* claims nothing */
    undo_commit(fixture.undo);
    (void)save();
    exchange_claims_live(exchange, live);
    ck_assert_int_eq(WITH_READ(&store, exchange_claims(&read, rows, &fault)), ST_OK);
    ck_assert_int_eq(memcmp(live, rows, sizeof *live), 0);
    ck_assert(live->by_account[ACCOUNT_DEPOSIT_CHANNEL] == 1);
    ck_assert(live->by_account[ACCOUNT_HELD_RESERVE] == 54320);
    ck_assert(live->by_account[ACCOUNT_HELD_BIRTH] == 600000);
    free(live);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what is held for ends");
    TCase *tcase = tcase_create("rows");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, only_what_changed_is_written);
    tcase_add_test(tcase, every_field_is_read_back);
    tcase_add_test(tcase, a_turn_that_is_undone_begins_and_ends_nothing);
    tcase_add_test(tcase, what_is_over_is_deleted_only_if_it_was_written);
    tcase_add_test(tcase, an_end_without_its_row_is_noticed);
    tcase_add_loop_test(tcase, a_row_that_no_end_has_is_refused, 0, 2);
    tcase_add_loop_test(tcase, a_row_that_is_never_written_is_refused, 0, 11);
    tcase_add_loop_test(tcase, a_landing_that_was_never_armed_is_refused, 0, 9);
    tcase_add_test(tcase, an_end_that_was_given_up_holds_nothing);
    tcase_add_test(tcase, rows_claim_what_is_claimed_in_memory);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
