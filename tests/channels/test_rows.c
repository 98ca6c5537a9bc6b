/* Rows: what is written, what is read back, and what is refused. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/reading.h"

#include <string.h>

enum { KEY_BYTES = 13 };

static struct fixture fixture;
static struct store_memory *memory;
static struct store store;

static void setup(void)
{
    fixture = fixture_new();
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
}

static void teardown(void)
{
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
    channels_save(fixture.channels, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    count = batch.count;
    store_batch_fini(&batch);
    return count;
}

/* Read the store into a new set, which replaces the fixture's. */
static enum status reload(struct fault *fault)
{
    channels_free(fixture.channels);
    ck_assert_int_eq(channels_new(&fixture.channels), ST_OK);
    return WITH_READ(&store, channels_load(fixture.channels, &read, fault));
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

static void make_key(uint8_t key[KEY_BYTES], uint32_t interface, uint8_t kind, uint64_t id)
{
    be32_put(key, interface);
    key[4] = kind;
    be64_put(key + 5, id);
}

START_TEST(an_empty_set_writes_nothing_and_reads_back_empty)
{
    struct fault fault;

    ck_assert_uint_eq(save(), 0);
    ck_assert_int_eq(reload(&fault), ST_OK);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

START_TEST(only_what_changed_is_written)
{
    fixture_open(&fixture);
    ck_assert_uint_eq(save(), 3); /* the counters and two ends */
    ck_assert(!fixture.buyer->dirty);
    ck_assert_uint_eq(save(), 0);
    channel_change(fixture.buyer, fixture.undo);
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1);
    channel_change(fixture.buyer, fixture.undo);
    undo_rollback(fixture.undo);
    ck_assert_uint_eq(save(), 0);
}
END_TEST

START_TEST(rows_are_written_in_order_of_id)
{
    struct store_batch batch;
    struct store_op op;
    size_t offset = 0;
    uint64_t last = 0;

    for (int i = 0; i < 40; i++)
        fixture_open(&fixture);
    store_batch_init(&batch);
    channels_save(fixture.channels, &batch);
    ck_assert_uint_eq(batch.count, 81);
    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert_uint_eq(op.key[4], 0);
    while (store_batch_next(&batch, &offset, &op)) {
        ck_assert_int_eq(op.table, STORE_LINK);
        ck_assert_uint_eq(op.key_size, KEY_BYTES);
        ck_assert_uint_gt(be64_get(op.key + 5), last);
        last = be64_get(op.key + 5);
    }
    store_batch_fini(&batch);
}
END_TEST

START_TEST(a_removed_end_is_deleted_only_if_it_was_written)
{
    struct channel_message message;
    struct fault fault;
    bool flag;

    fixture_open(&fixture);
    ck_assert_uint_eq(save(), 3);
    channels_sell(fixture.channels, fixture.buyer, fixture.undo, &message, &flag);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, fixture.buyer, fixture.undo),
                     CHANNEL_FINE);
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1);
    ck_assert_uint_eq(save(), 0);
    ck_assert_int_eq(reload(&fault), ST_OK);
    ck_assert_uint_eq(channels_count(fixture.channels), 1);

    (void)channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    channels_refuse(&message, -1, &message);
    ck_assert_int_eq(
        channels_receive_answer(fixture.channels,
                                channels_at(fixture.channels, 1, message.number, CHANNEL_BUYER),
                                fixture.undo, &message),
        CHANNEL_FINE);
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 1); /* the counters: its number stays used */
}
END_TEST

static struct channel_end full_end(void)
{
    return (struct channel_end){.id = 1,
                                .owner = UINT64_MAX,
                                .interface = 3,
                                .number = 2,
                                .side = CHANNEL_BUYER,
                                .state = CHANNEL_OPEN,
                                .granted_packets = 12,
                                .granted_bytes = 1200,
                                .received_packets = 11,
                                .received_bytes = 1100,
                                .window_packets = 22,
                                .window_bytes = 2200,
                                .sent_packets = 21,
                                .sent_bytes = 2100,
                                .room_asked = true,
                                .priority = CHANNEL_PRIORITY_MAX};
}

/* Put *end into the store as the only one, by way of a set that believes all. */
static void store_end(const struct channel_end *end)
{
    struct channel_message birth;
    struct channel_end *made =
        channels_buy(fixture.channels, fixture.undo, end->owner, end->interface, &birth);

    ck_assert_uint_eq(made->id, end->id);
    ck_assert_uint_eq(made->number, 2);
    *made = *end;
    made->dirty = true;
    undo_commit(fixture.undo);
    ck_assert_uint_eq(save(), 2);
}

START_TEST(every_field_of_an_end_is_read_back)
{
    struct channel_end end = full_end();
    struct fault fault;

    store_end(&end);
    ck_assert_int_eq(reload(&fault), ST_OK);
    ck_assert_uint_eq(channels_count(fixture.channels), 1);
    ck_assert(ends_equal(channels_find(fixture.channels, 1), &end));
    ck_assert_ptr_eq(channels_at(fixture.channels, 3, 2, CHANNEL_BUYER),
                     channels_find(fixture.channels, 1));
    ck_assert_uint_eq(save(), 0);
}
END_TEST

START_TEST(counters_go_on_after_reading_back)
{
    struct channel_message birth;
    struct channel_end *end;
    struct fault fault;

    for (int i = 0; i < 3; i++)
        (void)channels_buy(fixture.channels, fixture.undo, 1, 9, &birth);
    undo_commit(fixture.undo);
    (void)save();
    ck_assert_int_eq(reload(&fault), ST_OK);
    end = channels_buy(fixture.channels, fixture.undo, 1, 9, &birth);
    ck_assert_uint_eq(end->id, 4);
    ck_assert_uint_eq(end->number, 8);
    end = channels_buy(fixture.channels, fixture.undo, 1, 8, &birth);
    ck_assert_uint_eq(end->number, 2);
}
END_TEST

/* What no order and no message makes is refused, and the set stays empty. */
START_TEST(an_end_that_makes_no_sense_is_corrupt)
{
    struct channel_end end = full_end();
    struct fault fault = {0};

    switch (_i) {
    case 0:
        end.received_packets = 13;
        break;
    case 1:
        end.received_bytes = 1201;
        break;
    case 2:
        end.sent_packets = 23;
        break;
    case 3:
        end.sent_bytes = 2201;
        break;
    case 4:
        end.granted_packets = 11 + CHANNEL_GRANT_PACKETS_MAX + 1;
        break;
    case 5:
        end.granted_bytes = 1100 + CHANNEL_GRANT_BYTES_MAX + 1;
        break;
    case 6:
        end.window_packets = 21 + CHANNEL_GRANT_PACKETS_MAX + 1;
        break;
    case 7:
        end.window_bytes = 2100 + CHANNEL_GRANT_BYTES_MAX + 1;
        break;
    case 8:
        end.state = CHANNEL_FAR_CLOSED; /* and room is asked */
        break;
    case 9:
        end.state = CHANNEL_PENDING;
        end.room_asked = false; /* and there is credit */
        break;
    case 10:
        end = (struct channel_end){.id = 1, .interface = 3, .number = 2, .side = CHANNEL_BORN};
        break;
    case 11:
        end.number = 3;
        break;
    case 12:
        end.number = 0;
        break;
    case 13:
        end.number = 4; /* the counter says 2 was the last */
        break;
    case 14:
        end.state = (enum channel_state)(CHANNEL_GIVEN_UP + 1);
        break;
    case 15:
        end.side = (enum channel_side)2;
        break;
    case 16:
        end.priority = CHANNEL_PRIORITY_MAX + 1;
        break;
    default:
        end.granted_packets = end.received_packets = UINT64_MAX;
        break;
    }
    store_end(&end);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "channel end 1 of interface 3"));
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

START_TEST(a_damaged_or_missing_row_of_counters_is_corrupt)
{
    struct bytes value = {0};
    uint8_t key[KEY_BYTES];
    struct fault fault = {0};

    fixture_open(&fixture);
    ck_assert_uint_eq(save(), 3);
    make_key(key, 0, 0, 0);
    bytes_append(&value, "\x82\x01\x80", 3); /* next id 1: below those in use */
    put(key, sizeof key, &value);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "above the counter"));
    bytes_clear(&value);
    bytes_append(&value, "\x82\x03\x81\x00", 4); /* half a pair */
    put(key, sizeof key, &value);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    bytes_clear(&value);
    bytes_append(&value, "\x82\x03\x84\x01\x04\x00\x04", 7); /* interfaces that fall */
    put(key, sizeof key, &value);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    ck_assert_int_eq(store_memory_damage(memory, STORE_LINK, key, sizeof key, STORE_MEMORY_DROP),
                     ST_OK);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    bytes_fini(&value);
}
END_TEST

START_TEST(two_ends_at_one_place_are_corrupt)
{
    struct channel_end end = full_end();
    struct bytes value = {0};
    struct channel_message birth;
    struct store_batch batch;
    struct store_op op;
    size_t offset = 0;
    struct fault fault = {0};
    uint8_t key[KEY_BYTES];

    *channels_buy(fixture.channels, fixture.undo, 1, 3, &birth) = end;
    (void)channels_buy(fixture.channels, fixture.undo, 1, 3, &birth);
    undo_commit(fixture.undo);
    channel_change(channels_find(fixture.channels, 1), fixture.undo);
    undo_commit(fixture.undo);
    store_batch_init(&batch);
    channels_save(fixture.channels, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    while (store_batch_next(&batch, &offset, &op))
        if (op.key[4] == 1 && be64_get(op.key + 5) == 2) {
            bytes_append(&value, op.value, op.value_size);
        }
    make_key(key, 3, 1, 1);
    put(key, sizeof key, &value); /* end 1 now says what end 2 says */
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "twice"));
    store_batch_fini(&batch);
    bytes_fini(&value);
}
END_TEST

static enum status decode_row(struct channel_end *end, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t value_size)
{
    const struct store_row row = {.table = STORE_LINK,
                                  .key = key,
                                  .key_size = key_size,
                                  .value = value,
                                  .value_size = value_size};
    struct fault fault = {0};

    return channels_row_decode(end, &row, &fault);
}

START_TEST(rows_of_links_are_passed_over)
{
    struct bytes value = {0};
    uint8_t key[KEY_BYTES];
    struct channel_end end;
    struct fault fault = {0};

    bytes_append(&value, "anything", 8);
    make_key(key, 1, 2, 7);
    put(key, sizeof key, &value);
    put(key, 4, &value);
    make_key(key, 1, 0, 0);
    put(key, sizeof key, &value);
    ck_assert_int_eq(reload(&fault), ST_OK);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
    ck_assert_int_eq(decode_row(&end, key, sizeof key, value.data, value.size), ST_MISSING);
    bytes_fini(&value);
}
END_TEST

START_TEST(a_key_or_value_that_is_never_written_is_corrupt)
{
    static const uint8_t value[] = {0x80};
    struct channel_end end = {.id = 99};
    uint8_t key[KEY_BYTES + 1] = {0};

    make_key(key, 1, 1, 5);
    ck_assert_int_eq(decode_row(&end, key, KEY_BYTES, value, sizeof value), ST_CORRUPT);
    ck_assert_int_eq(decode_row(&end, key, KEY_BYTES + 1, value, 1), ST_CORRUPT);
    ck_assert_int_eq(decode_row(&end, key, KEY_BYTES - 1, value, 1), ST_CORRUPT);
    make_key(key, UINT32_MAX, 1, 5);
    ck_assert_int_eq(decode_row(&end, key, KEY_BYTES, value, 1), ST_CORRUPT);
    make_key(key, 1, 1, 0);
    ck_assert_int_eq(decode_row(&end, key, KEY_BYTES, value, 1), ST_CORRUPT);
    ck_assert_uint_eq(end.id, 99); /* a call that fails changes nothing */
}
END_TEST

START_TEST(a_flipped_bit_in_the_store_is_corrupt)
{
    uint8_t key[KEY_BYTES];
    struct fault fault = {0};

    fixture_open(&fixture);
    ck_assert_uint_eq(save(), 3);
    make_key(key, 0, 1, 2);
    ck_assert_int_eq(store_memory_damage(memory, STORE_LINK, key, sizeof key, 9), ST_OK);
    ck_assert_int_eq(reload(&fault), ST_CORRUPT);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel rows");
    TCase *tcase = tcase_create("rows");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_empty_set_writes_nothing_and_reads_back_empty);
    tcase_add_test(tcase, only_what_changed_is_written);
    tcase_add_test(tcase, rows_are_written_in_order_of_id);
    tcase_add_test(tcase, a_removed_end_is_deleted_only_if_it_was_written);
    tcase_add_test(tcase, every_field_of_an_end_is_read_back);
    tcase_add_test(tcase, counters_go_on_after_reading_back);
    tcase_add_loop_test(tcase, an_end_that_makes_no_sense_is_corrupt, 0, 18);
    tcase_add_test(tcase, a_damaged_or_missing_row_of_counters_is_corrupt);
    tcase_add_test(tcase, two_ends_at_one_place_are_corrupt);
    tcase_add_test(tcase, rows_of_links_are_passed_over);
    tcase_add_test(tcase, a_key_or_value_that_is_never_written_is_corrupt);
    tcase_add_test(tcase, a_flipped_bit_in_the_store_is_corrupt);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
