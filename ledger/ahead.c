#include "ledger/ahead.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 2 * JOURNAL_THREADS_MAX };

/* A frame of a batch, while it waits to be checked. */
struct ahead_frame {
    struct header_record header;
    size_t size; /* of its chunks, which follow those of the frame before */
};

/*
 * Frames, and what they were found to be.  The reading thread fills and empties it; whoever checks
 * it has it alone in between.
 */
struct batch {
    struct bytes frames;  /* struct ahead_frame each */
    struct bytes chunks;  /* of all of them */
    struct bytes records; /* what to call the reader with: a kind, and the struct of that kind */
    enum status status;   /* what came after the last record */
    struct fault fault;
    bool checked; /* under the lock */
};

/* Batches have numbers without end; each has its place in the ring by its number. */
struct ahead {
    const struct ahead_taker *taker;
    const struct journal_reader *reader;
    unsigned threads;
    unsigned started;
    bool stopped;     /* by a fault: nothing more is delivered */
    size_t in_flight; /* bytes of chunks in batches that are submitted and not delivered */
    struct whole_checker own;
    struct batch ring[BATCHES];
    pthread_t workers[JOURNAL_THREADS_MAX];

    pthread_mutex_t lock; /* of what follows, and of `checked` */
    pthread_cond_t submitted;
    pthread_cond_t done;
    uint64_t first; /* not delivered; changed by the reading thread alone, as `filling` is */
    uint64_t next;  /* not taken to be checked */
    uint64_t filling;
    bool ending;
};

/* ---- records: the calls of a reader, kept ---- */

enum record_kind {
    RECORD_FRAME,
    RECORD_OPENING,
    RECORD_EVENT,
    RECORD_LINE,
    RECORD_POSTING,
};

static enum status record_keep(void *context, uint64_t kind, const void *record, size_t size)
{
    struct batch *batch = context;
    uint8_t *room = bytes_extend(&batch->records, sizeof kind + size);

    if (room == NULL)
        return ST_NOMEM;
    memcpy(room, &kind, sizeof kind);
    memcpy(room + sizeof kind, record, size);
    return ST_OK;
}

static enum status keep_opening(void *context, const struct journal_opening *opening,
                                struct fault *fault)
{
    (void)fault;
    return record_keep(context, RECORD_OPENING, opening, sizeof *opening);
}

static enum status keep_event(void *context, const struct journal_event *event, struct fault *fault)
{
    (void)fault;
    return record_keep(context, RECORD_EVENT, event, sizeof *event);
}

/* Most records are lines: where one stands follows from the records before it. */
static enum status keep_line(void *context, const struct journal_line *line, struct fault *fault)
{
    (void)fault;
    return record_keep(context, RECORD_LINE, &line->transfer, sizeof line->transfer);
}

static enum status keep_posting(void *context, const struct journal_posting *posting,
                                struct fault *fault)
{
    (void)fault;
    return record_keep(context, RECORD_POSTING, posting, sizeof *posting);
}

/* How far the records of a batch were delivered. */
struct delivery {
    const struct batch *batch;
    size_t at;
    struct journal_line line; /* the next one's place */
};

static const void *delivery_take(struct delivery *delivery, void *record, size_t size)
{
    memcpy(record, delivery->batch->records.data + delivery->at, size);
    delivery->at += size;
    return record;
}

static enum status deliver_frame(const struct ahead *ahead, struct delivery *delivery,
                                 struct fault *fault)
{
    struct whole_frame frame;

    (void)delivery_take(delivery, &frame, sizeof frame);
    delivery->line = (struct journal_line){.frame = frame.header.header.frame};
    return ahead->taker->take(ahead->taker->context, &frame, fault);
}

static enum status deliver_event(const struct journal_reader *reader, struct delivery *delivery,
                                 struct fault *fault)
{
    struct journal_event event;

    (void)delivery_take(delivery, &event, sizeof event);
    delivery->line.event = event.index;
    delivery->line.index = 0;
    return reader->event == NULL ? ST_OK : reader->event(reader->context, &event, fault);
}

static enum status deliver_line(const struct journal_reader *reader, struct delivery *delivery,
                                struct fault *fault)
{
    struct transfer *transfer = &delivery->line.transfer;
    enum status status;

    (void)delivery_take(delivery, transfer, sizeof *transfer);
    status = reader->line(reader->context, &delivery->line, fault);
    delivery->line.index++;
    return status;
}

/* Make the next of the calls that were kept. */
static enum status deliver_next(const struct ahead *ahead, struct delivery *delivery,
                                struct fault *fault)
{
    const struct journal_reader *reader = ahead->reader;
    struct journal_opening opening;
    struct journal_posting posting;
    uint64_t kind;

    (void)delivery_take(delivery, &kind, sizeof kind);
    switch ((enum record_kind)kind) {
    case RECORD_FRAME:
        return deliver_frame(ahead, delivery, fault);
    case RECORD_OPENING:
        return reader->opening(reader->context, delivery_take(delivery, &opening, sizeof opening),
                               fault);
    case RECORD_EVENT:
        return deliver_event(reader, delivery, fault);
    case RECORD_LINE:
        return deliver_line(reader, delivery, fault);
    case RECORD_POSTING:
        return reader->posting(reader->context, delivery_take(delivery, &posting, sizeof posting),
                               fault);
    }
    invariant_failed("a kind of record", __FILE__, __LINE__);
}

/* ---- a batch ---- */

static void batch_clear(struct batch *batch)
{
    bytes_clear(&batch->frames);
    bytes_clear(&batch->chunks);
    bytes_clear(&batch->records);
    batch->status = ST_OK;
    batch->checked = false;
}

static void batch_fini(struct batch *batch)
{
    bytes_fini(&batch->frames);
    bytes_fini(&batch->chunks);
    bytes_fini(&batch->records);
}

/* Check one frame, and keep what a reader is to be called with, until something is wrong. */
static enum status batch_check_frame(struct batch *batch, struct whole_checker *checker,
                                     const struct journal_reader *keeper, struct whole_frame *frame)
{
    enum status status;

    whole_hash(checker, frame);
    status = record_keep(batch, RECORD_FRAME, frame, sizeof *frame);
    if (status == ST_OK)
        status = whole_read(checker, frame, keeper, &batch->fault);
    if (batch->records.failed)
        return fault_set(&batch->fault, ST_NOMEM, "frame %" PRIu64 ": no memory for its records",
                         frame->header.header.frame);
    return status;
}

/* Called by the one thread that has the batch. */
static void batch_check(struct batch *batch, struct whole_checker *checker,
                        const struct journal_reader *reader)
{
    /* What the reader does not ask for is not kept. */
    const struct journal_reader keeper = {
        .opening = reader->opening == NULL ? NULL : keep_opening,
        .event = keep_event, /* for the places of lines */
        .line = reader->line == NULL ? NULL : keep_line,
        .posting = reader->posting == NULL ? NULL : keep_posting,
        .context = batch,
    };
    size_t from = 0;

    for (size_t at = 0; at < batch->frames.size && batch->status == ST_OK;) {
        struct ahead_frame given;
        struct whole_frame frame;

        memcpy(&given, batch->frames.data + at, sizeof given);
        frame = (struct whole_frame){
            .header = given.header, .chunks = batch->chunks.data + from, .size = given.size};
        batch->status = batch_check_frame(batch, checker, &keeper, &frame);
        at += sizeof given;
        from += given.size;
    }
}

static enum status batch_deliver(const struct ahead *ahead, const struct batch *batch,
                                 struct fault *fault)
{
    struct delivery delivery = {.batch = batch};
    enum status status = ST_OK;

    while (delivery.at < batch->records.size && status == ST_OK)
        status = deliver_next(ahead, &delivery, fault);
    if (status != ST_OK || batch->status == ST_OK)
        return status;
    return fault_set(fault, batch->status, "%s", batch->fault.text);
}

/* ---- threads ---- */

/* With the lock: check the next batch, without it meanwhile.  There must be one. */
static void ahead_check_next(struct ahead *ahead, struct whole_checker *checker)
{
    struct batch *batch = &ahead->ring[ahead->next++ % BATCHES];

    (void)pthread_mutex_unlock(&ahead->lock);
    batch_check(batch, checker, ahead->reader);
    (void)pthread_mutex_lock(&ahead->lock);
    batch->checked = true;
    (void)pthread_cond_signal(&ahead->done);
}

static void *ahead_work(void *argument)
{
    struct ahead *ahead = argument;
    struct whole_checker checker;
    bool able = whole_checker_init(&checker) == ST_OK;

    (void)pthread_mutex_lock(&ahead->lock);
    while (able && !ahead->ending) {
        if (ahead->next == ahead->filling)
            (void)pthread_cond_wait(&ahead->submitted, &ahead->lock);
        else
            ahead_check_next(ahead, &checker);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    whole_checker_fini(&checker);
    return NULL;
}

/* A thread that cannot be had is done without. */
static void ahead_start(struct ahead *ahead)
{
    while (ahead->started + 1 < ahead->threads &&
           pthread_create(&ahead->workers[ahead->started], NULL, ahead_work, ahead) == 0)
        ahead->started++;
    ahead->threads = ahead->started + 1;
}

/* Deliver the oldest batch, once it is checked; while it is not, help with what waits. */
static enum status ahead_deliver_first(struct ahead *ahead, struct fault *fault)
{
    struct batch *batch = &ahead->ring[ahead->first % BATCHES];
    enum status status;

    (void)pthread_mutex_lock(&ahead->lock);
    while (!batch->checked) {
        if (ahead->next != ahead->filling)
            ahead_check_next(ahead, &ahead->own);
        else
            (void)pthread_cond_wait(&ahead->done, &ahead->lock);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    status = batch_deliver(ahead, batch, fault);
    ahead->stopped = status != ST_OK;
    ahead->first++;
    ahead->in_flight -= batch->chunks.size;
    batch_clear(batch);
    return status;
}

/* Let the batch that is being filled be checked. */
static void ahead_submit(struct ahead *ahead)
{
    ahead->in_flight += ahead->ring[ahead->filling % BATCHES].chunks.size;
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->filling++;
    (void)pthread_cond_signal(&ahead->submitted);
    (void)pthread_mutex_unlock(&ahead->lock);
}

static bool ahead_has_room(const struct ahead *ahead)
{
    uint64_t batches = ahead->filling - ahead->first;

    return batches == 0 ||
           (batches < 2 * (uint64_t)ahead->threads && ahead->in_flight < AHEAD_BYTES_MAX);
}

/* ---- for who reads ---- */

enum status ahead_new(struct ahead **ahead, unsigned threads, const struct ahead_taker *taker,
                      const struct journal_reader *reader, struct fault *fault)
{
    struct ahead *made = calloc(1, sizeof *made);

    *ahead = NULL;
    INVARIANT(threads >= 2 && threads <= JOURNAL_THREADS_MAX);
    if (made == NULL || whole_checker_init(&made->own) != ST_OK) {
        if (made != NULL)
            whole_checker_fini(&made->own);
        free(made);
        return fault_set(fault, ST_NOMEM, "journal: no memory to read it");
    }
    made->threads = threads;
    made->taker = taker;
    made->reader = reader;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->submitted, NULL);
    (void)pthread_cond_init(&made->done, NULL);
    *ahead = made;
    return ST_OK;
}

void ahead_free(struct ahead *ahead)
{
    if (ahead == NULL)
        return;
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->ending = true;
    (void)pthread_cond_broadcast(&ahead->submitted);
    (void)pthread_mutex_unlock(&ahead->lock);
    for (unsigned i = 0; i < ahead->started; i++)
        (void)pthread_join(ahead->workers[i], NULL);
    for (size_t i = 0; i < BATCHES; i++)
        batch_fini(&ahead->ring[i]);
    whole_checker_fini(&ahead->own);
    (void)pthread_cond_destroy(&ahead->submitted);
    (void)pthread_cond_destroy(&ahead->done);
    (void)pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* A frame whose records would be many: read by this thread, after all that was given before. */
static enum status ahead_read_here(struct ahead *ahead, struct whole_frame frame,
                                   struct fault *fault)
{
    enum status status = ahead_end(ahead, fault);

    if (status != ST_OK)
        return status;
    whole_hash(&ahead->own, &frame);
    status = ahead->taker->take(ahead->taker->context, &frame, fault);
    if (status == ST_OK)
        status = whole_read(&ahead->own, &frame, ahead->reader, fault);
    ahead->stopped = status != ST_OK;
    return status;
}

/* Add chunks to a batch, or, where it has none, exchange them for its empty buffer. */
static void batch_add_chunks(struct batch *batch, struct bytes *chunks)
{
    struct bytes empty = batch->chunks;

    if (empty.size > 0) {
        bytes_append(&batch->chunks, chunks->data, chunks->size);
        return;
    }
    batch->chunks = *chunks;
    *chunks = empty;
}

enum status ahead_give(struct ahead *ahead, const struct header_record *header,
                       struct bytes *chunks, struct fault *fault)
{
    struct batch *batch = &ahead->ring[ahead->filling % BATCHES];
    const struct ahead_frame given = {.header = *header, .size = chunks->size};
    enum status status = ST_OK;

    if (chunks->size >= AHEAD_FRAME_BYTES)
        return ahead_read_here(
            ahead,
            (struct whole_frame){.header = *header, .chunks = chunks->data, .size = chunks->size},
            fault);
    bytes_append(&batch->frames, &given, sizeof given);
    batch_add_chunks(batch, chunks);
    if (batch->frames.failed || batch->chunks.failed)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": no memory for its chunks",
                         header->header.frame);
    if (batch->chunks.size < AHEAD_BATCH_BYTES)
        return ST_OK;
    if (ahead->started == 0)
        ahead_start(ahead);
    ahead_submit(ahead);
    while (!ahead_has_room(ahead) && status == ST_OK)
        status = ahead_deliver_first(ahead, fault);
    return status;
}

enum status ahead_end(struct ahead *ahead, struct fault *fault)
{
    enum status status = ST_OK;

    if (ahead->stopped)
        return ST_OK;
    if (ahead->ring[ahead->filling % BATCHES].frames.size > 0)
        ahead_submit(ahead);
    while (ahead->first != ahead->filling && status == ST_OK)
        status = ahead_deliver_first(ahead, fault);
    return status;
}
