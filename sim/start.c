/*
 * A core begins: it is made, loaded from its rows, and compared with what was known of it.  A call
 * into a core in which an allocation fails is here, too, as a start is one.
 */
#include "sim/start.h"
#include "sim/calls.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/pages/arena.h"
#include "agents/set.h"
#include "sdk/loader/loader_wasm.h"
#include "sim/check.h"
#include "sim/grants.h"
#include "sim/memory.h"
#include "sim/past.h"
#include "sim/portrait.h"
#include "sim/sim.h"
#include "sim/strain.h"

enum {
    PAGE_LOG_BYTES_SMALL = 16384, /* so that pages are swept all the time */
    STARTS = 50,                  /* so much rarer than other calls are starts */
    SHORT_STARTS = 8,
    PAGES_CACHED_FEW = 4, /* and given up */
};

/*
 * At the beginning and the end of each turn: whose it is, or 0.  What the simulator allocates there
 * never fails.
 */
static void start_mark(void *context, uint64_t agent, uint64_t message)
{
    memory_count(false);
    grants_mark(context, agent, message);
    strain_mark(context, agent);
    calls_mark(context, agent);
    memory_count(true);
}

static void start_page_lost(void *context)
{
    (void)context;
    INVARIANT(false); /* the disk of a running site does not rot here */
}

static void start_sign(void *context, const void *bytes, size_t size,
                       uint8_t signature[CONTROL_SIGNATURE_BYTES])
{
    const struct sim_site *site = context;

    INVARIANT(crypto_sign_detached(signature, NULL, bytes, size, site->secret) == 0);
}

enum status start_load(struct sim_site *site, struct fault *fault)
{
    struct core_options options = {.random = random_from_rng(&site->random),
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .book = site->book,
                                   .segment_bytes = past_segment_bytes(site->sim),
                                   .page_log_bytes = PAGE_LOG_BYTES_SMALL,
                                   .mark = start_mark,
                                   .mark_context = site,
                                   .pages_cached = PAGES_CACHED_FEW,
                                   .page_lost = start_page_lost,
                                   .sign = start_sign,
                                   .sign_context = site};
    struct store_read read;
    enum status status;

    memcpy(options.site_key, site->key, sizeof options.site_key);
    memcpy(options.operator_key, site->clients[0].key, sizeof options.operator_key);
    status = core_new(&site->core, &options, fault);
    if (status == ST_OK && site->sim->options.awake != UINT32_MAX)
        agents_keep_awake(site->core->agents, site->sim->options.awake);
    if (status == ST_OK)
        status = store_read_begin(&read, &site->store, fault);
    if (status != ST_OK)
        return status;
    status = core_load(site->core, &read, fault);
    store_read_end(&read);
    return status;
}

/* ---- calls while memory may be short ---- */

/* What it held is lost to this process, but for the largest pieces. */
void start_abandon(struct sim_site *site)
{
    store_memory_crash(site->memory);
    if (site->core != NULL && site->core->agents != NULL) {
        arena_free(site->core->agents->pages.arena);
        engine_stack_free(site->core->agents->stack);
    }
    site->core = NULL;
}

/* See start.h.  After quiet nothing fails. */
bool start_guard(struct sim_site *site, uint32_t one_in, void (*call)(void *context), void *context,
                 uint64_t *refused)
{
    struct sim *sim = site->sim;
    struct rng *rng = &sim->disks;
    uint64_t from = MEMORY_ENOUGH;
    bool once = true;
    struct memory_outcome outcome;

    if (sim->faulty && sim_chance(sim, rng, one_in)) {
        /* Mostly an early allocation, as most calls make few. */
        from = rng_below(rng, UINT64_C(1) << rng_below(rng, 11));
        once = rng_coin(rng);
    }
    outcome = memory_guard(from, once, call, context);
    *refused = outcome.refused;
    if (outcome.refused > 0)
        sim_trace(sim, "site %s: out of memory, and it %s", site->name,
                  outcome.stopped ? "stops" : "goes on");
    return outcome.stopped;
}

/* ---- a start ---- */

/*
 * The core that has just started against the one that stopped.  What is not in the rows is
 * forgotten, and that must be nothing.
 */
static void start_compare_portrait(struct sim_site *site)
{
    char words[1100];
    char *now = portrait_of(site->core);

    if (portraits_differ(site->portrait, now, words, sizeof words))
        sim_fail(site->sim, "site %s has forgotten something over a restart\n%s", site->name,
                 words);
    free(now);
}

/* After a stop in good order. */
static void start_check_portrait(struct sim_site *site)
{
    if (site->portrait == NULL)
        return;
    start_compare_portrait(site);
    free(site->portrait);
    site->portrait = NULL;
}

/* No capability comes out of a crash, and none is lost in it. */
static void start_check_caps(struct sim_site *site)
{
    grants_begin(site);
    if (site->caps_known && grants_check(site) != site->durable_caps)
        sim_fail(site->sim, "site %s: it starts with other capabilities than its last frame had",
                 site->name);
}

struct loading {
    struct sim_site *site;
    enum status status;
    struct fault fault;
};

static void start_call_load(void *context)
{
    struct loading *loading = context;

    loading->status = start_load(loading->site, &loading->fault);
}

/*
 * Start once.  False: out of memory, and it will be tried again.  A start may only fail for that: a
 * whole disk always loads.
 */
static bool start_try(struct sim_site *site)
{
    struct loading loading = {.site = site};
    uint64_t refused;
    uint32_t one_in = (site->sim->faults.short_memory + STARTS - 1) / STARTS;
    bool stopped = start_guard(site, one_in, start_call_load, &loading, &refused);

    if (!stopped && loading.status == ST_OK)
        return true;
    if (refused == 0 || (!stopped && loading.status != ST_NOMEM))
        sim_fail(site->sim, "site %s does not start: %s", site->name, loading.fault.text);
    sim_saw(site->sim, SEEN_MEMORY_START);
    if (stopped)
        start_abandon(site);
    core_free(site->core);
    site->core = NULL;
    site->up_us = site->sim->now_us + rng_below(&site->sim->disks, SIM_DOWN_US_MAX);
    return false;
}

/* The first try fails nothing and counts allocations; in each of the others one of these fails. */
void start_site_short(struct sim_site *site)
{
    uint64_t asked = 0;

    for (int try = 0; try <= SHORT_STARTS; try++) {
        struct loading loading = {.site = site};
        uint64_t from = try == 0 ? MEMORY_ENOUGH : rng_below(&site->sim->disks, asked + 1);
        struct memory_outcome outcome = memory_guard(from, true, start_call_load, &loading);

        if (try == 0)
            asked = outcome.asked;
        if (outcome.stopped)
            start_abandon(site);
        else if (loading.status == ST_OK)
            start_compare_portrait(site);
        else if (loading.status != ST_NOMEM || outcome.refused == 0)
            sim_fail(site->sim, "site %s does not start: %s", site->name, loading.fault.text);
        core_free(site->core);
        site->core = NULL;
    }
}

void start_site(struct sim_site *site)
{
    /*
     * A commit failed: what the disk has is not known, so the books are verified first, as a daemon
     * does.
     */
    if (site->verify_next) {
        struct verify_report report;

        check_books(site, &report);
        site->verify_next = false;
    }
    if (!start_try(site))
        return;
    if (site->lost_memory)
        core_lost_memory(site->core);
    site->lost_memory = false;
    start_check_portrait(site);
    start_check_caps(site);
    strain_begin(site);
    core_advance(site->core, site->sim->now_us);
    check_loaded(site);
    sim_trace(site->sim, "site %s starts at frame %llu", site->name,
              (unsigned long long)ledger_frame(core_ledger(site->core)));
}
