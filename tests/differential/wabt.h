/* The interpreter of wabt (the one of `wasm-interp`, as a library) as a side. */
#ifndef SERAI_TESTS_DIFFERENTIAL_WABT_H
#define SERAI_TESTS_DIFFERENTIAL_WABT_H

#ifdef __cplusplus
extern "C" {
#endif

struct diff_case;

/* Load diff->wasm; fills diff->wabt: accepted or why not.  Runs plan.foreign calls if it is. */
void wabt_run(struct diff_case *diff);

#ifdef __cplusplus
}
#endif

#endif
