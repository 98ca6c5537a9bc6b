/*
 * What waits and what may come is bounded for each customer: events that were paid for in advance,
 * what they bring, ends of channels, and code.  Each frame of the fixture counts all of it anew.
 * And the turns of a site are shared among its customers.
 */
#include <string.h>

#include "agents/agents.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/modules.h"
#include "agents/set.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum {
    MONEY = 100000000,
    ENDOWMENT = 2000000,
    FEE = 500000,
    TIMER = SERAI_SLOT_FIRST_FREE,
    EVENTS = 40,
    ANSWER = 60000,
    EVENT_BYTES = 3 * 65536,
    ENDS = 6,
};

static struct site site;

static void few(struct pricebook *book)
{
    book->customer_events_max = EVENTS;
    book->customer_event_bytes_max = EVENT_BYTES;
    book->customer_ends_max = ENDS;
}

static void setup(void)
{
    site_open_book(&site, 7, 10000000000, few);
    site_customers(&site, 2, 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

static uint64_t used(int person, enum customer_resource resource)
{
    return customer_use(site.core->agents, site.people[person].account)->used[resource];
}

/* All that was ever counted of the customer is gone with its last agent. */
static void end_all(int person, uint64_t agent)
{
    ck_assert_int_eq(site_on_agent(&site, person, "agent.end", agent), CONTROL_DONE);
    site_settle(&site);
    for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++)
        ck_assert_uint_eq(used(person, (enum customer_resource)resource), 0);
}

/* ---- wakes ---- */

struct waking {
    int64_t last;
    uint64_t turns;
    uint64_t most;
};

/* Each event orders as many as it may: without a bound they would double with each turn. */
static enum engine_outcome wakes_on(void *context, struct part *part)
{
    struct waking *waking = context;

    waking->turns++;
    do {
        waking->last = part_order(part, timer_wake, TIMER, 0, 1);
    } while (waking->last == 0);
    if (used(1, CUSTOMER_EVENTS) > waking->most)
        waking->most = used(1, CUSTOMER_EVENTS);
    return ENGINE_DONE;
}

START_TEST(wakes_that_wait_are_bounded_together_with_those_to_come)
{
    struct waking waking = {0};
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");

    probe_play(agent, wakes_on, &waking);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    for (int frame = 0; frame < 20; frame++) {
        for (int turn = 0; turn < 5; turn++)
            (void)core_run(site.core, 1);
        site_pass(&site, 1000000);
    }
    ck_assert_uint_gt(waking.turns, 50);
    ck_assert_int_eq(waking.last, SERAI_E_QUOTA);
    ck_assert_uint_eq(waking.most, EVENTS);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), site_agent(&site, agent)->inbox.total +
                                                    site_agent(&site, agent)->owns.timers);
    site_reload_same(&site);
    ck_assert_uint_le(used(1, CUSTOMER_EVENTS), EVENTS);
    (void)puppet_new(&site, 2, MONEY, "t"); /* another customer has its own */
    end_all(1, agent);
}
END_TEST

static enum engine_outcome traps(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, timer_wake, TIMER, 0, 1), 0);
    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, 1000), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(what_a_trap_undoes_is_counted_no_more)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");

    puppet_play(&site, agent, traps, NULL);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 0);
    end_all(1, agent);
}
END_TEST

/* BECAME has its place from the order on, whatever the turn does after it. */
static enum engine_outcome becomes_and_wakes(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_BECAME)
        return ENGINE_DONE;
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    ck_assert_int_eq(part_order(part, self_become, SERAI_SLOT_SELF, AT_ID, AT_DATA, 1), 0);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 1);
    while (part_order(part, timer_wake, TIMER, INT64_C(1) << 60, 0) == 0)
        continue;
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), EVENTS);
    return ENGINE_DONE;
}

static enum engine_outcome becomes_and_traps(void *context, struct part *part)
{
    (void)becomes_and_wakes(context, part);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(becoming_another_has_its_place_from_the_order_on)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");

    puppet_play(&site, agent, becomes_and_traps, NULL);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 0);
    puppet_play(&site, agent, becomes_and_wakes, NULL);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), EVENTS - 1); /* BECAME was heard */
    end_all(1, agent);
}
END_TEST

static enum engine_outcome marks(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, 1000), 0);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 1);
    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, 2000), 0);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 1);
    while (part_order(part, timer_wake, TIMER, INT64_C(1) << 60, 0) == 0)
        continue;
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), EVENTS);
    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, 0), 0);
    ck_assert_int_eq(part_order(part, timer_wake, TIMER, INT64_C(1) << 60, 0), 0);
    ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, 1000), SERAI_E_QUOTA);
    return ENGINE_DONE;
}

START_TEST(the_notice_of_a_mark_is_an_event_to_come)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");

    puppet_play(&site, agent, marks, NULL);
    end_all(1, agent);
}
END_TEST

/* ---- answers ---- */

struct asking {
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int32_t questions;
    int32_t replies[EVENTS];
    int32_t kept;
    int64_t answers[4];
};

static int64_t send(struct part *part, int64_t facet, int64_t size, int64_t reply)
{
    return part_order(part, facet_send, facet, 0, size, AT_CAPS, 0, 0,
                      part_order(part, facet_postage, facet), reply);
}

static enum engine_outcome asks(void *context, struct part *part)
{
    struct asking *asking = context;
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    int64_t to = part_fetch(part, asking->number);

    for (int i = 0; i < asking->questions; i++)
        ck_assert_int_eq(send(part, to, 1, own), 0);
    return ENGINE_DONE;
}

static enum engine_outcome keeps(void *context, struct part *part)
{
    struct asking *asking = context;
    int32_t reply;

    (void)puppet_keeps(&reply, part);
    if (reply >= 0)
        asking->replies[asking->kept++] = reply;
    return ENGINE_DONE;
}

static enum engine_outcome answers(void *context, struct part *part)
{
    struct asking *asking = context;

    for (int i = 0; i < 4; i++)
        asking->answers[i] = send(part, asking->replies[i], i == 3 ? 100 : ANSWER, SERAI_SLOT_NONE);
    return ENGINE_DONE;
}

START_TEST(answers_that_would_be_too_much_for_who_asked_are_refused)
{
    struct asking asking = {.questions = 5};
    uint64_t asker = puppet_new(&site, 1, MONEY, NULL);
    uint64_t server = puppet_new(&site, 2, MONEY, NULL);

    site.book.customer_event_bytes_max = 2 * ANSWER + 50;
    site_reload(&site);
    puppet_publish(&site, server, 1, 0, asking.number);
    probe_play(server, keeps, &asking);
    puppet_play(&site, asker, asks, &asking);
    ck_assert_int_eq(asking.kept, 5);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 5);
    puppet_play(&site, server, answers, &asking);
    ck_assert_int_eq(asking.answers[0], 0);
    ck_assert_int_eq(asking.answers[1], 0);
    ck_assert_int_eq(asking.answers[2], SERAI_E_FULL);
    ck_assert_int_eq(asking.answers[3], SERAI_E_FULL);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 3); /* two were heard */
    ck_assert_uint_eq(used(1, CUSTOMER_EVENT_BYTES), 0);
    site_reload_same(&site);
    end_all(1, asker);
}
END_TEST

static enum engine_outcome asks_too_much(void *context, struct part *part)
{
    struct asking *asking = context;
    int64_t own = part_order(part, self_facet, SERAI_SLOT_SELF, 1, 0);
    int64_t to = part_fetch(part, asking->number);

    for (int i = 0; i < EVENTS; i++)
        ck_assert_int_eq(send(part, to, 1, own), 0);
    ck_assert_int_eq(send(part, to, 1, own), SERAI_E_QUOTA);
    ck_assert_int_eq(send(part, to, 1, SERAI_SLOT_NONE), 0);
    return ENGINE_DONE;
}

START_TEST(questions_are_bounded_by_the_answers_to_come)
{
    struct asking asking = {0};
    uint64_t asker = puppet_new(&site, 1, MONEY, NULL);
    uint64_t server = puppet_new(&site, 2, MONEY, NULL);

    puppet_publish(&site, server, 1, 0, asking.number);
    probe_play(server, keeps, &asking);
    puppet_play(&site, asker, asks_too_much, &asking);
    ck_assert_int_eq(asking.kept, EVENTS);
    end_all(1, asker);
}
END_TEST

/* ---- channels ---- */

struct channel {
    int64_t slot;
    int64_t answers[4];
};

static enum engine_outcome buys(void *context, struct part *part)
{
    struct channel *channel = context;

    if (part->kind == SERAI_EVENT_MESSAGE)
        channel->slot = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF,
                                   ENDOWMENT, FEE);
    return ENGINE_DONE;
}

static enum engine_outcome arms(void *context, struct part *part)
{
    struct channel *channel = context;
    int64_t left = EVENTS - (int64_t)used(1, CUSTOMER_EVENTS);

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    channel->answers[0] = part_order(part, channel_arm, channel->slot, left + 1, 1000);
    channel->answers[1] = part_order(part, channel_arm, channel->slot, left, 3 * 65536);
    channel->answers[2] = part_order(part, channel_arm, channel->slot, left - 1, 1000);
    channel->answers[3] = part_order(part, channel_room, channel->slot);
    return ENGINE_DONE;
}

START_TEST(packets_that_are_armed_count_with_all_that_they_may_bring)
{
    struct channel channel = {0};
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    puppet_play(&site, agent, buys, &channel);
    ck_assert_uint_eq(used(1, CUSTOMER_ENDS), 2);
    /* Both close notices, and what the child is armed with. */
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), 2 + SERAI_FIRST_CREDIT_PACKETS);
    ck_assert_uint_eq(used(1, CUSTOMER_EVENT_BYTES), SERAI_FIRST_CREDIT_BYTES);
    puppet_play(&site, agent, arms, &channel);
    ck_assert_int_eq(channel.answers[0], SERAI_E_QUOTA);
    ck_assert_int_eq(channel.answers[1], SERAI_E_QUOTA);
    ck_assert_int_eq(channel.answers[2], 0);
    ck_assert_int_eq(channel.answers[3], 0);                 /* there is credit: it comes at once */
    ck_assert_uint_eq(used(1, CUSTOMER_EVENTS), EVENTS - 1); /* ROOM was heard */
    ck_assert_uint_eq(used(1, CUSTOMER_EVENT_BYTES), SERAI_FIRST_CREDIT_BYTES + 1000);
    site_reload_same(&site);
}
END_TEST

struct shopping {
    int64_t bought[ENDS];
    int64_t sold;
    size_t refused;
};

static enum engine_outcome shops(void *context, struct part *part)
{
    struct shopping *shopping = context;
    struct serai_event event;

    part_event(part, &event);
    if (event.kind == SERAI_EVENT_ANSWER)
        shopping->refused += event.status == SERAI_E_QUOTA;
    if (event.kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    for (int i = 0; i < ENDS; i++)
        shopping->bought[i] = part_order(part, channel_buy, SERAI_SLOT_CHANNELS,
                                         SERAI_INTERFACE_SELF, ENDOWMENT, FEE);
    shopping->sold = part_order(part, channel_sell, SERAI_SLOT_CHANNELS, shopping->bought[0]);
    return ENGINE_DONE;
}

START_TEST(ends_of_channels_are_bounded_on_both_sides)
{
    struct shopping shopping = {0};
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    site.book.customer_events_max = 1000;
    site_reload(&site);
    puppet_play(&site, agent, shops, &shopping);
    for (int i = 0; i < ENDS / 2; i++)
        ck_assert_int_ge(shopping.bought[i], 0);
    for (int i = ENDS / 2; i < ENDS; i++)
        ck_assert_int_eq(shopping.bought[i], SERAI_E_QUOTA);
    ck_assert_int_gt(shopping.sold, 0);
    ck_assert_uint_eq(used(1, CUSTOMER_ENDS), channels_count(site.core->channels));
    ck_assert_uint_lt(used(1, CUSTOMER_ENDS), ENDS);
    /* The last place is the buyer's: the child finds none. */
    site.book.customer_ends_max = used(1, CUSTOMER_ENDS) + 1;
    site_reload(&site);
    puppet_play(&site, agent, shops, &shopping);
    ck_assert_uint_eq(shopping.refused, ENDS);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_BIRTH), 0);
}
END_TEST

/* ---- code ---- */

/* What a module takes in memory, decoded: that is what counts, and pays rent. */
static uint64_t held(const char *module)
{
    struct hash id;
    struct fault fault;
    size_t size;
    const uint8_t *bytes = module_bytes(module, &size);

    ck_assert(agents_code_stage(site.core->agents, bytes, size, &id, &fault) == ST_OK);
    ck_assert_uint_gt(modules_find(&site.core->agents->modules, &id)->held, size);
    return modules_find(&site.core->agents->modules, &id)->held;
}

START_TEST(a_module_counts_once_whether_it_is_run_or_kept)
{
    struct deploy flood = {.module = "flood", .nanos = MONEY};
    uint64_t first = puppet_new(&site, 1, MONEY, NULL); /* of spin */
    uint64_t spin = used(1, CUSTOMER_CODE_BYTES);
    uint64_t second;
    uint64_t size;

    ck_assert_uint_eq(spin, held("spin"));
    second = puppet_keeping(&site, 1, MONEY, "spin");
    ck_assert_uint_eq(used(1, CUSTOMER_CODE_BYTES), spin);
    size = held("flood");
    site.book.customer_code_bytes_max = spin + size - 1;
    site_reload(&site);
    ck_assert_int_eq(site_try_deploy(&site, 1, &flood), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "code"));
    (void)puppet_new(&site, 1, MONEY, NULL); /* of spin again */
    site.book.customer_code_bytes_max = spin + size;
    site_reload(&site);
    (void)site_deploy(&site, 1, &flood);
    ck_assert_uint_eq(used(1, CUSTOMER_CODE_BYTES), spin + size);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", first), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", second), CONTROL_DONE);
    ck_assert_uint_eq(used(1, CUSTOMER_CODE_BYTES), spin + size); /* the third still runs it */
    site_settle(&site);
}
END_TEST

/* ---- births that are undone ---- */

static int64_t spawns(struct part *part)
{
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_ID), 0);
    return part_order(part, spawn, SERAI_SLOT_FIRST_FREE, AT_ID, AT_DATA, 0, AT_CAPS, 0, 0,
                      ENDOWMENT);
}

static enum engine_outcome spawns_and_traps(void *context, struct part *part)
{
    (void)context;
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(spawns(part), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

static enum engine_outcome spawns_one(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_ge(spawns(part), 0);
    return ENGINE_DONE;
}

START_TEST(a_deploy_whose_modules_are_too_much_makes_nothing)
{
    struct deploy how = {.module = "spin", .nanos = MONEY, .keeps = "flood"};
    uint64_t agents = site.core->agents->counters.agents;

    uint64_t spin = held("spin");
    uint64_t flood = held("flood");

    site.book.customer_code_bytes_max = spin + flood - 1; /* its own module fits, not both */
    site_reload(&site);
    ck_assert_int_eq(site_try_deploy(&site, 1, &how), CONTROL_REFUSED);
    ck_assert(strstr(site.reply.message, "customers.code_bytes_max") != NULL);
    ck_assert_uint_eq(site.core->agents->counters.agents, agents);
    site.book.customer_code_bytes_max = spin + flood;
    site_reload(&site);
    (void)site_deploy(&site, 1, &how);
    /* All of it is the customer's already, so it adds nothing. */
    (void)site_deploy(&site, 1, &how);
    ck_assert_uint_eq(used(1, CUSTOMER_CODE_BYTES), spin + flood);
}
END_TEST

START_TEST(a_module_named_twice_in_a_deploy_counts_once)
{
    struct deploy how = {.module = "spin", .nanos = MONEY, .keeps = "spin"};
    uint64_t spin = held("spin");

    site.book.customer_code_bytes_max = spin;
    site_reload(&site);
    (void)site_deploy(&site, 1, &how);
    ck_assert_uint_eq(used(1, CUSTOMER_CODE_BYTES), spin);
    how.keeps = "flood";
    ck_assert_int_eq(site_try_deploy(&site, 1, &how), CONTROL_REFUSED);
}
END_TEST

/* A module that is sound and large, or the same and not sound: to check either takes long. */
static enum control_status deploys_large(int number, bool sound)
{
    enum { FILL = 1000000 };
    struct bytes args = {0};
    struct bytes module = {0};
    /* A section of its own: id 0, its size in LEB128, a name of no bytes. */
    static const uint8_t custom[] = {0, 0xc0, 0x84, 0x3d, 0};
    size_t size;
    const uint8_t *spin = module_bytes("spin", &size);

    bytes_append(&module, spin, size);
    bytes_append(&module, custom, sizeof custom);
    ck_assert_ptr_nonnull(bytes_extend(&module, FILL - 1));
    memset(module.data + size + sizeof custom, number, FILL - 1);
    cbor_put_array(&args, 6);
    cbor_put_text(&args, "large");
    cbor_put_bytes(&args, module.data, module.size);
    cbor_put_bytes(&args, NULL, 0);
    cbor_put_uint(&args, MONEY);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, sound ? 0 : 1);
    if (!sound)
        cbor_put_bytes(&args, "no module", 9);
    bytes_fini(&module);
    return site_request(&site, 1, "agent.deploy", &args);
}

START_TEST(modules_checked_in_vain_are_bounded_by_a_rate)
{
    struct deploy known = {.module = "spin", .nanos = MONEY};
    uint64_t codes = 0;
    int checked = 0;

    site_pass(&site, 1); /* the clock starts */
    (void)site_deploy(&site, 1, &known);
    for (const struct code *code = site.core->agents->modules.first; code != NULL;
         code = code->next)
        codes++;
    while (deploys_large(checked, false) == CONTROL_BAD_REQUEST)
        checked++;
    ck_assert_int_eq(site.reply.status, CONTROL_TRY_AGAIN);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "try again in"));
    ck_assert_int_eq(checked, REFUSED_CODE_BYTES_MAX / 1000000 + 1);
    /* Nothing is left of what was refused, and the frame has no record of it. */
    for (const struct code *code = site.core->agents->modules.first; code != NULL;
         code = code->next)
        codes--;
    ck_assert_uint_eq(codes, 0);
    /* What is not checked is deployed meanwhile, and so is what another brings. */
    (void)site_deploy(&site, 1, &known);
    known.module = "flood";
    (void)site_deploy(&site, 2, &known);
    ck_assert_int_eq(deploys_large(100, true), CONTROL_TRY_AGAIN);
    site_pass(&site, 20 * UINT64_C(1000000));
    ck_assert_int_eq(deploys_large(100, true), CONTROL_DONE);
}
END_TEST

START_TEST(commands_that_cost_nothing_are_bounded_by_a_rate)
{
    struct deploy known = {.module = "spin", .nanos = MONEY};
    struct money before;
    uint64_t agent;
    int given = 0;

    site_pass(&site, 1); /* the clock starts */
    agent = site_deploy(&site, 1, &known);
    before = ledger_balance(core_ledger(site.core), agent);
    while (site_fund(&site, 1, agent, 1) == CONTROL_DONE)
        given++;
    ck_assert_int_eq(given, FREE_COMMANDS_MAX);
    ck_assert_int_eq(site.reply.status, CONTROL_TRY_AGAIN);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "try again in 1 s"));
    /* What was refused moved nothing; another customer and the operator go on. */
    ck_assert_uint_eq(money_nanos(ledger_balance(core_ledger(site.core), agent)),
                      money_nanos(before) + FREE_COMMANDS_MAX);
    ck_assert_int_eq(site_fund(&site, 2, agent, 1), CONTROL_DONE);
    for (int i = 0; i < FREE_COMMANDS_MAX + 1; i++)
        ck_assert_int_eq(site_fund(&site, 0, agent, 1), CONTROL_DONE);
    site_pass(&site, 2 * UINT64_C(1000000));
    for (int i = 0; i < 2 * FREE_COMMANDS_PER_S; i++)
        ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_DONE);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_TRY_AGAIN);
}
END_TEST

START_TEST(a_refused_deploy_makes_no_frame)
{
    uint64_t frame = ledger_last_frame(core_ledger(site.core))->frame;

    ck_assert_int_eq(deploys_large(1, false), CONTROL_BAD_REQUEST);
    ck_assert_uint_eq(ledger_last_frame(core_ledger(site.core))->frame, frame);
    ck_assert_int_eq(deploys_large(1, true), CONTROL_DONE);
}
END_TEST

START_TEST(births_that_are_undone_leave_no_account)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "s");
    uint64_t next = agent + 1;

    for (int i = 0; i < 20; i++)
        puppet_play(&site, agent, spawns_and_traps, NULL);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 20);
    ck_assert_ptr_null(ledger_account(site.core->ledger, next));
    site_reload_same(&site);
    puppet_play(&site, agent, spawns_one, NULL);
    ck_assert(site_lives(&site, next));
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 2);
}
END_TEST

/* ---- turns ---- */

enum { MANY = 8, MESSAGES = 10 };

static void short_turns(struct pricebook *book)
{
    book->turn_fuel_max = 100000;
}

static enum engine_outcome counts(void *context, struct part *part)
{
    (void)part;
    ++*(uint64_t *)context;
    return ENGINE_DONE;
}

static void write_to(int person, uint64_t agent, uint64_t *turns)
{
    probe_play(agent, counts, turns);
    for (int i = 0; i < MESSAGES; i++)
        ck_assert_int_eq(site_send(&site, person, agent, "go", 0), CONTROL_DONE);
}

START_TEST(who_has_many_agents_has_no_more_turns)
{
    uint64_t many = 0;
    uint64_t one = 0;
    uint64_t agents[MANY];
    uint64_t agent;

    probe_play_none();
    site_close(&site);
    site_open_book(&site, 7, 10000000000, short_turns);
    site_customers(&site, 2, 2000000000);
    agent = puppet_new(&site, 2, MONEY, NULL);
    for (int i = 0; i < MANY; i++)
        agents[i] = puppet_new(&site, 1, MONEY, NULL);
    for (int i = 0; i < MANY; i++)
        write_to(1, agents[i], &many);
    write_to(2, agent, &one);
    (void)core_run(site.core, 3 * MESSAGES);
    ck_assert_uint_eq(one, MESSAGES);
    ck_assert_uint_eq(many, 2 * MESSAGES);
    site_settle(&site);
    ck_assert_uint_eq(many, MANY * MESSAGES);
}
END_TEST

static enum control_status sets_share(int by, int person, uint64_t share)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, site.people[person].account);
    cbor_put_uint(&args, share);
    return site_request(&site, by, "customer.share", &args);
}

/* Burns all the fuel of its turn, and is told to go on. */
static enum engine_outcome spins(void *context, struct part *part)
{
    uint64_t *fuel = context;

    *fuel += part->instance->fuel;
    part->instance->fuel = 0;
    return ENGINE_OUT_OF_FUEL;
}

START_TEST(two_who_spin_share_the_time_as_the_operator_says)
{
    enum { EACH = 200 };
    uint64_t agents[2];
    uint64_t fuel[2] = {0};

    ck_assert_int_eq(sets_share(OPERATOR, 2, 3), CONTROL_DONE);
    for (int i = 0; i < 2; i++) {
        agents[i] = puppet_new(&site, i + 1, MONEY, NULL);
        probe_play(agents[i], spins, &fuel[i]);
    }
    site_reload_same(&site); /* it is kept */
    ck_assert_uint_eq(site.core->customers.items[2]->share, 3);
    site.many_in_frame = true;
    for (int turn = 0; turn < EACH / 4; turn++)
        for (int i = 0; i < 2; i++)
            (void)site_send(&site, i + 1, agents[i], "go", 0);
    site.many_in_frame = false;
    (void)core_run(site.core, 40);
    ck_assert_uint_gt(fuel[0], 0);
    ck_assert_uint_ge(fuel[1], 3 * fuel[0] - fuel[0] / 5);
    ck_assert_uint_le(fuel[1], 3 * fuel[0] + fuel[0] / 5);
}
END_TEST

START_TEST(a_share_is_the_operators_to_set_and_bounded)
{
    ck_assert_int_eq(sets_share(1, 1, 2), CONTROL_DENIED);
    ck_assert_int_eq(sets_share(OPERATOR, 1, 0), CONTROL_REFUSED);
    ck_assert_int_eq(sets_share(OPERATOR, 1, CUSTOMER_SHARE_MAX + 1), CONTROL_REFUSED);
    ck_assert_int_eq(sets_share(OPERATOR, 1, CUSTOMER_SHARE_MAX), CONTROL_DONE);
    ck_assert_int_eq(sets_share(OPERATOR, 3, 1), CONTROL_DONE); /* no account: the operator's own */
    ck_assert_uint_eq(site.core->customers.items[1]->share, CUSTOMER_SHARE_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core quota");
    TCase *tcase = tcase_create("quota");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, wakes_that_wait_are_bounded_together_with_those_to_come);
    tcase_add_test(tcase, what_a_trap_undoes_is_counted_no_more);
    tcase_add_test(tcase, becoming_another_has_its_place_from_the_order_on);
    tcase_add_test(tcase, the_notice_of_a_mark_is_an_event_to_come);
    tcase_add_test(tcase, answers_that_would_be_too_much_for_who_asked_are_refused);
    tcase_add_test(tcase, questions_are_bounded_by_the_answers_to_come);
    tcase_add_test(tcase, packets_that_are_armed_count_with_all_that_they_may_bring);
    tcase_add_test(tcase, ends_of_channels_are_bounded_on_both_sides);
    tcase_add_test(tcase, a_module_counts_once_whether_it_is_run_or_kept);
    tcase_add_test(tcase, a_deploy_whose_modules_are_too_much_makes_nothing);
    tcase_add_test(tcase, a_module_named_twice_in_a_deploy_counts_once);
    tcase_add_test(tcase, modules_checked_in_vain_are_bounded_by_a_rate);
    tcase_add_test(tcase, commands_that_cost_nothing_are_bounded_by_a_rate);
    tcase_add_test(tcase, a_refused_deploy_makes_no_frame);
    tcase_add_test(tcase, births_that_are_undone_leave_no_account);
    tcase_add_test(tcase, who_has_many_agents_has_no_more_turns);
    tcase_add_test(tcase, two_who_spin_share_the_time_as_the_operator_says);
    tcase_add_test(tcase, a_share_is_the_operators_to_set_and_bounded);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
