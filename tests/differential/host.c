/* See host.h. */
#include "tests/differential/host.h"

#include <string.h>

#include "base/bytes.h"
#include "sdk/abi.h"

static const struct engine_import items[HOST_IMPORTS] = {
#define X(number, name, params, kind, prototype) [number] = {#name, params},
    SERAI_ORDERS(X)
#undef X
        [HOST_STOP] = {"stop", ""},
    [HOST_TOLL] = {"toll", "i"},
    [HOST_MIX] = {"mix", "llil"},
    [HOST_POKE] = {"poke", "ii"},
    [HOST_PEEK] = {"peek", "il"},
};

const struct engine_imports host_imports = {
    .module = "serai", .items = items, .count = HOST_IMPORTS};

_Static_assert((uint32_t)HOST_STOP == (uint32_t)SERAI_ORDER_COUNT, "the orders come first");

static uint64_t mix_of(uint32_t order, const uint64_t *args)
{
    uint64_t mix = (uint64_t)order + 1;

    for (size_t i = 0; items[order].params[i] != '\0'; i++)
        mix = mix * 31 + args[i];
    return mix;
}

/* The parameter that is the address of what this import writes, or -1. */
static int written(uint32_t order)
{
    const char *params = items[order].params;

    if (strncmp(params, "ii", 2) != 0)
        return -1;
    return params[2] == 'i' ? 1 : 0;
}

static int64_t peek(const uint8_t *from, uint64_t mix)
{
    return from == NULL ? -4 : (int64_t)(le64_get(from) ^ mix);
}

static int64_t poke(uint8_t *to, uint64_t mix)
{
    if (to == NULL)
        return -4;
    le64_put(to, mix);
    return (int64_t)(mix & 0xffff);
}

bool host_call(void *host, struct engine_instance *instance, uint32_t order, const uint64_t *args,
               int64_t *result)
{
    uint64_t mix = mix_of(order, args);
    int at = written(order);

    (void)host;
    *result = (int64_t)mix;
    if (order == HOST_TOLL)
        instance->fuel -= (args[0] & 63) < instance->fuel ? args[0] & 63 : instance->fuel;
    else if (order == HOST_PEEK)
        *result = peek(engine_guest_read(instance, (uint32_t)args[0], 8), mix);
    else if (at >= 0)
        *result = poke(engine_guest_write(instance, (uint32_t)args[at], 8), mix);
    return order != HOST_STOP;
}

bool host_answer(uint32_t order, const uint64_t *args, uint8_t *memory, uint64_t memory_bytes,
                 int64_t *result)
{
    uint64_t mix = mix_of(order, args);
    int at = order == HOST_PEEK ? 0 : written(order);
    uint8_t *there = NULL;

    *result = (int64_t)mix;
    if (at >= 0 && args[at] + 8 <= memory_bytes)
        there = memory + args[at];
    if (order == HOST_PEEK)
        *result = peek(there, mix);
    else if (at >= 0)
        *result = poke(there, mix);
    return order != HOST_STOP;
}
