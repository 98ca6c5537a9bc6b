/* What a site wants of the machine, and what is said when there is less. */
#include "site/daemon/machine.h"

#include <string.h>
#include <sys/resource.h>

#include "agents/agents.h"
#include "site/daemon/daemon.h"
#include "site/daemon/limits.h"
#include "tests/check_main.h"

START_TEST(a_larger_store_and_links_want_more)
{
    static const struct tier1_settings settings = {.mode = TIER1_ALL};
    struct daemon_options options = {.map_bytes = UINT64_C(1) << 30};
    uint64_t bytes = machine_need(MACHINE_ADDRESSES, &options).wanted;
    uint64_t threads = machine_need(MACHINE_THREADS, &options).least;

    ck_assert_uint_gt(bytes, options.map_bytes + agents_address_bytes());
    options.map_bytes *= 2;
    ck_assert_uint_eq(machine_need(MACHINE_ADDRESSES, &options).wanted,
                      bytes + (UINT64_C(1) << 30));
    ck_assert_uint_eq(machine_need(MACHINE_THREADS, &options).wanted, threads);
    options.link_listen = "";
    ck_assert_uint_eq(machine_need(MACHINE_THREADS, &options).least, threads + ZMQ_THREADS);
    ck_assert_uint_eq(machine_need(MACHINE_THREADS, &options).wanted,
                      threads + ZMQ_THREADS + LOOKUPS_MAX);
    options.tier1 = &settings;
    ck_assert_uint_eq(machine_need(MACHINE_THREADS, &options).least, threads + ZMQ_THREADS + 1);
    ck_assert_uint_le(machine_need(MACHINE_THREADS, &options).wanted, THREADS_TRIED_MAX);
    ck_assert_uint_eq(machine_need(MACHINE_LOCKED, &options).least, 0);
}
END_TEST

START_TEST(too_little_is_refused_with_the_numbers)
{
    const struct machine_need need = {.wanted = 40, .least = 7};
    struct fault fault = {0};

    ck_assert_int_eq(machine_judge(MACHINE_THREADS, &need, 6, &fault), ST_INVALID);
    ck_assert_str_eq(fault.text, "the system gives 6 threads, the least is 7, and 40 are wanted; "
                                 "raise it (ulimit -u, TasksMax=)");
    ck_assert_int_eq(machine_judge(MACHINE_THREADS, &need, 7, &fault), ST_OK);
    ck_assert_int_eq(machine_judge(MACHINE_THREADS, &need, 40, &fault), ST_OK);
}
END_TEST

START_TEST(what_there_is_is_found_by_taking_it)
{
    ck_assert_uint_eq(machine_try(MACHINE_THREADS, 5), 5);
    ck_assert_uint_eq(machine_try(MACHINE_THREADS, 0), 0);
    ck_assert_uint_eq(machine_try(MACHINE_ADDRESSES, 1 << 20), 1 << 20);
    ck_assert_uint_lt(machine_try(MACHINE_ADDRESSES, UINT64_MAX), UINT64_MAX);
}
END_TEST

#ifndef SERAI_SANITIZED /* what a sanitizer notes of memory counts as data, and is more than this  \
                         */
/* In a process of its own, as each test is. */
START_TEST(a_limit_of_data_counts_for_agents_alone)
{
    const struct rlimit few = {.rlim_cur = 64 << 20, .rlim_max = 64 << 20};
    uint64_t there;

    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &few), 0);
    there = machine_try(MACHINE_ADDRESSES, UINT64_C(1) << 30);
    ck_assert_uint_lt(there, 64 << 20);
    ck_assert_uint_gt(there, 8 << 20);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tcase = tcase_create("machine");

    tcase_add_test(tcase, a_larger_store_and_links_want_more);
    tcase_add_test(tcase, too_little_is_refused_with_the_numbers);
    tcase_add_test(tcase, what_there_is_is_found_by_taking_it);
#ifndef SERAI_SANITIZED
    tcase_add_test(tcase, a_limit_of_data_counts_for_agents_alone);
#endif
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
