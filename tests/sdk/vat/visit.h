/* A site with the guest zoo, a vat of each object of the library, and a stranger who visits it. */
#ifndef SERAI_TESTS_SDK_VAT_VISIT_H
#define SERAI_TESTS_SDK_VAT_VISIT_H

#include "agents/agent.h"
#include "sdk/vat/limits.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 500000000, BADGE = 9, PAID = 1234, POSTAGE = 1000 };

/* The objects of the guest zoo, in the order in which it publishes them. */
enum { QUEUE, TOPIC, MINT, BANK, SEAL, UNSEAL, OTHER_UNSEAL, OTHER_MINT, AGENCY, LIST, OBJECTS };

extern struct site site;
extern uint64_t zoo;      /* of person 1 */
extern uint64_t stranger; /* of person 2 */
extern uint8_t numbers[OBJECTS][SERAI_HEAP_NUMBER_BYTES];
extern struct heard heard; /* by the stranger, since it spoke last */

void visit_setup(void);
/* The books are right, and the site the same when it is loaded again. */
void visit_teardown(void);

/* What the stranger says to an object, once, with a reply. */
struct speech {
    int object;
    int64_t slot; /* above 0: to what is in this slot of the stranger's, instead */
    const char *body;
    size_t size; /* 0: strlen */
    int64_t money;
    int caps;             /* so many of a facet of the stranger's */
    const uint8_t *gives; /* of what has this number, instead; NULL: of its own */
    uint64_t badge;       /* of that facet */
    int64_t asks;         /* postage, for messages to that facet */
    bool sends;           /* without a reply */
    bool keeps;           /* the first capability of the answer */
    bool gives_up;        /* it waits for no answer */
    int64_t kept;         /* its slot */
    int64_t refusal;      /* of facet_send() */
    bool said;
};

void say(struct speech *speech);
/* It fails with this code, and all the stranger's money comes back. */
void fails_with(struct speech *speech, int32_t code);
/* Say it, and keep what the answer brings: its slot. */
int64_t say_and_keep(struct speech *speech);

#endif
