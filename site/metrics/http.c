#include "site/metrics/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/ring.h"
#include "site/metrics/http_live.h"
#include "site/metrics/http_query.h"
#include "site/metrics/http_work.h"

/* A connection as we bound it; libmicrohttpd has the rest. */
struct http_client {
    int fd;
    uint64_t begun_us;
    bool there;
    bool lives; /* a stream of events: it may stay */
};

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct wake wake;
    pthread_t thread;
    bool has_thread;
    _Atomic bool stopping;
    struct http_client clients[HTTP_CLIENTS_MAX];
    struct http_work *work; /* NULL: no route takes a while */
    struct http_live live;
};

static uint64_t http_now_us(const struct http *http)
{
    return http->options.clock.now_us(http->options.clock.context);
}

/* ---- who may ask ---- */

/* Whether "HOST" or "HOST:PORT" is an address in digits or localhost, by the host. */
static bool host_is_own(const char *text)
{
    char host[64];
    unsigned char address[sizeof(struct in6_addr)];
    size_t size = strcspn(text, text[0] == '[' ? "]" : ":");
    const char *from = text[0] == '[' ? text + 1 : text;

    size -= (size_t)(from - text);
    if (size == 0 || size >= sizeof host)
        return false;
    memcpy(host, from, size);
    host[size] = '\0';
    return strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

/* A page may make a browser look up a name of its own as 127.0.0.1; the header tells that name. */
static bool http_may_ask(const struct http_table *table, struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

    return !table->own_names || host == NULL || host_is_own(host);
}

/* ---- answering ---- */

/* What is asked for: the route, and the table that it stands in.  NULL: there is none. */
static const struct http_route *http_find(const struct http *http, const char *path,
                                          const struct http_table **table)
{
    for (size_t t = 0; t < HTTP_TABLES_MAX; t++) {
        *table = &http->options.tables[t];
        for (size_t i = 0; i < (*table)->count; i++)
            if (strcmp((*table)->routes[i].path, path) == 0)
                return &(*table)->routes[i];
    }
    *table = &http->options.tables[0];
    return NULL;
}

static void http_say(struct http_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    bytes_append(&answer->body, text, strlen(text));
}

/* The client has these very bytes. */
static bool http_is_kept(struct MHD_Connection *connection, const struct http_answer *answer)
{
    const char *kept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");

    return answer->etag != NULL && kept != NULL && strcmp(kept, answer->etag) == 0;
}

/*
 * Headers of every answer.  What a page of ours may do is said here: load what this server has, ask
 * it, and nothing else.
 */
static bool http_add_headers(struct MHD_Response *response, const struct http_answer *answer)
{
    const char *const headers[][2] = {
        {"Content-Type", answer->type},
        {"Cache-Control", answer->etag == NULL ? "no-store" : "no-cache"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
         "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        /* One request each, so that the bound on a connection's time is one on a request. */
        {"Connection", "close"},
        {"Allow", answer->status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : NULL},
        {"ETag", answer->etag},
    };

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (headers[i][1] != NULL &&
            MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES)
            return false;
    return true;
}

/* Queue the response with all headers, and give it up. */
static enum MHD_Result http_queue(struct MHD_Connection *connection, struct MHD_Response *response,
                                  const struct http_answer *answer)
{
    enum MHD_Result result = http_add_headers(response, answer)
                                 ? MHD_queue_response(connection, answer->status, response)
                                 : MHD_NO;

    MHD_destroy_response(response); /* the connection has its own reference */
    return result;
}

/* Send an answer; its body belongs to the response, also when none is made. */
static enum MHD_Result http_send(struct MHD_Connection *connection, struct http_answer *answer)
{
    struct MHD_Response *response;

    if (answer->body.failed) {
        bytes_fini(&answer->body);
        return MHD_NO; /* the connection is closed */
    }
    if (http_is_kept(connection, answer)) {
        bytes_fini(&answer->body);
        answer->status = MHD_HTTP_NOT_MODIFIED;
    }
    response = MHD_create_response_from_buffer(answer->body.size, answer->body.data,
                                               MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        bytes_fini(&answer->body);
        return MHD_NO;
    }
    answer->body = (struct bytes){0};
    return http_queue(connection, response, answer);
}

static const struct http_answer http_no_answer = {.status = MHD_HTTP_OK,
                                                  .type = "text/plain; charset=utf-8"};

static enum MHD_Result http_refuse(struct MHD_Connection *connection, unsigned status,
                                   const char *text)
{
    struct http_answer answer = http_no_answer;

    http_say(&answer, status, text);
    return http_send(connection, &answer);
}

/* A stream stays: libmicrohttpd says which of our connections it is. */
static enum MHD_Result http_stream(struct http *http, const struct http_table *table,
                                   const struct http_route *route,
                                   struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_answer answer = {.status = MHD_HTTP_OK, .type = "text/event-stream"};
    struct http_client *client = info == NULL ? NULL : info->socket_context;
    struct MHD_Response *response =
        http_live_begin(&http->live, table, route, connection, http_now_us(http));

    if (response == NULL)
        return http_refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams\n");
    if (client != NULL)
        client->lives = true;
    return http_queue(connection, response, &answer);
}

/* Have it answered by the other thread; the connection waits. */
static enum MHD_Result http_defer(struct http *http, const struct http_table *table,
                                  const struct http_route *route, struct MHD_Connection *connection,
                                  void **request)
{
    struct http_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return MHD_NO;
    job->connection = connection;
    job->route = route;
    job->context = table->context;
    job->answer = http_no_answer;
    /* Its pointers are into itself, so it is read once more and not copied. */
    http_query_read(&job->query, connection, route);
    *request = job;
    MHD_suspend_connection(connection);
    http_work_give(http->work, job);
    return MHD_YES;
}

static enum MHD_Result http_begin(struct http *http, struct MHD_Connection *connection,
                                  const char *path, const char *method, void **request)
{
    const struct http_table *table;
    const struct http_route *route = http_find(http, path, &table);
    struct http_query query = {0};
    struct http_answer answer = http_no_answer;

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return http_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (!http_may_ask(table, connection))
        return http_refuse(connection, MHD_HTTP_FORBIDDEN, "ask by address or localhost\n");
    if (route == NULL)
        return http_refuse(connection, MHD_HTTP_NOT_FOUND, "nothing is here\n");
    http_query_read(&query, connection, route);
    if (query.too_much)
        return http_refuse(connection, MHD_HTTP_BAD_REQUEST, "too much behind the ?\n");
    switch (route->way) {
    case HTTP_LATER:
        return http_defer(http, table, route, connection, request);
    case HTTP_LIVE:
        if (strcmp(method, "GET") == 0)
            return http_stream(http, table, route, connection);
        return http_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "a stream is only for GET\n");
    case HTTP_AT_ONCE:
        break;
    }
    route->answer(table->context, &query, &answer);
    return http_send(connection, &answer);
}

/*
 * Called when the headers are there, and again with a job whose answer is ready.  What the request
 * carries besides is not read.
 */
static enum MHD_Result http_handle(void *context, struct MHD_Connection *connection,
                                   const char *path, const char *method, const char *version,
                                   const char *upload, size_t *upload_size, void **request)
{
    struct http_job *job = *request;

    (void)version;
    (void)upload;
    if (job == NULL)
        return http_begin(context, connection, path, method, request);
    if (*upload_size != 0) { /* of a body that comes with a GET */
        *upload_size = 0;
        return MHD_YES;
    }
    return http_send(connection, &job->answer);
}

static void http_completed(void *context, struct MHD_Connection *connection, void **request,
                           enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    (void)how;
    http_job_free(*request);
    *request = NULL;
}

/* ---- connections ---- */

static struct http_client *http_free_place(struct http *http)
{
    for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++)
        if (!http->clients[i].there)
            return &http->clients[i];
    return NULL;
}

static void http_note(void *context, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    struct http_client *client = *socket_context;
    const union MHD_ConnectionInfo *info;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (client != NULL)
            client->there = false;
        return;
    }
    client = http_free_place(http);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (client == NULL || info == NULL)
        return; /* libmicrohttpd takes no more than there are places */
    *client =
        (struct http_client){.fd = info->connect_fd, .begun_us = http_now_us(http), .there = true};
    *socket_context = client;
}

/* A byte now and then is not idle, so each connection has its time in all. */
static void http_sweep(const struct http *http)
{
    uint64_t now_us = http_now_us(http);

    for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++) {
        const struct http_client *client = &http->clients[i];

        if (client->there && !client->lives && now_us - client->begun_us > HTTP_CONNECTION_US)
            (void)!shutdown(client->fd, SHUT_RDWR); /* its end is read, and it is closed */
    }
}

/* ---- the thread ---- */

static int http_wait_ms(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG due_ms;

    if (MHD_get_timeout(http->daemon, &due_ms) != MHD_YES || due_ms > HTTP_SWEEP_MS)
        return HTTP_SWEEP_MS;
    return (int)due_ms;
}

static void *http_thread(void *context)
{
    struct http *http = context;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd items[] = {{.fd = info->epoll_fd, .events = POLLIN},
                             {.fd = http->wake.fd, .events = POLLIN}};

    while (!atomic_load(&http->stopping)) {
        struct http_job *job;
        int timeout_ms = wake_begins(&http->wake) ? http_wait_ms(http) : 0;

        items[0].revents = items[1].revents = 0; /* a poll that a signal ends writes nothing */
        (void)!poll(items, sizeof items / sizeof items[0], timeout_ms);
        wake_take(&http->wake, items[1].revents != 0);
        while (http->work != NULL && (job = http_work_take(http->work)) != NULL)
            MHD_resume_connection(job->connection);
        http_live_look(&http->live, http_now_us(http));
        (void)!MHD_run(http->daemon); /* fails for daemons with threads of their own only */
        http_sweep(http);
    }
    return NULL;
}

static bool http_start_thread(struct http *http)
{
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    http->has_thread = pthread_attr_setstacksize(&attributes, HTTP_STACK_BYTES) == 0 &&
                       pthread_create(&http->thread, &attributes, http_thread, http) == 0;
    (void)pthread_attr_destroy(&attributes); /* cannot fail: it was made above */
    return http->has_thread;
}

/* ---- life ---- */

static bool http_has_later(const struct http_options *options)
{
    for (size_t t = 0; t < HTTP_TABLES_MAX; t++)
        for (size_t i = 0; i < options->tables[t].count; i++)
            if (options->tables[t].routes[i].way == HTTP_LATER)
                return true;
    return false;
}

static enum status http_start(struct http *http, struct fault *fault)
{
    const union MHD_DaemonInfo *info;

    if (http_has_later(&http->options) && http_work_new(&http->work, &http->wake, fault) != ST_OK)
        return ST_NOMEM;
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, http_handle, http,
        MHD_OPTION_LISTEN_SOCKET, http->options.listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_REQUEST_BYTES_MAX,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, http_note, http,
        MHD_OPTION_NOTIFY_COMPLETED, http_completed, http, MHD_OPTION_END);
    if (http->daemon == NULL)
        return fault_set(fault, ST_IO, "metrics.listen: libmicrohttpd does not start");
    info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return fault_set(fault, ST_IO, "metrics.listen: libmicrohttpd has no epoll here");
    if (!http_start_thread(http))
        return fault_set(fault, ST_NOMEM, "metrics.listen: the system refuses a thread");
    return ST_OK;
}

enum status http_new(struct http **http, const struct http_options *options, struct fault *fault)
{
    struct http *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "metrics.listen: out of memory");
    made->options = *options;
    status = wake_init(&made->wake, fault);
    if (status == ST_OK)
        status = http_start(made, fault);
    else
        made->wake.fd = -1;
    if (status == ST_OK) {
        *http = made;
        return ST_OK;
    }
    /* The socket stays the caller's. */
    if (made->daemon != NULL)
        (void)MHD_quiesce_daemon(made->daemon);
    http_free(made);
    return status;
}

void http_free(struct http *http)
{
    struct http_job *job;

    if (http == NULL)
        return;
    if (http->has_thread) {
        atomic_store(&http->stopping, true);
        wake_up(&http->wake);
        (void)!pthread_join(http->thread, NULL); /* it was made, and ends by the word above */
    }
    /* What is suspended has to go on before the daemon can stop. */
    http_work_stop(http->work);
    while (http->work != NULL && (job = http_work_take(http->work)) != NULL)
        MHD_resume_connection(job->connection);
    http_live_end(&http->live);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    http_live_fini(&http->live);
    http_work_free(http->work);
    wake_fini(&http->wake);
    free(http);
}
