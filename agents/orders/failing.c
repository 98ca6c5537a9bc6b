/* Failures that agents name themselves: a code of their own choice, and a reason for people. */
#include "agents/orders/failing.h"

#include "agents/return.h"
#include "agents/turn.h"

int64_t turn_read_failure(struct turn *turn, const uint64_t *args, struct failure *failure)
{
    /* Codes below are refusals and the ends of turns, which only the site may claim. */
    if ((int32_t)(uint32_t)args[1] < SERAI_FAIL_CODE_MIN || args[3] > SERAI_REASON_BYTES_MAX)
        return SERAI_E_INVALID;
    failure->status = (int32_t)(uint32_t)args[1];
    failure->reason = turn_read(turn, args[2], args[3]);
    failure->reason_size = (size_t)args[3];
    return failure->reason == NULL ? SERAI_E_MEMORY : 0;
}
