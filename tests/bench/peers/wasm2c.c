/*
 * wasm2c beside the engine: the module as C by wabt's wasm2c, compiled by `cc -O2` without fuel and
 * cards, with pages that guard the memory.  peers.sh generates kernels.h and builds this, where
 * wabt is.
 */
#include "kernels.h" /* wasm2c's */
#include "tests/bench/host.h"
#include "tests/bench/peers/program.h"

static Z_kernels_instance_t instance;

u64 Z_seraiZ_event_info(struct Z_serai_instance_t *site, u32 to)
{
    (void)site;
    host_next_event(instance.w2c_memory.data + to);
    return 0;
}

u64 Z_seraiZ_cap_kind(struct Z_serai_instance_t *site, u32 slot)
{
    (void)site;
    return slot & 1;
}

u64 Z_seraiZ_facet_send(struct Z_serai_instance_t *site, u32 facet, u32 data, u32 size, u32 caps,
                        u32 cap_count, u64 money, u64 postage, u32 reply)
{
    (void)site;
    (void)facet;
    (void)size;
    (void)caps;
    (void)cap_count;
    (void)money;
    (void)postage;
    (void)reply;
    host_take_answer(instance.w2c_memory.data + data);
    return 0;
}

/* By way of functions that all take what the others take; gcc makes jumps of them. */
#define CALL(name)                                                                                 \
    static unsigned long long call_##name(unsigned int n)                                          \
    {                                                                                              \
        return Z_kernelsZ_##name(&instance, n);                                                    \
    }
PROGRAM_EXPORTS(CALL)
#undef CALL

int main(int argc, char **argv)
{
#define ROW(name) {#name, call_##name},
    static const struct program_export exports[] = {PROGRAM_EXPORTS(ROW){NULL, NULL}};
#undef ROW

    wasm_rt_init();
    Z_kernels_init_module();
    Z_kernels_instantiate(&instance, NULL);
    return program_main(exports, argc, argv);
}
