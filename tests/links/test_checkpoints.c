/* Checkpoints of links: what is kept, how it is read back, and what is refused. */
#include "tests/links/link_fixture.h"
#include "tests/reading.h"

#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 13 };

static struct peer a;
static struct peer b;

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_meet(&a, &b);
    peer_send(&a, 5);
    peer_send(&b, 9);
    peers_settle(&a, &b);
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
}

static size_t count(void)
{
    const struct link_checkpoint *first;

    return links_checkpoints(a.links, &first);
}

static const struct link_checkpoint *named(const char *name)
{
    return link_checkpoint_named(a.links, a.link, name);
}

START_TEST(a_checkpoint_keeps_the_totals_of_its_moment)
{
    link_checkpoint_set(a.links, a.link, "start", 77);
    peer_send(&a, 1000);
    peers_settle(&a, &b);
    ck_assert(named("start")->sent_total == 5 && named("start")->received_total == 9);
    ck_assert_uint_eq(named("start")->site_time_us, 77);
    ck_assert(a.link->sent_total == 1005);
    ck_assert_ptr_null(named("end"));
}
END_TEST

START_TEST(checkpoints_come_back_in_their_order)
{
    const struct link_checkpoint *all;

    for (int i = 0; i < 3; i++) {
        char name[8];

        (void)snprintf(name, sizeof name, "c%d", 9 - i);
        link_checkpoint_set(a.links, a.link, name, (uint64_t)i);
    }
    link_checkpoint_drop(a.links, named("c8"));
    ck_assert_uint_eq(peer_save(&a), 1);
    ck_assert_uint_eq(peer_save(&a), 0);
    peer_reload(&a);
    ck_assert_uint_eq(links_checkpoints(a.links, &all), 2);
    ck_assert_str_eq(all[0].name, "c9");
    ck_assert_str_eq(all[1].name, "c7");
    ck_assert(all[1].sent_total == 5 && all[1].received_total == 9);
    ck_assert_uint_eq(all[1].site_time_us, 2);
    link_checkpoint_drop(a.links, named("c9"));
    link_checkpoint_drop(a.links, named("c7"));
    ck_assert_uint_eq(peer_save(&a), 1); /* an empty list */
    peer_reload(&a);
    ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(the_oldest_goes_when_there_are_too_many)
{
    for (int i = 0; i <= LINK_CHECKPOINTS_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "c%d", i);
        link_checkpoint_set(a.links, a.link, name, 0);
    }
    ck_assert_uint_eq(count(), LINK_CHECKPOINTS_MAX);
    ck_assert_ptr_null(named("c0"));
    ck_assert_ptr_nonnull(named("c1"));
    ck_assert_uint_eq(peer_save(&a), 1);
    peer_reload(&a);
    ck_assert_uint_eq(count(), LINK_CHECKPOINTS_MAX);
}
END_TEST

/* ---- damage ---- */

static void corrupt(const char *text)
{
    struct links *links;

    ck_assert_int_eq(links_new(&links), ST_OK);
    ck_assert_int_eq(WITH_READ(&a.store, links_load(links, &read, &a.fault)), ST_CORRUPT);
    if (strstr(a.fault.text, text) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", text, a.fault.text);
    ck_assert_uint_eq(links_count(links), 0);
    links_free(links);
}

static void put(uint32_t interface, uint64_t id, const struct bytes *value)
{
    struct store_batch batch;
    uint8_t key[KEY_BYTES];

    be32_put(key, interface);
    key[4] = 5;
    be64_put(key + 5, id);
    store_batch_init(&batch);
    store_batch_put(&batch, STORE_LINK, key, sizeof key, value->data, value->size);
    ck_assert_int_eq(store_commit(&a.store, &batch, &a.fault), ST_OK);
    store_batch_fini(&batch);
}

static void encode(struct bytes *value, uint64_t interface, const char *name, u128 sent)
{
    cbor_put_array(value, 5);
    cbor_put_uint(value, interface);
    cbor_put_text(value, name);
    cbor_put_uint(value, 1);
    cbor_put_u128(value, sent);
    cbor_put_u128(value, 9);
}

START_TEST(a_row_that_cannot_be_is_corrupt)
{
    static const struct {
        uint32_t key_interface;
        uint64_t key_id;
        uint64_t count;
        uint64_t interface;
        u128 sent;
        const char *text;
    } cases[] = {
        {0, 0, 1, 0, 5, "one is of a link that there never was"},
        {0, 0, 1, 2, 5, "one is of a link that there never was"},
        {0, 0, 2, 1, 5, "two of one link have one name"},
        {0, 0, 1, 1, 6, "one has more than its link"},
        {0, 0, LINK_CHECKPOINTS_MAX + 1, 1, 5, "checkpoints of links: row"},
        {1, 0, 1, 1, 5, "no such key is ever written"},
        {0, 1, 1, 1, 5, "no such key is ever written"},
    };
    struct bytes value = {0};

    cbor_put_array(&value, cases[_i].count);
    for (uint64_t i = 0; i < cases[_i].count; i++)
        encode(&value, cases[_i].interface, "one", cases[_i].sent);
    put(cases[_i].key_interface, cases[_i].key_id, &value);
    corrupt(cases[_i].text);
    bytes_fini(&value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoints of links");
    TCase *tcase = tcase_create("checkpoints");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_checkpoint_keeps_the_totals_of_its_moment);
    tcase_add_test(tcase, checkpoints_come_back_in_their_order);
    tcase_add_test(tcase, the_oldest_goes_when_there_are_too_many);
    tcase_add_loop_test(tcase, a_row_that_cannot_be_is_corrupt, 0, 7);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
