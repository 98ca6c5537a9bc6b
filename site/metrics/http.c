#include "site/metrics/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/ring.h"
#include "site/metrics/limits.h"

/* A connection as we bound it; libmicrohttpd has the rest. */
struct http_client {
    int fd;
    uint64_t begun_us;
    bool there;
};

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct wake wake;
    pthread_t thread;
    bool has_thread;
    _Atomic bool stopping;
    struct http_client clients[HTTP_CLIENTS_MAX];
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
static bool http_may_ask(const struct http *http, struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

    return !http->options.own_names || host == NULL || host_is_own(host);
}

/* ---- answering ---- */

static const struct http_route *http_find(const struct http *http, const char *path)
{
    for (size_t i = 0; i < http->options.route_count; i++)
        if (strcmp(http->options.routes[i].path, path) == 0)
            return &http->options.routes[i];
    return NULL;
}

static void http_say(struct http_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    bytes_append(&answer->body, text, strlen(text));
}

static void http_fill(const struct http *http, struct MHD_Connection *connection, const char *path,
                      const char *method, struct http_answer *answer)
{
    const struct http_route *route = http_find(http, path);

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        http_say(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    else if (!http_may_ask(http, connection))
        http_say(answer, MHD_HTTP_FORBIDDEN, "ask by address or localhost\n");
    else if (route == NULL)
        http_say(answer, MHD_HTTP_NOT_FOUND, "nothing is here\n");
    else
        route->answer(http->options.context, answer);
}

/* `body` belongs to the response, also when none is made. */
static struct MHD_Response *http_response(struct http_answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.size, answer->body.data, MHD_RESPMEM_MUST_FREE);
    bool good;

    if (response == NULL) {
        bytes_fini(&answer->body);
        return NULL;
    }
    good = MHD_add_response_header(response, "Content-Type", answer->type) == MHD_YES &&
           MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
           MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
           /* One request each, so that the bound on a connection's time is one on a request. */
           MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    if (good && answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        good = MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES;
    if (good)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* Called when the headers are there.  What the request carries besides is not read. */
static enum MHD_Result http_handle(void *context, struct MHD_Connection *connection,
                                   const char *path, const char *method, const char *version,
                                   const char *upload, size_t *upload_size, void **request)
{
    struct http_answer answer = {.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8"};
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    http_fill(context, connection, path, method, &answer);
    if (answer.body.failed) {
        bytes_fini(&answer.body);
        return MHD_NO;
    }
    response = http_response(&answer);
    if (response == NULL)
        return MHD_NO; /* the connection is closed */
    result = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response); /* the connection has its own reference */
    return result;
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

        if (client->there && now_us - client->begun_us > HTTP_CONNECTION_US)
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
        int timeout_ms = wake_begins(&http->wake) ? http_wait_ms(http) : 0;

        items[0].revents = items[1].revents = 0; /* a poll that a signal ends writes nothing */
        (void)!poll(items, sizeof items / sizeof items[0], timeout_ms);
        wake_take(&http->wake, items[1].revents != 0);
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

static enum status http_start(struct http *http, struct fault *fault)
{
    const union MHD_DaemonInfo *info;

    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, http_handle, http, MHD_OPTION_LISTEN_SOCKET,
        http->options.listen_fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CLIENTS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_REQUEST_BYTES_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, http_note, http, MHD_OPTION_END);
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
    if (http == NULL)
        return;
    if (http->has_thread) {
        atomic_store(&http->stopping, true);
        wake_up(&http->wake);
        (void)!pthread_join(http->thread, NULL); /* it was made, and ends by the word above */
    }
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    wake_fini(&http->wake);
    free(http);
}
