/*
 * Strain: one program for what is hard on a site, by its arguments:
 *
 *   role=crowd count=340    has so many children at once, which do nothing
 *   role=fill               fills a child's inbox until it is refused, at each WAKE again
 *   role=feed               has a child that eats all its fuel in each turn, and wakes it for ever
 *   role=eat                is that child
 *   role=die mode=N         takes on all it can: heap entries, a buffer, facets that wait for
 *                           answers, a timer, a mark, and channels on every interface.  Then it
 *                           dies: 0 in the same turn, 1 at a message that it sent itself before,
 *                           2 at the first answer, 3 a little later
 *   role=idle               does nothing
 */
#include "tests/agents/guests/guest.h"

enum { EVERY_US = 40000, SOON_US = 5000, DYING_PLEA = 77 };

static char args[128];
static int32_t args_size;
static uint8_t code_id[SERAI_CODE_ID_BYTES];
static int32_t spawner = SERAI_SLOT_NONE, timer = SERAI_SLOT_NONE, clock = SERAI_SLOT_NONE;
static int32_t child = SERAI_SLOT_NONE;

static bool is_role(const char *role)
{
    return serai_arg_is("role", args, args_size, role);
}

static void find_gifts(void)
{
    for (int32_t slot = SERAI_SLOT_FIRST_FREE; slot < 16; slot++) {
        int64_t kind = cap_kind(slot);

        spawner = kind == SERAI_KIND_SPAWNER ? slot : spawner;
        timer = kind == SERAI_KIND_TIMER ? slot : timer;
        clock = kind == SERAI_KIND_CLOCK ? slot : clock;
    }
}

static int32_t have_child(const char *what, int32_t size, int64_t endowment)
{
    (void)self_code_id(SERAI_SLOT_SELF, code_id);
    return (int32_t)spawn(spawner, code_id, what, size, NULL, 0, 0, endowment);
}

static void wake_in(int64_t us)
{
    (void)timer_wake(timer, clock_now(clock) + us, 0);
}

static void crowd(void)
{
    int64_t count = serai_arg_int("count", args, args_size, 340);

    while (count-- > 0 && have_child("role=idle", 9, 700000) >= 0)
        ;
}

static void fill(void)
{
    int64_t postage;

    if (child == SERAI_SLOT_NONE)
        child = have_child("role=idle", 9, 3000000);
    postage = facet_postage(child);
    while (facet_send(child, code_id, 4, NULL, 0, 0, postage, SERAI_SLOT_NONE) >= 0)
        ;
    wake_in(EVERY_US);
}

static void feed(void)
{
    if (child == SERAI_SLOT_NONE)
        child = have_child("role=eat", 8, 20000000);
    (void)facet_send(child, code_id, 1, NULL, 0, 100, facet_postage(child) * 4, SERAI_SLOT_NONE);
    wake_in(EVERY_US);
}

static void eat(void)
{
    static volatile int64_t eaten;

    for (;;)
        eaten++;
}

static void take_on_all(void)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int32_t answer = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    int32_t plea = (int32_t)self_facet(SERAI_SLOT_SELF, DYING_PLEA, 0);
    int64_t interfaces = channel_count(SERAI_SLOT_CHANNELS);

    (void)self_mark(SERAI_SLOT_SELF, 1000000);
    (void)heap_add(SERAI_SLOT_HEAP, answer, number);
    (void)heap_add(SERAI_SLOT_HEAP, plea, number);
    (void)buffer_buy(SERAI_SLOT_BUFFERS, 9000);
    child = have_child("role=idle", 9, 3000000);
    (void)facet_send(child, number, 4, &answer, 1, 500, facet_postage(child), answer);
    (void)facet_send(child, number, 4, NULL, 0, 0, facet_postage(child), plea);
    (void)facet_send(plea, number, 1, NULL, 0, 0, facet_postage(plea), SERAI_SLOT_NONE);
    for (int32_t interface = 0; interface < interfaces; interface++)
        (void)channel_buy(SERAI_SLOT_CHANNELS, interface, 20000000, 5000000);
    wake_in(SOON_US);
}

static void die_when_due(int32_t kind)
{
    int64_t mode = serai_arg_int("mode", args, args_size, 0);
    bool due = mode == 0   ? kind == SERAI_EVENT_BORN
               : mode == 1 ? kind == SERAI_EVENT_MESSAGE
               : mode == 2 ? kind == SERAI_EVENT_ANSWER
                           : kind == SERAI_EVENT_WAKE;

    if (due)
        (void)self_die(SERAI_SLOT_SELF);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN) {
        args_size = (int32_t)event_read(args, sizeof args, 0);
        find_gifts();
    }
    if (is_role("eat"))
        eat();
    if (is_role("crowd") && kind == SERAI_EVENT_BORN)
        crowd();
    if (is_role("fill") && (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_WAKE))
        fill();
    if (is_role("feed") && (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_WAKE))
        feed();
    if (is_role("die") && kind == SERAI_EVENT_BORN)
        take_on_all();
    if (is_role("die"))
        die_when_due(kind);
}
