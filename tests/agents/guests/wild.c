/*
 * Wild: gives every order that takes a pointer pointers that lead outside memory.  It logs each
 * answer that is not SERAI_E_MEMORY, and at the end how many orders were tried and how many were
 * refused so; its channel, facet and buffer are good ones, so only the pointer is wrong.  Deploy it
 * with arguments (any), for event_read, and --with a module (any), for code_kept.
 */
#include "tests/agents/guests/guest.h"

enum { BYTES = 64, ADDRESSES = 6 };

static int32_t self_slot = SERAI_SLOT_SELF;
static int32_t facet, buffer, end;
static int32_t good_caps[8];
static uint8_t good[BYTES];
static int64_t tried, refused;

static void expect(const char *order, uintptr_t address, int64_t answer)
{
    struct serai_text text;

    tried++;
    if (answer == SERAI_E_MEMORY) {
        refused++;
        return;
    }
    text.size = 0;
    serai_text_add(&text, "wild: ");
    serai_text_add(&text, order);
    serai_text_add_values(&text, " at %d answered %d", (const int64_t[]){(int64_t)address, answer});
    (void)serai_text_log(&text);
}

static void try_self(uintptr_t at)
{
    void *wild = (void *)at;

    expect("event_info", at, event_info(wild));
    expect("self_code", at, self_code(self_slot, wild, BYTES, 0));
    expect("self_code_id", at, self_code_id(self_slot, wild));
    expect("self_become id", at, self_become(self_slot, wild, good, 1));
    expect("self_become args", at, self_become(self_slot, good, wild, BYTES));
    expect("log_append", at, log_append(SERAI_SLOT_LOG, wild, BYTES));
    expect("code_put bytes", at, code_put(SERAI_SLOT_CODE, wild, BYTES, good));
    if (code_kept(SERAI_SLOT_CODE, 0, good) >= 0)
        expect("code_kept", at, code_kept(SERAI_SLOT_CODE, 0, wild));
    expect("code_drop", at, code_drop(SERAI_SLOT_CODE, wild));
}

static void try_others(uintptr_t at)
{
    void *wild = (void *)at;
    int64_t postage = facet_postage(facet);

    expect("facet_send data", at,
           facet_send(facet, wild, BYTES, good_caps, 0, 0, postage, SERAI_SLOT_NONE));
    expect("facet_send caps", at, facet_send(facet, good, 1, wild, 8, 0, postage, SERAI_SLOT_NONE));
    expect("buffer_read", at, buffer_read(buffer, 0, wild, BYTES));
    expect("buffer_write", at, buffer_write(buffer, 0, wild, BYTES));
    expect("channel_describe", at,
           channel_describe(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, wild, BYTES));
    expect("channel_send", at, channel_send(end, wild, BYTES, 0));
    expect("heap_add", at, heap_add(SERAI_SLOT_HEAP, facet, wild));
    expect("heap_add_at", at, heap_add_at(SERAI_SLOT_HEAP, facet, wild));
    expect("heap_get", at, heap_get(SERAI_SLOT_HEAP, wild));
    expect("heap_take", at, heap_take(SERAI_SLOT_HEAP, wild));
}

/* Behind the end; over the end; at the top, where address and size wrap around to 0. */
static uintptr_t wild_address(size_t i)
{
    uintptr_t size = __builtin_wasm_memory_size(0) * 65536;
    const uintptr_t wild[ADDRESSES] = {size,       size - 1,   0x7ffffff0,
                                       0x80000000, 0xfffffff0, UINTPTR_MAX};

    return wild[i];
}

static void prepare(int32_t size)
{
    /* Only here is there data to be read. */
    for (size_t i = 0; i < ADDRESSES && size > 1; i++)
        expect("event_read", wild_address(i), event_read((void *)wild_address(i), BYTES, 0));
    facet = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    buffer = (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, 65536);
    end = (int32_t)channel_buy(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, 20000000, 10000000);
    serai_log_values("wild: facet %d, buffer %d, channel %d", facet, buffer, end);
}

static void run(void)
{
    for (size_t i = 0; i < ADDRESSES; i++) {
        try_self(wild_address(i));
        try_others(wild_address(i));
    }
    serai_log_values("wild: %d of %d refused", refused, tried);
    /* A size below 0 is one above 2^31: over every bound. */
    if (log_append(SERAI_SLOT_LOG, good, -1) >= 0 || channel_send(end, good, -1, 0) >= 0 ||
        buffer_read(buffer, 0, good, -1) >= 0)
        serai_log("wild: a size below 0 was taken");
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    if (kind == SERAI_EVENT_BORN)
        prepare(size);
    else if (kind == SERAI_EVENT_ANSWER)
        run();
}
