/* When each group of agents is to be billed: the earliest time that any of them asked for. */
#include "agents/billing_queue.h"

#include "agents/limits.h"
#include "agents/set.h"
#include "base/table.h"

void bill_earlier(uint64_t *at, uint64_t due_us)
{
    if (*at == 0 || due_us < *at)
        *at = due_us;
}

void bill_by(struct agents *agents, uint64_t agent, uint64_t due_us)
{
    bill_earlier(dense_note(&agents->by_id, agent), due_us);
    if (due_us < agents->billing.early_us)
        agents->billing.early_us = due_us;
}

uint64_t bill_next_us(const struct agents *agents)
{
    if (dense_count(&agents->by_id) == 0)
        return UINT64_MAX;
    return agents->billing.early_us < agents->billing.next_us ? agents->billing.early_us
                                                              : agents->billing.next_us;
}

static void bill_note_group(void *context, uint64_t key, void *value)
{
    const struct agents *agents = context;
    struct dense_group *group = value;

    (void)key;
    bill_earlier(&group->note, agents->now_us + BILL_US);
}

/*
 * At other prices each agent runs dry at another time, so all notes are made again within a minute.
 */
void bill_all_soon(struct agents *agents)
{
    table_each(&agents->by_id.groups, bill_note_group, agents);
    if (agents->now_us + BILL_US < agents->billing.early_us)
        agents->billing.early_us = agents->now_us + BILL_US;
}
