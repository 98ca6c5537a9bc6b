/*
 * When rent is billed outside of turns.  Up to BILL_AGENTS agents all are billed each minute; of
 * more, a part of them each minute in turn, so that a million that only hold memory cost a frame no
 * more than a few thousand do.  Accruals are exact whenever they are booked.  What must not wait
 * for its turn, an agent that runs dry, falls below its mark or is frozen for long, is noted
 * (billing_queue.c) as the earliest such time of the 64 agents that share a group of the map:
 * when it comes these are billed.
 */
#include "agents/billing.h"

#include <stdlib.h>

#include "agents/agents.h"
#include "agents/billing_queue.h"
#include "agents/freeze.h"
#include "agents/frozen.h"
#include "agents/limits.h"
#include "agents/low_balance.h"
#include "agents/rent.h"
#include "agents/set.h"
#include "base/table.h"

/*
 * Bill the agents of one group of the map, and note again when each is to be billed next.  The note
 * is cleared first: whatever it stood for is done here.
 */
static void bill_group(struct agents *agents, uint64_t number, struct dense_group *group)
{
    group->note = 0;
    for (uint64_t i = 0; i < DENSE_GROUP; i++) {
        struct agent *agent;

        if (group->values[i] == NULL)
            continue;
        agent = agents_find(agents, number * DENSE_GROUP + i);
        rent_bill(agents, agent);
        agent_check_mark(agents, agent);
        frozen_send_back(agents, agent);
        rent_schedule(agents, agent);
        frozen_schedule(agents, agent);
    }
}

/*
 * The groups that are billed in this minute: `count` of them from `first` on, past the end at the
 * beginning again.
 */
struct batch {
    size_t first;
    size_t count;
};

/*
 * The next part, so large that every agent is billed once in `minutes` minutes; nothing before the
 * minute is over.
 */
static struct batch bill_next_batch(struct agents *agents, const uint64_t *groups, size_t count)
{
    size_t minutes = 1 + (dense_count(&agents->by_id) - 1) / agents->billing.agents_max;
    struct batch batch = {.count = (count + minutes - 1) / minutes};

    if (agents->now_us < agents->billing.next_us)
        return (struct batch){0};
    agents->billing.next_us = agents->now_us + BILL_US;
    /*
     * The group that was last may be gone by now, so the first one with a greater number is looked
     * for.
     */
    while (batch.first < count && groups[batch.first] <= agents->billing.last_group)
        batch.first++;
    if (batch.first == count)
        batch.first = 0;
    agents->billing.last_group = groups[(batch.first + batch.count - 1) % count];
    return batch;
}

void bill_due(struct agents *agents)
{
    uint64_t *groups;
    size_t count;
    struct batch batch;
    size_t urgent = 0;

    agents->billing.early_us = UINT64_MAX;
    table_keys_sorted(&agents->by_id.groups, &groups, &count);
    if (count == 0)
        return;
    batch = bill_next_batch(agents, groups, count);
    for (size_t i = 0; i < count; i++) {
        struct dense_group *group = table_get(&agents->by_id.groups, groups[i]);
        bool in_batch = (i + count - batch.first) % count < batch.count;
        bool due = group->note != 0 && group->note <= agents->now_us;

        /*
         * The batch is billed whole; notes that are due are bounded besides, as new prices could
         * make all of them due at once.  The rest waits for the next frame; it stays due.
         */
        if (ledger_frame_is_full(agents->ledger)) {
            if (in_batch)
                bill_earlier(&group->note, agents->now_us);
        } else if (in_batch || (due && urgent++ < agents->billing.agents_max / DENSE_GROUP)) {
            bill_group(agents, groups[i], group);
        }
        /* Billing wrote new notes: the earliest of all is when bill_due() is called again. */
        if (group->note != 0 && group->note < agents->billing.early_us)
            agents->billing.early_us = group->note;
    }
    free(groups);
}
