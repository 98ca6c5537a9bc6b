/* A stranger's opinion: hledger reads each export, agrees with it, and refuses a changed one. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "tests/ledger/books_check.h"

enum { SKIPPED = 77 };

static struct books books;

static void setup(void)
{
    struct rng rng = rng_for_test();

    books_open(&books);
    (void)books_live(&books);
    books.wall_us += UINT64_C(86400000000);
    for (int i = 0; i < 3; i++)
        books_moved(&books, ACCOUNT_SUSPENSE, ACCOUNT_REVENUE_BIRTHS, 9, TRANSFER_BIRTH_FEE);
    (void)books_frame_done(&books);
    (void)books_frame_done(&books); /* and one with nothing in it */
    books_live_random(&books, &rng, 3, 100);
}

static void teardown(void)
{
    books_close(&books);
}

/* hledger's exit status over the journal at `path`, SKIPPED when there is none; -1: no answer. */
static int run_hledger(const char *path)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);

        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execlp("hledger", "hledger", "-f", path, "check", "-s", "ordereddates", (char *)NULL);
        _exit(SKIPPED);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static int hledger_check(const char *text)
{
    char path[] = "/tmp/serai-export-XXXXXX";
    int fd = mkstemp(path);
    int answer;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    ck_assert_int_eq(close(fd), 0);
    answer = run_hledger(path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_ge(answer, 0);
    ck_assert_int_ne(answer, SKIPPED);
    return answer;
}

static char *export_text(bool by_event)
{
    struct export_options options = {.commodity = "SRI", .by_event = by_event};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_int_eq(audit_export_hledger(&books.store, &options, out, NULL), ST_OK);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(hledger_accepts_the_export)
{
    char *text = export_text(_i == 1);

    ck_assert_int_eq(hledger_check(text), 0);
    free(text);
}
END_TEST

/* Change the last decimal of the first amount that follows `where`. */
static void flip_amount(char *text, const char *where)
{
    char *at = strstr(text, where);

    ck_assert_ptr_nonnull(at);
    at = strstr(at, " SRI");
    ck_assert_ptr_nonnull(at);
    at[-1] = at[-1] == '9' ? '8' : (char)(at[-1] + 1);
}

START_TEST(hledger_refuses_an_export_with_one_flipped_amount)
{
    static const char *const places[] = {" frame 3", "; heap deposit\n", " balances after"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *text = export_text(_i == 1);

        flip_amount(text, places[i]);
        ck_assert_int_ne(hledger_check(text), 0);
        free(text);
    }
}
END_TEST

START_TEST(hledger_refuses_an_export_without_a_declaration)
{
    char *text = export_text(_i == 1);
    char *at = strstr(text, "account agent:4097\n");

    ck_assert_ptr_nonnull(at);
    *at = ';';
    ck_assert_int_ne(hledger_check(text), 0);
    free(text);
}
END_TEST

/* Both sides changed alike still balance: the assertions at the end must catch it. */
START_TEST(hledger_refuses_a_balanced_forgery)
{
    char *text = export_text(_i == 1);

    flip_amount(text, "; heap deposit\n");
    flip_amount(strstr(text, "; heap deposit\n") - 40, "-0.002000000");
    ck_assert_int_ne(hledger_check(text), 0);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/hledger");
    TCase *check = tcase_create("check");

    if (run_hledger("/dev/null") == SKIPPED) {
        (void)printf("skipped: hledger is not installed\n");
        return SKIPPED;
    }
    tcase_add_checked_fixture(check, setup, teardown);
    tcase_set_timeout(check, 60);
    tcase_add_loop_test(check, hledger_accepts_the_export, 0, 2);
    tcase_add_loop_test(check, hledger_refuses_an_export_with_one_flipped_amount, 0, 2);
    tcase_add_loop_test(check, hledger_refuses_an_export_without_a_declaration, 0, 2);
    tcase_add_loop_test(check, hledger_refuses_a_balanced_forgery, 0, 2);
    suite_add_tcase(suite, check);
    return check_main(suite);
}
