#include "archive/format.h"

#include <string.h>

const uint8_t format_magic[FORMAT_MAGIC_BYTES] = {'s', 'e', 'r', 'a',
                                                  'r', 'c', 'h', '0' + ARCHIVE_FORMAT};

void format_block_put(uint8_t entry[FORMAT_ENTRY_BYTES], const struct format_block *block)
{
    memset(entry, 0, FORMAT_ENTRY_BYTES);
    le64_put(entry, block->frame);
    le32_put(entry + 8, block->chunk);
    le32_put(entry + 12, block->raw_bytes);
    le64_put(entry + 16, block->offset);
    le32_put(entry + 24, block->bytes);
    memcpy(entry + 32, block->hash.bytes, HASH_BYTES);
}

const char *format_block_get(struct format_block *block, const uint8_t entry[FORMAT_ENTRY_BYTES])
{
    block->frame = le64_get(entry);
    block->chunk = le32_get(entry + 8);
    block->raw_bytes = le32_get(entry + 12);
    block->offset = le64_get(entry + 16);
    block->bytes = le32_get(entry + 24);
    memcpy(block->hash.bytes, entry + 32, HASH_BYTES);
    if (le32_get(entry + 28) != 0)
        return "a spare byte is not zero";
    /* Compressed bytes may be a little more than raw ones, where nothing could be saved. */
    if (block->raw_bytes == 0 || block->raw_bytes > ARCHIVE_BLOCK_BYTES || block->bytes == 0 ||
        block->bytes > 2 * ARCHIVE_BLOCK_BYTES)
        return "the size of a block is out of range";
    return NULL;
}

void format_end_put(uint8_t bytes[FORMAT_END_BYTES], const struct format_end *end)
{
    const struct archive_facts *facts = &end->facts;
    struct hash hash;

    memcpy(bytes, facts->site, ARCHIVE_KEY_BYTES);
    le64_put(bytes + 32, facts->first);
    le64_put(bytes + 40, facts->last);
    memcpy(bytes + 48, facts->before.bytes, HASH_BYTES);
    memcpy(bytes + 80, facts->head.bytes, HASH_BYTES);
    le64_put(bytes + 112, facts->chunks);
    le64_put(bytes + 120, facts->bytes);
    le64_put(bytes + 128, end->blocks);
    le64_put(bytes + 136, end->index_offset);
    memcpy(bytes + 144, end->index.bytes, HASH_BYTES);
    hash = hash_of(bytes, 176);
    memcpy(bytes + 176, hash.bytes, HASH_BYTES);
    memcpy(bytes + 208, format_magic, FORMAT_MAGIC_BYTES);
}

const char *format_end_get(struct format_end *end, const uint8_t bytes[FORMAT_END_BYTES],
                           uint64_t file_bytes)
{
    struct archive_facts *facts = &end->facts;
    struct hash hash = hash_of(bytes, 176);

    if (memcmp(bytes + 208, format_magic, FORMAT_MAGIC_BYTES) != 0)
        return "it does not end as one: it is cut, or something else";
    if (memcmp(bytes + 176, hash.bytes, HASH_BYTES) != 0)
        return "its end is damaged";
    memcpy(facts->site, bytes, ARCHIVE_KEY_BYTES);
    facts->first = le64_get(bytes + 32);
    facts->last = le64_get(bytes + 40);
    memcpy(facts->before.bytes, bytes + 48, HASH_BYTES);
    memcpy(facts->head.bytes, bytes + 80, HASH_BYTES);
    facts->chunks = le64_get(bytes + 112);
    facts->bytes = le64_get(bytes + 120);
    end->blocks = le64_get(bytes + 128);
    end->index_offset = le64_get(bytes + 136);
    memcpy(end->index.bytes, bytes + 144, HASH_BYTES);
    /* Whoever made the hash may have written anything. */
    if (facts->first == 0 || facts->last < facts->first || facts->last == UINT64_MAX)
        return "its frames are out of range";
    if (end->blocks == 0 || end->blocks > ARCHIVE_BLOCKS_MAX)
        return "the count of its blocks is out of range";
    if (end->index_offset > file_bytes ||
        file_bytes - end->index_offset != end->blocks * FORMAT_ENTRY_BYTES + FORMAT_END_BYTES)
        return "it is longer or shorter than its end says";
    return NULL;
}
