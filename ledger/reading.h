/*
 * The rows of the books, as they stand in a store: for a start, and for audit/.  journal.h reads
 * the whole journal for everybody else.
 */
#ifndef SERAI_LEDGER_READING_H
#define SERAI_LEDGER_READING_H

#include "ledger/journal.h"

/*
 * Read the frame header: *header is of frame 0 when the store is empty.  ST_CORRUPT: it does not
 * decode, or it is missing though there are accounts or frames; ST_IO.
 */
MUST_CHECK enum status books_header(const struct store_read *read, struct frame_header *header,
                                    struct fault *fault);

/* As books_header(), by a read of its own. */
MUST_CHECK enum status books_header_now(const struct store *store, struct frame_header *header,
                                        struct fault *fault);

/* Which frames of the journal a store has (docs/records.md, "Frames that were dropped"). */
struct books_kept {
    uint64_t first;   /* the first one; 1 unless some were dropped */
    struct hash head; /* of the frame before it */
    uint64_t rows;    /* of the frames from here up to `first` some rows may still be there */
};

/* Read which frames the store has.  ST_CORRUPT, ST_IO. */
MUST_CHECK enum status books_kept(const struct store_read *read, struct books_kept *kept,
                                  struct fault *fault);

/* As books_kept(), by a read of its own. */
MUST_CHECK enum status books_kept_now(const struct store *store, struct books_kept *kept,
                                      struct fault *fault);

/* A whole segment of the journal in a store: behind its last frame another one begins. */
struct books_segment {
    uint64_t first;
    uint64_t last;
    struct hash before; /* the head before the first frame */
    struct hash head;   /* the head after the last */
    uint64_t wall_us;   /* of the last frame */
};

/*
 * Look for the segment that begins with frame `first`, behind this head.  ST_MISSING, which leaves
 * `fault`: it is not whole yet.  It reads the header of each of its frames.  ST_CORRUPT, ST_IO.
 */
MUST_CHECK enum status books_segment(const struct store_read *read, uint64_t first,
                                     const struct hash *before, struct books_segment *segment,
                                     struct fault *fault);

/*
 * Call reader->opening for each account that was opened before a frame, from its row.  ST_CORRUPT,
 * ST_IO, or what the reader says.
 */
MUST_CHECK enum status books_tell_accounts(const struct store_read *read, uint64_t frame,
                                           const struct journal_reader *reader,
                                           struct fault *fault);

/*
 * Read the whole journal, from the first frame that `past` (NULL: none) or the store has, with the
 * header of the same read: its last frame is that of `header`, and what lies after it is
 * ST_CORRUPT.  Frames are checked by that many threads, this one among them,
 * from 1 to JOURNAL_THREADS_MAX; the reader is called by this one, and what it sees and what is
 * returned does not depend on the number.
 */
enum { JOURNAL_THREADS_MAX = 16 };
MUST_CHECK enum status books_read_journal(const struct store_read *read,
                                          const struct journal_past *past,
                                          const struct frame_header *header,
                                          const struct journal_reader *reader, unsigned threads,
                                          struct fault *fault);

/*
 * Read as journal_read() does, up to the frame of `header`, as it stays: frame by frame, each
 * copied before any of it is visited.  So no snapshot is held while `reader` waits for its output,
 * and what a daemon gives up meanwhile can be used again.
 */
MUST_CHECK enum status books_read_frames(const struct store *store, const struct journal_past *past,
                                         const struct frame_header *header,
                                         const struct journal_reader *reader, struct fault *fault);

/*
 * Read one frame, as books_read_frames() does, for lists that begin anywhere.  Its chunks are all
 * there and whole; that it follows the frame before is not looked at, which is the audit's to
 * check. ST_MISSING, which leaves `fault`: there is no such frame.  The number is not 0
 * (INVARIANT).
 */
MUST_CHECK enum status books_read_frame(const struct store *store, uint64_t frame,
                                        const struct journal_reader *reader, struct fault *fault);

/* Check one frame's chunks against its header, for starting up.  ST_CORRUPT names the chunk. */
MUST_CHECK enum status books_check_frame(const struct store_read *read,
                                         const struct frame_header *header, struct fault *fault);

/* The book that an event of prices puts in force: its number, and its SHA-256. */
void prices_event_get(const struct journal_event *event, uint64_t *id, struct hash *hash);

#endif
