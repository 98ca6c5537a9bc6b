#include "tests/ledger/refill.h"

static void put(struct chunks *to, const struct entry *entry)
{
    switch (entry->kind) {
    case ENTRY_EVENT:
        chunks_add_event(to, &entry->event);
        return;
    case ENTRY_OPENING:
        chunks_add_opening(to, &entry->opening);
        return;
    case ENTRY_LINE:
        chunks_add_line(to, &entry->line);
        return;
    }
    invariant_failed("a kind of entry", __FILE__, __LINE__);
}

void refill(struct chunks *to, const uint8_t *chunk, size_t size, entry_edit edit, void *context)
{
    struct chunk from;
    struct entry_state state;
    struct entry entry;
    size_t used = 0;

    INVARIANT(chunk_decode(&from, chunk, size) == NULL);
    INVARIANT(from.section == SECTION_ENTRIES);
    state = (struct entry_state){.price = from.price, .site_time_us = from.site_time_us};
    for (size_t at = 0; at < from.body_size; at += used) {
        INVARIANT(entry_get(&entry, &state, from.body + at, from.body_size - at, &used) == NULL);
        if ((at == 0 && from.continued) || !edit(context, &entry))
            continue;
        put(to, &entry);
    }
}
