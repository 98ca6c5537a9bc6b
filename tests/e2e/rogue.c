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
 *     rogue drip ENDPOINT SITE_KEY DIR COUNT      so many small parts of it, each sent alone
 *     rogue crowd ENDPOINT SITE_KEY DIR COUNT     so many connections at once, each full of parts
 *     rogue speak ENDPOINT SITE_KEY DIR WHAT MS   good parcels, of messages that cost nothing;
 *                                                 prints how many were taken, and bytes said
 *     rogue dial ENDPOINT SITE_KEY DIR SECONDS    dial as often as can be
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "links/link.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/daemon/curve.h"
#include "tests/e2e/speech.h"
#include "tests/raw_curve.h"

enum {
    SEND_MS = 5000,
    HANDSHAKE_WAIT_MS = 20,
    CROWD_MAX = 64,
    PART_BYTES_MAX = 64 * 1024,
    DRIP_BYTES = 64
};

struct rogue {
    void *context;
    const char *endpoint;
    uint8_t server[CURVE_KEY_BYTES];
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t *secret;
    int again_ms; /* when a connection is lost it is made anew after so long */
};

static void *dial(const struct rogue *rogue)
{
    const int zero = 0;
    const int one = 1;
    const int patience = SEND_MS;
    void *socket = zmq_socket(rogue->context, ZMQ_DEALER);

    if (socket == NULL || zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero) != 0 ||
        zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &rogue->again_ms, sizeof rogue->again_ms) != 0 ||
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

/* Each arrives alone, so that the other side reads it alone.  1: it took them all. */
static int drip(const struct rogue *rogue, long count)
{
    bool over = false;

    if (!call(rogue, &crowd[0]))
        return 65;
    for (long i = 0; i < count && !over; i++) {
        (void)raw_curve_send(&crowd[0], zeros, DRIP_BYTES, true, &over);
        (void)zmq_poll(NULL, 0, 1);
    }
    return over ? 0 : 1;
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

/* ---- good parcels ---- */

enum { MANY = 1024, LISTEN_MS = 2, UP_TRIES = 40, HELLO_MS = 20 };

/* Each with another customer, so that rows would be made. */
static struct channel_message poor_birth(uint32_t i)
{
    return (struct channel_message){
        .kind = CHANNEL_BIRTH, .number = 2 * (i + 1), .to = CHANNEL_BORN, .customer = i};
}

/* The same with a nano, which comes back. */
static struct channel_message refused_birth(uint32_t i)
{
    struct channel_message birth = poor_birth(i);

    (void)!money_from_nanos(&birth.fee, 1); /* it is one */
    birth.money = birth.fee;
    return birth;
}

static struct channel_message late_closed(uint32_t i)
{
    return (struct channel_message){
        .kind = CHANNEL_CLOSED, .number = 2 * (i + 1), .to = (enum channel_side)(i % 2)};
}

static struct channel_message idle_credit(uint32_t i)
{
    return (struct channel_message){.kind = CHANNEL_CREDIT, .number = 2 * (i + 1)};
}

static const struct words {
    const char *name;
    struct channel_message (*message)(uint32_t i);
    size_t count; /* in a parcel; 0: HELLO in place of messages */
} words[] = {
    {"births", poor_birth, MANY}, /* another customer each, and no money */
    {"refunds", refused_birth, MANY},
    {"closed", late_closed, MANY}, /* answers to closes that were never said */
    {"credit", idle_credit, MANY}, /* on channels that there are not */
    {"hellos", NULL, 0},
};

static uint64_t now_us(void)
{
    struct clock_source clock = clock_system();

    return clock.now_us(clock.context);
}

static void say_for(struct speech *speech, const struct words *what, long ms)
{
    static struct channel_message messages[MANY];
    uint64_t until_us = now_us() + (uint64_t)ms * 1000;
    uint32_t number = 0;

    while (now_us() < until_us) {
        for (size_t i = 0; i < what->count; i++)
            messages[i] = what->message(number++);
        if (!speech->up)
            (void)speech_hello(speech);
        if (what->count == 0) {
            speech->epoch++;
            (void)speech_hello(speech);
        } else {
            speech_say(speech, messages, what->count);
        }
        speech_listen(speech, LISTEN_MS);
    }
}

static struct speech speech_over(void *socket)
{
    return (struct speech){.socket = socket, .currency = "SRI", .epoch = 1};
}

static const struct words *words_named(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(name, words[i].name) == 0)
            return &words[i];
    }
    return NULL;
}

static int speak(const struct rogue *rogue, const struct words *what, long ms)
{
    struct speech speech;
    uint64_t before;
    bool up;

    if (what == NULL)
        return 64;
    speech = speech_over(dial(rogue));
    up = speech_is_up(&speech, UP_TRIES);
    before = speech.sent.seq;
    if (up)
        say_for(&speech, what, ms);
    (void)printf("%llu %llu\n", (unsigned long long)(speech.sent.seq - before),
                 (unsigned long long)speech.said);
    (void)zmq_close(speech.socket);
    return up ? 0 : 69;
}

/* A millisecond after each connection that fails, and HELLO over each that does not. */
static int dial_for(struct rogue *rogue, long seconds)
{
    uint64_t until_us = now_us() + (uint64_t)seconds * 1000000;
    struct speech speech;

    rogue->again_ms = 1;
    speech = speech_over(dial(rogue));
    while (now_us() < until_us) {
        (void)speech_hello(&speech);
        speech_listen(&speech, HELLO_MS);
    }
    (void)zmq_close(speech.socket);
    return speech.hellos > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct rogue rogue = {.again_ms = 100};
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
    else if (strcmp(what, "drip") == 0 && argc == 6)
        code = drip(&rogue, strtol(argv[5], NULL, 10));
    else if (strcmp(what, "crowd") == 0 && argc == 6)
        code = crowd_in(&rogue, strtol(argv[5], NULL, 10));
    else if (strcmp(what, "speak") == 0 && argc == 7)
        code = speak(&rogue, words_named(argv[5]), strtol(argv[6], NULL, 10));
    else if (strcmp(what, "dial") == 0 && argc == 6)
        code = dial_for(&rogue, strtol(argv[5], NULL, 10));
    (void)zmq_ctx_term(rogue.context);
    return code;
}
