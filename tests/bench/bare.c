#include "tests/bench/bare.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "tests/bench/bench.h"

enum { KEY_TEXT_BYTES = 41, ENDPOINT_BYTES = 64, QUEUE_MAX = 128 };
enum { TAKE = 0, ANSWER = 1 }; /* the first byte of a message: whether it is sent back */

struct key {
    char public[KEY_TEXT_BYTES];
    char secret[KEY_TEXT_BYTES];
};

static void check(bool fine, const char *what)
{
    if (!fine) {
        (void)fprintf(stderr, "bench: %s: %s\n", what, zmq_strerror(errno));
        exit(1);
    }
}

static void *open_socket(void *context, int type)
{
    const int linger = 0;
    const int queue = QUEUE_MAX;
    void *socket = zmq_socket(context, type);

    check(socket != NULL && zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
              zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue) == 0 &&
              zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, sizeof queue) == 0,
          "socket");
    return socket;
}

/* ---- the other process: for ever ---- */

static void serve(void *router)
{
    for (;;) {
        zmq_msg_t id;
        zmq_msg_t message;

        (void)zmq_msg_init(&id);
        (void)zmq_msg_init(&message);
        check(zmq_msg_recv(&id, router, 0) >= 0 && zmq_msg_recv(&message, router, 0) > 0,
              "receive");
        if (*(const uint8_t *)zmq_msg_data(&message) == ANSWER)
            check(zmq_msg_send(&id, router, ZMQ_SNDMORE) >= 0 &&
                      zmq_msg_send(&message, router, 0) >= 0,
                  "answer");
        (void)zmq_msg_close(&id);
        (void)zmq_msg_close(&message);
    }
}

static _Noreturn void run_router(const struct key *key, int endpoint_to)
{
    const int one = 1;
    char endpoint[ENDPOINT_BYTES] = "";
    size_t size = sizeof endpoint;
    void *router = open_socket(zmq_ctx_new(), ZMQ_ROUTER);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a bench that dies leaves nothing running */
    check(zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one) == 0 &&
              zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, key->secret, KEY_TEXT_BYTES) == 0 &&
              zmq_bind(router, "tcp://127.0.0.1:*") == 0 &&
              zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0,
          "router");
    check(write(endpoint_to, endpoint, sizeof endpoint) == sizeof endpoint, "pipe");
    serve(router);
    exit(0);
}

/* ---- this process ---- */

static void dial(struct bare *bare, const struct key *server, const char *endpoint)
{
    struct key own;

    check(zmq_curve_keypair(own.public, own.secret) == 0, "keys");
    bare->context = zmq_ctx_new();
    bare->dealer = open_socket(bare->context, ZMQ_DEALER);
    check(zmq_setsockopt(bare->dealer, ZMQ_CURVE_SERVERKEY, server->public, KEY_TEXT_BYTES) == 0 &&
              zmq_setsockopt(bare->dealer, ZMQ_CURVE_PUBLICKEY, own.public, KEY_TEXT_BYTES) == 0 &&
              zmq_setsockopt(bare->dealer, ZMQ_CURVE_SECRETKEY, own.secret, KEY_TEXT_BYTES) == 0 &&
              zmq_connect(bare->dealer, endpoint) == 0,
          "dealer");
}

void bare_open(struct bare *bare)
{
    char endpoint[ENDPOINT_BYTES];
    struct key server;
    int ends[2];

    check(zmq_curve_keypair(server.public, server.secret) == 0, "keys");
    if (pipe(ends) != 0)
        bench_die("pipe", NULL);
    bare->child = fork();
    if (bare->child < 0)
        bench_die("fork", NULL);
    if (bare->child == 0)
        run_router(&server, ends[1]);
    if (read(ends[0], endpoint, sizeof endpoint) != sizeof endpoint)
        bench_die("the router", NULL);
    (void)close(ends[0]);
    (void)close(ends[1]);
    dial(bare, &server, endpoint);
    (void)bare_trips(bare, 1, 1); /* the handshake is no part of any sample */
}

void bare_close(struct bare *bare)
{
    (void)kill(bare->child, SIGKILL);
    (void)waitpid(bare->child, NULL, 0);
    (void)zmq_close(bare->dealer);
    (void)zmq_ctx_term(bare->context);
}

static void send_message(struct bare *bare, uint8_t first, size_t size_bytes)
{
    zmq_msg_t message;

    check(zmq_msg_init_size(&message, size_bytes) == 0, "memory");
    memset(zmq_msg_data(&message), 0, size_bytes);
    memset(zmq_msg_data(&message), first, 1);
    check(zmq_msg_send(&message, bare->dealer, 0) >= 0, "send");
}

static void take_answer(struct bare *bare)
{
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    check(zmq_msg_recv(&message, bare->dealer, 0) >= 0, "receive");
    (void)zmq_msg_close(&message);
}

double bare_stream(struct bare *bare, size_t count, size_t size_bytes)
{
    double start = bench_now_s();

    for (size_t i = 0; i < count; i++)
        send_message(bare, TAKE, size_bytes);
    send_message(bare, ANSWER, 1);
    take_answer(bare);
    return bench_now_s() - start;
}

double bare_trips(struct bare *bare, size_t count, size_t size_bytes)
{
    double start = bench_now_s();

    for (size_t i = 0; i < count; i++) {
        send_message(bare, ANSWER, size_bytes);
        take_answer(bare);
    }
    return (bench_now_s() - start) / (double)count;
}
