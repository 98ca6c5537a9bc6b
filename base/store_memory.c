/*
 * A store in memory: a skip list for each table, so that random inserts, ordered walks and copies
 * are all cheap.  Its levels come from a counter, so that a run repeats exactly.
 */
#include "base/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = 12 }; /* a quarter of the rows rise a level: good for 4^12 rows */

struct memory_row {
    uint64_t checksum;
    uint8_t *value; /* behind next[], in the same block */
    size_t value_size;
    size_t key_size;
    size_t levels;
    uint8_t key[STORE_KEY_BYTES_MAX];
    struct memory_row *next[]; /* one for each level */
};

struct memory_table {
    struct memory_row *first[LEVELS_MAX];
};

/* What an insert or delete at a key has to change: a pointer on each level. */
struct memory_place {
    struct memory_row **link[LEVELS_MAX];
};

struct store_memory {
    struct memory_table tables[STORE_TABLES];
    uint64_t rows_made;    /* the skip list's source of levels */
    uint64_t reads;        /* that go on */
    uint64_t good_commits; /* that are left, when `fails` */
    bool fails;
};

enum status store_memory_new(struct store_memory **memory)
{
    *memory = calloc(1, sizeof **memory);
    return *memory == NULL ? ST_NOMEM : ST_OK;
}

void store_memory_free(struct store_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < STORE_TABLES; i++) {
        for (struct memory_row *row = memory->tables[i].first[0]; row != NULL;) {
            struct memory_row *next = row->next[0];

            free(row);
            row = next;
        }
    }
    free(memory);
}

/*
 * Eight bytes at a step, for every row is summed at each start of a simulated site.  Each step is a
 * bijection of the sum, so one flipped bit, which is all the damage that tests do, always shows.
 */
static uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t size)
{
    size_t at = 0;

    for (; size - at >= sizeof sum; at += sizeof sum) {
        uint64_t word;

        memcpy(&word, data + at, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 32;
    }
    for (; at < size; at++)
        sum = (sum ^ data[at]) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t row_checksum(const struct memory_row *row)
{
    uint64_t sum = checksum_add(UINT64_C(0xcbf29ce484222325), row->key, row->key_size);

    return checksum_add(sum, row->value, row->value_size);
}

/*
 * Find the first row whose key is not below this one, NULL behind the last, and its place: on each
 * level, the pointer that leads past where the key is or would be.
 */
static struct memory_row *memory_find(struct memory_table *rows, const uint8_t *key,
                                      size_t key_size, struct memory_place *place)
{
    struct memory_row **links = rows->first;

    for (size_t level = LEVELS_MAX; level-- > 0;) {
        while (links[level] != NULL &&
               store_key_compare(links[level]->key, links[level]->key_size, key, key_size) < 0)
            links = links[level]->next;
        place->link[level] = &links[level];
    }
    return links[0];
}

static bool row_has_key(const struct memory_row *row, const uint8_t *key, size_t key_size)
{
    return row != NULL && store_key_compare(row->key, row->key_size, key, key_size) == 0;
}

/* A row that is linked nowhere yet; NULL: out of memory. */
static struct memory_row *memory_make_row(struct store_memory *memory, const struct store_op *op)
{
    uint64_t random = ++memory->rows_made * UINT64_C(0x9e3779b97f4a7c15);
    size_t levels = 1;
    struct memory_row *row;

    /* A level more for one row in four, by a multiplied counter in place of chance. */
    for (random >>= 16; (random & 3) == 0 && levels < LEVELS_MAX; random >>= 2)
        levels++;
    row = malloc(sizeof *row + levels * sizeof(struct memory_row *) + op->value_size);
    if (row == NULL)
        return NULL;
    /* One block: the pointers of the row, then its value. */
    row->levels = levels;
    row->key_size = op->key_size;
    memcpy(row->key, op->key, op->key_size);
    row->value = (uint8_t *)(row->next + levels);
    row->value_size = op->value_size;
    if (op->value_size != 0)
        memcpy(row->value, op->value, op->value_size);
    row->checksum = row_checksum(row);
    return row;
}

static void row_unlink(struct memory_row *row, const struct memory_place *place)
{
    for (size_t level = 0; level < row->levels; level++)
        *place->link[level] = row->next[level];
    free(row);
}

static void row_link(struct memory_row *row, const struct memory_place *place)
{
    for (size_t level = 0; level < row->levels; level++) {
        row->next[level] = *place->link[level];
        *place->link[level] = row;
    }
}

/* Apply one operation.  Takes `row`, which is NULL for a delete.  Cannot fail. */
static void memory_apply(struct store_memory *memory, const struct store_op *op,
                         struct memory_row *row)
{
    struct memory_place place;
    struct memory_row *found =
        memory_find(&memory->tables[op->table], op->key, op->key_size, &place);

    if (op->kind == STORE_OP_APPEND)
        INVARIANT(found == NULL); /* the header: it sorts after every key of the table */
    if (row_has_key(found, op->key, op->key_size))
        row_unlink(found, &place);
    if (row != NULL)
        row_link(row, &place);
}

/* First all memory is taken, then all is applied: so a commit is whole or not at all. */
static enum status memory_commit(void *context, const struct store_batch *batch,
                                 struct fault *fault)
{
    struct store_memory *memory = context;
    struct memory_row **made;
    struct store_op op;
    size_t offset = 0;
    size_t count = 0;
    bool short_of_memory = false;

    INVARIANT(!store_batch_failed(batch));
    INVARIANT(memory->reads == 0); /* a row that is shown would be freed */
    if (memory->fails && memory->good_commits == 0)
        return fault_set(fault, ST_IO, "commit: this store in memory is set to fail");
    made = calloc((size_t)batch->count + 1, sizeof(struct memory_row *));
    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "commit: out of memory");
    /* Every row that the batch needs, before any of it is seen. */
    for (; !short_of_memory && store_batch_next(batch, &offset, &op); count++) {
        if (op.kind == STORE_OP_DELETE)
            continue;
        made[count] = memory_make_row(memory, &op);
        short_of_memory = made[count] == NULL;
    }
    if (short_of_memory) {
        for (size_t i = 0; i < count; i++)
            free(made[i]);
        free(made);
        return fault_set(fault, ST_NOMEM, "commit: out of memory");
    }
    offset = 0;
    for (size_t i = 0; store_batch_next(batch, &offset, &op); i++)
        memory_apply(memory, &op, made[i]);
    free(made);
    if (memory->fails)
        memory->good_commits--;
    return ST_OK;
}

static enum status row_damaged(enum store_table table, const struct memory_row *row,
                               struct fault *fault)
{
    char key[2 * STORE_KEY_BYTES_MAX + 1];

    return fault_set(fault, ST_CORRUPT, "table %s, key %s: the value does not fit its checksum",
                     store_table_name(table), hex_print(key, row->key, row->key_size));
}

/* ---- reading ---- */

/* A snapshot is the store itself: as nothing is committed meanwhile, it stays what it is. */
static enum status memory_begin(void *context, void **snapshot, struct fault *fault)
{
    struct store_memory *memory = context;

    (void)fault;
    memory->reads++;
    *snapshot = memory;
    return ST_OK;
}

static void memory_end(void *snapshot)
{
    struct store_memory *memory = snapshot;

    INVARIANT(memory->reads > 0);
    memory->reads--;
}

/* Lend a row that reads back right; ST_MISSING: there is none. */
static enum status memory_show(const struct memory_row *found, struct store_row *row,
                               struct fault *fault)
{
    if (found == NULL)
        return ST_MISSING;
    if (row_checksum(found) != found->checksum)
        return row_damaged(row->table, found, fault);
    row->key = found->key;
    row->key_size = found->key_size;
    row->value = found->value;
    row->value_size = found->value_size;
    return ST_OK;
}

static enum status memory_get(void *snapshot, enum store_table table, const void *key,
                              size_t key_size, struct store_row *row, struct fault *fault)
{
    struct store_memory *memory = snapshot;
    struct memory_place place;
    const struct memory_row *found = memory_find(&memory->tables[table], key, key_size, &place);

    return row_has_key(found, key, key_size) ? memory_show(found, row, fault) : ST_MISSING;
}

/* A position is the row itself. */
static enum status memory_seek(void *snapshot, enum store_table table, const void *key,
                               size_t key_size, void **position, struct store_row *row,
                               struct fault *fault)
{
    struct store_memory *memory = snapshot;
    struct memory_place place;

    if (key_size == 0)
        *position = memory->tables[table].first[0];
    else
        *position = memory_find(&memory->tables[table], key, key_size, &place);
    return memory_show(*position, row, fault);
}

static enum status memory_next(void *snapshot, enum store_table table, void **position,
                               struct store_row *row, struct fault *fault)
{
    const struct memory_row *at = *position;

    (void)snapshot;
    (void)table;
    *position = at->next[0];
    return memory_show(*position, row, fault);
}

static void memory_leave(void *position)
{
    (void)position;
}

struct store store_from_memory(struct store_memory *memory)
{
    return (struct store){.commit = memory_commit,
                          .begin = memory_begin,
                          .end = memory_end,
                          .get = memory_get,
                          .seek = memory_seek,
                          .next = memory_next,
                          .leave = memory_leave,
                          .context = memory};
}

void store_memory_crash(struct store_memory *memory)
{
    memory->reads = 0;
}

void store_memory_fail_after(struct store_memory *memory, uint64_t count)
{
    memory->fails = true;
    memory->good_commits = count;
}

enum status store_memory_copy(struct store_memory **copy, const struct store_memory *memory)
{
    enum status status = store_memory_new(copy);

    if (status != ST_OK)
        return status;
    for (size_t table = 0; table < STORE_TABLES; table++) {
        struct memory_place end;

        /* Rows come in order, so each goes at the end of every level that it has. */
        for (size_t level = 0; level < LEVELS_MAX; level++)
            end.link[level] = &(*copy)->tables[table].first[level];
        for (const struct memory_row *row = memory->tables[table].first[0]; row != NULL;
             row = row->next[0]) {
            struct store_op op = {.key = row->key,
                                  .key_size = row->key_size,
                                  .value = row->value,
                                  .value_size = row->value_size};
            struct memory_row *made = memory_make_row(*copy, &op);

            if (made == NULL) {
                store_memory_free(*copy);
                *copy = NULL;
                return ST_NOMEM;
            }
            made->checksum = row->checksum; /* damage is copied as damage */
            row_link(made, &end);
            for (size_t level = 0; level < made->levels; level++)
                end.link[level] = &made->next[level];
        }
    }
    return ST_OK;
}

enum status store_memory_damage(struct store_memory *memory, enum store_table table,
                                const void *key, size_t key_size, size_t bit)
{
    struct memory_place place;
    struct memory_row *row = memory_find(&memory->tables[table], key, key_size, &place);

    if (!row_has_key(row, key, key_size))
        return ST_MISSING;
    if (bit == STORE_MEMORY_DROP) {
        row_unlink(row, &place);
        return ST_OK;
    }
    if (bit / 8 >= row->value_size)
        return ST_MISSING;
    row->value[bit / 8] ^= (uint8_t)(1 << bit % 8);
    return ST_OK;
}
