#include "tests/site/core/promising.h"

struct site site;
struct role asker;
struct role server;
struct role target;

void promising_setup(void)
{
    site_open(&site, 7, 100000000000);
    site_customers(&site, 3, 20000000000);
    role_new(&site, &asker, 1, MONEY);
    role_new(&site, &server, 2, MONEY);
    role_new(&site, &target, 3, MONEY);
    role_publish(&site, &server, OWN, BADGE, SERVER);
    role_publish(&site, &target, OWN, BADGE, TARGET);
    server.reaction = REACTION_KEEPS;
    PLAY(&site, &asker, {VERB_FETCH, .number = SERVER, .into = TO},
         {VERB_FACET, .money = HEARS, .into = EAR});
    PLAY(&site, &server, {VERB_FETCH, .number = TARGET, .into = THING});
}

void promising_teardown(void)
{
    site_end(&site);
}

void promising_ask(void)
{
    PLAY(&site, &asker, {VERB_ASK, .to = TO, .into = P},
         {VERB_STATE, .to = P, .expects = SERAI_E_PENDING});
}

void promising_holds_nothing(void)
{
    site_holds_nothing(&site);
    ck_assert_uint_eq(site_agent(&site, asker.agent)->sent.messages, 0);
}
