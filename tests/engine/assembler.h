/* Makes small modules by bytes, valid or not. */
#ifndef SERAI_TESTS_ENGINE_ASSEMBLER_H
#define SERAI_TESTS_ENGINE_ASSEMBLER_H

#include "base/bytes.h"

/* The bytes of a literal and how many they are, as two arguments or two fields. */
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* One function of type 0, number 4 (after all imports), exported as "f". */
enum { IDLE_MAX = 4 };

struct program {
    const char *params;  /* letters i, l, f, d */
    char result;         /* 0 for none */
    const uint8_t *code; /* without its last `end` */
    size_t size;
    uint32_t locals;               /* i64 */
    bool memory;                   /* one page, at most two ... */
    uint32_t pages_max;            /* ... or so many, below 128 */
    bool table;                    /* f, an i32-less function, an empty entry; see assemble() */
    uint32_t idle_bytes[IDLE_MAX]; /* of the bodies of functions that nobody calls; 0 ends them */
};

void put_byte(struct bytes *out, uint8_t byte);
void put_u32(struct bytes *out, uint32_t value);
void put_s64(struct bytes *out, int64_t value);
void put_name(struct bytes *out, const char *name);
void put_header(struct bytes *out);
void put_section(struct bytes *out, uint8_t id, const uint8_t *body, size_t size);

/* The module of a program.  The caller ends *out with bytes_fini(). */
void assemble(struct bytes *out, const struct program *program);

#endif
