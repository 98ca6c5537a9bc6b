/*
 * Hog: a customer with much money who wants the site to die.  One program for what costs a host
 * more than it looks, by its arguments:
 *
 *   do=loop      nothing but work
 *   do=big       memory of `mib` MiB, each page of it changed; then turns that touch none of it
 *   do=marks     a mark is set and forgotten, `n` times
 *   do=heap      an entry is added to the heap and taken out, `n` times
 *   do=buffers   a buffer is bought and sold, `n` times
 *   do=facets    a facet is made and revoked, `n` times
 *   do=lines     an empty line of the log, `n` times
 *   do=messages  `n` messages to itself, so that they would double with each turn
 *   do=bytes     the same with 64 KiB each
 *   do=wakes     `n` timers that are due at once, or until one is refused
 *   do=rooms     `n` notices of room, likewise; of a channel that it buys
 *   do=births    `n` messages to itself; at each of them children until the fuel is gone, which
 *                undoes them all
 *   do=crowd     `n` children that do nothing but work, a few with each turn
 *   do=hoard     takes of all that lasts as much as it gets, and a little more in each turn
 *   do=death     the same, and then dies of its own will
 *   do=leech     asks the shop under `number` in the heap, `n` times; the facet for the answer asks
 *                `ask` as postage
 *   do=fill      sends the shop `n` messages with eight new capabilities each
 *   do=idle      nothing
 *
 * All but the last three wake themselves with each turn.  `turns` (0: without end) says how often.
 */
#include "tests/agents/guests/guest.h"

enum { BIG = 65536, STEP = 12, MIB = 1048576, PAGE = 4096, CODE_ROOM = 40960 };

static char args[256];
static int32_t args_size;
static int64_t turns, n;
static int32_t facet, spawner = SERAI_SLOT_NONE, timer = SERAI_SLOT_NONE, end = SERAI_SLOT_NONE;
static uint8_t code_id[SERAI_CODE_ID_BYTES];
static uint8_t bytes[BIG];
static volatile int64_t rounds;

static bool does(const char *what)
{
    return serai_arg_is("do", args, args_size, what);
}

static int64_t number(const char *name, int64_t other)
{
    return serai_arg_int(name, args, args_size, other);
}

static int64_t send_self(int32_t size)
{
    return facet_send(facet, bytes, size, NULL, 0, 0, facet_postage(facet), SERAI_SLOT_NONE);
}

/* It may do all that this one may. */
static int64_t child(const char *what, int32_t size)
{
    const int32_t gifts[] = {spawner, timer};

    return spawn(spawner, code_id, what, size, gifts, timer == SERAI_SLOT_NONE ? 1 : 2, 0, 2000000);
}

/* ---- memory ---- */

static size_t first_page, filled;

static void grow(void)
{
    first_page = __builtin_wasm_memory_size(0);
    (void)__builtin_wasm_memory_grow(0, (size_t)number("mib", 15) * 16);
}

/* A MiB a turn; each page gets one byte. */
static void fill(void)
{
    size_t size = __builtin_wasm_memory_size(0) * BIG;
    size_t at = first_page * BIG + filled * MIB;

    for (size_t page = 0; page < MIB / PAGE && at + page * PAGE < size; page++)
        *(volatile uint8_t *)(at + page * PAGE) = 1;
    filled++;
}

/* ---- things that come and go ---- */

static void marks(void)
{
    (void)self_mark(SERAI_SLOT_SELF, 1);
    (void)self_mark(SERAI_SLOT_SELF, 0);
}

static void heap(void)
{
    if (heap_add(SERAI_SLOT_HEAP, facet, bytes) >= 0)
        (void)cap_drop((int32_t)heap_take(SERAI_SLOT_HEAP, bytes));
}

static void buffers(void)
{
    (void)buffer_sell(SERAI_SLOT_BUFFERS, (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, 1));
}

static void facets(void)
{
    (void)self_revoke(SERAI_SLOT_SELF, (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0));
}

static void lines(void)
{
    (void)log_append(SERAI_SLOT_LOG, bytes, 0);
}

static void messages(void)
{
    (void)send_self(0);
}

static void many(void (*one)(void))
{
    for (int64_t i = 0; i < n; i++)
        one();
}

/* ---- what waits ---- */

static void wakes(void)
{
    for (int64_t i = 0; i < n && timer_wake(timer, 0, 1) >= 0; i++)
        continue;
}

static void rooms(void)
{
    for (int64_t i = 0; i < n && channel_room(end) >= 0; i++)
        continue;
}

static void births(void)
{
    if (n > 0) { /* the events come first: none that it causes later stands */
        many(messages);
        n = 0;
        return;
    }
    for (;;) {
        int64_t slot = child("do=idle", 7);

        if (slot < 0)
            __builtin_trap();
        (void)cap_drop((int32_t)slot);
    }
}

static void crowd(void)
{
    for (int32_t i = 0; i < 4 * STEP && n > 0; i++, n--) {
        int64_t slot = child("do=loop n=20000", 15);

        if (slot < 0)
            return;
        (void)cap_drop((int32_t)slot);
    }
}

/* ---- what lasts ---- */

/* This module with one more custom section: never the same twice. */
static void put_code(void)
{
    static uint8_t module[CODE_ROOM];
    static uint64_t serial;
    int32_t size = (int32_t)self_code(SERAI_SLOT_SELF, module, CODE_ROOM - 16, 0);
    int64_t seed = self_balance(SERAI_SLOT_SELF);
    uint8_t id[SERAI_CODE_ID_BYTES];

    if (size < 0)
        return;
    module[size] = 0; /* a custom section of 13 bytes: a name of 4, and 8 */
    module[size + 1] = 13;
    module[size + 2] = 4;
    memcpy(module + size + 3, "hog!", 4);
    serial++;
    seed ^= (int64_t)(serial << 48);
    memcpy(module + size + 7, &seed, sizeof seed);
    (void)code_put(SERAI_SLOT_CODE, module, size + 15, id);
}

static void hold_facets(int32_t step)
{
    for (int32_t i = 0; i < step; i++) {
        int64_t slot = self_facet(SERAI_SLOT_SELF, 1, 0);

        if (slot < 0)
            return;
        (void)heap_add(SERAI_SLOT_HEAP, (int32_t)slot, bytes);
        (void)cap_drop((int32_t)slot);
    }
}

static void hold_ends(void)
{
    int64_t interfaces = channel_count(SERAI_SLOT_CHANNELS);

    for (int32_t i = 0; i < interfaces; i++)
        (void)channel_buy(SERAI_SLOT_CHANNELS, i, 20000000, 1000000);
    if (end != SERAI_SLOT_NONE)
        (void)channel_arm(end, 100, BIG);
}

static void hoard(void)
{
    int64_t slot;

    for (int32_t i = 0; i < STEP; i++) {
        (void)timer_wake(timer, INT64_C(1) << 60, 1);
        (void)send_self(i == 0 ? 6000 : 0);
        (void)facet_send(facet, NULL, 0, NULL, 0, 0, facet_postage(facet), facet);
    }
    hold_facets(STEP);
    slot = buffer_buy(SERAI_SLOT_BUFFERS, 20000);
    (void)buffer_write((int32_t)slot, 0, bytes, 20000);
    (void)self_mark(SERAI_SLOT_SELF, 1);
    (void)__builtin_wasm_memory_grow(0, 1);
    slot = child("do=hoard turns=40", 17);
    if (slot >= 0)
        (void)cap_drop((int32_t)slot);
    put_code();
    hold_ends();
}

/* ---- shops ---- */

static int32_t shop, answer_here;

static void ask(void)
{
    int64_t price = serai_arg_money("price", args, args_size, 100000);

    if (n-- > 0)
        (void)facet_send(shop, "a b", 3, NULL, 0, price, facet_postage(shop), answer_here);
}

/* Facets that it drops at once, or its own table is full first. */
static void fill_slots(void)
{
    for (; n > 0; n--) {
        int32_t caps[8];

        for (int32_t i = 0; i < 8; i++)
            caps[i] = (int32_t)self_facet(SERAI_SLOT_SELF, (uint64_t)(8 * n + i), 0);
        (void)facet_send(shop, "x", 1, caps, 8, 0, facet_postage(shop), SERAI_SLOT_NONE);
        for (int32_t i = 0; i < 8; i++)
            (void)cap_drop(caps[i]);
    }
}

static void find_shop(void)
{
    shop = (int32_t)guest_arg_heap("number", args, args_size);
    if (does("fill")) {
        fill_slots();
        return;
    }
    answer_here = (int32_t)self_facet(SERAI_SLOT_SELF, 9,
                                      serai_arg_money("ask", args, args_size, 1000000000));
    ask();
}

/* ---- a life ---- */

static void born(void)
{
    struct serai_event event;

    args_size = (int32_t)event_read(args, sizeof args, 0);
    (void)event_info(&event);
    for (int32_t i = 0; i < event.cap_count; i++) {
        int64_t kind = cap_kind(event.caps[i]);

        spawner = kind == SERAI_KIND_SPAWNER ? event.caps[i] : spawner;
        timer = kind == SERAI_KIND_TIMER ? event.caps[i] : timer;
    }
    n = number("n", 100);
    turns = number("turns", 0);
    facet = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    (void)self_code_id(SERAI_SLOT_SELF, code_id);
    if (does("big"))
        grow();
    if (does("rooms"))
        (void)channel_buy(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, 2000000, 1000000);
    if (does("leech") || does("fill"))
        find_shop();
}

static void work(void)
{
    struct serai_event event;

    if (does("loop"))
        for (int64_t i = 0; i < n; i++)
            rounds++;
    if (does("big") && first_page + filled * 16 < __builtin_wasm_memory_size(0))
        fill();
    if (does("marks"))
        many(marks);
    if (does("heap"))
        many(heap);
    if (does("buffers"))
        many(buffers);
    if (does("facets"))
        many(facets);
    if (does("lines"))
        many(lines);
    if (does("messages"))
        many(messages);
    for (int64_t i = 0; does("bytes") && i < n; i++)
        (void)send_self(BIG);
    if (does("wakes"))
        wakes();
    if (does("rooms"))
        rooms();
    if (does("births"))
        births();
    if (does("crowd"))
        crowd();
    if (does("hoard") || does("death"))
        hoard();
    (void)event_info(&event);
    if (event.reply != SERAI_SLOT_NONE && (does("hoard") || does("death")))
        (void)cap_keep(event.reply); /* whoever waits for it waits */
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        born();
    if (kind == SERAI_EVENT_ANSWER || kind == SERAI_EVENT_ROOM)
        end = slot;
    if (does("idle") || does("fill"))
        return;
    if (does("leech")) {
        if (kind == SERAI_EVENT_MESSAGE)
            ask();
        return;
    }
    if (turns > 0 && --turns == 0) {
        if (does("death"))
            (void)self_die(SERAI_SLOT_SELF);
        turns = 1;
        return;
    }
    (void)send_self(0); /* before the work, which may end the turn */
    work();
}
