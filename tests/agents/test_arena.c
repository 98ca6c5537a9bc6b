/* The arena: memory laid out for a turn, kept or put back by cards. */
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/pages/arena.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"

enum {
    PAGE_CARDS = ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES, /* the module's memory is one page */
};

static struct world world;
static struct arena *arena;
static struct agent *agent;

static void setup(void)
{
    world = world_new();
    world_run_all(&world);
    world_commit(&world);
    agent = world_agent(&world, 0);
    ck_assert(arena_new(&arena) == ST_OK);
    bytes_clear(&world.agents->pages.dirty.items);
}

static void teardown(void)
{
    arena_free(arena);
    world_free(&world);
}

static void write_at(struct arena_slot *slot, uint32_t offset, uint8_t byte)
{
    slot->memory[offset] = byte;
    slot->cards[offset / ENGINE_CARD_BYTES] = 1;
}

static bool cards_clear(const struct arena_slot *slot)
{
    for (size_t card = 0; card < ENGINE_CARDS_MAX; card++) {
        if (slot->cards[card] != 0)
            return false;
    }
    return true;
}

START_TEST(a_slot_shows_the_pages_of_the_last_good_turn)
{
    struct arena_slot *slot = arena_take(arena, agent);

    ck_assert_uint_eq(slot->agent, agent->id);
    ck_assert(cards_clear(slot));
    for (uint32_t page = 0; page < PAGE_CARDS; page++) {
        const uint8_t *own = paged_page(&agent->program.memory, page);
        static const uint8_t zeroes[PAGED_BYTES];

        ck_assert(memcmp(slot->memory + page * PAGED_BYTES, own != NULL ? own : zeroes,
                         PAGED_BYTES) == 0);
    }
}
END_TEST

START_TEST(a_good_turn_keeps_the_changed_pages_only)
{
    struct arena_slot *slot = arena_take(arena, agent);

    write_at(slot, 5 * PAGED_BYTES + 17, 42);
    slot->cards[6] = 1; /* touched, but as it was: the initial image */
    arena_commit(slot, agent, 1, &world.agents->pages.dirty);
    ck_assert_ptr_nonnull(paged_page(&agent->program.memory, 5));
    ck_assert_uint_eq(paged_page(&agent->program.memory, 5)[17], 42);
    ck_assert_ptr_null(paged_page(&agent->program.memory, 6));
    ck_assert_uint_eq(world.agents->pages.dirty.items.size, sizeof(struct paged_item));
    ck_assert(cards_clear(slot));
}
END_TEST

START_TEST(a_page_written_back_as_it_was_is_not_stored_again)
{
    struct arena_slot *slot = arena_take(arena, agent);

    write_at(slot, 5 * PAGED_BYTES, 1);
    arena_commit(slot, agent, 1, &world.agents->pages.dirty);
    paged_find(&agent->program.memory, 5)->noted = false;
    bytes_clear(&world.agents->pages.dirty.items);
    write_at(slot, 5 * PAGED_BYTES, 1);
    arena_commit(slot, agent, 1, &world.agents->pages.dirty);
    ck_assert_uint_eq(world.agents->pages.dirty.items.size, 0);
}
END_TEST

START_TEST(a_bad_turn_restores_exactly_what_was_touched)
{
    struct arena_slot *slot = arena_take(arena, agent);
    uint8_t *before = malloc(2 * ENGINE_WASM_PAGE_BYTES);

    ck_assert_ptr_nonnull(before);
    write_at(slot, 3 * PAGED_BYTES + 9, 77);
    arena_commit(slot, agent, 1, &world.agents->pages.dirty);
    memcpy(before, slot->memory, 2 * ENGINE_WASM_PAGE_BYTES);
    write_at(slot, 3 * PAGED_BYTES + 9, 1);
    write_at(slot, 7 * PAGED_BYTES + 1, 2);
    write_at(slot, 0, 0xff);
    write_at(slot, ENGINE_WASM_PAGE_BYTES + 5, 3); /* in a page that the turn had grown */
    arena_rollback(slot, agent, 2);
    ck_assert(memcmp(slot->memory, before, 2 * ENGINE_WASM_PAGE_BYTES) == 0);
    ck_assert(cards_clear(slot));
    ck_assert_ptr_null(paged_page(&agent->program.memory, 7));
    free(before);
}
END_TEST

START_TEST(an_agent_keeps_its_slot_until_others_need_it)
{
    struct arena_slot *slot = arena_take(arena, agent);
    struct agent *others[ARENA_SLOTS];

    ck_assert_ptr_eq(arena_take(arena, agent), slot);
    write_at(slot, 2 * PAGED_BYTES, 66);
    arena_commit(slot, agent, 1, &world.agents->pages.dirty);
    for (uint64_t i = 0; i < ARENA_SLOTS; i++) {
        struct arena_slot *other;

        others[i] = agent_alloc(100000 + i);
        others[i]->program.code = agent->program.code;
        others[i]->program.memory_pages = 1;
        other = arena_take(arena, others[i]);
        /* What the last tenant left is gone. */
        ck_assert_uint_eq(other->memory[2 * PAGED_BYTES], 0);
    }
    ck_assert_uint_ne(slot->agent, agent->id);
    slot = arena_take(arena, agent);
    ck_assert_uint_eq(slot->memory[2 * PAGED_BYTES], 66);
    for (size_t i = 0; i < ARENA_SLOTS; i++)
        agent_free(others[i]);
}
END_TEST

static struct agent *with_pages(uint64_t id, uint32_t first, uint32_t last, int byte)
{
    struct agent *made = agent_alloc(id);
    uint8_t page[PAGED_BYTES];

    made->program.code = agent->program.code;
    made->program.memory_pages = 1;
    paged_init(&made->program.memory, id, PAGE_CARDS);
    memset(page, byte, sizeof page);
    for (uint32_t number = first; number <= last; number++)
        paged_set(&made->program.memory, &world.agents->pages.dirty, number, page, UINT64_MAX);
    return made;
}

/* The next tenant finds its own pages over those of the last one, and zeroes in all others. */
START_TEST(a_tenant_writes_over_what_the_last_one_left)
{
    struct agent *tenants[2 * ARENA_SLOTS];
    uint64_t taken = 0;

    for (uint64_t i = 0; i < 2 * ARENA_SLOTS; i++) {
        bool second = i >= ARENA_SLOTS;
        const struct arena_slot *slot;

        tenants[i] =
            second ? with_pages(200000 + i, 4, 6, 0x22) : with_pages(200000 + i, 3, 5, 0x11);
        slot = arena_take(arena, tenants[i]);
        for (uint32_t number = 3; number <= 6; number++) {
            bool own = paged_page(&tenants[i]->program.memory, number) != NULL;
            uint8_t expected = !own ? 0 : second ? 0x22 : 0x11;

            ck_assert_uint_eq(slot->memory[number * PAGED_BYTES], expected);
            ck_assert_uint_eq(slot->memory[number * PAGED_BYTES + PAGED_BYTES - 1], expected);
        }
        /* Their memory stays with the slots: only page 6 comes to each. */
        if (second)
            ck_assert_uint_eq(slot->taken_count, taken + 1);
        else
            taken = slot->taken_count;
    }
    for (size_t i = 0; i < 2 * ARENA_SLOTS; i++)
        agent_free(tenants[i]);
}
END_TEST

START_TEST(a_forgotten_agent_is_laid_out_anew)
{
    struct arena_slot *slot;
    uint8_t page[PAGED_BYTES];

    (void)arena_take(arena, agent);
    arena_forget(arena, agent->id);
    memset(page, 9, sizeof page);
    paged_set(&agent->program.memory, &world.agents->pages.dirty, 4, page, UINT64_MAX);
    slot = arena_take(arena, agent);
    ck_assert_uint_eq(slot->memory[4 * PAGED_BYTES], 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_slot_shows_the_pages_of_the_last_good_turn);
    tcase_add_test(tcase, a_good_turn_keeps_the_changed_pages_only);
    tcase_add_test(tcase, a_page_written_back_as_it_was_is_not_stored_again);
    tcase_add_test(tcase, a_bad_turn_restores_exactly_what_was_touched);
    tcase_add_test(tcase, an_agent_keeps_its_slot_until_others_need_it);
    tcase_add_test(tcase, a_tenant_writes_over_what_the_last_one_left);
    tcase_add_test(tcase, a_forgotten_agent_is_laid_out_anew);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
