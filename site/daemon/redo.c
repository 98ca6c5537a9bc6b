/* docs/records.md, "The redo log", has the format of the file. */
#include "site/daemon/redo.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cbor.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

enum { PAGE_BYTES = 4096, BOOT_BYTES = 36, HALVES = 2, REDO_FIELDS = 2 };
enum { FILE_BYTES = PAGE_BYTES + HALVES * REDO_HALF_BYTES };
#define REDO_MAGIC UINT64_C(0x316f646572726573) /* "serredo1" in memory */
#define LAST_UNSURE UINT64_MAX                  /* no record has this number */
static const uint8_t redo_meta_key = 7;         /* of the row in the table `meta` */

/* The first page.  Read back only on the same machine: no byte order to fix. */
struct redo_page {
    uint64_t magic;
    char boot[BOOT_BYTES + 4];     /* which start of the system wrote it */
    uint64_t clean;                /* it was closed with nothing in it, and that is on the disk */
    _Atomic uint64_t last;         /* the number of the last record, or LAST_UNSURE */
    _Atomic uint64_t used[HALVES]; /* bytes */
};
static_assert(sizeof(struct redo_page) <= PAGE_BYTES, "one page");

/* Before each batch.  `chain` is the hash of the chain before, the number and the batch. */
struct redo_head {
    uint64_t number;
    uint64_t size; /* of the packed operations that follow, filled up to 8 bytes */
    uint64_t count;
    struct hash chain;
};

struct redo {
    int fd;
    struct redo_page *page;
    size_t mapped;
    uint8_t *half[HALVES];
    struct hasher *hasher;
    int filling;
    bool reserved;   /* both halves have their blocks, and are mapped */
    bool unusable;   /* the disk has none for them */
    bool committing; /* the other half */
    uint64_t number; /* of the last record, and the chain up to it */
    struct hash chain;
};

static struct hash redo_chain(struct hasher *hasher, const struct hash *before, uint64_t number,
                              const uint8_t *ops, size_t size)
{
    uint8_t bytes[8];

    le64_put(bytes, number);
    hasher_start(hasher);
    hasher_add(hasher, before->bytes, HASH_BYTES);
    hasher_add(hasher, bytes, sizeof bytes);
    hasher_add(hasher, ops, size);
    return hasher_end(hasher);
}

static size_t redo_record_bytes(size_t size)
{
    return sizeof(struct redo_head) + (size + 7) / 8 * 8;
}

/* ---- appending ---- */

/* Map that much of the file, in place of what is mapped.  Returns 0 or an errno. */
static int redo_map(struct redo *redo, size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, redo->fd, 0);

    if (memory == MAP_FAILED)
        return errno;
    if (redo->page != NULL)
        (void)!munmap(redo->page, redo->mapped); /* the kernel keeps its pages */
    redo->page = memory;
    redo->mapped = bytes;
    for (int half = 0; half < HALVES; half++)
        redo->half[half] = (uint8_t *)memory + PAGE_BYTES + (size_t)half * REDO_HALF_BYTES;
    return 0;
}

/* Blocks for both halves: a full disk must not become a SIGBUS while frames are kept. */
static bool redo_reserve(struct redo *redo)
{
    int error;

    if (redo->reserved || redo->unusable)
        return redo->reserved;
    error = posix_fallocate(redo->fd, 0, FILE_BYTES);
    if (error == 0)
        error = redo_map(redo, FILE_BYTES);
    redo->reserved = error == 0;
    redo->unusable = error != 0;
    if (error != 0)
        log_write(LOG_ERROR, "redo.no-room",
                  "bytes=%d reason=\"%s\" effect=\"bounded links are as strict ones\" next=\"make "
                  "room and start the site again\"",
                  FILE_BYTES, strerror(error));
    return redo->reserved;
}

bool redo_append(struct redo *redo, const struct store_batch *batch)
{
    size_t size = redo_record_bytes(batch->ops.size);
    struct redo_head head = {
        .number = redo->number + 1, .size = batch->ops.size, .count = batch->count};
    size_t used;
    uint8_t *at;

    if (!redo_reserve(redo)) /* first: it maps the halves */
        return false;
    used = atomic_load_explicit(&redo->page->used[redo->filling], memory_order_relaxed);
    at = redo->half[redo->filling] + used;
    if (size > REDO_HALF_BYTES - used)
        return false;
    head.chain =
        redo_chain(redo->hasher, &redo->chain, head.number, batch->ops.data, batch->ops.size);
    memcpy(at, &head, sizeof head);
    if (batch->ops.size > 0)
        memcpy(at + sizeof head, batch->ops.data, batch->ops.size);
    /* The number last: a record that is there by half is not there. */
    atomic_store_explicit(&redo->page->used[redo->filling], used + size, memory_order_release);
    atomic_store_explicit(&redo->page->last, head.number, memory_order_release);
    redo->number = head.number;
    redo->chain = head.chain;
    return true;
}

/* The row in `meta`: up to which record the store has all. */
static void redo_put_row(const struct redo *redo, struct store_batch *batch)
{
    struct bytes row = {0};

    cbor_put_array(&row, REDO_FIELDS);
    cbor_put_uint(&row, redo->number);
    cbor_put_bytes(&row, redo->chain.bytes, HASH_BYTES);
    INVARIANT(!row.failed);
    store_batch_put(batch, STORE_META, &redo_meta_key, sizeof redo_meta_key, row.data, row.size);
    bytes_fini(&row);
}

void redo_commit_begins(struct redo *redo, struct store_batch *batch)
{
    INVARIANT(!redo->committing);
    redo_put_row(redo, batch);
    redo->committing = true;
    redo->filling = 1 - redo->filling;
}

void redo_commit_ended(struct redo *redo)
{
    INVARIANT(redo->committing);
    redo->committing = false;
    /* Where nothing was appended the disk has the first frame now. */
    atomic_store_explicit(&redo->page->last, redo->number, memory_order_release);
    atomic_store_explicit(&redo->page->used[1 - redo->filling], 0, memory_order_release);
}

bool redo_is_committing(const struct redo *redo)
{
    return redo->committing;
}

/* ---- after a start ---- */

static enum status redo_read_row(struct redo *redo, const struct store *store, struct fault *fault)
{
    struct store_read read;
    struct store_row row;
    struct cbor in;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    status = store_get(&read, STORE_META, &redo_meta_key, sizeof redo_meta_key, &row, fault);
    if (status == ST_OK) {
        cbor_init(&in, row.value, row.value_size);
        cbor_get_array(&in, REDO_FIELDS);
        redo->number = cbor_get_uint(&in, UINT64_MAX);
        cbor_get_bytes_exact(&in, redo->chain.bytes, HASH_BYTES);
        status = cbor_done(&in, fault, "table meta, the row of the redo log");
        if (status != ST_OK)
            status = fault->status = ST_CORRUPT;
    }
    store_read_end(&read);
    return status == ST_MISSING ? ST_OK : status; /* nothing was ever let out early */
}

/*
 * Take the next record of a half into the batch, if it follows what is there.  False: it does not.
 */
static bool redo_take(struct redo *redo, int half, size_t *at, struct store_batch *batch)
{
    size_t used = redo->page->used[half];
    const uint8_t *bytes = redo->half[half];
    struct redo_head head;
    struct hash chain;

    if (used > REDO_HALF_BYTES || *at > used || used - *at < sizeof head)
        return false;
    memcpy(&head, bytes + *at, sizeof head);
    if (head.size > used - *at - sizeof head)
        return false;
    /* Committed before: the process ended before it could empty the half. */
    if (head.number > redo->number) {
        if (head.number != redo->number + 1)
            return false;
        chain = redo_chain(redo->hasher, &redo->chain, head.number, bytes + *at + sizeof head,
                           head.size);
        if (!hash_equal(&chain, &head.chain))
            return false;
        bytes_append(&batch->ops, bytes + *at + sizeof head, head.size);
        batch->count += head.count;
        redo->number = head.number;
        redo->chain = chain;
    }
    *at += redo_record_bytes(head.size);
    return true;
}

/* All records that follow the store's, in order, over both halves; those of one half follow. */
static void redo_take_all(struct redo *redo, struct store_batch *batch)
{
    uint64_t before;

    do {
        before = redo->number;
        for (int half = 0; half < HALVES; half++) {
            size_t at = 0;

            while (redo_take(redo, half, &at, batch))
                continue;
        }
    } while (redo->number != before);
}

static void redo_read_boot(char boot[BOOT_BYTES + 4])
{
    struct bytes text = {0};

    memset(boot, 0, BOOT_BYTES + 4);
    if (file_read("/proc/sys/kernel/random/boot_id", PAGE_BYTES, &text, NULL) == ST_OK &&
        text.size >= BOOT_BYTES)
        memcpy(boot, text.data, BOOT_BYTES);
    bytes_fini(&text);
}

/*
 * What the last run left.  It is trusted if the system has not been started since, or if the file
 * was closed empty.
 */
static enum status redo_recover(struct redo *redo, const struct store *store,
                                struct redo_finding *finding, struct fault *fault)
{
    struct redo_page *page = redo->page;
    char boot[BOOT_BYTES + 4];
    struct store_batch batch;
    uint64_t from = redo->number;
    enum status status = ST_OK;
    bool same_boot;

    INVARIANT(page != NULL); /* redo_open_file() mapped it */
    redo_read_boot(boot);
    same_boot = boot[0] != '\0' && memcmp(boot, page->boot, sizeof boot) == 0;
    store_batch_init(&batch);
    if (page->magic == REDO_MAGIC && same_boot && redo->mapped == FILE_BYTES)
        redo_take_all(redo, &batch);
    finding->frames = redo->number - from;
    finding->sure =
        page->magic == REDO_MAGIC && (same_boot || page->clean != 0) && page->last == redo->number;
    if (store_batch_failed(&batch))
        status = fault_set(fault, ST_NOMEM, "the redo log: out of memory");
    if (status == ST_OK && finding->frames > 0) {
        redo_put_row(redo, &batch);
        status = store_commit(store, &batch, fault);
    }
    store_batch_fini(&batch);
    if (status != ST_OK)
        return status;
    *page = (struct redo_page){.magic = REDO_MAGIC};
    memcpy(page->boot, boot, sizeof boot);
    /* A start that ends before its first frame has not written down what was lost. */
    atomic_store(&page->last, finding->sure ? redo->number : LAST_UNSURE);
    /* On the disk before anything leaves early: after a loss of power it must not look clean. */
    if (msync(page, PAGE_BYTES, MS_SYNC) != 0)
        return fault_set(fault, ST_IO, "the redo log: %s", strerror(errno));
    return ST_OK;
}

/* ---- opening ---- */

static enum status redo_open_file(struct redo *redo, const char *path, struct fault *fault)
{
    struct stat found;
    int error;

    redo->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (redo->fd < 0 || fstat(redo->fd, &found) != 0)
        return fault_set(fault, ST_IO, "open %s: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode) || found.st_nlink != 1)
        return fault_set(fault, ST_INVALID, "%s is no redo log; move it away", path);
    /* The halves are reserved when they are first used: a strict site needs none. */
    error = posix_fallocate(redo->fd, 0, PAGE_BYTES);
    if (error == 0)
        error = redo_map(redo, found.st_size == FILE_BYTES ? FILE_BYTES : PAGE_BYTES);
    if (error != 0)
        return fault_set(fault, ST_IO, "reserve %s: %s", path, strerror(error));
    return ST_OK;
}

enum status redo_open(struct redo **redo, const char *path, const struct store *store,
                      struct redo_finding *finding, struct fault *fault)
{
    struct redo *opened = calloc(1, sizeof *opened);
    enum status status = ST_OK;

    *redo = NULL;
    *finding = (struct redo_finding){0};
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "open %s: out of memory", path);
    opened->fd = -1;
    opened->hasher = hasher_new();
    if (opened->hasher == NULL)
        status = fault_set(fault, ST_NOMEM, "open %s: out of memory", path);
    if (status == ST_OK)
        status = redo_open_file(opened, path, fault);
    if (status == ST_OK)
        status = redo_read_row(opened, store, fault);
    if (status == ST_OK)
        status = redo_recover(opened, store, finding, fault);
    if (status != ST_OK) {
        redo_close(opened, false);
        return status;
    }
    *redo = opened;
    return ST_OK;
}

void redo_close(struct redo *redo, bool clean)
{
    if (redo == NULL)
        return;
    if (redo->page != NULL) {
        if (clean) {
            atomic_store(&redo->page->last, redo->number);
            redo->page->clean = 1;
            (void)!msync(redo->page, PAGE_BYTES, MS_SYNC); /* else the next start asks the peers */
        }
        (void)!munmap(redo->page, redo->mapped);
    }
    if (redo->fd >= 0)
        (void)!close(redo->fd);
    hasher_free(redo->hasher);
    free(redo);
}
