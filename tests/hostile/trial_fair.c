/* Rows 6 and 15: what a turn with much memory pays before it begins, and who comes next. */
#include "tests/hostile/trials.h"

enum { SPINNERS = 400, SPIN_ROUNDS = 20000, QUESTIONS = 20, BIG_MIB = 15 };

START_TEST(a_turn_pays_for_the_memory_that_it_may_have_laid_out)
{
    uint64_t fuel;

    trial_open(NULL);
    (void)trial_hog("do=big mib=15 turns=24");
    while (core_count(trial_site.core).turns < 20)
        trial_burn(1, 256);
    fuel = core_count(trial_site.core).fuel;
    trial_burn(1, 256);
    fuel = core_count(trial_site.core).fuel - fuel;
    figure_tells(6, "memory laid out for a fuel", "59,000 bytes; 63 ms a turn",
                 BIG_MIB * 1048576.0 / (double)fuel, 16, "bytes");
    trial_close();
}
END_TEST

/* A customer of one agent is served next to nothing later beside another who has 400. */
START_TEST(who_has_many_agents_keeps_nobody_waiting)
{
    const struct deploy quiet = {.module = "hog", .args = "do=idle", .nanos = 100000000};
    uint64_t most = 0;
    uint64_t agent;

    trial_open(NULL);
    agent = site_deploy(&trial_site, QUIET, &quiet);
    site_settle(&trial_site);
    for (int i = 0; i < SPINNERS; i++)
        (void)trial_hog("do=loop n=20000");
    trial_burn(UINT64_C(2) * SPINNERS * SPIN_ROUNDS * 100, 256);
    for (int i = 0; i < QUESTIONS; i++) {
        uint64_t turns = site_agent(&trial_site, agent)->usage.turns;
        uint64_t fuel = core_count(trial_site.core).fuel;

        ck_assert_int_eq(site_send(&trial_site, QUIET, agent, "?", 0), CONTROL_DONE);
        while (site_agent(&trial_site, agent)->usage.turns == turns)
            (void)core_run(trial_site.core, 1);
        fuel = core_count(trial_site.core).fuel - fuel;
        most = fuel > most ? fuel : most;
    }
    figure_tells(15, "fuel burnt before a quiet customer's turn", "2.7 s of it (400 spinners)",
                 (double)most / (double)trial_site.book.turn_fuel_max, 2, "times that of a turn");
    trial_close();
}
END_TEST

void trials_of_turns(TCase *tcase)
{
    tcase_add_test(tcase, a_turn_pays_for_the_memory_that_it_may_have_laid_out);
    tcase_add_test(tcase, who_has_many_agents_keeps_nobody_waiting);
}
