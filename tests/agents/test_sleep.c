/* What sleeps wakes as it was: every field, slot, page and line. */
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/death.h"
#include "agents/life.h"
#include "agents/modules.h"
#include "agents/objects.h"
#include "agents/views.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"

enum { COMMON_SLOTS = CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK };

static struct world world;
static struct rng rng;

static void setup(void)
{
    world = world_new();
    world_run_all(&world);
    rng = rng_for_test();
}

static void teardown(void)
{
    undo_commit(world.undo);
    world_free(&world);
}

static bool sleeps(int which)
{
    return ((uintptr_t)dense_get(&world.agents->by_id, world.ids[which]) & 1) != 0;
}

static u128 any_total(void)
{
    u128 value = (u128)rng_edgy(&rng) << 64 | rng_edgy(&rng);

    return rng_coin(&rng) ? value : (u128)rng_below(&rng, 1000);
}

static uint64_t any(void)
{
    return rng_below(&rng, 3) == 0 ? 0 : rng_edgy(&rng);
}

static struct money any_money(void)
{
    struct money money;

    ck_assert_int_eq(money_from_nanos(&money, any() & MONEY_NANOS_MAX), ST_OK);
    return money;
}

/* Every field that outlives a frame and is no list, with values of all sizes. */
static void scramble(struct agent *agent)
{
    agent->parent = any();
    agent->leash = any();
    agent->confined = rng_coin(&rng);
    agent->born_frame = any();
    agent->children = any();
    agent->state = rng_coin(&rng) ? AGENT_FROZEN_BY_CUSTOMER : AGENT_RUNNING;
    agent->low.mark = any_money();
    agent->low.armed = rng_coin(&rng);
    agent->low.reserve = any_money();
    agent->burial = any_money();
    agent->program.code.share_index = any_total();
    agent->program.begun = rng_coin(&rng);
    agent->usage.turns = any();
    agent->usage.traps = any();
    agent->usage.fuel = any();
    agent->owns.facets = any();
    agent->owns.timers = any();
    agent->owns.buffer_bytes = any();
    for (int i = 0; i < RENT_RESOURCES; i++) {
        agent->rent.owed[i] = any_total();
        agent->rent.index[i] = any_total();
    }
    for (int i = 0; i < CARRIES; i++)
        agent->carry[i] = any();
    agent->program.globals[0] = any();
    memset(agent->reason, 0, sizeof agent->reason);
    memset(agent->name, 0, sizeof agent->name);
    memset(agent->name, 'n', rng_below(&rng, AGENT_NAME_BYTES_MAX + 1));
    if (agent->state != AGENT_RUNNING)
        memset(agent->reason, 'r', rng_below(&rng, AGENT_REASON_BYTES_MAX + 1));
}

static void scramble_lists(struct agent *agent)
{
    uint8_t page[PAGED_BYTES];

    for (uint64_t n = rng_below(&rng, 20); n > 0; n--) {
        struct cap cap = {.kind = (uint8_t)rng_below(&rng, SERAI_KINDS),
                          .rights = (uint8_t)rng_below(&rng, 8),
                          .object = any()};

        agent_cap_set(world.agents, agent, rng_below(&rng, rng_coin(&rng) ? 12 : COMMON_SLOTS),
                      &cap);
    }
    memset(page, 'p', sizeof page);
    if (rng_coin(&rng))
        paged_set(&agent->program.memory, &world.agents->pages.dirty, (uint32_t)rng_below(&rng, 16),
                  page, UINT64_MAX);
    for (uint64_t n = rng_below(&rng, 3); n > 0; n--)
        agent_log(world.agents, agent, LOG_BY_AGENT, "words", rng_below(&rng, 6));
}

static void check_dumps(struct bytes *before)
{
    struct bytes after = world_dump(&world);

    ck_assert_str_eq((const char *)before->data, (const char *)after.data);
    bytes_fini(&after);
}

START_TEST(all_of_an_agent_is_there_after_it_slept)
{
    for (int round = 0; round < 30; round++) {
        struct bytes before;

        agents_keep_awake(world.agents, AGENTS);
        for (int i = 0; i < AGENTS; i++) {
            struct agent *agent = world_agent(&world, i);

            scramble_lists(agent);
            scramble(agent);
        }
        world_commit(&world);
        before = world_dump(&world);
        agents_keep_awake(world.agents, 0);
        world_commit(&world);
        for (int i = 0; i < AGENTS; i++)
            ck_assert(sleeps(i));
        check_dumps(&before); /* as copies */
        for (int i = 0; i < AGENTS; i++)
            ck_assert_ptr_nonnull(world_agent(&world, i));
        for (int i = 0; i < AGENTS; i++)
            ck_assert(!sleeps(i));
        check_dumps(&before);
        bytes_fini(&before);
    }
}
END_TEST

START_TEST(kept_code_sleeps_and_wakes)
{
    struct agent *first = world_agent(&world, 0);
    struct bytes before;
    struct hash id;

    ck_assert_int_eq(
        agents_code_put(world.agents, first, other_module, sizeof other_module, &id, NULL), ST_OK);
    first->program.kept[0].share_index = (u128)1 << 100 | 5;
    world_commit(&world);
    before = world_dump(&world);
    agents_keep_awake(world.agents, 0);
    world_commit(&world);
    ck_assert(sleeps(0));
    check_dumps(&before);
    ck_assert_uint_eq(world_agent(&world, 0)->program.kept_count, 1);
    check_dumps(&before);
    bytes_fini(&before);
}
END_TEST

START_TEST(who_has_something_to_do_stays_awake)
{
    uint64_t facet = world_add_facet(&world, world_agent(&world, 0))->id;

    agents_freeze(world.agents, world_agent(&world, 2), FREEZE_BY_OPERATOR);
    world_send(&world, world_agent(&world, 0), world_agent(&world, 1), facet); /* is ready */
    world_send(&world, world_agent(&world, 0), world_agent(&world, 2), facet); /* waits, frozen */
    agents_keep_awake(world.agents, 0);
    world_commit(&world);
    ck_assert(sleeps(0) && !sleeps(1) && !sleeps(2) && sleeps(3));
    world_run_all(&world);
    world_commit(&world);
    ck_assert(sleeps(1) && !sleeps(2));
    world_check_round_trip(&world);
}
END_TEST

START_TEST(those_who_were_asked_for_last_stay)
{
    agents_keep_awake(world.agents, 2);
    world_commit(&world); /* the hand goes round: nobody was asked for since, after this */
    world_commit(&world);
    for (int round = 0; round < 8; round++) {
        int one = round % AGENTS;
        int other = (round + 1) % AGENTS;

        (void)world_agent(&world, one);
        (void)world_agent(&world, other);
        world_commit(&world);
        world_commit(&world);
        ck_assert(!sleeps(one) && !sleeps(other));
        ck_assert_uint_eq(world.agents->awake.list.size / sizeof(struct agent *), 2);
    }
}
END_TEST

START_TEST(a_newborn_that_sleeps_is_small)
{
    struct agent *first = world_agent(&world, 0);
    struct cap nothing = {0};

    agent_cap_set(world.agents, first, SERAI_SLOT_FIRST_FREE, &nothing); /* its gifts */
    agent_cap_set(world.agents, first, SERAI_SLOT_FIRST_FREE + 1, &nothing);
    agents_keep_awake(world.agents, 0);
    world_commit(&world);
    ck_assert(sleeps(0));
    /* It has neither name nor number in it that is longer than it must be. */
    ck_assert_uint_le(
        8 * le16_get((const uint8_t *)dense_get(&world.agents->by_id, world.ids[0]) - 1), 104);
}
END_TEST

START_TEST(the_dead_and_the_sleeping_leave_nothing_behind)
{
    agents_keep_awake(world.agents, 0);
    world_commit(&world);
    ledger_event_begin(world.ledger);
    agent_die(world.agents, world_agent(&world, 1));
    world_event_end(&world);
    ck_assert(!agents_has(world.agents, world.ids[1]));
    ck_assert(agents_has(world.agents, world.ids[0]));
    world_commit(&world);
    ck_assert_uint_eq(world.agents->small.used, AGENTS - 1); /* and no object */
    world_check_round_trip(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sleep");
    TCase *tcase = tcase_create("sleep");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, all_of_an_agent_is_there_after_it_slept);
    tcase_add_test(tcase, kept_code_sleeps_and_wakes);
    tcase_add_test(tcase, who_has_something_to_do_stays_awake);
    tcase_add_test(tcase, those_who_were_asked_for_last_stay);
    tcase_add_test(tcase, a_newborn_that_sleeps_is_small);
    tcase_add_test(tcase, the_dead_and_the_sleeping_leave_nothing_behind);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
