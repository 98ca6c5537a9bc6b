/*
 * Where guests run: slots of address space that hold the memory of agents that ran lately.  What a
 * slot holds is a copy: an agent's own pages are in agents/pages/paged.c.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, madvise */
#include "agents/pages/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/pages/page_owner.h"
#include "agents/pages/paged.h"
#include "base/table.h"

enum {
    SLOT_BYTES = ENGINE_MEMORY_PAGES_MAX * ENGINE_WASM_PAGE_BYTES,
    CARDS_PER_PAGE = ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES,
};

static_assert((int)PAGED_BYTES == (int)ENGINE_CARD_BYTES, "a card is a page");

struct arena {
    uint8_t *memory;
    uint64_t clock;
    uint64_t cards_taken;
    struct table by_agent;      /* agent -> its slot */
    uint64_t used[ARENA_SLOTS]; /* for least recently used; 0: free */
    struct arena_slot slots[ARENA_SLOTS];
    uint8_t cards[ARENA_SLOTS][ENGINE_CARDS_MAX];
};

uint64_t agents_address_bytes(void)
{
    return (uint64_t)ARENA_SLOTS * SLOT_BYTES;
}

enum status arena_new(struct arena **arena)
{
    struct arena *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    /*
     * Address space alone: the kernel hands memory out as pages are written, at most
     * ARENA_CARDS_MAX of them are kept.
     */
    made->memory = mmap(NULL, (size_t)ARENA_SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made->memory == MAP_FAILED) {
        free(made);
        return ST_NOMEM;
    }
    table_init(&made->by_agent);
    for (size_t i = 0; i < ARENA_SLOTS; i++) {
        made->slots[i].arena = made;
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
    table_fini(&arena->by_agent);
    free(arena);
}

bool arena_has(const struct arena *arena, uint64_t agent)
{
    return table_get(&arena->by_agent, agent) != NULL;
}

/* ---- what a slot holds ---- */

/*
 * The card holds something of the tenant, which the next one must not see; and its memory is the
 * slot's now.
 */
static void arena_note_card(struct arena_slot *slot, uint32_t card)
{
    uint64_t bit = UINT64_C(1) << (card % 64);

    slot->laid.words[card / 64] |= bit;
    if ((slot->taken.words[card / 64] & bit) != 0)
        return;
    slot->taken.words[card / 64] |= bit;
    slot->taken_count++;
    slot->arena->cards_taken++;
}

/* Return all memory of a slot without a tenant to the kernel; it reads as zeroes again. */
static void arena_give_back(struct arena_slot *slot)
{
    INVARIANT(madvise(slot->memory, SLOT_BYTES, MADV_DONTNEED) == 0);
    memset(&slot->laid, 0, sizeof slot->laid);
    memset(&slot->taken, 0, sizeof slot->taken);
    slot->arena->cards_taken -= slot->taken_count;
    slot->taken_count = 0;
}

/*
 * End the tenancy of a slot; what is left in it is written over when the next tenant comes.  The
 * memory stays with the slot: given back, the kernel would hand it out again page by page, each at
 * many times the cost of a copy.
 */
static void arena_leave(struct arena_slot *slot)
{
    struct arena *arena = slot->arena;

    if (slot->agent != 0)
        (void)table_remove(&arena->by_agent, slot->agent);
    slot->agent = 0;
    arena->used[slot - arena->slots] = 0;
}

void arena_forget(struct arena *arena, uint64_t agent)
{
    struct arena_slot *slot = table_get(&arena->by_agent, agent);

    if (slot != NULL)
        arena_leave(slot);
}

/* ---- laying out ---- */

/* Write a page as it was after the last turn that stood. */
static void arena_lay_page(const struct agent *agent, uint32_t page, uint8_t *to)
{
    const uint8_t *own = paged_page(&agent->program.memory, page);

    if (own != NULL)
        memcpy(to, own, PAGED_BYTES);
    else
        agent_initial_page(agent, page, to);
}

/* Zero what the last tenant left, but not pages that the next step writes whole. */
static void arena_clear(struct arena_slot *slot, const struct agent *agent)
{
    for (uint32_t i = 0; i < agent->program.memory.used; i++) {
        const struct paged_page *page = agent->program.memory.pages[i];

        if (page->data != NULL)
            slot->laid.words[page->number / 64] &= ~(UINT64_C(1) << (page->number % 64));
    }
    for (uint32_t word = 0; word < ENGINE_CARDS_MAX / 64; word++) {
        for (uint64_t left = slot->laid.words[word]; left != 0; left &= left - 1) {
            size_t card = word * 64u + (size_t)__builtin_ctzll(left);

            memset(slot->memory + card * PAGED_BYTES, 0, PAGED_BYTES);
        }
        slot->laid.words[word] = 0;
    }
}

/*
 * Write the data of the code, then the agent's own pages over it; elsewhere the slot is zero, as
 * its memory is.
 */
static void arena_lay_out(struct arena_slot *slot, const struct agent *agent)
{
    const struct engine_code *code = agent->program.code.code->engine;
    const uint8_t *data;
    uint32_t offset;
    uint32_t size;

    for (uint32_t i = 0; (data = engine_code_data(code, i, &offset, &size)) != NULL; i++) {
        if (size == 0)
            continue;
        memcpy(slot->memory + offset, data, size);
        for (uint32_t card = offset / PAGED_BYTES; card <= (offset + size - 1) / PAGED_BYTES;
             card++)
            arena_note_card(slot, card);
    }
    for (uint32_t i = 0; i < agent->program.memory.used; i++) {
        const struct paged_page *page = agent->program.memory.pages[i];

        if (page->data == NULL)
            continue;
        memcpy(slot->memory + (size_t)page->number * PAGED_BYTES, page->data, PAGED_BYTES);
        arena_note_card(slot, page->number);
    }
}

/*
 * The slot that was used longest ago, if with_memory among those that have memory; never `but`.
 * NULL: there is none.
 */
static struct arena_slot *arena_oldest_slot(struct arena *arena, const struct arena_slot *but,
                                            bool with_memory)
{
    struct arena_slot *oldest = NULL;

    for (size_t i = 0; i < ARENA_SLOTS; i++) {
        struct arena_slot *slot = &arena->slots[i];

        if (slot == but || (with_memory && slot->taken_count == 0))
            continue;
        if (oldest == NULL || arena->used[i] < arena->used[oldest - arena->slots])
            oldest = slot;
    }
    return oldest;
}

/*
 * The slot for a new tenant: the oldest one.  When the arena has all the memory that it may have,
 * the oldest that brings its memory along, so that the bound is kept without asking the kernel.
 */
static struct arena_slot *arena_slot_for(struct arena *arena, const struct agent *agent)
{
    bool full = arena->cards_taken + agent->program.memory.used > ARENA_CARDS_MAX;

    return arena_oldest_slot(arena, NULL, full);
}

/*
 * End the oldest tenancy that has memory, and return that memory, so that the slot `but` may have
 * it.
 */
static void arena_make_memory(struct arena_slot *but)
{
    struct arena_slot *oldest = arena_oldest_slot(but->arena, but, true);

    INVARIANT(oldest != NULL); /* one slot alone is below the bound */
    arena_leave(oldest);
    arena_give_back(oldest);
}

struct arena_slot *arena_take(struct arena *arena, const struct agent *agent)
{
    struct arena_slot *slot = table_get(&arena->by_agent, agent->id);

    arena->clock++;
    if (slot == NULL) {
        slot = arena_slot_for(arena, agent);
        arena_leave(slot);
        slot->agent = agent->id;
        (void)table_put(&arena->by_agent, agent->id, slot); /* it has no other */
        arena_clear(slot, agent);
        arena_lay_out(slot, agent);
    }
    arena->used[slot - arena->slots] = arena->clock;
    while (arena->cards_taken > ARENA_CARDS_MAX)
        arena_make_memory(slot);
    return slot;
}

/* ---- the end of a turn ---- */

/*
 * The first marked card from `card` on, below `end`, which is a multiple of 8; or `end`.  Few cards
 * are marked, so eight are looked at together.
 */
static uint32_t arena_next_marked(const uint8_t *cards, uint32_t card, uint32_t end)
{
    uint64_t eight;

    while (card < end) {
        if (card % 8 == 0) {
            memcpy(&eight, cards + card, sizeof eight);
            if (eight == 0) {
                card += 8;
                continue;
            }
        }
        if (cards[card] != 0)
            return card;
        card++;
    }
    return end;
}

void arena_commit(struct arena_slot *slot, struct agent *agent, uint32_t memory_pages,
                  struct paged_dirty *dirty)
{
    uint32_t end = memory_pages * CARDS_PER_PAGE;
    uint8_t before[PAGED_BYTES];

    for (uint32_t card = arena_next_marked(slot->cards, 0, end); card < end;
         card = arena_next_marked(slot->cards, card + 1, end)) {
        const uint8_t *now = slot->memory + (size_t)card * PAGED_BYTES;
        const uint8_t *own = paged_page(&agent->program.memory, card);
        uint64_t changed;

        slot->cards[card] = 0;
        arena_note_card(slot, card);
        /* A page that the agent does not have yet is compared with what the code begins with. */
        if (own == NULL) {
            agent_initial_page(agent, card, before);
            own = before;
        }
        /* A store that wrote what was there already leaves no trace in any row. */
        changed = paged_differs(own, now);
        if (changed != 0)
            paged_set(&agent->program.memory, dirty, card, now, changed);
    }
}

void arena_rollback(struct arena_slot *slot, const struct agent *agent, uint32_t memory_pages)
{
    uint32_t end = memory_pages * CARDS_PER_PAGE;
    uint32_t kept = agent->program.memory_pages * CARDS_PER_PAGE;

    for (uint32_t card = arena_next_marked(slot->cards, 0, end); card < end;
         card = arena_next_marked(slot->cards, card + 1, end)) {
        slot->cards[card] = 0;
        arena_note_card(slot, card);
        /* Beyond the memory that the agent had, the turn grew it; that part is zero again. */
        if (card < kept)
            arena_lay_page(agent, card, slot->memory + (size_t)card * PAGED_BYTES);
        else
            memset(slot->memory + (size_t)card * PAGED_BYTES, 0, PAGED_BYTES);
    }
}
