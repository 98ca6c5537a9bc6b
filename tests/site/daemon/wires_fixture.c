#include "tests/site/daemon/wires_fixture.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "site/daemon/limits.h"
#include "site/daemon/poller.h"
#include "tests/free_port.h"
#include "tests/tsan_zmq.h"

struct site sites[SITES];
uint64_t now_us = 1;
resolve_name sites_resolve;

enum status try_open(struct site *site, const char *listen, struct fault *fault)
{
    struct wires_options options = {
        .site_key = site->key,
        .site_secret = site->secret,
        .listen = listen,
        .arrivals = &site->ring,
        .resolve = sites_resolve,
    };

    return wires_new(&site->wires, &options, fault);
}

void open_site(struct site *site, const char *listen)
{
    struct fault fault = {0};

    ck_assert_msg(try_open(site, listen, &fault) == ST_OK, "%s", fault.text);
}

void sites_setup(void)
{
    struct fault fault;

    ck_assert_int_ge(sodium_init(), 0);
    memset(sites, 0, sizeof sites);
    sites_resolve = NULL;
    for (size_t i = 0; i < SITES; i++) {
        ck_assert_int_eq(crypto_sign_keypair(sites[i].key, sites[i].secret), 0);
        ck_assert_int_eq(wake_init(&sites[i].wake, &fault), ST_OK);
        ring_init(&sites[i].ring, &sites[i].wake);
        (void)snprintf(sites[i].endpoint, sizeof sites[i].endpoint, "tcp://127.0.0.1:%u",
                       free_port());
    }
}

void sites_teardown(void)
{
    for (size_t i = 0; i < SITES; i++) {
        wires_free(sites[i].wires);
        wake_fini(&sites[i].wake);
    }
}

void configure(struct site *site, const struct site *const *neighbours,
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

void link_to(struct site *site, const struct site *neighbour, const char *endpoint)
{
    configure(site, &neighbour, &endpoint, 1);
}

void join_two(void)
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

void step(void)
{
    zmq_pollitem_t items[WIRES_POLL_MAX];

    for (size_t i = 0; i < SITES; i++) {
        if (stands_still(&sites[i]))
            continue;
        size_t count = wires_poll(sites[i].wires, items, true);

        poller_poll(items, count, 2);
        wires_serve(sites[i].wires, items, now_us);
        wires_sweep(sites[i].wires, now_us);
        take_arrivals(&sites[i]);
    }
    now_us += 20000;
}

void steps(int count)
{
    while (count-- > 0)
        step();
}

void send_sized(struct site *site, uint32_t interface, uint8_t first, size_t size)
{
    struct core_parcel parcel = {.interface = interface};

    memset(bytes_extend(&parcel.bytes, size), first, size);
    wires_send(site->wires, &parcel);
    bytes_fini(&parcel.bytes);
}

void send_one(struct site *site, uint8_t first)
{
    send_sized(site, 1, first, 40);
}

void set_removed(struct site *site, const struct site *neighbour, const char *endpoint,
                 bool removed)
{
    struct core_link link = {
        .interface = 1, .removed = removed, .dials = endpoint[0] != '\0' && !removed};

    memcpy(link.key, neighbour->key, CONTROL_KEY_BYTES);
    (void)snprintf(link.endpoint, sizeof link.endpoint, "%.*s", LINK_ENDPOINT_BYTES_MAX, endpoint);
    wires_configure(site->wires, &link, 1, now_us);
}

uint16_t listening_port(void)
{
    return (uint16_t)strtoul(strrchr(sites[0].endpoint, ':') + 1, NULL, 10);
}
