/*
 * Power loss, on the real store: a whole site runs on LMDB while each of its writes and flushes is
 * recorded; then files that a crash could have left are made, and opened by the real recovery.  It
 * must stand at the last durable frame, or at the one that was being written, to the last byte of
 * every row, and its books must verify; and the site goes on from such a file, and crashes again.
 *
 * SEED=n replays a run.  CRASH_IMAGES=n: that many images, or more, of each of GENERATIONS lives;
 * CRASH_ROTS=n: that many files with a rotten bit.  `make soak` takes more than the gate does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/disk_site.h"

#ifndef CRASH_IMAGES
#define CRASH_IMAGES 60
#endif
#ifndef CRASH_ROTS
#define CRASH_ROTS 40
#endif

#ifdef SERAI_SANITIZED
enum { LIES = 10, FAILURES = 5, GENERATIONS = 1 };
#else
enum {
    LIES = 30,       /* images of a disk that does not flush */
    FAILURES = 15,   /* of a write or flush */
    GENERATIONS = 2, /* lives, each from what a crash left of the one before */
};
#endif
enum { HANG_SECONDS = 10 }; /* of one recovery */

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
static void look_at_image(const struct disk_site *run, const struct disk_cursor *cursor,
                          enum disk_loss loss, struct tally *tally)
{
    const struct disk_op *op = &run->trace.ops[cursor->at];
    struct hash digest;
    struct fault fault = {0};
    uint64_t frame = 0;
    enum status status;

    disk_site_put(run, &run->image);
    status = disk_site_recover(run, &frame, &digest, &fault);
    ck_assert_msg(status == ST_OK,
                  "power lost in operation %zu of %zu (commit %llu), loss %d: status %d, %s",
                  cursor->at, run->trace.op_count, (unsigned long long)op->commit, (int)loss,
                  (int)status, fault.text);
    tally->images++;
    if (disk_site_is_frame(run, op->commit - 1, frame, &digest) &&
        !(op->through && loss == DISK_LOSE_NOTHING))
        tally->at_last++;
    else if (disk_site_is_frame(run, op->commit, frame, &digest) && op->through &&
             loss != DISK_LOSE_ALL)
        tally->at_written++;
    else
        ck_abort_msg("power lost in operation %zu (commit %llu), loss %d: it stands at frame %llu "
                     "or in rows of no frame; the life began with %llu",
                     cursor->at, (unsigned long long)op->commit, (int)loss,
                     (unsigned long long)frame, (unsigned long long)run->numbers[0]);
}

/* Everything that was recorded must look as LMDB is known to write. */
static void check_trace(const struct disk_site *run)
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

/* Where the disk for certain holds more than it did one operation before. */
static bool is_new_ground(const struct disk_cursor *cursor)
{
    return cursor->at == 0 || cursor->trace->ops[cursor->at].through ||
           cursor->trace->ops[cursor->at - 1].through;
}

/* One image; which operations and sectors were lost is drawn from the run's seed. */
static void lose_power(struct disk_site *run, const struct disk_cursor *cursor, enum disk_loss loss,
                       struct tally *tally)
{
    disk_image(cursor, loss, &run->rng, &run->image);
    look_at_image(run, cursor, loss, tally);
}

/* At each operation: all before it there; all unflushed lost; and between them by chance. */
static void lose_power_everywhere(struct disk_site *run, uint64_t images, struct tally *tally)
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
static void wake_after_crash(struct disk_site *run)
{
    struct disk_cursor cursor;
    size_t at = rng_below(&run->rng, run->trace.op_count);

    disk_cursor_init(&cursor, &run->trace);
    while (cursor.at < at)
        disk_cursor_next(&cursor);
    disk_image(&cursor, DISK_LOSE_SECTORS, &run->rng, &run->image);
    disk_site_wake(run);
    disk_cursor_fini(&cursor);
}

START_TEST(after_any_loss_of_power_it_stands_at_a_durable_frame_whole)
{
    struct disk_site run;
    struct tally tally = {0};

    disk_site_open(&run);
    for (int life = 0; life < GENERATIONS; life++) {
        if (life > 0)
            wake_after_crash(&run);
        disk_site_live(&run);
        check_trace(&run);
        lose_power_everywhere(&run, wanted_by_test("CRASH_IMAGES", CRASH_IMAGES), &tally);
    }
    (void)printf("%llu images: %llu at the last durable frame, %llu at the one being written\n",
                 (unsigned long long)tally.images, (unsigned long long)tally.at_last,
                 (unsigned long long)tally.at_written);
    ck_assert_uint_gt(tally.at_last, 0);
    ck_assert_uint_gt(tally.at_written, 0);
    disk_site_close(&run);
}
END_TEST

/* ---- a disk that fails ---- */

static void look_after_failure(struct disk_site *run)
{
    struct disk_trace now = {0};
    struct hash digest;
    struct fault fault = {0};
    uint64_t frame = 0;

    disk_record_begin(&now, temp_path(run->dir, "data.mdb")); /* it reads the file */
    disk_record_end();
    disk_site_put(run, &now.base);
    ck_assert_msg(disk_site_recover(run, &frame, &digest, &fault) == ST_OK, "%s", fault.text);
    ck_assert_msg(disk_site_is_frame(run, run->frames - 1, frame, &digest),
                  "commit %llu failed, and it stands at frame %llu or in rows of no frame; the "
                  "life began with %llu",
                  (unsigned long long)run->frames, (unsigned long long)frame,
                  (unsigned long long)run->numbers[0]);
    disk_trace_fini(&now);
}

START_TEST(a_write_or_flush_that_fails_is_the_end_and_takes_nothing_back)
{
    static const int errors[] = {EIO, ENOSPC};
    struct disk_site run;

    disk_site_open(&run);
    for (int i = 0; i < FAILURES; i++) {
        int error = errors[rng_below(&run.rng, 2)];
        struct fault fault = {0};
        uint64_t frames;

        disk_site_begin(&run);
        disk_record_fail(rng_below(&run.rng, 80), error, rng_coin(&run.rng));
        while (disk_site_frame(&run, &fault) == ST_OK)
            ck_assert(!disk_record_failed()); /* a failure that no commit told of */
        ck_assert(disk_record_failed());
        frames = run.frames;
        /* Though the disk may be good again, no later commit is tried. */
        while (run.frames == frames)
            (void)!disk_site_frame(&run, &fault);
        ck_assert_ptr_nonnull(strstr(fault.text, "an earlier commit failed"));
        run.frames = frames;
        disk_site_end(&run);
        look_after_failure(&run);
        disk_site_reopen(&run);
    }
    disk_site_close(&run);
}
END_TEST

/* ---- damage: each in a process of its own, as LMDB trusts its pages and may crash ---- */

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

static enum finding judge(const struct disk_site *run)
{
    struct hash digest;
    struct fault fault = {0};
    uint64_t frame = 0;

    if (disk_site_recover(run, &frame, &digest, &fault) != ST_OK)
        return REPORTED;
    if (disk_site_is_frame(run, run->frames, frame, &digest))
        return SAME;
    for (uint64_t nth = 0; nth < run->frames; nth++) {
        if (disk_site_is_frame(run, nth, frame, &digest))
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

static enum finding judge_apart(const struct disk_site *run)
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
    struct disk_site run;
    uint64_t counts[FINDINGS] = {0};
    struct disk_cursor cursor;

    disk_site_open(&run);
    disk_site_live(&run);
    disk_cursor_init(&cursor, &run.trace);
    cursor.deaf = true;
    while (cursor.at + 1 < run.trace.op_count)
        disk_cursor_next(&cursor);
    for (int i = 0; i < LIES; i++) {
        disk_image(&cursor, i % 2 == 0 ? DISK_LOSE_SECTORS : DISK_LOSE_PAGES, &run.rng, &run.image);
        disk_site_put(&run, &run.image);
        counts[judge_apart(&run)]++;
    }
    print_findings("a disk that does not flush", counts);
    ck_assert_uint_gt(counts[REPORTED] + counts[STOPPED], 0);
    disk_cursor_fini(&cursor);
    disk_site_close(&run);
}
END_TEST

/* The file after a quiet end. */
static void read_final(const struct disk_site *run, struct bytes *file)
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
static enum finding rot(struct disk_site *run, struct bytes *file)
{
    size_t byte = rotten_byte(&run->rng, file->size);
    unsigned bit = (unsigned)rng_below(&run->rng, 8);
    enum finding finding;

    if (is_blind_spot(byte, bit))
        return SAME;
    file->data[byte] ^= (uint8_t)(1U << bit);
    disk_site_put(run, file);
    finding = judge_apart(run);
    file->data[byte] ^= (uint8_t)(1U << bit);
    if (finding == OLDER || finding == HUNG || finding == DIFFERENT)
        (void)printf("bit %u of byte %zu: %s\n", bit, byte, finding_names[finding]);
    return finding;
}

START_TEST(rotten_bits_are_reported_or_stop_it_or_change_nothing)
{
    const uint64_t rots = wanted_by_test("CRASH_ROTS", CRASH_ROTS);
    struct disk_site run;
    uint64_t counts[FINDINGS] = {0};
    struct bytes file = {0};

    disk_site_open(&run);
    disk_site_live(&run);
    read_final(&run, &file);
    disk_site_put(&run, &file);
    ck_assert_int_eq(judge_apart(&run), SAME);
    for (uint64_t i = 0; i < rots; i++)
        counts[rot(&run, &file)]++;
    print_findings("rotten bits", counts);
    ck_assert_uint_eq(counts[OLDER] + counts[HUNG] + counts[DIFFERENT], 0);
    ck_assert_uint_gt(counts[REPORTED], 0);
    bytes_fini(&file);
    disk_site_close(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store crash states");
    TCase *tcase = tcase_create("crash states");

    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, after_any_loss_of_power_it_stands_at_a_durable_frame_whole);
    tcase_add_test(tcase, a_write_or_flush_that_fails_is_the_end_and_takes_nothing_back);
    tcase_add_test(tcase, a_disk_that_does_not_flush_is_seen_by_this_test);
    tcase_add_test(tcase, rotten_bits_are_reported_or_stop_it_or_change_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
