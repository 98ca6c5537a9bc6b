/*
 * Private to ledger/: frames of the journal checked by several threads, and delivered in order by
 * the one that reads.
 *
 * The reading thread gives frames.  They are gathered to batches, which the other threads, and this
 * one while it would only wait, hash and take apart into records.  The reading thread alone then
 * calls the reader for them, in the order of the journal: a reader knows nothing of threads, and
 * the first fault in that order is the one that is told, whichever was found first.
 */
#ifndef SERAI_LEDGER_AHEAD_H
#define SERAI_LEDGER_AHEAD_H

#include "ledger/reading.h"
#include "ledger/whole.h"

struct ahead;

enum {
    /* A batch has at least this many bytes of chunks, except the last. */
    AHEAD_BATCH_BYTES = 64 * 1024,
    /* Frames from this size on are read by one thread, as their records would take memory. */
    AHEAD_FRAME_BYTES = 8 * 1024 * 1024,
    /* No batch is begun while those that are on their way have so many bytes of chunks. */
    AHEAD_BYTES_MAX = 4 * 1024 * 1024,
};

/* Who takes each frame, in order, before its entries: its hashes are computed. */
struct ahead_taker {
    enum status (*take)(void *context, const struct whole_frame *frame, struct fault *fault);
    void *context;
};

/*
 * Make one for `threads` threads, the caller's among them: 2 to JOURNAL_THREADS_MAX.  None is
 * started before the first batch is full, so a short journal has no cost of threads; if the system
 * has no thread to give, it goes on with those that there are.  `taker` and `reader` are read until
 * the end.  ST_NOMEM.
 */
MUST_CHECK enum status ahead_new(struct ahead **ahead, unsigned threads,
                                 const struct ahead_taker *taker,
                                 const struct journal_reader *reader, struct fault *fault);

/* End the threads and free it; NULL is allowed. */
void ahead_free(struct ahead *ahead);

/*
 * Give the next frame: its header, and its chunks as whole_frame.chunks has them.  Their bytes may
 * be taken, for a buffer with other memory and any content.  Frames given before may be delivered.
 * Returns the first fault in the order of the journal; nothing more may be given then.
 */
MUST_CHECK enum status ahead_give(struct ahead *ahead, const struct header_record *header,
                                  struct bytes *chunks, struct fault *fault);

/* Deliver what was given and is not delivered yet, unless a fault was returned before.  As
 * ahead_give(). */
MUST_CHECK enum status ahead_end(struct ahead *ahead, struct fault *fault);

#endif
