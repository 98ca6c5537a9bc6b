/*
 * What a program asked of one file, write by write and flush by flush, and what a disk may hold of
 * it when the power fails.
 *
 * The recorder stands between the store and the C library: the program that links it has its own
 * pwrite, writev, write, ftruncate, fdatasync, fsync and msync, which take notes and go on.  A
 * flush of the recorded file is noted and not done, for a test needs no disk that holds.
 *
 * The disk, as in "All File Systems Are Not Created Equal" (Pillai and others, OSDI 2014): until a
 * flush ends, each sector of what was written since the one before is on the disk or not, by
 * itself; a sector is whole; of two writes to one sector the later one carries the earlier; a file
 * that grew may have its old length or any between.  A write to a file opened O_DSYNC is on the
 * disk when it returns, and takes nothing else along.
 */
#ifndef SERAI_TESTS_STORE_DISK_RECORDER_H
#define SERAI_TESTS_STORE_DISK_RECORDER_H

#include "base/bytes.h"
#include "base/random.h"

enum disk_op_kind { DISK_WRITE, DISK_FLUSH, DISK_TRUNCATE };

struct disk_op {
    enum disk_op_kind kind;
    bool through;    /* a write that is on the disk when it returns */
    size_t offset;   /* of a write, in the file; of a truncation, the new length */
    size_t size;     /* of a write */
    size_t data;     /* of a write: where in the trace's bytes */
    uint64_t commit; /* what the recorder was told last */
};

struct disk_trace {
    struct bytes base; /* the file as it was, all of it on the disk */
    struct bytes data;
    struct disk_op *ops;
    size_t op_count;
    size_t op_capacity;
};

/* One file at a time, one thread.  The trace is emptied first. */
void disk_record_begin(struct disk_trace *trace, const char *path);
void disk_record_commit(uint64_t commit); /* what follows belongs to this commit */
void disk_record_end(void);
/*
 * The operation after `count` more fails with this errno and does nothing; so do all that follow
 * when `for_good`.  disk_record_begin() forgets it.
 */
void disk_record_fail(size_t count, int error, bool for_good);
bool disk_record_failed(void); /* whether that came */
void disk_trace_fini(struct disk_trace *trace);
/* From now on no flush of any file is done, recorded or not: a test needs no disk that holds. */
void disk_flush_nothing(void);

/* ---- the disk ---- */

/* What is on the disk for certain when operation `at` begins, and what is not: from `pending`. */
struct disk_cursor {
    const struct disk_trace *trace;
    struct bytes durable;
    size_t at;
    size_t pending;
    bool deaf; /* a disk that only says that it flushed */
};

void disk_cursor_init(struct disk_cursor *cursor, const struct disk_trace *trace);
void disk_cursor_next(struct disk_cursor *cursor);
void disk_cursor_fini(struct disk_cursor *cursor);

enum disk_loss {
    DISK_LOSE_NOTHING,
    DISK_LOSE_ALL,
    DISK_LOSE_TAIL,    /* written in order, cut within one operation */
    DISK_LOSE_HEAD,    /* the first operations are lost, the later ones are there */
    DISK_LOSE_SECTORS, /* any of 512 bytes */
    DISK_LOSE_PAGES,   /* any of 4096 bytes */
};
enum { DISK_LOSSES = 6 };

/* The file when the power fails while operation cursor->at is under way. */
void disk_image(const struct disk_cursor *cursor, enum disk_loss loss, struct rng *rng,
                struct bytes *image);

#endif
