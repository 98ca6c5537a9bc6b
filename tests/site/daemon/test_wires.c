/* Links' sockets against each other and against peers that keep to no rule; all on loopback. */
#include "site/daemon/wires.h"

#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site/daemon/curve.h"
#include "site/daemon/limits.h"
#include "tests/check_main.h"
#include "tests/figure.h"
#include "tests/free_port.h"
#include "tests/raw_curve.h"
#include "tests/temp_dir.h"
#include "tests/tsan_zmq.h"

enum { SITES = 3, SEEN_MAX = 1024, PATIENCE = 2500, ENDPOINT_BYTES = 160 };

/* A site as far as its sockets know it. */
struct site {
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    char endpoint[ENDPOINT_BYTES];
    struct wires *wires;
    struct wake wake;
    struct ring ring;
    bool stopped; /* does not look any more, though its sockets are open */
    bool holds;   /* gives nothing back */
    struct arrival *held[ARRIVALS_MAX];
    size_t held_count;
    uint32_t connected;
    uint32_t troubles;
    char trouble[200];      /* the last */
    uint8_t seen[SEEN_MAX]; /* first byte of each parcel */
    size_t sizes[SEEN_MAX];
    size_t seen_count;
    size_t joins; /* what invited callers said */
    size_t join_size;
    uint64_t join_call; /* who said the last */
};

static struct site sites[SITES];
static uint64_t now_us = 1;
static resolve_name resolve; /* of the sites that are opened; NULL: the system's */

static enum status try_open(struct site *site, const char *listen, struct fault *fault)
{
    struct wires_options options = {
        .site_key = site->key,
        .site_secret = site->secret,
        .listen = listen,
        .arrivals = &site->ring,
        .resolve = resolve,
    };

    return wires_new(&site->wires, &options, fault);
}

static void open_site(struct site *site, const char *listen)
{
    struct fault fault = {0};

    ck_assert_msg(try_open(site, listen, &fault) == ST_OK, "%s", fault.text);
}

static void setup(void)
{
    struct fault fault;

    ck_assert_int_ge(sodium_init(), 0);
    memset(sites, 0, sizeof sites);
    resolve = NULL;
    for (size_t i = 0; i < SITES; i++) {
        ck_assert_int_eq(crypto_sign_keypair(sites[i].key, sites[i].secret), 0);
        ck_assert_int_eq(wake_init(&sites[i].wake, &fault), ST_OK);
        ring_init(&sites[i].ring, &sites[i].wake);
        (void)snprintf(sites[i].endpoint, sizeof sites[i].endpoint, "tcp://127.0.0.1:%u",
                       free_port());
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < SITES; i++) {
        wires_free(sites[i].wires);
        wake_fini(&sites[i].wake);
    }
}

/* `count` neighbours in order of interface; an empty endpoint waits for their call. */
static void configure(struct site *site, const struct site *const *neighbours,
                      const char *const *endpoints, size_t count)
{
    struct core_link links[SITES];

    for (size_t i = 0; i < count; i++) {
        links[i] = (struct core_link){.interface = (uint32_t)i + 1};
        memcpy(links[i].key, neighbours[i]->key, CONTROL_KEY_BYTES);
        (void)snprintf(links[i].endpoint, sizeof links[i].endpoint, "%.*s", LINK_ENDPOINT_BYTES_MAX,
                       endpoints[i]);
        links[i].dials = endpoints[i][0] != '\0';
    }
    wires_configure(site->wires, links, count, now_us);
}

static void link_to(struct site *site, const struct site *neighbour, const char *endpoint)
{
    configure(site, &neighbour, &endpoint, 1);
}

/* A listens and B dials it. */
static void join_two(void)
{
    open_site(&sites[0], sites[0].endpoint);
    open_site(&sites[1], "");
    link_to(&sites[0], &sites[1], "");
    link_to(&sites[1], &sites[0], sites[0].endpoint);
}

/* ---- time ---- */

static void take_arrivals(struct site *site)
{
    struct arrival *arrival;

    while ((arrival = ring_pop(&site->ring)) != NULL) {
        if (arrival->kind == ARRIVAL_CONNECTED) {
            site->connected++;
        } else if (arrival->kind == ARRIVAL_TROUBLE) {
            site->troubles++;
            (void)snprintf(site->trouble, sizeof site->trouble, "%s", arrival->trouble);
        } else if (arrival->kind == ARRIVAL_JOIN) {
            site->joins++;
            site->join_size = arrival->size;
            site->join_call = arrival->call;
        } else {
            ck_assert_uint_lt(site->seen_count, SEEN_MAX);
            site->sizes[site->seen_count] = arrival->size;
            site->seen[site->seen_count++] = arrival->size == 0 ? 0 : arrival->bytes[0];
        }
        if (site->holds)
            site->held[site->held_count++] = arrival;
        else
            wires_give_back(site->wires, arrival);
    }
}

static bool stands_still(const struct site *site)
{
    return site->wires == NULL || site->stopped;
}

/* Let everyone look once, for at most a few milliseconds each; time goes on by more than that. */
static void step(void)
{
    zmq_pollitem_t items[WIRES_POLL_MAX];

    for (size_t i = 0; i < SITES; i++) {
        if (stands_still(&sites[i]))
            continue;
        size_t count = wires_poll(sites[i].wires, items, true);

        ck_assert_int_ge(zmq_poll(items, (int)count, 2), 0);
        wires_serve(sites[i].wires, items, now_us);
        wires_sweep(sites[i].wires, now_us);
        take_arrivals(&sites[i]);
    }
    now_us += 20000;
}

static void steps(int count)
{
    while (count-- > 0)
        step();
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (int left = PATIENCE; !(condition); left--) {                                          \
            ck_assert_msg(left > 0, "it never came true: %s", #condition);                         \
            step();                                                                                \
        }                                                                                          \
    } while (0)

static void send_sized(struct site *site, uint32_t interface, uint8_t first, size_t size)
{
    struct core_parcel parcel = {.interface = interface};

    memset(bytes_extend(&parcel.bytes, size), first, size);
    wires_send(site->wires, &parcel);
    bytes_fini(&parcel.bytes);
}

static void send_one(struct site *site, uint8_t first)
{
    send_sized(site, 1, first, 40);
}

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

    resolve = resolve_some;
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

    resolve = resolve_some;
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

/* The one link of a site, to `neighbour`, as it is after the operator removed it or added it again.
 */
static void set_removed(struct site *site, const struct site *neighbour, const char *endpoint,
                        bool removed)
{
    struct core_link link = {
        .interface = 1, .removed = removed, .dials = endpoint[0] != '\0' && !removed};

    memcpy(link.key, neighbour->key, CONTROL_KEY_BYTES);
    (void)snprintf(link.endpoint, sizeof link.endpoint, "%.*s", LINK_ENDPOINT_BYTES_MAX, endpoint);
    wires_configure(site->wires, &link, 1, now_us);
}

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
    unsigned long port = strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10);

    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert_int_eq(curve_public(public, sites[1].key, &fault), ST_OK);
    ck_assert_int_eq(curve_secret(&secret, sites[1].secret, &fault), ST_OK);
    ck_assert(raw_curve_open(&raw, (uint16_t)port, server, public, secret, wait_a_step));
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
    address.sin_port = htons((uint16_t)strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10));
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

/* ---- before the links are known ---- */

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

/* ---- invitations ---- */

/* Site 0 knows the invitation of this byte and no link, and a caller shows its key. */
static void invited_caller(uint8_t number)
{
    uint8_t seed[crypto_box_SEEDBYTES] = {number};
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t private[CURVE_KEY_BYTES];
    unsigned long port = strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10);
    struct core_invited invited[2] = {{{1}}};
    struct fault fault;

    open_site(&sites[0], sites[0].endpoint);
    configure(&sites[0], NULL, NULL, 0);
    ck_assert_int_eq(crypto_box_seed_keypair(invited[1].key, private, seed), 0);
    wires_invite(sites[0].wires, invited, 2);
    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert(raw_curve_open(&raw, (uint16_t)port, server, invited[1].key, private, wait_a_step));
}

/* How many of that many polls of site 0 find something, each of which is served. */
static int polls_that_find(int count)
{
    zmq_pollitem_t items[WIRES_POLL_MAX];
    int found = 0;

    while (count-- > 0) {
        int ready = zmq_poll(items, (int)wires_poll(sites[0].wires, items, true), 2);

        ck_assert_int_ge(ready, 0);
        found += ready > 0;
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
    address.sin_port = htons((uint16_t)strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10));
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
    unsigned long port = strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10);
    struct fault fault;

    open_site(&sites[0], sites[0].endpoint);
    configure(&sites[0], NULL, NULL, 0);
    ck_assert_int_eq(crypto_box_seed_keypair(public, private, seed), 0);
    memcpy(none[0].key, public, sizeof public);
    wires_invite(sites[0].wires, none, 1);
    wires_invite(sites[0].wires, none, 0);
    ck_assert_int_eq(curve_public(server, sites[0].key, &fault), ST_OK);
    ck_assert(!raw_curve_open(&raw, (uint16_t)port, server, public, private, wait_a_step));
    ck_assert_uint_eq(wires_count(sites[0].wires).unknown_keys, 1);
    raw_curve_close(&raw);
}
END_TEST

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
    address.sin_port = htons((uint16_t)strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10));
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
    Suite *suite = suite_create("wires");
    TCase *tcase = tcase_create("wires");

    tcase_add_checked_fixture(tcase, setup, teardown);
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
    tcase_add_test(tcase, who_was_removed_and_goes_on_speaking_is_passed_over);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, a_peer_without_keys_is_refused);
    tcase_add_test(tcase, a_site_that_answers_with_another_key_is_not_taken_for_the_neighbour);
    tcase_add_test(tcase, the_largest_parcel_passes_and_one_byte_more_ends_the_connection);
    tcase_add_test(tcase, a_site_whose_parcel_was_too_large_dials_again);
    tcase_add_test(tcase, a_parcel_in_several_frames_is_refused_and_the_next_is_not);
    tcase_add_test(tcase, a_routing_id_that_the_peer_chose_means_nothing);
    tcase_add_test(tcase, an_empty_parcel_goes_to_the_core_as_it_is);
    tcase_add_test(tcase, strangers_are_told_once_each_and_then_only_counted);
    tcase_add_test(tcase, noise_from_the_network_keeps_nobody_out);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("floods"); /* make hostile runs these alone */
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 40);
    tcase_add_test(tcase, a_message_of_endless_parts_is_cut_at_a_bound);
    tcase_add_test(tcase, a_message_of_endless_small_parts_is_cut_at_the_same_bound);
    tcase_add_test(tcase, a_message_that_is_never_ended_is_given_up);
    tcase_add_test(tcase, what_came_of_a_message_is_not_lost_with_its_connection);
    tcase_add_test(tcase, a_key_has_one_connection_and_it_is_the_newest);
    tcase_add_test(tcase, a_neighbour_that_takes_nothing_holds_a_bounded_share);
    tcase_add_test(tcase, signs_of_life_use_nothing_up);
    tcase_add_test(tcase, strangers_have_few_places_and_the_newest_has_one);
    tcase_add_test(tcase, a_peer_that_was_drained_is_down_for_that_reason_until_it_is_back);
    tcase_add_test(tcase, an_invited_caller_says_one_thing_and_is_answered);
    tcase_add_test(tcase, strangers_do_not_push_an_invited_caller_out);
    tcase_add_test(tcase, a_key_of_no_invitation_is_a_stranger);
    tcase_add_test(tcase, who_calls_before_the_links_are_known_waits_and_is_no_stranger);
    tcase_add_test(tcase, at_a_path_only_the_socket_that_was_bound_is_removed);
    tcase_add_test(tcase, at_a_path_that_is_taken_nothing_is_replaced);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
