/*
 * Durable transfers a second: the ledger's frames on the store against the naive way of two balance
 * rows and one record appended for each transfer, in LMDB itself at its default durability,
 * interleaved round by round, so that what else the machine does hits both alike.  And how many
 * bytes the ledger's side writes to the disk for each.
 *
 *     bench_ledger [accounts [seconds for each sample]]
 */
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/random.h"
#include "ledger/account.h"
#include "ledger/ledger.h"
#include "store/store.h"
#include "tests/bench/bench.h"

enum { FILES = 3, COMMITS = 2000, COMMIT_TRANSFERS = 100, WRITTEN_TRANSFERS = 200000 };
static const uint64_t map_bytes = UINT64_C(16) * 1024 * 1024 * 1024;

/* One way of making transfers durable. */
struct side {
    const char *name;
    char directory[256];
    struct store_lmdb *lmdb;
    struct store store;
    struct store_batch batch;
    struct ledger *ledger; /* NULL: the naive side, which has what follows */
    struct account *accounts;
    MDB_env *env;
    MDB_dbi account_table;
    MDB_dbi journal_table;
    double *commit_s; /* how long each commit took, the last COMMITS of them; NULL: not asked for */
    uint64_t commits;
    uint64_t sequence;
    uint64_t site_time_us;
};

static void check_lmdb(int error)
{
    if (error != 0)
        bench_die(mdb_strerror(error), NULL);
}

/* The naive side's batch, row by row. */
static void naive_commit(struct side *side)
{
    MDB_txn *txn = NULL;
    struct store_op op;
    size_t offset = 0;

    check_lmdb(mdb_txn_begin(side->env, NULL, 0, &txn));
    while (store_batch_next(&side->batch, &offset, &op)) {
        bool appends = op.kind == STORE_OP_APPEND;
        MDB_val key = {.mv_size = op.key_size, .mv_data = (void *)(uintptr_t)op.key};
        MDB_val value = {.mv_size = op.value_size, .mv_data = (void *)(uintptr_t)op.value};

        check_lmdb(mdb_put(txn, appends ? side->journal_table : side->account_table, &key, &value,
                           appends ? MDB_APPEND : 0));
    }
    check_lmdb(mdb_txn_commit(txn));
}

static void side_commit(struct side *side)
{
    double start = bench_now_s();
    struct fault fault;

    if (side->env != NULL)
        naive_commit(side);
    else if (store_commit(&side->store, &side->batch, &fault) != ST_OK)
        bench_die(side->name, &fault);
    if (side->commit_s != NULL)
        side->commit_s[side->commits++ % COMMITS] = bench_now_s() - start;
    store_batch_clear(&side->batch);
}

static void side_open(struct side *side, const char *name)
{
    const char *base = getenv("BENCH_DIR");

    memset(side, 0, sizeof *side);
    side->name = name;
    (void)snprintf(side->directory, sizeof side->directory, "%.200s/serai-bench-XXXXXX",
                   base == NULL ? "/tmp" : base);
    if (mkdtemp(side->directory) == NULL)
        bench_die("mkdtemp", NULL);
    store_batch_init(&side->batch);
}

static void side_close(struct side *side)
{
    static const char *const names[FILES] = {"data.mdb", "lock.mdb", "lock"};
    char path[320];

    store_lmdb_close(side->lmdb); /* NULL is allowed */
    mdb_env_close(side->env);
    store_batch_fini(&side->batch);
    ledger_free(side->ledger);
    free(side->accounts);
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", side->directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(side->directory);
}

/* ---- the ledger ---- */

static void frames_open(struct side *side)
{
    struct fault fault;

    side_open(side, "frames");
    if (store_lmdb_open(&side->lmdb, side->directory, STORE_CREATE, map_bytes, &fault) != ST_OK)
        bench_die(side->name, &fault);
    side->store = store_from_lmdb(side->lmdb);
}

static void frame_done(struct side *side)
{
    side->site_time_us++;
    (void)ledger_frame_close(side->ledger, &side->batch, side->site_time_us, 0, true, NULL);
    side_commit(side);
}

static void frames_fill(struct side *side, uint64_t accounts)
{
    struct event event = {.kind = EVENT_TICK};
    struct transfer in = {.debit = ACCOUNT_TREASURY, .code = TRANSFER_MONEY_IN};

    if (ledger_new(&side->ledger) != ST_OK || money_from_nanos(&in.amount, 1000000) != ST_OK)
        bench_die("ledger", NULL);
    for (uint64_t i = 0; i < accounts; i++) {
        ledger_event_begin(side->ledger);
        if (ledger_open(side->ledger, KIND_AGENT, 0, &in.credit) != ST_OK)
            bench_die("account", NULL);
        ledger_transfer_checked(side->ledger, &in);
        (void)ledger_event_end(side->ledger, &event);
        if (i % 8192 == 8191)
            frame_done(side);
    }
    frame_done(side);
}

static void frames_batch(struct side *side, struct rng *rng, uint64_t accounts, uint64_t count)
{
    struct event event = {.kind = EVENT_TURN};
    struct transfer transfer = {.code = TRANSFER_FUND};

    if (money_from_nanos(&transfer.amount, 1) != ST_OK)
        bench_die("amount", NULL);
    ledger_event_begin(side->ledger);
    for (uint64_t i = 0; i < count; i++) {
        transfer.debit = ACCOUNT_FIRST_FREE + rng_below(rng, accounts);
        transfer.credit = ACCOUNT_FIRST_FREE + rng_below(rng, accounts);
        transfer.object = i;
        (void)!ledger_transfer(side->ledger, &transfer); /* to itself, once in a million: refused */
    }
    (void)ledger_event_end(side->ledger, &event);
    frame_done(side);
}

/* ---- two puts and one append for each transfer ---- */

static void naive_open(struct side *side)
{
    MDB_txn *txn = NULL;

    side_open(side, "naive");
    check_lmdb(mdb_env_create(&side->env));
    check_lmdb(mdb_env_set_mapsize(side->env, map_bytes));
    check_lmdb(mdb_env_set_maxdbs(side->env, 2));
    check_lmdb(mdb_env_open(side->env, side->directory, 0, 0600));
    check_lmdb(mdb_txn_begin(side->env, NULL, 0, &txn));
    check_lmdb(mdb_dbi_open(txn, "account", MDB_CREATE, &side->account_table));
    check_lmdb(mdb_dbi_open(txn, "journal", MDB_CREATE, &side->journal_table));
    check_lmdb(mdb_txn_commit(txn));
}

static void naive_put(struct side *side, const struct account *account)
{
    uint8_t row[ACCOUNT_ROW_BYTES];
    uint8_t key[ACCOUNT_KEY_BYTES];

    account_encode(row, account, side->sequence);
    be64_put(key, account->id);
    store_batch_put(&side->batch, STORE_ACCOUNT, key, sizeof key, row, sizeof row);
}

static void naive_fill(struct side *side, uint64_t accounts)
{
    side->accounts = calloc(accounts, sizeof *side->accounts);
    if (side->accounts == NULL)
        bench_die("accounts", NULL);
    for (uint64_t i = 0; i < accounts; i++) {
        side->accounts[i] = (struct account){.id = ACCOUNT_FIRST_FREE + i, .credits = 1000000};
        naive_put(side, &side->accounts[i]);
        if (i % 8192 == 8191)
            side_commit(side);
    }
    side_commit(side);
}

static void naive_batch(struct side *side, struct rng *rng, uint64_t accounts, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct account *debit = &side->accounts[rng_below(rng, accounts)];
        struct account *credit = &side->accounts[rng_below(rng, accounts)];
        uint8_t record[64] = {0};
        uint8_t key[8];

        debit->debits++;
        credit->credits++;
        le64_put(record, debit->id);
        le64_put(record + 8, credit->id);
        be64_put(key, ++side->sequence);
        store_batch_append(&side->batch, STORE_JOURNAL, key, sizeof key, record, sizeof record);
        naive_put(side, debit);
        naive_put(side, credit);
    }
    side_commit(side);
}

/* ---- measuring ---- */

struct sampling {
    struct side *side;
    struct rng *rng;
    uint64_t accounts;
    uint64_t count; /* transfers of one batch */
    double seconds; /* of one sample, at least */
};

/* Transfers a second. */
static double sample(void *context)
{
    const struct sampling *how = context;
    double start = bench_now_s();
    double passed;
    uint64_t done = 0;

    do {
        if (how->side->ledger != NULL)
            frames_batch(how->side, how->rng, how->accounts, how->count);
        else
            naive_batch(how->side, how->rng, how->accounts, how->count);
        done += how->count;
        passed = bench_now_s() - start;
    } while (passed < how->seconds);
    return (double)done / passed;
}

static void measure(struct side *frames, struct side *naive, uint64_t accounts, uint64_t count,
                    double seconds)
{
    struct rng rng;
    struct sampling of_frames = {frames, &rng, accounts, count, seconds};
    struct sampling of_naive = {naive, &rng, accounts, count, seconds};
    struct bench_side sides[] = {{frames->name, sample, &of_frames},
                                 {naive->name, sample, &of_naive}};
    char what[96];

    rng_init(&rng, 1);
    (void)snprintf(what, sizeof what, "durable transfers, %llu accounts, batches of %llu",
                   (unsigned long long)accounts, (unsigned long long)count);
    bench_compare(what, "transfers/s", sides, 2);
}

/* ---- what goes to the disk ---- */

static uint64_t written_bytes(void)
{
    enum { BLOCK_BYTES = 512 }; /* of ru_oublock */
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        bench_die("getrusage", NULL);
    return (uint64_t)usage.ru_oublock * BLOCK_BYTES;
}

/* Bytes for each transfer. */
static double sample_written(void *context)
{
    struct sampling *how = context;
    uint64_t before = written_bytes();
    uint64_t done = 0;

    while (done < WRITTEN_TRANSFERS) {
        if (how->side->ledger != NULL)
            frames_batch(how->side, how->rng, how->accounts, how->count);
        else
            naive_batch(how->side, how->rng, how->accounts, how->count);
        done += how->count;
    }
    return (double)(written_bytes() - before) / (double)done;
}

static void measure_written(struct side *frames, struct side *naive, uint64_t accounts,
                            uint64_t count)
{
    struct rng rng;
    struct sampling of_frames = {frames, &rng, accounts, count, 0};
    struct sampling of_naive = {naive, &rng, accounts, count, 0};
    struct bench_side sides[] = {{frames->name, sample_written, &of_frames},
                                 {naive->name, sample_written, &of_naive}};
    char what[96];

    rng_init(&rng, 3);
    (void)snprintf(what, sizeof what, "written for a transfer, %llu accounts, batches of %llu",
                   (unsigned long long)accounts, (unsigned long long)count);
    bench_compare_sizes(what, "bytes", sides, 2);
}

/* ---- how even commits are ---- */

static int compare_seconds(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (*a > *b) - (*a < *b);
}

/* The slowest of a thousand as a multiple of the usual one. */
static double sample_evenness(void *context)
{
    struct sampling *how = context;
    double seconds[COMMITS];
    double tail;
    double median;

    how->side->commit_s = seconds;
    how->side->commits = 0;
    while (how->side->commits < COMMITS)
        (void)sample(context);
    how->side->commit_s = NULL;
    qsort(seconds, COMMITS, sizeof seconds[0], compare_seconds);
    tail = seconds[COMMITS - 1 - COMMITS / 1000];
    median = seconds[COMMITS / 2];
    (void)printf(" [p50 %.3g ms, p99 %.3g ms, p99.9 %.3g ms]", median * 1e3,
                 seconds[COMMITS - 1 - COMMITS / 100] * 1e3, tail * 1e3);
    return tail / median;
}

static void measure_evenness(struct side *frames, struct side *naive, uint64_t accounts)
{
    struct rng rng;
    /* Of no seconds: a batch a sample. */
    struct sampling of_frames = {frames, &rng, accounts, COMMIT_TRANSFERS, 0};
    struct sampling of_naive = {naive, &rng, accounts, COMMIT_TRANSFERS, 0};
    struct bench_side sides[] = {{frames->name, sample_evenness, &of_frames},
                                 {naive->name, sample_evenness, &of_naive}};
    char what[96];

    rng_init(&rng, 2);
    (void)snprintf(what, sizeof what, "commit, p99.9 as a multiple of p50, %llu accounts",
                   (unsigned long long)accounts);
    bench_compare(what, "times", sides, 2);
}

int main(int argc, char **argv)
{
    uint64_t accounts = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 1.0;
    struct side frames;
    struct side naive;

    if (accounts < 2 || accounts > 10000000 || seconds <= 0 || sodium_init() < 0) {
        (void)fputs("usage: bench_ledger [accounts [seconds for each sample]]\n", stderr);
        return 64;
    }
    frames_open(&frames);
    naive_open(&naive);
    frames_fill(&frames, accounts);
    naive_fill(&naive, accounts);
    measure(&frames, &naive, accounts, 8192, seconds);
    measure(&frames, &naive, accounts, COMMIT_TRANSFERS, seconds);
    measure_written(&frames, &naive, accounts, 8192);
    measure_written(&frames, &naive, accounts, COMMIT_TRANSFERS);
    measure_evenness(&frames, &naive, accounts);
    side_close(&frames);
    side_close(&naive);
    return 0;
}
