/*
 * Every order of the table with every argument wild, one at a time and all at once, on a whole
 * core: each answers, writes nothing but the bytes it was asked to write, and leaves books that
 * add up.  probe.c checks beside it that a refusal changes nothing but the fee.
 */
#include <string.h>

#include "agents/imports.h"
#include "tests/site/core/puppet.h"

enum { ALICE = 1, BAD = ENGINE_ARGS_MAX, AT_LARGE = 16384, LINE = 64 };

static const uint64_t DOLLAR = 1000000000;

/* Stand-ins for what an agent has: replaced by the slot or the place when an order is given. */
enum { FACET = 1000001, OTHER, BUFFER, END, SPAWNER, TIMER, CLOCK, RANDOM, LEASH };

/* An order's arguments when all is well, and what it writes: -1 nothing. */
struct shape {
    int64_t good[ENGINE_ARGS_MAX];
    int8_t to;      /* the argument that says where */
    int8_t size_at; /* the argument that says how much at most; -1: */
    int32_t size;   /* so much */
};
#define NOTHING -1, -1, 0
static const struct shape shapes[SERAI_ORDER_COUNT] = {
    [SERAI_ORDER_event_info] = {{AT_DATA}, 0, -1, sizeof(struct serai_event)},
    [SERAI_ORDER_event_read] = {{AT_DATA, 2, 0}, 0, 1, 0},
    [SERAI_ORDER_self_balance] = {{0}, NOTHING},
    [SERAI_ORDER_self_facet] = {{0, 5, 100}, NOTHING},
    [SERAI_ORDER_self_revoke] = {{0, FACET}, NOTHING},
    [SERAI_ORDER_self_mark] = {{0, 1000}, NOTHING},
    [SERAI_ORDER_self_leaving] = {{0, 5}, NOTHING},
    [SERAI_ORDER_self_code] = {{0, AT_DATA, LINE, 0}, 1, 2, 0},
    [SERAI_ORDER_self_code_id] = {{0, AT_DATA}, 1, -1, 32},
    [SERAI_ORDER_self_become] = {{0, AT_ID, AT_DATA, LINE}, NOTHING},
    [SERAI_ORDER_self_upgrade] = {{0, AT_ID, AT_DATA, LINE, 1}, NOTHING},
    [SERAI_ORDER_self_die] = {{0}, NOTHING},
    [SERAI_ORDER_cap_kind] = {{BUFFER}, NOTHING},
    [SERAI_ORDER_cap_drop] = {{FACET}, NOTHING},
    [SERAI_ORDER_facet_send] = {{OTHER, AT_DATA, LINE, AT_CAPS, 1, 10, 100000, -1}, NOTHING},
    [SERAI_ORDER_facet_postage] = {{OTHER}, NOTHING},
    [SERAI_ORDER_facet_fund] = {{OTHER, 10}, NOTHING},
    [SERAI_ORDER_buffer_buy] = {{2, 4096}, NOTHING},
    [SERAI_ORDER_buffer_sell] = {{2, BUFFER}, NOTHING},
    [SERAI_ORDER_buffer_terms] = {{2}, NOTHING},
    [SERAI_ORDER_buffer_size] = {{BUFFER}, NOTHING},
    [SERAI_ORDER_buffer_read] = {{BUFFER, 8, AT_DATA, LINE}, 2, 3, 0},
    [SERAI_ORDER_buffer_write] = {{BUFFER, 8, AT_DATA, LINE}, NOTHING},
    [SERAI_ORDER_buffer_share] = {{BUFFER, 1}, NOTHING},
    [SERAI_ORDER_channel_count] = {{3}, NOTHING},
    [SERAI_ORDER_channel_describe] = {{3, 0, AT_DATA, LINE}, 2, 3, 0},
    [SERAI_ORDER_channel_buy] = {{3, 0, 20000000, 10000000}, NOTHING},
    [SERAI_ORDER_channel_sell] = {{3, END}, NOTHING},
    [SERAI_ORDER_channel_send] = {{END, AT_DATA, LINE, 10}, NOTHING},
    [SERAI_ORDER_channel_send_buffer] = {{END, BUFFER, 8, LINE, 10}, NOTHING},
    [SERAI_ORDER_channel_arm] = {{END, 1, 100}, NOTHING},
    [SERAI_ORDER_channel_room] = {{END}, NOTHING},
    [SERAI_ORDER_channel_credit] = {{END}, NOTHING},
    [SERAI_ORDER_channel_close] = {{END}, NOTHING},
    [SERAI_ORDER_heap_add] = {{4, FACET, AT_DATA}, 2, -1, SERAI_HEAP_NUMBER_BYTES},
    [SERAI_ORDER_heap_add_at] = {{4, FACET, AT_DATA}, NOTHING},
    [SERAI_ORDER_heap_get] = {{4, AT_NUMBER}, NOTHING},
    [SERAI_ORDER_heap_take] = {{4, AT_NUMBER}, NOTHING},
    [SERAI_ORDER_code_put] = {{5, AT_LARGE, LINE, AT_DATA}, 3, -1, 32},
    [SERAI_ORDER_code_kept] = {{5, 0, AT_DATA}, 2, -1, 32},
    [SERAI_ORDER_code_drop] = {{5, AT_ID}, NOTHING},
    [SERAI_ORDER_log_append] = {{6, AT_DATA, LINE}, NOTHING},
    [SERAI_ORDER_spawn] = {{SPAWNER, AT_ID, AT_DATA, LINE, AT_CAPS, 1, 0, 10000000}, NOTHING},
    [SERAI_ORDER_timer_wake] = {{TIMER, 1000000, 3}, NOTHING},
    [SERAI_ORDER_clock_now] = {{CLOCK}, NOTHING},
    [SERAI_ORDER_random_bytes] = {{RANDOM, AT_DATA, 16}, 1, 2, 0},
    [SERAI_ORDER_cap_keep] = {{FACET}, NOTHING},
    [SERAI_ORDER_cap_same] = {{FACET, OTHER}, NOTHING},
    [SERAI_ORDER_channel_quote] = {{3, 0, 1000}, NOTHING},
    [SERAI_ORDER_channel_priority] = {{END, 3}, NOTHING},
    [SERAI_ORDER_channel_terms] = {{3, 0, 1, 7}, NOTHING},
    [SERAI_ORDER_self_facet_of] = {{0, 6, 100, 1}, NOTHING},
    [SERAI_ORDER_facet_ask] = {{OTHER, AT_DATA, LINE, AT_CAPS, 1, 10, 100000, FACET}, NOTHING},
    [SERAI_ORDER_facet_when] = {{OTHER, FACET}, NOTHING},
    [SERAI_ORDER_facet_state] = {{OTHER}, NOTHING},
    [SERAI_ORDER_channel_arm_into] = {{END, BUFFER, 0, 100, 2}, NOTHING},
    [SERAI_ORDER_self_badge] = {{0, FACET, AT_DATA}, 2, -1, 8},
    [SERAI_ORDER_self_fail] = {{0, SERAI_FAIL_CODE_MIN, AT_DATA, LINE}, NOTHING},
    [SERAI_ORDER_channel_peer] = {{3, 0, AT_DATA}, 2, -1, SERAI_SITE_KEY_BYTES},
    [SERAI_ORDER_leash_info] = {{LEASH, AT_DATA}, 1, -1, sizeof(struct serai_leash)},
    [SERAI_ORDER_leash_stop] = {{LEASH, 1}, NOTHING},
    [SERAI_ORDER_leash_take] = {{LEASH, 10}, NOTHING},
    [SERAI_ORDER_leash_end] = {{LEASH}, NOTHING},
    [SERAI_ORDER_leash_watch] = {{LEASH, FACET}, NOTHING},
    /* No reply is at hand for it: tests/site/core/test_failures.c breaks some. */
    [SERAI_ORDER_reply_break] = {{OTHER, SERAI_FAIL_CODE_MIN, AT_DATA, LINE}, NOTHING},
    [SERAI_ORDER_reply_pipe] = {{OTHER, FACET}, NOTHING}, /* and test_pipes.c pipes some */
    [SERAI_ORDER_reply_return] = {{OTHER, SERAI_FAIL_CODE_MIN, AT_DATA, LINE, 10}, NOTHING},
};

/* What an agent has for its orders to be good. */
struct things {
    int64_t slots[LEASH - FACET + 1];
    uint8_t number[SERAI_HEAP_NUMBER_BYTES]; /* of a facet of somebody else */
};

static struct site site;

static void setup(void)
{
    site_open(&site, 1, 100000 * DOLLAR);
    site_customer(&site, ALICE, "alice", 50000 * DOLLAR);
}

static void teardown(void)
{
    probe_play_none();
    site_close(&site);
}

/* ---- a well-furnished agent ---- */

static void put_slot(struct things *things, int64_t thing, int64_t slot)
{
    things->slots[thing - FACET] = slot;
}

static int64_t slot_of(const struct things *things, int64_t thing)
{
    return things->slots[thing - FACET];
}

static enum engine_outcome furnish(void *context, struct part *part)
{
    struct things *things = context;

    put_slot(things, FACET, part_order(part, self_facet, 0, 1, 0));
    put_slot(things, OTHER, part_fetch(part, things->number));
    put_slot(things, BUFFER, part_order(part, buffer_buy, 2, 65536));
    put_slot(things, END, part_order(part, channel_buy, 3, 0, 20000000, 10000000));
    for (int64_t thing = FACET; thing <= END; thing++)
        ck_assert_int_ge(slot_of(things, thing), 0);
    for (int64_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOT_FIRST_FREE + 12; slot++) {
        int64_t kind = part_order(part, cap_kind, slot);

        if (kind >= SERAI_KIND_SPAWNER && kind <= SERAI_KIND_RANDOM)
            put_slot(things, SPAWNER + kind - SERAI_KIND_SPAWNER, slot);
    }
    ck_assert_int_gt(part_order(part, code_kept, 5, 0, AT_ID), 0);
    put_slot(things, LEASH,
             1 + part_order(part, spawn, slot_of(things, SPAWNER), AT_ID, AT_DATA, 0, AT_CAPS, 0,
                            SERAI_SPAWN_LEASH, 1000000000));
    ck_assert_int_eq(part_order(part, cap_kind, slot_of(things, LEASH)), SERAI_KIND_LEASH);
    return ENGINE_DONE;
}

static uint64_t furnished(struct things *things)
{
    static char args[8];
    static int serial;
    struct deploy how = {
        .module = "spin", .args = args, .nanos = 100 * DOLLAR, .gifts = "strc", .keeps = "spin"};
    uint64_t other = puppet_new(&site, ALICE, DOLLAR, NULL);
    uint64_t agent;

    puppet_publish(&site, other, 1, 0, things->number);
    (void)snprintf(args, sizeof args, "x=%d", serial++);
    agent = site_deploy(&site, ALICE, &how);
    probe_play(agent, furnish, things);
    ck_assert(core_run(site.core, 1) > 0); /* BORN */
    probe_play(agent, puppet_hears, &(struct heard){0});
    site_settle(&site); /* the channel's ANSWER */
    return agent;
}

/* What good pointers point to: a module, its id, a number in the heap, a slot to hand on. */
static void lay_out(struct part *part, const struct things *things)
{
    memset(part_memory(part, AT_DATA, LINE), 0x5a, LINE);
    /* Neither can be had when orders before dropped the module, or the facet. */
    (void)part_order(part, code_kept, 5, 0, AT_ID);
    (void)part_order(part, heap_add, 4, slot_of(things, FACET), AT_NUMBER);
    le32_put(part_memory(part, AT_CAPS, 4), (uint32_t)slot_of(things, FACET));
}

/* ---- giving an order, and looking ---- */

static uint8_t before[ENGINE_MEMORY_PAGES_MAX * ENGINE_WASM_PAGE_BYTES];

/* Bytes [from, until) of memory are as they were. */
static void check_untouched(const struct part *part, uint32_t order, uint64_t from, uint64_t until)
{
    if (from < until)
        ck_assert_msg(memcmp(before + from, part->instance->memory + from, until - from) == 0,
                      "%s wrote outside of what it was given", probe_order_name(order));
}

static void check_cards(const struct part *part, uint64_t from, uint64_t until)
{
    for (uint64_t at = from; at < until; at++)
        if (before[at] != part->instance->memory[at])
            ck_assert_uint_eq(part->instance->cards[at / ENGINE_CARD_BYTES], 1);
}

/* Orders that are told a size answer how much there was. */
static uint64_t size_written(const struct shape *shape, const uint64_t *args, int64_t result)
{
    if (shape->size_at < 0)
        return (uint64_t)shape->size;
    return args[shape->size_at] < (uint64_t)result ? args[shape->size_at] : (uint64_t)result;
}

static bool give(struct part *part, uint32_t order, const uint64_t *args, int64_t *result)
{
    const struct shape *shape = &shapes[order];
    uint64_t bytes = (uint64_t)part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
    uint64_t from = bytes;
    uint64_t until = bytes;
    bool goes_on;

    memcpy(before, part->instance->memory, bytes);
    goes_on = part->instance->host_call(part->instance->host, part->instance, order, args, result);
    if (goes_on && *result >= 0 && shape->to >= 0) {
        from = args[shape->to];
        until = from + size_written(shape, args, *result);
        ck_assert_msg(until <= bytes, "%s wrote past the end of memory", probe_order_name(order));
    }
    check_untouched(part, order, 0, from);
    check_untouched(part, order, until, bytes);
    check_cards(part, from, until);
    return goes_on;
}

/* ---- wild ones ---- */

struct wild {
    const struct things *things;
    struct rng rng;
    uint32_t order;
    uint32_t bad;  /* the argument; BAD: all of them */
    uint32_t from; /* the first value of the next turn: one may have had to end early */
    enum engine_outcome outcome;
    uint64_t given;
    uint64_t refused;
};

enum { VALUES = 20, ROUNDS = 40 };

static uint64_t wild_value(const struct part *part, uint32_t i)
{
    uint64_t end = (uint64_t)part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
    const uint64_t values[VALUES] = {0,
                                     1,
                                     UINT64_MAX,
                                     end - 1,
                                     end,
                                     end + 1,
                                     end - 31,
                                     INT32_MAX,
                                     (uint64_t)INT32_MAX + 1,
                                     0xfffffff0,
                                     UINT32_MAX,
                                     65536,
                                     65537,
                                     SERAI_SLOTS_MAX,
                                     SERAI_BUFFER_BYTES_MAX,
                                     1ULL << 32,
                                     INT64_MAX,
                                     1ULL << 63,
                                     1ULL << 62,
                                     7};

    return values[i];
}

static void good_arguments(const struct wild *wild, uint64_t *args)
{
    for (uint32_t i = 0; i < ENGINE_ARGS_MAX; i++) {
        int64_t value = shapes[wild->order].good[i];

        args[i] =
            (uint64_t)(value >= FACET && value <= LEASH ? slot_of(wild->things, value) : value);
    }
}

static void cut(uint32_t order, uint64_t *args)
{
    const char *params = turn_imports.items[order].params;

    for (size_t i = 0; params[i] != '\0'; i++)
        if (params[i] == 'i')
            args[i] = (uint32_t)args[i];
}

/* A turn with one order after the other, until there are no more or it has to end. */
static enum engine_outcome goes_wild(void *context, struct part *part)
{
    struct wild *wild = context;
    uint32_t rounds = wild->bad == BAD ? ROUNDS : VALUES;

    if (part->kind != SERAI_EVENT_MESSAGE || part->size != 2)
        return ENGINE_DONE; /* what its own orders brought about */
    lay_out(part, wild->things);
    while (wild->from < rounds) {
        uint64_t args[ENGINE_ARGS_MAX];
        int64_t result = 0;

        good_arguments(wild, args);
        if (wild->bad == BAD)
            for (uint32_t i = 0; i < ENGINE_ARGS_MAX; i++)
                args[i] = rng_coin(&wild->rng)
                              ? wild_value(part, (uint32_t)rng_below(&wild->rng, VALUES))
                              : rng_edgy(&wild->rng);
        else
            args[wild->bad] = wild_value(part, wild->from);
        cut(wild->order, args);
        wild->from++;
        wild->given++;
        if (!give(part, wild->order, args, &result))
            return ENGINE_STOPPED;
        wild->refused += result < 0;
    }
    return wild->outcome;
}

/* All values of one argument, over as many turns as it takes; agents that died are replaced. */
static void go_wild(struct wild *wild, uint64_t *agent, struct things *things)
{
    uint32_t rounds = wild->bad == BAD ? ROUNDS : VALUES;

    wild->from = 0;
    while (wild->from < rounds) {
        if (!site_lives(&site, *agent))
            *agent = furnished(things);
        probe_play(*agent, goes_wild, wild);
        ck_assert_int_eq(site_send(&site, ALICE, *agent, "go", 0), CONTROL_DONE);
        site_settle(&site);
    }
}

static void every_order(enum engine_outcome outcome)
{
    struct things things = {.slots = {0}};
    struct wild wild = {.things = &things, .outcome = outcome, .rng = rng_for_test()};
    uint64_t agent = furnished(&things);

    for (wild.order = 0; wild.order < SERAI_ORDER_COUNT; wild.order++) {
        const char *name = turn_imports.items[wild.order].name;
        uint32_t count = (uint32_t)strlen(turn_imports.items[wild.order].params);

        /* No argument holds both the place that is written to and how much. */
        ck_assert_msg(shapes[wild.order].to != 0 || shapes[wild.order].size_at != 0,
                      "%s has no row in shapes", name);
        for (wild.bad = 0; wild.bad < count; wild.bad++)
            go_wild(&wild, &agent, &things);
        wild.bad = BAD;
        go_wild(&wild, &agent, &things);
        if (outcome == ENGINE_DONE)
            agent = furnished(&things);
    }
    ck_assert_uint_ge(wild.given, SERAI_ORDER_COUNT * (VALUES + ROUNDS));
    ck_assert_uint_gt(wild.refused, wild.given / 2);
    ck_assert_uint_lt(wild.refused, wild.given);
    site_reload_same(&site);
    site_verify(&site);
}

START_TEST(wild_arguments_of_turns_that_are_undone_do_nothing)
{
    every_order(ENGINE_TRAP_UNREACHABLE);
}
END_TEST

START_TEST(wild_arguments_of_turns_that_stand_keep_the_books)
{
    every_order(ENGINE_DONE);
}
END_TEST

static enum engine_outcome is_good(void *context, struct part *part)
{
    struct wild *wild = context;

    if (part->kind != SERAI_EVENT_MESSAGE || part->size != 2)
        return ENGINE_DONE;
    lay_out(part, wild->things);
    for (wild->order = 0; wild->order < SERAI_ORDER_COUNT; wild->order++) {
        uint64_t args[ENGINE_ARGS_MAX];
        int64_t result = -1;

        /* What it sells and drops is good for nothing after; 64 zero bytes are no module. */
        if (wild->order == SERAI_ORDER_self_revoke || wild->order == SERAI_ORDER_cap_drop ||
            wild->order == SERAI_ORDER_buffer_sell || wild->order == SERAI_ORDER_channel_sell ||
            wild->order == SERAI_ORDER_code_put || wild->order == SERAI_ORDER_code_drop ||
            wild->order == SERAI_ORDER_channel_close)
            continue;
        /* It ends the turn, and a facet of another is no reply. */
        if (wild->order == SERAI_ORDER_self_fail || wild->order == SERAI_ORDER_reply_break ||
            wild->order == SERAI_ORDER_reply_pipe || wild->order == SERAI_ORDER_reply_return)
            continue;
        memset(part_memory(part, AT_DATA, LINE), (int)wild->order, LINE);
        good_arguments(wild, args);
        cut(wild->order, args);
        ck_assert(give(part, wild->order, args, &result));
        if (wild->order == SERAI_ORDER_self_upgrade) { /* after self_become */
            ck_assert_int_eq(result, SERAI_E_EXISTS);
            continue;
        }
        ck_assert_msg(result >= 0, "%s answered %lld", probe_order_name(wild->order),
                      (long long)result);
    }
    return ENGINE_TRAP_UNREACHABLE;
}

/* Else the wild argument would not be what is refused. */
START_TEST(the_other_arguments_are_good)
{
    struct things things = {.slots = {0}};
    struct wild wild = {.things = &things};
    uint64_t agent = furnished(&things);

    puppet_play(&site, agent, is_good, &wild);
    ck_assert_uint_eq(wild.order, SERAI_ORDER_COUNT);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wild orders");
    TCase *tcase = tcase_create("wild");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_other_arguments_are_good);
    tcase_add_test(tcase, wild_arguments_of_turns_that_are_undone_do_nothing);
    tcase_add_test(tcase, wild_arguments_of_turns_that_stand_keep_the_books);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
