/*
 * The journal's decoders on any bytes.  The first byte picks one; what it accepts must encode to
 * the same bytes, and a store that holds anything must be told good or bad, never crash the reader.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "ledger/entry.h"
#include "ledger/journal.h"
#include "ledger/record.h"
#include "tests/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t put_again(uint8_t *again, struct entry_state *state, const struct entry *entry)
{
    switch (entry->kind) {
    case ENTRY_EVENT:
        return entry_put_event(again, state, &entry->event);
    case ENTRY_OPENING:
        return entry_put_opening(again, &entry->opening);
    case ENTRY_LINE:
        return entry_put_line(again, state, &entry->line);
    }
    abort();
}

static void check_entries(const struct chunk *chunk)
{
    struct entry_state state = {.price = chunk->price, .site_time_us = chunk->site_time_us};
    struct entry_state writer = {.site_time_us = chunk->site_time_us};
    size_t used = 0;

    for (size_t at = 0; at < chunk->body_size; at += used) {
        uint8_t again[ENTRY_BYTES_MAX];
        struct entry entry;

        if (entry_get(&entry, &state, chunk->body + at, chunk->body_size - at, &used) != NULL)
            return;
        if (put_again(again, &writer, &entry) != used || memcmp(again, chunk->body + at, used) != 0)
            abort();
    }
}

static void check_chunk(const uint8_t *data, size_t size)
{
    uint8_t again[HEADER_RECORD_BYTES_MAX];
    struct header_record header;
    struct chunk chunk;

    if (chunk_decode(&chunk, data, size) != NULL)
        return;
    if (chunk.section == SECTION_ENTRIES) {
        chunk_put_entries_header(again, &chunk);
        if (memcmp(again, data, ENTRIES_HEADER_BYTES) != 0)
            abort();
        check_entries(&chunk);
        return;
    }
    chunk_put_header(again, chunk.frame);
    if (memcmp(again, data, CHUNK_HEADER_BYTES) != 0)
        abort();
    if (header_record_get(&header, chunk.body, chunk.body_size) != NULL)
        return;
    if (header_record_put(again, &header) != chunk.body_size ||
        memcmp(again, chunk.body, chunk.body_size) != 0)
        abort();
}

static void check_header(const uint8_t *data, size_t size)
{
    struct bytes again = {.data = NULL};
    struct frame_header header;

    if (frame_header_get(&header, data, size, NULL) == ST_OK) {
        frame_header_put(&again, &header);
        if (again.size != size || memcmp(again.data, data, size) != 0)
            abort();
    }
    bytes_fini(&again);
}

/* Rows: table u8, key size u8, key, value size u16, value; then all readers over the store. */
static void check_store(const uint8_t *data, size_t size)
{
    static const enum store_table tables[] = {STORE_META, STORE_JOURNAL, STORE_ACCOUNT};
    struct store_memory *memory;
    struct store_batch batch;
    struct store store;
    struct verify_report report;
    struct ledger *ledger;
    struct fault fault;

    if (store_memory_new(&memory) != ST_OK)
        return;
    store = store_from_memory(memory);
    store_batch_init(&batch);
    while (size >= 4) {
        size_t key_size = 1 + data[1] % 16;
        size_t value_size = le16_get(data + 2);

        if (size - 4 < key_size || size - 4 - key_size < value_size)
            break;
        store_batch_put(&batch, tables[data[0] % 3], data + 4, key_size, data + 4 + key_size,
                        value_size);
        data += 4 + key_size + value_size;
        size -= 4 + key_size + value_size;
    }
    if (store_commit(&store, &batch, &fault) == ST_OK && ledger_new(&ledger) == ST_OK) {
        (void)!WITH_READ(&store, ledger_load(ledger, &read, &fault)); /* any answer will do */
        (void)!WITH_READ(&store,
                         audit_verify(&read, NULL, &report, &fault)); /* as long as it is one */
        ledger_free(ledger);
    }
    store_batch_fini(&batch);
    store_memory_free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        check_chunk(data + 1, size - 1);
        break;
    case 1:
        check_header(data + 1, size - 1);
        break;
    default: /* a byte, not an enum */
        check_store(data + 1, size - 1);
        break;
    }
    return 0;
}
