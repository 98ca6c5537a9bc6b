/* Orders on the code store. */
#include "agents/orders/orders.h"

#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/modules.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/stage.h"
#include "agents/turns/turn.h"
#include "agents/views.h"

/*
 * Keep the module, by its hash at `to`.  A module that is refused is answered INVALID, and its
 * author reads the reason in the agent's log.
 */
static int64_t perform_code_put(struct turn *turn, const uint8_t *bytes, size_t size, uint8_t *to)
{
    struct fault fault;
    struct hash id;
    enum status status = agents_code_put(turn->agents, turn->agent, bytes, size, &id, &fault);

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

static int64_t decode_code_put(struct turn *turn, const uint64_t *args)
{
    const uint8_t *bytes;
    uint8_t *to;

    if (args[2] > ENGINE_MODULE_BYTES_MAX)
        return SERAI_E_INVALID;
    bytes = turn_read(turn, args[1], args[2]);
    to = turn_write(turn, args[3], HASH_BYTES);
    if (bytes == NULL || to == NULL)
        return SERAI_E_MEMORY;
    /*
     * Checking is paid besides the turn's own fuel, so how much one turn may put has a bound of its
     * own.
     */
    if (args[2] > TURN_CHECK_BYTES_MAX - turn->check_bytes)
        return SERAI_E_FULL;
    /* Paid before it is checked, by its bytes: a module that is refused cost the site the same. */
    if (!turn_work(turn, WORK_CHECK) || !turn_check_fee(turn, (size_t)args[2]))
        return SERAI_E_SHORT;
    return perform_code_put(turn, bytes, (size_t)args[2], to);
}

static int64_t decode_code_kept(struct turn *turn, const uint64_t *args)
{
    uint8_t *to;

    if (args[1] >= turn->agent->program.kept_count)
        return SERAI_E_MISSING;
    to = turn_write(turn, args[2], HASH_BYTES);
    if (to == NULL)
        return SERAI_E_MEMORY;
    memcpy(to, turn->agent->program.kept[args[1]].code->id.bytes, HASH_BYTES);
    return (int64_t)turn->agent->program.kept[args[1]].code->size;
}

static int64_t perform_code_drop(struct turn *turn, uint32_t at)
{
    code_unkeep(turn->agents, turn->agent, at);
    return 0;
}

static int64_t decode_code_drop(struct turn *turn, const uint64_t *args)
{
    const struct agent_program *program = &turn->agent->program;
    const uint8_t *id = turn_read(turn, args[1], HASH_BYTES);

    if (id == NULL)
        return SERAI_E_MEMORY;
    for (uint32_t i = 0; i < program->kept_count; i++) {
        if (memcmp(program->kept[i].code->id.bytes, id, HASH_BYTES) == 0)
            return perform_code_drop(turn, i);
    }
    return SERAI_E_MISSING;
}

int64_t order_code(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if (order == SERAI_ORDER_code_put)
        return decode_code_put(turn, args);
    if (order == SERAI_ORDER_code_kept)
        return decode_code_kept(turn, args);
    INVARIANT(order == SERAI_ORDER_code_drop);
    return decode_code_drop(turn, args);
}
