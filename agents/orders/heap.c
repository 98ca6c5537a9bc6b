/*
 * Orders on the capability heap: a 96-bit number names a cap, for a refundable deposit.  Whoever
 * presents the number and takes the entry out gets the refund.
 */
#include "agents/orders/orders.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/cap_heap.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/orders/random.h"
#include "agents/quotas.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/*
 * Whether the heap may name this cap: a facet or a shared buffer.  Nothing that its depositor has
 * to sell, and no reply: many may read an entry, and it stays when nobody knows its number any
 * more.
 */
static bool heap_may_name(const struct agents *agents, const struct cap *cap)
{
    return (cap->kind == SERAI_KIND_FACET && cap_reply(agents, cap) == NULL) ||
           (cap->kind == SERAI_KIND_BUFFER && (cap->rights & SERAI_RIGHT_OWNER) == 0);
}

static void heap_undo_add(void *context, void *argument)
{
    cap_heap_remove(context, argument);
    free(argument);
}

static void perform_heap_add(struct turn *turn, const uint8_t *number, const struct cap *cap,
                             struct money deposit)
{
    struct agents *agents = turn->agents;
    struct heap_entry *entry = calloc(1, sizeof *entry);

    agents_work(agents, WORK_OBJECT);
    INVARIANT(entry != NULL);
    memcpy(entry->number, number, sizeof entry->number);
    /*
     * The serial names the entry in lines and lists; its number is a secret of those who know it.
     */
    entry->serial = agents->heap.next_serial++;
    agents->changes.counters = true;
    entry->payer = turn->agent->id;
    entry->customer = turn->agent->customer;
    quota_take(agents, customer_use(agents, entry->customer), CUSTOMER_HEAP_ENTRIES, 1);
    agents_lineage_take(agents, entry->customer);
    entry->deposit = deposit;
    entry->cap = *cap;
    cap_heap_insert(&agents->heap, entry);
    holders_gain(agents, cap, HOLDER_NO_AGENT);
    heap_dirty(&agents->changes, entry);
    undo_on_rollback(agents->undo, heap_undo_add, &agents->heap, entry);
}

/*
 * The last checks of both ways of adding: the number is free, the quota allows one more, the
 * deposit is paid.
 */
static int64_t decode_heap_deposit(struct turn *turn, const uint8_t *number, const struct cap *cap)
{
    struct agents *agents = turn->agents;
    struct money deposit = agents->prices.heap_deposit;

    if (cap_heap_find(&agents->heap, number) != NULL)
        return SERAI_E_EXISTS;
    if (!quota_allows(agents, turn->agent->use, CUSTOMER_HEAP_ENTRIES, 1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, ACCOUNT_DEPOSIT_HEAP, deposit, TRANSFER_HEAP_DEPOSIT,
                  agents->heap.next_serial))
        return SERAI_E_SHORT;
    perform_heap_add(turn, number, cap, deposit);
    return 0;
}

/* Add at a number that the guest chose. */
static int64_t decode_heap_add_at(struct turn *turn, const struct cap *cap, uint64_t address)
{
    const uint8_t *given = turn_read(turn, address, SERAI_HEAP_NUMBER_BYTES);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];

    if (given == NULL)
        return SERAI_E_MEMORY;
    /* By numbers of their choice agents could meet that were given nothing in common. */
    if (turn->agent->confined)
        return SERAI_E_RIGHT;
    memcpy(number, given, sizeof number);
    return decode_heap_deposit(turn, number, cap);
}

/*
 * Add at a random number, which is written to the guest's memory.  That it is taken does not happen
 * in practice, and is refused.
 */
static int64_t decode_heap_add_anywhere(struct turn *turn, const struct cap *cap, uint64_t address)
{
    uint8_t *at = turn_write(turn, address, SERAI_HEAP_NUMBER_BYTES);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t refusal;

    if (at == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_RANDOM))
        return SERAI_E_SHORT;
    if (!turn_random(turn, number, sizeof number))
        return SERAI_E_FULL;
    refusal = decode_heap_deposit(turn, number, cap);
    if (refusal == 0)
        memcpy(at, number, sizeof number);
    return refusal;
}

static int64_t decode_heap_add(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[1], SERAI_KIND_ANY, &refusal);

    if (cap == NULL)
        return refusal;
    if (!heap_may_name(turn->agents, cap))
        return SERAI_E_RIGHT;
    return order == SERAI_ORDER_heap_add_at ? decode_heap_add_at(turn, cap, args[2])
                                            : decode_heap_add_anywhere(turn, cap, args[2]);
}

static void heap_undo_take(void *context, void *argument)
{
    cap_heap_insert(context, argument);
}

static void heap_forget_entry(void *context, void *argument)
{
    (void)context;
    free(argument);
}

/* Remove the entry.  Its deposit goes to the agent that takes it out, whoever paid it. */
static void perform_heap_take(struct turn *turn, struct heap_entry *entry)
{
    struct agents *agents = turn->agents;

    agents_move(agents, ACCOUNT_DEPOSIT_HEAP, turn->agent->id, entry->deposit, TRANSFER_HEAP_REFUND,
                entry->serial);
    heap_dirty(&agents->changes, entry);
    cap_heap_remove(&agents->heap, entry);
    holders_lose(agents, &entry->cap, HOLDER_NO_AGENT);
    quota_give(agents, customer_use(agents, entry->customer), CUSTOMER_HEAP_ENTRIES, 1);
    agents_lineage_give(agents, entry->customer);
    undo_on_rollback(agents->undo, heap_undo_take, &agents->heap, entry);
    undo_on_commit(agents->undo, heap_forget_entry, NULL, entry);
}

/*
 * Both orders put the entry's cap into a slot; heap_take also removes the entry, and only if there
 * was a slot.
 */
static int64_t decode_heap_get(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    const uint8_t *number = turn_read(turn, args[1], SERAI_HEAP_NUMBER_BYTES);
    struct heap_entry *entry;
    int64_t slot;

    if (number == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    entry = cap_heap_find(&turn->agents->heap, number);
    if (entry == NULL)
        return SERAI_E_MISSING;
    slot = turn_give_cap(turn, &entry->cap);
    if (slot >= 0 && order == SERAI_ORDER_heap_take)
        perform_heap_take(turn, entry);
    return slot;
}

int64_t order_heap(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_heap_add || order == SERAI_ORDER_heap_add_at)
        return decode_heap_add(turn, order, args);
    INVARIANT(order == SERAI_ORDER_heap_get || order == SERAI_ORDER_heap_take);
    return decode_heap_get(turn, order, args);
}
