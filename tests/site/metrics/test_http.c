/* The server by raw sockets: what is refused, and who keeps nobody waiting. */
#define _DEFAULT_SOURCE /* usleep */
#include "site/metrics/http.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "site/metrics/limits.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

enum { ANSWER_BYTES = 65536, PATIENCE_MS = 20000, LONG_BYTES = 4 * 1024 * 1024 };

static char dir[TEMP_DIR_BYTES];
static const char *path;
static struct http *http;
static char answer[ANSWER_BYTES];
static _Atomic uint64_t clock_us = 1000000;

/* ---- a server of two paths, and a clock that the test sets ---- */

static uint64_t now_us(void *context)
{
    (void)context;
    return clock_us;
}

static void answer_short(void *context, const struct http_query *query, struct http_answer *to)
{
    (void)context;
    (void)query;
    bytes_append(&to->body, "short\n", 6);
}

static void answer_long(void *context, const struct http_query *query, struct http_answer *to)
{
    (void)context;
    (void)query;
    memset(bytes_extend(&to->body, LONG_BYTES), 'x', LONG_BYTES);
}

/* What the query says, as "NAME=VALUE;" each. */
static void answer_query(void *context, const struct http_query *query, struct http_answer *to)
{
    (void)context;
    for (size_t i = 0; i < query->count; i++) {
        bytes_append(&to->body, query->items[i].name, strlen(query->items[i].name));
        bytes_append(&to->body, "=", 1);
        bytes_append(&to->body, query->items[i].value, strlen(query->items[i].value));
        bytes_append(&to->body, ";", 1);
    }
    if (http_value(query, "path") != NULL)
        bytes_append(&to->body, query->path, strlen(query->path));
}

static void answer_kept(void *context, const struct http_query *query, struct http_answer *to)
{
    (void)context;
    (void)query;
    to->etag = "\"1\"";
    bytes_append(&to->body, "kept\n", 5);
}

/* Answers that wait until the test lets them go. */
static _Atomic bool slow_may_end;
static _Atomic int slow_begun;

static void answer_slow(void *context, const struct http_query *query, struct http_answer *to)
{
    (void)context;
    slow_begun++;
    for (int i = 0; i < 2000 && !slow_may_end; i++)
        (void)usleep(10 * 1000);
    answer_query(context, query, to);
}

/* An event that the test sets. */
static _Atomic int live_number;
static _Atomic bool live_is_long;

static void answer_live(void *context, const struct http_query *query, struct http_answer *to)
{
    char text[32];

    (void)context;
    (void)query;
    (void)snprintf(text, sizeof text, "number %d", live_number);
    bytes_append(&to->body, text, strlen(text));
    if (live_is_long)
        memset(bytes_extend(&to->body, LONG_BYTES), 'x', LONG_BYTES);
}

static const struct http_route routes[] = {
    {"/short", answer_short, HTTP_AT_ONCE}, {"/long", answer_long, HTTP_AT_ONCE},
    {"/query", answer_query, HTTP_AT_ONCE}, {"/kept", answer_kept, HTTP_AT_ONCE},
    {"/slow", answer_slow, HTTP_LATER},     {"/live", answer_live, HTTP_LIVE}};

static struct sockaddr_un address_of_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    strcpy(address.sun_path, path);
    return address;
}

static void serve(bool own_names)
{
    struct sockaddr_un address;
    struct fault fault = {0};
    struct http_options options = {.tables = {{.routes = routes,
                                               .count = sizeof routes / sizeof routes[0],
                                               .own_names = own_names}},
                                   .clock = {.now_us = now_us}};

    slow_may_end = false;
    slow_begun = 0;
    live_number = 1;
    live_is_long = false;
    temp_dir_init(dir);
    path = temp_path(dir, "socket");
    address = address_of_path();
    options.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(options.listen_fd, 0);
    ck_assert_int_eq(bind(options.listen_fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(options.listen_fd, 64), 0);
    ck_assert_int_eq(http_new(&http, &options, &fault), ST_OK);
}

static void setup(void)
{
    serve(false);
}

static void setup_own(void)
{
    serve(true);
}

static void teardown(void)
{
    http_free(http);
    temp_dir_fini(dir);
}

/* ---- a client ---- */

static int dial(void)
{
    struct sockaddr_un address = address_of_path();
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void tell(int fd, const char *text)
{
    ck_assert_int_eq((int)send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

/* All that comes until the server closes.  Returns its size; the beginning is in `answer`. */
static size_t hear(int fd)
{
    size_t size = 0;
    char block[16384];

    memset(answer, 0, sizeof answer);
    for (;;) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&item, 1, PATIENCE_MS) != 1)
            ck_abort_msg("it is not closed; %zu bytes came: %.300s", size, answer);
        got = read(fd, block, sizeof block);
        if (got <= 0)
            break;
        if (size < sizeof answer - 1) {
            size_t room = sizeof answer - 1 - size;

            memcpy(answer + size, block, (size_t)got < room ? (size_t)got : room);
        }
        size += (size_t)got;
    }
    (void)close(fd);
    return size;
}

static size_t ask(const char *text)
{
    int fd = dial();

    tell(fd, text);
    return hear(fd);
}

static void is_answered(const char *text, const char *status, const char *words)
{
    (void)ask(text);
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, status, 3) != 0 ||
        strstr(answer, words) == NULL)
        ck_abort_msg("%s was answered: %s", text, answer);
}

/* ---- */

START_TEST(a_path_is_answered_once_for_each_connection)
{
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "\r\n\r\nshort\n");
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close"));
    ck_assert_ptr_nonnull(strstr(answer, "nosniff"));
    is_answered("GET /short?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
    ck_assert_uint_gt(ask("GET /long HTTP/1.1\r\nHost: a\r\n\r\n"), LONG_BYTES);
}
END_TEST

START_TEST(head_is_the_same_without_the_body)
{
    is_answered("HEAD /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "Content-Length: 6");
    ck_assert_ptr_null(strstr(answer, "short\n"));
}
END_TEST

START_TEST(other_paths_and_methods_are_refused)
{
    is_answered("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404", "nothing is here");
    is_answered("GET /short/ HTTP/1.1\r\nHost: a\r\n\r\n", "404", "");
    is_answered("GET /../short HTTP/1.1\r\nHost: a\r\n\r\n", "404", "");
    is_answered("DELETE /short HTTP/1.1\r\nHost: a\r\n\r\n", "405", "Allow: GET, HEAD");
    is_answered("POST /short HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "405", "");
}
END_TEST

START_TEST(what_is_no_request_is_refused)
{
    char text[2 * HTTP_REQUEST_BYTES_MAX];

    ck_assert_uint_eq(ask("hello\r\n\r\n"), 0); /* not even an answer */
    memset(text, 'x', sizeof text);
    memcpy(text, "GET /short HTTP/1.1\r\nX: ", 24);
    text[sizeof text - 1] = '\0';
    (void)ask(text);
    ck_assert(strncmp(answer, "HTTP/1.1 4", 10) == 0 || answer[0] == '\0');
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
}
END_TEST

START_TEST(a_name_that_is_not_this_machines_is_refused)
{
    static const char *const good[] = {"localhost", "localhost:1", "127.0.0.1:9464", "[::1]:9464",
                                       "[::1]"};
    static const char *const bad[] = {"evil.example", "evil.example:9464", "127.0.0.1.evil.example",
                                      ":9464"};
    char text[200];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)snprintf(text, sizeof text, "GET /short HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
        is_answered(text, "200", "short\n");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "GET /short HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
        is_answered(text, "403", "by address or localhost");
    }
    is_answered("GET /short HTTP/1.0\r\n\r\n", "200", "short\n"); /* no browser leaves it out */
}
END_TEST

START_TEST(slow_clients_keep_nobody_waiting_and_lose_their_connection)
{
    int slow[HTTP_CLIENTS_MAX - 1];

    for (int i = 0; i < HTTP_CLIENTS_MAX - 1; i++) {
        slow[i] = dial();
        tell(slow[i], i % 2 == 0 ? "GET /sh" : "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
    clock_us += HTTP_CONNECTION_US + 1;
    for (int i = 0; i < HTTP_CLIENTS_MAX - 1; i++)
        ck_assert_uint_lt(hear(slow[i]), LONG_BYTES);
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
}
END_TEST

/* Whether the server has closed the connection, after another byte was sent over it. */
static bool is_closed_after_byte(int fd)
{
    char byte;

    if (send(fd, "o", 1, MSG_NOSIGNAL) < 0)
        return true;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(a_byte_now_and_then_does_not_keep_a_connection)
{
    int fd = dial();
    int bytes = 0;

    tell(fd, "GET /sh");
    for (; bytes < 10; bytes++) {
        ck_assert(!is_closed_after_byte(fd));
        (void)usleep(50 * 1000);
    }
    clock_us += HTTP_CONNECTION_US + 1; /* its time in all is over, though it is not idle */
    while (!is_closed_after_byte(fd)) {
        ck_assert_int_lt(bytes++, 400);
        (void)usleep(50 * 1000);
    }
    (void)close(fd);
}
END_TEST

START_TEST(more_clients_than_places_wait_for_one)
{
    int many[3 * HTTP_CLIENTS_MAX];

    for (int i = 0; i < 3 * HTTP_CLIENTS_MAX; i++)
        many[i] = dial();
    for (int i = 0; i < 3 * HTTP_CLIENTS_MAX; i++)
        tell(many[i], "GET /short HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 3 * HTTP_CLIENTS_MAX; i++) {
        (void)hear(many[i]);
        ck_assert_ptr_nonnull(strstr(answer, "short\n"));
    }
}
END_TEST

/* ---- queries, and what a client has already ---- */

START_TEST(a_query_is_decoded_and_bounded)
{
    char text[HTTP_QUERY_BYTES + 200] = "GET /query?a=";
    size_t used = strlen(text);

    is_answered("GET /query?a=1&b=x%20y&c&path= HTTP/1.1\r\nHost: a\r\n\r\n", "200",
                "\r\n\r\na=1;b=x y;c=;path=;/query");
    is_answered("GET /query?a&a&a&a&a&a&a&a&a&a&a&a&a HTTP/1.1\r\nHost: a\r\n\r\n", "400",
                "too much");
    memset(text + used, 'x', HTTP_QUERY_BYTES);
    (void)snprintf(text + used + HTTP_QUERY_BYTES, 64, " HTTP/1.1\r\nHost: a\r\n\r\n");
    is_answered(text, "400", "too much");
}
END_TEST

START_TEST(what_a_client_has_is_not_sent_again)
{
    is_answered("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n", "200", "ETag: \"1\"");
    ck_assert_ptr_nonnull(strstr(answer, "no-cache"));
    is_answered("GET /kept HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\n\r\n", "304", "");
    ck_assert_ptr_null(strstr(answer, "kept\n"));
    is_answered("GET /kept HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"2\"\r\n\r\n", "200", "kept\n");
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\n\r\n", "200",
                "no-store");
}
END_TEST

START_TEST(every_answer_says_what_a_page_may_do)
{
    is_answered("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404", "default-src 'none'");
    ck_assert_ptr_nonnull(strstr(answer, "frame-ancestors 'none'"));
    ck_assert_ptr_nonnull(strstr(answer, "Referrer-Policy: no-referrer"));
    ck_assert_ptr_nonnull(strstr(answer, "Cross-Origin-Resource-Policy: same-origin"));
    ck_assert_ptr_null(strstr(answer, "Access-Control"));
}
END_TEST

/* ---- answers that take a while ---- */

static void wait_for_slow(int count)
{
    for (int i = 0; slow_begun < count; i++) {
        ck_assert_int_lt(i, 2000);
        (void)usleep(10 * 1000);
    }
}

START_TEST(an_answer_that_takes_a_while_keeps_nobody_waiting)
{
    int slow[3];

    for (int i = 0; i < 3; i++) {
        slow[i] = dial();
        tell(slow[i], "GET /slow?a=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    wait_for_slow(1);
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
    slow_may_end = true;
    for (int i = 0; i < 3; i++) {
        (void)hear(slow[i]);
        ck_assert_ptr_nonnull(strstr(answer, "a=1;"));
    }
    ck_assert_int_eq(slow_begun, 3);
    is_answered("HEAD /slow?a=1 HTTP/1.1\r\nHost: a\r\n\r\n", "200", "Content-Length: 4");
    is_answered("GET /slow?a=2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "200",
                "a=2;");
}
END_TEST

START_TEST(who_leaves_before_the_answer_is_forgotten)
{
    int gone = dial();

    tell(gone, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_slow(1);
    (void)close(gone);
    slow_may_end = true;
    is_answered("GET /slow?a=3 HTTP/1.1\r\nHost: a\r\n\r\n", "200", "a=3;");
}
END_TEST

/* teardown() frees the server with an answer that is made, one that waits, and a stream. */
START_TEST(the_server_ends_with_answers_under_way)
{
    int fds[3] = {dial(), dial(), dial()};

    tell(fds[0], "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_slow(1);
    tell(fds[1], "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    tell(fds[2], "GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
    slow_may_end = true;
    http_free(http);
    http = NULL;
    for (int i = 0; i < 3; i++)
        (void)hear(fds[i]); /* each is closed */
}
END_TEST

/* ---- streams ---- */

/* Read until the text comes; what comes stays in `answer`, from *size on. */
static void hear_until(int fd, size_t *size, const char *words)
{
    while (strstr(answer, words) == NULL) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        ssize_t got;

        ck_assert_int_eq(poll(&item, 1, PATIENCE_MS), 1);
        got = read(fd, answer + *size, sizeof answer - 1 - *size);
        ck_assert_int_gt((int)got, 0);
        *size += (size_t)got;
        answer[*size] = '\0';
    }
}

static int begin_stream(size_t *size)
{
    int fd = dial();

    *size = 0;
    answer[0] = '\0';
    tell(fd, "GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    return fd;
}

START_TEST(a_stream_tells_what_changed_and_nothing_else)
{
    size_t size;
    int fd = begin_stream(&size);
    size_t before;
    struct pollfd item = {.fd = fd, .events = POLLIN};

    hear_until(fd, &size, "data: number 1\n\n");
    ck_assert_ptr_nonnull(strstr(answer, "text/event-stream"));
    before = size;
    clock_us += HTTP_LIVE_US + 1; /* it is asked again, and says the same */
    is_answered("HEAD /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "");
    ck_assert_int_eq(poll(&item, 1, 1500), 0);
    answer[0] = '\0';
    size = 0;
    live_number = 2;
    clock_us += HTTP_LIVE_US + 1;
    hear_until(fd, &size, "data: number 2\n\n");
    clock_us += HTTP_BEAT_US + 1; /* nothing new for long: a comment */
    hear_until(fd, &size, "\n:\n\n");
    clock_us += HTTP_STREAM_US + 1; /* its time is over, and it ends well */
    while (read(fd, answer, sizeof answer) > 0)
        continue;
    (void)close(fd);
    ck_assert_uint_gt(before, 0);
}
END_TEST

START_TEST(streams_are_bounded_and_slow_ones_are_closed)
{
    int many[HTTP_STREAMS_MAX];
    size_t size;

    live_is_long = true; /* more than a socket takes of a client that does not read */
    for (int i = 0; i < HTTP_STREAMS_MAX; i++) {
        many[i] = begin_stream(&size);
        hear_until(many[i], &size, "data: number 1");
    }
    is_answered("GET /live HTTP/1.1\r\nHost: a\r\n\r\n", "503", "too many streams");
    is_answered("GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "200", "short\n");
    is_answered("HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n", "405", "");
    (void)sleep(HTTP_IDLE_S + 3);
    for (int i = 0; i < HTTP_STREAMS_MAX; i++)
        ck_assert_uint_lt(hear(many[i]), LONG_BYTES); /* its client read nothing meanwhile */
    live_is_long = false;
    clock_us += HTTP_LIVE_US + 1;
    many[0] = begin_stream(&size);
    hear_until(many[0], &size, "data: number 1\n\n");
    (void)close(many[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");
    TCase *own = tcase_create("own names");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_path_is_answered_once_for_each_connection);
    tcase_add_test(tcase, head_is_the_same_without_the_body);
    tcase_add_test(tcase, other_paths_and_methods_are_refused);
    tcase_add_test(tcase, what_is_no_request_is_refused);
    tcase_add_test(tcase, slow_clients_keep_nobody_waiting_and_lose_their_connection);
    tcase_add_test(tcase, a_byte_now_and_then_does_not_keep_a_connection);
    tcase_add_test(tcase, more_clients_than_places_wait_for_one);
    tcase_add_test(tcase, a_query_is_decoded_and_bounded);
    tcase_add_test(tcase, what_a_client_has_is_not_sent_again);
    tcase_add_test(tcase, every_answer_says_what_a_page_may_do);
    tcase_add_test(tcase, an_answer_that_takes_a_while_keeps_nobody_waiting);
    tcase_add_test(tcase, who_leaves_before_the_answer_is_forgotten);
    tcase_add_test(tcase, the_server_ends_with_answers_under_way);
    tcase_add_test(tcase, a_stream_tells_what_changed_and_nothing_else);
    tcase_add_test(tcase, streams_are_bounded_and_slow_ones_are_closed);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(own, setup_own, teardown);
    tcase_add_test(own, a_name_that_is_not_this_machines_is_refused);
    suite_add_tcase(suite, own);
    return check_main(suite);
}
