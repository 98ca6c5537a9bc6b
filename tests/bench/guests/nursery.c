/*
 * Gives birth to `count` agents of the first code that it keeps, a few in each turn, each with an
 * endowment of `each`.
 */
#include <serai.h>

#include "tests/bench/guests/spawner.h"

enum { BIRTHS_A_TURN = 32 };

static int64_t left;
static int64_t endowment;
static int32_t spawner = SERAI_SLOT_NONE;
static int32_t self_again;
static uint8_t code[SERAI_CODE_ID_BYTES];

static void begin(void)
{
    char args[256];
    int32_t size = (int32_t)event_read(args, sizeof args, 0);

    left = serai_arg_int("count", args, size, 0);
    endowment = serai_arg_money("each", args, size, 0);
    spawner = spawner_slot();
    self_again = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    if (code_kept(SERAI_SLOT_CODE, 0, code) < 0)
        __builtin_trap();
}

static void bear(void)
{
    for (int32_t i = 0; i < BIRTHS_A_TURN && left > 0; i++, left--) {
        int64_t child = spawn(spawner, code, NULL, 0, NULL, 0, 0, endowment);

        if (child < 0 || cap_drop((int32_t)child) < 0)
            __builtin_trap();
    }
    if (left > 0 &&
        facet_send(self_again, NULL, 0, NULL, 0, 0, facet_postage(self_again), SERAI_SLOT_NONE) < 0)
        __builtin_trap();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        begin();
    else
        bear();
}
