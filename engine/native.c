/*
 * Tier 1: objects are mapped and checked, and functions of theirs run.  The text that they were
 * made of is native_emit.c's and native_module.c's; see native.h.
 */
#define _GNU_SOURCE /* pthread_getattr_np() */
#include "engine/native.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/native_elf.h"
#include "engine/native_text.h"
#include "engine/run.h"

struct engine_native {
    void *handle;
    const struct engine_code *code;
    const struct native_object *object;
    bool grows; /* else the object knows the size of memory */
    uint64_t (**entries)(struct native_context *c, uint64_t fuel, uint32_t room,
                         const uint64_t *args, uint64_t *result); /* by function; NULL: none */
};

/* ---- objects ---- */

/*
 * Take an object's entries once its stamp shows that it was made of this code by this engine:
 * before that, nothing in it is believed.
 */
static enum status native_check_object(const struct engine_native *native, struct fault *fault)
{
    const struct native_object *object = native->object;
    char stamp[65];

    native_stamp(native->code, stamp);
    if (memcmp(object->stamp, stamp, sizeof object->stamp) != 0)
        return fault_set(fault, ST_INVALID,
                         "the object was made for other code, or by another "
                         "engine");
    for (uint64_t i = 0; i < object->entries_count; i++)
        native->entries[object->entries[i].function] = object->entries[i].call;
    return ST_OK;
}

enum status native_load_symbol(struct engine_native **native, const struct engine_code *code,
                               const char *path, const char *symbol, struct fault *fault)
{
    struct engine_native *made = calloc(1, sizeof *made);
    enum status status = ST_NOMEM;

    *native = NULL;
    if (made != NULL)
        made->entries = calloc((size_t)code->functions_count + 1, sizeof *made->entries);
    if (made == NULL || made->entries == NULL) {
        status = fault_set(fault, ST_NOMEM, "no memory to load %s", path);
        goto out;
    }
    /* Before it is mapped: dlopen() would run what an object asks it to run. */
    status = native_elf_check(path, fault);
    if (status != ST_OK)
        goto out;
    made->code = code;
    /* The text has the size of memory as a constant, unless some word can grow it. */
    made->grows = native_grows(code);
    made->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (made->handle == NULL) {
        status = fault_set(fault, ST_IO, "cannot load an object: %s", dlerror());
        goto out;
    }
    /* The one symbol that an object shows. */
    made->object = dlsym(made->handle, symbol);
    if (made->object == NULL) {
        status = fault_set(fault, ST_INVALID, "%s is no object of this engine", path);
        goto out;
    }
    status = native_check_object(made, fault);
out:
    if (status != ST_OK) {
        engine_native_free(made);
        return status;
    }
    *native = made;
    return ST_OK;
}

enum status engine_native_load(struct engine_native **native, const struct engine_code *code,
                               const char *path, struct fault *fault)
{
    return native_load_symbol(native, code, path, NATIVE_SYMBOL, fault);
}

void engine_native_free(struct engine_native *native)
{
    if (native == NULL)
        return;
    if (native->handle != NULL)
        (void)dlclose(native->handle); /* what fails here leaves it mapped, and that is all */
    free(native->entries);
    free(native);
}

void engine_code_use_native(struct engine_code *code, const struct engine_native *native)
{
    INVARIANT(native == NULL || native->code == code);
    code->native = native;
}

/* ---- the native stack ---- */

/*
 * A guest's calls are calls of the machine here.  At most LIMIT_CALLS of them are open, and an
 * object whose frames are larger than 2,048 bytes does not compile; besides its frame a call takes
 * saved registers, its return address and arguments that no register holds.  So this is enough,
 * and on a thread that has less left code runs in tier 0: same results, only slower.
 */
enum {
    FRAME_BYTES = 2048,
    FRAME_BESIDE_BYTES = 64 + LIMIT_PARAMS * 8,
    HOST_STACK_BYTES = 512 * 1024, /* what orders take, generously */
    NATIVE_STACK_BYTES = LIMIT_CALLS * (FRAME_BYTES + FRAME_BESIDE_BYTES) + HOST_STACK_BYTES,
};

/* The stack of this thread, found when it first runs tier 1. */
static _Thread_local uintptr_t stack_low;
static _Thread_local uintptr_t stack_high;

/*
 * Find this thread's stack.  Where the system cannot say, both ends stay as they were, 0 at first,
 * and no stack suffices.
 */
static void native_find_stack(void)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
            stack_low = (uintptr_t)low;
            stack_high = stack_low + size;
        }
        (void)pthread_attr_destroy(&attributes); /* it was filled in above */
    }
}

/*
 * Whether what is left of this thread's stack holds the deepest run.  Outside of what was found
 * this is a thread that asks for the first time.
 */
static bool native_stack_suffices(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (here - stack_low >= stack_high - stack_low)
        native_find_stack();
    return here - stack_low < stack_high - stack_low && here - stack_low >= NATIVE_STACK_BYTES;
}

/* Cheap things first: most modules never have an object. */
bool native_has(const struct engine_instance *instance, uint32_t function)
{
    const struct engine_native *native = instance->code->native;

    return native != NULL && native->entries[function] != NULL &&
           (native->grows || instance->memory_pages == native->code->memory_pages) &&
           native_stack_suffices();
}

/* ---- a run ---- */

/*
 * The way back of a trap.  The C library's setjmp() enciphers what it keeps and costs 4 ns, a third
 * of an empty turn; the compiler's own keeps three words.  Sanitizers know only the library's.
 */
#if defined(__x86_64__) && !defined(SERAI_SANITIZED)
typedef void *home_buf[5];
#define HOME_SET(home) __builtin_setjmp(home)
#define HOME_GO(home) __builtin_longjmp(home, 1)
#else
typedef jmp_buf home_buf;
#define HOME_SET(home) setjmp(home)
#define HOME_GO(home) longjmp(home, 1)
#endif

struct native_state {
    struct native_context shared; /* first: the object knows only this */
    struct run_state run;
    enum engine_outcome outcome;
    home_buf home;
};

static struct native_state *native_state_of(struct native_context *c)
{
    return (struct native_state *)(void *)c;
}

/* End the run from any depth of native calls: their frames hold nothing that must be freed. */
_Noreturn static void native_stop(struct native_context *c, uint64_t fuel, uint32_t outcome,
                                  uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    state->outcome = (enum engine_outcome)outcome;
    run_note(state->run.stack, function, offset);
    HOME_GO(state->home);
}

static void native_on_trap(struct native_context *c, uint64_t fuel, uint32_t outcome,
                           uint32_t function, uint32_t offset)
{
    native_stop(c, fuel, outcome, function, offset);
}

/* After a helper: its fuel and the size of memory, or the end of the run. */
static uint64_t native_answer(struct native_context *c, enum engine_outcome outcome,
                              uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    c->bytes = state->run.memory_bytes;
    if (outcome != ENGINE_DONE)
        native_stop(c, state->run.fuel, outcome, function, offset);
    return state->run.fuel;
}

/*
 * The five below are the object's way to the helpers that tier 0 calls directly, in run.h: both
 * tiers charge and trap by the same code.  Fuel is passed as a value, so that it lives in a
 * register between calls.
 */
static uint64_t native_on_host(struct native_context *c, uint64_t fuel, uint32_t order,
                               uint64_t *args, uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    return native_answer(c, run_call_host(&state->run, order, args), function, offset);
}

static uint64_t native_on_mark(struct native_context *c, uint64_t fuel, uint64_t address,
                               uint64_t size, uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    return native_answer(c, run_mark_cards(&state->run, address, size), function, offset);
}

static uint64_t native_on_fill(struct native_context *c, uint64_t fuel, uint64_t *args,
                               uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    return native_answer(
        c, run_memory_fill(&state->run, (uint32_t)args[0], (uint32_t)args[1], (uint32_t)args[2]),
        function, offset);
}

static uint64_t native_on_copy(struct native_context *c, uint64_t fuel, uint64_t *args,
                               uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    return native_answer(
        c, run_memory_copy(&state->run, (uint32_t)args[0], (uint32_t)args[1], (uint32_t)args[2]),
        function, offset);
}

static uint64_t native_on_grow(struct native_context *c, uint64_t fuel, uint64_t *args,
                               uint32_t function, uint32_t offset)
{
    struct native_state *state = native_state_of(c);

    state->run.fuel = fuel;
    return native_answer(c, run_memory_grow(&state->run, (uint32_t)args[0], args), function,
                         offset);
}

enum engine_outcome native_run(struct engine_instance *instance, struct engine_stack *stack,
                               uint32_t function, const uint64_t *args, uint64_t *result)
{
    const struct engine_code *code = instance->code;
    const struct function *entry = &code->functions[function];
    uint64_t bytes = (uint64_t)instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
    struct native_state state;
    uint64_t given = 0;

    /* Memory never shrinks: the text leaves out checks that rely on it (native_module.c). */
    INVARIANT(instance->memory_pages >= code->memory_pages);
    state.shared = (struct native_context){.memory = instance->memory,
                                           .bytes = bytes,
                                           .cards = instance->cards,
                                           .globals = instance->globals,
                                           .trap = native_on_trap,
                                           .host = native_on_host,
                                           .mark = native_on_mark,
                                           .fill = native_on_fill,
                                           .copy = native_on_copy,
                                           .grow = native_on_grow};
    state.run = (struct run_state){
        .instance = instance, .code = code, .stack = stack, .memory_bytes = bytes};
    state.outcome = ENGINE_DONE;
    /*
     * Returns a second time when native_stop() ends the run; then the fuel is what that one noted.
     */
    if (HOME_SET(state.home) == 0)
        state.run.fuel = code->native->entries[function](
            &state.shared, instance->fuel,
            NATIVE_ROOM(LIMIT_CALLS - 1, LIMIT_STACK_CELLS - entry->cells), args, &given);
    instance->fuel = state.run.fuel;
    /* Only now: the caller may have the arguments where it wants the result. */
    *result = state.outcome == ENGINE_DONE ? given : 0;
    return state.outcome;
}
