/*
 * Frames that leave the store, once they are archived (docs/records.md, "Frames that were
 * dropped"): a row says at once where the journal begins, and the rows go by and by.
 */
#include <inttypes.h>
#include <string.h>

#include "base/cbor.h"
#include "ledger/books.h"
#include "ledger/record.h"

enum { META_KEPT = 8, KEPT_FIELDS = 3 };

/* ---- the row ---- */

static void kept_put(struct store_batch *batch, struct bytes *scratch,
                     const struct books_kept *kept)
{
    static const uint8_t key = META_KEPT;

    bytes_clear(scratch);
    cbor_put_array(scratch, KEPT_FIELDS);
    cbor_put_uint(scratch, kept->first);
    cbor_put_bytes(scratch, kept->head.bytes, HASH_BYTES);
    cbor_put_uint(scratch, kept->rows);
    INVARIANT(!scratch->failed);
    store_batch_put(batch, STORE_META, &key, sizeof key, scratch->data, scratch->size);
}

/* No row: nothing was ever dropped. */
enum status books_kept(const struct store_read *read, struct books_kept *kept, struct fault *fault)
{
    static const uint8_t key = META_KEPT;
    struct store_row stored;
    struct cbor in;
    enum status status;

    *kept = (struct books_kept){.first = 1, .rows = 1};
    status = store_get(read, STORE_META, &key, sizeof key, &stored, fault);
    if (status != ST_OK)
        return status == ST_MISSING ? ST_OK : status;
    cbor_init(&in, stored.value, stored.value_size);
    cbor_get_array(&in, KEPT_FIELDS);
    kept->first = cbor_get_uint(&in, UINT64_MAX - 1);
    cbor_get_bytes_exact(&in, kept->head.bytes, HASH_BYTES);
    kept->rows = cbor_get_uint(&in, kept->first);
    if (kept->first < 2 || kept->rows == 0)
        cbor_fail(&in, "a number is out of range");
    if (cbor_done(&in, fault, "meta row 8") != ST_OK)
        return fault_set(fault, ST_CORRUPT,
                         "meta row 8: which frames were dropped is not well-formed");
    return ST_OK;
}

/* ---- dropping ---- */

uint64_t ledger_first_frame(const struct ledger *ledger)
{
    return ledger->kept.first;
}

/* The header of a frame as the store has it.  ST_MISSING leaves `fault`. */
static enum status kept_read_header(const struct store_read *read, uint64_t frame,
                                    struct frame_header *header, struct fault *fault)
{
    struct header_record record;
    uint8_t key[JOURNAL_KEY_BYTES];
    struct store_row stored;
    struct chunk chunk;
    const char *error;
    enum status status;

    chunk_key(key, frame, 0);
    status = store_get(read, STORE_JOURNAL, key, sizeof key, &stored, fault);
    if (status != ST_OK)
        return status;
    error = chunk_decode(&chunk, stored.value, stored.value_size);
    if (error == NULL && chunk.section != SECTION_HEADER)
        error = "it is not the frame's header";
    if (error == NULL)
        error = header_record_get(&record, chunk.body, chunk.body_size);
    if (error != NULL)
        return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 " chunk 0: %s", frame, error);
    *header = record.header;
    return ST_OK;
}

enum status books_segment(const struct store_read *read, uint64_t first, const struct hash *before,
                          struct books_segment *segment, struct fault *fault)
{
    struct frame_header header;
    enum status status = kept_read_header(read, first, &header, fault);

    *segment = (struct books_segment){.first = first, .before = *before};
    while (status == ST_OK) {
        if (header.frame > first && header_record_has_state(&header)) {
            segment->last = header.frame - 1;
            segment->head = header.previous;
            return ST_OK;
        }
        segment->wall_us = header.wall_us;
        status = kept_read_header(read, header.frame + 1, &header, fault);
    }
    return status;
}

enum status ledger_drop(struct ledger *ledger, const struct store_read *read,
                        const struct ledger_dropping *dropping, enum ledger_drop_result *result,
                        struct fault *fault)
{
    struct frame_header behind;
    enum status status;

    *result = LEDGER_DROP_NOT_OLDEST;
    if (dropping->first != ledger->kept.first || dropping->last < dropping->first)
        return ST_OK;
    /* What is not durable yet is not closed either: the frame behind may still come to nothing. */
    *result = LEDGER_DROP_NOT_CLOSED;
    if (dropping->last >= ledger->last.frame)
        return ST_OK;
    status = kept_read_header(read, dropping->last + 1, &behind, fault);
    if (status != ST_OK)
        return status == ST_MISSING ? ST_OK : status;
    if (!header_record_has_state(&behind))
        return ST_OK;
    *result = LEDGER_DROP_OTHER_HEAD;
    if (!hash_equal(&behind.previous, &dropping->head))
        return ST_OK;
    ledger->kept.first = dropping->last + 1;
    ledger->kept.head = dropping->head;
    ledger->kept_changed = true;
    *result = LEDGER_DROP_DONE;
    return ST_OK;
}

uint64_t ledger_frames_leaving(const struct ledger *ledger)
{
    return ledger->kept.first - ledger->kept.rows;
}

bool ledger_is_dropping(const struct ledger *ledger)
{
    return ledger->kept_changed || (ledger->kept.rows < ledger->kept.first && !ledger->drop_fails);
}

/*
 * Delete rows of one dropped frame, from the chunk where the last slice ended; at most `most`.
 * False: there are more.  What an earlier slice deletes may not be durable yet, and is passed over.
 */
static bool drop_frame(struct ledger *ledger, struct store_cursor *cursor,
                       struct store_batch *batch, size_t *most)
{
    struct store_row stored;

    while (store_cursor_next(cursor, &stored)) {
        uint32_t chunk = stored.key_size == JOURNAL_KEY_BYTES ? be32_get(stored.key + 8) : 0;

        if (chunk < ledger->drop_chunk)
            continue;
        if (*most == 0) {
            ledger->drop_chunk = chunk;
            return false;
        }
        store_batch_delete(batch, STORE_JOURNAL, stored.key, stored.key_size);
        --*most;
    }
    return true;
}

/* How many rows a slice deletes; a small segment goes in slices, too, so that tests see them. */
static size_t drop_rows(const struct ledger *ledger)
{
    enum { SLICES = 16, ROWS_MIN = 8 };
    uint64_t rows = ledger->segment_bytes / SLICES / CHUNK_BYTES_MAX;

    if (rows > LEDGER_DROP_ROWS_MAX)
        return LEDGER_DROP_ROWS_MAX;
    return rows < ROWS_MIN ? ROWS_MIN : (size_t)rows;
}

/* Each frame has a row at least, so a slice ends. */
enum status ledger_drop_slice(struct ledger *ledger, const struct store_read *read,
                              struct store_batch *batch, struct fault *fault)
{
    enum status status = ST_OK;
    size_t most = drop_rows(ledger);

    while (status == ST_OK && most > 0 && ledger->kept.rows < ledger->kept.first) {
        struct store_cursor cursor;
        uint8_t prefix[8];
        bool all;

        be64_put(prefix, ledger->kept.rows);
        store_cursor_open(&cursor, read, STORE_JOURNAL, prefix, sizeof prefix, fault);
        all = drop_frame(ledger, &cursor, batch, &most);
        status = store_cursor_close(&cursor, ST_OK);
        if (status == ST_OK && all) {
            ledger->drop_chunk = 0;
            ledger->kept.rows++;
        }
    }
    ledger->drop_fails = status != ST_OK;
    kept_put(batch, &ledger->scratch, &ledger->kept);
    ledger->kept_changed = false;
    return status;
}
