/* From the number of an import to the order it is: price, slot, then the function of its kind. */
#include "agents/orders/dispatch.h"

#include "agents/limits.h"
#include "agents/orders/orders.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"

/* The kind of capability that each order is given on, from the one table of sdk/abi.h. */
#define ORDER_KIND(number, name, params, kind, prototype) [number] = SERAI_KIND_##kind,
static const uint8_t order_kinds[SERAI_ORDER_COUNT] = {SERAI_ORDERS(ORDER_KIND)};
#undef ORDER_KIND

/* Each kind of capability has its own file; orders on channels are carried out above this part. */
static int64_t order_dispatch(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    switch ((enum serai_kind)order_kinds[order]) {
    case SERAI_KIND_FREE:
        return order_event(turn, order, args);
    case SERAI_KIND_SELF:
        return order_self(turn, order, args);
    case SERAI_KIND_ANY:
        return order_cap(turn, order, args);
    case SERAI_KIND_FACET:
        return order_facet(turn, order, args);
    case SERAI_KIND_BUFFER_POOL:
    case SERAI_KIND_BUFFER:
        return order_buffer(turn, order, args);
    case SERAI_KIND_CHANNEL_POOL:
    case SERAI_KIND_CHANNEL:
        return turn->agents->env.channels->order(turn->agents->env.channels_context, turn, order,
                                                 args);
    case SERAI_KIND_HEAP:
        return order_heap(turn, order, args);
    case SERAI_KIND_CODE:
        return order_code(turn, order, args);
    case SERAI_KIND_LOG:
        return order_log(turn, order, args);
    case SERAI_KIND_SPAWNER:
        return order_spawner(turn, order, args);
    case SERAI_KIND_TIMER:
        return order_timer(turn, order, args);
    case SERAI_KIND_CLOCK:
        return order_clock(turn, order, args);
    case SERAI_KIND_RANDOM:
        return order_random(turn, order, args);
    case SERAI_KIND_LEASH:
        return order_leash(turn, order, args);
    case SERAI_KIND_EMPTY:
    case SERAI_KINDS:
        break;
    }
    return SERAI_E_KIND;
}

/* Quarantine names the order in which the process died; 0: it was in none. */
static void order_set_mark(const struct agents *agents, uint64_t order)
{
    if (agents->env.order_mark != NULL)
        *agents->env.order_mark = order;
}

/* Carry out an order whose price was taken. */
static int64_t order_carry_out(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t result;
    int64_t refusal = 0;

    /*
     * The slot in the first argument is checked here, once for all orders: docs/guest-abi.md,
     * "Orders".
     */
    if (order_kinds[order] != SERAI_KIND_FREE &&
        turn_cap(turn, args[0], (enum serai_kind)order_kinds[order], &refusal) == NULL)
        return refusal;
    order_set_mark(turn->agents, (uint64_t)order + 1);
    result = order_dispatch(turn, order, args);
    order_set_mark(turn->agents, 0);
    return result;
}

bool turn_host_call(void *host, struct engine_instance *instance, uint32_t order,
                    const uint64_t *args, int64_t *result)
{
    struct turn *turn = host;

    INVARIANT(instance == &turn->instance && order < SERAI_ORDER_COUNT);
    if (turn->transfer_count >= TURN_TRANSFERS_MAX && order_kinds[order] != SERAI_KIND_FREE) {
        /* The stage is full: nothing that could move money is carried out any more. */
        *result = SERAI_E_FULL;
        return true;
    }
    /* The fee of the order is taken before anything of it is looked at: a refusal costs it, too. */
    if (!turn_order_begins(turn, (enum serai_order)order)) {
        *result = SERAI_E_SHORT;
        return true;
    }
    *result = order_carry_out(turn, (enum serai_order)order, args);
    turn_order_ends(turn);
    /* False: the engine ends the run, out of fuel or because the agent failed its turn. */
    return !turn->exhausted && turn->fail_code == 0;
}
