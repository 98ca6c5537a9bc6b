/* Orders on the buffer pool and on buffers. */
#include "agents/orders/orders.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/*
 * Change how many bytes of buffers the agent has.  Rent is accrued by what it had until now; its
 * customer's quota follows.
 */
static void buffer_change_bytes(struct turn *turn, uint64_t more, uint64_t less)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    rent_accrue(agents, agent);
    undo_save(agents->undo, &agent->owns.buffer_bytes, sizeof agent->owns.buffer_bytes);
    quota_give(agents, agent->use, CUSTOMER_BUFFER_BYTES, less);
    quota_take(agents, agent->use, CUSTOMER_BUFFER_BYTES, more);
    agent->owns.buffer_bytes += more - less;
    agent_dirty(&agents->changes, agent);
}

/*
 * Returns the slot; FULL: there is none, and no buffer is made.  The slot comes first, for it alone
 * can be refused, so the cap names the object by the number that comes next.
 */
static int64_t perform_buffer_buy(struct turn *turn, uint64_t size)
{
    struct agents *agents = turn->agents;
    struct cap cap = {.kind = SERAI_KIND_BUFFER,
                      .rights = SERAI_RIGHT_READ | SERAI_RIGHT_WRITE | SERAI_RIGHT_OWNER,
                      .object = agents->objects.next};
    struct object *object;
    int64_t slot;

    slot = turn_give_cap(turn, &cap);
    if (slot < 0)
        return slot;
    object = object_new(agents, turn->agent, OBJECT_BUFFER);
    object->u.buffer.size = size;
    paged_init(&object->u.buffer.pages, object->id, (uint32_t)paged_touched(0, size));
    buffer_change_bytes(turn, size, 0);
    return slot;
}

static int64_t decode_buffer_buy(struct turn *turn, const uint64_t *args)
{
    uint64_t size = args[1];

    if (size == 0 || size > SERAI_BUFFER_BYTES_MAX)
        return SERAI_E_INVALID;
    if (!quota_allows(turn->agents, turn->agent->use, CUSTOMER_BUFFER_BYTES, size))
        return SERAI_E_QUOTA;
    if (!turn_work(turn, paged_touched(0, size) * WORK_BUFFER_PAGE))
        return SERAI_E_SHORT;
    return perform_buffer_buy(turn, size);
}

/*
 * Rent is paid as time passes, so there is nothing to refund.  Caps of others to the buffer find it
 * closed from now on.
 */
static int64_t perform_buffer_sell(struct turn *turn, struct object *buffer, uint64_t slot)
{
    buffer_change_bytes(turn, 0, buffer->u.buffer.size);
    object_remove(turn->agents, buffer);
    turn_take_cap(turn, slot);
    return 0;
}

static int64_t decode_buffer_sell(struct turn *turn, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[1], SERAI_KIND_BUFFER, &refusal);
    struct object *object;

    if (cap == NULL)
        return refusal;
    if ((cap->rights & SERAI_RIGHT_OWNER) == 0)
        return SERAI_E_RIGHT;
    object = object_find(&turn->agents->objects, cap->object, OBJECT_BUFFER);
    return object == NULL ? SERAI_E_CLOSED : perform_buffer_sell(turn, object, args[1]);
}

static int64_t decode_buffer_read(struct turn *turn, struct object *object, const uint64_t *args)
{
    uint8_t *to;

    /* Compared without adding up: both numbers are the guest's, and a sum could wrap round. */
    if (args[1] > object->u.buffer.size || args[3] > object->u.buffer.size - args[1])
        return SERAI_E_INVALID;
    to = turn_write(turn, args[2], args[3]);
    if (to == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, paged_touched(args[1], args[3]) * WORK_BUFFER_PAGE))
        return SERAI_E_SHORT;
    buffer_fetch(turn->agents, &object->u.buffer, args[1], args[3]);
    paged_read(&object->u.buffer.pages, args[1], to, args[3]);
    return (int64_t)args[3];
}

static int64_t decode_buffer_write(struct turn *turn, struct object *object, const uint64_t *args)
{
    const uint8_t *from;

    if (args[1] > object->u.buffer.size || args[3] > object->u.buffer.size - args[1])
        return SERAI_E_INVALID;
    /*
     * Dearer than reading: the first write of a turn to a page copies it, so that an undo can swap
     * it back.
     */
    from = turn_read(turn, args[2], args[3]);
    if (from == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, paged_touched(args[1], args[3]) * WORK_PAGE_COPY))
        return SERAI_E_SHORT;
    buffer_fetch(turn->agents, &object->u.buffer, args[1], args[3]);
    paged_write(&object->u.buffer.pages, &turn->agents->pages.dirty, turn->agents->undo,
                turn->number, args[1], from, args[3]);
    return (int64_t)args[3];
}

/* A cap to the same buffer with no more rights than this one, and never the owner's. */
static int64_t decode_buffer_share(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct cap shared = *cap;

    if (args[1] == 0 || (args[1] & ~(uint64_t)(SERAI_RIGHT_READ | SERAI_RIGHT_WRITE)) != 0)
        return SERAI_E_INVALID;
    if ((cap->rights & args[1]) != args[1])
        return SERAI_E_RIGHT;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    shared.rights = (uint8_t)args[1];
    return turn_give_cap(turn, &shared);
}

/* Orders on a buffer itself, as far as the rights of the cap go. */
static int64_t decode_on_buffer(struct turn *turn, enum serai_order order, const struct cap *cap,
                                const uint64_t *args)
{
    struct object *object = object_find(&turn->agents->objects, cap->object, OBJECT_BUFFER);

    if (object == NULL)
        return SERAI_E_CLOSED;
    if (order == SERAI_ORDER_buffer_size)
        return (int64_t)object->u.buffer.size;
    if (order == SERAI_ORDER_buffer_read)
        return (cap->rights & SERAI_RIGHT_READ) != 0 ? decode_buffer_read(turn, object, args)
                                                     : SERAI_E_RIGHT;
    if (order == SERAI_ORDER_buffer_write)
        return (cap->rights & SERAI_RIGHT_WRITE) != 0 ? decode_buffer_write(turn, object, args)
                                                      : SERAI_E_RIGHT;
    INVARIANT(order == SERAI_ORDER_buffer_share);
    return decode_buffer_share(turn, cap, args);
}

int64_t order_buffer(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[0], SERAI_KIND_ANY, &refusal);
    struct cap copy;

    if (order == SERAI_ORDER_buffer_buy)
        return decode_buffer_buy(turn, args);
    if (order == SERAI_ORDER_buffer_sell)
        return decode_buffer_sell(turn, args);
    if (order == SERAI_ORDER_buffer_terms)
        return (int64_t)money_nanos(turn->agents->prices.buffer_rent);
    if (cap == NULL)
        return refusal;
    copy = *cap;
    return decode_on_buffer(turn, order, &copy, args);
}
