/* The threads of the daemon around a core without agents: real socket, real disk, real signals. */
#include "site/daemon/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "site/cli/client.h"
#include "site/daemon/limits.h"
#include "site/daemon/marker.h"
#include "store/store.h"
#include "tests/check_main.h"
#include "tests/reading.h"
#include "tests/site/daemon/mini_core.h"
#include "tests/temp_dir.h"
#include "tests/unix_get.h"

#define MAP_BYTES ((uint64_t)2 << 30)

static char dir[TEMP_DIR_BYTES];
static char socket_path[TEMP_PATH_BYTES];
static struct metrics_settings metrics;
static uint8_t key[CONTROL_KEY_BYTES];
static uint8_t secret[CONTROL_SECRET_BYTES];
static uint64_t number;
static pid_t daemon_pid;

/* ---- a daemon ---- */

struct start {
    uint64_t file_bytes_max; /* 0: no limit */
    uint64_t map_bytes;
    void (*before_turn)(uint64_t agent, uint64_t message);
    enum status (*verify)(const struct store_read *read, struct fault *fault);
    bool is_watched; /* figures are served as `metrics` says */
};

static const uint8_t site_key[CONTROL_KEY_BYTES] = {0x51, 0x7e};

static int run_daemon(const struct start *start, int ready_fd)
{
    struct pricebook book;
    struct daemon_options options = {
        .dir = dir,
        .socket_path = socket_path,
        .map_bytes = start->map_bytes == 0 ? MAP_BYTES : start->map_bytes,
        .book = &book,
        .ready_fd = ready_fd,
        .sandbox = true,
        .before_turn = start->before_turn,
        .verify = start->verify,
        .metrics = start->is_watched ? &metrics : NULL,
    };
    struct rlimit limit = {.rlim_cur = start->file_bytes_max, .rlim_max = start->file_bytes_max};

    if (start->file_bytes_max != 0)
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    pricebook_default(&book, NULL);
    memcpy(options.site_key, site_key, sizeof site_key);
    return daemon_run(&options);
}

/* Fork one; true when it says that it is ready. */
static bool start_daemon(const struct start *start)
{
    int ends[2];
    char word[6] = "";
    ssize_t got;

    ck_assert_int_eq(pipe(ends), 0);
    daemon_pid = fork();
    ck_assert_int_ge(daemon_pid, 0);
    if (daemon_pid == 0) {
        int code;

        (void)close(ends[0]);
        code = run_daemon(start, ends[1]);
        exit(code); /* not _exit: the leak checker wants to look */
    }
    (void)close(ends[1]);
    got = read(ends[0], word, sizeof word);
    (void)close(ends[0]);
    return got == 6 && memcmp(word, "ready\n", 6) == 0;
}

static void start_plain(void)
{
    ck_assert(start_daemon(&(struct start){0}));
}

/* Wait for its end; returns the exit code, or 128 and the signal. */
static int end_daemon(int signal_number)
{
    int how = 0;

    if (signal_number != 0)
        ck_assert_int_eq(kill(daemon_pid, signal_number), 0);
    ck_assert_int_eq(waitpid(daemon_pid, &how, 0), daemon_pid);
    daemon_pid = 0;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static void setup(void)
{
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};

    ck_assert(sodium_init() >= 0);
    ck_assert_int_eq(crypto_sign_keypair(key, secret), 0);
    temp_dir_init(dir);
    (void)snprintf(socket_path, sizeof socket_path, "%s/control.sock", dir);
    metrics = (struct metrics_settings){.place = METRICS_UNIX, .mode = 0600};
    (void)snprintf(metrics.path, sizeof metrics.path, "%s/metrics.sock", dir);
    ck_assert_int_eq(
        store_lmdb_open(&lmdb, temp_path(dir, "store"), STORE_CREATE, MAP_BYTES, &fault), ST_OK);
    store_lmdb_close(lmdb);
}

static void teardown(void)
{
    if (daemon_pid != 0)
        (void)end_daemon(SIGKILL);
    temp_dir_fini(dir);
}

/* ---- a client ---- */

static struct client_connection *open_client(void)
{
    struct client_connection *client = NULL;
    struct fault fault = {0};

    ck_assert_msg(client_open(&client, socket_path, &fault) == ST_OK, "%s", fault.text);
    return client;
}

/* A connection of a client that does not keep to the rules. */
static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, socket_path, strlen(socket_path));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* What came of a request; `answer` may be NULL. */
static enum status ask(struct client_connection *client, const struct bytes *request,
                       struct bytes *answer)
{
    struct bytes own = {0};
    struct bytes *to = answer == NULL ? &own : answer;
    struct control_reply reply;
    struct fault fault = {0};
    uint8_t answerer[CONTROL_KEY_BYTES];
    enum status status = client_ask(client, request, to, answerer, &fault);

    if (status == ST_OK) {
        ck_assert_mem_eq(answerer, site_key, sizeof answerer);
        ck_assert_int_eq(control_reply_decode(&reply, to->data, to->size, &fault), ST_OK);
        if (reply.status != CONTROL_DONE)
            status = reply.status == CONTROL_DENIED ? ST_DENIED : ST_INVALID;
    }
    bytes_fini(&own);
    return status;
}

static enum status bring_in(struct client_connection *client, uint64_t nanos)
{
    const uint8_t site[CONTROL_KEY_BYTES] = {0};
    struct bytes args = {0};
    struct bytes request = {0};
    enum status status;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, nanos);
    control_sign(&request, site, key, secret, ++number, "money.in", &args);
    status = ask(client, &request, NULL);
    bytes_fini(&args);
    bytes_fini(&request);
    return status;
}

static enum status make_turns(struct client_connection *client, uint64_t count)
{
    struct bytes args = {0};
    struct bytes request = {0};
    enum status status;

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, count);
    control_read(&request, "turns", &args);
    status = ask(client, &request, NULL);
    bytes_fini(&args);
    bytes_fini(&request);
    return status;
}

static uint64_t read_status(struct client_connection *client, const char *wanted)
{
    struct bytes args = {0};
    struct bytes request = {0};
    struct bytes answer = {0};
    struct control_reply reply;
    struct cbor in;
    uint64_t value = UINT64_MAX;
    uint64_t count;

    cbor_put_array(&args, 0);
    control_read(&request, "status", &args);
    ck_assert_int_eq(ask(client, &request, &answer), ST_OK);
    ck_assert_int_eq(control_reply_decode(&reply, answer.data, answer.size, NULL), ST_OK);
    cbor_init(&in, reply.result, reply.result_size);
    count = cbor_get_map_any(&in, 10);
    for (uint64_t i = 0; i < count; i++) {
        char name[33];
        size_t size;

        cbor_get_text(&in, name, 32);
        if (strcmp(name, wanted) == 0)
            value = cbor_get_uint(&in, UINT64_MAX);
        else
            (void)cbor_get_raw(&in, &size);
    }
    bytes_fini(&args);
    bytes_fini(&request);
    bytes_fini(&answer);
    return value;
}

/* Verify the books on disk; returns the money that was brought in. */
static uint64_t minted(void)
{
    struct store_lmdb *lmdb = NULL;
    struct store store;
    struct verify_report report;
    struct fault fault = {0};

    ck_assert_msg(store_lmdb_open(&lmdb, temp_path(dir, "store"), STORE_READ_ONLY, MAP_BYTES,
                                  &fault) == ST_OK,
                  "%s", fault.text);
    store = store_from_lmdb(lmdb);
    ck_assert_msg(WITH_READ(&store, audit_verify(&read, NULL, &report, &fault)) == ST_OK, "%s",
                  fault.text);
    store_lmdb_close(lmdb);
    return (uint64_t)report.treasury_debit;
}

/* ---- tests ---- */

START_TEST(an_answered_request_survives_a_kill)
{
    struct client_connection *client;

    start_plain();
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGKILL), 128 + SIGKILL);
    ck_assert_uint_eq(minted(), 1000);
}
END_TEST

START_TEST(sigterm_ends_with_0_and_all_that_was_done)
{
    struct client_connection *client;

    start_plain();
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    ck_assert_int_eq(make_turns(client, 500), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), 1000);
    start_plain();
    ck_assert_int_eq(end_daemon(SIGINT), 0);
}
END_TEST

START_TEST(sigterm_in_the_middle_of_work_ends_with_0)
{
    struct client_connection *client;

    start_plain();
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000000), ST_OK);
    ck_assert_int_eq(make_turns(client, 4000000000), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), 1000000);
}
END_TEST

START_TEST(signals_that_ask_for_nothing_end_nothing)
{
    static const int harmless[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGTTIN, SIGTTOU};
    struct client_connection *client;

    start_plain();
    client = open_client();
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        ck_assert_int_eq(kill(daemon_pid, harmless[i]), 0);
        ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    }
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), 1000 * sizeof harmless / sizeof harmless[0]);
}
END_TEST

START_TEST(more_signals_during_the_end_change_nothing_of_it)
{
    struct client_connection *client;

    start_plain();
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000000), ST_OK);
    ck_assert_int_eq(make_turns(client, 4000000000), ST_OK);
    client_close(client);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(kill(daemon_pid, i % 3 == 0 ? SIGHUP : i % 3 == 1 ? SIGTERM : SIGINT), 0);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), 1000000);
}
END_TEST

static enum status verify_and_be_stopped(const struct store_read *read, struct fault *fault)
{
    struct verify_report report;

    (void)kill(getpid(), SIGHUP);
    (void)kill(getpid(), SIGTERM);
    return audit_verify(read, NULL, &report, fault);
}

static enum status just_verify(const struct store_read *read, struct fault *fault)
{
    struct verify_report report;

    return audit_verify(read, NULL, &report, fault);
}

START_TEST(sigterm_in_a_start_ends_it_with_0_and_owes_the_next_one_nothing)
{
    const struct start stopped = {.verify = verify_and_be_stopped};
    const struct start plain = {.verify = just_verify};
    struct marker_finding verdict;
    struct marker *marker = NULL;
    struct client_connection *client;
    struct fault fault = {0};

    start_plain();
    client = open_client();
    for (int i = 0; i < 40; i++) /* a frame each, so that verifying takes more than a few rows */
        ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
    marker_store_failed(marker); /* so that the start verifies */
    marker_close(marker);
    for (int i = 0; i < 2; i++) { /* the second: what was not verified to its end still is to be */
        ck_assert(!start_daemon(&stopped));
        ck_assert_int_eq(end_daemon(0), 0);
    }
    ck_assert(start_daemon(&plain));
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert(start_daemon(&stopped)); /* it verifies nothing now, so nobody stops it */
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
}
END_TEST

START_TEST(requests_are_answered_while_turns_run)
{
    struct client_connection *client;

    start_plain();
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000000), ST_OK);
    ck_assert_int_eq(make_turns(client, 4000000000), ST_OK);
    for (int i = 0; i < 20; i++)
        ck_assert_uint_lt(read_status(client, "turns"), 4000000000);
    client_close(client);
}
END_TEST

START_TEST(many_clients_are_served_at_once)
{
    struct client_connection *clients[CONNECTIONS_MAX];
    struct client_connection *late;

    start_plain();
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        clients[i] = open_client();
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        ck_assert_int_eq(bring_in(clients[i], 1), ST_OK);
    /* One more waits in the backlog until a place is free. */
    late = open_client();
    client_close(clients[0]);
    ck_assert_int_eq(bring_in(late, 1), ST_OK);
    client_close(late);
    for (int i = 1; i < CONNECTIONS_MAX; i++)
        client_close(clients[i]);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), CONNECTIONS_MAX + 1);
}
END_TEST

START_TEST(clients_that_leave_before_the_answer_harm_nobody)
{
    struct bytes args = {0};
    struct bytes request = {0};
    struct client_connection *client;

    start_plain();
    cbor_put_array(&args, 0);
    control_read(&request, "status", &args);
    for (int i = 0; i < 4 * CONNECTIONS_MAX; i++) {
        int fd = connect_raw();
        uint8_t prefix[4];

        be32_put(prefix, (uint32_t)request.size);
        ck_assert_int_eq(send(fd, prefix, sizeof prefix, MSG_NOSIGNAL), sizeof prefix);
        (void)!send(fd, request.data, i % 2 == 0 ? request.size : request.size / 2, MSG_NOSIGNAL);
        (void)close(fd);
    }
    client = open_client();
    ck_assert_int_eq(bring_in(client, 5), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    bytes_fini(&args);
    bytes_fini(&request);
}
END_TEST

START_TEST(noise_is_refused_and_the_site_goes_on)
{
    struct bytes noise = {0};
    struct client_connection *client;

    start_plain();
    bytes_append(&noise, "GET / HTTP/1.1", 14);
    client = open_client();
    ck_assert_int_eq(ask(client, &noise, NULL), ST_INVALID);
    ck_assert_int_eq(bring_in(client, 5), ST_OK); /* even on the same connection */
    client_close(client);
    bytes_fini(&noise);
}
END_TEST

START_TEST(a_length_past_the_bound_is_refused)
{
    struct bytes answer = {0};
    uint8_t prefix[4];
    uint8_t got[4];
    int fd;

    start_plain();
    fd = connect_raw();
    be32_put(prefix, CONTROL_BYTES_MAX + 1);
    ck_assert_int_eq(send(fd, prefix, 4, MSG_NOSIGNAL), 4);
    ck_assert_int_eq(recv(fd, got, 4, MSG_WAITALL), 4);
    ck_assert_uint_gt(be32_get(got), 0);
    ck_assert_ptr_nonnull(bytes_extend(&answer, be32_get(got)));
    ck_assert_int_eq(recv(fd, answer.data, answer.size, MSG_WAITALL), (int)answer.size);
    ck_assert_int_eq(recv(fd, got, 1, 0), 0); /* and then it is closed */
    (void)close(fd);
    bytes_fini(&answer);
}
END_TEST

START_TEST(a_forged_request_is_denied)
{
    struct bytes args = {0};
    struct bytes request = {0};
    struct client_connection *client;
    const uint8_t site[CONTROL_KEY_BYTES] = {0};

    start_plain();
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, 1000);
    control_sign(&request, site, key, secret, 1, "money.in", &args);
    request.data[request.size - 1] ^= 1;
    client = open_client();
    ck_assert_int_eq(ask(client, &request, NULL), ST_DENIED);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_uint_eq(minted(), 0);
    bytes_fini(&args);
    bytes_fini(&request);
}
END_TEST

START_TEST(a_second_daemon_is_told_who_runs_and_exits_75)
{
    struct client_connection *client;
    pid_t first;

    start_plain();
    first = daemon_pid;
    ck_assert(!start_daemon(&(struct start){0}));
    ck_assert_int_eq(end_daemon(0), 75);
    daemon_pid = first;
    client = open_client();
    ck_assert_int_eq(bring_in(client, 5), ST_OK);
    client_close(client);
}
END_TEST

START_TEST(a_store_that_cannot_grow_exits_74_and_answers_nothing)
{
    uint64_t answered = 0;
    struct client_connection *client;
    enum status status = ST_OK;

    ck_assert(start_daemon(&(struct start){.file_bytes_max = 256 * 1024}));
    client = open_client();
    for (int i = 0; i < 100000 && status == ST_OK; i++) {
        status = bring_in(client, 1);
        answered += status == ST_OK ? 1 : 0;
    }
    ck_assert_int_eq(status, ST_UNKNOWN);
    client_close(client);
    ck_assert_int_eq(end_daemon(0), 74);
    /* The disk has room again: all that was answered is there, and nothing else. */
    ck_assert_uint_eq(minted(), answered);
    start_plain();
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
}
END_TEST

static void crash_at_fifth(uint64_t agent, uint64_t message)
{
    if (agent == MINI_AGENT && message == 5)
        (void)!raise(SIGSEGV);
}

START_TEST(an_event_that_crashes_the_site_twice_is_quarantined)
{
    const struct start crashing = {.before_turn = crash_at_fifth};
    struct client_connection *client;

    for (int death = 0; death < 2; death++) {
        ck_assert(start_daemon(&crashing));
        client = open_client();
        ck_assert_uint_eq(read_status(client, "frozen"), 0);
        (void)!make_turns(client, 10); /* the answer may be lost in the crash */
        client_close(client);
        ck_assert_int_eq(end_daemon(0), 128 + SIGSEGV);
    }
    ck_assert(start_daemon(&crashing));
    client = open_client();
    ck_assert_uint_eq(read_status(client, "frozen"), MINI_AGENT);
    ck_assert_int_eq(make_turns(client, 10), ST_OK);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
}
END_TEST

START_TEST(kills_at_random_moments_lose_nothing_that_was_answered)
{
    struct rng rng = rng_for_test();
    uint64_t answered = 0;
    uint64_t asked = 0;

    for (int round = 0; round < 8; round++) {
        struct client_connection *client;
        uint64_t before_kill = rng_below(&rng, 30);

        start_plain();
        client = open_client();
        ck_assert_int_eq(make_turns(client, 1000000), ST_OK);
        for (uint64_t i = 0; i < before_kill; i++) {
            ck_assert_int_eq(bring_in(client, 1000), ST_OK);
            answered++;
        }
        client_close(client);
        ck_assert_int_eq(end_daemon(SIGKILL), 128 + SIGKILL);
        asked = answered;
        ck_assert_uint_eq(minted(), asked * 1000);
    }
}
END_TEST

/* ---- figures ---- */

static char answer[UNIX_GET_BYTES];

/* Ask until the status is this, for so many tenths of a second. */
static void wait_for_status(const char *path, int status, int tenths)
{
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

    while (unix_get(metrics.path, path, answer) != status) {
        ck_assert_msg(tenths-- > 0, "%s is answered: %s", path, answer);
        (void)nanosleep(&pause, NULL);
    }
}

static void wait_for_line(const char *line)
{
    for (int tenths = 0; tenths < 200; tenths++) {
        wait_for_status("/metrics", 200, 0);
        if (strstr(answer, line) != NULL)
            return;
        (void)nanosleep(&(const struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    ck_abort_msg("%s does not come: %s", line, answer);
}

START_TEST(figures_are_served_from_start_to_end)
{
    struct client_connection *client;

    ck_assert(start_daemon(&(struct start){.is_watched = true}));
    wait_for_status("/readyz", 200, 200);
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    ck_assert_int_eq(make_turns(client, 10), ST_OK);
    wait_for_line("\nserai_turns_total 10\n");
    wait_for_line("\nserai_turn_seconds_count 10\n");
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    ck_assert_int_eq(unix_get(metrics.path, "/healthz", answer), 0);
    ck_assert_int_ne(access(metrics.path, F_OK), 0); /* the socket is removed */
}
END_TEST

/* Ask for turns, and do not wait for the answer.  The connection, to be closed. */
static int begin_turns(uint64_t count)
{
    struct bytes args = {0};
    struct bytes request = {0};
    uint8_t prefix[4];
    int fd = connect_raw();

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, count);
    control_read(&request, "turns", &args);
    be32_put(prefix, (uint32_t)request.size);
    ck_assert_int_eq(send(fd, prefix, sizeof prefix, MSG_NOSIGNAL), sizeof prefix);
    ck_assert_int_eq((int)send(fd, request.data, request.size, MSG_NOSIGNAL), (int)request.size);
    bytes_fini(&args);
    bytes_fini(&request);
    return fd;
}

/* Longer than a core may stand. */
static void stand_at_fifth(uint64_t agent, uint64_t message)
{
    if (agent == MINI_AGENT && message == 5)
        (void)nanosleep(&(const struct timespec){.tv_sec = 14}, NULL);
}

START_TEST(a_core_that_stands_is_seen_and_its_figures_are_still_served)
{
    const struct start standing = {.is_watched = true, .before_turn = stand_at_fifth};
    struct client_connection *client;
    int fd;

    ck_assert(start_daemon(&standing));
    wait_for_status("/readyz", 200, 200);
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    wait_for_line("\nserai_frames_total 1\n");
    fd = begin_turns(10);
    wait_for_status("/healthz", 503, 200);
    wait_for_status("/metrics", 200, 0);
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_core_beat_age_seconds 1"));
    wait_for_status("/healthz", 200, 200);
    wait_for_line("\nserai_turns_total 10\n");
    (void)close(fd);
    client_close(client);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
}
END_TEST

START_TEST(a_socket_path_that_is_too_long_is_a_fault_of_configuration)
{
    memset(socket_path, 's', sizeof socket_path - 1);
    ck_assert(!start_daemon(&(struct start){0}));
    ck_assert_int_eq(end_daemon(0), 78);
}
END_TEST

/* ---- the watchdog ---- */

enum { STAND_MS = 4000, WATCHDOG_MS = 400 }; /* the edge looks each second, whatever comes */
static int standing[2];                      /* a byte comes when the core stands */

static void stand_still(uint64_t agent, uint64_t message)
{
    (void)agent;
    (void)message;
    (void)!write(standing[1], "", 1);
    (void)poll(NULL, 0, STAND_MS);
}

static int listen_as_manager(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = temp_path(dir, "manager");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(address.sun_path, path, strlen(path));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
    ck_assert_int_eq(setenv("WATCHDOG_USEC", "400000", 1), 0);
    return fd;
}

/* The beats that come within so long. */
static int count_beats(int manager, int within_ms)
{
    struct clock_source clock = clock_system();
    uint64_t end_us = clock.now_us(clock.context) + (uint64_t)within_ms * 1000;
    struct pollfd item = {.fd = manager, .events = POLLIN};
    char message[2000];
    int count = 0;

    while (clock.now_us(clock.context) < end_us) {
        ssize_t size = poll(&item, 1, 10) == 1 ? recv(manager, message, sizeof message - 1, 0) : 0;

        if (size <= 0)
            continue;
        message[size] = '\0';
        count += strncmp(message, "WATCHDOG=1\n", 11) == 0;
    }
    return count;
}

START_TEST(the_beat_of_the_watchdog_ends_while_the_core_stands)
{
    const struct start start = {.before_turn = stand_still};
    struct client_connection *client;
    int manager = listen_as_manager();
    char byte;
    pid_t asker;

    ck_assert_int_eq(pipe(standing), 0);
    ck_assert(start_daemon(&start));
    ck_assert_int_ge(count_beats(manager, 4 * WATCHDOG_MS), 4);
    client = open_client();
    ck_assert_int_eq(bring_in(client, 1000), ST_OK);
    client_close(client);
    asker = fork();
    ck_assert_int_ge(asker, 0);
    if (asker == 0) { /* it waits until the core goes on */
        client = open_client();
        _exit(make_turns(client, 1) == ST_OK ? 0 : 1);
    }
    ck_assert_int_eq(read(standing[0], &byte, 1), 1);
    (void)count_beats(manager, 200); /* one may be on its way */
    ck_assert_int_eq(count_beats(manager, STAND_MS - 1500), 0);
    ck_assert_int_ge(count_beats(manager, STAND_MS + 4 * WATCHDOG_MS), 1);
    ck_assert_int_eq(waitpid(asker, NULL, 0), asker);
    ck_assert_int_eq(end_daemon(SIGTERM), 0);
    (void)close(manager);
}
END_TEST

START_TEST(a_directory_without_a_store_exits_74)
{
    ck_assert_int_eq(rename(temp_path(dir, "store"), temp_path(dir, "elsewhere")), 0);
    ck_assert(!start_daemon(&(struct start){0}));
    ck_assert_int_eq(end_daemon(0), 74);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon");
    TCase *tcase = tcase_create("daemon");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_answered_request_survives_a_kill);
    tcase_add_test(tcase, sigterm_ends_with_0_and_all_that_was_done);
    tcase_add_test(tcase, sigterm_in_the_middle_of_work_ends_with_0);
    tcase_add_test(tcase, signals_that_ask_for_nothing_end_nothing);
    tcase_add_test(tcase, more_signals_during_the_end_change_nothing_of_it);
    tcase_add_test(tcase, sigterm_in_a_start_ends_it_with_0_and_owes_the_next_one_nothing);
    tcase_add_test(tcase, requests_are_answered_while_turns_run);
    tcase_add_test(tcase, many_clients_are_served_at_once);
    tcase_add_test(tcase, clients_that_leave_before_the_answer_harm_nobody);
    tcase_add_test(tcase, noise_is_refused_and_the_site_goes_on);
    tcase_add_test(tcase, a_length_past_the_bound_is_refused);
    tcase_add_test(tcase, a_forged_request_is_denied);
    tcase_add_test(tcase, a_second_daemon_is_told_who_runs_and_exits_75);
    tcase_add_test(tcase, a_store_that_cannot_grow_exits_74_and_answers_nothing);
    tcase_add_test(tcase, an_event_that_crashes_the_site_twice_is_quarantined);
    tcase_add_test(tcase, kills_at_random_moments_lose_nothing_that_was_answered);
    tcase_add_test(tcase, figures_are_served_from_start_to_end);
    tcase_add_test(tcase, a_core_that_stands_is_seen_and_its_figures_are_still_served);
    tcase_add_test(tcase, a_socket_path_that_is_too_long_is_a_fault_of_configuration);
    tcase_add_test(tcase, the_beat_of_the_watchdog_ends_while_the_core_stands);
    tcase_add_test(tcase, a_directory_without_a_store_exits_74);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
