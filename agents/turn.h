/* The running turn: its stage of money, its event and its guest.  Private to this folder. */
#ifndef SERAI_AGENTS_TURN_H
#define SERAI_AGENTS_TURN_H

#include "agents/arena.h"
#include "agents/state.h"

/* Packets that were sent over one interface, at its prices; booked as two lines at the end. */
struct turn_packets {
    struct packet_prices prices; /* of one interface */
    uint64_t count;
    uint64_t bytes;
};

struct turn {
    struct agents *agents;
    struct agent *agent;
    struct inbox_message *event;
    struct engine_instance instance;
    struct arena_slot *slot;
    uint64_t budget; /* of fuel */
    uint64_t number; /* of this turn on this site, for copy on write */

    /* the event as the guest sees it */
    int64_t event_slot;
    int64_t reply_slot;
    int64_t cap_slots[SERAI_MESSAGE_CAPS_MAX];
    /* those of them that are emptied when it commits: not kept, and not emptied since */
    uint64_t lent[SERAI_MESSAGE_CAPS_MAX + 1];
    uint32_t lent_count;

    /* the stage: see docs/architecture.md, "money within a turn" */
    struct money pot;   /* balance at start, with what came to pay for the turn */
    struct money free;  /* balance at start, postage in, without the fuel hold */
    struct money tolls; /* all that were taken */
    struct money paid;  /* transfers out of the agent */
    struct money income;
    uint32_t orders[SERAI_ORDER_COUNT];
    struct turn_packets packets[TURN_INTERFACES_MAX];
    uint32_t packet_interfaces;
    struct money log_fees;
    uint64_t log_bytes;
    uint64_t carry[CARRIES]; /* as they will be after the turn */
    struct transfer *transfers;
    uint32_t transfer_count;

    bool poor;      /* its fuel is what its agent's money could buy, less than a full turn's */
    bool exhausted; /* an order needed more fuel than there was: the turn ends */

    /* what to do when it commits */
    bool die;
    bool become;
    struct code_ref become_code;
    struct money become_reserve;
    uint64_t become_memory; /* bytes beyond what the agent had */
    uint8_t become_args[SERAI_ARGS_BYTES_MAX];
    size_t become_args_size;

    /* random bytes drawn, for the event's hash */
    uint8_t random[TURN_RANDOM_BYTES_MAX];
    size_t random_size;
};

/* Stage a transfer that is covered already. */
void turn_stage(struct turn *turn, const struct transfer *transfer);

/* Take the price of an order.  False: not enough, and nothing was taken. */
bool turn_order_toll(struct turn *turn, enum serai_order order);

/* Take the price of `size` bytes of log.  False: not enough, and nothing was taken. */
bool turn_log_toll(struct turn *turn, size_t size);

/*
 * Caps that are to be handed on: turn_read_caps() reads them by the slots in guest memory; 0 or a
 * refusal.  Nothing leaves its slot until turn_hand_over(), which takes the replies among them:
 * these are not copied.
 */
int64_t turn_read_caps(struct turn *turn, uint64_t address, uint64_t count, struct cap *caps);
void turn_hand_over(struct turn *turn, const struct cap *caps, size_t count);

/*
 * Count what becoming another program will hold for the customer, from the order on: else what the
 * turn does afterwards could take its place.
 */
void turn_take_become(struct turn *turn);

/* Keep a slot as it is when the turn commits, if it was lent. */
void turn_keep_slot(struct turn *turn, uint64_t slot);

/* Draw random bytes, which are remembered for the event's hash.  False past the bound of a turn. */
bool turn_random(struct turn *turn, void *to, size_t size);

/*
 * The orders of this part, one order_*() for each group: checks all, then performs.  Returns the
 * order's result, or a refusal, and then nothing is changed (docs/guest-abi.md).
 */
int64_t order_event(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_self(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_cap(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_facet(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_buffer(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_heap(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_code(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t order_given(struct turn *turn, enum serai_order order, const uint64_t *args);

/* The imports that engine_code_new() binds to: the table of sdk/abi.h. */
extern const struct engine_imports turn_imports;

/* The host_call of struct engine_instance; `host` is the struct turn. */
bool turn_host_call(void *host, struct engine_instance *instance, uint32_t order,
                    const uint64_t *args, int64_t *result);

#endif
