/*
 * The list of an agent's messages and its counts: what one customer's messages may fill of it, and
 * what waits at the expense of its owner.
 */
#include "agents/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/ready.h"
#include "agents/set.h"
#include "base/array.h"
#include "base/slab.h"

static struct inbox_share *inbox_share_of(const struct inbox *inbox, uint64_t customer)
{
    for (size_t i = 0; i < inbox->share_count; i++) {
        if (inbox->shares[i].customer == customer)
            return &inbox->shares[i];
    }
    return NULL;
}

struct inbox_share inbox_share_get(const struct inbox *inbox, uint64_t customer)
{
    const struct inbox_share *share = inbox_share_of(inbox, customer);

    return share != NULL ? *share : (struct inbox_share){.customer = customer};
}

static void inbox_share_add(struct inbox *inbox, uint64_t customer, uint64_t bytes)
{
    struct inbox_share *share = inbox_share_of(inbox, customer);

    if (share != NULL) {
        share->messages++;
        share->bytes += bytes;
        return;
    }
    inbox->shares =
        array_grow(inbox->shares, &inbox->share_capacity, inbox->share_count + 1, sizeof *share);
    INVARIANT(inbox->shares != NULL);
    inbox->shares[inbox->share_count++] = (struct inbox_share){customer, 1, bytes};
}

static void inbox_share_take(struct inbox *inbox, uint64_t customer, uint64_t bytes)
{
    struct inbox_share *share = inbox_share_of(inbox, customer);

    INVARIANT(share != NULL);
    share->bytes -= bytes;
    if (--share->messages == 0)
        *share = inbox->shares[--inbox->share_count];
}

/* A message whose room was reserved (sender_customer 0) fills nothing of the bounded part. */
void inbox_count_in(struct inbox *inbox, const struct message *message)
{
    inbox->total++;
    inbox->bytes += message_weight(message);
    if (message->sender_customer == 0)
        return;
    inbox->count++;
    inbox->bounded_bytes += message_weight(message);
    inbox_share_add(inbox, message->sender_customer, message_weight(message));
}

void inbox_unlink(struct inbox *inbox, struct inbox_message *message)
{
    if (message->previous != NULL)
        message->previous->next = message->next;
    else
        inbox->first = message->next;
    if (message->next != NULL)
        message->next->previous = message->previous;
    else
        inbox->last = message->previous;
    inbox->total--;
    inbox->bytes -= message_weight(&message->m);
    if (message->m.sender_customer == 0)
        return;
    inbox->count--;
    inbox->bounded_bytes -= message_weight(&message->m);
    inbox_share_take(inbox, message->m.sender_customer, message_weight(&message->m));
}

/* An event that was paid for in advance counts for its receiver's customer while it waits. */
void inbox_event_waits(struct agents *agents, struct agent *agent, const struct message *message)
{
    if (message->sender_customer != 0)
        return;
    quota_take(agents, agent->use, CUSTOMER_EVENTS, 1);
    quota_take(agents, agent->use, CUSTOMER_EVENT_BYTES, message->size);
}

/* An event that was paid in advance has reached its agent, and counts for the customer no more. */
static void inbox_event_came(struct agents *agents, struct agent *agent,
                             const struct message *message)
{
    if (message->sender_customer != 0)
        return;
    quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
    quota_give(agents, agent->use, CUSTOMER_EVENT_BYTES, message->size);
}

void inbox_take(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    uint8_t key[16];

    /* Its bytes cost rent until now. */
    rent_accrue(agents, agent);
    message_loses(agents, &message->m);
    inbox_event_came(agents, agent, &message->m);
    if (message == agent->inbox.first)
        agent->needs = money_zero(); /* which was for this one */
    inbox_unlink(&agent->inbox, message);
    agent_dirty(&agents->changes, agent);
    /* Only a row that was written needs to be deleted. */
    if (!message->saved)
        return;
    be64_put(key, agent->id);
    be64_put(key + 8, message->m.id);
    tombstone_add(&agents->changes, STORE_INBOX, key, sizeof key);
}

static size_t message_bytes(size_t size)
{
    return slab_coarse(sizeof(struct inbox_message) + size);
}

struct inbox_message *inbox_message_new(struct slab *memory, const struct message *message)
{
    struct inbox_message *made = slab_take(memory, message_bytes(message->size));

    *made = (struct inbox_message){.m = *message, .memory = memory};
    if (message->size > 0)
        memcpy(made->bytes, message->data, message->size);
    made->m.data = made->bytes;
    return made;
}

void inbox_message_free(struct inbox_message *message)
{
    if (message == NULL)
        return;
    if (message->memory != NULL)
        slab_give(message->memory, message, message_bytes(message->m.size));
    else
        free(message);
}

void inbox_insert(struct inbox *inbox, struct inbox_message *before, struct inbox_message *message)
{
    struct inbox_message **next = before == NULL ? &inbox->first : &before->next;

    message->previous = before;
    message->next = *next;
    if (*next != NULL)
        (*next)->previous = message;
    else
        inbox->last = message;
    *next = message;
    inbox_count_in(inbox, &message->m);
}

void inbox_append(struct inbox *inbox, struct inbox_message *message)
{
    inbox_insert(inbox, inbox->last, message);
}

void inbox_push_loaded(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    inbox_append(&agent->inbox, message);
    inbox_event_waits(agents, agent, &message->m);
    message_gains(agents, &message->m);
    agent_make_ready(agents, agent);
}

/* The part of `whole` that one customer may fill: at least 1, or nobody could send anything. */
static uint64_t inbox_customer_part(const struct agents *agents, uint64_t whole)
{
    uint64_t part = whole * agents->prices.customer_inbox_percent / 100;

    return part > 0 ? part : 1;
}

int64_t agents_inbox_room(const struct agents *agents, const struct agent *to,
                          uint64_t sender_customer, size_t size)
{
    const struct pricebook *prices = &agents->prices;
    uint64_t bytes = size + INBOX_MESSAGE_OVERHEAD;
    const struct inbox_share *from_customer = inbox_share_of(&to->inbox, sender_customer);

    if (to->state == AGENT_DEAD)
        return SERAI_E_CLOSED;
    /* First the whole inbox, then the part of it that this customer may fill. */
    if (to->inbox.count >= prices->inbox_messages_max ||
        to->inbox.bounded_bytes > prices->inbox_bytes_max ||
        bytes > prices->inbox_bytes_max - to->inbox.bounded_bytes)
        return SERAI_E_FULL;
    /*
     * A customer's first message is accepted whatever its size; after it the part holds, by count
     * and by bytes.
     */
    if (from_customer == NULL)
        return 0;
    if (from_customer->messages >= inbox_customer_part(agents, prices->inbox_messages_max) ||
        from_customer->bytes + bytes > inbox_customer_part(agents, prices->inbox_bytes_max))
        return SERAI_E_FULL;
    return 0;
}

bool agents_message_waits(const struct agent *agent, uint64_t message)
{
    const struct inbox_message *at = agent->inbox.first;

    while (at != NULL && at->m.id != message)
        at = at->next;
    return at != NULL;
}
