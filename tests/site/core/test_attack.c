/*
 * Attacks: what a hostile agent or client would try, each played order by order against a whole
 * core, with every sum checked after each frame.
 */
#include <string.h>

#include "agents/quotas.h"
#include "channels/set.h"
#include "tests/site/core/fixture.h"
#include "tests/site/core/probe.h"

enum { ALICE = 1, MALLORY = 2, AT = 2048 };

static const uint64_t DOLLAR = 1000000000;

static void open_with_two(struct site *site)
{
    site_open(site, 1, 1000 * DOLLAR);
    site_customer(site, ALICE, "alice", 100 * DOLLAR);
    site_customer(site, MALLORY, "mallory", 100 * DOLLAR);
}

static uint64_t deploy(struct site *site, int person, uint64_t nanos)
{
    struct deploy deploy = {.module = "spin", .args = "", .nanos = nanos, .gifts = "strc"};

    return site_deploy(site, person, &deploy);
}

/* ---- births that are undone ---- */

static enum engine_outcome have_children_and_trap(void *context, struct part *part)
{
    uint64_t *turns = context;

    if ((*turns)++ > 0)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, self_code_id, 0, AT), part_order(part, self_code_id, 0, AT));
    ck_assert_int_ge(part_order(part, channel_buy, 3, 0, 20000000, 10000000), 0);
    ck_assert_int_ge(part_order(part, spawn, 7, AT, 0, 0, 0, 0, 0, 10000000), 0);
    ck_assert_int_ge(part_order(part, channel_buy, 3, 0, 20000000, 10000000), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(children_of_an_undone_turn_leave_the_queue)
{
    struct site site;
    uint64_t turns = 0;
    uint64_t agent;

    open_with_two(&site);
    agent = deploy(&site, MALLORY, DOLLAR);
    probe_play(agent, have_children_and_trap, &turns);
    site_settle(&site);
    ck_assert_uint_ge(turns, 1);
    ck_assert_uint_eq(agents_of_customer(site.core->agents, site.people[MALLORY].account), 1);
    site_reload_same(&site);
    site_verify(&site);
    site_close(&site);
}
END_TEST

/* ---- the bound of transfers ---- */

struct flood {
    int64_t (*last)(struct part *part, int32_t target);
    uint64_t transfers;
    uint64_t turns;
    int64_t answer;
};

static int64_t send_with_everything(struct part *part, int32_t target)
{
    int64_t own = part_order(part, self_facet, 0, 1, 0);

    return part_order(part, facet_send, target, 0, 0, 0, 0, 5, 1000, own);
}

static int64_t buy_a_channel(struct part *part, int32_t target)
{
    (void)target;
    return part_order(part, channel_buy, 3, 0, 20000000, 10000000);
}

static int64_t have_a_child(struct part *part, int32_t target)
{
    (void)target;
    return part_order(part, spawn, 7, AT, 0, 0, 0, 0, 0, 10000000);
}

static enum engine_outcome fill_the_stage(void *context, struct part *part)
{
    struct flood *flood = context;
    int64_t child;

    if (flood->turns++ > 0)
        return ENGINE_DONE;
    (void)part_order(part, self_code_id, 0, AT);
    child = part_order(part, spawn, 7, AT, 0, 0, 0, 0, 0, 10000000);
    ck_assert_int_ge(child, 0);
    /* A birth stages four. */
    for (uint64_t i = 4; i < flood->transfers; i++)
        ck_assert_int_eq(part_order(part, facet_fund, child, 1), 0);
    flood->answer = flood->last(part, (int32_t)child);
    return ENGINE_DONE;
}

static void flood_with(int64_t (*last)(struct part *part, int32_t target))
{
    for (uint64_t less = 0; less < 4; less++) {
        struct flood flood = {.last = last, .transfers = TURN_TRANSFERS_MAX - less};
        struct site site;

        open_with_two(&site);
        probe_play(deploy(&site, MALLORY, DOLLAR), fill_the_stage, &flood);
        site_settle(&site);
        if (less == 0)
            ck_assert_int_eq(flood.answer, SERAI_E_FULL);
        else
            ck_assert_int_ge(flood.answer, 0);
        site_verify(&site);
        site_close(&site);
        probe_play_none();
    }
}

START_TEST(a_full_stage_refuses_a_message_whole)
{
    flood_with(send_with_everything);
}
END_TEST

START_TEST(a_full_stage_refuses_a_channel_whole)
{
    flood_with(buy_a_channel);
}
END_TEST

START_TEST(a_full_stage_refuses_a_birth_whole)
{
    flood_with(have_a_child);
}
END_TEST

/* ---- work that orders do ---- */

static uint64_t spent(const struct part *part, uint64_t before)
{
    return before - part->instance->fuel;
}

static enum engine_outcome make_the_site_work(void *context, struct part *part)
{
    uint64_t *turns = context;
    uint64_t before;
    int64_t buffer;
    int64_t answer;
    uint64_t orders = 0;

    if ((*turns)++ > 0)
        return ENGINE_DONE;
    before = part->instance->fuel;
    buffer = part_order(part, buffer_buy, 2, SERAI_BUFFER_BYTES_MAX);
    ck_assert_int_ge(buffer, 0);
    ck_assert_uint_eq(spent(part, before), 4096 * 64 + 2500); /* its table, and itself */
    before = part->instance->fuel;
    ck_assert_int_eq(part_order(part, buffer_read, buffer, 0, 0, 65536), 65536);
    ck_assert_uint_eq(spent(part, before),
                      65536 / 8 + 16 * (64 + 1024)); /* 16 pages, touched first */
    before = part->instance->fuel;
    ck_assert_int_eq(part_order(part, buffer_read, buffer, 0, 0, 65536), 65536);
    ck_assert_uint_eq(spent(part, before), 65536 / 8 + 16 * 64);
    before = part->instance->fuel;
    ck_assert_int_eq(part_order(part, buffer_write, buffer, 4095, 0, 2), 2);
    ck_assert_uint_eq(spent(part, before), 1 + 2 * 1536);
    /* Bought and sold over and over, tables of pages are kept until the turn ends. */
    do {
        const uint64_t args[2] = {2, SERAI_BUFFER_BYTES_MAX};

        if (!part->instance->host_call(part->instance->host, part->instance, SERAI_ORDER_buffer_buy,
                                       args, &answer))
            break;
        ck_assert_int_ge(answer, 0);
        ck_assert_int_eq(part_order(part, buffer_sell, 2, answer), 0);
    } while (++orders < 1000);
    ck_assert_uint_lt(orders, 40);
    ck_assert_uint_eq(part->instance->fuel, 0);
    return ENGINE_STOPPED;
}

START_TEST(an_order_takes_fuel_for_what_it_moves_and_makes)
{
    struct site site;
    uint64_t turns = 0;
    uint64_t agent;

    open_with_two(&site);
    agent = deploy(&site, MALLORY, DOLLAR);
    probe_play(agent, make_the_site_work, &turns);
    site_settle(&site);
    ck_assert(site_logged(&site, agent, "out of fuel"));
    site_reload_same(&site);
    site_verify(&site);
    site_close(&site);
}
END_TEST

/* ---- what a turn begins with ---- */

static enum engine_outcome holds_facets(void *context, struct part *part)
{
    const int64_t *count = context;

    for (int64_t i = 0; i < *count && part->kind == SERAI_EVENT_MESSAGE; i++)
        ck_assert_int_ge(part_order(part, self_facet, 0, i, 0), 0);
    return ENGINE_DONE;
}

/* The fuel of a turn in which the agent does nothing. */
static uint64_t idle_turn(struct site *site, uint64_t agent)
{
    int64_t none = 0;
    uint64_t before = site_agent(site, agent)->usage.fuel;

    probe_play(agent, holds_facets, &none);
    ck_assert_int_eq(site_send(site, MALLORY, agent, "go", 0), CONTROL_DONE);
    site_settle(site);
    return site_agent(site, agent)->usage.fuel - before;
}

START_TEST(a_turn_pays_for_its_memory_and_its_slots_before_it_begins)
{
    int64_t count = 40;
    struct site site;
    uint64_t agent;
    uint64_t memory;

    open_with_two(&site);
    agent = deploy(&site, MALLORY, DOLLAR);
    site_settle(&site);
    memory = (uint64_t)site_agent(&site, agent)->program.memory_pages * 4096;
    ck_assert_uint_gt(memory, 0);
    ck_assert_uint_eq(idle_turn(&site, agent), memory);
    ck_assert_uint_eq(idle_turn(&site, agent), memory); /* laid out already or not */
    site_reload_same(&site);
    ck_assert_uint_eq(idle_turn(&site, agent), memory);
    probe_play(agent, holds_facets, &count);
    ck_assert_int_eq(site_send(&site, MALLORY, agent, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(idle_turn(&site, agent),
                      memory + (uint64_t)site_agent(&site, agent)->caps.used * 16);
    site_reload_same(&site);
    ck_assert_uint_eq(idle_turn(&site, agent),
                      memory + (uint64_t)site_agent(&site, agent)->caps.used * 16);
    site_close(&site);
}
END_TEST

static void short_turns(struct pricebook *book)
{
    book->turn_fuel_max = 4095; /* a page of memory costs one more */
    book->reserve_fuel = 1000;
}

START_TEST(a_turn_that_cannot_pay_for_its_memory_does_not_begin)
{
    int64_t none = 0;
    struct site site;
    uint64_t agent;

    site_open_book(&site, 1, 1000 * DOLLAR, short_turns);
    site_customer(&site, MALLORY, "mallory", 100 * DOLLAR);
    agent = deploy(&site, MALLORY, DOLLAR);
    probe_play(agent, holds_facets, &none);
    site_settle(&site);
    ck_assert(site_logged(&site, agent, "out of fuel before it began"));
    ck_assert_uint_eq(site_agent(&site, agent)->usage.fuel, 4095);
    ck_assert(!arena_has(site.core->agents->pages.arena, agent));
    site_verify(&site);
    site_close(&site);
}
END_TEST

/* ---- the cap of memory ---- */

/* A module of one memory, whose serai_turn does nothing. */
static size_t idle_module(uint8_t *to, uint8_t first_pages, uint8_t most_pages)
{
    const uint8_t module[] = {
        0,
        'a',
        's',
        'm',
        1,
        0,
        0,
        0, /* version 1 */
        1,
        7,
        1,
        0x60,
        3,
        0x7f,
        0x7f,
        0x7f,
        0, /* (i32, i32, i32) */
        3,
        2,
        1,
        0, /* one function */
        5,
        6,
        1,
        1,
        first_pages | 0x80,
        1,
        most_pages | 0x80,
        1, /* its memory */
        7,
        14,
        1,
        10,
        's',
        'e',
        'r',
        'a',
        'i',
        '_',
        't',
        'u',
        'r',
        'n',
        0,
        0,
        10,
        4,
        1,
        2,
        0,
        0x0b, /* it ends */
    };

    memcpy(to, module, sizeof module);
    return sizeof module;
}

struct hoarder {
    int64_t put;
    int64_t become;
    uint64_t turns;
};

static enum engine_outcome become_large(void *context, struct part *part)
{
    struct hoarder *hoarder = context;

    if (hoarder->turns++ > 0)
        return ENGINE_DONE;
    /* 128 + 96 pages: 14 MiB. */
    hoarder->put = part_order(part, code_put, 5, 0,
                              (int64_t)idle_module(part_memory(part, 0, 256), 96, 96), AT);
    hoarder->become = part_order(part, self_become, 0, AT, 0, 0);
    return ENGINE_DONE;
}

static void little_memory(struct pricebook *book)
{
    book->customer_memory_bytes_max = 20 << 20;
}

START_TEST(becoming_keeps_to_the_cap_of_memory)
{
    struct hoarder first = {0};
    struct hoarder second = {0};
    struct site site;

    site_open_book(&site, 1, 1000 * DOLLAR, little_memory);
    site_customer(&site, MALLORY, "mallory", 100 * DOLLAR);
    probe_play(deploy(&site, MALLORY, DOLLAR), become_large, &first);
    probe_play(deploy(&site, MALLORY, DOLLAR), become_large, &second);
    site_settle(&site);
    ck_assert_int_eq(first.put, 0);
    ck_assert_int_eq(first.become, 0);
    ck_assert_int_eq(second.put, 0);
    ck_assert_int_eq(second.become, SERAI_E_QUOTA);
    site_reload_same(&site);
    site_close(&site);
}
END_TEST

/* ---- timers ---- */

static enum engine_outcome set_timers_and_trap(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_BORN)
        return ENGINE_DONE;
    for (int i = 0; i < AGENT_TIMERS_MAX; i++)
        ck_assert_int_eq(part_order(part, timer_wake, 8, INT64_MAX, i), 0);
    return ENGINE_TRAP_UNREACHABLE;
}

START_TEST(timers_of_undone_turns_are_forgotten)
{
    struct site site;
    uint64_t agent;

    open_with_two(&site);
    agent = deploy(&site, MALLORY, DOLLAR);
    probe_play(agent, set_timers_and_trap, NULL);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(site_send(&site, MALLORY, agent, "again", 0), CONTROL_DONE);
    site_settle(&site);
    site_pass(&site, 2 * (uint64_t)BILL_US);
    ck_assert_uint_eq(site.core->agents->objects.timers.count, 0);
    site_close(&site);
}
END_TEST

/* ---- a row that is gone ---- */

static enum engine_outcome buy_once(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_BORN)
        ck_assert_int_ge(part_order(part, channel_buy, 3, 0, 20000000, 10000000), 0);
    return ENGINE_DONE;
}

static void gone(void *context, struct channel_end *end)
{
    struct channels *channels = context;
    struct node *node = (struct node *)end;

    if (end->side != CHANNEL_BORN)
        return;
    (void)!table_remove(&channels->by_place, set_place(end->interface, end->number, end->side));
    end->side = CHANNEL_BUYER; /* as an end of another channel would be */
    end->number += 2;
    (void)!table_put(&channels->by_place, set_place(end->interface, end->number, end->side), node);
}

START_TEST(an_open_end_without_a_far_end_is_found_before_it_is_used)
{
    struct site site;
    struct fault fault;

    open_with_two(&site);
    probe_play(deploy(&site, MALLORY, DOLLAR), buy_once, NULL);
    site_settle(&site);
    ck_assert_int_eq(core_check(site.core, &fault), ST_OK);
    channels_each(site.core->channels, gone, site.core->channels);
    ck_assert_int_eq(core_check(site.core, &fault), ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "table link, channel end"));
    site_close(&site);
}
END_TEST

/* ---- refused channels, and what the operator froze ---- */

static enum engine_outcome buy_too_cheaply(void *context, struct part *part)
{
    int64_t *kinds = context; /* of the slot, before and in the answer's turn */
    struct serai_event event;

    if (part->kind == SERAI_EVENT_BORN)
        kinds[0] = part_order(part, cap_kind, part_order(part, channel_buy, 3, 0, 20000000, 0));
    part_event(part, &event);
    if (part->kind == SERAI_EVENT_ANSWER && event.status < 0)
        kinds[1] = part_order(part, cap_kind, event.slot);
    return ENGINE_DONE;
}

START_TEST(a_refused_channel_leaves_its_slot)
{
    int64_t kinds[2] = {0};
    struct site site;

    open_with_two(&site);
    probe_play(deploy(&site, MALLORY, DOLLAR), buy_too_cheaply, kinds);
    site_settle(&site);
    ck_assert_int_eq(kinds[0], SERAI_KIND_CHANNEL);
    ck_assert_int_eq(kinds[1], SERAI_E_SLOT);
    site_reload_same(&site);
    site_close(&site);
}
END_TEST

START_TEST(modules_of_who_cannot_pay_are_not_looked_at)
{
    const uint8_t junk[] = {0, 'n', 'o'};
    struct bytes args = {0};
    struct site site;

    site_open(&site, 1, 1000 * DOLLAR);
    site_customer(&site, MALLORY, "mallory", 1);
    cbor_put_array(&args, 6);
    cbor_put_text(&args, "busy");
    cbor_put_bytes(&args, junk, sizeof junk);
    cbor_put_bytes(&args, NULL, 0);
    cbor_put_uint(&args, DOLLAR);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, 0);
    ck_assert_int_eq(site_request(&site, MALLORY, "agent.deploy", &args), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "birth fee come to"));
    site_close(&site);
}
END_TEST

START_TEST(what_the_operator_froze_its_customer_cannot_thaw)
{
    struct site site;
    uint64_t agent;

    open_with_two(&site);
    agent = deploy(&site, MALLORY, DOLLAR);
    ck_assert_int_eq(site_on_agent(&site, MALLORY, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, MALLORY, "agent.thaw", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, MALLORY, "agent.thaw", agent), CONTROL_DENIED);
    /* Nor by making the freezing its own. */
    ck_assert_int_eq(site_on_agent(&site, MALLORY, "agent.freeze", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    ck_assert_int_eq(core_quarantine(site.core, agent, "its event stopped the site"), ST_OK);
    ck_assert_int_eq(site_on_agent(&site, MALLORY, "agent.thaw", agent), CONTROL_DENIED);
    site_close(&site);
}
END_TEST

int main(void)
{
    TCase *holding = tcase_create("refused and frozen");
    TCase *memory = tcase_create("the cap of memory");
    Suite *suite = suite_create("attacks");
    TCase *births = tcase_create("births that are undone");
    TCase *stage = tcase_create("the bound of transfers");

    TCase *work = tcase_create("work that orders do");

    tcase_add_test(births, children_of_an_undone_turn_leave_the_queue);
    suite_add_tcase(suite, births);
    tcase_set_timeout(stage, 60);
    tcase_add_test(stage, a_full_stage_refuses_a_message_whole);
    tcase_add_test(stage, a_full_stage_refuses_a_channel_whole);
    tcase_add_test(stage, a_full_stage_refuses_a_birth_whole);
    tcase_add_test(stage, a_turn_pays_for_its_memory_and_its_slots_before_it_begins);
    tcase_add_test(stage, a_turn_that_cannot_pay_for_its_memory_does_not_begin);
    suite_add_tcase(suite, stage);
    tcase_add_test(work, an_order_takes_fuel_for_what_it_moves_and_makes);
    suite_add_tcase(suite, work);
    tcase_add_test(memory, becoming_keeps_to_the_cap_of_memory);
    tcase_add_test(memory, timers_of_undone_turns_are_forgotten);
    suite_add_tcase(suite, memory);
    tcase_add_test(holding, an_open_end_without_a_far_end_is_found_before_it_is_used);
    tcase_add_test(holding, modules_of_who_cannot_pay_are_not_looked_at);
    tcase_add_test(holding, a_refused_channel_leaves_its_slot);
    tcase_add_test(holding, what_the_operator_froze_its_customer_cannot_thaw);
    suite_add_tcase(suite, holding);
    return check_main(suite);
}
