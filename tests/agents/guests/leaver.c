/*
 * Leaver: asks to be told when its site is drained, logs how long is left, and goes: its money goes
 * home to its customer.  With the argument "stay" it asks again instead, and stays.
 */
#include "tests/agents/guests/guest.h"

static bool stays;

static void ask(void)
{
    if (self_leaving(SERAI_SLOT_SELF, 7) != 0)
        serai_log("not told of leaving");
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    (void)event_info(&event);
    if (kind == SERAI_EVENT_BORN) {
        stays = size == 4;
        ask();
    }
    if (kind != SERAI_EVENT_LEAVING)
        return;
    serai_log_values("leaving in %d s, badge %d", event.status, (int64_t)event.badge);
    if (stays)
        return;
    (void)self_die(SERAI_SLOT_SELF);
}
