/*
 * The journal's decoders on any bytes.  The first byte picks one; what it accepts must encode to
 * the same bytes, and a store that holds anything must be told good or bad, never crash the reader.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "ledger/journal.h"
#include "ledger/record.h"
#include "tests/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_records(const struct chunk *chunk)
{
    size_t record_bytes = section_record_bytes(chunk->section);

    for (uint32_t i = 0; i < chunk->count; i++) {
        const uint8_t *record = chunk->records + i * record_bytes;
        uint8_t again[EVENT_RECORD_BYTES];
        struct header_record header;
        struct journal_opening opening;
        struct journal_event event;
        struct journal_line line;
        struct journal_posting posting;
        bool good = false;

        switch (chunk->section) {
        case SECTION_HEADER:
            good = header_record_get(&header, record) == NULL;
            if (good)
                header_record_put(again, &header);
            break;
        case SECTION_OPENINGS:
            good = opening_record_get(&opening, record) == NULL;
            if (good)
                opening_record_put(again, &opening);
            break;
        case SECTION_EVENTS:
            good = event_record_get(&event, record) == NULL;
            if (good)
                event_record_put(again, &event);
            break;
        case SECTION_LINES:
            good = line_record_get(&line, record) == NULL;
            if (good)
                line_record_put(again, &line);
            break;
        case SECTION_POSTINGS:
            good = posting_record_get(&posting, record) == NULL;
            if (good)
                posting_record_put(again, &posting);
            break;
        }
        if (good && memcmp(again, record, record_bytes) != 0)
            abort();
    }
}

static void check_chunk(const uint8_t *data, size_t size)
{
    struct chunk chunk;

    if (chunk_decode(&chunk, data, size) == NULL)
        check_records(&chunk);
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
