/*
 * What tests of accepted losses share: two whole sites that sign, with agents that the test plays,
 * and the steps of the two operators.
 */
#ifndef SERAI_TESTS_EXCHANGE_LOSING_H
#define SERAI_TESTS_EXCHANGE_LOSING_H

#include "links/acceptance.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { MONEY = 2000000000, LIMIT = 1000000000, ENDOWMENT = 10000000, FEE = 1000000 };
enum { AGENTS = 3 };

extern struct network *network; /* of two sites; the link is interface 1 of both */
extern struct rng rng;
extern uint64_t agents[2][AGENTS]; /* of person 1 of each site */

void losing_setup(void);
void losing_teardown(void);

struct site *site_at(int which);
struct link *link_at(int which);

/* A copy of all that the site has stored, for restore(). */
struct store_memory *backup(int which);
/* The site is put back to the copy, which it takes. */
void restore(int which, struct store_memory *copy);

/* Parcels go back and forth for so many steps; reminders, too. */
void pass(int times);

/* The operator's command on the link.  NULL: it has no second argument. */
enum control_status link_request(int which, const char *command, const char *code);
/* The code of the pair that lies at this site. */
void code_of(int which, char code[LOSS_CODE_TEXT_BYTES]);

void freeze_both(void);
/* Each operator states where its site stands, and each learns the other's; with crashes. */
void state_both(void);
/* Each accepts, and both have counted; with crashes. */
void accept_both(void);

/* What the site has in suspense.  It wraps when that is in debt: to be compared, and added. */
u128 suspense(int which);

#endif
