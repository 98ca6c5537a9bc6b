/*
 * A file against the store that it was made of: what is to be dropped must be in it, to the byte,
 * and must be what the chain says.
 */
#include <inttypes.h>
#include <string.h>

#include "archive/archive.h"
#include "ledger/record.h"

enum { READ_CHUNKS = 256 }; /* by one read of the store, which holds its pages meanwhile */

/* How far a file was compared. */
struct checking {
    const char *path;
    const struct store *store;
    struct store_read read;
    bool reads;
    uint32_t compared; /* by this read */
    struct hasher *leaf;
    struct hasher *chain;
    struct hash head; /* after the last whole frame */
    uint64_t frame;   /* of the last chunk */
    uint64_t chunks;  /* of that frame, so far */
    uint64_t wanted;  /* of it, by its header */
};

static enum status checking_fault(const struct checking *checking, uint64_t frame, uint32_t chunk,
                                  const char *what, struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "archive %s, frame %" PRIu64 " chunk %" PRIu32 ": %s",
                     checking->path, frame, chunk, what);
}

/* The chunk is the store's, byte by byte. */
static enum status compare_with_store(struct checking *checking, const struct store_row *chunk,
                                      struct fault *fault)
{
    struct store_row stored;
    enum status status = ST_OK;

    if (checking->reads && checking->compared == READ_CHUNKS) {
        store_read_end(&checking->read);
        checking->reads = false;
    }
    if (!checking->reads) {
        status = store_read_begin(&checking->read, checking->store, fault);
        checking->reads = status == ST_OK;
        checking->compared = 0;
    }
    if (status != ST_OK)
        return status;
    checking->compared++;
    status = store_get(&checking->read, STORE_JOURNAL, chunk->key, chunk->key_size, &stored, fault);
    if (status != ST_OK && status != ST_MISSING)
        return status;
    if (status == ST_OK && stored.value_size == chunk->value_size &&
        memcmp(stored.value, chunk->value, chunk->value_size) == 0)
        return ST_OK;
    return checking_fault(checking, be64_get(chunk->key), be32_get(chunk->key + 8),
                          "the store has another", fault);
}

/* The frame has all its chunks: take what they hash to. */
static enum status end_frame(struct checking *checking, struct fault *fault)
{
    if (checking->chunks != checking->wanted)
        return checking_fault(checking, checking->frame, (uint32_t)checking->chunks, "missing",
                              fault);
    if (checking->wanted > 0)
        checking->head = hasher_end(checking->chain);
    return ST_OK;
}

static enum status begin_frame(struct checking *checking, const struct store_row *row,
                               struct fault *fault)
{
    uint64_t frame = be64_get(row->key);
    struct header_record record;
    struct chunk chunk;
    const char *wrong;

    if (end_frame(checking, fault) != ST_OK)
        return ST_CORRUPT;
    if (frame != checking->frame + 1 || be32_get(row->key + 8) != 0)
        return checking_fault(checking, checking->frame + 1, 0, "missing", fault);
    wrong = chunk_decode(&chunk, row->value, row->value_size);
    if (wrong == NULL && chunk.section != SECTION_HEADER)
        wrong = "it is not the frame's header";
    if (wrong == NULL)
        wrong = header_record_get(&record, chunk.body, chunk.body_size);
    if (wrong == NULL && !hash_equal(&record.header.previous, &checking->head))
        wrong = "the head that it follows is not the head of the frame before";
    if (wrong != NULL)
        return checking_fault(checking, frame, 0, wrong, fault);
    checking->frame = frame;
    checking->chunks = 0;
    checking->wanted = record.header.chunks;
    hasher_start(checking->chain);
    hasher_add(checking->chain, checking->head.bytes, HASH_BYTES);
    return ST_OK;
}

static enum status check_chunk(void *context, const struct store_row *row, struct fault *fault)
{
    static const uint8_t leaf_prefix = 0x00;
    struct checking *checking = context;
    enum status status = ST_OK;
    struct hash leaf;

    if (be64_get(row->key) != checking->frame || checking->wanted == 0)
        status = begin_frame(checking, row, fault);
    else if (be32_get(row->key + 8) != checking->chunks)
        status =
            checking_fault(checking, checking->frame, (uint32_t)checking->chunks, "missing", fault);
    if (status != ST_OK)
        return status;
    hasher_start(checking->leaf);
    hasher_add(checking->leaf, &leaf_prefix, sizeof leaf_prefix);
    hasher_add(checking->leaf, row->value, row->value_size);
    leaf = hasher_end(checking->leaf);
    hasher_add(checking->chain, leaf.bytes, HASH_BYTES);
    checking->chunks++;
    return compare_with_store(checking, row, fault);
}

/* What the file says of itself is what was asked for. */
static enum status check_facts(const char *path, const struct archive_facts *facts,
                               const struct archive_facts *wanted, struct fault *fault)
{
    if (memcmp(facts->site, wanted->site, ARCHIVE_KEY_BYTES) != 0)
        return fault_set(fault, ST_CORRUPT, "archive %s: it is of another site", path);
    if (facts->first != wanted->first || facts->last != wanted->last)
        return fault_set(fault, ST_CORRUPT,
                         "archive %s: it has frames %" PRIu64 " to %" PRIu64 ", and should have "
                         "%" PRIu64 " to %" PRIu64,
                         path, facts->first, facts->last, wanted->first, wanted->last);
    if (!hash_equal(&facts->before, &wanted->before) || !hash_equal(&facts->head, &wanted->head))
        return fault_set(fault, ST_CORRUPT,
                         "archive %s: its heads are not those of this site's books", path);
    return ST_OK;
}

static enum status check_chunks(struct archive_file *file, struct checking *checking,
                                struct fault *fault)
{
    const struct archive_facts *facts = archive_facts(file);
    enum status status;

    checking->leaf = hasher_new();
    checking->chain = hasher_new();
    if (checking->leaf == NULL || checking->chain == NULL)
        return fault_set(fault, ST_NOMEM, "%s: out of memory", checking->path);
    checking->head = facts->before;
    checking->frame = facts->first - 1;
    status = archive_each(file, check_chunk, checking, fault);
    if (status == ST_OK)
        status = end_frame(checking, fault);
    if (status != ST_OK)
        return status;
    if (checking->frame != facts->last || !hash_equal(&checking->head, &facts->head))
        return checking_fault(checking, checking->frame, 0,
                              "its chunks do not hash to the head that the file names", fault);
    return ST_OK;
}

enum status archive_check(const char *path, const struct archive_facts *wanted,
                          const struct store *store, struct fault *fault)
{
    struct checking checking = {.path = path, .store = store};
    struct archive_file *file = NULL;
    enum status status = archive_open(&file, path, fault);

    if (status != ST_OK)
        return status;
    status = check_facts(path, archive_facts(file), wanted, fault);
    if (status == ST_OK)
        status = check_chunks(file, &checking, fault);
    if (checking.reads)
        store_read_end(&checking.read);
    hasher_free(checking.leaf);
    hasher_free(checking.chain);
    archive_close(file);
    return status;
}
