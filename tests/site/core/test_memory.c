/*
 * Memory is short in the middle of an order whose answer agents see: the site stops there, or the
 * order does what it does anywhere.  Its answer never says how much memory this machine has, for
 * then the same events would not give the same books.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/site/core/fixture.h"
#include "tests/site/core/probe.h"

enum { MONEY = 400000000, AT_MODULE = 4096, AT_ID = 1024, ALLOCATIONS_MAX = 2000 };
enum { ANSWERED = 0, ANSWERED_OTHERWISE = 3, NONE_FAILED = 4 };

/* The linker sends all calls here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
enum status __real_agents_code_put(struct agents *agents, struct agent *keeper,
                                   const uint8_t *bytes, size_t size, struct hash *id,
                                   struct fault *fault);
enum status __wrap_agents_code_put(struct agents *agents, struct agent *keeper,
                                   const uint8_t *bytes, size_t size, struct hash *id,
                                   struct fault *fault);

static bool failing;
static uint32_t until_failure;
static uint32_t failed;

static bool fails_now(void)
{
    if (!failing)
        return false;
    if (until_failure > 0) {
        until_failure--;
        return false;
    }
    failing = false; /* one alone: what comes after it has memory again */
    failed++;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

static uint32_t next_failure; /* ALLOCATIONS_MAX: none */

/* No more than this: the test takes memory of its own. */
enum status __wrap_agents_code_put(struct agents *agents, struct agent *keeper,
                                   const uint8_t *bytes, size_t size, struct hash *id,
                                   struct fault *fault)
{
    enum status status;

    until_failure = next_failure;
    failing = next_failure < ALLOCATIONS_MAX;
    status = __real_agents_code_put(agents, keeper, bytes, size, id, fault);
    failing = false;
    return status;
}

/* ---- a turn that keeps a module ---- */

/* Exports serai_turn(i32, i32, i32), which does nothing. */
static const uint8_t module[] = {
    0,  'a', 's', 'm',  1,   0,    0,    0,                                        /* version 1 */
    1,  7,   1,   0x60, 3,   0x7f, 0x7f, 0x7f, 0,                                  /* types */
    3,  2,   1,   0,                                                               /* functions */
    5,  4,   1,   1,    1,   1,                                                    /* memory */
    7,  14,  1,   10,   's', 'e',  'r',  'a',  'i', '_', 't', 'u', 'r', 'n', 0, 0, /* exports */
    10, 4,   1,   2,    0,   0x0b,                                                 /* code */
};

static int64_t answer;

static enum engine_outcome put_module(void *context, struct part *part)
{
    (void)context;
    memcpy(part_memory(part, AT_MODULE, sizeof module), module, sizeof module);
    answer = part_order(part, code_put, SERAI_SLOT_CODE, AT_MODULE, sizeof module, AT_ID);
    return ENGINE_DONE;
}

static struct site site;
static uint64_t agent;

static void setup(void)
{
    static const struct deploy spec = {.module = "spender", .args = "", .nanos = MONEY};

    site_open(&site, 7, 100000000000);
    site_customer(&site, 1, "one", 20000000000);
    agent = site_deploy(&site, 1, &spec);
    site_settle(&site);
}

static void teardown(void)
{
    probe_play_none();
    site_close(&site);
}

static void put_in_a_turn(uint32_t number)
{
    next_failure = number;
    probe_play(agent, put_module, NULL);
    ck_assert_int_eq(site_send(&site, 1, agent, "put", 0), CONTROL_DONE);
    site_settle(&site);
    probe_play_none();
}

/* In a process of its own, for it may stop. */
static int outcome_of(uint32_t number)
{
    const struct rlimit no_core = {0, 0};
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)!setrlimit(RLIMIT_CORE, &no_core);
        (void)!freopen("/dev/null", "w", stderr); /* the invariant's line, once each */
        failed = 0;
        put_in_a_turn(number);
        _exit(failed == 0 ? NONE_FAILED : answer == 0 ? ANSWERED : ANSWERED_OTHERWISE);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(a_module_is_kept_or_the_site_stops)
{
    uint32_t stopped = 0;
    uint32_t number;
    int status = 0;

    for (number = 0; number < ALLOCATIONS_MAX; number++) {
        status = outcome_of(number);
        if (WIFSIGNALED(status)) {
            ck_assert_msg(WTERMSIG(status) == SIGABRT, "allocation %u: signal %d", number,
                          WTERMSIG(status));
            stopped++;
            continue;
        }
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) == NONE_FAILED)
            break;
        ck_assert_msg(WEXITSTATUS(status) == ANSWERED, "allocation %u: the agent is told", number);
    }
    ck_assert_int_eq(WEXITSTATUS(status), NONE_FAILED);
    ck_assert_uint_gt(stopped, 5);
    put_in_a_turn(ALLOCATIONS_MAX); /* with memory enough */
    ck_assert_int_eq((int)answer, 0);
    site_reload_same(&site);
    site_verify(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("short memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_module_is_kept_or_the_site_stops);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
