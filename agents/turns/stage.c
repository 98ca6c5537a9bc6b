/*
 * Money within a turn: what an order may spend, and what waits for the commit.  Fees stand
 * whatever the turn does; transfers happen with it or not at all.
 */
#include "agents/turns/stage.h"

#include "agents/agent.h"
#include "agents/limits.h"
#include "agents/modules.h"
#include "agents/post.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

struct money turn_spendable(const struct turn *turn)
{
    struct money left = turn->free;

    money_accumulate(&left, turn->income);
    money_deduct(&left, turn->fees);
    money_deduct(&left, turn->order_held);
    money_deduct(&left, turn->paid);
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
    return money_compare(amount, turn_spendable(turn)) <= 0;
}

/*
 * A fee stands even if the turn's income is undone, so it must fit without that income, too: the
 * income of a turn never pays a fee.
 */
static bool stage_can_fee(const struct turn *turn, struct money amount)
{
    struct money without_income;

    INVARIANT(money_sub(&without_income, turn->free, turn->fees));
    money_deduct(&without_income, turn->order_held);
    return money_compare(amount, without_income) <= 0 &&
           money_compare(amount, turn_spendable(turn)) <= 0;
}

static void stage_add_fee(struct turn *turn, struct money amount)
{
    money_accumulate(&turn->fees, amount);
}

/*
 * The price of a line was held when the order began, as a fee: so what an order has begun it can
 * finish, and the line can be booked even if the turn's income is undone.
 */
void turn_add_line(struct turn *turn)
{
    INVARIANT(turn->order_lines > 0);
    turn->order_lines--;
    turn->lines++;
    money_deduct(&turn->order_held, turn->agents->turn_prices.line);
    stage_add_fee(turn, turn->agents->turn_prices.line);
}

/*
 * Take the price of an order, if `lines` can be held besides.  The count is what is booked at the
 * end; the sum here is what the fees leave to spend until then.
 */
static bool stage_order_fee(struct turn *turn, enum serai_order order, struct money lines)
{
    struct money price = pricebook_order(&turn->agents->prices, (int)order);
    struct money both;

    if (!money_add(&both, price, lines) || !stage_can_fee(turn, both))
        return false;
    stage_add_fee(turn, price);
    turn->orders[order]++;
    return true;
}

bool turn_order_fee(struct turn *turn, enum serai_order order)
{
    return stage_order_fee(turn, order, money_zero());
}

bool turn_order_begins(struct turn *turn, enum serai_order order)
{
    uint32_t lines = order == SERAI_ORDER_channel_buy ? ORDER_LINES_BUY_MAX : ORDER_LINES_MAX;
    struct money held;

    if (!money_scale(&held, turn->agents->turn_prices.line, lines) ||
        !stage_order_fee(turn, order, held))
        return false;
    turn->order_lines = lines;
    turn->order_held = held;
    if (turn->orders[order] == 1)
        turn_add_line(turn);
    return true;
}

void turn_order_ends(struct turn *turn)
{
    turn->order_lines = 0;
    turn->order_held = money_zero();
}

bool turn_pay(struct turn *turn, uint64_t to, struct money amount, enum transfer_code code,
              uint64_t object)
{
    if (!turn_can_pay(turn, amount))
        return false;
    agents_move(turn->agents, turn->agent->id, to, amount, code, object);
    return true;
}

/*
 * Take quantity x price / unit as a fee, with the remainder of the turn so far.  False: more than
 * the turn may take, and nothing was taken.
 */
static bool stage_metered_fee(struct turn *turn, enum carry which, struct money price,
                              uint64_t quantity, uint64_t unit)
{
    uint64_t carry = turn->carry[which];
    struct money cost;

    if (!money_cost_carry(&cost, &carry, price, quantity, unit) || !stage_can_fee(turn, cost))
        return false;
    stage_add_fee(turn, cost);
    turn->carry[which] = carry;
    return true;
}

/*
 * The count of packets over the interface with these prices, begun if it is the first packet over
 * it; NULL: packets of too many interfaces in one turn.
 */
static struct turn_packets *stage_packets_at(struct turn *turn, const struct packet_prices *prices)
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

/* Take one packet's share of a flush, in whole nanos.  False: too much, and nothing was taken. */
static bool stage_strict_fee(struct turn *turn, struct money price)
{
    if (!stage_can_fee(turn, price))
        return false;
    stage_add_fee(turn, price);
    return true;
}

static void stage_packet_lines(struct turn *turn, const struct packet_prices *prices)
{
    turn_add_line(turn); /* packets */
    turn_add_line(turn); /* their bytes */
    if (!money_is_zero(prices->strict))
        turn_add_line(turn);
}

bool turn_packet_fee(struct turn *turn, const struct packet_prices *prices, size_t size)
{
    struct turn_packets *packets = stage_packets_at(turn, prices);
    struct money fees = turn->fees;
    uint64_t carry = turn->carry[CARRY_PACKETS];
    uint64_t data_carry = turn->carry[CARRY_PACKET_DATA];

    if (packets == NULL)
        return false;
    if (!stage_metered_fee(turn, CARRY_PACKETS, prices->packets, 1, MARKET_PACKETS_UNIT) ||
        !stage_metered_fee(turn, CARRY_PACKET_DATA, prices->packet_data, size,
                           MARKET_PACKET_DATA_UNIT) ||
        !stage_strict_fee(turn, prices->strict)) {
        turn->fees = fees; /* all or none */
        turn->carry[CARRY_PACKETS] = carry;
        turn->carry[CARRY_PACKET_DATA] = data_carry;
        return false;
    }
    /* Booked as a line for each price of the interface, not of the packet (turn_book_packets()). */
    if (packets->count == 0)
        stage_packet_lines(turn, prices);
    packets->count++;
    packets->bytes += size;
    return true;
}

/*
 * Rounded up, and out of `free` for good: the product that is booked in the end, with the carry and
 * the turn's own fuel, is at most this and the hold.
 */
bool turn_check_fee(struct turn *turn, size_t size)
{
    uint64_t fuel = agents_check_fuel(size);
    struct money cost;

    if (!money_cost_ceil(&cost, turn->agents->prices.compute, fuel, MARKET_FUEL_UNIT) ||
        !stage_can_fee(turn, cost))
        return false;
    INVARIANT(money_sub(&turn->free, turn->free, cost));
    turn->check_fuel += fuel;
    turn->check_bytes += size;
    return true;
}

bool turn_log_fee(struct turn *turn, size_t size)
{
    const struct pricebook *prices = &turn->agents->prices;
    struct money fees = turn->fees;
    struct money paid;

    if (!stage_metered_fee(turn, CARRY_LOG, prices->log, size, MARKET_LOG_UNIT))
        return false;
    INVARIANT(money_sub(&paid, turn->fees, fees));
    money_accumulate(&turn->log_fees, paid);
    if (turn->log_bytes == 0 && size > 0)
        turn_add_line(turn);
    turn->log_bytes += size;
    return true;
}
