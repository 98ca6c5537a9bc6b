/* Rows 8 and 9: events whose room was paid for in advance, and births that are undone. */
#include "agents/views.h"
#include "tests/hostile/trials.h"

enum { EVENTS = 2000, FUEL = 160000000, FRAME_TURNS = 8, UNPAID = 256 };

static void few_events(struct pricebook *book)
{
    book->customer_events_max = EVENTS;
}

static void add_waiting(void *context, const struct agent *agent)
{
    *(uint64_t *)context += agent->inbox.total;
}

static uint64_t waiting(void)
{
    uint64_t count = 0;

    (void)agents_list(trial_site.core->agents, 0, SIZE_MAX, add_waiting, &count);
    return count;
}

static const struct flood {
    const char *what;
    const char *args;
} floods[] = {
    {"timers that are due at once", "do=wakes"},
    {"notices of room", "do=rooms"},
    {"messages to itself", "do=messages n=1000"},
};

/* Beside them are as many messages as an inbox takes.  Then their owner dies, within one frame. */
START_TEST(events_that_wait_are_bounded)
{
    uint64_t most = 0;
    struct trial_held before;
    uint64_t agent;

    trial_open(few_events);
    before = trial_held();
    agent = trial_hog(floods[_i].args);
    for (int part = 0; part < 8; part++) {
        trial_burn(FUEL / 8, FRAME_TURNS);
        if (waiting() > most)
            most = waiting();
    }
    ck_assert_uint_gt(most, UNPAID / 4);
    figure_tells(8, floods[_i].what, "8 M events wait", (double)most, EVENTS + UNPAID, "events");
    trial_tells_held(8, "... RAM of them, for each byte of rent", "2.4 GiB for 0.009", before);
    ck_assert_int_eq(site_on_agent(&trial_site, HOG, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_le(waiting(), 1); /* whoever had the other end of its channel is told */
    trial_close();
}
END_TEST

START_TEST(births_that_are_undone_leave_nothing)
{
    uint64_t agent;
    uint64_t next;
    uint64_t traps;

    trial_open(NULL);
    agent = trial_hog("do=births n=40");
    trial_burn(1, FRAME_TURNS);
    next = trial_hog("do=idle") + 1;
    traps = core_count(trial_site.core).traps;
    trial_burn(UINT64_MAX / 2, FRAME_TURNS);
    ck_assert_uint_gt(core_count(trial_site.core).traps, traps + 20);
    figure_tells(9, "accounts that 40 turns of undone births leave", "11.7 M in 29 s",
                 (double)(trial_hog("do=idle") - next), 0, "accounts");
    ck_assert(site_lives(&trial_site, agent));
    trial_close();
}
END_TEST

void trials_of_waits(TCase *tcase)
{
    tcase_add_loop_test(tcase, events_that_wait_are_bounded, 0, sizeof floods / sizeof floods[0]);
    tcase_add_test(tcase, births_that_are_undone_leave_nothing);
}
