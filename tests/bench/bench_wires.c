/*
 * Chains of questions to objects of another site, by the wire agents of both, against the same
 * questions on one site and over CapTP between two processes of Node.
 *
 *     bench_wires SERAI SITE_A PID_A SITE_B PID_B FAR_AGENT NEAR_AGENT
 *
 * tests/bench/wires.sh makes the sites and the agents (guests/pipe.c), which say themselves how
 * long their chains took.  BENCH_CAPTP in the environment is the command that does the same in Node
 * (captp/chain.js); without it these sides are left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/guests/pipe.h"

enum { FAR_CHAINS = 200, NEAR_CHAINS = 5000, CAPTP_CHAINS = 1000, PATIENCE_S = 300 };

/* Of all samples, also of rejected ones. */
struct tally {
    double chains;
    double cpu_us; /* that all processes computed */
    double waits;  /* for the other side */
    double messages;
    double commits; /* of both sites */
};

struct wires {
    const char *serai;
    struct bench_daemon a, b;
};

struct chain {
    struct wires *wires;
    const char *agent; /* NULL: Node */
    const char *setting;
    enum pipe_way way;
    bool is_far;
    struct tally tally;
};

/* ---- samples ---- */

/* What the daemons have computed, and the link has carried, up to now. */
static struct tally point_at(const struct chain *chain)
{
    const struct wires *wires = chain->wires;
    struct tally point = {.cpu_us = daemon_cpu_s(&wires->a) * 1e6};

    if (chain->is_far) {
        /* A site closes a frame before anything leaves it. */
        point.waits = (double)daemon_field(&wires->a, "status", "frame");
        point.messages = (double)(daemon_field(&wires->a, "link", "sent") +
                                  daemon_field(&wires->a, "link", "received"));
        point.commits = (double)(daemon_commits(&wires->a) + daemon_commits(&wires->b));
        point.cpu_us += daemon_cpu_s(&wires->b) * 1e6;
    }
    return point;
}

/* Microseconds for one chain. */
static double sample_agent(void *context)
{
    struct chain *chain = context;
    struct tally *tally = &chain->tally;
    int count = chain->is_far ? FAR_CHAINS : NEAR_CHAINS;
    struct tally from = point_at(chain);
    struct tally to;
    char command[2048];
    double us;

    (void)snprintf(command, sizeof command, "'%s' agent call %s '%d %d' --timeout %d --site '%s'",
                   chain->wires->serai, chain->agent, (int)chain->way, count, PATIENCE_S,
                   chain->wires->a.dir);
    us = bench_command(command);
    if (us < 0)
        bench_die(command, NULL);
    to = point_at(chain);
    tally->chains += count;
    tally->cpu_us += to.cpu_us - from.cpu_us;
    tally->waits += to.waits - from.waits;
    tally->messages += to.messages - from.messages;
    tally->commits += to.commits - from.commits;
    return us / count;
}

static double sample_captp(void *context)
{
    struct chain *chain = context;
    const char *program = getenv("BENCH_CAPTP");
    char command[2048];
    double us = -1;
    double cpu_us;
    double waits;
    FILE *from;

    if (program == NULL)
        return -1;
    (void)snprintf(command, sizeof command, "%s %s %d %s", program,
                   chain->way == PIPE_PIPELINED ? "pipelined" : "by-turns", CAPTP_CHAINS,
                   chain->setting);
    from = popen(command, "r");
    if (from == NULL || fscanf(from, "%lf %lf %lf", &us, &cpu_us, &waits) != 3)
        us = -1;
    if (from == NULL || pclose(from) != 0 || us < 0)
        return -1;
    chain->tally.chains += CAPTP_CHAINS;
    chain->tally.cpu_us += cpu_us * CAPTP_CHAINS;
    chain->tally.waits += waits * CAPTP_CHAINS;
    return us;
}

/* ---- all of it ---- */

static void print_tally(const char *name, const struct tally *tally)
{
    if (tally->chains <= 0)
        return;
    (void)printf("  %s: %.4g us of processors", name, tally->cpu_us / tally->chains);
    if (tally->waits > 0)
        (void)printf(", %.3g waits for the other side", tally->waits / tally->chains);
    if (tally->messages > 0)
        (void)printf(", %.3g messages of the link, %.3g commits of both sites",
                     tally->messages / tally->chains, tally->commits / tally->chains);
    (void)printf("\n");
}

static void run(struct wires *wires, const char *far, const char *near)
{
    struct chain chains[] = {
        {.wires = wires, .agent = far, .way = PIPE_PIPELINED, .is_far = true},
        {.wires = wires, .agent = far, .way = PIPE_BY_TURNS, .is_far = true},
        {.wires = wires, .agent = far, .way = PIPE_ASK, .is_far = true},
        {.wires = wires, .agent = near, .way = PIPE_PIPELINED},
        {.wires = wires, .agent = near, .way = PIPE_BY_TURNS},
        {.way = PIPE_PIPELINED, .setting = "fast"},
        {.way = PIPE_BY_TURNS, .setting = "fast"},
        {.way = PIPE_PIPELINED, .setting = "hardened"},
    };
    const struct bench_side sides[] = {
        {"two sites, pipelined", sample_agent, &chains[0]},
        {"two sites, turn by turn", sample_agent, &chains[1]},
        {"two sites, one question", sample_agent, &chains[2]},
        {"one site, pipelined", sample_agent, &chains[3]},
        {"one site, turn by turn", sample_agent, &chains[4]},
        {"captp, pipelined", sample_captp, &chains[5]},
        {"captp, turn by turn", sample_captp, &chains[6]},
        {"captp hardened, pipelined", sample_captp, &chains[7]},
    };
    char what[64];

    (void)snprintf(what, sizeof what, "a chain of %d questions to another site", (int)PIPE_LENGTH);
    bench_compare(what, "microseconds", sides, sizeof sides / sizeof sides[0]);
    (void)printf("for each chain, means of all rounds\n");
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        print_tally(sides[i].name, &chains[i].tally);
}

int main(int argc, char **argv)
{
    struct wires wires = {.a.neighbour = "b", .b.neighbour = "a"};

    if (argc != 8) {
        (void)fputs("usage: bench_wires SERAI SITE_A PID_A SITE_B PID_B FAR_AGENT NEAR_AGENT\n",
                    stderr);
        return 64;
    }
    wires.serai = argv[1];
    wires.a.dir = argv[2];
    wires.a.pid = argv[3];
    wires.b.dir = argv[4];
    wires.b.pid = argv[5];
    bench_own((pid_t)strtol(wires.a.pid, NULL, 10));
    bench_own((pid_t)strtol(wires.b.pid, NULL, 10));
    run(&wires, argv[6], argv[7]);
    return 0;
}
