/*
 * What tests of lies begin with: a site with a customer and an agent that the test plays, and a
 * neighbour that lies.
 */
#ifndef SERAI_TESTS_EXCHANGE_DECEIVED_H
#define SERAI_TESTS_EXCHANGE_DECEIVED_H

#include "tests/site/core/acting.h"
#include "tests/site/core/liar.h"

/* What the agent has; what it offers for a birth; what of that the liar, or this site, charges. */
enum { MONEY = 100000000, ENDOWMENT = 10000000, FEE = 1000000, CHARGED = 200000, LIMIT = 50000000 };

/* How freezes end. */
#define UNKNOWN "its channel was never opened, or is gone"
#define UNGRANTED "it was not granted, or not asked for"

extern struct site site; /* packets over its link cost no toll */
extern struct liar liar; /* may owe the site LIMIT */
extern uint64_t buyer;   /* an agent of person 1 */

void deceived_setup(void);
/* The site loads again as it was, and its books are exact. */
void deceived_teardown(void);

/* The liar says it, and the site takes it. */
void taken(struct channel_message message);
/* It breaks the rules: "message 7, a packet on channel 2: " and why. */
void refused(struct channel_message message, const char *what, const char *why);

/* The buyer has bought a channel of the liar, who has not answered.  Its number. */
uint32_t bought(struct acting *purchase);
/* The same, and the liar opened it. */
uint32_t opened(struct acting *purchase);
/* The first agent that is born for the liar, on channel `number`; it only hears. */
uint64_t born(uint32_t number, struct heard *heard);

#endif
