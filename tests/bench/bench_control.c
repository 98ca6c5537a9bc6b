/*
 * A control request's way to a running daemon and back: `status`, one after another.
 *
 *     bench_control SOCKET
 */
#include <stdio.h>

#include "site/cli/client.h"
#include "tests/bench/bench.h"

enum { REQUESTS = 2000 };

static double sample_reads(void *context)
{
    struct client_connection *client = context;
    struct bytes args = {0};
    struct bytes request = {0};
    struct bytes answer = {0};
    uint8_t site[CONTROL_KEY_BYTES];
    struct fault fault;
    double start;

    cbor_put_array(&args, 0);
    control_read(&request, "status", &args);
    start = bench_now_s();
    for (int i = 0; i < REQUESTS; i++) {
        bytes_clear(&answer);
        if (client_ask(client, &request, &answer, site, &fault) != ST_OK)
            bench_die("request", &fault);
    }
    bytes_fini(&args);
    bytes_fini(&request);
    bytes_fini(&answer);
    return (bench_now_s() - start) * 1e6 / REQUESTS;
}

int main(int argc, char **argv)
{
    struct client_connection *client;
    struct bench_side side = {.name = "status", .sample = sample_reads};
    struct fault fault;

    if (argc != 2) {
        (void)fputs("usage: bench_control SOCKET\n", stderr);
        return 64;
    }
    if (client_open(&client, argv[1], &fault) != ST_OK)
        bench_die(argv[1], &fault);
    side.context = client;
    bench_compare("control request and answer, one connection", "microseconds", &side, 1);
    client_close(client);
    return 0;
}
