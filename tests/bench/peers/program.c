#define _POSIX_C_SOURCE 200809L
#include "tests/bench/peers/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS_BETWEEN = 1000 }; /* looks at the clock, of turns; kernels are long */

static double cpu_s(void)
{
    struct timespec time;

    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0
               ? (double)time.tv_sec + (double)time.tv_nsec / 1e9
               : 0;
}

static double seconds_of_call(program_call volatile call, int step, unsigned int n, double seconds)
{
    double start = cpu_s();
    double passed;
    long runs = 0;

    do {
        for (int i = 0; i < step; i++, runs++)
            (void)call(n);
        passed = cpu_s() - start;
    } while (passed < seconds);
    return passed / (double)runs;
}

int program_main(const struct program_export *exports, int argc, char **argv)
{
    if (argc != 4)
        return 64;
    for (; exports->name != NULL; exports++) {
        int step = strncmp(argv[1], "turn_", 5) == 0 ? CALLS_BETWEEN : 1;

        if (strcmp(exports->name, argv[1]) != 0)
            continue;
        (void)printf("%.12g\n",
                     seconds_of_call(exports->call, step, (unsigned int)strtoul(argv[2], NULL, 10),
                                     strtod(argv[3], NULL)));
        return 0;
    }
    return 66;
}
