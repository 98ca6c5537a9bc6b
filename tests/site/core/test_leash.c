/*
 * Leashes and confinement: what a parent may do to a child that it spawned with a leash, what it
 * hears of it, and what a child is born without.
 */
#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/life.h"
#include "agents/objects.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum {
    MONEY = 200000000,
    ENDOWMENT = 10000000,
    BADGE = 9,
    WATCHED = 77,
    CODE = 4321,
    PARENT = 1,
};

static struct site site;
static uint64_t parent;
static uint64_t child;
static uint64_t last; /* of all agents: numbers follow one another */
static int32_t facet; /* slot of the child's facet, at the parent */
static int32_t leash; /* and of its leash */

/* What the parent heard last from a watched leash, and how often. */
static struct serai_event news;
static int32_t news_code;
static char news_text[SERAI_REASON_BYTES_MAX + 1];
static uint32_t news_count;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    parent = puppet_new(&site, PARENT, MONEY, "stc");
    last = parent;
    news_count = 0;
    memset(&news, 0, sizeof news);
}

static void teardown(void)
{
    site_end(&site);
}

/* The number of the agent that is born next. */
static uint64_t next_agent(void)
{
    return ++last;
}

/* ---- parts ---- */

static enum engine_outcome hears_news(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    if (event.kind != SERAI_EVENT_LEASH)
        return ENGINE_DONE;
    news = event;
    news_count++;
    memset(news_text, 0, sizeof news_text);
    ck_assert_int_ge(event.size, 4);
    ck_assert_int_eq(part_order(part, event_read, AT_DATA, 4 + SERAI_REASON_BYTES_MAX, 0),
                     event.size);
    news_code = (int32_t)le32_get(part_memory(part, AT_DATA, 4));
    memcpy(news_text, part_memory(part, AT_DATA + 4, SERAI_REASON_BYTES_MAX),
           (size_t)event.size - 4);
    return ENGINE_DONE;
}

/* Spawns its own code, which the test plays as it plays the parent. */
static int64_t spawn_with(struct part *part, int64_t flags, int64_t endowment)
{
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    return part_order(part, spawn, SERAI_SLOT_FIRST_FREE, AT_ID, AT_DATA, 0, AT_CAPS, 0, flags,
                      endowment);
}

static enum engine_outcome spawns(void *context, struct part *part)
{
    const int64_t *flags = context;
    int64_t slot = spawn_with(part, *flags, ENDOWMENT);

    ck_assert_int_ge(slot, SERAI_SLOT_FIRST_FREE);
    facet = (int32_t)slot;
    leash = facet + 1;
    return ENGINE_DONE;
}

/* The child of the parent that was born last, which then idles. */
static void have_child(int64_t flags)
{
    child = next_agent();
    probe_play(child, puppet_idles, NULL);
    puppet_play(&site, parent, spawns, &flags);
    ck_assert(site_lives(&site, child));
    ck_assert_uint_eq(site_agent(&site, child)->parent, parent);
}

/* One turn of the parent, which afterwards only hears news. */
static void plays(part_fn play, void *context)
{
    puppet_play(&site, parent, play, context);
    probe_play(parent, hears_news, NULL);
    site_settle(&site);
}

struct order {
    enum serai_order order;
    int64_t second;
    int64_t expected;
};

static enum engine_outcome gives_order(void *context, struct part *part)
{
    const struct order *order = context;
    int64_t args[2] = {leash, order->second};

    if (part->kind == SERAI_EVENT_LEASH)
        return hears_news(NULL, part);
    ck_assert_int_eq(
        part_order_list(part, order->order, args, order->order == SERAI_ORDER_leash_end ? 1 : 2),
        order->expected);
    return ENGINE_DONE;
}

static void give(enum serai_order order, int64_t second, int64_t expected)
{
    struct order what = {order, second, expected};

    plays(gives_order, &what);
}

static enum engine_outcome watches(void *context, struct part *part)
{
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, WATCHED, 0);

    (void)context;
    ck_assert_int_ge(own, 0);
    ck_assert_int_eq(part_order(part, leash_watch, leash, own), 0);
    ck_assert_int_eq(part_order(part, leash_watch, leash, own), SERAI_E_EXISTS);
    ck_assert_int_eq(part_order(part, leash_watch, leash, facet), SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, leash_watch, leash, SERAI_SLOT_SELF), SERAI_E_KIND);
    ck_assert_int_eq(part_order(part, leash_watch, leash, SERAI_SLOTS_MAX - 1), SERAI_E_SLOT);
    return ENGINE_DONE;
}

static void expect_news(int32_t what, int32_t code)
{
    site_settle(&site);
    ck_assert_uint_eq(news_count, 1);
    ck_assert_int_eq(news.status, what);
    ck_assert_uint_eq(news.badge, WATCHED);
    ck_assert_int_eq(news_code, code);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}

static enum engine_outcome looks(void *context, struct part *part)
{
    struct serai_leash *info = context;

    ck_assert_int_eq(part_order(part, leash_info, leash, AT_DATA), 0);
    memcpy(info, part_memory(part, AT_DATA, sizeof *info), sizeof *info);
    return ENGINE_DONE;
}

static void look(struct serai_leash *info)
{
    plays(looks, info);
}

/* ---- what a leash tells ---- */

START_TEST(it_tells_how_the_child_is)
{
    struct serai_leash info;
    const struct agent *agent;
    struct agent_view view;

    have_child(SERAI_SPAWN_LEASH);
    look(&info);
    agent = site_agent(&site, child);
    ck_assert_int_eq(info.state, SERAI_LEASH_RUNNING);
    ck_assert_int_eq(info.waiting, 0);
    ck_assert_uint_eq((uint64_t)info.balance, site_balance(&site, child));
    ck_assert_int_eq(info.mark, 0);
    ck_assert_int_eq(info.lacks, 0);
    ck_assert_uint_gt(info.bytes, 65536);
    ck_assert_uint_eq(info.turns, agent->usage.turns);
    ck_assert_uint_eq(info.traps, 0);
    ck_assert_uint_eq(info.fuel, agent->usage.fuel);
    ck_assert_uint_eq(info.turns, 1);
    agents_view(site.core->agents, agent, &view);
    ck_assert_uint_eq(view.leash_holder, parent);
    agents_view(site.core->agents, site_agent(&site, parent), &view);
    ck_assert_uint_eq(view.leash_holder, 0);
}
END_TEST

/* ---- stop and go ---- */

static void send_to_child(void)
{
    ck_assert_int_eq(site_send(&site, PARENT, child, "hi", 0), CONTROL_DONE);
    site_settle(&site);
}

START_TEST(a_child_that_is_stopped_does_nothing_until_it_is_let_go)
{
    struct serai_leash info;

    have_child(SERAI_SPAWN_LEASH);
    give(SERAI_ORDER_leash_stop, 1, 0);
    send_to_child();
    site_reload_same(&site);
    look(&info);
    ck_assert_int_eq(info.state, SERAI_LEASH_STOPPED);
    ck_assert_int_eq(info.waiting, 1);
    ck_assert_uint_eq(info.turns, 1);
    ck_assert_ptr_nonnull(strstr(site_agent(&site, child)->reason, "which holds its leash"));
    /* Money does not let it go, as it was not frozen for want of any. */
    ck_assert_int_eq(site_fund(&site, PARENT, child, 1000000), CONTROL_DONE);
    look(&info);
    ck_assert_int_eq(info.state, SERAI_LEASH_STOPPED);
    give(SERAI_ORDER_leash_stop, 1, 0); /* once more changes nothing */
    give(SERAI_ORDER_leash_stop, 0, 0);
    look(&info);
    ck_assert_int_eq(info.state, SERAI_LEASH_RUNNING);
    ck_assert_uint_eq(info.turns, 2);
    give(SERAI_ORDER_leash_stop, 0, 0);
    give(SERAI_ORDER_leash_stop, 2, SERAI_E_INVALID);
    give(SERAI_ORDER_leash_stop, -1, SERAI_E_INVALID);
}
END_TEST

static enum engine_outcome stops_and_traps(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, leash_stop, leash, 1), 0);
    ck_assert_int_eq(part_order(part, leash_take, leash, 1000), 0);
    ck_assert_int_eq(part_order(part, leash_end, leash), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(an_undone_turn_has_pulled_nothing)
{
    struct serai_leash info;
    uint64_t before;

    have_child(SERAI_SPAWN_LEASH);
    before = site_balance(&site, child);
    plays(stops_and_traps, NULL);
    look(&info);
    ck_assert_int_eq(info.state, SERAI_LEASH_RUNNING);
    ck_assert_uint_eq(site_balance(&site, child), before);
}
END_TEST

/* What the customer or the site froze is not the parent's to let go, nor to freeze otherwise. */
START_TEST(the_customer_is_above_the_leash)
{
    have_child(SERAI_SPAWN_LEASH);
    ck_assert_int_eq(site_on_agent(&site, PARENT, "agent.freeze", child), CONTROL_DONE);
    give(SERAI_ORDER_leash_stop, 0, SERAI_E_RIGHT);
    give(SERAI_ORDER_leash_stop, 1, SERAI_E_RIGHT);
    ck_assert_int_eq(site_on_agent(&site, PARENT, "agent.thaw", child), CONTROL_DONE);
    give(SERAI_ORDER_leash_stop, 1, 0);
    ck_assert_int_eq(site_on_agent(&site, PARENT, "agent.thaw", child), CONTROL_DONE);
    ck_assert(!agents_is_held(site_agent(&site, child)));
}
END_TEST

/* ---- money ---- */

static enum engine_outcome takes_all(void *context, struct part *part)
{
    uint64_t reserve = site_reserve(&site);
    int64_t left = (int64_t)(site_balance(&site, child) - 2 * reserve);
    int64_t before = part_order(part, self_balance, SERAI_SLOT_SELF);

    (void)context;
    ck_assert_int_eq(part_order(part, leash_take, leash, left + 1), SERAI_E_SHORT);
    ck_assert_int_eq(part_order(part, leash_take, leash, -1), SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, leash_take, leash, 0), 0);
    ck_assert_int_eq(part_order(part, leash_take, leash, left / 2), 0);
    ck_assert_int_eq(part_order(part, leash_take, leash, left - left / 2 + 1), SERAI_E_SHORT);
    ck_assert_int_eq(part_order(part, leash_take, leash, left - left / 2), 0);
    ck_assert_int_eq(part_order(part, leash_take, leash, 1), SERAI_E_SHORT);
    /* What it takes can pay for transfers of this turn. */
    ck_assert_int_gt(part_order(part, self_balance, SERAI_SLOT_SELF), before + left / 2);
    return ENGINE_DONE;
}

START_TEST(it_takes_all_but_what_the_next_event_needs)
{
    uint64_t had;
    uint64_t worth;

    have_child(SERAI_SPAWN_LEASH);
    had = site_balance(&site, child);
    worth = worth_of(&site, parent);
    plays(takes_all, NULL);
    ck_assert_uint_eq(site_balance(&site, child), 2 * site_reserve(&site));
    ck_assert_uint_gt(worth_of(&site, parent), worth + had - 2 * site_reserve(&site) - 1000);
    send_to_child(); /* whose postage comes with it */
    ck_assert_uint_eq(site_agent(&site, child)->usage.turns, 2);
    give(SERAI_ORDER_leash_take, ENDOWMENT, SERAI_E_SHORT);
}
END_TEST

/* ---- ends ---- */

static enum engine_outcome ends_twice(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, leash_end, leash), 0);
    ck_assert_int_eq(part_order(part, leash_end, leash), SERAI_E_FULL);
    return ENGINE_DONE;
}

START_TEST(its_end_leaves_all_to_the_holder_and_a_closed_leash)
{
    uint64_t customer;
    uint64_t had;
    uint64_t worth;

    have_child(SERAI_SPAWN_LEASH);
    had = site_balance(&site, child);
    worth = worth_of(&site, parent);
    customer = site_balance(&site, site.people[PARENT].account);
    plays(ends_twice, NULL);
    ck_assert(!site_lives(&site, child));
    ck_assert_uint_ge(worth_of(&site, parent) + 1000, worth + had);
    ck_assert_uint_ge(customer, site_balance(&site, site.people[PARENT].account));
    site_reload_same(&site);
    give(SERAI_ORDER_leash_end, 0, SERAI_E_CLOSED);
    give(SERAI_ORDER_leash_stop, 1, SERAI_E_CLOSED);
    give(SERAI_ORDER_leash_take, 1, SERAI_E_CLOSED);
    give(SERAI_ORDER_leash_info, AT_DATA, SERAI_E_CLOSED);
    give(SERAI_ORDER_leash_watch, facet, SERAI_E_CLOSED);
    ck_assert_uint_eq(site_agent(&site, parent)->owns.facets, 0);
}
END_TEST

static void child_dies(void)
{
    puppet_play(&site, child, puppet_dies, NULL);
    ck_assert(!site_lives(&site, child));
}

START_TEST(an_estate_goes_to_the_holder_if_it_was_spawned_so)
{
    uint64_t people[2];
    uint64_t parents[2];

    for (int with = 0; with < 2; with++) {
        uint64_t before;

        have_child(SERAI_SPAWN_LEASH | (with == 1 ? SERAI_SPAWN_ESTATE : 0));
        ck_assert_int_eq(site_send(&site, PARENT, child, "go", 0), CONTROL_DONE);
        before = site_balance(&site, parent);
        people[with] = site_balance(&site, site.people[PARENT].account);
        probe_play(child, puppet_dies, NULL);
        site_settle(&site);
        ck_assert(!site_lives(&site, child));
        parents[with] = site_balance(&site, parent) - before;
        people[with] = site_balance(&site, site.people[PARENT].account) - people[with];
    }
    ck_assert_uint_eq(parents[0], 0);
    ck_assert_uint_gt(people[0], ENDOWMENT / 2);
    ck_assert_uint_gt(parents[1], ENDOWMENT / 2);
    ck_assert_uint_eq(people[1], 0);
}
END_TEST

START_TEST(an_estate_is_the_customers_when_it_ends_the_child)
{
    uint64_t account = site.people[PARENT].account;
    uint64_t customer;
    uint64_t holder;

    have_child(SERAI_SPAWN_LEASH | SERAI_SPAWN_ESTATE);
    plays(watches, NULL);
    customer = site_balance(&site, account);
    holder = worth_of(&site, parent);
    ck_assert_int_eq(site_on_agent(&site, PARENT, "agent.end", child), CONTROL_DONE);
    expect_news(SERAI_LEASH_DIED, 0);
    ck_assert_int_eq(news.money, 0);
    ck_assert_uint_gt(site_balance(&site, account), customer + ENDOWMENT / 2);
    ck_assert_uint_le(worth_of(&site, parent), holder + 1000);
}
END_TEST

/* Nobody holds the child any more: it goes on, as any agent of its customer. */
START_TEST(the_child_of_a_holder_that_dies_goes_on)
{
    have_child(SERAI_SPAWN_LEASH | SERAI_SPAWN_ESTATE);
    plays(watches, NULL);
    puppet_play(&site, parent, puppet_dies, NULL);
    ck_assert(!site_lives(&site, parent));
    ck_assert_uint_eq(site_agent(&site, child)->leash, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    site_reload_same(&site);
    send_to_child();
    ck_assert_uint_eq(site_agent(&site, child)->usage.turns, 2);
    child_dies();
}
END_TEST

static enum engine_outcome drops_leash(void *context, struct part *part)
{
    const enum engine_outcome *outcome = context;

    ck_assert_int_eq(part_order(part, cap_drop, leash), 0);
    ck_assert_int_eq(part_order(part, leash_take, leash, 1), SERAI_E_SLOT);
    return *outcome;
}

START_TEST(a_leash_that_is_dropped_lets_the_child_go)
{
    enum engine_outcome outcome = ENGINE_TRAP_UNREACHABLE;

    have_child(SERAI_SPAWN_LEASH);
    plays(watches, NULL);
    plays(drops_leash, &outcome);
    ck_assert_uint_ne(site_agent(&site, child)->leash, 0);
    outcome = ENGINE_DONE;
    plays(drops_leash, &outcome);
    ck_assert_uint_eq(site_agent(&site, child)->leash, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    child_dies();
    ck_assert_uint_eq(news_count, 0);
}
END_TEST

static enum engine_outcome stops_and_drops(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, leash_stop, leash, 1), 0);
    ck_assert_int_eq(part_order(part, cap_drop, leash), 0);
    return ENGINE_DONE;
}

/* Nobody but its customer could set a child going that a leash stopped which is gone. */
START_TEST(no_child_stays_stopped_by_a_leash_that_is_gone)
{
    enum engine_outcome outcome = ENGINE_DONE;

    have_child(SERAI_SPAWN_LEASH);
    plays(stops_and_drops, NULL);
    ck_assert_int_eq(site_agent(&site, child)->state, AGENT_RUNNING);
    have_child(SERAI_SPAWN_LEASH);
    give(SERAI_ORDER_leash_stop, 1, 0);
    ck_assert_int_eq(site_agent(&site, child)->state, AGENT_FROZEN_BY_LEASH);
    plays(drops_leash, &outcome);
    ck_assert_int_eq(site_agent(&site, child)->state, AGENT_RUNNING);
    have_child(SERAI_SPAWN_LEASH);
    give(SERAI_ORDER_leash_stop, 1, 0);
    puppet_play(&site, parent, puppet_dies, NULL);
    ck_assert(!site_lives(&site, parent));
    ck_assert_int_eq(site_agent(&site, child)->state, AGENT_RUNNING);
    site_reload_same(&site);
    send_to_child();
    ck_assert_uint_eq(site_agent(&site, child)->usage.turns, 2);
}
END_TEST

static enum engine_outcome hands_leash_on(void *context, struct part *part)
{
    (void)context;
    memcpy(part_memory(part, AT_CAPS, 4), &leash, 4);
    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 1, AT_CAPS, 1, 0, 100000, -1),
                     SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, leash, AT_NUMBER), SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, cap_kind, leash), SERAI_KIND_LEASH);
    return ENGINE_DONE;
}

START_TEST(a_leash_stays_with_its_holder)
{
    have_child(SERAI_SPAWN_LEASH);
    plays(hands_leash_on, NULL);
}
END_TEST

/* ---- watching ---- */

static enum engine_outcome fails(void *context, struct part *part)
{
    (void)context;
    memcpy(part_memory(part, AT_DATA, 5), "sorry", 5);
    return part_fail(part, CODE, AT_DATA, 5);
}

static enum engine_outcome marks(void *context, struct part *part)
{
    const int64_t *mark = context;

    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, *mark), 0);
    return ENGINE_DONE;
}

START_TEST(a_watched_child_that_traps_is_told_once)
{
    have_child(SERAI_SPAWN_LEASH);
    plays(watches, NULL);
    site_reload_same(&site);
    probe_play(child, puppet_traps, NULL);
    send_to_child();
    expect_news(SERAI_LEASH_UNDONE, ENGINE_TRAP_UNREACHABLE);
    send_to_child();
    ck_assert_uint_eq(news_count, 1);
    probe_play(child, fails, NULL);
    news_count = 0;
    plays(watches, NULL); /* again */
    send_to_child();
    expect_news(SERAI_LEASH_UNDONE, CODE);
    ck_assert_str_eq(news_text, "sorry");
}
END_TEST

START_TEST(a_watched_child_that_is_frozen_is_told)
{
    have_child(SERAI_SPAWN_LEASH);
    plays(watches, NULL);
    give(SERAI_ORDER_leash_stop, 1, 0); /* its own doing is no news */
    give(SERAI_ORDER_leash_stop, 0, 0);
    ck_assert_uint_eq(news_count, 0);
    ck_assert_int_eq(site_on_agent(&site, PARENT, "agent.freeze", child), CONTROL_DONE);
    expect_news(SERAI_LEASH_FROZEN, SERAI_LEASH_BY_CUSTOMER);
    ck_assert_str_eq(news_text, "frozen by its customer");
}
END_TEST

START_TEST(a_watched_child_that_dies_is_told)
{
    have_child(SERAI_SPAWN_LEASH | SERAI_SPAWN_ESTATE);
    plays(watches, NULL);
    child_dies();
    expect_news(SERAI_LEASH_DIED, 0);
    ck_assert_int_gt(news.money, ENDOWMENT / 2);
}
END_TEST

START_TEST(a_watched_child_that_runs_low_is_told)
{
    int64_t mark;

    have_child(SERAI_SPAWN_LEASH);
    mark = (int64_t)site_balance(&site, child) - 100000;
    puppet_play(&site, child, marks, &mark);
    plays(watches, NULL);
    give(SERAI_ORDER_leash_take, 200000, 0);
    site_settle(&site);
    ck_assert_uint_eq(news_count, 1);
    ck_assert_int_eq(news.status, SERAI_LEASH_LOW);
    ck_assert_int_lt(news.money, mark);
}
END_TEST

static enum engine_outcome revokes_watch(void *context, struct part *part)
{
    (void)context;
    /* The facet that it watches with is the last that it made. */
    ck_assert_int_eq(part_order(part, self_revoke, SERAI_SLOT_SELF, leash + 1), 0);
    return ENGINE_DONE;
}

START_TEST(who_revokes_the_facet_watches_no_more)
{
    have_child(SERAI_SPAWN_LEASH);
    plays(watches, NULL);
    plays(revokes_watch, NULL);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    probe_play(child, puppet_traps, NULL);
    send_to_child();
    ck_assert_uint_eq(news_count, 0);
    plays(watches, NULL); /* and may watch again */
    send_to_child();
    expect_news(SERAI_LEASH_UNDONE, ENGINE_TRAP_UNREACHABLE);
}
END_TEST

/* ---- what a child is born without ---- */

static enum engine_outcome refuses_flags(void *context, struct part *part)
{
    static const int64_t bad[] = {1, 2, 128, 2048, 1 << 20, -1, SERAI_SPAWN_ESTATE, INT32_MIN};

    (void)context;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(spawn_with(part, bad[i], ENDOWMENT), SERAI_E_INVALID);
    return ENGINE_DONE;
}

START_TEST(other_flags_are_refused)
{
    puppet_play(&site, parent, refuses_flags, NULL);
}
END_TEST

static void expect_slot(uint64_t agent, uint64_t slot, uint8_t kind)
{
    const struct cap *cap = cap_table_at(&site_agent(&site, agent)->caps, slot);

    ck_assert_uint_eq(cap == NULL ? SERAI_KIND_EMPTY : cap->kind, kind);
}

static enum engine_outcome becomes(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_BECAME)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID) >= 0, 1);
    ck_assert_int_eq(part_order(part, self_become, SERAI_SLOT_SELF, AT_ID, AT_DATA, 0), 0);
    return ENGINE_DONE;
}

START_TEST(a_child_lacks_each_slot_that_its_flag_names)
{
    static const uint8_t kinds[] = {[SERAI_SLOT_BUFFERS] = SERAI_KIND_BUFFER_POOL,
                                    [SERAI_SLOT_CHANNELS] = SERAI_KIND_CHANNEL_POOL,
                                    [SERAI_SLOT_HEAP] = SERAI_KIND_HEAP,
                                    [SERAI_SLOT_CODE] = SERAI_KIND_CODE,
                                    [SERAI_SLOT_LOG] = SERAI_KIND_LOG};

    for (uint64_t lacks = SERAI_SLOT_BUFFERS; lacks <= SERAI_SLOT_LOG; lacks++) {
        have_child((int64_t)1 << lacks);
        puppet_play(&site, child, becomes, NULL); /* which gives nothing back */
        site_reload_same(&site);
        for (uint64_t slot = SERAI_SLOT_BUFFERS; slot <= SERAI_SLOT_LOG; slot++)
            expect_slot(child, slot, slot == lacks ? SERAI_KIND_EMPTY : kinds[slot]);
    }
}
END_TEST

/* Its own spawner, and its own child. */
static uint64_t grandchild;

static enum engine_outcome spawns_on(void *context, struct part *part)
{
    (void)context;
    grandchild = next_agent();
    probe_play(grandchild, puppet_idles, NULL);
    ck_assert_int_ge(spawn_with(part, 0, ENDOWMENT / 2), 0);
    return ENGINE_DONE;
}

static enum engine_outcome spawns_spawner(void *context, struct part *part)
{
    const int64_t *flags = context;
    int32_t spawner = SERAI_SLOT_FIRST_FREE;

    memcpy(part_memory(part, AT_CAPS, 4), &spawner, 4);
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    ck_assert_int_ge(
        part_order(part, spawn, spawner, AT_ID, AT_DATA, 0, AT_CAPS, 1, *flags, 2 * ENDOWMENT), 0);
    return ENGINE_DONE;
}

static enum engine_outcome chooses_number(void *context, struct part *part)
{
    const int64_t *expected = context;
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    memset(part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES), 1, SERAI_HEAP_NUMBER_BYTES);
    ck_assert_int_eq(part_order(part, heap_add_at, SERAI_SLOT_HEAP, own, AT_NUMBER), *expected);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, own, AT_NUMBER), 0);
    return ENGINE_DONE;
}

START_TEST(what_a_child_lacks_its_children_lack)
{
    int64_t flags = SERAI_SPAWN_NO_CHANNELS | SERAI_SPAWN_NO_NUMBERS;
    int64_t refused = SERAI_E_RIGHT;
    int64_t done = 0;

    child = next_agent();
    probe_play(child, puppet_idles, NULL);
    puppet_play(&site, parent, spawns_spawner, &flags);
    puppet_play(&site, child, spawns_on, NULL);
    site_reload_same(&site);
    expect_slot(grandchild, SERAI_SLOT_CHANNELS, SERAI_KIND_EMPTY);
    expect_slot(grandchild, SERAI_SLOT_HEAP, SERAI_KIND_HEAP);
    puppet_play(&site, child, chooses_number, &refused);
    puppet_play(&site, grandchild, chooses_number, &refused);
    puppet_play(&site, parent, chooses_number, &done);
}
END_TEST

static enum engine_outcome drops_pools(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, cap_drop, SERAI_SLOT_SELF), SERAI_E_RIGHT);
    for (int64_t slot = SERAI_SLOT_BUFFERS; slot <= SERAI_SLOT_LOG; slot++) {
        ck_assert_int_eq(part_order(part, cap_drop, slot), 0);
        ck_assert_int_eq(part_order(part, cap_drop, slot), SERAI_E_SLOT);
    }
    return ENGINE_DONE;
}

/* What it drops it can neither use nor give. */
START_TEST(an_agent_may_drop_what_it_was_born_with)
{
    puppet_play(&site, parent, drops_pools, NULL);
    site_reload_same(&site);
    have_child(0);
    for (uint64_t slot = SERAI_SLOT_BUFFERS; slot <= SERAI_SLOT_LOG; slot++)
        expect_slot(child, slot, SERAI_KIND_EMPTY);
    ck_assert_int_eq(facet, SERAI_SLOT_FIRST_FREE + 3); /* empty inborn slots are not given */
}
END_TEST

static enum engine_outcome buys_channel(void *context, struct part *part)
{
    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, cap_drop, SERAI_SLOT_CODE), 0);
    grandchild = next_agent();
    probe_play(grandchild, puppet_idles, NULL);
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 0, 20000000, 10000000), 0);
    return ENGINE_DONE;
}

/* A birth at the other end of a channel of this site is a child's as well. */
START_TEST(a_channel_of_this_site_is_no_way_out)
{
    plays(buys_channel, NULL);
    expect_slot(grandchild, SERAI_SLOT_CODE, SERAI_KIND_EMPTY);
    expect_slot(grandchild, SERAI_SLOT_BUFFERS, SERAI_KIND_BUFFER_POOL);
}
END_TEST

/* Two that were given nothing in common: what one puts into the heap the other cannot name. */
static enum engine_outcome tries_to_meet(void *context, struct part *part)
{
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    (void)context;
    memset(part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES), 5, SERAI_HEAP_NUMBER_BYTES);
    ck_assert_int_eq(part_order(part, heap_add_at, SERAI_SLOT_HEAP, own, AT_NUMBER), SERAI_E_RIGHT);
    ck_assert_int_eq(part_order(part, heap_get, SERAI_SLOT_HEAP, AT_NUMBER), SERAI_E_MISSING);
    ck_assert_int_eq(part_order(part, heap_take, SERAI_SLOT_HEAP, AT_NUMBER), SERAI_E_MISSING);
    return ENGINE_DONE;
}

START_TEST(two_confined_children_do_not_meet_in_the_heap)
{
    uint64_t first;

    have_child(SERAI_SPAWN_NO_NUMBERS);
    first = child;
    have_child(SERAI_SPAWN_NO_NUMBERS);
    puppet_play(&site, first, tries_to_meet, NULL);
    puppet_play(&site, child, tries_to_meet, NULL);
}
END_TEST

/* Slots 8 and 9, 10, ... hold what leaves no two side by side but at the end. */
static enum engine_outcome fills_every_other(void *context, struct part *part)
{
    int64_t slots[40];

    (void)context;
    for (size_t i = 0; i < 40; i++)
        slots[i] = part_order(part, self_facet, SERAI_SLOT_SELF, (int64_t)i, 0);
    for (size_t i = 0; i < 40; i += 2)
        ck_assert_int_eq(part_order(part, cap_drop, slots[i]), 0);
    facet = (int32_t)spawn_with(part, SERAI_SPAWN_LEASH, ENDOWMENT);
    ck_assert_int_eq(facet, slots[39] + 1);
    ck_assert_int_eq(part_order(part, cap_kind, facet), SERAI_KIND_FACET);
    ck_assert_int_eq(part_order(part, cap_kind, facet + 1), SERAI_KIND_LEASH);
    return ENGINE_DONE;
}

START_TEST(a_leash_is_in_the_slot_after_the_facet)
{
    child = next_agent();
    probe_play(child, puppet_idles, NULL);
    puppet_play(&site, parent, fills_every_other, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leashes");
    TCase *tcase = tcase_create("leashes");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_tells_how_the_child_is);
    tcase_add_test(tcase, a_child_that_is_stopped_does_nothing_until_it_is_let_go);
    tcase_add_test(tcase, an_undone_turn_has_pulled_nothing);
    tcase_add_test(tcase, the_customer_is_above_the_leash);
    tcase_add_test(tcase, it_takes_all_but_what_the_next_event_needs);
    tcase_add_test(tcase, its_end_leaves_all_to_the_holder_and_a_closed_leash);
    tcase_add_test(tcase, an_estate_goes_to_the_holder_if_it_was_spawned_so);
    tcase_add_test(tcase, an_estate_is_the_customers_when_it_ends_the_child);
    tcase_add_test(tcase, the_child_of_a_holder_that_dies_goes_on);
    tcase_add_test(tcase, a_leash_that_is_dropped_lets_the_child_go);
    tcase_add_test(tcase, no_child_stays_stopped_by_a_leash_that_is_gone);
    tcase_add_test(tcase, a_leash_stays_with_its_holder);
    tcase_add_test(tcase, a_watched_child_that_traps_is_told_once);
    tcase_add_test(tcase, a_watched_child_that_is_frozen_is_told);
    tcase_add_test(tcase, a_watched_child_that_dies_is_told);
    tcase_add_test(tcase, a_watched_child_that_runs_low_is_told);
    tcase_add_test(tcase, who_revokes_the_facet_watches_no_more);
    tcase_add_test(tcase, other_flags_are_refused);
    tcase_add_test(tcase, a_child_lacks_each_slot_that_its_flag_names);
    tcase_add_test(tcase, what_a_child_lacks_its_children_lack);
    tcase_add_test(tcase, an_agent_may_drop_what_it_was_born_with);
    tcase_add_test(tcase, a_channel_of_this_site_is_no_way_out);
    tcase_add_test(tcase, two_confined_children_do_not_meet_in_the_heap);
    tcase_add_test(tcase, a_leash_is_in_the_slot_after_the_facet);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
