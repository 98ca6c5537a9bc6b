/*
 * Chaos: a population of agents that give random orders, legal and not, over the whole table, while
 * their customers and the operator do the like from outside, time jumps, and the site dies and is
 * loaded again.  Every sum is checked after each frame; all state is compared at each reload; at
 * the end the whole journal is verified, and every order was done and every refusal heard.
 *
 * SEED=n replays a run.  PROPERTY_TURNS=n: how many turns a run has at least.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "tests/dense_keys.h"
#include "tests/site/core/fixture.h"
#include "tests/site/core/probe.h"

#ifndef PROPERTY_TURNS
#define PROPERTY_TURNS 25000
#endif

enum {
    CUSTOMERS = 3,      /* people 1 to 3 */
    RELOAD_EVERY = 200, /* frames */
    CRASH_EVERY = 50,   /* frames, about */
    POPULATION_LEAST = 12,
    TURNS_A_FRAME_MAX = 80,
};

struct run {
    struct site site;
    struct rng rng;
    uint64_t turns; /* of cores that are gone */
    uint64_t crashes;
    uint64_t reloads;
    uint64_t births;
};

/* Bounds that the population runs into. */
static void small_book(struct pricebook *book)
{
    book->turn_fuel_max = 400000;
    book->reserve_fuel = 20000;
    book->agents_max = 50;
    book->inbox_messages_max = 64;
    book->customer_agents_max = 16;
    book->customer_buffer_bytes_max = 1 << 20;
    book->customer_memory_bytes_max = 12 << 20;
}

static uint64_t rng_range(struct rng *rng, uint64_t from, uint64_t to)
{
    return from + rng_below(rng, to - from + 1);
}

/* ---- what is done from outside ---- */

static void deploy(struct run *run)
{
    uint64_t seed = rng_u64(&run->rng);
    struct deploy deploy = {.module = "chaos",
                            .args = (const char *)&seed,
                            .args_size = sizeof seed,
                            .nanos = rng_range(&run->rng, 400000, 60000000),
                            .gifts = rng_below(&run->rng, 6) == 0 ? "" : "stcr"};

    (void)site_try_deploy(&run->site, (int)rng_range(&run->rng, 1, CUSTOMERS), &deploy);
}

static uint64_t some_agent(struct run *run)
{
    uint64_t *ids;
    size_t count;
    uint64_t id;

    if (rng_below(&run->rng, 20) == 0)
        return rng_edgy(&run->rng);
    dense_keys_sorted(&run->site.core->agents->by_id, &ids, &count);
    id = count == 0 ? 0 : ids[rng_below(&run->rng, count)];
    free(ids);
    return id;
}

static int owner_of(const struct run *run, uint64_t agent)
{
    const struct agent *found = agents_find(run->site.core->agents, agent);

    for (int i = 0; found != NULL && i < PEOPLE; i++) {
        if (run->site.people[i].account == found->customer)
            return i;
    }
    return 1;
}

static void move_money(struct run *run, const char *command)
{
    struct bytes args = {0};
    int person = (int)rng_below(&run->rng, PEOPLE);

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, run->site.people[person].account);
    cbor_put_uint(&args, rng_range(&run->rng, 0, 100000000));
    (void)site_request(&run->site, rng_below(&run->rng, 8) == 0 ? person : OPERATOR, command,
                       &args);
}

static void forge(struct run *run)
{
    struct bytes *sent = &run->site.sent;

    if (sent->size == 0)
        return;
    if (rng_coin(&run->rng)) /* else a repeat */
        sent->data[rng_below(&run->rng, sent->size)] ^= (uint8_t)(1 << rng_below(&run->rng, 8));
    (void)site_request_raw(&run->site, sent->data, sent->size);
}

static void withdraw(struct run *run, int person, uint64_t agent)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    if (rng_coin(&run->rng))
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, rng_range(&run->rng, 0, 20000000));
    (void)site_request(&run->site, person, "agent.withdraw", &args);
}

static void one_request(struct run *run)
{
    uint64_t agent = some_agent(run);
    int person =
        rng_below(&run->rng, 10) == 0 ? (int)rng_below(&run->rng, PEOPLE) : owner_of(run, agent);

    switch (rng_below(&run->rng, 14)) {
    case 0:
        (void)site_on_agent(&run->site, person, "agent.freeze", agent);
        break;
    case 1:
    case 2:
    case 3:
        (void)site_on_agent(&run->site, person, "agent.thaw", agent);
        break;
    case 4:
    case 5:
        (void)site_fund(&run->site, person, agent, rng_range(&run->rng, 0, 20000000));
        break;
    case 6:
        move_money(run, "money.in");
        break;
    case 7:
        move_money(run, "money.out");
        break;
    case 8:
        forge(run);
        break;
    case 9:
        deploy(run);
        break;
    case 10:
        withdraw(run, person, agent);
        break;
    case 11:
        if (rng_below(&run->rng, 4) == 0)
            (void)site_on_agent(&run->site, person, "agent.end", agent);
        break;
    default:
        (void)site_send(&run->site, person, agent, "go", rng_below(&run->rng, 3000));
        break;
    }
}

/* Nobody is left to starve for good, or there would be no turns. */
static void keep_alive(struct run *run)
{
    struct agents_counters counters = agents_count(run->site.core->agents);

    if (counters.agents < POPULATION_LEAST)
        deploy(run);
    for (int i = 0; i < 4; i++) {
        uint64_t agent = some_agent(run);
        int owner = owner_of(run, agent);

        if (agents_find(run->site.core->agents, agent) == NULL)
            continue;
        if (site_balance(&run->site, agent) < 1000000)
            (void)site_fund(&run->site, owner, agent, rng_range(&run->rng, 0, 30000000));
        (void)site_send(&run->site, owner, agent, "go", 0);
    }
}

/* Large steps, too: longer than one frame takes, and than rent is settled by. */
static void some_time(struct run *run)
{
    struct site *site = &run->site;
    uint64_t most = rng_below(&run->rng, 30) == 0 ? 100000000 : 400000;

    site->now_us += rng_below(&run->rng, most);
    core_advance(site->core, site->now_us);
    if (rng_below(&run->rng, 60) == 0)
        site_pass(site, rng_below(&run->rng, 90000000));
}

static uint64_t turns_of(const struct run *run)
{
    return run->turns + agents_count(run->site.core->agents).turns;
}

static void reload(struct run *run, bool same)
{
    run->turns = turns_of(run);
    if (same)
        site_reload_same(&run->site);
    else
        site_reload(&run->site);
    run->turns -= agents_count(run->site.core->agents).turns;
}

static void crash(struct run *run)
{
    run->crashes++;
    (void)core_run(run->site.core, (uint32_t)rng_below(&run->rng, TURNS_A_FRAME_MAX));
    reload(run, false);
}

static void one_frame(struct run *run)
{
    some_time(run);
    /* All who can sleep do, or some, or nobody: it makes no difference. */
    agents_keep_awake(run->site.core->agents, rng_below(&run->rng, 3) * 8);
    for (uint64_t requests = rng_below(&run->rng, 3); requests > 0; requests--)
        one_request(run);
    core_advance(run->site.core, run->site.now_us);
    (void)core_run(run->site.core, (uint32_t)rng_range(&run->rng, 1, TURNS_A_FRAME_MAX));
    site_frame(&run->site);
    if (!core_ready(run->site.core) || rng_below(&run->rng, 10) == 0)
        keep_alive(run);
    if (rng_below(&run->rng, CRASH_EVERY) == 0)
        crash(run);
    if (rng_below(&run->rng, RELOAD_EVERY) == 0) {
        run->reloads++;
        reload(run, true);
    }
}

/* ---- what came of it ---- */

static uint64_t total_of(int answer)
{
    uint64_t total = 0;

    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++)
        total += probe_count[order][answer];
    return total;
}

static void print_counts(const struct run *run)
{
    (void)printf("%llu turns, %llu frames, %llu crashes, %llu reloads\n",
                 (unsigned long long)turns_of(run), (unsigned long long)run->site.frames,
                 (unsigned long long)run->crashes, (unsigned long long)run->reloads);
    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++) {
        (void)printf("%-20s", probe_order_name(order));
        for (int answer = 0; answer < PROBE_ANSWERS; answer++) {
            if (probe_count[order][answer] > 0)
                (void)printf(" %s %llu", probe_refusal_name(-answer),
                             (unsigned long long)probe_count[order][answer]);
        }
        (void)printf("\n");
    }
    (void)printf("FAILED heard: silent %llu, closed %llu, full %llu, frozen %llu\n",
                 (unsigned long long)probe_failed[-SERAI_E_SILENT],
                 (unsigned long long)probe_failed[-SERAI_E_CLOSED],
                 (unsigned long long)probe_failed[-SERAI_E_FULL],
                 (unsigned long long)probe_failed[-SERAI_E_FROZEN]);
    (void)fflush(stdout);
}

static void check_coverage(void)
{
    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++)
        ck_assert_msg(probe_count[order][0] > 0, "%s was never done", probe_order_name(order));
    for (int answer = 1; answer < PROBE_ANSWERS; answer++) {
        if (-answer == SERAI_E_LIMIT || -answer == SERAI_E_SILENT)
            continue; /* one only over links, the other only with FAILED */
        ck_assert_msg(total_of(answer) > 0, "no order was ever refused by %s",
                      probe_refusal_name(-answer));
    }
    ck_assert_msg(probe_failed[-SERAI_E_SILENT] > 0, "nobody was ever left without an answer");
}

START_TEST(chaos_never_makes_or_loses_money_and_survives_every_reload)
{
    const uint64_t turns_least = wanted_by_test("PROPERTY_TURNS", PROPERTY_TURNS);
    struct run run = {.rng = rng_for_test()};

    site_open_book(&run.site, rng_u64(&run.rng), 100000000000, small_book);
    site_customer(&run.site, 1, "one", 20000000000);
    site_customer(&run.site, 2, "two", 20000000000);
    site_customer(&run.site, 3, "three", 1000000000);
    run.site.many_in_frame = true;
    while (turns_of(&run) < turns_least)
        one_frame(&run);
    run.reloads++;
    reload(&run, true);
    site_verify(&run.site);
    print_counts(&run);
    check_coverage();
    site_close(&run.site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core property");
    TCase *tcase = tcase_create("chaos");

    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, chaos_never_makes_or_loses_money_and_survives_every_reload);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
