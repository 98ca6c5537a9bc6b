/*
 * Power loss, on the real store: a whole site runs on LMDB while each of its writes and flushes is
 * recorded; then every file that a crash could have left is made, and opened by the real recovery.
 * It must stand at the last durable frame, or at the one that was being written, to the last byte
 * of every row, and its books must verify; and the site goes on from such a file, and crashes
 * again.
 *
 * SEED=n replays a run.  CRASH_IMAGES=n: that many images, or more, of each of GENERATIONS lives;
 * CRASH_ROTS=n: that many files with a rotten bit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/journal.h"
#include "ledger/store/store.h"
#include "sdk/loader/loader_wasm.h"
#include "tests/ledger/store/disk_recorder.h"
#include "tests/site/core/fixture.h"
#include "tests/temp_dir.h"

#ifndef CRASH_IMAGES
#define CRASH_IMAGES 1200
#endif
#ifndef CRASH_ROTS
#define CRASH_ROTS 500 /* files with a rotten bit */
#endif

enum {
    MAP_BYTES = 64 * 1024 * 1024,
    GENERATIONS = 3, /* lives, each from what a crash left of the one before */
    FRAMES = 24,     /* of one life */
    FRAMES_MAX = 4 * FRAMES,
    CHAOS = 5,
    LIES = 200,        /* images of a disk that does not flush */
    HANG_SECONDS = 10, /* of one recovery */
};

struct run {
    struct site site;
    struct rng rng;
    char dir[TEMP_DIR_BYTES];    /* where the site lives */
    char images[TEMP_DIR_BYTES]; /* where crashes are looked at */
    struct store_lmdb *lmdb;
    struct store disk;
    struct disk_trace trace;
    struct bytes image;                  /* what a crash left */
    uint64_t base_frame;                 /* the one that a life begins with */
    uint64_t frames;                     /* committed in this life */
    struct hash digests[FRAMES_MAX + 1]; /* of all rows after each frame; [0]: at the beginning */
    uint64_t agents[CHAOS];
};

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

static enum status commit_recorded(void *context, const struct store_batch *batch,
                                   struct fault *fault)
{
    struct run *run = context;
    enum status status;

    disk_record_commit(++run->frames);
    status = run->disk.commit(run->disk.context, batch, fault);
    ck_assert_uint_le(run->frames, FRAMES_MAX);
    if (status == ST_OK)
        run->digests[run->frames] = digest_of(&run->disk);
    return status;
}

static enum status walk_disk(void *context, enum store_table table, const void *prefix,
                             size_t prefix_size, store_visit visit, void *visit_context,
                             struct fault *fault)
{
    const struct run *run = context;

    return run->disk.walk(run->disk.context, table, prefix, prefix_size, visit, visit_context,
                          fault);
}

static void open_disk(struct run *run, enum store_mode mode)
{
    struct fault fault = {0};

    ck_assert_msg(store_lmdb_open(&run->lmdb, run->dir, mode, MAP_BYTES, &fault) == ST_OK, "%s",
                  fault.text);
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
static void move_to_disk(struct run *run)
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
static void populate(struct run *run)
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
    for (int i = 0; i < CHAOS; i++) {
        dice = rng_u64(&run->rng);
        run->agents[i] = site_deploy(&run->site, 1, &chaos);
    }
}

static void run_open(struct run *run)
{
    memset(run, 0, sizeof *run);
    run->rng = rng_for_test();
    temp_dir_init(run->dir);
    temp_dir_init(run->images);
    populate(run);
    move_to_disk(run);
}

static void run_close(struct run *run)
{
    site_close(&run->site);
    store_lmdb_close(run->lmdb);
    disk_trace_fini(&run->trace);
    bytes_fini(&run->image);
    temp_dir_fini(run->dir);
    temp_dir_fini(run->images);
}

/* One life: load from the disk, some dozens of frames of everything, and the disk is closed. */
static void live(struct run *run)
{
    struct site *site = &run->site;

    run->frames = 0;
    run->digests[0] = digest_of(&run->disk);
    site_reload(site);
    run->base_frame = ledger_last_frame(core_ledger(site->core))->frame;
    disk_record_begin(&run->trace, temp_path(run->dir, "data.mdb"));
    while (run->frames < FRAMES) {
        (void)site_send(site, 1, run->agents[rng_below(&run->rng, CHAOS)], "go", 10);
        site->now_us += rng_below(&run->rng, 400000);
        core_advance(site->core, site->now_us);
        (void)core_run(site->core, (uint32_t)rng_below(&run->rng, 60));
        site_frame(site);
    }
    disk_record_end();
    store_lmdb_close(run->lmdb);
    run->lmdb = NULL;
}

/* ---- the real recovery ---- */

static void put_image(const struct run *run, const struct bytes *image)
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

static enum status load_core(const struct run *run, const struct store *store, uint64_t *frame,
                             struct fault *fault)
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

/* Open what lies in the directory of images as a daemon and an audit do. */
static enum status recover(const struct run *run, uint64_t *frame, struct hash *digest,
                           struct fault *fault)
{
    struct store_lmdb *lmdb = NULL;
    struct verify_report report;
    struct store store;
    enum status status = store_lmdb_open(&lmdb, run->images, STORE_WRITE, MAP_BYTES, fault);

    if (status != ST_OK)
        return status;
    store = store_from_lmdb(lmdb);
    status = load_core(run, &store, frame, fault);
    if (status == ST_OK)
        status = ledger_verify(&store, core_claims, NULL, &report, fault);
    if (status == ST_OK)
        status = digest_rows(&store, digest, fault);
    store_lmdb_close(lmdb);
    return status;
}

/* The frame `nth` of this life, all of it? */
static bool is_frame(const struct run *run, uint64_t nth, uint64_t frame, const struct hash *digest)
{
    return nth <= run->frames && frame == run->base_frame + nth &&
           hash_equal(digest, &run->digests[nth]);
}

/* ---- power loss ---- */

struct tally {
    uint64_t images;
    uint64_t at_last;    /* stood at the frame that was durable */
    uint64_t at_written; /* stood at the one that was being written */
};

/*
 * The frame that must come back: a commit's last write names its pages and is on the disk when it
 * returns.  While that one write is under way the disk decides.
 */
static void look_at_image(const struct run *run, const struct disk_cursor *cursor,
                          enum disk_loss loss, struct tally *tally)
{
    const struct disk_op *op = &run->trace.ops[cursor->at];
    struct hash digest;
    struct fault fault = {0};
    uint64_t frame = 0;
    enum status status;

    put_image(run, &run->image);
    status = recover(run, &frame, &digest, &fault);
    ck_assert_msg(status == ST_OK,
                  "power lost in operation %zu of %zu (commit %llu), loss %d: status %d, %s",
                  cursor->at, run->trace.op_count, (unsigned long long)op->commit, (int)loss,
                  (int)status, fault.text);
    tally->images++;
    if (is_frame(run, op->commit - 1, frame, &digest) &&
        !(op->through && loss == DISK_LOSE_NOTHING))
        tally->at_last++;
    else if (is_frame(run, op->commit, frame, &digest) && op->through && loss != DISK_LOSE_ALL)
        tally->at_written++;
    else
        ck_abort_msg("power lost in operation %zu (commit %llu), loss %d: it stands at frame %llu "
                     "or in rows of no frame; the life began with %llu",
                     cursor->at, (unsigned long long)op->commit, (int)loss,
                     (unsigned long long)frame, (unsigned long long)run->base_frame);
}

/* Everything that was recorded must look as LMDB is known to write. */
static void check_trace(const struct run *run)
{
    size_t through = 0;
    size_t flushes = 0;

    for (size_t i = 0; i < run->trace.op_count; i++) {
        const struct disk_op *op = &run->trace.ops[i];

        ck_assert_uint_ge(op->commit, 1);
        through += op->through ? 1 : 0;
        flushes += op->kind == DISK_FLUSH ? 1 : 0;
        /* What names the pages comes after a flush, and is one sector. */
        if (op->through) {
            ck_assert_int_eq(run->trace.ops[i - 1].kind, DISK_FLUSH);
            ck_assert_uint_eq(op->offset / 512, (op->offset + op->size - 1) / 512);
        }
    }
    ck_assert_uint_eq(through, run->frames);
    ck_assert_uint_eq(flushes, run->frames);
}

static uint64_t wanted(const char *name, uint64_t usual)
{
    const char *text = getenv(name);

    return text == NULL ? usual : strtoull(text, NULL, 10);
}

/* Where something new may be lost: the disk for certain holds more than one operation before. */
static bool is_new_ground(const struct disk_cursor *cursor)
{
    return cursor->at == 0 || cursor->trace->ops[cursor->at].through ||
           cursor->trace->ops[cursor->at - 1].through;
}

/* One image; which operations and sectors were lost is drawn from the run's seed. */
static void lose_power(struct run *run, const struct disk_cursor *cursor, enum disk_loss loss,
                       struct tally *tally)
{
    disk_image(cursor, loss, &run->rng, &run->image);
    look_at_image(run, cursor, loss, tally);
}

/* At each operation: all before it there; all unflushed lost; and between them by chance. */
static void lose_power_everywhere(struct run *run, uint64_t images, struct tally *tally)
{
    uint64_t by_chance = images < run->trace.op_count ? 0 : images - run->trace.op_count;
    struct disk_cursor cursor;

    for (disk_cursor_init(&cursor, &run->trace); cursor.at < run->trace.op_count;
         disk_cursor_next(&cursor)) {
        uint64_t left = run->trace.op_count - cursor.at;
        uint64_t here = by_chance / left + (rng_below(&run->rng, left) < by_chance % left ? 1 : 0);

        by_chance -= here;
        lose_power(run, &cursor, DISK_LOSE_NOTHING, tally);
        if (is_new_ground(&cursor))
            lose_power(run, &cursor, DISK_LOSE_ALL, tally);
        for (uint64_t i = 0; i < here; i++)
            lose_power(run, &cursor,
                       (enum disk_loss)(DISK_LOSE_TAIL +
                                        rng_below(&run->rng, DISK_LOSSES - DISK_LOSE_TAIL)),
                       tally);
    }
    ck_assert_uint_eq(cursor.pending, cursor.at); /* a finished commit has nothing to lose */
    disk_cursor_fini(&cursor);
}

/* What some crash left becomes the disk that the site wakes up with. */
static void wake_after_crash(struct run *run)
{
    struct disk_cursor cursor;
    size_t at = rng_below(&run->rng, run->trace.op_count);

    disk_cursor_init(&cursor, &run->trace);
    while (cursor.at < at)
        disk_cursor_next(&cursor);
    disk_image(&cursor, DISK_LOSE_SECTORS, &run->rng, &run->image);
    put_image(run, &run->image);
    ck_assert_int_eq(rename(temp_path(run->images, "data.mdb"), temp_path(run->dir, "data.mdb")),
                     0);
    open_disk(run, STORE_WRITE);
    disk_cursor_fini(&cursor);
}

START_TEST(after_any_loss_of_power_it_stands_at_a_durable_frame_whole)
{
    struct run run;
    struct tally tally = {0};

    run_open(&run);
    for (int life = 0; life < GENERATIONS; life++) {
        if (life > 0)
            wake_after_crash(&run);
        live(&run);
        check_trace(&run);
        lose_power_everywhere(&run, wanted("CRASH_IMAGES", CRASH_IMAGES), &tally);
    }
    (void)printf("%llu images: %llu at the last durable frame, %llu at the one being written\n",
                 (unsigned long long)tally.images, (unsigned long long)tally.at_last,
                 (unsigned long long)tally.at_written);
    ck_assert_uint_gt(tally.at_last, 0);
    ck_assert_uint_gt(tally.at_written, 0);
    run_close(&run);
}
END_TEST

/* ---- damage, each in a process of its own: LMDB trusts its pages and may crash on a bad one ----
 */

enum finding {
    SAME,      /* it stands where it stood */
    OLDER,     /* at an earlier frame of this life, whole */
    REPORTED,  /* it says what is wrong */
    STOPPED,   /* a signal, or LMDB's own assertion */
    HUNG,      /* until the alarm */
    DIFFERENT, /* it accepts rows that no frame ever had */
};
enum { FINDINGS = 6 };

static const char *const finding_names[FINDINGS] = {"same",    "older", "reported",
                                                    "stopped", "hung",  "different"};

static enum finding judge(const struct run *run)
{
    struct hash digest;
    struct fault fault = {0};
    uint64_t frame = 0;

    if (recover(run, &frame, &digest, &fault) != ST_OK)
        return REPORTED;
    if (is_frame(run, run->frames, frame, &digest))
        return SAME;
    for (uint64_t nth = 0; nth < run->frames; nth++) {
        if (is_frame(run, nth, frame, &digest))
            return OLDER;
    }
    return DIFFERENT;
}

static void quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)!dup2(null, STDERR_FILENO); /* LMDB prints its assertions; they are expected here */
    (void)signal(SIGSEGV, SIG_DFL);   /* nor does a sanitizer need to explain */
    (void)signal(SIGBUS, SIG_DFL);
    (void)signal(SIGFPE, SIG_DFL);
    (void)signal(SIGABRT, SIG_DFL);
}

static enum finding judge_apart(const struct run *run)
{
    int status;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        quiet();
        (void)alarm(HANG_SECONDS);
        _exit((int)judge(run));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? HUNG : STOPPED;
    return WEXITSTATUS(status) < FINDINGS ? (enum finding)WEXITSTATUS(status) : STOPPED;
}

static void print_findings(const char *what, const uint64_t counts[FINDINGS])
{
    (void)printf("%s:", what);
    for (int i = 0; i < FINDINGS; i++)
        (void)printf(" %s %llu", finding_names[i], (unsigned long long)counts[i]);
    (void)printf("\n");
    (void)fflush(stdout);
}

START_TEST(a_disk_that_does_not_flush_is_seen_by_this_test)
{
    struct run run;
    uint64_t counts[FINDINGS] = {0};
    struct disk_cursor cursor;

    run_open(&run);
    live(&run);
    disk_cursor_init(&cursor, &run.trace);
    cursor.deaf = true;
    while (cursor.at + 1 < run.trace.op_count)
        disk_cursor_next(&cursor);
    for (int i = 0; i < LIES; i++) {
        disk_image(&cursor, i % 2 == 0 ? DISK_LOSE_SECTORS : DISK_LOSE_PAGES, &run.rng, &run.image);
        put_image(&run, &run.image);
        counts[judge_apart(&run)]++;
    }
    print_findings("a disk that does not flush", counts);
    ck_assert_uint_gt(counts[REPORTED] + counts[STOPPED], 0);
    disk_cursor_fini(&cursor);
    run_close(&run);
}
END_TEST

/* The file after a quiet end. */
static void read_final(const struct run *run, struct bytes *file)
{
    struct disk_cursor cursor;

    disk_cursor_init(&cursor, &run->trace);
    while (cursor.at < run->trace.op_count)
        disk_cursor_next(&cursor);
    ck_assert_uint_eq(cursor.pending, cursor.at); /* a finished commit left nothing to be lost */
    bytes_clear(file);
    bytes_append(file, cursor.durable.data, cursor.durable.size);
    disk_cursor_fini(&cursor);
}

/* Rot likes what LMDB trusts: heads of pages, the two pages that name all others. */
static size_t rotten_byte(struct rng *rng, size_t size)
{
    size_t page = rng_below(rng, size / 4096) * 4096;

    switch (rng_below(rng, 4)) {
    case 0:
        return rng_below(rng, 2) * 4096 + rng_below(rng, 160);
    case 1:
        return page + rng_below(rng, 64);
    default:
        return page + rng_below(rng, 4096);
    }
}

/*
 * Beyond the check of heads is one bit of each: it makes transaction T into T - 2, or T - 1 into
 * T + 1, so that the two change places.
 */
static bool is_blind_spot(size_t byte, unsigned bit)
{
    return (byte == 144 || byte == 4096 + 144) && bit == 1;
}

/* What comes of one flipped bit in the file that a quiet end left. */
static enum finding rot(struct run *run, struct bytes *file)
{
    size_t byte = rotten_byte(&run->rng, file->size);
    unsigned bit = (unsigned)rng_below(&run->rng, 8);
    enum finding finding;

    if (is_blind_spot(byte, bit))
        return SAME;
    file->data[byte] ^= (uint8_t)(1U << bit);
    put_image(run, file);
    finding = judge_apart(run);
    file->data[byte] ^= (uint8_t)(1U << bit);
    if (finding == OLDER || finding == HUNG || finding == DIFFERENT)
        (void)printf("bit %u of byte %zu: %s\n", bit, byte, finding_names[finding]);
    return finding;
}

START_TEST(rotten_bits_are_reported_or_stop_it_or_change_nothing)
{
    const uint64_t rots = wanted("CRASH_ROTS", CRASH_ROTS);
    struct run run;
    uint64_t counts[FINDINGS] = {0};
    struct bytes file = {0};

    run_open(&run);
    live(&run);
    read_final(&run, &file);
    put_image(&run, &file);
    ck_assert_int_eq(judge_apart(&run), SAME);
    for (uint64_t i = 0; i < rots; i++)
        counts[rot(&run, &file)]++;
    print_findings("rotten bits", counts);
    ck_assert_uint_eq(counts[OLDER] + counts[HUNG] + counts[DIFFERENT], 0);
    ck_assert_uint_gt(counts[REPORTED], 0);
    bytes_fini(&file);
    run_close(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/store crash states");
    TCase *tcase = tcase_create("crash states");

    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, after_any_loss_of_power_it_stands_at_a_durable_frame_whole);
    tcase_add_test(tcase, a_disk_that_does_not_flush_is_seen_by_this_test);
    tcase_add_test(tcase, rotten_bits_are_reported_or_stop_it_or_change_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
