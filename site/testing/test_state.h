/* A run while it goes on; private to this folder. */
#ifndef SERAI_SITE_TESTING_TEST_STATE_H
#define SERAI_SITE_TESTING_TEST_STATE_H

#include "site/testing/memory_site.h"
#include "site/testing/test_costs.h"
#include "site/testing/test_file.h"
#include "site/testing/test_run.h"

enum {
    TEST_PERSON = 1, /* "me", in the people of the site: who deploys and asks if the file says
                        nothing else */
    TEST_CHILDREN_MAX = 96, /* that get a name; the state of the others is not reported */
    TEST_ALL_MAX = TEST_ACTORS_MAX + TEST_CHILDREN_MAX,
    TEST_PAYERS_MAX = MEMORY_PEOPLE_MAX + TEST_ALL_MAX + 1,
    TEST_SITES_MAX = 1 + MEMORY_PEERS_MAX,
    TEST_NAME_BYTES = 64,
    TEST_CALLS_MAX = 256, /* with an id */
};

/* An agent that the file names, or one that was born of such: child-1, or b/child-1 at b. */
struct test_actor {
    char name[TEST_NAME_BYTES];
    uint64_t agent;    /* 0: it was not born */
    size_t site;       /* 0: home; else of a neighbour, by its interface */
    uint64_t log_seen; /* lines up to this one were reported */
    bool mock;
};

/* A call that a later step may take the answer of. */
struct test_call {
    const char *id;
    uint64_t call;
    size_t person;
};

/* A turn, and the frame that its lines are in. */
struct test_turn {
    uint64_t frame;
    uint64_t agent;
    json_t *object;          /* borrowed from the report */
    uint64_t event;          /* its kind */
    struct test_costs costs; /* its own */
};

struct test_turns {
    struct test_turn *items; /* frames rise */
    size_t count;
    size_t capacity;
};

/* A step, with the last frame of each site in it. */
struct test_stretch {
    uint64_t frames[TEST_SITES_MAX];
    json_t *object; /* borrowed from the report */
};

struct test_run {
    const json_t *file;
    const struct test_env *env;
    const struct bytes *module; /* of the agent that is tested */
    struct memory_site site;    /* home */
    struct memory_site *neighbours[MEMORY_PEERS_MAX];
    const char *neighbour_names[MEMORY_PEERS_MAX];
    struct test_actor actors[TEST_ALL_MAX];
    size_t actor_count;
    struct test_call calls[TEST_CALLS_MAX];
    size_t call_count;
    json_t *report;
    json_t *step; /* that is done now; borrowed from the report.  NULL: before the first */
    size_t child_count;
    struct test_turns turns[TEST_SITES_MAX];
    struct test_stretch *steps;
    size_t step_count;
    struct test_stretch before; /* the first step */
    /* By step, then by payer: people, actors, and last all others. */
    struct test_costs *paid;
    struct fault fault; /* of a turn that could not be recorded */
};

/* ---- test_request.c: what steps ask of the site ---- */

/*
 * Let a person give a command and run all turns; a refusal is the step's `refused`.  `args` is
 * freed.  Returns whether it was done; ST_FULL in *status: the agents never come to rest.
 */
bool test_request(struct test_run *run, size_t person, const char *command, struct bytes *args,
                  enum status *status, struct fault *fault);

/* Deploy mocks, other agents, and the one that is tested, which is the first step. */
MUST_CHECK enum status test_deploy_others(struct test_run *run, struct fault *fault);
MUST_CHECK enum status test_deploy_agent(struct test_run *run, struct fault *fault);

/* Change a book of prices as the object at this place of the file says.  ST_INVALID names the key.
 */
MUST_CHECK enum status test_set_prices(struct pricebook *book, const json_t *prices,
                                       const char *place, struct fault *fault);

/* Do a step of the file.  ST_INVALID: it names what is not there. */
MUST_CHECK enum status test_do_step(struct test_run *run, const json_t *step, const char *place,
                                    struct fault *fault);

/* The result of the last answer as JSON; the caller's. */
json_t *test_result_json(const struct memory_site *site);

/* Find a person or an actor by name.  ST_INVALID names `place`. */
MUST_CHECK enum status test_find_person(const struct test_run *run, const char *name,
                                        const char *place, size_t *person, struct fault *fault);
MUST_CHECK enum status test_find_actor(struct test_run *run, const char *name, const char *place,
                                       struct test_actor **actor, struct fault *fault);

/* Put a new actor of this name into the run, with nothing else set; NULL: there are too many. */
struct test_actor *test_actor_new(struct test_run *run, const char *name);

/* ---- test_record.c: what happened ---- */

/* A site of the run: 0 is home, 1 its first neighbour. */
struct memory_site *test_site(struct test_run *run, size_t site);

/* For memory_site.turn, with the run. */
void test_record_turn(void *run, const struct memory_site *site, const struct memory_turn *turn);

/* Begin to record: what was before is no step. */
void test_record_begin(struct test_run *run);

/* Begin a step of the report; `does` is taken. */
void test_begin_step(struct test_run *run, json_t *does);

/* End it: the state of all agents, what they logged. */
void test_end_step(struct test_run *run);

/* When all is over: what each turn and step cost, from the journal. */
MUST_CHECK enum status test_record_costs(struct test_run *run, struct fault *fault);

#endif
