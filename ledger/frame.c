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
    uint64_t bytes; /* of these */
};

/* Leaf hash as in RFC 6962: SHA-256(0x00 || chunk).  It covers what is stored, byte by byte. */
static void writer_put(struct chunk_writer *writer, const uint8_t *chunk, size_t size)
{
    static const uint8_t leaf_prefix = 0x00;
    struct hasher *hasher = writer->ledger->hasher;
    uint8_t key[JOURNAL_KEY_BYTES];
    struct hash leaf;

    chunk_key(key, writer->frame, writer->chunks++);
    store_batch_append(writer->batch, STORE_JOURNAL, key, sizeof key, chunk, size);
    writer->bytes += size;
    hasher_start(hasher);
    hasher_add(hasher, &leaf_prefix, sizeof leaf_prefix);
    hasher_add(hasher, chunk, size);
    leaf = hasher_end(hasher);
    hasher_add(writer->ledger->chain, leaf.bytes, HASH_BYTES);
}

/* What the frame holds, but for its head. */
static struct header_record frame_describe(const struct ledger *ledger, uint64_t site_time_us,
                                           uint64_t wall_us)
{
    const struct chunks *chunks = &ledger->chunks;
    const bool begins = ledger->begins_segment || ledger->last.frame == 0;
    const struct frame_segment segment = {.first = books_frame(ledger)};

    return (struct header_record){.openings = chunks->openings,
                                  .header = {.frame = books_frame(ledger),
                                             .site_time_us = site_time_us,
                                             .wall_us = wall_us,
                                             .previous = ledger->last.head,
                                             .next_account = ledger->accounts.size,
                                             .events = chunks->events,
                                             .lines = chunks->lines,
                                             .chunks = 1 + chunks_count(chunks),
                                             .segment = begins ? segment : ledger->last.segment,
                                             .state = ledger->state}};
}

/*
 * The header's chunk and then the others, and over them the chain: head(n) = SHA-256(head(n-1) ||
 * leaf hashes), as docs/records.md, "Chunks", has it.
 */
static void frame_put_chunks(struct ledger *ledger, struct store_batch *batch,
                             struct header_record *frame)
{
    struct chunk_writer writer = {.ledger = ledger, .batch = batch, .frame = frame->header.frame};
    uint8_t first[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES_MAX];
    size_t first_size;

    hasher_start(ledger->chain);
    hasher_add(ledger->chain, ledger->last.head.bytes, HASH_BYTES);
    chunk_put_header(first, writer.frame);
    first_size = CHUNK_HEADER_BYTES + header_record_put(first + CHUNK_HEADER_BYTES, frame);
    writer_put(&writer, first, first_size);
    for (size_t i = 0; i < chunks_count(&ledger->chunks); i++) {
        size_t size;
        const uint8_t *chunk = chunks_at(&ledger->chunks, i, &size);

        writer_put(&writer, chunk, size);
    }
    INVARIANT(writer.chunks == frame->header.chunks);
    frame->header.segment.bytes += writer.bytes;
    frame->header.head = hasher_end(ledger->chain);
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
                        ledger_frame_bytes(ledger) + chunks * JOURNAL_KEY_BYTES +
                            CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES_MAX +
                            accounts * (ACCOUNT_KEY_BYTES + ACCOUNT_ROW_BYTES));
}

void books_end_segment(struct ledger *ledger)
{
    ledger->begins_segment = ledger->last.segment.bytes >= ledger->segment_bytes;
    if (ledger->begins_segment)
        ledger->state = accounts_state(&ledger->accounts, ledger->hasher);
    else
        memset(&ledger->state, 0, sizeof ledger->state);
}

bool ledger_frame_close(struct ledger *ledger, struct store_batch *batch, uint64_t site_time_us,
                        uint64_t wall_us, bool force, struct frame_header *header)
{
    struct header_record frame;

    INVARIANT(!ledger->in_event);
    INVARIANT(site_time_us >= ledger->last.site_time_us);
    /* Every line and every opening has its event, but for the site's own accounts: they can wait.
     */
    if (ledger->chunks.events == 0 && !force)
        return false;
    /* The journal first: the header row names the head that it gives. */
    frame = frame_describe(ledger, site_time_us, wall_us);
    frame_reserve(ledger, batch, &frame);
    frame_put_chunks(ledger, batch, &frame);
    frame_put_accounts(ledger, batch, frame.header.frame);
    frame_put_meta(ledger, batch, &frame.header);
    prices_put_rows(ledger, batch);

    /* All of it is in the batch: the next frame begins empty. */
    ledger->last = frame.header;
    chunks_begin(&ledger->chunks, books_frame(ledger));
    bytes_clear(&ledger->changed);
    books_end_segment(ledger);
    if (header != NULL)
        *header = frame.header;
    return true;
}
