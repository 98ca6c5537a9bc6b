/*
 * Tier 0: the interpreter of pre-decoded code, and what both tiers do by the same functions
 * (run.h).
 *
 * One loop, no native recursion: guest calls live in the frames of engine_stack, so what a guest
 * can do to the native stack is nothing.  The loop's order of checks is that of docs/fuel.md:
 * bounds, then fuel, then the change.
 */
#include <string.h>

#include "engine/code.h"
#include "engine/emit.h"
#include "engine/ops.h"
#include "engine/run.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "loads and stores copy the bytes of little-endian numbers"
#endif

/* ---- memory ---- */

/* Mark the cards of the bytes [address, address + size), size not 0 and all inside memory. */
static void cards_mark(struct engine_instance *instance, uint64_t address, uint64_t size)
{
    uint64_t first = address / ENGINE_CARD_BYTES;
    uint64_t last = (address + size - 1) / ENGINE_CARD_BYTES;

    memset(instance->cards + first, 1, last - first + 1);
}

/* What marking them costs: FUEL_PAGE for each that is clear. */
static uint64_t cards_fuel(const struct engine_instance *instance, uint64_t address, uint64_t size)
{
    uint64_t last = (address + size - 1) / ENGINE_CARD_BYTES;
    uint64_t fuel = 0;

    for (uint64_t card = address / ENGINE_CARD_BYTES; card <= last; card++)
        fuel += instance->cards[card] == 0 ? FUEL_PAGE : 0;
    return fuel;
}

/* The present size of memory in bytes. */
static uint64_t instance_bytes(const struct engine_instance *instance)
{
    return (uint64_t)instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
}

/* The sum is taken in 64 bits: address and size are a guest's, and 32 would wrap around. */
const uint8_t *engine_guest_read(const struct engine_instance *instance, uint32_t address,
                                 uint32_t size)
{
    if (instance->memory == NULL || (uint64_t)address + size > instance_bytes(instance))
        return NULL;
    return instance->memory + address;
}

uint8_t *engine_guest_write(struct engine_instance *instance, uint32_t address, uint32_t size)
{
    if (instance->memory == NULL || (uint64_t)address + size > instance_bytes(instance))
        return NULL;
    if (size > 0)
        cards_mark(instance, address, size);
    return instance->memory + address;
}

uint64_t engine_guest_write_fuel(const struct engine_instance *instance, uint32_t address,
                                 uint32_t size)
{
    if (size == 0 || instance->memory == NULL ||
        (uint64_t)address + size > instance_bytes(instance))
        return 0;
    return cards_fuel(instance, address, size);
}

/*
 * Take `fuel`; when there is less, what is left goes and the run ends: out of fuel costs exactly
 * the budget.
 */
static bool run_charge(struct run_state *run, uint64_t fuel)
{
    if (run->fuel < fuel) {
        run->fuel = 0;
        return false;
    }
    run->fuel -= fuel;
    return true;
}

enum engine_outcome run_mark_cards(struct run_state *run, uint64_t address, uint64_t size)
{
    if (!run_charge(run, cards_fuel(run->instance, address, size)))
        return ENGINE_OUT_OF_FUEL;
    cards_mark(run->instance, address, size);
    return ENGINE_DONE;
}

/* An empty range is inside up to the very end of memory. */
static bool run_is_inside(const struct run_state *run, uint32_t address, uint32_t size)
{
    return (uint64_t)address + size <= run->memory_bytes;
}

/*
 * What a bulk operator whose ranges are inside pays before it writes: its size, then its pages.  A
 * length that can never fit is a mistake in the guest's code, and the trap says so: not lack of
 * fuel.
 */
static bool run_pay_bulk(struct run_state *run, uint32_t to, uint32_t size)
{
    if (!run_charge(run, ((uint64_t)size + FUEL_BULK_BYTES - 1) / FUEL_BULK_BYTES))
        return false;
    return size == 0 || run_mark_cards(run, to, size) == ENGINE_DONE;
}

enum engine_outcome run_memory_fill(struct run_state *run, uint32_t to, uint32_t byte,
                                    uint32_t size)
{
    if (!run_is_inside(run, to, size))
        return ENGINE_TRAP_MEMORY;
    if (!run_pay_bulk(run, to, size))
        return ENGINE_OUT_OF_FUEL;
    if (size > 0)
        memset(run->instance->memory + to, (int)(byte & 0xff), size);
    return ENGINE_DONE;
}

enum engine_outcome run_memory_copy(struct run_state *run, uint32_t to, uint32_t from,
                                    uint32_t size)
{
    if (!run_is_inside(run, to, size) || !run_is_inside(run, from, size))
        return ENGINE_TRAP_MEMORY;
    if (!run_pay_bulk(run, to, size))
        return ENGINE_OUT_OF_FUEL;
    if (size > 0)
        memmove(run->instance->memory + to, run->instance->memory + from, size);
    return ENGINE_DONE;
}

enum engine_outcome run_memory_grow(struct run_state *run, uint32_t pages, uint64_t *result)
{
    struct engine_instance *instance = run->instance;
    uint32_t now = instance->memory_pages;

    /* Past the maximum that the module declares: the guest sees -1, and no page is paid. */
    *result = UINT32_MAX;
    if (pages > run->code->memory_pages_max - now)
        return ENGINE_DONE;
    /* Paid before the host is asked, and kept if it refuses: else asking would be free. */
    if (!run_charge(run, (uint64_t)pages * FUEL_GROW_PAGE))
        return ENGINE_OUT_OF_FUEL;
    if (pages > 0 && instance->host_grow != NULL &&
        !instance->host_grow(instance->host, now, pages))
        return ENGINE_DONE;
    /* The new bytes are zero already: the caller's memory has room for the maximum (engine.h). */
    instance->memory_pages = now + pages;
    run->memory_bytes = instance_bytes(instance);
    *result = now;
    return ENGINE_DONE;
}

/* ---- calls ---- */

enum engine_outcome run_call_host(struct run_state *run, uint32_t order, uint64_t *cells)
{
    struct engine_instance *instance = run->instance;
    int64_t result = 0;
    bool goes_on;

    /*
     * Charged here for both tiers, and for calls through the table: docs/fuel.md, "entering an
     * imported function".
     */
    if (!run_charge(run, FUEL_HOST))
        return ENGINE_OUT_OF_FUEL;
    /*
     * During the call the fuel is the instance's: orders take their own prices from it
     * (docs/fuel.md).
     */
    instance->fuel = run->fuel;
    goes_on = instance->host_call(instance->host, instance, order, cells, &result);
    INVARIANT(instance->fuel <= run->fuel);
    run->fuel = instance->fuel;
    run->memory_bytes = instance_bytes(instance);
    cells[0] = (uint64_t)result;
    return goes_on ? ENGINE_DONE : ENGINE_STOPPED;
}

/*
 * Begin the activation of a function of the module, whose arguments are in cells[0 ...].  `resume`
 * and `caller_cells` are where its caller goes on.  The budget is checked before anything is
 * changed; docs/fuel.md has its size.
 */
static enum engine_outcome run_enter(struct run_state *run, const struct function *callee,
                                     const union word *resume, uint64_t *caller_cells,
                                     uint64_t *cells)
{
    if (run->depth == LIMIT_CALLS || callee->cells > LIMIT_STACK_CELLS - run->used)
        return ENGINE_TRAP_STACK;
    run->stack->frames[run->depth++] =
        (struct activation){.pc = resume, .cells = caller_cells, .used = run->used};
    run->used += callee->cells;
    /* WebAssembly's locals begin as 0; the operand stack above them needs no clearing. */
    memset(cells + callee->params, 0, (callee->locals - callee->params) * sizeof *cells);
    return ENGINE_DONE;
}

/* The function behind an entry of the table, if it has the type with this id (struct signature). */
static enum engine_outcome run_find_indirect(const struct engine_code *code, uint32_t index,
                                             uint64_t type, const struct function **callee)
{
    if (index >= code->table_count || code->table[index] == TABLE_EMPTY)
        return ENGINE_TRAP_TABLE;
    *callee = &code->functions[code->table[index]];
    return code->types[(*callee)->type].id == type ? ENGINE_DONE : ENGINE_TRAP_SIGNATURE;
}

/* ---- the loop ---- */

#define NEXT goto *labels[pc->op]
/* Where a block may begin: its charge is taken here, unless that ends the run. */
#define NEXT_BLOCK                                                                                 \
    do {                                                                                           \
        if (pc->op == OP_CHARGE && run->fuel >= pc->target) {                                      \
            run->fuel -= pc->target;                                                               \
            pc++;                                                                                  \
        }                                                                                          \
        NEXT;                                                                                      \
    } while (0)
#define BRANCH_WHEN(condition, behind)                                                             \
    do {                                                                                           \
        if (condition) {                                                                           \
            pc = words + pc[(behind)-1].target;                                                    \
            NEXT_BLOCK;                                                                            \
        }                                                                                          \
        pc += (behind);                                                                            \
        NEXT_BLOCK;                                                                                \
    } while (0)
#define END(why)                                                                                   \
    do {                                                                                           \
        outcome = (why);                                                                           \
        goto end;                                                                                  \
    } while (0)
/* Helpers of the loop answer ENGINE_DONE to go on. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        outcome = (call);                                                                          \
        if (outcome != ENGINE_DONE)                                                                \
            goto end;                                                                              \
    } while (0)

/*
 * Run from `pc` until the entry's activation returns or the run ends.  Far over the usual size of a
 * function: one label for each operator is what makes it an interpreter, and each is a few lines.
 */
static enum engine_outcome interpret(struct run_state *run, const union word *pc, uint64_t *fp)
{
    static const void *const labels[OP_COUNT] = {
#define X(name, ...) [OP_##name] = &&do_##name,
        OPS_CONTROL(X) OPS_INTEGER(X) OPS_FLOAT(X) OPS_UNARY(X) OPS_DIVIDE(X) OPS_TRUNCATE(X)
            OPS_LOAD(X) OPS_STORE(X)
#undef X
#define X(name, ...) [OP_##name##_CONST] = &&do_##name##_CONST,
                OPS_INTEGER(X)
#undef X
#define X(name, ...)                                                                               \
    [OP_##name##_BR_IF] = &&do_##name##_BR_IF, [OP_##name##_BR_UNLESS] = &&do_##name##_BR_UNLESS,  \
    [OP_##name##_CONST_BR_IF] = &&do_##name##_CONST_BR_IF,                                         \
    [OP_##name##_CONST_BR_UNLESS] = &&do_##name##_CONST_BR_UNLESS,
                    OPS_COMPARE(X)
#undef X
#define X(name, ...) [OP_ADDRESS_##name] = &&do_ADDRESS_##name,
                        OPS_LOAD(X)
#undef X
#define X(name, ...) [OP_##name] = &&do_##name,
                            OPS_FUSED(X)
#undef X
    };
    const struct engine_code *code = run->code;
    const union word *words = code->words;
    uint8_t *memory = run->instance->memory;
    uint8_t *cards = run->instance->cards;
    uint64_t *globals = run->instance->globals;
    const struct function *callee;
    const union word *resume;
    uint64_t *first;
    enum engine_outcome outcome;

    NEXT;

do_CHARGE:
    if (run->fuel < pc->target) {
        run->fuel = 0;
        END(ENGINE_OUT_OF_FUEL);
    }
    run->fuel -= pc->target;
    pc++;
    NEXT;
do_UNREACHABLE:
    END(ENGINE_TRAP_UNREACHABLE);
do_BR:
    pc = words + pc->target;
    NEXT_BLOCK;
do_BR_IF:
    BRANCH_WHEN(U32(fp[pc->a]) != 0, 1);
do_BR_UNLESS:
    BRANCH_WHEN(U32(fp[pc->a]) == 0, 1);
do_BR_TABLE : {
    uint64_t index = U32(fp[pc->a]);
    const union word *entry = pc + 2 + (index < pc[1].constant ? index : pc[1].constant);

    if (entry->a != EMIT_NO_CELL)
        fp[entry->a] = fp[pc->b];
    pc = words + entry->target;
    NEXT_BLOCK;
}
do_RETURN_VALUE:
    fp[0] = fp[pc->a];
do_RETURN:
    run->depth--;
    run->used = run->stack->frames[run->depth].used;
    fp = run->stack->frames[run->depth].cells;
    pc = run->stack->frames[run->depth].pc;
    if (run->depth == 0)
        return ENGINE_DONE;
    NEXT_BLOCK;
do_CALL:
    callee = &code->functions[pc->target];
    resume = pc + 1;
    goto call;
do_CALL_INDIRECT:
    TRY(run_find_indirect(code, U32(fp[pc->b]), pc[1].constant, &callee));
    resume = pc + 2;
call:
    first = fp + pc->a;
    if (callee->imported) {
        TRY(run_call_host(run, callee->order, first));
        pc = resume;
        NEXT;
    }
    TRY(run_enter(run, callee, resume, fp, first));
    fp = first;
    pc = words + callee->code;
    NEXT_BLOCK;
do_CONST:
    fp[pc->a] = pc[1].constant;
    pc += 2;
    NEXT;
do_COPY:
    fp[pc->a] = fp[pc->b];
    pc++;
    NEXT;
do_SELECT:
    fp[pc->a] = U32(fp[pc[1].a]) != 0 ? fp[pc->b] : fp[pc->c];
    pc += 2;
    NEXT;
do_GLOBAL_GET:
    fp[pc->a] = globals[pc[1].constant];
    pc += 2;
    NEXT;
do_GLOBAL_SET:
    globals[pc->target] = fp[pc->a];
    pc++;
    NEXT;
do_MEMORY_SIZE:
    fp[pc->a] = run->instance->memory_pages;
    pc++;
    NEXT;
do_MEMORY_GROW:
    TRY(run_memory_grow(run, U32(fp[pc->b]), &fp[pc->a]));
    pc++;
    NEXT;
do_MEMORY_COPY:
    TRY(run_memory_copy(run, U32(fp[pc->a]), U32(fp[pc->b]), U32(fp[pc->c])));
    pc++;
    NEXT;
do_MEMORY_FILL:
    TRY(run_memory_fill(run, U32(fp[pc->a]), U32(fp[pc->b]), U32(fp[pc->c])));
    pc++;
    NEXT;

#define X(name, opcode, in, out, price, expression)                                                \
    do_##name:                                                                                     \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = fp[pc->c];                                                              \
        fp[pc->a] = (expression);                                                                  \
        pc++;                                                                                      \
        NEXT;                                                                                      \
    }
    OPS_INTEGER(X)
    OPS_FLOAT(X)
#undef X

#define X(name, opcode, in, out, price, expression)                                                \
    do_##name##_CONST:                                                                             \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = pc[1].constant;                                                         \
        fp[pc->a] = (expression);                                                                  \
        pc += 2;                                                                                   \
        NEXT;                                                                                      \
    }
    OPS_INTEGER(X)
#undef X

#define X(name, opcode, in, out, price, expression)                                                \
    do_##name:                                                                                     \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        fp[pc->a] = (expression);                                                                  \
        pc++;                                                                                      \
        NEXT;                                                                                      \
    }
    OPS_UNARY(X)
#undef X

#define X(name, opcode, in, out, price, expression, overflow)                                      \
    do_##name:                                                                                     \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = fp[pc->c];                                                              \
        if (b == 0)                                                                                \
            END(ENGINE_TRAP_DIVIDE_BY_ZERO);                                                       \
        if (overflow)                                                                              \
            END(ENGINE_TRAP_INTEGER_OVERFLOW);                                                     \
        fp[pc->a] = (expression);                                                                  \
        pc++;                                                                                      \
        NEXT;                                                                                      \
    }
    OPS_DIVIDE(X)
#undef X

#define X(name, opcode, in, out, price, expression, fits)                                          \
    do_##name:                                                                                     \
    {                                                                                              \
        const double x = (double)in(fp[pc->b]);                                                    \
        if (__builtin_isnan(x))                                                                    \
            END(ENGINE_TRAP_BAD_CONVERSION);                                                       \
        if (!(fits))                                                                               \
            END(ENGINE_TRAP_INTEGER_OVERFLOW);                                                     \
        fp[pc->a] = (expression);                                                                  \
        pc++;                                                                                      \
        NEXT;                                                                                      \
    }
    OPS_TRUNCATE(X)
#undef X

#define X(name, opcode, out, bytes, expression)                                                    \
    do_##name:                                                                                     \
    {                                                                                              \
        const uint64_t address = U32(fp[pc->b]) + pc[1].constant;                                  \
        uint64_t raw = 0;                                                                          \
        if (address + (bytes) > run->memory_bytes)                                                 \
            END(ENGINE_TRAP_MEMORY);                                                               \
        memcpy(&raw, memory + address, bytes);                                                     \
        fp[pc->a] = (expression);                                                                  \
        pc += 2;                                                                                   \
        NEXT;                                                                                      \
    }
    OPS_LOAD(X)
#undef X

    /* A store crosses at most one border between cards, so its ends say it all. */
#define X(name, opcode, in, bytes)                                                                 \
    do_##name:                                                                                     \
    {                                                                                              \
        const uint64_t address = U32(fp[pc->a]) + pc[1].constant;                                  \
        if (address + (bytes) > run->memory_bytes)                                                 \
            END(ENGINE_TRAP_MEMORY);                                                               \
        if ((cards[address / ENGINE_CARD_BYTES] &                                                  \
             cards[(address + (bytes)-1) / ENGINE_CARD_BYTES]) == 0 &&                             \
            run_mark_cards(run, address, bytes) != ENGINE_DONE)                                    \
            END(ENGINE_OUT_OF_FUEL);                                                               \
        memcpy(memory + address, &fp[pc->b], bytes);                                               \
        pc += 2;                                                                                   \
        NEXT;                                                                                      \
    }
    OPS_STORE(X)
#undef X

    /* ---- fused words: as their parts, one after the other ---- */

#define X(name, opcode, in, out, price, expression)                                                \
    do_##name##_BR_IF:                                                                             \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = fp[pc->c];                                                              \
        BRANCH_WHEN((fp[pc->a] = (expression)) != 0, 2);                                           \
    }                                                                                              \
    do_##name##_BR_UNLESS:                                                                         \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = fp[pc->c];                                                              \
        BRANCH_WHEN((fp[pc->a] = (expression)) == 0, 2);                                           \
    }                                                                                              \
    do_##name##_CONST_BR_IF:                                                                       \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = pc[1].constant;                                                         \
        BRANCH_WHEN((fp[pc->a] = (expression)) != 0, 3);                                           \
    }                                                                                              \
    do_##name##_CONST_BR_UNLESS:                                                                   \
    {                                                                                              \
        const uint64_t a = fp[pc->b];                                                              \
        const uint64_t b = pc[1].constant;                                                         \
        BRANCH_WHEN((fp[pc->a] = (expression)) == 0, 3);                                           \
    }
    OPS_COMPARE(X)
#undef X
do_I32_EQZ_BR_IF:
    BRANCH_WHEN((fp[pc->a] = U32(fp[pc->b]) == 0) != 0, 2);
do_I32_EQZ_BR_UNLESS:
    BRANCH_WHEN((fp[pc->a] = U32(fp[pc->b]) == 0) == 0, 2);

#define X(name, opcode, out, bytes, expression)                                                    \
    do_ADDRESS_##name:                                                                             \
    {                                                                                              \
        const uint64_t sum = R32(U32(fp[pc->b]) + U32(pc[1].constant));                            \
        const uint64_t address = sum + pc[3].constant;                                             \
        uint64_t raw = 0;                                                                          \
        fp[pc->a] = sum;                                                                           \
        pc += 2;                                                                                   \
        if (address + (bytes) > run->memory_bytes)                                                 \
            END(ENGINE_TRAP_MEMORY);                                                               \
        memcpy(&raw, memory + address, bytes);                                                     \
        fp[pc->a] = (expression);                                                                  \
        pc += 2;                                                                                   \
        NEXT;                                                                                      \
    }
    OPS_LOAD(X)
#undef X

    /* Each result is rounded, and its NaN made the one, before the next word takes it. */
#define THEN_F64_ADD(expression)                                                                   \
    do {                                                                                           \
        const uint64_t value = RF64(expression);                                                   \
        fp[pc->a] = value;                                                                         \
        fp[pc[1].a] = RF64(F64(fp[pc[1].b]) + F64(value));                                         \
        pc += 2;                                                                                   \
        NEXT;                                                                                      \
    } while (0)
do_F64_ADD_F64_ADD:
    THEN_F64_ADD(F64(fp[pc->b]) + F64(fp[pc->c]));
do_F64_MUL_F64_ADD:
    THEN_F64_ADD(F64(fp[pc->b]) * F64(fp[pc->c]));
do_ADDRESS_F64_LOAD_F64_MUL:
    fp[pc->a] = R32(U32(fp[pc->b]) + U32(pc[1].constant));
    pc += 2;
do_F64_LOAD_F64_MUL : {
    const uint64_t address = U32(fp[pc->b]) + pc[1].constant;
    uint64_t value;
    if (address + sizeof value > run->memory_bytes)
        END(ENGINE_TRAP_MEMORY);
    memcpy(&value, memory + address, sizeof value);
    fp[pc->a] = value;
    fp[pc[2].a] = RF64(F64(fp[pc[2].b]) * F64(value));
    pc += 3;
    NEXT;
}

end:
    run_note_word(run, (uint32_t)(pc - words));
    return outcome;
}

enum engine_outcome run_interpret(struct engine_instance *instance, struct engine_stack *stack,
                                  uint32_t function, const uint64_t *args, uint64_t *result)
{
    const struct engine_code *code = instance->code;
    const struct function *entry = &code->functions[function];
    const struct signature *type = &code->types[entry->type];
    struct run_state run = {.instance = instance,
                            .code = code,
                            .stack = stack,
                            .memory_bytes = instance_bytes(instance),
                            .fuel = instance->fuel};
    enum engine_outcome outcome;

    /* Raw arguments may have anything above an i32; the words rely on zero there (numeric.h). */
    for (uint32_t i = 0; i < entry->params; i++)
        stack->cells[i] = type->params[i] == TYPE_I32 ? U32(args[i]) : args[i];
    outcome = run_enter(&run, entry, NULL, stack->cells, stack->cells);
    INVARIANT(outcome == ENGINE_DONE); /* one activation always fits: see limits.h */
    outcome = interpret(&run, code->words + entry->code, stack->cells);
    instance->fuel = run.fuel;
    *result = outcome == ENGINE_DONE && type->result != TYPE_NONE ? stack->cells[0] : 0;
    return outcome;
}

_Static_assert(LIMIT_LOCALS + LIMIT_OPERANDS <= LIMIT_STACK_CELLS, "one activation fits");
_Static_assert(LIMIT_LOCALS + LIMIT_OPERANDS < EMIT_NO_CELL, "a cell has a 16-bit number");
