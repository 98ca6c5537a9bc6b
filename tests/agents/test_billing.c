/* Who is billed when: everyone in turn, and who runs dry in time. */
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/rent.h"
#include "tests/agents/rows_world.h"
#include "tests/check_main.h"

enum { MORE = 500, A_MINUTE = 64 };

static struct world world;
static uint64_t ids[MORE];

static uint64_t give_birth(uint64_t endowment_nanos)
{
    struct birth birth = {.customer = world.customer,
                          .name = "",
                          .code = hash_of(loader_module, sizeof loader_module),
                          .payer = world.customer,
                          .endowment_code = TRANSFER_ENDOWMENT};
    struct agent *agent = NULL;

    ck_assert_int_eq(money_from_nanos(&birth.endowment, endowment_nanos), ST_OK);
    ledger_event_begin(world.ledger);
    ck_assert_int_eq(agents_birth(world.agents, &birth, &agent), BIRTH_DONE);
    world_event_end(&world);
    return agent_id(agent);
}

static void setup(void)
{
    struct pricebook prices;

    world = world_new();
    prices = *agents_prices(world.agents);
    prices.agents_max = 10000;
    prices.customer_agents_max = 10000;
    prices.customer_memory_bytes_max = UINT64_C(1) << 40;
    ck_assert_int_eq(money_from_nanos(&prices.memory_rent, UINT64_C(3515625000)), ST_OK);
    agents_set_prices(world.agents, &prices);
    for (int i = 0; i < MORE; i++)
        ids[i] = give_birth(1000000);
    world_run_all(&world);
    world_commit(&world);
    agents_tick(world.agents);
}

static void teardown(void)
{
    undo_commit(world.undo);
    world_free(&world);
}

static size_t settled_now(void)
{
    size_t billed = 0;

    for (int i = 0; i < MORE; i++)
        billed += agents_find(world.agents, ids[i])->rent.touched_us == world.agents->now_us;
    return billed;
}

static void next_minute(void)
{
    agents_set_time(world.agents, agents_time(world.agents) + BILL_US);
    ck_assert_uint_le(agents_next_due_us(world.agents), agents_time(world.agents));
    agents_tick(world.agents);
    undo_commit(world.undo);
}

START_TEST(few_are_all_settled_each_minute)
{
    for (int minute = 0; minute < 3; minute++) {
        next_minute();
        ck_assert_uint_eq(settled_now(), MORE);
    }
}
END_TEST

START_TEST(of_many_a_part_is_settled_each_minute_and_each_of_them_in_turn)
{
    bool seen[MORE] = {false};
    size_t missed = MORE;
    int minutes = 0;

    world.agents->billing.agents_max = A_MINUTE;
    for (; missed > 0; minutes++) {
        next_minute();
        ck_assert_uint_gt(settled_now(), 0);
        ck_assert_uint_le(settled_now(), (size_t)2 * A_MINUTE);
        for (int i = 0; i < MORE; i++) {
            if (agents_find(world.agents, ids[i])->rent.touched_us != world.agents->now_us ||
                seen[i])
                continue;
            seen[i] = true;
            missed--;
        }
        ck_assert_int_le(minutes, (MORE + AGENTS) / A_MINUTE + 2);
    }
    ck_assert_int_ge(minutes, MORE / A_MINUTE);
}
END_TEST

static void fill_frame(void)
{
    struct transfer transfer = {
        .debit = ACCOUNT_TREASURY, .credit = world.customer, .code = TRANSFER_FUND};

    ck_assert_int_eq(money_from_nanos(&transfer.amount, 1), ST_OK);
    ledger_event_begin(world.ledger);
    while (!ledger_frame_is_full(world.ledger))
        ledger_transfer_checked(world.ledger, &transfer);
    world_event_end(&world);
}

START_TEST(a_frame_that_is_full_leaves_them_all_to_the_next)
{
    agents_set_time(world.agents, agents_time(world.agents) + BILL_US);
    fill_frame();
    agents_tick(world.agents);
    ck_assert_uint_eq(settled_now(), 0);
    ck_assert_uint_le(agents_next_due_us(world.agents), agents_time(world.agents));
    world_commit(&world);
    agents_tick(world.agents);
    ck_assert_uint_eq(settled_now(), MORE);
    ck_assert_uint_gt(agents_next_due_us(world.agents), agents_time(world.agents));
}
END_TEST

START_TEST(who_runs_dry_is_settled_then_though_it_is_not_its_turn)
{
    struct agent *poor = agents_find(world.agents, ids[MORE - 1]);
    uint64_t dry_us;

    world.agents->billing.agents_max = A_MINUTE;
    next_minute();
    /* The others have money for hours, this one a hundredth of it before its mark. */
    ck_assert_int_eq(
        money_from_nanos(&poor->low.mark,
                         money_nanos(ledger_balance(world.ledger, poor->id)) / 100 * 99),
        ST_OK);
    poor->low.armed = true;
    rent_schedule(world.agents, poor);
    dry_us = *dense_note(&world.agents->by_id, poor->id);
    ck_assert_uint_gt(dry_us, agents_time(world.agents));
    ck_assert_uint_lt(dry_us, agents_time(world.agents) + UINT64_C(5) * BILL_US);
    while (agents_time(world.agents) < dry_us) { /* by what is due, as a site goes */
        agents_set_time(world.agents, agents_next_due_us(world.agents));
        agents_tick(world.agents);
        undo_commit(world.undo);
    }
    ck_assert_uint_eq(agents_time(world.agents), dry_us);
    ck_assert_uint_eq(agents_find(world.agents, poor->id)->rent.touched_us, dry_us);
}
END_TEST

START_TEST(other_prices_have_everyone_settled_soon)
{
    struct pricebook prices = *agents_prices(world.agents);

    world.agents->billing.agents_max = A_MINUTE;
    next_minute();
    agents_set_prices(world.agents, &prices);
    agents_set_time(world.agents, agents_time(world.agents) + BILL_US);
    for (int ticks = 0; settled_now() < MORE; ticks++) {
        ck_assert_int_lt(ticks, MORE / A_MINUTE + 2); /* a bounded part in each frame */
        ck_assert_uint_le(agents_next_due_us(world.agents), agents_time(world.agents));
        agents_tick(world.agents);
        undo_commit(world.undo);
    }
    ck_assert_uint_gt(agents_next_due_us(world.agents), agents_time(world.agents));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bill");
    TCase *tcase = tcase_create("bill");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, few_are_all_settled_each_minute);
    tcase_add_test(tcase, a_frame_that_is_full_leaves_them_all_to_the_next);
    tcase_add_test(tcase, of_many_a_part_is_settled_each_minute_and_each_of_them_in_turn);
    tcase_add_test(tcase, who_runs_dry_is_settled_then_though_it_is_not_its_turn);
    tcase_add_test(tcase, other_prices_have_everyone_settled_soon);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
