/* Its state is one row of the site's, so a drain goes on over restarts. */
#include "site/core/drain.h"

#include <inttypes.h>

#include "agents/life.h"
#include "base/cbor.h"
#include "base/log.h"
#include "site/core/commands.h"
#include "site/core/joining.h"
#include "site/core/map.h"
#include "site/core/state.h"

static const uint8_t META_DRAIN = 6;

enum { DRAIN_FIELDS = 2 };

/* Of its end: long enough for a house, which is asked again after some seconds. */
#define DRAIN_SETTLE_US (60 * UINT64_C(1000000))

/* ---- its row ---- */

enum status core_drain_load(struct core *core, const struct store_read *read, struct fault *fault)
{
    struct store_row stored;
    struct cbor in;
    enum status status =
        store_get(read, STORE_META, &META_DRAIN, sizeof META_DRAIN, &stored, fault);

    if (status == ST_MISSING)
        return ST_OK;
    if (status != ST_OK)
        return status;
    cbor_init(&in, stored.value, stored.value_size);
    cbor_get_array(&in, DRAIN_FIELDS);
    core->drain.state = (enum drain_state)cbor_get_uint(&in, DRAIN_OVER);
    core->drain.until_us = cbor_get_uint(&in, UINT64_MAX);
    if ((core->drain.state == DRAIN_NONE) != (core->drain.until_us == 0))
        cbor_fail(&in, "a time goes with a drain, and with nothing else");
    if (cbor_done(&in, fault, "meta row 6 (drain)") != ST_OK) {
        fault->status = ST_CORRUPT;
        return ST_CORRUPT;
    }
    agents_set_leaving(core->agents, core->drain.until_us);
    return ST_OK;
}

void core_drain_save(struct core *core, struct store_batch *batch)
{
    struct bytes row = {0};

    if (!core->drain.dirty)
        return;
    cbor_put_array(&row, DRAIN_FIELDS);
    cbor_put_uint(&row, (uint64_t)core->drain.state);
    cbor_put_uint(&row, core->drain.until_us);
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_META, &META_DRAIN, sizeof META_DRAIN, row.data, row.size);
    bytes_fini(&row);
    core->drain.dirty = false;
}

/* ---- what it does ---- */

static void drain_set(struct core *core, enum drain_state state, uint64_t until_us)
{
    core->drain.state = state;
    core->drain.until_us = until_us;
    core->drain.dirty = true;
    core->drain.ends = false;
    core->frame_open = true;
    agents_set_leaving(core->agents, until_us);
}

bool core_is_drained(const struct core *core)
{
    return core->drain.state == DRAIN_OVER;
}

bool core_drain_settles(const struct core *core)
{
    return core->drain.state == DRAIN_LEAVING &&
           core->drain.until_us <= core->site_time_us + DRAIN_SETTLE_US;
}

/*
 * What is left stays as it is: agents, their money and their channels stand still with the site's
 * time, and packets for them wait at the peers.
 */
void core_drain_step(struct core *core)
{
    if (core->drain.state != DRAIN_LEAVING || core->site_time_us < core->drain.until_us)
        return;
    drain_set(core, DRAIN_OVER, core->drain.until_us);
    core->drain.ends = true;
    log_write(LOG_INFO, "site.drained", "agents=%" PRIu64 " effect=\"the site stops\"",
              core_count(core).agents);
}

static const char *drain_word(const struct core *core)
{
    switch (core->drain.state) {
    case DRAIN_NONE:
        return "no";
    case DRAIN_LEAVING:
        return "leaving";
    case DRAIN_OVER:
        return "over";
    }
    return "";
}

void core_drain_entries(const struct core *core, struct map *map)
{
    uint64_t until_us = core->drain.until_us;

    map_text(map, "drain", drain_word(core));
    if (core->drain.state == DRAIN_LEAVING)
        map_uint(map, "drain_left_s",
                 until_us > core->site_time_us ? (until_us - core->site_time_us) / 1000000 : 0);
}

/* ---- the command ---- */

static void drain_cancel(struct core *core, struct outcome *outcome)
{
    if (core->drain.state == DRAIN_NONE) {
        outcome_set(outcome, CONTROL_REFUSED, "the site is not being drained");
        return;
    }
    drain_set(core, DRAIN_NONE, 0);
    log_write(LOG_INFO, "site.drain", "state=cancelled");
}

static void drain_begin(struct core *core, uint64_t lasts_us, struct outcome *outcome)
{
    if (core->drain.state == DRAIN_OVER) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "the site was drained: `serai site drain --cancel` opens it again");
        return;
    }
    drain_set(core, DRAIN_LEAVING, core->site_time_us + lasts_us);
    log_write(LOG_INFO, "site.drain", "state=leaving left_s=%" PRIu64, lasts_us / 1000000);
}

/* How long it lasts, or null to call it off. */
void command_site_drain(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    uint64_t lasts_us = 0;
    bool cancels;
    struct map map;

    (void)by;
    cbor_get_array(in, 1);
    cancels = cbor_take_null(in);
    if (!cancels)
        lasts_us = cbor_get_uint(in, INVITATION_US_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    if (cancels)
        drain_cancel(core, outcome);
    else
        drain_begin(core, lasts_us, outcome);
    if (outcome->status != CONTROL_DONE)
        return;
    map_init(&map);
    core_drain_entries(core, &map);
    map_uint(&map, "agents", core_count(core).agents);
    map_end(&map, &outcome->result);
}
