#include "tests/store/disk_site.h"
#include "tests/reading.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "sdk/loader/loader_wasm.h"

/* ---- all rows of a store as one hash ---- */

static void digest_row(struct hasher *hasher, const struct store_row *stored)
{
    uint8_t head[1 + 8 + 8];

    head[0] = (uint8_t)stored->table;
    le64_put(head + 1, stored->key_size);
    le64_put(head + 9, stored->value_size);
    hasher_add(hasher, head, sizeof head);
    hasher_add(hasher, stored->key, stored->key_size);
    hasher_add(hasher, stored->value, stored->value_size);
}

static enum status digest_rows(const struct store_read *read, struct hash *hash,
                               struct fault *fault)
{
    struct hasher *hasher = hasher_new();
    enum status status = ST_OK;

    ck_assert_ptr_nonnull(hasher);
    hasher_start(hasher);
    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, (enum store_table)table, NULL, 0, fault);
        while (store_cursor_next(&cursor, &stored))
            digest_row(hasher, &stored);
        status = store_cursor_close(&cursor, ST_OK);
    }
    *hash = hasher_end(hasher);
    hasher_free(hasher);
    return status;
}

static struct hash digest_of(const struct store *store)
{
    struct fault fault = {0};
    struct hash hash;

    ck_assert_msg(WITH_READ(store, digest_rows(&read, &hash, &fault)) == ST_OK, "%s", fault.text);
    return hash;
}

/* ---- a site on the disk ---- */

static void note_commit(struct disk_site *run)
{
    run->digests[run->frames] = digest_of(&run->disk);
    run->numbers[run->frames] = ledger_last_frame(core_ledger(run->site.core))->frame;
}

static enum status commit_recorded(void *context, const struct store_batch *batch,
                                   struct fault *fault)
{
    struct disk_site *run = context;
    enum status status;

    disk_record_commit(++run->frames);
    status = store_commit(&run->disk, batch, fault);
    ck_assert_uint_le(run->frames, DISK_FRAMES_MAX);
    if (status == ST_OK)
        note_commit(run);
    return status;
}

static enum status begin_on_disk(void *context, void **snapshot, struct fault *fault)
{
    const struct disk_site *run = context;

    return run->disk.begin(run->disk.context, snapshot, fault);
}

static void open_disk(struct disk_site *run, enum store_mode mode)
{
    struct fault fault = {0};

    ck_assert_msg(store_lmdb_open(&run->lmdb, run->dir, mode, DISK_MAP_BYTES, &fault) == ST_OK,
                  "%s", fault.text);
    store_lmdb_bound_log(run->lmdb, DISK_LOG_BYTES); /* rounds of the sweep end within a life */
    run->disk = store_from_lmdb(run->lmdb);
}

static enum status copy_rows(const struct store_read *read, struct store_batch *batch)
{
    enum status status = ST_OK;

    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, (enum store_table)table, NULL, 0, NULL);
        while (store_cursor_next(&cursor, &stored))
            store_batch_put(batch, stored.table, stored.key, stored.key_size, stored.value,
                            stored.value_size);
        status = store_cursor_close(&cursor, ST_OK);
    }
    return status;
}

/* The site was begun in memory; from here on it lives on the disk, and its commits are recorded. */
static void move_to_disk(struct disk_site *run)
{
    struct store_batch batch;
    struct fault fault = {0};

    open_disk(run, STORE_CREATE);
    store_batch_init(&batch);
    ck_assert_int_eq(WITH_READ(&run->site.store, copy_rows(&read, &batch)), ST_OK);
    ck_assert_msg(store_commit(&run->disk, &batch, &fault) == ST_OK, "%s", fault.text);
    store_batch_fini(&batch);
    run->site.store = run->disk; /* it reads as the disk does */
    run->site.store.commit = commit_recorded;
    run->site.store.begin = begin_on_disk;
    run->site.store.context = run;
}

/* Agents that try everything, packets that go round, and a service that is paid. */
static void populate(struct disk_site *run)
{
    uint64_t dice;
    struct deploy chaos = {.module = "chaos",
                           .args = (const char *)&dice,
                           .args_size = sizeof dice,
                           .nanos = 60000000,
                           .gifts = "stcr"};
    struct deploy ring = {.module = "forwarder",
                          .args = "packets=50 value=100 tolls=5 endowment=0.2 loop=1",
                          .nanos = 1000000000};

    site_open(&run->site, rng_u64(&run->rng), 20000000000);
    site_customer(&run->site, 1, "one", 10000000000);
    (void)site_deploy(&run->site, 1, &ring);
    for (int i = 0; i < DISK_CHAOS; i++) {
        dice = rng_u64(&run->rng);
        run->agents[i] = site_deploy(&run->site, 1, &chaos);
    }
}

void disk_site_open(struct disk_site *run)
{
    memset(run, 0, sizeof *run);
    run->rng = rng_for_test();
    temp_dir_init(run->dir);
    temp_dir_init(run->images);
    populate(run);
    move_to_disk(run);
    run->site.many_in_frame = true;
}

void disk_site_close(struct disk_site *run)
{
    site_close(&run->site);
    store_lmdb_close(run->lmdb);
    disk_trace_fini(&run->trace);
    bytes_fini(&run->image);
    temp_dir_fini(run->dir);
    temp_dir_fini(run->images);
}

void disk_site_begin(struct disk_site *run)
{
    run->frames = 0;
    site_reload(&run->site);
    note_commit(run);
    disk_record_begin(&run->trace, temp_path(run->dir, "data.mdb"));
}

enum status disk_site_frame(struct disk_site *run, struct fault *fault)
{
    struct site *site = &run->site;
    struct core_frame frame = {0};
    enum status status = ST_OK;

    for (uint64_t sends = rng_below(&run->rng, 3); sends > 0; sends--)
        (void)site_send(site, 1, run->agents[rng_below(&run->rng, DISK_CHAOS)], "go", 10);
    site->now_us += rng_below(&run->rng, 400000);
    core_advance(site->core, site->now_us);
    (void)core_run(site->core, (uint32_t)rng_below(&run->rng, 60));
    core_frame_close(site->core, 1000000 + site->now_us, &frame);
    if (frame.writes)
        status = store_commit(&site->store, &frame.batch, fault);
    core_frame_fini(&frame);
    return status;
}

void disk_site_end(struct disk_site *run)
{
    disk_record_end();
    store_lmdb_close(run->lmdb);
    run->lmdb = NULL;
}

void disk_site_live(struct disk_site *run)
{
    struct fault fault = {0};

    disk_site_begin(run);
    while (run->frames < DISK_FRAMES)
        ck_assert_msg(disk_site_frame(run, &fault) == ST_OK, "%s", fault.text);
    disk_site_end(run);
}

/* ---- the real recovery ---- */

void disk_site_put(const struct disk_site *run, const struct bytes *image)
{
    int fd = open(temp_path(run->images, "data.mdb"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t done = 0;

    ck_assert_int_ge(fd, 0);
    while (done < image->size) {
        ssize_t part = pwrite(fd, image->data + done, image->size - done, (off_t)done);

        ck_assert_int_gt(part, 0);
        done += (size_t)part;
    }
    ck_assert_int_eq(ftruncate(fd, (off_t)image->size), 0);
    ck_assert_int_eq(close(fd), 0);
}

void disk_site_reopen(struct disk_site *run)
{
    open_disk(run, STORE_WRITE);
}

void disk_site_wake(struct disk_site *run)
{
    disk_site_put(run, &run->image);
    ck_assert_int_eq(rename(temp_path(run->images, "data.mdb"), temp_path(run->dir, "data.mdb")),
                     0);
    disk_site_reopen(run);
}

static enum status load_core(const struct disk_site *run, const struct store *store,
                             uint64_t *frame, struct fault *fault)
{
    struct rng random = run->site.random;
    struct core_options options = {.random = random_from_rng(&random),
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .book = run->site.book};
    struct core *core = NULL;
    enum status status;

    memcpy(options.site_key, run->site.site_key, sizeof options.site_key);
    memcpy(options.operator_key, run->site.people[OPERATOR].key, sizeof options.operator_key);
    status = core_new(&core, &options, fault);
    if (status == ST_OK)
        status = WITH_READ(store, core_load(core, &read, fault));
    if (status == ST_OK)
        status = core_check(core, fault);
    if (status == ST_OK)
        *frame = ledger_last_frame(core_ledger(core))->frame;
    core_free(core);
    return status;
}

enum status disk_site_recover(const struct disk_site *run, uint64_t *frame, struct hash *digest,
                              struct fault *fault)
{
    struct store_lmdb *lmdb = NULL;
    struct verify_report report;
    struct store store;
    enum status status = store_lmdb_open(&lmdb, run->images, STORE_WRITE, DISK_MAP_BYTES, fault);

    if (status != ST_OK)
        return status;
    store = store_from_lmdb(lmdb);
    status = load_core(run, &store, frame, fault);
    if (status == ST_OK)
        status = WITH_READ(&store, audit_verify(&read, &core_audit, &report, fault));
    if (status == ST_OK)
        status = WITH_READ(&store, digest_rows(&read, digest, fault));
    store_lmdb_close(lmdb);
    return status;
}

bool disk_site_is_frame(const struct disk_site *run, uint64_t nth, uint64_t frame,
                        const struct hash *digest)
{
    return nth <= run->frames && frame == run->numbers[nth] &&
           hash_equal(digest, &run->digests[nth]);
}
