/*
 * One site: its frames, and what a stop, a crash and a bad disk leave of it.  As in the daemon one
 * frame is with the writer while the next one fills, and what waits for a frame leaves when it is
 * durable.
 */
#include "sim/site.h"

#include <stdlib.h>
#include <string.h>

#include "links/parcel.h"
#include "sim/check.h"
#include "sim/client.h"
#include "sim/grants.h"
#include "sim/hog.h"
#include "sim/network.h"
#include "sim/portrait.h"
#include "sim/sim.h"
#include "sim/start.h"
#include "sim/strain.h"

enum {
    TICK_US = 1000000,
    WRITE_US_MAX = 30000,
    BACKUP_EVERY = 64,
    VERIFY_EVERY = 16,     /* frames; it reads all of the journal */
    PRICES_EVERY = 96,     /* frames; the operator posts other prices */
    ROOM_ONE_IN = 40,      /* steps of a site that is short of it */
    VERIFY_ALL_ONE_IN = 4, /* of this many seeds one: after each frame */
};

/* ---- life ---- */

/* Bounds that are met within a run.  `alone`: one customer may fill an inbox. */
static void site_tiny_book(struct pricebook *book, bool alone)
{
    book->turn_fuel_max = 400000;
    book->reserve_fuel = 20000;
    book->agents_max = 14;
    book->inbox_messages_max = 16;
    book->inbox_bytes_max = 65536;
    book->customer_inbox_percent = alone ? 100 : 25;
    book->customer_agents_max = 8;
    book->customer_buffer_bytes_max = 1 << 16;
    book->customer_memory_bytes_max = 3 << 20;
    book->customer_facets_max = 48;
    book->customer_timers_max = 12;
    book->customer_heap_entries_max = 6;
    book->customer_code_bytes_max = 1 << 19;
    book->customer_events_max = 64;
    book->customer_event_bytes_max = 1 << 18;
    book->customer_ends_max = 10;
}

void site_init(struct sim *sim, uint32_t index)
{
    struct sim_site *site = &sim->sites[index];
    struct sim_client itself = {0};

    site->sim = sim;
    site->index = index;
    site->name[0] = (char)('a' + index);
    rng_init(&site->random, sim->options.seed * SIM_SITES_MAX + index);
    client_key(&itself, &site->random);
    memcpy(site->key, itself.key, sizeof site->key);
    memcpy(site->secret, itself.secret, sizeof site->secret);
    for (uint32_t i = 0; i < SIM_CLIENTS; i++)
        client_key(&site->clients[i], &site->random);
    /* A person has one key at all sites, an operator one at its own. */
    for (uint32_t i = 1; i < SIM_CLIENTS && index > 0; i++) {
        memcpy(site->clients[i].key, sim->sites[0].clients[i].key, sizeof site->clients[i].key);
        memcpy(site->clients[i].secret, sim->sites[0].clients[i].secret,
               sizeof site->clients[i].secret);
    }
    pricebook_default(&site->book, &core_order_names);
    site->book.frozen_answer_s = 15; /* a run lasts minutes */
    if (sim->options.profile->tiny)
        site_tiny_book(&site->book, index % 2 == 0);
    if (sim->options.profile->hog)
        hog_book(&site->book);
    if (sim->crowd_site == index) { /* room for all of them, in one turn */
        struct pricebook usual;

        pricebook_default(&usual, &core_order_names);
        site->book.turn_fuel_max = usual.turn_fuel_max;
        site->book.agents_max = usual.agents_max;
        site->book.customer_agents_max = usual.customer_agents_max;
        site->book.customer_memory_bytes_max = usual.customer_memory_bytes_max;
        site->book.customer_facets_max = usual.customer_facets_max;
        site->book.customer_events_max = usual.customer_events_max;
    }
    if (store_memory_new(&site->memory) != ST_OK || store_memory_new(&site->archive) != ST_OK)
        sim_fail(sim, "out of memory");
    site->store = store_from_memory(site->memory);
    site->grants = grants_new();
    site->strain = strain_new();
    INVARIANT(site->grants != NULL && site->strain != NULL);
}

void site_fini(struct sim_site *site)
{
    core_frame_fini(&site->frame);
    core_frame_fini(&site->joined);
    core_free(site->core);
    free(site->portrait);
    grants_free(site->grants);
    strain_free(site->strain);
    store_memory_free(site->memory);
    store_memory_free(site->backup);
    store_memory_free(site->archive);
    for (uint32_t i = 0; i < SIM_CLIENTS; i++) {
        bytes_fini(&site->clients[i].request);
        bytes_fini(&site->clients[i].answer);
    }
}

/* ---- calls while memory may be short ---- */

/*
 * A core that stops on an invariant while memory fails is left as it is, whatever it was doing, and
 * the site goes on as after any crash.
 */
bool site_call(struct sim_site *site, void (*call)(void *context), void *context)
{
    uint64_t refused;

    if (!start_guard(site, site->sim->faults.short_memory, call, context, &refused)) {
        if (refused > 0)
            sim_saw(site->sim, SEEN_MEMORY_REFUSED);
        return true;
    }
    sim_saw(site->sim, SEEN_MEMORY_STOPPED);
    site->abandoned = true;
    site_crash(site, "out of memory");
    return false;
}

/* ---- what a crash and a bad disk leave ---- */

/* A row that is chosen by its place in its table. */
struct rot {
    enum store_table table;
    uint64_t row;
    uint64_t seen;
    uint8_t key[STORE_KEY_BYTES_MAX];
    size_t key_size;
    size_t value_size;
};

/* Step through the table to the row that was chosen; count those seen. */
static void visit_rows(struct sim_site *site, struct rot *rot)
{
    struct store_cursor cursor;
    struct store_row stored;
    struct store_read read;
    struct fault fault;

    INVARIANT(store_read_begin(&read, &site->store, &fault) == ST_OK);
    store_cursor_open(&cursor, &read, rot->table, NULL, 0, &fault);
    while (store_cursor_next(&cursor, &stored)) {
        if (rot->seen++ != rot->row || stored.value_size == 0)
            continue;
        memcpy(rot->key, stored.key, stored.key_size);
        rot->key_size = stored.key_size;
        rot->value_size = stored.value_size;
    }
    if (store_cursor_close(&cursor, ST_OK) != ST_OK)
        sim_fail(site->sim, "site %s: a whole disk is not read: %s", site->name, fault.text);
    store_read_end(&read);
}

/* Choose a row of a table; false: it is empty. */
static bool choose_row(struct sim_site *site, struct rot *rot)
{
    struct rng *rng = &site->sim->disks;

    rot->table = (enum store_table)rng_below(rng, STORE_TABLES);
    rot->row = UINT64_MAX;
    visit_rows(site, rot);
    if (rot->seen == 0)
        return false;
    rot->row = rng_below(rng, rot->seen);
    rot->seen = 0;
    visit_rows(site, rot);
    return rot->value_size != 0;
}

/* A bit flips: the site must not start on it, or its books must not verify.  Then it flips back. */
static void site_rot_once(struct sim_site *site)
{
    struct verify_report report;
    struct rot rot = {0};
    struct fault fault = {0};
    enum status loaded;
    enum status verified;
    size_t bit;

    if (!choose_row(site, &rot))
        return;
    bit = (size_t)rng_below(&site->sim->disks, rot.value_size * 8);
    INVARIANT(store_memory_damage(site->memory, rot.table, rot.key, rot.key_size, bit) == ST_OK);
    loaded = start_load(site, &fault);
    core_free(site->core);
    site->core = NULL;
    verified = check_verify(site, &report, &fault);
    /* Old chunks of the journal are only read by verification; other rows only by the core. */
    if (loaded != ST_CORRUPT && verified != ST_CORRUPT)
        sim_fail(site->sim, "site %s: bit %zu of a row of table %s flipped, and nobody saw it",
                 site->name, bit, store_table_name(rot.table));
    if (loaded != ST_CORRUPT && rot.table != STORE_JOURNAL)
        sim_fail(site->sim, "site %s: it starts on a damaged row of table %s", site->name,
                 store_table_name(rot.table));
    INVARIANT(store_memory_damage(site->memory, rot.table, rot.key, rot.key_size, bit) == ST_OK);
    sim_saw(site->sim, SEEN_ROT);
    sim_trace(site->sim, "site %s: bit rot in table %s is seen: %s", site->name,
              store_table_name(rot.table), fault.text);
}

/*
 * An older copy is put back.  What was reported since is forgotten: links have to notice, clients
 * may be given any answer, and the checks of this site's memory end.
 */
static void site_restore_backup(struct sim_site *site)
{
    store_memory_free(site->memory);
    site->memory = site->backup;
    site->backup = NULL;
    site->store = store_from_memory(site->memory);
    site->restored = true;
    site->lost_memory = true;
    free(site->portrait);
    site->portrait = NULL;
    site->head = (struct hash){{0}};
    site->caps_known = false;
    sim_saw(site->sim, SEEN_BACKUP);
    sim_trace(site->sim, "site %s: an older copy of its disk is put back", site->name);
}

/*
 * Faults of the driver on purpose (enum plant): a row, or the last frame, that was durable is gone.
 */
static void site_lose_planted(struct sim_site *site)
{
    struct rot rot = {0};

    if (site->sim->options.plant == PLANT_LOST_ROW && choose_row(site, &rot))
        INVARIANT(store_memory_damage(site->memory, rot.table, rot.key, rot.key_size,
                                      STORE_MEMORY_DROP) == ST_OK);
    if (site->sim->options.plant == PLANT_LOST_FRAME && site->backup != NULL) {
        store_memory_free(site->memory);
        site->memory = site->backup;
        site->backup = NULL;
        site->store = store_from_memory(site->memory);
    }
}

/* What a crash does to the disk besides what it leaves unwritten. */
static void site_damage_disk(struct sim_site *site)
{
    struct sim *sim = site->sim;

    site_lose_planted(site);
    if (sim_chance(sim, &sim->disks, sim->faults.rot))
        site_rot_once(site);
    if (site->backup != NULL && sim_chance(sim, &sim->disks, sim->faults.backup))
        site_restore_backup(site);
}

/* Keep a copy of the disk as it is, in place of an older one. */
static void site_copy_disk(struct sim_site *site)
{
    store_memory_free(site->backup);
    if (store_memory_copy(&site->backup, site->memory) != ST_OK)
        sim_fail(site->sim, "out of memory");
}

/* Now and then, while backups are a fault of the profile. */
static void site_keep_backup(struct sim_site *site)
{
    if (site->sim->faults.backup == 0 || rng_below(&site->sim->disks, BACKUP_EVERY) != 0)
        return;
    site_copy_disk(site);
    sim_trace(site->sim, "site %s: its disk is copied", site->name);
}

/* ---- frames ---- */

/*
 * Where each link is, as of the frame that closes: what check_loaded() and check_wires() compare
 * with.
 */
static void site_keep_cursors(struct sim_site *site)
{
    const struct sim *sim = site->sim;

    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            const struct link *link;

            if (sim->wires[i].ends[end] != site->index)
                continue;
            link = network_link(sim, &sim->wires[i], end);
            if (link->regrants_seq != site->closed_cursors[i].regrants_seq)
                sim_saw(site->sim, SEEN_ADOPTED);
            site->closed_cursors[i] = (struct cursors){
                .regrants_seq = link->regrants_seq,
                .sent_seq = link->sent_seq,
                .received_seq = link->received_seq,
                .epoch = link->epoch,
                .sent_total = link->sent_total,
                .received_total = link->received_total,
            };
        }
    }
}

/* The first `count` answers of the frame. */
static void site_answers_leave(struct sim_site *site, size_t count)
{
    for (size_t i = 0; i < count; i++)
        client_answer(site, &site->frame.replies[i]);
}

/* The first `count` parcels of the frame. */
static void site_parcels_leave(struct sim_site *site, size_t count)
{
    for (size_t i = 0; i < count; i++)
        network_post(site, &site->frame.parcels[i]);
}

struct site_closing {
    struct sim_site *site;
    struct core_frame frame;
};

static void site_call_close(void *context)
{
    struct site_closing *closing = context;

    core_frame_close(closing->site->core, 1000000 + closing->site->sim->now_us, &closing->frame);
}

/* Hand a frame, or all that were joined, to the writer, which takes some time. */
static void site_hand_over(struct sim_site *site, const struct core_frame *frame, bool kept)
{
    struct sim *sim = site->sim;

    site->frame = *frame;
    site->frame_caps = site->closed_caps;
    memcpy(site->frame_cursors, site->closed_cursors, sizeof site->frame_cursors);
    core_commit_begins(site->core);
    site->kept = kept;
    site->writing = true;
    site->durable_us = sim->now_us;
    if (sim->faulty && site->frame.writes)
        site->durable_us += rng_below(&sim->disks, WRITE_US_MAX);
    /* Planted faults: what leaves here has no durable frame behind it. */
    if (sim->options.plant == PLANT_EARLY_REPLIES)
        site_answers_leave(site, site->frame.reply_count);
    if (sim->options.plant == PLANT_EARLY_PARCELS)
        site_parcels_leave(site, site->frame.parcel_count);
}

/* As the daemon's gather_commit(); after quiet no frame waits for its time, or none would rest. */
static void site_commit_joined(struct sim_site *site)
{
    uint64_t flush_us = (uint64_t)core_flush_ms(site->core) * 1000;
    struct core_frame joined = site->joined;

    if (!site->has_joined || site->writing ||
        (!joined.urgent && site->sim->faulty && site->sim->now_us < site->joined_us + flush_us))
        return;
    site->has_joined = false;
    site->ran_ahead = false;
    site->joined = (struct core_frame){0};
    site_hand_over(site, &joined, true);
}

static bool site_has_messages(const struct bytes *parcel)
{
    struct parcel_head head;

    return parcel_decode(&head, parcel->data, parcel->size, NULL) == ST_OK &&
           head.kind == PARCEL_DATA && head.data.count != 0;
}

static void site_early_leave(struct sim_site *site, struct core_frame *frame)
{
    for (size_t i = 0; i < frame->parcel_count; i++) {
        network_post(site, &frame->parcels[i]);
        site->ran_ahead = site->ran_ahead || site_has_messages(&frame->parcels[i].bytes);
    }
    core_frame_fini(frame);
}

/* The frame is in the redo log: its early parcels leave.  One that is empty waits for no commit. */
static void site_join(struct sim_site *site, struct core_frame *frame)
{
    if (!frame->writes && frame->reply_count == 0 && frame->parcel_count == frame->early_count &&
        frame->links == NULL && !site->has_joined) {
        site_early_leave(site, frame);
        return;
    }
    if (!site->has_joined)
        site->joined_us = site->sim->now_us;
    site->has_joined = true;
    core_frame_join(&site->joined, frame);
    site_early_leave(site, frame);
    site_commit_joined(site);
}

/* Whether a frame may be closed now: as in the daemon one is written while the next fills. */
static bool site_may_close(const struct sim_site *site)
{
    return !site->writing || site->has_joined || core_flush_ms(site->core) != 0;
}

/* Close the open frame, and check the site as of it. */
static void site_close_frame(struct sim_site *site)
{
    struct site_closing closing = {.site = site};

    if (!site_call(site, site_call_close, &closing))
        return;
    strain_frame(site);
    check_site(site);
    site->closed_caps = grants_check(site);
    site_keep_cursors(site);
    if (site->has_joined || core_flush_ms(site->core) != 0)
        site_join(site, &closing.frame);
    else
        site_hand_over(site, &closing.frame, false);
}

/* ---- a disk with an end ---- */

/*
 * Report a disk with an end to the core, which slows down or rests.  Now and then its operator
 * makes room; when the faults are over there is room for all.
 */
static void site_report_disk(struct sim_site *site)
{
    struct sim *sim = site->sim;
    uint64_t bound = sim->faults.disk_bytes;
    struct core_disk disk = {.low_bytes = bound / 2, .full_bytes = bound / 4};
    enum disk_level before = site->core->disk.level;
    uint64_t frozen = core_count(site->core).frozen;

    if (sim->options.profile->disk_bytes == 0)
        return;
    if (site->disk_used > bound / 2 && sim_chance(sim, &sim->disks, ROOM_ONE_IN))
        site->disk_used = 0;
    disk.free_bytes = bound > site->disk_used ? bound - site->disk_used : 0;
    core_set_disk(site->core, &disk);
    if (core_count(site->core).frozen > frozen)
        sim_saw(sim, SEEN_DISK_FROZEN);
    if (site->core->disk.level == before)
        return;
    if (site->core->disk.level == DISK_FULL)
        sim_saw(sim, SEEN_DISK_FULL);
    if (site->core->disk.level == DISK_RESTS)
        sim_saw(sim, SEEN_DISK_RESTS);
}

/*
 * Post other prices of what no check computes from the book alone: rent, the log, the journal, from
 * free to dear, deposits and fees.  The fuel's price stays, as check_fuel() counts by it.
 */
static void site_post_prices(struct sim_site *site)
{
    static const uint64_t journal[] = {100000, 20000003, 0, 3000017};
    struct pricebook *book = &site->book;
    uint64_t step = site->frame_number / PRICES_EVERY;
    struct fault fault = {0};

    INVARIANT(money_from_nanos(&book->memory_rent, 10000000 + step % 7 * 1000003) == ST_OK);
    INVARIANT(money_from_nanos(&book->log, 1000 + step % 3) == ST_OK);
    INVARIANT(money_from_nanos(&book->journal, journal[step % 4]) == ST_OK);
    INVARIANT(money_from_nanos(&book->birth_fee, 100000 + step % 5) == ST_OK);
    INVARIANT(money_from_nanos(&book->link_birth_fee, 100000 + step % 4) == ST_OK);
    if (core_set_prices(site->core, book, &fault) != ST_OK)
        sim_fail(site->sim, "site %s: its new prices: %s", site->name, fault.text);
}

/* The frame is on the disk, and what it held is what the site must start from. */
static void site_commit(struct sim_site *site)
{
    struct fault fault = {0};

    if (!site->frame.writes)
        return;
    if (site->sim->options.plant == PLANT_LOST_FRAME && site->sim->faulty)
        site_copy_disk(site);
    if (store_commit(&site->store, &site->frame.batch, &fault) != ST_OK)
        sim_fail(site->sim, "site %s: %s", site->name, fault.text);
    site->head = site->frame.header.head;
    site->frame_number = site->frame.header.frame;
    /* About what a journal's lines and events take on the disk. */
    site->disk_used += site->frame.header.lines * 64 + site->frame.header.events * 128;
    site->disk_bytes += site->frame.batch.ops.size;
    site->durable_caps = site->frame_caps;
    site->caps_known = true;
    memcpy(site->durable, site->frame_cursors, sizeof site->durable);
    site->sim->result.frames++;
    if (site->frame_number % VERIFY_EVERY == 0 ||
        site->sim->options.seed % VERIFY_ALL_ONE_IN == 0) {
        struct verify_report report;

        check_books(site, &report);
    }
}

/* The frame is durable: what waited for it leaves.  In a crash only the first part of it does. */
static void site_let_out(struct sim_site *site, bool all)
{
    struct sim *sim = site->sim;
    size_t replies = site->frame.reply_count;
    size_t parcels = site->frame.parcel_count;

    if (!all) {
        replies = (size_t)rng_below(&sim->disks, replies + 1);
        parcels = (size_t)rng_below(&sim->disks, parcels + 1);
    }
    site_answers_leave(site, replies);
    site_parcels_leave(site, parcels);
    core_frame_fini(&site->frame);
    site->writing = false;
    if (!all)
        return;
    core_commit_ended(site->core);
    if (site->kept) {
        struct core_frame between = {0};

        core_between_out(site->core, &between);
        site_early_leave(site, &between);
    }
}

/*
 * EIO or ENOSPC: the site stops for good.  What the disk has then is the old or the new state, and
 * nothing of the frame has left.
 */
static void site_commit_fails(struct sim_site *site)
{
    bool done = rng_coin(&site->sim->disks) || site->kept; /* then the next start does it */

    sim_saw(site->sim, done ? SEEN_COMMIT_DONE : SEEN_COMMIT_LOST);
    sim_trace(site->sim, "site %s: commit of frame %llu fails, it is %s the disk", site->name,
              (unsigned long long)site->frame.header.frame, done ? "on" : "not on");
    if (site->sim->options.plant == PLANT_STALE_DISK) {
        site_let_out(site, true); /* as if it had been durable */
        return;
    }
    if (done)
        site_commit(site);
    core_frame_fini(&site->frame);
    site->writing = false;
    site->verify_next = true;
    site_crash(site, "its disk failed");
}

/* The writer is done with a frame, if its time has come. */
static void site_finish_write(struct sim_site *site)
{
    struct sim *sim = site->sim;
    bool writes = site->frame.writes;

    if (!site->writing || site->durable_us > sim->now_us)
        return;
    if (writes && sim_chance(sim, &sim->disks, sim->faults.commit_fails)) {
        site_commit_fails(site);
        return;
    }
    site_commit(site);
    if (writes && site->frame_number % PRICES_EVERY == 0)
        site_post_prices(site); /* not in site_commit(): a core that dies takes no prices */
    site_let_out(site, true);
    site_keep_backup(site);
}

/* The core is gone, with its counts; one that stopped on an invariant is not freed. */
static void site_end_core(struct sim_site *site)
{
    site->past_turns += core_count(site->core).turns;
    site->past_births += core_count(site->core).births;
    if (site->abandoned)
        start_abandon(site);
    site->abandoned = false;
    core_free(site->core);
    site->core = NULL;
}

/* What the redo log has, as the next start commits it; none of its answers leave. */
static void site_apply_redo(struct sim_site *site)
{
    core_frame_fini(&site->frame);
    site->frame = site->joined;
    site->joined = (struct core_frame){0};
    site->frame_caps = site->closed_caps;
    memcpy(site->frame_cursors, site->closed_cursors, sizeof site->frame_cursors);
    site_commit(site);
    core_frame_fini(&site->frame);
}

void site_crash(struct sim_site *site, const char *why)
{
    struct sim *sim = site->sim;
    bool power;

    if (site->core == NULL)
        return;
    sim->result.crashes++;
    sim_saw(sim, site->writing ? SEEN_KILLED_WRITING : SEEN_KILLED);
    sim_trace(sim, "site %s dies: %s", site->name, why);
    power = site->has_joined && sim->faults.power != 0 &&
            rng_below(&sim->disks, sim->faults.power) == 0;
    if (power)
        sim_saw(sim, SEEN_POWER_LOST);
    site->lost_memory = site->lost_memory || power;
    /* The frame with the writer was durable or it was not: both must be right. */
    if (site->writing && (rng_coin(&sim->disks) || (site->kept && !power))) {
        site_commit(site);
        site_let_out(site, false);
    }
    core_frame_fini(&site->frame);
    site->writing = false;
    if (site->has_joined && !power)
        site_apply_redo(site);
    core_frame_fini(&site->joined);
    site->has_joined = false;
    site->ran_ahead = false;
    site_end_core(site);
    site->up_us = sim->now_us + rng_below(&sim->disks, SIM_DOWN_US_MAX);
    network_lost(sim, site->index);
    site_damage_disk(site);
}

/* Commit what is with the writer, and what waits for it. */
static void site_write_now(struct sim_site *site)
{
    while (site->writing || site->has_joined) {
        site->joined.urgent = true;
        site_commit_joined(site);
        site_commit(site);
        site_let_out(site, true);
    }
}

void site_flush(struct sim_site *site)
{
    /* Twice: one frame may be with the writer while the next one fills. */
    for (int i = 0; i < 2; i++) {
        if (!site->writing)
            site_close_frame(site);
        if (site->core == NULL) /* out of memory */
            return;
        site_write_now(site);
    }
}

void site_stop(struct sim_site *site)
{
    site_flush(site);
    if (site->core == NULL)
        return;
    free(site->portrait);
    site->portrait = portrait_of(site->core);
    site_end_core(site);
}

struct site_turns {
    struct sim_site *site;
    uint32_t turns;
};

static void site_call_run(void *context)
{
    const struct site_turns *running = context;

    (void)core_run(running->site->core, running->turns);
}

void site_step(struct sim_site *site, uint32_t turns)
{
    struct sim *sim = site->sim;
    struct site_turns running = {site, turns};

    site_finish_write(site);
    if (site->core == NULL)
        return;
    if (!site->writing)
        site_report_disk(site);
    core_advance(site->core, sim->now_us);
    (void)core_drop_step(site->core); /* each step closes a frame anyway, here and below */
    if (sim->now_us >= site->tick_us) {
        site->tick_us = sim->now_us + TICK_US;
        (void)core_links_tick(site->core);
    }
    grants_look(site);
    if (!site_call(site, site_call_run, &running))
        return;
    if (site_may_close(site))
        site_close_frame(site);
    if (site->core == NULL)
        return;
    site_commit_joined(site);
    site_finish_write(site);
}
