/*
 * A whole site in this process, for `serai agent test`: the core over a store in memory, with a
 * clock that moves when it is told to and random bytes of a seed.  No file, no socket, no thread;
 * the same calls give the same bytes.  It may have neighbours, sites of the same kind, to which its
 * links lead; parcels arrive at once and none is lost.
 *
 * Turns run one a frame, so that the lines of a frame are those of one turn.
 */
#ifndef SERAI_SITE_TESTING_MEMORY_SITE_H
#define SERAI_SITE_TESTING_MEMORY_SITE_H

#include "base/random.h"
#include "engine/engine.h"
#include "site/core/core.h"

enum {
    MEMORY_PEOPLE_MAX = 9, /* the operator, who comes first, and eight others */
    MEMORY_FRAMES_SHOWN = 16,
    MEMORY_PEERS_MAX = 4,
    MEMORY_TURNS_MAX = 10000, /* until all agents are at rest again */
};

struct memory_person {
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    uint64_t number; /* of the last request */
    uint64_t account;
};

/* A turn that was run. */
struct memory_turn {
    uint64_t agent;
    uint64_t frame;   /* whose lines are its own */
    bool undone;      /* and its event is over */
    uint32_t depth;   /* of an undone one: how many activations there were ... */
    uint32_t at_size; /* ... of which these are the innermost; 0: none had begun */
    struct engine_frame at[MEMORY_FRAMES_SHOWN];
};

/* A parcel on its way, and the key of the site that sent it. */
struct memory_parcel {
    uint8_t from[CONTROL_KEY_BYTES];
    struct bytes bytes;
};

struct memory_site {
    struct core *core;
    struct store_memory *memory;
    struct store store;
    struct rng random;
    struct pricebook book;
    uint8_t key[CONTROL_KEY_BYTES];
    struct memory_person people[MEMORY_PEOPLE_MAX];
    size_t person_count;
    uint64_t now_us;
    uint64_t marked; /* the agent whose turn ran last; 0: none did */
    struct bytes answer;
    struct control_reply reply;                  /* to the last request; points into `answer` */
    struct memory_site *peers[MEMORY_PEERS_MAX]; /* by interface, from 1; borrowed */
    bool cut[MEMORY_PEERS_MAX];                  /* nothing passes */
    size_t peer_count;
    struct memory_parcel *arrivals; /* oldest first */
    size_t arrival_count;
    size_t arrival_capacity;
    /* Called after each turn, when its frame is closed. */
    void (*turn)(void *context, const struct memory_site *site, const struct memory_turn *turn);
    void *turn_context;
};

/*
 * Open a site of these prices, whose operator has all money that there can be.  On ST_OK the caller
 * ends it with memory_site_close(), and it stays where it is.  ST_INVALID: the book is not usable;
 * ST_NOMEM.
 */
MUST_CHECK enum status memory_site_open(struct memory_site *site, const struct pricebook *book,
                                        uint64_t seed, struct fault *fault);

/* End it; one that is all-zero or could not be opened is allowed. */
void memory_site_close(struct memory_site *site);

/*
 * Add a person of this name, with money.  ST_INVALID: the name is none, or there are too many.
 */
MUST_CHECK enum status memory_site_person(struct memory_site *site, const char *name,
                                          struct money money, struct fault *fault);

/*
 * Join two sites by a link over which either may owe the other `limit`.  The neighbour has no other
 * link, and the home has interfaces from 1 on in the order of the calls.  Settles both. ST_INVALID:
 * the name is none, or there are too many; ST_FULL.
 */
MUST_CHECK enum status memory_site_join(struct memory_site *home, struct memory_site *neighbour,
                                        const char *name, struct money limit, struct fault *fault);

/*
 * memory_site_cut() lets nothing pass between home and a neighbour any more, by its place from 0,
 * and both links go down; memory_site_rejoin() lets it pass again.  At rest, and settled after.
 */
MUST_CHECK enum status memory_site_cut(struct memory_site *home, size_t peer, struct fault *fault);
MUST_CHECK enum status memory_site_rejoin(struct memory_site *home, size_t peer,
                                          struct fault *fault);

/*
 * Let a person give a command; `args`, one CBOR array, is freed.  The answer is in site->reply
 * until the next request.  No turn runs.
 */
enum control_status memory_site_request(struct memory_site *site, size_t person,
                                        const char *command, struct bytes *args);

/* As memory_site_request(), a read. */
enum control_status memory_site_read(struct memory_site *site, const char *command,
                                     struct bytes *args);

/*
 * Run turns, here and at the neighbours, until no agent has anything to do and no parcel is on its
 * way.  ST_FULL: after MEMORY_TURNS_MAX some still have.
 */
MUST_CHECK enum status memory_site_settle(struct memory_site *site, struct fault *fault);

/* Let time pass, and run what comes due.  As memory_site_settle(), for each moment. */
MUST_CHECK enum status memory_site_pass(struct memory_site *site, uint64_t us, struct fault *fault);

/* Put these prices in force.  ST_INVALID: they are not usable. */
MUST_CHECK enum status memory_site_prices(struct memory_site *site, const struct pricebook *book,
                                          struct fault *fault);

/* The frame that fills. */
uint64_t memory_site_frame(const struct memory_site *site);

#endif
