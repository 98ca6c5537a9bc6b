/* Frames of bounded links: what waits for one commit, and when that comes. */
#include "site/daemon/gather.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/temp_dir.h"

enum { KIB = 1024, FLUSH_MS = 1000 };

static char dir[TEMP_DIR_BYTES];
static struct store_memory *memory;
static struct parts parts;
static struct gather gather;
static uint64_t frame_bytes_max;
static uint32_t flush_ms;
static size_t waiting; /* parcels that the commit which ends lets go */

/* ---- in place of the core ---- */

uint32_t core_flush_ms(const struct core *core)
{
    (void)core;
    return flush_ms;
}

uint64_t core_frame_bytes_max(const struct core *core)
{
    (void)core;
    return frame_bytes_max;
}

void core_commit_begins(struct core *core)
{
    (void)core;
}

void core_commit_ended(struct core *core)
{
    (void)core;
}

void core_between_out(struct core *core, struct core_frame *frame)
{
    (void)core;
    if (waiting == 0)
        return;
    frame->parcels = calloc(waiting, sizeof *frame->parcels);
    ck_assert_ptr_nonnull(frame->parcels);
    frame->parcel_count = frame->parcel_capacity = frame->early_count = waiting;
    waiting = 0;
}

/* ---- */

static void setup(void)
{
    struct redo_finding finding;
    struct fault fault = {0};

    temp_dir_init(dir);
    memset(&parts, 0, sizeof parts);
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    parts.store = store_from_memory(memory);
    ck_assert_int_eq(redo_open(&parts.redo, temp_path(dir, "redo"), &parts.store, &finding, &fault),
                     ST_OK);
    ck_assert_int_eq(wake_init(&parts.core_wake, &fault), ST_OK);
    ring_init(&parts.frames, &parts.core_wake);
    ring_init(&parts.early, &parts.core_wake);
    ring_init(&parts.spent, &parts.core_wake);
    frame_bytes_max = UINT64_MAX;
    flush_ms = FLUSH_MS;
    waiting = 0;
    gather_init(&gather, &parts);
}

static void teardown(void)
{
    for (size_t i = 0; i < FRAMES_MAX; i++)
        core_frame_fini(&parts.pool[i].core);
    wake_fini(&parts.core_wake);
    redo_close(parts.redo, false);
    store_memory_free(memory);
    temp_dir_fini(dir);
}

/* A frame that writes so much; 0: nothing. */
static struct parts_frame *frame_of(size_t size)
{
    struct parts_frame *frame = gather_frame(&gather);
    struct bytes value = {0};

    store_batch_init(&frame->core.batch);
    if (size == 0)
        return frame;
    memset(bytes_extend(&value, size), 0, size);
    store_batch_put(&frame->core.batch, STORE_OBJECT, "x", 1, value.data, size);
    bytes_fini(&value);
    frame->core.writes = true;
    return frame;
}

/* One for which the redo log has no room. */
static struct parts_frame *frame_beyond_redo(void)
{
    struct parts_frame *frame = frame_of(STORE_VALUE_BYTES_MAX);
    struct store_batch *batch = &frame->core.batch;
    struct store_batch once = {0};

    store_batch_join(&once, batch);
    while (batch->ops.size <= REDO_HALF_BYTES)
        store_batch_join(batch, &once);
    store_batch_fini(&once);
    return frame;
}

/* The writer takes what it was handed, and has it durable. */
static bool writer_takes_one(void)
{
    struct parts_frame *frame = ring_pop(&parts.frames);

    if (frame == NULL)
        return false;
    core_frame_fini(&frame->core);
    atomic_store(&parts.writer_busy, false);
    ck_assert(ring_push(&parts.spent, frame)); /* the edge had nothing of it to send */
    return true;
}

START_TEST(frames_wait_for_one_commit_until_their_time)
{
    ck_assert(gather.wrote); /* the disk is measured before anything else */
    gather.wrote = false;
    gather_take(&gather, frame_of(KIB), 10, false);
    gather_take(&gather, frame_of(KIB), 20, false);
    gather_commit(&gather, 20);
    ck_assert(!writer_takes_one());
    ck_assert(!gather.wrote);
    ck_assert_uint_eq(gather_due_us(&gather), 10 + FLUSH_MS * 1000);
    gather_commit(&gather, 10 + FLUSH_MS * 1000);
    ck_assert(gather.wrote);
    ck_assert(!gather_look(&gather)); /* it is under way */
    ck_assert(writer_takes_one());
    ck_assert(!writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert_uint_eq(gather_due_us(&gather), UINT64_MAX);
    ck_assert_uint_eq(gather.spare_count, FRAMES_MAX);
}
END_TEST

/* On a disk that is nearly full they take a frame's part of it. */
START_TEST(no_more_is_joined_than_a_frame_may_take)
{
    frame_bytes_max = 64 * KIB;
    gather_take(&gather, frame_of(10 * KIB), 1, false);
    ck_assert(gather_may_close(&gather));
    gather_commit(&gather, 1);
    ck_assert(!writer_takes_one());
    gather_take(&gather, frame_of(60 * KIB), 1, false);
    ck_assert(gather.committing); /* before its time */
    gather_take(&gather, frame_of(64 * KIB), 2, false);
    ck_assert(!gather_may_close(&gather)); /* while the writer has the first */
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    gather_commit(&gather, 2);
    ck_assert(gather_may_close(&gather));
}
END_TEST

static struct parts_frame *frame_with_parcel(bool early)
{
    struct parts_frame *frame = frame_of(0);

    frame->core.parcels = calloc(1, sizeof *frame->core.parcels);
    ck_assert_ptr_nonnull(frame->core.parcels);
    frame->core.parcels[0].early = early;
    frame->core.parcel_count = frame->core.parcel_capacity = 1;
    frame->core.early_count = early;
    return frame;
}

/* The edge sends the early parcels of one frame. */
static bool edge_takes_one(void)
{
    struct parts_frame *frame = ring_pop(&parts.early);

    if (frame == NULL)
        return false;
    ck_assert_uint_eq(frame->core.parcel_count, 1);
    core_frame_fini(&frame->core);
    ck_assert(ring_push(&parts.spent, frame));
    return true;
}

START_TEST(what_waited_for_a_commit_leaves_when_it_ends)
{
    gather_take(&gather, frame_of(KIB), 10, false);
    gather_commit(&gather, 10 + FLUSH_MS * 1000);
    waiting = 1;
    ck_assert(!gather_look(&gather));
    ck_assert(!edge_takes_one());
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert(edge_takes_one());
    ck_assert(!edge_takes_one());
    (void)gather_look(&gather);
    ck_assert_uint_eq(gather.spare_count, FRAMES_MAX);
}
END_TEST

/* Of the second frame nothing may leave before it is durable, also while its commit is under way.
 */
START_TEST(what_the_redo_log_does_not_have_waits_for_its_own_commit)
{
    gather_take(&gather, frame_of(KIB), 1, false);
    gather_commit(&gather, 1 + FLUSH_MS * 1000);
    gather_take(&gather, frame_beyond_redo(), 2, false);
    ck_assert(!gather_may_close(&gather));
    waiting = 1;
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert(!edge_takes_one());
    gather_commit(&gather, 2);
    ck_assert(!gather_may_close(&gather));
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert(gather_may_close(&gather));
}
END_TEST

START_TEST(a_frame_of_early_parcels_alone_needs_no_commit)
{
    gather_take(&gather, frame_with_parcel(true), 1, false);
    ck_assert(edge_takes_one());
    ck_assert_uint_eq(gather_due_us(&gather), UINT64_MAX);
    gather_take(&gather, frame_with_parcel(false), 1, false);
    ck_assert(!edge_takes_one());
    ck_assert_uint_eq(gather_due_us(&gather), 1 + FLUSH_MS * 1000);
    gather_take(&gather, frame_with_parcel(true), 2, false); /* behind one that waits */
    ck_assert(edge_takes_one());
    ck_assert_ptr_nonnull(gather.joined);
    ck_assert_uint_eq(gather.joined->core.parcel_count, 1);
    gather_take(&gather, frame_with_parcel(true), 3, true); /* the last one ends the writer, too */
    ck_assert(edge_takes_one());
    ck_assert(gather.committing);
    ck_assert(writer_takes_one());
}
END_TEST

/* For who watches: how many of the frames that were closed are durable. */
START_TEST(frames_are_counted_as_they_become_durable)
{
    gather_take(&gather, frame_of(0), 5, false); /* nothing of it is written */
    ck_assert_uint_eq(gather.closed, 1);
    ck_assert_uint_eq(gather.durable, 1);
    gather_take(&gather, frame_of(KIB), 10, false);
    gather_take(&gather, frame_of(KIB), 20, false);
    gather_take(&gather, frame_of(0), 20, false); /* after some that are not durable */
    ck_assert_uint_eq(gather.closed, 4);
    ck_assert_uint_eq(gather.durable, 1);
    gather_commit(&gather, 10 + FLUSH_MS * 1000);
    ck_assert_uint_eq(gather.committing_us, 10 + FLUSH_MS * 1000);
    gather_take(&gather, frame_of(KIB), 30, false); /* while those go to the disk */
    (void)gather_look(&gather);
    ck_assert_uint_eq(gather.durable, 1);
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert_uint_eq(gather.durable, 4);
    gather_commit(&gather, 30 + FLUSH_MS * 1000);
    ck_assert(writer_takes_one());
    ck_assert(gather_look(&gather));
    ck_assert_uint_eq(gather.durable, 5);
    ck_assert_uint_eq(gather.closed, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gather");
    TCase *tests = tcase_create("gather");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, frames_wait_for_one_commit_until_their_time);
    tcase_add_test(tests, frames_are_counted_as_they_become_durable);
    tcase_add_test(tests, no_more_is_joined_than_a_frame_may_take);
    tcase_add_test(tests, what_waited_for_a_commit_leaves_when_it_ends);
    tcase_add_test(tests, what_the_redo_log_does_not_have_waits_for_its_own_commit);
    tcase_add_test(tests, a_frame_of_early_parcels_alone_needs_no_commit);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
