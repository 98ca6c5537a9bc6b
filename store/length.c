/*
 * Reading a mapped page behind the end of its file is SIGBUS, so a file that was cut is found out
 * before its pages are read.  LMDB may leave pages at the end unwritten when it allocated and freed
 * them within one commit; these are in its free list, and a file that lacks only such is whole.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/private.h"

/* LMDB's list of free pages is its table 0: transaction id -> count, page numbers. */
enum { FREE_TABLE = 0 };

static sigjmp_buf beyond_end;

/* The signal of a page behind the end of its file: back to search_guarded(). */
static void on_bus_error(int signal_number)
{
    (void)signal_number;
    siglongjmp(beyond_end, 1);
}

/* Of the pages from `first` to `last`, count those in one record of the free list. */
static uint64_t count_free(const MDB_val *record, uint64_t first, uint64_t last)
{
    uint64_t found = 0;
    size_t count;

    memcpy(&count, record->mv_data, sizeof count);
    for (size_t i = 1; i <= count && (i + 1) * sizeof count <= record->mv_size; i++) {
        size_t page;

        memcpy(&page, (const uint8_t *)record->mv_data + i * sizeof page, sizeof page);
        if (page >= first && page <= last)
            found++;
    }
    return found;
}

/* In the caller's frame, so that a jump out of LMDB leaves nothing behind that cannot be ended. */
struct free_search {
    MDB_txn *txn;
    MDB_cursor *cursor;
    bool whole;
};

/* A page is in the list at most once, so counting tells whether all are in it. */
static bool all_free(struct store_lmdb *lmdb, struct free_search *search, uint64_t first,
                     uint64_t last)
{
    MDB_val key;
    MDB_val record;
    uint64_t found = 0;

    if (mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &search->txn) != 0 ||
        mdb_cursor_open(search->txn, FREE_TABLE, &search->cursor) != 0)
        return false;
    while (mdb_cursor_get(search->cursor, &key, &record, MDB_NEXT) == 0)
        found += count_free(&record, first, last);
    return found == last - first + 1;
}

/* The free list may itself lie in the part that was cut, so reading it is guarded. */
static void search_guarded(struct store_lmdb *lmdb, struct free_search *search, uint64_t first,
                           uint64_t last)
{
    struct sigaction action;
    struct sigaction before;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_bus_error;
    (void)sigemptyset(&action.sa_mask);
    INVARIANT(sigaction(SIGBUS, &action, &before) == 0);
    if (sigsetjmp(beyond_end, 1) == 0)
        search->whole = all_free(lmdb, search, first, last);
    INVARIANT(sigaction(SIGBUS, &before, NULL) == 0);
}

/* Whether LMDB never wrote the pages from `first` to `last`, so that a file without them is whole.
 */
static bool missing_is_free(struct store_lmdb *lmdb, uint64_t first, uint64_t last)
{
    struct free_search search = {.whole = false};

    search_guarded(lmdb, &search, first, last);
    if (search.cursor != NULL)
        mdb_cursor_close(search.cursor);
    mdb_txn_abort(search.txn); /* NULL is allowed */
    return search.whole;
}

enum status length_check(struct store_lmdb *lmdb, struct fault *fault)
{
    MDB_envinfo info;
    MDB_stat stat_env;
    struct stat file;
    uint64_t page_bytes;
    uint64_t needed;
    uint64_t size;
    int fd;

    INVARIANT(mdb_env_info(lmdb->env, &info) == 0);
    INVARIANT(mdb_env_stat(lmdb->env, &stat_env) == 0);
    INVARIANT(mdb_env_get_fd(lmdb->env, &fd) == 0);
    /* After the header was read: a running daemon may let the file grow, never shrink. */
    if (fstat(fd, &file) != 0)
        return fault_set(fault, ST_IO, "%s/data.mdb: its length cannot be read", lmdb->path);
    page_bytes = stat_env.ms_psize;
    size = (uint64_t)file.st_size;
    needed = ((uint64_t)info.me_last_pgno + 1) * page_bytes;
    if (size >= needed || missing_is_free(lmdb, size / page_bytes, info.me_last_pgno))
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "%s/data.mdb is cut short: it has %" PRIu64 " bytes and needs %" PRIu64,
                     lmdb->path, size, needed);
}
