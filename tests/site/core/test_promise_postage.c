/*
 * What a message to a promise brings for the turn that hears it: what an open promise asks, and
 * what becomes of what its target does not ask.
 */
#include "tests/site/core/promising.h"

/* Where a message will go is not known when it is sent, so what is not asked there comes back. */
START_TEST(what_a_message_brings_too_much_comes_back)
{
    int64_t reserve = (int64_t)site_reserve(&site);
    uint64_t before;

    promising_ask();
    before = site_balance(&site, asker.agent);
    PLAY(&site, &asker, {VERB_SEND, .to = P, .postage = 3000000, .data = 'a'});
    ck_assert_uint_lt(site_balance(&site, asker.agent), before - 2900000);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&target, BADGE, "a");
    ck_assert_int_eq(target.heard.events[0].postage, reserve);
    ck_assert_uint_gt(site_balance(&site, asker.agent), before - 100000);
    promising_holds_nothing();
}
END_TEST

/* As all money that comes back, it lets a sender go on that has run dry. */
START_TEST(what_comes_back_thaws_its_sender)
{
    struct bytes args = {0};

    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .postage = 3000000, .data = 'a'});
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, asker.agent);
    cbor_put_uint(&args, site_balance(&site, asker.agent) - 2 * site_reserve(&site));
    ck_assert_int_eq(site_request(&site, 1, "agent.withdraw", &args), CONTROL_DONE);
    while (site_agent(&site, asker.agent)->state == AGENT_RUNNING)
        site_pass(&site, UINT64_C(1000000000)); /* its rent */
    ck_assert_int_eq((int)site_agent(&site, asker.agent)->state, AGENT_FROZEN_DRY);
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    role_heard_at(&target, BADGE, "a");
    ck_assert_int_eq((int)site_agent(&site, asker.agent)->state, AGENT_RUNNING);
}
END_TEST

/* A pipe may lead further: it is given all. */
START_TEST(a_pipe_is_given_all)
{
    promising_ask();
    PLAY(&site, &asker, {VERB_SEND, .to = P, .postage = 3000000, .data = 'a'});
    PLAY(&site, &server, {VERB_FACET, .money = PIPED, .into = PIPE},
         {VERB_PIPE, .to = 0, .cap = PIPE, .expects = 1});
    role_heard_at(&server, PIPED, "a");
    ck_assert_int_eq(server.heard.events[server.heard.count - 1].postage, 3000000);
}
END_TEST

/* A step of a pipeline pays as much as the one before it, and one that pays less is sent as well.
 */
START_TEST(an_open_promise_quotes_what_its_question_brought)
{
    int64_t reserve = (int64_t)site_reserve(&site);

    PLAY(&site, &asker, {VERB_ASK, .to = TO, .postage = 3000000, .into = P},
         {VERB_POSTAGE, .to = P, .expects = 3000000}, {VERB_ASK, .to = P, .into = Q},
         {VERB_POSTAGE, .to = Q, .expects = 3000000},
         {VERB_ASK, .to = P, .postage = reserve, .into = R},
         {VERB_POSTAGE, .to = R, .expects = reserve},
         {VERB_SEND, .to = Q, .postage = reserve - 1, .expects = SERAI_E_POSTAGE},
         {VERB_SEND, .to = Q, .postage = reserve});
    site_reload_same(&site);
    PLAY(&site, &asker, {VERB_POSTAGE, .to = P, .expects = 3000000},
         {VERB_POSTAGE, .to = Q, .expects = 3000000});
    PLAY(&site, &server, {VERB_ANSWER, .to = 0, .cap = THING});
    PLAY(&site, &asker, {VERB_POSTAGE, .to = P, .expects = reserve});
}
END_TEST

/* An answer brings no postage: the question that is put by one quotes the least. */
START_TEST(a_question_without_postage_quotes_the_least)
{
    PLAY(&site, &asker, {VERB_SEND, .to = TO, .reply = EAR});
    server.registers[R] = server.replies[0];
    PLAY(&site, &server, {VERB_ASK, .to = R, .into = Q},
         {VERB_POSTAGE, .to = Q, .expects = (int64_t)site_reserve(&site)});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("promise_postage");
    TCase *tcase = tcase_create("promise_postage");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, promising_setup, promising_teardown);
    tcase_add_test(tcase, what_a_message_brings_too_much_comes_back);
    tcase_add_test(tcase, what_comes_back_thaws_its_sender);
    tcase_add_test(tcase, a_pipe_is_given_all);
    tcase_add_test(tcase, an_open_promise_quotes_what_its_question_brought);
    tcase_add_test(tcase, a_question_without_postage_quotes_the_least);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
