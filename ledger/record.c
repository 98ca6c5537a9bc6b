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
static_assert(EVENT_SOURCE_BYTES_MAX == 64, "the width of an event record's source");

/* Spare bytes are zero: one value has one encoding, and a later format may give them a meaning. */
static bool record_is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* ---- sections ---- */

size_t section_record_bytes(enum section section)
{
    switch (section) {
    case SECTION_HEADER:
        return HEADER_RECORD_BYTES;
    case SECTION_OPENINGS:
        return OPENING_RECORD_BYTES;
    case SECTION_EVENTS:
        return EVENT_RECORD_BYTES;
    case SECTION_LINES:
        return LINE_RECORD_BYTES;
    case SECTION_POSTINGS:
        return POSTING_RECORD_BYTES;
    }
    invariant_failed("a section", __FILE__, __LINE__);
}

/* 123 openings, 30 events, 61 lines or 98 postings; a header section is one record. */
uint32_t section_records_max(enum section section)
{
    if (section == SECTION_HEADER)
        return 1;
    return (uint32_t)((CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES) / section_record_bytes(section));
}

const char *section_text(enum section section)
{
    switch (section) {
    case SECTION_HEADER:
        return "header";
    case SECTION_OPENINGS:
        return "opening";
    case SECTION_EVENTS:
        return "event";
    case SECTION_LINES:
        return "line";
    case SECTION_POSTINGS:
        return "posting";
    }
    invariant_failed("a section", __FILE__, __LINE__);
}

/* ---- chunks: docs/records.md, "Chunks" ---- */

void chunk_put_header(uint8_t header[CHUNK_HEADER_BYTES], enum section section, uint32_t count,
                      uint64_t frame)
{
    le16_put(header, CHUNK_FORMAT);
    header[2] = (uint8_t)section;
    header[3] = 0;
    le32_put(header + 4, count);
    le64_put(header + 8, frame);
}

const char *chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size)
{
    if (size < CHUNK_HEADER_BYTES || size > CHUNK_BYTES_MAX)
        return "its size is out of range";
    /* Another format is another program's, and nothing after it means what we think. */
    if (le16_get(data) != CHUNK_FORMAT)
        return "its format is unknown";
    if (data[2] >= SECTIONS)
        return "its section is unknown";
    if (data[3] != 0)
        return "a spare byte is not zero";
    chunk->section = (enum section)data[2];
    chunk->count = le32_get(data + 4);
    chunk->frame = le64_get(data + 8);
    chunk->records = data + CHUNK_HEADER_BYTES;
    chunk->records_size = size - CHUNK_HEADER_BYTES;
    /* Held to its section's maximum before it is multiplied: then the product is small. */
    if (chunk->count == 0 || chunk->count > section_records_max(chunk->section))
        return "its record count is out of range";
    if (chunk->records_size != chunk->count * section_record_bytes(chunk->section))
        return "its size does not fit its record count";
    return NULL;
}

/* Big-endian, so that the store has the chunks of all frames in their order. */
void chunk_key(uint8_t key[JOURNAL_KEY_BYTES], uint64_t frame, uint32_t number)
{
    be64_put(key, frame);
    be32_put(key + 8, number);
}

/* ---- "Header record, 112 bytes" ---- */

void header_record_put(uint8_t record[HEADER_RECORD_BYTES], const struct header_record *header)
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
    le64_put(record + 88, frame->postings);
    le64_put(record + 96, frame->chunks);
    le64_put(record + 104, 0);
}

const char *header_record_get(struct header_record *header, const uint8_t *record)
{
    struct frame_header *frame = &header->header;

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
    frame->postings = le64_get(record + 88);
    frame->chunks = le64_get(record + 96);
    if (!record_is_zero(record + 104, 8))
        return "a spare byte is not zero";
    /* Bounds of memory for whoever reads the frame, before its chunks are looked at. */
    if (header->openings > FRAME_OPENINGS_MAX || frame->events > FRAME_EVENTS_MAX ||
        frame->lines > FRAME_LINES_MAX || frame->postings > frame->lines)
        return "a count is out of range";
    if (frame->next_account < ACCOUNT_FIRST_FREE || frame->next_account > ACCOUNT_IDS_MAX)
        return "the next account id is out of range";
    return NULL;
}

/* ---- "Opening record, 32 bytes" ---- */

void opening_record_put(uint8_t record[OPENING_RECORD_BYTES], const struct journal_opening *opening)
{
    memset(record, 0, OPENING_RECORD_BYTES);
    le32_put(record, opening->event);
    record[4] = opening->closing;
    record[5] = (uint8_t)opening->class;
    record[6] = (uint8_t)opening->kind;
    le64_put(record + 8, opening->account);
    le64_put(record + 16, opening->customer);
}

const char *opening_record_get(struct journal_opening *opening, const uint8_t *record)
{
    memset(opening, 0, sizeof *opening);
    if (record[7] != 0 || !record_is_zero(record + 24, 8))
        return "a spare byte is not zero";
    if (record[4] > 1)
        return "it neither opens nor closes";
    if (record[6] >= ACCOUNT_KINDS)
        return "the account kind is unknown";
    opening->event = le32_get(record);
    opening->closing = record[4] == 1;
    opening->kind = (enum account_kind)record[6];
    /* The class follows from the kind; it is in the record for readers without our table. */
    opening->class = account_class_of(opening->kind);
    opening->account = le64_get(record + 8);
    opening->customer = le64_get(record + 16);
    if (record[5] != opening->class)
        return "the class is not that of the kind";
    if (opening->account == ACCOUNT_NONE)
        return "the account is 0";
    return NULL;
}

/* ---- "Event record, 128 bytes" ---- */

void event_record_put(uint8_t record[EVENT_RECORD_BYTES], const struct journal_event *event)
{
    /* All zero first: what is not set below is spare. */
    INVARIANT(event->source_size <= EVENT_SOURCE_BYTES_MAX);
    memset(record, 0, EVENT_RECORD_BYTES);
    memcpy(record, event->hash.bytes, HASH_BYTES);
    le64_put(record + 32, event->subject);
    le64_put(record + 40, event->site_time_us);
    le16_put(record + 48, (uint16_t)event->kind);
    record[50] = (uint8_t)event->source_size;
    memcpy(record + 56, event->source, event->source_size);
}

const char *event_record_get(struct journal_event *event, const uint8_t *record)
{
    memset(event, 0, sizeof *event);
    if (le16_get(record + 48) > EVENT_SETTLEMENT)
        return "the event kind is unknown";
    if (record[50] > EVENT_SOURCE_BYTES_MAX)
        return "the source is too long";
    /* Behind the source, too: its size is the only one that fits. */
    event->source_size = record[50];
    if (!record_is_zero(record + 51, 5) ||
        !record_is_zero(record + 56 + event->source_size,
                        EVENT_RECORD_BYTES - 56 - event->source_size))
        return "a spare byte is not zero";
    memcpy(event->hash.bytes, record, HASH_BYTES);
    event->subject = le64_get(record + 32);
    event->site_time_us = le64_get(record + 40);
    event->kind = (enum event_kind)le16_get(record + 48);
    memcpy(event->source, record + 56, event->source_size);
    return NULL;
}

/* ---- "Line record, 64 bytes" ---- */

void line_record_put(uint8_t record[LINE_RECORD_BYTES], const struct journal_line *line)
{
    const struct transfer *transfer = &line->transfer;

    le32_put(record, line->event);
    le16_put(record + 4, (uint16_t)transfer->code);
    le16_put(record + 6, 0);
    le64_put(record + 8, transfer->debit);
    le64_put(record + 16, transfer->credit);
    le64_put(record + 24, money_nanos(transfer->amount));
    le64_put(record + 32, transfer->quantity);
    le64_put(record + 40, transfer->price_id);
    le64_put(record + 48, transfer->object);
    le64_put(record + 56, transfer->carry);
}

const char *line_record_get(struct journal_line *line, const uint8_t *record)
{
    struct transfer *transfer = &line->transfer;

    memset(line, 0, sizeof *line);
    if (le16_get(record + 6) != 0)
        return "a spare byte is not zero";
    if (!transfer_code_known(le16_get(record + 4)))
        return "the code is unknown";
    if (money_from_nanos(&transfer->amount, le64_get(record + 24)) != ST_OK)
        return "the amount is out of range";
    line->event = le32_get(record);
    transfer->code = (enum transfer_code)le16_get(record + 4);
    transfer->debit = le64_get(record + 8);
    transfer->credit = le64_get(record + 16);
    transfer->quantity = le64_get(record + 32);
    transfer->price_id = le64_get(record + 40);
    transfer->object = le64_get(record + 48);
    transfer->carry = le64_get(record + 56);
    /* ledger_transfer() refuses the first, and leaves no line for the second. */
    if (transfer->debit == transfer->credit)
        return "it moves money from an account to itself";
    if (money_is_zero(transfer->amount) && transfer->quantity == 0)
        return "it moves nothing";
    return NULL;
}

/* ---- "Posting record, 40 bytes" ---- */

void posting_record_put(uint8_t record[POSTING_RECORD_BYTES], const struct journal_posting *posting)
{
    le64_put(record, posting->debit);
    le64_put(record + 8, posting->credit);
    le128_put(record + 16, posting->amount);
    le16_put(record + 32, (uint16_t)posting->code);
    le16_put(record + 34, 0);
    le32_put(record + 36, (uint32_t)posting->lines);
}

const char *posting_record_get(struct journal_posting *posting, const uint8_t *record)
{
    memset(posting, 0, sizeof *posting);
    posting->debit = le64_get(record);
    posting->credit = le64_get(record + 8);
    posting->amount = le128_get(record + 16);
    posting->code = le16_get(record + 32);
    posting->lines = le32_get(record + 36);
    if (le16_get(record + 34) != 0)
        return "a spare byte is not zero";
    if (!transfer_code_known(posting->code))
        return "the code is unknown";
    if (posting->debit == posting->credit)
        return "it moves money from an account to itself";
    if (posting->lines == 0)
        return "it has no line";
    return NULL;
}

/* ---- the frame header in `meta`: "Frames" ---- */

enum { HEADER_FIELDS = 10 };

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
    cbor_put_uint(out, header->postings);
    cbor_put_uint(out, header->chunks);
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
    header->postings = cbor_get_uint(&in, FRAME_LINES_MAX);
    header->chunks = cbor_get_uint(&in, UINT32_MAX);
    if (header->frame == 0 || header->next_account < ACCOUNT_FIRST_FREE || header->chunks == 0)
        cbor_fail(&in, "a number is out of range");
    if (cbor_done(&in, fault, "frame header") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "meta row 1: the frame header is not well-formed");
    return ST_OK;
}
