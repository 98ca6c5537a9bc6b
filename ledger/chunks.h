/*
 * The chunks of one frame while it is filled: entries are appended, and each is in its chunk at
 * once (docs/records.md, "Chunks").  Not thread-safe.
 */
#ifndef SERAI_LEDGER_CHUNKS_H
#define SERAI_LEDGER_CHUNKS_H

#include "ledger/entry.h"
#include "ledger/record.h"

struct chunks {
    struct bytes full; /* the chunks before the last: each its bytes, sizes in `ends` */
    struct bytes ends; /* size_t each: where in `full` a chunk ends */
    size_t size;       /* of the last chunk; 0: there is none */
    struct chunk last; /* what its header will say */
    struct entry_state state;
    struct journal_event event; /* the last one: a chunk that goes on with its lines repeats it */
    uint64_t event_lines;       /* of it */
    uint64_t frame;
    uint64_t openings; /* counts in the frame */
    uint64_t events;
    uint64_t lines;
    uint8_t data[CHUNK_BYTES_MAX]; /* of the last chunk */
};

/* Begin a frame: no entry yet.  All-zero chunks may begin one too; their memory is kept. */
void chunks_begin(struct chunks *chunks, uint64_t frame);

/* Free the memory. */
void chunks_fini(struct chunks *chunks);

/*
 * Append an entry.  Openings and lines are of the event that was appended last; in frame 1,
 * openings before the first event are of none.  Memory that runs out stops the program (INVARIANT):
 * books that lack a line are worse than a site that starts again from its last frame.
 */
void chunks_add_event(struct chunks *chunks, const struct journal_event *event);
void chunks_add_opening(struct chunks *chunks, const struct journal_opening *opening);
void chunks_add_line(struct chunks *chunks, const struct transfer *line);

/* How many chunks there are. */
size_t chunks_count(const struct chunks *chunks);

/* How many bytes they have. */
size_t chunks_bytes(const struct chunks *chunks);

/*
 * Chunk `number`, from 0, and its size: the bytes of the journal.  Complete once the frame is;
 * valid until the next entry.
 */
const uint8_t *chunks_at(struct chunks *chunks, size_t number, size_t *size);

#endif
