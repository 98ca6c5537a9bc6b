/*
 * Chaos: in each turn some random orders over the whole table, with arguments that are mostly
 * sensible and often wrong; now and then it traps, grows, becomes itself, has children or dies.
 * Its dice are seeded from its arguments and stirred by what each turn sees, so that a turn that
 * was undone is not played again.
 *
 * It keeps its own alive: it buys channels, loads itself into the newborn, and sends messages to
 * whomever it knows.
 */
#include "sdk/serai.h"

enum { KNOWN = 12, SCRATCH_BYTES = 8192, NUMBERS = 24 };

static uint64_t dice;
static int32_t known[SERAI_KINDS][KNOWN];
static uint8_t scratch[SCRATCH_BYTES];
static uint8_t code_id[SERAI_CODE_ID_BYTES];
static int32_t loading = SERAI_SLOT_NONE;

static uint64_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

static uint32_t below(uint32_t bound)
{
    return (uint32_t)(roll() >> 20) % bound;
}

static bool chance(uint32_t in)
{
    return below(in) == 0;
}

static void stir(int64_t with)
{
    dice = (dice ^ (uint64_t)with) * 0x9e3779b97f4a7c15U;
    if (dice == 0)
        dice = 1;
}

/* ---- arguments ---- */

static uint64_t edgy(void)
{
    switch (below(6)) {
    case 0:
        return 0;
    case 1:
        return below(300);
    case 2:
        return UINT64_C(1) << below(64);
    case 3:
        return (UINT64_C(1) << below(64)) - 1;
    case 4:
        return 0 - (uint64_t)below(300);
    default:
        return roll();
    }
}

static int32_t of(int32_t kind)
{
    if (chance(12))
        return (int32_t)edgy();
    if (chance(12))
        return (int32_t)below(40);
    return known[kind][below(KNOWN)];
}

static void learn(int64_t slot)
{
    int64_t kind;

    if (slot < 0)
        return;
    kind = cap_kind((int32_t)slot);
    if (kind > 0 && kind < SERAI_KINDS)
        known[kind][below(KNOWN)] = (int32_t)slot;
}

static void *place(void)
{
    if (chance(14))
        return (void *)(uintptr_t)edgy();
    return scratch + below(SCRATCH_BYTES - 2048);
}

static int32_t amount_of_bytes(void)
{
    if (chance(14))
        return (int32_t)edgy();
    return (int32_t)below(chance(8) ? 2048 : 200);
}

static int64_t some_money(void)
{
    if (chance(14))
        return (int64_t)edgy();
    if (chance(4))
        return 0;
    return (int64_t)below(chance(10) ? 2000000 : 3000);
}

/* Numbers of the heap that all of them know. */
static void *heap_number(void)
{
    uint8_t *number = scratch + SCRATCH_BYTES - 64;

    if (chance(14))
        return place();
    memset(number, 7, SERAI_HEAP_NUMBER_BYTES);
    number[0] = (uint8_t)below(NUMBERS);
    return number;
}

/* Slots of caps to hand on, and how many. */
static const int32_t *some_caps(int32_t *count)
{
    static const int32_t kinds[] = {SERAI_KIND_FACET,  SERAI_KIND_FACET, SERAI_KIND_FACET,
                                    SERAI_KIND_TIMER,  SERAI_KIND_CLOCK, SERAI_KIND_RANDOM,
                                    SERAI_KIND_SPAWNER};
    int32_t *caps = (int32_t *)(void *)(scratch + SCRATCH_BYTES - 128);

    *count = chance(2) ? 0 : (int32_t)below(4);
    if (chance(20))
        *count = (int32_t)edgy();
    for (uint32_t i = 0; i < 8; i++)
        caps[i] = known[chance(10) ? (int32_t)below(SERAI_KINDS) : kinds[below(7)]][below(KNOWN)];
    return chance(20) ? place() : caps;
}

static const void *some_code(void)
{
    if (chance(6))
        return place();
    (void)self_code_id(SERAI_SLOT_SELF, code_id);
    return code_id;
}

/* A code of its own, and the size of a reason for it. */
static int32_t some_failure(void)
{
    return chance(8) ? (int32_t)edgy() : SERAI_FAIL_CODE_MIN + (int32_t)below(100);
}

static int32_t some_reason(void)
{
    return chance(8) ? (int32_t)edgy() : (int32_t)below(SERAI_REASON_BYTES_MAX + 1);
}

/* ---- longer things ---- */

/* Any way out of this site, or back into it. */
static int32_t some_interface(void)
{
    return (int32_t)below((uint32_t)channel_count(SERAI_SLOT_CHANNELS));
}

/* Buy a channel, to load this code into the newborn when the answer comes. */
static void breed(void)
{
    loading = (int32_t)channel_buy(SERAI_SLOT_CHANNELS, some_interface(),
                                   (int64_t)(500000 + below(6000000)), (int64_t)below(600000));
    learn(loading);
}

static void load(int32_t end)
{
    uint64_t seed = roll();

    scratch[0] = SERAI_LOAD_USE;
    (void)self_code_id(SERAI_SLOT_SELF, scratch + 1);
    memcpy(scratch + 1 + SERAI_CODE_ID_BYTES, &seed, sizeof seed);
    (void)channel_send(end, scratch, 1 + SERAI_CODE_ID_BYTES + (int32_t)sizeof seed,
                       (int64_t)below(1000));
    loading = SERAI_SLOT_NONE;
}

/* Children with all, or without some of it; on a leash half of the time. */
static int32_t some_flags(void)
{
    int32_t flags = chance(2) ? SERAI_SPAWN_LEASH : 0;

    if (chance(30))
        return (int32_t)edgy();
    if (chance(4))
        flags |= 1 << (SERAI_SLOT_BUFFERS + (int32_t)below(5));
    if (chance(4))
        flags |= SERAI_SPAWN_NO_NUMBERS;
    if (chance(4))
        flags |= SERAI_SPAWN_ESTATE;
    return flags;
}

static void have_child(void)
{
    uint64_t seed = roll();
    int64_t facet;
    int32_t count;
    const int32_t *caps = some_caps(&count);
    const void *code = some_code();

    memcpy(scratch, &seed, sizeof seed);
    facet = spawn(of(SERAI_KIND_SPAWNER), code, chance(10) ? place() : scratch,
                  chance(10) ? amount_of_bytes() : (int32_t)sizeof seed, caps, count, some_flags(),
                  chance(8) ? some_money() : (int64_t)(400000 + below(4000000)));
    learn(facet);
    /* Few children have one, so it takes half of the places. */
    for (uint32_t i = 0; facet >= 0 && i < KNOWN; i++) {
        if (chance(2) && cap_kind((int32_t)facet + 1) == SERAI_KIND_LEASH)
            known[SERAI_KIND_LEASH][i] = (int32_t)facet + 1;
    }
}

static void become_again(void)
{
    uint64_t seed = roll();

    memcpy(scratch, &seed, sizeof seed);
    if (chance(2))
        (void)self_upgrade(SERAI_SLOT_SELF, some_code(), chance(4) ? place() : scratch,
                           chance(4) ? amount_of_bytes() : (int32_t)sizeof seed,
                           chance(10) ? (int32_t)edgy() : SERAI_UPGRADE_TRY);
    else if (chance(3))
        (void)self_become(SERAI_SLOT_SELF, some_code(), place(), amount_of_bytes());
    else
        (void)self_become(SERAI_SLOT_SELF, some_code(), scratch, (int32_t)sizeof seed);
}

/* The code of this agent, read in pieces, is put into the store under its name. */
static void put_code(void)
{
    static uint8_t module[65536];
    int64_t size = self_code(SERAI_SLOT_SELF, module, sizeof module, 0);

    if (chance(3) || size <= 0) {
        (void)code_put(of(SERAI_KIND_CODE), place(), amount_of_bytes(), place());
        return;
    }
    if (chance(4))
        module[below((uint32_t)size)] ^= 0x40;
    (void)code_put(of(SERAI_KIND_CODE), module, (int32_t)size,
                   chance(8) ? place() : (void *)code_id);
}

static void flood(int32_t facet)
{
    int64_t postage = facet_postage(facet);
    uint32_t count = 30 + below(300);

    while (count-- > 0 && facet_send(facet, scratch, 1, NULL, 0, 0, postage, -1) >= 0)
        ;
}

static void talk(void)
{
    int32_t facet = of(SERAI_KIND_FACET);
    int64_t postage = facet_postage(facet);
    int32_t count;
    const int32_t *caps = some_caps(&count);

    if (chance(8))
        postage = some_money();
    (void)facet_send(facet, place(), amount_of_bytes(), caps, count, some_money(), postage,
                     chance(2) ? of(SERAI_KIND_FACET) : SERAI_SLOT_NONE);
}

/* A question for a promise; now and then more is sent to that at once, and it is let go. */
static void ask(void)
{
    int32_t facet = of(SERAI_KIND_FACET);
    int64_t postage = facet_postage(facet);
    int32_t count;
    const int32_t *caps = some_caps(&count);
    int64_t promise = facet_ask(facet, place(), amount_of_bytes(), caps, count, some_money(),
                                chance(8) ? some_money() : postage,
                                chance(3) ? of(SERAI_KIND_FACET) : SERAI_SLOT_NONE);

    learn(promise);
    if (promise < 0 || chance(2))
        return;
    for (uint32_t more = below(12); more > 0; more--)
        (void)facet_send((int32_t)promise, scratch, 5, NULL, 0, (int64_t)below(50),
                         facet_postage((int32_t)promise),
                         chance(3) ? known[SERAI_KIND_FACET][0] : SERAI_SLOT_NONE);
    if (chance(4))
        learn(facet_ask((int32_t)promise, scratch, 6, NULL, 0, 0, facet_postage((int32_t)promise),
                        SERAI_SLOT_NONE));
    if (chance(4))
        (void)cap_drop((int32_t)promise);
}

__attribute__((noinline)) static void promise_orders(void)
{
    switch (below(6)) {
    case 3:
        for (uint32_t tries = 0; tries < 3; tries++) /* replies that were kept are few */
            (void)reply_pipe(of(SERAI_KIND_FACET), of(SERAI_KIND_FACET));
        break;
    case 0:
        (void)facet_when(of(SERAI_KIND_FACET),
                         chance(3) ? of(SERAI_KIND_FACET) : known[SERAI_KIND_FACET][0]);
        break;
    case 1:
        stir(facet_state(of(SERAI_KIND_FACET)));
        break;
    case 2:
        learn(self_facet_of(of(SERAI_KIND_SELF), below(4), chance(4) ? some_money() : 0,
                            chance(12) ? (int32_t)edgy() : (int32_t)below(2)));
        break;
    default:
        ask();
        break;
    }
}

__attribute__((noinline)) static int32_t divide(int32_t a, volatile int32_t *b)
{
    return a / *b;
}

static void misbehave(void)
{
    static volatile int32_t zero;

    switch (below(5)) {
    case 0:
        __builtin_trap();
    case 1:
        scratch[0] = (uint8_t)divide(7, &zero);
        break;
    case 2:
        *(volatile uint8_t *)(uintptr_t)(0x70000000U + below(1000)) = 1;
        break;
    case 3: /* for ever, rarely: it costs time */
        for (; chance(4);) {
            for (;;)
                zero = 0;
        }
        break;
    default:
        (void)memset(scratch, (int)below(256), sizeof scratch);
        __builtin_trap();
    }
}

/* ---- one order ---- */

static void self_orders(uint32_t which)
{
    switch (which) {
    case 0:
        (void)event_info(place());
        break;
    case 1:
        (void)event_read(place(), amount_of_bytes(), chance(3) ? 0 : amount_of_bytes());
        break;
    case 2:
        (void)self_balance(SERAI_SLOT_SELF);
        break;
    case 3:
        learn(self_facet(of(SERAI_KIND_SELF), roll(), some_money()));
        break;
    case 4:
        if (chance(3))
            (void)self_revoke(SERAI_SLOT_SELF, of(SERAI_KIND_FACET));
        break;
    case 5:
        (void)self_mark(SERAI_SLOT_SELF, chance(3) ? 0 : (int64_t)below(60000000));
        (void)self_mark(of(SERAI_KIND_SELF), some_money());
        if (chance(6))
            (void)self_leaving(of(SERAI_KIND_SELF), roll());
        break;
    case 6:
        (void)self_code(SERAI_SLOT_SELF, place(), amount_of_bytes(), amount_of_bytes());
        break;
    case 7:
        (void)self_code_id(SERAI_SLOT_SELF, place());
        break;
    case 8:
        if (chance(6))
            become_again();
        break;
    case 9:
        if (chance(25))
            (void)self_die(SERAI_SLOT_SELF);
        break;
    case 10:
        (void)cap_kind((int32_t)edgy());
        break;
    case 11:
        (void)cap_keep(of((int32_t)below(SERAI_KINDS)));
        break;
    case 12:
        (void)self_badge(SERAI_SLOT_SELF,
                         of(chance(3) ? (int32_t)below(SERAI_KINDS) : SERAI_KIND_FACET), place());
        if (chance(20))
            (void)self_fail(SERAI_SLOT_SELF, some_failure(), place(), some_reason());
        break;
    case 13:
        stir(cap_same(of((int32_t)below(SERAI_KINDS)), of((int32_t)below(SERAI_KINDS))));
        break;
    default:
        if (chance(3))
            (void)cap_drop(of((int32_t)below(SERAI_KINDS)));
        break;
    }
}

static void thing_orders(uint32_t which)
{
    switch (which) {
    case 0:
        talk();
        break;
    case 1:
        (void)facet_postage(of(SERAI_KIND_FACET));
        break;
    case 2:
        (void)facet_fund(of(SERAI_KIND_FACET), some_money());
        break;
    case 3:
        learn(buffer_buy(of(SERAI_KIND_BUFFER_POOL),
                         chance(6) ? (int32_t)edgy() : (int32_t)below(20000)));
        break;
    case 4:
        (void)buffer_sell(SERAI_SLOT_BUFFERS, of(SERAI_KIND_BUFFER));
        break;
    case 5:
        (void)buffer_terms(of(SERAI_KIND_BUFFER_POOL));
        break;
    case 6:
        (void)buffer_size(of(SERAI_KIND_BUFFER));
        break;
    case 7:
        (void)buffer_read(of(SERAI_KIND_BUFFER), amount_of_bytes(), place(), amount_of_bytes());
        break;
    case 8:
        (void)buffer_write(of(SERAI_KIND_BUFFER), amount_of_bytes(), place(), amount_of_bytes());
        break;
    case 9:
        learn(buffer_share(of(SERAI_KIND_BUFFER), chance(8) ? (int32_t)edgy() : (int32_t)below(5)));
        break;
    case 10:
        (void)channel_count(of(SERAI_KIND_CHANNEL_POOL));
        (void)channel_quote(of(SERAI_KIND_CHANNEL_POOL), chance(4) ? (int32_t)edgy() : 1,
                            (int64_t)edgy());
        break;
    default:
        (void)channel_describe(SERAI_SLOT_CHANNELS, chance(4) ? (int32_t)edgy() : 0, place(),
                               amount_of_bytes());
        break;
    }
}

static void channel_orders(uint32_t which)
{
    switch (which) {
    case 0:
        if (chance(3))
            breed();
        else
            learn(channel_buy(SERAI_SLOT_CHANNELS, chance(8) ? (int32_t)edgy() : some_interface(),
                              some_money(), some_money()));
        break;
    case 1:
        if (chance(3))
            (void)channel_sell(SERAI_SLOT_CHANNELS, of(SERAI_KIND_CHANNEL));
        break;
    case 2:
        (void)channel_send(of(SERAI_KIND_CHANNEL), place(), amount_of_bytes(), some_money());
        break;
    case 3:
        /* Two capabilities have to be right, so one try in hundreds is done. */
        for (uint32_t tries = 0; tries < 4; tries++)
            (void)channel_send_buffer(of(SERAI_KIND_CHANNEL), of(SERAI_KIND_BUFFER),
                                      amount_of_bytes(), amount_of_bytes(), some_money());
        break;
    case 4:
        (void)channel_arm(of(SERAI_KIND_CHANNEL), chance(8) ? (int32_t)edgy() : (int32_t)below(20),
                          chance(8) ? (int32_t)edgy() : (int32_t)below(20000));
        break;
    case 5:
        (void)channel_room(of(SERAI_KIND_CHANNEL));
        break;
    case 6:
        (void)channel_credit(of(SERAI_KIND_CHANNEL));
        (void)channel_terms(SERAI_SLOT_CHANNELS, chance(8) ? (int32_t)edgy() : some_interface(),
                            (int32_t)below(3), chance(8) ? (int32_t)edgy() : (int32_t)below(9));
        break;
    case 7:
        (void)channel_peer(SERAI_SLOT_CHANNELS, chance(8) ? (int32_t)edgy() : some_interface(),
                           place());
        (void)channel_priority(of(SERAI_KIND_CHANNEL),
                               chance(8) ? (int32_t)edgy() : (int32_t)below(9));
        break;
    case 8:
        for (uint32_t tries = 0; tries < 4; tries++) /* for the same reason */
            (void)channel_arm_into(of(SERAI_KIND_CHANNEL), of(SERAI_KIND_BUFFER),
                                   chance(8) ? (int32_t)edgy() : (int32_t)below(5000),
                                   chance(8) ? (int32_t)edgy() : (int32_t)below(3000),
                                   chance(8) ? (int32_t)edgy() : (int32_t)below(5));
        break;
    default:
        if (chance(5))
            (void)channel_close(of(SERAI_KIND_CHANNEL));
        break;
    }
}

static void store_orders(uint32_t which)
{
    switch (which) {
    case 0:
        if (chance(4))
            (void)heap_add(SERAI_SLOT_HEAP, of(SERAI_KIND_FACET), place());
        break;
    case 1:
        (void)heap_add_at(of(SERAI_KIND_HEAP), of(chance(4) ? SERAI_KIND_BUFFER : SERAI_KIND_FACET),
                          heap_number());
        break;
    case 2:
        learn(heap_get(of(SERAI_KIND_HEAP), heap_number()));
        break;
    case 3:
        learn(heap_take(SERAI_SLOT_HEAP, heap_number()));
        break;
    case 4:
        put_code();
        break;
    case 5:
        (void)code_kept(SERAI_SLOT_CODE, (int32_t)below(5), chance(3) ? place() : (void *)code_id);
        break;
    case 6:
        (void)code_drop(SERAI_SLOT_CODE, some_code());
        break;
    case 7:
        (void)log_append(of(SERAI_KIND_LOG), place(), amount_of_bytes());
        break;
    case 8:
        have_child();
        break;
    case 9:
        (void)timer_wake(
            of(SERAI_KIND_TIMER),
            chance(8) ? (int64_t)edgy() : clock_now(of(SERAI_KIND_CLOCK)) + below(3000000), roll());
        break;
    case 10:
        stir(clock_now(of(SERAI_KIND_CLOCK)));
        break;
    default:
        (void)random_bytes(of(SERAI_KIND_RANDOM), place(), amount_of_bytes());
        break;
    }
}

static void leash_orders(uint32_t which)
{
    static struct serai_leash info;
    int32_t leash = of(SERAI_KIND_LEASH);

    switch (which) {
    case 0:
        (void)leash_info(leash, chance(8) ? place() : &info);
        break;
    case 1:
        (void)leash_stop(leash, chance(8) ? (int32_t)edgy() : (int32_t)below(2));
        break;
    case 2:
        (void)leash_take(leash, some_money());
        break;
    case 3:
        if (chance(2))
            (void)leash_end(leash);
        break;
    default:
        for (uint32_t tries = 0; tries < 4; tries++) /* of the facets few are its own */
            (void)leash_watch(leash, of(SERAI_KIND_FACET));
        break;
    }
}

static void one_order(void)
{
    switch (below(7)) {
    case 4:
        leash_orders(below(5));
        break;
    case 5:
        promise_orders();
        break;
    case 0:
        self_orders(below(15));
        break;
    case 1:
        thing_orders(below(12));
        break;
    case 2:
        channel_orders(below(10));
        break;
    case 3:
        store_orders(below(12));
        break;
    default:
        talk();
        break;
    }
}

/* ---- turns ---- */

static void be_born(int32_t size)
{
    for (int32_t slot = 0; slot < 16; slot++) {
        int64_t of_slot = cap_kind(slot);

        for (int32_t i = 0; i < KNOWN && of_slot > 0; i++)
            known[of_slot][i] = slot;
    }
    if (size >= (int32_t)sizeof dice)
        (void)event_read(&dice, sizeof dice, 0);
    for (int32_t i = 0; i < 3; i++)
        learn(self_facet(SERAI_SLOT_SELF, (uint64_t)i, 0));
}

/* Whether the question is piped now, and kept. */
__attribute__((noinline)) static bool pipe_question(int32_t reply)
{
    int32_t other = of(SERAI_KIND_FACET);

    int32_t pipe = chance(8) ? SERAI_SLOT_NONE : chance(4) ? other : known[SERAI_KIND_FACET][0];

    return reply_pipe(chance(8) ? other : reply, pipe) > 0 && !chance(4) && cap_keep(reply) >= 0;
}

/* Mostly answered; else kept, handed on in either way, put where it cannot be, dropped, taken
 * along, passed over in silence.  What is sent to its promise meanwhile comes here now and then. */
static void take_question(int32_t reply, bool promised)
{
    int32_t to = of(SERAI_KIND_FACET);

    if ((promised ? chance(2) : chance(30)) && pipe_question(reply))
        return;
    switch (below(14)) {
    case 0:
        (void)facet_send(to, scratch, 3, NULL, 0, (int64_t)below(3000), facet_postage(to), reply);
        break;
    case 8:
        if (chance(2))
            (void)reply_break(chance(4) ? to : reply, some_failure(), place(), some_reason());
        else
            (void)reply_return(chance(4) ? to : reply, some_failure(), place(), some_reason(),
                               (int64_t)below(3000));
        break;
    case 1:
        (void)facet_send(to, scratch, 3, &reply, 1, (int64_t)below(3000), facet_postage(to),
                         chance(3) ? reply : known[SERAI_KIND_FACET][0]);
        break;
    case 2:
        (void)cap_drop(reply);
        break;
    case 3:
        (void)heap_add_at(SERAI_SLOT_HEAP, reply, heap_number());
        break;
    case 4:
        (void)facet_send(reply, scratch, 3, &reply, 1, 0, facet_postage(reply), SERAI_SLOT_NONE);
        break;
    case 5:
        if (chance(4))
            (void)self_die(SERAI_SLOT_SELF);
        break;
    case 6:
        (void)cap_keep(reply);
        break;
    case 7:
        break;
    case 9:
    case 10: /* with a capability, which may be a promise: what asked for one goes on to that */
        (void)facet_send(reply, scratch, 3, &to, 1, (int64_t)below(100), facet_postage(reply),
                         SERAI_SLOT_NONE);
        break;
    default:
        (void)facet_send(reply, scratch, 3, NULL, 0, (int64_t)below(100), facet_postage(reply),
                         SERAI_SLOT_NONE);
    }
}

/* Many slots, more than the first that all tables have room for. */
static void fill_table(void)
{
    for (int i = 0; i < 1500 && self_facet(SERAI_SLOT_SELF, 3, 0) >= 0; i++)
        ;
}

static void take_event(int32_t kind, int32_t size)
{
    struct serai_event event;

    if (event_info(&event) < 0)
        return;
    stir(event.money + (int64_t)event.badge + event.slot);
    for (int32_t i = 0; i < event.cap_count && i < 8; i++) {
        learn(event.caps[i]);
        if (chance(2))
            (void)cap_keep(event.caps[i]);
    }
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME)
        be_born(size);
    if (event.slot >= 0)
        learn(event.slot);
    if (kind == SERAI_EVENT_ANSWER && event.slot == loading && event.status == 0)
        load(event.slot);
    if (event.reply >= 0) {
        known[SERAI_KIND_FACET][below(KNOWN)] = event.reply;
        take_question(event.reply, event.status == 1);
    }
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    uint32_t orders;

    (void)slot;
    stir(kind);
    stir(self_balance(SERAI_SLOT_SELF));
    take_event(kind, size);
    orders = 2 + below(10);
    while (orders-- > 0)
        one_order();
    if (chance(2000))
        fill_table();
    if (chance(300))
        flood(of(SERAI_KIND_FACET));
    if (chance(40) && __builtin_wasm_memory_grow(0, 1 + below(2)) != SIZE_MAX)
        ((volatile uint8_t *)(__builtin_wasm_memory_size(0) * 65536))[-1] = 1;
    if (chance(3)) /* so that there is always somebody with something to do */
        (void)timer_wake(known[SERAI_KIND_TIMER][0],
                         clock_now(known[SERAI_KIND_CLOCK][0]) + below(200000), dice);
    if (chance(10))
        misbehave();
}
