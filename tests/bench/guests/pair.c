/*
 * Two agents that pay each other for ever: each message carries 100 nanos and is answered with the
 * same.  The first is deployed with a spawner and gives birth to the second.
 */
#include <serai.h>

#include "tests/bench/guests/spawner.h"

enum { AMOUNT_NANOS = 100 };

static int32_t peer;
static int64_t postage;

static void play(void)
{
    if (facet_send(peer, NULL, 0, NULL, 0, AMOUNT_NANOS, postage, SERAI_SLOT_NONE) < 0)
        __builtin_trap(); /* the bench counts traps: there must be none */
}

static void first(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];
    int32_t facet = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);

    if (self_code_id(SERAI_SLOT_SELF, id) < 0)
        __builtin_trap();
    peer = (int32_t)spawn(spawner_slot(), id, NULL, 0, &facet, 1, 0,
                          self_balance(SERAI_SLOT_SELF) / 2);
    postage = facet_postage(peer);
    play();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_MESSAGE) {
        play();
    } else if (kind == SERAI_EVENT_BORN) {
        (void)event_info(&event);
        if (event.cap_count > 0 && cap_kind(event.caps[0]) == SERAI_KIND_FACET) {
            peer = event.caps[0]; /* the second one: its parent's facet */
            postage = facet_postage(peer);
        } else {
            first();
        }
    }
}
