/*
 * Where the site's secrets are in the memory of the process: read from /proc/self/mem, as who takes
 * a core file or a swapped page would.  The key is made in another process, and what is looked for
 * is kept inverted, so that the test does not find itself.
 */
#include "site/daemon/curve.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "site/control/keyfile.h"
#include "site/daemon/wires.h"
#include "tests/check_main.h"
#include "tests/figure.h"
#include "tests/temp_dir.h"

enum { SEED_BYTES = 32, PIECE_BYTES = 1 << 20 };

/* All inverted. */
struct secrets {
    uint8_t seed[SEED_BYTES];
    uint8_t hex[2 * SEED_BYTES]; /* as the key file has it */
    uint8_t curve[CURVE_KEY_BYTES];
};

static char dir[TEMP_DIR_BYTES];
static uint8_t key[CONTROL_KEY_BYTES];
static struct secrets secrets;

static void invert(uint8_t *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t) ~((const uint8_t *)from)[i];
}

/* In a process of its own. */
static void make_key(int to)
{
    struct secrets made;
    struct keyfile *file;
    uint8_t *curve;
    char hex[2 * SEED_BYTES + 1];

    if (keyfile_create(temp_path(dir, "k"), "test", key, NULL) != ST_OK ||
        keyfile_open(&file, temp_path(dir, "k"), NULL) != ST_OK ||
        curve_secret(&curve, keyfile_secret(file), NULL) != ST_OK)
        _exit(1);
    hex_print(hex, keyfile_secret(file), SEED_BYTES);
    invert(made.seed, keyfile_secret(file), SEED_BYTES);
    invert(made.hex, hex, sizeof made.hex);
    invert(made.curve, curve, CURVE_KEY_BYTES);
    _exit(write(to, &made, sizeof made) == sizeof made &&
                  write(to, key, sizeof key) == (ssize_t)sizeof key
              ? 0
              : 1);
}

static void setup(void)
{
    int ends[2];
    int how;
    pid_t child;

    temp_dir_init(dir);
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        make_key(ends[1]);
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_int_eq(how, 0);
    ck_assert_int_eq(read(ends[0], &secrets, sizeof secrets), sizeof secrets);
    ck_assert_int_eq(read(ends[0], key, sizeof key), sizeof key);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void teardown(void)
{
    temp_dir_fini(dir);
}

static size_t count_in(const uint8_t *data, size_t size, const uint8_t *inverted, size_t length)
{
    size_t found = 0;

    for (size_t i = 0; i + length <= size; i++) {
        size_t same = 0;

        while (same < length && (data[i + same] ^ inverted[same]) == 0xff)
            same++;
        found += same == length;
    }
    return found;
}

/* How often it is in memory that is written to; what cannot be read is passed over. */
static size_t count_everywhere(const uint8_t *inverted, size_t length)
{
    static uint8_t piece[PIECE_BYTES];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char line[512];
    size_t found = 0;

    ck_assert_ptr_nonnull(maps);
    ck_assert_int_ge(memory, 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        uint64_t from;
        uint64_t to;
        char rights[5];

        ck_assert_int_eq(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, rights), 3);
        if (rights[1] != 'w' || to - from > (UINT64_C(1) << 32))
            continue;
        /* Pieces overlap, so that none is cut in two; and this one is not looked for in itself. */
        for (uint64_t at = from; at < to; at += sizeof piece - length + 1) {
            size_t size = to - at < sizeof piece ? to - at : sizeof piece;
            ssize_t got;

            memset(piece, 0, sizeof piece);
            got = pread(memory, piece, size, (off_t)at);
            if (got > 0)
                found += count_in(piece, (size_t)got, inverted, length);
        }
    }
    memset(piece, 0, sizeof piece);
    (void)close(memory);
    (void)fclose(maps);
    return found;
}

static void no_seed(void)
{
    ck_assert_uint_eq(count_everywhere(secrets.seed, SEED_BYTES), 0);
    ck_assert_uint_eq(count_everywhere(secrets.hex, sizeof secrets.hex), 0);
}

START_TEST(a_key_file_that_is_closed_leaves_nothing)
{
    struct keyfile *file;

    no_seed();
    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "k"), NULL), ST_OK);
    ck_assert_uint_eq(count_everywhere(secrets.seed, SEED_BYTES), 1); /* the scan finds it */
    ck_assert_uint_eq(count_everywhere(secrets.hex, sizeof secrets.hex), 0);
    keyfile_close(file);
    no_seed();
}
END_TEST

/* As the daemon opens its links. */
static struct wires *open_wires(struct ring *arrivals)
{
    struct wires_options options = {.site_key = key, .listen = "", .arrivals = arrivals};
    struct wires *wires;
    struct keyfile *file;
    struct fault fault;

    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "k"), NULL), ST_OK);
    options.site_secret = keyfile_secret(file);
    ck_assert_msg(wires_new(&wires, &options, &fault) == ST_OK, "%s", fault.text);
    keyfile_close(file);
    return wires;
}

START_TEST(links_keep_one_image_and_no_seed)
{
    struct wake wake;
    struct ring arrivals;
    struct wires *wires;

    ck_assert_int_eq(wake_init(&wake, NULL), ST_OK);
    ring_init(&arrivals, &wake);
    wires = open_wires(&arrivals);
    no_seed();
    figure_tells(18, "the seed in memory while links are open", "could be in a core file",
                 (double)count_everywhere(secrets.seed, SEED_BYTES), 0, "copies");
    figure_tells(18, "its X25519 image, likewise, outside of libzmq", "could be in a core file",
                 (double)count_everywhere(secrets.curve, CURVE_KEY_BYTES), 1, "copies");
    wires_free(wires);
    wake_fini(&wake);
    no_seed();
    figure_tells(18, "either once the links are closed", "could be in a core file",
                 (double)count_everywhere(secrets.curve, CURVE_KEY_BYTES), 0, "copies");
}
END_TEST

/* libzmq has copies while it has the socket, in objects of C++. */
START_TEST(a_socket_that_is_closed_leaves_no_image)
{
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    struct keyfile *file;
    uint8_t *curve;

    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "k"), NULL), ST_OK);
    ck_assert_int_eq(curve_secret(&curve, keyfile_secret(file), NULL), ST_OK);
    keyfile_close(file);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, key, CURVE_KEY_BYTES), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key, CURVE_KEY_BYTES), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, curve, CURVE_KEY_BYTES), 0);
    ck_assert_int_eq(zmq_connect(socket, "ipc://@serai-test-nobody"), 0);
    sodium_free(curve);
    ck_assert_uint_gt(count_everywhere(secrets.curve, CURVE_KEY_BYTES), 0);
    ck_assert_int_eq(zmq_close(socket), 0);
    ck_assert_int_eq(zmq_ctx_term(context), 0);
    if (curve_wipes_freed())
        figure_tells(18, "the image, once libzmq has closed its socket", "could be in a core file",
                     (double)count_everywhere(secrets.curve, CURVE_KEY_BYTES), 0, "copies");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secrets");
    TCase *tcase = tcase_create("secrets");

    if (sodium_init() < 0)
        return 1;
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_key_file_that_is_closed_leaves_nothing);
    tcase_add_test(tcase, links_keep_one_image_and_no_seed);
    tcase_add_test(tcase, a_socket_that_is_closed_leaves_no_image);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
