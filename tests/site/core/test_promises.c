/* What is sent to a promise goes on when the answer is there, or back when it cannot come. */
#include <string.h>

#include "agents/limits.h"
#include "tests/site/core/promising.h"

enum { CHAIN = 1000, ASKER = FREE_NUMBER };

static struct role other; /* a stranger, who is given promises */

static void setup(void)
{
    promising_setup();
    role_new(&site, &other, 3, MONEY);
    role_publish(&site, &asker, OWN, BADGE, ASKER);
    other.reaction = REACTION_KEEPS;
    PLAY(&site, &other, {VERB_FACET, .money = HEARS, .into = EAR});
}

/* As promising_holds_nothing(), and no message of the stranger waits. */
static void nothing_is_held(void)
{
    promising_holds_nothing();
    ck_assert_uint_eq(site_agent(&site, other.agent)->sent.messages, 0);
}

/* The role heard these bytes as messages, in this order, and nothing else. */
static void heard_messages(const struct role *role, const char *bytes)
{
    ck_assert_uint_eq(role->heard.count, strlen(bytes));
    for (size_t i = 0; i < role->heard.count; i++) {
        ck_assert_int_eq(role->heard.events[i].kind, SERAI_EVENT_MESSAGE);
        ck_assert_uint_eq(role->heard.events[i].badge, BADGE);
        ck_assert_int_eq(role->heard.first_byte[i], bytes[i]);
    }
}

/* The stranger is given what the asker has in this register, which it keeps as THING. */
static void give_other(int reg)
{
    role_publish(&site, &other, OWN, BADGE, (uint8_t)(100 + reg));
    PLAY(&site, &asker, {VERB_TAKE, .number = (uint8_t)(100 + reg), .into = OTHER},
         {VERB_SEND, .to = OTHER, .cap = reg});
    other.registers[THING] = other.caps[other.cap_count - 1];
    role_forget(&other);
}

/* ---- resolved ---- */

START_TEST(messages_go_on_in_order_in_the_turn_of_the_answer)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a', .money = 700},
         {VERB_SEND, .to = P, .data = 'b'});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'});
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 3);
    site_reload_same(&site);
    ck_assert_uint_eq(target.heard.count, 0);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "abc");
    ck_assert_int_eq(target.heard.events[0].money, 700);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'd'}, {VERB_STATE, .to = P});
    heard_messages(&target, "abcd");
    nothing_is_held();
}
END_TEST

/* Its slot holds what it is resolved to, after it was used once. */
START_TEST(a_resolved_promise_is_looked_through_and_replaced)
{
    uint64_t facets;

    PLAY(&site, &asker, {VERB_FETCH, .number = TARGET, .into = THING});
    facets = site_agent(&site, asker.agent)->owns.facets;
    promising_ask();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, facets + 2);
    PLAY(&site, &asker, {VERB_SAME, .to = P, .cap = THING, .expects = SERAI_E_PENDING},
         {VERB_SAME, .to = P, .cap = P, .expects = 1});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    ck_assert_int_eq(role_object(&site, &asker, P)->kind, OBJECT_PROMISE);
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SAME, .to = P, .cap = THING, .expects = 1});
    ck_assert_int_eq(role_object(&site, &asker, P)->kind, OBJECT_FACET);
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, facets);
}
END_TEST

START_TEST(an_undone_turn_replaces_nothing)
{
    promising_ask();
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_STATE, .to = P}, {.verb = VERB_TRAP});
    ck_assert_int_eq(role_object(&site, &asker, P)->kind, OBJECT_PROMISE);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'x'});
    heard_messages(&target, "x");
}
END_TEST

/* B => A => B: the answer of the first is asked in the same turn; one hears, at the end. */
START_TEST(a_pipeline_needs_no_turn_of_its_asker)
{
    uint64_t turns;

    target.reaction = REACTION_KEEPS;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .data = '1', .into = P},
         {VERB_ASK, .to = P, .data = '2', .into = Q},
         {VERB_SEND, .to = Q, .data = '3', .reply = EAR}, {VERB_DROP, .to = P},
         {VERB_DROP, .to = Q});
    turns = site_agent(&site, asker.agent)->usage.turns;
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "2");
    PLAY(&site, &target, {VERB_ANSWER, .to = 0, .cap = OWN});
    heard_messages(&target, "23");
    ck_assert_uint_eq(site_agent(&site, asker.agent)->usage.turns, turns);
    PLAY(&site, &target, {VERB_ANSWER, .to = 1, .data = '!'});
    ck_assert_uint_eq(asker.heard.count, 1);
    ck_assert_int_eq(asker.heard.first_byte[0], '!');
    ck_assert_uint_eq(asker.heard.events[0].badge, HEARS);
    nothing_is_held();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2); /* OWN and EAR */
}
END_TEST

START_TEST(its_answer_may_be_heard_too)
{
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .reply = EAR, .into = P},
         {VERB_SEND, .to = P, .data = 'x'});
    ck_assert_uint_gt(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING, .data = 'h', .money = 90});
    heard_messages(&target, "x");
    ck_assert_uint_eq(asker.heard.count, 1);
    ck_assert_int_eq(asker.heard.first_byte[0], 'h');
    ck_assert_int_eq(asker.heard.events[0].money, 90);
    ck_assert_int_eq(asker.heard.events[0].cap_count, 1);
    nothing_is_held();
}
END_TEST

START_TEST(the_money_of_an_answer_that_nobody_hears_is_credited)
{
    uint64_t before;

    promising_ask();
    before = site_balance(&site, asker.agent);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING, .money = 12345, .postage = 55});
    ck_assert_uint_eq(site_balance(&site, asker.agent), before + 12345 + 55);
    ck_assert_uint_eq(asker.heard.count, 0);
    nothing_is_held();
}
END_TEST

START_TEST(a_promise_can_be_given_to_others_and_sent_to_by_them)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .data = 'o', .reply = EAR},
         {VERB_STATE, .to = THING, .expects = SERAI_E_PENDING},
         {VERB_PUBLISH, .to = THING, .number = 99});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_DROP, .to = P});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "oa");
    PLAY(&site, &asker, {VERB_TAKE, .number = 99, .into = Q}, {VERB_SEND, .to = Q, .data = 'h'});
    heard_messages(&target, "oah");
    ck_assert_uint_eq(other.heard.count, 1); /* the target said nothing */
    ck_assert_int_eq(other.heard.events[0].status, SERAI_E_SILENT);
    PLAY(&site, &other, {VERB_DROP, .to = THING});
    nothing_is_held();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2);
}
END_TEST

START_TEST(it_can_be_resolved_to_what_is_no_facet)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'x', .reply = EAR});
    PLAY(&site, &server, {VERB_BUFFER, .into = Q}, {VERB_ANSWER, .to = 0, .cap = Q});
    role_heard_failed(&asker, HEARS, SERAI_E_KIND);
    PLAY(&site, &asker, {VERB_KIND, .to = P, .expects = SERAI_KIND_BUFFER},
         {VERB_STATE, .to = P, .expects = SERAI_E_KIND});
    nothing_is_held();
}
END_TEST

START_TEST(a_target_that_asks_more_gets_nothing)
{
    uint64_t before;

    promising_ask();
    PLAY(&site, &target, {VERB_FACET, .money = BADGE, .postage = 1000000, .into = Q},
         {VERB_PUBLISH, .to = Q, .number = 50});
    PLAY(&site, &server, {VERB_FETCH, .number = 50, .into = Q});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'x', .money = 5000, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'y', .postage = 1000000});
    before = worth_of(&site, asker.agent);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = Q});
    role_heard_failed(&asker, HEARS, SERAI_E_POSTAGE);
    heard_messages(&target, "y");
    ck_assert_uint_gt(worth_of(&site, asker.agent), before + 5000);
    nothing_is_held();
}
END_TEST

/* ---- chains ---- */

START_TEST(the_order_holds_over_promises_of_promises)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    PLAY(&site, &asker, {VERB_SEND, .to = Q, .data = 'a'}, {VERB_SEND, .to = P, .data = 'b'},
         {VERB_SEND, .to = P, .data = 'c'});
    /* The server is given Q, and answers P with it: what waits on P comes behind what is there. */
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .cap = Q});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_PENDING},
         {VERB_SEND, .to = P, .data = 'd'}, {VERB_SEND, .to = Q, .data = 'e'});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    heard_messages(&target, "abcde");
    nothing_is_held();
}
END_TEST

/* P and Q are answered with one another. */
START_TEST(a_promise_that_would_wait_for_itself_breaks)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q}, {VERB_SEND, .to = TO, .cap = P},
         {VERB_SEND, .to = TO, .cap = Q}, {VERB_SEND, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 1, .from_kept = true},
         {VERB_ANSWER, .to = 1, .cap = 0, .from_kept = true});
    role_heard_failed(&asker, HEARS, SERAI_E_BROKEN);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN},
         {VERB_STATE, .to = Q, .expects = SERAI_E_BROKEN},
         {VERB_SEND, .to = P, .expects = SERAI_E_BROKEN},
         {VERB_FUND, .to = Q, .money = 5, .expects = SERAI_E_BROKEN},
         {VERB_POSTAGE, .to = Q, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(a_promise_that_is_answered_with_itself_breaks)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .cap = P}, {VERB_SEND, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    role_heard_failed(&asker, HEARS, SERAI_E_BROKEN);
    nothing_is_held();
}
END_TEST

/* Links of a chain, made few at a time: each is asked of the server, and waits on the one before.
 */
static void make_chain(int links)
{
    for (int made = 0; made < links; made++) {
        if (made == 0)
            PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P});
        else
            PLAY(&site, &asker, {VERB_ASK, .to = P, .into = Q}, {VERB_DROP, .to = P});
        if (made > 0)
            asker.registers[P] = asker.registers[Q];
    }
}

/* A message waits on each; the break of the first goes through all of them, with one reason. */
START_TEST(a_long_pipe_breaks_with_one_reason)
{
    uint64_t before;

    make_chain(60);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .reply = EAR});
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 60);
    site_reload_same(&site);
    before = site_balance(&site, ACCOUNT_HELD_MESSAGE);
    ck_assert_uint_gt(before, 0);
    PLAY(&site, &server, {VERB_DROP_REPLY, .to = 0});
    role_heard_failed(&asker, HEARS, SERAI_E_SILENT);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 3);
}
END_TEST

/* A thousand promises, each answered with the next: done by lists, as no stack would hold. */
START_TEST(a_chain_of_a_thousand_is_resolved)
{
    struct agents *agents = site.core->agents;
    struct object *first;

    promising_ask();
    first = role_object(&site, &asker, P);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    for (int i = 1; i <= CHAIN; i++) {
        struct step steps[] = {
            {VERB_ASK, .to = TO, .into = Q}, {VERB_SEND, .to = TO, .cap = Q}, {VERB_DROP, .to = P}};

        role_plays(&site, &asker, steps, 3);
        asker.registers[P] = asker.registers[Q];
        PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true},
             {VERB_DROP, .from_kept = true, .to = 0});
        server.replies[0] = server.replies[1];
        server.reply_count = 1;
        server.cap_count = 0;
        role_forget(&server);
    }
    ck_assert_uint_eq(table_count(&agents->objects.by_id) > CHAIN, 1);
    ck_assert_int_eq(first->u.promise.state, PROMISE_RESOLVED);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "a");
    nothing_is_held();
    ck_assert_uint_lt(table_count(&site.core->agents->objects.by_id), 20);
}
END_TEST

/* ---- broken ---- */

START_TEST(an_answer_without_a_capability_resolves_to_data)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .money = 777, .reply = EAR});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0});
    role_heard_failed(&asker, HEARS, SERAI_E_KIND);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_KIND},
         {VERB_SEND, .to = P, .expects = SERAI_E_KIND}, {VERB_DROP, .to = P});
    nothing_is_held();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2);
}
END_TEST

START_TEST(a_reply_is_nothing_to_be_resolved_to)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .reply = EAR}, {VERB_SEND, .to = P, .data = 'x'});
    server.registers[Q] = server.replies[1];
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = Q});
    role_heard_failed(&asker, HEARS, SERAI_E_SILENT); /* nobody heard the answer that brought it */
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_KIND});
    nothing_is_held();
}
END_TEST

/* What went wrong first is told at the end of the pipe, and later to whoever asks about it. */
START_TEST(a_failure_goes_through_the_pipe_with_its_reason)
{
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P}, {VERB_ASK, .to = P, .into = Q},
         {VERB_SEND, .to = Q, .reply = EAR});
    PLAY(&site, &server, {VERB_BREAK, .to = 0, .money = SERAI_FAIL_CODE_MIN + 7, .data = 'w'});
    role_heard_failed(&asker, HEARS, SERAI_FAIL_CODE_MIN + 7);
    ck_assert_int_eq(asker.heard.events[0].size, 1);
    ck_assert_int_eq(asker.heard.first_byte[0], 'w');
    site_reload_same(&site);
    role_forget(&asker);
    PLAY(&site, &asker, {VERB_STATE, .to = Q, .expects = SERAI_E_BROKEN},
         {VERB_WHEN, .to = Q, .reply = EAR});
    role_heard_failed(&asker, HEARS, SERAI_FAIL_CODE_MIN + 7);
    ck_assert_int_eq(asker.heard.first_byte[0], 'w');
    nothing_is_held();
}
END_TEST

START_TEST(the_one_that_was_asked_is_frozen_for_long)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .reply = EAR});
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", server.agent), CONTROL_DONE);
    site_pass(&site, site.book.frozen_answer_s * 1000000 + 1);
    site_settle(&site);
    role_heard_failed(&asker, HEARS, SERAI_E_FROZEN);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(the_one_that_was_asked_dies)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .money = 777, .reply = EAR});
    PLAY(&site, &server, {.verb = VERB_DIE});
    role_heard_failed(&asker, HEARS, SERAI_E_CLOSED);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(the_turn_of_the_question_is_undone)
{
    server.reaction = REACTION_TRAPS;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P}, {VERB_SEND, .to = P, .reply = EAR});
    role_heard_failed(&asker, HEARS, ENGINE_TRAP_UNREACHABLE);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(the_one_that_was_asked_is_silent)
{
    server.reaction = REACTION_HEARS;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .reply = EAR, .into = P});
    role_heard_failed(&asker, HEARS, SERAI_E_SILENT);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(the_target_is_gone_before_the_answer)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .reply = EAR});
    PLAY(&site, &target, {.verb = VERB_DIE});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_failed(&asker, HEARS, SERAI_E_CLOSED);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_CLOSED});
    nothing_is_held();
}
END_TEST

START_TEST(each_gets_back_what_it_sent)
{
    uint64_t worth[2];

    promising_ask();
    give_other(P);
    worth[0] = worth_of(&site, asker.agent);
    worth[1] = worth_of(&site, other.agent);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .money = 1000, .postage = 200000});
    PLAY(&site, &other, {VERB_SEND, .to = THING, .money = 3000, .postage = 400000});
    worth[0] -= worth_of(&site, asker.agent) + 201000;
    worth[1] -= worth_of(&site, other.agent) + 403000;
    PLAY(&site, &server, {VERB_DROP_REPLY, .to = 0});
    nothing_is_held();
    /* What is left of the difference are fees, less the postage of "go". */
    ck_assert_uint_lt(worth[0] + site_reserve(&site), 2 * site_reserve(&site));
    ck_assert_uint_lt(worth[1] + site_reserve(&site), 2 * site_reserve(&site));
}
END_TEST

/* ---- nobody waits any more ---- */

START_TEST(one_that_nobody_holds_and_nothing_waits_on_goes)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_DROP, .to = P});
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 3); /* the reply is out */
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING, .money = 10});
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2);
    nothing_is_held();
}
END_TEST

START_TEST(what_was_sent_is_not_taken_back_by_a_drop)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'x'}, {VERB_DROP, .to = P});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "x");
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2);
}
END_TEST

START_TEST(its_agent_stops_waiting)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .reply = EAR, .money = 99},
         {VERB_REVOKE, .to = THING, .expects = SERAI_E_RIGHT});
    PLAY(&site, &asker, {VERB_REVOKE, .to = P});
    role_heard_failed(&other, HEARS, SERAI_E_CLOSED);
    PLAY(&site, &other, {VERB_STATE, .to = THING, .expects = SERAI_E_CLOSED});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING, .expects = SERAI_E_CLOSED});
    nothing_is_held();
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2);
}
END_TEST

START_TEST(its_agent_hears_no_more_with_that_facet)
{
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .reply = EAR, .into = P});
    give_other(P);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .reply = EAR});
    PLAY(&site, &asker, {VERB_REVOKE, .to = EAR});
    role_heard_failed(&other, HEARS, SERAI_E_CLOSED);
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN});
    nothing_is_held();
}
END_TEST

START_TEST(its_agent_dies)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .reply = EAR, .money = 99});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .money = 98}, {.verb = VERB_DIE});
    role_heard_failed(&other, HEARS, SERAI_E_CLOSED);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .expects = SERAI_E_CLOSED});
    site_holds_nothing(&site);
}
END_TEST

START_TEST(a_sender_dies)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_SEND, .to = THING, .data = 'o', .money = 99},
         {VERB_WHEN, .to = THING, .reply = EAR}, {.verb = VERB_DIE});
    site_holds_nothing(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    heard_messages(&target, "a");
}
END_TEST

START_TEST(an_undone_turn_asks_and_sends_nothing)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .reply = EAR}, {VERB_ASK, .to = P, .into = Q},
         {VERB_WHEN, .to = P, .reply = EAR}, {VERB_SEND, .to = Q}, {VERB_REVOKE, .to = P},
         {.verb = VERB_TRAP});
    nothing_is_held();
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING}, {.verb = VERB_TRAP});
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_STATE, .to = P});
}
END_TEST

/* ---- listening ---- */

START_TEST(who_listens_hears_what_it_has_become)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR});
    ck_assert_uint_eq(other.heard.count, 0);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    ck_assert_uint_eq(other.heard.count, 1);
    ck_assert_int_eq(other.heard.events[0].kind, SERAI_EVENT_MESSAGE);
    ck_assert_uint_eq(other.heard.events[0].badge, HEARS);
    ck_assert_int_eq(other.heard.events[0].cap_count, 1);
    other.registers[Q] = other.caps[other.cap_count - 1];
    PLAY(&site, &other, {VERB_FETCH, .number = TARGET, .into = R},
         {VERB_SAME, .to = Q, .cap = R, .expects = 1});
    role_forget(&other);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR}); /* at once */
    ck_assert_uint_eq(other.heard.count, 1);
    ck_assert_int_eq(other.heard.events[0].cap_count, 1);
    nothing_is_held();
}
END_TEST

START_TEST(who_listens_hears_that_it_is_broken)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR});
    PLAY(&site, &server, {.verb = VERB_DIE});
    role_heard_failed(&other, HEARS, SERAI_E_CLOSED);
    role_forget(&other);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR});
    role_heard_failed(&other, HEARS, SERAI_E_CLOSED);
    nothing_is_held();
}
END_TEST

START_TEST(who_listens_hears_that_it_is_data)
{
    promising_ask();
    give_other(P);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0});
    role_heard_failed(&other, HEARS, SERAI_E_KIND);
    role_forget(&other);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR});
    role_heard_failed(&other, HEARS, SERAI_E_KIND);
    nothing_is_held();
}
END_TEST

START_TEST(only_with_a_facet_of_its_own_can_it_listen)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_WHEN, .to = P, .reply = TO, .expects = SERAI_E_RIGHT},
         {VERB_WHEN, .to = P, .reply = 0, .expects = SERAI_E_RIGHT},
         {VERB_WHEN, .to = P, .reply = P, .expects = SERAI_E_RIGHT},
         {VERB_ASK, .to = TO, .reply = TO, .expects = SERAI_E_RIGHT},
         {VERB_SEND, .to = TO, .reply = P, .expects = SERAI_E_RIGHT},
         {VERB_FUND, .to = P, .money = 5, .expects = SERAI_E_PENDING});
    server.registers[Q] = server.replies[0];
    PLAY(&site, &server, {VERB_WHEN, .to = Q, .reply = OWN, .expects = SERAI_E_RIGHT},
         {VERB_ASK, .to = THING, .reply = Q, .expects = SERAI_E_INVALID});
    server.replies[0] = server.registers[OWN];
    PLAY(&site, &server,
         {VERB_BREAK, .to = 0, .money = SERAI_FAIL_CODE_MIN, .expects = SERAI_E_RIGHT});
    asker.replies[0] = asker.registers[P];
    PLAY(&site, &asker,
         {VERB_BREAK, .to = 0, .money = SERAI_FAIL_CODE_MIN, .expects = SERAI_E_RIGHT});
}
END_TEST

/* ---- bounds ---- */

START_TEST(a_stranger_fills_its_part_alone)
{
    struct step step = {VERB_SEND, .to = THING};

    promising_ask();
    give_other(P);
    for (int i = 0; i < PROMISE_CUSTOMER_MESSAGES; i++)
        role_plays(&site, &other, &step, 1);
    step.expects = SERAI_E_FULL;
    role_plays(&site, &other, &step, 1);
    PLAY(&site, &other, {VERB_WHEN, .to = THING, .reply = EAR, .expects = SERAI_E_FULL});
    step = (struct step){VERB_SEND, .to = P};
    for (int i = 0; i < PROMISE_MESSAGES_MAX; i++)
        role_plays(&site, &asker, &step, 1);
    step.expects = SERAI_E_FULL;
    role_plays(&site, &asker, &step, 1);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    nothing_is_held();
}
END_TEST

START_TEST(one_agent_has_so_many_waiting_in_all)
{
    struct step step = {VERB_SEND, .to = P};

    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    for (int i = 0; i < AGENT_WAITING_MAX / 2; i++) {
        PLAY(&site, &asker, {VERB_SEND, .to = Q});
        role_plays(&site, &asker, &step, 1);
    }
    step.expects = SERAI_E_FULL;
    role_plays(&site, &asker, &step, 1);
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    step.expects = 0;
    role_plays(&site, &asker, &step, 1);
}
END_TEST

START_TEST(who_sends_pays_the_rent_of_what_waits)
{
    uint64_t held[2];

    promising_ask();
    give_other(P);
    held[0] = agent_bytes_held(site_agent(&site, asker.agent));
    held[1] = agent_bytes_held(site_agent(&site, other.agent));
    PLAY(&site, &other, {VERB_SEND, .to = THING});
    ck_assert_uint_eq(agent_bytes_held(site_agent(&site, asker.agent)), held[0]);
    ck_assert_uint_eq(agent_bytes_held(site_agent(&site, other.agent)),
                      held[1] + INBOX_MESSAGE_OVERHEAD + 1);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    ck_assert_uint_eq(agent_bytes_held(site_agent(&site, other.agent)), held[1]);
}
END_TEST

START_TEST(it_counts_as_facets_of_its_agent)
{
    struct pricebook *book = &site.core->agents->prices;
    struct customer_use *use = site_agent(&site, asker.agent)->use;

    PLAY(&site, &asker, {VERB_SEND, .to = TO, .reply = EAR}); /* one event is counted */
    book->customer_facets_max = use->used[CUSTOMER_FACETS] + 1;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .expects = SERAI_E_QUOTA});
    book->customer_facets_max++;
    book->customer_events_max = use->used[CUSTOMER_EVENTS];
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .reply = EAR, .expects = SERAI_E_QUOTA},
         {VERB_ASK, .to = TO, .into = P});
    book->customer_facets_max = 0;
    book->customer_events_max = 0;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .money = -1, .expects = SERAI_E_INVALID},
         {VERB_ASK, .to = TO, .money = MONEY, .expects = SERAI_E_SHORT},
         {VERB_ASK, .to = P, .postage = 1, .expects = SERAI_E_POSTAGE});
}
END_TEST

/* The order is paid twice by who waits, and not by who answers. */
START_TEST(who_answers_pays_nothing_for_what_waits)
{
    uint64_t fuel[2];

    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    for (int i = 0; i < 40; i++)
        PLAY(&site, &asker, {VERB_SEND, .to = P});
    fuel[0] = site_agent(&site, server.agent)->usage.fuel;
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    fuel[1] = site_agent(&site, server.agent)->usage.fuel;
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    ck_assert_uint_eq(site_agent(&site, server.agent)->usage.fuel - fuel[1], fuel[1] - fuel[0]);
}
END_TEST

/* Runs of so many steps: what waits after one is less than a promise's queue takes. */
enum { SHORT_RUNS = 6, SHORT_STEPS = 10, SHORT_TRIES = 5 };

/* A turn that spends its money but for `keeps`, and then gives an order until it cannot be paid. */
struct spender {
    enum serai_order order;
    int64_t keeps;
    int64_t postage; /* of the promise */
    int64_t promise;
    int64_t target;
    int64_t ear;
    int done;
    int refused;
};

static int64_t spends(const struct spender *spender, struct part *part)
{
    if (spender->order == SERAI_ORDER_facet_when)
        return part_order(part, facet_when, spender->promise, spender->ear);
    if (spender->order == SERAI_ORDER_facet_ask)
        return part_order(part, facet_ask, spender->promise, AT_DATA, 1, AT_CAPS, 0, 0,
                          spender->postage, SERAI_SLOT_NONE);
    return part_order(part, facet_send, spender->promise, AT_DATA, 1, AT_CAPS, 0, 0,
                      spender->postage, SERAI_SLOT_NONE);
}

static enum engine_outcome runs_dry(void *context, struct part *part)
{
    struct spender *spender = context;
    int64_t postage = part_order(part, facet_postage, spender->target);
    int64_t left;

    spender->postage = part_order(part, facet_postage, spender->promise);
    left = part_order(part, self_balance, SERAI_SLOT_SELF);
    *part_memory(part, AT_DATA, 1) = 'x';
    ck_assert_int_eq(part_order(part, facet_send, spender->target, AT_DATA, 1, AT_CAPS, 0,
                                left - spender->keeps, postage, SERAI_SLOT_NONE),
                     0);
    while (spender->refused < SHORT_TRIES) {
        int64_t result = spends(spender, part);

        if (result >= 0)
            spender->done++;
        else
            spender->refused++;
        ck_assert_msg(result >= 0 || result == SERAI_E_SHORT, "%lld", (long long)result);
    }
    return ENGINE_DONE;
}

/* What is left comes down to the last order by steps below a fee, over all that an order costs. */
START_TEST(what_waits_is_short_when_only_the_second_fee_is_missing)
{
    static const enum serai_order orders[] = {SERAI_ORDER_facet_send, SERAI_ORDER_facet_ask,
                                              SERAI_ORDER_facet_when};
    struct spender spender = {.order = orders[_i / SHORT_RUNS]};
    uint64_t first = (uint64_t)(_i % SHORT_RUNS * SHORT_STEPS);
    uint64_t step = price_of(&site, spender.order) - 1;

    ck_assert_uint_ge(SHORT_RUNS * SHORT_STEPS * step, 2 * site_reserve(&site));
    promising_ask();
    PLAY(&site, &asker, {VERB_FETCH, .number = TARGET, .into = THING});
    spender.promise = asker.registers[P];
    spender.target = asker.registers[THING];
    spender.ear = asker.registers[EAR];
    for (uint64_t i = first; i < first + SHORT_STEPS; i++) {
        ck_assert_int_eq(site_fund(&site, 1, asker.agent, MONEY / 100), CONTROL_DONE);
        spender.keeps = (int64_t)(3 * site_reserve(&site) + i * step);
        spender.done = 0;
        spender.refused = 0;
        puppet_play(&site, asker.agent, runs_dry, &spender);
        ck_assert_int_gt(spender.done, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("promises");
    TCase *tcase = tcase_create("promises");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, promising_teardown);
    tcase_add_test(tcase, messages_go_on_in_order_in_the_turn_of_the_answer);
    tcase_add_test(tcase, a_resolved_promise_is_looked_through_and_replaced);
    tcase_add_test(tcase, an_undone_turn_replaces_nothing);
    tcase_add_test(tcase, a_pipeline_needs_no_turn_of_its_asker);
    tcase_add_test(tcase, its_answer_may_be_heard_too);
    tcase_add_test(tcase, the_money_of_an_answer_that_nobody_hears_is_credited);
    tcase_add_test(tcase, a_promise_can_be_given_to_others_and_sent_to_by_them);
    tcase_add_test(tcase, it_can_be_resolved_to_what_is_no_facet);
    tcase_add_test(tcase, a_target_that_asks_more_gets_nothing);
    tcase_add_test(tcase, the_order_holds_over_promises_of_promises);
    tcase_add_test(tcase, a_promise_that_would_wait_for_itself_breaks);
    tcase_add_test(tcase, a_promise_that_is_answered_with_itself_breaks);
    tcase_add_test(tcase, a_long_pipe_breaks_with_one_reason);
    tcase_add_test(tcase, a_chain_of_a_thousand_is_resolved);
    tcase_add_test(tcase, an_answer_without_a_capability_resolves_to_data);
    tcase_add_test(tcase, a_reply_is_nothing_to_be_resolved_to);
    tcase_add_test(tcase, a_failure_goes_through_the_pipe_with_its_reason);
    tcase_add_test(tcase, the_one_that_was_asked_is_frozen_for_long);
    tcase_add_test(tcase, the_one_that_was_asked_dies);
    tcase_add_test(tcase, the_turn_of_the_question_is_undone);
    tcase_add_test(tcase, the_one_that_was_asked_is_silent);
    tcase_add_test(tcase, the_target_is_gone_before_the_answer);
    tcase_add_test(tcase, each_gets_back_what_it_sent);
    tcase_add_test(tcase, one_that_nobody_holds_and_nothing_waits_on_goes);
    tcase_add_test(tcase, what_was_sent_is_not_taken_back_by_a_drop);
    tcase_add_test(tcase, its_agent_stops_waiting);
    tcase_add_test(tcase, its_agent_hears_no_more_with_that_facet);
    tcase_add_test(tcase, its_agent_dies);
    tcase_add_test(tcase, a_sender_dies);
    tcase_add_test(tcase, an_undone_turn_asks_and_sends_nothing);
    tcase_add_test(tcase, who_listens_hears_what_it_has_become);
    tcase_add_test(tcase, who_listens_hears_that_it_is_broken);
    tcase_add_test(tcase, who_listens_hears_that_it_is_data);
    tcase_add_test(tcase, only_with_a_facet_of_its_own_can_it_listen);
    tcase_add_test(tcase, a_stranger_fills_its_part_alone);
    tcase_add_test(tcase, one_agent_has_so_many_waiting_in_all);
    tcase_add_test(tcase, who_sends_pays_the_rent_of_what_waits);
    tcase_add_test(tcase, it_counts_as_facets_of_its_agent);
    tcase_add_test(tcase, who_answers_pays_nothing_for_what_waits);
    tcase_add_loop_test(tcase, what_waits_is_short_when_only_the_second_fee_is_missing, 0,
                        3 * SHORT_RUNS);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
