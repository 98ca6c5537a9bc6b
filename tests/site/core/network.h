/*
 * Several sites in one process, joined by links over wires that lose, repeat and cut: what ZeroMQ
 * may do across reconnects, and crashes of either side.
 */
#ifndef SERAI_TESTS_SITE_CORE_NETWORK_H
#define SERAI_TESTS_SITE_CORE_NETWORK_H

#include "tests/site/core/fixture.h"

enum { NETWORK_SITES_MAX = 4, NETWORK_LINKS_MAX = 4, FLIGHT_MAX = 65536 };

/* One direction: parcels that are under way, oldest first. */
struct flight {
    struct bytes parcels[FLIGHT_MAX];
    size_t first;
    size_t count;
};

struct wire {
    int ends[2];              /* indexes of the sites; the first one dials */
    uint32_t interfaces[2];   /* the link's number at each */
    struct flight flights[2]; /* by the sender's end */
    bool cut;
};

struct network {
    struct site sites[NETWORK_SITES_MAX];
    struct poster {
        struct network *network;
        int site;
    } posters[NETWORK_SITES_MAX];
    size_t site_count;
    struct wire wires[NETWORK_LINKS_MAX];
    size_t wire_count;
    struct rng *faults;
};

/* Sites 0 .. count - 1, each with `nanos` in its operator's account.  Allocated: it is large. */
struct network *network_new(size_t count, uint64_t seed, uint64_t nanos, struct rng *faults);
void network_free(struct network *network);

/*
 * Two sites at rest that are joined and give each other `limit`; the first one has person 1, who
 * has 1,500,000,000 nanos.  network_end() lets them come to rest, requires that both agree and that
 * the first one's books are good, and frees them.
 */
struct network *network_of_two(uint64_t limit);
void network_end(struct network *network);

/* Join two sites; each gives the other `limit`.  `first` dials.  Returns the wire's number. */
size_t network_join(struct network *network, int first, int second, uint64_t limit);
struct link *network_link(struct network *network, size_t wire, int end);

/* The connection is made, or lost and made again: what was under way is gone. */
void network_connect(struct network *network, size_t wire);
void network_cut(struct network *network, size_t wire);
/* The site crashes and starts again from its last frame; its connections are made anew. */
void network_crash(struct network *network, int site);

/* Everyone runs a little and hears at most one parcel of each wire.  False: nothing was left to do.
 */
bool network_step(struct network *network, uint32_t turns);
/* Until nobody has anything to do. */
void network_settle(struct network *network);

/* After quiet: both ends of each link agree, and money over all sites adds up. */
void network_agrees(struct network *network);

#endif
