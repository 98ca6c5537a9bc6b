/*
 * How much a store may still take, and who reads it.
 *
 * LMDB uses a page again when no reader can see what was on it, so a reader that stands still keeps
 * all pages that were freed since it began; the file grows instead.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/private.h"

/* ---- readers ---- */

struct room_listing {
    store_reader_visit visit;
    void *context;
};

/* A line of mdb_reader_list(): process, thread in hexadecimal, transaction or '-'. */
static int take_line(const char *line, void *context)
{
    const struct room_listing *listing = context;
    struct store_reader reader = {0};
    char *end;

    reader.pid = strtol(line, &end, 10);
    if (end == line || reader.pid <= 0)
        return 0; /* a heading, or "no active readers" */
    (void)strtoull(end, &end, 16);
    while (*end == ' ')
        end++;
    if (*end == '-')
        return 0; /* its place is taken, and it reads nothing now */
    reader.transaction = strtoull(end, NULL, 10);
    listing->visit(listing->context, &reader);
    return 0;
}

void store_lmdb_readers(struct store_lmdb *lmdb, store_reader_visit visit, void *context)
{
    struct room_listing listing = {.visit = visit, .context = context};
    int dead;

    (void)mdb_reader_check(lmdb->env, &dead); /* places of processes that are gone */
    (void)mdb_reader_list(lmdb->env, take_line, &listing);
}

uint64_t store_lmdb_transaction(struct store_lmdb *lmdb)
{
    MDB_envinfo info;

    INVARIANT(mdb_env_info(lmdb->env, &info) == 0);
    return info.me_last_txnid;
}

uint64_t store_lmdb_rows(struct store_lmdb *lmdb)
{
    uint64_t rows = 0;
    MDB_txn *txn = NULL;
    MDB_stat about;

    if (mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn) != 0)
        return 0; /* all places of readers are taken */
    for (int table = 0; table < STORE_TABLES; table++) {
        if (table == STORE_JOURNAL || mdb_stat(txn, lmdb->tables[table], &about) != 0)
            continue;
        rows += about.ms_entries + lmdb->waiting.rows[table];
    }
    mdb_txn_abort(txn); /* it only read */
    return rows;
}

/* ---- room ---- */

static void note_oldest(void *context, const struct store_reader *reader)
{
    uint64_t *oldest = context;

    if (reader->transaction < *oldest)
        *oldest = reader->transaction;
}

/* Pages in LMDB's list of free ones, by transaction, which no reader holds back. */
static uint64_t reusable_pages(MDB_txn *txn, uint64_t oldest)
{
    static const MDB_dbi free_list = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    uint64_t pages = 0;

    if (mdb_cursor_open(txn, free_list, &cursor) != 0)
        return 0;
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        size_t transaction;
        size_t count;

        if (key.mv_size != sizeof transaction || value.mv_size < sizeof count)
            break;
        memcpy(&transaction, key.mv_data, sizeof transaction);
        memcpy(&count, value.mv_data, sizeof count);
        if (transaction >= oldest)
            break; /* that reader, and those after it, may still look at these pages */
        pages += count;
    }
    mdb_cursor_close(cursor);
    return pages;
}

/* By how much the file may grow: its bound, the file system and the process's limit say. */
static uint64_t growth(struct store_lmdb *lmdb, uint64_t used)
{
    uint64_t room = lmdb->most_bytes > used ? lmdb->most_bytes - used : 0;
    struct statvfs disk;
    struct rlimit limit;
    mdb_filehandle_t fd;

    if (mdb_env_get_fd(lmdb->env, &fd) == 0 && fstatvfs(fd, &disk) == 0) {
        uint64_t available = (uint64_t)disk.f_bavail * disk.f_frsize;

        room = available < room ? available : room;
    }
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        uint64_t most = limit.rlim_cur > used ? limit.rlim_cur - used : 0;

        room = most < room ? most : room;
    }
    return room;
}

/* What lies free in the file, and may be used again. */
static uint64_t reusable_bytes(struct store_lmdb *lmdb)
{
    uint64_t oldest = UINT64_MAX;
    uint64_t pages;
    MDB_txn *txn = NULL;
    MDB_stat about;

    store_lmdb_readers(lmdb, note_oldest, &oldest);
    if (mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn) != 0)
        return 0; /* all places of readers are taken: what it may grow is known all the same */
    INVARIANT(mdb_env_stat(lmdb->env, &about) == 0);
    pages = reusable_pages(txn, oldest);
    mdb_txn_abort(txn); /* it only read */
    return pages * about.ms_psize;
}

void store_lmdb_room(struct store_lmdb *lmdb, struct store_room *room)
{
    uint64_t waits = lmdb->waiting.cost; /* the sweep will write as much, about */
    uint64_t used;
    uint64_t map_bytes;
    uint64_t grows;

    store_lmdb_usage(lmdb, &used, &map_bytes);
    grows = growth(lmdb, used);
    *room = (struct store_room){
        .free_bytes = grows, .total_bytes = used + grows, .map_held = lmdb->map_held};
    room->free_bytes += reusable_bytes(lmdb);
    room->free_bytes -= waits < room->free_bytes ? waits : room->free_bytes;
}
