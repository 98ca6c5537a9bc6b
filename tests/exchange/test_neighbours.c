/*
 * Two whole sites with a link between them, and agents on both that the test plays: purchases and
 * their refusals, sales from both sides, crashes in the middle, a site that is restored from an old
 * backup; and the tolls of a chain over four sites.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { MONEY = 2000000000, ENDOWMENT = 10000000, FEE = 1000000, CHARGED = 200000 };
enum { LIMIT = 1000000000, DEPOSIT = 500000, NUMBERS_APART = 64 };

static struct network *network;
static struct site *here;  /* buys */
static struct site *there; /* is where agents are born */
static uint64_t buyer;
static uint64_t child; /* the first that is born there */
static struct heard child_heard;
static uint8_t child_number[SERAI_HEAP_NUMBER_BYTES]; /* of a facet of it, in the heap there */
static uint64_t caller;                               /* an agent there, that calls the child */

/* Agents are played by their numbers, so those of the second site begin elsewhere. */
static void skip_numbers(struct site *site)
{
    for (int i = 0; i < NUMBERS_APART; i++) {
        struct bytes args = {0};
        uint8_t key[CONTROL_KEY_BYTES];
        char name[16];

        key_numbered(key, (uint8_t)(200 + i));
        (void)snprintf(name, sizeof name, "skip-%d", i);
        cbor_put_array(&args, 2);
        cbor_put_text(&args, name);
        cbor_put_bytes(&args, key, sizeof key);
        ck_assert_int_eq(site_request(site, OPERATOR, "customer.add", &args), CONTROL_DONE);
    }
}

static uint64_t next_account(const struct site *site)
{
    uint64_t next = ACCOUNT_FIRST_FREE;

    while (ledger_account(site->core->ledger, next) != NULL)
        next++;
    return next;
}

static enum engine_outcome child_plays(void *context, struct part *part)
{
    if (part->kind == SERAI_EVENT_BORN) {
        int64_t facet =
            part_order(part, self_facet, SERAI_SLOT_SELF, 0, (int64_t)site_reserve(there));

        ck_assert_int_eq(part_order(part, heap_add, SERAI_SLOT_HEAP, facet, AT_NUMBER), 0);
        memcpy(child_number, part_memory(part, AT_NUMBER, sizeof child_number),
               sizeof child_number);
    }
    return puppet_hears(context, part);
}

static void setup(void)
{
    network = network_new(2, 5, MONEY, NULL);
    here = &network->sites[0];
    there = &network->sites[1];
    skip_numbers(there);
    (void)network_join(network, 0, 1, LIMIT);
    network_settle(network);
    site_customer(here, 1, "one", 500000000);
    site_customer(here, 2, "two", 500000000);
    buyer = puppet_new(here, 1, 100000000, NULL);
    site_customer(there, 1, "caller", 500000000);
    caller = puppet_new(there, 1, 100000000, NULL);
    child = next_account(there) + 1; /* after the row of the customer next door */
    child_heard = (struct heard){0};
    probe_play(child, child_plays, &child_heard);
}

static void teardown(void)
{
    network_settle(network);
    network_agrees(network);
    site_reload_same(here);
    site_reload_same(there);
    probe_play_none();
    network_free(network);
}

/* ---- common beginnings ---- */

static struct acting purchase_of(uint64_t endowment)
{
    return (struct acting){.deed = DEED_BUY, .interface = 1, .a = (int64_t)endowment, .b = FEE};
}

/* The buyer's end to the child that was just born. */
static struct acting opened(void)
{
    struct acting end = purchase_of(ENDOWMENT);

    ck_assert_int_ge(act(here, buyer, &end), 0);
    network_settle(network);
    ck_assert(site_lives(there, child));
    ck_assert_uint_eq(heard_of(&child_heard, SERAI_EVENT_BORN), 1);
    ck_assert_int_eq(end_in_slot(here, buyer, end.slot)->state, CHANNEL_OPEN);
    return end;
}

static int64_t buyer_sells(int64_t slot)
{
    struct acting sale = {.deed = DEED_SELL, .slot = slot};

    return act(here, buyer, &sale);
}

static int64_t child_acts(struct acting acting)
{
    int64_t answer = act_when_called(there, child, &acting, caller, child_number);

    probe_play(child, puppet_hears, &child_heard);
    return answer;
}

static int64_t child_sells(void)
{
    return child_acts((struct acting){.deed = DEED_SELL, .slot = SERAI_SLOT_ORIGIN});
}

/* ---- births ---- */

START_TEST(a_birth_next_door_costs_endowment_fee_and_deposit_and_the_change_comes_back)
{
    uint64_t before = worth_of(here, buyer);
    uint64_t births = site_balance(there, ACCOUNT_REVENUE_BIRTHS);
    struct acting end = opened();

    ck_assert_uint_eq(worth_of(here, buyer), before - ENDOWMENT - CHARGED - DEPOSIT -
                                                 price_of(here, SERAI_ORDER_channel_buy));
    ck_assert_uint_eq(site_balance(there, ACCOUNT_REVENUE_BIRTHS), births + CHARGED / 2);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_REVENUE_CHANNELS), CHARGED / 2);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), DEPOSIT);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_DEPOSIT_CHANNEL), DEPOSIT);
    ck_assert(network_link(network, 0, 0)->sent_total == ENDOWMENT + FEE);
    ck_assert(network_link(network, 0, 1)->sent_total == FEE - CHARGED);
    ck_assert_uint_eq(end_in_slot(here, buyer, end.slot)->number % 2, 0);
}
END_TEST

START_TEST(the_neighbour_hears_of_other_prices_while_the_link_is_up)
{
    struct fault fault = {0};
    struct pricebook book = there->book;

    ck_assert_int_eq(money_from_nanos(&book.link_birth_fee, 777), ST_OK);
    ck_assert(network_link(network, 0, 0)->state == LINK_UP);
    ck_assert_uint_ne(money_nanos(network_link(network, 0, 0)->peer_prices.birth_fee), 777);
    ck_assert_int_eq(core_set_prices(there->core, &book, &fault), ST_OK);
    network_settle(network);
    ck_assert_uint_eq(money_nanos(network_link(network, 0, 0)->peer_prices.birth_fee), 777);
    ck_assert(network_link(network, 0, 0)->state == LINK_UP);
}
END_TEST

START_TEST(a_birth_that_is_refused_next_door_gives_all_back)
{
    uint64_t before = worth_of(here, buyer);
    uint64_t births = site_balance(there, ACCOUNT_REVENUE_BIRTHS);
    struct acting end = purchase_of(1000); /* too little to be born with */

    ck_assert_int_ge(act(here, buyer, &end), 0);
    network_settle(network);
    /* The message that caused it brought its postage; only the order was paid. */
    ck_assert_uint_eq(worth_of(here, buyer),
                      before + site_reserve(here) - price_of(here, SERAI_ORDER_channel_buy));
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_BIRTH), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_REVENUE_BIRTHS), births);
    ck_assert(network_link(network, 0, 0)->sent_total == 1000 + FEE);
    ck_assert(network_link(network, 0, 1)->sent_total == 1000 + FEE);
    ck_assert_uint_eq(agents_count(there->core->agents).agents, 1);
}
END_TEST

START_TEST(each_customer_next_door_has_one_row_and_estates_go_there)
{
    uint64_t other = puppet_new(here, 2, 100000000, NULL);
    uint64_t row = child - 1;
    struct acting end = opened();
    uint64_t second = next_account(there);
    uint64_t before;
    uint64_t estate;
    uint64_t third;

    end = purchase_of(ENDOWMENT);
    ck_assert_int_ge(act(here, buyer, &end), 0);
    network_settle(network);
    ck_assert_uint_eq(site_agent(there, child)->customer, row);
    ck_assert_uint_eq(site_agent(there, second)->customer, row);
    ck_assert_int_eq(ledger_account(there->core->ledger, row)->kind, KIND_UNCLAIMED);
    third = next_account(there) + 1; /* another customer, another row */
    end = purchase_of(ENDOWMENT);
    ck_assert_int_ge(act(here, other, &end), 0);
    network_settle(network);
    ck_assert_uint_eq(site_agent(there, third)->customer, third - 1);
    ck_assert_int_eq(ledger_account(there->core->ledger, third - 1)->kind, KIND_UNCLAIMED);
    before = site_balance(there, row);
    ck_assert_uint_eq(before, 0);
    estate = worth_of(there, child);
    (void)child_acts((struct acting){.deed = DEED_DIE});
    network_settle(network);
    ck_assert(!site_lives(there, child));
    /* Its deposit and what was held for its end, too; what death costs is less than those. */
    ck_assert_uint_ge(site_balance(there, row), estate + DEPOSIT);
    ck_assert_uint_eq(site_balance(there, third - 1), 0);
}
END_TEST

/* ---- places on the link ---- */

static enum engine_outcome hears_much(void *context, struct part *part)
{
    (void)context;
    (void)part;
    return ENGINE_DONE;
}

/* An end of `agent` to a child that is born now and arms all that one end may. */
static struct acting opened_wide(uint64_t agent, uint64_t born)
{
    struct acting end = purchase_of(ENDOWMENT);
    struct acting arming = {
        .deed = DEED_ARM, .slot = SERAI_SLOT_ORIGIN, .b = CHANNEL_GRANT_BYTES_MAX};

    probe_play(born, child_plays, &child_heard);
    ck_assert_int_ge(act(here, agent, &end), 0);
    network_settle(network);
    ck_assert(site_lives(there, born));
    arming.a =
        CHANNEL_GRANT_PACKETS_MAX - (int64_t)channel_may_send(end_in_slot(here, agent, end.slot));
    ck_assert_int_eq(act_when_called(there, born, &arming, caller, child_number), 0);
    probe_play(born, hears_much, NULL);
    network_settle(network);
    return end;
}

static int64_t sends(uint64_t agent, int64_t slot, int64_t times)
{
    struct acting sending = {.deed = DEED_SEND, .slot = slot, .a = 1, .times = times};
    int64_t answer = act(here, agent, &sending);

    ck_assert_int_eq(sending.done, answer == 0 ? times : times - 1);
    return answer;
}

START_TEST(one_customer_never_has_all_places_of_a_link)
{
    uint64_t other = puppet_new(here, 2, 100000000, NULL);
    uint64_t second = puppet_new(here, 1, 100000000, NULL);
    struct acting ends[] = {opened_wide(buyer, child), opened_wide(second, next_account(there)),
                            opened_wide(second, next_account(there))};
    struct acting others = opened_wide(other, next_account(there) + 1);
    struct acting asking = {.deed = DEED_ROOM, .slot = ends[2].slot};
    struct heard heard = {0};

    network_cut(network, 0); /* the peer acknowledges nothing */
    ck_assert_int_eq(sends(buyer, ends[0].slot, LINK_WINDOW_MESSAGES / 4), 0);
    ck_assert_int_eq(sends(second, ends[1].slot, LINK_WINDOW_MESSAGES / 4), 0);
    ck_assert_int_eq(sends(second, ends[2].slot, 1), SERAI_E_FULL); /* whatever agent, and end */
    ck_assert_int_eq(sends(other, others.slot, LINK_WINDOW_MESSAGES / 4), 0);
    ck_assert_int_eq(act(here, second, &asking), 0);
    ck_assert(end_in_slot(here, second, asking.slot)->room_asked);
    site_reload_same(here);
    probe_play(second, puppet_hears, &heard);
    site_settle(here);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ROOM), 0);
    network_connect(network, 0);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ROOM), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ROOM)->slot, asking.slot);
    ck_assert(!end_in_slot(here, second, asking.slot)->room_asked);
    ck_assert_int_eq(sends(second, ends[2].slot, 1), 0);
}
END_TEST

struct waiting {
    int64_t slot;    /* of an end to send on */
    int64_t pending; /* of an end whose birth is queued */
    bool withdraws;  /* within the same turn */
    struct heard heard;
};

/* Its birth takes a place, its packets all others that it may have; then it asks for room. */
static enum engine_outcome waits_for_its_own_birth(void *context, struct part *part)
{
    struct waiting *waiting = context;
    int64_t sent = 0;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(&waiting->heard, part);
    waiting->pending = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 1, ENDOWMENT, FEE);
    ck_assert_int_ge(waiting->pending, 0);
    while (sent == 0)
        sent = part_order(part, channel_send, waiting->slot, AT_DATA, 1, 0);
    ck_assert_int_eq(sent, SERAI_E_FULL);
    ck_assert_int_eq(part_order(part, channel_room, waiting->slot), 0);
    if (waiting->withdraws)
        ck_assert_int_eq(part_order(part, channel_sell, SERAI_SLOT_CHANNELS, waiting->pending),
                         DEPOSIT);
    return ENGINE_DONE;
}

/* How often the buyer hears of room while its neighbour acknowledges nothing. */
static size_t rooms_heard(bool withdraws)
{
    struct acting first = opened_wide(buyer, child);
    struct waiting waiting = {.slot = opened_wide(buyer, next_account(there)).slot,
                              .withdraws = withdraws};

    network_cut(network, 0);
    ck_assert_int_eq(sends(buyer, first.slot, LINK_WINDOW_MESSAGES / 4), 0);
    puppet_play(here, buyer, waits_for_its_own_birth, &waiting);
    site_reload_same(here);
    network_connect(network, 0);
    return heard_of(&waiting.heard, SERAI_EVENT_ROOM);
}

START_TEST(a_birth_that_is_withdrawn_within_the_frame_makes_room)
{
    ck_assert_uint_eq(rooms_heard(true), 1);
}
END_TEST

START_TEST(a_birth_that_is_not_withdrawn_keeps_its_place)
{
    ck_assert_uint_eq(rooms_heard(false), 0);
}
END_TEST

/* ---- sales ---- */

START_TEST(each_side_gets_its_own_deposit_back)
{
    struct acting end = opened();
    uint64_t before = worth_of(here, buyer);
    uint64_t child_before;

    ck_assert_int_eq(buyer_sells(end.slot), DEPOSIT);
    network_settle(network);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_RESERVE), 0);
    /* The postage of the message, and the reserve that was held for the close signal. */
    ck_assert_uint_eq(worth_of(here, buyer), before + DEPOSIT + 2 * site_reserve(here) -
                                                 price_of(here, SERAI_ORDER_channel_sell));
    ck_assert_uint_eq(heard_of(&child_heard, SERAI_EVENT_CLOSED), 1);
    ck_assert_int_eq(heard_last(&child_heard, SERAI_EVENT_CLOSED)->slot, SERAI_SLOT_ORIGIN);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_DEPOSIT_CHANNEL), DEPOSIT);
    child_before = worth_of(there, child);
    ck_assert_int_eq(child_sells(), DEPOSIT);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_uint_eq(worth_of(there, child), child_before + DEPOSIT + site_reserve(there) -
                                                  price_of(there, SERAI_ORDER_channel_sell));
    network_settle(network);
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
}
END_TEST

START_TEST(ends_that_are_sold_from_both_sides_at_once_are_gone_and_nobody_is_told)
{
    struct acting end = opened();

    ck_assert_int_eq(buyer_sells(end.slot), DEPOSIT);
    ck_assert_int_eq(child_sells(), DEPOSIT);
    ck_assert_uint_eq(channels_count(here->core->channels), 1); /* both CLOSEs are under way */
    ck_assert_uint_eq(channels_count(there->core->channels), 1);
    network_settle(network);
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
    ck_assert_uint_eq(heard_of(&child_heard, SERAI_EVENT_CLOSED), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(there, ACCOUNT_DEPOSIT_CHANNEL), 0);
}
END_TEST

START_TEST(packets_under_way_while_the_receiver_sells_pay_the_seller)
{
    struct acting end = opened();
    struct acting sending = {.deed = DEED_SEND, .slot = end.slot, .a = 10, .b = 700, .times = 3};
    uint64_t before;

    (void)act(here, buyer, &sending);
    ck_assert_int_eq(sending.done, 3);
    ck_assert_int_eq(child_sells(), DEPOSIT);
    before = worth_of(there, child);
    network_settle(network);
    ck_assert_uint_eq(worth_of(there, child), before + 2100);
    ck_assert_uint_eq(heard_of(&child_heard, SERAI_EVENT_PACKET), 0);
    sending.times = 1;
    ck_assert_int_eq(act(here, buyer, &sending), SERAI_E_CLOSED);
    ck_assert_int_eq(buyer_sells(end.slot), DEPOSIT);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
}
END_TEST

START_TEST(packets_under_way_to_an_agent_that_died_pay_its_customer)
{
    struct acting end = opened();
    struct acting sending = {.deed = DEED_SEND, .slot = end.slot, .a = 10, .b = 700, .times = 3};
    uint64_t before;

    (void)act(here, buyer, &sending);
    (void)child_acts((struct acting){.deed = DEED_DIE});
    ck_assert(!site_lives(there, child));
    before = site_balance(there, child - 1);
    network_settle(network);
    ck_assert_uint_eq(site_balance(there, child - 1), before + 2100);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
    ck_assert_int_eq(end_in_slot(here, buyer, end.slot)->state, CHANNEL_FAR_CLOSED);
}
END_TEST

/* ---- crashes ---- */

/* One purchase and one packet, with a crash of one side after so many steps. */
enum { CRASH_STEPS = 12 };

START_TEST(a_purchase_is_answered_once_whoever_crashes_when)
{
    int site = _i % 2;
    int crash_at = _i / 2;
    struct acting end = purchase_of(ENDOWMENT);
    struct heard heard = {0};
    uint64_t before = worth_of(here, buyer);

    ck_assert_int_ge(act(here, buyer, &end), 0);
    probe_play(buyer, puppet_hears, &heard);
    for (int step = 0; step < crash_at; step++)
        (void)network_step(network, 1);
    network_crash(network, site);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ANSWER)->status, 0);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ANSWER)->money, FEE - CHARGED);
    ck_assert_uint_eq(agents_count(there->core->agents).agents, 2);
    ck_assert_uint_eq(channels_count(here->core->channels), 1);
    ck_assert_uint_eq(channels_count(there->core->channels), 1);
    ck_assert(network_link(network, 0, 0)->sent_total == ENDOWMENT + FEE);
    ck_assert(network_link(network, 0, 1)->sent_total == FEE - CHARGED);
    ck_assert_uint_eq(worth_of(here, buyer), before - ENDOWMENT - CHARGED - DEPOSIT -
                                                 price_of(here, SERAI_ORDER_channel_buy) -
                                                 price_of(here, SERAI_ORDER_event_info));
}
END_TEST

/* ---- backups ---- */

/* The site is as it was when the copy was made; its connections are made anew. */
static void restore(int site, struct store_memory *copy)
{
    struct site *at = &network->sites[site];

    store_memory_free(at->memory);
    at->memory = copy;
    at->store = store_from_memory(copy);
    network_crash(network, site);
}

static enum control_status resume(int end)
{
    static const char *const names[] = {"site-b", "site-a"};
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, names[end]);
    return site_request(&network->sites[end], OPERATOR, "link.resume", &args);
}

static void settle_frozen(void)
{
    for (int i = 0; i < 20; i++)
        (void)network_step(network, 64);
}

/* The site's link is frozen for a reason with these words; the operator resumes it. */
static bool resumed_after(int end, const char *words)
{
    const struct link *link = network_link(network, 0, end);

    if (link->state != LINK_FROZEN)
        return false;
    ck_assert_msg(strstr(link->reason, words) != NULL, "side %d: %s", end, link->reason);
    ck_assert_int_eq(resume(end), CONTROL_DONE);
    settle_frozen();
    return true;
}

/*
 * Money went to the site after its backup was made, so the books of the two can never agree again:
 * whoever sees it first stops, each resume ends in a freeze, and nothing more crosses.
 */
static void old_backup(int site, const char *restored_says, const char *other_says)
{
    struct acting end = opened();
    struct acting sending = {.deed = DEED_SEND, .slot = end.slot, .a = 1, .b = 50, .times = 4};
    struct store_memory *copy = NULL;
    u128 received;
    int found[2] = {0};

    ck_assert(store_memory_copy(&copy, network->sites[site].memory) == ST_OK);
    (void)act(here, buyer, &sending);
    network_settle(network);
    network_agrees(network);
    restore(site, copy);
    settle_frozen();
    received = network_link(network, 0, 1)->received_total;
    for (int i = 0; i < 4; i++) {
        bool by_restored = resumed_after(site, restored_says);
        bool by_other = resumed_after(1 - site, other_says);

        ck_assert(by_restored || by_other);
        found[0] += by_restored;
        found[1] += by_other;
        ck_assert(network_link(network, 0, 0)->state != LINK_UP);
        ck_assert(network_link(network, 0, 1)->state != LINK_UP);
        ck_assert(network_link(network, 0, 1)->received_total == received);
    }
    ck_assert(found[0] > 0 && found[1] > 0); /* the operators of both are told */
    site_verify(here);
    site_verify(there);
    probe_play_none();
    network_free(network);
}

START_TEST(a_receiver_restored_from_an_old_backup_is_found_out)
{
    old_backup(1, "we were restored from a backup", "the peer was restored from a backup");
}
END_TEST

START_TEST(a_sender_restored_from_an_old_backup_is_found_out)
{
    old_backup(0, "we were restored from a backup", "it was restored from a backup");
}
END_TEST

START_TEST(a_backup_since_which_nothing_crossed_goes_on_once_it_is_resumed)
{
    struct acting end = opened();
    struct acting sending = {.deed = DEED_SEND, .slot = end.slot, .a = 1, .b = 50, .times = 4};
    struct store_memory *copy = NULL;

    ck_assert(store_memory_copy(&copy, here->memory) == ST_OK);
    for (int i = 0; i < 3; i++) {
        network_connect(network, 0);
        network_settle(network);
    }
    restore(0, copy);
    settle_frozen();
    ck_assert_int_eq(network_link(network, 0, 1)->state, LINK_UP);
    ck_assert(resumed_after(0, "we were restored from a backup, or another site runs with our "
                               "key: the peer knows our epoch"));
    network_settle(network);
    network_agrees(network);
    (void)act(here, buyer, &sending);
    ck_assert_int_eq(sending.done, 4);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&child_heard, SERAI_EVENT_PACKET), 4);
    ck_assert_int_eq(heard_last(&child_heard, SERAI_EVENT_PACKET)->money, 50);
}
END_TEST

/* ---- tolls ---- */

enum { CHAIN = 4, PACKETS = 1000 };

static u128 moved(size_t wire, int end)
{
    return network_link(network, wire, end)->sent_total;
}

START_TEST(tolls_over_three_links_are_exact)
{
    static const uint64_t forth[] = {100000, 95000, 35000};
    static const uint64_t back[] = {65065, 60060, 0};
    struct deploy source = {.module = "forwarder",
                            .args = "packets=1000 value=100 tolls=5,60 via=site-b,site-c,site-d "
                                    "paused=1",
                            .nanos = 300000000};
    u128 marks[CHAIN - 1];
    u128 marks_back[CHAIN - 1];
    uint64_t agent;

    network = network_new(CHAIN, 9, MONEY, NULL);
    for (int i = 0; i + 1 < CHAIN; i++)
        (void)network_join(network, i, i + 1, LIMIT);
    network_settle(network);
    agent = site_deploy(&network->sites[0], OPERATOR, &source);
    network_settle(network);
    ck_assert(site_logged(&network->sites[0], agent, "the way is open"));
    for (size_t i = 0; i + 1 < CHAIN; i++) {
        marks[i] = moved(i, 0);
        marks_back[i] = moved(i, 1);
    }
    ck_assert_int_eq(site_send(&network->sites[0], OPERATOR, agent, "pay", 0), CONTROL_DONE);
    network_settle(network);
    for (size_t i = 0; i + 1 < CHAIN; i++) {
        ck_assert(moved(i, 0) - marks[i] == forth[i]);
        ck_assert(moved(i, 1) == marks_back[i]);
    }
    ck_assert_int_eq(site_send(&network->sites[0], OPERATOR, agent, "give", 0), CONTROL_DONE);
    network_settle(network);
    for (size_t i = 0; i + 1 < CHAIN; i++) {
        u128 net = (moved(i, 0) - marks[i]) - (moved(i, 1) - marks_back[i]);

        ck_assert_msg(net == back[i], "link %zu moved %" PRIu64 ", not %" PRIu64, i, (uint64_t)net,
                      back[i]);
    }
    ck_assert(site_logged(&network->sites[0], agent, "100000 nanos went out, 34935 came back"));
    network_agrees(network);
    network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core neighbours");
    TCase *pair = tcase_create("pair");
    TCase *backup = tcase_create("backup");
    TCase *chain = tcase_create("chain");

    tcase_add_checked_fixture(pair, setup, teardown);
    tcase_set_timeout(pair, 60);
    tcase_add_test(pair,
                   a_birth_next_door_costs_endowment_fee_and_deposit_and_the_change_comes_back);
    tcase_add_test(pair, the_neighbour_hears_of_other_prices_while_the_link_is_up);
    tcase_add_test(pair, a_birth_that_is_refused_next_door_gives_all_back);
    tcase_add_test(pair, each_customer_next_door_has_one_row_and_estates_go_there);
    tcase_add_test(pair, each_side_gets_its_own_deposit_back);
    tcase_add_test(pair, ends_that_are_sold_from_both_sides_at_once_are_gone_and_nobody_is_told);
    tcase_add_test(pair, packets_under_way_while_the_receiver_sells_pay_the_seller);
    tcase_add_test(pair, packets_under_way_to_an_agent_that_died_pay_its_customer);
    tcase_add_test(pair, one_customer_never_has_all_places_of_a_link);
    tcase_add_test(pair, a_birth_that_is_withdrawn_within_the_frame_makes_room);
    tcase_add_test(pair, a_birth_that_is_not_withdrawn_keeps_its_place);
    tcase_add_loop_test(pair, a_purchase_is_answered_once_whoever_crashes_when, 0, 2 * CRASH_STEPS);
    tcase_add_test(pair, a_backup_since_which_nothing_crossed_goes_on_once_it_is_resumed);
    suite_add_tcase(suite, pair);
    tcase_add_checked_fixture(backup, setup, NULL);
    tcase_set_timeout(backup, 60);
    tcase_add_test(backup, a_receiver_restored_from_an_old_backup_is_found_out);
    tcase_add_test(backup, a_sender_restored_from_an_old_backup_is_found_out);
    suite_add_tcase(suite, backup);
    tcase_set_timeout(chain, 120);
    tcase_add_test(chain, tolls_over_three_links_are_exact);
    suite_add_tcase(suite, chain);
    return check_main(suite);
}
