/*
 * Whose turn is next.  Customers come one after another, and of each the agents that have something
 * to do: deficit round robin.  A customer that comes may use a part of the fuel that one turn can,
 * times its share, and its agents run until that is spent; what the last turn used beyond it is
 * taken off the next times.  So with equal shares a customer with a thousand agents has no more of
 * the site's time than one with a single agent.  All customers of one peer are one.  A customer
 * that is suspended does not come.  The order is not stored: a start builds it from the inboxes.
 */
#include "agents/ready.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/set.h"

enum {
    TURN_COST = 2000,   /* fuel: what a turn costs besides the fuel that it uses */
    QUANTUM_PARTS = 16, /* of the most fuel of one turn; a customer has one at a time */
};

/*
 * The fuel that a customer has at a time.  One turn may use many times that, so the deficit
 * matters.
 */
static int64_t ready_quantum(const struct agents *agents, const struct customer_use *use)
{
    return ((int64_t)(agents->prices.turn_fuel_max / QUANTUM_PARTS) + TURN_COST) * use->share;
}

void agents_set_share(struct agents *agents, uint64_t customer, uint32_t share)
{
    INVARIANT(share >= 1 && share <= CUSTOMER_SHARE_MAX);
    customer_use(agents, customer)->share = share;
}

uint32_t agents_share(const struct agents *agents, uint64_t customer)
{
    return customer_use(agents, customer)->share;
}

/* Customers with something to do are a list through struct customer_use; this one comes last. */
static void ready_append(struct agents *agents, struct customer_use *use)
{
    use->next_ready = NULL;
    if (agents->ready.last != NULL)
        agents->ready.last->next_ready = use;
    else
        agents->ready.first = use;
    agents->ready.last = use;
}

static struct customer_use *ready_remove_first(struct agents *agents)
{
    struct customer_use *use = agents->ready.first;

    agents->ready.first = use->next_ready;
    if (agents->ready.first == NULL)
        agents->ready.last = NULL;
    return use;
}

/* So many agents more of a customer have something to do, modulo the width: less. */
static void ready_count(struct agents *agents, struct customer_use *use, size_t more)
{
    use->ready_count += more;
    if (!use->suspended)
        agents->ready.count += more;
}

/* The customer has something to do: it is put last, if it is not in the list already. */
static void ready_come(struct agents *agents, struct customer_use *use)
{
    if (use->comes || use->suspended)
        return;
    use->comes = true;
    /*
     * An unused rest is not kept for it; a deficit is, or two customers who write to each other
     * would begin without one in each turn.
     */
    use->fuel_left = (use->fuel_left < 0 ? use->fuel_left : 0) + ready_quantum(agents, use);
    ready_append(agents, use);
}

void agents_suspend(struct agents *agents, uint64_t customer, bool suspended)
{
    struct customer_use *use = customer_use(agents, customer);

    if (use->suspended == suspended)
        return;
    /* Its agents stay in its own list; it leaves that of customers when its place comes. */
    use->suspended = suspended;
    agents->ready.count += suspended ? -use->ready_count : use->ready_count;
    if (use->ready_first != NULL)
        ready_come(agents, use);
}

bool agents_are_suspended(const struct agents *agents, uint64_t customer)
{
    return customer_use(agents, customer)->suspended;
}

void agent_make_ready(struct agents *agents, struct agent *agent)
{
    struct customer_use *use = agent->use;

    if (agent->ready.queued || agent->state != AGENT_RUNNING || agent->inbox.first == NULL)
        return;
    agent->ready.queued = true;
    ready_count(agents, use, 1);
    agent->ready.next = NULL;
    agent->ready.previous = use->ready_last;
    if (use->ready_last != NULL)
        use->ready_last->ready.next = agent;
    else
        use->ready_first = agent;
    use->ready_last = agent;
    /* The agent is last among those of its customer. */
    ready_come(agents, use);
}

void agent_unready(struct agents *agents, struct agent *agent)
{
    struct customer_use *use = agent->use;

    if (!agent->ready.queued)
        return;
    agent->ready.queued = false;
    ready_count(agents, use, (size_t)-1);
    if (agent->ready.previous != NULL)
        agent->ready.previous->ready.next = agent->ready.next;
    else
        use->ready_first = agent->ready.next;
    if (agent->ready.next != NULL)
        agent->ready.next->ready.previous = agent->ready.previous;
    else
        use->ready_last = agent->ready.previous;
}

/*
 * The first agent of the first customer that has fuel left.  Each customer that is passed over gets
 * one more quantum and goes to the end, so this terminates: one that used n times its quantum is
 * passed over about n times.
 */
struct agent *ready_next(struct agents *agents)
{
    if (agents->ready.count == 0)
        return NULL;
    for (;;) {
        struct customer_use *use = agents->ready.first;

        if (use->ready_first != NULL && !use->suspended && use->fuel_left > 0)
            return use->ready_first;
        (void)ready_remove_first(agents);
        if (use->ready_first == NULL || use->suspended) {
            use->comes = false;
            continue;
        }
        use->fuel_left += ready_quantum(agents, use);
        ready_append(agents, use);
    }
}

void ready_used(struct agents *agents, struct customer_use *use, uint64_t fuel)
{
    int64_t most = (int64_t)agents->prices.turn_fuel_max +
                   (int64_t)TURN_CHECK_BYTES_MAX * WORK_CHECK_BYTE_FIRST;

    /*
     * The fixed cost counts too, or turns that use next to no fuel would be free of charge in time.
     */
    use->fuel_left -= (int64_t)fuel + TURN_COST;
    if (use->fuel_left < -most) /* other prices may have made less of the most */
        use->fuel_left = -most;
    /*
     * A customer with nothing more to do leaves the list; its deficit stays, an unused rest does
     * not.
     */
    if (use->ready_first == NULL && use == agents->ready.first) {
        use->comes = false;
        (void)ready_remove_first(agents);
    }
}
