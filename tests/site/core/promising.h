/*
 * What tests of promises share: a site with an agent that asks, one that keeps the replies to
 * answer when it is told to, and one that hears what is sent on.
 */
#ifndef SERAI_TESTS_SITE_CORE_PROMISING_H
#define SERAI_TESTS_SITE_CORE_PROMISING_H

#include "tests/site/core/roles.h"

/* Money of each agent, and the badges of the facets of what they are asked, hear and pipe with. */
enum { MONEY = 500000000, BADGE = 40, HEARS = 41, PIPED = 42 };
/* Numbers in the heap; a test's own ones come behind them. */
enum { SERVER = 5, TARGET = 6, FREE_NUMBER = 7 };
/* Registers: the same for all. */
enum { OWN = 1, EAR, TO, P, Q, R, THING, OTHER, PIPE };

extern struct site site; /* of three customers */
extern struct role asker;
extern struct role server; /* keeps replies */
extern struct role target; /* hears */

/* The server is in the asker's register TO, and the target in the server's register THING. */
void promising_setup(void);
void promising_teardown(void);

/* The server is asked for a thing; P is the promise of it, and its reply the server's next one. */
void promising_ask(void);

/* Nothing is held for anybody, and no message of the asker waits. */
void promising_holds_nothing(void);

#endif
