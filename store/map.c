/*
 * The map of a store, and how it grows.
 *
 * LMDB reads through a map of fixed size, which bounds the file.  A process may make its own larger
 * while none of its reads goes on: the one that writes when half of it is used, or when a commit
 * found it full, and one that only reads when the file has outgrown its map.
 *
 * LMDB gives the old map up before it takes the new one, and has none if that fails.  So the new
 * size is tried first, beside the old map: what other threads take in between fits into the old
 * one's place.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include <errno.h>
#include <sys/mman.h>

#include "store/private.h"

/* How much a process that only reads maps behind the end of the file, if it can have it. */
#define MAP_AHEAD_BYTES (UINT64_C(1) << 30)

/* Whether the system gives so many bytes of addresses now. */
static bool map_has_addresses(uint64_t bytes)
{
    void *taken =
        mmap(NULL, (size_t)bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (taken == MAP_FAILED)
        return false;
    (void)munmap(taken, (size_t)bytes);
    return true;
}

/* ---- of the process that writes ---- */

static uint64_t map_log_bytes(const struct store_lmdb *lmdb)
{
    uint64_t part = lmdb->map_bytes / COMMITS_MAP_PART;

    return lmdb->log_bytes < part ? lmdb->log_bytes : part;
}

void store_lmdb_bound_log(struct store_lmdb *lmdb, uint64_t log_bytes)
{
    lmdb->log_bytes = log_bytes;
    lmdb->log.bytes_max = map_log_bytes(lmdb);
}

void store_lmdb_let_grow(struct store_lmdb *lmdb, uint64_t most_bytes)
{
    most_bytes -= most_bytes % STORE_MAP_STEP;
    lmdb->most_bytes = most_bytes > lmdb->map_bytes ? most_bytes : lmdb->map_bytes;
}

/*
 * The next size: twice as much, or as much more as the system has addresses for.  0: there is no
 * larger one.
 */
static uint64_t map_next_bytes(const struct store_lmdb *lmdb)
{
    uint64_t left = lmdb->most_bytes - lmdb->map_bytes;
    uint64_t more = lmdb->map_bytes < left ? lmdb->map_bytes : left;

    while (more >= STORE_MAP_STEP && !map_has_addresses(lmdb->map_bytes + more))
        more = more / 2 - more / 2 % STORE_MAP_STEP;
    return more < STORE_MAP_STEP ? 0 : lmdb->map_bytes + more;
}

/* Under the lock of `views`, and no read goes on. */
static enum status map_grow(struct store_lmdb *lmdb, struct fault *fault)
{
    uint64_t bytes = map_next_bytes(lmdb);
    int error;

    if (bytes == 0) {
        lmdb->map_held = lmdb->most_bytes > lmdb->map_bytes;
        lmdb->most_bytes = lmdb->map_bytes; /* so that what is left shows in its room */
        return ST_FULL;
    }
    error = mdb_env_set_mapsize(lmdb->env, (size_t)bytes);
    if (error != 0)
        return store_fault(lmdb, error, "map more of it", fault);
    lmdb->map_bytes = bytes;
    lmdb->log.bytes_max = map_log_bytes(lmdb);
    return ST_OK;
}

enum status map_grow_ahead(struct store_lmdb *lmdb, struct fault *fault)
{
    struct views *views = &lmdb->views;
    enum status status = ST_OK;
    uint64_t used;
    uint64_t map_bytes;

    if (lmdb->map_bytes >= lmdb->most_bytes)
        return ST_OK;
    store_lmdb_usage(lmdb, &used, &map_bytes);
    if (used < map_bytes / 2)
        return ST_OK;
    (void)pthread_mutex_lock(&views->lock);
    /* A read that goes on puts it off to the next commit: there is as much room again. */
    if (views->first == NULL)
        status = map_grow(lmdb, fault);
    (void)pthread_mutex_unlock(&views->lock);
    return status == ST_FULL ? ST_OK : status;
}

enum status map_grow_full(struct store_lmdb *lmdb, struct fault *fault)
{
    struct views *views = &lmdb->views;
    enum status status;

    if (lmdb->map_bytes >= lmdb->most_bytes)
        return ST_FULL;
    (void)pthread_mutex_lock(&views->lock);
    while (views->first != NULL)
        (void)pthread_cond_wait(&views->ended, &views->lock);
    status = map_grow(lmdb, fault);
    (void)pthread_mutex_unlock(&views->lock);
    return status;
}

/* ---- of a process that only reads ---- */

int map_reach(struct store_lmdb *lmdb)
{
    uint64_t used;
    uint64_t map_bytes;
    uint64_t wanted;

    store_lmdb_usage(lmdb, &used, &map_bytes);
    wanted = used + (used < MAP_AHEAD_BYTES ? MAP_AHEAD_BYTES : used);
    if (!map_has_addresses(wanted))
        wanted = used;
    if (wanted <= map_bytes)
        return 0;
    if (!map_has_addresses(wanted))
        return ENOMEM;
    return mdb_env_set_mapsize(lmdb->env, (size_t)wanted);
}

/* It may grow again in between. */
enum { MAP_REACH_TRIES = 16 };

int map_begin_read(struct store_lmdb *lmdb, MDB_txn **txn)
{
    int error = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, txn);

    for (int i = 0; i < MAP_REACH_TRIES && error == MDB_MAP_RESIZED; i++) {
        if (lmdb->mode != STORE_READ_ONLY || lmdb->views.first != NULL)
            return error;
        error = map_reach(lmdb);
        if (error == 0)
            error = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, txn);
    }
    return error;
}
