#include "tests/ledger/books_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/record.h"
#include "tests/reading.h"

void books_open(struct books *books)
{
    memset(books, 0, sizeof *books);
    ck_assert_int_eq(ledger_new(&books->ledger), ST_OK);
    ck_assert_int_eq(store_memory_new(&books->memory), ST_OK);
    books->store = store_from_memory(books->memory);
    store_batch_init(&books->batch);
    books->wall_us = UINT64_C(1795300000000000); /* in November 2026 */
}

void books_close(struct books *books)
{
    ledger_free(books->ledger);
    store_memory_free(books->memory);
    store_batch_fini(&books->batch);
}

struct money nanos(uint64_t count)
{
    struct money amount = money_zero();

    ck_assert_int_eq(money_from_nanos(&amount, count), ST_OK);
    return amount;
}

struct event tick_event(const struct books *books)
{
    return (struct event){.kind = EVENT_TICK, .site_time_us = books->site_time_us};
}

enum transfer_result books_move(struct books *books, uint64_t debit, uint64_t credit,
                                uint64_t amount, enum transfer_code code)
{
    struct transfer transfer = {
        .debit = debit, .credit = credit, .amount = nanos(amount), .code = code};
    struct event event = tick_event(books);
    enum transfer_result result;

    ledger_event_begin(books->ledger);
    result = ledger_transfer(books->ledger, &transfer);
    (void)ledger_event_end(books->ledger, &event);
    return result;
}

void books_moved(struct books *books, uint64_t debit, uint64_t credit, uint64_t amount,
                 enum transfer_code code)
{
    ck_assert_int_eq(books_move(books, debit, credit, amount, code), TRANSFER_DONE);
}

uint64_t books_account(struct books *books, enum account_kind kind, uint64_t customer)
{
    struct event event = tick_event(books);
    uint64_t id = 0;

    ledger_event_begin(books->ledger);
    ck_assert_int_eq(ledger_open(books->ledger, kind, customer, &id), ST_OK);
    (void)ledger_event_end(books->ledger, &event);
    return id;
}

static void books_commit(struct books *books)
{
    struct fault fault = {.text = ""};

    ck_assert_msg(store_commit(&books->store, &books->batch, &fault) == ST_OK, "%s", fault.text);
    store_batch_clear(&books->batch);
}

struct frame_header books_frame_done(struct books *books)
{
    struct frame_header header;

    books->site_time_us += 1000;
    books->wall_us += 60000000;
    ck_assert(ledger_frame_close(books->ledger, &books->batch, books->site_time_us, books->wall_us,
                                 true, &header));
    books_commit(books);
    return header;
}

struct small_life books_live(struct books *books)
{
    struct event event = tick_event(books);
    struct small_life life;

    life.customer = books_account(books, KIND_CUSTOMER, 0);
    books_moved(books, ACCOUNT_TREASURY, life.customer, 1000000000, TRANSFER_MONEY_IN);
    (void)books_frame_done(books);
    life.agent = books_account(books, KIND_AGENT, life.customer);
    life.dead = books_account(books, KIND_AGENT, life.customer);
    books_moved(books, life.customer, life.agent, 50000000, TRANSFER_ENDOWMENT);
    books_moved(books, life.customer, life.dead, 700, TRANSFER_ENDOWMENT);
    (void)books_frame_done(books);
    for (int i = 0; i < 5; i++)
        books_moved(books, life.agent, ACCOUNT_REVENUE_COMPUTE, 100, TRANSFER_COMPUTE);
    books_moved(books, life.agent, ACCOUNT_DEPOSIT_HEAP, 2000000, TRANSFER_HEAP_DEPOSIT);
    books_moved(books, life.agent, ACCOUNT_HELD_MESSAGE, 31, TRANSFER_MESSAGE_HOLD);
    (void)books_frame_done(books);
    ledger_event_begin(books->ledger);
    ledger_transfer_checked(books->ledger, &(struct transfer){.debit = life.dead,
                                                              .credit = ACCOUNT_UNCLAIMED,
                                                              .amount = nanos(700),
                                                              .code = TRANSFER_ESTATE});
    ledger_close(books->ledger, life.dead);
    (void)ledger_event_end(books->ledger, &event);
    (void)books_frame_done(books);
    return life;
}

void books_live_random(struct books *books, struct rng *rng, int frames, int transfers)
{
    enum { AGENTS = 20 };
    uint64_t first = books_account(books, KIND_CUSTOMER, 0);
    uint64_t last = first;

    books_moved(books, ACCOUNT_TREASURY, first, 1000000, TRANSFER_MONEY_IN);
    for (int i = 0; i < AGENTS; i++)
        last = books_account(books, KIND_AGENT, first);
    for (int frame = 0; frame < frames; frame++) {
        for (int i = 0; i < transfers; i++) {
            uint64_t debit = first + rng_below(rng, last - first + 1);
            uint64_t credit = rng_below(rng, 4) == 0 ? ACCOUNT_REVENUE_COMPUTE
                                                     : first + rng_below(rng, last - first + 1);
            enum transfer_code code = rng_coin(rng) ? TRANSFER_COMPUTE : TRANSFER_FUND;

            /* Any answer will do: short of funds and to itself are among them. */
            (void)books_move(books, debit, credit, 1 + rng_below(rng, 3000), code);
        }
        (void)books_frame_done(books);
    }
}

/* ---- forging ---- */

static struct hash leaf_of(const uint8_t *chunk, size_t size)
{
    uint8_t bytes[1 + CHUNK_BYTES_MAX] = {0x00};

    memcpy(bytes + 1, chunk, size);
    return hash_of(bytes, 1 + size);
}

/* What the edited header says, where that can be read at all. */
static struct frame_header header_as_edited(const struct frame_header *header, const uint8_t *chunk,
                                            size_t size)
{
    struct header_record record;

    if (chunk[2] != SECTION_HEADER ||
        header_record_get(&record, chunk + CHUNK_HEADER_BYTES, size - CHUNK_HEADER_BYTES) != NULL)
        return *header;
    record.header.segment = header->segment;
    record.header.frame = header->frame; /* where it stands is not a matter of what it says */
    return record.header;
}

void books_forge_frame(struct books *books, chunk_edit edit, void *context)
{
    struct hash previous = ledger_head(books->ledger);
    struct bytes leaves = {.data = NULL};
    struct store_batch made;
    struct frame_header header;
    struct bytes meta = {.data = NULL};
    struct store_op op;
    uint8_t meta_key = META_FRAME_HEADER;
    size_t offset = 0;
    uint32_t number = 0;

    store_batch_init(&made);
    books->site_time_us += 1000;
    books->wall_us += 1000;
    ck_assert(ledger_frame_close(books->ledger, &made, books->site_time_us, books->wall_us, true,
                                 &header));
    bytes_append(&leaves, previous.bytes, HASH_BYTES);
    while (store_batch_next(&made, &offset, &op)) {
        uint8_t chunk[CHUNK_BYTES_MAX];
        size_t size = op.value_size;
        struct hash leaf;

        if (op.table == STORE_META)
            continue;
        if (op.table != STORE_JOURNAL) {
            store_batch_put(&books->batch, op.table, op.key, op.key_size, op.value, op.value_size);
            continue;
        }
        memcpy(chunk, op.value, op.value_size);
        header.segment.bytes -= size;
        if (!edit(context, number++, chunk, &size))
            continue;
        header.segment.bytes += size;
        if (number == 1)
            header = header_as_edited(&header, chunk, size);
        store_batch_append(&books->batch, STORE_JOURNAL, op.key, op.key_size, chunk, size);
        leaf = leaf_of(chunk, size);
        bytes_append(&leaves, leaf.bytes, HASH_BYTES);
    }
    header.head = hash_of(leaves.data, leaves.size);
    frame_header_put(&meta, &header);
    store_batch_put(&books->batch, STORE_META, &meta_key, 1, meta.data, meta.size);
    books_commit(books);
    store_batch_fini(&made);
    bytes_fini(&leaves);
    bytes_fini(&meta);
}

void books_forge_entries(struct books *books, entry_edit edit, void *context)
{
    struct ledger *ledger = books->ledger;
    struct chunks *forged = calloc(1, sizeof *forged);

    ck_assert_ptr_nonnull(forged);
    chunks_begin(forged, books_frame(ledger));
    for (size_t i = 0; i < chunks_count(&ledger->chunks); i++) {
        size_t size;
        const uint8_t *chunk = chunks_at(&ledger->chunks, i, &size);

        refill(forged, chunk, size, edit, context);
    }
    chunks_fini(&ledger->chunks);
    ledger->chunks = *forged;
    free(forged);
    (void)books_frame_done(books);
}

void books_put_row(struct books *books, enum store_table table, const void *key, size_t key_size,
                   const void *value, size_t value_size)
{
    if (value == NULL)
        store_batch_delete(&books->batch, table, key, key_size);
    else
        store_batch_put(&books->batch, table, key, key_size, value, value_size);
    books_commit(books);
}

/* ---- assertions ---- */

void ck_assert_verify_names(const struct books *books, const char *what)
{
    struct verify_report report;
    struct fault fault = {.text = ""};

    ck_assert_int_eq(WITH_READ(&books->store, audit_verify(&read, NULL, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
}

void ck_assert_load_names(const struct books *books, const char *what)
{
    struct fault fault = {.text = ""};
    struct ledger *ledger;

    ck_assert_int_eq(ledger_new(&ledger), ST_OK);
    ck_assert_int_eq(WITH_READ(&books->store, ledger_load(ledger, &read, &fault)), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
    ck_assert_uint_eq(ledger_frame(ledger), 1); /* what fails changes nothing */
    ledger_free(ledger);
}

static void compare_account(void *context, const struct account *account)
{
    const struct account *other = ledger_account(context, account->id);

    ck_assert_ptr_nonnull(other);
    ck_assert(other->debits == account->debits && other->credits == account->credits);
    ck_assert(other->class == account->class && other->kind == account->kind);
    ck_assert(other->customer == account->customer && other->closed == account->closed);
    ck_assert_uint_eq(other->opened_frame, account->opened_frame);
}

void ck_assert_verifies(const struct books *books)
{
    struct verify_report report;
    struct fault fault = {.text = ""};
    struct hash head = ledger_head(books->ledger);
    struct hash loaded_head;
    struct ledger *loaded;

    ck_assert_msg(WITH_READ(&books->store, audit_verify(&read, NULL, &report, &fault)) == ST_OK,
                  "%s", fault.text);
    ck_assert(hash_equal(&report.head, &head));
    ck_assert_int_eq(ledger_new(&loaded), ST_OK);
    ck_assert_msg(WITH_READ(&books->store, ledger_load(loaded, &read, &fault)) == ST_OK, "%s",
                  fault.text);
    ck_assert_uint_eq(ledger_frame(loaded), ledger_frame(books->ledger));
    loaded_head = ledger_head(loaded);
    ck_assert(hash_equal(&loaded_head, &head));
    ledger_each_account(books->ledger, compare_account, loaded);
    ledger_each_account(loaded, compare_account, books->ledger);
    ledger_free(loaded);
}
