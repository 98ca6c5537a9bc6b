/*
 * The journal's bytes: chunks of records, each with one encoding (docs/records.md).  Pure
 * functions; what does not decode is told by a text, NULL meaning that all is well.
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
    CHUNK_FORMAT = 0x5303, /* 3: events of prices, interface prices on lines of fees */
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

size_t section_record_bytes(enum section section);
/* How many records a full chunk holds; every chunk but the last of its section is full. */
uint32_t section_records_max(enum section section);
const char *section_text(enum section section);

void chunk_put_header(uint8_t header[CHUNK_HEADER_BYTES], enum section section, uint32_t count,
                      uint64_t frame);
MUST_CHECK const char *chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size);
/* The key of a chunk in STORE_JOURNAL. */
void chunk_key(uint8_t key[JOURNAL_KEY_BYTES], uint64_t frame, uint32_t number);

/* ---- records ---- */

/* What the first chunk of a frame says; its `head` is not in the record, but follows from all. */
struct header_record {
    struct frame_header header;
    uint64_t openings;
};

void header_record_put(uint8_t record[HEADER_RECORD_BYTES], const struct header_record *header);
MUST_CHECK const char *header_record_get(struct header_record *header, const uint8_t *record);

/* The frame's number is the chunk's, and an event's index its place, so no record holds them. */
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
void frame_header_put(struct bytes *out, const struct frame_header *header);
/* ST_CORRUPT. */
MUST_CHECK enum status frame_header_get(struct frame_header *header, const uint8_t *data,
                                        size_t size, struct fault *fault);

#endif
