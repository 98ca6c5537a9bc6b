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

/*
 * Read the whole journal, with the header of the same read: its last frame is that of `header`, and
 * what lies after it is ST_CORRUPT.  Frames are checked by that many threads, this one among them,
 * from 1 to JOURNAL_THREADS_MAX; the reader is called by this one, and what it sees and what is
 * returned does not depend on the number.
 */
enum { JOURNAL_THREADS_MAX = 16 };
MUST_CHECK enum status books_read_journal(const struct store_read *read,
                                          const struct frame_header *header,
                                          const struct journal_reader *reader, unsigned threads,
                                          struct fault *fault);

/*
 * Read the journal up to the frame of `header`, as it stays: frame by frame, each copied before any
 * of it is visited.  So no snapshot is held while `reader` waits for its output, and what a daemon
 * gives up meanwhile can be used again.
 */
MUST_CHECK enum status books_read_frames(const struct store *store,
                                         const struct frame_header *header,
                                         const struct journal_reader *reader, struct fault *fault);

/* Check one frame's chunks against its header, for starting up.  ST_CORRUPT names the chunk. */
MUST_CHECK enum status books_check_frame(const struct store_read *read,
                                         const struct frame_header *header, struct fault *fault);

/* The book that an event of prices puts in force: its number, and its SHA-256. */
void prices_event_get(const struct journal_event *event, uint64_t *id, struct hash *hash);

#endif
