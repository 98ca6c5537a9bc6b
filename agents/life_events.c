/* Life events: a ring of the last ones, and how many there were of each customer. */
#include "agents/life_events.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/life_tell.h"
#include "agents/set.h"

/* What is remembered of a customer that had any in this run. */
struct life_customer {
    uint64_t own;    /* the number of its last */
    uint64_t second; /* of site time, in which */
    uint64_t kept;   /* so many of them were kept */
};

const char *life_kind_name(enum life_kind kind)
{
    switch (kind) {
    case LIFE_BIRTH:
        return "birth";
    case LIFE_FREEZE:
        return "freeze";
    case LIFE_THAW:
        return "thaw";
    case LIFE_LOW:
        return "low";
    case LIFE_UNDONE:
        return "undone";
    case LIFE_RETURNED:
        return "returned";
    case LIFE_DEATH:
        return "death";
    }
    return "unknown";
}

/* ---- the ring ---- */

enum status life_ring_init(struct life_ring *ring)
{
    table_init(&ring->customers);
    ring->events = calloc(LIFE_EVENTS_MAX, sizeof *ring->events);
    return ring->events == NULL ? ST_NOMEM : ST_OK;
}

static void life_free_customer(void *context, uint64_t key, void *value)
{
    (void)context;
    (void)key;
    free(value);
}

void life_ring_fini(struct life_ring *ring)
{
    table_each(&ring->customers, life_free_customer, NULL);
    table_fini(&ring->customers);
    free(ring->events);
    ring->events = NULL;
}

static struct life_customer *life_customer(struct life_ring *ring, uint64_t customer)
{
    struct life_customer *found = table_get(&ring->customers, customer);

    if (found != NULL)
        return found;
    found = calloc(1, sizeof *found);
    INVARIANT(found != NULL);
    (void)table_put(&ring->customers, customer, found); /* there was none */
    return found;
}

/*
 * Whether one more of this customer is kept.  What one customer's agents do must not take the place
 * of all that others wait for; what is not kept is counted as lost.
 */
static bool life_is_kept(struct life_customer *customer, uint64_t now_us)
{
    uint64_t second = now_us / 1000000;

    if (customer->second != second) {
        customer->second = second;
        customer->kept = 0;
    }
    return customer->kept++ < LIFE_EVENTS_PER_S;
}

/* NULL: it is counted and not kept. */
static struct life_event *life_add(struct agents *agents, const struct agent *agent,
                                   enum life_kind kind)
{
    struct life_ring *ring = &agents->life;
    struct life_customer *customer = life_customer(ring, agent->customer);
    uint64_t number = ++ring->last;
    uint64_t own = ++customer->own;
    struct life_event *event = &ring->events[number % LIFE_EVENTS_MAX];

    /* The place that it would have is empty then: no event has the number that was there. */
    *event = (struct life_event){0};
    if (!life_is_kept(customer, agents->now_us))
        return NULL;
    *event = (struct life_event){.number = number,
                                 .own = own,
                                 .time_us = agents->now_us,
                                 .kind = kind,
                                 .agent = agent->id,
                                 .customer = agent->customer};
    memcpy(event->name, agent->name, sizeof event->name);
    return event;
}

static void life_put_text(struct life_event *event, const char *text, size_t size)
{
    event->text_size = size < sizeof event->text ? size : sizeof event->text;
    if (event->text_size > 0)
        memcpy(event->text, text, event->text_size);
}

void life_tell(struct agents *agents, const struct agent *agent, enum life_kind kind,
               struct money balance, const char *text, size_t size)
{
    struct life_event *event;

    if (agent->state == AGENT_DESK)
        return; /* it is its customer's, and takes no turns */
    event = life_add(agents, agent, kind);
    if (event == NULL)
        return;
    event->balance = balance;
    life_put_text(event, text, size);
}

void life_tell_message(struct agents *agents, const struct agent *agent, enum life_kind kind,
                       uint64_t message, const char *text, size_t size)
{
    struct life_event *event;

    INVARIANT(agents->turn == NULL); /* nothing that is told here is undone */
    event = life_add(agents, agent, kind);
    if (event == NULL)
        return;
    event->message = message;
    event->balance = ledger_balance(agents->ledger, agent->id);
    life_put_text(event, text, size);
}

/* Its money may still be staged, but BORN, which waits, says how much it is. */
static void life_was_born(void *context, void *argument)
{
    struct agents *agents = context;
    const struct agent *agent = argument;
    struct life_event *event = life_add(agents, agent, LIFE_BIRTH);

    if (event == NULL)
        return;
    event->parent = agent->parent;
    if (agent->inbox.first != NULL)
        event->balance = agent->inbox.first->m.money;
}

void life_tell_birth(struct agents *agents, struct agent *agent)
{
    if (agents->turn == NULL)
        life_was_born(agents, agent);
    else
        undo_on_commit(agents->undo, life_was_born, agents, agent);
}

/* ---- reading ---- */

uint64_t agents_life_last(const struct agents *agents, uint64_t customer)
{
    const struct life_customer *found;

    if (customer == 0)
        return agents->life.last;
    found = table_get(&agents->life.customers, customer);
    return found == NULL ? 0 : found->own;
}

void agents_life_each(const struct agents *agents,
                      bool (*visit)(void *context, const struct life_event *event), void *context)
{
    const struct life_ring *ring = &agents->life;
    uint64_t first = ring->last < LIFE_EVENTS_MAX ? 1 : ring->last - LIFE_EVENTS_MAX + 1;

    for (uint64_t number = first; number <= ring->last; number++) {
        const struct life_event *event = &ring->events[number % LIFE_EVENTS_MAX];

        if (event->number == number && !visit(context, event))
            return;
    }
}

struct life_search {
    uint64_t message;
    const struct life_event *found;
};

static bool life_compare(void *context, const struct life_event *event)
{
    struct life_search *search = context;

    if (event->message == search->message)
        search->found = event;
    return search->found == NULL;
}

const struct life_event *agents_life_of_message(const struct agents *agents, uint64_t message)
{
    struct life_search search = {.message = message};

    agents_life_each(agents, life_compare, &search);
    return search.found;
}
