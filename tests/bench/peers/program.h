/*
 * A program that stands beside the engine: `PROGRAM NAME N SECONDS` prints the seconds that one
 * call of an export computes.  Its own part is PROGRAM_CALL(name, n).
 */
#ifndef SERAI_TESTS_BENCH_PEERS_PROGRAM_H
#define SERAI_TESTS_BENCH_PEERS_PROGRAM_H

/* The exports of the module, each once. */
#define PROGRAM_EXPORTS(X)                                                                         \
    X(kernel_sha)                                                                                  \
    X(kernel_sort)                                                                                 \
    X(kernel_fib)                                                                                  \
    X(kernel_matrix)                                                                               \
    X(kernel_indirect)                                                                             \
    X(kernel_bytes)                                                                                \
    X(turn_empty)                                                                                  \
    X(turn_message)                                                                                \
    X(turn_orders)                                                                                 \
    X(turn_dirty)

typedef unsigned long long (*program_call)(unsigned int n);
struct program_export {
    const char *name;
    program_call call;
};

/* The whole of main; `exports` ends with one without a name. */
int program_main(const struct program_export *exports, int argc, char **argv);

#endif
