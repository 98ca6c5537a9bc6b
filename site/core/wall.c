#include "site/core/wall.h"

#include "ledger/journal.h"
#include "site/core/state.h"

void wall_begin(struct wall *wall, const struct core *core)
{
    struct fault fault;

    *wall = (struct wall){.core = core, .site_time_us = UINT64_MAX};
    /* Only such a core has a store that is there still (core_options.page_lost). */
    if (core->options.page_lost != NULL)
        wall->reads = store_read_begin(&wall->read, &core->store, &fault) == ST_OK;
}

void wall_end(struct wall *wall)
{
    if (wall->reads)
        store_read_end(&wall->read);
    wall->reads = false;
}

/*
 * The first durable frame that was closed at this site time or later, by halves: time never falls
 * from one to the next.  False: none was, or it does not read back, which is for others to report.
 */
static bool wall_find(const struct wall *wall, uint64_t site_time_us, struct frame_header *found)
{
    uint64_t first = ledger_first_frame(wall->core->ledger); /* those before it are archived */
    uint64_t last = ledger_last_frame(wall->core->ledger)->frame;
    bool any = false;

    while (wall->reads && first <= last) {
        uint64_t frame = first + (last - first) / 2;
        struct frame_header header;
        struct fault fault;
        enum status status = journal_read_header(&wall->read, frame, &header, &fault);

        if (status != ST_OK && status != ST_MISSING)
            return false;
        if (status == ST_OK && header.site_time_us < site_time_us) {
            first = frame + 1;
            continue;
        }
        /* A frame that is missing is on its way: it comes after those that are there. */
        any = any || status == ST_OK;
        if (status == ST_OK)
            *found = header;
        last = frame - 1;
    }
    return any;
}

/* By the frame that was closed last: the two clocks go alike while the site runs. */
static uint64_t wall_guess(const struct core *core, uint64_t site_time_us)
{
    const struct frame_header *last = ledger_last_frame(core->ledger);

    if (last->wall_us == 0)
        return 0;
    return last->wall_us + site_time_us - last->site_time_us;
}

uint64_t wall_at(struct wall *wall, uint64_t site_time_us)
{
    struct frame_header found;

    if (site_time_us == wall->site_time_us)
        return wall->wall_us;
    wall->site_time_us = site_time_us;
    if (wall_find(wall, site_time_us, &found) && found.site_time_us == site_time_us)
        wall->wall_us = found.wall_us;
    else
        wall->wall_us = wall_guess(wall->core, site_time_us);
    return wall->wall_us;
}
