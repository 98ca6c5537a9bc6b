/*
 * The brake before the end of the disk.  The journal only grows, and a frame that does not fit ends
 * the site.  So who writes most is frozen when the disk becomes full, and at each further step
 * down; so is an agent that would fill what is left within seconds.  In the last part no agent
 * runs: it is kept for the frames of freezing, paying back and stopping.
 *
 * The journal bytes of each turn are counted for its agent and that agent's customer, and while the
 * disk is low those by which what the agent stores has grown; the journal bytes of a message from a
 * link for that link; over about the last ten seconds.  A table of fixed size keeps
 * the heaviest: two writers of one place take from each other, so the one that writes more than all
 * others of its place together stands there.  The counts are not stored: what was frozen stays
 * frozen, and a writer that fills a site after its start is soon known again.
 */
#include "site/core/disk.h"

#include <inttypes.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/views.h"
#include "base/log.h"
#include "site/core/state.h"

/* Below this the site rests: a third of what `full` keeps is for the site alone. */
static uint64_t disk_rest_bytes(const struct disk *disk)
{
    return disk->room.full_bytes / 3;
}

static enum disk_level disk_level_with(const struct disk *disk, uint64_t free_bytes)
{
    if (free_bytes < disk_rest_bytes(disk))
        return DISK_RESTS;
    if (free_bytes < disk->room.full_bytes)
        return DISK_FULL;
    return free_bytes < disk->room.low_bytes ? DISK_LOW : DISK_ROOMY;
}

/*
 * Worse at once, and better when a sixteenth of what is free could go again: pages are freed and
 * used with each frame, and each change of the level is a line of the log.
 */
static enum disk_level disk_next_level(const struct disk *disk)
{
    uint64_t free_bytes = disk->room.free_bytes;
    enum disk_level now = disk_level_with(disk, free_bytes);
    enum disk_level sure = disk_level_with(disk, free_bytes - free_bytes / 16);

    if (now >= disk->level)
        return now;
    return sure < disk->level ? sure : disk->level;
}

const char *core_disk_word(const struct core *core)
{
    switch (core->disk.level) {
    case DISK_ROOMY:
        return "roomy";
    case DISK_LOW:
        return "low";
    case DISK_FULL:
        return "full";
    case DISK_RESTS:
        return "full, the site rests";
    }
    return "";
}

/* ---- the heaviest writers ---- */

/* Halve all counts for each interval that passed: what is left is about one interval's. */
static void disk_forget(struct core *core)
{
    struct disk *disk = &core->disk;

    while (core->monotonic_us - disk->halved_us >= DISK_WINDOW_US) {
        uint64_t passed = core->monotonic_us - disk->halved_us;

        for (size_t i = 0; i < DISK_WRITERS; i++)
            disk->writers[i].bytes /= 2;
        /* After 64 of them nothing is left to halve. */
        disk->halved_us =
            passed >= 64 * DISK_WINDOW_US ? core->monotonic_us : disk->halved_us + DISK_WINDOW_US;
    }
}

void core_disk_wrote(struct core *core, uint64_t writer, uint64_t customer, uint64_t bytes)
{
    struct disk_writer *place = &core->disk.writers[writer % DISK_WRITERS];

    /* A majority vote by bytes: what others wrote wears the count of the place's owner down. */
    if (place->writer == writer) {
        place->bytes += bytes;
    } else if (place->bytes >= bytes) {
        place->bytes -= bytes;
    } else {
        *place = (struct disk_writer){
            .writer = writer, .customer = customer, .bytes = bytes - place->bytes};
    }
}

uint64_t core_disk_stored(const struct core *core, uint64_t agent)
{
    const struct agent *found;

    if (core->disk.level == DISK_ROOMY) /* a look-up for each turn is not for nothing */
        return 0;
    found = agents_find(core->agents, agent);
    return found == NULL ? 0 : agents_stored_bytes(found);
}

/* The sum of all its agents in the table: many small ones count as one large one. */
static uint64_t disk_customer_bytes(const struct disk *disk, uint64_t customer)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < DISK_WRITERS; i++)
        bytes += disk->writers[i].customer == customer ? disk->writers[i].bytes : 0;
    return bytes;
}

/* Of the customer that wrote most the heaviest; NULL: none wrote so much. */
static struct disk_writer *disk_most(struct disk *disk, uint64_t bytes_min)
{
    struct disk_writer *found = NULL;
    uint64_t most = 0;

    for (size_t i = 0; i < DISK_WRITERS; i++) {
        struct disk_writer *writer = &disk->writers[i];
        uint64_t bytes = writer->bytes == 0 ? 0 : disk_customer_bytes(disk, writer->customer);

        if (bytes == 0 || bytes < bytes_min || bytes < most)
            continue;
        if (found == NULL || bytes > most || writer->bytes > found->bytes)
            found = writer;
        most = bytes;
    }
    return found;
}

/* What is left for agents.  Only while it does not rest. */
static uint64_t disk_left_bytes(const struct disk *disk)
{
    return disk->room.free_bytes - disk_rest_bytes(disk);
}

/* The heaviest of those whose customer wrote as much as is left; NULL: none did. */
static struct disk_writer *disk_heaviest(struct disk *disk)
{
    uint64_t left = disk_left_bytes(disk);
    struct disk_writer *found = NULL;

    for (size_t i = 0; i < DISK_WRITERS; i++) {
        struct disk_writer *writer = &disk->writers[i];

        if (writer->bytes > 0 && (found == NULL || writer->bytes > found->bytes) &&
            disk_customer_bytes(disk, writer->customer) >= left)
            found = writer;
    }
    return found;
}

/* ---- holding writers back ---- */

/* Its messages wait at the peer, which loses nothing by it. */
static void disk_hold_link(struct core *core, uint64_t account)
{
    enum account_kind side;
    uint32_t interface;
    const struct link *link =
        account_link(account, &interface, &side) ? links_find(core->links, interface) : NULL;

    if (link == NULL)
        return;
    core->disk.link_rests[interface] = true;
    log_write(LOG_WARN, "disk.link-rests",
              "link=%s reason=\"the disk is nearly full and this link writes most\"", link->name);
}

static void disk_hold_agent(struct core *core, const struct disk_writer *writer)
{
    struct agent *agent = agents_find(core->agents, writer->writer);
    struct agent_view view;

    if (agent == NULL || agents_is_held(agent))
        return;
    agents_freeze(core->agents, agent, FREEZE_FOR_DISK);
    agents_view(core->agents, agent, &view);
    core->frame_open = true;
    log_write(LOG_WARN, "disk.agent-frozen",
              "agent=%" PRIu64 " customer=%" PRIu64 " bytes=%" PRIu64 " free=%" PRIu64
              " reason=\"%s\" next=\"make room or "
              "raise store.max_bytes, then serai agent thaw\"",
              writer->writer, writer->customer, writer->bytes, core->disk.room.free_bytes,
              view.reason);
}

static void disk_hold(struct core *core, struct disk_writer *writer)
{
    if (writer->writer < ACCOUNT_FIRST_FREE)
        disk_hold_link(core, writer->writer);
    else
        disk_hold_agent(core, writer);
    *writer = (struct disk_writer){0};
}

/* Each is taken out of the table, so the loop ends, and what is left may be below the bound. */
static void disk_hold_heaviest(struct core *core)
{
    struct disk_writer *writer;

    while ((writer = disk_heaviest(&core->disk)) != NULL)
        disk_hold(core, writer);
}

/* Whether a step down was taken since the last one, or the disk has just become full. */
static bool disk_steps_down(struct disk *disk, uint64_t step)
{
    uint64_t free_bytes = disk->room.free_bytes;
    uint64_t below = free_bytes > step ? free_bytes - step : 0;

    if (free_bytes >= disk->hold_below) {
        if (below > disk->hold_below) /* there is more room than there was */
            disk->hold_below = below;
        return false;
    }
    disk->hold_below = below;
    return true;
}

/* However slowly it fills: somebody has to stop, and who writes most is to. */
static void disk_hold_at_step(struct core *core)
{
    struct disk *disk = &core->disk;
    uint64_t step = (disk->room.full_bytes - disk_rest_bytes(disk)) / DISK_STEPS;
    uint64_t least = step < DISK_WRITER_BYTES_MIN ? step : DISK_WRITER_BYTES_MIN;
    struct disk_writer *writer;

    if (!disk_steps_down(disk, step))
        return;
    writer = disk_most(disk, least);
    if (writer != NULL)
        disk_hold(core, writer);
}

static void disk_change_level(struct core *core, enum disk_level level)
{
    core->disk.level = level;
    log_write(level == DISK_ROOMY ? LOG_INFO : LOG_WARN, "disk.level",
              "level=\"%s\" free=%" PRIu64 " low=%" PRIu64 " full=%" PRIu64 " next=\"%s\"",
              core_disk_word(core), core->disk.room.free_bytes, core->disk.room.low_bytes,
              core->disk.room.full_bytes,
              level == DISK_ROOMY ? "nothing" : "make room on the disk or raise store.max_bytes");
    agents_refuse_births(core->agents, level >= DISK_FULL);
    /* Links go on by themselves; an agent that was frozen waits for a person to thaw it. */
    if (level < DISK_FULL)
        memset(core->disk.link_rests, 0, sizeof core->disk.link_rests);
}

void core_set_disk(struct core *core, const struct core_disk *room)
{
    enum disk_level level;

    core->disk.room = *room;
    disk_forget(core);
    level = disk_next_level(&core->disk);
    if (level != core->disk.level)
        disk_change_level(core, level);
    if (level < DISK_FULL)
        core->disk.hold_below = UINT64_MAX; /* when it is full, at once */
    if (level != DISK_FULL) /* at rest no agent writes, and all go on later where they were */
        return;
    disk_hold_at_step(core);
    disk_hold_heaviest(core);
}

bool core_disk_rests(const struct core *core)
{
    return core->disk.level == DISK_RESTS;
}

bool core_disk_link_rests(const struct core *core, uint32_t interface)
{
    return core_disk_rests(core) || core->disk.link_rests[interface];
}

bool core_disk_is_full(const struct core *core)
{
    return core->disk.level >= DISK_FULL;
}

/*
 * A frame fills, some that were closed are joined, and a commit is on its way.  Nothing more is
 * joined to what has a frame's part, so each of the two is less than two parts: five of sixteen,
 * and the last third of the room holds them.  The slice of the sweep that each commit writes is not
 * in this sum: the rows that wait were taken off the room when it was measured.
 */
uint64_t core_frame_bytes_max(const struct core *core)
{
    uint64_t part = core->disk.room.full_bytes / 16;

    if (part == 0 || part > DISK_FRAME_BYTES_MAX) /* 0: never measured */
        return DISK_FRAME_BYTES_MAX;
    return part < DISK_FRAME_BYTES_MIN ? DISK_FRAME_BYTES_MIN : part;
}

bool core_frame_is_full(const struct core *core)
{
    uint64_t most = core_frame_bytes_max(core);

    if (ledger_frame_is_full(core->ledger))
        return true;
    return ledger_frame_bytes(core->ledger) + agents_frame_bytes(core->agents) >= most;
}
