/*
 * Records as bytes (docs/records.md, "Frames"): each *_put() writes the table of its heading, each
 * *_get() reads it back and refuses whatever *_put() cannot have written.
 */
#include "ledger/record.h"

#include <assert.h>
#include <string.h>

#include "base/cbor.h"
#include "ledger/account.h"

static_assert(CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES <= CHUNK_BYTES_MAX, "a header fits");

/* Spare bytes are zero: one value has one encoding, and a later format may give them a meaning. */
static bool record_is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* ---- chunks: docs/records.md, "Chunks" ---- */

void chunk_put_header(uint8_t header[CHUNK_HEADER_BYTES], uint64_t frame)
{
    memset(header, 0, CHUNK_HEADER_BYTES);
    le16_put(header, CHUNK_FORMAT);
    header[2] = SECTION_HEADER;
    le64_put(header + 8, frame);
}

void chunk_put_entries_header(uint8_t header[ENTRIES_HEADER_BYTES], const struct chunk *chunk)
{
    le16_put(header, CHUNK_FORMAT);
    header[2] = SECTION_ENTRIES;
    header[3] = chunk->continued;
    le32_put(header + 4, chunk->event);
    le64_put(header + 8, chunk->frame);
    le32_put(header + 16, chunk->lines);
    le32_put(header + 20, 0);
    le64_put(header + 24, chunk->price);
    le64_put(header + 32, chunk->site_time_us);
}

/* The chunk with the header record: nothing but the frame's number is said before it. */
static const char *header_chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size)
{
    if (size != CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES &&
        size != CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES_MAX)
        return "its size is not that of a header";
    if (!record_is_zero(data + 3, 5))
        return "a spare byte is not zero";
    chunk->body = data + CHUNK_HEADER_BYTES;
    chunk->body_size = size - CHUNK_HEADER_BYTES;
    return NULL;
}

static const char *entries_chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size)
{
    if (size <= ENTRIES_HEADER_BYTES)
        return "it has no entry";
    if (data[3] > 1 || !record_is_zero(data + 20, 4))
        return "a spare byte is not zero";
    chunk->continued = data[3] == 1;
    chunk->event = le32_get(data + 4);
    chunk->lines = le32_get(data + 16);
    chunk->price = le64_get(data + 24);
    chunk->site_time_us = le64_get(data + 32);
    chunk->body = data + ENTRIES_HEADER_BYTES;
    chunk->body_size = size - ENTRIES_HEADER_BYTES;
    if (!chunk->continued && chunk->lines != 0)
        return "its first event has lines before it begins";
    return NULL;
}

const char *chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size)
{
    memset(chunk, 0, sizeof *chunk);
    if (size < CHUNK_HEADER_BYTES || size > CHUNK_BYTES_MAX)
        return "its size is out of range";
    /* Another format is another program's, and nothing after it means what we think. */
    if (le16_get(data) != CHUNK_FORMAT)
        return "its format is unknown";
    chunk->frame = le64_get(data + 8);
    switch (data[2]) {
    case SECTION_HEADER:
        chunk->section = SECTION_HEADER;
        return header_chunk_decode(chunk, data, size);
    case SECTION_ENTRIES:
        chunk->section = SECTION_ENTRIES;
        return entries_chunk_decode(chunk, data, size);
    default: /* a byte, not an enum */
        return "its section is unknown";
    }
}

/* Big-endian, so that the store has the chunks of all frames in their order. */
void chunk_key(uint8_t key[JOURNAL_KEY_BYTES], uint64_t frame, uint32_t number)
{
    be64_put(key, frame);
    be32_put(key + 8, number);
}

/* ---- "Header record" ---- */

bool header_record_has_state(const struct frame_header *header)
{
    return header->frame > 1 && header->segment.first == header->frame;
}

size_t header_record_put(uint8_t *record, const struct header_record *header)
{
    const struct frame_header *frame = &header->header;

    le64_put(record, frame->frame);
    le64_put(record + 8, frame->site_time_us);
    le64_put(record + 16, frame->wall_us);
    memcpy(record + 24, frame->previous.bytes, HASH_BYTES);
    le64_put(record + 56, frame->next_account);
    le64_put(record + 64, header->openings);
    le64_put(record + 72, frame->events);
    le64_put(record + 80, frame->lines);
    le64_put(record + 88, frame->chunks);
    if (!header_record_has_state(frame))
        return HEADER_RECORD_BYTES;
    memcpy(record + HEADER_RECORD_BYTES, frame->state.bytes, HASH_BYTES);
    return HEADER_RECORD_BYTES_MAX;
}

const char *header_record_get(struct header_record *header, const uint8_t *record, size_t size)
{
    struct frame_header *frame = &header->header;
    bool has_state = size == HEADER_RECORD_BYTES_MAX;

    /* `head` stays zero: it is made from all chunks, this one included. */
    memset(header, 0, sizeof *header);
    frame->frame = le64_get(record);
    frame->site_time_us = le64_get(record + 8);
    frame->wall_us = le64_get(record + 16);
    memcpy(frame->previous.bytes, record + 24, HASH_BYTES);
    frame->next_account = le64_get(record + 56);
    header->openings = le64_get(record + 64);
    frame->events = le64_get(record + 72);
    frame->lines = le64_get(record + 80);
    frame->chunks = le64_get(record + 88);
    if (has_state || frame->frame == 1)
        frame->segment.first = frame->frame;
    if (has_state && frame->frame <= 1)
        return "it names a state before the first frame";
    if (has_state)
        memcpy(frame->state.bytes, record + HEADER_RECORD_BYTES, HASH_BYTES);
    /* Bounds of memory for whoever reads the frame, before its chunks are looked at. */
    if (header->openings > FRAME_OPENINGS_MAX || frame->events > FRAME_EVENTS_MAX ||
        frame->lines > FRAME_LINES_MAX)
        return "a count is out of range";
    if (frame->next_account < ACCOUNT_FIRST_FREE || frame->next_account > ACCOUNT_IDS_MAX)
        return "the next account id is out of range";
    return NULL;
}

/* ---- the frame header in `meta`: "Frames" ---- */

enum { HEADER_FIELDS = 11 };

void frame_header_put(struct bytes *out, const struct frame_header *header)
{
    cbor_put_array(out, HEADER_FIELDS);
    cbor_put_uint(out, header->frame);
    cbor_put_uint(out, header->site_time_us);
    cbor_put_uint(out, header->wall_us);
    cbor_put_bytes(out, header->head.bytes, HASH_BYTES);
    cbor_put_bytes(out, header->previous.bytes, HASH_BYTES);
    cbor_put_uint(out, header->next_account);
    cbor_put_uint(out, header->events);
    cbor_put_uint(out, header->lines);
    cbor_put_uint(out, header->chunks);
    cbor_put_uint(out, header->segment.first);
    cbor_put_uint(out, header->segment.bytes);
}

/* Only what frame_header_put() can have written; the journal is compared with it by its reader. */
enum status frame_header_get(struct frame_header *header, const uint8_t *data, size_t size,
                             struct fault *fault)
{
    struct cbor in;

    memset(header, 0, sizeof *header);
    cbor_init(&in, data, size);
    cbor_get_array(&in, HEADER_FIELDS);
    header->frame = cbor_get_uint(&in, UINT64_MAX - 1); /* the next frame has a number too */
    header->site_time_us = cbor_get_uint(&in, UINT64_MAX);
    header->wall_us = cbor_get_uint(&in, UINT64_MAX);
    cbor_get_bytes_exact(&in, header->head.bytes, HASH_BYTES);
    cbor_get_bytes_exact(&in, header->previous.bytes, HASH_BYTES);
    header->next_account = cbor_get_uint(&in, ACCOUNT_IDS_MAX);
    header->events = cbor_get_uint(&in, FRAME_EVENTS_MAX);
    header->lines = cbor_get_uint(&in, FRAME_LINES_MAX);
    header->chunks = cbor_get_uint(&in, UINT32_MAX);
    header->segment.first = cbor_get_uint(&in, header->frame);
    header->segment.bytes = cbor_get_uint(&in, UINT64_MAX);
    if (header->frame == 0 || header->next_account < ACCOUNT_FIRST_FREE || header->chunks == 0 ||
        header->segment.first == 0)
        cbor_fail(&in, "a number is out of range");
    if (cbor_done(&in, fault, "frame header") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "meta row 1: the frame header is not well-formed");
    return ST_OK;
}
