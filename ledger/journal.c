/*
 * Reading the journal (docs/records.md, "Frames"): chunks in order, chained and counted, before a
 * record of them is believed.
 *
 * Chunks are taken one by one.  Those of a frame are collected until the next frame begins or all
 * is read; then their number and hashes are checked, and their entries are delivered to the reader:
 * at once, or by several threads (ahead.h).  So a reader sees nothing of a frame that is not whole.
 */
#include "ledger/journal.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/ahead.h"
#include "ledger/books.h"

/* ---- the frame header ---- */

/* ST_OK: no row of that table has this prefix; ST_EXISTS: one has, and no fault is set. */
static enum status table_is_empty(const struct store_read *read, enum store_table table,
                                  const void *prefix, size_t prefix_size, struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;
    bool any;

    store_cursor_open(&cursor, read, table, prefix, prefix_size, fault);
    any = store_cursor_next(&cursor, &stored);
    return store_cursor_close(&cursor, any ? ST_EXISTS : ST_OK);
}

/* Without a header nothing else may be there. */
static enum status journal_check_empty(const struct store_read *read, struct fault *fault)
{
    static const enum store_table tables[] = {STORE_JOURNAL, STORE_ACCOUNT};

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        enum status status = table_is_empty(read, tables[i], NULL, 0, fault);

        if (status == ST_EXISTS)
            return fault_set(fault, ST_CORRUPT,
                             "meta row 1: the frame header is missing, but table %s has rows",
                             store_table_name(tables[i]));
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

enum status books_header(const struct store_read *read, struct frame_header *header,
                         struct fault *fault)
{
    static const uint8_t key = META_FRAME_HEADER;
    struct store_row stored;
    enum status status = store_get(read, STORE_META, &key, sizeof key, &stored, fault);

    if (status == ST_OK)
        return frame_header_get(header, stored.value, stored.value_size, fault);
    if (status != ST_MISSING)
        return status;
    /* A store without a frame yet: the header as it is before frame 1. */
    memset(header, 0, sizeof *header);
    header->next_account = ACCOUNT_FIRST_FREE;
    return journal_check_empty(read, fault);
}

/* ---- one frame ---- */

/* How far the journal was read, and the frame that is open. */
struct frame_input {
    const struct journal_reader *reader;
    const struct frame_header *last; /* what the store says of the last frame */
    struct hash head;                /* of the last frame that was taken */
    uint64_t frame;                  /* being read; before the first: the one before it */
    uint64_t first;                  /* with which a segment must begin, as nothing is before it */
    struct frame_segment segment;    /* of the last frame that was taken; first 0: not known */
    bool open;                       /* chunks of it have been read, and it is not finished */
    bool any_head;                   /* the next frame may follow whatever it says it follows */
    bool alone;                      /* the last frame need not be among those that are read */
    uint32_t chunks;
    struct header_record header;
    struct bytes collected; /* the frame's chunks, each behind its size, a size_t */
    struct whole_checker checker;
    struct ahead *ahead; /* NULL: this thread does all */
    struct ahead_taker taker;
};

static enum status chunk_fault(uint64_t frame, uint32_t number, const char *error,
                               struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 " chunk %" PRIu32 ": %s", frame, number,
                     error);
}

/* What the store's frame header says of this frame must be what the journal says. */
static enum status frame_compare(const struct frame_header *journal,
                                 const struct frame_header *stored, struct fault *fault)
{
    char journal_head[HASH_TEXT_BYTES];
    char stored_head[HASH_TEXT_BYTES];

    if (!hash_equal(&journal->head, &stored->head))
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": its chunks hash to %s, the frame header says %s",
                         journal->frame, hash_print(journal_head, &journal->head),
                         hash_print(stored_head, &stored->head));
    if (journal->site_time_us != stored->site_time_us || journal->wall_us != stored->wall_us ||
        !hash_equal(&journal->previous, &stored->previous) ||
        journal->next_account != stored->next_account || journal->events != stored->events ||
        journal->lines != stored->lines || journal->chunks != stored->chunks ||
        (journal->segment.first != 0 && (journal->segment.first != stored->segment.first ||
                                         journal->segment.bytes != stored->segment.bytes)))
        return fault_set(fault, ST_CORRUPT,
                         "meta row 1: the frame header differs from the journal's frame %" PRIu64,
                         journal->frame);
    return ST_OK;
}

/*
 * A frame in its place, which the frames before it had: it follows their head, and the last one is
 * what the store says.  The header goes to the reader first, so that it knows a frame before its
 * entries.
 */
static enum status frame_take(void *context, const struct whole_frame *frame, struct fault *fault)
{
    struct frame_input *input = context;
    struct frame_header header = frame->header.header;

    if (!input->any_head && !hash_equal(&header.previous, &input->head))
        return chunk_fault(header.frame, 0,
                           "the head that it follows is not the head of the frame before", fault);
    if (header.segment.first == header.frame)
        input->segment = header.segment;
    else if (header.frame == input->first)
        return chunk_fault(header.frame, 0, "no segment begins with it", fault);
    input->any_head = false;
    input->head = header.head;
    input->segment.bytes += frame->size - header.chunks * sizeof(size_t);
    header.segment = input->segment;
    if (header.frame == input->last->frame && frame_compare(&header, input->last, fault) != ST_OK)
        return ST_CORRUPT;
    return input->reader->frame == NULL
               ? ST_OK
               : input->reader->frame(input->reader->context, &header, fault);
}

/* All chunks of the frame that is open have been read. */
static enum status frame_finish(struct frame_input *input, struct fault *fault)
{
    struct whole_frame frame = {
        .header = input->header, .chunks = input->collected.data, .size = input->collected.size};
    enum status status;

    if (!input->open)
        return ST_OK;
    /* As many chunks as the header counts: cut off at its end, a frame shows here. */
    input->open = false;
    if (input->chunks != input->header.header.chunks)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 " chunk %" PRIu32
                         ": missing, the frame's header counts %" PRIu64 " chunks",
                         input->frame, input->chunks, input->header.header.chunks);
    if (input->ahead != NULL)
        return ahead_give(input->ahead, &input->header, &input->collected, fault);
    whole_hash(&input->checker, &frame);
    status = frame_take(input, &frame, fault);
    return status == ST_OK ? whole_read(&input->checker, &frame, input->reader, fault) : status;
}

/* ---- chunks ---- */

/* "Header record": the first chunk of a frame. */
static enum status frame_begin(struct frame_input *input, const struct chunk *chunk,
                               struct fault *fault)
{
    const struct frame_header *header = &input->header.header;
    const char *error;

    if (chunk->section != SECTION_HEADER)
        return chunk_fault(chunk->frame, 0, "it is not the frame's header", fault);
    error = header_record_get(&input->header, chunk->body, chunk->body_size);
    if (error != NULL)
        return chunk_fault(chunk->frame, 0, error, fault);
    if (header->frame != chunk->frame)
        return chunk_fault(chunk->frame, 0, "its record is of another frame", fault);
    input->open = true;
    input->frame = chunk->frame;
    input->chunks = 0;
    bytes_clear(&input->collected);
    return ST_OK;
}

static enum status frame_add_chunk(struct frame_input *input, const uint8_t *data, size_t size,
                                   struct fault *fault)
{
    bytes_append(&input->collected, &size, sizeof size);
    bytes_append(&input->collected, data, size);
    if (input->collected.failed)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": no memory for its chunks",
                         input->frame);
    input->chunks++;
    return ST_OK;
}

/* The chunk begins the next frame, or is the next of the frame that is open. */
static enum status frame_place_chunk(struct frame_input *input, const struct chunk *chunk,
                                     uint32_t number, struct fault *fault)
{
    enum status status;

    /* Keys are in order, so a number that is not the next one means that chunks are missing. */
    if (input->open && chunk->frame == input->frame) {
        if (number != input->chunks)
            return chunk_fault(chunk->frame, input->chunks, "missing", fault);
        if (chunk->section == SECTION_HEADER)
            return chunk_fault(chunk->frame, number, "a second header", fault);
        if (number >= input->header.header.chunks)
            return chunk_fault(chunk->frame, number, "more chunks than the frame's header counts",
                               fault);
        return ST_OK;
    }
    /* Another frame: the open one is complete, or it never will be. */
    status = frame_finish(input, fault);
    if (status != ST_OK)
        return status;
    if (chunk->frame != input->frame + 1)
        return chunk_fault(input->frame + 1, 0, "missing, as is the frame", fault);
    if (number != 0)
        return chunk_fault(chunk->frame, 0, "missing", fault);
    return frame_begin(input, chunk, fault);
}

/* One row of the table `journal`: its key and its bytes must name the same frame. */
static enum status journal_take_chunk(struct frame_input *input, const struct store_row *stored,
                                      struct fault *fault)
{
    struct chunk chunk;
    const char *error;
    enum status status;
    uint64_t frame;
    uint32_t number;

    if (stored->key_size != JOURNAL_KEY_BYTES)
        return fault_set(fault, ST_CORRUPT, "journal: a key has %zu bytes, not %d",
                         stored->key_size, JOURNAL_KEY_BYTES);
    frame = be64_get(stored->key);
    number = be32_get(stored->key + 8);
    if (frame > input->last->frame)
        return chunk_fault(frame, number, "it lies after the last frame", fault);
    if (frame <= input->frame && !input->open)
        return chunk_fault(frame, number, "it lies before the first frame", fault);
    error = chunk_decode(&chunk, stored->value, stored->value_size);
    if (error == NULL && chunk.frame != frame)
        error = "its bytes are of another frame";
    if (error != NULL)
        return chunk_fault(frame, number, error, fault);
    status = frame_place_chunk(input, &chunk, number, fault);
    if (status != ST_OK)
        return status;
    return frame_add_chunk(input, stored->value, stored->value_size, fault);
}

/*
 * Take what reading needs, for that many threads, this one among them; input_end() frees it, also
 * after a failure here.
 */
static enum status input_begin(struct frame_input *input, unsigned threads, struct fault *fault)
{
    input->taker = (struct ahead_taker){.take = frame_take, .context = input};
    if (threads > 1)
        return ahead_new(&input->ahead, threads, &input->taker, input->reader, fault);
    if (whole_checker_init(&input->checker) != ST_OK)
        return fault_set(fault, ST_NOMEM, "journal: no memory to read it");
    return ST_OK;
}

/* The first frame that is to be read, and the head before it. */
static void input_start(struct frame_input *input, uint64_t first, const struct hash *before)
{
    input->first = first;
    input->frame = first - 1;
    input->head = *before;
}

/* A chunk of a frame that the store has no more, from where `past` has it. */
static enum status input_take_past(void *context, const struct store_row *chunk,
                                   struct fault *fault)
{
    return journal_take_chunk(context, chunk, fault);
}

/* Begin with the first frame that there is: read what was dropped, if that is somewhere else. */
static enum status input_read_past(struct frame_input *input, const struct journal_past *past,
                                   const struct books_kept *kept, struct fault *fault)
{
    if (past == NULL || past->first >= kept->first) {
        input_start(input, kept->first, &kept->head);
        return ST_OK;
    }
    input_start(input, past->first, &past->before);
    return past->each(past->context, kept->first, input_take_past, input, fault);
}

/*
 * What is wrong with a chunk is told after what is wrong with the frames before it, which may not
 * have been looked at yet.
 */
static enum status input_end_ahead(struct frame_input *input, enum status status,
                                   struct fault *fault)
{
    struct fault earlier;
    enum status before = ahead_end(input->ahead, &earlier);

    return before == ST_OK ? status : fault_set(fault, before, "%s", earlier.text);
}

/* All was read, if `status` says so: the last frame must be among it. */
static enum status input_end(struct frame_input *input, enum status status, struct fault *fault)
{
    if (status == ST_OK)
        status = frame_finish(input, fault);
    if (status == ST_OK && !input->alone && input->frame != input->last->frame)
        status = chunk_fault(input->frame + 1, 0, "missing, as is the frame", fault);
    if (input->ahead != NULL)
        status = input_end_ahead(input, status, fault);
    ahead_free(input->ahead);
    bytes_fini(&input->collected);
    whole_checker_fini(&input->checker);
    return status;
}

/* Whether a row is of a frame that was dropped and is on its way out. */
static bool row_is_dropped(const struct books_kept *kept, const struct store_row *stored)
{
    uint64_t frame = stored->key_size == JOURNAL_KEY_BYTES ? be64_get(stored->key) : kept->first;

    return frame >= kept->rows && frame < kept->first;
}

/* Take the frames whose keys begin with `prefix`, but for those that were dropped. */
static enum status journal_take_keys(struct frame_input *input, const struct store_read *read,
                                     const void *prefix, size_t prefix_size,
                                     const struct books_kept *kept, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_JOURNAL, prefix, prefix_size, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        if (!row_is_dropped(kept, &stored))
            status = journal_take_chunk(input, &stored, fault);
    return store_cursor_close(&cursor, status);
}

/* ---- frames copied one by one, so that nobody waits for whom they are shown to ---- */

/* Before each copied chunk: the sizes of its key and its bytes, which follow. */
struct copied_chunk {
    size_t key_size;
    size_t value_size;
};

/* Copy all chunks of a frame, so that the read can end. */
static enum status copy_frame(struct bytes *chunks, const struct store_read *read, uint64_t frame,
                              struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;
    uint8_t prefix[8];

    be64_put(prefix, frame);
    bytes_clear(chunks);
    store_cursor_open(&cursor, read, STORE_JOURNAL, prefix, sizeof prefix, fault);
    while (store_cursor_next(&cursor, &stored)) {
        const struct copied_chunk chunk = {.key_size = stored.key_size,
                                           .value_size = stored.value_size};

        bytes_append(chunks, &chunk, sizeof chunk);
        bytes_append(chunks, stored.key, stored.key_size);
        bytes_append(chunks, stored.value, stored.value_size);
    }
    if (chunks->failed)
        return store_cursor_close(&cursor,
                                  fault_set(fault, ST_NOMEM, "journal: no memory for a frame"));
    return store_cursor_close(&cursor, ST_OK);
}

/* As journal_take_keys(), from the copy. */
static enum status take_copied(struct frame_input *input, const struct bytes *chunks,
                               struct fault *fault)
{
    enum status status = ST_OK;
    size_t at = 0;

    while (at < chunks->size && status == ST_OK) {
        struct store_row stored = {.table = STORE_JOURNAL};
        struct copied_chunk chunk;

        memcpy(&chunk, chunks->data + at, sizeof chunk);
        stored.key = chunks->data + at + sizeof chunk;
        stored.key_size = chunk.key_size;
        stored.value = stored.key + chunk.key_size;
        stored.value_size = chunk.value_size;
        status = journal_take_chunk(input, &stored, fault);
        at += sizeof chunk + chunk.key_size + chunk.value_size;
    }
    return status;
}

/* A frame that is not there: it may have been dropped since the reading began. */
static enum status check_not_dropped(const struct store_read *read, uint64_t frame,
                                     struct fault *fault)
{
    struct books_kept kept;
    enum status status = books_kept(read, &kept, fault);

    if (status == ST_OK && frame < kept.first)
        return fault_set(fault, ST_BUSY,
                         "frame %" PRIu64
                         " went to an archive while the journal was read: read it again",
                         frame);
    return status;
}

/* One read for each frame: it has ended before the reader's callbacks, which may wait, are called.
 */
static enum status read_frame(struct frame_input *input, const struct store *store, uint64_t frame,
                              struct bytes *chunks, struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    status = copy_frame(chunks, &read, frame, fault);
    if (status == ST_OK && chunks->size == 0)
        status = check_not_dropped(&read, frame, fault);
    store_read_end(&read);
    return status == ST_OK ? take_copied(input, chunks, fault) : status;
}

/*
 * Who begins behind the openings of accounts is told of them from their rows: numbers, kinds and
 * customers never change.
 */
static enum status tell_earlier_accounts(const struct store *store, uint64_t first,
                                         const struct journal_reader *reader, struct fault *fault)
{
    struct store_read read;
    enum status status;

    if (first <= 1 || reader->opening == NULL)
        return ST_OK;
    status = store_read_begin(&read, store, fault);
    if (status != ST_OK)
        return status;
    status = books_tell_accounts(&read, first, reader, fault);
    store_read_end(&read);
    return status;
}

/* ---- what the rest of the ledger uses ---- */

enum status books_header_now(const struct store *store, struct frame_header *header,
                             struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    status = books_header(&read, header, fault);
    store_read_end(&read);
    return status;
}

enum status books_kept_now(const struct store *store, struct books_kept *kept, struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, store, fault);

    if (status != ST_OK)
        return status;
    status = books_kept(&read, kept, fault);
    store_read_end(&read);
    return status;
}

enum status books_read_journal(const struct store_read *read, const struct journal_past *past,
                               const struct frame_header *header,
                               const struct journal_reader *reader, unsigned threads,
                               struct fault *fault)
{
    struct frame_input input = {.reader = reader, .last = header};
    struct books_kept kept;
    enum status status;

    if (header->frame == 0)
        return ST_OK;
    status = input_begin(&input, threads, fault);
    if (status == ST_OK)
        status = books_kept(read, &kept, fault);
    if (status == ST_OK)
        status = input_read_past(&input, past, &kept, fault);
    if (status == ST_OK)
        status = journal_take_keys(&input, read, NULL, 0, &kept, fault);
    return input_end(&input, status, fault);
}

enum status books_check_frame(const struct store_read *read, const struct frame_header *header,
                              struct fault *fault)
{
    static const struct journal_reader no_reader;
    static const struct books_kept all = {0};
    struct frame_input input = {
        .reader = &no_reader, .last = header, .head = header->previous, .frame = header->frame - 1};
    uint8_t prefix[8];
    enum status status = input_begin(&input, 1, fault);

    /* It follows the head that the store says, and nothing follows it. */
    be64_put(prefix, header->frame);
    if (status == ST_OK)
        status = journal_take_keys(&input, read, prefix, sizeof prefix, &all, fault);
    status = input_end(&input, status, fault);
    if (status != ST_OK)
        return status;
    be64_put(prefix, header->frame + 1);
    status = table_is_empty(read, STORE_JOURNAL, prefix, sizeof prefix, fault);
    if (status == ST_EXISTS)
        return chunk_fault(header->frame + 1, 0, "it lies after the last frame", fault);
    return status;
}

/* Read the frames of the store from `from` on, up to that of `header`, and end the reading. */
static enum status read_frames_from(struct frame_input *input, enum status status,
                                    const struct store *store, uint64_t from, struct fault *fault)
{
    struct bytes chunks = {0};

    /* Frames never change once they are written, so reads of different moments fit together. */
    for (uint64_t frame = from; status == ST_OK && frame <= input->last->frame; frame++)
        status = read_frame(input, store, frame, &chunks, fault);
    bytes_fini(&chunks);
    return input_end(input, status, fault);
}

enum status books_read_frames(const struct store *store, const struct journal_past *past,
                              const struct frame_header *header,
                              const struct journal_reader *reader, struct fault *fault)
{
    struct frame_input input = {.reader = reader, .last = header};
    struct books_kept kept = {.first = 1};
    enum status status;

    if (header->frame == 0)
        return ST_OK;
    status = input_begin(&input, 1, fault);
    if (status == ST_OK)
        status = books_kept_now(store, &kept, fault);
    if (status == ST_OK)
        status = tell_earlier_accounts(
            store, past == NULL || past->first > kept.first ? kept.first : past->first, reader,
            fault);
    if (status == ST_OK)
        status = input_read_past(&input, past, &kept, fault);
    return read_frames_from(&input, status, store, kept.first, fault);
}

enum status books_read_frame(const struct store *store, uint64_t frame,
                             const struct journal_reader *reader, struct fault *fault)
{
    const struct frame_header last = {.frame = frame + 1}; /* nothing is known of it */
    struct frame_input input = {
        .reader = reader, .last = &last, .frame = frame - 1, .any_head = true, .alone = true};
    struct bytes chunks = {0};
    enum status status;

    INVARIANT(frame != 0 && frame != UINT64_MAX);
    status = input_begin(&input, 1, fault);
    if (status == ST_OK)
        status = read_frame(&input, store, frame, &chunks, fault);
    /* Not there yet, or in an archive. */
    if (status == ST_BUSY || (status == ST_OK && chunks.size == 0))
        status = ST_MISSING;
    bytes_fini(&chunks);
    return input_end(&input, status, fault);
}

enum status journal_read(const struct store *store, const struct journal_past *past,
                         const struct journal_reader *reader, struct fault *fault)
{
    struct frame_header header;
    enum status status = books_header_now(store, &header, fault);

    return status == ST_OK ? books_read_frames(store, past, &header, reader, fault) : status;
}

enum status journal_read_after(const struct store *store, uint64_t *after, uint64_t frames_max,
                               const struct journal_reader *reader, struct fault *fault)
{
    struct frame_input input = {.reader = reader, .any_head = true};
    struct frame_header header;
    struct books_kept kept;
    enum status status = books_header_now(store, &header, fault);
    uint64_t from = *after;

    if (status == ST_OK)
        status = books_kept_now(store, &kept, fault);
    if (status != ST_OK)
        return status;
    *after = header.frame;
    if (from >= header.frame)
        return ST_OK;
    if (header.frame - from > frames_max)
        from = header.frame - frames_max;
    if (from < kept.first - 1) /* what was dropped is not new */
        from = kept.first - 1;
    if (from >= header.frame)
        return ST_OK;
    input.last = &header;
    input.frame = from;
    input.any_head = from > 0;
    return read_frames_from(&input, input_begin(&input, 1, fault), store, from + 1, fault);
}

/* ---- words ---- */

struct account journal_opened_account(const struct journal_opening *opening)
{
    return (struct account){.id = opening->account,
                            .class = (uint8_t)opening->class,
                            .kind = (uint8_t)opening->kind,
                            .customer = opening->customer,
                            .opened_frame = opening->frame};
}

const char *event_kind_name(enum event_kind kind)
{
    switch (kind) {
    case EVENT_TICK:
        return "tick";
    case EVENT_REQUEST:
        return "request";
    case EVENT_TURN:
        return "turn";
    case EVENT_LINK:
        return "link";
    case EVENT_PRICES:
        return "prices";
    case EVENT_SETTLEMENT:
        return "settlement";
    }
    invariant_failed("an event kind", __FILE__, __LINE__);
}

/* ---- one header ---- */

enum status journal_read_header(const struct store_read *read, uint64_t frame,
                                struct frame_header *header, struct fault *fault)
{
    uint8_t key[JOURNAL_KEY_BYTES];
    struct header_record record;
    struct store_row stored;
    struct chunk chunk;
    const char *error;
    enum status status;

    chunk_key(key, frame, 0);
    status = store_get(read, STORE_JOURNAL, key, sizeof key, &stored, fault);
    if (status != ST_OK)
        return status;
    error = chunk_decode(&chunk, stored.value, stored.value_size);
    if (error == NULL && (chunk.frame != frame || chunk.section != SECTION_HEADER))
        error = "it is not the frame's header";
    if (error == NULL)
        error = header_record_get(&record, chunk.body, chunk.body_size);
    if (error != NULL)
        return chunk_fault(frame, 0, error, fault);
    *header = record.header;
    return ST_OK;
}
