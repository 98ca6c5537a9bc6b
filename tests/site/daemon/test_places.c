/* Who gets a place at the control socket, who gives one up, and how much memory all may take. */
#include "site/daemon/places.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check_main.h"

enum { COUNT = 24, OWN = 3, SECOND = 1000000 };

static const uint8_t site_key[CONTROL_KEY_BYTES] = {7};
static struct places places;
static int clients[CONNECTIONS_MAX]; /* the other end of each place, by its number */
static uint64_t now_us;

static void setup(void)
{
    now_us = 100 * SECOND;
    places_init(&places, COUNT, site_key);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        clients[i] = -1;
}

static void teardown(void)
{
    places_fini(&places);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (clients[i] >= 0)
            (void)close(clients[i]);
}

static size_t number_of(const struct connection *connection)
{
    return (size_t)(connection - places.list);
}

/* Somebody comes; NULL: no place. */
static struct connection *comes(enum core_peer peer)
{
    struct connection *place = places_take(&places, peer, now_us);
    int ends[2];

    if (place == NULL)
        return NULL;
    ck_assert_int_eq(place->state, CONNECTION_FREE);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    connection_open(place, ends[0], peer, now_us);
    if (clients[number_of(place)] >= 0)
        (void)close(clients[number_of(place)]);
    clients[number_of(place)] = ends[1];
    return place;
}

static void all_come(enum core_peer peer)
{
    size_t count = peer == CORE_PEER_OWN ? COUNT : COUNT - OWN;

    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_nonnull(comes(peer));
}

/* The client says `size` bytes of a request that was announced with `whole`; true: it is whole. */
static bool says(struct connection *connection, uint32_t whole, size_t size)
{
    static const uint8_t zeroes[65536];
    int fd = clients[number_of(connection)];
    uint8_t prefix[4];
    bool done = false;

    be32_put(prefix, whole);
    ck_assert_int_eq(send(fd, prefix, sizeof prefix, 0), sizeof prefix);
    while (size > 0 && connection->state == CONNECTION_READING) {
        ssize_t put = send(fd, zeroes, size < sizeof zeroes ? size : sizeof zeroes, MSG_NOSIGNAL);

        if (put > 0)
            size -= (size_t)put;
        done = places_read(&places, connection, now_us);
    }
    return done;
}

/* What the client whose place this was is told; its connection has ended. */
static enum control_status told(int fd)
{
    struct control_reply reply;
    uint8_t bytes[1024];
    ssize_t size = recv(fd, bytes, sizeof bytes, 0);

    ck_assert_int_gt(size, 4 + CONTROL_HEAD_BYTES);
    ck_assert_int_eq(control_reply_decode(&reply, bytes + 4 + CONTROL_HEAD_BYTES,
                                          (size_t)size - 4 - CONTROL_HEAD_BYTES, NULL),
                     ST_OK);
    ck_assert_int_le(recv(fd, bytes, 1, 0), 0);
    return reply.status;
}

START_TEST(the_slowest_gives_its_place_to_who_comes)
{
    struct connection *slow;

    all_come(CORE_PEER_OWN);
    slow = &places.list[5];
    now_us += 100;
    /* Each other one has said more than a slow one could have by now. */
    for (size_t i = 0; i < COUNT; i++)
        if (&places.list[i] != slow)
            ck_assert(!says(&places.list[i], 4096, 200));
    {
        int fd = clients[5];

        clients[5] = -1;
        ck_assert_ptr_eq(comes(CORE_PEER_UNKNOWN), slow);
        ck_assert_int_eq(told(fd), CONTROL_TRY_AGAIN);
        (void)close(fd);
    }
}
END_TEST

/* Each dripping client is never silent; yet whoever comes displaces one of them, not each other. */
START_TEST(a_drop_now_and_then_keeps_no_place)
{
    bool drips[COUNT];

    all_come(CORE_PEER_OWN);
    memset(drips, true, sizeof drips);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(!says(&places.list[i], 4096, 0));
    for (int came = 0; came < COUNT; came++) {
        struct connection *place;

        now_us += SECOND;
        for (size_t i = 0; i < COUNT; i++) {
            if (!drips[i])
                continue;
            ck_assert_int_eq(send(clients[i], "", 1, 0), 1);
            ck_assert(!places_read(&places, &places.list[i], now_us));
            ck_assert_int_eq(places.list[i].state, CONNECTION_READING);
        }
        place = comes(CORE_PEER_OWN);
        ck_assert(drips[number_of(place)]);
        drips[number_of(place)] = false;
        ck_assert(says(place, 10, 10));
    }
}
END_TEST

START_TEST(strangers_have_fewer_places_and_take_no_other)
{
    all_come(CORE_PEER_UNKNOWN);
    for (size_t i = COUNT - OWN; i < COUNT; i++)
        ck_assert_int_eq(places.list[i].state, CONNECTION_FREE);
    now_us += SECOND;
    for (int i = 0; i < 2 * COUNT; i++) {
        ck_assert_uint_lt(number_of(comes(CORE_PEER_UNKNOWN)), COUNT - OWN);
        now_us++;
    }
    ck_assert_uint_eq(number_of(comes(CORE_PEER_OWN)), COUNT - 1);
    ck_assert_uint_eq(number_of(comes(CORE_PEER_OWN)), COUNT - 2);
}
END_TEST

START_TEST(the_operators_is_the_last_to_go)
{
    struct connection *operators;

    all_come(CORE_PEER_UNKNOWN);
    operators = &places.list[3];
    operators->by_operator = true;
    for (int i = 0; i < 4 * COUNT; i++) {
        now_us += SECOND;
        ck_assert_ptr_ne(comes(CORE_PEER_UNKNOWN), operators);
    }
    ck_assert(operators->by_operator);
    /* But operators' alone keep nobody out either. */
    for (size_t i = 0; i < COUNT; i++)
        places.list[i].by_operator = true;
    ck_assert_ptr_eq(comes(CORE_PEER_UNKNOWN), operators);
    ck_assert(!operators->by_operator);
}
END_TEST

START_TEST(what_the_core_has_keeps_its_place)
{
    all_come(CORE_PEER_OWN);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(says(&places.list[i], 10, 10));
    ck_assert(!places_any(&places));
    now_us += SECOND;
    ck_assert_ptr_null(comes(CORE_PEER_OWN));
    {
        struct bytes answer = {0};

        bytes_append(&answer, "x", 1);
        connection_answer(&places.list[9], &answer, now_us);
        bytes_fini(&answer);
    }
    ck_assert(places_any(&places));
    now_us++;
    ck_assert_ptr_eq(comes(CORE_PEER_OWN), &places.list[9]);
}
END_TEST

START_TEST(requests_that_are_not_whole_hold_only_so_much_memory)
{
    struct connection *last = NULL;
    size_t held = 0;
    size_t sent_away = 0;

    for (size_t i = 0; i < COUNT; i++) {
        now_us += 10 * SECOND;
        last = comes(CORE_PEER_OWN);
        ck_assert(!says(last, CONTROL_BYTES_MAX, CONTROL_BYTES_MAX - 1));
    }
    for (size_t i = 0; i < COUNT; i++) {
        held += connection_held_bytes(&places.list[i]);
        sent_away += places.list[i].state == CONNECTION_FREE;
    }
    ck_assert_uint_le(held, CONNECTIONS_HOLD_BYTES_MAX);
    ck_assert_uint_gt(sent_away, 0);
    ck_assert_int_eq(last->state, CONNECTION_READING); /* it came now, and is not the slowest */
}
END_TEST

START_TEST(answers_that_nobody_takes_hold_only_so_much_memory)
{
    struct bytes answer = {0};
    size_t held = 0;

    ck_assert_ptr_nonnull(bytes_extend(&answer, CONTROL_BYTES_MAX));
    memset(answer.data, 0, answer.size);
    all_come(CORE_PEER_OWN);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert(says(&places.list[i], 10, 10));
        connection_answer(&places.list[i], &answer, now_us);
        ck_assert_int_eq(places.list[i].state, CONNECTION_WRITING);
    }
    now_us += SECOND;
    places_bound_memory(&places, now_us);
    for (size_t i = 0; i < COUNT; i++)
        held += connection_held_bytes(&places.list[i]);
    ck_assert_uint_le(held, CONNECTIONS_HOLD_BYTES_MAX);
    ck_assert_uint_gt(held, CONNECTIONS_HOLD_BYTES_MAX / 2);
    bytes_fini(&answer);
}
END_TEST

START_TEST(with_too_much_at_the_core_no_more_is_read)
{
    size_t lent = 0;

    all_come(CORE_PEER_OWN);
    for (size_t i = 0; i < COUNT && places_may_read(&places); i++) {
        ck_assert(says(&places.list[i], CONTROL_BYTES_MAX, CONTROL_BYTES_MAX));
        lent += places.list[i].request.bytes.size;
    }
    ck_assert(!places_may_read(&places));
    ck_assert_uint_le(lent, CONNECTIONS_LENT_BYTES_MAX);
}
END_TEST

START_TEST(who_is_silent_in_the_middle_is_closed)
{
    all_come(CORE_PEER_OWN);
    ck_assert(says(&places.list[1], 10, 10)); /* the core's */
    now_us += CONNECTION_IDLE_US;
    ck_assert(!says(&places.list[2], 10, 1));
    now_us++;
    places_close_idle(&places, now_us);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_int_eq(places.list[i].state, i == 1   ? CONNECTION_WAITING
                                               : i == 2 ? CONNECTION_READING
                                                        : CONNECTION_FREE);
}
END_TEST

START_TEST(what_many_do_is_told_once_a_while_with_how_many)
{
    struct limited_log telling = {0};
    uint64_t count = 0;

    ck_assert(limited_log_adds(&telling, 5, &count));
    ck_assert_uint_eq(count, 1);
    for (int i = 0; i < 1000; i++)
        ck_assert(!limited_log_adds(&telling, CONTROL_LOG_US, &count));
    ck_assert(limited_log_adds(&telling, CONTROL_LOG_US + 5, &count));
    ck_assert_uint_eq(count, 1001);
    ck_assert(!limited_log_adds(&telling, CONTROL_LOG_US + 6, &count));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("places");
    TCase *tcase = tcase_create("places");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_slowest_gives_its_place_to_who_comes);
    tcase_add_test(tcase, a_drop_now_and_then_keeps_no_place);
    tcase_add_test(tcase, strangers_have_fewer_places_and_take_no_other);
    tcase_add_test(tcase, the_operators_is_the_last_to_go);
    tcase_add_test(tcase, what_the_core_has_keeps_its_place);
    tcase_add_test(tcase, requests_that_are_not_whole_hold_only_so_much_memory);
    tcase_add_test(tcase, answers_that_nobody_takes_hold_only_so_much_memory);
    tcase_add_test(tcase, with_too_much_at_the_core_no_more_is_read);
    tcase_add_test(tcase, who_is_silent_in_the_middle_is_closed);
    tcase_add_test(tcase, what_many_do_is_told_once_a_while_with_how_many);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
