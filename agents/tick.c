/* Time passes: timers fire, and rent is billed. */
#include "agents/agents.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/billing.h"
#include "agents/billing_queue.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/set.h"
#include "base/heapq.h"

/* The event that the timer ends as: WAKE, or LEAVING with the seconds that are left. */
static struct message timer_message(const struct agents *agents, const struct timer *timer)
{
    struct message message = {
        .kind = SERAI_EVENT_WAKE, .badge = timer->badge, .reserve = timer->reserve};
    uint64_t left_us =
        agents->leaving_us > agents->now_us ? agents->leaving_us - agents->now_us : 0;

    if (timer->at_us != TIMER_AT_LEAVING)
        return message;
    message.kind = SERAI_EVENT_LEAVING;
    message.status = left_us / 1000000 < INT32_MAX ? (int32_t)(left_us / 1000000) : INT32_MAX;
    return message;
}

/* The timer ends as its event, which its reserve pays; both are outside of turns and final. */
static void timer_fire(struct agents *agents, struct object *object)
{
    struct timer *timer = &object->u.timer;
    struct agent *owner = agents_find(agents, object->owner);
    struct message wake = timer_message(agents, timer);

    INVARIANT(owner != NULL); /* an agent's timers die with it */
    /*
     * The place that the timer reserved becomes that of its event, so the customer's count stays
     * the same.
     */
    rent_accrue(agents, owner);
    owner->owns.timers--;
    quota_give(agents, owner->use, CUSTOMER_TIMERS, 1);
    quota_give(agents, owner->use, CUSTOMER_EVENTS, 1);
    agents_deliver(agents, owner, &wake);
    object_remove(agents, object);
    undo_commit(agents->undo);
}

static void timer_fire_first(struct agents *agents, struct heapq *queue, uint64_t id)
{
    struct object *timer = object_find(&agents->objects, id, OBJECT_TIMER);

    (void)heapq_pop(queue, NULL);
    if (timer != NULL) /* else its agent died, or the turn that set it was undone */
        timer_fire(agents, timer);
}

static void timers_fire(struct agents *agents)
{
    struct heapq_item item;

    /* The rest of those that are due comes with the next tick, after the turns of these. */
    for (int i = 0; i < TIMERS_FIRED_MAX; i++) {
        if (!heapq_peek(&agents->objects.timers, &item) || item.due > agents->now_us)
            return;

        timer_fire_first(agents, &agents->objects.timers, item.id);
    }
}

/* While the site is drained, those that wait for it; also who asks only then. */
static void leavers_fire(struct agents *agents)
{
    struct heapq_item item;

    for (int i = 0; i < TIMERS_FIRED_MAX && agents->leaving_us != 0; i++) {
        if (!heapq_peek(&agents->objects.leavers, &item))
            return;
        timer_fire_first(agents, &agents->objects.leavers, item.id);
    }
}

/*
 * Entries of timers that are gone, with their agent or with an undone turn, stay in the queue until
 * they are due, which may be never.  Once in each billing they are sorted out.
 */
static void timers_forget_stale(const struct agents *agents, struct heapq *queue)
{
    struct heapq all = *queue;

    heapq_init(queue);
    for (size_t i = 0; i < all.count; i++) {
        if (object_find(&agents->objects, all.items[i].id, OBJECT_TIMER) != NULL)
            heapq_push(queue, all.items[i].due, all.items[i].id);
    }
    heapq_fini(&all);
}

void agents_tick(struct agents *agents)
{
    struct event event = event_of_time(0, agents->now_us);

    timers_fire(agents);
    leavers_fire(agents);
    if (agents->now_us < bill_next_us(agents))
        return;
    ledger_event_begin(agents->ledger);
    bill_due(agents);
    undo_commit(agents->undo); /* nothing of a billing is taken back */
    timers_forget_stale(agents, &agents->objects.timers);
    timers_forget_stale(agents, &agents->objects.leavers);
    (void)ledger_event_end(agents->ledger, &event);
}

uint64_t agents_next_due_us(const struct agents *agents)
{
    struct heapq_item item;
    uint64_t due = bill_next_us(agents);

    if (agents->leaving_us != 0 && heapq_peek(&agents->objects.leavers, &item))
        return agents->now_us;
    if (heapq_peek(&agents->objects.timers, &item) && item.due < due)
        due = item.due;
    return due;
}
