/* See generate.h: the module around the bodies. */
#include "tests/differential/generate.h"

#include <stdio.h>
#include <string.h>

#include "engine/code.h"
#include "tests/differential/generate_body.h"
#include "tests/differential/host.h"

/* Some of the host's imports, the one that ends all seldom; the rest have the same shapes. */
static const uint8_t imported[] = {HOST_STOP, HOST_TOLL, HOST_MIX,  HOST_POKE, HOST_PEEK,
                                   HOST_TOLL, HOST_MIX,  HOST_POKE, HOST_PEEK};

enum { EXPORTED_MAX = 2 };

static uint32_t below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)rng_below(rng, bound);
}

static void put_section(struct bytes *out, uint8_t id, struct bytes *body)
{
    gen_byte(out, id);
    gen_u32(out, (uint32_t)body->size);
    bytes_append(out, body->data, body->size);
    bytes_clear(body);
}

static void put_name(struct bytes *out, const char *name)
{
    gen_u32(out, (uint32_t)strlen(name));
    bytes_append(out, name, strlen(name));
}

/* ---- what there is ---- */

static uint8_t add_type(struct gen_module *module, const struct gen_type *type)
{
    module->types[module->types_count] = *type;
    return (uint8_t)module->types_count++;
}

static void choose_imports(struct gen_module *module, struct rng *rng, uint8_t *orders)
{
    uint32_t count = below(rng, 3) == 0 ? below(rng, 4) : 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t order = imported[below(rng, sizeof imported)];
        const char *params = host_imports.items[order].params;
        struct gen_type type = {.result = TYPE_I64, .params_count = (uint8_t)strlen(params)};

        for (uint32_t k = 0; k < type.params_count; k++)
            type.params[k] = params[k] == 'i' ? TYPE_I32 : TYPE_I64;
        orders[i] = order;
        module->functions[module->functions_count++] = add_type(module, &type);
        module->imports_count++;
    }
}

static void choose_functions(struct gen_module *module, struct rng *rng, uint32_t budget)
{
    uint32_t first = module->types_count;
    uint32_t count = 1 + below(rng, budget < 30 ? 2 : 5);

    for (uint32_t i = 1 + below(rng, 4); i > 0; i--) {
        struct gen_type type = {.params_count = (uint8_t)below(rng, 4)};

        type.result = below(rng, 4) == 0 ? TYPE_NONE : gen_type_any(rng, module);
        for (uint32_t k = 0; k < type.params_count; k++)
            type.params[k] = gen_type_any(rng, module);
        (void)add_type(module, &type);
    }
    for (uint32_t i = 0; i < count; i++)
        module->functions[module->functions_count++] =
            (uint8_t)(first + below(rng, module->types_count - first));
}

static void choose_rest(struct gen_module *module, struct rng *rng)
{
    module->has_memory = below(rng, 12) != 0;
    module->pages = module->has_memory ? 1 + (below(rng, 16) == 0) : 0;
    if (module->has_memory && below(rng, 40) == 0)
        module->pages = 0;
    module->table_count = below(rng, 3) == 0 ? module->functions_count + 2 : 0;
    module->globals_count = below(rng, 5);
    for (uint32_t i = 0; i < module->globals_count; i++)
        module->globals[i] = (struct gen_global){gen_type_any(rng, module), below(rng, 5) != 0};
}

/* ---- the sections ---- */

static void put_types(struct bytes *out, const struct gen_module *module, struct bytes *body)
{
    gen_u32(body, module->types_count);
    for (uint32_t i = 0; i < module->types_count; i++) {
        const struct gen_type *type = &module->types[i];

        gen_byte(body, 0x60);
        gen_u32(body, type->params_count);
        bytes_append(body, type->params, type->params_count);
        gen_u32(body, type->result != TYPE_NONE);
        if (type->result != TYPE_NONE)
            gen_byte(body, type->result);
    }
    put_section(out, 1, body);
}

static void put_imports(struct bytes *out, const struct gen_module *module, const uint8_t *orders,
                        struct bytes *body)
{
    if (module->imports_count == 0)
        return;
    gen_u32(body, module->imports_count);
    for (uint32_t i = 0; i < module->imports_count; i++) {
        put_name(body, host_imports.module);
        put_name(body, host_imports.items[orders[i]].name);
        gen_byte(body, 0);
        gen_u32(body, module->functions[i]);
    }
    put_section(out, 2, body);
}

static void put_declarations(struct bytes *out, const struct gen_module *module, struct rng *rng,
                             struct bytes *body)
{
    gen_u32(body, module->functions_count - module->imports_count);
    for (uint32_t i = module->imports_count; i < module->functions_count; i++)
        gen_u32(body, module->functions[i]);
    put_section(out, 3, body);
    if (module->table_count > 0) {
        gen_byte(body, 1);
        gen_byte(body, 0x70);
        gen_byte(body, 0);
        gen_u32(body, module->table_count);
        put_section(out, 4, body);
    }
    if (module->has_memory) {
        gen_byte(body, 1);
        gen_byte(body, 1);
        gen_u32(body, module->pages);
        gen_u32(body, module->pages + below(rng, 3));
        put_section(out, 5, body);
    }
    if (module->globals_count == 0)
        return;
    gen_u32(body, module->globals_count);
    for (uint32_t i = 0; i < module->globals_count; i++) {
        gen_byte(body, module->globals[i].type);
        gen_byte(body, module->globals[i].mutable);
        gen_constant(body, rng, module->globals[i].type);
        gen_byte(body, 0x0b);
    }
    put_section(out, 6, body);
}

static void put_export(struct bytes *body, char letter, uint32_t number, uint8_t kind,
                       uint32_t index)
{
    char name[16];

    (void)snprintf(name, sizeof name, "%c%u", letter, number);
    put_name(body, name);
    gen_byte(body, kind);
    gen_u32(body, index);
}

static void put_exports(struct bytes *out, const struct gen_module *module, struct bytes *body)
{
    /* The first ones call the others. */
    uint32_t functions = module->functions_count - module->imports_count;

    functions = functions < EXPORTED_MAX ? functions : EXPORTED_MAX;
    gen_u32(body, functions + module->globals_count + module->has_memory);
    for (uint32_t i = 0; i < functions; i++)
        put_export(body, 'f', i, 0, module->imports_count + i);
    if (module->has_memory)
        put_export(body, 'm', 0, 2, 0);
    for (uint32_t i = 0; i < module->globals_count; i++)
        put_export(body, 'g', i, 3, i);
    put_section(out, 7, body);
}

/* Entry i is function i; the last two are empty. */
static void put_elements(struct bytes *out, const struct gen_module *module, struct bytes *body)
{
    if (module->table_count == 0)
        return;
    gen_byte(body, 1);
    gen_byte(body, 0);
    gen_byte(body, 0x41);
    gen_byte(body, 0);
    gen_byte(body, 0x0b);
    gen_u32(body, module->functions_count);
    for (uint32_t i = 0; i < module->functions_count; i++)
        gen_u32(body, i);
    put_section(out, 9, body);
}

static void put_data(struct bytes *out, const struct gen_module *module, struct rng *rng,
                     struct bytes *body)
{
    uint8_t noise[64];
    uint32_t size = 1 + below(rng, sizeof noise);

    if (module->pages == 0 || below(rng, 3) == 0)
        return;
    rng_fill(rng, noise, sizeof noise);
    gen_byte(body, 1);
    gen_byte(body, 0);
    gen_byte(body, 0x41);
    gen_s64(body, below(rng, 4) == 0 ? 4096 - below(rng, 64) : below(rng, 128));
    gen_byte(body, 0x0b);
    gen_u32(body, size);
    bytes_append(body, noise, size);
    put_section(out, 11, body);
}

static void put_code(struct bytes *out, const struct gen_module *module, struct rng *rng,
                     uint32_t budget, struct bytes *body)
{
    uint32_t functions = module->functions_count - module->imports_count;

    gen_u32(body, functions);
    for (uint32_t i = module->imports_count; i < module->functions_count; i++)
        gen_body(body, rng, module, i, 1 + budget / functions);
    put_section(out, 10, body);
}

void generate_module(struct bytes *out, struct rng *rng, const struct generate_options *options)
{
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct gen_module module = {.strict = options->strict, .integers = options->integers};
    struct bytes body = {0};
    uint8_t orders[GEN_FUNCTIONS_MAX];

    choose_imports(&module, rng, orders);
    choose_functions(&module, rng, options->budget);
    choose_rest(&module, rng);
    bytes_append(out, header, sizeof header);
    put_types(out, &module, &body);
    put_imports(out, &module, orders, &body);
    put_declarations(out, &module, rng, &body);
    put_exports(out, &module, &body);
    put_elements(out, &module, &body);
    put_code(out, &module, rng, options->budget, &body);
    put_data(out, &module, rng, &body);
    INVARIANT(!body.failed && !out->failed);
    bytes_fini(&body);
}
