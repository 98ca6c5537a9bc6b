/*
 * The codes that the validator knows by name, and the validation of operators that neither branch
 * nor call; private to the engine.
 */
#ifndef SERAI_ENGINE_PLAIN_H
#define SERAI_ENGINE_PLAIN_H

#include "engine/emit.h"

enum code {
    CODE_UNREACHABLE = 0x00,
    CODE_NOP = 0x01,
    CODE_BLOCK = 0x02,
    CODE_LOOP = 0x03,
    CODE_IF = 0x04,
    CODE_ELSE = 0x05,
    CODE_END = 0x0b,
    CODE_BR = 0x0c,
    CODE_BR_IF = 0x0d,
    CODE_BR_TABLE = 0x0e,
    CODE_RETURN = 0x0f,
    CODE_CALL = 0x10,
    CODE_CALL_INDIRECT = 0x11,
    CODE_DROP = 0x1a,
    CODE_SELECT = 0x1b,
    CODE_LOCAL_GET = 0x20,
    CODE_LOCAL_SET = 0x21,
    CODE_LOCAL_TEE = 0x22,
    CODE_GLOBAL_GET = 0x23,
    CODE_GLOBAL_SET = 0x24,
    CODE_MEMORY_SIZE = 0x3f,
    CODE_MEMORY_GROW = 0x40,
    CODE_I32_CONST = 0x41,
    CODE_I64_CONST = 0x42,
    CODE_F32_CONST = 0x43,
    CODE_F64_CONST = 0x44,
    CODE_PREFIX = 0xfc,
    CODE_MEMORY_COPY = 0x10a, /* 0xfc 10 */
    CODE_MEMORY_FILL = 0x10b,
};

/* Validate and pre-decode one operator, whose code was read; refuses what it does not know. */
MUST_CHECK bool plain_operator(struct emit *emit, uint32_t code);

#endif
