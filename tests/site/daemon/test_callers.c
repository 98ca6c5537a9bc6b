/* Links' sockets against peers that keep to no rule, strangers and the invited; all on loopback. */
#include "site/daemon/callers.h"

#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "site/daemon/curve.h"
#include "site/daemon/poller.h"
#include "tests/figure.h"
#include "tests/raw_curve.h"
#include "tests/site/daemon/wires_fixture.h"
#include "tests/temp_dir.h"

/* ---- peers that keep to no rule ---- */

struct rogue {
    void *context;
    void *socket;
};

/* Dial site 0 with the keys of `as`; `server` is whom it takes site 0 for. */
static struct rogue rogue_open(const struct site *as, const struct site *server, const char *route)
{
    struct rogue rogue = {.context = zmq_ctx_new()};
    const int zero = 0;
    const int never = -1;
    uint8_t curve[CURVE_KEY_BYTES];
    uint8_t *secret = NULL;
    struct fault fault;

    rogue.socket = zmq_socket(rogue.context, ZMQ_DEALER);
    ck_assert_ptr_nonnull(rogue.socket);
    ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_LINGER, &zero, sizeof zero), 0);
    ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_RECONNECT_IVL, &never, sizeof never), 0);
    if (as != NULL) {
        ck_assert_int_eq(curve_public(curve, server->key, &fault), ST_OK);
        ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_CURVE_SERVERKEY, curve, sizeof curve), 0);
        ck_assert_int_eq(curve_public(curve, as->key, &fault), ST_OK);
        ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_CURVE_PUBLICKEY, curve, sizeof curve), 0);
        ck_assert_int_eq(curve_secret(&secret, as->secret, &fault), ST_OK);
        ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_CURVE_SECRETKEY, secret, sizeof curve),
                         0);
        sodium_free(secret);
    }
    if (route != NULL)
        ck_assert_int_eq(zmq_setsockopt(rogue.socket, ZMQ_ROUTING_ID, route, strlen(route)), 0);
    ck_assert_int_eq(zmq_connect(rogue.socket, sites[0].endpoint), 0);
    return rogue;
}

static void rogue_close(struct rogue *rogue)
{
    (void)zmq_close(rogue->socket);
    (void)zmq_ctx_term(rogue->context);
}

static void rogue_send(const struct rogue *rogue, size_t size, int flags)
{
    uint8_t *bytes = calloc(1, size + 1);

    ck_assert_int_ge(zmq_send(rogue->socket, bytes, size, flags), 0);
    free(bytes);
}

static void listen_for_one(void)
{
    open_site(&sites[0], sites[0].endpoint);
    link_to(&sites[0], &sites[1], "");
}

/* That site 0 still serves its one neighbour. */
static void neighbour_gets_through(void)
{
    size_t before = sites[0].seen_count;
    struct rogue good = rogue_open(&sites[1], &sites[0], NULL);

    rogue_send(&good, 10, 0);
    UNTIL(sites[0].seen_count == before + 1);
    rogue_close(&good);
}

START_TEST(who_was_removed_and_goes_on_speaking_is_passed_over)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    rogue_send(&rogue, 10, 0);
    UNTIL(sites[0].seen_count == 1);
    set_removed(&sites[0], &sites[1], "", true);
    for (int i = 0; i < 3; i++)
        rogue_send(&rogue, 10, 0);
    UNTIL(wires_count(sites[0].wires).refused == 3);
    ck_assert_uint_eq(sites[0].seen_count, 1);
    rogue_close(&rogue);
}
END_TEST

START_TEST(an_unknown_key_is_refused)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[2], &sites[0], NULL);
    rogue_send(&rogue, 10, 0);
    UNTIL(wires_count(sites[0].wires).unknown_keys >= 1);
    steps(20);
    ck_assert_uint_eq(sites[0].seen_count, 0);
    rogue_close(&rogue);
    neighbour_gets_through();
}
END_TEST

START_TEST(a_peer_without_keys_is_refused)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(NULL, NULL, NULL);
    rogue_send(&rogue, 10, 0);
    steps(30);
    ck_assert_uint_eq(sites[0].seen_count, 0);
    rogue_close(&rogue);
    neighbour_gets_through();
}
END_TEST

START_TEST(the_largest_parcel_passes_and_one_byte_more_ends_the_connection)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    rogue_send(&rogue, LINK_PARCEL_BYTES_MAX, 0);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].sizes[0], LINK_PARCEL_BYTES_MAX);
    rogue_send(&rogue, LINK_PARCEL_BYTES_MAX + 1, 0);
    steps(30);
    ck_assert_uint_eq(sites[0].seen_count, 1);
    rogue_close(&rogue);
    neighbour_gets_through();
}
END_TEST

START_TEST(a_parcel_in_several_frames_is_refused_and_the_next_is_not)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    rogue_send(&rogue, 10, ZMQ_SNDMORE);
    rogue_send(&rogue, 20, ZMQ_SNDMORE);
    rogue_send(&rogue, 30, 0);
    rogue_send(&rogue, 40, 0);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].sizes[0], 40);
    ck_assert_uint_eq(wires_count(sites[0].wires).refused, 1);
    rogue_close(&rogue);
}
END_TEST

START_TEST(a_routing_id_that_the_peer_chose_means_nothing)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], "admin");
    rogue_send(&rogue, 10, 0);
    UNTIL(sites[0].seen_count == 1);
    send_one(&sites[0], 3); /* to the key, whatever it calls itself */
    rogue_close(&rogue);
    neighbour_gets_through();
}
END_TEST

START_TEST(an_empty_parcel_goes_to_the_core_as_it_is)
{
    struct rogue rogue;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    rogue_send(&rogue, 0, 0);
    UNTIL(sites[0].seen_count == 1);
    ck_assert_uint_eq(sites[0].sizes[0], 0);
    rogue_close(&rogue);
}
END_TEST

/* ---- how much they can make us hold ---- */

static struct raw_curve raw;

static void wait_a_step(void)
{
    step();
}

/* As site 1, of which site 0 hears nothing but what is sent here. */
static void raw_open(void)
{
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t *secret = NULL;
    struct fault fault;

    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert_int_eq(curve_public(public, sites[1].key, &fault), ST_OK);
    ck_assert_int_eq(curve_secret(&secret, sites[1].secret, &fault), ST_OK);
    ck_assert(raw_curve_open(&raw, listening_port(), server, public, secret, wait_a_step));
    sodium_free(secret);
}

/* Parts of one message, for as long as site 0 takes any: never more than the bound. */
static void send_endless_parts(size_t part)
{
    static const uint8_t zeros[64 * 1024];
    uint64_t most = 0;
    bool over = false;

    listen_for_one();
    raw_open();
    ck_assert(raw_curve_send(&raw, zeros, 10, false, &over));
    UNTIL(sites[0].seen_count == 1);
    for (int left = 100 * PATIENCE; !over; left--) {
        uint64_t now;

        ck_assert_int_gt(left, 0);
        if (!raw_curve_send(&raw, zeros, part, true, &over) || left % 256 == 0)
            step();
        now = wires_count(sites[0].wires).bytes_in;
        most = now > most ? now : most;
    }
    ck_assert_uint_gt(most, CALL_BYTES_MAX - CALL_WAY_BYTES); /* it was tried */
    figure_tells(12,
                 part == 1 ? "held of a message of endless parts of a byte"
                           : "held of a message of endless parts of 64 KiB",
                 "3 GiB and more", (double)most / 1024, CALL_BYTES_MAX / 1024, "KiB");
    ck_assert_uint_eq(wires_count(sites[0].wires).bytes_in, 0);
    ck_assert_uint_eq(wires_count(sites[0].wires).refused, 1);
    ck_assert_uint_eq(wires_count(sites[0].wires).called, 0);
    ck_assert_uint_eq(sites[0].seen_count, 1);
    raw_curve_close(&raw);
    neighbour_gets_through();
}

START_TEST(a_message_of_endless_parts_is_cut_at_a_bound)
{
    send_endless_parts(64 * 1024 - 1);
}
END_TEST

START_TEST(a_message_of_endless_small_parts_is_cut_at_the_same_bound)
{
    send_endless_parts(1);
}
END_TEST

/* The first part of a message, and then never more. */
START_TEST(a_message_that_is_never_ended_is_given_up)
{
    bool over;

    listen_for_one();
    raw_open();
    ck_assert(raw_curve_send(&raw, (const uint8_t *)"part", 4, true, &over));
    ck_assert_uint_eq(wires_count(sites[0].wires).called, 1);
    UNTIL(wires_count(sites[0].wires).called == 0);
    ck_assert_uint_eq(wires_count(sites[0].wires).bytes_in, 0);
    raw_curve_close(&raw);
    neighbour_gets_through();
}
END_TEST

/* The build with the address sanitizer finds what was lost when the program ends. */
START_TEST(what_came_of_a_message_is_not_lost_with_its_connection)
{
    enum { ROUNDS = 40 };
    static const uint8_t zeros[64];

    for (size_t i = 0; i < ROUNDS; i++) {
        bool over;

        listen_for_one();
        raw_open();
        ck_assert(raw_curve_send(&raw, zeros, 10, false, &over));
        UNTIL(sites[0].seen_count == i + 1);
        ck_assert(raw_curve_send(&raw, zeros, sizeof zeros, true, &over));
        UNTIL(wires_count(sites[0].wires).bytes_in > sizeof zeros);
        steps(2);
        /* libzmq's thread is in the midst of what goes out when the connection is ended. */
        for (size_t k = 0; k <= i; k++)
            send_one(&sites[0], 1);
        wires_free(sites[0].wires);
        sites[0].wires = NULL;
        raw_curve_close(&raw);
    }
}
END_TEST

START_TEST(a_key_has_one_connection_and_it_is_the_newest)
{
    struct rogue rogues[20];

    listen_for_one();
    for (size_t i = 0; i < sizeof rogues / sizeof rogues[0]; i++) {
        rogues[i] = rogue_open(&sites[1], &sites[0], NULL);
        rogue_send(&rogues[i], 10 + i, 0);
        UNTIL(sites[0].seen_count == i + 1);
        ck_assert_uint_eq(wires_count(sites[0].wires).called, 1);
        ck_assert_uint_eq(sites[0].sizes[i], 10 + i);
    }
    figure_tells(12, "connections of one key, of 20 that it made", "60 that held 2 GiB",
                 (double)wires_count(sites[0].wires).called, 1, "connections");
    send_one(&sites[0], 5);
    for (int left = PATIENCE; left > 0; left--) {
        uint8_t bytes[64];

        if (zmq_recv(rogues[19].socket, bytes, sizeof bytes, ZMQ_DONTWAIT) == 40)
            break;
        ck_assert_int_gt(left, 1);
        step();
    }
    for (size_t i = 0; i < sizeof rogues / sizeof rogues[0]; i++)
        rogue_close(&rogues[i]);
}
END_TEST

/* Whoever says that it lives, and reads nothing of what it asks for. */
START_TEST(a_neighbour_that_takes_nothing_holds_a_bounded_share)
{
    enum { PARCELS = 2 * CALL_OUT_BYTES_MAX / LINK_PARCEL_BYTES_MAX };

    join_two();
    UNTIL(sites[1].connected == 1);
    sites[0].stopped = true; /* its relay stands still, and so does all that is behind it */
    for (int i = 0; i < PARCELS; i++)
        send_sized(&sites[1], 1, 1, LINK_PARCEL_BYTES_MAX);
    figure_tells(12, "held of 32 MiB that a neighbour does not take", "-",
                 (double)wires_count(sites[1].wires).bytes_out / (1 << 20),
                 CALL_OUT_BYTES_MAX / (1 << 20), "MiB");
    ck_assert_uint_gt(wires_count(sites[1].wires).bytes_out, CALL_OUT_BYTES_MAX / 2);
    ck_assert_uint_gt(wires_count(sites[1].wires).dropped, PARCELS / 2 - 8);
    sites[0].stopped = false;
    UNTIL(wires_count(sites[1].wires).bytes_out == 0);
    send_sized(&sites[1], 1, 9, 10);
    UNTIL(sites[0].seen_count > 0 && sites[0].seen[sites[0].seen_count - 1] == 9);
}
END_TEST

/* Signs of life are no messages, and may come for ever. */
START_TEST(signs_of_life_use_nothing_up)
{
    struct rogue rogue;
    uint64_t until_us = now_us;

    listen_for_one();
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    for (int i = 0; i < 5; i++) {
        rogue_send(&rogue, 10, 0);
        UNTIL(sites[0].seen_count == (size_t)i + 1);
        until_us = now_us + 1000000;
        while (now_us < until_us)
            step();
    }
    ck_assert_uint_le(wires_count(sites[0].wires).bytes_in, CALL_FREE_S); /* the last second's */
    rogue_close(&rogue);
}
END_TEST

/* More than there are places for: the oldest go, and whoever has a key gets through. */
START_TEST(strangers_have_few_places_and_the_newest_has_one)
{
    enum { STRANGERS = 3 * CALLERS_MAX };
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fds[STRANGERS];
    int open_count = 0;

    listen_for_one();
    address.sin_port = htons(listening_port());
    for (int i = 0; i < STRANGERS; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(connect(fds[i], (const struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(send(fds[i], "\xff", 1, MSG_NOSIGNAL), 1);
        steps(2);
    }
    for (int i = 0; i < STRANGERS; i++) {
        uint8_t bytes[16];
        ssize_t got;

        /* libzmq has greeted those that have a place; the others were shown out. */
        do
            got = recv(fds[i], bytes, sizeof bytes, MSG_DONTWAIT);
        while (got > 0);
        open_count += got < 0 && errno == EAGAIN;
    }
    ck_assert_int_le(open_count, CALLERS_MAX);
    neighbour_gets_through();
    for (int i = 0; i < STRANGERS; i++)
        (void)close(fds[i]);
}
END_TEST

/* ---- invitations ---- */

/* Site 0 knows the invitation of this byte and no link, and a caller shows its key. */
static void invited_caller(uint8_t number)
{
    uint8_t seed[crypto_box_SEEDBYTES] = {number};
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t private[CURVE_KEY_BYTES];
    struct core_invited invited[2] = {{{1}}};
    struct fault fault;

    open_site(&sites[0], sites[0].endpoint);
    configure(&sites[0], NULL, NULL, 0);
    ck_assert_int_eq(crypto_box_seed_keypair(invited[1].key, private, seed), 0);
    wires_invite(sites[0].wires, invited, 2);
    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert(raw_curve_open(&raw, listening_port(), server, invited[1].key, private, wait_a_step));
}

/* How many of that many polls of site 0 find something, each of which is served. */
static int polls_that_find(int count)
{
    zmq_pollitem_t items[WIRES_POLL_MAX];
    int found = 0;

    while (count-- > 0) {
        size_t items_count = wires_poll(sites[0].wires, items, true);
        bool ready = false;

        poller_poll(items, items_count, 2);
        for (size_t i = 0; i < items_count; i++)
            ready = ready || items[i].revents != 0;
        found += ready;
        wires_serve(sites[0].wires, items, now_us);
    }
    return found;
}

/* It may say one thing, gets one answer, and is shown out; it is no link, whatever it sends. */
START_TEST(an_invited_caller_says_one_thing_and_is_answered)
{
    struct core_joined joined = {0};
    uint8_t bytes[256];
    bool over = false;
    ssize_t got = 0;

    invited_caller(1);
    ck_assert(raw_curve_send(&raw, (const uint8_t *)"join", 4, false, &over));
    UNTIL(sites[0].joins == 1);
    ck_assert_uint_eq(sites[0].join_size, 4);
    ck_assert(raw_curve_send(&raw, (const uint8_t *)"more", 4, false, &over));
    steps(20);
    ck_assert_int_lt(polls_that_find(20), 10); /* what it says besides wakes nobody */
    ck_assert_uint_eq(sites[0].joins, 1);
    ck_assert_uint_eq(sites[0].seen_count, 0);
    ck_assert_uint_eq(wires_count(sites[0].wires).unknown_keys, 0);
    joined.call = sites[0].join_call;
    bytes_append(&joined.bytes, "answer", 6);
    wires_answer(sites[0].wires, &joined);
    bytes_fini(&joined.bytes);
    /* Sealed: what comes after the handshake is longer than the answer. */
    for (int left = PATIENCE; got < 6 && left > 0; left--) {
        step();
        got = recv(raw.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    }
    ck_assert_int_ge(got, 6);
    for (int left = PATIENCE; got != 0 && left > 0; left--) {
        step();
        got = recv(raw.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    }
    ck_assert_int_eq(got, 0);
    raw_curve_close(&raw);
}
END_TEST

/* However many call, it keeps its place. */
START_TEST(strangers_do_not_push_an_invited_caller_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fds[2 * CALLERS_MAX];
    bool over = false;

    invited_caller(2);
    address.sin_port = htons(listening_port());
    for (int i = 0; i < 2 * CALLERS_MAX; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(connect(fds[i], (const struct sockaddr *)&address, sizeof address), 0);
        steps(1);
    }
    ck_assert(raw_curve_send(&raw, (const uint8_t *)"join", 4, false, &over));
    UNTIL(sites[0].joins == 1);
    for (int i = 0; i < 2 * CALLERS_MAX; i++)
        (void)close(fds[i]);
    raw_curve_close(&raw);
}
END_TEST

/* One that was taken from the list is a stranger again. */
START_TEST(a_key_of_no_invitation_is_a_stranger)
{
    struct core_invited none[1] = {{{0}}};
    uint8_t seed[crypto_box_SEEDBYTES] = {3};
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t private[CURVE_KEY_BYTES];
    struct fault fault;

    open_site(&sites[0], sites[0].endpoint);
    configure(&sites[0], NULL, NULL, 0);
    ck_assert_int_eq(crypto_box_seed_keypair(public, private, seed), 0);
    memcpy(none[0].key, public, sizeof public);
    wires_invite(sites[0].wires, none, 1);
    wires_invite(sites[0].wires, none, 0);
    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert(!raw_curve_open(&raw, listening_port(), server, public, private, wait_a_step));
    ck_assert_uint_eq(wires_count(sites[0].wires).unknown_keys, 1);
    raw_curve_close(&raw);
}
END_TEST

/* ---- before the links are known ---- */

START_TEST(who_calls_before_the_links_are_known_waits_and_is_no_stranger)
{
    struct rogue rogue;

    open_site(&sites[0], sites[0].endpoint);
    rogue = rogue_open(&sites[1], &sites[0], NULL);
    rogue_send(&rogue, 10, 0);
    steps(40);
    ck_assert_uint_eq(wires_count(sites[0].wires).unknown_keys, 0);
    link_to(&sites[0], &sites[1], "");
    UNTIL(sites[0].seen_count == 1);
    figure_tells(17, "refused of neighbours that call before links are known", "at times",
                 (double)wires_count(sites[0].wires).unknown_keys, 0, "of 1");
    rogue_close(&rogue);
}
END_TEST

/* ---- strangers ---- */

static size_t count_lines(const char *path, const char *word)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    size_t count = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, word) != NULL;
    (void)fclose(file);
    return count;
}

START_TEST(strangers_are_told_once_each_and_then_only_counted)
{
    enum { STRANGERS = UNKNOWN_KEYS_MAX + 20 };
    char dir[TEMP_DIR_BYTES];
    int saved = dup(STDERR_FILENO);

    temp_dir_init(dir);
    listen_for_one();
    ck_assert_ptr_nonnull(freopen(temp_path(dir, "log"), "w", stderr));
    for (int i = 0; i < STRANGERS; i++) {
        uint64_t before = wires_count(sites[0].wires).unknown_keys;
        struct rogue rogue;

        if (i != 1) /* the second is the first one again */
            ck_assert_int_eq(crypto_sign_keypair(sites[2].key, sites[2].secret), 0);
        rogue = rogue_open(&sites[2], &sites[0], NULL);
        UNTIL(wires_count(sites[0].wires).unknown_keys > before);
        rogue_close(&rogue);
    }
    now_us += UNKNOWN_KEYS_LOG_US;
    steps(2);
    (void)fflush(stderr);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    ck_assert_uint_eq(count_lines(temp_path(dir, "log"), "link.refused"), UNKNOWN_KEYS_MAX);
    ck_assert_uint_eq(count_lines(temp_path(dir, "log"), "link.strangers"), 1);
    temp_dir_fini(dir);
    neighbour_gets_through();
}
END_TEST

/* Connections that say nothing, or noise. */
START_TEST(noise_from_the_network_keeps_nobody_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rng rng = rng_for_test();
    int fds[200];

    listen_for_one();
    address.sin_port = htons(listening_port());
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        uint8_t noise[100];

        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(connect(fds[i], (const struct sockaddr *)&address, sizeof address), 0);
        rng_fill(&rng, noise, sizeof noise);
        if (rng_coin(&rng))
            (void)!send(fds[i], noise, sizeof noise, MSG_NOSIGNAL);
        if (i % 20 == 0)
            step();
    }
    neighbour_gets_through();
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        (void)close(fds[i]);
    ck_assert_uint_eq(sites[0].seen_count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callers");
    TCase *tcase;

    tcase = tcase_create("callers");
    tcase_add_checked_fixture(tcase, sites_setup, sites_teardown);
    tcase_set_timeout(tcase, 40);
    tcase_add_test(tcase, who_was_removed_and_goes_on_speaking_is_passed_over);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, a_peer_without_keys_is_refused);
    tcase_add_test(tcase, the_largest_parcel_passes_and_one_byte_more_ends_the_connection);
    tcase_add_test(tcase, a_parcel_in_several_frames_is_refused_and_the_next_is_not);
    tcase_add_test(tcase, a_routing_id_that_the_peer_chose_means_nothing);
    tcase_add_test(tcase, an_empty_parcel_goes_to_the_core_as_it_is);
    tcase_add_test(tcase, strangers_are_told_once_each_and_then_only_counted);
    tcase_add_test(tcase, noise_from_the_network_keeps_nobody_out);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("floods"); /* make hostile runs these alone */
    tcase_add_checked_fixture(tcase, sites_setup, sites_teardown);
    tcase_set_timeout(tcase, 40);
    tcase_add_test(tcase, a_message_of_endless_parts_is_cut_at_a_bound);
    tcase_add_test(tcase, a_message_of_endless_small_parts_is_cut_at_the_same_bound);
    tcase_add_test(tcase, a_message_that_is_never_ended_is_given_up);
    tcase_add_test(tcase, what_came_of_a_message_is_not_lost_with_its_connection);
    tcase_add_test(tcase, a_key_has_one_connection_and_it_is_the_newest);
    tcase_add_test(tcase, a_neighbour_that_takes_nothing_holds_a_bounded_share);
    tcase_add_test(tcase, signs_of_life_use_nothing_up);
    tcase_add_test(tcase, strangers_have_few_places_and_the_newest_has_one);
    tcase_add_test(tcase, an_invited_caller_says_one_thing_and_is_answered);
    tcase_add_test(tcase, strangers_do_not_push_an_invited_caller_out);
    tcase_add_test(tcase, a_key_of_no_invitation_is_a_stranger);
    tcase_add_test(tcase, who_calls_before_the_links_are_known_waits_and_is_no_stranger);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
