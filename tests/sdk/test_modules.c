/* The engine takes every module that this tree builds, and finds the one entry in it. */
#include "engine/engine.h"
#include "sdk/abi.h"
#include "sdk/loader/loader_wasm.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <string.h>

#define IMPORT(number, name, params, kind, prototype) {#name, params},
static const struct engine_import import_items[] = {SERAI_ORDERS(IMPORT)};
static const struct engine_imports imports = {
    .module = "serai",
    .items = import_items,
    .count = SERAI_ORDER_COUNT,
};

static char **paths;
static int path_count;

static void assert_taken(const char *name, const uint8_t *bytes, size_t size)
{
    struct engine_code *code = NULL;
    struct fault fault = {0};
    uint32_t entry = 0;
    enum status status = engine_code_new(&code, bytes, size, &imports, &fault);

    ck_assert_msg(status == ST_OK, "%s: %s", name, fault.text);
    status = engine_code_export(code, "serai_turn", "iii", 0, &entry, &fault);
    ck_assert_msg(status == ST_OK, "%s: %s", name, fault.text);
    ck_assert_uint_ge(engine_code_memory_pages(code), 1);
    engine_code_free(code);
}

START_TEST(the_engine_takes_each_module)
{
    static uint8_t bytes[ENGINE_MODULE_BYTES_MAX];
    FILE *file = fopen(paths[_i], "rb");
    size_t size;

    ck_assert_msg(file != NULL, "cannot open %s", paths[_i]);
    size = fread(bytes, 1, sizeof bytes, file);
    ck_assert(size > 0);
    (void)fclose(file); /* only read */
    assert_taken(paths[_i], bytes, size);
}
END_TEST

START_TEST(the_engine_takes_the_embedded_loader)
{
    assert_taken("loader_wasm", loader_wasm, loader_wasm_size);
}
END_TEST

START_TEST(orders_are_numbered_without_a_gap)
{
    int next = 0;

#define COUNT(number, name, params, kind, prototype) ck_assert_int_eq(number, next++);
    SERAI_ORDERS(COUNT)
#undef COUNT
    ck_assert_int_eq(next, SERAI_ORDER_COUNT);
    ck_assert_uint_eq(sizeof(struct serai_event), 88);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("modules");
    TCase *tcase = tcase_create("modules");

    paths = argv + 1;
    path_count = argc - 1;
    tcase_add_loop_test(tcase, the_engine_takes_each_module, 0, path_count);
    tcase_add_test(tcase, the_engine_takes_the_embedded_loader);
    tcase_add_test(tcase, orders_are_numbered_without_a_gap);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
