/* Links' sockets against each other, all on loopback. */
#include "site/daemon/wires.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site/daemon/curve.h"
#include "tests/site/daemon/wires_fixture.h"
#include "tests/temp_dir.h"

/* ---- keys ---- */

START_TEST(the_images_of_a_pair_of_keys_are_a_pair)
{
    uint8_t curve[CURVE_KEY_BYTES];
    uint8_t from_secret[CURVE_KEY_BYTES];
    uint8_t *secret = NULL;
    struct fault fault;

    ck_assert_int_eq(curve_public(curve, sites[0].key, &fault), ST_OK);
    ck_assert_int_eq(curve_secret(&secret, sites[0].secret, &fault), ST_OK);
    ck_assert_int_eq(crypto_scalarmult_base(from_secret, secret), 0);
    ck_assert_mem_eq(curve, from_secret, CURVE_KEY_BYTES);
    sodium_free(secret);
}
END_TEST

START_TEST(what_is_no_key_has_no_image)
{
    uint8_t curve[CURVE_KEY_BYTES];
    uint8_t key[CONTROL_KEY_BYTES];
    struct fault fault;

    memset(key, 0xff, sizeof key);
    ck_assert_int_eq(curve_public(curve, key, &fault), ST_INVALID);
    memset(key, 0, sizeof key); /* a point, but of small order */
    ck_assert_int_eq(curve_public(curve, key, &fault), ST_INVALID);
}
END_TEST

/* ---- opening ---- */

START_TEST(an_address_that_is_taken_or_none_is_told)
{
    struct fault fault = {0};

    open_site(&sites[0], sites[0].endpoint);
    ck_assert_int_eq(try_open(&sites[1], sites[0].endpoint, &fault), ST_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, sites[0].endpoint));
    ck_assert_int_eq(try_open(&sites[1], "tcp://127.0.0.1:notaport", &fault), ST_INVALID);
    ck_assert_int_eq(try_open(&sites[1], "smoke://signals", &fault), ST_INVALID);
    ck_assert_ptr_null(sites[1].wires);
}
END_TEST

START_TEST(a_link_that_cannot_be_dialled_leaves_the_others_alone)
{
    const struct site *neighbours[] = {&sites[2], &sites[0]};
    const char *endpoints[] = {"inproc://not-for-links", sites[0].endpoint};

    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], "");
    link_to(&sites[0], &sites[1], "");
    configure(&sites[1], neighbours, endpoints, 2);
    UNTIL(sites[1].connected == 1);
    send_sized(&sites[1], 1, 7, 10);
    ck_assert_uint_eq(wires_count(sites[1].wires).dropped, 1);
    send_sized(&sites[1], 2, 8, 10);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].seen[0], 8);
}
END_TEST

START_TEST(a_link_whose_key_is_no_key_is_not_joined)
{
    struct site zero = {.key = {0}};

    open_site(&sites[0], sites[0].endpoint);
    link_to(&sites[0], &zero, "tcp://127.0.0.1:1");
    steps(5);
    send_one(&sites[0], 1);
    ck_assert_uint_eq(wires_count(sites[0].wires).dropped, 1);
}
END_TEST

/* ---- parcels ---- */

START_TEST(parcels_go_both_ways_and_the_one_that_dials_is_told)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    send_one(&sites[0], 1); /* it knows by which way, though the other has said nothing */
    send_one(&sites[1], 2);
    UNTIL(sites[0].seen_count == 1 && sites[1].seen_count == 1);
    ck_assert_uint_eq(sites[1].seen[0], 1);
    ck_assert_uint_eq(sites[0].seen[0], 2);
    ck_assert_uint_eq(sites[0].connected, 0);
    ck_assert_uint_eq(sites[1].connected, 1);
}
END_TEST

START_TEST(a_site_on_the_same_machine_is_reached_over_ipc)
{
    char dir[TEMP_DIR_BYTES];

    temp_dir_init(dir);
    (void)snprintf(sites[0].endpoint, sizeof sites[0].endpoint, "ipc://%s/link", dir);
    join_two();
    UNTIL(sites[1].connected == 1);
    send_one(&sites[1], 2);
    UNTIL(sites[0].seen_count == 1);
    temp_dir_fini(dir);
}
END_TEST

START_TEST(when_both_dial_parcels_go_both_ways_too)
{
    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], sites[1].endpoint);
    link_to(&sites[0], &sites[1], sites[1].endpoint);
    link_to(&sites[1], &sites[0], sites[0].endpoint);
    UNTIL(sites[0].connected == 1 && sites[1].connected == 1);
    for (uint8_t i = 1; i <= 20; i++) {
        send_one(&sites[0], i);
        send_one(&sites[1], i);
    }
    UNTIL(sites[0].seen_count == 20 && sites[1].seen_count == 20);
}
END_TEST

START_TEST(where_our_call_is_not_answered_the_neighbours_connection_is_used)
{
    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], "");
    link_to(&sites[0], &sites[1], sites[2].endpoint); /* nobody listens there */
    link_to(&sites[1], &sites[0], sites[0].endpoint);
    UNTIL(sites[1].connected == 1);
    send_one(&sites[1], 4);
    UNTIL(sites[0].seen_count == 1);
    send_one(&sites[0], 5);
    UNTIL(sites[1].seen_count == 1);
    ck_assert_uint_eq(sites[0].connected, 0);
}
END_TEST

START_TEST(what_the_core_has_no_room_for_waits_and_comes_in_order)
{
    enum { COUNT = 4 * ARRIVALS_MAX };

    join_two();
    UNTIL(sites[1].connected == 1);
    sites[0].holds = true;
    for (int i = 0; i < COUNT; i++)
        send_one(&sites[1], (uint8_t)i);
    UNTIL(sites[0].held_count == ARRIVALS_MAX);
    steps(20);
    ck_assert_uint_eq(sites[0].seen_count, ARRIVALS_MAX); /* and no more */
    sites[0].holds = false;
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        wires_give_back(sites[0].wires, sites[0].held[i]);
    UNTIL(sites[0].seen_count == COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_uint_eq(sites[0].seen[i], (uint8_t)i);
    ck_assert_uint_eq(wires_count(sites[1].wires).dropped, 0);
}
END_TEST

START_TEST(a_link_is_added_while_others_run)
{
    const struct site *neighbours[] = {&sites[1], &sites[2]};
    const char *endpoints[] = {"", ""};
    uint64_t added_us;

    join_two();
    UNTIL(sites[1].connected == 1);
    open_site(&sites[2], "");
    link_to(&sites[2], &sites[0], sites[0].endpoint);
    UNTIL(wires_count(sites[0].wires).unknown_keys > 0);
    ck_assert_uint_eq(sites[2].connected, 0);
    configure(&sites[0], neighbours, endpoints, 2);
    added_us = now_us;
    UNTIL(sites[2].connected == 1); /* it was refused and called again, once */
    ck_assert_uint_lt(now_us - added_us, 2 * REDIAL_US);
    send_one(&sites[2], 9);
    UNTIL(sites[0].seen_count == 1);
    send_sized(&sites[0], 2, 6, 10);
    UNTIL(sites[2].seen_count == 1);
    ck_assert_uint_eq(sites[1].connected, 1); /* undisturbed */
    ck_assert_uint_eq(sites[1].seen_count, 0);
}
END_TEST

START_TEST(a_neighbour_that_comes_back_is_connected_anew)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    steps(20);
    send_one(&sites[1], 1); /* nobody there */
    ck_assert_uint_eq(wires_count(sites[1].wires).dropped, 1);
    open_site(&sites[0], sites[0].endpoint);
    link_to(&sites[0], &sites[1], "");
    UNTIL(sites[1].connected == 2);
    send_one(&sites[1], 2);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].seen[0], 2);
}
END_TEST

/* ---- who is there ---- */

static void join_and_speak(void)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    send_one(&sites[1], 1);
    send_one(&sites[1], 2);
    UNTIL(sites[0].seen_count == 2);
    send_one(&sites[0], 3);
    UNTIL(sites[1].seen_count == 1);
    sites[0].troubles = 0;
    sites[1].troubles = 0;
}

/* Time for many beats, and none of them reaches the core. */
START_TEST(who_is_quiet_and_alive_stays)
{
    uint64_t until_us;

    join_and_speak();
    until_us = now_us + 3 * SILENCE_US;
    while (now_us < until_us)
        step();
    ck_assert_uint_eq(sites[0].troubles + sites[1].troubles, 0);
    ck_assert_uint_eq(sites[0].seen_count, 2);
    ck_assert_uint_eq(sites[1].seen_count, 1);
}
END_TEST

START_TEST(who_stands_still_is_missed_on_the_side_that_dials)
{
    uint64_t since_us;

    join_and_speak();
    sites[0].stopped = true;
    since_us = now_us;
    UNTIL(sites[1].troubles == 1);
    ck_assert_uint_le(now_us - since_us, 2 * SILENCE_US);
    ck_assert_ptr_nonnull(strstr(sites[1].trouble, "no answer for"));
}
END_TEST

START_TEST(who_stands_still_is_missed_on_the_side_that_is_dialled)
{
    uint64_t since_us;

    join_and_speak();
    sites[1].stopped = true;
    since_us = now_us;
    UNTIL(sites[0].troubles == 1);
    ck_assert_uint_le(now_us - since_us, 2 * SILENCE_US);
    ck_assert_ptr_nonnull(strstr(sites[0].trouble, "no answer for"));
    /* And once only, however long it lasts. */
    steps(400);
    ck_assert_uint_eq(sites[0].troubles, 1);
}
END_TEST

START_TEST(who_ends_is_missed_sooner_on_both_sides)
{
    uint64_t since_us;

    join_and_speak();
    wires_free(sites[1].wires);
    sites[1].wires = NULL;
    since_us = now_us;
    UNTIL(sites[0].troubles == 1);
    ck_assert_uint_lt(now_us - since_us, SILENCE_US);
    ck_assert_ptr_nonnull(strstr(sites[0].trouble, "closed by the peer"));
    open_site(&sites[1], "");
    link_to(&sites[1], &sites[0], sites[0].endpoint);
    UNTIL(sites[1].connected == 2);
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    UNTIL(sites[1].troubles >= 2);
    ck_assert_ptr_nonnull(strstr(sites[1].trouble, "connection refused"));
}
END_TEST

/* A daemon that was stopped and goes on has heard nobody, for it did not listen. */
START_TEST(who_slept_does_not_take_the_others_for_dead)
{
    join_and_speak();
    sites[0].stopped = true;
    sites[1].stopped = true;
    now_us += 10 * SILENCE_US;
    sites[0].stopped = false;
    sites[1].stopped = false;
    steps(20);
    ck_assert_uint_eq(sites[0].troubles + sites[1].troubles, 0);
}
END_TEST

/* ---- names ---- */

static void resolve_some(const char *host, struct addresses *addresses)
{
    if (strcmp(host, "silent.example") == 0)
        for (;;) /* as with a name server that says nothing */
            (void)pause();
    if (strcmp(host, "none.example") == 0) {
        (void)snprintf(addresses->error, sizeof addresses->error, "no such name");
        return;
    }
    /* The first of its addresses is wrong. */
    (void)snprintf(addresses->text[0], sizeof addresses->text[0], "127.0.0.2");
    (void)snprintf(addresses->text[1], sizeof addresses->text[1], "127.0.0.1");
    addresses->count = 2;
}

START_TEST(a_silent_name_server_holds_up_its_own_link_only)
{
    const struct site *neighbours[] = {&sites[2], &sites[0]};
    const char *endpoints[] = {"tcp://silent.example:9901", sites[0].endpoint};

    sites_resolve = resolve_some;
    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], "");
    link_to(&sites[0], &sites[1], "");
    configure(&sites[1], neighbours, endpoints, 2);
    UNTIL(sites[1].connected == 1);
    send_sized(&sites[1], 2, 8, 10);
    UNTIL(sites[0].seen_count == 1);
    UNTIL(sites[1].troubles == 1);
    ck_assert_ptr_nonnull(
        strstr(sites[1].trouble, "the name silent.example does not resolve: no answer for 5 s"));
    send_sized(&sites[1], 2, 9, 10);
    UNTIL(sites[0].seen_count == 2);
}
END_TEST

START_TEST(a_name_is_looked_up_until_it_resolves_and_each_address_is_tried)
{
    char endpoint[ENDPOINT_BYTES];
    const char *port = strrchr(sites[0].endpoint, ':');

    sites_resolve = resolve_some;
    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], "");
    link_to(&sites[0], &sites[1], "");
    (void)snprintf(endpoint, sizeof endpoint, "tcp://none.example%s", port);
    link_to(&sites[1], &sites[0], endpoint);
    UNTIL(sites[1].troubles == 1);
    ck_assert_ptr_nonnull(strstr(sites[1].trouble, "none.example does not resolve: no such name"));
    (void)snprintf(endpoint, sizeof endpoint, "tcp://oasis.example%s", port);
    link_to(&sites[1], &sites[0], endpoint);
    UNTIL(sites[1].connected == 1);
}
END_TEST

/* ---- changes ---- */

START_TEST(a_link_whose_endpoint_is_changed_is_dialled_there)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    wires_free(sites[0].wires);
    open_site(&sites[0], sites[2].endpoint); /* it has moved */
    link_to(&sites[0], &sites[1], "");
    link_to(&sites[1], &sites[0], sites[2].endpoint);
    UNTIL(sites[1].connected == 2);
    send_one(&sites[1], 5);
    UNTIL(sites[0].seen_count == 1);
}
END_TEST

START_TEST(a_link_that_was_removed_lets_nobody_in_and_its_key_can_come_back)
{
    join_and_speak();
    set_removed(&sites[0], &sites[1], "", true);
    UNTIL(sites[1].troubles == 1);
    ck_assert_ptr_nonnull(strstr(sites[1].trouble, "the peer has removed its link"));
    UNTIL(wires_count(sites[0].wires).unknown_keys == 1); /* it dials again */
    UNTIL(sites[1].troubles == 2);
    ck_assert_ptr_nonnull(strstr(sites[1].trouble, "does not know this site's key"));
    set_removed(&sites[0], &sites[1], "", false);
    UNTIL(sites[1].connected == 2);
    send_one(&sites[1], 7);
    UNTIL(sites[0].seen_count == 3);
    ck_assert_uint_eq(sites[0].seen[2], 7);
}
END_TEST

START_TEST(who_dials_and_removes_the_link_takes_leave)
{
    join_and_speak();
    set_removed(&sites[1], &sites[0], sites[0].endpoint, true);
    UNTIL(sites[0].troubles == 1);
    ck_assert_ptr_nonnull(strstr(sites[0].trouble, "the peer has removed its link"));
    steps(SILENCE_US / 20000 + 10);
    ck_assert_uint_eq(sites[0].troubles, 1); /* the silence after it is no news */
    ck_assert_uint_eq(sites[1].connected, 1);
    set_removed(&sites[1], &sites[0], sites[0].endpoint, false);
    UNTIL(sites[1].connected == 2);
    send_one(&sites[1], 8);
    UNTIL(sites[0].seen_count == 3);
}
END_TEST

START_TEST(a_site_that_answers_with_another_key_is_not_taken_for_the_neighbour)
{
    open_site(&sites[0], sites[0].endpoint);
    link_to(&sites[0], &sites[1], "");
    open_site(&sites[1], "");
    link_to(&sites[1], &sites[2], sites[0].endpoint); /* the key of 2 at the address of 0 */
    steps(60);
    ck_assert_uint_eq(sites[1].connected, 0);
    send_one(&sites[1], 1);
    ck_assert_uint_eq(wires_count(sites[1].wires).dropped, 1);
}
END_TEST

START_TEST(a_site_whose_parcel_was_too_large_dials_again)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    send_sized(&sites[1], 1, 1, LINK_PARCEL_BYTES_MAX + 1); /* as no core of ours does */
    UNTIL(sites[1].connected == 2);
    send_one(&sites[1], 2);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].seen[0], 2);
}
END_TEST

/* ---- a peer that is drained ---- */

/* What is wrong with the connection afterwards is not told, until the peer is back. */
START_TEST(a_peer_that_was_drained_is_down_for_that_reason_until_it_is_back)
{
    join_two();
    UNTIL(sites[1].connected == 1);
    send_one(&sites[1], 7);
    UNTIL(sites[0].seen_count == 1);
    wires_say_drained(sites[0].wires);
    UNTIL(sites[1].troubles == 1);
    ck_assert_str_eq(sites[1].trouble, "the peer was drained: its operator has stopped it");
    /* A sign of life beside it makes the count of bytes too low, so time is what is kept. */
    ck_assert(wires_is_sending(sites[0].wires));
    UNTIL(!wires_is_sending(sites[0].wires));
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    steps(400); /* eight seconds: it dials in vain */
    ck_assert_uint_eq(sites[1].troubles, 1);
    open_site(&sites[0], sites[0].endpoint);
    link_to(&sites[0], &sites[1], "");
    UNTIL(sites[1].connected == 2);
    send_one(&sites[0], 8);
    UNTIL(sites[1].seen_count == 1);
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    UNTIL(sites[1].troubles == 2); /* this time nobody said why */
}
END_TEST

/* ---- a path of the machine ---- */

START_TEST(at_a_path_only_the_socket_that_was_bound_is_removed)
{
    char dir[TEMP_DIR_BYTES];
    char path[TEMP_PATH_BYTES];
    struct stat found;
    FILE *file;

    temp_dir_init(dir);
    (void)snprintf(path, sizeof path, "%s", temp_path(dir, "link"));
    (void)snprintf(sites[0].endpoint, sizeof sites[0].endpoint, "ipc://%.100s", path);
    open_site(&sites[0], sites[0].endpoint);
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0600);
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    ck_assert_int_ne(stat(path, &found), 0); /* its own */
    open_site(&sites[0], sites[0].endpoint);
    ck_assert_int_eq(unlink(path), 0);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    wires_free(sites[0].wires);
    sites[0].wires = NULL;
    ck_assert_int_eq(stat(path, &found), 0); /* somebody's */
    ck_assert(S_ISREG(found.st_mode));
    temp_dir_fini(dir);
}
END_TEST

START_TEST(at_a_path_that_is_taken_nothing_is_replaced)
{
    char dir[TEMP_DIR_BYTES];
    char path[TEMP_PATH_BYTES];
    struct fault fault = {0};
    struct stat found;
    FILE *file;

    temp_dir_init(dir);
    (void)snprintf(path, sizeof path, "%s", temp_path(dir, "link"));
    (void)snprintf(sites[0].endpoint, sizeof sites[0].endpoint, "ipc://%.100s", path);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(try_open(&sites[0], sites[0].endpoint, &fault), ST_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, path));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert(S_ISREG(found.st_mode));
    temp_dir_fini(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wires");
    TCase *tcase;

    tcase = tcase_create("wires");
    tcase_add_checked_fixture(tcase, sites_setup, sites_teardown);
    tcase_set_timeout(tcase, 40);
    tcase_add_test(tcase, the_images_of_a_pair_of_keys_are_a_pair);
    tcase_add_test(tcase, what_is_no_key_has_no_image);
    tcase_add_test(tcase, an_address_that_is_taken_or_none_is_told);
    tcase_add_test(tcase, a_link_that_cannot_be_dialled_leaves_the_others_alone);
    tcase_add_test(tcase, a_link_whose_key_is_no_key_is_not_joined);
    tcase_add_test(tcase, parcels_go_both_ways_and_the_one_that_dials_is_told);
    tcase_add_test(tcase, a_site_on_the_same_machine_is_reached_over_ipc);
    tcase_add_test(tcase, when_both_dial_parcels_go_both_ways_too);
    tcase_add_test(tcase, where_our_call_is_not_answered_the_neighbours_connection_is_used);
    tcase_add_test(tcase, what_the_core_has_no_room_for_waits_and_comes_in_order);
    tcase_add_test(tcase, a_link_is_added_while_others_run);
    tcase_add_test(tcase, a_neighbour_that_comes_back_is_connected_anew);
    tcase_add_test(tcase, who_is_quiet_and_alive_stays);
    tcase_add_test(tcase, who_stands_still_is_missed_on_the_side_that_dials);
    tcase_add_test(tcase, who_stands_still_is_missed_on_the_side_that_is_dialled);
    tcase_add_test(tcase, who_ends_is_missed_sooner_on_both_sides);
    tcase_add_test(tcase, who_slept_does_not_take_the_others_for_dead);
    tcase_add_test(tcase, a_silent_name_server_holds_up_its_own_link_only);
    tcase_add_test(tcase, a_name_is_looked_up_until_it_resolves_and_each_address_is_tried);
    tcase_add_test(tcase, a_link_whose_endpoint_is_changed_is_dialled_there);
    tcase_add_test(tcase, a_link_that_was_removed_lets_nobody_in_and_its_key_can_come_back);
    tcase_add_test(tcase, who_dials_and_removes_the_link_takes_leave);
    tcase_add_test(tcase, a_site_that_answers_with_another_key_is_not_taken_for_the_neighbour);
    tcase_add_test(tcase, a_site_whose_parcel_was_too_large_dials_again);
    tcase_add_test(tcase, a_peer_that_was_drained_is_down_for_that_reason_until_it_is_back);
    tcase_add_test(tcase, at_a_path_only_the_socket_that_was_bound_is_removed);
    tcase_add_test(tcase, at_a_path_that_is_taken_nothing_is_replaced);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
