/* What a turn is: all of it or nothing but its fees. */
#include <string.h>

#include "agents/imports.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- traps ---- */

static enum engine_outcome changes_much(void *context, struct part *part)
{
    const enum engine_outcome *outcome = context;
    int64_t facet = part_order(part, self_facet, 0, 1, 0);
    int64_t buffer = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 5000);

    ck_assert_int_ge(facet, SERAI_SLOT_FIRST_FREE);
    ck_assert_int_eq(part_order(part, buffer_write, buffer, 10, AT_DATA, 100), 100);
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, facet, AT_NUMBER), 0);
    ck_assert_int_eq(part_order(part, self_mark, 0, 1000), 0);
    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 5, 0, 0, 700, 100, -1), 0);
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 0, 5000000, 1000000), 0);
    ck_assert_int_eq(part_order(part, log_append, SERAI_SLOT_LOG, AT_DATA, 10), 0);
    ck_assert_int_eq(part_order(part, self_die, 0), 0);
    memset(part_memory(part, AT_DATA, 3000), 0x55, 3000);
    return *outcome;
}

static uint64_t revenue_now(void)
{
    uint64_t sum = 0;

    for (uint64_t account = ACCOUNT_REVENUE_COMPUTE; account <= ACCOUNT_REVENUE_LOGS; account++)
        sum += site_balance(&site, account);
    return sum;
}

START_TEST(a_trap_undoes_all_but_the_fees)
{
    enum engine_outcome trap = ENGINE_TRAP_UNREACHABLE;
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_balance(&site, agent);
    struct agent *agents_own = site_agent(&site, agent);
    uint64_t customer = site_balance(&site, site.people[1].account);
    uint64_t revenue = revenue_now();
    uint64_t fees;

    puppet_play(&site, agent, changes_much, &trap);
    ck_assert(site_lives(&site, agent));
    ck_assert_uint_eq(agents_own->usage.traps, 1);
    ck_assert_uint_eq(agents_own->owns.facets, 0);
    ck_assert_uint_eq(agents_own->owns.buffer_bytes, 0);
    ck_assert_uint_eq(agents_own->caps.used, SERAI_SLOT_FIRST_FREE - 1);
    ck_assert_uint_eq(agents_own->low.mark.nanos, 0);
    ck_assert_uint_eq(site.core->agents->heap.count, 0);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    site_holds_nothing(&site);
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 1);
    fees = revenue_now() - revenue;
    /* Eight orders, one of them a send. */
    ck_assert_uint_ge(fees, 8 * price_of(&site, SERAI_ORDER_self_facet));
    ck_assert_uint_eq(site_balance(&site, agent), before + site_reserve(&site) - fees);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), customer - site_reserve(&site));
}
END_TEST

START_TEST(the_same_turn_without_a_trap_does_it_all)
{
    enum engine_outcome done = ENGINE_DONE;
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t customer = site_balance(&site, site.people[1].account);

    puppet_play(&site, agent, changes_much, &done);
    ck_assert(!site_lives(&site, agent));
    ck_assert_uint_eq(site.core->agents->heap.count, 1);
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 0); /* nor does the newborn stay */
    ck_assert_uint_gt(site_balance(&site, site.people[1].account), customer + MONEY / 2);
}
END_TEST

START_TEST(running_out_of_fuel_costs_exactly_the_budget)
{
    struct deploy spin = {.module = "spin", .nanos = 10000000};
    uint64_t agent = site_deploy(&site, 1, &spin);
    uint64_t price;

    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.fuel, site.book.turn_fuel_max);
    ck_assert(site_logged(&site, agent, "out of fuel"));
    price = site.book.turn_fuel_max * money_nanos(site.book.compute) / MARKET_FUEL_UNIT;
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_REVENUE_COMPUTE), price);
}
END_TEST

/* ---- thieves ---- */

static const uint64_t guarded[] = {ACCOUNT_DEPOSIT_HEAP, ACCOUNT_DEPOSIT_CHANNEL,
                                   ACCOUNT_DEPOSIT_BURIAL, ACCOUNT_HELD_MESSAGE};

/* Its first turn prepares; the answer to its purchase is when it steals. */
static void thief_steals(const char *args, bool traps)
{
    struct deploy thief = {.module = "thief", .args = args, .nanos = 40000000};
    uint64_t agent = site_deploy(&site, 1, &thief);
    uint64_t before[4];
    uint64_t wealth;

    (void)core_run(site.core, 1);
    site_frame(&site);
    ck_assert(site_logged(&site, agent, "thief: prepared"));
    for (size_t i = 0; i < 4; i++)
        before[i] = site_balance(&site, guarded[i]);
    wealth = site_balance(&site, agent);
    site_settle(&site);
    if (!traps) {
        ck_assert(site_logged(&site, agent, "thief: was honest"));
        return;
    }
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 1);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(site_balance(&site, guarded[i]), before[i]);
    ck_assert_uint_gt(site_agent(&site, agent)->owns.buffer_bytes, 0);
    ck_assert_uint_eq(site.core->agents->heap.count, 1);
    /* The rest of what it held for the birth comes back with the answer, before the theft. */
    ck_assert_uint_le(site_balance(&site, agent), wealth + site_reserve(&site) + 10000000);
    ck_assert_uint_gt(site_balance(&site, agent), wealth - 100000);
}

START_TEST(a_thief_gains_nothing_by_trapping)
{
    thief_steals("buffer=1 sell=1 heap=1 send=0.01", true);
}
END_TEST

START_TEST(a_thief_gains_nothing_by_dying_and_trapping)
{
    thief_steals("sell=1 die=1", true);
}
END_TEST

START_TEST(who_sells_and_spends_without_a_trap_may)
{
    thief_steals("buffer=1 sell=1 heap=1 send=0.01 trap=0", false);
}
END_TEST

/* The refund of a turn pays for transfers of that turn, but never for its fees. */
static enum engine_outcome sells_then_calls(void *context, struct part *part)
{
    int64_t *asked = context;
    int64_t balance;

    ck_assert_int_ge(part_order(part, heap_take, SERAI_SLOT_HEAP, AT_NUMBER), 0);
    balance = part_order(part, self_balance, 0);
    ck_assert_int_gt(balance, (int64_t)money_nanos(site.book.heap_deposit));
    while (part_order(part, clock_now, SERAI_SLOT_LOG) != SERAI_E_SHORT)
        (*asked)++;
    return ENGINE_TRAP_UNREACHABLE;
}

static enum engine_outcome gives_away(void *context, struct part *part)
{
    int64_t facet = part_fetch(part, context);
    int64_t balance = part_order(part, self_balance, 0);

    ck_assert_int_eq(part_order(part, facet_fund, facet, balance - balance / 8), 0);
    return ENGINE_DONE;
}

static enum engine_outcome deposits_one(void *context, struct part *part)
{
    int64_t facet = part_order(part, self_facet, 0, 1, 0);

    (void)context;
    ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, facet, AT_NUMBER), 0);
    return ENGINE_DONE;
}

START_TEST(a_refund_pays_for_no_toll_of_its_own_turn)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t other = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t asked = 0;

    puppet_publish(&site, other, 9, 0, number);
    puppet_play(&site, agent, deposits_one, NULL);
    for (int i = 0; i < 100 && site_balance(&site, agent) > 2000; i++)
        puppet_play(&site, agent, gives_away, number);
    ck_assert_uint_le(site_balance(&site, agent), 2000);
    puppet_play(&site, agent, sells_then_calls, &asked);
    ck_assert_int_gt(asked, 0);
    ck_assert_int_le(asked, 2100);
    ck_assert_uint_le(site_balance(&site, agent), 2100);
    ck_assert_uint_eq(site.core->agents->heap.count, 2);
}
END_TEST

/* ---- messages ---- */

struct call {
    const uint8_t *number;
    int64_t money;
    int64_t postage;
    bool reply;
    int64_t answer;
};

static enum engine_outcome calls(void *context, struct part *part)
{
    struct call *call = context;
    int64_t facet = part_fetch(part, call->number);
    int64_t reply = call->reply ? part_order(part, self_facet, 0, 77, 0) : SERAI_SLOT_NONE;

    ck_assert_int_ge(facet, 0);
    call->answer =
        part_order(part, facet_send, facet, AT_DATA, 3, 0, 0, call->money, call->postage, reply);
    return ENGINE_DONE;
}

static enum engine_outcome traps_on_messages(void *context, struct part *part)
{
    (void)context;
    return part->kind == SERAI_EVENT_MESSAGE ? ENGINE_TRAP_DIVIDE_BY_ZERO : ENGINE_DONE;
}

START_TEST(a_trap_returns_the_message_money_and_keeps_the_postage)
{
    uint64_t sender = puppet_new(&site, 1, MONEY, NULL);
    uint64_t receiver = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct call call = {.number = number, .money = 5000, .postage = 3000, .reply = true};
    struct heard heard = {0};
    const struct serai_event *failed;
    uint64_t sender_before;
    uint64_t receiver_before;

    puppet_publish(&site, receiver, 9, 0, number);
    sender_before = worth_of(&site, sender);
    receiver_before = worth_of(&site, receiver);
    probe_play(receiver, traps_on_messages, NULL);
    probe_play(sender, calls, &call);
    ck_assert_int_eq(site_send(&site, 1, sender, "go", 0), CONTROL_DONE);
    (void)core_run(site.core, 1); /* the sender's turn only */
    ck_assert_int_eq(call.answer, 0);
    probe_play(sender, puppet_hears, &heard);
    site_settle(&site);
    failed = heard_last(&heard, SERAI_EVENT_FAILED);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_uint_eq(failed->badge, 77);
    ck_assert_int_eq(failed->status, ENGINE_TRAP_DIVIDE_BY_ZERO);
    ck_assert_uint_eq(worth_of(&site, receiver), receiver_before + 3000);
    ck_assert_uint_lt(worth_of(&site, sender), sender_before - 3000 + site_reserve(&site));
    ck_assert_uint_gt(worth_of(&site, sender), sender_before - 3000);
    site_holds_nothing(&site);
}
END_TEST

START_TEST(postage_below_what_the_facet_asks_is_refused)
{
    uint64_t sender = puppet_new(&site, 1, MONEY, NULL);
    uint64_t receiver = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct call call = {.number = number, .postage = 4999};
    struct heard heard = {0};

    puppet_publish(&site, receiver, 9, 5000, number);
    probe_play(receiver, puppet_hears, &heard);
    puppet_play(&site, sender, calls, &call);
    ck_assert_int_eq(call.answer, SERAI_E_POSTAGE);
    call.postage = 5000;
    puppet_play(&site, sender, calls, &call);
    ck_assert_int_eq(call.answer, 0);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard.events[0].postage, 5000);
    ck_assert_uint_eq(heard.events[0].badge, 9);
}
END_TEST

START_TEST(nobody_sends_more_money_than_it_has)
{
    uint64_t sender = puppet_new(&site, 1, 100000, NULL);
    uint64_t receiver = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct call call = {.number = number, .postage = 100};
    const int64_t wrong[] = {100001, INT64_MAX, INT64_MIN, -1};
    const int64_t refusal[] = {SERAI_E_SHORT, SERAI_E_SHORT, SERAI_E_INVALID, SERAI_E_INVALID};

    puppet_publish(&site, receiver, 9, 0, number);
    for (size_t i = 0; i < 4; i++) {
        call.money = wrong[i];
        puppet_play(&site, sender, calls, &call);
        ck_assert_int_eq(call.answer, refusal[i]);
    }
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
}
END_TEST

static enum engine_outcome answers_twice(void *context, struct part *part)
{
    int64_t *answers = context;
    struct serai_event event;

    part_event(part, &event);
    for (int i = 0; i < 2 && event.reply >= 0; i++)
        answers[i] = part_order(part, facet_send, event.reply, AT_DATA, 1, 0, 0, 10, 100, -1);
    return ENGINE_DONE;
}

START_TEST(a_reply_facet_answers_once)
{
    uint64_t sender = puppet_new(&site, 1, MONEY, NULL);
    uint64_t receiver = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct call call = {.number = number, .postage = 100, .reply = true};
    struct heard heard = {0};
    int64_t answers[2] = {1, 1};

    puppet_publish(&site, receiver, 9, 0, number);
    probe_play(receiver, answers_twice, answers);
    probe_play(sender, calls, &call);
    ck_assert_int_eq(site_send(&site, 1, sender, "go", 0), CONTROL_DONE);
    (void)core_run(site.core, 1);
    probe_play(sender, puppet_hears, &heard);
    site_settle(&site);
    ck_assert_int_eq(answers[0], 0);
    ck_assert_int_eq(answers[1], SERAI_E_SLOT); /* it is used up */
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_uint_eq(heard.events[0].badge, 77);
    ck_assert_int_eq(heard.events[0].money, 10);
    ck_assert_uint_eq(site_agent(&site, sender)->owns.facets, 1);
}
END_TEST

START_TEST(who_waits_for_the_dead_gets_money_postage_and_the_reason)
{
    uint64_t sender = puppet_new(&site, 1, MONEY, NULL);
    uint64_t receiver = puppet_new(&site, 2, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct call call = {.number = number, .money = 4000, .postage = 3000, .reply = true};
    struct heard heard = {0};
    uint64_t before;

    puppet_publish(&site, receiver, 9, 0, number);
    before = worth_of(&site, sender);
    probe_play(receiver, puppet_dies, NULL);
    ck_assert_int_eq(site_send(&site, 2, receiver, "go", 0), CONTROL_DONE);
    probe_play(sender, calls, &call);
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", receiver), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, sender, "go", 0), CONTROL_DONE);
    site_settle(&site); /* the call waits behind the message that will kill */
    probe_play(sender, puppet_hears, &heard);
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.thaw", receiver), CONTROL_DONE);
    site_settle(&site);
    ck_assert(!site_lives(&site, receiver));
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_CLOSED);
    ck_assert_uint_gt(worth_of(&site, sender), before);
}
END_TEST

/* ---- refusals ---- */

#define KIND_OF(number, name, params, kind, prototype) [number] = SERAI_KIND_##kind,
static const uint8_t kinds[SERAI_ORDER_COUNT] = {SERAI_ORDERS(KIND_OF)};

static int64_t order_on_slot(struct part *part, uint32_t order, int64_t slot)
{
    int64_t args[ENGINE_ARGS_MAX] = {slot};

    return part_order_list(part, (enum serai_order)order, args,
                           strlen(turn_imports.items[order].params));
}

static enum engine_outcome tries_wrong_slots(void *context, struct part *part)
{
    (void)context;
    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++) {
        static const int64_t empty[] = {100, SERAI_SLOTS_MAX - 1, SERAI_SLOTS_MAX, -1, INT32_MIN};
        int64_t wrong = kinds[order] == SERAI_KIND_LOG ? SERAI_SLOT_HEAP : SERAI_SLOT_LOG;

        if (kinds[order] == SERAI_KIND_FREE)
            continue;
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
            ck_assert_msg(order_on_slot(part, order, empty[i]) == SERAI_E_SLOT, "%s on slot %lld",
                          probe_order_name(order), (long long)empty[i]);
        if (kinds[order] != SERAI_KIND_ANY)
            ck_assert_msg(order_on_slot(part, order, wrong) == SERAI_E_KIND, "%s on slot %lld",
                          probe_order_name(order), (long long)wrong);
    }
    return ENGINE_DONE;
}

START_TEST(every_order_refuses_an_empty_slot_and_another_kind)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    puppet_play(&site, agent, tries_wrong_slots, NULL);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.turns, 2);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
}
END_TEST

START_TEST(every_order_refuses_pointers_outside_memory)
{
    struct deploy wild = {
        .module = "wild", .args = "x=some args", .nanos = 60000000, .keeps = "spin"};
    uint64_t agent = site_deploy(&site, 1, &wild);

    site_settle(&site);
    /* 19 orders with a pointer, 6 addresses; each refusal is checked to change nothing. */
    ck_assert(site_logged(&site, agent, "wild: 120 of 120 refused"));
    ck_assert(!site_logged(&site, agent, " answered "));
    ck_assert(!site_logged(&site, agent, "a size below 0 was taken"));
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
}
END_TEST

static enum engine_outcome tries_more_pointers(void *context, struct part *part)
{
    uint32_t end = part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;

    (void)context;
    ck_assert_int_eq(part_order(part, random_bytes, 9, end - 1, 2), SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, random_bytes, 9, end - 1, 1), 1);
    ck_assert_int_eq(part_order(part, spawn, 7, end - 31, AT_DATA, 0, AT_CAPS, 0, 0, 5000000),
                     SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, spawn, 7, AT_ID, end - 1, 2, AT_CAPS, 0, 0, 5000000),
                     SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, spawn, 7, AT_ID, AT_DATA, 0, end - 3, 1, 0, 5000000),
                     SERAI_E_MEMORY);
    ck_assert_int_eq(part_order(part, code_put, SERAI_SLOT_CODE, AT_DATA, 100, end - 31),
                     SERAI_E_MEMORY);
    return ENGINE_DONE;
}

START_TEST(orders_of_gifts_refuse_pointers_outside_memory)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "str"); /* in slots 7, 8 and 9 */

    puppet_play(&site, agent, tries_more_pointers, NULL);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
}
END_TEST

/* What fuel an order takes that is refused, beside the price of a call. */
static uint64_t fuel_of_refusal(struct part *part, int64_t answer, int64_t refusal, uint64_t before)
{
    ck_assert_int_eq(answer, refusal);
    return before - part->instance->fuel;
}

#define FUEL_OF_REFUSAL(refusal, name, ...)                                                        \
    fuel_of_refusal(part, part_order(part, name, __VA_ARGS__), refusal, fuel)

/* Sizes that no order takes: bytes are paid when it is known that they would be moved. */
static enum engine_outcome tries_sizes(void *context, struct part *part)
{
    uint64_t fuel = part->instance->fuel;
    int64_t end = (int64_t)part->instance->memory_pages * ENGINE_WASM_PAGE_BYTES;

    (void)context;
    ck_assert_int_eq(end, 65536);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_INVALID, log_append, SERAI_SLOT_LOG, 0, 1025), 0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_INVALID, self_become, 0, AT_ID, 0, 4097), 0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_INVALID, spawn, 7, AT_ID, 0, 4097, 0, 0, 0, 1), 0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_INVALID, code_put, SERAI_SLOT_CODE, 0, 1048577, 0),
                      0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_INVALID, random_bytes, 9, 0, end), 0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_MEMORY, log_append, SERAI_SLOT_LOG, end, 1), 0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_MEMORY, log_append, SERAI_SLOT_LOG, UINT32_MAX, 2),
                      0);
    ck_assert_uint_eq(FUEL_OF_REFUSAL(SERAI_E_MEMORY, event_read, end + 1, 0, 0), 0);
    ck_assert_int_eq(part_order(part, event_read, end, 0, 0), 0);
    ck_assert_uint_eq(part->instance->fuel, fuel);
    return ENGINE_DONE;
}

START_TEST(an_order_that_cannot_take_so_many_bytes_takes_no_fuel_for_them)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "str"); /* in slots 7, 8 and 9 */

    puppet_play(&site, agent, tries_sizes, NULL);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
}
END_TEST

/* ---- modules ---- */

enum { MODULE_BYTES = 50000, CHECK_FUEL = 20000 + 80 * MODULE_BYTES };

struct putter {
    int count; /* how many modules it puts: none is one */
    enum engine_outcome outcome;
    int64_t answers[32];
    uint64_t fuel_left;
};

static enum engine_outcome puts_modules(void *context, struct part *part)
{
    struct putter *putter = context;

    for (int i = 0; i < putter->count; i++)
        putter->answers[i] =
            part_order(part, code_put, SERAI_SLOT_CODE, AT_DATA, MODULE_BYTES, AT_ID);
    putter->fuel_left = part->instance->fuel;
    return putter->outcome;
}

static struct putter put_modules(uint64_t agent, int count, enum engine_outcome outcome)
{
    struct putter putter = {.count = count, .outcome = outcome};

    puppet_play(&site, agent, puts_modules, &putter);
    return putter;
}

static void little_fuel(struct pricebook *book)
{
    book->turn_fuel_max = 1000000;
}

/* A site where one module's check is more than a turn may burn. */
static void setup_little(void)
{
    site_open_book(&site, 7, 10000000000, little_fuel);
    site_customers(&site, 2, 2000000000);
}

START_TEST(a_module_is_checked_beside_what_a_turn_may_burn_and_paid)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_agent(&site, agent)->usage.fuel;
    struct putter putter = put_modules(agent, 3, ENGINE_DONE);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(putter.answers[i], SERAI_E_INVALID); /* it is no module, and was read */
    ck_assert_uint_gt(putter.fuel_left, site.book.turn_fuel_max / 2);
    ck_assert_uint_gt(site_agent(&site, agent)->usage.fuel, before + UINT64_C(3) * CHECK_FUEL);
    ck_assert_uint_lt(site_agent(&site, agent)->usage.fuel,
                      before + UINT64_C(3) * CHECK_FUEL + site.book.turn_fuel_max);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_REVENUE_COMPUTE), fuel_cost(&site, agent));
}
END_TEST

START_TEST(a_module_that_was_checked_is_paid_by_an_undone_turn_too)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_agent(&site, agent)->usage.fuel;

    (void)put_modules(agent, 1, ENGINE_TRAP_UNREACHABLE);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 1);
    ck_assert_uint_gt(site_agent(&site, agent)->usage.fuel, before + CHECK_FUEL);
}
END_TEST

START_TEST(a_turn_puts_modules_of_a_mebibyte_at_most)
{
    enum { MOST = 1048576 / MODULE_BYTES };
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    struct putter putter = put_modules(agent, MOST + 2, ENGINE_DONE);

    for (int i = 0; i < MOST + 2; i++)
        ck_assert_int_eq(putter.answers[i], i < MOST ? SERAI_E_INVALID : SERAI_E_FULL);
    ck_assert_int_eq(put_modules(agent, 1, ENGINE_DONE).answers[0], SERAI_E_INVALID);
}
END_TEST

START_TEST(who_cannot_pay_for_the_check_of_a_module_has_it_refused)
{
    uint64_t agent = puppet_new(&site, 1, 10000, NULL); /* a check is 4,020 */
    struct putter putter = put_modules(agent, 16, ENGINE_DONE);
    int checked = 0;

    while (checked < 16 && putter.answers[checked] == SERAI_E_INVALID)
        checked++;
    ck_assert_int_lt(checked, 16);
    for (int i = checked; i < 16; i++)
        ck_assert_int_eq(putter.answers[i], SERAI_E_SHORT);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0); /* a refusal like others */
}
END_TEST

/* A customer whose agent had modules checked waits until others have had as much. */
START_TEST(the_check_of_modules_counts_for_whose_turn_it_is)
{
    enum { MODULES = 12 };
    uint64_t putting = puppet_new(&site, 1, MONEY, NULL);
    struct deploy spin = {.module = "spin", .nanos = 1000000000};
    uint64_t spinning = site_deploy(&site, 2, &spin);
    struct putter putter = {.count = MODULES};
    uint64_t turns;
    uint64_t fuel;

    site_settle(&site);
    probe_play(putting, puts_modules, &putter);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(site_send(&site, 2, spinning, "?", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, putting, "?", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, putting, "?", 0), CONTROL_DONE);
    turns = site_agent(&site, putting)->usage.turns;
    while (site_agent(&site, putting)->usage.turns == turns)
        (void)core_run(site.core, 1);
    fuel = site_agent(&site, spinning)->usage.fuel;
    while (site_agent(&site, putting)->usage.turns == turns + 1)
        (void)core_run(site.core, 1);
    fuel = site_agent(&site, spinning)->usage.fuel - fuel;
    ck_assert_uint_gt(fuel, UINT64_C(9) * CHECK_FUEL * MODULES / 10);
    site_settle(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core turns");
    TCase *tcase = tcase_create("turns");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_trap_undoes_all_but_the_fees);
    tcase_add_test(tcase, the_same_turn_without_a_trap_does_it_all);
    tcase_add_test(tcase, running_out_of_fuel_costs_exactly_the_budget);
    tcase_add_test(tcase, a_thief_gains_nothing_by_trapping);
    tcase_add_test(tcase, a_thief_gains_nothing_by_dying_and_trapping);
    tcase_add_test(tcase, who_sells_and_spends_without_a_trap_may);
    tcase_add_test(tcase, a_refund_pays_for_no_toll_of_its_own_turn);
    tcase_add_test(tcase, a_trap_returns_the_message_money_and_keeps_the_postage);
    tcase_add_test(tcase, postage_below_what_the_facet_asks_is_refused);
    tcase_add_test(tcase, nobody_sends_more_money_than_it_has);
    tcase_add_test(tcase, a_reply_facet_answers_once);
    tcase_add_test(tcase, who_waits_for_the_dead_gets_money_postage_and_the_reason);
    tcase_add_test(tcase, every_order_refuses_an_empty_slot_and_another_kind);
    tcase_add_test(tcase, every_order_refuses_pointers_outside_memory);
    tcase_add_test(tcase, orders_of_gifts_refuse_pointers_outside_memory);
    tcase_add_test(tcase, an_order_that_cannot_take_so_many_bytes_takes_no_fuel_for_them);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("modules");
    tcase_add_checked_fixture(tcase, setup_little, teardown);
    tcase_add_test(tcase, a_module_is_checked_beside_what_a_turn_may_burn_and_paid);
    tcase_add_test(tcase, a_module_that_was_checked_is_paid_by_an_undone_turn_too);
    tcase_add_test(tcase, a_turn_puts_modules_of_a_mebibyte_at_most);
    tcase_add_test(tcase, who_cannot_pay_for_the_check_of_a_module_has_it_refused);
    tcase_add_test(tcase, the_check_of_modules_counts_for_whose_turn_it_is);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
