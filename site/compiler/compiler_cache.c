#define _DEFAULT_SOURCE /* flock */
#include "site/compiler/compiler_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

enum {
    SUM_BYTES_MAX = 160, /* the text of sum_format */
    LOCK_STEPS = 250,    /* 5 seconds in all: a daemon that is stopping ends within that */
    LOCK_STEP_NS = 20 * 1000 * 1000,
};

/* NAME.sum: size and SHA-256 of the object.  Another format makes all that is kept void. */
static const char sum_format[] = "serai-object-1 %" PRIu64 " %s\n";

/* False when the path is too long; it is cut then. */
static bool cache_path(const struct cache *cache, const char *name, const char *ending, char *path)
{
    int size = snprintf(path, CACHE_PATH_BYTES, "%s/%s%s", cache->dir, name, ending);

    return size > 0 && size < CACHE_PATH_BYTES;
}

static void cache_remove_file(const struct cache *cache, const char *name, const char *ending)
{
    char path[CACHE_PATH_BYTES];

    if (cache_path(cache, name, ending, path))
        (void)!unlink(path); /* it need not be there */
}

static void cache_remove(const struct cache *cache, const char *name)
{
    /*
     * The sum first: an object without one counts as damaged, so a crash in between leaves no
     * trust.
     */
    cache_remove_file(cache, name, ".sum");
    cache_remove_file(cache, name, ".so");
    cache_remove_file(cache, name, ".failed");
}

/* ---- bounds ---- */

struct cache_entry {
    char name[CACHE_NAME_BYTES];
    struct timespec used;
    uint64_t bytes;
};

/* Whether `text` is `stem` and `ending`; then the stem, of CACHE_NAME_BYTES, is set. */
static bool cache_ends_with(const char *text, const char *ending, char *stem)
{
    size_t size = strlen(text);
    size_t tail = strlen(ending);

    if (size <= tail || size - tail >= CACHE_NAME_BYTES || strcmp(text + size - tail, ending) != 0)
        return false;
    memcpy(stem, text, size - tail);
    stem[size - tail] = '\0';
    return true;
}

/* Oldest first.  Names decide between equal times, so that the order is total. */
static int cache_by_age(const void *a, const void *b)
{
    const struct cache_entry *left = a;
    const struct cache_entry *right = b;

    if (left->used.tv_sec != right->used.tv_sec)
        return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
    if (left->used.tv_nsec != right->used.tv_nsec)
        return left->used.tv_nsec < right->used.tv_nsec ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* A name of ours is hexadecimal digits and '-'.  A file with another name is left alone. */
static bool cache_is_name(const char *stem)
{
    return *stem != '\0' && stem[strspn(stem, "0123456789abcdef-")] == '\0';
}

/* NAME.so.new, NAME.sum.new or NAME.failed.new: what a crash left of a file that was written. */
static bool cache_is_left_over(const char *file)
{
    char written[CACHE_NAME_BYTES];
    char name[CACHE_NAME_BYTES];

    return cache_ends_with(file, ".new", written) &&
           (cache_ends_with(written, ".so", name) || cache_ends_with(written, ".sum", name) ||
            cache_ends_with(written, ".failed", name)) &&
           cache_is_name(name);
}

/* An object or a failure; the stem is the name of the entry. */
static bool cache_is_entry(const char *file, char name[CACHE_NAME_BYTES])
{
    return (cache_ends_with(file, ".so", name) || cache_ends_with(file, ".failed", name)) &&
           cache_is_name(name);
}

/*
 * List the entries: objects and failures.  The sum of an object counts with it.  What a crash left
 * half-written is removed on the way.
 */
static enum status cache_list(const struct cache *cache, struct bytes *entries, struct fault *fault)
{
    DIR *folder = opendir(cache->dir);
    struct dirent *file;

    if (folder == NULL)
        return fault_set(fault, ST_IO, "read %s: %s", cache->dir, strerror(errno));
    while ((file = readdir(folder)) != NULL) {
        struct cache_entry entry = {.bytes = SUM_BYTES_MAX};
        struct stat found;

        /* Links and files of others are never followed, counted or removed. */
        if (fstatat(dirfd(folder), file->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(found.st_mode) || found.st_uid != geteuid())
            continue;
        if (cache_is_left_over(file->d_name))
            cache_remove_file(cache, file->d_name, "");
        if (!cache_is_entry(file->d_name, entry.name))
            continue;
        entry.used = found.st_mtim;
        entry.bytes += (uint64_t)found.st_size;
        bytes_append(entries, &entry, sizeof entry);
    }
    (void)!closedir(folder); /* it was only read */
    return entries->failed ? fault_set(fault, ST_NOMEM, "list %s: out of memory", cache->dir)
                           : ST_OK;
}

/* Remove the entries that were used longest ago until both bounds hold. */
static enum status cache_trim(const struct cache *cache, struct fault *fault)
{
    struct bytes entries = {0};
    enum status status = cache_list(cache, &entries, fault);
    size_t count = entries.size / sizeof(struct cache_entry);
    struct cache_entry *oldest = (struct cache_entry *)(void *)entries.data;
    uint64_t bytes = 0;

    if (status == ST_OK && count > 0) {
        qsort(oldest, count, sizeof *oldest, cache_by_age);
        for (size_t i = 0; i < count; i++)
            bytes += oldest[i].bytes;
        for (; count > 0 && (count > cache->objects_max || bytes > cache->bytes_max); count--) {
            cache_remove(cache, oldest->name);
            bytes -= oldest->bytes;
            oldest++;
        }
    }
    bytes_fini(&entries);
    return status;
}

enum status cache_make_folder(const char *dir, struct fault *fault)
{
    struct stat found;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fault_set(fault, ST_IO, "make %s: %s", dir, strerror(errno));
    if (lstat(dir, &found) != 0)
        return fault_set(fault, ST_IO, "look at %s: %s", dir, strerror(errno));
    /* Somebody who can write here could put an object into the daemon. */
    if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || (found.st_mode & 022) != 0)
        return fault_set(fault, ST_DENIED, "%s is not a directory that only this user can write in",
                         dir);
    return ST_OK;
}

enum status cache_make(const struct cache *cache, struct fault *fault)
{
    return cache_make_folder(cache->dir, fault);
}

enum status cache_open(const struct cache *cache, int *lock, struct fault *fault)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_NS};
    char path[CACHE_PATH_BYTES];

    if (!cache_path(cache, "lock", "", path))
        return fault_set(fault, ST_INVALID, "path too long: %.100s", cache->dir);
    /* O_NOFOLLOW: it is only locked, but the locks of another file are not ours to take. */
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*lock < 0)
        return fault_set(fault, ST_IO, "open %.300s: %s", path, strerror(errno));
    for (int i = 0; flock(*lock, LOCK_EX | LOCK_NB) != 0; i++) {
        if (i == LOCK_STEPS) {
            (void)!close(*lock); /* nothing is locked */
            return fault_set(fault, ST_BUSY, "another process uses %.300s", cache->dir);
        }
        (void)!nanosleep(&step, NULL);
    }
    return cache_trim(cache, fault);
}

/* ---- reading ---- */

/* Note that the file was used now: the bounds go by its time. */
static void cache_mark_used(const char *path)
{
    (void)!utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW); /* else it goes a little early */
}

/*
 * Whether a file can be one that this process wrote: ordinary, with one name, writable by nobody
 * else. Else `reason` is why not.
 */
static bool cache_is_ours(const char *path, uint64_t size_max, char *reason)
{
    struct stat found;

    if (lstat(path, &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1)
        (void)snprintf(reason, CACHE_REASON_BYTES, "it is not an ordinary file");
    else if (found.st_uid != geteuid() || (found.st_mode & 022) != 0)
        (void)snprintf(reason, CACHE_REASON_BYTES, "others than this user can write it");
    else if ((uint64_t)found.st_size > size_max)
        (void)snprintf(reason, CACHE_REASON_BYTES, "it is larger than any object may be");
    else
        return true;
    return false;
}

/* Write the text that NAME.sum must have into `text`.  False: the object cannot be read. */
static bool cache_sum(const struct cache *cache, const char *path, char text[SUM_BYTES_MAX],
                      struct fault *fault)
{
    char hex[HASH_TEXT_BYTES];
    struct bytes object = {0};
    struct hash hash;
    bool done = file_read(path, cache->object_bytes_max, &object, fault) == ST_OK;

    if (done) {
        hash = hash_of(object.data, object.size);
        (void)snprintf(text, SUM_BYTES_MAX, sum_format, (uint64_t)object.size,
                       hash_print(hex, &hash));
    }
    bytes_fini(&object);
    return done;
}

/* Whether the object is the one that was kept.  Else `reason` is why not. */
static bool cache_is_whole(const struct cache *cache, const char *name, const char *path,
                           char *reason)
{
    char sum_path[CACHE_PATH_BYTES];
    char sum[SUM_BYTES_MAX];
    struct bytes kept = {0};
    struct fault fault = {0};
    bool whole;

    if (!cache_is_ours(path, cache->object_bytes_max, reason))
        return false;
    if (!cache_path(cache, name, ".sum", sum_path) || !cache_sum(cache, path, sum, &fault) ||
        file_read_kept(sum_path, sizeof sum, &kept, &fault) != ST_OK) {
        (void)snprintf(reason, CACHE_REASON_BYTES, "%s", fault.text);
        bytes_fini(&kept);
        return false;
    }
    whole = kept.size == strlen(sum) && memcmp(kept.data, sum, kept.size) == 0;
    if (!whole)
        (void)snprintf(reason, CACHE_REASON_BYTES, "its hash is not the one that was kept");
    bytes_fini(&kept);
    return whole;
}

/* Read NAME.failed into `reason`, of CACHE_REASON_BYTES. */
static bool cache_read_failure(const char *path, char *reason)
{
    struct bytes text = {0};
    struct fault fault;
    bool found = file_read(path, CACHE_REASON_BYTES - 1, &text, &fault) == ST_OK;

    if (found) {
        memcpy(reason, text.data, text.size);
        reason[text.size] = '\0';
    }
    bytes_fini(&text);
    return found;
}

enum cache_answer cache_find(const struct cache *cache, const char *name, char *path, char *reason)
{
    struct stat found;

    /* A failure is looked for first: an entry has either, and to know it costs no hash. */
    if (cache_path(cache, name, ".failed", path) &&
        cache_is_ours(path, CACHE_REASON_BYTES, reason) && cache_read_failure(path, reason)) {
        cache_mark_used(path);
        return CACHE_FAILED;
    }
    if (!cache_path(cache, name, ".so", path) || lstat(path, &found) != 0)
        return CACHE_NONE;
    if (cache_is_whole(cache, name, path, reason)) {
        cache_mark_used(path);
        return CACHE_OBJECT;
    }
    /* A damaged object is made again, so nothing of it may stay. */
    cache_remove(cache, name);
    return CACHE_DAMAGED;
}

/* ---- writing ---- */

/* By rename: a crash leaves the old file or the new one. */
static enum status cache_write_file(const struct cache *cache, const char *name, const char *ending,
                                    const void *data, size_t size, struct fault *fault)
{
    char path[CACHE_PATH_BYTES];

    if (!cache_path(cache, name, ending, path))
        return fault_set(fault, ST_INVALID, "path too long: %.100s/%s", cache->dir, name);
    return file_replace(path, data, size, fault);
}

/*
 * Read the object that a jail made.  It is kept as a copy, as a process of the jail could have kept
 * its own file open and written to it later.
 */
static enum status cache_read_object(const struct cache *cache, const char *from,
                                     struct bytes *object, struct fault *fault)
{
    char reason[CACHE_REASON_BYTES];
    struct stat found;

    if (lstat(from, &found) == 0 && S_ISREG(found.st_mode) &&
        (uint64_t)found.st_size > cache->object_bytes_max)
        return fault_set(fault, ST_FULL, "the object is larger than %" PRIu64 " bytes",
                         cache->object_bytes_max);
    if (!cache_is_ours(from, cache->object_bytes_max, reason))
        return fault_set(fault, ST_INVALID, "the object: %s", reason);
    return file_read(from, cache->object_bytes_max, object, fault);
}

enum status cache_put(const struct cache *cache, const char *name, const char *from,
                      struct fault *fault)
{
    char sum[SUM_BYTES_MAX];
    char hex[HASH_TEXT_BYTES];
    struct bytes object = {0};
    struct hash hash;
    enum status status = cache_read_object(cache, from, &object, fault);

    if (status != ST_OK)
        goto out;
    hash = hash_of(object.data, object.size);
    (void)snprintf(sum, sizeof sum, sum_format, (uint64_t)object.size, hash_print(hex, &hash));
    cache_remove(cache, name);
    /* The object before its sum: until both are there the entry counts as damaged. */
    status = cache_write_file(cache, name, ".so", object.data, object.size, fault);
    if (status == ST_OK)
        status = cache_write_file(cache, name, ".sum", sum, strlen(sum), fault);
    if (status == ST_OK)
        status = cache_trim(cache, fault);
out:
    bytes_fini(&object);
    return status;
}

enum status cache_put_failed(const struct cache *cache, const char *name, const char *reason,
                             struct fault *fault)
{
    size_t size = strlen(reason);
    enum status status;

    if (size > CACHE_REASON_BYTES - 1)
        size = CACHE_REASON_BYTES - 1;
    cache_remove(cache, name);
    status = cache_write_file(cache, name, ".failed", reason, size, fault);
    return status == ST_OK ? cache_trim(cache, fault) : status;
}
