/* The n-th allocation fails, for each n: ST_NOMEM, nothing made, nothing leaked. */
#include <stdlib.h>

#include "tests/check_main.h"
#include "tests/engine/guest.h"

/* The linker sends the engine's calls here (--wrap). */
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool failing;
static uint32_t until_failure;
static uint32_t failed;

static bool fails_now(void)
{
    if (!failing)
        return false;
    if (until_failure > 0) {
        until_failure--;
        return false;
    }
    failed++;
    return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

START_TEST(each_failing_allocation_is_reported)
{
    static const char *const files[] = {"semantics.wasm", "kernels.wasm"};
    size_t size;
    uint8_t *bytes = guest_read_file(files[_i], &size);
    uint32_t reported = 0;
    uint32_t allocations = 0;

    do {
        struct engine_code *code = NULL;
        struct fault fault = {.status = ST_OK};
        enum status status;

        failing = true;
        until_failure = allocations;
        failed = 0;
        status = engine_code_new(&code, bytes, size, &guest_imports, &fault);
        failing = false;
        allocations++;
        if (status == ST_OK) {
            /* None failed, or only the two that give memory back. */
            engine_code_free(code);
            continue;
        }
        ck_assert_int_eq(status, ST_NOMEM);
        ck_assert_int_eq(fault.status, ST_NOMEM);
        ck_assert_ptr_null(code);
        reported++;
    } while (failed > 0 && allocations < 1000);
    ck_assert_uint_gt(reported, 8);
    ck_assert_uint_lt(allocations, 1000);
    free(bytes);
}
END_TEST

START_TEST(a_stack_that_cannot_be_had_is_reported)
{
    struct engine_stack *stack;

    failing = true;
    until_failure = 0;
    ck_assert_int_eq(engine_stack_new(&stack), ST_NOMEM);
    failing = false;
    ck_assert_ptr_null(stack);
    engine_stack_free(NULL);
    engine_code_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_loop_test(tcase, each_failing_allocation_is_reported, 0, 2);
    tcase_add_test(tcase, a_stack_that_cannot_be_had_is_reported);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
