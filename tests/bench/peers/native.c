/* The same C by another compiler than the build's: peers.sh builds it with `clang -O2`. */
#include <stddef.h>

#include "tests/bench/guests/turns.h"
#include "tests/bench/peers/program.h"
#include "tests/engine/kernels.h"

int main(int argc, char **argv)
{
#define ROW(name) {#name, name},
    static const struct program_export exports[] = {PROGRAM_EXPORTS(ROW){NULL, NULL}};
#undef ROW

    return program_main(exports, argc, argv);
}
