/*
 * LMDB reuses no page that a reader's transaction may still see, so one old reader grows the file.
 */
#include "site/daemon/readers.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

struct readers_look {
    struct readers *readers;
    uint64_t now_us;
};

/* A reader is the same while its process and its transaction are. */
static void readers_see(void *context, const struct store_reader *seen)
{
    const struct readers_look *look = context;
    struct readers *readers = look->readers;

    if (seen->pid == (long)getpid())
        return;
    for (size_t i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->list[i];

        if (reader->pid == seen->pid && reader->transaction == seen->transaction) {
            reader->seen = true;
            return;
        }
    }
    if (readers->count == READERS_MAX)
        return; /* as many as a store takes */
    readers->list[readers->count++] = (struct reader){
        .pid = seen->pid, .transaction = seen->transaction, .since_us = look->now_us, .seen = true};
}

/* Old by time and by commits: a long read on a quiet site keeps no pages. */
static void reader_report(struct reader *reader, uint64_t commits, uint64_t now_us)
{
    uint64_t age_us = now_us - reader->since_us;

    if (reader->logged || commits < READER_OLD_COMMITS || age_us < READER_OLD_US)
        return;
    reader->logged = true;
    log_write(LOG_WARN, "store.reader-holds-pages",
              "pid=%ld seconds=%" PRIu64 " commits=%" PRIu64
              " reason=\"it reads the books as they were, so pages given up since are not used "
              "again and the file grows\" next=\"end process %ld, or let it go on\"",
              reader->pid, age_us / 1000000, commits, reader->pid);
}

/* Forget those that are gone, which makes room for others. */
static void readers_sweep(struct readers *readers)
{
    size_t kept = 0;

    for (size_t i = 0; i < readers->count; i++) {
        struct reader reader = readers->list[i];

        if (!reader.seen) {
            if (reader.logged)
                log_write(LOG_INFO, "store.reader-gone", "pid=%ld", reader.pid);
            continue;
        }
        reader.seen = false;
        readers->list[kept++] = reader;
    }
    readers->count = kept;
}

void readers_watch(struct readers *readers, struct store_lmdb *lmdb, struct clock_source clock)
{
    struct readers_look look = {.readers = readers, .now_us = clock.now_us(clock.context)};
    uint64_t last = store_lmdb_transaction(lmdb);

    if (look.now_us - readers->looked_us < READERS_LOOK_US)
        return;
    readers->looked_us = look.now_us;
    store_lmdb_readers(lmdb, readers_see, &look);
    for (size_t i = 0; i < readers->count; i++)
        reader_report(&readers->list[i], last - readers->list[i].transaction, look.now_us);
    readers_sweep(readers);
}
