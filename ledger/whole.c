#include "ledger/whole.h"

#include <string.h>

enum status whole_checker_init(struct whole_checker *checker)
{
    *checker = (struct whole_checker){.leaf = hasher_new(), .chain = hasher_new()};
    return checker->leaf == NULL || checker->chain == NULL ? ST_NOMEM : ST_OK;
}

void whole_checker_fini(struct whole_checker *checker)
{
    entries_fini(&checker->entries);
    hasher_free(checker->leaf);
    hasher_free(checker->chain);
    *checker = (struct whole_checker){0};
}

/* The chunk at *at, which is moved to the next one. */
static const uint8_t *whole_next(const struct whole_frame *frame, size_t *at, size_t *size)
{
    const uint8_t *chunk = frame->chunks + *at + sizeof *size;

    memcpy(size, frame->chunks + *at, sizeof *size);
    *at += sizeof *size + *size;
    return chunk;
}

void whole_hash(struct whole_checker *checker, struct whole_frame *frame)
{
    static const uint8_t leaf_prefix = 0x00;
    struct frame_header *header = &frame->header.header;
    size_t size;

    hasher_start(checker->chain);
    hasher_add(checker->chain, header->previous.bytes, HASH_BYTES);
    for (size_t at = 0; at < frame->size;) {
        const uint8_t *chunk = whole_next(frame, &at, &size);
        struct hash leaf;

        hasher_start(checker->leaf);
        hasher_add(checker->leaf, &leaf_prefix, sizeof leaf_prefix);
        hasher_add(checker->leaf, chunk, size);
        leaf = hasher_end(checker->leaf);
        hasher_add(checker->chain, leaf.bytes, HASH_BYTES);
    }
    header->head = hasher_end(checker->chain);
}

enum status whole_read(struct whole_checker *checker, const struct whole_frame *frame,
                       const struct journal_reader *reader, struct fault *fault)
{
    enum status status = ST_OK;
    size_t at = 0;
    size_t size;

    (void)whole_next(frame, &at, &size); /* the header's */
    entries_begin(&checker->entries, reader, frame->header.header.frame);
    while (at < frame->size && status == ST_OK) {
        const uint8_t *bytes = whole_next(frame, &at, &size);
        struct chunk chunk;

        INVARIANT(chunk_decode(&chunk, bytes, size) == NULL); /* it was, when it was taken */
        status = entries_read_chunk(&checker->entries, &chunk, fault);
    }
    return status == ST_OK ? entries_end(&checker->entries, &frame->header, fault) : status;
}
