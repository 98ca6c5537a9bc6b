/*
 * Writing a file: under another name, in order, and synced before it gets its own.  So a file that
 * has its name is whole, whatever happened.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/format.h"
#include "base/file.h"
#include "ledger/record.h"

struct archive_writer {
    char path[FILE_PATH_BYTES]; /* the name that it gets */
    char temporary[FILE_PATH_BYTES];
    int fd;    /* -1: none */
    bool kept; /* it has its name */
    ZSTD_CCtx *compressor;
    struct format_end end;
    uint64_t offset;           /* how much is written */
    struct format_block block; /* that is being filled */
    size_t raw_bytes;          /* of it */
    struct bytes index;
    size_t packed_capacity;
    uint8_t *packed;
    uint8_t raw[ARCHIVE_BLOCK_BYTES];
};

static_assert(FORMAT_RECORD_BYTES + CHUNK_BYTES_MAX <= ARCHIVE_BLOCK_BYTES, "a block has a chunk");

char *archive_name(char name[ARCHIVE_NAME_BYTES], uint64_t first, uint64_t last)
{
    (void)snprintf(name, ARCHIVE_NAME_BYTES, "journal-%012" PRIu64 "-%012" PRIu64 ".serai", first,
                   last);
    return name;
}

static enum status write_fault(const struct archive_writer *writer, const char *what,
                               struct fault *fault)
{
    return fault_set(fault, ST_IO, "%s %s: %s", what, writer->temporary, strerror(errno));
}

static enum status write_all(struct archive_writer *writer, const void *data, size_t size,
                             struct fault *fault)
{
    const uint8_t *from = data;
    size_t done = 0;

    while (done < size) {
        ssize_t wrote = write(writer->fd, from + done, size - done);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return write_fault(writer, "write", fault);
        done += (size_t)wrote;
    }
    writer->offset += size;
    return ST_OK;
}

/* A file only: not what a link leads to, and no pipe. */
static enum status write_open(struct archive_writer *writer, struct fault *fault)
{
    struct stat file;

    writer->fd = open(writer->temporary,
                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (writer->fd < 0 || fstat(writer->fd, &file) != 0)
        return write_fault(writer, "open", fault);
    if (!S_ISREG(file.st_mode))
        return fault_set(fault, ST_IO, "%s is no file", writer->temporary);
    return write_all(writer, format_magic, FORMAT_MAGIC_BYTES, fault);
}

static enum status write_begin(struct archive_writer *writer, const char *path, struct fault *fault)
{
    int length = snprintf(writer->temporary, FILE_PATH_BYTES, "%s.new", path);

    if (length < 0 || length >= FILE_PATH_BYTES)
        return fault_set(fault, ST_INVALID, "path too long: %.100s", path);
    memcpy(writer->path, path, strlen(path) + 1);
    writer->packed_capacity = ZSTD_compressBound(ARCHIVE_BLOCK_BYTES);
    writer->packed = malloc(writer->packed_capacity);
    writer->compressor = ZSTD_createCCtx();
    if (writer->packed == NULL || writer->compressor == NULL ||
        ZSTD_isError(
            ZSTD_CCtx_setParameter(writer->compressor, ZSTD_c_compressionLevel, ARCHIVE_LEVEL)))
        return fault_set(fault, ST_NOMEM, "%s: out of memory", path);
    return write_open(writer, fault);
}

enum status archive_writer_new(struct archive_writer **writer, const char *path,
                               const struct archive_facts *facts, struct fault *fault)
{
    struct archive_writer *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "%s: out of memory", path);
    made->fd = -1;
    made->end.facts = *facts;
    made->end.facts.chunks = 0;
    made->end.facts.bytes = 0;
    status = write_begin(made, path, fault);
    if (status != ST_OK) {
        archive_writer_free(made);
        return status;
    }
    *writer = made;
    return ST_OK;
}

void archive_writer_free(struct archive_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->fd >= 0)
        (void)close(writer->fd);
    if (writer->fd >= 0 && !writer->kept)
        (void)unlink(writer->temporary); /* else the next writer replaces it */
    bytes_fini(&writer->index);
    ZSTD_freeCCtx(writer->compressor);
    free(writer->packed);
    free(writer);
}

/* Compress and write what is collected, and note it in the index. */
static enum status write_block(struct archive_writer *writer, struct fault *fault)
{
    uint8_t entry[FORMAT_ENTRY_BYTES];
    size_t size;

    if (writer->raw_bytes == 0)
        return ST_OK;
    size = ZSTD_compress2(writer->compressor, writer->packed, writer->packed_capacity, writer->raw,
                          writer->raw_bytes);
    if (ZSTD_isError(size))
        return fault_set(fault, ST_NOMEM, "compress %s: %s", writer->temporary,
                         ZSTD_getErrorName(size));
    if (writer->end.blocks == ARCHIVE_BLOCKS_MAX)
        return fault_set(fault, ST_FULL, "%s: more than %d blocks", writer->temporary,
                         ARCHIVE_BLOCKS_MAX);
    writer->block.raw_bytes = (uint32_t)writer->raw_bytes;
    writer->block.bytes = (uint32_t)size;
    writer->block.offset = writer->offset;
    writer->block.hash = hash_of(writer->packed, size);
    format_block_put(entry, &writer->block);
    bytes_append(&writer->index, entry, sizeof entry);
    writer->end.blocks++;
    writer->raw_bytes = 0;
    if (writer->index.failed)
        return fault_set(fault, ST_NOMEM, "%s: out of memory", writer->temporary);
    return write_all(writer, writer->packed, size, fault);
}

enum status archive_writer_add(void *context, const struct store_row *chunk, struct fault *fault)
{
    struct archive_writer *writer = context;
    size_t size = FORMAT_RECORD_BYTES + chunk->value_size;
    uint8_t *record;

    INVARIANT(chunk->key_size == JOURNAL_KEY_BYTES && chunk->value_size <= CHUNK_BYTES_MAX);
    if (size > sizeof writer->raw - writer->raw_bytes) {
        enum status status = write_block(writer, fault);

        if (status != ST_OK)
            return status;
    }
    if (writer->raw_bytes == 0) {
        writer->block.frame = be64_get(chunk->key);
        writer->block.chunk = be32_get(chunk->key + 8);
    }
    record = writer->raw + writer->raw_bytes;
    memcpy(record, chunk->key, JOURNAL_KEY_BYTES);
    le16_put(record + JOURNAL_KEY_BYTES, (uint16_t)chunk->value_size);
    memcpy(record + FORMAT_RECORD_BYTES, chunk->value, chunk->value_size);
    writer->raw_bytes += size;
    writer->end.facts.chunks++;
    writer->end.facts.bytes += chunk->value_size;
    return ST_OK;
}

/* The directory that has the file, so that its new name is durable. */
static enum status write_sync_dir(const struct archive_writer *writer, struct fault *fault)
{
    char dir[FILE_PATH_BYTES];
    char *slash;
    int fd;
    int error;

    memcpy(dir, writer->path, strlen(writer->path) + 1);
    slash = strrchr(dir, '/');
    if (slash == NULL)
        memcpy(dir, ".", 2);
    else
        slash[slash == dir] = '\0';
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = fd < 0 || fsync(fd) != 0;
    if (error)
        error = errno;
    if (fd >= 0)
        (void)close(fd);
    return error == 0 ? ST_OK : fault_set(fault, ST_IO, "sync %s: %s", dir, strerror(error));
}

enum status archive_writer_keep(struct archive_writer *writer, struct fault *fault)
{
    uint8_t end[FORMAT_END_BYTES];
    enum status status = write_block(writer, fault);

    writer->end.index_offset = writer->offset;
    writer->end.index = hash_of(writer->index.data, writer->index.size);
    format_end_put(end, &writer->end);
    if (status == ST_OK)
        status = write_all(writer, writer->index.data, writer->index.size, fault);
    if (status == ST_OK)
        status = write_all(writer, end, sizeof end, fault);
    if (status == ST_OK && fsync(writer->fd) != 0)
        status = write_fault(writer, "sync", fault);
    if (status == ST_OK && rename(writer->temporary, writer->path) != 0)
        status = write_fault(writer, "rename", fault);
    if (status != ST_OK)
        return status;
    writer->kept = true;
    /* So that who reads it back reads the disk, if the system lets us: it is advice. */
    (void)!posix_fadvise(writer->fd, 0, 0, POSIX_FADV_DONTNEED);
    return write_sync_dir(writer, fault);
}
