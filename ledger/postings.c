/*
 * The sums of a frame (docs/records.md, "Postings"): a list in order of first appearance,
 * and a hash table of places in it.
 */
#include "ledger/postings.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64 };

void postings_fini(struct postings *postings)
{
    free(postings->list);
    free(postings->slots);
    memset(postings, 0, sizeof *postings);
}

void postings_clear(struct postings *postings)
{
    /* Not all slots: one big frame must not make every later small one pay for its size. */
    for (size_t i = 0; i < postings->count; i++)
        postings->slots[postings->list[i].slot] = 0;
    postings->count = 0;
}

/*
 * Not keyed: ids come from our own counter, so nobody chooses them to collide, and the order of the
 * list does not depend on the hash.  The steps are those of a multiply and xor-shift finaliser.
 */
static uint64_t posting_hash(uint64_t debit, uint64_t credit, uint16_t code)
{
    uint64_t hash = debit * UINT64_C(0x9e3779b97f4a7c15) + code;

    hash ^= hash >> 29;
    hash = (hash ^ credit) * UINT64_C(0xbf58476d1ce4e5b9);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

/* The slot that names this posting, or the free one where it would go. */
static size_t postings_slot_of(const struct postings *postings, uint64_t debit, uint64_t credit,
                               uint16_t code)
{
    size_t mask = postings->slot_count - 1;
    size_t slot = posting_hash(debit, credit, code) & mask;

    while (postings->slots[slot] != 0) {
        const struct posting *posting = &postings->list[postings->slots[slot] - 1];

        if (posting->debit == debit && posting->credit == credit && posting->code == code)
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Make room for one more posting, with at most half of the slots taken. */
static enum status postings_grow(struct postings *postings)
{
    size_t slot_count = postings->slot_count == 0 ? SLOTS_FIRST : postings->slot_count * 2;
    size_t capacity = slot_count / 2;
    struct posting *list;
    uint32_t *slots;

    if (postings->count < postings->capacity)
        return ST_OK;
    /* Kept at once: if the slots fail, the list is the longer one and nothing else has changed. */
    list = realloc(postings->list, capacity * sizeof *list);
    if (list == NULL)
        return ST_NOMEM;
    postings->list = list;
    slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return ST_NOMEM;
    free(postings->slots);
    postings->slots = slots;
    postings->slot_count = slot_count;
    postings->capacity = capacity;
    for (size_t i = 0; i < postings->count; i++) {
        size_t slot = postings_slot_of(postings, list[i].debit, list[i].credit, list[i].code);

        slots[slot] = (uint32_t)(i + 1);
        list[i].slot = (uint32_t)slot;
    }
    return ST_OK;
}

enum status postings_add(struct postings *postings, uint64_t debit, uint64_t credit, uint16_t code,
                         u128 amount)
{
    struct posting *posting;
    size_t slot;

    /* Before the search, so that the slot that it finds stays the right one. */
    if (postings_grow(postings) != ST_OK)
        return ST_NOMEM;
    slot = postings_slot_of(postings, debit, credit, code);
    if (postings->slots[slot] != 0) {
        posting = &postings->list[postings->slots[slot] - 1];
        if (posting->lines == UINT32_MAX || !u128_add(&posting->amount, posting->amount, amount))
            return ST_FULL;
        posting->lines++;
        return ST_OK;
    }
    posting = &postings->list[postings->count++];
    *posting = (struct posting){.debit = debit,
                                .credit = credit,
                                .code = code,
                                .amount = amount,
                                .lines = 1,
                                .slot = (uint32_t)slot};
    postings->slots[slot] = (uint32_t)postings->count;
    return ST_OK;
}
