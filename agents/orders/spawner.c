/* Orders on a spawner: birth of a child on this site. */
#include "agents/orders/orders.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/cap_table.h"
#include "agents/caps.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/leash.h"
#include "agents/life.h"
#include "agents/limits.h"
#include "agents/orders/hand_over.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

enum {
    SPAWN_WITHOUT = SERAI_SPAWN_NO_BUFFERS | SERAI_SPAWN_NO_CHANNELS | SERAI_SPAWN_NO_HEAP |
                    SERAI_SPAWN_NO_CODE | SERAI_SPAWN_NO_LOG,
    SPAWN_FLAGS = SPAWN_WITHOUT | SERAI_SPAWN_NO_NUMBERS | SERAI_SPAWN_LEASH | SERAI_SPAWN_ESTATE,
};

/* An estate goes to the holder of a leash, so there is one. */
static bool spawn_flags_fit(uint32_t flags)
{
    return (flags & ~(uint32_t)SPAWN_FLAGS) == 0 &&
           ((flags & SERAI_SPAWN_ESTATE) == 0 || (flags & SERAI_SPAWN_LEASH) != 0);
}

/* Read the arguments of spawn into *birth; its caps are copied into `caps`. 0, or a refusal. */
static int64_t spawn_read(struct turn *turn, const uint64_t *args, struct birth *birth,
                          struct cap *caps)
{
    const uint8_t *id;
    int64_t refusal;

    if (args[3] > SERAI_ARGS_BYTES_MAX || !spawn_flags_fit((uint32_t)args[6]) ||
        !money_from_guest(&birth->endowment, args[7]))
        return SERAI_E_INVALID;
    birth->without = (uint32_t)args[6] & SPAWN_WITHOUT;
    birth->confined = ((uint32_t)args[6] & SERAI_SPAWN_NO_NUMBERS) != 0;
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

/* Put a leash on the child, into the slot after that of its facet, which is empty. */
static void spawn_leash(struct turn *turn, struct agent *child, uint64_t slot, bool estate)
{
    struct cap leash = {.kind = SERAI_KIND_LEASH};

    leash.object = leash_new(turn->agents, turn->agent, child, estate)->id;
    agent_cap_set(turn->agents, turn->agent, slot, &leash);
}

/* The first slot for the facet, behind which another is empty if there is to be a leash; or FULL.
 */
static int64_t spawn_slot(const struct turn *turn, uint32_t flags)
{
    const struct cap_table *table = &turn->agent->caps;

    return (flags & SERAI_SPAWN_LEASH) != 0 ? cap_table_free_pair(table)
                                            : cap_table_free_slot(table);
}

/* Make the child; its parent gets a cap to a facet of it.  Returns the slot. */
static int64_t perform_spawn(struct turn *turn, const struct birth *birth, uint32_t flags)
{
    struct cap facet = {.kind = SERAI_KIND_FACET};
    struct agent *child;
    int64_t slot;

    turn_hand_over(turn, birth->caps, birth->cap_count);
    INVARIANT(agents_birth(turn->agents, birth, &child) == BIRTH_DONE);
    facet.object = facet_new(turn->agents, child, 0, money_zero())->id;
    slot = spawn_slot(turn, flags);
    INVARIANT(slot >= 0); /* it was there before some slots were emptied */
    agent_cap_set(turn->agents, turn->agent, (uint64_t)slot, &facet);
    if ((flags & SERAI_SPAWN_LEASH) != 0)
        spawn_leash(turn, child, (uint64_t)slot + 1, (flags & SERAI_SPAWN_ESTATE) != 0);
    return slot;
}

/*
 * Whether there is room for both caps.  A pair may lie where single slots do not, so the chunk that
 * it begins is asked for apart.
 */
static bool spawn_has_slots(const struct turn *turn, uint32_t flags)
{
    bool leash = (flags & SERAI_SPAWN_LEASH) != 0;
    int64_t slot = spawn_slot(turn, flags);

    if (slot < 0 || !agent_has_slots(turn->agents, turn->agent, leash ? 2 : 1))
        return false;
    return !leash || slot + 1 < CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK ||
           quota_allows(turn->agents, turn->agent->use, CUSTOMER_MEMORY_BYTES,
                        2 * CAPS_CHUNK_BYTES);
}

/* Room for the facet, and for a leash besides it.  0, or a refusal. */
static int64_t spawn_check_room(struct turn *turn, uint32_t flags)
{
    bool leash = (flags & SERAI_SPAWN_LEASH) != 0;

    if (leash && !turn_work(turn, WORK_PAIR))
        return SERAI_E_SHORT;
    if (!spawn_has_slots(turn, flags) || (leash && turn->agent->owns.facets >= AGENT_FACETS_MAX))
        return SERAI_E_FULL;
    return quota_allows(turn->agents, turn->agent->use, CUSTOMER_FACETS, leash ? 2 : 1)
               ? 0
               : SERAI_E_QUOTA;
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
    uint32_t flags = (uint32_t)args[6];
    int64_t refusal = spawn_read(turn, args, &birth, caps);

    if (refusal != 0)
        return refusal;
    /*
     * Room for the facet first, then all that a birth itself needs.  The money comes last: once it
     * is staged, nothing may refuse the order.
     */
    refusal = spawn_check_room(turn, flags);
    if (refusal != 0)
        return refusal;
    refusal = agents_birth_check(turn->agents, &birth, &result) ? 0 : birth_result_refusal(result);
    if (refusal == 0 && !turn_work(turn, WORK_BIRTH))
        refusal = SERAI_E_SHORT;
    if (refusal == 0)
        refusal = spawn_pay(turn, &birth);
    return refusal != 0 ? refusal : perform_spawn(turn, &birth, flags);
}

int64_t order_spawner(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    INVARIANT(order == SERAI_ORDER_spawn);
    return decode_spawn(turn, args);
}
