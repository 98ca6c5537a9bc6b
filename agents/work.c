/* Fuel for what orders do for their caller (docs/fuel.md). */
#include "agents/turn.h"

#include "agents/limits.h"
#include "agents/set.h"
#include "agents/turns/turn.h"

bool turn_work(struct turn *turn, uint64_t fuel)
{
    /*
     * Nothing is left for the guest either: the turn ends when the order returns
     * (turn_host_call()).
     */
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
