#define _DEFAULT_SOURCE /* sysconf(_SC_NPROCESSORS_ONLN) */
#include "tests/bench/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

_Noreturn void bench_die(const char *what, const struct fault *fault)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, fault == NULL ? "failed" : fault->text);
    exit(1);
}

double bench_now_s(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0)
        bench_die("clock", NULL);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double bench_cpu_s(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0)
        bench_die("clock", NULL);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- who uses the machine ---- */

struct usage {
    double wall_s;
    double busy_s; /* all processors, all processes */
    double own_s;  /* this process, the children it has waited for, those of bench_own() */
};

static pid_t owned[BENCH_SIDES_MAX];
static size_t owned_count;

void bench_own(pid_t child)
{
    INVARIANT(owned_count < BENCH_SIDES_MAX);
    owned[owned_count++] = child;
}

static double child_seconds(pid_t child)
{
    uint64_t user = 0;
    uint64_t system = 0;
    char path[64];
    FILE *in;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
    in = fopen(path, "r");
    if (in == NULL ||
        fscanf(in, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
               &user, &system) != 2)
        bench_die(path, NULL);
    (void)fclose(in);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double own_seconds(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) != 0)
        bench_die("getrusage", NULL);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

static double busy_seconds(void)
{
    /* user nice system idle iowait irq softirq steal */
    uint64_t ticks[8] = {0};
    FILE *in = fopen("/proc/stat", "r");

    if (in == NULL || fscanf(in,
                             "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                             " %" SCNu64 " %" SCNu64 " %" SCNu64,
                             &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5],
                             &ticks[6], &ticks[7]) != 8)
        bench_die("/proc/stat", NULL);
    (void)fclose(in);
    return (double)(ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) /
           (double)sysconf(_SC_CLK_TCK);
}

static struct usage usage_now(void)
{
    struct usage usage = {.wall_s = bench_now_s(),
                          .busy_s = busy_seconds(),
                          .own_s = own_seconds(RUSAGE_SELF) + own_seconds(RUSAGE_CHILDREN)};

    for (size_t i = 0; i < owned_count; i++)
        usage.own_s += child_seconds(owned[i]);
    return usage;
}

/* The share of all processors that others used since `before`. */
static double foreign_since(const struct usage *before)
{
    struct usage now = usage_now();
    double all = (now.wall_s - before->wall_s) * (double)sysconf(_SC_NPROCESSORS_ONLN);
    double foreign = (now.busy_s - before->busy_s) - (now.own_s - before->own_s);

    return foreign <= 0 || all <= 0 ? 0 : foreign / all;
}

/* ---- rounds ---- */

struct series {
    double values[BENCH_ROUNDS];
    double ratios[BENCH_ROUNDS]; /* of the first side to this one, or of this one to the base */
    bool missing;
};

static int compare_doubles(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (*a > *b) - (*a < *b);
}

static double median(double values[BENCH_ROUNDS])
{
    qsort(values, BENCH_ROUNDS, sizeof values[0], compare_doubles);
    return values[BENCH_ROUNDS / 2];
}

static double foreign_max(void)
{
    const char *most = getenv("BENCH_FOREIGN");

    return most == NULL ? 0.5 : strtod(most, NULL);
}

/* One sample of each side into slot `at`; false when others used too much of the machine. */
static bool run_round(const struct bench_side *sides, struct series *series, size_t count,
                      size_t at, bool timed)
{
    const char *comma = "";

    (void)printf("  round:");
    for (size_t i = 0; i < count; i++) {
        struct usage before = usage_now();
        double foreign;

        if (series[i].missing)
            continue;
        series[i].values[at] = sides[i].sample(sides[i].context);
        foreign = foreign_since(&before);
        series[i].missing = series[i].values[at] < 0;
        if (series[i].missing)
            continue;
        (void)printf("%s %s %.6g (foreign %.2f)", comma, sides[i].name, series[i].values[at],
                     foreign);
        comma = ",";
        if (timed && foreign > foreign_max())
            return false;
    }
    return true;
}

enum { NO_BASE = BENCH_SIDES_MAX };

static void take_ratios(struct series *series, size_t count, size_t at, size_t base)
{
    for (size_t i = 0; i < count; i++)
        series[i].ratios[at] = base == NO_BASE ? series[0].values[at] / series[i].values[at]
                                               : series[i].values[at] / series[base].values[at];
}

static void print_medians(const char *unit, const struct bench_side *sides, struct series *series,
                          size_t count, size_t base)
{
    bool against_base = base != NO_BASE && !series[base].missing;

    for (size_t i = 0; i < count; i++) {
        if (series[i].missing) {
            (void)printf("  %s: not to be had here\n", sides[i].name);
            continue;
        }
        (void)printf("  %s: %.6g %s", sides[i].name, median(series[i].values), unit);
        if (against_base && i != base)
            (void)printf("; %.3g times %s", median(series[i].ratios), sides[base].name);
        else if (base == NO_BASE && i > 0)
            (void)printf("; %s is %.3g times that", sides[0].name, median(series[i].ratios));
        (void)printf("\n");
    }
}

static int rounds_max(void)
{
    const char *patience = getenv("BENCH_PATIENCE");
    long rounds = patience == NULL ? BENCH_ROUNDS_MAX : strtol(patience, NULL, 10);

    return rounds < BENCH_ROUNDS || rounds > 1000 ? BENCH_ROUNDS_MAX : (int)rounds;
}

static void compare(const char *what, const char *unit, const struct bench_side *sides,
                    size_t count, size_t base, bool timed)
{
    static const struct timespec pause = {.tv_sec = 1};
    struct series series[BENCH_SIDES_MAX] = {0};
    size_t good = 0;
    int most = rounds_max();

    INVARIANT(count > 0 && count <= BENCH_SIDES_MAX);
    if (!bench_wanted(what))
        return;
    (void)printf("%s\n", what);
    for (int round = 0; round < most && good < BENCH_ROUNDS; round++) {
        bool fine = run_round(sides, series, count, good, timed);

        (void)printf("%s\n", fine ? "" : ": rejected");
        (void)fflush(stdout);
        if (fine)
            take_ratios(series, count, good++, base);
        else
            (void)nanosleep(&pause, NULL); /* the others may be done by then */
    }
    if (good < BENCH_ROUNDS)
        (void)printf(
            "  not measured: others used more than %.2g of the CPU in all but %zu rounds\n",
            foreign_max(), good);
    else
        print_medians(unit, sides, series, count, base);
    (void)fflush(stdout);
}

void bench_compare(const char *what, const char *unit, const struct bench_side *sides, size_t count)
{
    compare(what, unit, sides, count, NO_BASE, true);
}

void bench_compare_base(const char *what, const char *unit, const struct bench_side *sides,
                        size_t count, size_t base)
{
    INVARIANT(base < count);
    compare(what, unit, sides, count, base, true);
}

void bench_compare_sizes(const char *what, const char *unit, const struct bench_side *sides,
                         size_t count)
{
    compare(what, unit, sides, count, NO_BASE, false);
}

/* ---- helpers ---- */

bool bench_wanted(const char *what)
{
    const char *only = getenv("BENCH_ONLY");

    return only == NULL || strstr(what, only) != NULL;
}

double bench_command(const char *command)
{
    double value;
    FILE *from = popen(command, "r");

    if (from == NULL)
        return -1;
    if (fscanf(from, "%lf", &value) != 1)
        value = -1;
    (void)pclose(from);
    return value;
}

double bench_erlang(const char *call)
{
    const char *folder = getenv("BENCH_ERLANG");
    char command[1024];

    if (folder == NULL)
        return -1;
    (void)snprintf(command, sizeof command,
                   "erl +S 1:1 +P 1000000 -noshell -noinput -pa '%s' -eval 'serai_bench:%s, "
                   "halt().' 2>/dev/null",
                   folder, call);
    return bench_command(command);
}

uint64_t bench_resident_bytes(void)
{
    uint64_t pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");

    if (in == NULL || fscanf(in, "%*u %" SCNu64, &pages) != 1)
        bench_die("/proc/self/statm", NULL);
    (void)fclose(in);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t bench_anonymous_bytes(void)
{
    uint64_t kib = 0;
    char line[256];
    FILE *in = fopen("/proc/self/status", "r");

    if (in == NULL)
        bench_die("/proc/self/status", NULL);
    while (kib == 0 && fgets(line, sizeof line, in) != NULL)
        (void)sscanf(line, "RssAnon: %" SCNu64 " kB", &kib);
    (void)fclose(in);
    if (kib == 0)
        bench_die("/proc/self/status names no RssAnon", NULL);
    return kib * 1024;
}

uint8_t *bench_read_file(const char *path, size_t *size)
{
    uint8_t *bytes = malloc(FILE_BYTES_MAX);
    FILE *in = fopen(path, "rb");

    if (in == NULL || bytes == NULL)
        bench_die(path, NULL);
    *size = fread(bytes, 1, FILE_BYTES_MAX, in);
    (void)fclose(in);
    return bytes;
}
