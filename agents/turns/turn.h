/* The running turn: its stage of money, its event and its guest.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_TURN_H
#define SERAI_AGENTS_TURNS_TURN_H

#include "agents/agent.h"
#include "agents/inbox.h"
#include "agents/leash.h"
#include "agents/limits.h"
#include "agents/pages/arena.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "engine/engine.h"

/* Packets that were sent over one interface, at its prices; booked at the end, one line a price. */
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
    uint64_t budget;     /* of fuel */
    uint64_t check_fuel; /* besides it, for modules that were put: paid already, out of `free` */
    uint64_t check_bytes;
    uint64_t number; /* of this turn on this site, for copy on write */

    /* the event as the guest sees it */
    int64_t event_slot;
    int64_t reply_slot;
    bool reply_promised; /* a promise waits for the answer on that reply */
    int64_t cap_slots[SERAI_MESSAGE_CAPS_MAX];
    /* those of them that are emptied when it commits: not kept, and not emptied since */
    uint64_t lent[SERAI_MESSAGE_CAPS_MAX + 1];
    uint32_t lent_count;

    /* the stage: see docs/architecture.md, "Money within a turn" */
    struct money pot;  /* balance at start, with what came to pay for the turn */
    struct money free; /* balance at start, postage in, without the fuel hold and check_fuel's */
    struct money fees; /* all that were taken */
    struct money paid; /* transfers out of the agent */
    struct money income;
    uint32_t orders[SERAI_ORDER_COUNT];
    struct turn_packets packets[TURN_INTERFACES_MAX];
    uint32_t packet_interfaces;
    /*
     * Lines of the journal that were paid for, and of these what the running order has not added
     * yet; their price is held until the order ends.
     */
    uint32_t lines;
    uint32_t order_lines;
    struct money order_held;
    struct money log_fees;
    uint64_t log_bytes;
    uint64_t carry[CARRIES]; /* as they will be after the turn */
    struct transfer *transfers;
    uint32_t transfer_count;

    bool poor;      /* its fuel is what its agent's money could buy, less than a full turn's */
    bool exhausted; /* an order needed more fuel than there was: the turn ends */

    /* the turn ends, and is undone, because its agent said so (self_fail): why; 0: it did not */
    int32_t fail_code;
    size_t fail_size;

    bool tries;                  /* it is the trial of a new program (agents/upgrade.h) */
    struct agent_program before; /* what the agent is if the trial fails; kept modules aside */
    struct money try_reserve;    /* pays for KEPT, or comes back */

    /* what to do when it commits */
    bool die;
    struct leash_action leashes[LEASH_ACTIONS_MAX];
    uint32_t leash_count;
    bool become;
    bool become_try; /* with a way back */
    struct code_ref become_code;
    struct money become_reserve;
    struct money kept_reserve; /* of a try */
    uint64_t become_memory;    /* bytes beyond what the agent had */
    uint8_t become_args[SERAI_ARGS_BYTES_MAX];
    size_t become_args_size;

    uint8_t fail_reason[SERAI_REASON_BYTES_MAX];

    /* random bytes drawn, for the event's hash */
    uint8_t random[TURN_RANDOM_BYTES_MAX];
    size_t random_size;
};

#endif
