/*
 * Driver: has cars made by factory.c, and drives them before they are there.  All questions are
 * asked in its first turn; what goes wrong at the beginning of a pipe is told at its end.
 *
 *   number=HEX      the factory's entry in the heap of this site, 24 digits
 */
#include <serai.h>

enum { DRIVEN = 1, TEXT_BYTES_MAX = 256, POSTAGE_NANOS_MAX = 100000 };

static int32_t driven; /* the facet that hears of it */

/* B => A => B in one turn: the car is asked to drive while the factory has not heard of it yet. */
static void make_and_drive(int32_t factory, const char *order)
{
    int32_t car = (int32_t)serai_ask(factory, order, (int32_t)strlen(order), 0, POSTAGE_NANOS_MAX,
                                     SERAI_SLOT_NONE);

    if (car < 0 || serai_send(car, "drive", 5, 0, POSTAGE_NANOS_MAX, driven) < 0)
        serai_log("driver: cannot ask");
    if (car >= 0)
        (void)cap_drop(car); /* what waits on it goes on */
}

static void born(int32_t size)
{
    char args[SERAI_ARGS_BYTES_MAX];
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t factory = SERAI_SLOT_NONE;

    size = (int32_t)event_read(args, size, 0);
    driven = (int32_t)self_facet(SERAI_SLOT_SELF, DRIVEN, 0);
    if (serai_arg_hex("number", args, size, number, sizeof number))
        factory = heap_get(SERAI_SLOT_HEAP, number);
    if (factory < 0) {
        serai_log("driver: no factory under this number");
        return;
    }
    make_and_drive((int32_t)factory, "make blue");
    make_and_drive((int32_t)factory, "make plaid");
    make_and_drive((int32_t)factory, "make red");
}

static void hear(int32_t kind, int32_t size)
{
    struct serai_text text = {.size = 0};
    struct serai_event event;
    char words[TEXT_BYTES_MAX];

    (void)event_info(&event);
    size = (int32_t)event_read(words, size < TEXT_BYTES_MAX ? size : TEXT_BYTES_MAX, 0);
    serai_text_add(&text, kind == SERAI_EVENT_FAILED ? "driver: no car, " : "driver: ");
    serai_text_add_bytes(&text, words, size);
    (void)serai_text_log(&text);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    if (kind == SERAI_EVENT_BORN)
        born(size);
    if (kind == SERAI_EVENT_MESSAGE || kind == SERAI_EVENT_FAILED)
        hear(kind, size);
}
