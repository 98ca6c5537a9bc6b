#define _DEFAULT_SOURCE /* clock_getcpuclockid() */
#include "tests/bench/daemon.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cbor.h"
#include "site/cli/client.h"
#include "site/cli/render.h"
#include "tests/bench/bench.h"

uint64_t daemon_field(const struct bench_daemon *daemon, const char *command, const char *field)
{
    char path[512];
    char text[RENDER_TEXT_BYTES] = "";
    struct client_connection *client;
    struct control_reply reply;
    struct bytes args = {0};
    struct bytes request = {0};
    struct bytes answer = {0};
    uint8_t site[CONTROL_KEY_BYTES];
    struct fault fault;
    uint64_t value = 0;

    (void)snprintf(path, sizeof path, "%s/control.sock", daemon->dir);
    cbor_put_array(&args, strcmp(command, "link") == 0 ? 1 : 0);
    if (strcmp(command, "link") == 0)
        cbor_put_text(&args, daemon->neighbour);
    control_read(&request, command, &args);
    if (client_open(&client, path, &fault) != ST_OK ||
        client_ask(client, &request, &answer, site, &fault) != ST_OK ||
        control_reply_decode(&reply, answer.data, answer.size, &fault) != ST_OK)
        bench_die(path, &fault);
    if (!render_number(reply.result, reply.result_size, field, &value)) {
        if (!render_text(reply.result, reply.result_size, field, text))
            bench_die(field, NULL);
        for (const char *at = text; *at != '\0'; at++)
            value = *at == '.' ? value : value * 10 + (uint64_t)(*at - '0');
    }
    client_close(client);
    bytes_fini(&args);
    bytes_fini(&request);
    bytes_fini(&answer);
    return value;
}

uint64_t daemon_commits(const struct bench_daemon *daemon)
{
    char path[512];
    MDB_envinfo info;
    MDB_env *env = NULL;

    (void)snprintf(path, sizeof path, "%s/store", daemon->dir);
    if (mdb_env_create(&env) != 0 || mdb_env_set_maxdbs(env, 64) != 0 ||
        mdb_env_open(env, path, MDB_RDONLY | MDB_NOLOCK, 0) != 0 || mdb_env_info(env, &info) != 0)
        bench_die(path, NULL);
    mdb_env_close(env);
    return info.me_last_txnid;
}

double daemon_cpu_s(const struct bench_daemon *daemon)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid((pid_t)strtol(daemon->pid, NULL, 10), &clock) != 0 ||
        clock_gettime(clock, &time) != 0)
        bench_die(daemon->pid, NULL);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
