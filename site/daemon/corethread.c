/*
 * The core thread: drives the core as site/core/core.h says, and closes frames.  One frame fills
 * while the one before is written, so turns go on during a sync, and a frame closes when the writer
 * is free and it is worth it (docs/architecture.md, "Frames").
 */
#include <stdlib.h>

#include "base/log.h"
#include "site/daemon/gather.h"
#include "site/daemon/pace.h"
#include "site/daemon/parts.h"

struct driver {
    struct parts *parts;
    struct gather gather;
    struct pace pace;
    bool dirty;         /* something may be in the frame that is filling */
    bool awaited;       /* ... and somebody outside waits for it */
    bool more;          /* turns are ready */
    uint64_t opened_us; /* when it became dirty */
    uint64_t closed_us; /* when the last one was closed that was written */
    uint64_t turns;     /* in it */
    uint64_t parcels;   /* in it */
    bool has_links;
    uint64_t tick_us; /* when links are looked at next */
    bool is_short;    /* of room: it is measured again soon */
    uint64_t measured_us;
};

/* Something may be in the frame from now on. */
static void driver_open_frame(struct driver *driver, uint64_t now_us)
{
    if (!driver->dirty)
        driver->opened_us = now_us;
    driver->dirty = true;
}

/* ... that came from outside: a client or peer waits until the frame is durable. */
static void driver_open_awaited(struct driver *driver, uint64_t now_us)
{
    driver_open_frame(driver, now_us);
    driver->awaited = true;
}

/*
 * True: there may be more.  By bytes, as what a long request costs the core grows with them.  Each
 * connection has at most one here, so they come to an end.
 */
static bool driver_take_requests(struct driver *driver, uint64_t now_us)
{
    size_t bytes = 0;

    while (bytes < REQUESTS_STEP_BYTES && !core_frame_is_full(driver->parts->core)) {
        struct request *request = ring_pop(&driver->parts->requests);

        if (request == NULL)
            return false;
        driver_open_awaited(driver, now_us);
        bytes += request->bytes.size;
        core_request(driver->parts->core, request->token, request->peer, request->bytes.data,
                     request->bytes.size);
    }
    return !core_frame_is_full(driver->parts->core);
}

/* Between two frames, so that one book is in force for all of a frame. */
static void driver_take_books(struct driver *driver, uint64_t now_us)
{
    struct pricebook *book;
    struct fault fault = {0};

    while (!driver->dirty && (book = ring_pop(&driver->parts->books)) != NULL) {
        driver_open_awaited(driver, now_us);
        if (core_set_prices(driver->parts->core, book, &fault) != ST_OK) {
            log_write(LOG_ERROR, "prices.refused", "reason=\"%s\"", fault.text);
            atomic_store(&driver->parts->book_refused, true);
        }
        (void)atomic_fetch_add(&driver->parts->books_taken, 1);
        free(book);
    }
}

/* The watchdog's beat: it ends when this thread stands (pulse.h). */
static void driver_give_pulse(struct parts *parts)
{
    if (!pulse_is_asked(&parts->pulse))
        return;
    pulse_give(&parts->pulse, core_count(parts->core).agents,
               ledger_last_frame(core_ledger(parts->core))->frame);
    wake_up(&parts->edge_wake);
}

static bool driver_is_full(const struct driver *driver)
{
    return driver->turns >= FRAME_TURNS_MAX || core_frame_is_full(driver->parts->core);
}

static bool driver_may_take_arrivals(const struct driver *driver)
{
    return driver->parcels < FRAME_PARCELS_MAX && !driver_is_full(driver);
}

static void core_take_arrival(struct core *core, const struct arrival *arrival)
{
    switch (arrival->kind) {
    case ARRIVAL_PARCEL:
        core_parcel(core, arrival->key, arrival->bytes, arrival->size);
        break;
    case ARRIVAL_CONNECTED:
        core_link_connected(core, arrival->interface);
        break;
    case ARRIVAL_TROUBLE:
        core_link_trouble(core, arrival->interface, arrival->trouble);
        break;
    case ARRIVAL_JOIN:
        core_join(core, arrival->key, arrival->call, arrival->bytes, arrival->size);
        break;
    }
}

/* True: there may be more.  Those that are left wait in the ring, and behind it the peers. */
static bool driver_take_arrivals(struct driver *driver, uint64_t now_us)
{
    struct parts *parts = driver->parts;

    for (int i = 0; i < ARRIVALS_STEP && driver_may_take_arrivals(driver); i++) {
        struct arrival *arrival = ring_pop(&parts->arrivals);

        if (arrival == NULL)
            return false;
        driver_open_awaited(driver, now_us);
        driver->parcels++;
        core_take_arrival(parts->core, arrival);
        INVARIANT(ring_put(&parts->arrivals_done, arrival)); /* it has a place for each */
    }
    return driver_may_take_arrivals(driver);
}

/* Only with links: a core without them is not woken each second. */
static void driver_tick_links(struct driver *driver, uint64_t now_us)
{
    if (!driver->has_links || now_us < driver->tick_us)
        return;
    driver->tick_us = now_us + LINKS_TICK_US;
    if (core_links_tick(driver->parts->core))
        driver_open_awaited(driver, now_us);
}

/* The disk, once after each commit, while none is under way. */
static void driver_measure_disk(struct driver *driver, uint64_t now_us)
{
    struct parts *parts = driver->parts;
    struct core_disk disk;
    bool due =
        driver->gather.wrote || (driver->is_short && now_us - driver->measured_us >= MEASURE_US);

    if (!due || parts->measure == NULL || atomic_load(&parts->writer_busy))
        return;
    parts->measure(parts->measure_context, &disk);
    driver->gather.wrote = false;
    driver->measured_us = now_us;
    driver->is_short = disk.free_bytes < disk.low_bytes;
    core_set_disk(parts->core, &disk);
    driver->more = !parts->frozen && core_ready(parts->core);
}

static void driver_run_one(struct driver *driver)
{
    struct core *core = driver->parts->core;
    bool timed = pace_watches(&driver->pace);
    uint64_t begun_us = timed ? pace_turn_begins(&driver->pace) : 0;
    uint64_t turns = timed ? core_count(core).turns : 0;

    driver->more = core_run(core, 1);
    if (timed && core_count(core).turns != turns)
        pace_turn_ended(&driver->pace, begun_us);
}

static void driver_run_turns(struct driver *driver, uint64_t now_us)
{
    struct core *core = driver->parts->core;
    uint64_t before = core_count(core).turns;
    uint64_t fuel = core_count(core).fuel;

    if (driver_is_full(driver) || atomic_load(&driver->parts->stopping) || driver->parts->frozen)
        return;
    /* Not by turns alone: some are a thousand times longer than others. */
    for (int i = 0; i < TURNS_STEP && core_count(core).fuel - fuel < FUEL_STEP; i++) {
        driver_run_one(driver);
        if (!driver->more || core_frame_is_full(core))
            break;
    }
    if (core_count(core).turns != before)
        driver_open_frame(driver, now_us);
    driver->turns += core_count(core).turns - before;
}

/* When the frame that fills may be closed although no client or peer waits for it. */
static uint64_t driver_quiet_us(const struct driver *driver)
{
    return driver->awaited ? 0 : driver->closed_us + FRAME_QUIET_US;
}

static bool driver_should_close(const struct driver *driver, uint64_t now_us, bool last)
{
    if (!gather_may_close(&driver->gather))
        return false;
    if (last)
        return !driver->gather.committing;
    if (!driver->dirty)
        return false;
    /* A frame costs one sync, so it is let grow: to a number of turns, or for a while. */
    if (driver->turns >= FRAME_TURNS || driver_is_full(driver))
        return true;
    return driver->more ? now_us - driver->opened_us >= FRAME_US
                        : now_us >= driver_quiet_us(driver);
}

static void driver_close_frame(struct driver *driver, uint64_t now_us, bool last)
{
    struct parts *parts = driver->parts;
    struct parts_frame *frame = gather_frame(&driver->gather);
    uint64_t turns = driver->turns;
    bool writes;

    core_frame_close(parts->core, parts->clock.wall_us(parts->clock.context), &frame->core);
    driver->dirty = false;
    driver->awaited = false;
    driver->turns = 0;
    driver->parcels = 0;
    driver->has_links = driver->has_links || frame->core.link_count != 0;
    writes = frame->core.writes;
    if (writes)
        driver->closed_us = now_us;
    gather_take(&driver->gather, frame, now_us, last);
    pace_frame_closed(&driver->pace, &driver->gather, now_us, writes, turns);
}

/* When the core has something to do because time passed. */
static uint64_t driver_next_due_us(const struct parts *parts)
{
    return parts->frozen ? UINT64_MAX : core_next_due_us(parts->core);
}

/* How long there is nothing to do, in milliseconds; -1: until another thread wakes us. */
static int driver_wait_ms(const struct driver *driver, uint64_t now_us)
{
    /* Time stands still in a frame that is open, so no timer is due in it. */
    uint64_t due_us = driver->dirty ? driver_quiet_us(driver) : driver_next_due_us(driver->parts);
    uint64_t wait_us;

    /* The writer wakes us when it is done. */
    if (driver->dirty && !gather_may_close(&driver->gather))
        return -1;
    if (gather_due_us(&driver->gather) < due_us)
        due_us = gather_due_us(&driver->gather);
    if (driver->has_links && driver->tick_us < due_us)
        due_us = driver->tick_us;
    if (driver->is_short && driver->measured_us + MEASURE_US < due_us)
        due_us = driver->measured_us + MEASURE_US;
    if (due_us <= now_us)
        return WAKE_MS_MIN;
    wait_us = due_us - now_us;
    if (wait_us >= (uint64_t)WAKE_MS_MAX * 1000)
        return WAKE_MS_MAX;
    return (int)((wait_us + 999) / 1000);
}

void *core_thread(void *context)
{
    struct driver driver = {.parts = context};
    struct parts *parts = driver.parts;

    gather_init(&driver.gather, parts);
    pace_init(&driver.pace, parts);
    tier1_step(parts->tier1, parts->core); /* so that the first read of `status` shows it */
    /* The first frame has what loading found to do, such as a quarantine. */
    driver.dirty = true;
    driver.awaited = true;
    for (;;) {
        uint64_t now_us = parts->clock.now_us(parts->clock.context);
        /* Read before the requests are taken: those that came before the stop are still answered,
         * by one more frame if this one is full. */
        bool last = atomic_load(&parts->stopping) && !core_frame_is_full(parts->core);
        bool asked;
        bool arriving;

        driver_give_pulse(parts);
        driver_take_books(&driver, now_us);
        if (driver_next_due_us(parts) <= now_us)
            driver_open_frame(&driver, now_us);
        if (!parts->frozen)
            core_advance(parts->core, now_us);
        if (core_drop_step(parts->core))
            driver_open_awaited(&driver, now_us);
        driver_measure_disk(&driver, now_us);
        asked = driver_take_requests(&driver, now_us);
        last = last && !asked;
        arriving = driver_take_arrivals(&driver, now_us);
        driver_tick_links(&driver, now_us);
        driver_run_turns(&driver, now_us);
        tier1_step(parts->tier1, parts->core);
        if (gather_look(&driver.gather))
            driver_open_awaited(&driver, now_us); /* acknowledgements of what is durable now */
        gather_commit(&driver.gather, now_us);
        pace_look(&driver.pace, &driver.gather, now_us, driver.dirty);
        if (driver_should_close(&driver, now_us, last)) {
            driver_close_frame(&driver, now_us, last);
            if (last)
                return NULL;
            continue;
        }
        if (last || driver_is_full(&driver) || (!driver.more && !arriving && !asked))
            wake_wait(&parts->core_wake,
                      pace_wait_ms(&driver.pace, driver_wait_ms(&driver, now_us)));
    }
}
