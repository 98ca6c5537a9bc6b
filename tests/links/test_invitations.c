/* The table of invitations: what it keeps, what gives way, and its rows. */
#include "links/invitations.h"

#include <stdio.h>
#include <string.h>

#include "tests/check_main.h"

enum { KEY_BYTES = 13 };

static struct invitations *set;
static struct store_memory *memory;
static struct store store;
static struct fault fault;
static uint64_t frame;

static void setup(void)
{
    ck_assert_int_eq(invitations_new(&set), ST_OK);
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    frame = 0;
}

static void teardown(void)
{
    invitations_free(set);
    store_memory_free(memory);
}

static struct invitation wanted(uint8_t key, const char *name, uint64_t made_us)
{
    struct invitation one = {.made_us = made_us, .until_us = made_us + 100};

    (void)snprintf(one.name, sizeof one.name, "%s", name);
    one.key[0] = key;
    ck_assert_int_eq(money_from_nanos(&one.limit, 1000), ST_OK);
    return one;
}

static enum status add(uint8_t key, const char *name, uint64_t made_us)
{
    struct invitation one = wanted(key, name, made_us);
    const struct invitation *made;

    return invitations_add(set, &one, &made, &fault);
}

static const struct invitation *keyed(uint8_t key)
{
    struct invitation one = wanted(key, "", 0);

    return invitations_keyed(set, one.key);
}

static void commit(struct store_batch *batch)
{
    ck_assert_int_eq(store_commit(&store, batch, &fault), ST_OK);
    store_batch_fini(batch);
    frame++;
}

static void save(void)
{
    struct store_batch batch;

    store_batch_init(&batch);
    invitations_save(set, &batch);
    commit(&batch);
}

static enum status load(void)
{
    struct store_read read;
    enum status status;

    invitations_free(set);
    ck_assert_int_eq(invitations_new(&set), ST_OK);
    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    status = invitations_load(set, &read, &fault);
    store_read_end(&read);
    return status;
}

START_TEST(one_is_open_until_its_time_and_for_one_peer)
{
    const uint8_t peer[LINK_KEY_BYTES] = {9};

    ck_assert_int_eq(add(1, "inn", 10), ST_OK);
    ck_assert_uint_eq(keyed(1)->number, 1);
    ck_assert(invitation_is_open(keyed(1), 109) && !invitation_is_open(keyed(1), 110));
    ck_assert_str_eq(invitation_state_word(keyed(1), 110), "late");
    ck_assert_ptr_nonnull(invitations_named(set, "inn", 109));
    ck_assert_ptr_null(invitations_named(set, "inn", 110));
    ck_assert_uint_eq(money_nanos(invitations_limits(set, 109)), 1000);
    ck_assert_uint_eq(money_nanos(invitations_limits(set, 110)), 0);
    invitation_use(set, keyed(1), peer);
    ck_assert(!invitation_is_open(keyed(1), 11));
    ck_assert_str_eq(invitation_state_word(keyed(1), 11), "used");
    ck_assert_mem_eq(keyed(1)->peer, peer, sizeof peer);
}
END_TEST

START_TEST(names_and_keys_are_not_given_twice)
{
    ck_assert_int_eq(add(1, "inn", 0), ST_OK);
    ck_assert_int_eq(add(2, "inn", 5), ST_EXISTS);
    ck_assert_int_eq(add(1, "", 5), ST_EXISTS);
    ck_assert_int_eq(add(2, "0", 5), ST_INVALID);
    /* The name of one that is late is free; its key is known still. */
    ck_assert_int_eq(add(2, "inn", 100), ST_OK);
    ck_assert_int_eq(add(1, "", 100), ST_EXISTS);
}
END_TEST

START_TEST(the_open_ones_are_bounded_and_others_give_way)
{
    for (uint8_t i = 1; i <= INVITATIONS_OPEN_MAX; i++)
        ck_assert_int_eq(add(i, "", 0), ST_OK);
    ck_assert_int_eq(add(99, "", 0), ST_FULL);
    invitation_revoke(set, keyed(1));
    ck_assert_int_eq(add(99, "", 0), ST_OK);
    ck_assert_ptr_nonnull(keyed(1));
    /* All are late by now: as many as are kept, and the oldest are forgotten. */
    for (uint8_t i = 0; i < INVITATIONS_OPEN_MAX; i++)
        ck_assert_int_eq(add((uint8_t)(100 + i), "", 200), ST_OK);
    ck_assert_ptr_null(keyed(1));
    ck_assert_ptr_nonnull(keyed(99));
    save();
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_ptr_null(keyed(1));
    ck_assert_uint_eq(keyed(131)->number, 65);
}
END_TEST

START_TEST(rows_come_back_and_numbers_go_on)
{
    const uint8_t peer[LINK_KEY_BYTES] = {9};
    struct invitation before;

    ck_assert_int_eq(add(1, "inn", 10), ST_OK);
    ck_assert_int_eq(add(2, "", 20), ST_OK);
    save();
    invitation_use(set, keyed(1), peer);
    save();
    before = *keyed(1);
    ck_assert_int_eq(load(), ST_OK);
    ck_assert_mem_eq(keyed(1), &before, sizeof before);
    ck_assert(invitation_is_open(keyed(2), 30));
    ck_assert_int_eq(add(3, "", 30), ST_OK);
    ck_assert_uint_eq(keyed(3)->number, 3);
}
END_TEST

static void put_row(uint64_t number, const char *name, uint64_t until_us, uint64_t state,
                    uint8_t peer, size_t key_bytes)
{
    uint8_t key[KEY_BYTES] = {[4] = 11, [12] = (uint8_t)number};
    uint8_t bytes[LINK_KEY_BYTES] = {peer};
    struct store_batch batch;
    struct bytes value = {0};

    cbor_put_array(&value, 7);
    cbor_put_text(&value, name);
    cbor_put_bytes(&value, (uint8_t[LINK_KEY_BYTES]){7}, LINK_KEY_BYTES);
    cbor_put_uint(&value, 5);
    cbor_put_uint(&value, 10);
    cbor_put_uint(&value, until_us);
    cbor_put_uint(&value, state);
    cbor_put_bytes(&value, bytes, sizeof bytes);
    store_batch_init(&batch);
    store_batch_put(&batch, STORE_LINK, key, key_bytes, value.data, value.size);
    commit(&batch);
    bytes_fini(&value);
}

START_TEST(a_row_that_cannot_be_is_corrupt)
{
    static const struct {
        const char *name;
        uint64_t number;
        uint64_t until_us;
        uint64_t state;
        size_t key_bytes;
        const char *text;
        uint8_t peer;
    } cases[] = {
        {"", 1, 20, 0, KEY_BYTES, "", 0},
        {"0", 1, 20, 0, KEY_BYTES, "its name is none", 0},
        {"", 0, 20, 0, KEY_BYTES, "not above the one before", 0},
        {"", 1, 9, 0, KEY_BYTES, "ended before it was made", 0},
        {"", 1, 20, 3, KEY_BYTES, "invitation 1", 0},
        {"", 1, 20, 1, KEY_BYTES, "a peer goes with one that was used", 0},
        {"", 1, 20, 2, KEY_BYTES, "a peer goes with one that was used", 4},
        {"", 1, 20, 0, KEY_BYTES - 1, "has 12 bytes", 0},
    };

    put_row(cases[_i].number, cases[_i].name, cases[_i].until_us, cases[_i].state, cases[_i].peer,
            cases[_i].key_bytes);
    if (cases[_i].text[0] == '\0') {
        ck_assert_int_eq(load(), ST_OK);
        return;
    }
    ck_assert_int_eq(load(), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, cases[_i].text) != NULL, "%s", fault.text);
}
END_TEST

START_TEST(a_key_that_is_there_twice_is_corrupt)
{
    put_row(1, "", 20, 0, 0, KEY_BYTES);
    put_row(2, "", 20, 0, 0, KEY_BYTES);
    ck_assert_int_eq(load(), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "its key is there twice"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invitations");
    TCase *tcase = tcase_create("invitations");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_is_open_until_its_time_and_for_one_peer);
    tcase_add_test(tcase, names_and_keys_are_not_given_twice);
    tcase_add_test(tcase, the_open_ones_are_bounded_and_others_give_way);
    tcase_add_test(tcase, rows_come_back_and_numbers_go_on);
    tcase_add_loop_test(tcase, a_row_that_cannot_be_is_corrupt, 0, 8);
    tcase_add_test(tcase, a_key_that_is_there_twice_is_corrupt);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
