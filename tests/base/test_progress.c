/* What is told of something that takes long, and when. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "base/progress.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check_main.h"

enum { SECOND_US = 1000 * 1000 };

static struct progress halfway(void)
{
    return (struct progress){.what = "reading the books", .frame = 12, .rows = 500, .total = 1000};
}

static void ck_assert_text(const struct progress *progress, const char *expected)
{
    char text[PROGRESS_BAR_BYTES_MAX];

    ck_assert_str_eq(progress_text(text, progress), expected);
}

START_TEST(the_bar_says_the_frame_and_how_much_is_read)
{
    struct progress progress = halfway();

    ck_assert_text(&progress, "reading the books: frame 12, 50 % [##########----------]");
    progress.rows = 0;
    ck_assert_text(&progress, "reading the books: frame 12, 0 % [--------------------]");
    progress.frame = 0;
    ck_assert_text(&progress, "reading the books: 0 % [--------------------]");
    progress.rows = 5000; /* more than were foreseen */
    ck_assert_text(&progress, "reading the books: 99 % [####################]");
    progress.total = 0;
    ck_assert_text(&progress, "reading the books: 5000 rows");
    progress = (struct progress){
        .what = "verifying the books", .frame = UINT64_MAX, .rows = UINT64_MAX / 100, .total = 1};
    ck_assert_text(&progress,
                   "verifying the books: frame 18446744073709551615, 99 % [####################]");
}
END_TEST

/* A terminal: what is written to it comes out at `master`. */
struct terminal {
    int master;
    int slave;
};

static struct terminal terminal_open(void)
{
    struct terminal terminal = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)};

    ck_assert_int_ge(terminal.master, 0);
    ck_assert_int_eq(grantpt(terminal.master), 0);
    ck_assert_int_eq(unlockpt(terminal.master), 0);
    terminal.slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal.slave, 0);
    return terminal;
}

static void terminal_close(const struct terminal *terminal)
{
    ck_assert_int_eq(close(terminal->slave), 0);
    ck_assert_int_eq(close(terminal->master), 0);
}

/* What is there to be read, "" if nothing. */
static const char *take_shown(int fd)
{
    static char shown[1024];
    ssize_t size = read(fd, shown, sizeof shown - 1);

    shown[size > 0 ? size : 0] = '\0';
    return shown;
}

START_TEST(a_terminal_has_a_bar_after_a_second_and_none_at_the_end)
{
    struct terminal terminal = terminal_open();
    struct progress progress;

    progress_begin(&progress, terminal.slave, NULL, 5 * SECOND_US);
    progress_part(&progress, "reading the books", 1000);
    progress_step(&progress, 100, 6 * SECOND_US - 1);
    ck_assert_str_eq(take_shown(terminal.master), "");
    progress_step(&progress, 100, 6 * SECOND_US);
    ck_assert_str_eq(take_shown(terminal.master),
                     "\rreading the books: 20 % [####----------------]\033[K");
    progress_step(&progress, 100, 6 * SECOND_US + PROGRESS_BAR_US - 1);
    ck_assert_str_eq(take_shown(terminal.master), "");
    progress_step(&progress, 100, 6 * SECOND_US + PROGRESS_BAR_US);
    ck_assert_str_eq(take_shown(terminal.master),
                     "\rreading the books: 40 % [########------------]\033[K");
    progress_part(&progress, "", 0);
    ck_assert_str_eq(take_shown(terminal.master), "\r\033[K");
    progress_end(&progress);
    ck_assert_str_eq(take_shown(terminal.master), "");
    terminal_close(&terminal);
}
END_TEST

/* The log has its lines; here is only that no bar gets among them. */
START_TEST(what_is_no_terminal_has_no_bar)
{
    struct progress progress;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    progress_begin(&progress, ends[1], "test.starting", 0);
    progress_part(&progress, "reading the books", 1000);
    progress_step(&progress, 100, SECOND_US);
    ck_assert_uint_eq(progress.next_us, SECOND_US + PROGRESS_LOG_US);
    progress_end(&progress);
    ck_assert_str_eq(take_shown(ends[0]), "");
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");

    tcase_add_test(tcase, the_bar_says_the_frame_and_how_much_is_read);
    tcase_add_test(tcase, a_terminal_has_a_bar_after_a_second_and_none_at_the_end);
    tcase_add_test(tcase, what_is_no_terminal_has_no_bar);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
