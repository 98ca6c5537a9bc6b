#include "tests/store/disk_site.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "sdk/loader/loader_wasm.h"

/* ---- all rows of a store as one hash ---- */

struct digest {
    struct hasher *hasher;
    uint8_t table;
};

static enum status digest_row(void *context, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct digest *digest = context;
    uint8_t head[1 + 8 + 8];

    (void)fault;
    head[0] = digest->table;
    le64_put(head + 1, key_size);
    le64_put(head + 9, value_size);
    hasher_add(digest->hasher, head, sizeof head);
    hasher_add(digest->hasher, key, key_size);
    hasher_add(digest->hasher, value, value_size);
    return ST_OK;
}

static enum status digest_rows(const struct store *store, struct hash *hash, struct fault *fault)
{
    struct digest digest = {.hasher = hasher_new()};
    enum status status = ST_OK;

    ck_assert_ptr_nonnull(digest.hasher);
    hasher_start(digest.hasher);
    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        digest.table = (uint8_t)table;
        status = store->walk(store->context, (enum store_table)table, NULL, 0, digest_row, &digest,
                             fault);
    }
    *hash = hasher_end(digest.hasher);
    hasher_free(digest.hasher);
    return status;
}

static struct hash digest_of(const struct store *store)
{
    struct fault fault = {0};
    struct hash hash;

    ck_assert_msg(digest_rows(store, &hash, &fault) == ST_OK, "%s", fault.text);
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
    status = run->disk.commit(run->disk.context, batch, fault);
    ck_assert_uint_le(run->frames, DISK_FRAMES_MAX);
    if (status == ST_OK)
        note_commit(run);
    return status;
}

static enum status walk_disk(void *context, enum store_table table, const void *prefix,
                             size_t prefix_size, store_visit visit, void *visit_context,
                             struct fault *fault)
{
    const struct disk_site *run = context;

    return run->disk.walk(run->disk.context, table, prefix, prefix_size, visit, visit_context,
                          fault);
}

static void open_disk(struct disk_site *run, enum store_mode mode)
{
    struct fault fault = {0};

    ck_assert_msg(store_lmdb_open(&run->lmdb, run->dir, mode, DISK_MAP_BYTES, &fault) == ST_OK,
                  "%s", fault.text);
    run->disk = store_from_lmdb(run->lmdb);
}

struct copy {
    struct store_batch batch;
    enum store_table table;
};

static enum status copy_row(void *context, const uint8_t *key, size_t key_size,
                            const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct copy *copy = context;

    (void)fault;
    store_batch_put(&copy->batch, copy->table, key, key_size, value, value_size);
    return ST_OK;
}

/* The site was begun in memory; from here on it lives on the disk. */
static void move_to_disk(struct disk_site *run)
{
    struct copy copy = {.table = STORE_META};
    struct fault fault = {0};

    open_disk(run, STORE_CREATE);
    store_batch_init(&copy.batch);
    for (int table = 0; table < STORE_TABLES; table++) {
        copy.table = (enum store_table)table;
        ck_assert_int_eq(run->site.store.walk(run->site.store.context, copy.table, NULL, 0,
                                              copy_row, &copy, &fault),
                         ST_OK);
    }
    ck_assert_msg(run->disk.commit(run->disk.context, &copy.batch, &fault) == ST_OK, "%s",
                  fault.text);
    store_batch_fini(&copy.batch);
    run->site.store = (struct store){.commit = commit_recorded, .walk = walk_disk, .context = run};
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
        status = site->store.commit(site->store.context, &frame.batch, fault);
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
        status = core_load(core, store, fault);
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
        status = audit_verify(&store, &core_audit, &report, fault);
    if (status == ST_OK)
        status = digest_rows(&store, digest, fault);
    store_lmdb_close(lmdb);
    return status;
}

bool disk_site_is_frame(const struct disk_site *run, uint64_t nth, uint64_t frame,
                        const struct hash *digest)
{
    return nth <= run->frames && frame == run->numbers[nth] &&
           hash_equal(digest, &run->digests[nth]);
}
