/* Sites as far as their sockets know them, all on loopback; what each core would get is counted. */
#ifndef SERAI_TESTS_SITE_DAEMON_WIRES_FIXTURE_H
#define SERAI_TESTS_SITE_DAEMON_WIRES_FIXTURE_H

#include "site/daemon/limits.h"
#include "site/daemon/resolver.h"
#include "site/daemon/wires.h"
#include "tests/check_main.h"

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

extern struct site sites[SITES];
extern uint64_t now_us;
extern resolve_name sites_resolve; /* of the sites that are opened; NULL: the system's */

/* Keys and a free endpoint for each site; none is open yet. */
void sites_setup(void);
void sites_teardown(void);

enum status try_open(struct site *site, const char *listen, struct fault *fault);
void open_site(struct site *site, const char *listen);
/* The port of site 0's endpoint. */
uint16_t listening_port(void);

/* `count` neighbours in order of interface; an empty endpoint waits for their call. */
void configure(struct site *site, const struct site *const *neighbours,
               const char *const *endpoints, size_t count);
void link_to(struct site *site, const struct site *neighbour, const char *endpoint);
/*
 * The one link of a site, to `neighbour`, as it is after the operator removed it or added it again.
 */
void set_removed(struct site *site, const struct site *neighbour, const char *endpoint,
                 bool removed);
/* A listens and B dials it. */
void join_two(void);

/* Let everyone look once, for at most a few milliseconds each; time goes on by more than that. */
void step(void);
void steps(int count);

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (int left = PATIENCE; !(condition); left--) {                                          \
            ck_assert_msg(left > 0, "it never came true: %s", #condition);                         \
            step();                                                                                \
        }                                                                                          \
    } while (0)

/* A parcel filled with this byte; send_one() sends one of 40 over interface 1. */
void send_sized(struct site *site, uint32_t interface, uint8_t first, size_t size);
void send_one(struct site *site, uint8_t first);

#endif
