/*
 * The command by which archived frames are dropped.  The books name the frames and the head behind
 * them, so that nobody drops by mistake what is in no archive.
 */
#include "site/core/dropping.h"

#include <inttypes.h>

#include "base/log.h"
#include "site/core/commands.h"
#include "site/core/map.h"
#include "site/core/state.h"

static void dropping_refuse(const struct core *core, const struct ledger_dropping *dropping,
                            enum ledger_drop_result result, struct outcome *outcome)
{
    switch (result) {
    case LEDGER_DROP_DONE:
        break;
    case LEDGER_DROP_NOT_OLDEST:
        outcome_set(outcome, CONTROL_REFUSED,
                    "the journal begins with frame %" PRIu64 ", and the request with frame %" PRIu64
                    ": only the oldest segments are dropped",
                    ledger_first_frame(core->ledger), dropping->first);
        break;
    case LEDGER_DROP_NOT_CLOSED:
        outcome_set(outcome, CONTROL_REFUSED,
                    "no segment of the journal ends with frame %" PRIu64
                    " yet: only whole segments are dropped, and never the newest",
                    dropping->last);
        break;
    case LEDGER_DROP_OTHER_HEAD:
        outcome_set(outcome, CONTROL_REFUSED,
                    "the head behind frame %" PRIu64
                    " is another one: what was archived is of other books",
                    dropping->last);
        break;
    }
}

void command_ledger_archive(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome)
{
    enum ledger_drop_result result = LEDGER_DROP_DONE;
    struct ledger_dropping dropping = {0};
    struct fault fault = {0};
    struct store_read read;
    enum status status;
    struct map map;

    (void)by;
    cbor_get_array(in, 3);
    dropping.first = cbor_get_uint(in, UINT64_MAX);
    dropping.last = cbor_get_uint(in, UINT64_MAX);
    cbor_get_bytes_exact(in, dropping.head.bytes, HASH_BYTES);
    if (!outcome_args_done(in, outcome))
        return;
    status = store_read_begin(&read, &core->store, &fault);
    if (status == ST_OK) {
        status = ledger_drop(core->ledger, &read, &dropping, &result, &fault);
        store_read_end(&read);
    }
    if (status != ST_OK) {
        outcome_set(outcome, CONTROL_TRY_AGAIN, "the journal was not read: %s", fault.text);
        return;
    }
    dropping_refuse(core, &dropping, result, outcome);
    if (result != LEDGER_DROP_DONE)
        return;
    log_write(LOG_INFO, "ledger.dropped", "first=%" PRIu64 " last=%" PRIu64, dropping.first,
              dropping.last);
    map_init(&map);
    map_uint(&map, "first_frame", ledger_first_frame(core->ledger));
    map_end(&map, &outcome->result);
}

/* What cannot be read stays where it is; the books are right without it. */
void core_drop_save(struct core *core, struct store_batch *batch)
{
    struct fault fault = {0};
    struct store_read read;
    enum status status;

    if (!ledger_is_dropping(core->ledger))
        return;
    status = store_read_begin(&read, &core->store, &fault);
    core->drop_waits = status != ST_OK;
    if (status == ST_OK) {
        status = ledger_drop_slice(core->ledger, &read, batch, &fault);
        store_read_end(&read);
    }
    if (status != ST_OK)
        log_write(LOG_WARN, "ledger.drop-waits", "reason=\"%s\"", fault.text);
}

bool core_drop_step(struct core *core)
{
    bool drops = ledger_is_dropping(core->ledger) && !core->drop_waits;

    core->frame_open = core->frame_open || drops;
    return drops;
}
