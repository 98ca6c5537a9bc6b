/*
 * serai-sim: run seeds, each in a process of its own, so that a broken invariant, a loop without
 * end and a failed check are all one failing seed.
 */
#include "sim/sim.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "site/control/exit_code.h"

enum { JOBS_MAX = 64, STEPS = 250, TAIL_BYTES = 3000, SEED_SECONDS_MAX = 120, SEEDS_EACH = 100 };

struct settings {
    struct sim_options options;
    uint64_t seeds; /* 0: without end */
    uint32_t jobs;
    bool shrink;
    bool hashes;  /* print each seed's */
    bool see_all; /* fail when something that the profile is for did not happen in all the seeds */
};

/* A seed that runs: its answer comes as a file that both processes hold. */
struct seed_run {
    pid_t pid;
    uint64_t seed;
    FILE *words; /* its stderr */
    FILE *result;
};

/* ---- one seed in a process ---- */

/* Run one seed and hand the result over; anything wrong ends the process with another status. */
static _Noreturn void seed_child(const struct sim_options *options, const struct seed_run *running)
{
    /* Time of its own, so that a machine that stands still or is busy is no failure. */
    const struct itimerval end = {.it_value = {.tv_sec = SEED_SECONDS_MAX}};
    struct sim_result result;

    (void)setitimer(ITIMER_PROF, &end, NULL);
    if (running->words != NULL)
        (void)dup2(fileno(running->words), STDERR_FILENO);
    memset(&result, 0, sizeof result);
    sim_run(options, &result);
    (void)fflush(stdout);
    if (fwrite(&result, sizeof result, 1, running->result) != 1 || fflush(running->result) != 0)
        _Exit(2);
    _Exit(0);
}

/*
 * Fork for one seed.  With a trace its words go straight to the terminal.  False: errno says why.
 */
static bool seed_start(struct seed_run *running, const struct sim_options *options)
{
    running->seed = options->seed;
    running->result = tmpfile();
    running->words = options->trace ? NULL : tmpfile();
    if (running->result == NULL || (running->words == NULL && !options->trace))
        return false;
    /* Or what is buffered would be written by both. */
    (void)fflush(NULL);
    running->pid = fork();
    if (running->pid == 0)
        seed_child(options, running);
    return running->pid > 0;
}

/* The last of what the process wrote: the failure is at its end. */
static void print_tail(FILE *words)
{
    char tail[TAIL_BYTES + 1];
    long end;
    size_t size;

    if (words == NULL || fseek(words, 0, SEEK_END) != 0 || (end = ftell(words)) < 0 ||
        fseek(words, end > TAIL_BYTES ? end - TAIL_BYTES : 0, SEEK_SET) != 0)
        return;
    size = fread(tail, 1, TAIL_BYTES, words);
    (void)fwrite(tail, 1, size, stdout);
}

/*
 * The process is over.  True: all went well and *result is there.  False: what was wrong is
 * printed, with `loud`.
 */
static bool seed_finish(struct seed_run *running, int how, bool loud, struct sim_result *result)
{
    bool good = WIFEXITED(how) && WEXITSTATUS(how) == 0;

    rewind(running->result);
    if (good)
        good = fread(result, sizeof *result, 1, running->result) == 1;
    if (!good && loud) {
        print_tail(running->words);
        if (WIFSIGNALED(how))
            (void)printf("ended by signal %d%s\n", WTERMSIG(how),
                         WTERMSIG(how) == SIGPROF ? ": it never ends" : "");
    }
    (void)fclose(running->result);
    if (running->words != NULL)
        (void)fclose(running->words);
    running->pid = 0;
    return good;
}

/* Run one seed and wait for it. */
static bool seed_alone(const struct sim_options *options, bool loud, struct sim_result *result)
{
    struct seed_run running;
    int how;

    if (!seed_start(&running, options)) {
        (void)fprintf(stderr, "serai-sim: a process cannot be started: %s\n", strerror(errno));
        exit(EXIT_INTERNAL);
    }
    while (waitpid(running.pid, &how, 0) < 0 && errno == EINTR)
        continue;
    return seed_finish(&running, how, loud, result);
}

/* ---- a shorter failing run ---- */

/* The command that runs a seed again, by its options. */
static void print_again(const struct sim_options *options)
{
    (void)printf("again: serai-sim --seed %" PRIu64 " --profile %s --steps %u", options->seed,
                 options->profile->name, options->steps);
    if (options->sites != 0)
        (void)printf(" --sites %u", options->sites);
    if (options->agents != UINT32_MAX)
        (void)printf(" --agents %u", options->agents);
    if (options->awake != UINT32_MAX)
        (void)printf(" --awake %u", options->awake);
    if (options->calm != 0)
        (void)printf(" --calm %u", options->calm);
    if (options->plant != PLANT_NONE)
        (void)printf(" --plant %s", plant_names[options->plant]);
    (void)printf(" --trace\n");
}

/* Keep `tried` when it fails too. */
static bool shrink_keep(struct sim_options *best, const struct sim_options *tried)
{
    struct sim_result result;

    if (seed_alone(tried, false, &result))
        return false;
    *best = *tried;
    return true;
}

/* Steps, from halves down to single ones: a shorter run begins as the longer one. */
static void shrink_steps(struct sim_options *best)
{
    for (uint32_t less = best->steps / 2; less > 0;) {
        struct sim_options tried = *best;

        tried.steps -= less;
        if (!shrink_keep(best, &tried))
            less /= 2;
        else if (less > best->steps / 2)
            less = best->steps / 2;
    }
}

/*
 * Look for a shorter run that fails, too: fewer steps, sites, agents, faults, then steps again.
 * Each is kept only if the run still fails, be it for another reason.
 */
static void shrink(struct sim_options best)
{
    static const uint32_t calm[] = {95, 80, 50};
    struct sim_options tried;

    best.trace = false;
    shrink_steps(&best);
    for (uint32_t sites = 2; sites < 4; sites++) {
        tried = best;
        tried.sites = sites;
        if (shrink_keep(&best, &tried))
            break;
    }
    for (uint32_t agents = 0; agents < 3; agents++) {
        tried = best;
        tried.agents = agents;
        if (shrink_keep(&best, &tried))
            break;
    }
    for (size_t i = 0; i < sizeof calm / sizeof calm[0]; i++) {
        tried = best;
        tried.calm = calm[i];
        if (shrink_keep(&best, &tried))
            break;
    }
    shrink_steps(&best);
    (void)printf("shrunk to %u steps; ", best.steps);
    print_again(&best);
}

/* ---- many seeds ---- */

/* What all seeds of a profile did together. */
struct totals {
    uint64_t seeds;
    struct sim_result sum;
    struct timespec begin;
};

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static void totals_add(struct totals *totals, const struct sim_result *result)
{
    totals->seeds++;
    totals->sum.virtual_us += result->virtual_us;
    totals->sum.frames += result->frames;
    totals->sum.turns += result->turns;
    totals->sum.births += result->births;
    totals->sum.crashes += result->crashes;
    totals->sum.parcels += result->parcels;
    totals->sum.messages += result->messages;
    totals->sum.requests += result->requests;
    totals->sum.freezes += result->freezes;
    for (int seen = 0; seen < SEEN_KINDS; seen++)
        totals->sum.seen[seen] += result->seen[seen];
}

/* What a profile is there for, and how often it happened. */
static void print_seen(const struct settings *settings, const struct totals *totals)
{
    const char *between = "  ";

    for (int seen = 0; seen < SEEN_KINDS; seen++) {
        if (!seen_belongs(settings->options.profile, (enum seen)seen))
            continue;
        (void)printf("%s%s %" PRIu64, between, seen_names[seen], totals->sum.seen[seen]);
        between = ", ";
    }
    (void)printf("%s", between[0] == ',' ? "\n" : "");
}

/* False: what the profile is there for never happened, so that nothing was shown. */
static bool saw_all(const struct settings *settings, const struct totals *totals)
{
    bool all = true;

    for (int seen = 0; seen < SEEN_KINDS; seen++) {
        if (totals->sum.seen[seen] > 0 || !seen_belongs(settings->options.profile, (enum seen)seen))
            continue;
        (void)printf("%s: not once in %" PRIu64 " seeds: %s\n", settings->options.profile->name,
                     totals->seeds, seen_names[seen]);
        all = false;
    }
    return all;
}

static void print_totals(const struct settings *settings, const struct totals *totals)
{
    double seconds = seconds_since(&totals->begin);

    (void)printf("%s: %" PRIu64 " seeds passed, %.1f a second, %.1f virtual hours; %" PRIu64
                 " frames, %" PRIu64 " turns, %" PRIu64 " births, %" PRIu64 " parcels, %" PRIu64
                 " messages, %" PRIu64 " requests, %" PRIu64 " crashes, %" PRIu64 " links frozen\n",
                 settings->options.profile->name, totals->seeds,
                 (double)totals->seeds / (seconds > 0 ? seconds : 1),
                 (double)totals->sum.virtual_us / 3.6e9, totals->sum.frames, totals->sum.turns,
                 totals->sum.births, totals->sum.parcels, totals->sum.messages,
                 totals->sum.requests, totals->sum.crashes, totals->sum.freezes);
    print_seen(settings, totals);
    (void)fflush(stdout);
}

static void print_seed_hash(const struct settings *settings, uint64_t seed,
                            const struct sim_result *result)
{
    char text[HASH_TEXT_BYTES];

    if (settings->hashes)
        (void)printf("%s seed %" PRIu64 " hash %s\n", settings->options.profile->name, seed,
                     hash_print(text, &result->hash));
}

/* Reports of a failing seed; false always. */
static bool seed_failed(const struct settings *settings, uint64_t seed)
{
    struct sim_options options = settings->options;

    options.seed = seed;
    (void)printf("FAILED: profile %s, seed %" PRIu64 "\n", options.profile->name, seed);
    print_again(&options);
    if (settings->shrink)
        shrink(options);
    return false;
}

/* The slot of a process; pid 0: a free one.  NULL: there is none. */
static struct seed_run *seed_slot(struct seed_run *running, uint32_t jobs, pid_t pid)
{
    for (uint32_t i = 0; i < jobs; i++) {
        if (running[i].pid == pid)
            return &running[i];
    }
    return NULL;
}

/* Wait for one of them.  False: it failed. */
static bool seed_reap(const struct settings *settings, struct seed_run *running,
                      struct totals *totals)
{
    struct sim_result result;
    struct seed_run *slot;
    int how;
    pid_t pid = wait(&how);

    slot = pid < 0 ? NULL : seed_slot(running, settings->jobs, pid);
    if (slot == NULL)
        return true; /* interrupted */
    if (!seed_finish(slot, how, true, &result))
        return seed_failed(settings, slot->seed);
    totals_add(totals, &result);
    print_seed_hash(settings, slot->seed, &result);
    if (settings->seeds == 0 && totals->seeds % 100 == 0)
        print_totals(settings, totals);
    return true;
}

/* Seeds in order, `jobs` at a time, until one fails or all have ended. */
static bool run_many(const struct settings *settings)
{
    struct seed_run running[JOBS_MAX] = {{0}};
    struct totals totals = {0};
    uint64_t started = 0;
    uint64_t ended = 0;
    bool good = true;

    (void)clock_gettime(CLOCK_MONOTONIC, &totals.begin);
    while (good && (settings->seeds == 0 || ended < settings->seeds)) {
        struct seed_run *slot = seed_slot(running, settings->jobs, 0);
        struct sim_options options = settings->options;

        if (slot != NULL && (settings->seeds == 0 || started < settings->seeds)) {
            options.seed += started++;
            if (!seed_start(slot, &options)) {
                (void)fprintf(stderr, "serai-sim: a process cannot be started: %s\n",
                              strerror(errno));
                exit(EXIT_INTERNAL);
            }
            continue;
        }
        good = seed_reap(settings, running, &totals);
        ended++;
    }
    for (; ended < started; ended++) /* after a failure the others still end */
        good = seed_reap(settings, running, &totals) && good;
    if (good)
        print_totals(settings, &totals);
    return good && (!settings->see_all || saw_all(settings, &totals));
}

/* Profile after profile; without end, that many seeds of each in turn. */
static bool run_all(struct settings *settings)
{
    bool for_ever = settings->seeds == 0;

    if (for_ever)
        settings->seeds = SEEDS_EACH;
    do {
        for (size_t i = 0; profile_at(i) != NULL; i++) {
            settings->options.profile = profile_at(i);
            if (!run_many(settings))
                return false;
        }
        settings->options.seed += settings->seeds;
    } while (for_ever);
    return true;
}

/* ---- options ---- */

static _Noreturn void option_usage(int code)
{
    FILE *to = code == 0 ? stdout : stderr;

    (void)fputs(
        "usage: serai-sim [--seed N] [--seeds COUNT (0: without end)] [--profile NAME|all]\n"
        "                 [--sites K] [--steps M] [--agents A] [--calm PERCENT] [--awake W]\n"
        "                 [--jobs J] [--trace] [--shrink] [--hashes] [--see-all] [--plant "
        "FAULT]\n\nprofiles:\n",
        to);
    for (size_t i = 0; profile_at(i) != NULL; i++)
        (void)fprintf(to, "  %-10s %s\n", profile_at(i)->name, profile_at(i)->about);
    (void)fputs("faults to plant, which are then caught:", to);
    for (int i = 1; i < PLANTS; i++)
        (void)fprintf(to, " %s", plant_names[i]);
    (void)fputc('\n', to);
    exit(code);
}

/* A number up to `max`, or the program ends. */
static uint64_t option_number(const char *text, uint64_t max)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || *text < '0' || *text > '9' || value > max) {
        (void)fprintf(stderr, "serai-sim: %s is not a number up to %" PRIu64 "\n", text, max);
        exit(EXIT_USAGE);
    }
    return value;
}

static enum plant option_plant(const char *name)
{
    for (int i = 0; i < PLANTS; i++) {
        if (strcmp(name, plant_names[i]) == 0)
            return (enum plant)i;
    }
    (void)fprintf(stderr, "serai-sim: there is no fault %s to plant\n", name);
    exit(EXIT_USAGE);
}

static const char *options_read(int argc, char **argv, struct settings *settings)
{
    static const struct option options[] = {
        {"seed", 1, NULL, 's'},  {"seeds", 1, NULL, 'n'},   {"sites", 1, NULL, 'k'},
        {"steps", 1, NULL, 'm'}, {"agents", 1, NULL, 'a'},  {"calm", 1, NULL, 'c'},
        {"jobs", 1, NULL, 'j'},  {"plant", 1, NULL, 'f'},   {"profile", 1, NULL, 'p'},
        {"trace", 0, NULL, 't'}, {"shrink", 0, NULL, 'r'},  {"hashes", 0, NULL, 'h'},
        {"awake", 1, NULL, 'w'}, {"see-all", 0, NULL, 'e'}, {"help", 0, NULL, '?'},
        {NULL, 0, NULL, 0}};
    const char *profile = "network";
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            settings->options.seed = option_number(optarg, UINT64_MAX / 16);
            break;
        case 'n':
            settings->seeds = option_number(optarg, UINT64_MAX / 16);
            break;
        case 'k':
            settings->options.sites = (uint32_t)option_number(optarg, SIM_SITES_MAX);
            break;
        case 'm':
            settings->options.steps = (uint32_t)option_number(optarg, 100000000);
            break;
        case 'a':
            settings->options.agents = (uint32_t)option_number(optarg, 1000);
            break;
        case 'c':
            settings->options.calm = (uint32_t)option_number(optarg, 100);
            break;
        case 'w':
            settings->options.awake = (uint32_t)option_number(optarg, UINT32_MAX);
            break;
        case 'j':
            settings->jobs = (uint32_t)option_number(optarg, JOBS_MAX);
            break;
        case 'f':
            settings->options.plant = option_plant(optarg);
            break;
        case 'p':
            profile = optarg;
            break;
        case 't':
            settings->options.trace = true;
            break;
        case 'r':
            settings->shrink = true;
            break;
        case 'h':
            settings->hashes = true;
            break;
        case 'e':
            settings->see_all = true;
            break;
        default:
            option_usage(optopt == 0 ? 0 : 64);
        }
    }
    if (optind < argc || settings->jobs == 0)
        option_usage(64);
    return profile;
}

static bool run_profiles(struct settings *settings, bool all)
{
    return all ? run_all(settings) : run_many(settings);
}

int main(int argc, char **argv)
{
    struct settings settings = {
        .options = {.seed = 1, .steps = STEPS, .agents = UINT32_MAX, .awake = UINT32_MAX},
        .seeds = 1,
        .jobs = 1};
    const char *name;
    bool all;
    bool good;

    /* First of all, so that no file of a seed becomes standard output. */
    if (!descriptors_fill())
        return EXIT_INTERNAL;
    name = options_read(argc, argv, &settings);
    all = strcmp(name, "all") == 0;
    if (sodium_init() < 0) {
        (void)fputs("serai-sim: libsodium does not start\n", stderr);
        return EXIT_INTERNAL;
    }
    /* Refusals and crashes are what a run is made of: only errors are worth a line. */
    log_set_level(LOG_ERROR);
    settings.options.profile = all ? profile_at(0) : profile_named(name);
    if (settings.options.profile == NULL) {
        (void)fprintf(stderr, "serai-sim: there is no profile %s\n", name);
        return EXIT_USAGE;
    }
    good = run_profiles(&settings, all);
    if (ferror(stdout) != 0 || fclose(stdout) != 0) {
        (void)fputs("serai-sim: its output could not be written\n", stderr);
        return EXIT_IO;
    }
    return good ? EXIT_OK : EXIT_REFUSED;
}
