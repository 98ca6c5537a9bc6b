#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, madvise */
#include "agents/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agents/state.h"

enum { SLOT_BYTES = ENGINE_MEMORY_PAGES_MAX * ENGINE_WASM_PAGE_BYTES };

struct arena {
    uint8_t *memory;
    uint64_t clock;
    struct arena_slot slots[ARENA_SLOTS];
    uint8_t cards[ARENA_SLOTS][ENGINE_CARDS_MAX];
};

enum status arena_new(struct arena **arena)
{
    struct arena *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    made->memory = mmap(NULL, (size_t)ARENA_SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made->memory == MAP_FAILED) {
        free(made);
        return ST_NOMEM;
    }
    for (size_t i = 0; i < ARENA_SLOTS; i++) {
        made->slots[i].memory = made->memory + i * SLOT_BYTES;
        made->slots[i].cards = made->cards[i];
    }
    *arena = made;
    return ST_OK;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    (void)munmap(arena->memory, (size_t)ARENA_SLOTS * SLOT_BYTES);
    free(arena);
}

/* A page as of the last good turn; pages past the initial image begin as zeroes. */
static void lay_page(const struct agent *agent, uint32_t page, uint8_t *to)
{
    const uint8_t *own = paged_page(&agent->memory, page);
    const struct engine_code *code = agent->code.code->engine;
    uint64_t initial = (uint64_t)engine_code_memory_pages(code) * ENGINE_WASM_PAGE_BYTES;

    if (own != NULL)
        memcpy(to, own, PAGED_BYTES);
    else if ((uint64_t)page * PAGED_BYTES < initial)
        engine_code_initial_memory(code, page * PAGED_BYTES, PAGED_BYTES, to);
    else
        memset(to, 0, PAGED_BYTES);
}

/*
 * What the last tenant left goes: a small memory by writing over it, a large one by giving its
 * pages back to the kernel, which hands out zeroes.
 */
static void clear(struct arena_slot *slot)
{
    if (slot->touched_bytes <= 8 * ENGINE_WASM_PAGE_BYTES)
        memset(slot->memory, 0, slot->touched_bytes);
    else
        INVARIANT(madvise(slot->memory, slot->touched_bytes, MADV_DONTNEED) == 0);
    memset(slot->cards, 0, slot->touched_bytes / ENGINE_CARD_BYTES);
}

static void lay_out(struct arena_slot *slot, const struct agent *agent)
{
    const struct engine_code *code = agent->code.code->engine;
    uint32_t initial = engine_code_memory_pages(code) * ENGINE_WASM_PAGE_BYTES;
    uint32_t pages = agent->memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES);

    clear(slot);
    slot->touched_bytes = (size_t)agent->memory_pages * ENGINE_WASM_PAGE_BYTES;
    if (initial > 0)
        engine_code_initial_memory(code, 0, initial, slot->memory);
    for (uint32_t page = 0; page < pages && page < agent->memory.count; page++) {
        if (agent->memory.pages[page].data != NULL)
            memcpy(slot->memory + (size_t)page * PAGED_BYTES, agent->memory.pages[page].data,
                   PAGED_BYTES);
    }
}

struct arena_slot *arena_take(struct arena *arena, const struct agent *agent)
{
    struct arena_slot *oldest = &arena->slots[0];

    arena->clock++;
    for (size_t i = 0; i < ARENA_SLOTS; i++) {
        struct arena_slot *slot = &arena->slots[i];

        if (slot->agent == agent->id) {
            slot->used = arena->clock;
            return slot;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    oldest->agent = agent->id;
    oldest->used = arena->clock;
    lay_out(oldest, agent);
    return oldest;
}

static void note_size(struct arena_slot *slot, uint32_t memory_pages)
{
    size_t bytes = (size_t)memory_pages * ENGINE_WASM_PAGE_BYTES;

    if (bytes > slot->touched_bytes)
        slot->touched_bytes = bytes;
}

void arena_commit(struct arena_slot *slot, struct agent *agent, uint32_t memory_pages,
                  struct paged_dirty *dirty)
{
    uint32_t cards = memory_pages * (ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES);
    uint8_t before[PAGED_BYTES];

    note_size(slot, memory_pages);
    for (uint32_t card = 0; card < cards; card++) {
        const uint8_t *now = slot->memory + (size_t)card * PAGED_BYTES;

        if (slot->cards[card] == 0)
            continue;
        slot->cards[card] = 0;
        lay_page(agent, card, before);
        if (memcmp(before, now, PAGED_BYTES) != 0)
            paged_set(&agent->memory, dirty, card, now);
    }
}

void arena_rollback(struct arena_slot *slot, const struct agent *agent, uint32_t memory_pages)
{
    uint32_t cards = memory_pages * (ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES);
    uint32_t kept = agent->memory_pages * (ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES);

    note_size(slot, memory_pages);
    for (uint32_t card = 0; card < cards; card++) {
        if (slot->cards[card] == 0)
            continue;
        slot->cards[card] = 0;
        if (card < kept)
            lay_page(agent, card, slot->memory + (size_t)card * PAGED_BYTES);
        else
            memset(slot->memory + (size_t)card * PAGED_BYTES, 0, PAGED_BYTES);
    }
}

void arena_forget(struct arena *arena, uint64_t agent)
{
    for (size_t i = 0; i < ARENA_SLOTS; i++) {
        if (arena->slots[i].agent == agent) {
            arena->slots[i].agent = 0;
            arena->slots[i].used = 0;
        }
    }
}
