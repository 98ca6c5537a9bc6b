/* The set of links, and what happens to a link as a whole. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <stdio.h>
#include <string.h>

static struct links *links;
static struct link *link;
static struct fault fault;
static const char endpoint[] = "tcp://10.0.0.1:5000";

static void setup(void)
{
    ck_assert_int_eq(links_new(&links), ST_OK);
}

static void teardown(void)
{
    links_free(links);
}

static enum status add(const char *name, uint8_t key_byte, const char *where)
{
    uint8_t key[LINK_KEY_BYTES] = {key_byte, 9};

    return links_add(links, name, key, where, nanos(50), &link, &fault);
}

static void refused(enum status got, enum status wanted, const char *text)
{
    ck_assert_int_eq(got, wanted);
    ck_assert_ptr_nonnull(strstr(fault.text, text));
}

START_TEST(links_get_interfaces_from_1_and_are_found_by_interface_name_and_key)
{
    uint8_t key[LINK_KEY_BYTES] = {2, 9};

    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    ck_assert_uint_eq(link->interface, 1);
    ck_assert_int_eq(add("C", 2, ""), ST_OK);
    ck_assert_uint_eq(link->interface, 2);
    ck_assert_int_eq(link->state, LINK_DOWN);
    ck_assert_uint_eq(link->limit.nanos, 50);
    ck_assert_uint_eq(link->peer_limit.nanos, 0);
    ck_assert_uint_eq(links_count(links), 2);
    ck_assert_ptr_eq(links_find(links, 2), link);
    ck_assert_ptr_eq(links_named(links, "C"), link);
    ck_assert_ptr_eq(links_keyed(links, key), link);
    ck_assert_ptr_null(links_find(links, 0));
    ck_assert_ptr_null(links_find(links, 3));
    ck_assert_ptr_null(links_named(links, "D"));
    key[0] = 3;
    ck_assert_ptr_null(links_keyed(links, key));
}
END_TEST

START_TEST(a_name_or_key_is_taken_once)
{
    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    refused(add("B", 2, endpoint), ST_EXISTS, "the name B is taken");
    refused(add("C", 1, endpoint), ST_EXISTS, "the key is that of link B");
    ck_assert_uint_eq(links_count(links), 1);
}
END_TEST

START_TEST(bad_names_keys_and_endpoints_are_refused)
{
    uint8_t zero[LINK_KEY_BYTES] = {0};
    char long_name[LINK_NAME_BYTES_MAX + 2];
    char long_endpoint[LINK_ENDPOINT_BYTES_MAX + 2] = "tcp://";

    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    memset(long_endpoint + 6, 'a', sizeof long_endpoint - 7);
    refused(add("", 1, endpoint), ST_INVALID, "a name has 1 to 32");
    refused(add("a b", 1, endpoint), ST_INVALID, "a name has 1 to 32");
    refused(add("\xc3\xa4", 1, endpoint), ST_INVALID, "a name has 1 to 32");
    refused(add(long_name, 1, endpoint), ST_INVALID, "at most 32 bytes");
    refused(add("B", 1, long_endpoint), ST_INVALID, "at most 128 bytes");
    refused(add("B", 1, "localhost"), ST_INVALID, "wants tcp://HOST:PORT");
    refused(add("B", 1, "tcp://x:0"), ST_INVALID, "the port");
    refused(add("B", 1, "tcp://"), ST_INVALID, "the port is missing");
    refused(add("B", 1, "tcp://a b"), ST_INVALID, "no spaces");
    refused(links_add(links, "B", zero, endpoint, nanos(1), &link, &fault), ST_INVALID,
            "the key is zero");
    ck_assert_uint_eq(links_count(links), 0);
    long_name[LINK_NAME_BYTES_MAX] = '\0';
    for (size_t i = 36; i < LINK_ENDPOINT_BYTES_MAX - 2; i += 30)
        long_endpoint[i] = '.'; /* no label of a name is longer than 63 */
    memcpy(long_endpoint + LINK_ENDPOINT_BYTES_MAX - 2, ":1", 3);
    ck_assert_int_eq(add(long_name, 1, long_endpoint), ST_OK);
}
END_TEST

static void count_interface(void *context, struct link *visited)
{
    uint32_t *last = context;

    ck_assert_uint_eq(visited->interface, *last + 1);
    *last = visited->interface;
}

START_TEST(a_site_has_a_most_of_links_and_they_are_visited_in_order)
{
    uint32_t last = 0;

    for (int i = 0; i < LINKS_MAX; i++) {
        uint8_t key[LINK_KEY_BYTES] = {(uint8_t)i, (uint8_t)(1 + i / 256)};
        char name[16];

        (void)snprintf(name, sizeof name, "n%d", i);
        ck_assert_int_eq(links_add(links, name, key, "", nanos(1), &link, &fault), ST_OK);
    }
    refused(add("more", 7, ""), ST_FULL, "at most 256 links");
    links_each(links, count_interface, &last);
    ck_assert_uint_eq(last, LINKS_MAX);
}
END_TEST

START_TEST(a_connection_raises_the_epoch_and_takes_a_link_down)
{
    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    ck_assert_uint_eq(link->epoch, 1);
    link->state = LINK_UP;
    link_connected(links, link);
    ck_assert_uint_eq(link->epoch, 2);
    ck_assert_int_eq(link->state, LINK_DOWN);
}
END_TEST

START_TEST(a_frozen_link_keeps_its_first_reason_until_it_is_resumed)
{
    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    refused(link_resume(links, link, &fault), ST_INVALID, "link B: it is not frozen");
    link_freeze(links, link, "one");
    link_freeze(links, link, "two");
    ck_assert_int_eq(link->state, LINK_FROZEN);
    ck_assert_str_eq(link->reason, "one");
    link_connected(links, link);
    ck_assert_int_eq(link->state, LINK_FROZEN);
    ck_assert_int_eq(link_resume(links, link, &fault), ST_OK);
    ck_assert_int_eq(link->state, LINK_DOWN);
    ck_assert_str_eq(link->reason, "");
    ck_assert_uint_eq(link->epoch, 3);
}
END_TEST

START_TEST(a_reason_is_cut_and_made_printable)
{
    char long_reason[LINK_REASON_BYTES_MAX + 50];

    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    memset(long_reason, 'r', sizeof long_reason - 1);
    long_reason[sizeof long_reason - 1] = '\0';
    long_reason[1] = '\n';
    long_reason[2] = '\xff';
    link_freeze(links, link, long_reason);
    ck_assert_uint_eq(strlen(link->reason), LINK_REASON_BYTES_MAX);
    ck_assert_int_eq(strncmp(link->reason, "r??rr", 5), 0);
    ck_assert_int_eq(add("C", 2, endpoint), ST_OK);
    link_freeze(links, link, "");
    ck_assert_str_eq(link->reason, "no reason is given");
}
END_TEST

/* ---- removing ---- */

static void add_visited(void *context, struct link *visited)
{
    uint32_t *bits = context;

    *bits |= 1u << visited->interface;
}

START_TEST(a_removed_link_is_found_no_more_and_its_name_is_free)
{
    uint8_t key[LINK_KEY_BYTES] = {1, 9};
    uint32_t living = 0;
    uint32_t ever = 0;

    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    ck_assert_int_eq(add("C", 2, endpoint), ST_OK);
    link_remove(links, links_named(links, "B"));
    ck_assert_uint_eq(links_count(links), 1);
    ck_assert_uint_eq(links_interfaces(links), 2);
    ck_assert_ptr_null(links_find(links, 1));
    ck_assert_ptr_null(links_named(links, "B"));
    ck_assert_ptr_null(links_keyed(links, key));
    ck_assert(links_remind(links)); /* for C; */
    link_remove(links, links_named(links, "C"));
    ck_assert(!links_remind(links)); /* who is no link is not asked where it stands */
    ck_assert_int_eq(add("B", 3, ""), ST_OK);
    ck_assert_uint_eq(link->interface, 3);
    links_each(links, add_visited, &living);
    links_each_ever(links, add_visited, &ever);
    ck_assert_uint_eq(living, 1u << 3);
    ck_assert_uint_eq(ever, 1u << 1 | 1u << 2 | 1u << 3);
}
END_TEST

START_TEST(an_interface_is_one_neighbours_for_ever)
{
    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    link_freeze(links, link, "a test");
    link->sent_seq = link->acked_seq = 7;
    link->received_seq = 5;
    link->sent_total = link->acked_total = link->received_total = 90;
    link_remove(links, link);
    ck_assert_int_eq(add("new", 1, ""), ST_OK);
    ck_assert_uint_eq(link->interface, 1);
    ck_assert_str_eq(link->name, "new");
    ck_assert_str_eq(link->endpoint, "");
    ck_assert_int_eq(link->state, LINK_DOWN);
    ck_assert_uint_eq(link->sent_seq, 7);
    ck_assert_uint_eq(link->received_seq, 5);
    ck_assert(link->sent_total == 90 && link->received_total == 90);
    ck_assert_uint_eq(link->epoch, 2); /* parcels of before are stale */
    ck_assert_uint_eq(links_count(links), 1);
}
END_TEST

START_TEST(who_was_told_a_limit_is_joined_again_with_no_lower_one)
{
    uint8_t key[LINK_KEY_BYTES] = {1, 9};

    ck_assert_int_eq(add("B", 1, endpoint), ST_OK);
    link_remove(links, link); /* it never spoke, so it was told nothing */
    ck_assert_int_eq(links_add(links, "B", key, "", nanos(3), &link, &fault), ST_OK);
    link->peer_epoch = 1;
    link_remove(links, link);
    refused(links_add(links, "B", key, "", nanos(2), &link, &fault), ST_INVALID,
            "with a limit of 0.000000003");
    ck_assert_uint_eq(links_count(links), 0);
    ck_assert_int_eq(links_add(links, "B", key, "", nanos(4), &link, &fault), ST_OK);
    ck_assert_uint_eq(link->limit.nanos, 4);
}
END_TEST

START_TEST(a_link_that_comes_back_has_no_terms_of_before)
{
    struct settlement terms = {.by = SETTLE_BY_HAND, .where = "a bank"};
    struct peer peer = peer_new("b");
    uint8_t key[LINK_KEY_BYTES];
    struct link *again;

    link_set_durability(peer.links, peer.link, nanos(PEER_LIMIT_NANOS), 1000);
    link_set_terms(peer.links, peer.link, &terms);
    memcpy(key, peer.link->key, sizeof key);
    link_remove(peer.links, peer.link);
    ck_assert_int_eq(links_add(peer.links, "c", key, "", nanos(1), &again, &peer.fault), ST_OK);
    ck_assert(!link_is_bounded(again));
    ck_assert_int_eq(link_settlement(peer.links, again)->by, SETTLE_BY_NOBODY);
    (void)peer_save(&peer);
    peer_reload(&peer); /* a limit below the flush amount would not be read */
    peer_free(&peer);
}
END_TEST

START_TEST(those_removed_take_no_place_of_the_most_at_once)
{
    const uint8_t first[LINK_KEY_BYTES] = {0, 1};

    for (uint32_t i = 0; i < LINK_INTERFACES_MAX; i++) {
        uint8_t key[LINK_KEY_BYTES] = {(uint8_t)i, (uint8_t)(1 + i / 256)};

        ck_assert_int_eq(links_add(links, "B", key, "", nanos(1), &link, &fault), ST_OK);
        ck_assert_uint_eq(link->interface, i + 1);
        link_remove(links, link);
    }
    refused(add("more", 7, ""), ST_FULL, "at most 959 peers in its life");
    /* One of those that it had may come back. */
    ck_assert_int_eq(links_add(links, "again", first, "", nanos(1), &link, &fault), ST_OK);
    ck_assert_uint_eq(link->interface, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("set");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, links_get_interfaces_from_1_and_are_found_by_interface_name_and_key);
    tcase_add_test(tcase, a_name_or_key_is_taken_once);
    tcase_add_test(tcase, bad_names_keys_and_endpoints_are_refused);
    tcase_add_test(tcase, a_site_has_a_most_of_links_and_they_are_visited_in_order);
    tcase_add_test(tcase, a_connection_raises_the_epoch_and_takes_a_link_down);
    tcase_add_test(tcase, a_frozen_link_keeps_its_first_reason_until_it_is_resumed);
    tcase_add_test(tcase, a_reason_is_cut_and_made_printable);
    tcase_add_test(tcase, a_removed_link_is_found_no_more_and_its_name_is_free);
    tcase_add_test(tcase, an_interface_is_one_neighbours_for_ever);
    tcase_add_test(tcase, who_was_told_a_limit_is_joined_again_with_no_lower_one);
    tcase_add_test(tcase, a_link_that_comes_back_has_no_terms_of_before);
    tcase_add_test(tcase, those_removed_take_no_place_of_the_most_at_once);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
