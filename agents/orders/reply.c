/*
 * Orders on replies: a question fails, perhaps with money that goes back, or gets a facet for what
 * is sent to its promise.
 */
#include "agents/orders/reply.h"

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/orders/failing.h"
#include "agents/orders/hand_over.h"
#include "agents/promises.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/* The reply that the capability names; NULL: *refusal says why there is none. */
static struct object *reply_find(const struct turn *turn, const struct cap *cap, int64_t *refusal)
{
    struct object *reply = cap_object(turn->agents, cap);

    if (reply == NULL)
        *refusal = SERAI_E_CLOSED;
    else if (reply->kind == OBJECT_PROMISE || !reply->one_shot)
        *refusal = SERAI_E_RIGHT;
    return *refusal == 0 ? reply : NULL;
}

/* ---- a question fails ---- */

/* The question ends as by a trap of the agent that was asked, but its turn goes on. */
static int64_t perform_reply_break(struct turn *turn, uint64_t slot, const struct cap *cap,
                                   const struct failure *failure, struct money back)
{
    facet_fail_with(turn->agents, cap, *failure, back);
    turn_take_cap(turn, slot);
    return 0;
}

static int64_t decode_reply_break(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct failure failure;
    int64_t refusal = turn_read_failure(turn, args, &failure);

    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (refusal != 0 || reply_find(turn, cap, &refusal) == NULL)
        return refusal;
    return perform_reply_break(turn, args[0], cap, &failure, money_zero());
}

/* As reply_break, and money that was to go on with the question goes back with FAILED. */
static int64_t decode_reply_return(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    struct failure failure;
    struct money back;
    int64_t refusal = turn_read_failure(turn, args, &failure);
    const struct object *reply;
    uint64_t payee;

    if (refusal == 0 && !money_from_guest(&back, args[4]))
        refusal = SERAI_E_INVALID;
    if (!turn_work(turn, WORK_LOOK + WORK_WAKE))
        return SERAI_E_SHORT;
    reply = refusal != 0 ? NULL : reply_find(turn, cap, &refusal);
    if (reply == NULL)
        return refusal;
    payee = agents_asker_payee(turn->agents, reply->owner);
    /* To oneself nothing has to move, and FAILED tells it all the same. */
    if (payee == turn->agent->id ? !turn_can_pay(turn, back)
                                 : !turn_pay(turn, payee, back, TRANSFER_FUND, reply->id))
        return SERAI_E_SHORT;
    return perform_reply_break(turn, args[0], cap, &failure, back);
}

/* ---- its promise has a pipe ---- */

/*
 * What waits has paid for its way; the order pays for the look-ups and the promise's row.  Nobody
 * may hold the promise any more while something waits on it, so it is there, or the reply says that
 * there is none.
 */
static int64_t decode_reply_pipe(struct turn *turn, const struct cap *cap, const uint64_t *args)
{
    int64_t refusal = 0;
    struct object *reply = reply_find(turn, cap, &refusal);
    struct object *facet;
    struct object *promise;

    if (!turn_work(turn, 3 * WORK_LOOK))
        return SERAI_E_SHORT;
    if (reply == NULL)
        return refusal;
    facet = NULL;
    if ((uint32_t)args[1] != (uint32_t)SERAI_SLOT_NONE) {
        facet = turn_own_facet(turn, args[1], &refusal);
        if (facet == NULL)
            return refusal;
    }
    promise = object_find(&turn->agents->objects, reply->u.facet.promise, OBJECT_PROMISE);
    if (promise == NULL)
        return 0;
    if (!turn_work(turn, WORK_OBJECT))
        return SERAI_E_SHORT;
    promise_pipe(turn->agents, promise, facet);
    return 1;
}

int64_t order_reply(struct turn *turn, enum serai_order order, const struct cap *cap,
                    const uint64_t *args)
{
    if (order == SERAI_ORDER_reply_break)
        return decode_reply_break(turn, cap, args);
    if (order == SERAI_ORDER_reply_return)
        return decode_reply_return(turn, cap, args);
    INVARIANT(order == SERAI_ORDER_reply_pipe);
    return decode_reply_pipe(turn, cap, args);
}
