/* Who sits in the jail tries each of its bars: see badcc.c. */
#include "site/compiler/compiler_jail.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "site/compiler/compiler_rules.h"
#include "tests/check_main.h"
#include "tests/figure.h"
#include "tests/temp_dir.h"

enum { COULD = 0, REFUSED = 1, SKIPPED = 77 };

static char dir[TEMP_DIR_BYTES];
static char job[TEMP_DIR_BYTES + 8];
static char outside[TEMP_DIR_BYTES + 8];
static struct jail jail;
static struct jail_result result;

static void setup(void)
{
    FILE *file;

    temp_dir_init(dir);
    (void)snprintf(job, sizeof job, "%s/job", dir);
    (void)snprintf(outside, sizeof outside, "%s/secret", dir);
    ck_assert_int_eq(mkdir(job, 0700), 0);
    file = fopen(outside, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs("secret", file);
    ck_assert_int_eq(fclose(file), 0);
    jail = (struct jail){
        .program = BADCC,
        .dir = job,
        .limits = {.cpu_s = 5,
                   .wall_ms = 10000,
                   .memory_bytes = UINT64_C(256) << 20,
                   .file_bytes = 1 << 20,
                   .processes = 5,
                   .files = 7},
        .stop_fd = -1,
    };
}

static void teardown(void)
{
    temp_dir_fini(dir);
}

static void run(const char *name, const char *arg)
{
    char *const args[] = {(char *)(uintptr_t)BADCC, (char *)(uintptr_t) "try",
                          (char *)(uintptr_t)name, (char *)(uintptr_t)arg, NULL};
    struct fault fault = {0};

    ck_assert_msg(jail_run(&jail, args, &result, &fault) == ST_OK, "%s", fault.text);
    /* Whatever it was, nobody is left. */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static void answers(const char *name, const char *arg, int expected)
{
    char text[600];

    run(name, arg);
    jail_describe(&jail, &result, text, sizeof text);
    ck_assert_msg(result.end == JAIL_EXITED && result.code == expected, "%s %s: %s", name, arg,
                  text);
}

static const char *told(void)
{
    static char text[600];

    jail_describe(&jail, &result, text, sizeof text);
    return text;
}

START_TEST(it_has_no_network_and_no_sockets_at_all)
{
    answers("network", "", REFUSED);
    answers("datagrams", "", REFUSED);
    answers("machine", "", REFUSED);
}
END_TEST

START_TEST(it_sees_no_file_but_the_systems_and_its_own)
{
    answers("read", outside, REFUSED);
    answers("read", "/etc/passwd", REFUSED);
    answers("read", "/proc/self/status", REFUSED);
    answers("list", dir, REFUSED);
    answers("list", "/", REFUSED);
    answers("read", "/usr/bin/cc", COULD);
    answers("list", "/usr/lib", COULD);
    answers("make", "mine", COULD);
    answers("read", "mine", COULD);
    answers("list", ".", COULD);
    answers("remove", "mine", COULD);
}
END_TEST

START_TEST(it_changes_no_file_but_its_own)
{
    struct stat before;
    struct stat after;

    ck_assert_int_eq(stat(outside, &before), 0);
    answers("write", outside, REFUSED);
    answers("remove", outside, REFUSED);
    answers("chmod", outside, REFUSED);
    answers("chmod", ".", REFUSED);
    answers("link", outside, REFUSED);
    answers("write", BADCC, REFUSED);
    answers("make", "../made", REFUSED);
    answers("make", "/tmp/serai-made", REFUSED);
    answers("make", "/dev/shm/serai-made", REFUSED);
    answers("folder", "inner", REFUSED);
    ck_assert_int_eq(stat(outside, &after), 0);
    ck_assert_int_eq(before.st_mode, after.st_mode);
    ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

START_TEST(it_reaches_no_other_process)
{
    static const char *const names[] = {"kill",    "owner",     "limits",      "trace",
                                        "session", "namespace", "memory-file", "own-program"};
    int ways = 0;

    answers("fcntl", "", COULD);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        run(names[i], "");
        if (result.end != JAIL_EXITED || result.code != REFUSED) {
            (void)printf("not refused: %s\n", names[i]);
            ways++;
        }
    }
    figure_tells(14, "ways from the jail to another process, of 8", "F_SETOWN with O_ASYNC", ways,
                 0, "ways");
}
END_TEST

START_TEST(it_inherits_nothing)
{
    FILE *file = fopen(outside, "r"); /* a descriptor that it could inherit */

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(setenv("SERAI_TEST_SECRET", "1", 1), 0);
    ck_assert_ptr_ne(signal(SIGTERM, SIG_IGN), SIG_ERR);
    answers("environment", "", REFUSED);
    answers("descriptors", "", REFUSED);
    ck_assert_int_eq(fclose(file), 0);
}
END_TEST

START_TEST(it_starts_a_few_processes_and_no_more)
{
    answers("fork", "", 5);
    ck_assert_uint_eq(result.processes_refused, 1);
    ck_assert_ptr_nonnull(strstr(told(), "too many processes"));
    answers("threads", "", 5);
}
END_TEST

START_TEST(it_makes_a_few_files_and_no_more)
{
    answers("files", "", 7);
    ck_assert_uint_eq(result.files_refused, 1);
    ck_assert_ptr_nonnull(strstr(told(), "too many files"));
}
END_TEST

START_TEST(a_file_is_bounded)
{
    struct stat file;

    run("huge", "");
    ck_assert_int_eq(result.end, JAIL_KILLED);
    ck_assert_int_eq(result.code, SIGXFSZ);
    ck_assert_str_eq(told(), "needed more than 1048576 bytes in a file");
    ck_assert_int_eq(stat(temp_path(job, "huge"), &file), 0);
    ck_assert_int_le(file.st_size, 1 << 20);
}
END_TEST

START_TEST(memory_is_bounded)
{
    answers("eat", "", REFUSED);
}
END_TEST

START_TEST(processor_time_is_bounded)
{
    jail.limits.cpu_s = 1;
    run("spin", "");
    ck_assert_int_eq(result.end, JAIL_KILLED);
    ck_assert_str_eq(told(), "needed more than 1 s of CPU");
}
END_TEST

START_TEST(time_is_bounded_and_nobody_survives)
{
    jail.limits.wall_ms = 200;
    run("hang", "");
    ck_assert_int_eq(result.end, JAIL_TIMED_OUT);
    ck_assert_str_eq(told(), "needed more than 200 ms");
    ck_assert_uint_ge(result.took_us, 200000);
    jail.limits.wall_ms = 10000;
    answers("orphan", "", COULD);
    ck_assert_uint_lt(result.took_us, 5000000);
}
END_TEST

START_TEST(what_it_says_is_cut_and_made_plain)
{
    answers("babble", "", COULD);
    ck_assert_uint_eq(strlen(result.output), JAIL_OUTPUT_BYTES - 1);
    ck_assert_ptr_nonnull(strstr(result.output, "words' without 'end'"));
}
END_TEST

START_TEST(it_can_be_stopped_from_outside)
{
    int ends[2];
    static _Atomic int group = 7;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    jail.stop_fd = ends[0];
    jail.group = &group;
    run("hang", "");
    ck_assert_int_eq(result.end, JAIL_STOPPED);
    ck_assert_int_eq(atomic_load(&group), 0);
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

START_TEST(what_cannot_be_started_says_why)
{
    jail.program = outside;
    run("nothing", "");
    ck_assert_int_eq(result.end, JAIL_NOT_RUN);
    ck_assert_ptr_nonnull(strstr(told(), "Permission denied"));
    jail.program = BADCC;
    jail.dir = "/nowhere";
    run("nothing", "");
    ck_assert_int_eq(result.end, JAIL_NOT_RUN);
    ck_assert_ptr_nonnull(strstr(told(), "enter /nowhere"));
}
END_TEST

START_TEST(outside_the_same_tries_succeed)
{
    static const char *const names[] = {"network", "machine", "kill", "namespace", "memory-file"};

    /* So the tests above can fail. */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char command[300];

        (void)snprintf(command, sizeof command, "%s try %s", BADCC, names[i]);
        if (strcmp(names[i], "namespace") != 0) /* some systems refuse that to everyone */
            ck_assert_msg(system(command) == 0, "%s", names[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;
    struct fault fault;

    if (!rules_have_landlock(&fault)) {
        printf("skipped: %s\n", fault.text);
        return SKIPPED;
    }
    suite = suite_create("compiler_jail");
    tcase = tcase_create("compiler_jail");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, it_has_no_network_and_no_sockets_at_all);
    tcase_add_test(tcase, it_sees_no_file_but_the_systems_and_its_own);
    tcase_add_test(tcase, it_changes_no_file_but_its_own);
    tcase_add_test(tcase, it_reaches_no_other_process);
    tcase_add_test(tcase, it_inherits_nothing);
    tcase_add_test(tcase, it_starts_a_few_processes_and_no_more);
    tcase_add_test(tcase, it_makes_a_few_files_and_no_more);
    tcase_add_test(tcase, a_file_is_bounded);
    tcase_add_test(tcase, memory_is_bounded);
    tcase_add_test(tcase, processor_time_is_bounded);
    tcase_add_test(tcase, time_is_bounded_and_nobody_survives);
    tcase_add_test(tcase, what_it_says_is_cut_and_made_plain);
    tcase_add_test(tcase, it_can_be_stopped_from_outside);
    tcase_add_test(tcase, what_cannot_be_started_says_why);
    tcase_add_test(tcase, outside_the_same_tries_succeed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
