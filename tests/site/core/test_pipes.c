/* Messages for a promise go to a facet of the agent that holds its reply, and no later than that.
 */
#include "agents/limits.h"
#include "tests/site/core/promising.h"

enum { CHAIN = 100, SECOND = FREE_NUMBER };

static struct role second; /* as the server; some replies are passed on to it */

/* The two that keep replies have a facet for what is sent to their promises. */
static void setup(void)
{
    promising_setup();
    role_new(&site, &second, 3, MONEY);
    role_publish(&site, &second, OWN, BADGE, SECOND);
    second.reaction = REACTION_KEEPS;
    PLAY(&site, &server, {VERB_FETCH, .number = SECOND, .into = OTHER},
         {VERB_FACET, .money = PIPED, .into = PIPE});
    PLAY(&site, &second, {VERB_FETCH, .number = TARGET, .into = THING},
         {VERB_FACET, .money = PIPED, .into = PIPE});
}

/* ---- where messages go ---- */

START_TEST(what_waits_goes_to_the_pipe_and_later_ones_behind_it)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a', .money = 700},
         {VERB_SEND, .to = P, .data = 'b'});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "ab");
    ck_assert_int_eq(server.heard.events[1].money, 700);
    promising_holds_nothing();
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c', .money = 50});
    role_heard_at(&server, PIPED, "abc");
    ck_assert_int_eq(server.heard.events[3].money, 50);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'd'}, {VERB_STATE, .to = P});
    role_heard_at(&server, PIPED, "abc");
    role_heard_at(&target, BADGE, "d");
    promising_holds_nothing();
}
END_TEST

/* The pipe ends before the answer comes: what is sent then waits, and goes to the thing. */
START_TEST(without_its_pipe_messages_wait_again)
{
    promising_ask();
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = Q, .expects = 1}); /* -1: no facet */
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b', .money = 60});
    role_heard_at(&server, PIPED, "a");
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1},
         {VERB_PIPE, .to = 0, .cap = Q, .expects = 1});
    role_heard_at(&server, PIPED, "a");
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&target, BADGE, "bc");
    promising_holds_nothing();
}
END_TEST

START_TEST(the_promise_stays_open)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_STATE, .to = P, .expects = SERAI_E_PENDING},
         {VERB_FUND, .to = P, .money = 5, .expects = SERAI_E_PENDING},
         {VERB_SAME, .to = P, .cap = Q, .expects = SERAI_E_PENDING},
         {VERB_SAME, .to = P, .cap = P, .expects = 1}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'a'});
    ck_assert_int_eq(role_object(&site, &asker, P)->kind, OBJECT_PROMISE);
    ck_assert_uint_eq(asker.heard.count, 0);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&server, PIPED, "a");
    ck_assert_uint_eq(asker.heard.count, 1);
    ck_assert_int_eq(asker.heard.events[0].kind, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(asker.heard.events[0].cap_count, 1);
    PLAY(&site, &asker, {VERB_KIND, .to = P, .expects = SERAI_KIND_FACET}, {VERB_STATE, .to = P});
    ck_assert_int_eq(role_object(&site, &asker, P)->kind, OBJECT_FACET);
}
END_TEST

/* Who listens waits in its place, and what was sent before and after it goes on. */
START_TEST(who_listens_waits_on)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'b'}, {VERB_WHEN, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "ab");
    ck_assert_uint_eq(asker.heard.count, 0);
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 2);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1}, {VERB_ANSWER, .to = 0});
    ck_assert_uint_eq(asker.heard.count, 2);
    ck_assert_int_eq(asker.heard.events[0].status, SERAI_E_KIND);
    ck_assert_int_eq(asker.heard.events[1].status, SERAI_E_KIND);
    promising_holds_nothing();
}
END_TEST

/* The pipe is there when its turn has committed: what that turn itself sends is in its place. */
START_TEST(the_pipe_begins_when_the_turn_commits)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_SEND, .to = TO, .cap = P});
    server.registers[P] = server.caps[0];
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1},
         {VERB_SEND, .to = P, .data = 'b'}, {VERB_BADGE, .to = P},
         {VERB_PIPE, .to = 0, .cap = OWN, .expects = 1},
         {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "ab");
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'});
    role_heard_at(&server, PIPED, "abc");
    promising_holds_nothing();
}
END_TEST

START_TEST(an_undone_turn_pipes_nothing)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1}, {.verb = VERB_TRAP});
    role_heard_at(&server, PIPED, "");
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'});
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 2);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&target, BADGE, "ab");
    promising_holds_nothing();
}
END_TEST

/* What was asked through the pipe is a question as any other, with a promise of its own. */
START_TEST(questions_go_through_as_well)
{
    promising_ask();
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_ASK, .to = P, .data = 'q', .into = Q},
         {VERB_SEND, .to = Q, .data = 'r'}, {VERB_SEND, .to = P, .data = 's', .reply = EAR});
    role_heard_at(&server, PIPED, "qs");
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING}, {VERB_ANSWER, .to = 2, .data = '!'});
    role_heard_at(&target, BADGE, "r");
    role_heard_at(&asker, HEARS, "!");
}
END_TEST

/* A promise that nobody holds is gone when what waited on it is. */
START_TEST(nothing_is_left_of_a_promise_that_nobody_holds)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_DROP, .to = P});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "a");
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 2); /* EAR and the reply */
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .into = R},
         {VERB_ANSWER, .to = 0, .cap = THING});
    ck_assert_int_eq(server.registers[R], 0);
    ck_assert_uint_eq(site_agent(&site, asker.agent)->owns.facets, 1);
}
END_TEST

/* ---- promises of promises ---- */

/* P is answered by Q, which is open and piped. */
START_TEST(what_waits_on_a_promise_goes_to_the_pipe_of_the_next)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'b'}, {VERB_SEND, .to = TO, .cap = Q});
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "");
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    role_heard_at(&server, PIPED, "ab");
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'}, {VERB_SEND, .to = Q, .data = 'd'},
         {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    role_heard_at(&server, PIPED, "abcd");
    ck_assert_uint_eq(asker.heard.count, 0);
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    ck_assert_uint_eq(asker.heard.count, 1);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'e'});
    role_heard_at(&server, PIPED, "abcd");
    role_heard_at(&target, BADGE, "e");
    promising_holds_nothing();
}
END_TEST

/* P and R wait in Q, each in its place, when that is piped. */
START_TEST(queues_in_a_queue_go_on_in_their_order)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q}, {VERB_ASK, .to = TO, .into = R});
    PLAY(&site, &asker, {VERB_SEND, .to = Q, .data = 'a'}, {VERB_SEND, .to = P, .data = 'b'},
         {VERB_SEND, .to = R, .data = 'd'}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'c'}, {VERB_SEND, .to = TO, .cap = Q});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    PLAY(&site, &server, {VERB_ANSWER, .to = 2, .cap = 0, .from_kept = true});
    PLAY(&site, &asker, {VERB_SEND, .to = Q, .data = 'e'}, {VERB_SEND, .to = P, .data = 'f'});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "abcdef");
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 1);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    ck_assert_uint_eq(asker.heard.count, 1);
    ck_assert_int_eq(asker.heard.events[0].kind, SERAI_EVENT_MESSAGE);
    promising_holds_nothing();
}
END_TEST

/* A promise that was piped is answered by one that is not: the pipe is over. */
START_TEST(an_answer_ends_the_pipe_though_it_is_open_itself)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q}, {VERB_SEND, .to = TO, .cap = Q},
         {VERB_WHEN, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'}, {VERB_SEND, .to = Q, .data = 'c'});
    role_heard_at(&server, PIPED, "a");
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "abc");
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    ck_assert_uint_eq(asker.heard.count, 1);
    promising_holds_nothing();
}
END_TEST

/*
 * A hundred promises, each piped, sent to, and answered with the next.  Who listens to the first
 * is passed by at each step and hears at the end.
 */
START_TEST(a_chain_of_pipes_is_resolved)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_WHEN, .to = P, .reply = EAR}, {VERB_SEND, .to = P, .data = 'a'});
    for (int i = 0; i < CHAIN; i++) {
        PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
        PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'}, {VERB_ASK, .to = TO, .into = Q},
             {VERB_SEND, .to = TO, .cap = Q});
        role_heard_at(&server, PIPED, i == 0 ? "ab" : "b");
        PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true},
             {VERB_DROP, .from_kept = true, .to = 0});
        server.replies[0] = server.replies[1];
        server.reply_count = 1;
        server.cap_count = 0;
        role_forget(&server);
    }
    site_reload_same(&site);
    ck_assert_uint_eq(asker.heard.count, 0);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    ck_assert_uint_eq(asker.heard.count, 1);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'});
    role_heard_at(&target, BADGE, "c");
    promising_holds_nothing();
}
END_TEST

/* ---- a pipe that is taken away ---- */

START_TEST(messages_wait_again_between_two_pipes)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_WHEN, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'c'}, {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    role_heard_at(&server, PIPED, "a");
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 4);
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "abc");
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'd'});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&server, PIPED, "abc");
    role_heard_at(&target, BADGE, "d");
    ck_assert_uint_eq(asker.heard.count, 2);
    promising_holds_nothing();
}
END_TEST

/* What was passed by at one pipe is not looked at for the next, or nobody would pay for that. */
START_TEST(a_pipe_that_is_laid_again_looks_at_what_is_new)
{
    const struct promise *promise;
    uint64_t passed;

    promising_ask();
    PLAY(&site, &asker, {VERB_WHEN, .to = P, .reply = EAR}, {VERB_WHEN, .to = P, .reply = EAR});
    promise = &role_object(&site, &asker, P)->u.promise;
    passed = promise->queue->last->m.id;
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .expects = 1});
    ck_assert(!promise->quiet);
    ck_assert_uint_ge(promise->quiet_to, passed);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    ck_assert_uint_lt(promise->quiet_to, promise->queue->last->m.id);
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .expects = 1}); /* it has none, and a message waits */
    ck_assert_uint_lt(promise->quiet_to, promise->queue->last->m.id);
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "a");
}
END_TEST

/* P was piped, and is not any more when Q, which is, answers it. */
START_TEST(what_waits_again_goes_to_the_pipe_of_the_next)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q}, {VERB_WHEN, .to = P, .reply = EAR},
         {VERB_SEND, .to = TO, .cap = Q});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = OWN, .expects = 1},
         {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = 0, .from_kept = true});
    role_heard_at(&server, PIPED, "a");
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'}, {VERB_SEND, .to = Q, .data = 'c'});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "abc");
    PLAY(&site, &server, {VERB_ANSWER, .to = 1, .cap = THING});
    ck_assert_uint_eq(asker.heard.count, 1);
    promising_holds_nothing();
}
END_TEST

/* ---- who has the reply ---- */

START_TEST(the_last_pipe_counts)
{
    promising_ask();
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    server.registers[R] = server.replies[0];
    PLAY(&site, &server, {VERB_SEND, .to = OTHER, .reply = R});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'b'}); /* still the server's */
    role_heard_at(&server, PIPED, "ab");
    PLAY(&site, &second, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'c'});
    role_heard_at(&server, PIPED, "ab");
    role_heard_at(&second, PIPED, "c");
    PLAY(&site, &second, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'd'});
    role_heard_at(&target, BADGE, "d");
}
END_TEST

START_TEST(a_pipe_needs_a_reply_and_a_facet_of_ones_own)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .reply = EAR}, {VERB_SEND, .to = TO, .cap = P});
    server.registers[R] = server.replies[0];
    server.registers[P] = server.caps[0];
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = THING, .expects = SERAI_E_RIGHT},
         {VERB_PIPE, .to = 0, .cap = P, .expects = SERAI_E_RIGHT},
         {VERB_PIPE, .to = 0, .cap = R, .expects = SERAI_E_RIGHT},
         {VERB_PIPE, .to = 1, .cap = PIPE, .into = Q}); /* asked by facet_send */
    ck_assert_int_eq(server.registers[Q], 0);
    server.replies[2] = server.registers[PIPE];
    server.replies[3] = server.registers[P];
    PLAY(&site, &server, {VERB_PIPE, .to = 2, .cap = PIPE, .expects = SERAI_E_RIGHT},
         {VERB_PIPE, .to = 3, .cap = PIPE, .expects = SERAI_E_RIGHT});
    /* A facet that it has revoked, of which another slot still has a cap. */
    PLAY(&site, &server, {VERB_PUBLISH, .to = PIPE, .number = 90}, {VERB_REVOKE, .to = PIPE},
         {VERB_FETCH, .number = 90, .into = PIPE},
         {VERB_PIPE, .to = 0, .cap = PIPE, .expects = SERAI_E_CLOSED});
    PLAY(&site, &asker, {VERB_REVOKE, .to = P});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = OWN, .expects = SERAI_E_CLOSED});
}
END_TEST

/* ---- ends ---- */

START_TEST(a_break_ends_the_pipe)
{
    promising_ask();
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a', .money = 90},
         {VERB_WHEN, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_BREAK, .to = 0, .money = SERAI_FAIL_CODE_MIN + 7, .data = 'w'});
    role_heard_at(&server, PIPED, "a");
    role_heard_failed(&asker, HEARS, SERAI_FAIL_CODE_MIN + 7);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .expects = SERAI_E_BROKEN},
         {VERB_STATE, .to = P, .expects = SERAI_E_BROKEN},
         {VERB_POSTAGE, .to = P, .expects = SERAI_E_BROKEN});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = SERAI_E_SLOT});
    promising_holds_nothing();
}
END_TEST

/* In one turn: the answer is there, and nothing goes the other way first. */
START_TEST(an_answer_in_the_same_turn_comes_first)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1},
         {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&server, PIPED, "");
    role_heard_at(&target, BADGE, "a");
    promising_holds_nothing();
}
END_TEST

START_TEST(a_revoked_facet_is_closed)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .money = 99, .reply = EAR});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1},
         {VERB_REVOKE, .to = PIPE});
    role_heard_failed(&asker, HEARS, SERAI_E_CLOSED);
    promising_holds_nothing();
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .expects = SERAI_E_CLOSED},
         {VERB_ASK, .to = P, .expects = SERAI_E_CLOSED},
         {VERB_POSTAGE, .to = P, .expects = SERAI_E_CLOSED},
         {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = OWN, .expects = 1});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    role_heard_at(&server, BADGE, "a");
}
END_TEST

/* The pipe is no holder of its facet: a watched one ends when its last holder lets go. */
START_TEST(a_watched_facet_ends_though_it_is_a_pipe)
{
    promising_ask();
    PLAY(&site, &server, {VERB_FACET_OF, .money = PIPED, .reply = SERAI_FACET_WATCH, .into = R},
         {VERB_PIPE, .to = 0, .cap = R, .expects = 1}, {VERB_PUBLISH, .to = R, .number = 91},
         {VERB_DROP, .to = R});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_TAKE, .number = 91, .into = Q});
    PLAY(&site, &asker, {VERB_DROP, .to = Q});
    role_heard_at(&server, PIPED, "a");
    ck_assert_int_eq(server.heard.events[server.heard.count - 1].kind, SERAI_EVENT_UNHELD);
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .expects = SERAI_E_CLOSED},
         {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    PLAY(&site, &server, {VERB_FACET_OF, .money = PIPED, .into = R});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .expects = SERAI_E_CLOSED}); /* it is another */
}
END_TEST

START_TEST(the_agent_of_the_pipe_dies)
{
    promising_ask();
    server.registers[R] = server.replies[0];
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1},
         {VERB_SEND, .to = OTHER, .reply = R});
    PLAY(&site, &server, {.verb = VERB_DIE});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .expects = SERAI_E_CLOSED},
         {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
    site_reload_same(&site);
    PLAY(&site, &second, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'});
    role_heard_at(&target, BADGE, "a");
}
END_TEST

START_TEST(the_agent_that_asked_dies)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_WHEN, .to = P, .reply = EAR});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    PLAY(&site, &asker, {.verb = VERB_DIE});
    role_heard_at(&server, PIPED, "a");
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = SERAI_E_CLOSED});
    site_holds_nothing(&site);
}
END_TEST

/* ---- postage ---- */

START_TEST(the_pipe_asks_what_its_facet_asks)
{
    promising_ask();
    PLAY(&site, &server, {VERB_FACET, .money = PIPED, .postage = 1000000, .into = PIPE});
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'x', .money = 5000, .reply = EAR},
         {VERB_SEND, .to = P, .data = 'y', .postage = 1000000});
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_failed(&asker, HEARS, SERAI_E_POSTAGE);
    role_heard_at(&server, PIPED, "y");
    promising_holds_nothing();
    PLAY(&site, &asker, {VERB_POSTAGE, .to = P, .expects = 1000000},
         {VERB_SEND, .to = P, .postage = 999999, .expects = SERAI_E_POSTAGE},
         {VERB_SEND, .to = P, .data = 'z'});
    role_heard_at(&server, PIPED, "yz");
}
END_TEST

/* What does not fit goes back alone, and the rest is where it would have been. */
START_TEST(a_pipe_takes_what_its_inbox_takes)
{
    struct pricebook *book = &site.core->agents->prices;
    const struct pricebook before = *book;

    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .data = 'a'}, {VERB_SEND, .to = P, .data = 'b'},
         {VERB_SEND, .to = P, .data = 'c', .money = 99, .reply = EAR});
    book->inbox_messages_max = 4;
    book->customer_inbox_percent = 50;
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    *book = before;
    role_heard_at(&server, PIPED, "ab");
    role_heard_failed(&asker, HEARS, SERAI_E_FULL);
    promising_holds_nothing();
}
END_TEST

/* ---- what an agent sees ---- */

START_TEST(who_piped_a_promise_knows_it_again)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .cap = P});
    server.registers[P] = server.caps[0];
    PLAY(&site, &server, {VERB_BADGE, .to = P, .into = Q});
    ck_assert_int_eq(server.registers[Q], 0);
    PLAY(&site, &server, {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    site_reload_same(&site);
    PLAY(&site, &server, {VERB_BADGE, .to = P, .expects = 2000 + PIPED},
         {VERB_BADGE, .to = PIPE, .expects = 1000 + PIPED}, {VERB_SEND, .to = OTHER, .cap = P});
    second.registers[P] = second.caps[0];
    PLAY(&site, &second, {VERB_BADGE, .to = P, .into = Q});
    PLAY(&site, &asker, {VERB_BADGE, .to = P, .into = Q});
    ck_assert_int_eq(second.registers[Q], 0);
    ck_assert_int_eq(asker.registers[Q], 0);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = OWN});
    PLAY(&site, &server, {VERB_BADGE, .to = P, .expects = 1000 + BADGE});
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = Q});
    PLAY(&site, &server, {VERB_PIPE, .to = 1, .cap = PIPE, .expects = 1},
         {VERB_REVOKE, .to = PIPE});
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .cap = Q});
    server.registers[P] = server.caps[1];
    PLAY(&site, &server, {VERB_BADGE, .to = P, .into = Q});
    ck_assert_int_eq(server.registers[Q], 0); /* its facet is revoked */
}
END_TEST

START_TEST(a_message_says_whether_a_promise_waits)
{
    target.reaction = REACTION_KEEPS;
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P},
         {VERB_ASK, .to = TO, .reply = EAR, .into = Q}, {VERB_SEND, .to = TO, .reply = EAR},
         {VERB_SEND, .to = TO}, {VERB_ASK, .to = TO, .into = R}, {VERB_DROP, .to = R});
    ck_assert_uint_eq(server.heard.count, 5);
    ck_assert_int_eq(server.heard.events[0].status, 1);
    ck_assert_int_eq(server.heard.events[1].status, 1);
    ck_assert_int_eq(server.heard.events[2].status, 0);
    ck_assert_int_eq(server.heard.events[3].status, 0);
    ck_assert_int_eq(server.heard.events[4].status, 0); /* nobody waits any more */
    server.registers[R] = server.replies[0];
    PLAY(&site, &server, {VERB_SEND, .to = THING, .reply = R}); /* it is the same handed on */
    ck_assert_int_eq(target.heard.events[0].status, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipes");
    TCase *tcase = tcase_create("pipes");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, promising_teardown);
    tcase_add_test(tcase, what_waits_goes_to_the_pipe_and_later_ones_behind_it);
    tcase_add_test(tcase, without_its_pipe_messages_wait_again);
    tcase_add_test(tcase, the_promise_stays_open);
    tcase_add_test(tcase, who_listens_waits_on);
    tcase_add_test(tcase, the_pipe_begins_when_the_turn_commits);
    tcase_add_test(tcase, an_undone_turn_pipes_nothing);
    tcase_add_test(tcase, questions_go_through_as_well);
    tcase_add_test(tcase, nothing_is_left_of_a_promise_that_nobody_holds);
    tcase_add_test(tcase, what_waits_on_a_promise_goes_to_the_pipe_of_the_next);
    tcase_add_test(tcase, queues_in_a_queue_go_on_in_their_order);
    tcase_add_test(tcase, an_answer_ends_the_pipe_though_it_is_open_itself);
    tcase_add_test(tcase, a_chain_of_pipes_is_resolved);
    tcase_add_test(tcase, messages_wait_again_between_two_pipes);
    tcase_add_test(tcase, a_pipe_that_is_laid_again_looks_at_what_is_new);
    tcase_add_test(tcase, what_waits_again_goes_to_the_pipe_of_the_next);
    tcase_add_test(tcase, the_last_pipe_counts);
    tcase_add_test(tcase, a_pipe_needs_a_reply_and_a_facet_of_ones_own);
    tcase_add_test(tcase, a_break_ends_the_pipe);
    tcase_add_test(tcase, an_answer_in_the_same_turn_comes_first);
    tcase_add_test(tcase, a_revoked_facet_is_closed);
    tcase_add_test(tcase, a_watched_facet_ends_though_it_is_a_pipe);
    tcase_add_test(tcase, the_agent_of_the_pipe_dies);
    tcase_add_test(tcase, the_agent_that_asked_dies);
    tcase_add_test(tcase, the_pipe_asks_what_its_facet_asks);
    tcase_add_test(tcase, a_pipe_takes_what_its_inbox_takes);
    tcase_add_test(tcase, who_piped_a_promise_knows_it_again);
    tcase_add_test(tcase, a_message_says_whether_a_promise_waits);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
