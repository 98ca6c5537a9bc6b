/* Opening, making and closing a store. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private.h"

enum { MAP_BYTES_MIN = 1024 * 1024, FORMAT_VALUE_BYTES = 4 };

static const char format_table[] = "format";
static const uint8_t format_key[] = {0};

enum status store_fault(struct store_lmdb *lmdb, int error, const char *operation,
                        struct fault *fault)
{
    enum status status = ST_IO;

    if (error == MDB_MAP_FULL)
        lmdb->map_full = true;
    if (error == MDB_MAP_FULL || error == ENOSPC || error == EDQUOT || error == EFBIG)
        status = ST_FULL;
    else if (error == ENOMEM)
        status = ST_NOMEM;
    else if (error == MDB_CORRUPTED || error == MDB_PAGE_NOTFOUND || error == MDB_INVALID ||
             error == MDB_VERSION_MISMATCH || error == MDB_INCOMPATIBLE || error == MDB_BAD_VALSIZE)
        status = ST_CORRUPT;
    return fault_set(fault, status, "%s/data.mdb: %s: %s", lmdb->path, operation,
                     mdb_strerror(error));
}

/* ---- what is in the directory ---- */

enum file_state { FILE_MISSING, FILE_THERE, FILE_UNREADABLE };

/* LMDB would take an empty file for a new one, so that is looked at first. */
static enum file_state data_state(const char *path, uint64_t *size)
{
    char name[512];
    struct stat file;
    int length = snprintf(name, sizeof name, "%s/data.mdb", path);

    *size = 0;
    if (length < 0 || (size_t)length >= sizeof name)
        return FILE_UNREADABLE;
    if (stat(name, &file) != 0)
        return errno == ENOENT || errno == ENOTDIR ? FILE_MISSING : FILE_UNREADABLE;
    *size = (uint64_t)file.st_size;
    return FILE_THERE;
}

static enum status check_data(const char *path, enum store_mode mode, struct fault *fault)
{
    uint64_t size;

    switch (data_state(path, &size)) {
    case FILE_MISSING:
        if (mode == STORE_CREATE)
            return ST_OK;
        return fault_set(fault, ST_MISSING, "%s: there is no store (no data.mdb)", path);
    case FILE_UNREADABLE:
        return fault_set(fault, ST_IO, "%s/data.mdb: %s", path, strerror(errno));
    case FILE_THERE:
        break;
    }
    if (mode == STORE_CREATE)
        return fault_set(fault, ST_EXISTS, "%s: there is a store already (data.mdb)", path);
    if (size == 0)
        return fault_set(fault, ST_CORRUPT, "%s/data.mdb is cut short: it has 0 bytes", path);
    return ST_OK;
}

/* A directory that is there already is taken: check_data() refuses it if it holds a store. */
static enum status make_directory(const char *path, struct fault *fault)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ST_OK;
    return fault_set(fault, errno == ENOENT ? ST_MISSING : ST_IO, "make %s: %s", path,
                     strerror(errno));
}

/* LMDB syncs its file, not the directory that names it. */
static enum status sync_directory(const char *path, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = ST_OK;

    if (fd < 0 || fsync(fd) != 0)
        status = fault_set(fault, ST_IO, "sync %s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* ---- tables and the format's version ---- */

/* The row of table `format` (docs/records.md, "The store"), sealed as any other row. */
static enum status put_format(struct store_lmdb *lmdb, MDB_txn *txn, MDB_dbi table,
                              struct fault *fault)
{
    uint8_t stored[FORMAT_VALUE_BYTES + STORE_HASH_BYTES];
    MDB_val key = {.mv_size = sizeof format_key, .mv_data = (void *)(uintptr_t)format_key};
    MDB_val value = {.mv_size = sizeof stored, .mv_data = stored};
    int error;

    le32_put(stored, STORE_FORMAT_VERSION);
    seal_value(stored + FORMAT_VALUE_BYTES, STORE_FORMAT_TABLE, format_key, sizeof format_key,
               stored, FORMAT_VALUE_BYTES);
    error = mdb_put(txn, table, &key, &value, 0);
    return error == 0 ? ST_OK : store_fault(lmdb, error, "write its format", fault);
}

/* The version is checked before any table is opened: of another one nothing is known. */
static enum status check_format(struct store_lmdb *lmdb, MDB_txn *txn, MDB_dbi table,
                                struct fault *fault)
{
    MDB_val key = {.mv_size = sizeof format_key, .mv_data = (void *)(uintptr_t)format_key};
    MDB_val stored;
    size_t size;
    int error = mdb_get(txn, table, &key, &stored);

    if (error == MDB_NOTFOUND)
        return fault_set(fault, ST_CORRUPT, "%s/data.mdb: its format's version is missing",
                         lmdb->path);
    if (error != 0)
        return store_fault(lmdb, error, "read its format", fault);
    if (seal_check(STORE_FORMAT_TABLE, format_table, &key, &stored, &size, fault) != ST_OK)
        return fault_prefix(fault, "%s/data.mdb", lmdb->path);
    if (size != FORMAT_VALUE_BYTES || le32_get(stored.mv_data) != STORE_FORMAT_VERSION)
        return fault_set(fault, ST_CORRUPT,
                         "%s/data.mdb: its format's version is not %d; it is of another Serai",
                         lmdb->path, STORE_FORMAT_VERSION);
    return ST_OK;
}

/* A table must be there, but for a store that is being made: a missing one is lost books. */
static enum status open_table(struct store_lmdb *lmdb, MDB_txn *txn, const char *name,
                              MDB_dbi *table, struct fault *fault)
{
    int error = mdb_dbi_open(txn, name, lmdb->mode == STORE_CREATE ? MDB_CREATE : 0, table);

    if (error == MDB_NOTFOUND)
        return fault_set(fault, ST_CORRUPT, "%s/data.mdb: table %s is missing", lmdb->path, name);
    return error == 0 ? ST_OK : store_fault(lmdb, error, "open a table", fault);
}

static enum status open_tables(struct store_lmdb *lmdb, MDB_txn *txn, struct fault *fault)
{
    unsigned int flags = lmdb->mode == STORE_CREATE ? MDB_CREATE : 0;
    enum status status;
    MDB_dbi format;
    int error;

    error = mdb_dbi_open(txn, format_table, flags, &format);
    if (error == MDB_NOTFOUND)
        return fault_set(fault, ST_CORRUPT, "%s/data.mdb is not a store of Serai", lmdb->path);
    if (error != 0)
        return store_fault(lmdb, error, "open its format", fault);
    if (lmdb->mode == STORE_CREATE)
        status = put_format(lmdb, txn, format, fault);
    else
        status = check_format(lmdb, txn, format, fault);
    if (status != ST_OK)
        return status;
    status = open_table(lmdb, txn, commits_table, &lmdb->commits, fault);
    for (int i = 0; i < STORE_TABLES && status == ST_OK; i++)
        status =
            open_table(lmdb, txn, store_table_name((enum store_table)i), &lmdb->tables[i], fault);
    return status;
}

/* Open the tables within one transaction, which makes them as a whole or not at all. */
static enum status begin_tables(struct store_lmdb *lmdb, struct fault *fault)
{
    MDB_txn *txn = NULL;
    enum status status;
    int error;

    error = lmdb->mode == STORE_CREATE ? mdb_txn_begin(lmdb->env, NULL, 0, &txn)
                                       : map_begin_read(lmdb, &txn);
    if (error != 0)
        return store_fault(lmdb, error, "begin", fault);
    status = open_tables(lmdb, txn, fault);
    if (status != ST_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    /* A commit, even of a reader: only then do the tables' handles outlive it. */
    error = mdb_txn_commit(txn);
    return error == 0 ? ST_OK : store_fault(lmdb, error, "commit its tables", fault);
}

/* Of a writer: the rows that wait, from the log. */
static enum status open_log(struct store_lmdb *lmdb, struct fault *fault)
{
    MDB_txn *txn = NULL;
    enum status status;
    int error = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);

    if (error != 0)
        return store_fault(lmdb, error, "begin to read", fault);
    status = commits_replay(lmdb, txn, COMMITS_ALL_TABLES, &lmdb->log, &lmdb->waiting, fault);
    lmdb->views.commit = mdb_txn_id(txn);
    mdb_txn_abort(txn); /* it only read */
    return status;
}

/* Open LMDB and check what it does not check itself: heads and length of its file. */
static enum status open_environment(struct store_lmdb *lmdb, struct fault *fault)
{
    enum status status;
    /* Never NOSYNC, NOMETASYNC, MAPASYNC or WRITEMAP: what is committed is on the disk. */
    unsigned int flags = MDB_NOTLS;
    uint64_t used;
    int dead_readers;
    int error;

    if (lmdb->mode == STORE_READ_ONLY)
        flags |= MDB_RDONLY;
    error = mdb_env_create(&lmdb->env);
    if (error == 0)
        error = mdb_env_set_mapsize(lmdb->env, (size_t)lmdb->map_bytes);
    if (error == 0)
        error = mdb_env_set_maxreaders(lmdb->env, STORE_READERS_MAX);
    if (error == 0)
        error = mdb_env_set_maxdbs(lmdb->env, STORE_TABLES + 2);
    if (error == 0)
        error = mdb_env_open(lmdb->env, lmdb->path, flags, 0600);
    if (error == ENOMEM)
        return fault_set(fault, ST_NOMEM,
                         "%s/data.mdb: open: the system gives no %" PRIu64
                         " bytes of address space; raise the limit (ulimit -v, LimitAS=), or lower "
                         "ledger.map_bytes",
                         lmdb->path, lmdb->map_bytes);
    if (error != 0)
        return store_fault(lmdb, error, "open", fault);
    if (lmdb->mode == STORE_READ_ONLY)
        error = map_reach(lmdb); /* a daemon may let it grow from now on */
    if (error != 0)
        return store_fault(lmdb, error, "map it", fault);
    /* A reader that was killed would hold back the reuse of pages until the file is full. */
    (void)mdb_reader_check(lmdb->env, &dead_readers);
    store_lmdb_usage(lmdb, &used, &lmdb->map_bytes); /* a file that is larger has a larger map */
    store_lmdb_let_grow(lmdb, lmdb->map_bytes);
    status = heads_check(lmdb, fault);
    return status == ST_OK ? length_check(lmdb, fault) : status;
}

/*
 * In this order: the lock is taken before anything is written, and after that it is looked again
 * whether somebody else has just made a store here.
 */
static enum status store_open(struct store_lmdb *lmdb, struct fault *fault)
{
    enum status status = ST_OK;

    if (lmdb->mode == STORE_CREATE)
        status = make_directory(lmdb->path, fault);
    else
        status = check_data(lmdb->path, lmdb->mode, fault); /* before a lock file is made */
    if (status == ST_OK && lmdb->mode != STORE_READ_ONLY)
        status = lock_take(&lmdb->lock, lmdb->path, fault);
    if (status == ST_OK && lmdb->mode == STORE_CREATE)
        status = check_data(lmdb->path, lmdb->mode, fault);
    if (status == ST_OK)
        status = open_environment(lmdb, fault);
    if (status == ST_OK)
        status = begin_tables(lmdb, fault);
    if (status == ST_OK && lmdb->mode != STORE_READ_ONLY)
        status = open_log(lmdb, fault);
    if (status == ST_OK && lmdb->mode == STORE_CREATE)
        status = sync_directory(lmdb->path, fault);
    return status;
}

enum status store_lmdb_open(struct store_lmdb **lmdb, const char *path, enum store_mode mode,
                            uint64_t map_bytes, struct fault *fault)
{
    struct store_lmdb *made;
    enum status status;

    if (map_bytes < MAP_BYTES_MIN || map_bytes > SIZE_MAX / 2)
        return fault_set(fault, ST_INVALID, "%s: a store of %" PRIu64 " bytes is out of range",
                         path, map_bytes);
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "%s: no memory to open it", path);
    made->mode = mode;
    made->lock = -1;
    made->map_bytes = map_bytes - map_bytes % STORE_MAP_STEP;
    INVARIANT(pthread_mutex_init(&made->views.lock, NULL) == 0);
    INVARIANT(pthread_cond_init(&made->views.caught_up, NULL) == 0);
    INVARIANT(pthread_cond_init(&made->views.ended, NULL) == 0);
    made->path = malloc(strlen(path) + 1);
    if (made->path == NULL) {
        status = fault_set(fault, ST_NOMEM, "%s: no memory to open it", path);
    } else {
        memcpy(made->path, path, strlen(path) + 1);
        status = store_open(made, fault);
    }
    if (status != ST_OK) {
        store_lmdb_close(made);
        return status;
    }
    store_lmdb_bound_log(made, STORE_LOG_BYTES_DEFAULT);
    *lmdb = made;
    return ST_OK;
}

void store_lmdb_close(struct store_lmdb *lmdb)
{
    if (lmdb == NULL)
        return;
    if (lmdb->env != NULL)
        mdb_env_close(lmdb->env);
    lock_give(lmdb->lock);
    waiting_fini(&lmdb->waiting);
    bytes_fini(&lmdb->slice.rows);
    bytes_fini(&lmdb->log.stream);
    (void)pthread_cond_destroy(&lmdb->views.caught_up);
    (void)pthread_cond_destroy(&lmdb->views.ended);
    (void)pthread_mutex_destroy(&lmdb->views.lock);
    free(lmdb->path);
    free(lmdb);
}

void store_lmdb_usage(struct store_lmdb *lmdb, uint64_t *used_bytes, uint64_t *max_bytes)
{
    MDB_envinfo info;
    MDB_stat stat_env;

    INVARIANT(mdb_env_info(lmdb->env, &info) == 0);
    INVARIANT(mdb_env_stat(lmdb->env, &stat_env) == 0);
    *used_bytes = ((uint64_t)info.me_last_pgno + 1) * stat_env.ms_psize;
    *max_bytes = info.me_mapsize;
}
