/*
 * The wrapped allocator, and the stop on a bug that is none while memory runs out.  One guarded
 * call at a time, in a process of one thread.
 */
#include "sim/memory.h"

#include <setjmp.h>
#include <stdlib.h>

#include "base/status.h"

static struct {
    bool guarded;
    bool counts;
    bool once;
    uint64_t left; /* until one fails */
    uint64_t refused;
    jmp_buf stop;
} memory;

/*
 * Whether the allocation at hand fails: the one that was chosen, and those after it unless only
 * once.
 */
static bool memory_refuses(void)
{
    if (!memory.guarded || !memory.counts)
        return false;
    if (memory.left > 0) {
        memory.left--;
        return false;
    }
    if (memory.once && memory.refused > 0)
        return false;
    memory.refused++;
    return true;
}

/* The names are the linker's: --wrap=malloc makes them of malloc. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
_Noreturn void __real_invariant_failed(const char *condition, const char *file, int line);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
_Noreturn void __wrap_invariant_failed(const char *condition, const char *file, int line);

void *__wrap_malloc(size_t size)
{
    return memory_refuses() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_refuses() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_refuses() ? NULL : __real_realloc(old, size);
}

_Noreturn void __wrap_invariant_failed(const char *condition, const char *file, int line)
{
    /* A broken invariant without a failed allocation is a bug: the process ends as ever. */
    if (!memory.guarded || memory.refused == 0)
        __real_invariant_failed(condition, file, line);
    memory.guarded = false;
    longjmp(memory.stop, 1);
}

struct memory_outcome memory_guard(uint64_t from, bool once, void (*call)(void *context),
                                   void *context)
{
    INVARIANT(!memory.guarded);
    memory.guarded = true;
    memory.counts = true;
    memory.once = once;
    memory.left = from;
    memory.refused = 0;
    /* Here again after an invariant: what the call had open stays open, and its memory is lost. */
    if (setjmp(memory.stop) != 0)
        return (struct memory_outcome){.stopped = true, .refused = memory.refused};
    call(context);
    memory.guarded = false;
    return (struct memory_outcome){.refused = memory.refused, .asked = from - memory.left};
}

void memory_count(bool on)
{
    memory.counts = on;
}
