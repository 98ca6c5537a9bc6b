/* Orders on self. */
#include "agents/orders/orders.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/facet_index.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/orders/failing.h"
#include "agents/program.h"
#include "agents/promises.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/access.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"

/* The money that the turn may still spend, not the balance of its account. */
static int64_t decode_self_balance(const struct turn *turn)
{
    return (int64_t)money_nanos(turn_spendable(turn));
}

/*
 * The facet, and a cap to it in a slot of its maker.  The badge is what messages to it will show.
 */
static int64_t perform_self_facet(struct turn *turn, uint64_t badge, struct money postage)
{
    struct object *facet = facet_new(turn->agents, turn->agent, badge, postage);
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = facet->id};
    int64_t slot = turn_give_cap(turn, &cap);

    INVARIANT(slot >= 0); /* a slot was free */
    return slot;
}

static int64_t decode_self_facet(struct turn *turn, const uint64_t *args)
{
    struct money postage;

    if (!money_from_guest(&postage, args[2]))
        return SERAI_E_INVALID;
    if (turn->agent->owns.facets >= AGENT_FACETS_MAX || !turn_has_slot(turn))
        return SERAI_E_FULL;
    if (!quota_allows(turn->agents, turn->agent->use, CUSTOMER_FACETS, 1))
        return SERAI_E_QUOTA;
    return perform_self_facet(turn, args[1], postage);
}

/* Whether the agent can make what self_facet_of() needs and is not there yet. */
static int64_t facet_of_check(const struct turn *turn, const struct object *found, bool watches)
{
    const struct agent *agent = turn->agent;

    if (!turn_has_slot(turn) || (found == NULL && agent->owns.facets >= AGENT_FACETS_MAX))
        return SERAI_E_FULL;
    if (found == NULL && !quota_allows(turn->agents, agent->use, CUSTOMER_FACETS, 1))
        return SERAI_E_QUOTA;
    return watches && !quota_allows(turn->agents, agent->use, CUSTOMER_EVENTS, 1) ? SERAI_E_QUOTA
                                                                                  : 0;
}

/* A cap to the facet of this badge, which is made or changed as it has to be. */
static int64_t perform_self_facet_of(struct turn *turn, struct object *facet, uint64_t badge,
                                     struct money postage, const struct money *reserve)
{
    struct cap cap = {.kind = SERAI_KIND_FACET};
    int64_t slot;

    if (facet == NULL)
        facet = facet_new_named(turn->agents, turn->agent, badge, postage);
    if (money_compare(facet->u.facet.postage, postage) != 0)
        facet_set_postage(turn->agents, facet, postage);
    if (reserve != NULL)
        facet_watch(turn->agents, facet, *reserve);
    cap.object = facet->id;
    slot = turn_give_cap(turn, &cap);
    INVARIANT(slot >= 0); /* a slot was free */
    return slot;
}

/* There is one facet of a badge; what it asks is what was said last. */
static int64_t decode_self_facet_of(struct turn *turn, const uint64_t *args)
{
    struct agents *agents = turn->agents;
    struct money reserve = agents_reserve(agents);
    struct object *found;
    struct money postage;
    int64_t refusal;
    bool watches;

    if (!money_from_guest(&postage, args[2]) || args[3] > SERAI_FACET_WATCH)
        return SERAI_E_INVALID;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    found = facet_index_find(agents, turn->agent->id, args[1]);
    watches = args[3] == SERAI_FACET_WATCH && (found == NULL || found->named == FACET_NAMED);
    refusal = facet_of_check(turn, found, watches);
    if (refusal != 0)
        return refusal;
    if (watches && !turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD,
                             found == NULL ? agents->objects.next : found->id))
        return SERAI_E_SHORT;
    return perform_self_facet_of(turn, found, args[1], postage, watches ? &reserve : NULL);
}

/*
 * The facet that a capability leads to, and *result, 1.  An open promise that is piped leads to
 * that facet as well, and *result is 2.
 */
static const struct object *badge_facet(struct turn *turn, const struct cap *cap, int64_t *result)
{
    const struct object *object = cap_object(turn->agents, cap);

    *result = 1;
    if (object == NULL || object->kind == OBJECT_FACET)
        return object;
    *result = 2;
    /* A promise that has ended has no pipe. */
    return object->u.promise.pipe == 0 || !turn_work(turn, WORK_LOOK)
               ? NULL
               : promise_pipe_facet(turn->agents, object);
}

/*
 * Whether a slot holds a facet of the agent's own, by which it knows a thing again that it gave
 * away.  A reply is none: it has the badge of the facet that was asked with, and is another thing.
 */
static int64_t decode_self_badge(struct turn *turn, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[1], SERAI_KIND_ANY, &refusal);
    const struct object *facet;
    int64_t result;
    uint8_t *to;

    if (cap == NULL)
        return refusal;
    to = turn_write(turn, args[2], 8);
    if (to == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    facet = badge_facet(turn, cap, &result);
    if (facet == NULL || facet->one_shot || facet->owner != turn->agent->id)
        return 0;
    le64_put(to, facet->u.facet.badge);
    return result;
}

/*
 * End all questions that were asked on this facet: their reserves come back as one sum, and the
 * holders of their replies find them closed.
 */
static void facet_end_waiting(struct turn *turn, struct object *facet)
{
    struct money back = facet->u.facet.reserve;

    while (!facet->one_shot && facet->u.facet.next != NULL) {
        struct object *reply = facet->u.facet.next;

        money_accumulate(&back, reply->u.facet.reserve);
        reply_breaks_promise(turn->agents, reply, failure_of(SERAI_E_CLOSED));
        facet_remove(turn->agents, reply);
    }
    agents_move(turn->agents, ACCOUNT_HELD_RESERVE, turn->agent->id, back, TRANSFER_RESERVE,
                facet->id);
}

static int64_t perform_self_revoke(struct turn *turn, struct object *facet, uint64_t slot)
{
    facet_end_waiting(turn, facet);
    reply_breaks_promise(turn->agents, facet, failure_of(SERAI_E_CLOSED)); /* if it is one */
    facet_remove(turn->agents, facet);
    turn_take_cap(turn, slot);
    return 0;
}

/* A promise of the agent's own in the slot, in whatever state; else NULL. */
static struct object *self_own_promise(const struct turn *turn, uint64_t slot)
{
    const struct cap *cap = cap_table_at(&turn->agent->caps, slot);
    struct object *object = cap == NULL ? NULL : cap_object(turn->agents, cap);

    return object != NULL && object->kind == OBJECT_PROMISE && object->owner == turn->agent->id
               ? object
               : NULL;
}

/* The wait ends with the turn, and what waits on the promise goes back then. */
static int64_t perform_revoke_promise(struct turn *turn, const struct object *promise,
                                      uint64_t slot)
{
    struct promise_end end = {.promise = promise->id, .kind = PROMISE_END_REVOKED};

    follow_up_end(turn->agents, &end);
    turn_take_cap(turn, slot);
    return 0;
}

static int64_t decode_self_revoke(struct turn *turn, const uint64_t *args)
{
    const struct object *promise = self_own_promise(turn, args[1]);
    int64_t refusal = 0;
    const struct cap *cap;
    struct object *facet;

    if (promise != NULL)
        return perform_revoke_promise(turn, promise, args[1]);
    cap = turn_cap(turn, args[1], SERAI_KIND_FACET, &refusal);
    if (cap == NULL)
        return refusal;
    facet = cap_object(turn->agents, cap);
    if (facet == NULL)
        return SERAI_E_CLOSED;
    if (facet->kind == OBJECT_PROMISE || facet->owner != turn->agent->id)
        return SERAI_E_RIGHT;
    return perform_self_revoke(turn, facet, args[1]);
}

/* The low-balance mark is three fields that change together; they are saved together. */
static void self_mark_save(struct turn *turn)
{
    struct agent *agent = turn->agent;

    undo_save(turn->agents->undo, &agent->low.mark, sizeof agent->low.mark);
    undo_save(turn->agents->undo, &agent->low.armed, sizeof agent->low.armed);
    undo_save(turn->agents->undo, &agent->low.reserve, sizeof agent->low.reserve);
    agent_dirty(&turn->agents->changes, agent);
}

/*
 * From now on the notice has its event paid and its place reserved, so it comes however little is
 * left.
 */
static void self_mark_arm(struct turn *turn, struct money reserve)
{
    quota_take(turn->agents, turn->agent->use, CUSTOMER_EVENTS, 1);
    agents_work_message(turn->agents, 0);
    turn->agent->low.reserve = reserve;
    turn->agent->low.armed = true;
}

/* The mark is removed before its notice was due: place and reserve come back. */
static void self_mark_disarm(struct turn *turn)
{
    struct agent *agent = turn->agent;

    quota_give(turn->agents, agent->use, CUSTOMER_EVENTS, 1);
    agents_move(turn->agents, ACCOUNT_HELD_RESERVE, agent->id, agent->low.reserve, TRANSFER_RESERVE,
                agent->id);
    agent->low.reserve = money_zero();
    agent->low.armed = false;
}

/* A mark that is set already is only moved: its notice is paid. */
static int64_t perform_self_mark(struct turn *turn, struct money mark, bool arms,
                                 struct money reserve)
{
    self_mark_save(turn);
    if (arms)
        self_mark_arm(turn, reserve);
    else if (money_is_zero(mark) && turn->agent->low.armed)
        self_mark_disarm(turn);
    turn->agent->low.mark = mark;
    return 0;
}

/* The notice's own event is paid when the mark is set. */
static int64_t decode_self_mark(struct turn *turn, const uint64_t *args)
{
    struct agent *agent = turn->agent;
    struct money reserve = agents_reserve(turn->agents);
    struct money mark;
    bool arms;

    if (!money_from_guest(&mark, args[1]))
        return SERAI_E_INVALID;
    arms = !money_is_zero(mark) && !agent->low.armed;
    if (arms && !quota_allows(turn->agents, agent->use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    if (arms && !turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, agent->id))
        return SERAI_E_SHORT;
    return perform_self_mark(turn, mark, arms, reserve);
}

static int64_t decode_self_code(struct turn *turn, const uint64_t *args)
{
    const struct code *code = turn->agent->program.code.code;

    return turn_write_part(turn, args[1], code->bytes, code->size, args[3], args[2]);
}

static int64_t decode_self_code_id(struct turn *turn, const uint64_t *args)
{
    uint8_t *to = turn_write(turn, args[1], HASH_BYTES);

    if (to == NULL)
        return SERAI_E_MEMORY;
    memcpy(to, turn->agent->program.code.code->id.bytes, HASH_BYTES);
    return (int64_t)turn->agent->program.code.code->size;
}

/* The bytes of memory that the other program begins with beyond what the agent has in this turn. */
static uint64_t become_more_memory(const struct turn *turn, const struct code *code)
{
    uint32_t before = turn->instance.memory_pages;
    uint32_t after = engine_code_memory_pages(code->engine);

    return after <= before ? 0 : (uint64_t)(after - before) * ENGINE_WASM_PAGE_BYTES;
}

/* A change of program that was ordered: filled by its checks, read by perform_self_become(). */
struct becoming {
    struct code *code;
    uint64_t memory; /* bytes that it holds beyond what the agent has */
    const uint8_t *data;
    size_t size;
    bool tries;
    struct money reserve; /* of an event; twice as much with a way back */
};

/*
 * Whether the customer's quotas allow the change: the memory as for memory.grow, the code, and the
 * event BECAME with its bytes, perhaps KEPT too.
 */
static bool become_fits_customer(const struct turn *turn, const struct becoming *becoming)
{
    const struct customer_use *use = turn->agent->use;

    return quota_allows(turn->agents, use, CUSTOMER_MEMORY_BYTES, becoming->memory) &&
           quota_allows_code(turn->agents, use, becoming->code) &&
           quota_allows(turn->agents, use, CUSTOMER_EVENTS, becoming->tries ? 2 : 1) &&
           quota_allows(turn->agents, use, CUSTOMER_EVENT_BYTES, becoming->size);
}

/*
 * Note the change, which is made when the turn commits; what it will hold is counted from now on.
 * The arguments are copied: the guest's memory goes before they are delivered.
 */
static int64_t perform_self_become(struct turn *turn, const struct becoming *becoming)
{
    agents_work_message(turn->agents, becoming->size);
    if (becoming->tries)
        agents_work_message(turn->agents, 0); /* KEPT */
    turn->become = true;
    turn->become_try = becoming->tries;
    turn->become_reserve = becoming->reserve;
    turn->kept_reserve = becoming->tries ? becoming->reserve : money_zero();
    turn->become_memory = becoming->memory;
    turn->become_code = code_ref_take(turn->agents, turn->agent->use, becoming->code);
    turn->become_args_size = becoming->size;
    turn_take_become(turn);
    memcpy(turn->become_args, becoming->data, becoming->size);
    return 0;
}

/* The reserves of BECAME and, with a way back, of KEPT: a line each, or none of them. */
static bool become_pay(struct turn *turn, const struct becoming *becoming)
{
    struct money all = becoming->reserve;

    if (becoming->tries)
        money_accumulate(&all, becoming->reserve);
    if (!turn_can_pay(turn, all))
        return false;
    for (int i = 0; i < (becoming->tries ? 2 : 1); i++)
        INVARIANT(turn_pay(turn, ACCOUNT_HELD_RESERVE, becoming->reserve, TRANSFER_RESERVE_HOLD,
                           turn->agent->id));
    return true;
}

/*
 * At most one in a turn is accepted (EXISTS), and none in a trial: the way back of one upgrade is
 * not the way back of two.  self_upgrade has flags besides.
 */
static int64_t decode_self_become(struct turn *turn, const uint64_t *args, uint64_t flags)
{
    struct becoming becoming = {.size = (size_t)args[3],
                                .tries = (flags & SERAI_UPGRADE_TRY) != 0,
                                .reserve = agents_reserve(turn->agents)};
    const uint8_t *id;
    struct hash hash;

    if (args[3] > SERAI_ARGS_BYTES_MAX || (flags & ~(uint64_t)SERAI_UPGRADE_TRY) != 0)
        return SERAI_E_INVALID;
    id = turn_read(turn, args[1], HASH_BYTES);
    becoming.data = turn_read(turn, args[2], args[3]);
    if (id == NULL || becoming.data == NULL)
        return SERAI_E_MEMORY;
    memcpy(hash.bytes, id, HASH_BYTES);
    becoming.code = modules_find(&turn->agents->modules, &hash);
    if (becoming.code == NULL)
        return SERAI_E_MISSING;
    if (turn->become || (turn->tries && becoming.tries))
        return SERAI_E_EXISTS;
    becoming.memory = becoming.tries ? (uint64_t)engine_code_memory_pages(becoming.code->engine) *
                                           ENGINE_WASM_PAGE_BYTES
                                     : become_more_memory(turn, becoming.code);
    if (!become_fits_customer(turn, &becoming))
        return SERAI_E_QUOTA;
    if (!become_pay(turn, &becoming))
        return SERAI_E_SHORT;
    return perform_self_become(turn, &becoming);
}

/* Death is carried out after the turn: this one still runs to its end, and a trap takes it back. */
static int64_t perform_self_die(struct turn *turn)
{
    turn->die = true;
    return 0;
}

/* The turn ends when the order returns (turn_host_call()), and is undone as by a trap. */
static int64_t perform_self_fail(struct turn *turn, int32_t code, const uint8_t *reason,
                                 size_t size)
{
    turn->fail_code = code;
    turn->fail_size = size;
    memcpy(turn->fail_reason, reason, size);
    return 0;
}

static int64_t decode_self_fail(struct turn *turn, const uint64_t *args)
{
    const struct message *m = &turn->event->m;
    struct failure failure;
    int64_t refusal = turn_read_failure(turn, args, &failure);

    if (refusal != 0)
        return refusal;
    /* The log keeps the reason, and so does FAILED for each reply that came with the event. */
    if (!turn_work(turn, failure.reason_size * (2 + (uint64_t)m->cap_count) / WORK_KEPT_BYTES))
        return SERAI_E_SHORT;
    return perform_self_fail(turn, failure.status, failure.reason, failure.reason_size);
}

int64_t order_self(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_self_balance)
        return decode_self_balance(turn);
    if (order == SERAI_ORDER_self_facet)
        return decode_self_facet(turn, args);
    if (order == SERAI_ORDER_self_facet_of)
        return decode_self_facet_of(turn, args);
    if (order == SERAI_ORDER_self_revoke)
        return decode_self_revoke(turn, args);
    if (order == SERAI_ORDER_self_mark)
        return decode_self_mark(turn, args);
    if (order == SERAI_ORDER_self_code)
        return decode_self_code(turn, args);
    if (order == SERAI_ORDER_self_code_id)
        return decode_self_code_id(turn, args);
    if (order == SERAI_ORDER_self_become)
        return decode_self_become(turn, args, 0);
    if (order == SERAI_ORDER_self_upgrade)
        return decode_self_become(turn, args, args[4]);
    if (order == SERAI_ORDER_self_leaving)
        return order_new_timer(turn, TIMER_AT_LEAVING, args[1]);
    if (order == SERAI_ORDER_self_badge)
        return decode_self_badge(turn, args);
    if (order == SERAI_ORDER_self_fail)
        return decode_self_fail(turn, args);
    INVARIANT(order == SERAI_ORDER_self_die);
    return perform_self_die(turn);
}
