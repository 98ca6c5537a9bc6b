/*
 * Desks: what customers hold, and how they ask.  Everything here happens outside of turns, so
 * nothing is undone, and all that can refuse comes before anything changes.
 */
#include "agents/desk.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/funds.h"
#include "agents/holders.h"
#include "agents/inbox.h"
#include "agents/modules.h"
#include "agents/objects.h"
#include "agents/promises.h"
#include "agents/ready.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"

/*
 * A module that does nothing: every agent names one, and nothing runs this.
 *   (module (memory 0 0) (func (export "serai_turn") (param i32 i32 i32)))
 */
static const uint8_t desk_module[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x03,
    0x7f, 0x7f, 0x7f, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05, 0x04, 0x01, 0x01, 0x00,
    0x00, 0x07, 0x0e, 0x01, 0x0a, 's',  'e',  'r',  'a',  'i',  '_',  't',  'u',
    'r',  'n',  0x00, 0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b,
};

enum status agents_desk_begin(struct agents *agents, struct fault *fault)
{
    struct hash id;

    return agents_code_builtin(agents, desk_module, sizeof desk_module, &id, fault);
}

bool agent_is_desk(const struct agent *agent)
{
    return agent->state == AGENT_DESK;
}

/* ---- a new one ---- */

struct money agents_desk_price(const struct agents *agents)
{
    return agents_birth_min(agents);
}

/* A desk has nothing to do with being born: the event goes, and its reserve comes back. */
static void desk_take_born(struct agents *agents, struct agent *desk)
{
    struct inbox_message *born = desk->inbox.first;

    inbox_take(agents, desk, born);
    ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, desk->id, born->m.reserve, TRANSFER_RESERVE,
                born->m.id);
    inbox_message_free(born);
}

enum birth_result agents_desk_new(struct agents *agents, uint64_t customer, struct agent **desk)
{
    struct birth birth = {.customer = customer,
                          .payer = customer,
                          .name = "desk",
                          .code = hash_of(desk_module, sizeof desk_module),
                          .is_desk = true,
                          .endowment = agents_desk_price(agents),
                          .endowment_code = TRANSFER_ENDOWMENT};
    enum birth_result result = agents_birth(agents, &birth, desk);

    if (result != BIRTH_DONE)
        return result;
    (*desk)->state = AGENT_DESK;
    agents->counters.desks++;
    agent_unready(agents, *desk);
    desk_take_born(agents, *desk);
    /* Every question is asked with this facet; nobody is given a capability to it. */
    (void)facet_new(agents, *desk, 0, money_zero());
    return BIRTH_DONE;
}

/* ---- looking ---- */

/* The facet that questions are asked with: the only one that is no reply. */
static struct object *desk_facet(const struct agent *desk)
{
    struct object *object = desk->owns.newest;

    while (object->one_shot)
        object = object->older_owned;
    return object;
}

/* The reply that a question waits with; NULL: it does not wait. */
static struct object *desk_reply(const struct agent *desk, uint64_t call)
{
    struct object *reply = desk_facet(desk)->u.facet.next;

    while (reply != NULL && reply->u.facet.badge != call)
        reply = reply->u.facet.next;
    return reply;
}

static struct inbox_message *desk_find_answer(const struct agent *desk, uint64_t call)
{
    struct inbox_message *at = desk->inbox.first;

    while (at != NULL && at->m.badge != call)
        at = at->next;
    return at;
}

size_t agents_desk_calls(const struct agent *desk)
{
    return desk->owns.facets - 1 + desk->inbox.total; /* one facet is what they are asked with */
}

bool agents_desk_waits(const struct agent *desk, uint64_t call)
{
    return desk_reply(desk, call) != NULL;
}

const struct message *agents_desk_answer(const struct agent *desk, uint64_t call)
{
    const struct inbox_message *found = desk_find_answer(desk, call);

    return found == NULL ? NULL : &found->m;
}

size_t agents_desk_answer_caps(const struct message *answer)
{
    size_t count = answer->reply.kind != SERAI_KIND_EMPTY;

    for (uint8_t i = 0; i < answer->cap_count; i++)
        count += answer->caps[i].kind != SERAI_KIND_EMPTY;
    return count;
}

/* The lowest number above `after` of a question that is waiting or answered; 0: none. */
static uint64_t desk_next_call(const struct agent *desk, uint64_t after)
{
    uint64_t lowest = 0;

    for (const struct object *at = desk_facet(desk)->u.facet.next; at != NULL;
         at = at->u.facet.next) {
        if (at->u.facet.badge > after && (lowest == 0 || at->u.facet.badge < lowest))
            lowest = at->u.facet.badge;
    }
    for (const struct inbox_message *at = desk->inbox.first; at != NULL; at = at->next) {
        if (at->m.badge > after && (lowest == 0 || at->m.badge < lowest))
            lowest = at->m.badge;
    }
    return lowest;
}

void agents_desk_each(const struct agent *desk, uint64_t after,
                      bool (*visit)(void *context, uint64_t call, const struct message *answer),
                      void *context)
{
    uint64_t call = desk_next_call(desk, after);

    while (call != 0 && visit(context, call, agents_desk_answer(desk, call)))
        call = desk_next_call(desk, call);
}

uint8_t agents_desk_kind(const struct agent *desk, uint64_t slot)
{
    const struct cap *cap = cap_table_at(&desk->caps, slot);

    return cap == NULL ? SERAI_KIND_EMPTY : cap->kind;
}

bool agents_desk_is_reply(const struct agents *agents, const struct agent *desk, uint64_t slot)
{
    const struct cap *cap = cap_table_at(&desk->caps, slot);

    return cap != NULL && cap_reply(agents, cap) != NULL;
}

bool agents_desk_is_dead(const struct agents *agents, const struct agent *desk, uint64_t slot)
{
    const struct cap *cap = cap_table_at(&desk->caps, slot);

    return cap != NULL && (cap->kind == SERAI_KIND_FACET || cap->kind == SERAI_KIND_BUFFER) &&
           table_get(&agents->objects.by_id, cap->object) == NULL;
}

/* ---- asking ---- */

/* What a question goes to, and what its receiver wants for it. */
struct desk_target {
    struct object *facet; /* NULL: an agent, as its customer reaches it */
    struct agent *to;
    struct money postage;
};

static bool desk_target_is_reply(const struct desk_target *target)
{
    return target->facet != NULL && target->facet->one_shot;
}

static int64_t desk_find_target(const struct agents *agents, const struct desk_question *question,
                                struct desk_target *target)
{
    const struct cap *held;
    struct object *object;
    struct cap cap;

    *target = (struct desk_target){.to = question->to, .postage = agents_reserve(agents)};
    if (question->to != NULL)
        return 0;
    held = cap_table_at(&question->desk->caps, question->slot);
    if (held == NULL || held->kind == SERAI_KIND_EMPTY)
        return SERAI_E_SLOT;
    cap = *held;
    INVARIANT(promise_look_through((struct agents *)agents, &cap)); /* outside of turns */
    if (cap.kind != SERAI_KIND_FACET)
        return SERAI_E_KIND;
    object = cap_object(agents, &cap);
    if (object == NULL)
        return SERAI_E_CLOSED;
    if (object->kind == OBJECT_PROMISE) /* a person asks again when it is known what it is */
        return promise_refusal(object) == 0 ? SERAI_E_PENDING : promise_refusal(object);
    target->facet = object;
    /* Who asked has paid for the answer already, as facet_send has it. */
    if (desk_target_is_reply(target))
        target->postage = money_zero();
    else if (money_compare(target->facet->u.facet.postage, target->postage) > 0)
        target->postage = target->facet->u.facet.postage;
    target->to = agents_find(agents, target->facet->owner);
    INVARIANT(target->to != NULL); /* an agent's facets die with it */
    return 0;
}

/* A reply is held in one place: it is not named twice, nor sent with the answer that uses it up. */
static int64_t desk_check_caps(const struct agents *agents, const struct desk_question *question,
                               const struct desk_target *target)
{
    const struct object *seen[SERAI_MESSAGE_CAPS_MAX + 1] = {target->facet};

    for (size_t i = 0; i < question->slot_count; i++) {
        const struct cap *cap = cap_table_at(&question->desk->caps, question->slots[i]);
        const struct object *reply;

        if (cap == NULL || cap->kind == SERAI_KIND_EMPTY)
            return SERAI_E_SLOT;
        reply = cap_reply(agents, cap);
        seen[i + 1] = reply;
        for (size_t j = 0; reply != NULL && j <= i; j++) {
            if (seen[j] == reply)
                return SERAI_E_INVALID;
        }
    }
    return 0;
}

/* Room for the question with its customer, and for the message with its receiver. */
static int64_t desk_check_room(const struct agents *agents, const struct desk_question *question,
                               const struct desk_target *target)
{
    const struct customer_use *use = customer_use(agents, question->customer);
    const struct agent *desk = question->desk;
    uint64_t facets = desk == NULL ? 2 : 1; /* the first question makes the desk's own facet, too */

    if (desk_target_is_reply(target))
        return quota_allows(agents, target->to->use, CUSTOMER_EVENT_BYTES, question->size)
                   ? 0
                   : SERAI_E_FULL;
    if (desk != NULL && agents_desk_calls(desk) >= DESK_CALLS_MAX)
        return SERAI_E_FULL;
    if (!quota_allows(agents, use, CUSTOMER_FACETS, facets) ||
        !quota_allows(agents, use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    return agents_inbox_room(agents, target->to, question->customer, question->size);
}

bool agents_desk_is_answer(const struct agents *agents, const struct desk_question *question)
{
    struct desk_target target;

    return desk_find_target(agents, question, &target) == 0 && desk_target_is_reply(&target);
}

int64_t agents_desk_check(const struct agents *agents, const struct desk_question *question,
                          struct money *postage)
{
    struct desk_target target;
    int64_t refusal = desk_find_target(agents, question, &target);

    if (refusal == 0)
        refusal = desk_check_caps(agents, question, &target);
    if (refusal == 0)
        refusal = desk_check_room(agents, question, &target);
    *postage = target.postage;
    return refusal;
}

/* Copy what goes along into the message; a reply leaves its slot, as it moves. */
static void desk_hand_over(struct agents *agents, const struct desk_question *question,
                           struct message *message)
{
    const struct cap empty = {0};

    for (size_t i = 0; i < question->slot_count; i++) {
        const struct cap *cap = cap_table_at(&question->desk->caps, question->slots[i]);

        message->caps[message->cap_count++] = *cap;
        if (cap_reply(agents, cap) != NULL)
            agent_cap_set(agents, question->desk, question->slots[i], &empty);
    }
}

/* An answer uses up the reply that it goes to: its reserve pays for the answer's event. */
static void desk_use_up(struct agents *agents, const struct desk_question *question,
                        struct object *reply, struct message *message)
{
    const struct cap empty = {0};

    message->reserve = reply->u.facet.reserve;
    message->sender_customer = 0;
    agent_cap_set(agents, question->desk, question->slot, &empty);
    reply_resolves_promise(agents, reply, message);
    facet_remove(agents, reply);
}

/* An answer that nobody hears: its money is the asking agent's, its replies are answered by none.
 */
static void desk_answer_unheard(struct agents *agents, const struct desk_question *question,
                                struct desk_target *target, struct message *message)
{
    ledger_move(agents->ledger, question->customer, target->to->id, message->money, TRANSFER_FUND,
                target->facet->id);
    desk_hand_over(agents, question, message);
    desk_use_up(agents, question, target->facet, message);
    message_fail_replies(agents, message, failure_of(SERAI_E_SILENT));
}

/*
 * What the question is answered on.  It holds no reserve: no turn is run for an answer that comes
 * to a desk.
 */
static struct cap desk_make_reply(struct agents *agents, struct agent *desk, uint64_t call)
{
    struct object *reply = reply_new(agents, desk, desk_facet(desk), NULL, money_zero());

    reply->u.facet.badge = call;
    return (struct cap){.kind = SERAI_KIND_FACET, .object = reply->id};
}

uint64_t agents_desk_ask(struct agents *agents, const struct desk_question *question)
{
    uint64_t call = agents->next_message; /* the message's number, too */
    struct message message = {.kind = question->kind,
                              .status = question->status,
                              .sender = question->customer,
                              .sender_customer = question->customer,
                              .data = question->data,
                              .size = question->size,
                              .money = question->money};
    struct desk_target target;

    INVARIANT(agents->turn == NULL);
    INVARIANT(desk_find_target(agents, question, &target) == 0);
    message.postage = target.postage;
    message.badge = target.facet == NULL ? question->badge : target.facet->u.facet.badge;
    if (desk_target_is_reply(&target) && target.facet->u.facet.asked == 0) {
        desk_answer_unheard(agents, question, &target, &message);
        agents_topped_up(agents, target.to);
        agents_follow_up(agents);
        return 0;
    }
    ledger_move(agents->ledger, question->customer, ACCOUNT_HELD_MESSAGE, message.postage,
                TRANSFER_POSTAGE_HOLD, call);
    ledger_move(agents->ledger, question->customer, ACCOUNT_HELD_MESSAGE, message.money,
                TRANSFER_MESSAGE_HOLD, call);
    desk_hand_over(agents, question, &message);
    if (desk_target_is_reply(&target)) {
        desk_use_up(agents, question, target.facet, &message);
        call = 0;
    } else {
        message.reply = desk_make_reply(agents, question->desk, call);
    }
    agents_deliver(agents, target.to, &message);
    /* The postage pays for the turn: one that ran dry can take it. */
    agents_topped_up(agents, target.to);
    agents_follow_up(agents);
    return call;
}

/* ---- what came back ---- */

/* A slot for each capability, in order; a reply that the answer asks with comes last. */
static void desk_keep_caps(struct agents *agents, struct agent *desk, const struct message *answer,
                           uint64_t *slots)
{
    size_t count = 0;

    for (uint8_t i = 0; i <= answer->cap_count; i++) {
        const struct cap *cap = i < answer->cap_count ? &answer->caps[i] : &answer->reply;
        int64_t slot;

        if (cap->kind == SERAI_KIND_EMPTY)
            continue;
        slot = agent_cap_give(agents, desk, cap);
        INVARIANT(slot >= 0); /* DESK_CAPS_MAX is far below the size of a table */
        slots[count++] = (uint64_t)slot;
    }
}

void agents_desk_take(struct agents *agents, struct agent *desk, uint64_t call, uint64_t *slots)
{
    struct inbox_message *answer = desk_find_answer(desk, call);
    uint64_t customer = agents_payee(agents, desk->customer);
    const struct message *m;

    INVARIANT(answer != NULL);
    m = &answer->m;
    inbox_take(agents, desk, answer);
    if (m->kind == SERAI_EVENT_MESSAGE)
        ledger_move(agents->ledger, ACCOUNT_HELD_MESSAGE, customer, m->money, TRANSFER_MESSAGE,
                    m->id);
    ledger_move(agents->ledger, ACCOUNT_HELD_MESSAGE, customer, m->postage, TRANSFER_POSTAGE,
                m->id);
    if (slots != NULL)
        desk_keep_caps(agents, desk, m, slots);
    else
        message_fail_replies(agents, m, failure_of(SERAI_E_SILENT));
    inbox_message_free(answer);
    agents_follow_up(agents);
}

void agents_desk_forget(struct agents *agents, struct agent *desk, uint64_t call)
{
    struct object *reply = desk_reply(desk, call);

    INVARIANT(reply != NULL);
    facet_remove(agents, reply);
}

void agents_desk_drop(struct agents *agents, struct agent *desk, uint64_t slot)
{
    const struct cap *cap = cap_table_at(&desk->caps, slot);
    const struct cap empty = {0};
    struct cap held;

    INVARIANT(slot >= SERAI_SLOT_FIRST_FREE && cap != NULL);
    held = *cap;
    agent_cap_set(agents, desk, slot, &empty);
    facet_fail(agents, &held, failure_of(SERAI_E_SILENT));
    agents_follow_up(agents);
}
