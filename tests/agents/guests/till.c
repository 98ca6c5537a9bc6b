/*
 * Till: sells the sum of the bytes of a message as digits, gives change, and logs each sale as a
 * shop.  number=HEX is where the heap is to name it; without it only its customer can call it.
 */
#include <serai.h>

enum { PRICE = 1000 };                     /* nanos */
enum { TOO_LITTLE = SERAI_FAIL_CODE_MIN }; /* why it would not: a code of this shop's own */

static int64_t sold;

static void open_shop(int32_t size)
{
    char args[SERAI_ARGS_BYTES_MAX];
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t door = self_facet(SERAI_SLOT_SELF, 1, 0);

    size = (int32_t)event_read(args, size, 0);
    if (serai_arg_hex("number", args, size, number, sizeof number) &&
        heap_add_at(SERAI_SLOT_HEAP, (int32_t)door, number) < 0)
        serai_log("shop: the heap does not take its number");
}

static void serve(void)
{
    static uint8_t data[SERAI_MESSAGE_BYTES_MAX];
    struct serai_event event;
    int64_t sum = 0;
    int64_t size = event_read(data, sizeof data, 0);
    struct serai_text text;

    (void)event_info(&event);
    if (event.money < PRICE)
        serai_fail(TOO_LITTLE, "a sum costs 0.000001000"); /* does not return */
    for (int64_t i = 0; i < size; i++)
        sum += data[i];
    serai_text_values(&text, "%d", sum);
    (void)serai_answer(event.reply, text.bytes, text.size, event.money - PRICE);
    serai_log_values("shop: sold %d sums", ++sold);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    if (kind == SERAI_EVENT_BORN)
        open_shop(size);
    if (kind == SERAI_EVENT_MESSAGE)
        serve();
}
