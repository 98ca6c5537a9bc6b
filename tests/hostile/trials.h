/*
 * Trials: what an attack gets for its money, beside what it got when it was first tried.  Each is
 * told as a line and fails past its bound; after each the sums are exact, the site starts again
 * with the same state, and its books verify.
 *
 *  row  attack                                                        shown by
 *    1  a customer's reply facet asks a fortune as postage            trial_shops.c
 *    2  slots filled by a stranger                                    trial_shops.c
 *    3  a dropped capability is one that was held                     tests/site/core/test_lent.c
 *    4  bytes that are kept for ever, nearly free                     trial_journal.c
 *    5  orders dearer than their fuel                                 run.sh: bench_orders
 *    6  memory that is laid out anew with each turn                   trial_fair.c; control.sh
 *    7  modules whose decoded form is many times as large             trial_code.c
 *    8  events whose room was paid for, without a bound               trial_waits.c
 *    9  births that are undone                                        trial_waits.c
 *   10  messages that cost a neighbour nothing and write our disk     trial_neighbour.c; e2e
 *   11  a neighbour's tags become rows of customers                   trial_neighbour.c; e2e
 *   12  what connections make libzmq hold                             test_callers; e2e link_floods
 *   13  who is slow or refused at the control socket                  trial_requests.c; e2e crowd
 *   14  the compiler's jail                                           test_compiler_jail
 *   15  turns for who has many agents                                 trial_fair.c
 *   16  a commit for each wake of one agent                           e2e quiet
 *   17  a neighbour that calls before the site is ready               test_callers; e2e neighbour
 *   18  secrets in memory that is given back                          test_secrets
 *
 * run.sh runs all of these and prints the table.
 */
#ifndef SERAI_TESTS_HOSTILE_TRIALS_H
#define SERAI_TESTS_HOSTILE_TRIALS_H

#include "tests/figure.h"
#include "tests/site/core/fixture.h"

enum { HOG = 1, QUIET = 2 };

extern struct site trial_site;

/* The site of a trial: HOG has a fortune, QUIET a little. */
void trial_open(void (*change)(struct pricebook *book));
/* Sums, a start with the same state, the books. */
void trial_close(void);

/* An agent of the HOG's does what `text` says (tests/agents/guests/hog.c). */
uint64_t trial_hog(const char *text);
/*
 * Turns of whoever is ready until so much fuel is burnt or nobody is ready: a frame each so many,
 * and a microsecond each.
 */
void trial_burn(uint64_t fuel, int frame_turns);

/* What the store keeps: the journal and all rows. */
uint64_t trial_kept_bytes(void);
/* What the core holds on the heap: it is thrown away and started again for that. */
uint64_t trial_ram(void);
/* That, and the bytes that rent is paid for, of all agents and modules. */
struct trial_held {
    uint64_t ram;
    uint64_t rented;
};
struct trial_held trial_held(void);
/* A line of what is held more than `before`: RAM for each byte of rent, at most 2. */
void trial_tells_held(int row, const char *what, const char *then, struct trial_held before);

/* ---- the trials, by file ---- */
void trials_of_shops(TCase *tcase);
void trials_of_journal(TCase *tcase);
void trials_of_code(TCase *tcase);
void trials_of_hoards(TCase *tcase);
void trials_of_waits(TCase *tcase);
void trials_of_turns(TCase *tcase);
void trials_of_neighbours(TCase *tcase);
void trials_of_requests(TCase *tcase);

#endif
