#include "site/compiler/compiler_cache.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/check_main.h"
#include "tests/temp_dir.h"

static char top[TEMP_DIR_BYTES];
static char folder[TEMP_DIR_BYTES + 8];
static struct cache cache;
static struct fault fault;
static int lock;
static char path[CACHE_PATH_BYTES];
static char reason[CACHE_REASON_BYTES];

static void setup(void)
{
    temp_dir_init(top);
    (void)snprintf(folder, sizeof folder, "%s/made", top);
    cache = (struct cache){
        .dir = folder, .bytes_max = 10000, .objects_max = 3, .object_bytes_max = 5000};
    ck_assert_msg(cache_make(&cache, &fault) == ST_OK, "%s", fault.text);
    ck_assert_msg(cache_open(&cache, &lock, &fault) == ST_OK, "%s", fault.text);
}

static void restart(void)
{
    ck_assert_int_eq(close(lock), 0);
    ck_assert_msg(cache_open(&cache, &lock, &fault) == ST_OK, "%s", fault.text);
}

static void teardown(void)
{
    temp_dir_fini(top);
}

static const char *write_file(const char *name, char filler, size_t size)
{
    const char *file_path = temp_path(top, name);
    FILE *file = fopen(file_path, "w");

    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq(fputc(filler, file), filler);
    ck_assert_int_eq(fclose(file), 0);
    return file_path;
}

static void put(const char *name, char filler, size_t size)
{
    ck_assert_msg(cache_put(&cache, name, write_file("from", filler, size), &fault) == ST_OK, "%s",
                  fault.text);
}

static enum cache_answer find(const char *name)
{
    return cache_find(&cache, name, path, reason);
}

/* The file system's clock has steps; what is told apart by it must lie further apart. */
static void let_time_pass(void)
{
    const struct timespec step = {.tv_nsec = 15 * 1000 * 1000};

    ck_assert_int_eq(nanosleep(&step, NULL), 0);
}

static const char *in_folder(const char *name)
{
    static char text[TEMP_PATH_BYTES];

    (void)snprintf(text, sizeof text, "%s/%.60s", folder, name);
    return text;
}

static void damage(const char *name, long at)
{
    FILE *file = fopen(in_folder(name), "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
    ck_assert_int_eq(fputc('!', file), '!');
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(what_is_put_is_found_and_nothing_else)
{
    struct stat found;

    ck_assert_int_eq(find("a"), CACHE_NONE);
    put("a", 'x', 100);
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    ck_assert_str_eq(path, in_folder("a.so"));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_eq(found.st_size, 100);
    ck_assert_int_eq(found.st_mode & 077, 0);
    ck_assert_int_eq(find("b"), CACHE_NONE);
    /* Also after a restart. */
    restart();
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
}
END_TEST

START_TEST(what_was_damaged_is_thrown_away)
{
    put("a", 'x', 100);
    damage("a.so", 50);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    ck_assert_str_eq(reason, "its hash is not the one that was kept");
    ck_assert_int_eq(find("a"), CACHE_NONE);
    put("a", 'x', 100);
    damage("a.so", 100); /* longer */
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    put("a", 'x', 100);
    damage("a.sum", 0);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    put("a", 'x', 100);
    ck_assert_int_eq(unlink(in_folder("a.sum")), 0);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    put("a", 'x', 100);
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
}
END_TEST

START_TEST(what_others_could_have_written_is_thrown_away)
{
    put("a", 'x', 100);
    ck_assert_int_eq(chmod(in_folder("a.so"), 0620), 0);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    ck_assert_str_eq(reason, "others than this user can write it");
    put("a", 'x', 100);
    ck_assert_int_eq(link(in_folder("a.so"), temp_path(top, "second")), 0);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    put("a", 'x', 100);
    ck_assert_int_eq(unlink(in_folder("a.so")), 0);
    ck_assert_int_eq(symlink(write_file("elsewhere", 'x', 100), in_folder("a.so")), 0);
    ck_assert_int_eq(find("a"), CACHE_DAMAGED);
    ck_assert_str_eq(reason, "it is not an ordinary file");
}
END_TEST

START_TEST(a_folder_that_others_can_write_in_is_refused)
{
    ck_assert_int_eq(chmod(folder, 0770), 0);
    ck_assert_int_eq(cache_make(&cache, &fault), ST_DENIED);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_int_eq(cache_make(&cache, &fault), ST_OK);
    cache.dir = write_file("file", 'x', 1);
    ck_assert_int_eq(cache_make(&cache, &fault), ST_DENIED);
    cache.dir = "/nowhere/made";
    ck_assert_int_eq(cache_make(&cache, &fault), ST_IO);
}
END_TEST

START_TEST(a_failure_is_remembered_with_its_reason)
{
    ck_assert_int_eq(cache_put_failed(&cache, "a", "it never ended", &fault), ST_OK);
    ck_assert_int_eq(find("a"), CACHE_FAILED);
    ck_assert_str_eq(reason, "it never ended");
    restart();
    ck_assert_int_eq(find("a"), CACHE_FAILED);
    /* What came of it later takes its place, either way round. */
    put("a", 'x', 100);
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    ck_assert_int_eq(cache_put_failed(&cache, "a", "worse", &fault), ST_OK);
    ck_assert_int_eq(find("a"), CACHE_FAILED);
}
END_TEST

START_TEST(what_was_not_used_for_longest_goes_first)
{
    put("a", 'a', 100);
    let_time_pass();
    put("b", 'b', 100);
    let_time_pass();
    ck_assert_int_eq(cache_put_failed(&cache, "c", "no", &fault), ST_OK);
    let_time_pass();
    ck_assert_int_eq(find("a"), CACHE_OBJECT); /* used again */
    let_time_pass();
    put("d", 'd', 100); /* one more than there may be */
    ck_assert_int_eq(find("b"), CACHE_NONE);
    ck_assert_int_eq(access(in_folder("b.sum"), F_OK), -1);
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    ck_assert_int_eq(find("c"), CACHE_FAILED);
    ck_assert_int_eq(find("d"), CACHE_OBJECT);
}
END_TEST

START_TEST(bytes_are_bounded)
{
    put("a", 'a', 4500);
    let_time_pass();
    put("b", 'b', 4500);
    let_time_pass();
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    let_time_pass();
    put("c", 'c', 4500);
    ck_assert_int_eq(find("b"), CACHE_NONE); /* "a" was looked at since */
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    ck_assert_int_eq(cache_put(&cache, "d", write_file("from", 'd', 5001), &fault), ST_FULL);
    ck_assert_str_eq(fault.text, "the object is larger than 5000 bytes");
    cache.bytes_max = 5000;
    restart();
    ck_assert_int_eq(find("c"), CACHE_NONE); /* a bound that was lowered holds from the start on */
}
END_TEST

START_TEST(only_an_ordinary_file_becomes_an_object)
{
    ck_assert_int_eq(symlink(write_file("real", 'x', 10), temp_path(top, "link")), 0);
    ck_assert_int_eq(cache_put(&cache, "a", temp_path(top, "link"), &fault), ST_INVALID);
    ck_assert_int_eq(cache_put(&cache, "a", top, &fault), ST_INVALID);
    ck_assert_int_eq(cache_put(&cache, "a", temp_path(top, "missing"), &fault), ST_INVALID);
    ck_assert_int_eq(find("a"), CACHE_NONE);
}
END_TEST

START_TEST(one_process_writes)
{
    int other;

    ck_assert_int_eq(cache_open(&cache, &other, &fault), ST_BUSY);
    ck_assert_ptr_nonnull(strstr(fault.text, "another process uses"));
    restart();
}
END_TEST

START_TEST(what_a_crash_left_half_written_goes)
{
    ck_assert_int_eq(rename(write_file("half", 'x', 10), in_folder("a.so.new")), 0);
    restart();
    ck_assert_int_eq(access(in_folder("a.so.new"), F_OK), -1);
}
END_TEST

/* Somebody kept things of his own in the folder: the bounds are about what the cache made. */
START_TEST(what_the_cache_did_not_make_is_left_alone)
{
    static const char *const theirs[] = {"notes.new", "libfoo.so", "a.so.bak", "x.failed"};

    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
        ck_assert_int_eq(rename(write_file("theirs", 'x', 10), in_folder(theirs[i])), 0);
    ck_assert_int_eq(mkdir(in_folder("b.so"), 0700), 0);
    ck_assert_int_eq(symlink(write_file("kept", 'x', 10), in_folder("c.so.new")), 0);
    cache.objects_max = 1;
    put("a", 'x', 100);
    restart();
    ck_assert_int_eq(find("a"), CACHE_OBJECT);
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
        ck_assert_msg(access(in_folder(theirs[i]), F_OK) == 0, "%s is gone", theirs[i]);
    ck_assert_int_eq(access(in_folder("b.so"), F_OK), 0);
    ck_assert_int_eq(access(in_folder("c.so.new"), F_OK), 0);
}
END_TEST

START_TEST(a_folder_or_a_lock_that_leads_elsewhere_is_refused)
{
    struct cache other = cache;
    char link[TEMP_PATH_BYTES];
    int second;

    (void)snprintf(link, sizeof link, "%s", in_folder("elsewhere"));
    ck_assert_int_eq(symlink(top, link), 0);
    other.dir = link;
    ck_assert_int_eq(cache_make(&other, &fault), ST_DENIED);
    ck_assert_int_eq(cache_make_folder(link, &fault), ST_DENIED);
    ck_assert_int_eq(unlink(in_folder("lock")), 0);
    ck_assert_int_eq(symlink(temp_path(top, "victim"), in_folder("lock")), 0);
    ck_assert_int_eq(cache_open(&cache, &second, &fault), ST_IO);
    ck_assert_int_eq(access(temp_path(top, "victim"), F_OK), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compiler_cache");
    TCase *tcase = tcase_create("compiler_cache");

    tcase_set_timeout(tcase, 30); /* one waits for a lock */
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_put_is_found_and_nothing_else);
    tcase_add_test(tcase, what_was_damaged_is_thrown_away);
    tcase_add_test(tcase, what_others_could_have_written_is_thrown_away);
    tcase_add_test(tcase, a_folder_that_others_can_write_in_is_refused);
    tcase_add_test(tcase, a_failure_is_remembered_with_its_reason);
    tcase_add_test(tcase, what_was_not_used_for_longest_goes_first);
    tcase_add_test(tcase, bytes_are_bounded);
    tcase_add_test(tcase, only_an_ordinary_file_becomes_an_object);
    tcase_add_test(tcase, one_process_writes);
    tcase_add_test(tcase, what_a_crash_left_half_written_goes);
    tcase_add_test(tcase, what_the_cache_did_not_make_is_left_alone);
    tcase_add_test(tcase, a_folder_or_a_lock_that_leads_elsewhere_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
