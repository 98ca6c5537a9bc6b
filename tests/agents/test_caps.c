/* Capability tables: slots, their bounds, and undoing. */
#include <string.h>

#include "agents/cap.h"
#include "agents/caps.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"

enum { COMMON_SLOTS = CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK };

static struct world world;
static struct agent *agent;

static void take(uint64_t slot)
{
    struct cap empty = {.kind = SERAI_KIND_EMPTY};

    agent_cap_set(world.agents, agent, slot, &empty);
}

static void setup(void)
{
    world = world_new();
    world_run_all(&world);
    agent = world_agent(&world, 0);
    take(SERAI_SLOT_FIRST_FREE); /* its gifts */
    take(SERAI_SLOT_FIRST_FREE + 1);
    world_commit(&world);
}

static void teardown(void)
{
    undo_commit(world.undo);
    world_free(&world);
}

static struct cap facet(uint64_t object)
{
    return (struct cap){.kind = SERAI_KIND_FACET, .object = object};
}

static int64_t give(uint64_t object)
{
    struct cap cap = facet(object);

    return agent_cap_give(world.agents, agent, &cap);
}

/* What looking through the table would find. */
static int64_t slot_of(uint64_t object)
{
    struct cap cap = facet(object);

    for (uint64_t slot = 0; slot < SERAI_SLOTS_MAX; slot++) {
        const struct cap *held = cap_table_at(&agent->caps, slot);

        if (held != NULL &&
            (object == 0 ? held->kind == SERAI_KIND_EMPTY && slot >= 7 : cap_equal(held, &cap)))
            return (int64_t)slot;
        if (held == NULL && object == 0)
            return (int64_t)slot;
    }
    return object == 0 ? SERAI_E_FULL : -1;
}

/* The agent finds the cap in some slot, or in none as looking through the table does. */
static void finds(uint64_t object)
{
    struct cap cap = facet(object);
    int64_t found = cap_table_find(&agent->caps, &cap);

    ck_assert_int_eq(found < 0, slot_of(object) < 0);
    if (found >= 0)
        ck_assert(cap_equal(cap_table_at(&agent->caps, (uint64_t)found), &cap));
}

START_TEST(the_inborn_slots_hold_what_the_abi_says)
{
    static const uint8_t kinds[SERAI_SLOT_FIRST_FREE] = {
        SERAI_KIND_SELF, SERAI_KIND_EMPTY, SERAI_KIND_BUFFER_POOL, SERAI_KIND_CHANNEL_POOL,
        SERAI_KIND_HEAP, SERAI_KIND_CODE,  SERAI_KIND_LOG};

    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++)
        ck_assert_uint_eq(cap_table_at(&agent->caps, slot)->kind, kinds[slot]);
}
END_TEST

START_TEST(a_cap_takes_the_first_free_slot_held_already_or_not)
{
    uint32_t used = agent->caps.used;

    ck_assert_int_eq(give(1001), SERAI_SLOT_FIRST_FREE);
    ck_assert_int_eq(give(1002), SERAI_SLOT_FIRST_FREE + 1);
    ck_assert_int_eq(give(1001), SERAI_SLOT_FIRST_FREE + 2);
    ck_assert_uint_eq(agent->caps.used, used + 3);
    take(SERAI_SLOT_FIRST_FREE);
    ck_assert_uint_eq(agent->caps.used, used + 2);
    ck_assert_uint_eq(cap_table_at(&agent->caps, SERAI_SLOT_FIRST_FREE + 2)->object, 1001);
    ck_assert_int_eq(give(1003), SERAI_SLOT_FIRST_FREE); /* the gap first */
}
END_TEST

START_TEST(the_empty_origin_slot_is_nobodys_to_fill)
{
    ck_assert_int_ne(give(1001), SERAI_SLOT_ORIGIN);
    ck_assert_uint_eq(cap_table_at(&agent->caps, SERAI_SLOT_ORIGIN)->kind, SERAI_KIND_EMPTY);
}
END_TEST

START_TEST(rights_tell_caps_apart)
{
    struct cap read = {.kind = SERAI_KIND_BUFFER, .rights = SERAI_RIGHT_READ, .object = 5};
    struct cap write = {.kind = SERAI_KIND_BUFFER, .rights = SERAI_RIGHT_WRITE, .object = 5};

    ck_assert_int_ne(agent_cap_give(world.agents, agent, &read),
                     agent_cap_give(world.agents, agent, &write));
    ck_assert_int_ge(cap_table_find(&agent->caps, &read), 0);
    read.object = 6;
    ck_assert_int_eq(cap_table_find(&agent->caps, &read), -1);
}
END_TEST

START_TEST(a_full_table_refuses_a_cap_and_still_finds_what_it_holds)
{
    for (uint64_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++)
        ck_assert_int_eq(give(5000 + slot), (int64_t)slot);
    ck_assert_int_eq(give(1), SERAI_E_FULL);
    ck_assert_int_eq(give(5000 + 1000), SERAI_E_FULL);
    finds(5000 + 1000);
    finds(1);
    take(500);
    ck_assert_int_eq(give(1), 500);
}
END_TEST

START_TEST(there_is_no_slot_past_the_end)
{
    ck_assert_ptr_null(cap_table_at(&agent->caps, SERAI_SLOTS_MAX));
    ck_assert_ptr_null(cap_table_at(&agent->caps, UINT64_MAX));
    ck_assert_ptr_null(cap_table_at(&agent->caps, (uint32_t)-1));
}
END_TEST

START_TEST(undoing_puts_slots_and_counts_back)
{
    uint32_t used;

    ck_assert_int_eq(give(1001), SERAI_SLOT_FIRST_FREE);
    undo_commit(world.undo);
    used = agent->caps.used;
    take(SERAI_SLOT_FIRST_FREE);
    ck_assert_int_eq(give(1002), SERAI_SLOT_FIRST_FREE);
    ck_assert_int_eq(give(1003), SERAI_SLOT_FIRST_FREE + 1);
    undo_rollback(world.undo);
    ck_assert_uint_eq(agent->caps.used, used);
    ck_assert_uint_eq(cap_table_at(&agent->caps, SERAI_SLOT_FIRST_FREE)->object, 1001);
    ck_assert_uint_eq(cap_table_at(&agent->caps, SERAI_SLOT_FIRST_FREE + 1)->kind,
                      SERAI_KIND_EMPTY);
}
END_TEST

/* The index of a large table follows it through everything, and back. */
START_TEST(a_large_table_finds_what_looking_through_it_would)
{
    struct rng rng = rng_for_test();
    uint64_t objects = 1200;

    for (int round = 0; round < 400; round++) {
        bool fills = rng_coin(&rng);

        for (uint64_t steps = rng_below(&rng, 60); steps > 0; steps--) {
            uint64_t object = 1 + rng_below(&rng, objects);
            int64_t was = slot_of(object);
            int64_t room = slot_of(0);

            if (fills || was < 0)
                ck_assert_int_eq(give(object), room);
            else
                take((uint64_t)was);
        }
        if (rng_coin(&rng))
            undo_rollback(world.undo);
        else
            undo_commit(world.undo);
        for (uint64_t object = 1; object <= objects; object += 1 + rng_below(&rng, 40))
            finds(object);
    }
    ck_assert_ptr_nonnull(agent->caps.index);
}
END_TEST

/* One cap in all slots is one list of the index: it must not be walked to take one out. */
START_TEST(a_table_full_of_one_cap_gives_each_slot_back)
{
    for (uint64_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++)
        ck_assert_int_eq(give(7), (int64_t)slot);
    undo_commit(world.undo);
    for (uint64_t slot = SERAI_SLOTS_MAX - 1; slot >= SERAI_SLOT_FIRST_FREE; slot -= 2)
        take(slot);
    finds(7);
    ck_assert_int_eq(cap_table_free_pair(&agent->caps), SERAI_E_FULL);
    undo_rollback(world.undo);
    ck_assert_uint_eq(cap_table_free_slots(&agent->caps), 0);
    take(40000);
    take(40002);
    ck_assert_int_eq(cap_table_free_pair(&agent->caps), SERAI_E_FULL);
    take(40001);
    ck_assert_int_eq(cap_table_free_pair(&agent->caps), 40000);
    take(639); /* the last bit of a word, and the first of the next */
    take(640);
    ck_assert_int_eq(cap_table_free_pair(&agent->caps), 639);
    ck_assert_int_eq(give(8), 639);
}
END_TEST

/* Behind the slots that every table has room for, chunks count for the customer while they hold
 * anything, and their memory goes with what they held. */
START_TEST(a_large_table_counts_for_its_customer_and_is_given_back)
{
    struct customer_use *use = agent->use;
    uint64_t before = use->used[CUSTOMER_MEMORY_BYTES];
    uint64_t slot = SERAI_SLOT_FIRST_FREE;

    for (; slot < COMMON_SLOTS; slot++)
        ck_assert_int_eq(give(slot), (int64_t)slot);
    ck_assert_uint_eq(use->used[CUSTOMER_MEMORY_BYTES], before);
    for (; slot < COMMON_SLOTS + 5 * AGENT_CAPS_CHUNK + 1; slot++)
        ck_assert_int_eq(give(slot), (int64_t)slot);
    ck_assert_uint_eq(use->used[CUSTOMER_MEMORY_BYTES], before + 6 * CAPS_CHUNK_BYTES);
    world_check_round_trip(&world);
    agent = world_agent(&world, 0);
    ck_assert_uint_eq(agent->use->used[CUSTOMER_MEMORY_BYTES], before + 6 * CAPS_CHUNK_BYTES);
    while (slot-- > COMMON_SLOTS)
        take(slot);
    ck_assert_uint_eq(agent->use->used[CUSTOMER_MEMORY_BYTES], before);
    world_commit(&world);
    ck_assert_uint_eq(agent->caps.highest, COMMON_SLOTS);
    ck_assert_ptr_null(cap_table_at(&agent->caps, COMMON_SLOTS));
    ck_assert_ptr_null(agent->caps.dirty_more);
}
END_TEST

START_TEST(a_customer_without_room_for_a_large_table_has_none)
{
    for (uint64_t slot = SERAI_SLOT_FIRST_FREE; slot < COMMON_SLOTS; slot++)
        ck_assert_int_eq(give(slot), (int64_t)slot);
    world.agents->prices.customer_memory_bytes_max =
        agent->use->used[CUSTOMER_MEMORY_BYTES] + CAPS_CHUNK_BYTES - 1;
    ck_assert_int_eq(give(1), SERAI_E_FULL);
    ck_assert(!agent_has_slots(world.agents, agent, 1));
    world.agents->prices.customer_memory_bytes_max++;
    ck_assert_int_eq(give(1), COMMON_SLOTS);
    world.agents->prices.customer_memory_bytes_max = 1; /* it has more than it may: lower prices */
    ck_assert(!agent_has_slots(world.agents, agent, 1));
    ck_assert(agent_has_slots(world.agents, agent, 0)); /* an event that brings nothing */
    world.agents->prices.customer_memory_bytes_max = agent->use->used[CUSTOMER_MEMORY_BYTES];
    take(500);
    ck_assert(!agent_has_slots(world.agents, agent, 2));
}
END_TEST

START_TEST(random_tables_come_back_from_the_store)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 60; i++) {
            uint64_t slot =
                SERAI_SLOT_FIRST_FREE + rng_below(&rng, SERAI_SLOTS_MAX - SERAI_SLOT_FIRST_FREE);
            struct cap cap = facet(1 + rng_below(&rng, 1000000));

            if (rng_coin(&rng))
                cap = (struct cap){.kind = SERAI_KIND_EMPTY};
            agent_cap_set(world.agents, agent, slot, &cap);
        }
        world_check_round_trip(&world);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("caps");
    TCase *tcase = tcase_create("caps");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60); /* the largest tables take seconds on a busy machine */
    tcase_add_test(tcase, the_inborn_slots_hold_what_the_abi_says);
    tcase_add_test(tcase, a_cap_takes_the_first_free_slot_held_already_or_not);
    tcase_add_test(tcase, the_empty_origin_slot_is_nobodys_to_fill);
    tcase_add_test(tcase, rights_tell_caps_apart);
    tcase_add_test(tcase, a_full_table_refuses_a_cap_and_still_finds_what_it_holds);
    tcase_add_test(tcase, there_is_no_slot_past_the_end);
    tcase_add_test(tcase, undoing_puts_slots_and_counts_back);
    tcase_add_test(tcase, a_large_table_finds_what_looking_through_it_would);
    tcase_add_test(tcase, a_table_full_of_one_cap_gives_each_slot_back);
    tcase_add_test(tcase, a_large_table_counts_for_its_customer_and_is_given_back);
    tcase_add_test(tcase, a_customer_without_room_for_a_large_table_has_none);
    tcase_add_test(tcase, random_tables_come_back_from_the_store);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
