/*
 * Questions whose answers are asked in turn.  The first agent gives birth to a second, which
 * answers every question with a facet of its own.  A message "WAY COUNT" makes the first ask so
 * many chains: of one question, or of PIPE_LENGTH, each going to the answer of the one before.
 */
#include <serai.h>

#include "tests/bench/guests/pipe.h"
#include "tests/bench/guests/spawner.h"

static int32_t server; /* of the second agent; in it, its own */
static int32_t ear;    /* on which the first one hears */
static int32_t way;
static int64_t left; /* chains to go */
static int32_t step; /* of a chain that is asked turn by turn */
static int64_t postage;

static void must(int64_t result)
{
    if (result < 0)
        __builtin_trap(); /* the bench counts traps: there must be none */
}

static int32_t promise_of(int32_t facet, int32_t reply)
{
    int64_t promise = facet_ask(facet, NULL, 0, NULL, 0, 0, postage, reply);

    must(promise);
    return (int32_t)promise;
}

static void ask(int32_t facet)
{
    must(facet_send(facet, NULL, 0, NULL, 0, 0, postage, ear));
}

/* All at once: each question goes to the promise of the answer before. */
static void ask_pipe(void)
{
    int32_t last = server;

    for (int32_t i = 1; i < PIPE_LENGTH; i++) {
        int32_t next = promise_of(last, SERAI_SLOT_NONE);

        if (last != server)
            must(cap_drop(last));
        last = next;
    }
    ask(last);
    must(cap_drop(last));
}

static void begin(void)
{
    step = 0;
    if (left-- <= 0)
        return;
    if (way == PIPE_ASK)
        must(cap_drop(promise_of(server, ear)));
    else if (way == PIPE_PIPELINED)
        ask_pipe();
    else
        ask(server);
}

/* Turn by turn the answer is asked, and not before it is there. */
static void go_on(const struct serai_event *event)
{
    if (way == PIPE_BY_TURNS && ++step < PIPE_LENGTH)
        ask(event->caps[0]);
    else
        begin();
}

static void first(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    ear = (int32_t)self_facet(SERAI_SLOT_SELF, 2, 0);
    must(self_code_id(SERAI_SLOT_SELF, id));
    server =
        (int32_t)spawn(spawner_slot(), id, NULL, 0, &ear, 1, 0, self_balance(SERAI_SLOT_SELF) / 2);
    must(server);
    postage = facet_postage(server);
}

static void born(void)
{
    struct serai_event event;

    (void)event_info(&event);
    if (event.cap_count > 0 && cap_kind(event.caps[0]) == SERAI_KIND_FACET)
        server = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    else
        first();
}

static void told(int32_t size)
{
    char text[32];
    int32_t used = 0;

    size = (int32_t)event_read(text, sizeof text, 0);
    way = (int32_t)serai_digits(text, size, &used);
    left = serai_digits(text + used + 1, size - used - 1, &used);
    begin();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    if (kind == SERAI_EVENT_BORN) {
        born();
        return;
    }
    (void)event_info(&event);
    if (kind != SERAI_EVENT_MESSAGE)
        __builtin_trap();
    if (size > 0)
        told(size);
    else if (event.reply >= 0)
        must(facet_send(event.reply, NULL, 0, &server, 1, 0, 0, SERAI_SLOT_NONE));
    else
        go_on(&event);
}
