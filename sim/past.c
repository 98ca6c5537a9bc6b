/*
 * A store in memory stands for the files of an archive.  What a copy that was put back has not
 * dropped is archived again, over what was archived of the frames that it lost.
 */
#include "sim/past.h"

#include <string.h>

#include "ledger/reading.h"
#include "ledger/record.h"
#include "sim/client.h"
#include "sim/sim.h"

enum { SEGMENT_BYTES = 12000, ARCHIVE_ONE_IN = 4, SEEDS = 4, SEED = 1 };

uint64_t past_segment_bytes(const struct sim *sim)
{
    /* In these seeds only: all others are as they were before. */
    return sim->options.seed % SEEDS == SEED ? SEGMENT_BYTES : 0;
}

static void past_must(const struct sim_site *site, enum status status, const struct fault *fault)
{
    if (status != ST_OK)
        sim_fail(site->sim, "site %s: its archive: %s", site->name, fault->text);
}

/* Whether a row is the header of a frame that begins a segment; *before is the head before it. */
static bool past_begins_segment(const struct store_row *row, struct hash *before)
{
    struct header_record record;
    struct chunk chunk;

    if (be32_get(row->key + 8) != 0)
        return false;
    INVARIANT(chunk_decode(&chunk, row->value, row->value_size) == NULL);
    INVARIANT(header_record_get(&record, chunk.body, chunk.body_size) == NULL);
    *before = record.header.previous;
    return header_record_has_state(&record.header);
}

/* The segment that is archived, and where its rows go. */
struct past_segment {
    uint64_t first;
    uint64_t end; /* the first frame of the next; 0: there is none yet */
    struct hash head;
    struct store_batch rows;
};

/* Copy the rows of the oldest segment on the disk, up to the next one's first. */
static enum status past_read_segment(struct past_segment *segment, const struct store_read *read,
                                     struct fault *fault)
{
    struct books_kept kept;
    struct store_cursor cursor;
    struct store_row row;
    enum status status = books_kept(read, &kept, fault);

    segment->first = kept.first;
    store_cursor_open(&cursor, read, STORE_JOURNAL, NULL, 0, fault);
    while (status == ST_OK && segment->end == 0 && store_cursor_next(&cursor, &row)) {
        uint64_t frame = be64_get(row.key);

        if (frame < kept.first)
            continue;
        if (frame > kept.first && past_begins_segment(&row, &segment->head))
            segment->end = frame;
        else
            store_batch_put(&segment->rows, STORE_JOURNAL, row.key, row.key_size, row.value,
                            row.value_size);
    }
    return store_cursor_close(&cursor, status);
}

/* What is there of frames that are archived now is of books that an older copy has replaced. */
static void past_replace(struct past_segment *segment, const struct store_read *archive,
                         struct store_batch *batch, struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row row;

    store_cursor_open(&cursor, archive, STORE_JOURNAL, NULL, 0, fault);
    while (store_cursor_next(&cursor, &row))
        if (be64_get(row.key) >= segment->first)
            store_batch_delete(batch, STORE_JOURNAL, row.key, row.key_size);
    INVARIANT(store_cursor_close(&cursor, ST_OK) == ST_OK);
    store_batch_join(batch, &segment->rows);
}

static void past_write(struct sim_site *site, struct past_segment *segment)
{
    struct store archive = store_from_memory(site->archive);
    struct store_batch batch;
    struct store_read read;
    struct fault fault = {0};

    store_batch_init(&batch);
    past_must(site, store_read_begin(&read, &archive, &fault), &fault);
    past_replace(segment, &read, &batch, &fault);
    store_read_end(&read);
    past_must(site, store_commit(&archive, &batch, &fault), &fault);
    store_batch_fini(&batch);
}

bool past_ask(struct sim_site *site, struct sim_client *client)
{
    struct past_segment segment = {.first = 0};
    struct store_read read;
    struct fault fault = {0};
    struct bytes args = {0};

    if (past_segment_bytes(site->sim) == 0 ||
        !sim_chance(site->sim, &site->sim->people, ARCHIVE_ONE_IN))
        return false;
    store_batch_init(&segment.rows);
    past_must(site, store_read_begin(&read, &site->store, &fault), &fault);
    past_must(site, past_read_segment(&segment, &read, &fault), &fault);
    store_read_end(&read);
    if (segment.end != 0) {
        past_write(site, &segment);
        cbor_put_array(&args, 3);
        cbor_put_uint(&args, segment.first);
        cbor_put_uint(&args, segment.end - 1);
        cbor_put_bytes(&args, segment.head.bytes, HASH_BYTES);
        client_sign(site, client, "ledger.archive", &args);
    }
    store_batch_fini(&segment.rows);
    return segment.end != 0;
}

/* ---- reading it ---- */

static enum status past_each(void *context, uint64_t end, journal_visit_chunk visit,
                             void *visit_context, struct fault *fault)
{
    const struct store *archive = context;
    enum status status;
    struct store_cursor cursor;
    struct store_read read;
    struct store_row row;

    status = store_read_begin(&read, archive, fault);
    if (status != ST_OK)
        return status;
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row) && be64_get(row.key) < end)
        status = visit(visit_context, &row, fault);
    status = store_cursor_close(&cursor, status);
    store_read_end(&read);
    return status;
}

void past_check(struct sim_site *site)
{
    struct store archive = store_from_memory(site->archive);
    const struct journal_past past = {.first = 1, .each = past_each, .context = &archive};
    struct verify_report report;
    struct store_read read;
    struct fault fault = {0};
    enum status status;

    if (ledger_first_frame(site->core->ledger) == 1)
        return;
    site->sim->result.seen[SEEN_ARCHIVED]++;
    past_must(site, store_read_begin(&read, &site->store, &fault), &fault);
    status = audit_verify_all(&read, &past, &core_audit, &report, &fault);
    store_read_end(&read);
    if (status != ST_OK || report.first_frame != 1 || report.frames != report.last_frame)
        sim_fail(site->sim, "site %s: its books with their archive: %s", site->name,
                 status == ST_OK ? "frames are missing" : fault.text);
}
