/* See kernels.c; includes nothing, for the WebAssembly side has no library. */
#ifndef SERAI_TESTS_ENGINE_KERNELS_H
#define SERAI_TESTS_ENGINE_KERNELS_H

#ifdef __wasm__
#define KERNEL(name) __attribute__((export_name(#name))) unsigned long long name(unsigned int n);
#else
#define KERNEL(name) unsigned long long name(unsigned int n);
#endif

KERNEL(kernel_sha)
KERNEL(kernel_sort)
KERNEL(kernel_fib)
KERNEL(kernel_matrix)
KERNEL(kernel_indirect)
KERNEL(kernel_bytes)

#endif
