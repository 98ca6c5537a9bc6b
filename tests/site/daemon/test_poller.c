/* What sockets and descriptors have is found, and sockets that nobody used are not asked. */
#include "site/daemon/poller.h"

#include <unistd.h>

#include "tests/check_main.h"

static void *context;
static void *ours;
static void *theirs;
static int ends[2];
static bool touched;

static void setup(void)
{
    context = zmq_ctx_new();
    ours = zmq_socket(context, ZMQ_PAIR);
    theirs = zmq_socket(context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_bind(ours, "inproc://poller"), 0);
    ck_assert_int_eq(zmq_connect(theirs, "inproc://poller"), 0);
    ck_assert_int_eq(pipe(ends), 0);
    touched = true;
}

static void teardown(void)
{
    ck_assert_int_eq(zmq_close(ours), 0);
    ck_assert_int_eq(zmq_close(theirs), 0);
    ck_assert_int_eq(zmq_ctx_term(context), 0);
    (void)!close(ends[0]);
    (void)!close(ends[1]);
}

static void say(const char *word)
{
    ck_assert_int_eq(zmq_send(theirs, word, 1, 0), 1);
}

/* Whether a poll of the socket finds something, within as long. */
static bool finds(bool reads, int timeout_ms)
{
    zmq_pollitem_t item = poller_socket(ours, reads, &touched);

    poller_poll(&item, 1, timeout_ms);
    return item.revents == ZMQ_POLLIN;
}

static bool hear(void)
{
    char word;
    bool heard = zmq_recv(ours, &word, 1, ZMQ_DONTWAIT) == 1;

    touched = touched || heard;
    return heard;
}

START_TEST(a_message_is_found_also_by_a_socket_that_nobody_touched)
{
    ck_assert(!finds(true, 0));
    ck_assert(!touched);
    for (int i = 0; i < 3; i++) {
        say("a");
        ck_assert(finds(true, -1));
        touched = true; /* as it was found */
        ck_assert(hear());
        ck_assert(!hear());
        ck_assert(!finds(true, 0));
    }
}
END_TEST

START_TEST(what_was_left_in_it_is_found_again)
{
    say("a");
    say("b");
    ck_assert(finds(true, -1));
    touched = true;
    ck_assert(hear());
    ck_assert(finds(true, -1)); /* though its descriptor tells no more of it */
    touched = true;
    ck_assert(finds(true, -1));
    touched = true;
    ck_assert(hear());
    ck_assert(!finds(true, 0));
}
END_TEST

START_TEST(what_is_not_to_be_read_is_found_once_it_is)
{
    say("a");
    ck_assert(!finds(false, 0));
    ck_assert(touched);
    ck_assert(finds(true, -1));
    touched = true;
    ck_assert(!finds(false, 0));
    ck_assert(finds(true, -1));
}
END_TEST

/* Sending takes commands of libzmq's off the descriptor, that of a message among them. */
START_TEST(what_came_while_we_sent_is_found)
{
    ck_assert(!finds(true, 0));
    say("a");
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(zmq_send(ours, "x", 1, 0), 1);
    touched = true;
    ck_assert(finds(true, -1));
}
END_TEST

START_TEST(descriptors_are_found_with_sockets)
{
    zmq_pollitem_t items[] = {
        {.fd = ends[0], .events = ZMQ_POLLIN},
        {.fd = ends[1], .events = ZMQ_POLLOUT},
        {.fd = -1, .events = ZMQ_POLLIN},
        poller_socket(ours, true, &touched),
    };

    poller_poll(items, 4, -1);
    ck_assert_int_eq(items[0].revents, 0);
    ck_assert_int_eq(items[1].revents, ZMQ_POLLOUT);
    ck_assert_int_eq(items[2].revents, 0);
    ck_assert_int_eq(items[3].revents, 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    say("a");
    touched = true;
    items[3] = poller_socket(ours, true, &touched);
    poller_poll(items, 4, -1);
    ck_assert_int_eq(items[0].revents, ZMQ_POLLIN);
    ck_assert_int_eq(items[3].revents, ZMQ_POLLIN);
    /* A writer that is gone is no news to read, but is told as zmq_poll() tells it. */
    ck_assert_int_eq(close(ends[1]), 0);
    ends[1] = -1;
    items[1].fd = -1;
    poller_poll(items, 2, -1);
    ck_assert_int_eq(items[0].revents, ZMQ_POLLIN | ZMQ_POLLERR);
}
END_TEST

START_TEST(a_poll_that_finds_nothing_waits_as_long_as_it_is_told)
{
    ck_assert(!finds(true, 20));
    ck_assert(!finds(true, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("poller");
    TCase *tcase = tcase_create("poller");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_message_is_found_also_by_a_socket_that_nobody_touched);
    tcase_add_test(tcase, what_was_left_in_it_is_found_again);
    tcase_add_test(tcase, what_is_not_to_be_read_is_found_once_it_is);
    tcase_add_test(tcase, what_came_while_we_sent_is_found);
    tcase_add_test(tcase, descriptors_are_found_with_sockets);
    tcase_add_test(tcase, a_poll_that_finds_nothing_waits_as_long_as_it_is_told);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
