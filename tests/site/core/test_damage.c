/*
 * Damage to the store: whatever row is missing or changed, loading says so or carries on; it never
 * stops the program, and what it accepts still adds up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/loader/loader_wasm.h"
#include "tests/reading.h"
#include "tests/site/core/puppet.h"

#ifndef DAMAGE_TRIALS
#define DAMAGE_TRIALS 1500
#endif

static void live(struct site *site, struct rng *rng)
{
    uint64_t dice = rng_u64(rng);
    uint64_t agents[6];
    struct deploy chaos = {.module = "chaos",
                           .args = (const char *)&dice,
                           .args_size = sizeof dice,
                           .nanos = 60000000,
                           .gifts = "stcr"};

    site_open(site, rng_u64(rng), 10000000000);
    site_customer(site, 1, "one", 2000000000);
    for (int i = 0; i < 6; i++, dice = rng_u64(rng))
        agents[i] = site_deploy(site, 1, &chaos);
    for (int i = 0; i < 150; i++) {
        (void)site_send(site, 1, agents[i % 6], "go", 10); /* it may be dead */
        site->now_us += 150000;
        core_advance(site->core, site->now_us);
        (void)core_run(site->core, 20);
        site_frame(site);
    }
}

/* ---- rows ---- */

struct row {
    enum store_table table;
    uint8_t key[STORE_KEY_BYTES_MAX];
    size_t key_size;
    size_t value_size;
};

struct rows {
    struct row *items;
    size_t count;
    size_t capacity;
};

static void note_row(struct rows *rows, const struct store_row *stored)
{
    struct row *row;

    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? 256 : rows->capacity * 2;
        rows->items = realloc(rows->items, rows->capacity * sizeof *rows->items);
        ck_assert_ptr_nonnull(rows->items);
    }
    row = &rows->items[rows->count++];
    row->table = stored->table;
    memcpy(row->key, stored->key, stored->key_size);
    row->key_size = stored->key_size;
    row->value_size = stored->value_size;
}

static enum status note_rows(const struct store_read *read, struct rows *rows)
{
    enum status status = ST_OK;

    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, (enum store_table)table, NULL, 0, NULL);
        while (store_cursor_next(&cursor, &stored))
            note_row(rows, &stored);
        status = store_cursor_close(&cursor, ST_OK);
    }
    return status;
}

static void list_rows(const struct site *site, struct rows *rows)
{
    ck_assert_int_eq(WITH_READ(&site->store, note_rows(&read, rows)), ST_OK);
}

static const struct row *pick(const struct rows *rows, struct rng *rng)
{
    /* A table first: most rows are pages and journal. */
    for (;;) {
        enum store_table table = (enum store_table)rng_below(rng, STORE_TABLES);
        const struct row *row = &rows->items[rng_below(rng, rows->count)];

        for (size_t tries = 0; tries < 400 && row->table != table; tries++)
            row = &rows->items[rng_below(rng, rows->count)];
        if (row->table == table)
            return row;
    }
}

/* ---- loading ---- */

static enum status load(const struct site *site, struct store_memory *memory, struct fault *fault)
{
    struct rng random = site->random;
    struct core_options options = {.random = random_from_rng(&random),
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .book = site->book};
    struct store store = store_from_memory(memory);
    struct core *core = NULL;
    enum status status;

    memcpy(options.site_key, site->site_key, sizeof options.site_key);
    memcpy(options.operator_key, site->people[OPERATOR].key, sizeof options.operator_key);
    ck_assert(core_new(&core, &options, fault) == ST_OK);
    status = WITH_READ(&store, core_load(core, &read, fault));
    if (status == ST_OK)
        ck_assert_msg(core_check(core, fault) == ST_OK, "%s", fault->text);
    core_free(core);
    return status;
}

static enum status copy_value(const struct store_read *read, const struct row *row,
                              struct bytes *value)
{
    struct store_row stored;
    enum status status = store_get(read, row->table, row->key, row->key_size, &stored, NULL);

    if (status == ST_OK)
        bytes_append(value, stored.value, stored.value_size);
    return status;
}

/* Write the row with a bit changed, and the store's own hash made to fit: a lie, not an accident.
 */
static void forge(struct store_memory *memory, const struct row *row, size_t bit)
{
    struct store store = store_from_memory(memory);
    struct store_batch batch;
    struct bytes value = {0};
    struct fault fault = {0};

    ck_assert_int_eq(WITH_READ(&store, copy_value(&read, row, &value)), ST_OK);
    ck_assert_uint_eq(value.size, row->value_size);
    value.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    store_batch_init(&batch);
    store_batch_put(&batch, row->table, row->key, row->key_size, value.data, value.size);
    ck_assert(store_commit(&store, &batch, &fault) == ST_OK);
    store_batch_fini(&batch);
    bytes_fini(&value);
}

static uint64_t damaged[STORE_TABLES];
static uint64_t caught[STORE_TABLES];

static void damage_once(const struct site *site, const struct row *row, size_t bit, bool lie)
{
    struct store_memory *memory = NULL;
    struct fault fault = {0};
    enum status status;

    ck_assert(store_memory_copy(&memory, site->memory) == ST_OK);
    if (lie && bit != STORE_MEMORY_DROP)
        forge(memory, row, bit);
    else
        ck_assert(store_memory_damage(memory, row->table, row->key, row->key_size, bit) == ST_OK);
    status = load(site, memory, &fault);
    damaged[row->table]++;
    if (status != ST_OK) {
        ck_assert_msg(status == ST_CORRUPT || status == ST_INVALID, "%s: status %d, %s",
                      store_table_name(row->table), (int)status, fault.text);
        ck_assert_uint_gt(strlen(fault.text), 0);
        caught[row->table]++;
    }
    store_memory_free(memory);
}

START_TEST(no_missing_or_changed_row_stops_the_program)
{
    struct rng rng = rng_for_test();
    struct site site;
    struct rows rows = {0};

    live(&site, &rng);
    list_rows(&site, &rows);
    for (int i = 0; i < DAMAGE_TRIALS; i++) {
        const struct row *row = pick(&rows, &rng);
        bool drop = row->value_size == 0 || rng_below(&rng, 4) == 0;

        damage_once(&site, row, drop ? STORE_MEMORY_DROP : rng_below(&rng, row->value_size * 8),
                    rng_below(&rng, 8) != 0);
    }
    for (int table = 0; table < STORE_TABLES; table++) {
        if (damaged[table] > 0)
            (void)printf("%-10s damaged %llu, caught %llu\n",
                         store_table_name((enum store_table)table),
                         (unsigned long long)damaged[table], (unsigned long long)caught[table]);
    }
    ck_assert_uint_gt(caught[STORE_ACCOUNT], 0);
    ck_assert_uint_gt(caught[STORE_AGENT], 0);
    ck_assert_uint_gt(caught[STORE_CODE], 0);
    free(rows.items);
    site_close(&site);
}
END_TEST

START_TEST(another_operators_key_does_not_open_the_books)
{
    struct rng rng;
    struct site site;
    struct fault fault = {0};

    rng_init(&rng, 1);
    site_open(&site, 1, 1000);
    site.people[OPERATOR].key[0] ^= 1;
    ck_assert(load(&site, site.memory, &fault) == ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "operator"));
    site.people[OPERATOR].key[0] ^= 1;
    ck_assert(load(&site, site.memory, &fault) == ST_OK);
    site_close(&site);
}
END_TEST

START_TEST(a_core_needs_a_good_loader_and_a_good_book)
{
    struct core_options options = {.loader = (const uint8_t *)"nonsense", .loader_size = 8};
    struct rng rng;
    struct core *core = NULL;
    struct fault fault = {0};

    rng_init(&rng, 1);
    options.random = random_from_rng(&rng);
    pricebook_default(&options.book, &core_order_names);
    ck_assert(core_new(&core, &options, &fault) == ST_INVALID);
    options.loader = loader_wasm;
    options.loader_size = loader_wasm_size;
    options.book.turn_fuel_max = 0;
    ck_assert(core_new(&core, &options, &fault) == ST_INVALID);
    ck_assert_ptr_null(core);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core damage");
    TCase *tcase = tcase_create("damage");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, no_missing_or_changed_row_stops_the_program);
    tcase_add_test(tcase, another_operators_key_does_not_open_the_books);
    tcase_add_test(tcase, a_core_needs_a_good_loader_and_a_good_book);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
