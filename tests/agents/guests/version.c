/*
 * Version: a program in several versions (VERSION), each of which counts its turns and the messages
 * that it gets, and tells both to the next one.  Version 1 and 2 follow a request to upgrade; what
 * a later one does of it is said by what it is built with:
 *
 *   1, 2   go on counting             3   traps when it has restored the count
 *   4      never ends its first turn  5   knows nothing of upgrades
 *
 * Its memory holds a page of its own at the end, so that an upgrade has something to lose.
 */
#include "tests/agents/guests/guest.h"

enum { BIG = 20000 };

/* What goes from one version to the next. */
static struct {
    int64_t count; /* of messages */
    int64_t turns;
} state;
static uint8_t big[BIG];
static int64_t kept; /* the status of the last KEPT */

static void upgrade(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];
    struct serai_event event;
    int64_t answer;

    (void)event_info(&event);
    (void)event_read(id, sizeof id, 0);
    answer = self_upgrade(SERAI_SLOT_SELF, id, &state, sizeof state, event.status);
    if (answer < 0)
        (void)serai_answer(event.reply, "refused", 7, 0);
}

static void became(void)
{
    (void)event_read(&state, sizeof state, 0);
    state.turns++;
    big[BIG - 1] = 77;
    if (VERSION == 3)
        __builtin_trap();
    while (VERSION == 4)
        big[0]++;
}

static void tell(void)
{
    struct serai_event event;
    struct serai_text text;

    (void)event_info(&event);
    if (event.reply == SERAI_SLOT_NONE)
        return;
    serai_text_values(&text, "version %d count %d kept %d big %d turns %d", VERSION, state.count,
                      kept, big[BIG - 1], state.turns);
    (void)serai_answer(event.reply, text.bytes, text.size, 0);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    (void)size;
    (void)event_info(&event);
    if (kind != SERAI_EVENT_BECAME)
        state.turns++;
    if (kind == SERAI_EVENT_BORN)
        big[BIG - 1] = VERSION;
    if (kind == SERAI_EVENT_BECAME)
        became();
    if (kind == SERAI_EVENT_KEPT)
        kept = event.status;
    if (kind == SERAI_EVENT_UPGRADE && VERSION != 5)
        upgrade();
    if (kind == SERAI_EVENT_MESSAGE) {
        state.count++;
        tell();
    }
}
