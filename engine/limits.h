/* The bounds of one module, each with its reason.  A module past one is refused by its name. */
#ifndef SERAI_ENGINE_LIMITS_H
#define SERAI_ENGINE_LIMITS_H

enum {
    LIMIT_TYPES = 1024, /* compilers need < 300 */
    LIMIT_PARAMS = 64,  /* of one type; kept in place in each type */
    LIMIT_FUNCTIONS = 16384,
    /* The largest body bounds the time and the patch lists of one compilation, in both tiers. */
    LIMIT_BODY_BYTES = 128 * 1024,
    /* Locals are cleared on each call (and paid by the call); unoptimised C stays below 2,000. */
    LIMIT_LOCALS = 4096,
    LIMIT_OPERANDS = 1024, /* height of the operand stack; compiled code stays below 100 */
    LIMIT_DEPTH = 2048,    /* nested blocks; a C switch nests one for each case */
    LIMIT_BR_TABLE = 4096,
    LIMIT_TABLE = 16384, /* entries of the function table, 4 bytes each */
    LIMIT_EXPORTS = 1024,
    LIMIT_NAME_BYTES = 256,
    LIMIT_FUNCTION_NAMES_BYTES = 64 * 1024, /* kept in RAM, of all; the rest goes without */
    LIMIT_DATA_SEGMENTS = 1024,             /* walked for each page that is loaded from the image */
    LIMIT_ELEMENT_SEGMENTS = 1024,
    /* Pre-decoded words of 8 bytes: 16 MiB, and a module of 1 MiB from a compiler takes about 6. */
    LIMIT_CODE_WORDS = 2 * 1024 * 1024,

    /*
     * The activation budget: published in docs/fuel.md, the same on every machine and tier.  A call
     * takes its parameters, locals and deepest operand stack in cells of 8 bytes.
     */
    LIMIT_STACK_CELLS = 64 * 1024,
    LIMIT_CALLS = 2048,

    /*
     * Tier 1.  A compiler's time grows faster than a function, so past these a module stays in tier
     * 0.  An effort is about a line of C; the spread of a function is its effort times its cells,
     * which is what a compiler's tables of live values grow with.
     */
    LIMIT_NATIVE_FUNCTION_EFFORT = 12 * 1024,
    LIMIT_NATIVE_FUNCTION_SPREAD = 4 * 1024 * 1024,
    LIMIT_NATIVE_EFFORT = 256 * 1024,
    LIMIT_NATIVE_INLINE = 64, /* the effort of a function that may be repeated in its callers */
};

#endif
