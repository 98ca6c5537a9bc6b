/* Orders on the agent's log. */
#include "agents/orders/orders.h"

#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/turn.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"
#include "agents/views.h"

int64_t order_log(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    const uint8_t *text;

    INVARIANT(order == SERAI_ORDER_log_append);
    if (args[2] > SERAI_LOG_LINE_BYTES_MAX)
        return SERAI_E_INVALID;
    text = turn_read(turn, args[1], args[2]);
    if (text == NULL)
        return SERAI_E_MEMORY;
    if (!turn_log_fee(turn, (size_t)args[2]))
        return SERAI_E_SHORT;
    /*
     * The fee is for the bytes; the fuel is for a line that the site keeps and writes.  The line
     * stands though the turn is undone, as its fee does.
     */
    agents_work(turn->agents, WORK_LINE + args[2] / WORK_KEPT_BYTES);
    agent_log(turn->agents, turn->agent, LOG_BY_AGENT, (const char *)text, (size_t)args[2]);
    return 0;
}
