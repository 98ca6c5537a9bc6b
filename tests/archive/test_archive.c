/*
 * Archives: what is written reads back, and each way in which a file, or a directory of them, can
 * be wrong is told.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/format.h"
#include "audit/audit.h"
#include "base/file.h"
#include "ledger/record.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"
#include "tests/temp_dir.h"

enum { SEGMENT_BYTES = 2000, FILES_MAX = 32, FILE_BYTES_MAX = 1 << 16 };

static struct books books;
static char directory[TEMP_DIR_BYTES];
static uint8_t site[ARCHIVE_KEY_BYTES] = {1, 2, 3};
static struct archive_facts facts[FILES_MAX]; /* of the segments that were dropped */
static size_t count;

static void setup(void)
{
    struct rng rng = rng_for_test();

    books_open(&books);
    ledger_set_segment_bytes(books.ledger, SEGMENT_BYTES);
    (void)books_live(&books);
    books_live_random(&books, &rng, 60, 10);
    temp_dir_init(directory);
    count = 0;
}

static void teardown(void)
{
    books_close(&books);
    temp_dir_fini(directory);
}

/* ---- writing ---- */

static char *path_of(char path[FILE_PATH_BYTES], const struct archive_facts *of)
{
    char name[ARCHIVE_NAME_BYTES];

    ck_assert_int_eq(file_path(path, directory, archive_name(name, of->first, of->last), NULL),
                     ST_OK);
    return path;
}

/* The next segment of the store, from `first` on; false: there is none. */
static bool next_segment(struct archive_facts *of, uint64_t first, const struct hash *before)
{
    struct books_segment segment;
    enum status status =
        WITH_READ(&books.store, books_segment(&read, first, before, &segment, NULL));

    if (status == ST_MISSING)
        return false;
    ck_assert_int_eq(status, ST_OK);
    *of = (struct archive_facts){.first = segment.first,
                                 .last = segment.last,
                                 .before = segment.before,
                                 .head = segment.head};
    memcpy(of->site, site, sizeof site);
    return true;
}

static enum status add_chunks(struct archive_writer *writer, const struct archive_facts *of,
                              const struct store_read *read, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row row;

    store_cursor_open(&cursor, read, STORE_JOURNAL, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row))
        if (be64_get(row.key) >= of->first && be64_get(row.key) <= of->last)
            status = archive_writer_add(writer, &row, fault);
    return store_cursor_close(&cursor, status);
}

static void write_file(const struct archive_facts *of)
{
    struct archive_writer *writer;
    struct fault fault = {.text = ""};
    char path[FILE_PATH_BYTES];

    ck_assert_msg(archive_writer_new(&writer, path_of(path, of), of, &fault) == ST_OK, "%s",
                  fault.text);
    ck_assert_int_eq(WITH_READ(&books.store, add_chunks(writer, of, &read, &fault)), ST_OK);
    ck_assert_msg(archive_writer_keep(writer, &fault) == ST_OK, "%s", fault.text);
    archive_writer_free(writer);
}

/* Write each whole segment, and check it; `drops`: and drop it. */
static void archive_all(bool drops)
{
    struct hash before = {{0}};
    uint64_t first = 1;

    while (next_segment(&facts[count], first, &before)) {
        const struct archive_facts *of = &facts[count++];
        const struct ledger_dropping dropping = {of->first, of->last, of->head};
        enum ledger_drop_result result = LEDGER_DROP_DONE;
        struct fault fault = {.text = ""};
        char path[FILE_PATH_BYTES];

        ck_assert_uint_lt(count, FILES_MAX);
        write_file(of);
        ck_assert_msg(archive_check(path_of(path, of), of, &books.store, &fault) == ST_OK, "%s",
                      fault.text);
        if (drops)
            ck_assert_int_eq(
                WITH_READ(&books.store, ledger_drop(books.ledger, &read, &dropping, &result, NULL)),
                ST_OK);
        ck_assert_int_eq(result, LEDGER_DROP_DONE);
        before = of->head;
        first = of->last + 1;
    }
    ck_assert_uint_ge(count, 4);
    while (ledger_is_dropping(books.ledger)) {
        ck_assert_int_eq(
            WITH_READ(&books.store, ledger_drop_slice(books.ledger, &read, &books.batch, NULL)),
            ST_OK);
        ck_assert_int_eq(store_commit(&books.store, &books.batch, NULL), ST_OK);
        store_batch_clear(&books.batch);
    }
}

/* ---- files by hand ---- */

static size_t load(const char *path, uint8_t bytes[FILE_BYTES_MAX])
{
    struct bytes whole = {0};
    size_t size;

    ck_assert_int_eq(file_read(path, FILE_BYTES_MAX, &whole, NULL), ST_OK);
    memcpy(bytes, whole.data, whole.size);
    size = whole.size;
    bytes_fini(&whole);
    return size;
}

static void save(const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    ck_assert_int_eq(close(fd), 0);
}

static void ck_assert_check_names(const struct archive_facts *of, const char *what)
{
    struct fault fault = {.text = ""};
    char path[FILE_PATH_BYTES];

    ck_assert_int_eq(archive_check(path_of(path, of), of, &books.store, &fault), ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
    ck_assert_msg(strstr(fault.text, directory) != NULL, "\"%s\" does not name the file",
                  fault.text);
}

START_TEST(every_bit_of_a_file_counts)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    char path[FILE_PATH_BYTES];
    struct fault fault;
    size_t size;

    archive_all(false);
    size = load(path_of(path, &facts[1]), bytes);
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= (uint8_t)(1u << at % 8);
        save(path, bytes, size);
        ck_assert_int_eq(archive_check(path, &facts[1], &books.store, &fault), ST_CORRUPT);
        bytes[at] ^= (uint8_t)(1u << at % 8);
    }
    save(path, bytes, size);
    ck_assert_int_eq(archive_check(path, &facts[1], &books.store, &fault), ST_OK);
}
END_TEST

START_TEST(each_part_that_is_damaged_has_its_words)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    char path[FILE_PATH_BYTES];
    size_t size;
    struct {
        size_t at;
        const char *what;
    } parts[4];

    archive_all(false);
    size = load(path_of(path, &facts[1]), bytes);
    parts[0].at = 0;
    parts[0].what = "it does not begin as one";
    parts[1].at = FORMAT_MAGIC_BYTES + 20;
    parts[1].what = "damaged; take another copy of the file";
    parts[2].at = size - FORMAT_END_BYTES - FORMAT_ENTRY_BYTES + 40;
    parts[2].what = "its index is damaged";
    parts[3].at = size - FORMAT_END_BYTES + 40;
    parts[3].what = "its end is damaged";
    for (size_t i = 0; i < 4; i++) {
        bytes[parts[i].at] ^= 1;
        save(path, bytes, size);
        ck_assert_check_names(&facts[1], parts[i].what);
        bytes[parts[i].at] ^= 1;
    }
}
END_TEST

START_TEST(a_file_that_is_cut_or_longer_is_told)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    char path[FILE_PATH_BYTES];
    struct fault fault;
    size_t size;

    archive_all(false);
    size = load(path_of(path, &facts[1]), bytes);
    for (size_t cut = 0; cut < size; cut++) {
        save(path, bytes, cut);
        ck_assert_int_eq(archive_check(path, &facts[1], &books.store, &fault), ST_CORRUPT);
    }
    save(path, bytes, size + 1);
    ck_assert_check_names(&facts[1], "it is cut, or something else");
    /* Something in front of its end, so that it is longer than that says. */
    memmove(bytes + size - FORMAT_END_BYTES + 1, bytes + size - FORMAT_END_BYTES, FORMAT_END_BYTES);
    save(path, bytes, size + 1);
    ck_assert_check_names(&facts[1], "it is longer or shorter than its end says");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(archive_check(path, &facts[1], &books.store, &fault), ST_MISSING);
}
END_TEST

START_TEST(a_file_is_compared_with_what_is_asked_for)
{
    struct archive_facts wanted;
    char path[FILE_PATH_BYTES];
    char other[FILE_PATH_BYTES];

    archive_all(false);
    wanted = facts[1];
    wanted.site[0] ^= 1;
    ck_assert_check_names(&wanted, "it is of another site");
    wanted = facts[1];
    wanted.head.bytes[0] ^= 1;
    ck_assert_check_names(&wanted, "its heads are not those of this site's books");
    ck_assert_int_eq(rename(path_of(path, &facts[0]), path_of(other, &facts[1])), 0);
    ck_assert_check_names(&facts[1], "and should have");
}
END_TEST

static void change_row(uint64_t frame, uint32_t number, bool drop)
{
    uint8_t key[JOURNAL_KEY_BYTES];

    chunk_key(key, frame, number);
    books_put_row(&books, STORE_JOURNAL, key, sizeof key, drop ? NULL : "x", 1);
}

START_TEST(what_the_store_has_must_be_in_the_file)
{
    archive_all(false);
    change_row(facts[1].first, 0, false);
    ck_assert_check_names(&facts[1], "chunk 0: the store has another");
    change_row(facts[2].first, 0, true);
    ck_assert_check_names(&facts[2], "chunk 0: the store has another");
}
END_TEST

/* A file whose chunks are all but the `missing`th one. */
static void write_without(const struct archive_facts *of, size_t missing)
{
    struct archive_writer *writer;
    struct store_read read;
    struct store_cursor cursor;
    struct store_row row;
    char path[FILE_PATH_BYTES];
    size_t seen = 0;

    ck_assert_int_eq(archive_writer_new(&writer, path_of(path, of), of, NULL), ST_OK);
    ck_assert_int_eq(store_read_begin(&read, &books.store, NULL), ST_OK);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, NULL);
    while (store_cursor_next(&cursor, &row))
        if (be64_get(row.key) >= of->first && be64_get(row.key) <= of->last && seen++ != missing)
            ck_assert_int_eq(archive_writer_add(writer, &row, NULL), ST_OK);
    ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
    store_read_end(&read);
    ck_assert_int_eq(archive_writer_keep(writer, NULL), ST_OK);
    archive_writer_free(writer);
}

START_TEST(a_file_that_lacks_a_chunk_is_told)
{
    struct fault fault;
    char path[FILE_PATH_BYTES];

    archive_all(false);
    for (size_t missing = 0; missing < 6; missing++) {
        write_without(&facts[2], missing);
        ck_assert_int_eq(archive_check(path_of(path, &facts[2]), &facts[2], &books.store, &fault),
                         ST_CORRUPT);
        ck_assert_msg(strstr(fault.text, "missing") != NULL, "%s", fault.text);
    }
}
END_TEST

/* ---- what a file says is bounded ---- */

static struct format_end good_end(void)
{
    struct format_end end = {.blocks = 2, .index_offset = 100};

    end.facts = (struct archive_facts){.first = 3, .last = 9, .chunks = 5, .bytes = 500};
    return end;
}

static const char *end_error(const struct format_end *end)
{
    uint8_t bytes[FORMAT_END_BYTES];
    struct format_end again;

    format_end_put(bytes, end);
    return format_end_get(&again, bytes, 100 + 2 * FORMAT_ENTRY_BYTES + FORMAT_END_BYTES);
}

START_TEST(numbers_out_of_range_are_refused_though_their_hash_fits)
{
    struct format_end end = good_end();
    struct format_block block = {.frame = 1, .raw_bytes = 10, .offset = 8, .bytes = 10};
    struct format_block again;
    uint8_t entry[FORMAT_ENTRY_BYTES];

    ck_assert_ptr_null(end_error(&end));
    end.facts.first = 0;
    ck_assert_str_eq(end_error(&end), "its frames are out of range");
    end = good_end();
    end.facts.last = 2;
    ck_assert_str_eq(end_error(&end), "its frames are out of range");
    end = good_end();
    end.facts.last = UINT64_MAX;
    ck_assert_str_eq(end_error(&end), "its frames are out of range");
    end = good_end();
    end.blocks = 0;
    ck_assert_str_eq(end_error(&end), "the count of its blocks is out of range");
    end.blocks = UINT64_MAX / FORMAT_ENTRY_BYTES + 3; /* times 64 it would be small */
    ck_assert_str_eq(end_error(&end), "the count of its blocks is out of range");
    end = good_end();
    end.index_offset = UINT64_MAX;
    ck_assert_str_eq(end_error(&end), "it is longer or shorter than its end says");

    format_block_put(entry, &block);
    ck_assert_ptr_null(format_block_get(&again, entry));
    entry[28] = 1;
    ck_assert_str_eq(format_block_get(&again, entry), "a spare byte is not zero");
    block.raw_bytes = ARCHIVE_BLOCK_BYTES + 1;
    format_block_put(entry, &block);
    ck_assert_str_eq(format_block_get(&again, entry), "the size of a block is out of range");
    block.raw_bytes = 10;
    block.bytes = 2 * ARCHIVE_BLOCK_BYTES + 1;
    format_block_put(entry, &block);
    ck_assert_str_eq(format_block_get(&again, entry), "the size of a block is out of range");
}
END_TEST

/* A file of one block with these raw bytes, all of whose hashes fit. */
static void write_block_of(const struct archive_facts *of, const uint8_t *raw, size_t size,
                           uint32_t said)
{
    size_t capacity = ZSTD_compressBound(size);
    uint8_t *packed = malloc(capacity);
    size_t bytes = ZSTD_compress(packed, capacity, raw, size, 1);
    struct format_block block = {.frame = of->first,
                                 .raw_bytes = said,
                                 .offset = FORMAT_MAGIC_BYTES,
                                 .bytes = (uint32_t)bytes,
                                 .hash = hash_of(packed, bytes)};
    struct format_end end = {.facts = *of, .blocks = 1, .index_offset = FORMAT_MAGIC_BYTES + bytes};
    uint8_t entry[FORMAT_ENTRY_BYTES];
    uint8_t tail[FORMAT_END_BYTES];
    struct bytes file = {0};
    char path[FILE_PATH_BYTES];

    ck_assert(!ZSTD_isError(bytes));
    format_block_put(entry, &block);
    end.index = hash_of(entry, sizeof entry);
    format_end_put(tail, &end);
    bytes_append(&file, format_magic, FORMAT_MAGIC_BYTES);
    bytes_append(&file, packed, bytes);
    bytes_append(&file, entry, sizeof entry);
    bytes_append(&file, tail, sizeof tail);
    save(path_of(path, of), file.data, file.size);
    bytes_fini(&file);
    free(packed);
}

START_TEST(a_block_that_would_be_more_than_it_says_is_refused)
{
    uint8_t *raw = calloc(64, ARCHIVE_BLOCK_BYTES);

    archive_all(false);
    write_block_of(&facts[1], raw, (size_t)64 * ARCHIVE_BLOCK_BYTES, ARCHIVE_BLOCK_BYTES);
    ck_assert_check_names(&facts[1], "what is compressed is not what its index says");
    write_block_of(&facts[1], raw, 100, 99);
    ck_assert_check_names(&facts[1], "what is compressed is not what its index says");
    free(raw);
}
END_TEST

START_TEST(records_of_a_block_are_checked)
{
    uint8_t raw[FORMAT_RECORD_BYTES + 8] = {0};
    uint32_t size = sizeof raw;

    archive_all(false);
    be64_put(raw, facts[1].first);
    le16_put(raw + 12, 9); /* one byte more than there are */
    write_block_of(&facts[1], raw, size, size);
    ck_assert_check_names(&facts[1], "the size of a chunk is out of range");
    le16_put(raw + 12, 1);
    write_block_of(&facts[1], raw, size, size);
    ck_assert_check_names(&facts[1], "its size is out of range"); /* it is no chunk */
    write_block_of(&facts[1], raw, 5, 5);
    ck_assert_check_names(&facts[1], "a chunk is cut");
    be64_put(raw, facts[1].last + 1);
    write_block_of(&facts[1], raw, size, size);
    ck_assert_check_names(&facts[1], "a chunk is of a frame that the file does not have");
    be64_put(raw, facts[1].last);
    write_block_of(&facts[1], raw, size, size);
    ck_assert_check_names(&facts[1], "its index names another chunk as the first");
}
END_TEST

/* ---- read back ---- */

/* A store whose journal reads otherwise the first time: what goes wrong on the way to a disk. */
struct twice {
    struct store real;
    uint64_t frame; /* in which it does */
    bool done;
    uint8_t other[CHUNK_BYTES_MAX];
};

static enum status twice_begin(void *context, void **snapshot, struct fault *fault)
{
    struct twice *twice = context;

    return twice->real.begin(twice->real.context, snapshot, fault);
}

static struct twice *only; /* what a snapshot cannot name */

static enum status twice_seek(void *snapshot, enum store_table table, const void *key,
                              size_t key_size, void **position, struct store_row *row,
                              struct fault *fault)
{
    enum status status = only->real.seek(snapshot, table, key, key_size, position, row, fault);

    if (status == ST_OK && !only->done && be64_get(row->key) == only->frame) {
        only->done = true;
        memcpy(only->other, row->value, row->value_size);
        only->other[row->value_size - 1] ^= 1;
        row->value = only->other;
    }
    return status;
}

START_TEST(a_file_that_was_just_written_is_read_back)
{
    struct twice twice = {.real = books.store};
    struct store store = books.store;
    struct fault fault = {.text = ""};
    struct hash before = {{0}};
    char path[FILE_PATH_BYTES];
    bool was_there;

    only = &twice;
    store.context = &twice;
    store.begin = twice_begin;
    store.seek = twice_seek;
    ck_assert(next_segment(&facts[0], 1, &before));
    twice.frame = facts[0].first + 1;
    ck_assert_int_eq(archive_make(path_of(path, &facts[0]), &facts[0], &store, &was_there, &fault),
                     ST_CORRUPT);
    ck_assert(twice.done && !was_there);
    /* Nor is one that was there believed. */
    ck_assert_int_eq(archive_make(path, &facts[0], &store, &was_there, &fault), ST_CORRUPT);
    ck_assert(was_there);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(archive_make(path, &facts[0], &store, &was_there, &fault), ST_OK);
    ck_assert_int_eq(archive_make(path, &facts[0], &store, &was_there, &fault), ST_OK);
    ck_assert(was_there);
}
END_TEST

/* ---- writing that fails ---- */

START_TEST(a_writer_that_is_given_up_leaves_nothing)
{
    struct archive_facts of = {.first = 1, .last = 2};
    struct archive_writer *writer;
    struct fault fault = {.text = ""};
    char path[FILE_PATH_BYTES];
    char temporary[FILE_PATH_BYTES + 8];

    (void)snprintf(temporary, sizeof temporary, "%s.new", path_of(path, &of));
    save(temporary, (const uint8_t *)"left by a crash", 15);
    ck_assert_int_eq(archive_writer_new(&writer, path, &of, &fault), ST_OK);
    ck_assert_int_eq(access(temporary, F_OK), 0);
    archive_writer_free(writer);
    ck_assert_int_ne(access(temporary, F_OK), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    /* What is no file of its own is not written through. */
    ck_assert_int_eq(symlink("/dev/null", temporary), 0);
    ck_assert_int_eq(archive_writer_new(&writer, path, &of, &fault), ST_IO);
    ck_assert_int_eq(archive_writer_new(&writer, "/nowhere/at/all", &of, &fault), ST_IO);
}
END_TEST

/* ---- a directory of them ---- */

static enum status open_dir(struct archive_dir **dir, const uint8_t *key, struct fault *fault)
{
    struct books_kept kept;

    ck_assert_int_eq(books_kept_now(&books.store, &kept, NULL), ST_OK);
    return archive_dir_open(dir, directory, key, &kept, fault);
}

static void ck_assert_dir_refused(const uint8_t *key, enum status status, const char *what)
{
    struct archive_dir *dir;
    struct fault fault = {.text = ""};

    ck_assert_int_eq(open_dir(&dir, key, &fault), status);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
}

START_TEST(archives_and_store_are_one_journal)
{
    struct archive_dir *dir;
    struct verify_report report;
    struct verify_report all;
    struct fault fault = {.text = ""};

    ck_assert_int_eq(WITH_READ(&books.store, audit_verify(&read, NULL, &all, NULL)), ST_OK);
    ck_assert_int_eq(open_dir(&dir, site, &fault), ST_OK);
    ck_assert_ptr_null(archive_dir_past(dir)); /* nothing was dropped yet */
    archive_dir_close(dir);
    archive_all(true);
    ck_assert_int_eq(open_dir(&dir, site, &fault), ST_OK);
    ck_assert_msg(WITH_READ(&books.store, audit_verify_all(&read, archive_dir_past(dir), NULL,
                                                           &report, &fault)) == ST_OK,
                  "%s", fault.text);
    ck_assert_mem_eq(&report, &all, sizeof all);
    archive_dir_close(dir);
}
END_TEST

START_TEST(the_oldest_archives_may_be_elsewhere)
{
    struct archive_dir *dir;
    struct verify_report report;
    struct fault fault = {.text = ""};
    char path[FILE_PATH_BYTES];

    archive_all(true);
    ck_assert_int_eq(unlink(path_of(path, &facts[0])), 0);
    ck_assert_int_eq(open_dir(&dir, site, &fault), ST_OK);
    ck_assert_msg(WITH_READ(&books.store, audit_verify_all(&read, archive_dir_past(dir), NULL,
                                                           &report, &fault)) == ST_OK,
                  "%s", fault.text);
    ck_assert_uint_eq(report.first_frame, facts[1].first);
    archive_dir_close(dir);
}
END_TEST

START_TEST(a_missing_archive_is_named_by_its_frames)
{
    char path[FILE_PATH_BYTES];
    char words[100];

    archive_all(true);
    ck_assert_int_eq(unlink(path_of(path, &facts[1])), 0);
    (void)snprintf(words, sizeof words, "no archive of frames %llu to %llu",
                   (unsigned long long)facts[1].first, (unsigned long long)facts[1].last);
    ck_assert_dir_refused(site, ST_MISSING, words);
    ck_assert_int_eq(unlink(path_of(path, &facts[count - 1])), 0);
    (void)snprintf(words, sizeof words, "no archive of frames %llu to %llu",
                   (unsigned long long)facts[count - 1].first,
                   (unsigned long long)facts[count - 1].last);
    ck_assert_dir_refused(site, ST_MISSING, words);
    for (size_t i = 0; i < count; i++)
        (void)unlink(path_of(path, &facts[i]));
    ck_assert_dir_refused(site, ST_MISSING, "no archive of frames 1 to");
}
END_TEST

START_TEST(an_archive_in_the_place_of_another_is_told)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    uint8_t other[ARCHIVE_KEY_BYTES] = {9};
    char path[FILE_PATH_BYTES];
    size_t size;

    archive_all(true);
    ck_assert_dir_refused(other, ST_DENIED, "is of another site");
    size = load(path_of(path, &facts[0]), bytes);
    save(path_of(path, &facts[1]), bytes, size);
    ck_assert_dir_refused(site, ST_CORRUPT, "it has the name of another");
}
END_TEST

/* Write the end of a file anew, with other facts. */
static void change_end(const struct archive_facts *of, const struct archive_facts *changed)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    char path[FILE_PATH_BYTES];
    struct format_end end;
    size_t size = load(path_of(path, of), bytes);
    uint8_t *tail = bytes + size - FORMAT_END_BYTES;

    ck_assert_ptr_null(format_end_get(&end, tail, size));
    end.facts.before = changed->before;
    end.facts.head = changed->head;
    format_end_put(tail, &end);
    save(path, bytes, size);
}

START_TEST(archives_of_other_books_are_told)
{
    struct archive_facts changed;

    archive_all(true);
    changed = facts[2];
    changed.before.bytes[0] ^= 1;
    change_end(&facts[2], &changed);
    ck_assert_dir_refused(site, ST_CORRUPT, "one of the two is of other books");
    change_end(&facts[2], &facts[2]);
    changed = facts[count - 1];
    changed.head.bytes[0] ^= 1;
    change_end(&facts[count - 1], &changed);
    ck_assert_dir_refused(site, ST_CORRUPT, "they are of other books");
}
END_TEST

START_TEST(a_damaged_archive_among_them_is_named)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    struct archive_dir *dir;
    struct verify_report report;
    struct fault fault = {.text = ""};
    char path[FILE_PATH_BYTES];
    size_t size;

    archive_all(true);
    size = load(path_of(path, &facts[1]), bytes);
    bytes[FORMAT_MAGIC_BYTES + 5] ^= 1;
    save(path, bytes, size);
    ck_assert_int_eq(open_dir(&dir, site, &fault), ST_OK); /* only its chunks are damaged */
    ck_assert_int_eq(WITH_READ(&books.store, audit_verify_all(&read, archive_dir_past(dir), NULL,
                                                              &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, path) != NULL && strstr(fault.text, "damaged") != NULL, "%s",
                  fault.text);
    archive_dir_close(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive");
    TCase *files = tcase_create("files");
    TCase *dirs = tcase_create("dirs");

    tcase_add_checked_fixture(files, setup, teardown);
    tcase_set_timeout(files, 60); /* a file is written for each of its bytes */
    tcase_add_test(files, every_bit_of_a_file_counts);
    tcase_add_test(files, each_part_that_is_damaged_has_its_words);
    tcase_add_test(files, a_file_that_is_cut_or_longer_is_told);
    tcase_add_test(files, a_file_is_compared_with_what_is_asked_for);
    tcase_add_test(files, what_the_store_has_must_be_in_the_file);
    tcase_add_test(files, a_file_that_lacks_a_chunk_is_told);
    tcase_add_test(files, numbers_out_of_range_are_refused_though_their_hash_fits);
    tcase_add_test(files, a_block_that_would_be_more_than_it_says_is_refused);
    tcase_add_test(files, records_of_a_block_are_checked);
    tcase_add_test(files, a_file_that_was_just_written_is_read_back);
    tcase_add_test(files, a_writer_that_is_given_up_leaves_nothing);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(dirs, setup, teardown);
    tcase_add_test(dirs, archives_and_store_are_one_journal);
    tcase_add_test(dirs, the_oldest_archives_may_be_elsewhere);
    tcase_add_test(dirs, a_missing_archive_is_named_by_its_frames);
    tcase_add_test(dirs, an_archive_in_the_place_of_another_is_told);
    tcase_add_test(dirs, archives_of_other_books_are_told);
    tcase_add_test(dirs, a_damaged_archive_among_them_is_named);
    suite_add_tcase(suite, dirs);
    return check_main(suite);
}
