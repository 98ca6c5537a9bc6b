/* Every plain operator: by a table of its edges, and against node over many values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/families.h"
#include "tests/engine/guest.h"

#define NAN32 0x7fc00000
#define NAN64 0x7ff8000000000000
#define MIN64 ((uint64_t)1 << 63)

/* ---- one operator as a function of i64 cells ---- */

static void put_cell_as(struct bytes *out, char type)
{
    if (type == 'i' || type == 'f')
        put_byte(out, 0xa7);
    if (type == 'f')
        put_byte(out, 0xbe);
    if (type == 'd')
        put_byte(out, 0xbf);
}

static void put_as_cell(struct bytes *out, char type)
{
    if (type == 'f')
        put_byte(out, 0xbc);
    if (type == 'd')
        put_byte(out, 0xbd);
    if (type == 'i' || type == 'f')
        put_byte(out, 0xad);
}

static void put_operator(struct bytes *out, uint32_t code)
{
    if (code >= 0x100)
        put_byte(out, 0xfc);
    put_byte(out, (uint8_t)code);
}

/* The code of f(a, b) = operator(a, b); `constant`, when given, stands for b. */
static void put_application(struct bytes *out, uint32_t code, bool binary, char in, char type,
                            const uint64_t *constant)
{
    put_byte(out, 0x20);
    put_byte(out, 0);
    put_cell_as(out, in);
    if (binary && constant != NULL) {
        put_byte(out, in == 'i' ? 0x41 : 0x42);
        put_s64(out, in == 'i' ? (int32_t)(uint32_t)*constant : (int64_t)*constant);
    } else if (binary) {
        put_byte(out, 0x20);
        put_byte(out, 1);
        put_cell_as(out, in);
    }
    put_operator(out, code);
    put_as_cell(out, type);
}

/* A guest whose f(a, b) applies the operator. */
static struct guest *guest_of_operator(uint32_t code, bool binary, char in, char type,
                                       const uint64_t *constant)
{
    struct bytes text = {0};
    struct bytes module = {0};
    struct guest *guest;

    put_application(&text, code, binary, in, type, constant);
    assemble(&module, &(struct program){
                          .params = "ll", .result = 'l', .code = text.data, .size = text.size});
    guest = guest_new(module.data, module.size);
    bytes_fini(&text);
    bytes_fini(&module);
    return guest;
}

static enum engine_outcome apply(struct guest *guest, uint64_t a, uint64_t b, uint64_t *result)
{
    const uint64_t args[2] = {a, b};

    *result = 0;
    return guest_run(guest, "f", "ll", 'l', args, 1000, result);
}

/* ---- a table of edges ---- */

struct edge {
    const char *name;
    uint32_t code;
    const char *types; /* operands, then the result */
    uint64_t a;
    uint64_t b;
    uint64_t result;
    enum engine_outcome outcome;
};

#define DIV0 ENGINE_TRAP_DIVIDE_BY_ZERO
#define OVER ENGINE_TRAP_INTEGER_OVERFLOW
#define CONV ENGINE_TRAP_BAD_CONVERSION

static const struct edge edges[] = {
    {"i32.div_s by 0", 0x6d, "iii", 1, 0, 0, DIV0},
    {"i32.div_s overflow", 0x6d, "iii", 0x80000000, 0xffffffff, 0, OVER},
    {"i32.div_s rounds to 0", 0x6d, "iii", 0xfffffff9, 2, 0xfffffffd, 0},
    {"i32.div_u by 0", 0x6e, "iii", 1, 0, 0, DIV0},
    {"i32.div_u", 0x6e, "iii", 0x80000000, 0xffffffff, 0, 0},
    {"i32.rem_s by 0", 0x6f, "iii", 1, 0, 0, DIV0},
    {"i32.rem_s of the least by -1", 0x6f, "iii", 0x80000000, 0xffffffff, 0, 0},
    {"i32.rem_s has the sign of a", 0x6f, "iii", 0xfffffff9, 2, 0xffffffff, 0},
    {"i32.rem_u by 0", 0x70, "iii", 1, 0, 0, DIV0},
    {"i64.div_s by 0", 0x7f, "lll", 1, 0, 0, DIV0},
    {"i64.div_s overflow", 0x7f, "lll", MIN64, UINT64_MAX, 0, OVER},
    {"i64.div_u by 0", 0x80, "lll", 1, 0, 0, DIV0},
    {"i64.rem_s by 0", 0x81, "lll", 1, 0, 0, DIV0},
    {"i64.rem_s of the least by -1", 0x81, "lll", MIN64, UINT64_MAX, 0, 0},
    {"i64.rem_u by 0", 0x82, "lll", 1, 0, 0, DIV0},
    {"i32.add wraps", 0x6a, "iii", 0xffffffff, 1, 0, 0},
    {"i32.mul wraps", 0x6c, "iii", 0x10001, 0x10001, 0x20001, 0},
    {"i32.shl by 33 is by 1", 0x74, "iii", 3, 33, 6, 0},
    {"i32.shr_s keeps the sign", 0x75, "iii", 0x80000000, 31, 0xffffffff, 0},
    {"i32.shr_u does not", 0x76, "iii", 0x80000000, 31, 1, 0},
    {"i32.rotl by 0", 0x77, "iii", 0x80000001, 32, 0x80000001, 0},
    {"i32.rotr", 0x78, "iii", 0x80000001, 1, 0xc0000000, 0},
    {"i64.shl by 65 is by 1", 0x86, "lll", 3, 65, 6, 0},
    {"i64.shr_s keeps the sign", 0x87, "lll", MIN64, 63, UINT64_MAX, 0},
    {"i64.rotr", 0x8a, "lll", 1, 1, MIN64, 0},
    {"i32.clz of 0", 0x67, "ii", 0, 0, 32, 0},
    {"i32.ctz of 0", 0x68, "ii", 0, 0, 32, 0},
    {"i32.popcnt of 0", 0x69, "ii", 0, 0, 0, 0},
    {"i32.popcnt of all ones", 0x69, "ii", 0xffffffff, 0, 32, 0},
    {"i64.clz of 0", 0x79, "ll", 0, 0, 64, 0},
    {"i64.ctz of 0", 0x7a, "ll", 0, 0, 64, 0},
    {"i64.popcnt of all ones", 0x7b, "ll", UINT64_MAX, 0, 64, 0},
    {"i32.extend8_s", 0xc0, "ii", 0x180, 0, 0xffffff80, 0},
    {"i32.extend16_s", 0xc1, "ii", 0x18000, 0, 0xffff8000, 0},
    {"i64.extend8_s", 0xc2, "ll", 0x17f, 0, 0x7f, 0},
    {"i64.extend16_s", 0xc3, "ll", 0x8000, 0, 0xffffffffffff8000, 0},
    {"i64.extend32_s", 0xc4, "ll", 0x80000000, 0, 0xffffffff80000000, 0},
    {"i32.lt_s", 0x48, "iii", 0xffffffff, 0, 1, 0},
    {"i32.lt_u", 0x49, "iii", 0xffffffff, 0, 0, 0},
    {"f32.add makes the one NaN", 0x92, "fff", 0xffc12345, 0x3f800000, NAN32, 0},
    {"f32.sub of infinities", 0x93, "fff", 0x7f800000, 0x7f800000, NAN32, 0},
    {"f32.div 0 by 0", 0x95, "fff", 0, 0x80000000, NAN32, 0},
    {"f32.div 1 by -0", 0x95, "fff", 0x3f800000, 0x80000000, 0xff800000, 0},
    {"f32.min of zeros", 0x96, "fff", 0, 0x80000000, 0x80000000, 0},
    {"f32.max of zeros", 0x97, "fff", 0x80000000, 0, 0, 0},
    {"f32.min with NaN", 0x96, "fff", 0x3f800000, 0xffffffff, NAN32, 0},
    {"f32.max with NaN", 0x97, "fff", 0x7f812345, 0x3f800000, NAN32, 0},
    {"f32.copysign of a NaN keeps its bits", 0x98, "fff", 0x7f812345, 0x80000000, 0xff812345, 0},
    {"f32.abs of a NaN keeps its bits", 0x8b, "ff", 0xff812345, 0, 0x7f812345, 0},
    {"f32.neg of a NaN keeps its bits", 0x8c, "ff", 0x7f812345, 0, 0xff812345, 0},
    {"f32.nearest 0.5", 0x90, "ff", 0x3f000000, 0, 0, 0},
    {"f32.nearest 1.5", 0x90, "ff", 0x3fc00000, 0, 0x40000000, 0},
    {"f32.nearest 2.5", 0x90, "ff", 0x40200000, 0, 0x40000000, 0},
    {"f32.nearest -0.3", 0x90, "ff", 0xbe99999a, 0, 0x80000000, 0},
    {"f32.ceil -0.3", 0x8d, "ff", 0xbe99999a, 0, 0x80000000, 0},
    {"f32.floor -0.3", 0x8e, "ff", 0xbe99999a, 0, 0xbf800000, 0},
    {"f32.trunc of a NaN", 0x8f, "ff", 0xffc00001, 0, NAN32, 0},
    {"f32.sqrt of -1", 0x91, "ff", 0xbf800000, 0, NAN32, 0},
    {"f32.sqrt of -0", 0x91, "ff", 0x80000000, 0, 0x80000000, 0},
    {"f64.add makes the one NaN", 0xa0, "ddd", 0xfff4000000000001, 0, NAN64, 0},
    {"f64.min of zeros", 0xa4, "ddd", MIN64, 0, MIN64, 0},
    {"f64.max of zeros", 0xa5, "ddd", MIN64, 0, 0, 0},
    {"f64.copysign", 0xa6, "ddd", 0x3ff0000000000000, MIN64, 0xbff0000000000000, 0},
    {"f64.nearest 2.5", 0x9e, "dd", 0x4004000000000000, 0, 0x4000000000000000, 0},
    {"f64.nearest -0.5", 0x9e, "dd", 0xbfe0000000000000, 0, MIN64, 0},
    {"f32.demote a NaN", 0xb6, "df", 0xfff0000000000001, 0, NAN32, 0},
    {"f64.promote a NaN", 0xbb, "fd", 0xff800001, 0, NAN64, 0},
    {"f64 == NaN", 0x61, "ddi", NAN64, NAN64, 0, 0},
    {"f64 != NaN", 0x62, "ddi", NAN64, NAN64, 1, 0},
    {"f32.convert_i64_u rounds once", 0xb5, "lf", 0x8000008000000001, 0, 0x5f000001, 0},
    {"i32.trunc_f32_s NaN", 0xa8, "fi", NAN32, 0, 0, CONV},
    {"i32.trunc_f32_s 2^31", 0xa8, "fi", 0x4f000000, 0, 0, OVER},
    {"i32.trunc_f32_s -2^31", 0xa8, "fi", 0xcf000000, 0, 0x80000000, 0},
    {"i32.trunc_f32_u -0.9", 0xa9, "fi", 0xbf666666, 0, 0, 0},
    {"i32.trunc_f32_u -1", 0xa9, "fi", 0xbf800000, 0, 0, OVER},
    {"i32.trunc_f64_s 2147483647.9", 0xaa, "di", 0x41dfffffffF99999, 0, 0x7fffffff, 0},
    {"i32.trunc_f64_s -2147483648.9", 0xaa, "di", 0xc1e00000001ccccc, 0, 0x80000000, 0},
    {"i32.trunc_f64_s -2147483649", 0xaa, "di", 0xc1e0000000200000, 0, 0, OVER},
    {"i32.trunc_f64_u 2^32", 0xab, "di", 0x41f0000000000000, 0, 0, OVER},
    {"i64.trunc_f32_s NaN", 0xae, "fl", 0xffc00000, 0, 0, CONV},
    {"i64.trunc_f32_u 2^64", 0xaf, "fl", 0x5f800000, 0, 0, OVER},
    {"i64.trunc_f64_s 2^63", 0xb0, "dl", 0x43e0000000000000, 0, 0, OVER},
    {"i64.trunc_f64_s -2^63", 0xb0, "dl", 0xc3e0000000000000, 0, MIN64, 0},
    {"i64.trunc_f64_u 2^63", 0xb1, "dl", 0x43e0000000000000, 0, MIN64, 0},
    {"i32.trunc_sat_f32_s NaN", 0x100, "fi", NAN32, 0, 0, 0},
    {"i32.trunc_sat_f32_s infinity", 0x100, "fi", 0x7f800000, 0, 0x7fffffff, 0},
    {"i32.trunc_sat_f32_u -infinity", 0x101, "fi", 0xff800000, 0, 0, 0},
    {"i32.trunc_sat_f64_s -1e300", 0x102, "di", 0xfe37e43c8800759c, 0, 0x80000000, 0},
    {"i32.trunc_sat_f64_u 1e300", 0x103, "di", 0x7e37e43c8800759c, 0, 0xffffffff, 0},
    {"i64.trunc_sat_f32_s -infinity", 0x104, "fl", 0xff800000, 0, MIN64, 0},
    {"i64.trunc_sat_f32_u infinity", 0x105, "fl", 0x7f800000, 0, UINT64_MAX, 0},
    {"i64.trunc_sat_f64_s NaN", 0x106, "dl", NAN64, 0, 0, 0},
    {"i64.trunc_sat_f64_u -1", 0x107, "dl", 0xbff0000000000000, 0, 0, 0},
    {"i32.wrap_i64", 0xa7, "li", 0x123456789, 0, 0x23456789, 0},
    {"i64.extend_i32_s", 0xac, "il", 0x80000000, 0, 0xffffffff80000000, 0},
    {"i64.extend_i32_u", 0xad, "il", 0x80000000, 0, 0x80000000, 0},
    {"f32.reinterpret keeps NaN bits", 0xbe, "if", 0x7f812345, 0, 0x7f812345, 0},
};

START_TEST(an_operator_is_right_at_its_edges)
{
    const struct edge *edge = &edges[_i];
    bool binary = strlen(edge->types) == 3;
    bool integer = binary && (edge->types[1] == 'i' || edge->types[1] == 'l');
    char type = edge->types[strlen(edge->types) - 1];
    uint64_t result;

    /* The form with a constant has code of its own. */
    for (int constant = 0; constant <= (integer ? 1 : 0); constant++) {
        struct guest *guest = guest_of_operator(edge->code, binary, edge->types[0], type,
                                                constant == 1 ? &edge->b : NULL);
        enum engine_outcome outcome = apply(guest, edge->a, edge->b, &result);

        ck_assert_msg(outcome == edge->outcome, "%s: %s", edge->name, engine_outcome_name(outcome));
        ck_assert_msg(result == edge->result, "%s: %llx", edge->name, (unsigned long long)result);
        guest_free(guest);
    }
}
END_TEST

/* ---- all of them against node ---- */

static const uint64_t values[] = {
    0, 1, 2, 5, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
    0xffffffff, 0x100000000, INT64_MAX, MIN64, UINT64_MAX, UINT64_MAX - 6,
    /* as f32: 1, -1, 0.5, -0.5, 1.5, 2.5, infinities, 2^31, -2^31, 2^32, 2^63, tiny, NaN */
    0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000, 0x7f800000, 0xff800000,
    0x4f000000, 0xcf000000, 0x4f7fffff, 0x5f000000, 0x00000001, NAN32,
    /* as f64: the same, and around the ends of i32 */
    0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0xbfe0000000000000,
    0x3ff8000000000000, 0x4004000000000000, 0x7ff0000000000000, 0xfff0000000000000,
    0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x41dfffffffc00000,
    0x41efffffffffffff, 0x43e0000000000000, 0x47efffffffffffff, 0x36a0000000000000, NAN64,
    0x123456789abcdef0, 0x8000008000000001};
enum { VALUES = sizeof values / sizeof values[0] };

/* NaNs of another engine may have other bits: fold them. */
static uint64_t fold_nan(uint64_t cell, char type)
{
    if (type == 'f' && (cell & 0x7fffffff) > 0x7f800000)
        return NAN32;
    if (type == 'd' && (cell & INT64_MAX) > 0x7ff0000000000000)
        return NAN64;
    return cell;
}

static const char script[] =
    "const fs=require('fs');const d=process.argv[1];"
    "const v=fs.readFileSync(d+'/values.txt','utf8').trim().split('\\n').map(x=>BigInt(x));"
    "for(const c of process.argv.slice(2)){"
    "const f=new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(d+'/'+c+'.wasm')),"
    "{serai:{add(){},stop(){},none(){},poke(){}}}).exports.f;"
    "let o='';for(const a of v)for(const b of c[0]=='b'?v:[0n]){let r;"
    "try{r='0x'+BigInt.asUintN(64,f(a,b)).toString(16)}catch(e){r='trap'}o+=r+'\\n'}"
    "fs.writeFileSync(d+'/'+c+'.txt',o)}";

static void write_file(const char *folder, const char *name, const void *data, size_t size)
{
    char path[4096];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(data, 1, size, out), size);
    ck_assert_int_eq(fclose(out), 0);
}

/* "u" or "b" for the number of its operands, and its code. */
static void name_operator(char name[static 32], uint32_t code, const char *types,
                          const char *extension)
{
    (void)snprintf(name, 32, "%c%u%s", strlen(types) == 3 ? 'b' : 'u', code, extension);
}

/* The module of one operator, as the file <name>.wasm. */
static void write_operator(const char *folder, uint32_t code, const char *types,
                           struct bytes *module)
{
    struct bytes text = {0};
    char name[32];

    put_application(&text, code, strlen(types) == 3, types[0], types[strlen(types) - 1], NULL);
    assemble(module, &(struct program){
                         .params = "ll", .result = 'l', .code = text.data, .size = text.size});
    name_operator(name, code, types, ".wasm");
    write_file(folder, name, module->data, module->size);
    bytes_fini(&text);
}

/* Nothing that passes is told to Check, which would take longer than the operator. */
static void expect(const char *line, enum engine_outcome outcome, uint64_t result, char type,
                   uint32_t code, const uint64_t args[2])
{
    bool agree = strcmp(line, "trap\n") == 0
                     ? outcome != ENGINE_DONE
                     : outcome == ENGINE_DONE &&
                           fold_nan(result, type) == fold_nan(strtoull(line, NULL, 16), type);

    if (!agree)
        ck_abort_msg("operator %x on %llx %llx: %s %llx, node says %s", code,
                     (unsigned long long)args[0], (unsigned long long)args[1],
                     engine_outcome_name(outcome), (unsigned long long)result, line);
}

/* Node's answers are in <name>.txt, a line for each value or pair of values. */
static void compare_with_node(const char *folder, uint32_t code, const char *types)
{
    const bool binary = strlen(types) == 3;
    const char type = types[strlen(types) - 1];
    const uint32_t seconds = binary ? VALUES : 1;
    struct guest *guest = guest_of_operator(code, binary, types[0], type, NULL);
    char name[32];
    char path[4096];
    char line[64];
    FILE *in;

    name_operator(name, code, types, ".txt");
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "rb");
    ck_assert_ptr_nonnull(in);
    for (uint32_t i = 0; i < VALUES * seconds; i++) {
        const uint64_t args[2] = {values[i / seconds], values[i % seconds]};
        uint64_t result;
        enum engine_outcome outcome = apply(guest, args[0], args[1], &result);

        if (fgets(line, sizeof line, in) == NULL)
            ck_abort_msg("%s ends after %u lines", path, i);
        expect(line, outcome, result, type, code, args);
    }
    ck_assert_ptr_null(fgets(line, sizeof line, in));
    (void)fclose(in);
    guest_free(guest);
}

START_TEST(node_agrees_on_every_operator)
{
    char folder[] = "/tmp/serai-engine-XXXXXX";
    char command[sizeof script + 1024];
    char text[VALUES * 24];
    char name[32];
    struct bytes module = {0};
    size_t size = 0;
    int used;

    if (system("node --version > /dev/null 2>&1") != 0) {
        printf("SKIPPED: node is not installed, no second engine to compare with\n");
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (uint32_t i = 0; i < VALUES; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%llu\n",
                                 (unsigned long long)values[i]);
    write_file(folder, "values.txt", text, size);
    used = snprintf(command, sizeof command, "node -e \"%s\" %s", script, folder);
    for (uint32_t i = 0; i < FAMILIES; i++)
        for (uint32_t code = families[i].first; code <= families[i].last; code++) {
            write_operator(folder, code, families[i].types, &module);
            name_operator(name, code, families[i].types, "");
            used += snprintf(command + used, sizeof command - (size_t)used, " %s", name);
        }
    ck_assert_int_eq(system(command), 0); /* one process: starting it is what takes time */
    bytes_fini(&module);
    for (uint32_t i = 0; i < FAMILIES; i++)
        for (uint32_t code = families[i].first; code <= families[i].last; code++)
            compare_with_node(folder, code, families[i].types);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Integers: the form with a constant against the form with a cell. */
static void compare_forms(uint32_t code, const char *types)
{
    struct guest *plain = guest_of_operator(code, true, types[0], types[2], NULL);

    for (uint32_t j = 0; j < VALUES; j += 3) {
        struct guest *constant = guest_of_operator(code, true, types[0], types[2], &values[j]);

        for (uint32_t i = 0; i < VALUES; i++) {
            uint64_t one;
            uint64_t other;
            enum engine_outcome outcome = apply(plain, values[i], values[j], &one);

            if (apply(constant, values[i], values[j], &other) != outcome || one != other)
                ck_abort_msg("operator %x on %llx %llx: %llx, with a constant %llx", code,
                             (unsigned long long)values[i], (unsigned long long)values[j],
                             (unsigned long long)one, (unsigned long long)other);
        }
        guest_free(constant);
    }
    guest_free(plain);
}

START_TEST(a_constant_operand_changes_nothing)
{
    const char *types = families[_i].types;

    if (strlen(types) != 3 || types[0] == 'f' || types[0] == 'd')
        return;
    for (uint32_t code = families[_i].first; code <= families[_i].last; code++)
        compare_forms(code, types);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine numbers");
    TCase *tcase = tcase_create("operators");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, an_operator_is_right_at_its_edges, 0,
                        (int)(sizeof edges / sizeof edges[0]));
    tcase_add_loop_test(tcase, a_constant_operand_changes_nothing, 0, FAMILIES);
    tcase_add_test(tcase, node_agrees_on_every_operator);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
