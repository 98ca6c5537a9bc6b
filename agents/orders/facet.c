/* Orders on facets: messages between the agents of one site. */
#include "agents/orders/orders.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/orders/failing.h"
#include "agents/orders/hand_over.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/* One facet_send: filled by its checks, read by perform_facet_send(). */
struct sending {
    struct object *facet;
    struct agent *to;
    struct money money;
    struct money postage;
    struct message message; /* its reply: one that is handed on, else none until one is made */
    struct object *asked;   /* the sender's own facet, whose like is to be answered, or NULL */
};

/*
 * The postage that a message to this facet must bring: what its owner asks, at least one event
 * reserve.
 */
static struct money facet_event_price(const struct agents *agents, const struct object *facet)
{
    struct money floor = agents_reserve(agents);

    return money_compare(facet->u.facet.postage, floor) > 0 ? facet->u.facet.postage : floor;
}

/*
 * An answer needs no postage: the agent that asked reserved its event with the question.  So being
 * asked costs the answering agent nothing.
 */
static struct money facet_postage_floor(const struct agents *agents, const struct object *facet)
{
    return facet->one_shot ? money_zero() : facet_event_price(agents, facet);
}

static int64_t facet_check_target(struct turn *turn, const struct cap *cap, struct sending *sending)
{
    sending->facet = object_find(&turn->agents->objects, cap->object, OBJECT_FACET);
    return sending->facet == NULL ? SERAI_E_CLOSED : 0;
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
    facet = object_find(&turn->agents->objects, cap->object, OBJECT_FACET);
    if (facet == NULL)
        return SERAI_E_CLOSED;
    if (facet->one_shot) {
        message->reply = *cap;
        return turn_reply_is_among(turn, cap, message->caps, message->cap_count) ? SERAI_E_INVALID
                                                                                 : 0;
    }
    /* Only its owner may ask on a facet: answers come to the owner, at its expense. */
    if (facet->owner != turn->agent->id)
        return SERAI_E_RIGHT;
    sending->asked = facet;
    if (turn->agent->owns.facets >= AGENT_FACETS_MAX)
        return SERAI_E_FULL;
    return quota_allows(turn->agents, turn->agent->use, CUSTOMER_FACETS, 1) &&
                   quota_allows(turn->agents, turn->agent->use, CUSTOMER_EVENTS, 1)
               ? 0
               : SERAI_E_QUOTA;
}

/* Whether an answer carries the very reply that it uses up. */
static bool facet_carries_target(const struct sending *sending, const struct cap *target)
{
    const struct message *message = &sending->message;

    if (!sending->facet->one_shot)
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
    if (money_compare(sending->postage, facet_postage_floor(turn->agents, sending->facet)) < 0)
        return SERAI_E_POSTAGE;
    sending->to = facet_find_owner(turn, sending->facet);
    if (sending->facet->one_shot) /* the agent that asked has a place reserved for the answer */
        return quota_allows(turn->agents, sending->to->use, CUSTOMER_EVENT_BYTES, message->size)
                   ? 0
                   : SERAI_E_FULL;
    return agents_inbox_room(turn->agents, sending->to, turn->agent->customer, message->size);
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
 * the answer, or FAILED.
 */
static struct cap facet_make_reply(struct turn *turn, struct sending *sending)
{
    struct money reserve = facet_event_price(turn->agents, sending->asked);
    struct object *reply = reply_new(turn->agents, turn->agent, sending->asked, reserve);

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
    facet_remove(turn->agents, sending->facet);
}

static int64_t perform_facet_send(struct turn *turn, struct sending *sending, uint64_t slot)
{
    struct agents *agents = turn->agents;
    struct message *message = &sending->message;

    message->kind = SERAI_EVENT_MESSAGE;
    message->sender = turn->agent->id;
    message->sender_customer = turn->agent->customer;
    message->badge = sending->facet->u.facet.badge;
    message->money = sending->money;
    message->postage = sending->postage;
    facet_pay(turn, ACCOUNT_HELD_MESSAGE, sending->postage, TRANSFER_POSTAGE_HOLD,
              agents->next_message);
    facet_pay(turn, ACCOUNT_HELD_MESSAGE, sending->money, TRANSFER_MESSAGE_HOLD,
              agents->next_message);
    /* Replies move, other caps are copied.  They leave their slots before the new reply is made. */
    turn_hand_over(turn, message->caps, message->cap_count);
    turn_hand_over(turn, &message->reply, 1);
    if (sending->asked != NULL)
        message->reply = facet_make_reply(turn, sending);
    if (sending->facet->one_shot)
        facet_use_up(turn, sending, slot);
    agents_deliver(agents, sending->to, message);
    return 0;
}

static int64_t decode_facet_send(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    bool fits;
    struct money cost;

    /* The look-up has its price whether it finds the facet or not. */
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (refusal == 0)
        refusal = facet_check_send(turn, cap, args, &sending);
    if (refusal != 0)
        return refusal;
    cost = facet_sending_cost(turn, &sending, &fits);
    if (!fits || !turn_can_pay(turn, cost))
        return SERAI_E_SHORT;
    return perform_facet_send(turn, &sending, args[0]);
}

static int64_t decode_facet_fund(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct sending sending = {0};
    int64_t refusal = facet_check_target(turn, cap, &sending);
    struct money amount;
    uint64_t payee;

    if (refusal != 0)
        return refusal;
    /* Money without a message, and so without postage: it may make an agent that ran dry go on. */
    payee = sending.facet->owner;
    if (!money_from_guest(&amount, args[1]) || payee == turn->agent->id)
        return SERAI_E_INVALID;
    if (!turn_work(turn, WORK_WAKE))
        return SERAI_E_SHORT;
    if (money_is_zero(amount)) /* nothing moves, but the order costs what it always does */
        agents_work(turn->agents, WORK_TRANSFER);
    return turn_pay(turn, payee, amount, TRANSFER_FUND, sending.facet->id) ? 0 : SERAI_E_SHORT;
}

/* The question ends as by a trap of the agent that was asked, but its turn goes on. */
static int64_t perform_reply_break(struct turn *turn, uint64_t slot, const struct cap *cap,
                                   const struct failure *failure)
{
    facet_fail(turn->agents, cap, *failure);
    turn_take_cap(turn, slot);
    return 0;
}

static int64_t decode_reply_break(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct failure failure;
    struct sending sending = {0};
    int64_t refusal = turn_read_failure(turn, args, &failure);

    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (refusal == 0)
        refusal = facet_check_target(turn, cap, &sending);
    if (refusal == 0 && !sending.facet->one_shot)
        refusal = SERAI_E_RIGHT;
    return refusal != 0 ? refusal : perform_reply_break(turn, args[0], cap, &failure);
}

int64_t order_facet(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *held = turn_cap(turn, args[0], SERAI_KIND_FACET, &refusal);
    struct sending sending = {0};
    struct cap cap;

    if (held == NULL)
        return refusal;
    cap = *held; /* the slot may be emptied while the order is carried out */
    if (order == SERAI_ORDER_facet_send)
        return decode_facet_send(turn, &cap, args);
    if (order == SERAI_ORDER_facet_fund)
        return decode_facet_fund(turn, &cap, args);
    if (order == SERAI_ORDER_reply_break)
        return decode_reply_break(turn, &cap, args);
    INVARIANT(order == SERAI_ORDER_facet_postage);
    refusal = facet_check_target(turn, &cap, &sending);
    return refusal != 0 ? refusal
                        : (int64_t)money_nanos(facet_postage_floor(turn->agents, sending.facet));
}
