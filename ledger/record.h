/*
 * The journal's bytes: chunks of records, each with one encoding (docs/records.md).  Pure
 * functions.  A decoder returns NULL, or a text that says what is wrong; then its result is not
 * defined.
 */
#ifndef SERAI_LEDGER_RECORD_H
#define SERAI_LEDGER_RECORD_H

#include "ledger/journal.h"
#include "ledger/limits.h"

/* The sections of a frame, in their order. Fixed numbers. */
enum section {
    SECTION_HEADER = 0,
    SECTION_OPENINGS = 1,
    SECTION_EVENTS = 2,
    SECTION_LINES = 3,
    SECTION_POSTINGS = 4,
};
enum { SECTIONS = 5 };

enum {
    CHUNK_HEADER_BYTES = 16,
    JOURNAL_KEY_BYTES = 12,
    HEADER_RECORD_BYTES = 112,
    OPENING_RECORD_BYTES = 32,
    EVENT_RECORD_BYTES = 128,
    LINE_RECORD_BYTES = 64,
    POSTING_RECORD_BYTES = 40,
};
/* The event index of the site's own accounts, which the first frame opens without an event. */
#define NO_EVENT UINT32_MAX

/* ---- chunks ---- */

struct chunk {
    enum section section;
    uint32_t count; /* of records; at least 1 */
    uint64_t frame;
    const uint8_t *records; /* into the chunk's bytes */
    size_t records_size;
};

/* The size of every record of a section. */
size_t section_record_bytes(enum section section);

/*
 * The number of records that a full chunk holds.  Every chunk but the last of its section is full.
 */
uint32_t section_records_max(enum section section);

/* The name of a section's record for messages: "header", "opening", "event", "line", "posting". */
const char *section_text(enum section section);

/* Write the header of a chunk of `count` records. */
void chunk_put_header(uint8_t header[CHUNK_HEADER_BYTES], enum section section, uint32_t count,
                      uint64_t frame);

/*
 * Read a chunk's header and check that its size fits. chunk->records points into `data`; the
 * records are not read.
 */
MUST_CHECK const char *chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size);

/* The key of chunk `number` of a frame in STORE_JOURNAL. */
void chunk_key(uint8_t key[JOURNAL_KEY_BYTES], uint64_t frame, uint32_t number);

/* ---- records ---- */

/* The record in a frame's first chunk.  `head` is not in it: it is computed from all chunks. */
struct header_record {
    struct frame_header header;
    uint64_t openings;
};

/*
 * header_record_put() and header_record_get() write and read the record of section SECTION_HEADER.
 */
void header_record_put(uint8_t record[HEADER_RECORD_BYTES], const struct header_record *header);
MUST_CHECK const char *header_record_get(struct header_record *header, const uint8_t *record);

/*
 * The records of the other sections.  None holds the frame's number, which is the chunk's, or an
 * event's index, which is its place: readers leave these fields for the caller to fill.
 * opening_record_put() and opening_record_get() write and read an opening or closing of an account,
 * event_record_put() and event_record_get() an event, line_record_put() and line_record_get() a
 * line, posting_record_put() and posting_record_get() a posting.
 */
void opening_record_put(uint8_t record[OPENING_RECORD_BYTES],
                        const struct journal_opening *opening);
MUST_CHECK const char *opening_record_get(struct journal_opening *opening, const uint8_t *record);
void event_record_put(uint8_t record[EVENT_RECORD_BYTES], const struct journal_event *event);
MUST_CHECK const char *event_record_get(struct journal_event *event, const uint8_t *record);
void line_record_put(uint8_t record[LINE_RECORD_BYTES], const struct journal_line *line);
MUST_CHECK const char *line_record_get(struct journal_line *line, const uint8_t *record);
void posting_record_put(uint8_t record[POSTING_RECORD_BYTES],
                        const struct journal_posting *posting);
MUST_CHECK const char *posting_record_get(struct journal_posting *posting, const uint8_t *record);

/* ---- the frame header in STORE_META, key 1 ---- */
enum { META_FRAME_HEADER = 1 };

/*
 * Append the row of STORE_META at key META_FRAME_HEADER: the header of the last frame, its head
 * included.
 */
void frame_header_put(struct bytes *out, const struct frame_header *header);

/* Read the row that frame_header_put() wrote.  ST_CORRUPT. */
MUST_CHECK enum status frame_header_get(struct frame_header *header, const uint8_t *data,
                                        size_t size, struct fault *fault);

#endif
