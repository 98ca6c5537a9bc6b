/* What goes wrong in a run, and how often. */
#include "sim/sim.h"

#include <string.h>

static const struct profile profiles[] = {
    {
        .name = "calm",
        .about = "nothing fails: the population alone",
        .slow_us = 20000,
    },
    {
        .name = "network",
        .about = "loss, repeats, delay, cut parcels, partitions both and one way, restarts",
        .lose = 25,
        .repeat = 15,
        .cut_short = 60,
        .late = 3,
        .slow_us = 200000,
        .partition = 150,
        .one_way = 200,
        .reconnect = 120,
        .crash = 150,
    },
    {
        .name = "disk",
        .about = "crashes around any commit, failing commits, bit rot, restored backups",
        .lose = 200,
        .late = 5,
        .slow_us = 50000,
        .reconnect = 150,
        .crash = 50,
        .commit_fails = 60,
        .rot = 4,
        .backup = 12,
    },
    {
        .name = "liar",
        .about = "one site whose parcels lie: totals, sequences, money, epochs, channels",
        .lose = 200,
        .slow_us = 50000,
        .reconnect = 100,
        .crash = 200,
        .lie = 6,
    },
    {
        .name = "resource",
        .about = "tiny bounds: full inboxes, eaters of fuel and memory, births at the bound",
        .lose = 200,
        .slow_us = 50000,
        .reconnect = 200,
        .crash = 100,
        .tiny = true,
        .hungry = true,
    },
};

const char *const plant_names[PLANTS] = {"none",       "early-replies", "early-parcels",
                                         "lost-frame", "stale-disk",    "lost-row",
                                         "made-money", "double-request"};

const struct profile *profile_at(size_t index)
{
    return index < sizeof profiles / sizeof profiles[0] ? &profiles[index] : NULL;
}

const struct profile *profile_named(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}
