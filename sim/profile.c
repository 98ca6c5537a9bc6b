/*
 * What goes wrong in a run, and how often: the profiles, and what runs of each must come to see
 * (docs/simulation.md).
 */
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
        .about = "crashes around any commit, failing commits, bit rot, backups, full disks",
        .lose = 200,
        .late = 5,
        .slow_us = 50000,
        .reconnect = 150,
        .crash = 50,
        .commit_fails = 60,
        .rot = 4,
        .backup = 12,
        .disk_bytes = 300000,
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
        .disk_bytes = 120000,
        .hungry = true,
        .short_memory = 60,
        .crowd = 8,
    },
    {
        .name = "power",
        .about = "bounded links: kills and losses of power while packets run ahead of the disk",
        .lose = 200,
        .repeat = 60,
        .late = 5,
        .slow_us = 50000,
        .partition = 300,
        .reconnect = 150,
        .crash = 40,
        .commit_fails = 200,
        .power = 2,
    },
    {
        .name = "backup",
        .about = "older copies of the disk are put back, and operators accept what that lost",
        .lose = 200,
        .late = 5,
        .slow_us = 50000,
        .reconnect = 150,
        .crash = 60,
        .backup = 2,
    },
    {
        .name = "hog",
        .about = "a rich customer who wants sites to die: all that lasts, wakes, births undone",
        .lose = 200,
        .slow_us = 50000,
        .reconnect = 200,
        .crash = 50,
        .hog = true,
    },
};

const char *const plant_names[PLANTS] = {"none",       "early-replies", "early-parcels",
                                         "lost-frame", "stale-disk",    "lost-row",
                                         "made-money", "double-request"};

const char *const seen_names[SEEN_KINDS] = {
    [SEEN_LOST] = "parcels lost",
    [SEEN_REPEATED] = "repeated",
    [SEEN_CUT_SHORT] = "cut short",
    [SEEN_OLD_PARCEL] = "of an ended connection",
    [SEEN_PARTED] = "partitions",
    [SEEN_ONE_WAY] = "one way",
    [SEEN_RECONNECTED] = "reconnections",
    [SEEN_KILLED] = "sites killed",
    [SEEN_KILLED_WRITING] = "killed while a frame was written",
    [SEEN_COMMIT_LOST] = "commits failed with their frame lost",
    [SEEN_COMMIT_DONE] = "failed with it on the disk",
    [SEEN_ROT] = "rows rotten",
    [SEEN_BACKUP] = "old copies put back",
    [SEEN_LIE] = "lies",
    [SEEN_MEMORY_STOPPED] = "stopped out of memory",
    [SEEN_MEMORY_REFUSED] = "refused something for it",
    [SEEN_MEMORY_START] = "did not start for it",
    [SEEN_CROWD] = "crowds of 1000 born in a frame",
    [SEEN_INBOX_FULL] = "inboxes full",
    [SEEN_PART_FULL] = "full for one customer",
    [SEEN_ALL_FUEL] = "turns that ate all fuel",
    [SEEN_ALL_FUEL_AGAIN] = "and the one before too",
    [SEEN_DIED_DEPOSITS] = "deaths with deposits",
    [SEEN_DIED_PROMISES] = "with answers to come",
    [SEEN_DIED_BUYING] = "with a purchase unheard",
    [SEEN_DIED_BUYING_FAR] = "with a purchase unanswered by a peer",
    [SEEN_KILLED_BUYING] = "sites killed after a purchase",
    [SEEN_KILLED_DEAD] = "killed after such a death",
    [SEEN_ANSWER_TO_DEAD] = "answers to the dead",
    [SEEN_POWER_LOST] = "losses of power with frames to lose",
    [SEEN_ADOPTED] = "lost packets taken over",
    [SEEN_DISK_FULL] = "disks nearly full",
    [SEEN_DISK_FROZEN] = "agents frozen for it",
    [SEEN_DISK_RESTS] = "sites that rested for it",
    [SEEN_LINK_REMOVED] = "links removed",
    [SEEN_LINK_BACK] = "and joined again",
    [SEEN_BIRTHS_UNDONE] = "births undone",
    [SEEN_DIED_FULL] = "deaths with a full inbox",
    [SEEN_SETTLED] = "settlements confirmed",
    [SEEN_SETTLE_REFUSED] = "and refused",
    [SEEN_CLEARED] = "last payments made by a house",
    [SEEN_CLEARING_FAILED] = "refused by one",
    [SEEN_WIRE_JOINED] = "sites joined by wire agents",
    [SEEN_WIRE_LIES] = "answers to lies of a wire agent",
    [SEEN_ARCHIVED] = "sites with archives",
    [SEEN_LOSS_ACCEPTED] = "losses of a restored backup that were accepted",
    [SEEN_QUOTA + CUSTOMER_AGENTS] = "steps with agents refused for a customer's bound",
    [SEEN_QUOTA + CUSTOMER_MEMORY_BYTES] = "memory",
    [SEEN_QUOTA + CUSTOMER_BUFFER_BYTES] = "buffers",
    [SEEN_QUOTA + CUSTOMER_FACETS] = "facets",
    [SEEN_QUOTA + CUSTOMER_TIMERS] = "timers",
    [SEEN_QUOTA + CUSTOMER_HEAP_ENTRIES] = "heap entries",
    [SEEN_QUOTA + CUSTOMER_CODE_BYTES] = "code",
    [SEEN_QUOTA + CUSTOMER_EVENTS] = "events",
    [SEEN_QUOTA + CUSTOMER_EVENT_BYTES] = "bytes of events",
    [SEEN_QUOTA + CUSTOMER_ENDS] = "ends of channels",
};

bool seen_belongs(const struct profile *profile, enum seen seen)
{
    if (seen >= SEEN_QUOTA)
        return profile->hog;
    switch (seen) {
    case SEEN_LOST:
        return profile->lose != 0;
    case SEEN_REPEATED:
        return profile->repeat != 0;
    case SEEN_CUT_SHORT:
        return profile->cut_short != 0;
    case SEEN_OLD_PARCEL:
        return profile->late != 0;
    case SEEN_PARTED:
        return profile->partition != 0;
    case SEEN_ONE_WAY:
        return profile->one_way != 0;
    case SEEN_RECONNECTED:
        return profile->reconnect != 0;
    case SEEN_KILLED:
        return profile->crash != 0 && !profile->hog; /* next to one a site always writes */
    case SEEN_KILLED_WRITING:
        return profile->crash != 0;
    case SEEN_COMMIT_LOST:
    case SEEN_COMMIT_DONE:
        return profile->commit_fails != 0;
    case SEEN_ROT:
        return profile->rot != 0;
    case SEEN_BACKUP:
        return profile->backup != 0;
    case SEEN_WIRE_JOINED:
    case SEEN_WIRE_LIES:
        /* Where more goes wrong, few are joined in the seeds that are run. */
        return !profile->hog && !profile->tiny && profile->power == 0 && profile->lie == 0;
    case SEEN_LOSS_ACCEPTED:
        return profile->backup != 0 && profile->rot == 0; /* rare where other things go wrong */
    case SEEN_LIE:
        return profile->lie != 0;
    case SEEN_MEMORY_STOPPED:
    case SEEN_MEMORY_REFUSED:
    case SEEN_MEMORY_START:
        return profile->short_memory != 0;
    case SEEN_CROWD:
        return profile->crowd != 0;
    case SEEN_INBOX_FULL:
    case SEEN_PART_FULL:
    case SEEN_ALL_FUEL:
    case SEEN_ALL_FUEL_AGAIN:
    case SEEN_DIED_DEPOSITS:
    case SEEN_DIED_PROMISES:
    case SEEN_DIED_BUYING:
    case SEEN_DIED_BUYING_FAR:
    case SEEN_KILLED_BUYING:
    case SEEN_KILLED_DEAD:
    case SEEN_ANSWER_TO_DEAD:
        return profile->tiny && profile->hungry;
    case SEEN_POWER_LOST:
    case SEEN_ADOPTED:
        return profile->power != 0;
    case SEEN_DISK_FULL:
    case SEEN_DISK_FROZEN:
        return profile->disk_bytes != 0;
    case SEEN_DISK_RESTS:
        return profile->tiny; /* elsewhere who fills it is frozen before */
    case SEEN_LINK_REMOVED:
    case SEEN_LINK_BACK:
        return true;
    case SEEN_ARCHIVED:
        return !profile->hog; /* whose operator has other things to do */
    case SEEN_BIRTHS_UNDONE:
    case SEEN_DIED_FULL:
        return profile->hog;
    case SEEN_SETTLED:
    case SEEN_SETTLE_REFUSED:
        return profile->lie == 0 && !profile->hog;
    case SEEN_CLEARED:
    case SEEN_CLEARING_FAILED:
        return profile->power != 0; /* in others a house is in few seeds of those that are run */
    case SEEN_QUOTA:
    case SEEN_KINDS:
        break;
    }
    return false;
}

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
