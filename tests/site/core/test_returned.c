/*
 * The money of a question that fails goes to the agent that hears FAILED, and FAILED tells the sum:
 * in each way in which a question fails, of one's own and of one that was handed on.
 */
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/objects.h"
#include "agents/set.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "tests/site/core/roles.h"

enum { MONEY = 900000000, SUM = 100000000, COSTS = 2000000, FROZEN_S = 300, CODE = 4711 };
enum { BADGE = 40, HEARS = 41, MIDDLE = 5, TARGET = 6 };
/* Registers: the same for all. */
enum { OWN = 1, EAR, TO, P, THING };

static struct site site;
static struct role asker;
static struct role middle; /* keeps replies, to hand them on when it is told to */
static struct role other;  /* whoever else there is */
static uint64_t target;    /* is asked in the end */
static uint8_t targets[SERAI_HEAP_NUMBER_BYTES];
static int32_t kept; /* slot of the reply that the target keeps */
static int64_t sent; /* with the question to the target */

static void soon(struct pricebook *book)
{
    book->frozen_answer_s = FROZEN_S;
}

static void setup(void)
{
    site_open_book(&site, 7, 100000000000, soon);
    site_customers(&site, 3, 20000000000);
    role_new(&site, &asker, 1, MONEY);
    role_new(&site, &middle, 2, MONEY);
    role_new(&site, &other, 3, MONEY);
    target = puppet_new(&site, 3, MONEY, NULL);
    puppet_publish(&site, target, BADGE, 0, targets);
    /* Roles find what they use by short numbers. */
    role_publish(&site, &middle, OWN, BADGE, MIDDLE);
    middle.reaction = REACTION_KEEPS;
    other.reaction = REACTION_KEEPS;
    PLAY(&site, &asker, {VERB_FACET, .money = HEARS, .into = EAR},
         {VERB_FETCH, .number = MIDDLE, .into = TO});
    PLAY(&site, &other, {VERB_FACET, .money = HEARS, .into = EAR});
    kept = SERAI_SLOT_NONE;
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- what the target does ---- */

static enum engine_outcome publishes(void *context, struct part *part)
{
    int64_t facet = part_order(part, self_facet, SERAI_SLOT_SELF, BADGE, 0);

    (void)context;
    memset(part_memory(part, AT_NUMBER, SERAI_HEAP_NUMBER_BYTES), TARGET, SERAI_HEAP_NUMBER_BYTES);
    ck_assert_int_eq(part_order(part, heap_add_at, SERAI_SLOT_HEAP, facet, AT_NUMBER), 0);
    return ENGINE_DONE;
}

static enum engine_outcome fails(void *context, struct part *part)
{
    (void)context;
    return part_fail(part, CODE, AT_DATA, 1);
}

static enum engine_outcome drops(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, cap_drop, kept), 0);
    return ENGINE_DONE;
}

static enum engine_outcome breaks(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, reply_break, kept, CODE, AT_DATA, 1), 0);
    return ENGINE_DONE;
}

static enum engine_outcome returns(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, reply_return, kept, CODE, AT_DATA, 1, INT64_MAX),
                     SERAI_E_SHORT);
    ck_assert_int_eq(part_order(part, reply_return, kept, CODE, AT_DATA, 1, -1), SERAI_E_INVALID);
    ck_assert_int_eq(part_order(part, reply_return, kept, CODE, AT_DATA, 1, sent), 0);
    return ENGINE_DONE;
}

/* ---- the ways ---- */

static void before_nothing(void)
{
}

static void before_full(void)
{
    puppet_play(&site, target, puppet_fills, NULL);
}

static void before_frozen(void)
{
    ck_assert_int_eq(site_on_agent(&site, 3, "agent.freeze", target), CONTROL_DONE);
}

static void after_long(void)
{
    site_pass(&site, 2 * FROZEN_S * UINT64_C(1000000));
}

static void after_frozen_long(void)
{
    before_frozen();
    after_long();
}

static void after_end(void)
{
    ck_assert_int_eq(site_on_agent(&site, 3, "agent.end", target), CONTROL_DONE);
}

static void after_death(void)
{
    puppet_play(&site, target, puppet_dies, NULL);
}

static void after_drop(void)
{
    puppet_play(&site, target, drops, NULL);
}

static void after_break(void)
{
    puppet_play(&site, target, breaks, NULL);
}

static void after_return(void)
{
    puppet_play(&site, target, returns, NULL);
}

/* How a question ends, and whether its money was the target's by then. */
static const struct way {
    void (*before)(void);
    part_fn does; /* with `kept` */
    void (*after)(void);
    int32_t status;
    bool taken;
} ways[] = {
    {before_nothing, puppet_traps, before_nothing, ENGINE_TRAP_UNREACHABLE, false},
    {before_nothing, fails, before_nothing, CODE, false},
    {before_full, puppet_keeps, before_nothing, SERAI_E_FULL, false},
    {before_frozen, puppet_keeps, after_long, SERAI_E_FROZEN, false},
    {before_frozen, puppet_keeps, after_end, SERAI_E_CLOSED, false},
    {before_nothing, puppet_idles, before_nothing, SERAI_E_SILENT, true},
    {before_nothing, puppet_dies, before_nothing, SERAI_E_CLOSED, true},
    {before_nothing, puppet_keeps, after_drop, SERAI_E_SILENT, true},
    {before_nothing, puppet_keeps, after_break, CODE, true},
    {before_nothing, puppet_keeps, after_return, CODE, false},
    {before_nothing, puppet_keeps, after_death, SERAI_E_CLOSED, true},
    {before_nothing, puppet_keeps, after_frozen_long, SERAI_E_FROZEN, true},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- asking ---- */

/* The role can reach the target, as TO. */
static void finds_target(struct role *role)
{
    puppet_play(&site, target, publishes, NULL);
    PLAY(&site, role, {VERB_FETCH, .number = TARGET, .into = TO});
}

/* The middle has a question of the asker. */
static void middle_is_asked(void)
{
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .reply = EAR});
    ck_assert_uint_eq(middle.reply_count, 1);
}

static void nothing_is_held(void)
{
    site_settle(&site);
    site_holds_nothing(&site);
}

/* The asker heard one end, which told this sum. */
static void heard_failed(const struct role *role, int32_t status, int64_t money)
{
    nothing_is_held();
    role_heard_failed(role, HEARS, status);
    ck_assert_int_eq(role->heard.events[0].money, money);
}

/* An account has as much, but for what turns cost. */
static void has_about(uint64_t now, uint64_t nanos)
{
    ck_assert_uint_le(now, nanos + COSTS);
    ck_assert_uint_ge(now + COSTS, nanos);
}

START_TEST(of_a_question_of_ones_own)
{
    const struct way *way = &ways[_i / 2];
    int64_t sum = _i % 2 == 0 ? 0 : SUM;
    uint64_t before;

    sent = sum;
    finds_target(&asker);
    before = site_balance(&site, asker.agent);
    way->before();
    probe_play(target, way->does, &kept);
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .money = sum, .reply = EAR});
    if (asker.heard.count == 0)
        site_reload_same(&site);
    way->after();
    heard_failed(&asker, way->status, way->taken ? 0 : sum);
    has_about(site_balance(&site, asker.agent), before - (uint64_t)(way->taken ? sum : 0));
}
END_TEST

START_TEST(of_one_that_was_handed_on)
{
    const struct way *way = &ways[_i / 2];
    int64_t sum = _i % 2 == 0 ? 0 : SUM;
    uint64_t before;
    uint64_t had;

    sent = sum;
    middle_is_asked();
    finds_target(&middle);
    before = site_balance(&site, asker.agent);
    had = site_balance(&site, middle.agent);
    way->before();
    probe_play(target, way->does, &kept);
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = sum, .reply = 0});
    if (asker.heard.count == 0)
        site_reload_same(&site);
    way->after();
    heard_failed(&asker, way->status, way->taken ? 0 : sum);
    has_about(site_balance(&site, asker.agent), before + (uint64_t)(way->taken ? 0 : sum));
    has_about(site_balance(&site, middle.agent), had - (uint64_t)sum);
}
END_TEST

/* A question to oneself is returned without a transfer, and FAILED tells the sum all the same. */
START_TEST(returned_to_oneself)
{
    uint64_t before;

    PLAY(&site, &middle, {VERB_FACET, .money = HEARS, .into = EAR});
    before = site_balance(&site, middle.agent);
    PLAY(&site, &middle, {VERB_SEND, .to = OWN, .reply = EAR});
    ck_assert_uint_eq(middle.reply_count, 1);
    middle.heard.count = 0;
    PLAY(&site, &middle, {VERB_RETURN, .to = 0, .money = SUM});
    heard_failed(&middle, SERAI_FAIL_CODE_MIN, SUM);
    has_about(site_balance(&site, middle.agent), before);
}
END_TEST

/* ---- who else gets it ---- */

START_TEST(without_a_question_it_is_the_senders)
{
    uint64_t before;

    finds_target(&asker);
    before = site_balance(&site, asker.agent);
    probe_play(target, puppet_traps, NULL);
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .money = SUM});
    ck_assert_uint_eq(asker.heard.count, 0);
    has_about(site_balance(&site, asker.agent), before);
    nothing_is_held();
}
END_TEST

/* A reply that goes along as a capability is a question, but not that of the message. */
START_TEST(with_a_reply_as_a_capability_it_is_the_senders)
{
    uint64_t before;

    middle_is_asked();
    finds_target(&middle);
    before = site_balance(&site, middle.agent);
    probe_play(target, puppet_traps, NULL);
    middle.registers[P] = middle.replies[0];
    PLAY(&site, &middle, {VERB_SEND, .to = TO, .cap = P, .money = SUM});
    heard_failed(&asker, ENGINE_TRAP_UNREACHABLE, 0);
    has_about(site_balance(&site, middle.agent), before);
}
END_TEST

START_TEST(who_handed_it_on_may_be_dead)
{
    uint64_t before;

    middle_is_asked();
    finds_target(&middle);
    before_frozen();
    before = site_balance(&site, asker.agent);
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0}, {.verb = VERB_DIE});
    after_long();
    heard_failed(&asker, SERAI_E_FROZEN, SUM);
    has_about(site_balance(&site, asker.agent), before + SUM);
}
END_TEST

/* It no longer waits, and gets the money that was paid for its question all the same. */
START_TEST(an_asker_that_stopped_waiting_gets_it_without_an_event)
{
    uint64_t before;

    middle_is_asked();
    finds_target(&middle);
    before_frozen();
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0});
    PLAY(&site, &asker, {VERB_REVOKE, .to = EAR});
    before = site_balance(&site, asker.agent);
    site_reload_same(&site);
    after_end();
    ck_assert_uint_eq(asker.heard.count, 0);
    has_about(site_balance(&site, asker.agent), before + SUM);
    nothing_is_held();
}
END_TEST

START_TEST(a_dead_asker_has_an_heir)
{
    uint64_t customer = site.people[1].account;
    uint64_t before;

    middle_is_asked();
    finds_target(&middle);
    before_frozen();
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0});
    PLAY(&site, &asker, {.verb = VERB_DIE});
    before = site_balance(&site, customer);
    site_reload_same(&site);
    after_end();
    ck_assert_uint_eq(site_balance(&site, customer), before + SUM);
    nothing_is_held();
}
END_TEST

/* Nobody hears the answer of facet_ask without a reply, so nobody hears FAILED either. */
START_TEST(an_asker_that_does_not_hear_gets_it)
{
    uint64_t before;

    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P});
    finds_target(&middle);
    before = site_balance(&site, asker.agent);
    probe_play(target, puppet_traps, NULL);
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0});
    ck_assert_uint_eq(asker.heard.count, 0);
    has_about(site_balance(&site, asker.agent), before + SUM);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

/* An agent that ran dry goes on with it. */
START_TEST(it_thaws_an_asker)
{
    struct bytes args = {0};

    middle_is_asked();
    finds_target(&middle);
    before_frozen();
    site.core->agents->prices.frozen_answer_s = 0; /* the message waits on */
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0});
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, asker.agent);
    cbor_put_uint(&args, site_balance(&site, asker.agent) - 2 * site_reserve(&site));
    ck_assert_int_eq(site_request(&site, 1, "agent.withdraw", &args), CONTROL_DONE);
    while (site_agent(&site, asker.agent)->state == AGENT_RUNNING)
        site_pass(&site, FROZEN_S * UINT64_C(1000000)); /* its rent */
    ck_assert_int_eq((int)site_agent(&site, asker.agent)->state, AGENT_FROZEN_DRY);
    after_end();
    heard_failed(&asker, SERAI_E_CLOSED, SUM);
    ck_assert_uint_gt(site_balance(&site, asker.agent), SUM - COSTS);
}
END_TEST

/* ---- a person asks ---- */

START_TEST(a_persons_question_gives_it_to_the_person)
{
    struct bytes args = {0};
    uint64_t customer = site.people[2].account;
    const struct message *answer;
    struct agent *desk;
    uint64_t before;
    uint64_t desk_had;

    cbor_put_array(&args, 4);
    cbor_put_uint(&args, middle.agent);
    cbor_put_bytes(&args, "hi there", 8);
    cbor_put_array(&args, 0);
    cbor_put_uint(&args, 0);
    ck_assert_int_eq(site_request(&site, 2, "agent.call", &args), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(middle.reply_count, 1);
    finds_target(&middle);
    before_frozen();
    before = site_balance(&site, customer);
    PLAY(&site, &middle, {VERB_PASS, .to = TO, .money = SUM, .reply = 0});
    site_reload_same(&site);
    desk = core_desk_agent(site.core, core_customer_by_account(site.core, customer));
    ck_assert_ptr_nonnull(desk);
    desk_had = site_balance(&site, desk->id);
    after_end();
    has_about(site_balance(&site, customer), before + SUM);
    ck_assert_uint_eq(desk->inbox.total, 1);
    answer = &desk->inbox.first->m;
    ck_assert_int_eq((int)answer->kind, SERAI_EVENT_FAILED);
    ck_assert_uint_eq(money_nanos(answer->money), SUM);
    ck_assert_uint_eq(site_balance(&site, desk->id), desk_had);
    nothing_is_held();
}
END_TEST

/* ---- on promises ---- */

/* The stranger holds the promise P, which the asker has of what the middle was asked for. */
static void other_holds_a_promise(void)
{
    role_publish(&site, &other, OWN, BADGE, 90);
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P}, {VERB_FETCH, .number = 90, .into = THING});
    PLAY(&site, &asker, {VERB_SEND, .to = THING, .cap = P});
    other.registers[P] = other.caps[0];
    role_forget(&other);
    role_forget(&asker);
}

START_TEST(what_waits_on_a_promise_that_breaks_comes_back)
{
    int64_t sum = _i == 0 ? 0 : SUM;
    uint64_t before;

    other_holds_a_promise();
    before = site_balance(&site, other.agent);
    PLAY(&site, &other, {VERB_SEND, .to = P, .money = sum, .reply = EAR});
    site_reload_same(&site);
    PLAY(&site, &middle, {VERB_BREAK, .to = 0, .money = CODE, .data = 'w'});
    heard_failed(&other, CODE, sum);
    has_about(site_balance(&site, other.agent), before);
}
END_TEST

START_TEST(its_agent_stops_waiting)
{
    uint64_t before;

    other_holds_a_promise();
    before = site_balance(&site, other.agent);
    PLAY(&site, &other, {VERB_SEND, .to = P, .money = SUM, .reply = EAR});
    PLAY(&site, &asker, {VERB_REVOKE, .to = P});
    heard_failed(&other, SERAI_E_CLOSED, SUM);
    has_about(site_balance(&site, other.agent), before);
}
END_TEST

START_TEST(it_is_resolved_to_what_takes_no_message)
{
    uint64_t before;

    other_holds_a_promise();
    before = site_balance(&site, other.agent);
    PLAY(&site, &middle, {VERB_FACET, .postage = 10 * SUM, .into = THING});
    PLAY(&site, &other, {VERB_SEND, .to = P, .money = SUM, .reply = EAR});
    PLAY(&site, &middle, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_failed(&other, SERAI_E_POSTAGE, SUM);
    has_about(site_balance(&site, other.agent), before);
}
END_TEST

/* The middle hands a question of the stranger on, to a promise: it breaks, or the middle dies. */
START_TEST(a_question_handed_on_to_a_promise)
{
    uint64_t before;
    uint64_t had;

    PLAY(&site, &other, {VERB_FETCH, .number = MIDDLE, .into = TO},
         {VERB_SEND, .to = TO, .reply = EAR});
    finds_target(&middle);
    probe_play(target, puppet_keeps, &kept);
    PLAY(&site, &middle, {VERB_ASK, .to = TO, .into = P});
    before = site_balance(&site, other.agent);
    had = site_balance(&site, middle.agent);
    if (_i == 0) {
        PLAY(&site, &middle, {VERB_PASS, .to = P, .money = SUM, .reply = 0});
        site_reload_same(&site);
        after_break();
        heard_failed(&other, CODE, SUM);
        has_about(site_balance(&site, middle.agent), had - SUM);
    } else {
        PLAY(&site, &middle, {VERB_PASS, .to = P, .money = SUM, .reply = 0}, {.verb = VERB_DIE});
        heard_failed(&other, SERAI_E_CLOSED, SUM);
    }
    has_about(site_balance(&site, other.agent), before + SUM);
}
END_TEST

/* Who hears only that a promise ends sent no money. */
START_TEST(who_listens_is_told_of_none)
{
    other_holds_a_promise();
    PLAY(&site, &other, {VERB_WHEN, .to = P, .reply = EAR}, {VERB_SEND, .to = P, .money = SUM});
    PLAY(&site, &middle, {VERB_BREAK, .to = 0, .money = CODE, .data = 'w'});
    heard_failed(&other, CODE, 0);
}
END_TEST

/* ---- an answer that is a question ---- */

/* The answer's money goes back to who answered; the end that the asker hears brings none. */
START_TEST(an_answer_that_does_not_fit_brings_nothing)
{
    uint64_t before;

    middle_is_asked();
    PLAY(&site, &middle, {VERB_FACET, .into = THING});
    before = site_balance(&site, middle.agent);
    puppet_play(&site, asker.agent, puppet_fills, NULL);
    memset(&asker.heard, 0, sizeof asker.heard);
    probe_play(asker.agent, puppet_hears, &asker.heard);
    PLAY(&site, &middle, {VERB_ANSWER, .to = 0, .cap = THING, .money = SUM});
    heard_failed(&asker, SERAI_E_FULL, 0);
    has_about(site_balance(&site, middle.agent), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core returned");
    TCase *tcase = tcase_create("returned");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, of_a_question_of_ones_own, 0, 2 * WAYS);
    tcase_add_loop_test(tcase, of_one_that_was_handed_on, 0, 2 * WAYS);
    tcase_add_test(tcase, returned_to_oneself);
    tcase_add_test(tcase, without_a_question_it_is_the_senders);
    tcase_add_test(tcase, with_a_reply_as_a_capability_it_is_the_senders);
    tcase_add_test(tcase, who_handed_it_on_may_be_dead);
    tcase_add_test(tcase, an_asker_that_stopped_waiting_gets_it_without_an_event);
    tcase_add_test(tcase, a_dead_asker_has_an_heir);
    tcase_add_test(tcase, an_asker_that_does_not_hear_gets_it);
    tcase_add_test(tcase, it_thaws_an_asker);
    tcase_add_test(tcase, a_persons_question_gives_it_to_the_person);
    tcase_add_loop_test(tcase, what_waits_on_a_promise_that_breaks_comes_back, 0, 2);
    tcase_add_test(tcase, its_agent_stops_waiting);
    tcase_add_test(tcase, it_is_resolved_to_what_takes_no_message);
    tcase_add_loop_test(tcase, a_question_handed_on_to_a_promise, 0, 2);
    tcase_add_test(tcase, who_listens_is_told_of_none);
    tcase_add_test(tcase, an_answer_that_does_not_fit_brings_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
