/*
 * Messages that will never be delivered go back: FAILED to the agent that waits for an answer, and
 * the money to the same, else to the sender.
 */
#include "agents/return.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/life_tell.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/turn.h"

void reply_breaks_promise(struct agents *agents, const struct object *reply, struct failure failure)
{
    struct promise_end end = {.promise = reply->u.facet.promise,
                              .kind = PROMISE_END_BROKEN,
                              .status = failure.status,
                              .reason_size = failure.reason_size};

    if (end.promise == 0)
        return;
    if (failure.reason_size > 0)
        memcpy(end.reason, failure.reason, failure.reason_size);
    follow_up_end(agents, &end);
}

/* A reply cannot be what a promise is resolved to: it is held in one place, and used by one. */
void reply_resolves_promise(struct agents *agents, const struct object *reply,
                            const struct message *answer)
{
    struct promise_end end = {.promise = reply->u.facet.promise, .kind = PROMISE_END_ANSWERED};

    if (end.promise == 0)
        return;
    if (answer->cap_count > 0 && cap_reply(agents, &answer->caps[0]) == NULL)
        end.cap = answer->caps[0];
    follow_up_end(agents, &end);
}

void facet_fail_with(struct agents *agents, const struct cap *cap, struct failure failure,
                     struct money back)
{
    struct object *reply = cap_reply(agents, cap);
    struct message failed = {.kind = SERAI_EVENT_FAILED, .status = failure.status, .money = back};
    struct agent *owner;
    bool heard;

    if (reply == NULL)
        return;
    owner = agents_find(agents, reply->owner);
    INVARIANT(owner != NULL);
    if (owner->state == AGENT_DEAD)
        return; /* it goes with what else its owner has */
    /* FAILED takes the place of the answer: the same badge, paid by the same reserve. */
    failed.badge = reply->u.facet.badge;
    failed.reserve = reply->u.facet.reserve;
    heard = reply->u.facet.asked != 0;
    reply_breaks_promise(agents, reply, failure);
    /* Whoever fails must not be stopped by the asker's quota, nor take more of it than there is. */
    if (quota_allows(agents, owner->use, CUSTOMER_EVENT_BYTES, failure.reason_size)) {
        failed.data = failure.reason;
        failed.size = failure.reason_size;
    }
    facet_remove(agents, reply);
    if (heard)
        agents_deliver(agents, owner, &failed);
}

void facet_fail(struct agents *agents, const struct cap *cap, struct failure failure)
{
    facet_fail_with(agents, cap, failure, money_zero());
}

void facet_answer_nothing(struct agents *agents, const struct agent *by, const struct cap *cap)
{
    struct object *reply = cap_reply(agents, cap);
    struct message answer = {.kind = SERAI_EVENT_MESSAGE, .sender = by->id};
    struct agent *owner;

    if (reply == NULL)
        return;
    owner = agents_find(agents, reply->owner);
    INVARIANT(owner != NULL && owner->state != AGENT_DEAD);
    answer.badge = reply->u.facet.badge;
    answer.reserve = reply->u.facet.reserve;
    facet_remove(agents, reply);
    agents_deliver(agents, owner, &answer);
}

/* Money comes back with the question that the message is, not with those that it carries. */
static void message_fail(struct agents *agents, const struct message *message,
                         struct failure failure, struct money back)
{
    facet_fail_with(agents, &message->reply, failure, back);
    for (uint8_t i = 0; i < message->cap_count; i++)
        facet_fail(agents, &message->caps[i], failure);
}

void message_fail_replies(struct agents *agents, const struct message *message,
                          struct failure failure)
{
    message_fail(agents, message, failure, money_zero());
}

void agent_fail_replies(struct agents *agents, struct agent *agent, struct failure failure)
{
    for (uint32_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap != NULL)
            facet_fail(agents, cap, failure);
    }
}

uint64_t agents_asker_payee(const struct agents *agents, uint64_t asker)
{
    const struct agent *agent = agents_find(agents, asker);

    return agents_payee(agents,
                        agent != NULL && agent->state == AGENT_DESK ? agent->customer : asker);
}

/* The account that gets the money of a message back: of the agent that hears FAILED. */
static uint64_t message_payee(struct agents *agents, const struct message *m)
{
    return agents_asker_payee(agents, m->asker == 0 ? m->sender : m->asker);
}

/*
 * Whatever came back may let an agent go on, but not the receiver: if this is its turn it is looked
 * at when that ends; else it may be dying.
 */
static void message_tops_up(struct agents *agents, uint64_t account, const struct agent *receiver)
{
    struct agent *back = agents_find(agents, account);

    if (back != NULL && back != receiver && back->state != AGENT_DEAD)
        agents_topped_up(agents, back);
}

/* Whether a customer sent it and not an agent: then a person may wait for its turn. */
static bool message_is_of_customer(const struct message *m)
{
    return m->kind == SERAI_EVENT_MESSAGE && m->sender_customer != 0 &&
           m->sender == m->sender_customer;
}

void message_return(struct agents *agents, const struct agent *receiver, const struct message *m,
                    struct failure failure, bool postage_too)
{
    uint64_t sender = agents_payee(agents, m->sender);
    uint64_t payee = message_payee(agents, m);
    /* Only the money of a message lies in held:message until its turn (struct message). */
    struct money back = m->kind == SERAI_EVENT_MESSAGE ? m->money : money_zero();

    agents_move(agents, ACCOUNT_HELD_MESSAGE, payee, back, TRANSFER_MESSAGE_BACK, m->id);
    if (postage_too)
        agents_move(agents, ACCOUNT_HELD_MESSAGE, sender, m->postage, TRANSFER_POSTAGE_BACK, m->id);
    if (postage_too && receiver != NULL)
        agents_move(agents, ACCOUNT_HELD_RESERVE, agents_payee(agents, receiver->id), m->reserve,
                    TRANSFER_RESERVE, m->id);
    if (postage_too && receiver != NULL && message_is_of_customer(m))
        life_tell_message(agents, receiver, LIFE_RETURNED, m->id, NULL, 0);
    message_fail(agents, m, failure, back);
    message_tops_up(agents, payee, receiver);
    if (sender != payee)
        message_tops_up(agents, sender, receiver);
}

void message_give_change(struct agents *agents, struct message *m, struct money asked)
{
    uint64_t sender = agents_payee(agents, m->sender);
    struct money change = money_sub_clamped(m->postage, asked);

    if (money_is_zero(change))
        return;
    agents_move(agents, ACCOUNT_HELD_MESSAGE, sender, change, TRANSFER_POSTAGE_BACK, m->id);
    m->postage = money_sub_clamped(m->postage, change);
    message_tops_up(agents, sender, NULL);
}
