/*
 * A wire agent against one that lies, and one that does not, within one site: what it counts, what
 * it gives back, and which answer it gives.  What lies of all kinds come to is in
 * tests/e2e/wire_lies.sh.
 */
#include <stdio.h>
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/puppet.h"

#define FAMILY "5e1a15e1a15e1a15e1a15e1a"

enum {
    MONEY = 900000000,
    BADGE = 9,
    CODE = 4711,
    SUM = 3000000,
    FEES = 20000,
    QUESTIONS_MAX = 300,
    HEARS = 10,    /* badge of the object's facet for answers */
    ASKED_MAX = 5, /* questions of the object */
    PART = 32,     /* gifts of one site, or for one */
};

static struct site site;
static uint64_t wire;   /* the wire agent */
static uint64_t peer;   /* at the other end; it says what the test wants */
static uint64_t object; /* to which the peer is given a facet */
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];
static int64_t kept[QUESTIONS_MAX];
static int32_t kept_count;
/* What the object heard of what it asked. */
static int64_t returned;
static int failures;
static int answers;

/* Ask the capability that came along, `count` times, each with money, for a promise or without. */
static void object_asks(struct part *part, int64_t cap, int count, bool promised)
{
    int64_t hear = part_order(part, self_facet, SERAI_SLOT_SELF, HEARS, 0);
    int64_t postage = part_order(part, facet_postage, cap);

    for (int i = 0; i < count; i++) {
        if (promised)
            ck_assert_int_ge(
                part_order(part, facet_ask, cap, AT_DATA, 1, AT_CAPS, 0, SUM, postage, hear), 0);
        else
            ck_assert_int_eq(
                part_order(part, facet_send, cap, AT_DATA, 1, AT_CAPS, 0, SUM, postage, hear), 0);
    }
}

static void object_listens(struct part *part, int64_t promise)
{
    int64_t hear = part_order(part, self_facet, SERAI_SLOT_SELF, HEARS, 0);

    ck_assert_int_eq(part_order(part, cap_keep, promise), 0);
    ck_assert_int_eq(part_order(part, facet_when, promise, hear), 0);
}

/*
 * What the object does is the first letter of a message: b fails, k keeps the question, a answers
 * those that were kept, the last one first, each with the number of its place, and f answers with
 * as many new objects as go along with an answer.  With the capability that came along: s asks it
 * with money, q does so often and holds a promise of each answer, w listens to it.
 */
static enum engine_outcome serves(void *context, struct part *part)
{
    struct serai_event event;

    (void)context;
    part_event(part, &event);
    failures += part->kind == SERAI_EVENT_FAILED;
    returned += part->kind == SERAI_EVENT_FAILED ? event.money : 0;
    answers += part->kind == SERAI_EVENT_MESSAGE && event.badge == HEARS;
    if (part->kind != SERAI_EVENT_MESSAGE || part->size == 0 || event.badge == HEARS)
        return ENGINE_DONE;
    (void)part_order(part, event_read, AT_DATA, 1, 0);
    switch (*part_memory(part, AT_DATA, 1)) {
    case 'b':
        return part_fail(part, CODE, AT_DATA, 1);
    case 'k':
        ck_assert_int_lt(kept_count, QUESTIONS_MAX);
        ck_assert_int_eq(part_order(part, cap_keep, event.reply), 0);
        kept[kept_count++] = event.reply;
        for (int32_t i = 0; i < event.cap_count; i++)
            ck_assert_int_eq(part_order(part, cap_keep, event.caps[i]), 0);
        break;
    case 'a':
        for (; kept_count > 0; kept_count--) {
            *part_memory(part, AT_DATA, 1) = (uint8_t)('0' + kept_count);
            ck_assert_int_eq(part_order(part, facet_send, kept[kept_count - 1], AT_DATA, 1, 0, 0, 0,
                                        0, SERAI_SLOT_NONE),
                             0);
        }
        break;
    case 'f':
        for (uint32_t i = 0; i < SERAI_MESSAGE_CAPS_MAX; i++) {
            int32_t slot = (int32_t)part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

            ck_assert_int_ge(slot, 0);
            memcpy(part_memory(part, AT_CAPS + 4 * i, 4), &slot, 4);
        }
        ck_assert_int_eq(part_order(part, facet_send, event.reply, AT_DATA, 1, AT_CAPS,
                                    SERAI_MESSAGE_CAPS_MAX, 0, 0, SERAI_SLOT_NONE),
                         0);
        for (uint32_t i = 0; i < SERAI_MESSAGE_CAPS_MAX; i++) {
            int32_t slot;

            memcpy(&slot, part_memory(part, AT_CAPS + 4 * i, 4), 4);
            ck_assert_int_eq(part_order(part, cap_drop, slot), 0);
        }
        break;
    case 's':
        object_asks(part, event.caps[0], 1, false);
        break;
    case 'q':
        object_asks(part, event.caps[0], ASKED_MAX, true);
        break;
    case 'w':
        object_listens(part, event.caps[0]);
        break;
    default:
        break;
    }
    return ENGINE_DONE;
}

/* A new one that lies, of the second customer. */
static uint64_t liar_new(void)
{
    uint64_t liar = site_deploy(
        &site, 2,
        &(struct deploy){.module = "liar", .args = "", .nanos = MONEY, .keeps = "../wire/t"});

    site_settle(&site);
    return liar;
}

/* The liar is told that, and what follows from it is done. */
static void tells(uint64_t liar, const char *words)
{
    ck_assert_int_eq(site_send(&site, 2, liar, words, 0), CONTROL_DONE);
    site_settle(&site);
}

/* The peer says that. */
static void says(const char *words)
{
    tells(peer, words);
}

static void comes(const char *words)
{
    ck_assert_msg(site_logged(&site, peer, words), "the other side is not told \"%s\"", words);
}

/* Ask the door for the object; it is export 1. */
static void fetches(int question)
{
    char name[2 * sizeof number + 1];
    char words[160];

    (void)hex_print(name, number, sizeof number);
    (void)snprintf(words, sizeof words, "say deliver t=yours:0 q=%d pay=5000 b=fetch %s", question,
                   name);
    says(words);
}

/* One more, which is joined with the wire agent as the site of this key. */
static uint64_t liar_joins(const char *key)
{
    uint64_t liar = liar_new();
    char words[160];

    (void)snprintf(words, sizeof words, "connect self " FAMILY " %s", key);
    tells(liar, words);
    tells(liar, "say hello");
    ck_assert(site_logged(&site, liar, "came hello"));
    return liar;
}

static void setup(void)
{
    site_open(&site, 7, 100000000000);
    site_customers(&site, 2, 20000000000);
    wire = site_deploy(
        &site, 1,
        &(struct deploy){.module = "../wire/t", .args = "family=" FAMILY, .nanos = MONEY});
    object = puppet_new(&site, 1, MONEY, NULL);
    puppet_publish(&site, object, BADGE, 0, number);
    probe_play(object, serves, NULL);
    kept_count = 0;
    returned = 0;
    failures = 0;
    answers = 0;
    peer = liar_new();
    says("connect self " FAMILY);
    comes("loaded: 1");
    says("say hello");
    comes("came hello");
    fetches(1);
    comes("came answer q=1 m=0 c=object:1:");
}

static void teardown(void)
{
    site_end(&site);
}

START_TEST(a_mention_is_counted_once)
{
    fetches(2);
    comes("came answer q=2 m=0 c=object:1:");
    says("say gc-export i=1 n=2");
    /* Both are back: there is no third one. */
    ck_assert(!site_logged(&site, wire, "more was let go than was given"));
    says("say deliver t=yours:1 q=3 pay=5000 b=b");
    ck_assert(!site_logged(&site, peer, "e=4711"));
    says("say gc-export i=1 n=1");
    ck_assert(site_logged(&site, wire, "more was let go than was given"));
}
END_TEST

START_TEST(money_comes_back_with_a_break)
{
    uint64_t before = site_balance(&site, wire);

    says("say deliver t=yours:1 q=3 m=3000000 pay=3005000 b=b");
    comes("came break q=3 m=3000000 e=4711");
    comes("pay=3000000");
    ck_assert_uint_lt(site_balance(&site, wire), before + FEES);
}
END_TEST

START_TEST(money_comes_back_from_who_is_not_there)
{
    says("say deliver t=yours:77 q=3 m=3000000 pay=3005000 b=b");
    comes("came break q=3 m=3000000 ");
    comes("pay=3000000");
}
END_TEST

START_TEST(an_answer_is_that_of_its_question)
{
    says("say deliver t=yours:1 q=4 pay=5000 b=k");
    says("say deliver t=yours:1 q=9 pay=5000 b=k");
    says("say deliver t=yours:1 pay=5000 b=a");
    comes("came answer q=4 m=0 c= b=1 ");
    comes("came answer q=9 m=0 c= b=2 ");
}
END_TEST

/* Nothing is let go of what is free: the slot that it had may be another one's by now. */
START_TEST(nothing_of_nothing_is_a_lie)
{
    says("say gc-export i=7 n=0");
    ck_assert(site_logged(&site, wire, "more was let go than was given"));
    ck_assert(site_logged(&site, peer, "closed"));
}
END_TEST

/* Between these turns a wire agent could be in any state; it goes on from a copy of it. */
START_TEST(a_lie_costs_the_wire_agent_its_fees)
{
    static const char *const lies[] = {
        "say deliver t=yours:9999 q=3 pay=700 b=x",
        "say listen i=1 q=4",
        "say sync t=yours:9 q=1",
        "say withdraw g=1 q=5",
        "say synced q=300",
        "say gift-end g=7",
    };
    uint64_t before = site_balance(&site, wire);

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        says(lies[i]);
        site_reload_same(&site);
    }
    ck_assert_uint_gt(site_balance(&site, wire) + FEES, before);
    says("say deliver t=yours:1 q=9 pay=5000 b=k");
    says("say deliver t=yours:1 pay=5000 b=a");
    comes("came answer q=9 m=0 c= b=1 ");
}
END_TEST

/* All that one session may have, and then its end, in one turn that has the fuel for it. */
START_TEST(full_tables_end)
{
    struct agent_view before;
    struct agent_view full;
    struct agent_view after;

    agents_view(site.core->agents, site_agent(&site, wire), &before);
    says("say deliver t=yours:1 q=2 pay=700 times=80 up=1 b=f");
    says("say deliver t=yours:1 q=90 pay=700 times=150 up=1 b=k"
         " c=object:8+object:9+object:10+object:11+object:12+object:13+object:14+object:15");
    agents_view(site.core->agents, site_agent(&site, wire), &full);
    ck_assert_uint_gt(full.slots, 900);
    ck_assert_uint_gt(full.facets, 600);
    says("close");
    ck_assert(site_logged(&site, wire, "its wire has closed"));
    agents_view(site.core->agents, site_agent(&site, wire), &after);
    ck_assert_uint_eq(after.traps, 0);
    ck_assert_uint_le(after.slots, before.slots);
    ck_assert_uint_le(after.facets, before.facets);
    ck_assert_uint_le(after.fuel - full.fuel, site.book.turn_fuel_max / 3);
}
END_TEST

/* The wire agent has no money and is frozen: what comes for it waits. */
static void freeze(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, wire);
    cbor_put_null(&args);
    ck_assert_int_eq(site_request(&site, 1, "agent.withdraw", &args), CONTROL_DONE);
    for (int i = 0; i < 40 && site_agent(&site, wire)->state == AGENT_RUNNING; i++)
        says("say sync t=yours:1 q=7 times=10");
    ck_assert_int_ne(site_agent(&site, wire)->state, AGENT_RUNNING);
}

static void thaw(void)
{
    ck_assert_int_eq(site_fund(&site, 1, wire, MONEY / 2), CONTROL_DONE);
    site_settle(&site);
}

/* Without money it freezes; nothing is lost, and it goes on when it has some. */
START_TEST(it_freezes_and_goes_on)
{
    freeze();
    says("say deliver t=yours:1 q=3 m=3000000 pay=3005000 b=b");
    ck_assert(!site_logged(&site, peer, "came break q=3"));
    site_reload_same(&site);
    thaw();
    comes("came break q=3 m=3000000 e=4711");
    ck_assert_int_eq(site_agent(&site, wire)->state, AGENT_RUNNING);
}
END_TEST

static void asks_for_gift(uint64_t taker, const char *giver, int gift, int question)
{
    char words[160];

    (void)snprintf(words, sizeof words, "say withdraw k=%s g=%d q=%d", giver, gift, question);
    tells(taker, words);
}

static const char other[] = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
static const char third[] = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

static void gives(int gift, const char *key)
{
    char words[160];

    (void)snprintf(words, sizeof words, "say gift i=1 g=%d k=%s", gift, key);
    says(words);
}

/* A gift is for one site alone, and for once. */
START_TEST(a_gift_is_for_whom_it_is)
{
    uint64_t taker = liar_joins(other);
    char giver[2 * CONTROL_KEY_BYTES + 1];

    (void)hex_print(giver, site.site_key, CONTROL_KEY_BYTES);
    gives(3, third);
    asks_for_gift(taker, giver, 3, 2);
    ck_assert(!site_logged(&site, taker, "q=2 "));
    gives(4, other);
    asks_for_gift(taker, giver, 4, 5);
    ck_assert(site_logged(&site, taker, "came answer q=5 m=0 c=object:1:"));
    asks_for_gift(taker, giver, 4, 6);
    ck_assert(!site_logged(&site, taker, "q=6 "));
    /* He who waits for nothing waits no longer than the other one is there. */
    says("close");
    ck_assert(site_logged(&site, taker, "came break q=2 "));
    ck_assert(site_logged(&site, taker, "came break q=6 "));
}
END_TEST

/* Who makes up gifts of another site takes no room but his own. */
START_TEST(a_gift_that_was_made_up_takes_no_room_of_others)
{
    uint64_t liar = liar_joins(other);
    uint64_t taker = liar_joins(third);
    char giver[2 * CONTROL_KEY_BYTES + 1];

    (void)hex_print(giver, site.site_key, CONTROL_KEY_BYTES);
    for (int i = 0; i < PART; i++)
        asks_for_gift(liar, giver, 100 + i, 2 + i);
    ck_assert(!site_logged(&site, liar, "came break"));
    asks_for_gift(liar, giver, 100 + PART, 2 + PART);
    ck_assert(site_logged(&site, liar, "came break q=34 "));
    gives(3, third);
    asks_for_gift(taker, giver, 3, 2);
    ck_assert(site_logged(&site, taker, "came answer q=2 m=0 c=object:1:"));
}
END_TEST

/* Only connect costs anything: what else brings money has it back. */
START_TEST(a_door_takes_no_money)
{
    char name[2 * sizeof number + 1];
    char words[160];

    (void)hex_print(name, number, sizeof number);
    (void)snprintf(words, sizeof words,
                   "say deliver t=yours:0 q=3 m=3000000 pay=3005000 b=fetch %s", name);
    says(words);
    comes("came break q=3 m=3000000 ");
    comes("pay=3000000");
}
END_TEST

/* Answers that wait for what was sent to them, and the last one finds no room. */
START_TEST(money_of_an_answer_without_room_goes_back)
{
    says("say deliver t=yours:1 pay=5000 c=object:5:600 b=q");
    comes("came deliver t=yours:5:0 q=5 m=3000000");
    freeze();
    says("say answer q=1 m=3000000 pay=3000000 fill=60000 times=5 up=1");
    thaw();
    ck_assert(site_logged(&site, wire, "more answers wait than there is room for"));
    ck_assert_int_eq(failures, ASKED_MAX);
    ck_assert_int_eq(returned, (int64_t)ASKED_MAX * SUM);
}
END_TEST

/* The agent that held the wire gives what waited there to the wire agent. */
START_TEST(money_that_waits_in_a_relay_is_the_wire_agents)
{
    uint64_t before;

    says("deaf");
    says("say sync t=yours:9 q=1 times=19");
    says("say deliver t=yours:1 pay=5000 c=object:5:600 b=s");
    ck_assert(!site_logged(&site, peer, "came deliver"));
    before = site_balance(&site, wire);
    says("close");
    ck_assert_int_eq(failures, 1);
    ck_assert_int_eq(returned, 0);
    ck_assert_uint_gt(site_balance(&site, wire) + FEES, before + SUM);
}
END_TEST

/* An answer that is there before its promise is: it is not let go of before anybody can have it. */
START_TEST(nobody_has_said_what_was_not_asked)
{
    freeze();
    says("say deliver t=yours:1 pay=5000 c=promise:5:600 b=w");
    says("say answer q=1 c=object:6:600 b=now");
    says("say synced q=1");
    thaw();
    ck_assert_int_eq(failures, 0);
    ck_assert_int_eq(answers, 1);
}
END_TEST

/* What is late of a wire that has ended is not taken for the one that is in its row by then. */
START_TEST(what_is_late_is_not_the_next_wires)
{
    uint64_t liar = liar_new();

    freeze();
    says("say gc-export i=1 n=9");
    tells(liar, "connect self " FAMILY);
    says("say sync t=yours:1 q=3");
    says("close");
    thaw();
    ck_assert(site_logged(&site, wire, "more was let go than was given"));
    tells(liar, "say hello");
    ck_assert(site_logged(&site, liar, "came hello"));
    ck_assert(!site_logged(&site, liar, "closed"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("a wire agent");
    TCase *cases = tcase_create("lies");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_mention_is_counted_once);
    tcase_add_test(cases, money_comes_back_with_a_break);
    tcase_add_test(cases, money_comes_back_from_who_is_not_there);
    tcase_add_test(cases, an_answer_is_that_of_its_question);
    tcase_add_test(cases, nothing_of_nothing_is_a_lie);
    tcase_add_test(cases, a_gift_is_for_whom_it_is);
    tcase_add_test(cases, full_tables_end);
    tcase_add_test(cases, it_freezes_and_goes_on);
    tcase_add_test(cases, a_lie_costs_the_wire_agent_its_fees);
    tcase_add_test(cases, a_gift_that_was_made_up_takes_no_room_of_others);
    tcase_add_test(cases, a_door_takes_no_money);
    tcase_add_test(cases, money_of_an_answer_without_room_goes_back);
    tcase_add_test(cases, money_that_waits_in_a_relay_is_the_wire_agents);
    tcase_add_test(cases, nobody_has_said_what_was_not_asked);
    tcase_add_test(cases, what_is_late_is_not_the_next_wires);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
