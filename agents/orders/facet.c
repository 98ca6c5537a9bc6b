/* Orders on facets: messages between the agents of one site.  Those on replies are in reply.c. */
#include "agents/orders/orders.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/orders/hand_over.h"
#include "agents/orders/reply.h"
#include "agents/promise_flow.h"
#include "agents/promise_queue.h"
#include "agents/promises.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"

/* One facet_send: filled by its checks, read by perform_facet_send(). */
struct sending {
    struct object *facet;   /* to which it goes, perhaps by a pipe; NULL: it waits on `promise` */
    struct object *promise; /* that is open */
    struct agent *to;       /* owner of `facet` */
    bool asks;              /* facet_ask: for a promise of the answer */
    struct money money;
    struct money postage;
    struct message message; /* its reply: one that is handed on, else none until one is made */
    struct object *asked;   /* the sender's own facet, whose like is to be answered, or NULL */
};

static int64_t facet_check_target(struct turn *turn, const struct cap *cap, struct sending *sending)
{
    struct object *object = cap_object(turn->agents, cap);

    if (object == NULL)
        return SERAI_E_CLOSED;
    if (object->kind == OBJECT_PROMISE) {
        sending->promise = object;
        return promise_refusal(object);
    }
    sending->facet = object;
    return 0;
}

/* A promise that is piped is no place to wait: the message goes to the facet of its pipe. */
static int64_t facet_follow_pipe(struct turn *turn, struct sending *sending)
{
    if (sending->promise == NULL || sending->promise->u.promise.pipe == 0)
        return 0;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    sending->facet = promise_pipe_facet(turn->agents, sending->promise);
    return sending->facet == NULL ? SERAI_E_CLOSED : 0;
}

/* What a message to the target must bring at least; on a promise any event's price. */
static struct money facet_target_floor(const struct turn *turn, const struct sending *sending)
{
    return sending->facet == NULL ? agents_reserve(turn->agents)
                                  : facet_postage_floor(turn->agents, sending->facet);
}

static bool facet_is_reply(const struct object *facet)
{
    return facet != NULL && facet->one_shot;
}

/* Whether the agent may make that many facets, and wait for that many events. */
static int64_t facet_check_quotas(const struct turn *turn, uint64_t facets, uint64_t events)
{
    const struct agent *agent = turn->agent;

    if (agent->owns.facets + facets > AGENT_FACETS_MAX)
        return SERAI_E_FULL;
    return quota_allows(turn->agents, agent->use, CUSTOMER_FACETS, facets) &&
                   quota_allows(turn->agents, agent->use, CUSTOMER_EVENTS, events)
               ? 0
               : SERAI_E_QUOTA;
}

/*
 * The facet's owner.  A packed one is activated by this, so it is asked for after all cheap checks.
 */
static struct agent *facet_find_owner(const struct turn *turn, const struct object *facet)
{
    struct agent *owner = agents_find(turn->agents, facet->owner);

    INVARIANT(owner != NULL); /* an agent's facets die with it */
    return owner;
}

/*
 * What the message is to be answered on: a facet of the sender, from which a reply is then made, or
 * a reply that it holds and hands on.
 */
static int64_t facet_check_reply(struct turn *turn, uint64_t slot, struct sending *sending)
{
    struct message *message = &sending->message;
    int64_t refusal = 0;
    const struct cap *cap;
    struct object *facet;

    if ((uint32_t)slot == (uint32_t)SERAI_SLOT_NONE)
        return 0;
    cap = turn_cap(turn, slot, SERAI_KIND_FACET, &refusal);
    if (cap == NULL)
        return refusal;
    facet = cap_object(turn->agents, cap);
    if (facet == NULL)
        return SERAI_E_CLOSED;
    if (facet->kind == OBJECT_PROMISE)
        return SERAI_E_RIGHT;
    if (facet->one_shot) {
        message->reply = *cap;
        message->asker = facet->owner;
        if (sending->asks)
            return SERAI_E_INVALID; /* the answer would go elsewhere, and no promise follow */
        return turn_reply_is_among(turn, cap, message->caps, message->cap_count) ? SERAI_E_INVALID
                                                                                 : 0;
    }
    /* Only its owner may ask on a facet: answers come to the owner, at its expense. */
    if (facet->owner != turn->agent->id)
        return SERAI_E_RIGHT;
    sending->asked = facet;
    return sending->asks ? 0 : facet_check_quotas(turn, 1, 1);
}

/* A promise of the answer needs a slot; it and the reply are facets of the agent that asks. */
static int64_t facet_check_ask(const struct turn *turn, const struct sending *sending)
{
    if (!turn_has_slot(turn))
        return SERAI_E_FULL;
    return facet_check_quotas(turn, 2, sending->asked != NULL);
}

/* Whether the receiver, or the promise, takes the message. */
static int64_t facet_check_room(struct turn *turn, struct sending *sending)
{
    size_t size = sending->message.size;

    if (sending->facet == NULL)
        return promise_room(turn->agents, sending->promise, turn->agent, size);
    sending->to = facet_find_owner(turn, sending->facet);
    if (!sending->facet->one_shot)
        return agents_inbox_room(turn->agents, sending->to, turn->agent->customer, size);
    /* The agent that asked has a place reserved for the answer, if it hears it. */
    return sending->facet->u.facet.asked == 0 ||
                   quota_allows(turn->agents, sending->to->use, CUSTOMER_EVENT_BYTES, size)
               ? 0
               : SERAI_E_FULL;
}

/* Whether an answer carries the very reply that it uses up. */
static bool facet_carries_target(const struct sending *sending, const struct cap *target)
{
    const struct message *message = &sending->message;

    if (!facet_is_reply(sending->facet))
        return false;
    for (uint8_t i = 0; i < message->cap_count; i++) {
        if (cap_equal(&message->caps[i], target))
            return true;
    }
    return cap_equal(&message->reply, target);
}

/*
 * Every check of facet_send but that of money; 0, or the refusal of docs/guest-abi.md.  Nothing is
 * changed but the fuel.
 */
static int64_t facet_check_send(struct turn *turn, const struct cap *cap, const uint64_t *args,
                                struct sending *sending)
{
    struct message *message = &sending->message;
    int64_t refusal;

    if (args[2] > SERAI_MESSAGE_BYTES_MAX || !money_from_guest(&sending->money, args[5]) ||
        !money_from_guest(&sending->postage, args[6]))
        return SERAI_E_INVALID;
    message->data = turn_read(turn, args[1], args[2]);
    if (message->data == NULL)
        return SERAI_E_MEMORY;
    message->size = (size_t)args[2];
    refusal = turn_read_caps(turn, args[3], args[4], message->caps);
    if (refusal != 0)
        return refusal;
    message->cap_count = (uint8_t)args[4];
    refusal = facet_check_reply(turn, args[7], sending);
    if (refusal != 0)
        return refusal;
    if (facet_carries_target(sending, cap))
        return SERAI_E_INVALID;
    /*
     * What could be wrong with the message itself is checked; from here on it is about its
     * receiver.
     */
    if (money_compare(sending->postage, facet_target_floor(turn, sending)) < 0)
        return SERAI_E_POSTAGE;
    refusal = facet_check_room(turn, sending);
    return refusal == 0 && sending->asks ? facet_check_ask(turn, sending) : refusal;
}

/* Money, postage and the reserve of a reply, as one sum; *fits: it is an amount at all. */
static struct money facet_sending_cost(const struct turn *turn, const struct sending *sending,
                                       bool *fits)
{
    struct money total = sending->money;

    *fits = money_add(&total, total, sending->postage);
    if (*fits && sending->asked != NULL)
        *fits = money_add(&total, total, facet_event_price(turn->agents, sending->asked));
    return total;
}

/* Stage one part of the sum that was checked, so it is not refused. */
static void facet_pay(struct turn *turn, uint64_t to, struct money amount, enum transfer_code code,
                      uint64_t object)
{
    INVARIANT(turn_pay(turn, to, amount, code, object));
}

/*
 * Make the reply on which the message is answered.  Its reserve pays for the event that ends it:
 * the answer, or FAILED; an answer that nobody hears needs none.
 */
static struct cap facet_make_reply(struct turn *turn, const struct sending *sending,
                                   struct object *promise)
{
    struct money reserve =
        sending->asked == NULL ? money_zero() : facet_event_price(turn->agents, sending->asked);
    struct object *reply = reply_new(turn->agents, turn->agent, sending->asked, promise, reserve);

    facet_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, reply->id);
    return (struct cap){.kind = SERAI_KIND_FACET, .object = reply->id};
}

/*
 * An answer uses up its reply, which leaves its slot; the reserve of the reply becomes that of the
 * message.
 */
static void facet_use_up(struct turn *turn, struct sending *sending, uint64_t slot)
{
    turn_take_cap(turn, slot);
    sending->message.reserve = sending->facet->u.facet.reserve;
    sending->message.sender_customer = 0; /* it fills room that the question reserved */
    reply_resolves_promise(turn->agents, sending->facet, &sending->message);
    facet_remove(turn->agents, sending->facet);
}

/* Put the money of a message where it lies until its turn begins. */
static void facet_hold_money(struct turn *turn, const struct sending *sending)
{
    uint64_t number = turn->agents->next_message;

    facet_pay(turn, ACCOUNT_HELD_MESSAGE, sending->postage, TRANSFER_POSTAGE_HOLD, number);
    facet_pay(turn, ACCOUNT_HELD_MESSAGE, sending->money, TRANSFER_MESSAGE_HOLD, number);
}

/* An answer that nobody hears: its money is the asking agent's, and nobody answers its replies. */
static void facet_answer_unheard(struct turn *turn, struct sending *sending, uint64_t slot)
{
    uint64_t payee = sending->facet->owner;
    uint64_t reply = sending->facet->id;

    facet_use_up(turn, sending, slot);
    message_fail_replies(turn->agents, &sending->message, failure_of(SERAI_E_SILENT));
    if (payee == turn->agent->id)
        return;
    facet_pay(turn, payee, sending->postage, TRANSFER_FUND, reply);
    facet_pay(turn, payee, sending->money, TRANSFER_FUND, reply);
}

/* Send the message, to be answered by `reply` if that is not empty. */
static void facet_dispatch(struct turn *turn, struct sending *sending, uint64_t slot)
{
    struct agents *agents = turn->agents;
    bool unheard = facet_is_reply(sending->facet) && sending->facet->u.facet.asked == 0;

    if (unheard) {
        facet_answer_unheard(turn, sending, slot);
        return;
    }
    facet_hold_money(turn, sending);
    if (sending->facet == NULL) {
        promise_queue_add(agents, sending->promise, turn->agent, &sending->message);
        return;
    }
    if (sending->facet->one_shot)
        facet_use_up(turn, sending, slot);
    agents_deliver(agents, sending->to, &sending->message);
}

/* Returns the slot of the promise if it asks for one, else 0. */
static int64_t perform_facet_send(struct turn *turn, struct sending *sending, uint64_t slot)
{
    struct message *message = &sending->message;
    struct object *promise = NULL;
    struct cap cap = {.kind = SERAI_KIND_FACET};
    int64_t given = 0;

    message->kind = SERAI_EVENT_MESSAGE;
    message->sender = turn->agent->id;
    message->sender_customer = turn->agent->customer;
    message->badge = sending->facet == NULL ? 0 : sending->facet->u.facet.badge;
    message->money = sending->money;
    message->postage = sending->postage;
    /* Replies move, other caps are copied.  They leave their slots before the new reply is made. */
    turn_hand_over(turn, message->caps, message->cap_count);
    turn_hand_over(turn, &message->reply, 1);
    if (sending->asks)
        promise = promise_new(turn->agents, turn->agent, sending->postage);
    if (sending->asks || sending->asked != NULL)
        message->reply = facet_make_reply(turn, sending, promise);
    facet_dispatch(turn, sending, slot);
    if (!sending->asks)
        return 0;
    cap.object = promise->id;
    given = turn_give_cap(turn, &cap);
    INVARIANT(given >= 0); /* a slot was free */
    return given;
}

/*
 * A message that waits on a promise pays the order twice: whoever ends the promise does not pay for
 * what becomes of it.
 */
static bool facet_pay_to_wait(struct turn *turn, enum serai_order order, struct money cost)
{
    struct money both;

    /* The fee leaves enough for what is paid after it, or it is not taken. */
    return money_add(&both, cost, pricebook_order(&turn->agents->prices, (int)order)) &&
           turn_can_pay(turn, both) && turn_order_fee(turn, order);
}

static int64_t decode_facet_send(struct turn *turn, enum serai_order order, const struct cap *cap,
                                 const uint64_t *args)
{
    struct sending sending = {.asks = order == SERAI_ORDER_facet_ask};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    bool fits;
    struct money cost;

    /* The look-up has its price whether it finds the facet or not. */
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (refusal == 0)
        refusal = facet_follow_pipe(turn, &sending);
    if (refusal == 0)
        refusal = facet_check_send(turn, cap, args, &sending);
    if (refusal != 0)
        return refusal;
    cost = facet_sending_cost(turn, &sending, &fits);
    if (!fits || !turn_can_pay(turn, cost))
        return SERAI_E_SHORT;
    if (sending.facet == NULL && !facet_pay_to_wait(turn, order, cost))
        return SERAI_E_SHORT;
    return perform_facet_send(turn, &sending, args[0]);
}

/* ---- hearing when a promise ends ---- */

/* Make the reply on which the listener is told, and tell it, now or when the promise ends. */
static int64_t perform_facet_when(struct turn *turn, struct sending *sending, const struct cap *cap,
                                  struct failure failure)
{
    struct message waiting = {.kind = (enum serai_event_kind)WAITING_LISTENER,
                              .sender = turn->agent->id,
                              .sender_customer = turn->agent->customer};

    waiting.reply = facet_make_reply(turn, sending, NULL);
    if (failure.status != 0)
        facet_fail(turn->agents, &waiting.reply, failure);
    else if (sending->facet != NULL)
        promise_tell(turn->agents, &waiting.reply, cap);
    else
        promise_queue_add(turn->agents, sending->promise, turn->agent, &waiting);
    return 0;
}

/* The failure that a listener of the promise hears at once; its status is 0: there is none. */
static struct failure facet_promise_failure(const struct sending *sending)
{
    return sending->promise == NULL ? failure_of(0) : promise_failure(sending->promise);
}

static int64_t decode_facet_when(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    struct failure failure = facet_promise_failure(&sending);
    struct money cost;

    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (refusal != 0 && failure.status == 0)
        return refusal;
    if (facet_is_reply(sending.facet))
        return SERAI_E_RIGHT; /* it is held in one place, and a message would be another */
    refusal = facet_check_reply(turn, args[1], &sending);
    if (refusal == 0 && sending.asked == NULL)
        refusal = SERAI_E_RIGHT; /* a reply of another, or no slot at all */
    if (refusal == 0 && sending.facet == NULL && failure.status == 0)
        refusal = promise_room(turn->agents, sending.promise, turn->agent, 0);
    if (refusal != 0)
        return refusal;
    cost = facet_event_price(turn->agents, sending.asked);
    if (!turn_can_pay(turn, cost))
        return SERAI_E_SHORT;
    if (sending.facet == NULL && failure.status == 0 &&
        !facet_pay_to_wait(turn, SERAI_ORDER_facet_when, cost))
        return SERAI_E_SHORT;
    return perform_facet_when(turn, &sending, cap, failure);
}

/*
 * 0: what it stands for is known and there; PENDING: it is open, wherever messages for it go
 * meanwhile; else what a message to it would be refused with.
 */
static int64_t decode_facet_state(struct turn *turn, const struct cap *cap)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);

    return refusal == 0 && sending.facet == NULL ? SERAI_E_PENDING : refusal;
}

/* A promise quotes what its question brought: a pipeline pays at each step what it paid before. */
static int64_t decode_facet_postage(struct turn *turn, const struct cap *cap)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    struct money quote;

    if (refusal == 0)
        refusal = facet_follow_pipe(turn, &sending);
    if (refusal != 0)
        return refusal;
    quote = facet_target_floor(turn, &sending);
    if (sending.facet == NULL && money_compare(sending.promise->u.promise.postage, quote) > 0)
        quote = sending.promise->u.promise.postage;
    return (int64_t)money_nanos(quote);
}

/* ---- money ---- */

static int64_t decode_facet_fund(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    struct money amount;
    uint64_t payee;

    if (refusal != 0)
        return refusal;
    if (sending.facet == NULL)
        return SERAI_E_PENDING; /* nobody knows yet whose it would be */
    /* Money without a message, and so without postage: it may make an agent that ran dry go on. */
    if (!money_from_guest(&amount, args[1]) || sending.facet->owner == turn->agent->id)
        return SERAI_E_INVALID;
    if (!turn_work(turn, WORK_WAKE))
        return SERAI_E_SHORT;
    payee = agents_asker_payee(turn->agents, sending.facet->owner);
    if (money_is_zero(amount)) /* nothing moves, but the order costs what it always does */
        agents_work(turn->agents, WORK_TRANSFER);
    return turn_pay(turn, payee, amount, TRANSFER_FUND, sending.facet->id) ? 0 : SERAI_E_SHORT;
}

int64_t order_facet(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *held = turn_cap(turn, args[0], SERAI_KIND_FACET, &refusal);
    struct cap cap;

    if (held == NULL)
        return refusal;
    cap = *held; /* the slot may be emptied while the order is carried out */
    if (order == SERAI_ORDER_facet_send || order == SERAI_ORDER_facet_ask)
        return decode_facet_send(turn, order, &cap, args);
    if (order == SERAI_ORDER_facet_fund)
        return decode_facet_fund(turn, &cap, args);
    if (order == SERAI_ORDER_reply_break || order == SERAI_ORDER_reply_return ||
        order == SERAI_ORDER_reply_pipe)
        return order_reply(turn, order, &cap, args);
    if (order == SERAI_ORDER_facet_when)
        return decode_facet_when(turn, &cap, args);
    if (order == SERAI_ORDER_facet_state)
        return decode_facet_state(turn, &cap);
    INVARIANT(order == SERAI_ORDER_facet_postage);
    return decode_facet_postage(turn, &cap);
}
