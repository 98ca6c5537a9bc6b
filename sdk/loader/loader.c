/*
 * The loader: what every agent that is born through a channel runs first.  It obeys the numbered
 * instructions of sdk/abi.h (enum serai_loader), one a packet, until one of them makes it become
 * something else.  An instruction that it cannot obey changes nothing but this: it sends back a
 * packet that says why, as text, if the far end has room for it.
 */
#include <serai.h>

enum {
    MODULE_BYTES_MAX = 1024 * 1024,
    PAGE_BYTES = 65536,
};

static int32_t module_size; /* 0: no module is begun */
static int32_t module_have;
static uint8_t module_id[SERAI_CODE_ID_BYTES];
static uint8_t args[SERAI_ARGS_BYTES_MAX];

#ifdef __wasm__
extern uint8_t __heap_base; /* the linker puts it behind all data */

/* Where the module is put together: memory behind our own data, taken only as far as needed. */
static uint8_t *load_module_room(int32_t size)
{
    size_t end = (size_t)&__heap_base + (size_t)size;
    size_t pages = (end + PAGE_BYTES - 1) / PAGE_BYTES;
    size_t pages_now = __builtin_wasm_memory_size(0);

    if (pages > pages_now && __builtin_wasm_memory_grow(0, pages - pages_now) == SIZE_MAX)
        return NULL;
    return &__heap_base;
}
#else
static uint8_t *load_module_room(int32_t size)
{
    static uint8_t room[MODULE_BYTES_MAX];

    return size <= MODULE_BYTES_MAX ? room : NULL;
}
#endif

/* Send back why an instruction was not obeyed, with the refusal of the site if it gave one. */
static void load_complain(const char *words, int64_t refusal)
{
    struct serai_text text;

    text.size = 0;
    serai_text_add(&text, "loader: ");
    serai_text_add(&text, words);
    if (refusal < 0) {
        serai_text_add(&text, ", refusal ");
        serai_text_add_int(&text, refusal);
    }
    /* Without room nothing is sent: a far end that granted none does not wait for it. */
    (void)!channel_send(SERAI_SLOT_ORIGIN, text.bytes, text.size, 0);
}

/*
 * BEGIN: the size of a module, little-endian, and its code id.  Whatever was begun before is
 * forgotten.
 */
static void load_begin(int32_t size)
{
    uint8_t head[4 + SERAI_CODE_ID_BYTES];
    uint32_t asked;

    module_size = 0;
    module_have = 0;
    if (size != (int32_t)sizeof head) {
        load_complain("BEGIN is a size of 4 bytes and a code id of 32", 0);
        return;
    }
    (void)!event_read(head, size, 1);
    asked = (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 |
            (uint32_t)head[3] << 24;
    if (asked == 0 || asked > MODULE_BYTES_MAX) {
        load_complain("a module is 1 byte to 1 MiB", 0);
        return;
    }
    if (load_module_room((int32_t)asked) == NULL) {
        load_complain("no memory for a module of this size", 0);
        return;
    }
    module_size = (int32_t)asked;
    memcpy(module_id, head + 4, SERAI_CODE_ID_BYTES);
}

/* PIECE: the next bytes of the module. */
static void load_piece(int32_t size)
{
    if (size > module_size - module_have) {
        load_complain("more bytes than BEGIN told of", 0);
        return;
    }
    /* Straight to its place: a copy would be paid for twice. */
    (void)!event_read(load_module_room(module_size) + module_have, size, 1);
    module_have += size;
}

/*
 * Become the code `id`.  The arguments are `size` bytes from `offset` of the packet on.  When the
 * site agrees, this turn is the last one of the loader.
 */
static void load_become_with_args(const uint8_t *id, int32_t offset, int32_t size)
{
    int64_t answer;

    if (size > (int32_t)sizeof args) {
        load_complain("arguments are at most 4096 bytes", 0);
        return;
    }
    (void)!event_read(args, size, offset);
    answer = self_become(SERAI_SLOT_SELF, id, args, size);
    if (answer < 0)
        load_complain("the site does not let me become this code", answer);
}

/* BECOME: the module is complete; give it to the site, and become it. */
static void load_become(int32_t size)
{
    uint8_t id[SERAI_CODE_ID_BYTES];
    int64_t answer;

    if (module_size == 0 || module_have != module_size) {
        load_complain("BECOME before all bytes of the module came", 0);
        return;
    }
    answer = code_put(SERAI_SLOT_CODE, load_module_room(module_size), module_size, id);
    if (answer < 0 && answer != SERAI_E_EXISTS) {
        load_complain("the site does not take this module", answer);
        return;
    }
    if (answer >= 0 && memcmp(id, module_id, sizeof id) != 0) {
        (void)!code_drop(SERAI_SLOT_CODE, id); /* or its rent would go on */
        load_complain("the module's hash is not the one that BEGIN told", 0);
        return;
    }
    load_become_with_args(module_id, 1, size);
}

/* USE: become code that the site has already. */
static void load_use(int32_t size)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    if (size < (int32_t)sizeof id) {
        load_complain("USE is a code id of 32 bytes, and arguments", 0);
        return;
    }
    (void)!event_read(id, (int32_t)sizeof id, 1);
    load_become_with_args(id, 1 + (int32_t)sizeof id, size - (int32_t)sizeof id);
}

/* FETCH: take a capability out of the heap, for what this agent becomes. */
static void load_fetch(int32_t size)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    int64_t answer;

    if (size != (int32_t)sizeof number) {
        load_complain("FETCH is a heap number of 12 bytes", 0);
        return;
    }
    (void)!event_read(number, size, 1);
    answer = heap_get(SERAI_SLOT_HEAP, number);
    if (answer < 0)
        load_complain("the heap has nothing for me under this number", answer);
}

/* Obey the instruction in a packet: its number, one byte, and then its operands. */
static void load_obey(int32_t size)
{
    uint8_t number = 0; /* of no instruction: an empty packet is a wrong one too */

    (void)!event_read(&number, 1, 0);
    size -= size > 0;
    switch (number) {
    case SERAI_LOAD_BEGIN:
        load_begin(size);
        break;
    case SERAI_LOAD_PIECE:
        load_piece(size);
        break;
    case SERAI_LOAD_BECOME:
        load_become(size);
        break;
    case SERAI_LOAD_USE:
        load_use(size);
        break;
    case SERAI_LOAD_FETCH:
        load_fetch(size);
        break;
    default: /* a byte from outside, not an enum */
        load_complain("no such instruction", 0);
        break;
    }
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    if (kind == SERAI_EVENT_PACKET && slot == SERAI_SLOT_ORIGIN) {
        /* Give back what the packet took: the window stays what it was at birth, for the next
           piece, and for whatever this agent becomes. */
        (void)!channel_arm(SERAI_SLOT_ORIGIN, 1, size > 0 ? size : 1);
        load_obey(size);
    } else if (kind == SERAI_EVENT_CLOSED) {
        /* Nobody can reach it any more: let its money go where it belongs. */
        (void)!self_die(SERAI_SLOT_SELF);
    }
}
