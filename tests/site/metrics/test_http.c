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

static void answer_short(void *context, struct http_answer *to)
{
    (void)context;
    bytes_append(&to->body, "short\n", 6);
}

static void answer_long(void *context, struct http_answer *to)
{
    (void)context;
    memset(bytes_extend(&to->body, LONG_BYTES), 'x', LONG_BYTES);
}

static const struct http_route routes[] = {{"/short", answer_short}, {"/long", answer_long}};

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
    struct http_options options = {.own_names = own_names,
                                   .routes = routes,
                                   .route_count = sizeof routes / sizeof routes[0],
                                   .clock = {.now_us = now_us}};

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

        ck_assert_int_eq(poll(&item, 1, PATIENCE_MS), 1);
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
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(own, setup_own, teardown);
    tcase_add_test(own, a_name_that_is_not_this_machines_is_refused);
    suite_add_tcase(suite, own);
    return check_main(suite);
}
