/*
 * Inboxes and the queue of agents that have something to do.  A message's money and postage lie in
 * held:message and its reserve in held:reserve until its turn begins.
 */
#include <stdlib.h>
#include <string.h>

#include "agents/state.h"

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
    if (agent->inbox_share_count == agent->inbox_share_capacity) {
        size_t capacity = agent->inbox_share_capacity == 0 ? 4 : agent->inbox_share_capacity * 2;
        struct inbox_share *shares = realloc(agent->inbox_shares, capacity * sizeof *shares);

        INVARIANT(shares != NULL);
        agent->inbox_shares = shares;
        agent->inbox_share_capacity = capacity;
    }
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
static void count_in(struct agent *agent, const struct message *message)
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
static void event_waits(struct agents *agents, struct agent *agent, const struct message *message)
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

static void append(struct agent *agent, struct inbox_message *message)
{
    message->previous = agent->inbox_last;
    message->next = NULL;
    if (agent->inbox_last != NULL)
        agent->inbox_last->next = message;
    else
        agent->inbox_first = message;
    agent->inbox_last = message;
    count_in(agent, &message->m);
}

void inbox_push_loaded(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    append(agent, message);
    event_waits(agents, agent, &message->m);
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

/* An agent that ran dry may thaw by the postage of what has just come. */
static void look_again(void *context, void *argument)
{
    agents_try_thaw(context, argument);
}

static void take_back(void *context, void *argument)
{
    struct agent *agent = context;
    struct inbox_message *message = argument;

    inbox_unlink(agent, message);
    inbox_message_free(message);
}

static struct inbox_message *copy_message(struct agents *agents, const struct message *message)
{
    struct inbox_message *copy = calloc(1, sizeof *copy);

    INVARIANT(copy != NULL);
    copy->m = *message;
    copy->m.id = agents->next_message++;
    agents->counters_dirty = true;
    agents->counters.messages++;
    if (message->size > 0) {
        copy->bytes = malloc(message->size);
        INVARIANT(copy->bytes != NULL);
        memcpy(copy->bytes, message->data, message->size);
    }
    copy->m.data = copy->bytes;
    return copy;
}

void agents_deliver(struct agents *agents, struct agent *to, const struct message *message)
{
    struct inbox_message *copy = copy_message(agents, message);

    agents_work_message(agents, message->size);
    rent_touch(agents, to);
    append(to, copy);
    event_waits(agents, to, &copy->m);
    agent_dirty(agents, to);
    /* Only a running turn has something to undo. */
    if (agents->turn != NULL)
        undo_on_rollback(agents->undo, take_back, to, copy);
    if (to->state == AGENT_FROZEN_DRY && agents->turn != NULL)
        undo_on_commit(agents->undo, look_again, agents, to);
    else
        agents_try_thaw(agents, to);
    agent_make_ready(agents, to);
}

static void push_first(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    rent_touch(agents, agent);
    message->previous = NULL;
    message->next = agent->inbox_first;
    if (agent->inbox_first != NULL)
        agent->inbox_first->previous = message;
    else
        agent->inbox_last = message;
    agent->inbox_first = message;
    count_in(agent, &message->m);
    event_waits(agents, agent, &message->m);
    agent_dirty(agents, agent);
}

void agents_deliver_first(struct agents *agents, struct agent *to, const struct message *message)
{
    struct inbox_message *copy = copy_message(agents, message);

    INVARIANT(agents->turn == NULL);
    copy->front = true;
    push_first(agents, to, copy);
    agent_make_ready(agents, to);
}

/* Its number is lower than any that waits, so it will be read back to the same place. */
void inbox_put_back(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    message->saved = false;
    push_first(agents, agent, message);
}

static void post_back(struct agents *agents, uint64_t held, uint64_t to, struct money amount,
                      enum transfer_code code, uint64_t object)
{
    struct transfer transfer = {
        .debit = held, .credit = to, .amount = amount, .code = code, .object = object};

    if (!money_is_zero(amount))
        agents_post(agents, &transfer);
}

void inbox_return(struct agents *agents, struct agent *agent, struct inbox_message *message,
                  int32_t status, bool postage_too)
{
    const struct message *m = &message->m;
    uint64_t sender = agents_payee(agents, m->sender);
    struct agent *back;

    if (m->kind == SERAI_EVENT_MESSAGE)
        post_back(agents, ACCOUNT_HELD_MESSAGE, sender, m->money, TRANSFER_MESSAGE_BACK, m->id);
    if (postage_too) {
        post_back(agents, ACCOUNT_HELD_MESSAGE, sender, m->postage, TRANSFER_POSTAGE_BACK, m->id);
        post_back(agents, ACCOUNT_HELD_RESERVE, agents_payee(agents, agent->id), m->reserve,
                  TRANSFER_RESERVE, m->id);
    }
    message_fail_replies(agents, m, status);
    back = agents_find(agents, sender);
    if (back != NULL && back != agent)
        agents_topped_up(agents, back);
}
