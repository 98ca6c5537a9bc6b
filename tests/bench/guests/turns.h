/* What an agent does in a turn, small; see turns.c.  Includes nothing: neither side has a library.
 */
#ifndef SERAI_TESTS_BENCH_GUESTS_TURNS_H
#define SERAI_TESTS_BENCH_GUESTS_TURNS_H

#ifdef __wasm__
#define TURN(name) __attribute__((export_name(#name))) unsigned long long name(unsigned int n);
#define ORDER(name) __attribute__((import_module("serai"), import_name(#name)))
#else
#define TURN(name) unsigned long long name(unsigned int n);
#define ORDER(name)
#endif

/* The first bytes of an event, as struct serai_event of sdk/abi.h has them. */
struct turns_event {
    int kind;
    int slot;
    int size;
    int status;
    long long money;
    unsigned long long badge;
    char rest[56];
};

/* The orders that the turns give: the site's side of them is tests/bench/host.c. */
ORDER(event_info) long long bench_event_info(struct turns_event *to);
ORDER(cap_kind) long long bench_cap_kind(int slot);
ORDER(facet_send)
long long bench_facet_send(int facet, const void *data, int size, const int *caps, int cap_count,
                           long long money, long long postage, int reply);

TURN(turn_empty)   /* nothing */
TURN(turn_message) /* reads a message, finds its sender, trades, answers: two orders */
TURN(turn_orders)  /* `n` orders that answer at once */
TURN(turn_dirty)   /* changes four pages of 4 KiB */

#endif
