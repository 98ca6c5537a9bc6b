/*
 * One order, over and over: a message "LOOP COUNT" tells which of orders.h, and how often.  What
 * the loops need is set up when the agent is born.
 */
#include <serai.h>

#include "tests/bench/guests/orders.h"

enum { BIG = 65536, NUMBER = SERAI_HEAP_NUMBER_BYTES };

static uint8_t big[BIG];
static volatile uint8_t pages[(PAGES + 1) * 4096];
static uint8_t number[NUMBER]; /* of a facet that this agent holds in its last slot but one */
static uint8_t missing[NUMBER];
static uint8_t code_id[SERAI_CODE_ID_BYTES];
static uint8_t kept_id[SERAI_CODE_ID_BYTES];
static struct serai_event event;
static int32_t spawner;
static int32_t timer;
static int32_t clock;
static int32_t random;
static int32_t facet;
static int32_t child; /* a facet of another agent */
static int32_t leash; /* of it */
static int32_t end;
static int32_t buffer;
static int32_t large;
static uint8_t module[BIG]; /* its own */
static int32_t module_size;

/* ---- setting up ---- */

static void born(void)
{
    (void)event_info(&event);
    spawner = event.caps[0];
    timer = event.caps[1];
    clock = event.caps[2];
    random = event.caps[3];
    facet = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    buffer = (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, BIG);
    large = (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, SERAI_BUFFER_BYTES_MAX);
    (void)heap_add(SERAI_SLOT_HEAP, facet, number);
    (void)self_code_id(SERAI_SLOT_SELF, code_id);
    module_size = (int32_t)self_code(SERAI_SLOT_SELF, module, BIG, 0);
    (void)code_kept(SERAI_SLOT_CODE, 0, kept_id);
    child = (int32_t)spawn(spawner, kept_id, NULL, 0, NULL, 0, SERAI_SPAWN_LEASH, 10000000);
    leash = child + 1;
    end = (int32_t)channel_buy(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, 20000000, 1000000);
    if (facet < 0 || buffer < 0 || large < 0 || child < 0 || end < 0)
        __builtin_trap();
}

/* A slot more, of many things or of one: a list of what is the same must be no slower. */
static int64_t fill_slot(int32_t last)
{
    return last < SERAI_SLOTS_MAX / 4 ? self_facet(SERAI_SLOT_SELF, 5, 0)
                                      : buffer_share(buffer, SERAI_RIGHT_READ);
}

/*
 * All slots are taken but one, and the heap names what is in the last one.  A turn has fuel for
 * some of them.
 */
static void fill(void)
{
    static int32_t last;
    static bool filled;
    int64_t slot = 0;

    for (int32_t i = 0; i < 1500 && slot >= 0 && !filled; i++) {
        slot = fill_slot(last);
        if (slot >= 0)
            last = (int32_t)slot;
    }
    if (slot >= 0 || filled)
        return;
    filled = true;
    (void)heap_add(SERAI_SLOT_HEAP, last, number);
    (void)cap_drop(last - 1);
}

/* ---- what is done ---- */

static void ask(int32_t to, const void *data, int32_t size, int32_t caps, int32_t reply)
{
    static const int32_t slots[8] = {7, 7, 7, 7, 7, 7, 7, 7};

    (void)facet_send(to, data, size, slots, caps, 0, 100, reply);
}

static int64_t promise_of(int32_t of, int32_t size)
{
    return facet_ask(of, big, size, NULL, 0, 0, 100, SERAI_SLOT_NONE);
}

static int64_t promise(int32_t of)
{
    return promise_of(of, 0);
}

/* Lay a pipe for what waits on the promise, whose reply is dropped when the next one comes. */
static void pipe_question(void)
{
    static int32_t piped = SERAI_SLOT_NONE;

    (void)event_info(&event);
    (void)reply_pipe(event.reply, facet);
    (void)cap_keep(event.reply);
    if (piped >= 0)
        (void)cap_drop(piped);
    piped = event.reply;
}

#define LOOP(what, most, ...)                                                                      \
    case __COUNTER__ - FIRST:                                                                      \
        for (int32_t i = 0; i < count; i++) {                                                      \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        break;

enum { FIRST = __COUNTER__ + 1 };

static void run(int32_t loop, int32_t count)
{
    uint32_t sum = (uint32_t)count;
    int64_t slot = 0;

    switch (loop) {
        ORDER_LOOPS(LOOP)
    default:
        break;
    }
    big[0] = (uint8_t)sum;
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    char text[32];
    int32_t used = 0;
    int64_t loop;
    int64_t count;

    (void)slot;
    if (kind == SERAI_EVENT_BORN)
        born();
    if (kind == SERAI_EVENT_MESSAGE && size == 0) {
        (void)event_info(&event);
        if (event.reply >= 0)
            (void)cap_drop(event.reply);
    }
    if (kind == SERAI_EVENT_MESSAGE && size == 34) {
        (void)event_info(&event);
        (void)reply_break(event.reply, SERAI_FAIL_CODE_MIN, big, SERAI_REASON_BYTES_MAX);
    }
    if (kind == SERAI_EVENT_MESSAGE && size == 35)
        pipe_question();
    if (kind != SERAI_EVENT_MESSAGE || size == 0 || size > 32)
        return;
    size = (int32_t)event_read(text, 32, 0);
    loop = serai_digits(text, size, &used);
    count = serai_digits(text + used + 1, size - used - 1, &used);
    if (loop == ORDERS_FILL)
        fill();
    else
        run((int32_t)loop, (int32_t)count);
}
