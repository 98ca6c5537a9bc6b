/* Damaged modules: refused, or run within their bounds and the same each time. */
#include <stdlib.h>
#include <string.h>

#include "engine/code.h"
#include "tests/check_main.h"
#include "tests/engine/guest.h"

enum { ROUNDS = 1500, FUEL = 20000 };

/* A digest of all that a run may change. */
static uint64_t digest_of(const struct guest *guest)
{
    uint64_t digest = guest->instance.memory_pages;
    size_t bytes = (size_t)guest->instance.memory_pages * ENGINE_WASM_PAGE_BYTES;
    uint32_t globals = engine_code_globals(guest->code);

    for (size_t i = 0; i < bytes; i++)
        digest = (digest ^ guest->instance.memory[i]) * 1099511628211u;
    for (uint32_t i = 0; i < globals; i++)
        digest = (digest ^ guest->instance.globals[i]) * 1099511628211u;
    return digest;
}

/* A card must be marked wherever memory differs from the first image. */
static void check_cards(const struct guest *guest)
{
    uint8_t image[ENGINE_CARD_BYTES];
    uint32_t first = engine_code_memory_pages(guest->code) * ENGINE_WASM_PAGE_BYTES;

    for (uint32_t card = 0; card < guest->instance.memory_pages * 16; card++) {
        uint32_t at = card * ENGINE_CARD_BYTES;

        memset(image, 0, sizeof image);
        if (at < first)
            engine_code_initial_memory(guest->code, at, sizeof image, image);
        if (memcmp(image, guest->instance.memory + at, sizeof image) != 0)
            ck_assert_uint_eq(guest->instance.cards[card], 1);
    }
}

static void run_all(struct guest *guest, struct rng *rng)
{
    uint32_t count = guest->code->functions_count;
    uint64_t args[LIMIT_PARAMS];
    uint64_t result[2];
    uint64_t fuel[2];
    uint64_t digest[2];
    enum engine_outcome outcome[2];

    for (uint32_t function = guest->code->imports_count; function < count; function++) {
        for (uint32_t i = 0; i < LIMIT_PARAMS; i++)
            args[i] = rng_edgy(rng);
        for (int turn = 0; turn < 2; turn++) {
            guest_reset(guest);
            guest->instance.fuel = FUEL;
            outcome[turn] =
                engine_run(&guest->instance, guest->stack, function, args, &result[turn]);
            fuel[turn] = guest->instance.fuel;
            digest[turn] = turn == 0 || function % 8 == 0 ? digest_of(guest) : digest[0];
        }
        ck_assert_int_eq(outcome[0], outcome[1]);
        ck_assert_uint_eq(result[0], result[1]);
        ck_assert_uint_eq(fuel[0], fuel[1]);
        ck_assert_uint_eq(digest[0], digest[1]);
        ck_assert_uint_le(fuel[0], FUEL);
        ck_assert(outcome[0] != ENGINE_OUT_OF_FUEL || fuel[0] == 0);
        check_cards(guest);
    }
}

static void damage(struct rng *rng, uint8_t *bytes, size_t size)
{
    uint64_t changes = 1 + rng_below(rng, 4);

    for (uint64_t i = 0; i < changes; i++) {
        size_t at = (size_t)rng_below(rng, size);

        switch (rng_below(rng, 3)) {
        case 0:
            bytes[at] = (uint8_t)rng_u64(rng);
            break;
        case 1:
            bytes[at] = (uint8_t)(bytes[at] ^ 1U << rng_below(rng, 8));
            break;
        default:
            bytes[at] = bytes[rng_below(rng, size)];
            break;
        }
    }
}

START_TEST(a_damaged_module_is_refused_or_keeps_its_bounds)
{
    static const char *const files[] = {"semantics.wasm", "kernels.wasm"};
    struct rng rng = rng_for_test();
    size_t size;
    uint8_t *bytes = guest_read_file(files[_i], &size);
    uint32_t accepted = 0;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct engine_code *code = NULL;
        struct fault fault = {.status = ST_OK};
        uint8_t *copy = malloc(size);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, size);
        damage(&rng, copy, size);
        if (engine_code_new(&code, copy, size, &guest_imports, &fault) != ST_OK) {
            ck_assert_int_eq(fault.status, ST_INVALID);
            ck_assert_uint_gt(strlen(fault.text), 0);
        } else {
            accepted++;
            engine_code_free(code);
            /* Large memories make a round slow, not different. */
            if (accepted % 16 == 0) {
                struct guest *guest = guest_new(copy, size);

                run_all(guest, &rng);
                guest_free(guest);
            }
        }
        free(copy);
    }
    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, ROUNDS);
    free(bytes);
}
END_TEST

START_TEST(noise_after_a_header_is_refused)
{
    struct rng rng = rng_for_test();
    uint8_t bytes[256] = {0, 'a', 's', 'm', 1, 0, 0, 0};

    for (uint32_t round = 0; round < 20000; round++) {
        struct engine_code *code = NULL;
        struct fault fault;
        size_t size = 9 + (size_t)rng_below(&rng, sizeof bytes - 9);

        rng_fill(&rng, bytes + 8, sizeof bytes - 8);
        bytes[8] = (uint8_t)rng_below(&rng, 13);
        if (engine_code_new(&code, bytes, size, &guest_imports, &fault) == ST_OK)
            engine_code_free(code);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine mutation");
    TCase *tcase = tcase_create("mutation");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_damaged_module_is_refused_or_keeps_its_bounds, 0, 2);
    tcase_add_test(tcase, noise_after_a_header_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
