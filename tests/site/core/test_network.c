/* Links between whole sites: birth next door, packets with money, crashes, cuts and lies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/site/core/network.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 2000000000, LIMIT = 1000000000 };

static struct network *network;

static void teardown(void)
{
    network_free(network);
}

static void setup(void)
{
    network = network_new(2, 3, MONEY, NULL);
    (void)network_join(network, 0, 1, LIMIT);
    network_settle(network);
}

START_TEST(two_sites_say_hello_and_agree_on_nothing_sent)
{
    network_agrees(network);
    ck_assert_uint_eq(network_link(network, 0, 0)->sent_seq, 0);
    ck_assert_uint_eq(network_link(network, 0, 0)->peer_limit.nanos, LIMIT);
}
END_TEST

static enum control_status try_link(const char *name, uint8_t first, uint64_t limit)
{
    struct bytes args = {0};
    uint8_t key[CONTROL_KEY_BYTES];

    key_numbered(key, first);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, limit);
    return site_request(&network->sites[0], OPERATOR, "link.add", &args);
}

START_TEST(a_key_that_nobody_can_have_is_refused_when_it_is_given)
{
    struct bytes args = {0};
    const uint8_t key[CONTROL_KEY_BYTES] = {1};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, "nobody");
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, 5);
    ck_assert_int_eq(site_request(&network->sites[0], OPERATOR, "link.add", &args),
                     CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(network->sites[0].reply.message, "no point of Ed25519"));
}
END_TEST

START_TEST(what_all_neighbours_together_may_owe_is_bounded)
{
    uint64_t most = money_nanos(money_site_max()) / 4 - LIMIT; /* the pair's own link has one */

    ck_assert_int_eq(try_link("far", 9, most + 1), CONTROL_REFUSED);
    ck_assert_int_eq(try_link("far", 9, most - 5), CONTROL_DONE);
    ck_assert_int_eq(try_link("off", 10, 6), CONTROL_REFUSED);
    ck_assert_int_eq(try_link("off", 10, 5), CONTROL_DONE);
}
END_TEST

static enum engine_outcome buys_next_door(void *context, struct part *part)
{
    struct heard *heard = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(heard, part);
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 1, 10000000, 1000000), 0);
    return ENGINE_DONE;
}

static int32_t answer_to_a_purchase(uint64_t agent, int person)
{
    struct heard heard = {0};
    const struct serai_event *answer;

    probe_play(agent, buys_next_door, &heard);
    ck_assert_int_eq(site_send(&network->sites[0], person, agent, "go", 0), CONTROL_DONE);
    network_settle(network);
    answer = heard_last(&heard, SERAI_EVENT_ANSWER);
    ck_assert_ptr_nonnull(answer);
    return answer->status;
}

START_TEST(all_customers_of_a_neighbour_share_one_cap)
{
    uint64_t first;
    uint64_t second;

    site_customer(&network->sites[0], 1, "one", 100000000);
    site_customer(&network->sites[0], 2, "two", 100000000);
    first = puppet_new(&network->sites[0], 1, 50000000, NULL);
    second = puppet_new(&network->sites[0], 2, 50000000, NULL);
    network->sites[1].core->agents->prices.customer_agents_max = 1;
    ck_assert_int_eq(answer_to_a_purchase(first, 1), 0);
    ck_assert_int_eq(answer_to_a_purchase(second, 2), SERAI_E_QUOTA);
    probe_play_none();
    network_agrees(network);
    site_reload_same(&network->sites[1]);
}
END_TEST

/* ---- whole populations ---- */

struct population {
    size_t sites;
    unsigned steps;
    bool faults;
};

static void populate(struct site *site, uint64_t seed)
{
    struct deploy deploy = {.module = "chaos", .nanos = 60000000, .gifts = "stcr"};
    char args[8];

    for (int i = 0; i < 3; i++) {
        uint64_t each = seed * 31 + (uint64_t)i;

        memcpy(args, &each, sizeof args);
        deploy.args = args;
        deploy.args_size = sizeof args;
        (void)site_deploy(site, OPERATOR, &deploy);
    }
}

/* Chaos acts when it hears something: say something to somebody, and pay those who ran dry. */
static void poke(struct site *site, struct rng *rng)
{
    uint64_t agent = ACCOUNT_FIRST_FREE + 1 + rng_below(rng, 40);

    if (!site_lives(site, agent))
        return;
    if (rng_below(rng, 4) == 0)
        (void)site_fund(site, OPERATOR, agent, 2000000);
    (void)site_send(site, OPERATOR, agent, "poke", rng_below(rng, 3) * 1000);
}

static void one_fault(struct network *net, struct rng *rng)
{
    size_t wire = (size_t)rng_below(rng, net->wire_count);

    switch (rng_below(rng, 3)) {
    case 0:
        network_crash(net, (int)rng_below(rng, net->site_count));
        break;
    case 1:
        network_cut(net, wire);
        break;
    default:
        network_connect(net, wire);
        break;
    }
}

static void freeze_everyone(struct site *site)
{
    for (uint64_t id = ACCOUNT_FIRST_FREE; ledger_account(site->core->ledger, id) != NULL; id++) {
        if (site_lives(site, id))
            (void)site_on_agent(site, OPERATOR, "agent.freeze", id);
    }
}

static void tell(struct network *net)
{
    for (size_t i = 0; i < net->site_count; i++)
        printf("site %zu: %llu turns, %llu agents\n", i,
               (unsigned long long)core_count(net->sites[i].core).turns,
               (unsigned long long)core_count(net->sites[i].core).agents);
    for (size_t i = 0; i < net->wire_count; i++)
        printf("wire %zu: %llu and %llu messages\n", i,
               (unsigned long long)network_link(net, i, 0)->sent_seq,
               (unsigned long long)network_link(net, i, 1)->sent_seq);
    fflush(stdout);
}

static void live_and_settle(const struct population *population, uint64_t seed)
{
    struct rng rng;
    struct network *net;

    rng_init(&rng, seed);
    net = network_new(population->sites, seed, MONEY, population->faults ? &rng : NULL);
    for (size_t i = 0; i + 1 < population->sites; i++)
        (void)network_join(net, (int)i, (int)i + 1, 50000000);
    for (size_t i = 0; i < population->sites; i++)
        populate(&net->sites[i], seed + i);
    for (unsigned step = 0; step < population->steps; step++) {
        (void)network_step(net, 1 + (uint32_t)rng_below(&rng, 8));
        for (size_t i = 0; i < net->site_count; i++)
            net->sites[i].now_us += rng_below(&rng, 20000);
        poke(&net->sites[rng_below(&rng, net->site_count)], &rng);
        if (population->faults && rng_below(&rng, 40) == 0)
            one_fault(net, &rng);
    }
    for (size_t i = 0; i < net->site_count; i++)
        freeze_everyone(&net->sites[i]);
    net->faults = NULL;
    for (size_t i = 0; i < net->wire_count; i++)
        network_connect(net, i);
    network_settle(net);
    network_agrees(net);
    tell(net);
    for (size_t i = 0; i < net->site_count; i++)
        site_reload_same(&net->sites[i]);
    network_free(net);
}

START_TEST(a_population_spreads_over_three_sites_and_the_money_adds_up)
{
    struct population population = {.sites = 3, .steps = 4000};
    struct rng rng = rng_for_test();

    live_and_settle(&population, rng_u64(&rng) >> 8);
}
END_TEST

START_TEST(crashes_cuts_and_repeats_lose_and_make_nothing)
{
    struct population population = {.sites = 3, .steps = 4000, .faults = true};
    struct rng rng = rng_for_test();

    live_and_settle(&population, (rng_u64(&rng) >> 8) + (uint64_t)_i);
}
END_TEST

#ifdef SERAI_SANITIZED
enum { POPULATIONS = 2 };
#else
enum { POPULATIONS = 4 };
#endif

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *pair = tcase_create("pair");
    TCase *many = tcase_create("many");

    tcase_add_checked_fixture(pair, setup, teardown);
    tcase_add_test(pair, two_sites_say_hello_and_agree_on_nothing_sent);
    tcase_add_test(pair, what_all_neighbours_together_may_owe_is_bounded);
    tcase_add_test(pair, a_key_that_nobody_can_have_is_refused_when_it_is_given);
    tcase_add_test(pair, all_customers_of_a_neighbour_share_one_cap);
    suite_add_tcase(suite, pair);
    tcase_set_timeout(many, 120);
    tcase_add_test(many, a_population_spreads_over_three_sites_and_the_money_adds_up);
    tcase_add_loop_test(many, crashes_cuts_and_repeats_lose_and_make_nothing, 0, POPULATIONS);
    suite_add_tcase(suite, many);
    return check_main(suite);
}
