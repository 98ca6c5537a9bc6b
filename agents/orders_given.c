/* Orders on the code store, the log, and what an agent has to be given: spawner, timer, clock,
 * random. */
#include <stdio.h>
#include <string.h>

#include "agents/turn.h"

/* ---- code ---- */

static int64_t code_put(struct turn *turn, const uint64_t *args)
{
    const uint8_t *bytes;
    struct fault fault;
    enum status status;
    struct hash id;
    uint8_t *to;

    if (args[2] > ENGINE_MODULE_BYTES_MAX)
        return SERAI_E_INVALID;
    bytes = turn_read(turn, args[1], args[2]);
    to = turn_write(turn, args[3], HASH_BYTES);
    if (bytes == NULL || to == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_CHECK + args[2] * WORK_CHECK_BYTE))
        return SERAI_E_SHORT;
    status = agents_code_put(turn->agents, turn->agent, bytes, (size_t)args[2], &id, &fault);
    /* An answer that depends on this machine's memory would not come again on another. */
    INVARIANT(status != ST_NOMEM);
    switch (status) {
    case ST_OK:
        memcpy(to, id.bytes, sizeof id.bytes);
        return 0;
    case ST_FULL:
        return SERAI_E_FULL;
    case ST_DENIED:
        return SERAI_E_QUOTA;
    case ST_INVALID:
    case ST_NOMEM:
    case ST_MISSING:
    case ST_EXISTS:
    case ST_CORRUPT:
    case ST_IO:
    case ST_BUSY:
    case ST_UNKNOWN:
        break;
    }
    agent_log(turn->agents, turn->agent, LOG_BY_SITE, fault.text, strlen(fault.text));
    return SERAI_E_INVALID;
}

static int64_t code_kept(struct turn *turn, const uint64_t *args)
{
    uint8_t *to;

    if (args[1] >= turn->agent->kept_count)
        return SERAI_E_MISSING;
    to = turn_write(turn, args[2], HASH_BYTES);
    if (to == NULL)
        return SERAI_E_MEMORY;
    memcpy(to, turn->agent->kept[args[1]].code->id.bytes, HASH_BYTES);
    return (int64_t)turn->agent->kept[args[1]].code->size;
}

static int64_t code_drop(struct turn *turn, const uint64_t *args)
{
    struct agent *agent = turn->agent;
    const uint8_t *id = turn_read(turn, args[1], HASH_BYTES);

    if (id == NULL)
        return SERAI_E_MEMORY;
    for (uint32_t i = 0; i < agent->kept_count; i++) {
        if (memcmp(agent->kept[i].code->id.bytes, id, HASH_BYTES) != 0)
            continue;
        rent_touch(turn->agents, agent);
        undo_save(turn->agents->undo, agent->kept, AGENT_CODES_MAX * sizeof *agent->kept);
        undo_save(turn->agents->undo, &agent->kept_count, sizeof agent->kept_count);
        code_ref_drop(turn->agents, agent, &agent->kept[i]);
        agent->kept[i] = agent->kept[--agent->kept_count];
        agent->kept[agent->kept_count] = (struct code_ref){0};
        agent_dirty(turn->agents, agent);
        return 0;
    }
    return SERAI_E_MISSING;
}

int64_t order_code(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_code_put)
        return code_put(turn, args);
    if (order == SERAI_ORDER_code_kept)
        return code_kept(turn, args);
    INVARIANT(order == SERAI_ORDER_code_drop);
    return code_drop(turn, args);
}

/* ---- log ---- */

static int64_t log_append(struct turn *turn, const uint64_t *args)
{
    const uint8_t *text;

    if (args[2] > SERAI_LOG_LINE_BYTES_MAX)
        return SERAI_E_INVALID;
    text = turn_read(turn, args[1], args[2]);
    if (text == NULL)
        return SERAI_E_MEMORY;
    if (!turn_log_toll(turn, (size_t)args[2]))
        return SERAI_E_SHORT;
    agents_work(turn->agents, WORK_LINE + args[2] / WORK_KEPT_BYTES);
    agent_log(turn->agents, turn->agent, LOG_BY_AGENT, (const char *)text, (size_t)args[2]);
    return 0;
}

/* ---- spawner ---- */

static int64_t read_birth(struct turn *turn, const uint64_t *args, struct birth *birth,
                          struct cap *caps)
{
    const uint8_t *id;
    int64_t refusal;

    if (args[3] > SERAI_ARGS_BYTES_MAX || args[6] != 0 ||
        !money_from_guest(&birth->endowment, args[7]))
        return SERAI_E_INVALID;
    id = turn_read(turn, args[1], HASH_BYTES);
    birth->args = turn_read(turn, args[2], args[3]);
    birth->args_size = (size_t)args[3];
    if (id == NULL || birth->args == NULL)
        return SERAI_E_MEMORY;
    memcpy(birth->code.bytes, id, HASH_BYTES);
    refusal = turn_read_caps(turn, args[4], args[5], caps);
    birth->caps = caps;
    birth->cap_count = (size_t)args[5];
    return refusal;
}

/* The fee and the endowment are the parent's to pay; the rest of a birth is the child's. */
static int64_t pay_birth(struct turn *turn, const struct birth *birth)
{
    struct transfer fee = {.debit = turn->agent->id,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .amount = turn->agents->prices.birth_fee,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = turn->agents->prices.id};
    struct money both;

    if (!money_add(&both, fee.amount, birth->endowment) || !turn_can_pay(turn, both))
        return SERAI_E_SHORT;
    return turn_pay(turn, &fee) ? 0 : SERAI_E_SHORT;
}

static int64_t spawn(struct turn *turn, const uint64_t *args)
{
    struct cap caps[SERAI_MESSAGE_CAPS_MAX];
    struct cap facet_cap = {.kind = SERAI_KIND_FACET};
    struct birth birth = {.customer = turn->agent->customer,
                          .parent = turn->agent->id,
                          .name = turn->agent->name,
                          .payer = turn->agent->id,
                          .endowment_code = TRANSFER_ENDOWMENT};
    struct agent *child;
    enum birth_result result;
    int64_t refusal = read_birth(turn, args, &birth, caps);
    int64_t slot;

    if (refusal != 0)
        return refusal;
    if (!turn_has_slot(turn))
        return SERAI_E_FULL;
    if (!quota_allows(turn->agents, turn->agent->use, CUSTOMER_FACETS, 1))
        return SERAI_E_QUOTA;
    refusal = agents_birth_check(turn->agents, &birth, &result) ? 0 : birth_result_refusal(result);
    if (refusal == 0 && !turn_work(turn, WORK_BIRTH))
        refusal = SERAI_E_SHORT;
    if (refusal == 0)
        refusal = pay_birth(turn, &birth);
    if (refusal != 0)
        return refusal;
    turn_hand_over(turn, caps, birth.cap_count);
    INVARIANT(agents_birth(turn->agents, &birth, &child) == BIRTH_DONE);
    facet_cap.object = facet_new(turn->agents, child, 0, money_zero())->id;
    slot = turn_give_cap(turn, &facet_cap);
    INVARIANT(slot >= 0); /* a slot was free */
    return slot;
}

/* ---- timer, clock, random ---- */

static int64_t timer_wake(struct turn *turn, const uint64_t *args)
{
    struct agents *agents = turn->agents;
    struct transfer hold = {.debit = turn->agent->id,
                            .credit = ACCOUNT_HELD_RESERVE,
                            .amount = agents_reserve(agents),
                            .code = TRANSFER_RESERVE_HOLD,
                            .object = agents->next_object};
    struct object *timer;

    if (args[1] > (uint64_t)INT64_MAX)
        return SERAI_E_INVALID;
    if (turn->agent->timers >= AGENT_TIMERS_MAX)
        return SERAI_E_FULL;
    if (!quota_allows(agents, turn->agent->use, CUSTOMER_TIMERS, 1) ||
        !quota_allows(agents, turn->agent->use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, &hold))
        return SERAI_E_SHORT;
    rent_touch(agents, turn->agent);
    undo_save(agents->undo, &turn->agent->timers, sizeof turn->agent->timers);
    turn->agent->timers++;
    quota_take(agents, turn->agent->use, CUSTOMER_TIMERS, 1);
    quota_take(agents, turn->agent->use, CUSTOMER_EVENTS, 1);
    agent_dirty(agents, turn->agent);
    agents_work_message(agents, 0);
    timer = object_new(agents, turn->agent, OBJECT_TIMER);
    timer->u.timer = (struct timer){.at_us = args[1], .badge = args[2], .reserve = hold.amount};
    heapq_push(&agents->timers, args[1], timer->id);
    return 0;
}

static int64_t random_bytes(struct turn *turn, const uint64_t *args)
{
    uint8_t *to;

    if (args[2] > TURN_RANDOM_BYTES_MAX)
        return SERAI_E_INVALID;
    to = turn_write(turn, args[1], args[2]);
    if (to == NULL)
        return SERAI_E_MEMORY;
    if (!turn_work(turn, WORK_RANDOM))
        return SERAI_E_SHORT;
    return turn_random(turn, to, (size_t)args[2]) ? (int64_t)args[2] : SERAI_E_FULL;
}

int64_t order_given(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_log_append)
        return log_append(turn, args);
    if (order == SERAI_ORDER_spawn)
        return spawn(turn, args);
    if (order == SERAI_ORDER_timer_wake)
        return timer_wake(turn, args);
    if (order == SERAI_ORDER_clock_now)
        return (int64_t)(turn->agents->now_us & INT64_MAX);
    INVARIANT(order == SERAI_ORDER_random_bytes);
    return random_bytes(turn, args);
}
