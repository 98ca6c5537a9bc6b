/* An event that its agent's money cannot pay to the end waits, and runs exactly once it can. */
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum {
    LITTLE = 1000,
    MUCH = 50000000,
    STEPS_MAX = 9,
    HEARING_FUEL = 20000, /* what puppet_hears() takes is less */
};

static struct site site;
static uint64_t agent;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES]; /* of a facet of `agent` */

struct work {
    uint64_t fuel; /* that each event takes */
    uint64_t tries;
    struct heard heard;
};

static void small_deposit(struct pricebook *book)
{
    ck_assert(money_from_nanos(&book->heap_deposit, 100) == ST_OK);
}

static void setup(void)
{
    site_open_book(&site, 7, 10000000000, small_deposit);
    site_customers(&site, 2, 2000000000);
    agent = puppet_new(&site, 1, LITTLE, NULL);
    puppet_publish(&site, agent, 5, 0, number);
}

static void teardown(void)
{
    site_end(&site);
}

static enum engine_outcome works(void *context, struct part *part)
{
    struct work *work = context;

    work->tries++;
    if (part->instance->fuel < work->fuel + HEARING_FUEL) {
        part->instance->fuel = 0;
        return ENGINE_OUT_OF_FUEL;
    }
    part->instance->fuel -= work->fuel;
    return puppet_hears(&work->heard, part);
}

static struct money needs(void)
{
    struct agent_view view;

    agents_view(site.core->agents, site_agent(&site, agent), &view);
    return view.needs;
}

static bool is_dry(void)
{
    return site_agent(&site, agent)->state == AGENT_FROZEN_DRY;
}

/* As often as it says how much it needs; returns how often it had to. */
static int climb(void)
{
    int steps = 0;

    for (; is_dry(); steps++) {
        uint64_t lacks = money_nanos(needs());

        ck_assert_int_lt(steps, STEPS_MAX);
        ck_assert_uint_gt(lacks, 0);
        if (lacks > 1) {
            ck_assert_int_eq(site_fund(&site, 1, agent, lacks - 1), CONTROL_DONE);
            site_settle(&site);
            ck_assert(is_dry()); /* a nano less is not enough */
        }
        site_reload_same(&site);
        ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_DONE);
        site_settle(&site);
    }
    ck_assert_uint_eq(money_nanos(needs()), 0);
    return steps;
}

START_TEST(a_dear_event_waits_for_money_and_runs_exactly)
{
    struct work work = {.fuel = site.book.turn_fuel_max * 9 / 10};
    uint64_t before;
    const struct serai_event *event;

    probe_play(agent, works, &work);
    before = site_agent(&site, agent)->usage.fuel;
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    site_settle(&site);
    ck_assert(is_dry());
    ck_assert_uint_eq(work.tries, 1);
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE),
                      30); /* the money, not the postage */
    ck_assert_uint_gt(site_agent(&site, agent)->usage.fuel, before); /* what was burnt stands */
    ck_assert(site_logged(&site, agent, "out of money; its event waits until the agent has"));
    ck_assert_int_gt(climb(), 1);
    ck_assert_uint_eq(work.heard.count, 1);
    event = heard_last(&work.heard, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(work.heard.first_byte[0], 'q');
    ck_assert_int_eq(event->money, 30);
    ck_assert_int_eq(event->postage, (int64_t)site_reserve(&site)); /* as it was sent */
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
}
END_TEST

START_TEST(what_comes_after_it_waits_behind_it)
{
    struct work work = {.fuel = site.book.turn_fuel_max / 2};

    probe_play(agent, works, &work);
    ck_assert_int_eq(site_send(&site, 1, agent, "a", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(site_send(&site, 1, agent, "b", 0), CONTROL_DONE);
    site_settle(&site);
    site_reload_same(&site);
    ck_assert(is_dry());
    ck_assert_int_eq(site_fund(&site, 1, agent, MUCH), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(work.heard.count, 2);
    ck_assert_int_eq(work.heard.first_byte[0], 'a');
    ck_assert_int_eq(work.heard.first_byte[1], 'b');
}
END_TEST

START_TEST(a_full_turn_is_all_there_is)
{
    struct work work = {.fuel = site.book.turn_fuel_max + 1};

    probe_play(agent, works, &work);
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_gt(climb(), 1); /* to a full turn, and that is not enough, either */
    ck_assert_uint_eq(work.heard.count, 0);
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 0);
    ck_assert(site_logged(&site, agent, "out of fuel"));
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
}
END_TEST

START_TEST(any_dear_event_needs_few_steps)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 30; round++) {
        /* What it hears takes some, too. */
        struct work work = {.fuel =
                                rng_below(&rng, site.book.turn_fuel_max - site.book.reserve_fuel)};
        uint64_t heard;

        probe_play(agent, works, &work);
        ck_assert_int_eq(site_send(&site, 1, agent, "q", 0), CONTROL_DONE);
        site_settle(&site);
        (void)climb();
        heard = work.heard.count;
        ck_assert_uint_eq(heard, 1);
    }
}
END_TEST

START_TEST(a_birth_that_is_too_dear_waits)
{
    struct deploy how = {
        .module = "spin", .args = "x", .nanos = LITTLE + money_nanos(site.book.burial_reserve)};
    struct work work = {.fuel = 5000000};

    agent = site_deploy(&site, 1, &how);
    probe_play(agent, works, &work);
    site_settle(&site);
    ck_assert(is_dry());
    ck_assert_int_gt(climb(), 0);
    ck_assert_uint_eq(heard_of(&work.heard, SERAI_EVENT_BORN), 1);
    ck_assert_int_eq(work.heard.first_byte[0], 'x');
}
END_TEST

static enum engine_outcome becomes(void *context, struct part *part)
{
    if (part->kind == SERAI_EVENT_BECAME)
        return works(context, part);
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    *part_memory(part, AT_DATA, 1) = 'y';
    ck_assert_int_eq(part_order(part, self_become, SERAI_SLOT_SELF, AT_ID, AT_DATA, 1), 0);
    return ENGINE_DONE;
}

START_TEST(so_does_what_it_became)
{
    struct work work = {.fuel = 5000000};

    probe_play(agent, becomes, &work);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, agent, "no", 0), CONTROL_DONE);
    (void)core_run(site.core, 1);
    probe_play(agent, works, &work);
    site_settle(&site);
    ck_assert(is_dry());
    ck_assert_int_gt(climb(), 0);
    ck_assert_uint_eq(work.heard.count, 2);
    ck_assert_int_eq(work.heard.events[0].kind, SERAI_EVENT_BECAME);
    ck_assert_int_eq(work.heard.first_byte[0], 'y');
    ck_assert_int_eq(work.heard.events[1].kind, SERAI_EVENT_MESSAGE);
}
END_TEST

/* ---- events of channels ---- */

enum { ENDOWMENT = 20000000, FEE = 10000000, PACKET_MONEY = 30 };

struct channel {
    struct work work;
    int64_t slot;
    uint8_t heir[SERAI_HEAP_NUMBER_BYTES]; /* who gets its money */
};

static void gives_its_money_away(const struct channel *channel, struct part *part)
{
    int64_t heir = part_fetch(part, channel->heir);
    int64_t has = part_order(part, self_balance, SERAI_SLOT_SELF);

    ck_assert_int_gt(has, LITTLE + 10);
    ck_assert_int_eq(part_order(part, facet_fund, heir, has - LITTLE), 0);
}

static enum engine_outcome buys(void *context, struct part *part)
{
    struct channel *channel = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return works(&channel->work, part);
    channel->slot =
        part_order(part, channel_buy, SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, ENDOWMENT, FEE);
    ck_assert_int_ge(channel->slot, 0);
    if (channel->work.fuel > 0)
        gives_its_money_away(channel, part);
    return ENGINE_DONE;
}

static enum engine_outcome arms(void *context, struct part *part)
{
    const struct channel *channel = context;

    ck_assert_int_eq(part_order(part, channel_arm, channel->slot, 2, 4096), 0);
    gives_its_money_away(channel, part);
    return ENGINE_DONE;
}

static enum engine_outcome sends_a_packet(void *context, struct part *part)
{
    (void)context;
    *part_memory(part, AT_DATA, 1) = 'p';
    ck_assert_int_eq(part_order(part, channel_send, SERAI_SLOT_ORIGIN, AT_DATA, 1, PACKET_MONEY),
                     0);
    return ENGINE_DONE;
}

/* The agent is a rich one now, whose heir is another. */
static struct channel rich(void)
{
    struct channel channel = {0};

    puppet_publish(&site, puppet_new(&site, 2, MUCH, NULL), 6, 0, channel.heir);
    agent = puppet_new(&site, 1, MUCH, NULL);
    return channel;
}

START_TEST(an_answer_that_is_too_dear_waits)
{
    struct channel channel = rich();
    const struct serai_event *answer;

    channel.work.fuel = site.book.turn_fuel_max * 9 / 10;
    probe_play(agent, buys, &channel);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert(is_dry());
    ck_assert_uint_eq(channel.work.heard.count, 0);
    ck_assert_int_gt(climb(), 0);
    ck_assert_uint_eq(channel.work.heard.count, 1);
    answer = heard_last(&channel.work.heard, SERAI_EVENT_ANSWER);
    ck_assert_int_eq(answer->slot, channel.slot);
    ck_assert_int_eq(answer->status, 0);
    ck_assert_int_gt(answer->fee, 0);
    ck_assert_int_eq(answer->money, FEE - answer->fee);
}
END_TEST

START_TEST(a_packet_that_is_too_dear_waits_and_its_money_came_once)
{
    struct channel channel = rich();
    uint64_t child = agent + 1;
    const struct serai_event *packet;
    uint64_t has;

    puppet_play(&site, agent, buys, &channel);
    puppet_play(&site, agent, arms, &channel);
    channel.work = (struct work){.fuel = site.book.turn_fuel_max * 9 / 10};
    probe_play(agent, works, &channel.work);
    has = worth_of(&site, agent);
    puppet_play(&site, child, sends_a_packet, NULL);
    ck_assert(is_dry());
    ck_assert_uint_eq(channel.work.tries, 1);
    ck_assert_uint_eq(worth_of(&site, agent), has + PACKET_MONEY + site_reserve(&site));
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_PACKET), 0);
    ck_assert_int_gt(climb(), 0);
    ck_assert_uint_eq(channel.work.heard.count, 1);
    packet = heard_last(&channel.work.heard, SERAI_EVENT_PACKET);
    ck_assert_int_eq(packet->money, PACKET_MONEY);
    ck_assert_int_eq(packet->slot, channel.slot);
    ck_assert_int_eq(channel.work.heard.first_byte[0], 'p');
}
END_TEST

/* ---- postage ---- */

struct letter {
    int64_t money;
    int64_t postage;
};

static enum engine_outcome writes(void *context, struct part *part)
{
    const struct letter *letter = context;
    int64_t facet = part_fetch(part, number);

    *part_memory(part, AT_DATA, 1) = 'L';
    ck_assert_int_eq(
        part_order(part, facet_send, facet, AT_DATA, 1, 0, 0, letter->money, letter->postage, -1),
        0);
    return ENGINE_DONE;
}

START_TEST(a_message_with_enough_postage_counts)
{
    struct letter little = {0, (int64_t)site_reserve(&site)};
    struct letter enough = {0, 200000};
    struct work work = {.fuel = site.book.turn_fuel_max / 2};
    uint64_t other = puppet_new(&site, 2, MUCH, NULL);

    probe_play(agent, works, &work);
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    site_settle(&site);
    puppet_play(&site, other, writes, &little);
    ck_assert(is_dry());
    ck_assert_uint_eq(work.tries, 1);
    puppet_play(&site, other, writes, &little);
    site_reload_same(&site);
    puppet_play(&site, other, writes, &enough);
    ck_assert_uint_eq(work.heard.count, 4);
    ck_assert_int_eq(work.heard.first_byte[0], 'q');
    ck_assert_int_eq(work.heard.events[3].postage, enough.postage); /* told, though taken before */
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
}
END_TEST

START_TEST(postage_taken_in_early_is_kept_over_a_start)
{
    struct letter little = {0, (int64_t)site_reserve(&site)};
    struct letter enough = {9, 9000};
    struct work work = {.fuel = site.book.turn_fuel_max * 9 / 10};
    uint64_t other = puppet_new(&site, 2, MUCH, NULL);

    probe_play(agent, works, &work);
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    site_settle(&site);
    puppet_play(&site, other, writes, &little);
    puppet_play(&site, other, writes, &enough);
    puppet_play(&site, other, writes, &little);
    ck_assert_uint_eq(work.tries, 2); /* with it, in vain; it lies amid the others */
    ck_assert(is_dry());
    site_reload_same(&site);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE),
                      30 + 9 + 2 * (uint64_t)little.postage);
    ck_assert_int_eq(site_fund(&site, 1, agent, MUCH), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(work.heard.count, 4);
    ck_assert_int_eq(work.heard.events[2].postage, enough.postage);
}
END_TEST

START_TEST(postage_taken_in_early_leaves_no_row_of_what_was_heard)
{
    struct letter enough = {9, 400000};
    struct work work = {.fuel = site.book.turn_fuel_max / 2};
    uint64_t other = puppet_new(&site, 2, MUCH, NULL);

    probe_play(agent, works, &work);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    puppet_play(&site, other, writes, &enough);
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 2); /* and both have rows */
    site_reload_same(&site);
    /* In one frame the second pays for the first, and both are heard. */
    site.many_in_frame = true;
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
    site_settle(&site);
    site.many_in_frame = false;
    ck_assert_uint_eq(work.tries, 3);
    ck_assert_uint_eq(work.heard.count, 2);
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 0);
}
END_TEST

START_TEST(who_gave_the_money_has_it_back_when_nobody_pays)
{
    struct letter letter = {5000, (int64_t)site_reserve(&site)};
    struct work work = {.fuel = site.book.turn_fuel_max / 2};
    uint64_t other = puppet_new(&site, 2, MUCH, NULL);
    uint64_t before = site_balance(&site, other);

    probe_play(agent, works, &work);
    puppet_play(&site, other, writes, &letter);
    ck_assert(is_dry());
    ck_assert_uint_lt(site_balance(&site, other), before - 5000);
    site.core->agents->prices.frozen_answer_s = 60;
    site_pass(&site, 130000000);
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.total, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
    ck_assert_uint_gt(site_balance(&site, other), before - 5000);
    ck_assert_uint_lt(money_nanos(site_agent(&site, agent)->needs),
                      1); /* that was the dear one's */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core ladder");
    TCase *tcase = tcase_create("ladder");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_dear_event_waits_for_money_and_runs_exactly);
    tcase_add_test(tcase, what_comes_after_it_waits_behind_it);
    tcase_add_test(tcase, a_full_turn_is_all_there_is);
    tcase_add_test(tcase, any_dear_event_needs_few_steps);
    tcase_add_test(tcase, a_birth_that_is_too_dear_waits);
    tcase_add_test(tcase, so_does_what_it_became);
    tcase_add_test(tcase, an_answer_that_is_too_dear_waits);
    tcase_add_test(tcase, a_packet_that_is_too_dear_waits_and_its_money_came_once);
    tcase_add_test(tcase, a_message_with_enough_postage_counts);
    tcase_add_test(tcase, postage_taken_in_early_is_kept_over_a_start);
    tcase_add_test(tcase, postage_taken_in_early_leaves_no_row_of_what_was_heard);
    tcase_add_test(tcase, who_gave_the_money_has_it_back_when_nobody_pays);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
