/*
 * What lasts, all kinds together: agents that take whatever they get and have children that do the
 * same, until each bound of a customer is reached.
 */
#include "tests/hostile/trials.h"

enum { FUEL = 600000000, FRAME_TURNS = 64 };

static void bounded(struct pricebook *book)
{
    book->customer_agents_max = 60;
    book->customer_memory_bytes_max = 64 << 20;
    book->customer_buffer_bytes_max = 4 << 20;
    book->customer_facets_max = 3000;
    book->customer_timers_max = 1500;
    book->customer_heap_entries_max = 300;
    book->customer_code_bytes_max = 4 << 20;
    book->customer_events_max = 4000;
    book->customer_event_bytes_max = 2 << 20;
    book->customer_ends_max = 40;
}

static const char *const names[CUSTOMER_RESOURCES] = {
    [CUSTOMER_AGENTS] = "agents",
    [CUSTOMER_MEMORY_BYTES] = "memory_bytes",
    [CUSTOMER_BUFFER_BYTES] = "buffer_bytes",
    [CUSTOMER_FACETS] = "facets",
    [CUSTOMER_TIMERS] = "timers",
    [CUSTOMER_HEAP_ENTRIES] = "heap_entries",
    [CUSTOMER_CODE_BYTES] = "code_bytes",
    [CUSTOMER_EVENTS] = "events",
    [CUSTOMER_EVENT_BYTES] = "event_bytes",
    [CUSTOMER_ENDS] = "ends",
};

/* Each bound is come near to, or nothing was shown, and none is passed. */
static void bounds_are_kept(void)
{
    const struct agents *agents = trial_site.core->agents;
    const struct customer_use *use = customer_use(agents, trial_site.people[HOG].account);

    for (int resource = 0; resource < CUSTOMER_RESOURCES; resource++) {
        uint64_t max = pricebook_customer_max(&agents->prices, (enum customer_resource)resource);
        uint64_t used = use->used[resource];

        ck_assert_msg(used <= max && used >= max / 4 * 3, "%s: %llu of %llu", names[resource],
                      (unsigned long long)used, (unsigned long long)max);
    }
}

START_TEST(what_lasts_is_bounded_and_paid_for)
{
    struct trial_held before;

    trial_open(bounded);
    before = trial_held();
    for (int i = 0; i < 4; i++)
        (void)trial_hog("do=hoard");
    trial_burn(FUEL, FRAME_TURNS);
    bounds_are_kept();
    trial_tells_held(7, "RAM of all that lasts, for each byte of rent", "-", before);
    trial_close();
}
END_TEST

void trials_of_hoards(TCase *tcase)
{
    tcase_add_test(tcase, what_lasts_is_bounded_and_paid_for);
}
