/*
 * The module of sdk/mock/mock.c, built into the library sdk_mock: the agents that `serai agent
 * test` plays by the rules of its file.
 */
#ifndef SERAI_SDK_MOCK_MOCK_WASM_H
#define SERAI_SDK_MOCK_MOCK_WASM_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t mock_wasm[];
extern const size_t mock_wasm_size;

#endif
