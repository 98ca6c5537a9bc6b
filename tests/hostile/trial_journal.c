/*
 * Row 4: bytes that are kept for ever.  Of each way to make them, what a GiB of what the store
 * keeps (the journal and all rows) costs who makes it.
 */
#include "agents/agents.h"
#include "tests/hostile/trials.h"

enum { FUEL = 60000000, FRAME_TURNS = 256, GIB_FOR_ONE_MAX = 20 };

static const struct way {
    const char *what;
    const char *args;
} ways[] = {
    {"turns that do nothing", "do=loop n=0"},
    {"marks, set and forgotten", "do=marks n=500"},
    {"heap entries, added and taken", "do=heap n=500"},
    {"buffers, bought and sold", "do=buffers n=500"},
    {"facets, made and revoked", "do=facets n=500"},
    {"empty lines of the log", "do=lines n=500"},
    {"messages to itself", "do=messages n=100"},
    {"messages of 64 KiB", "do=bytes n=8"},
    {"timers that are due at once", "do=wakes"},
    {"notices of room", "do=rooms"},
};

START_TEST(bytes_that_are_kept_are_paid_for)
{
    const struct way *way = &ways[_i];
    uint64_t agent;
    uint64_t bytes;
    uint64_t money;

    trial_open(NULL);
    agent = trial_hog(way->args);
    trial_burn(FUEL / 10, FRAME_TURNS);
    bytes = trial_kept_bytes();
    money = site_balance(&trial_site, agent);
    trial_burn(FUEL, FRAME_TURNS);
    bytes = trial_kept_bytes() - bytes;
    money -= site_balance(&trial_site, agent);
    figure_tells(4, way->what, "345 GiB for 1.0", (double)bytes * 1e9 / (double)money / (1 << 30),
                 GIB_FOR_ONE_MAX, "GiB");
    trial_close();
}
END_TEST

/* Agents that change all their memory: a frame closes before its writing keeps people waiting. */
START_TEST(a_frame_is_soon_written)
{
    enum { AGENTS = 4, TURNS_MAX = 200, MIB = 1 << 20 };
    int turns = 0;

    trial_open(NULL);
    for (int i = 0; i < AGENTS; i++)
        (void)trial_hog("do=big mib=15");
    while (turns++ < TURNS_MAX && !core_frame_is_full(trial_site.core))
        (void)core_run(trial_site.core, 1);
    figure_tells(6, "changed memory in one frame", "60 MiB of 60; no bound",
                 (double)agents_frame_bytes(trial_site.core->agents) / MIB, 34, "MiB");
    ck_assert_int_lt(turns, TURNS_MAX);
    trial_close();
}
END_TEST

void trials_of_journal(TCase *tcase)
{
    tcase_add_loop_test(tcase, bytes_that_are_kept_are_paid_for, 0, sizeof ways / sizeof ways[0]);
    tcase_add_test(tcase, a_frame_is_soon_written);
}
