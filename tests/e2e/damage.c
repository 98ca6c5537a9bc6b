/*
 * damage STORE TABLE: flip one bit in the value of the first row of a table, behind the
 * store's back.  Prints the key in hex.  Exit 66 when the table is empty.
 *
 * damage STORE TABLE KEY FILE: flip a bit of the first row whose key begins so (in hex) where it
 * lies in the store's file, as a disk that rots does; also beside a running daemon.  FILE is then
 * the row as it is there, and damage STORE again FILE flips it back, wherever it lies by then.
 *
 * damage STORE forge CODE: one more in the quantity of the journal's first line of that code, and
 * all hashes, heads and the frame header made to fit.
 *
 * damage STORE settle: bring every row to its table, and empty the log.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/store.h"
#include "tests/ledger/forge.h"
#include "tests/reading.h"

struct first {
    const char *prefix; /* of the key, in hex */
    uint8_t key[STORE_KEY_BYTES_MAX];
    size_t key_size;
    struct bytes row; /* key and value, as they lie in a page of the file */
};

/* True: this row is the one. */
static bool take_first(struct first *first, const struct store_row *stored)
{
    char text[2 * STORE_KEY_BYTES_MAX + 1];

    if (stored->key_size > sizeof first->key ||
        strncmp(hex_print(text, stored->key, stored->key_size), first->prefix,
                strlen(first->prefix)) != 0)
        return false;
    memcpy(first->key, stored->key, stored->key_size);
    first->key_size = stored->key_size;
    bytes_append(&first->row, stored->key, stored->key_size);
    bytes_append(&first->row, stored->value, stored->value_size);
    return true;
}

static bool find_table(const char *name, enum store_table *table)
{
    for (int i = 0; i < STORE_TABLES; i++)
        if (strcmp(store_table_name((enum store_table)i), name) == 0) {
            *table = (enum store_table)i;
            return true;
        }
    return false;
}

static enum status find_in(const struct store_read *read, enum store_table table,
                           struct first *first, struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;
    enum status status;
    bool found = false;

    store_cursor_open(&cursor, read, table, NULL, 0, fault);
    while (!found && store_cursor_next(&cursor, &stored))
        found = take_first(first, &stored);
    status = store_cursor_close(&cursor, ST_OK);
    if (status == ST_OK && !found)
        return fault_set(fault, ST_MISSING, "the table has no such row");
    return status;
}

static enum status find(struct store_lmdb *lmdb, enum store_table table, struct first *first,
                        struct fault *fault)
{
    struct store store = store_from_lmdb(lmdb);

    return WITH_READ(&store, find_in(&read, table, first, fault));
}

/* ---- the file ---- */

static int open_file(const char *store)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/data.mdb", store);
    return open(path, O_RDWR | O_CLOEXEC);
}

/*
 * Wherever these bytes are: older pages of the file may hold them as well, and they move when their
 * neighbours change.  A large value lies apart from its key, and is not found.
 */
static int flip(int fd, const struct bytes *row)
{
    uint8_t byte = row->data[row->size / 2] ^ 8;
    struct stat file;
    uint8_t *map;
    int found = 0;

    if (fstat(fd, &file) != 0)
        return 0;
    map = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return 0;
    for (size_t at = 0; at + row->size <= (size_t)file.st_size; at += 2) /* rows lie evenly */
        if (memcmp(map + at, row->data, row->size) == 0) {
            if (pwrite(fd, &byte, 1, (off_t)(at + row->size / 2)) != 1)
                break;
            found++;
        }
    (void)munmap(map, (size_t)file.st_size);
    return found;
}

static bool flip_in(const char *store, const struct bytes *row)
{
    int fd = open_file(store);
    int found = fd < 0 ? 0 : flip(fd, row);

    if (fd >= 0)
        (void)close(fd);
    return found > 0;
}

static int flip_again(const char *store, const char *path)
{
    struct bytes row = {0};
    uint8_t data[65536];
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return 70;
    bytes_append(&row, data, fread(data, 1, sizeof data, file));
    (void)fclose(file);
    if (row.size == 0 || !flip_in(store, &row))
        return 70;
    bytes_fini(&row);
    return 0;
}

/* ---- */

static int damage_row(const char *path, enum store_table table)
{
    char text[2 * STORE_KEY_BYTES_MAX + 1];
    struct store_lmdb *lmdb = NULL;
    struct first first = {.prefix = ""};
    struct fault fault = {0};
    enum status status;

    status = store_lmdb_open(&lmdb, path, STORE_WRITE, (uint64_t)4 << 30, &fault);
    if (status == ST_OK)
        status = find(lmdb, table, &first, &fault);
    if (status == ST_OK)
        status = store_lmdb_damage(lmdb, table, first.key, first.key_size, 3, &fault);
    store_lmdb_close(lmdb);
    bytes_fini(&first.row);
    if (status != ST_OK) {
        fprintf(stderr, "damage %s: %s\n", store_table_name(table), fault.text);
        return status == ST_MISSING ? 66 : 70;
    }
    printf("%s\n", hex_print(text, first.key, first.key_size));
    return 0;
}

static bool rot(const char *store, struct bytes *row, const char *path)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && flip_in(store, row);

    row->data[row->size / 2] ^= 8;
    good = good && fwrite(row->data, 1, row->size, file) == row->size;
    return file != NULL && fclose(file) == 0 && good;
}

static int rot_row(const char *path, enum store_table table, const char *prefix, const char *file)
{
    struct store_lmdb *lmdb = NULL;
    struct first first = {.prefix = prefix};
    struct fault fault = {0};
    enum status status;

    status = store_lmdb_open(&lmdb, path, STORE_READ_ONLY, (uint64_t)4 << 30, &fault);
    if (status == ST_OK)
        status = find(lmdb, table, &first, &fault);
    store_lmdb_close(lmdb);
    if (status == ST_OK && !rot(path, &first.row, file))
        status = fault_set(&fault, ST_IO, "the row is not found in the file");
    bytes_fini(&first.row);
    if (status != ST_OK)
        fprintf(stderr, "damage %s: %s\n", store_table_name(table), fault.text);
    return status == ST_OK ? 0 : status == ST_MISSING ? 66 : 70;
}

/* ---- a lie that fits ---- */

static bool add_one(void *context, struct transfer *line)
{
    const uint64_t *code = context;

    if ((uint64_t)line->code != *code)
        return false;
    line->quantity++;
    return true;
}

static int forge(const char *path, const char *code_text)
{
    uint64_t code = strtoull(code_text, NULL, 10);
    struct store_lmdb *lmdb = NULL;
    struct store store;
    struct fault fault = {0};
    enum status status = store_lmdb_open(&lmdb, path, STORE_WRITE, (uint64_t)4 << 30, &fault);

    if (status == ST_OK) {
        store = store_from_lmdb(lmdb);
        status = forge_journal(&store, add_one, &code, &fault);
    }
    store_lmdb_close(lmdb);
    if (status != ST_OK)
        fprintf(stderr, "damage forge %s: %s\n", code_text, fault.text);
    return status == ST_OK ? 0 : 70;
}

/* Rows that the log has come to their tables, where they can rot. */
static int settle(const char *path)
{
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};
    enum status status = store_lmdb_open(&lmdb, path, STORE_WRITE, (uint64_t)4 << 30, &fault);

    if (status == ST_OK)
        status = store_lmdb_settle(lmdb, &fault);
    store_lmdb_close(lmdb);
    if (status != ST_OK)
        fprintf(stderr, "damage settle: %s\n", fault.text);
    return status == ST_OK ? 0 : 70;
}

int main(int argc, char **argv)
{
    enum store_table table;

    if (argc == 3 && strcmp(argv[2], "settle") == 0)
        return settle(argv[1]);
    if (argc == 4 && strcmp(argv[2], "again") == 0)
        return flip_again(argv[1], argv[3]);
    if (argc == 4 && strcmp(argv[2], "forge") == 0)
        return forge(argv[1], argv[3]);
    if ((argc != 3 && argc != 5) || !find_table(argv[2], &table)) {
        fprintf(stderr,
                "usage: damage STORE TABLE [KEY FILE] | STORE again FILE | STORE forge CODE |"
                " STORE settle\n");
        return 64;
    }
    return argc == 3 ? damage_row(argv[1], table) : rot_row(argv[1], table, argv[3], argv[4]);
}
