/* Orders on a spawner: birth of a child on this site. */
#include "agents/orders/orders.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/life.h"
#include "agents/limits.h"
#include "agents/orders/hand_over.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/* Read the arguments of spawn into *birth; its caps are copied into `caps`. 0, or a refusal. */
static int64_t spawn_read(struct turn *turn, const uint64_t *args, struct birth *birth,
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

/*
 * The parent pays the fee and the endowment, which must be there together; burial reserve and first
 * event are paid out of the endowment, by agents_birth().
 */
static int64_t spawn_pay(struct turn *turn, const struct birth *birth)
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
    agents_post(turn->agents, &fee);
    return 0;
}

/* Make the child; its parent gets a cap to a facet of it.  Returns the slot. */
static int64_t perform_spawn(struct turn *turn, const struct birth *birth)
{
    struct cap facet = {.kind = SERAI_KIND_FACET};
    struct agent *child;
    int64_t slot;

    turn_hand_over(turn, birth->caps, birth->cap_count);
    INVARIANT(agents_birth(turn->agents, birth, &child) == BIRTH_DONE);
    facet.object = facet_new(turn->agents, child, 0, money_zero())->id;
    slot = turn_give_cap(turn, &facet);
    INVARIANT(slot >= 0); /* a slot was free */
    return slot;
}

static int64_t decode_spawn(struct turn *turn, const uint64_t *args)
{
    struct cap caps[SERAI_MESSAGE_CAPS_MAX];
    struct birth birth = {.customer = turn->agent->customer,
                          .parent = turn->agent->id,
                          .name = turn->agent->name,
                          .payer = turn->agent->id,
                          .endowment_code = TRANSFER_ENDOWMENT};
    enum birth_result result;
    int64_t refusal = spawn_read(turn, args, &birth, caps);

    if (refusal != 0)
        return refusal;
    /*
     * Room for the facet first, then all that a birth itself needs.  The money comes last: once it
     * is staged, nothing may refuse the order.
     */
    if (!turn_has_slot(turn))
        return SERAI_E_FULL;
    if (!quota_allows(turn->agents, turn->agent->use, CUSTOMER_FACETS, 1))
        return SERAI_E_QUOTA;
    refusal = agents_birth_check(turn->agents, &birth, &result) ? 0 : birth_result_refusal(result);
    if (refusal == 0 && !turn_work(turn, WORK_BIRTH))
        refusal = SERAI_E_SHORT;
    if (refusal == 0)
        refusal = spawn_pay(turn, &birth);
    return refusal != 0 ? refusal : perform_spawn(turn, &birth);
}

int64_t order_spawner(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    INVARIANT(order == SERAI_ORDER_spawn);
    return decode_spawn(turn, args);
}
