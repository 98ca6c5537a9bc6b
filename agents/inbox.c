/*
 * The list of an agent's messages and its counts: what one customer's messages may fill of it, and
 * what waits at the expense of its owner.
 */
#include "agents/inbox.h"

#include <stdlib.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/ready.h"
#include "agents/set.h"
#include "base/array.h"

static uint64_t weight(const struct message *message)
{
    return message->size + INBOX_MESSAGE_OVERHEAD;
}

static struct inbox_share *share_of(const struct agent *agent, uint64_t customer)
{
    for (size_t i = 0; i < agent->inbox_share_count; i++) {
        if (agent->inbox_shares[i].customer == customer)
            return &agent->inbox_shares[i];
    }
    return NULL;
}

static void share_add(struct agent *agent, uint64_t customer, uint64_t bytes)
{
    struct inbox_share *share = share_of(agent, customer);

    if (share != NULL) {
        share->messages++;
        share->bytes += bytes;
        return;
    }
    agent->inbox_shares = array_grow(agent->inbox_shares, &agent->inbox_share_capacity,
                                     agent->inbox_share_count + 1, sizeof *share);
    INVARIANT(agent->inbox_shares != NULL);
    agent->inbox_shares[agent->inbox_share_count++] = (struct inbox_share){customer, 1, bytes};
}

static void share_take(struct agent *agent, uint64_t customer, uint64_t bytes)
{
    struct inbox_share *share = share_of(agent, customer);

    INVARIANT(share != NULL);
    share->bytes -= bytes;
    if (--share->messages == 0)
        *share = agent->inbox_shares[--agent->inbox_share_count];
}

/* Of the bounded part; a message whose room was reserved (sender_customer 0) fills none of it. */
void inbox_count_in(struct agent *agent, const struct message *message)
{
    agent->inbox_total++;
    agent->inbox_bytes += weight(message);
    if (message->sender_customer == 0)
        return;
    agent->inbox_count++;
    agent->inbox_bounded_bytes += weight(message);
    share_add(agent, message->sender_customer, weight(message));
}

void inbox_unlink(struct agent *agent, struct inbox_message *message)
{
    if (message->previous != NULL)
        message->previous->next = message->next;
    else
        agent->inbox_first = message->next;
    if (message->next != NULL)
        message->next->previous = message->previous;
    else
        agent->inbox_last = message->previous;
    agent->inbox_total--;
    agent->inbox_bytes -= weight(&message->m);
    if (message->m.sender_customer == 0)
        return;
    agent->inbox_count--;
    agent->inbox_bounded_bytes -= weight(&message->m);
    share_take(agent, message->m.sender_customer, weight(&message->m));
}

/* An event that was paid for in advance counts for its receiver's customer while it waits. */
void inbox_event_waits(struct agents *agents, struct agent *agent, const struct message *message)
{
    if (message->sender_customer != 0)
        return;
    quota_take(agents, agent->use, CUSTOMER_EVENTS, 1);
    quota_take(agents, agent->use, CUSTOMER_EVENT_BYTES, message->size);
}

static void event_came(struct agents *agents, struct agent *agent, const struct message *message)
{
    if (message->sender_customer != 0)
        return;
    quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
    quota_give(agents, agent->use, CUSTOMER_EVENT_BYTES, message->size);
}

void inbox_take(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    uint8_t key[16];

    rent_touch(agents, agent);
    event_came(agents, agent, &message->m);
    if (message == agent->inbox_first)
        agent->needs = money_zero(); /* which was for this one */
    inbox_unlink(agent, message);
    agent_dirty(agents, agent);
    if (!message->saved)
        return;
    be64_put(key, agent->id);
    be64_put(key + 8, message->m.id);
    tombstone_add(agents, STORE_INBOX, key, sizeof key);
}

void inbox_message_free(struct inbox_message *message)
{
    if (message == NULL)
        return;
    free(message->bytes);
    free(message);
}

void inbox_append(struct agent *agent, struct inbox_message *message)
{
    message->previous = agent->inbox_last;
    message->next = NULL;
    if (agent->inbox_last != NULL)
        agent->inbox_last->next = message;
    else
        agent->inbox_first = message;
    agent->inbox_last = message;
    inbox_count_in(agent, &message->m);
}

void inbox_push_loaded(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    inbox_append(agent, message);
    inbox_event_waits(agents, agent, &message->m);
    agent_make_ready(agents, agent);
}

/* Of `whole`, what one customer may fill; something in any case, or nobody could say anything. */
static uint64_t customer_part(const struct agents *agents, uint64_t whole)
{
    uint64_t part = whole * agents->prices.customer_inbox_percent / 100;

    return part > 0 ? part : 1;
}

int64_t agents_inbox_room(const struct agents *agents, const struct agent *to,
                          uint64_t sender_customer, size_t size)
{
    const struct pricebook *prices = &agents->prices;
    uint64_t bytes = size + INBOX_MESSAGE_OVERHEAD;
    const struct inbox_share *from_customer = share_of(to, sender_customer);

    if (to->state == AGENT_DEAD)
        return SERAI_E_CLOSED;
    if (to->inbox_count >= prices->inbox_messages_max ||
        to->inbox_bounded_bytes > prices->inbox_bytes_max ||
        bytes > prices->inbox_bytes_max - to->inbox_bounded_bytes)
        return SERAI_E_FULL;
    /* A first message is heard whatever its size; after it the part holds, by count and by bytes.
     */
    if (from_customer == NULL)
        return 0;
    if (from_customer->messages >= customer_part(agents, prices->inbox_messages_max) ||
        from_customer->bytes + bytes > customer_part(agents, prices->inbox_bytes_max))
        return SERAI_E_FULL;
    return 0;
}
