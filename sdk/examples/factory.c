/*
 * Factory: makes cars for whoever knows its number.  A car is a facet; its badge is the car's
 * number, and when nobody holds it any more the car is scrapped.  The factory knows nothing of
 * promises: it answers "make COLOUR" with a car, and a car answers "drive".
 *
 *   number=HEX      under which the heap is to name the factory, 24 digits
 */
#include <serai.h>

enum { ORDERS = 0, CARS_MAX = 100, COLOUR_BYTES_MAX = 16, NO_SUCH_COLOUR = SERAI_FAIL_CODE_MIN };

static struct {
    char colour[COLOUR_BYTES_MAX];
    int32_t size;
} cars[CARS_MAX + 1]; /* by badge, from 1 */
static int64_t made;

static void born(int32_t size)
{
    char args[SERAI_ARGS_BYTES_MAX];
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t door = self_facet(SERAI_SLOT_SELF, ORDERS, 0);

    size = (int32_t)event_read(args, size, 0);
    if (serai_arg_hex("number", args, size, number, sizeof number))
        (void)heap_add_at(SERAI_SLOT_HEAP, (int32_t)door, number);
}

static void make_car(const struct serai_event *event, const char *colour, int32_t size)
{
    int32_t car;

    if (size <= 0 || size > COLOUR_BYTES_MAX || made == CARS_MAX)
        serai_fail(NO_SUCH_COLOUR, "not in our catalogue");
    if (size == 5 && memcmp(colour, "plaid", 5) == 0)
        serai_fail(NO_SUCH_COLOUR, "nobody drives plaid");
    made++;
    memcpy(cars[made].colour, colour, (size_t)size);
    cars[made].size = size;
    car = (int32_t)self_facet_of(SERAI_SLOT_SELF, (uint64_t)made, 0, SERAI_FACET_WATCH);
    (void)facet_send(event->reply, NULL, 0, &car, 1, 0, 0, SERAI_SLOT_NONE);
    (void)cap_drop(car); /* its badge finds it again */
}

static void drive(const struct serai_event *event)
{
    struct serai_text text = {.size = 0};

    serai_text_add(&text, "Vroom! I am a ");
    serai_text_add_bytes(&text, cars[event->badge].colour, cars[event->badge].size);
    serai_text_add(&text, " car.");
    (void)serai_answer(event->reply, text.bytes, text.size, 0);
}

static void serve(int32_t size)
{
    struct serai_event event;
    char words[32];

    (void)event_info(&event);
    if (size > (int32_t)sizeof words)
        return;
    (void)event_read(words, size, 0);
    if (event.badge == ORDERS && size > 5 && memcmp(words, "make ", 5) == 0)
        make_car(&event, words + 5, size - 5);
    else if (event.badge > ORDERS && event.badge <= (uint64_t)made)
        drive(&event);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    if (kind == SERAI_EVENT_BORN)
        born(size);
    if (kind == SERAI_EVENT_MESSAGE)
        serve(size);
    if (kind == SERAI_EVENT_UNHELD) {
        (void)event_info(&event);
        serai_log_values("factory: car %d is scrapped", (int64_t)event.badge);
    }
}
