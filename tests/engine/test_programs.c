/* Random valid programs, full of branches and of locals that change while pushed: node agrees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

enum { PROGRAMS = 400, INPUTS = 4, VARIABLES = 6, COUNTERS = 3, DEPTH = 5 };

struct writer {
    struct bytes out;
    struct rng rng;
    uint32_t loops; /* open ones: each has a counter of its own, so every program ends */
};

static void put_expression(struct writer *to, uint32_t depth);
static void put_statements(struct writer *to, uint32_t depth);

static void put(struct writer *to, uint8_t a, uint8_t b)
{
    put_byte(&to->out, a);
    put_byte(&to->out, b);
}

static uint8_t variable(struct writer *to)
{
    return (uint8_t)rng_below(&to->rng, VARIABLES);
}

static void put_condition(struct writer *to, uint32_t depth)
{
    put_expression(to, depth);
    put(to, 0x42, 1);
    put(to, 0x83, 0xa7); /* and 1, wrap */
}

static void put_leaf(struct writer *to)
{
    if (rng_coin(&to->rng)) {
        put(to, 0x20, variable(to));
    } else {
        put_byte(&to->out, 0x42);
        put_s64(&to->out, (int64_t)rng_edgy(&to->rng));
    }
}

/* Two or three ways out of nested blocks, each with the value on top. */
static void put_switch(struct writer *to, uint32_t depth)
{
    put(to, 0x02, 0x7e);
    put_expression(to, depth);
    put(to, 0x02, 0x7e);
    put_expression(to, depth);
    put_expression(to, depth);
    put(to, 0xa7, 0x0e);
    put(to, 1, 0);
    put_byte(&to->out, 1);
    put(to, 0x0b, 0x7c); /* end, add */
    put_byte(&to->out, 0x0b);
}

static void put_expression(struct writer *to, uint32_t depth)
{
    static const uint8_t binary[] = {0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89};

    if (depth == 0) {
        put_leaf(to);
        return;
    }
    depth--;
    switch (rng_below(&to->rng, 9)) {
    case 0:
        put_leaf(to);
        return;
    case 1:
    case 2:
        put_expression(to, depth);
        put_expression(to, depth);
        put_byte(&to->out, binary[rng_below(&to->rng, sizeof binary)]);
        return;
    case 3:
        put_expression(to, depth);
        put(to, 0x22, variable(to)); /* tee */
        return;
    case 4:
        put_expression(to, depth);
        put_expression(to, depth);
        put_condition(to, depth);
        put_byte(&to->out, 0x1b); /* select */
        return;
    case 5:
        /* A value that a branch takes along, or that stays to be added to. */
        put(to, 0x02, 0x7e);
        put_expression(to, depth);
        put_expression(to, depth);
        put_condition(to, depth);
        put(to, 0x0d, 0);
        put(to, 0x7c, 0x0b);
        return;
    case 6:
        put_condition(to, depth);
        put(to, 0x04, 0x7e);
        put_expression(to, depth);
        put_byte(&to->out, 0x05);
        put_expression(to, depth);
        put_byte(&to->out, 0x0b);
        return;
    case 7:
        /* An operand waits while statements run. */
        put_leaf(to);
        put_leaf(to);
        put_statements(to, depth);
        put_leaf(to);
        put(to, 0x7d, 0x85);
        return;
    default:
        put_switch(to, depth);
        return;
    }
}

static void put_loop(struct writer *to, uint32_t depth)
{
    uint8_t counter = (uint8_t)(VARIABLES + to->loops);

    to->loops++;
    put(to, 0x42, 3);
    put(to, 0x21, counter);
    put(to, 0x03, 0x40);
    put_statements(to, depth);
    put(to, 0x20, counter);
    put(to, 0x42, 1);
    put(to, 0x7d, 0x22);
    put(to, counter, 0x50); /* eqz */
    put(to, 0x45, 0x0d);
    put(to, 0, 0x0b);
    to->loops--;
}

static void put_statement(struct writer *to, uint32_t depth)
{
    switch (rng_below(&to->rng, 6)) {
    case 0:
    case 1:
        put_expression(to, depth);
        put(to, 0x21, variable(to));
        return;
    case 2:
        put_condition(to, depth);
        put(to, 0x04, 0x40);
        put_statements(to, depth);
        if (rng_coin(&to->rng)) {
            put_byte(&to->out, 0x05);
            put_statements(to, depth);
        }
        put_byte(&to->out, 0x0b);
        return;
    case 3:
        put(to, 0x02, 0x40);
        put_statements(to, depth);
        put_condition(to, depth);
        put(to, 0x0d, 0);
        put_statements(to, depth);
        put_byte(&to->out, 0x0b);
        return;
    case 4:
        /* Code behind a branch is checked and never runs. */
        put(to, 0x02, 0x40);
        put_statements(to, depth);
        put(to, 0x0c, 0);
        put_statements(to, depth);
        put_byte(&to->out, 0x0b);
        return;
    default:
        if (to->loops < COUNTERS)
            put_loop(to, depth);
        return;
    }
}

static void put_statements(struct writer *to, uint32_t depth)
{
    uint64_t count = depth == 0 ? 0 : 1 + rng_below(&to->rng, 2);

    for (uint64_t i = 0; i < count; i++)
        put_statement(to, depth - 1);
}

static void write_program(struct rng *rng, struct bytes *module)
{
    struct writer to = {.rng = *rng};

    do {
        bytes_clear(&to.out);
        put_statements(&to, DEPTH);
        put_expression(&to, DEPTH);
        for (uint8_t i = 0; i < VARIABLES; i++) {
            put(&to, 0x20, i);
            put(&to, 0x42, 9);
            put(&to, 0x89, 0x7c); /* rotl, add: no variable goes unseen */
        }
    } while (to.out.size > 100000);
    assemble(module, &(struct program){.params = "ll",
                                       .result = 'l',
                                       .code = to.out.data,
                                       .size = to.out.size,
                                       .locals = VARIABLES - 2 + COUNTERS});
    *rng = to.rng;
    bytes_fini(&to.out);
}

static const char script[] =
    "const fs=require('fs');const d=process.argv[1];let o='';"
    "for(let i=0;i<+process.argv[2];i++){"
    "const f=new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(d+'/'+i+'.wasm')),"
    "{serai:{add(){},stop(){},none(){},poke(){}}}).exports.f;"
    "for(let k=0n;k<4n;k++)o+='0x'+BigInt.asUintN(64,f(k,k*1000003n)).toString(16)+'\\n'}"
    "fs.writeFileSync(d+'/results.txt',o)";

static void write_module(const char *folder, uint32_t number, const struct bytes *module)
{
    char path[4096];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%u.wasm", folder, number);
    out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(module->data, 1, module->size, out), module->size);
    ck_assert_int_eq(fclose(out), 0);
}

START_TEST(node_agrees_on_random_programs)
{
    char folder[] = "/tmp/serai-programs-XXXXXX";
    char command[sizeof script + 128];
    char line[64];
    struct rng rng = rng_for_test();
    struct rng again = rng;
    struct bytes module = {0};
    FILE *in;

    if (system("node --version > /dev/null 2>&1") != 0) {
        printf("SKIPPED: node is not installed, no second engine to compare with\n");
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        write_program(&rng, &module);
        write_module(folder, i, &module);
    }
    (void)snprintf(command, sizeof command, "node -e \"%s\" %s %d", script, folder, PROGRAMS);
    ck_assert_int_eq(system(command), 0);
    (void)snprintf(command, sizeof command, "%s/results.txt", folder);
    in = fopen(command, "rb");
    ck_assert_ptr_nonnull(in);
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        struct guest *guest;

        write_program(&again, &module);
        guest = guest_new(module.data, module.size);
        for (uint64_t k = 0; k < INPUTS; k++) {
            ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
            ck_assert_msg(guest_call(guest, "f", "ll", 'l', k, k * 1000003) ==
                              strtoull(line, NULL, 16),
                          "program %u differs, see %s", i, folder);
        }
        guest_free(guest);
    }
    (void)fclose(in);
    bytes_fini(&module);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine programs");
    TCase *tcase = tcase_create("programs");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, node_agrees_on_random_programs);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
