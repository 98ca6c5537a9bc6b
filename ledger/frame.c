/* Closing a frame: what it holds becomes chunks of the journal, account rows and a header. */
#include <stdlib.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/record.h"

/* Where the chunks of one frame go, and the chain over them. */
struct chunk_writer {
    struct ledger *ledger;
    struct store_batch *batch;
    uint64_t frame;
    uint32_t chunks;
};

/* Leaf hash as in RFC 6962: SHA-256(0x00 || chunk). */
static void writer_put(struct chunk_writer *writer, enum section section, uint32_t count,
                       const uint8_t *records, size_t records_size)
{
    static const uint8_t leaf_prefix = 0x00;
    struct hasher *hasher = writer->ledger->hasher;
    uint8_t chunk[CHUNK_BYTES_MAX];
    uint8_t key[JOURNAL_KEY_BYTES];
    struct hash leaf;
    size_t size = CHUNK_HEADER_BYTES + records_size;

    INVARIANT(size <= sizeof chunk);
    chunk_put_header(chunk, section, count, writer->frame);
    memcpy(chunk + CHUNK_HEADER_BYTES, records, records_size);
    chunk_key(key, writer->frame, writer->chunks++);
    store_batch_append(writer->batch, STORE_JOURNAL, key, sizeof key, chunk, size);

    /* What was stored is what the chain covers, byte by byte. */
    hasher_start(hasher);
    hasher_add(hasher, &leaf_prefix, sizeof leaf_prefix);
    hasher_add(hasher, chunk, size);
    leaf = hasher_end(hasher);
    hasher_add(writer->ledger->chain, leaf.bytes, HASH_BYTES);
}

/* Full chunks, and one with the rest (docs/records.md, "Chunks"); no records are no chunk. */
static void writer_put_section(struct chunk_writer *writer, enum section section,
                               const uint8_t *records, size_t count)
{
    size_t record_bytes = section_record_bytes(section);
    size_t records_max = section_records_max(section);

    while (count > 0) {
        size_t now = count < records_max ? count : records_max;

        writer_put(writer, section, (uint32_t)now, records, now * record_bytes);
        records += now * record_bytes;
        count -= now;
    }
}

/* The section in the order in which each (debit, credit, code) came first ("Posting record"). */
static void writer_put_postings(struct chunk_writer *writer, const struct postings *postings)
{
    struct bytes *records = &writer->ledger->scratch;

    bytes_clear(records);
    for (size_t i = 0; i < postings->count; i++) {
        const struct posting *from = &postings->list[i];
        struct journal_posting posting = {.debit = from->debit,
                                          .credit = from->credit,
                                          .amount = from->amount,
                                          .code = from->code,
                                          .lines = from->lines};
        uint8_t record[POSTING_RECORD_BYTES];

        posting_record_put(record, &posting);
        bytes_append(records, record, sizeof record);
    }
    INVARIANT(!records->failed);
    writer_put_section(writer, SECTION_POSTINGS, records->data, postings->count);
}

/* How many chunks writer_put_section() makes: the header, which comes first, names their sum. */
static uint64_t section_chunks(enum section section, uint64_t count)
{
    uint64_t records_max = section_records_max(section);

    return (count + records_max - 1) / records_max;
}

/* What the frame holds, but for its head. */
static struct header_record frame_describe(const struct ledger *ledger, uint64_t site_time_us,
                                           uint64_t wall_us)
{
    struct header_record record = {
        .openings = ledger->openings.size / OPENING_RECORD_BYTES,
        .header = {.frame = books_frame(ledger),
                   .site_time_us = site_time_us,
                   .wall_us = wall_us,
                   .previous = ledger->last.head,
                   .next_account = ledger->accounts.size,
                   .events = ledger->events.size / EVENT_RECORD_BYTES,
                   .lines = ledger->lines.size / LINE_RECORD_BYTES,
                   .postings = ledger->postings.count},
    };

    record.header.chunks = 1 + section_chunks(SECTION_OPENINGS, record.openings) +
                           section_chunks(SECTION_EVENTS, record.header.events) +
                           section_chunks(SECTION_LINES, record.header.lines) +
                           section_chunks(SECTION_POSTINGS, record.header.postings);
    return record;
}

/*
 * The chunks in the order of their sections, and over them the chain: head(n) = SHA-256(head(n-1)
 * || leaf hashes), as docs/records.md, "Chunks", has it.
 */
static struct hash frame_put_chunks(struct ledger *ledger, struct store_batch *batch,
                                    const struct header_record *frame)
{
    struct chunk_writer writer = {.ledger = ledger, .batch = batch, .frame = frame->header.frame};
    uint8_t record[HEADER_RECORD_BYTES];

    hasher_start(ledger->chain);
    hasher_add(ledger->chain, ledger->last.head.bytes, HASH_BYTES);
    header_record_put(record, frame);
    writer_put(&writer, SECTION_HEADER, 1, record, sizeof record);
    writer_put_section(&writer, SECTION_OPENINGS, ledger->openings.data, frame->openings);
    writer_put_section(&writer, SECTION_EVENTS, ledger->events.data, frame->header.events);
    writer_put_section(&writer, SECTION_LINES, ledger->lines.data, frame->header.lines);
    writer_put_postings(&writer, &ledger->postings);
    INVARIANT(writer.chunks == frame->header.chunks);
    return hasher_end(ledger->chain);
}

static int frame_compare_ids(const void *left, const void *right)
{
    uint64_t a;
    uint64_t b;

    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

/* In order of id, which is the order of the table: neighbours share pages. */
static void frame_put_accounts(struct ledger *ledger, struct store_batch *batch, uint64_t frame)
{
    size_t count = ledger->changed.size / sizeof(uint64_t);

    if (count > 0)
        qsort(ledger->changed.data, count, sizeof(uint64_t), frame_compare_ids);
    for (size_t i = 0; i < count; i++) {
        struct account *account;
        uint8_t row[ACCOUNT_ROW_BYTES];
        uint8_t key[ACCOUNT_KEY_BYTES];
        uint64_t id;

        memcpy(&id, ledger->changed.data + i * sizeof id, sizeof id);
        account = accounts_find(&ledger->accounts, id);
        INVARIANT(account != NULL);
        account->changed = false;
        account_encode(row, account, frame);
        be64_put(key, id);
        store_batch_put(batch, STORE_ACCOUNT, key, sizeof key, row, sizeof row);
    }
}

/* Row 1 of `meta`, from which a start takes the last frame (docs/records.md, "Frames"). */
static void frame_put_meta(struct ledger *ledger, struct store_batch *batch,
                           const struct frame_header *header)
{
    static const uint8_t key = META_FRAME_HEADER;
    struct bytes *row = &ledger->scratch;

    bytes_clear(row);
    frame_header_put(row, header);
    INVARIANT(!row->failed);
    store_batch_put(batch, STORE_META, &key, sizeof key, row->data, row->size);
}

/* A large frame's batch grows once, and not by copying what it has again and again. */
static void frame_reserve(const struct ledger *ledger, struct store_batch *batch,
                          const struct header_record *frame)
{
    size_t accounts = ledger->changed.size / sizeof(uint64_t);
    size_t chunks = (size_t)frame->header.chunks;

    store_batch_reserve(batch, chunks + accounts,
                        ledger_frame_bytes(ledger) +
                            chunks * (JOURNAL_KEY_BYTES + CHUNK_HEADER_BYTES) +
                            accounts * (ACCOUNT_KEY_BYTES + ACCOUNT_ROW_BYTES));
}

bool ledger_frame_close(struct ledger *ledger, struct store_batch *batch, uint64_t site_time_us,
                        uint64_t wall_us, bool force, struct frame_header *header)
{
    struct header_record frame;

    INVARIANT(!ledger->in_event);
    INVARIANT(site_time_us >= ledger->last.site_time_us);
    /* Every line and every opening has its event, but for the site's own accounts: they can wait.
     */
    if (ledger->events.size == 0 && !force)
        return false;
    /* The journal first: the header row names the head that it gives. */
    frame = frame_describe(ledger, site_time_us, wall_us);
    frame_reserve(ledger, batch, &frame);
    frame.header.head = frame_put_chunks(ledger, batch, &frame);
    frame_put_accounts(ledger, batch, frame.header.frame);
    frame_put_meta(ledger, batch, &frame.header);
    prices_put_rows(ledger, batch);

    /* All of it is in the batch: the next frame begins empty. */
    bytes_clear(&ledger->openings);
    bytes_clear(&ledger->events);
    bytes_clear(&ledger->lines);
    bytes_clear(&ledger->changed);
    postings_clear(&ledger->postings);
    ledger->last = frame.header;
    if (header != NULL)
        *header = frame.header;
    return true;
}
