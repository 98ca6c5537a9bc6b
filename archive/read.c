/*
 * Reading a file: its end, its index, then block by block into memory of a fixed size.  What a file
 * says of sizes is checked before anything is taken for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/format.h"
#include "base/file.h"
#include "ledger/record.h"

struct archive_file {
    char path[FILE_PATH_BYTES];
    int fd;
    uint64_t bytes;
    struct format_end end;
    struct bytes index;
    ZSTD_DCtx *decompressor;
    uint64_t frame; /* of the last chunk that was visited; 0: none */
    uint32_t chunk;
    uint64_t chunks; /* visited */
    uint64_t chunk_bytes;
    uint8_t packed[2 * ARCHIVE_BLOCK_BYTES];
    uint8_t raw[ARCHIVE_BLOCK_BYTES];
};

static enum status file_corrupt(const struct archive_file *file, const char *what,
                                struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "archive %s: %s", file->path, what);
}

static enum status file_read_at(const struct archive_file *file, void *to, size_t size,
                                uint64_t offset, struct fault *fault)
{
    uint8_t *room = to;
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(file->fd, room + done, size - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_set(fault, ST_IO, "read %s: %s", file->path, strerror(errno));
        if (got == 0)
            return file_corrupt(file, "it was cut while it was read", fault);
        done += (size_t)got;
    }
    return ST_OK;
}

static enum status file_read_end(struct archive_file *file, struct fault *fault)
{
    uint8_t magic[FORMAT_MAGIC_BYTES];
    uint8_t end[FORMAT_END_BYTES];
    const char *wrong;
    enum status status;

    if (file->bytes < FORMAT_MAGIC_BYTES + FORMAT_ENTRY_BYTES + FORMAT_END_BYTES)
        return file_corrupt(file, "it is cut, or something else", fault);
    status = file_read_at(file, magic, sizeof magic, 0, fault);
    if (status == ST_OK && memcmp(magic, format_magic, sizeof magic) != 0)
        return file_corrupt(file, "it does not begin as one", fault);
    if (status == ST_OK)
        status = file_read_at(file, end, sizeof end, file->bytes - sizeof end, fault);
    if (status != ST_OK)
        return status;
    wrong = format_end_get(&file->end, end, file->bytes);
    return wrong == NULL ? ST_OK : file_corrupt(file, wrong, fault);
}

/* The index as its hash says; blocks lie one behind the other. */
static enum status file_read_index(struct archive_file *file, struct fault *fault)
{
    size_t size = (size_t)file->end.blocks * FORMAT_ENTRY_BYTES;
    uint8_t *room = bytes_extend(&file->index, size);
    uint64_t offset = FORMAT_MAGIC_BYTES;
    struct hash hash;
    enum status status;

    if (room == NULL)
        return fault_set(fault, ST_NOMEM, "archive %s: no memory for its index", file->path);
    status = file_read_at(file, room, size, file->end.index_offset, fault);
    if (status != ST_OK)
        return status;
    hash = hash_of(room, size);
    if (!hash_equal(&hash, &file->end.index))
        return file_corrupt(file, "its index is damaged", fault);
    for (size_t at = 0; at < size; at += FORMAT_ENTRY_BYTES) {
        struct format_block block;
        const char *wrong = format_block_get(&block, room + at);

        if (wrong == NULL && block.offset != offset)
            wrong = "its blocks do not follow one another";
        if (wrong != NULL)
            return file_corrupt(file, wrong, fault);
        offset += block.bytes;
    }
    if (offset != file->end.index_offset)
        return file_corrupt(file, "something stands between its blocks and its index", fault);
    return ST_OK;
}

enum status archive_open(struct archive_file **file, const char *path, struct fault *fault)
{
    struct archive_file *made = calloc(1, sizeof *made);
    enum status status = ST_OK;
    struct stat found;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "%s: out of memory", path);
    made->fd = -1;
    if (strlen(path) >= FILE_PATH_BYTES)
        status = fault_set(fault, ST_INVALID, "path too long: %.100s", path);
    else
        memcpy(made->path, path, strlen(path) + 1);
    if (status == ST_OK)
        status = file_open_kept(path, &made->fd, fault);
    if (status == ST_OK && fstat(made->fd, &found) != 0)
        status = fault_set(fault, ST_IO, "%s: %s", path, strerror(errno));
    if (status == ST_OK) {
        made->bytes = (uint64_t)found.st_size;
        made->decompressor = ZSTD_createDCtx();
        if (made->decompressor == NULL)
            status = fault_set(fault, ST_NOMEM, "%s: out of memory", path);
    }
    if (status == ST_OK)
        status = file_read_end(made, fault);
    if (status == ST_OK)
        status = file_read_index(made, fault);
    if (status != ST_OK) {
        archive_close(made);
        return status;
    }
    *file = made;
    return ST_OK;
}

void archive_close(struct archive_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    bytes_fini(&file->index);
    ZSTD_freeDCtx(file->decompressor);
    free(file);
}

const struct archive_facts *archive_facts(const struct archive_file *file)
{
    return &file->end.facts;
}

/* ---- chunks ---- */

/* Something is wrong with a block: say of which frames it is, as far as the index tells. */
static enum status block_corrupt(const struct archive_file *file, size_t number, const char *what,
                                 struct fault *fault)
{
    uint64_t last = file->end.facts.last;
    struct format_block block;
    struct format_block next;

    (void)!format_block_get(&block, file->index.data + number * FORMAT_ENTRY_BYTES);
    if (number + 1 < file->end.blocks) {
        (void)!format_block_get(&next, file->index.data + (number + 1) * FORMAT_ENTRY_BYTES);
        last = next.chunk == 0 ? next.frame - 1 : next.frame;
    }
    return fault_set(fault, ST_CORRUPT, "archive %s, frames %" PRIu64 " to %" PRIu64 ": %s",
                     file->path, block.frame, last, what);
}

/* Decompress a block whose hash is right into file->raw. */
static enum status block_read(struct archive_file *file, size_t number,
                              const struct format_block *block, struct fault *fault)
{
    enum status status = file_read_at(file, file->packed, block->bytes, block->offset, fault);
    struct hash hash;
    size_t size;

    if (status != ST_OK)
        return status;
    hash = hash_of(file->packed, block->bytes);
    if (!hash_equal(&hash, &block->hash))
        return block_corrupt(file, number, "damaged; take another copy of the file", fault);
    /* The room is fixed: what would come to more is an error, and never memory. */
    size = ZSTD_decompressDCtx(file->decompressor, file->raw, sizeof file->raw, file->packed,
                               block->bytes);
    if (ZSTD_isError(size) || size != block->raw_bytes)
        return block_corrupt(file, number, "what is compressed is not what its index says", fault);
    return ST_OK;
}

/* The record at *at, which is moved behind it.  NULL, or what is wrong with it. */
static const char *record_get(struct archive_file *file, const struct format_block *block,
                              size_t *at, struct store_row *row)
{
    const uint8_t *record = file->raw + *at;
    size_t left = block->raw_bytes - *at;
    size_t size;
    uint64_t frame;
    uint32_t chunk;

    if (left < FORMAT_RECORD_BYTES)
        return "a chunk is cut";
    frame = be64_get(record);
    chunk = be32_get(record + 8);
    size = le16_get(record + JOURNAL_KEY_BYTES);
    if (size > CHUNK_BYTES_MAX || size > left - FORMAT_RECORD_BYTES)
        return "the size of a chunk is out of range";
    if (frame < file->end.facts.first || frame > file->end.facts.last)
        return "a chunk is of a frame that the file does not have";
    if (frame < file->frame || (frame == file->frame && chunk <= file->chunk))
        return "its chunks are not in order";
    if (*at == 0 && (frame != block->frame || chunk != block->chunk))
        return "its index names another chunk as the first";
    *row = (struct store_row){.table = STORE_JOURNAL,
                              .key = record,
                              .key_size = JOURNAL_KEY_BYTES,
                              .value = record + FORMAT_RECORD_BYTES,
                              .value_size = size};
    *at += FORMAT_RECORD_BYTES + size;
    file->frame = frame;
    file->chunk = chunk;
    file->chunks++;
    file->chunk_bytes += size;
    return NULL;
}

static enum status block_each(struct archive_file *file, size_t number, journal_visit_chunk visit,
                              void *context, struct fault *fault)
{
    struct format_block block;
    enum status status;

    INVARIANT(format_block_get(&block, file->index.data + number * FORMAT_ENTRY_BYTES) == NULL);
    status = block_read(file, number, &block, fault);
    for (size_t at = 0; status == ST_OK && at < block.raw_bytes;) {
        struct store_row row;
        const char *wrong = record_get(file, &block, &at, &row);

        if (wrong != NULL)
            return block_corrupt(file, number, wrong, fault);
        status = visit(context, &row, fault);
    }
    return status;
}

enum status archive_each(struct archive_file *file, journal_visit_chunk visit, void *context,
                         struct fault *fault)
{
    enum status status = ST_OK;

    file->frame = 0;
    file->chunk = 0;
    file->chunks = 0;
    file->chunk_bytes = 0;
    for (size_t number = 0; status == ST_OK && number < file->end.blocks; number++)
        status = block_each(file, number, visit, context, fault);
    if (status == ST_OK &&
        (file->chunks != file->end.facts.chunks || file->chunk_bytes != file->end.facts.bytes))
        return file_corrupt(file, "it has more or fewer chunks than its end says", fault);
    return status;
}
