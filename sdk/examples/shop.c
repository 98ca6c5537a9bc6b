/* Shop: sells the sum of the bytes that it is sent, for 1000 nanos. */
#include <serai.h>

enum { PRICE = 1000 };                     /* nanos */
enum { TOO_LITTLE = SERAI_FAIL_CODE_MIN }; /* why it would not: a code of this shop's own */

static uint8_t data[4096];
static int64_t sold;

/* Whoever is told the number can get the door: heap_get(SERAI_SLOT_HEAP, number). */
static void open_shop(void)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct serai_text text;
    int64_t door = self_facet(SERAI_SLOT_SELF, 1, 0);

    if (door < 0 || heap_add(SERAI_SLOT_HEAP, (int32_t)door, number) < 0)
        serai_fail(TOO_LITTLE, "too little money for a door");
    text.size = 0;
    serai_text_add(&text, "the door is ");
    serai_text_add_hex(&text, number, sizeof number);
    (void)serai_text_log(&text);
}

static void serve(void)
{
    struct serai_event event;
    int64_t sum = 0;
    int64_t size;

    (void)event_info(&event);
    if (event.money < PRICE)
        serai_fail(TOO_LITTLE, "a sum costs 0.000001000"); /* does not return */
    size = event_read(data, sizeof data, 0);
    for (int64_t i = 0; i < size; i++)
        sum += data[i];
    (void)serai_log_values("sold %d for %m", ++sold, event.money);
    (void)serai_answer(event.reply, &sum, sizeof sum, 0);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        open_shop();
    if (kind == SERAI_EVENT_MESSAGE)
        serve();
}
