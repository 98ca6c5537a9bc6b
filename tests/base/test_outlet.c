/* Texts to pipes, terminals and sockets that nobody reads; descriptors that nobody opened. */
#define _GNU_SOURCE /* F_SETPIPE_SZ, posix_openpt */
#include "base/outlet.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "tests/check_main.h"

static const char line[] = "a line of the log\n";
enum { LINE_BYTES = sizeof line - 1, LINES_MAX = 100000 };

static int ends[2];

static void setup(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
}

/* Write until it takes no more; how many lines went out.  One that waits is ended by Check. */
static unsigned fill(struct outlet *outlet)
{
    unsigned lines = 0;

    while (outlet_write(outlet, line, LINE_BYTES)) {
        lines++;
        ck_assert_uint_lt(lines, LINES_MAX);
    }
    return lines;
}

static void empty(int fd)
{
    char room[65536];

    ck_assert_int_gt(read(fd, room, sizeof room), 0);
}

START_TEST(a_pipe_takes_whole_lines_until_it_is_full_and_again_when_it_is_read)
{
    struct outlet outlet;

    outlet_open(&outlet, ends[1]);
    ck_assert_int_eq(outlet.way, OUTLET_OWN);
    ck_assert_uint_eq(fill(&outlet), 4096 / LINE_BYTES);
    empty(ends[0]);
    ck_assert_uint_eq(fill(&outlet), 4096 / LINE_BYTES);
    /* What is shared with the shell keeps its flags. */
    ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    outlet_close(&outlet);
    ck_assert_int_ge(fcntl(ends[1], F_GETFD), 0);
}
END_TEST

START_TEST(a_pipe_that_cannot_be_opened_again_does_not_block_either)
{
    struct outlet outlet;

    outlet_open(&outlet, ends[1]);
    ck_assert_int_eq(close(outlet.own), 0);
    outlet.own = -1;
    outlet.way = OUTLET_POLLED;
    ck_assert_uint_ge(fill(&outlet), 1);
    while (outlet_write_once(ends[1], line, LINE_BYTES))
        ;
    empty(ends[0]);
    ck_assert(outlet_write_once(ends[1], line, LINE_BYTES));
}
END_TEST

START_TEST(a_pipe_without_a_reader_takes_nothing)
{
    struct outlet outlet;

    outlet_open(&outlet, ends[1]);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert(!outlet_write(&outlet, line, LINE_BYTES));
    ck_assert(!outlet_write_once(ends[1], line, LINE_BYTES));
}
END_TEST

START_TEST(a_socket_takes_lines_until_it_is_full)
{
    struct outlet outlet;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    outlet_open(&outlet, pair[0]);
    ck_assert_int_eq(outlet.way, OUTLET_SOCKET);
    ck_assert_uint_ge(fill(&outlet), 1);
    empty(pair[1]);
    ck_assert_int_eq(close(pair[1]), 0);
    ck_assert(!outlet_write(&outlet, line, LINE_BYTES));
}
END_TEST

START_TEST(a_terminal_that_was_stopped_holds_nobody_up)
{
    struct outlet outlet;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int terminal;

    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    outlet_open(&outlet, terminal);
    ck_assert(outlet_write(&outlet, line, LINE_BYTES));
    ck_assert_int_eq(tcflow(terminal, TCOOFF), 0); /* as Ctrl-S does */
    (void)fill(&outlet);
    while (outlet_write_once(terminal, line, LINE_BYTES))
        ;
    ck_assert_int_eq(tcflow(terminal, TCOON), 0);
    empty(master);
    ck_assert(outlet_write(&outlet, line, LINE_BYTES));
}
END_TEST

START_TEST(a_file_that_is_put_at_the_number_later_is_seen)
{
    struct outlet outlet;
    char name[] = "/tmp/serai-outlet-XXXXXX";
    int file = mkstemp(name);
    struct stat found;

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(unlink(name), 0);
    outlet_open(&outlet, ends[1]);
    (void)fill(&outlet);
    ck_assert_int_ge(dup2(file, ends[1]), 0);
    ck_assert(outlet_write(&outlet, line, LINE_BYTES));
    ck_assert_int_eq(fstat(file, &found), 0);
    ck_assert_int_eq(found.st_size, LINE_BYTES);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert(!outlet_write(&outlet, line, LINE_BYTES));
}
END_TEST

START_TEST(lines_that_nobody_took_are_counted_and_told)
{
    static char text[65536];
    const char *told;
    unsigned left_out;
    unsigned came = 0;
    ssize_t size;

    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    for (int i = 0; i < 500; i++)
        log_write(LOG_INFO, "site.some", "number=%d", i);
    size = read(ends[0], text, sizeof text - 1);
    ck_assert_int_gt(size, 0);
    for (const char *at = text; *at != '\0'; at++)
        came += *at == '\n';
    memset(text, 0, sizeof text);
    log_catch_up(); /* nobody needs to log anything more for that */
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    told = strstr(text, "warn log.untaken left_out=");
    ck_assert_ptr_nonnull(told);
    left_out = (unsigned)strtoul(told + strlen("warn log.untaken left_out="), NULL, 10);
    ck_assert_uint_eq(came + left_out, 500);
    ck_assert_uint_gt(left_out, 0);
    memset(text, 0, sizeof text);
    log_write(LOG_INFO, "site.more", "number=1");
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_ptr_nonnull(strstr(text, "info site.more number=1\n"));
    ck_assert_ptr_null(strstr(text, "log.untaken"));
}
END_TEST

/* ---- descriptors that nobody opened ---- */

/* Which of 0 to 2 are closed is the bits of `closed`. */
static int filled_in_child(int closed)
{
    int how = 0;
    pid_t child = fork();

    if (child == 0) {
        int next;
        char byte = 0;
        bool good;

        for (int fd = 0; fd < 3; fd++)
            if ((closed & 1 << fd) != 0)
                (void)close(fd);
        good = descriptors_fill();
        next = open("/dev/null", O_RDONLY | O_CLOEXEC);
        good = good && next > STDERR_FILENO;
        for (int fd = 0; fd < 3; fd++)
            good = good && fcntl(fd, F_GETFD) == 0; /* open, and passed on */
        if ((closed & 1) != 0)
            good = good && read(0, &byte, 1) < 0;
        for (int fd = 1; fd < 3; fd++)
            if ((closed & 1 << fd) != 0)
                good = good && write(fd, &byte, 1) < 0;
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

START_TEST(whatever_is_closed_no_file_of_ours_gets_its_number)
{
    for (int closed = 0; closed < 8; closed++)
        ck_assert_msg(filled_in_child(closed) == 0, "closed: %d", closed);
}
END_TEST

START_TEST(only_what_takes_bytes_for_somebody_is_an_output)
{
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int path = open("/dev/null", O_PATH | O_CLOEXEC);
    struct fault fault = {0};

    ck_assert_int_eq(descriptor_check_output(ends[1], &fault), ST_OK);
    ck_assert_int_eq(descriptor_check_output(ends[0], &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "not open for writing"));
    ck_assert_int_eq(descriptor_check_output(folder, &fault), ST_INVALID);
    ck_assert_int_eq(descriptor_check_output(path, &fault), ST_INVALID);
    ck_assert_int_eq(close(folder), 0);
    ck_assert_int_eq(descriptor_check_output(folder, &fault), ST_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlet");
    TCase *tcase = tcase_create("outlet");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_pipe_takes_whole_lines_until_it_is_full_and_again_when_it_is_read);
    tcase_add_test(tcase, a_pipe_that_cannot_be_opened_again_does_not_block_either);
    tcase_add_test(tcase, a_pipe_without_a_reader_takes_nothing);
    tcase_add_test(tcase, a_socket_takes_lines_until_it_is_full);
    tcase_add_test(tcase, a_terminal_that_was_stopped_holds_nobody_up);
    tcase_add_test(tcase, a_file_that_is_put_at_the_number_later_is_seen);
    tcase_add_test(tcase, lines_that_nobody_took_are_counted_and_told);
    tcase_add_test(tcase, whatever_is_closed_no_file_of_ours_gets_its_number);
    tcase_add_test(tcase, only_what_takes_bytes_for_somebody_is_an_output);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
