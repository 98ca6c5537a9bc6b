/* Agents that the test plays: no module of theirs runs, no fuel is burnt. */
#ifndef SERAI_TESTS_SITE_CORE_PUPPET_H
#define SERAI_TESTS_SITE_CORE_PUPPET_H

#include "tests/site/core/fixture.h"
#include "tests/site/core/probe.h"

/* Where scripts put things in their memory; each holds a few KiB. */
enum { AT_DATA = 4096, AT_CAPS = 8192, AT_NUMBER = 8448, AT_ID = 8704 };

enum { EVENTS_MAX = 512 };

/* An agent that does nothing and writes down what it heard. */
struct heard {
    size_t count;
    struct serai_event events[EVENTS_MAX];
    uint8_t first_byte[EVENTS_MAX]; /* of the data */
};
enum engine_outcome puppet_hears(void *heard, struct part *part);
size_t heard_of(const struct heard *heard, int32_t kind); /* how many */
const struct serai_event *heard_last(const struct heard *heard, int32_t kind);

/*
 * An agent that keeps the reply of its event, if there is one: its slot is put at `slot`, an
 * int32_t; else below zero.
 */
enum engine_outcome puppet_keeps(void *slot, struct part *part);

/* Agents that do nothing, that trap, and that die, each time; their context is not looked at. */
enum engine_outcome puppet_idles(void *context, struct part *part);
enum engine_outcome puppet_traps(void *context, struct part *part);
enum engine_outcome puppet_dies(void *context, struct part *part);
/* One that fills all its slots, and then leaves `left` free, a uint32_t; NULL: none. */
enum engine_outcome puppet_fills(void *left, struct part *part);

/* A living agent with this much money beside what its birth held, doing nothing yet. */
uint64_t puppet_new(struct site *site, int person, uint64_t nanos, const char *gifts);
/* A new one that is told apart only by `keeps`, a module that it keeps. */
uint64_t puppet_keeping(struct site *site, int person, uint64_t nanos, const char *keeps);

/* One turn of `agent` played by `play`, caused by a message; afterwards it does nothing again. */
void puppet_play(struct site *site, uint64_t agent, part_fn play, void *context);

/* The number, in the heap, of a new facet of `agent` with this badge and postage. */
void puppet_publish(struct site *site, uint64_t agent, uint64_t badge, int64_t postage,
                    uint8_t number[SERAI_HEAP_NUMBER_BYTES]);
/* Within a turn: the slot of what the number names. */
int64_t part_fetch(struct part *part, const uint8_t number[SERAI_HEAP_NUMBER_BYTES]);

/*
 * The end of a test: the site loads again as it was, its books are exact, it is closed, and nobody
 * plays any more.
 */
void site_end(struct site *site);

/* What giving the order costs. */
uint64_t price_of(const struct site *site, enum serai_order order);

/* Its balance and what it has paid for fuel: what all else has left it. */
uint64_t worth_of(const struct site *site, uint64_t agent);
/* What the agent has paid for fuel in all its life: some orders cost that, too. */
uint64_t fuel_cost(const struct site *site, uint64_t agent);

#endif
