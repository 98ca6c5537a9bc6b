/*
 * The rows of the books, as they stand in a store: for a start, and for audit/.  journal.h reads
 * the whole journal for everybody else.
 */
#ifndef SERAI_LEDGER_READING_H
#define SERAI_LEDGER_READING_H

#include "ledger/journal.h"

typedef enum status (*books_use)(void *context, const struct store *store,
                                 const struct frame_header *header, struct fault *fault);

/*
 * Call `use` with the frame header, inside the walk that read it, so that every walk which `use`
 * makes sees the same snapshot.  `use` is called with frame 0 when the store is empty.  ST_CORRUPT,
 * or what `use` returns.
 */
MUST_CHECK enum status books_with_header(const struct store *store, books_use use, void *context,
                                         struct fault *fault);

/*
 * Read the whole journal, within books_with_header(): its last frame is that of `header`, and what
 * lies after it is ST_CORRUPT.
 */
MUST_CHECK enum status books_read_journal(const struct store *store,
                                          const struct frame_header *header,
                                          const struct journal_reader *reader, struct fault *fault);

/* Read the frame header alone; frame 0 when the store is empty.  ST_CORRUPT, ST_IO. */
MUST_CHECK enum status books_header(const struct store *store, struct frame_header *header,
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
MUST_CHECK enum status books_check_frame(const struct store *store,
                                         const struct frame_header *header, struct fault *fault);

/* Read the source of an event of prices.  False: the source is not that of such an event. */
MUST_CHECK bool prices_event_get(const struct journal_event *event, uint64_t *id,
                                 struct hash *hash);

#endif
