/*
 * The objects that the compiler has made, in a directory of their own, and what it could not make.
 *
 * A name stands for everything an object depends on, in hexadecimal digits and '-'.  NAME.so is the
 * object, NAME.sum its size and SHA-256, NAME.failed the reason why there is none.  Written by
 * rename, so a crash leaves the old or the new; read back only if owner, mode, size and hash are
 * right.  Bounded in files and bytes: what was not used for longest goes first.  A file that is in
 * use may go, too: whoever has it mapped keeps it.  What has another name, or is no ordinary file
 * of this user, is left alone.
 *
 * One process writes.
 */
#ifndef SERAI_SITE_COMPILER_COMPILER_CACHE_H
#define SERAI_SITE_COMPILER_COMPILER_CACHE_H

#include "base/bytes.h"

enum { CACHE_NAME_BYTES = 96, CACHE_REASON_BYTES = 600, CACHE_PATH_BYTES = 4096 };

struct cache {
    const char *dir; /* absolute; borrowed */
    uint64_t bytes_max;
    uint64_t objects_max;
    uint64_t object_bytes_max; /* at most bytes_max */
};

/*
 * Make the directory `dir` (0700) if there is none.  ST_DENIED: it is not this user's alone, or
 * leads elsewhere.  ST_IO.
 */
MUST_CHECK enum status cache_make_folder(const char *dir, struct fault *fault);

/* Make the cache's directory as cache_make_folder() does. */
MUST_CHECK enum status cache_make(const struct cache *cache, struct fault *fault);

/*
 * Become the one process that writes, until *lock is closed; then remove what a crash left
 * half-written, and keep the bounds.  Waits a few seconds for another process to end.  ST_BUSY: it
 * does not.  ST_IO.
 */
MUST_CHECK enum status cache_open(const struct cache *cache, int *lock, struct fault *fault);

enum cache_answer {
    CACHE_NONE,    /* neither made nor tried */
    CACHE_OBJECT,  /* it is there, and whole */
    CACHE_FAILED,  /* it was tried; `reason` says why there is none */
    CACHE_DAMAGED, /* it was there and not whole, and is thrown away; `reason` says what was wrong
                    */
};

/*
 * Look for the object of a name and mark it as used.  `path` (of CACHE_PATH_BYTES) is set to the
 * object's; `reason` is of CACHE_REASON_BYTES.
 */
enum cache_answer cache_find(const struct cache *cache, const char *name, char *path, char *reason);

/*
 * Keep the file `from` as the object of that name; it must be an ordinary file with one name, of at
 * most object_bytes_max.  ST_FULL: it is larger.  ST_INVALID: it is none.  ST_IO.
 */
MUST_CHECK enum status cache_put(const struct cache *cache, const char *name, const char *from,
                                 struct fault *fault);

/* Record that there is no object of this name, and why.  ST_IO. */
MUST_CHECK enum status cache_put_failed(const struct cache *cache, const char *name,
                                        const char *reason, struct fault *fault);

#endif
