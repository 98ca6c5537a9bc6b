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
#include "agents/limits.h"
#include "agents/orders/random.h"
#include "agents/quotas.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/*
 * As for messages, and the heap may name nothing that its depositor has to sell.  Nor a reply: an
 * entry is read by many, and stands when nobody knows its number any more.
 */
static bool may_be_named(const struct agents *agents, const struct cap *cap)
{
    return (cap->kind == SERAI_KIND_FACET && cap_reply(agents, cap) == NULL) ||
           (cap->kind == SERAI_KIND_BUFFER && (cap->rights & SERAI_RIGHT_OWNER) == 0);
}

static void unmake_entry(void *context, void *argument)
{
    cap_heap_remove(context, argument);
    free(argument);
}

static int64_t insert(struct turn *turn, const uint8_t *number, const struct cap *cap)
{
    struct agents *agents = turn->agents;
    struct money deposit = agents->prices.heap_deposit;
    struct heap_entry *entry;

    if (!quota_allows(agents, turn->agent->use, CUSTOMER_HEAP_ENTRIES, 1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, ACCOUNT_DEPOSIT_HEAP, deposit, TRANSFER_HEAP_DEPOSIT,
                  agents->heap.next_serial))
        return SERAI_E_SHORT;
    agents_work(agents, WORK_OBJECT);
    entry = calloc(1, sizeof *entry);
    INVARIANT(entry != NULL);
    memcpy(entry->number, number, sizeof entry->number);
    entry->serial = agents->heap.next_serial++;
    agents->changes.counters = true;
    entry->payer = turn->agent->id;
    entry->customer = turn->agent->customer;
    quota_take(agents, customer_use(agents, entry->customer), CUSTOMER_HEAP_ENTRIES, 1);
    agents_lineage_take(agents, entry->customer);
    entry->deposit = deposit;
    entry->cap = *cap;
    cap_heap_insert(&agents->heap, entry);
    heap_dirty(&agents->changes, entry);
    undo_on_rollback(agents->undo, unmake_entry, &agents->heap, entry);
    return 0;
}

static int64_t heap_add(struct turn *turn, const uint64_t *args, bool chosen)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[1], SERAI_KIND_ANY, &refusal);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint8_t *at;

    if (cap == NULL)
        return refusal;
    if (!may_be_named(turn->agents, cap))
        return SERAI_E_RIGHT;
    if (chosen) {
        const uint8_t *given = turn_read(turn, args[2], sizeof number);

        if (given == NULL)
            return SERAI_E_MEMORY;
        memcpy(number, given, sizeof number);
        return cap_heap_find(&turn->agents->heap, number) != NULL ? SERAI_E_EXISTS
                                                                  : insert(turn, number, cap);
    }
    at = turn_write(turn, args[2], sizeof number);
    if (at == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_RANDOM))
        return SERAI_E_SHORT;
    if (!turn_random(turn, number, sizeof number))
        return SERAI_E_FULL;
    /* Two equal random 96-bit numbers: not in this universe, and harmless if so. */
    refusal = cap_heap_find(&turn->agents->heap, number) != NULL ? SERAI_E_EXISTS
                                                                 : insert(turn, number, cap);
    if (refusal == 0)
        memcpy(at, number, sizeof number);
    return refusal;
}

static void put_entry_back(void *context, void *argument)
{
    cap_heap_insert(context, argument);
}

static void forget_entry(void *context, void *argument)
{
    (void)context;
    free(argument);
}

static int64_t heap_get(struct turn *turn, const uint64_t *args, bool take)
{
    struct agents *agents = turn->agents;
    const uint8_t *number = turn_read(turn, args[1], SERAI_HEAP_NUMBER_BYTES);
    struct heap_entry *entry;
    int64_t slot;

    if (number == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    entry = cap_heap_find(&agents->heap, number);
    if (entry == NULL)
        return SERAI_E_MISSING;
    slot = turn_give_cap(turn, &entry->cap);
    if (slot >= 0 && take) {
        agents_move(agents, ACCOUNT_DEPOSIT_HEAP, turn->agent->id, entry->deposit,
                    TRANSFER_HEAP_REFUND, entry->serial);
        heap_dirty(&agents->changes, entry);
        cap_heap_remove(&agents->heap, entry);
        quota_give(agents, customer_use(agents, entry->customer), CUSTOMER_HEAP_ENTRIES, 1);
        agents_lineage_give(agents, entry->customer);
        undo_on_rollback(agents->undo, put_entry_back, &agents->heap, entry);
        undo_on_commit(agents->undo, forget_entry, NULL, entry);
    }
    return slot;
}

int64_t order_heap(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_heap_add)
        return heap_add(turn, args, false);
    if (order == SERAI_ORDER_heap_add_at)
        return heap_add(turn, args, true);
    if (order == SERAI_ORDER_heap_get)
        return heap_get(turn, args, false);
    INVARIANT(order == SERAI_ORDER_heap_take);
    return heap_get(turn, args, true);
}
