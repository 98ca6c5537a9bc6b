#define _DEFAULT_SOURCE /* WCOREDUMP */
#include "site/daemon/sandbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check_main.h"

enum { ALLOWED = 0, REFUSED = 1, SKIPPED = 2 };

static int refused(long result)
{
    return result < 0 && errno == EPERM ? REFUSED : ALLOWED;
}

static int try_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return refused(child);
}

static int try_program(void)
{
    char *const words[] = {NULL};

    return refused(execv("/bin/true", words));
}

static int try_network(void)
{
    return refused(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_netlink(void)
{
    return refused(socket(AF_NETLINK, SOCK_DGRAM, 0));
}

static int try_old_family(void) /* between those that are allowed */
{
    return refused(socket(AF_APPLETALK, SOCK_DGRAM, 0));
}

static int try_raw_socket(void)
{
    return refused(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static int try_trace(void)
{
    return refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_user(void)
{
    return refused(setuid(getuid()));
}

static int try_local_socket(void)
{
    return refused(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void *nothing(void *context)
{
    return context;
}

static int try_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        return REFUSED;
    return pthread_join(thread, NULL) == 0 ? ALLOWED : REFUSED;
}

static int try_file(void)
{
    char path[] = "/tmp/serai-test-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || fsync(fd) != 0 || unlink(path) != 0)
        return REFUSED;
    return close(fd) == 0 ? ALLOWED : REFUSED;
}

/* Enter the sandbox in a process of its own and try; a sandbox is never left again. */
static int inside(int (*try)(void))
{
    pid_t child = fork();
    int how = 0;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct fault fault;

        if (!sandbox_is_built())
            _exit(SKIPPED);
        if (sandbox_enter(&fault) != ST_OK)
            _exit(99);
        _exit(try());
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFEXITED(how), "it died of signal %d", WTERMSIG(how));
    return WEXITSTATUS(how);
}

static void is(int (*try)(void), int expected)
{
    int found = inside(try);

    if (found != SKIPPED)
        ck_assert_int_eq(found, expected);
}

START_TEST(no_process_or_program_can_be_started)
{
    is(try_process, REFUSED);
    is(try_program, REFUSED);
}
END_TEST

START_TEST(no_socket_but_of_links_and_no_tracing_or_change_of_user_is_left)
{
    is(try_netlink, REFUSED);
    is(try_old_family, REFUSED);
    is(try_raw_socket, REFUSED);
    is(try_trace, REFUSED);
    is(try_user, REFUSED);
}
END_TEST

START_TEST(what_the_daemon_needs_still_works)
{
    is(try_local_socket, ALLOWED);
    is(try_network, ALLOWED);
    is(try_thread, ALLOWED);
    is(try_file, ALLOWED);
}
END_TEST

START_TEST(without_it_the_same_tries_succeed)
{
    ck_assert_int_eq(try_process(), ALLOWED); /* so the tests above can fail */
    ck_assert_int_eq(try_netlink(), ALLOWED);
}
END_TEST

/* Whatever the limits say; a status of 3: it could still be dumped. */
START_TEST(no_core_file_of_a_process_with_keys_is_written)
{
    const struct rlimit any = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)!setrlimit(RLIMIT_CORE, &any); /* where that may be raised */
        if (sandbox_hide(NULL) != ST_OK || prctl(PR_GET_DUMPABLE) != 0)
            _exit(3);
        (void)!signal(SIGABRT, SIG_DFL);
        abort();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert(!WCOREDUMP(status));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tcase = tcase_create("sandbox");

    tcase_add_test(tcase, no_process_or_program_can_be_started);
    tcase_add_test(tcase, no_socket_but_of_links_and_no_tracing_or_change_of_user_is_left);
    tcase_add_test(tcase, what_the_daemon_needs_still_works);
    tcase_add_test(tcase, without_it_the_same_tries_succeed);
    tcase_add_test(tcase, no_core_file_of_a_process_with_keys_is_written);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
