#include "site/metrics/http_live.h"

#include <microhttpd.h>
#include <stdlib.h>

struct http_stream {
    struct http_live *live;
    struct MHD_Connection *connection;
    struct bytes waiting; /* to be sent; a copy, so that nobody waits for this client */
    size_t sent;          /* of it */
    uint64_t serial;      /* of the event that it has or had */
    uint64_t begun_us;
    uint64_t sent_us; /* when it was last given something */
    bool suspended;
    bool over; /* it ends when it has sent what waits */
};

/* ---- one stream ---- */

/* More to send is wanted by libmicrohttpd, which does not wait here: it suspends the stream. */
static ssize_t stream_read(void *context, uint64_t position, char *to, size_t most)
{
    struct http_stream *stream = context;
    size_t left = stream->waiting.size - stream->sent;

    (void)position;
    if (stream->waiting.failed || (left == 0 && stream->over))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
        return 0;
    }
    if (left > most)
        left = most;
    memcpy(to, stream->waiting.data + stream->sent, left);
    stream->sent += left;
    return (ssize_t)left;
}

/* The response goes with its connection, whatever ended that. */
static void stream_free(void *context)
{
    struct http_stream *stream = context;

    for (size_t i = 0; i < HTTP_STREAMS_MAX; i++)
        if (stream->live->streams[i] == stream)
            stream->live->streams[i] = NULL;
    bytes_fini(&stream->waiting);
    free(stream);
}

static void stream_resume(struct http_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static void stream_give(struct http_stream *stream, const void *data, size_t size, uint64_t now_us)
{
    bytes_clear(&stream->waiting);
    bytes_append(&stream->waiting, data,
                 size); /* failed: the stream ends, and its client returns */
    stream->sent = 0;
    stream->sent_us = now_us;
}

/* A client that is behind is given the latest once it has taken what it was given before. */
static void stream_look(struct http_stream *stream, uint64_t now_us)
{
    static const char beat[] = ":\n\n"; /* a comment, so that a client that left is noticed */
    const struct http_live *live = stream->live;

    stream->over = stream->over || now_us - stream->begun_us > HTTP_STREAM_US;
    if (stream->sent == stream->waiting.size) {
        if (stream->serial != live->serial) {
            stream->serial = live->serial;
            stream_give(stream, live->event.data, live->event.size, now_us);
        } else if (now_us - stream->sent_us > HTTP_BEAT_US) {
            stream_give(stream, beat, sizeof beat - 1, now_us);
        }
    }
    if (stream->over || stream->sent < stream->waiting.size)
        stream_resume(stream);
}

/* ---- all ---- */

static struct http_stream **live_free_place(struct http_live *live)
{
    for (size_t i = 0; i < HTTP_STREAMS_MAX; i++)
        if (live->streams[i] == NULL)
            return &live->streams[i];
    return NULL;
}

static bool live_has_streams(const struct http_live *live)
{
    for (size_t i = 0; i < HTTP_STREAMS_MAX; i++)
        if (live->streams[i] != NULL)
            return true;
    return false;
}

struct MHD_Response *http_live_begin(struct http_live *live, const struct http_table *table,
                                     const struct http_route *route,
                                     struct MHD_Connection *connection, uint64_t now_us)
{
    struct http_stream **place = live_free_place(live);
    struct http_stream *stream = place == NULL ? NULL : calloc(1, sizeof *stream);
    struct MHD_Response *response;

    if (stream == NULL)
        return NULL;
    *stream = (struct http_stream){
        .live = live, .connection = connection, .begun_us = now_us, .sent_us = now_us};
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_STREAM_BLOCK_BYTES,
                                                 stream_read, stream, stream_free);
    if (response == NULL) {
        free(stream);
        return NULL;
    }
    *place = stream;
    live->route = route;
    live->context = table->context;
    live->looked_us = 0; /* the first event comes at once */
    return response;
}

/* Ask the route, and keep what it says if that is news. */
static void live_ask(struct http_live *live)
{
    static const struct http_query nothing;
    struct http_answer answer = {.status = MHD_HTTP_OK};
    struct bytes event = {0};

    live->route->answer(live->context, &nothing, &answer);
    bytes_append(&event, "data: ", 6);
    bytes_append(&event, answer.body.data, answer.body.size);
    bytes_append(&event, "\n\n", 2);
    if (answer.status != MHD_HTTP_OK || answer.body.failed || event.failed ||
        (event.size == live->event.size && memcmp(event.data, live->event.data, event.size) == 0)) {
        bytes_fini(&event);
    } else {
        bytes_fini(&live->event);
        live->event = event;
        live->serial++;
    }
    bytes_fini(&answer.body);
}

void http_live_look(struct http_live *live, uint64_t now_us)
{
    if (!live_has_streams(live) ||
        (live->looked_us != 0 && now_us - live->looked_us < HTTP_LIVE_US))
        return;
    live->looked_us = now_us;
    live_ask(live);
    for (size_t i = 0; i < HTTP_STREAMS_MAX; i++)
        if (live->streams[i] != NULL)
            stream_look(live->streams[i], now_us);
}

void http_live_end(struct http_live *live)
{
    for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
        if (live->streams[i] == NULL)
            continue;
        live->streams[i]->over = true;
        stream_resume(live->streams[i]);
    }
}

void http_live_fini(struct http_live *live)
{
    bytes_fini(&live->event);
}
