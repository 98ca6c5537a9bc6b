/*
 * The bytes of an archive (docs/records.md, "Archives"): blocks, an index of them, and an end that
 * describes the file.  Pure functions; private to archive/.
 */
#ifndef SERAI_ARCHIVE_FORMAT_H
#define SERAI_ARCHIVE_FORMAT_H

#include "archive/archive.h"
#include "archive/limits.h"

enum {
    FORMAT_MAGIC_BYTES = 8,
    FORMAT_ENTRY_BYTES = 64,
    FORMAT_END_BYTES = 216,
    FORMAT_RECORD_BYTES = 14, /* before each chunk in a block: its key and its size */
};

extern const uint8_t format_magic[FORMAT_MAGIC_BYTES];

/* A block: chunks that are compressed together. */
struct format_block {
    uint64_t frame; /* of its first chunk */
    uint32_t chunk;
    uint32_t raw_bytes; /* before they are compressed */
    uint64_t offset;    /* in the file */
    uint32_t bytes;
    struct hash hash; /* SHA-256 of the compressed bytes */
};

void format_block_put(uint8_t entry[FORMAT_ENTRY_BYTES], const struct format_block *block);

/* NULL, or what is wrong: a size out of range, a spare byte. */
MUST_CHECK const char *format_block_get(struct format_block *block,
                                        const uint8_t entry[FORMAT_ENTRY_BYTES]);

/* The end of a file: its facts, and where its index is. */
struct format_end {
    struct archive_facts facts;
    uint64_t blocks;
    uint64_t index_offset;
    struct hash index; /* SHA-256 of the index */
};

void format_end_put(uint8_t bytes[FORMAT_END_BYTES], const struct format_end *end);

/* NULL, or what is wrong with the end of a file that has so many bytes in all. */
MUST_CHECK const char *format_end_get(struct format_end *end, const uint8_t bytes[FORMAT_END_BYTES],
                                      uint64_t file_bytes);

#endif
