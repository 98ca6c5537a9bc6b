#include "tests/ledger/forge.h"

#include <string.h>

#include "tests/ledger/refill.h"
#include "tests/reading.h"

struct forging {
    forge_line change;
    void *context;
    bool done;
    struct hash head;            /* of the last frame that is finished */
    struct header_record header; /* of the frame being forged; frame 0: there is none */
    struct frame_segment segment;
    struct chunks chunks; /* its entries */
    struct bytes leaves;  /* the head before it, and the leaf hashes of its chunks */
    uint32_t put;         /* how many of its chunks are in the batch */
    struct store_batch batch;
};

static bool change_line(void *context, struct entry *entry)
{
    struct forging *forging = context;

    if (!forging->done && entry->kind == ENTRY_LINE)
        forging->done = forging->change(forging->context, &entry->line);
    return true;
}

static void put_chunk(struct forging *forging, const uint8_t *chunk, size_t size)
{
    uint8_t key[JOURNAL_KEY_BYTES];
    struct bytes whole = {0};
    struct hash leaf;

    forging->segment.bytes += size;
    chunk_key(key, forging->header.header.frame, forging->put++);
    store_batch_put(&forging->batch, STORE_JOURNAL, key, sizeof key, chunk, size);
    bytes_append(&whole, "", 1); /* RFC 6962: a leaf begins with 0x00 */
    bytes_append(&whole, chunk, size);
    leaf = hash_of(whole.data, whole.size);
    bytes_append(&forging->leaves, leaf.bytes, HASH_BYTES);
    bytes_fini(&whole);
}

/* A changed line may be longer or shorter: the frame may have other chunks, and their number. */
static void end_frame(struct forging *forging)
{
    struct frame_header *header = &forging->header.header;
    uint8_t first[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES_MAX];
    size_t first_size;
    uint64_t before = header->chunks;

    if (header->frame == 0)
        return;
    header->previous = forging->head;
    header->chunks = 1 + chunks_count(&forging->chunks);
    bytes_clear(&forging->leaves);
    bytes_append(&forging->leaves, forging->head.bytes, HASH_BYTES);
    forging->put = 0;
    chunk_put_header(first, header->frame);
    if (header->segment.first == header->frame)
        forging->segment = (struct frame_segment){.first = header->frame};
    first_size = header_record_put(first + CHUNK_HEADER_BYTES, &forging->header);
    put_chunk(forging, first, CHUNK_HEADER_BYTES + first_size);
    for (size_t i = 0; i < chunks_count(&forging->chunks); i++) {
        size_t size;
        const uint8_t *chunk = chunks_at(&forging->chunks, i, &size);

        put_chunk(forging, chunk, size);
    }
    for (uint64_t number = header->chunks; number < before; number++) {
        uint8_t key[JOURNAL_KEY_BYTES];

        chunk_key(key, header->frame, (uint32_t)number);
        store_batch_delete(&forging->batch, STORE_JOURNAL, key, sizeof key);
    }
    forging->head = hash_of(forging->leaves.data, forging->leaves.size);
}

static void forge_chunk(struct forging *forging, const struct store_row *stored)
{
    struct chunk chunk;

    INVARIANT(chunk_decode(&chunk, stored->value, stored->value_size) == NULL);
    if (chunk.section == SECTION_ENTRIES) {
        refill(&forging->chunks, stored->value, stored->value_size, change_line, forging);
        return;
    }
    end_frame(forging);
    INVARIANT(header_record_get(&forging->header, chunk.body, chunk.body_size) == NULL);
    chunks_begin(&forging->chunks, chunk.frame);
}

static enum status forge_chunks(struct forging *forging, const struct store_read *read,
                                struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_JOURNAL, NULL, 0, fault);
    while (store_cursor_next(&cursor, &stored))
        forge_chunk(forging, &stored);
    return store_cursor_close(&cursor, ST_OK);
}

/* The last frame, and the row that has its header. */
static void forge_header(struct forging *forging)
{
    static const uint8_t key = META_FRAME_HEADER;
    struct bytes row = {0};

    end_frame(forging);
    forging->header.header.head = forging->head;
    forging->header.header.segment = forging->segment;
    frame_header_put(&row, &forging->header.header);
    store_batch_put(&forging->batch, STORE_META, &key, sizeof key, row.data, row.size);
    bytes_fini(&row);
}

enum status forge_journal(const struct store *store, forge_line change, void *context,
                          struct fault *fault)
{
    struct forging forging = {.change = change, .context = context};
    enum status status;

    store_batch_init(&forging.batch);
    status = WITH_READ(store, forge_chunks(&forging, &read, fault));
    if (status == ST_OK && !forging.done)
        status = fault_set(fault, ST_MISSING, "no line was changed");
    if (status == ST_OK) {
        forge_header(&forging);
        status = store_commit(store, &forging.batch, fault);
    }
    store_batch_fini(&forging.batch);
    chunks_fini(&forging.chunks);
    bytes_fini(&forging.leaves);
    return status;
}
