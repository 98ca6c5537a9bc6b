/*
 * A whole site in one process: the core over a store in memory, with seeded random, a clock that
 * the test sets, the real loader and real modules.
 */
#ifndef SERAI_TESTS_SITE_CORE_FIXTURE_H
#define SERAI_TESTS_SITE_CORE_FIXTURE_H

#include "agents/agent.h"
#include "agents/set.h"
#include "site/core/state.h"
#include "tests/check_main.h"

enum { PEOPLE = 4, OPERATOR = 0 };

struct person {
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t secret[CONTROL_SECRET_BYTES];
    uint64_t number;  /* of the last request */
    uint64_t account; /* 0: no customer yet */
};

struct site {
    struct core *core;
    struct store_memory *memory;
    struct store store;
    struct rng random; /* what the core draws from */
    struct pricebook book;
    uint8_t site_key[CONTROL_KEY_BYTES];
    uint8_t site_secret[CONTROL_SECRET_BYTES];
    uint64_t segment_bytes; /* of the journal, from the next load on; 0: as it is by itself */
    bool signs;             /* the site signs about its links, from the next load on */
    struct person people[PEOPLE];
    uint64_t now_us;
    uint64_t wall_jump_us; /* the wall clock steps forward and back by as much, frame by frame */
    enum core_peer peer;   /* who says the requests */
    bool many_in_frame;    /* requests leave the frame open: their answers are not seen */
    uint64_t frames;       /* committed since the beginning, reloads included */
    struct bytes sent;     /* the last request that was signed */
    struct bytes answer;   /* the answer to it */
    struct control_reply reply; /* decoded; points into `answer` */
    /* Parcels of each committed frame go here; NULL: nowhere. */
    void (*post)(void *context, const struct core_parcel *parcel);
    void *post_context;
};

/*
 * A fresh site with `money` in the operator's account; the book is the default one, but that the
 * journal costs nothing.
 */
void site_open(struct site *site, uint64_t seed, uint64_t nanos);
/* The same with another book, made by `change` from that one. */
void site_open_book(struct site *site, uint64_t seed, uint64_t nanos,
                    void (*change)(struct pricebook *book));
void site_close(struct site *site);

/* Close the frame, commit it and check every sum. */
void site_frame(struct site *site);
/* Time moves by us, in steps that a frame takes; a frame each. */
void site_pass(struct site *site, uint64_t us);
/* Turns and frames until nobody has anything to do. */
void site_settle(struct site *site);
/* Throw the core away and load another one from the last commit. */
void site_reload(struct site *site);
/* Close the frame, reload, and compare all state before and after. */
void site_reload_same(struct site *site);
/* audit_verify() of everything that was committed. */
void site_verify(struct site *site);

/* All state as text: accounts, agents with all they hold, heap, channel ends. Caller frees. */
char *site_portrait(const struct site *site);
/* Fail and show the first line in which two portraits differ. */
void portraits_equal(const char *before, const char *after);

/* ---- requests ---- */

/* Sign and hand in; the answer comes with a frame, which is closed here.  Args: taken and freed. */
enum control_status site_request(struct site *site, int person, const char *command,
                                 struct bytes *args);
/* Hand these bytes in as they are. */
enum control_status site_request_raw(struct site *site, const uint8_t *bytes, size_t size);
/* A number of the answer's result map. */
uint64_t site_result(const struct site *site, const char *name);
/* A text of it; "": it has none of that name.  Valid until the next call. */
const char *site_result_text(const struct site *site, const char *name);

/* The operator makes `person` a customer and gives it money. */
void site_customer(struct site *site, int person, const char *name, uint64_t nanos);
/* The same for persons 1 to `count`, who are called one, two and three. */
void site_customers(struct site *site, int count, uint64_t nanos);
enum control_status site_fund(struct site *site, int person, uint64_t agent, uint64_t nanos);
enum control_status site_send(struct site *site, int person, uint64_t agent, const char *data,
                              uint64_t nanos);
enum control_status site_on_agent(struct site *site, int person, const char *command,
                                  uint64_t agent);

struct deploy {
    const char *module; /* a module of tests/agents/guests or sdk/examples, with its folder there */
    const char *args;
    size_t args_size; /* 0: strlen */
    uint64_t nanos;
    const char *gifts; /* letters: s spawner, t timer, c clock, r random */
    bool trial;        /* it ends if its first turn is undone */
    const char *keeps; /* another module, for the agent to keep; NULL: none */
};
enum control_status site_try_deploy(struct site *site, int person, const struct deploy *deploy);
/* The number of the agent that was made; its BORN waits. */
uint64_t site_deploy(struct site *site, int person, const struct deploy *deploy);

/* A module's bytes; borrowed until the process ends. */
const uint8_t *module_bytes(const char *name, size_t *size);

/* ---- looking ---- */

uint64_t site_balance(const struct site *site, uint64_t account);
struct agent *site_agent(const struct site *site, uint64_t agent); /* it must live */
bool site_lives(const struct site *site, uint64_t agent);
/* Whether a line of the agent's log holds `words`. */
bool site_logged(const struct site *site, uint64_t agent, const char *words);
/* Nothing is held for a message or an event any more, for nobody. */
void site_holds_nothing(const struct site *site);
/* Nanos that one event reserves. */
uint64_t site_reserve(const struct site *site);

/* A key that somebody could have, another for each number. */
void key_numbered(uint8_t key[CONTROL_KEY_BYTES], uint8_t number);

#endif
