#define _GNU_SOURCE /* RTLD_NEXT */

#include "tests/store/disk_recorder.h"

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512, PAGE_BYTES = 4096 };

/* ---- recording ---- */

static struct {
    struct disk_trace *trace; /* NULL: nothing is recorded */
    dev_t device;
    ino_t file;
    uint64_t commit;
    int error;   /* 0: nothing is to fail */
    size_t good; /* operations before the first that fails */
    size_t failed;
    bool for_good;
    bool flush_nothing;
} recorder;

/* Whether operations on fd are to be noted. */
static bool is_recorded(int fd, bool *through)
{
    struct stat file;
    int flags;

    if (recorder.trace == NULL || fstat(fd, &file) != 0 || file.st_dev != recorder.device ||
        file.st_ino != recorder.file)
        return false;
    flags = fcntl(fd, F_GETFL);
    *through = flags >= 0 && (flags & O_DSYNC) != 0;
    return true;
}

/* Whether an operation on fd is to fail now; then errno says why. */
static bool is_to_fail(int fd)
{
    bool through;

    if (recorder.error == 0 || !is_recorded(fd, &through))
        return false;
    if (recorder.good > 0) {
        recorder.good--;
        return false;
    }
    if (recorder.failed > 0 && !recorder.for_good)
        return false;
    recorder.failed++;
    errno = recorder.error;
    return true;
}

static struct disk_op *note(enum disk_op_kind kind)
{
    struct disk_trace *trace = recorder.trace;
    struct disk_op *op;

    if (trace->op_count == trace->op_capacity) {
        trace->op_capacity = trace->op_capacity == 0 ? 256 : 2 * trace->op_capacity;
        trace->ops = realloc(trace->ops, trace->op_capacity * sizeof *trace->ops);
        ck_assert_ptr_nonnull(trace->ops);
    }
    op = &trace->ops[trace->op_count++];
    *op = (struct disk_op){.kind = kind, .commit = recorder.commit};
    return op;
}

static void note_write(const void *data, size_t size, off_t offset, bool through)
{
    struct disk_op *op = note(DISK_WRITE);

    ck_assert(offset >= 0);
    op->through = through;
    op->offset = (size_t)offset;
    op->size = size;
    op->data = recorder.trace->data.size;
    bytes_append(&recorder.trace->data, data, size);
}

/* The C library's function of that name; or, under a sanitizer, the sanitizer's. */
static void *next_function(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL)
        abort();
    return function;
}

/* ISO C has no cast from an object's pointer to a function's; POSIX says that this works. */
#define NEXT(name, function) (*(void **)(&(function)) = next_function(name))

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    bool through;
    ssize_t done;

    if (real == NULL)
        NEXT("pwrite", real);
    if (is_to_fail(fd))
        return -1;
    done = real(fd, data, size, offset);
    if (done > 0 && is_recorded(fd, &through))
        note_write(data, (size_t)done, offset, through);
    return done;
}

ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    bool through;
    ssize_t done;

    if (real == NULL)
        NEXT("write", real);
    if (is_to_fail(fd))
        return -1;
    done = real(fd, data, size);
    if (done > 0 && is_recorded(fd, &through))
        note_write(data, (size_t)done, lseek(fd, 0, SEEK_CUR) - done, through);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    static ssize_t (*real)(int, const struct iovec *, int);
    bool through;
    ssize_t done;

    if (real == NULL)
        NEXT("writev", real);
    if (is_to_fail(fd))
        return -1;
    done = real(fd, parts, count);
    if (done > 0 && is_recorded(fd, &through)) {
        off_t offset = lseek(fd, 0, SEEK_CUR) - done;
        size_t left = (size_t)done;

        for (int i = 0; i < count && left > 0; i++) {
            size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;

            note_write(parts[i].iov_base, size, offset, through);
            offset += (off_t)size;
            left -= size;
        }
    }
    return done;
}

int ftruncate(int fd, off_t length)
{
    static int (*real)(int, off_t);
    bool through;
    int answer;

    if (real == NULL)
        NEXT("ftruncate", real);
    if (is_to_fail(fd))
        return -1;
    answer = real(fd, length);
    if (answer == 0 && is_recorded(fd, &through))
        note(DISK_TRUNCATE)->offset = (size_t)length;
    return answer;
}

/* Both flush the data, which is all that the images know. */
static int flush(int fd, int (*real)(int))
{
    bool through;

    if (is_to_fail(fd))
        return -1;
    if (is_recorded(fd, &through)) {
        (void)note(DISK_FLUSH);
        return 0;
    }
    return recorder.flush_nothing ? 0 : real(fd);
}

int fdatasync(int fd)
{
    static int (*real)(int);

    if (real == NULL)
        NEXT("fdatasync", real);
    return flush(fd, real);
}

int fsync(int fd)
{
    static int (*real)(int);

    if (real == NULL)
        NEXT("fsync", real);
    return flush(fd, real);
}

/* What is written through the map would pass unseen, so the store must not do that. */
int msync(void *address, size_t size, int flags)
{
    static int (*real)(void *, size_t, int);

    if (recorder.trace != NULL)
        abort();
    if (real == NULL)
        NEXT("msync", real);
    return real(address, size, flags);
}

static void read_file(const char *path, struct bytes *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat file;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &file), 0);
    recorder.device = file.st_dev;
    recorder.file = file.st_ino;
    bytes_clear(bytes);
    if (file.st_size > 0)
        ck_assert_int_eq(read(fd, bytes_extend(bytes, (size_t)file.st_size), (size_t)file.st_size),
                         (ssize_t)file.st_size);
    ck_assert_int_eq(close(fd), 0);
}

void disk_record_begin(struct disk_trace *trace, const char *path)
{
    ck_assert_ptr_null(recorder.trace);
    trace->op_count = 0;
    bytes_clear(&trace->data);
    read_file(path, &trace->base);
    recorder.commit = 0;
    recorder.error = 0;
    recorder.trace = trace;
}

void disk_record_fail(size_t count, int error, bool for_good)
{
    recorder.good = count;
    recorder.error = error;
    recorder.failed = 0;
    recorder.for_good = for_good;
}

bool disk_record_failed(void)
{
    return recorder.error != 0 && recorder.failed > 0;
}

void disk_flush_nothing(void)
{
    recorder.flush_nothing = true;
}

void disk_record_commit(uint64_t commit)
{
    recorder.commit = commit;
}

void disk_record_end(void)
{
    ck_assert(!recorder.trace->data.failed);
    recorder.trace = NULL;
}

void disk_trace_fini(struct disk_trace *trace)
{
    bytes_fini(&trace->base);
    bytes_fini(&trace->data);
    free(trace->ops);
}

/* ---- the disk ---- */

static void set_length(struct bytes *file, size_t length)
{
    if (length > file->size)
        memset(bytes_extend(file, length - file->size), 0, length - file->size);
    file->size = length;
}

/* Write the part of the operation that lies between `from` and `to` in the file. */
static void apply_part(struct bytes *file, const struct disk_trace *trace, const struct disk_op *op,
                       size_t from, size_t to)
{
    size_t begin = op->offset > from ? op->offset : from;
    size_t end = op->offset + op->size < to ? op->offset + op->size : to;

    if (begin >= end)
        return;
    if (end > file->size)
        set_length(file, end);
    memcpy(file->data + begin, trace->data.data + op->data + (begin - op->offset), end - begin);
}

static void apply(struct bytes *file, const struct disk_trace *trace, const struct disk_op *op)
{
    switch (op->kind) {
    case DISK_WRITE:
        apply_part(file, trace, op, 0, SIZE_MAX);
        break;
    case DISK_TRUNCATE:
        set_length(file, op->offset);
        break;
    case DISK_FLUSH:
        break;
    }
}

void disk_cursor_init(struct disk_cursor *cursor, const struct disk_trace *trace)
{
    memset(cursor, 0, sizeof *cursor);
    cursor->trace = trace;
    bytes_append(&cursor->durable, trace->base.data, trace->base.size);
}

void disk_cursor_next(struct disk_cursor *cursor)
{
    const struct disk_op *op = &cursor->trace->ops[cursor->at++];

    if (op->kind == DISK_WRITE && op->through) {
        apply(&cursor->durable, cursor->trace, op);
        if (!cursor->deaf && cursor->pending + 1 == cursor->at)
            cursor->pending = cursor->at;
    } else if (op->kind == DISK_FLUSH && !cursor->deaf) {
        for (size_t i = cursor->pending; i < cursor->at; i++)
            apply(&cursor->durable, cursor->trace, &cursor->trace->ops[i]);
        cursor->pending = cursor->at;
    }
}

void disk_cursor_fini(struct disk_cursor *cursor)
{
    bytes_fini(&cursor->durable);
}

/* Which operations reached the disk: those from `first` to `last`, the last one up to `end`. */
struct survivors {
    size_t first;
    size_t last;
    size_t end;
};

/* A number that depends on the sector and the seed only, so that it is the same each time asked. */
static uint64_t sector_dice(uint64_t seed, size_t sector)
{
    uint64_t x = seed ^ ((uint64_t)sector * UINT64_C(0x9e3779b97f4a7c15));

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void apply_survivors(const struct disk_cursor *cursor, const struct survivors *survivors,
                            struct bytes *image)
{
    for (size_t i = survivors->first; i <= survivors->last; i++) {
        const struct disk_op *op = &cursor->trace->ops[i];

        if (op->kind == DISK_WRITE && i == survivors->last)
            apply_part(image, cursor->trace, op, 0, survivors->end);
        else
            apply(image, cursor->trace, op);
    }
}

/* Of each sector keep the operations up to some one; `kept` in 256 sectors keep all. */
static void apply_sectors(const struct disk_cursor *cursor, size_t sector_bytes, struct rng *rng,
                          struct bytes *image)
{
    const uint64_t seed = rng_u64(rng);
    const uint64_t kept = rng_below(rng, 257);
    const size_t count = cursor->at - cursor->pending + 1;

    for (size_t i = 0; i < count; i++) {
        const struct disk_op *op = &cursor->trace->ops[cursor->pending + i];
        size_t sector = op->offset / sector_bytes;

        if (op->kind != DISK_WRITE) {
            apply(image, cursor->trace, op);
            continue;
        }
        for (; sector * sector_bytes < op->offset + op->size; sector++) {
            uint64_t dice = sector_dice(seed, sector);

            if (dice % 256 < kept || (dice >> 8) % (2 * count) > i + count)
                apply_part(image, cursor->trace, op, sector * sector_bytes,
                           (sector + 1) * sector_bytes);
        }
    }
}

/* The file may be as long as it was, or as it became, or anything between. */
static void cut_length(const struct disk_cursor *cursor, struct rng *rng, struct bytes *image)
{
    size_t grown = image->size > cursor->durable.size ? image->size - cursor->durable.size : 0;

    if (grown > 0 && rng_below(rng, 4) == 0)
        image->size =
            cursor->durable.size + rng_below(rng, grown / SECTOR_BYTES + 1) * SECTOR_BYTES;
}

void disk_image(const struct disk_cursor *cursor, enum disk_loss loss, struct rng *rng,
                struct bytes *image)
{
    const size_t count = cursor->at - cursor->pending + 1;
    struct survivors survivors = {.first = cursor->pending, .last = cursor->at, .end = SIZE_MAX};

    bytes_clear(image);
    bytes_append(image, cursor->durable.data, cursor->durable.size);
    switch (loss) {
    case DISK_LOSE_NOTHING:
        apply_survivors(cursor, &survivors, image);
        break;
    case DISK_LOSE_ALL:
        break;
    case DISK_LOSE_TAIL:
        survivors.last = cursor->pending + rng_below(rng, count);
        survivors.end = cursor->trace->ops[survivors.last].offset / SECTOR_BYTES * SECTOR_BYTES +
                        rng_below(rng, cursor->trace->ops[survivors.last].size / SECTOR_BYTES + 2) *
                            SECTOR_BYTES;
        apply_survivors(cursor, &survivors, image);
        break;
    case DISK_LOSE_HEAD:
        survivors.first += rng_below(rng, count);
        apply_survivors(cursor, &survivors, image);
        break;
    case DISK_LOSE_SECTORS:
        apply_sectors(cursor, SECTOR_BYTES, rng, image);
        cut_length(cursor, rng, image);
        break;
    case DISK_LOSE_PAGES:
        apply_sectors(cursor, PAGE_BYTES, rng, image);
        cut_length(cursor, rng, image);
        break;
    }
    ck_assert(!image->failed);
}
