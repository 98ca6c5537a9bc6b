/* The relay of one connection, between two pairs of sockets: no peer, and no libzmq. */
#include "site/daemon/call.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check_main.h"

enum { US_NOW = 1000, STREAM_BYTES = 512 * 1024 };

static struct call *call;
static int peer;                  /* the far end of the connection */
static int libzmq;                /* the far end of the relay */
static uint8_t socket_stands_for; /* the relay only asks whether there is one */
static uint8_t bytes[STREAM_BYTES];

static void setup(void)
{
    int outer[2];
    int inner[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, outer), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, inner), 0);
    ck_assert_int_eq(call_take(&call, outer[0], US_NOW), ST_OK);
    call->known = true;
    call->inner = inner[0];
    call->socket = &socket_stands_for;
    peer = outer[1];
    libzmq = inner[1];
}

static void teardown(void)
{
    call->socket = NULL;
    call_free(call);
    (void)close(peer);
    (void)close(libzmq);
}

/* What can be written without waiting. */
static size_t fill(int fd)
{
    size_t written = 0;
    ssize_t done;

    while ((done = send(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        written += (size_t)done;
    return written;
}

/* What comes out on libzmq's side while the relay moves, until nothing does. */
static size_t read_all(void)
{
    size_t read = 0;
    ssize_t got;

    do {
        call_pump(call, US_NOW);
        got = recv(libzmq, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0)
            read += (size_t)got;
    } while (got > 0);
    return read;
}

START_TEST(what_a_peer_said_is_read_though_nothing_can_be_sent_to_it_any_more)
{
    size_t sent = fill(peer);

    call_pump(call, US_NOW); /* as much as libzmq's side takes: the rest waits */
    ck_assert_uint_gt(call->in.size, 0);
    (void)close(peer);
    peer = -1;
    ck_assert_int_eq(send(libzmq, "x", 1, 0), 1);
    call_pump(call, US_NOW);
    ck_assert(call->outer_broken);
    ck_assert_uint_eq(read_all(), sent);
}
END_TEST

/* It could not be told anything, so it is not waited for. */
START_TEST(a_peer_that_takes_nothing_is_over_when_all_that_came_is_read)
{
    ck_assert_int_eq(send(peer, "abc", 3, 0), 3);
    ck_assert_int_eq(shutdown(peer, SHUT_RD), 0);
    ck_assert_int_eq(send(libzmq, "x", 1, 0), 1);
    ck_assert_uint_eq(read_all(), 3);
    ck_assert(call->outer_over);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("one connection");
    TCase *tcase = tcase_create("call");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_a_peer_said_is_read_though_nothing_can_be_sent_to_it_any_more);
    tcase_add_test(tcase, a_peer_that_takes_nothing_is_over_when_all_that_came_is_read);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
