/*
 * A neighbour or stranger that keeps to no rule, for tests of links:
 *
 *     rogue strangers ENDPOINT SITE_KEY COUNT     dial with a new key each time
 *
 * With the key of the site in DIR, and TCP on this machine:
 *
 *     rogue large ENDPOINT SITE_KEY DIR           a parcel too large
 *     rogue noise ENDPOINT SITE_KEY DIR COUNT     parcels of random bytes
 *     rogue frames ENDPOINT SITE_KEY DIR          a parcel in two frames
 *     rogue parts ENDPOINT SITE_KEY DIR SIZE      parts of so many bytes of one message without end
 *     rogue crowd ENDPOINT SITE_KEY DIR COUNT     so many connections at once, each full of parts
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/file.h"
#include "links/link.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/daemon/curve.h"
#include "tests/raw_curve.h"

enum { SEND_MS = 5000, HANDSHAKE_WAIT_MS = 20, CROWD_MAX = 64, PART_BYTES_MAX = 64 * 1024 };

struct rogue {
    void *context;
    const char *endpoint;
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t *secret;
};

static void *dial(const struct rogue *rogue)
{
    const int zero = 0;
    const int one = 1;
    const int patience = SEND_MS;
    void *socket = zmq_socket(rogue->context, ZMQ_DEALER);

    if (socket == NULL || zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero) != 0 ||
        zmq_setsockopt(socket, ZMQ_IMMEDIATE, &one, sizeof one) != 0 ||
        zmq_setsockopt(socket, ZMQ_SNDTIMEO, &patience, sizeof patience) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, rogue->server, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, rogue->public, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, rogue->secret, CURVE_KEY_BYTES) != 0 ||
        zmq_connect(socket, rogue->endpoint) != 0) {
        fprintf(stderr, "rogue: %s\n", zmq_strerror(errno));
        exit(1);
    }
    return socket;
}

static bool take_key(struct rogue *rogue, const char *dir)
{
    struct keyfile *key = NULL;
    char path[FILE_PATH_BYTES];
    bool good = file_path(path, dir, SITE_KEY, NULL) == ST_OK &&
                keyfile_open(&key, path, NULL) == ST_OK &&
                curve_public(rogue->public, keyfile_public(key), NULL) == ST_OK &&
                curve_secret(&rogue->secret, keyfile_secret(key), NULL) == ST_OK;

    keyfile_close(key);
    return good;
}

/* Each waits a little, so that most handshakes come as far as the key. */
static int strangers(struct rogue *rogue, long count)
{
    static uint8_t secret[CURVE_KEY_BYTES];

    rogue->secret = secret;
    for (long i = 0; i < count; i++) {
        void *socket;
        zmq_pollitem_t item = {.events = ZMQ_POLLIN};

        randombytes_buf(secret, sizeof secret);
        (void)crypto_scalarmult_base(rogue->public, secret);
        socket = dial(rogue);
        item.socket = socket;
        (void)zmq_poll(&item, 1, i % 10 == 0 ? HANDSHAKE_WAIT_MS : 1);
        (void)zmq_close(socket);
    }
    return 0;
}

static int send_parcels(const struct rogue *rogue, long count, size_t size_max, int frames)
{
    void *socket = dial(rogue);
    uint8_t *bytes = calloc(1, size_max);
    int failed = bytes == NULL;

    for (long i = 0; i < count && !failed; i++) {
        size_t size = count == 1 ? size_max : randombytes_uniform((uint32_t)size_max);

        randombytes_buf(bytes, size);
        for (int frame = 1; frame <= frames && !failed; frame++)
            failed = zmq_send(socket, bytes, size, frame < frames ? ZMQ_SNDMORE : 0) < 0;
    }
    (void)zmq_poll(NULL, 0, 500); /* let them leave */
    free(bytes);
    (void)zmq_close(socket);
    return failed;
}

/* ---- with no libzmq ---- */

static const uint8_t zeros[PART_BYTES_MAX];
static struct raw_curve crowd[CROWD_MAX];

static bool call(const struct rogue *rogue, struct raw_curve *raw)
{
    const char *port = strrchr(rogue->endpoint, ':');

    return port != NULL && raw_curve_open(raw, (uint16_t)strtoul(port + 1, NULL, 10), rogue->server,
                                          rogue->public, rogue->secret, NULL);
}

/* As much as it takes; 0: it has hung up in the end, 1: it takes no more for a while. */
static int send_parts(struct raw_curve *raw, size_t size, int tries)
{
    bool over = false;

    while (tries > 0 && !over)
        if (!raw_curve_send(raw, zeros, size, true, &over)) {
            (void)zmq_poll(NULL, 0, 10);
            tries--;
        }
    return over ? 0 : 1;
}

static int parts(const struct rogue *rogue, size_t size)
{
    if (size > PART_BYTES_MAX || !call(rogue, &crowd[0]))
        return 1;
    return send_parts(&crowd[0], size, 1000);
}

/* None of them is ended by us.  0: all but the last were ended by the other side. */
static int crowd_in(const struct rogue *rogue, long count)
{
    int left = 0;

    for (long i = 0; i < count && i < CROWD_MAX; i++) {
        if (!call(rogue, &crowd[i]))
            return 1;
        (void)send_parts(&crowd[i], PART_BYTES_MAX, 2);
    }
    for (long i = 0; i < count && i < CROWD_MAX; i++)
        left += send_parts(&crowd[i], PART_BYTES_MAX, 2);
    return left <= 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct rogue rogue = {0};
    uint8_t key[CONTROL_KEY_BYTES];
    const char *what = argc > 1 ? argv[1] : "";
    int code = 64;

    if (argc < 5 || sodium_init() < 0 || !hex_parse(key, sizeof key, argv[3]) ||
        curve_public(rogue.server, key, NULL) != ST_OK)
        return 64;
    rogue.endpoint = argv[2];
    rogue.context = zmq_ctx_new();
    if (rogue.context == NULL)
        return 71;
    if (strcmp(what, "strangers") == 0)
        code = strangers(&rogue, strtol(argv[4], NULL, 10));
    else if (!take_key(&rogue, argv[4]))
        code = 66;
    else if (strcmp(what, "large") == 0)
        code = send_parcels(&rogue, 1, LINK_PARCEL_BYTES_MAX + 1, 1);
    else if (strcmp(what, "noise") == 0 && argc == 6)
        code = send_parcels(&rogue, strtol(argv[5], NULL, 10), 2000, 1);
    else if (strcmp(what, "frames") == 0)
        code = send_parcels(&rogue, 1, 100, 2);
    else if (strcmp(what, "parts") == 0 && argc == 6)
        code = parts(&rogue, strtoul(argv[5], NULL, 10));
    else if (strcmp(what, "crowd") == 0 && argc == 6)
        code = crowd_in(&rogue, strtol(argv[5], NULL, 10));
    (void)zmq_ctx_term(rogue.context);
    return code;
}
