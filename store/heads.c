/*
 * The first two pages of the file each name all others; commits write them in turn, and the one
 * with the higher transaction number counts.  They have no hash of their own.  Were a bit of such a
 * number to rot, the frame before the last would come back whole and unnoticed.  But the two
 * numbers are neighbours, and the even one is on page 0: rot in one of them breaks that.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "store/private.h"

/* Of LMDB's data version 1 on machines of 64 bits: where a head has its number. */
enum { HEAD_TXN_OFFSET = 144, HEAD_TXN_BYTES = 8 };
_Static_assert(sizeof(size_t) == 8, "LMDB lays its pages out by the machine's word");

/* A daemon that runs may commit between our two reads. */
enum { HEAD_TRIES = 16 };

/* The number of the last transaction that a head page names.  False: it cannot be read. */
static bool heads_read(int fd, uint64_t page, uint64_t page_bytes, uint64_t *txn)
{
    uint8_t bytes[HEAD_TXN_BYTES];

    if (pread(fd, bytes, sizeof bytes, (off_t)(page * page_bytes + HEAD_TXN_OFFSET)) !=
        (ssize_t)sizeof bytes)
        return false;
    memcpy(txn, bytes, sizeof *txn);
    return true;
}

/* Whether these are the numbers of two heads that commits wrote in turn: the even one on page 0. */
static bool take_turns(const uint64_t txn[2])
{
    if (txn[0] == 0 && txn[1] == 0)
        return true; /* made, and nothing was committed yet */
    return txn[0] % 2 == 0 && (txn[1] == txn[0] + 1 || txn[0] == txn[1] + 1);
}

enum status heads_check(struct store_lmdb *lmdb, struct fault *fault)
{
    MDB_stat stat_env;
    uint64_t txn[2];
    int fd;

    INVARIANT(mdb_env_stat(lmdb->env, &stat_env) == 0);
    INVARIANT(mdb_env_get_fd(lmdb->env, &fd) == 0);
    for (int i = 0; i < HEAD_TRIES; i++) {
        if (!heads_read(fd, 0, stat_env.ms_psize, &txn[0]) ||
            !heads_read(fd, 1, stat_env.ms_psize, &txn[1]))
            return fault_set(fault, ST_IO, "%s/data.mdb: its first pages cannot be read",
                             lmdb->path);
        if (take_turns(txn))
            return ST_OK;
    }
    return fault_set(fault, ST_CORRUPT,
                     "%s/data.mdb: its first pages name transactions %" PRIu64 " and %" PRIu64
                     ", which do not follow each other",
                     lmdb->path, txn[0], txn[1]);
}
