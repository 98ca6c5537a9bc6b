/* Orders on the source of random bytes. */
#include "agents/orders/random.h"

#include <string.h>

#include "agents/limits.h"
#include "agents/orders/orders.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

int64_t order_random(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    uint8_t *to;

    INVARIANT(order == SERAI_ORDER_random_bytes);
    if (args[2] > TURN_RANDOM_BYTES_MAX)
        return SERAI_E_INVALID;
    to = turn_write(turn, args[1], args[2]);
    if (to == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_RANDOM))
        return SERAI_E_SHORT;
    return turn_random(turn, to, (size_t)args[2]) ? (int64_t)args[2] : SERAI_E_FULL;
}

bool turn_random(struct turn *turn, void *to, size_t size)
{
    struct random_source *source = &turn->agents->env.random;

    if (size > TURN_RANDOM_BYTES_MAX - turn->random_size)
        return false;
    /*
     * Also kept for the hash of the event, which covers what was drawn (docs/records.md, "Event
     * entries").
     */
    source->fill(source->context, to, size);
    memcpy(turn->random + turn->random_size, to, size);
    turn->random_size += size;
    return true;
}
