/* Real programs: the engine against the machine, and against node when it is there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/engine/guest.h"
#include "tests/engine/kernels.h"

static const struct kernel {
    const char *name;
    unsigned long long (*native)(unsigned int n);
    uint32_t size;
} kernels[] = {
    {"kernel_sha", kernel_sha, 200},
    {"kernel_sort", kernel_sort, 4096},
    {"kernel_fib", kernel_fib, 20},
    {"kernel_matrix", kernel_matrix, 10},
    {"kernel_indirect", kernel_indirect, 20000},
    {"kernel_bytes", kernel_bytes, 10},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static uint64_t run_kernel(struct guest *guest, const struct kernel *kernel, uint32_t size)
{
    return guest_call(guest, kernel->name, "i", 'l', size, 0);
}

START_TEST(kernels_compute_what_the_machine_computes)
{
    const struct kernel *kernel = &kernels[_i];
    static const uint32_t sizes[] = {0, 1, 2, 7};
    struct guest *guest = guest_open("kernels.wasm");

    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(run_kernel(guest, kernel, sizes[i]), kernel->native(sizes[i]));
    ck_assert_uint_eq(run_kernel(guest, kernel, kernel->size), kernel->native(kernel->size));
    guest_free(guest);
}
END_TEST

START_TEST(a_kernel_costs_the_same_each_time)
{
    const struct kernel *kernel = &kernels[_i];
    struct guest *guest = guest_open("kernels.wasm");
    uint64_t used;

    (void)run_kernel(guest, kernel, kernel->size);
    used = guest->used;
    guest_reset(guest);
    (void)run_kernel(guest, kernel, kernel->size);
    ck_assert_uint_eq(guest->used, used);
    guest_free(guest);
}
END_TEST

/* Compare the card table with what really differs from the first image. */
START_TEST(every_changed_page_has_its_card)
{
    struct guest *guest = guest_open("kernels.wasm");
    uint32_t bytes = guest->instance.memory_pages * ENGINE_WASM_PAGE_BYTES;
    uint8_t *before = malloc(bytes);

    ck_assert_ptr_nonnull(before);
    memcpy(before, guest->instance.memory, bytes);
    (void)run_kernel(guest, &kernels[_i], kernels[_i].size);
    for (uint32_t at = 0; at < bytes; at += ENGINE_CARD_BYTES)
        if (memcmp(before + at, guest->instance.memory + at, ENGINE_CARD_BYTES) != 0)
            ck_assert_uint_eq(guest->instance.cards[at / ENGINE_CARD_BYTES], 1);
    free(before);
    guest_free(guest);
}
END_TEST

START_TEST(node_agrees_on_every_kernel)
{
    char command[8192];
    char line[256];
    FILE *node;
    struct guest *guest;

    if (system("node --version > /dev/null 2>&1") != 0) {
        printf("SKIPPED: node is not installed, no second engine to compare with\n");
        return;
    }
    guest = guest_open("kernels.wasm");
    for (uint32_t i = 0; i < KERNELS; i++) {
        (void)snprintf(command, sizeof command,
                       "node -e \"const b=require('fs').readFileSync('%s/kernels.wasm');"
                       "WebAssembly.instantiate(b,{}).then(m=>console.log(BigInt.asUintN(64,"
                       "m.instance.exports.%s(%u)).toString()))\"",
                       ENGINE_TEST_MODULES, kernels[i].name, kernels[i].size);
        node = popen(command, "r");
        ck_assert_ptr_nonnull(node);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, node));
        ck_assert_int_eq(pclose(node), 0);
        ck_assert_uint_eq(strtoull(line, NULL, 10),
                          run_kernel(guest, &kernels[i], kernels[i].size));
    }
    guest_free(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine kernels");
    TCase *tcase = tcase_create("kernels");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, kernels_compute_what_the_machine_computes, 0, KERNELS);
    tcase_add_loop_test(tcase, a_kernel_costs_the_same_each_time, 0, KERNELS);
    tcase_add_loop_test(tcase, every_changed_page_has_its_card, 0, KERNELS);
    tcase_add_test(tcase, node_agrees_on_every_kernel);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
