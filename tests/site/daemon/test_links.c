/* Two daemons and the link between them, around cores that only count: what passes the threads. */
#include "site/daemon/daemon.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "site/cli/client.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "store/store.h"
#include "tests/check_main.h"
#include "tests/free_port.h"
#include "tests/temp_dir.h"
#include "tests/tsan_zmq.h"

#define MAP_BYTES ((uint64_t)64 << 20)

enum { SITES = 2, PATIENCE = 500, PAUSE_US = 20 * 1000, SAID_AT_ONCE_MAX = 1000 };

static char dirs[SITES][TEMP_DIR_BYTES];

static struct site {
    const char *dir;
    char socket_path[TEMP_PATH_BYTES];
    char endpoint[64];
    uint8_t key[CONTROL_KEY_BYTES];
    pid_t pid;
} sites[SITES];

static int run_daemon(const struct site *site, const char *listen, int ready_fd)
{
    struct pricebook book;
    struct daemon_options options = {
        .dir = site->dir,
        .socket_path = site->socket_path,
        .link_listen = listen,
        .map_bytes = MAP_BYTES,
        .book = &book,
        .ready_fd = ready_fd,
        .sandbox = true,
    };

    memcpy(options.site_key, site->key, sizeof options.site_key);
    pricebook_default(&book, NULL);
    return daemon_run(&options);
}

static bool start(struct site *site, const char *listen)
{
    int ends[2];
    char word[6] = "";
    ssize_t got;

    ck_assert_int_eq(pipe(ends), 0);
    site->pid = fork();
    ck_assert_int_ge(site->pid, 0);
    if (site->pid == 0) {
        (void)close(ends[0]);
        exit(run_daemon(site, listen, ends[1])); /* not _exit: the leak checker wants to look */
    }
    (void)close(ends[1]);
    got = read(ends[0], word, sizeof word);
    (void)close(ends[0]);
    return got == 6 && memcmp(word, "ready\n", 6) == 0;
}

/* Returns the exit code, or 128 and the signal. */
static int end(struct site *site, int signal_number)
{
    int how = 0;

    if (signal_number != 0)
        ck_assert_int_eq(kill(site->pid, signal_number), 0);
    ck_assert_int_eq(waitpid(site->pid, &how, 0), site->pid);
    site->pid = 0;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static void setup(void)
{
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};

    ck_assert_int_ge(sodium_init(), 0);
    for (size_t i = 0; i < SITES; i++) {
        struct site *site = &sites[i];

        temp_dir_init(dirs[i]);
        site->dir = dirs[i];
        (void)snprintf(site->socket_path, sizeof site->socket_path, "%s/control.sock", site->dir);
        (void)snprintf(site->endpoint, sizeof site->endpoint, "tcp://127.0.0.1:%u", free_port());
        ck_assert_int_eq(keyfile_create(temp_path(site->dir, SITE_KEY), "site", site->key, &fault),
                         ST_OK);
        ck_assert_int_eq(
            store_lmdb_open(&lmdb, temp_path(site->dir, "store"), STORE_CREATE, MAP_BYTES, &fault),
            ST_OK);
        store_lmdb_close(lmdb);
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < SITES; i++) {
        if (sites[i].pid != 0)
            (void)end(&sites[i], SIGKILL);
        temp_dir_fini(sites[i].dir);
    }
}

/* ---- asking ---- */

static void ask(const struct site *site, const char *command, struct bytes *args,
                struct bytes *answer)
{
    struct client_connection *client = NULL;
    struct bytes request = {0};
    struct control_reply reply;
    uint8_t key[CONTROL_KEY_BYTES];
    struct fault fault = {0};

    ck_assert_msg(client_open(&client, site->socket_path, &fault) == ST_OK, "%s", fault.text);
    control_read(&request, command, args);
    ck_assert_int_eq(client_ask(client, &request, answer, key, &fault), ST_OK);
    ck_assert_mem_eq(key, site->key, sizeof key);
    ck_assert_int_eq(control_reply_decode(&reply, answer->data, answer->size, &fault), ST_OK);
    ck_assert_int_eq(reply.status, CONTROL_DONE);
    client_close(client);
    bytes_fini(&request);
    bytes_fini(args);
}

static uint64_t status_of(const struct site *site, const char *wanted)
{
    struct bytes args = {0};
    struct bytes answer = {0};
    struct control_reply reply;
    struct cbor in;
    uint64_t value = UINT64_MAX;

    cbor_put_array(&args, 0);
    ask(site, "status", &args, &answer);
    ck_assert_int_eq(control_reply_decode(&reply, answer.data, answer.size, NULL), ST_OK);
    cbor_init(&in, reply.result, reply.result_size);
    for (uint64_t count = cbor_get_map_any(&in, 10); count > 0; count--) {
        char name[33];
        size_t size;

        cbor_get_text(&in, name, 32);
        if (strcmp(name, wanted) == 0)
            value = cbor_get_uint(&in, UINT64_MAX);
        else
            (void)cbor_get_raw(&in, &size);
    }
    bytes_fini(&answer);
    return value;
}

static void join(const struct site *site, const struct site *neighbour, const char *endpoint)
{
    struct bytes args = {0};
    struct bytes answer = {0};

    cbor_put_array(&args, 2);
    cbor_put_bytes(&args, neighbour->key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    ask(site, "link", &args, &answer);
    bytes_fini(&answer);
}

static void say(const struct site *site, uint64_t count)
{
    struct bytes args = {0};
    struct bytes answer = {0};

    ck_assert_uint_le(count, SAID_AT_ONCE_MAX);
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, count);
    ask(site, "say", &args, &answer);
    bytes_fini(&answer);
}

static void until(const struct site *site, const char *what, uint64_t value)
{
    const struct timespec pause = {.tv_nsec = PAUSE_US * 1000};

    for (int i = 0; i < PATIENCE; i++) {
        if (status_of(site, what) == value)
            return;
        (void)nanosleep(&pause, NULL);
    }
    ck_abort_msg("%s is %lu and never became %lu", what, (unsigned long)status_of(site, what),
                 (unsigned long)value);
}

/* The second listens, the first dials it. */
static void start_both(void)
{
    ck_assert(start(&sites[1], sites[1].endpoint));
    ck_assert(start(&sites[0], ""));
    join(&sites[1], &sites[0], "");
    join(&sites[0], &sites[1], sites[1].endpoint);
    until(&sites[0], "connected", 1);
}

/* ---- tests ---- */

START_TEST(parcels_reach_the_other_core_all_and_in_order)
{
    start_both();
    for (int round = 1; round <= 10; round++) {
        say(&sites[0], 300);
        until(&sites[1], "heard", (uint64_t)round * 300);
        say(&sites[1], 200);
        until(&sites[0], "heard", (uint64_t)round * 200);
    }
    for (size_t i = 0; i < SITES; i++) {
        ck_assert_uint_eq(status_of(&sites[i], "disorder"), 0);
        ck_assert_int_eq(end(&sites[i], SIGTERM), 0);
    }
}
END_TEST

START_TEST(more_than_the_core_takes_at_once_waits_and_none_is_lost)
{
    start_both();
    for (int i = 0; i < 4; i++)
        say(&sites[0], SAID_AT_ONCE_MAX);
    until(&sites[1], "heard", 4 * SAID_AT_ONCE_MAX);
    ck_assert_uint_eq(status_of(&sites[1], "disorder"), 0);
}
END_TEST

START_TEST(after_a_kill_the_one_that_dials_is_told_of_the_new_connection)
{
    start_both();
    ck_assert_int_eq(end(&sites[1], SIGKILL), 128 + SIGKILL);
    ck_assert(start(&sites[1], sites[1].endpoint));
    join(&sites[1], &sites[0], "");
    until(&sites[0], "connected", 2);
    say(&sites[0], 5);
    until(&sites[1], "heard", 5);
    ck_assert_int_eq(end(&sites[0], SIGTERM), 0);
    ck_assert_int_eq(end(&sites[1], SIGTERM), 0);
}
END_TEST

START_TEST(a_signal_in_the_middle_of_traffic_ends_with_0)
{
    start_both();
    for (int i = 0; i < 3; i++)
        say(&sites[0], SAID_AT_ONCE_MAX);
    ck_assert_int_eq(end(&sites[1], SIGTERM), 0);
    say(&sites[0], SAID_AT_ONCE_MAX); /* to nobody */
    ck_assert_int_eq(end(&sites[0], SIGTERM), 0);
}
END_TEST

START_TEST(an_address_that_is_taken_ends_with_74_and_one_that_is_none_with_78)
{
    ck_assert(start(&sites[1], sites[1].endpoint));
    ck_assert(!start(&sites[0], sites[1].endpoint));
    ck_assert_int_eq(end(&sites[0], 0), 74);
    ck_assert(!start(&sites[0], "tcp://127.0.0.1:nowhere"));
    ck_assert_int_eq(end(&sites[0], 0), 78);
}
END_TEST

START_TEST(a_site_without_its_secret_key_or_with_another_does_not_start)
{
    sites[0].key[0] ^= 1;
    ck_assert(!start(&sites[0], ""));
    ck_assert_int_eq(end(&sites[0], 0), 78);
    sites[0].key[0] ^= 1;
    ck_assert_int_eq(unlink(temp_path(sites[0].dir, SITE_KEY)), 0);
    ck_assert(!start(&sites[0], ""));
    ck_assert_int_eq(end(&sites[0], 0), 74);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links of a daemon");
    TCase *tcase = tcase_create("links");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 40);
    tcase_add_test(tcase, parcels_reach_the_other_core_all_and_in_order);
    tcase_add_test(tcase, more_than_the_core_takes_at_once_waits_and_none_is_lost);
    tcase_add_test(tcase, after_a_kill_the_one_that_dials_is_told_of_the_new_connection);
    tcase_add_test(tcase, a_signal_in_the_middle_of_traffic_ends_with_0);
    tcase_add_test(tcase, an_address_that_is_taken_ends_with_74_and_one_that_is_none_with_78);
    tcase_add_test(tcase, a_site_without_its_secret_key_or_with_another_does_not_start);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
