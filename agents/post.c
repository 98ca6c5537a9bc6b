/* Book a transfer: staged within a turn, at once outside of one. */
#include "agents/post.h"

#include "agents/agent.h"
#include "agents/limits.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"

void turn_stage(struct turn *turn, const struct transfer *transfer)
{
    /*
     * turn_host_call() refuses orders past TURN_TRANSFERS_MAX; an order that was begun fits into
     * the rest.
     */
    INVARIANT(turn->transfer_count < TURN_TRANSFERS_MAX * 2);
    turn->transfers[turn->transfer_count++] = *transfer;
    if (transfer->debit == turn->agent->id)
        money_accumulate(&turn->paid, transfer->amount);
    if (transfer->credit == turn->agent->id)
        money_accumulate(&turn->income, transfer->amount);
}

void agents_post(struct agents *agents, const struct transfer *transfer)
{
    agents_work(agents, WORK_TRANSFER);
    if (agents->turn != NULL) {
        turn_add_line(agents->turn);
        turn_stage(agents->turn, transfer);
    } else {
        ledger_transfer_checked(agents->ledger, transfer);
    }
}

void agents_move(struct agents *agents, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object)
{
    const struct transfer transfer = {
        .debit = from, .credit = to, .amount = amount, .code = code, .object = object};

    if (!money_is_zero(amount))
        agents_post(agents, &transfer);
}
