/*
 * The module of sdk/loader/loader.c, built into the library sdk_loader: what every agent that is
 * born through a channel runs first.
 */
#ifndef SERAI_SDK_LOADER_LOADER_WASM_H
#define SERAI_SDK_LOADER_LOADER_WASM_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t loader_wasm[];
extern const size_t loader_wasm_size;

#endif
