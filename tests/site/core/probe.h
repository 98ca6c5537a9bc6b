/*
 * Between the host and its engine: every turn of the tests' cores passes through here (the linker
 * wraps engine_run).  It counts how each order was answered, and lets a test play an agent itself,
 * order by order, without a module of its own.
 */
#ifndef SERAI_TESTS_SITE_CORE_PROBE_H
#define SERAI_TESTS_SITE_CORE_PROBE_H

#include "agents/turns/turn.h"

enum { PROBE_ANSWERS = 18 }; /* 0: success; n: the refusal -n */

extern uint64_t probe_count[SERAI_ORDER_COUNT][PROBE_ANSWERS];
/* How often a turn heard FAILED with the refusal -n. */
enum { PROBE_FAILURES = 19 };
extern uint64_t probe_failed[PROBE_FAILURES];
/* "facet_send"; "E_FULL" */
const char *probe_order_name(uint32_t order);
const char *probe_refusal_name(int refusal);

/* A turn that the test plays. */
struct part {
    struct engine_instance *instance;
    int32_t kind;
    int32_t slot;
    int32_t size;
};

typedef enum engine_outcome (*part_fn)(void *context, struct part *part);

/* From now on the turns of `agent` are played by `play`; NULL: by its module again. */
void probe_play(uint64_t agent, part_fn play, void *context);
void probe_play_none(void);

/*
 * Give an order with these arguments, as a guest's host call would: part_order(part, SERAI_ORDER_
 * self_facet, 0, 1, 0).  What an i32 parameter is given is cut to 32 bits.
 */
int64_t part_order_list(struct part *part, enum serai_order order, const int64_t *args,
                        size_t count);
#define part_order(part, name, ...)                                                                \
    part_order_list((part), SERAI_ORDER_##name, (const int64_t[]){__VA_ARGS__},                    \
                    sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t))

/* Fail the turn by self_fail, which has to be granted: what a part then returns. */
enum engine_outcome part_fail(struct part *part, int32_t code, uint32_t reason, uint32_t size);

/* Bytes of the guest's memory, to be written (and noted as written) or read. */
uint8_t *part_memory(struct part *part, uint32_t address, uint32_t size);
void part_event(struct part *part, struct serai_event *event);

#endif
