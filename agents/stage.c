/*
 * Money within a turn: what an order may spend, and what waits for the commit.  Tolls stand
 * whatever the turn does; transfers happen with it or not at all.  Also what orders of other parts
 * see of a turn.
 */
#include <string.h>

#include "agents/turn.h"

/* free + income - tolls - paid, which is never negative. */
static struct money spendable(const struct turn *turn)
{
    struct money left = turn->free;

    INVARIANT(money_add(&left, left, turn->income));
    INVARIANT(money_sub(&left, left, turn->tolls));
    INVARIANT(money_sub(&left, left, turn->paid));
    return left;
}

bool turn_can_pay(const struct turn *turn, struct money amount)
{
    struct money paid;

    /* Paid and refunded over and over, sums could outgrow an amount long before money runs out. */
    if (!money_add(&paid, turn->paid, amount) || money_compare(paid, money_site_max()) > 0)
        return false;
    /*
     * The bound of transfers is looked at before an order, by turn_host_call(): what an order has
     * begun it can finish, and a few more fit.
     */
    return money_compare(amount, spendable(turn)) <= 0;
}

/* A toll stands even if the turn's income is undone: it must fit without that, too. */
static bool can_toll(const struct turn *turn, struct money amount)
{
    struct money without_income;

    INVARIANT(money_sub(&without_income, turn->free, turn->tolls));
    return money_compare(amount, without_income) <= 0 &&
           money_compare(amount, spendable(turn)) <= 0;
}

static void add_toll(struct turn *turn, struct money amount)
{
    INVARIANT(money_add(&turn->tolls, turn->tolls, amount));
}

bool turn_order_toll(struct turn *turn, enum serai_order order)
{
    struct money price = pricebook_order(&turn->agents->prices, (int)order);

    if (!can_toll(turn, price))
        return false;
    add_toll(turn, price);
    turn->orders[order]++;
    return true;
}

void turn_stage(struct turn *turn, const struct transfer *transfer)
{
    INVARIANT(turn->transfer_count < TURN_TRANSFERS_MAX * 2);
    turn->transfers[turn->transfer_count++] = *transfer;
    if (transfer->debit == turn->agent->id)
        INVARIANT(money_add(&turn->paid, turn->paid, transfer->amount));
    if (transfer->credit == turn->agent->id)
        INVARIANT(money_add(&turn->income, turn->income, transfer->amount));
}

bool turn_pay(struct turn *turn, const struct transfer *transfer)
{
    INVARIANT(transfer->debit == turn->agent->id);
    if (!turn_can_pay(turn, transfer->amount))
        return false;
    agents_work(turn->agents, WORK_TRANSFER);
    turn_stage(turn, transfer);
    return true;
}

void agents_post(struct agents *agents, const struct transfer *transfer)
{
    agents_work(agents, WORK_TRANSFER);
    if (agents->turn != NULL)
        turn_stage(agents->turn, transfer);
    else
        ledger_transfer_checked(agents->ledger, transfer);
}

/* One product with carry: false when it is more than the turn may take as a toll. */
static bool metered_toll(struct turn *turn, enum carry which, struct money price, uint64_t quantity,
                         uint64_t unit)
{
    uint64_t carry = turn->carry[which];
    struct money cost;

    if (!money_cost_carry(&cost, &carry, price, quantity, unit) || !can_toll(turn, cost))
        return false;
    add_toll(turn, cost);
    turn->carry[which] = carry;
    return true;
}

static struct turn_packets *packets_at(struct turn *turn, const struct packet_prices *prices)
{
    struct turn_packets *fresh = &turn->packets[turn->packet_interfaces];

    for (uint32_t i = 0; i < turn->packet_interfaces; i++) {
        if (turn->packets[i].prices.object == prices->object)
            return &turn->packets[i];
    }
    if (turn->packet_interfaces == TURN_INTERFACES_MAX)
        return NULL;
    turn->packet_interfaces++;
    *fresh = (struct turn_packets){.prices = *prices};
    return fresh;
}

bool turn_packet_toll(struct turn *turn, const struct packet_prices *prices, size_t size)
{
    struct turn_packets *packets = packets_at(turn, prices);
    struct money tolls = turn->tolls;
    uint64_t carry = turn->carry[CARRY_PACKETS];

    if (packets == NULL ||
        !metered_toll(turn, CARRY_PACKETS, prices->packets, 1, MARKET_PACKETS_UNIT))
        return false;
    if (!metered_toll(turn, CARRY_PACKET_DATA, prices->packet_data, size,
                      MARKET_PACKET_DATA_UNIT)) {
        turn->tolls = tolls; /* both or neither */
        turn->carry[CARRY_PACKETS] = carry;
        return false;
    }
    packets->count++;
    packets->bytes += size;
    return true;
}

bool turn_log_toll(struct turn *turn, size_t size)
{
    const struct pricebook *prices = &turn->agents->prices;
    struct money tolls = turn->tolls;
    struct money paid;

    if (!metered_toll(turn, CARRY_LOG, prices->log, size, MARKET_LOG_UNIT))
        return false;
    INVARIANT(money_sub(&paid, turn->tolls, tolls));
    INVARIANT(money_add(&turn->log_fees, turn->log_fees, paid));
    turn->log_bytes += size;
    return true;
}

/* ---- what orders of the other parts see ---- */

struct agent *turn_agent(const struct turn *turn)
{
    return turn->agent;
}

struct agents *turn_agents(const struct turn *turn)
{
    return turn->agents;
}

struct undo *turn_undo(const struct turn *turn)
{
    return turn->agents->undo;
}

const struct cap *turn_cap(const struct turn *turn, uint64_t slot, enum serai_kind kind,
                           int64_t *refusal)
{
    const struct cap *cap = agent_cap_at(turn->agent, slot);

    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY) {
        *refusal = SERAI_E_SLOT;
        return NULL;
    }
    if (kind != SERAI_KIND_ANY && cap->kind != (uint8_t)kind) {
        *refusal = SERAI_E_KIND;
        return NULL;
    }
    return cap;
}

bool turn_has_slot(const struct turn *turn)
{
    return agent_caps_free_slots(turn->agent) > 0;
}

int64_t turn_give_cap(struct turn *turn, const struct cap *cap)
{
    return agent_cap_give(turn->agents, turn->agent, cap);
}

void turn_keep_slot(struct turn *turn, uint64_t slot)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < turn->lent_count; i++) {
        if (turn->lent[i] != slot)
            turn->lent[left++] = turn->lent[i];
    }
    turn->lent_count = left;
}

void turn_take_cap(struct turn *turn, uint64_t slot)
{
    struct cap empty = {.kind = SERAI_KIND_EMPTY};

    turn_keep_slot(turn, slot); /* what comes into it next is the agent's own */
    agent_cap_set(turn->agents, turn->agent, slot, &empty);
}

bool turn_work(struct turn *turn, uint64_t fuel)
{
    if (turn->instance.fuel < fuel) {
        turn->instance.fuel = 0;
        turn->exhausted = true;
        return false;
    }
    turn->instance.fuel -= fuel;
    return true;
}

void agents_work(struct agents *agents, uint64_t fuel)
{
    if (agents->turn != NULL)
        (void)!turn_work(agents->turn, fuel); /* when it lacks, the order is the turn's last */
}

void agents_work_message(struct agents *agents, size_t size)
{
    agents_work(agents, WORK_MESSAGE + size / WORK_KEPT_BYTES);
}

/* Moving bytes costs what memory.copy does; else an order would be the cheapest way to use time. */
static bool work_on_bytes(struct turn *turn, uint64_t size)
{
    return turn_work(turn, (size + WORK_BYTES - 1) / WORK_BYTES);
}

const uint8_t *turn_read(struct turn *turn, uint64_t address, uint64_t size)
{
    const uint8_t *from;

    if (size > UINT32_MAX || address > UINT32_MAX)
        return NULL;
    from = engine_guest_read(&turn->instance, (uint32_t)address, (uint32_t)size);
    return from != NULL && work_on_bytes(turn, size) ? from : NULL;
}

uint8_t *turn_write(struct turn *turn, uint64_t address, uint64_t size)
{
    const struct engine_instance *instance = &turn->instance;

    if (size > UINT32_MAX || address > UINT32_MAX)
        return NULL;
    if (engine_guest_read(instance, (uint32_t)address, (uint32_t)size) == NULL ||
        !work_on_bytes(turn, size) ||
        !turn_work(turn, engine_guest_write_fuel(instance, (uint32_t)address, (uint32_t)size)))
        return NULL;
    return engine_guest_write(&turn->instance, (uint32_t)address, (uint32_t)size);
}

bool turn_buffer_read(struct turn *turn, const struct cap *buffer, uint64_t offset, uint64_t size,
                      uint8_t *to)
{
    struct object *object = object_find(turn->agents, buffer->object, OBJECT_BUFFER);

    if (object == NULL || (buffer->rights & SERAI_RIGHT_READ) == 0 ||
        offset > object->u.buffer.size || size > object->u.buffer.size - offset ||
        !work_on_bytes(turn, size) ||
        !turn_work(turn, paged_touched(offset, size) * WORK_BUFFER_PAGE))
        return false;
    buffer_fetch(turn->agents, &object->u.buffer, offset, size);
    paged_read(&object->u.buffer.pages, offset, to, size);
    return true;
}

bool money_from_guest(struct money *amount, uint64_t raw)
{
    return raw <= MONEY_NANOS_MAX && money_from_nanos(amount, raw) == ST_OK;
}
