/*
 * Factory: makes cars for whoever knows its number.  A car is a facet; its badge is the car's
 * number, and when nobody holds it any more the car is scrapped.  The factory knows nothing of
 * promises: it answers "make COLOUR" with a car, and a car answers "drive".
 *
 *   number=HEX      under which the heap is to name the factory, 24 digits
 */
#include <serai.h>

enum { ORDERS = 0, CARS_MAX = 100, COLOUR_BYTES_MAX = 16, NO_SUCH_CAR = SERAI_FAIL_CODE_MIN };

static struct {
    char colour[COLOUR_BYTES_MAX];
    int32_t size;     /* 0: there is no such car */
} cars[CARS_MAX + 1]; /* by badge, from 1 */
static uint64_t newest;

static void born(int32_t size)
{
    char args[SERAI_ARGS_BYTES_MAX];
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t door = self_facet(SERAI_SLOT_SELF, ORDERS, 0);

    size = (int32_t)event_read(args, size, 0);
    if (serai_arg_hex("number", args, size, number, sizeof number))
        (void)heap_add_at(SERAI_SLOT_HEAP, (int32_t)door, number);
}

/* The next badge that no car has, or has any more: its facet ended with the event that told so. */
static uint64_t free_badge(void)
{
    uint64_t badge = newest;

    for (int32_t i = 0; i < CARS_MAX; i++) {
        badge = badge % CARS_MAX + 1;
        if (cars[badge].size == 0)
            return badge;
    }
    serai_fail(NO_SUCH_CAR, "there are too many cars");
}

static void make_car(const struct serai_event *event, const char *colour, int32_t size)
{
    int32_t car;

    if (size <= 0 || size > COLOUR_BYTES_MAX)
        serai_fail(NO_SUCH_CAR, "not in our catalogue");
    if (size == 5 && memcmp(colour, "plaid", 5) == 0)
        serai_fail(NO_SUCH_CAR, "nobody drives plaid");
    newest = free_badge();
    memcpy(cars[newest].colour, colour, (size_t)size);
    cars[newest].size = size;
    car = (int32_t)self_facet_of(SERAI_SLOT_SELF, newest, 0, SERAI_FACET_WATCH);
    if (facet_send(event->reply, NULL, 0, &car, 1, 0, 0, SERAI_SLOT_NONE) >= 0) {
        (void)cap_drop(car); /* its badge finds it again */
        return;
    }
    /* Nobody waits for it; and what nobody ever held, nobody is told to hold no more. */
    (void)self_revoke(SERAI_SLOT_SELF, car);
    cars[newest].size = 0;
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
    else if (event.badge > ORDERS && event.badge <= CARS_MAX)
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
        cars[event.badge].size = 0;
        serai_log_values("factory: car %d is scrapped", (int64_t)event.badge);
    }
}
