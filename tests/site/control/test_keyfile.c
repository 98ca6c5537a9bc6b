#include "site/control/keyfile.h"

#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

static char dir[TEMP_DIR_BYTES];
static uint8_t key[CONTROL_KEY_BYTES];

static void setup(void)
{
    struct fault fault = {0};

    ck_assert(sodium_init() >= 0);
    temp_dir_init(dir);
    ck_assert_int_eq(keyfile_create(temp_path(dir, "k"), "test", key, &fault), ST_OK);
}

static void teardown(void)
{
    temp_dir_fini(dir);
}

static struct keyfile *open_key(void)
{
    struct keyfile *file = NULL;
    struct fault fault = {0};

    ck_assert_msg(keyfile_open(&file, temp_path(dir, "k"), &fault) == ST_OK, "%s", fault.text);
    return file;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(temp_path(dir, name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(temp_path(dir, name), 0600), 0);
}

START_TEST(a_new_key_opens_and_signs)
{
    struct keyfile *file = open_key();
    uint8_t signature[crypto_sign_BYTES];

    ck_assert_mem_eq(keyfile_public(file), key, sizeof key);
    ck_assert_int_eq(crypto_sign_detached(signature, NULL, key, 5, keyfile_secret(file)), 0);
    ck_assert_int_eq(crypto_sign_verify_detached(signature, key, 5, key), 0);
    keyfile_close(file);
}
END_TEST

/* One that grew while it was read would leave the secret in memory that was given back. */
START_TEST(a_key_is_read_into_memory_that_does_not_move)
{
    enum { BOUND = 1024 };
    struct bytes text = {0};
    struct fault fault = {0};

    ck_assert_int_eq(file_read_kept(temp_path(dir, "k"), BOUND, &text, &fault), ST_OK);
    ck_assert_uint_gt(text.size, 200);
    bytes_append(&text, "", 1);
    ck_assert_uint_ge(text.capacity, BOUND + 1);
    ck_assert_uint_lt(text.capacity, 2 * (BOUND + 1)); /* what was taken first */
    bytes_fini(&text);
}
END_TEST

START_TEST(a_new_key_is_its_owners_alone)
{
    struct stat info;

    ck_assert_int_eq(stat(temp_path(dir, "k"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_key_is_never_overwritten)
{
    struct fault fault = {0};
    uint8_t other[CONTROL_KEY_BYTES];

    ck_assert_int_eq(keyfile_create(temp_path(dir, "k"), "test", other, &fault), ST_EXISTS);
    keyfile_close(open_key());
}
END_TEST

START_TEST(the_public_half_is_read_from_both_kinds_of_file)
{
    struct fault fault = {0};
    uint8_t read[CONTROL_KEY_BYTES];

    ck_assert_int_eq(keyfile_create_public(temp_path(dir, "p"), "test", key, &fault), ST_OK);
    ck_assert_int_eq(keyfile_read_public(temp_path(dir, "p"), read, &fault), ST_OK);
    ck_assert_mem_eq(read, key, sizeof key);
    ck_assert_int_eq(keyfile_read_public(temp_path(dir, "k"), read, &fault), ST_OK);
    ck_assert_mem_eq(read, key, sizeof key);
}
END_TEST

START_TEST(the_public_half_alone_does_not_open)
{
    struct fault fault = {0};
    struct keyfile *file;

    ck_assert_int_eq(keyfile_create_public(temp_path(dir, "p"), "test", key, &fault), ST_OK);
    ck_assert_int_eq(chmod(temp_path(dir, "p"), 0600), 0);
    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "p"), &fault), ST_INVALID);
    ck_assert_ptr_null(file);
}
END_TEST

START_TEST(a_key_that_others_may_read_is_refused)
{
    struct fault fault = {0};
    struct keyfile *file;

    ck_assert_int_eq(chmod(temp_path(dir, "k"), 0640), 0);
    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "k"), &fault), ST_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "chmod 600"));
}
END_TEST

START_TEST(a_missing_key_is_missing)
{
    struct fault fault = {0};
    struct keyfile *file;
    uint8_t read[CONTROL_KEY_BYTES];

    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "none"), &fault), ST_MISSING);
    ck_assert_int_eq(keyfile_read_public(temp_path(dir, "none"), read, &fault), ST_MISSING);
}
END_TEST

START_TEST(files_that_are_no_keys_are_refused)
{
    static const char *const texts[] = {"", "public\n", "public 00\nsecret 11\n", "hello\n"};
    struct fault fault = {0};
    struct keyfile *file;
    uint8_t read[CONTROL_KEY_BYTES];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file("x", texts[i]);
        ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "x"), &fault), ST_INVALID);
        ck_assert_int_eq(keyfile_read_public(temp_path(dir, "x"), read, &fault), ST_INVALID);
    }
}
END_TEST

START_TEST(a_secret_of_another_public_half_is_refused)
{
    struct bytes text = {0};
    struct fault fault = {0};
    struct keyfile *file;
    char *at;

    ck_assert_int_eq(file_read(temp_path(dir, "k"), 1000, &text, &fault), ST_OK);
    bytes_append(&text, "", 1);
    at = strstr((char *)text.data, "public ") + 7;
    *at = *at == '0' ? '1' : '0';
    write_file("x", (char *)text.data);
    bytes_fini(&text);
    ck_assert_int_eq(keyfile_open(&file, temp_path(dir, "x"), &fault), ST_INVALID);
}
END_TEST

START_TEST(an_open_key_is_locked)
{
    struct keyfile *file = open_key();
    struct keyfile *second;
    struct fault fault = {0};

    ck_assert_int_eq(keyfile_open(&second, temp_path(dir, "k"), &fault), ST_BUSY);
    keyfile_close(file);
    keyfile_close(open_key());
}
END_TEST

static const uint8_t here[CONTROL_KEY_BYTES] = {1};
static const uint8_t there[CONTROL_KEY_BYTES] = {2};

static uint64_t next_number(struct keyfile *file, const uint8_t *site)
{
    struct fault fault = {0};
    uint64_t number = 0;

    ck_assert_int_eq(keyfile_next_number(file, site, &number, &fault), ST_OK);
    return number;
}

START_TEST(numbers_rise_across_openings_and_for_each_site)
{
    for (uint64_t expected = 1; expected <= 3; expected++) {
        struct keyfile *file = open_key();

        ck_assert_uint_eq(next_number(file, here), expected);
        keyfile_close(file);
    }
    struct keyfile *file = open_key();

    ck_assert_uint_eq(next_number(file, there), 1);
    ck_assert_uint_eq(next_number(file, here), 4);
    ck_assert_uint_eq(next_number(file, there), 2);
    keyfile_close(file);
}
END_TEST

START_TEST(what_the_site_says_raises_a_number_and_never_lowers_it)
{
    struct keyfile *file = open_key();
    struct fault fault = {0};

    ck_assert_int_eq(keyfile_raise_number(file, here, 12, &fault), ST_OK);
    ck_assert_int_eq(keyfile_raise_number(file, here, 3, &fault), ST_OK);
    ck_assert_int_eq(keyfile_raise_number(file, here, 0, &fault), ST_OK);
    ck_assert_uint_eq(next_number(file, here), 13);
    ck_assert_uint_eq(next_number(file, there), 1);
    keyfile_close(file);
}
END_TEST

#define SITE_HEX "0100000000000000000000000000000000000000000000000000000000000000"

START_TEST(spoilt_numbers_are_refused_and_nothing_is_lost)
{
    static const char *const texts[] = {
        "",
        "7\n",
        "seven\n",
        SITE_HEX " 7",
        SITE_HEX " x\n",
        "01 7\n",
        SITE_HEX "-7\n",
        SITE_HEX " -7\n",
        SITE_HEX " 7 \n",
        SITE_HEX " +7\n",
        "\n",
        SITE_HEX " \n",
        SITE_HEX " 99999999999999999999999\n",
        SITE_HEX " 7\n" SITE_HEX " 8\n",
    };
    struct keyfile *file = open_key();

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fault fault = {0};
        struct bytes read = {0};
        uint64_t number;

        write_file("k.number", texts[i]);
        ck_assert_int_eq(keyfile_next_number(file, here, &number, &fault), ST_INVALID);
        ck_assert_int_eq(keyfile_raise_number(file, here, 9, NULL), ST_INVALID);
        ck_assert_ptr_nonnull(strstr(fault.text, "k.number is damaged"));
        ck_assert_ptr_nonnull(strstr(fault.text, "Remove it"));
        ck_assert_int_eq(file_read(temp_path(dir, "k.number"), 1024, &read, &fault), ST_OK);
        ck_assert_uint_eq(read.size, strlen(texts[i]));
        bytes_fini(&read);
    }
    write_file("k.number", SITE_HEX " 7\n");
    ck_assert_uint_eq(next_number(file, here), 8);
    keyfile_close(file);
}
END_TEST

START_TEST(the_last_number_is_not_used_twice)
{
    struct keyfile *file = open_key();
    struct fault fault = {0};
    uint64_t number;

    write_file("k.number", SITE_HEX " 18446744073709551615\n");
    ck_assert_int_eq(keyfile_next_number(file, here, &number, &fault), ST_INVALID);
    keyfile_close(file);
}
END_TEST

START_TEST(a_key_knows_so_many_sites_and_no_more)
{
    struct keyfile *file = open_key();
    struct fault fault = {0};
    uint8_t site[CONTROL_KEY_BYTES] = {0};
    uint64_t number;

    for (uint8_t i = 0; i < KEYFILE_SITES_MAX; i++) {
        site[0] = i;
        ck_assert_uint_eq(next_number(file, site), 1);
    }
    site[0] = KEYFILE_SITES_MAX;
    ck_assert_int_eq(keyfile_next_number(file, site, &number, &fault), ST_INVALID);
    ck_assert_uint_eq(next_number(file, here), 2);
    keyfile_close(file);
}
END_TEST

static void keep(struct keyfile *file, const uint8_t *site, const char *text)
{
    struct fault fault = {0};
    struct bytes envelope = {0};

    bytes_append(&envelope, text, strlen(text));
    ck_assert_int_eq(keyfile_pending_save(file, site, &envelope, &fault), ST_OK);
    bytes_fini(&envelope);
}

/* NULL: nothing is kept for the site. */
static void holds(struct keyfile *file, const uint8_t *site, const char *text)
{
    struct fault fault = {0};
    struct bytes read = {0};

    ck_assert_int_eq(keyfile_pending_load(file, site, &read, &fault),
                     text == NULL ? ST_MISSING : ST_OK);
    ck_assert_uint_eq(read.size, text == NULL ? 0 : strlen(text));
    if (text != NULL)
        ck_assert_mem_eq(read.data, text, read.size);
    bytes_fini(&read);
}

START_TEST(an_envelope_is_kept_until_it_is_dropped)
{
    struct keyfile *file = open_key();
    struct fault fault = {0};

    holds(file, here, NULL);
    keep(file, here, "hello");
    keyfile_close(file);

    file = open_key();
    holds(file, here, "hello");
    ck_assert_int_eq(keyfile_pending_drop(file, here, &fault), ST_OK);
    holds(file, here, NULL);
    ck_assert_int_ne(access(temp_path(dir, "k.pending"), F_OK), 0);
    ck_assert_int_eq(keyfile_pending_drop(file, here, &fault), ST_OK);
    keyfile_close(file);
}
END_TEST

START_TEST(what_is_kept_for_one_site_is_nothing_to_another)
{
    struct keyfile *file = open_key();
    struct fault fault = {0};
    uint8_t other[CONTROL_KEY_BYTES];

    keep(file, here, "first");
    holds(file, there, NULL);
    ck_assert_int_eq(keyfile_pending_drop(file, there, &fault), ST_OK);
    holds(file, here, "first");
    ck_assert(!keyfile_pending_elsewhere(file, here, other));
    ck_assert(keyfile_pending_elsewhere(file, there, other));
    ck_assert_mem_eq(other, here, sizeof other);

    keep(file, there, "second");
    keep(file, here, "third");
    holds(file, there, "second");
    holds(file, here, "third");
    ck_assert_int_eq(keyfile_pending_drop(file, here, &fault), ST_OK);
    holds(file, there, "second");
    keyfile_close(file);
}
END_TEST

START_TEST(a_spoilt_pending_file_is_refused_and_left_alone)
{
    struct keyfile *file = open_key();
    struct bytes whole = {0};
    struct bytes envelope = {0};
    struct fault fault = {0};

    keep(file, here, "hello");
    ck_assert_int_eq(file_read(temp_path(dir, "k.pending"), 1024, &whole, &fault), ST_OK);
    bytes_append(&envelope, "new", 3);
    for (size_t size = 0; size < whole.size; size++) {
        struct bytes read = {0};

        ck_assert_int_eq(file_replace(temp_path(dir, "k.pending"), whole.data, size, &fault),
                         ST_OK);
        ck_assert_int_eq(keyfile_pending_load(file, here, &read, &fault), ST_INVALID);
        ck_assert_ptr_nonnull(strstr(fault.text, "k.pending is damaged"));
        ck_assert_int_eq(keyfile_pending_save(file, here, &envelope, &fault), ST_INVALID);
        ck_assert_int_eq(keyfile_pending_drop(file, here, &fault), ST_INVALID);
        ck_assert_int_eq(file_read(temp_path(dir, "k.pending"), 1024, &read, &fault), ST_OK);
        ck_assert_uint_eq(read.size, size);
        bytes_fini(&read);
    }
    bytes_fini(&whole);
    bytes_fini(&envelope);
    keyfile_close(file);
}
END_TEST

START_TEST(a_file_longer_than_its_bound_is_refused)
{
    struct bytes read = {0};
    struct fault fault = {0};

    write_file("x", "0123456789");
    ck_assert_int_eq(file_read(temp_path(dir, "x"), 9, &read, &fault), ST_FULL);
    bytes_clear(&read);
    ck_assert_int_eq(file_read(temp_path(dir, "x"), 10, &read, &fault), ST_OK);
    ck_assert_uint_eq(read.size, 10);
    bytes_fini(&read);
}
END_TEST

START_TEST(a_folder_is_not_read_as_a_file)
{
    struct bytes read = {0};
    struct fault fault = {0};

    ck_assert_int_eq(file_read(dir, 10, &read, &fault), ST_IO);
    bytes_fini(&read);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    char path[FILE_PATH_BYTES];
    static char name[FILE_PATH_BYTES];
    struct fault fault = {0};

    memset(name, 'n', sizeof name - 1);
    ck_assert_int_eq(file_path(path, dir, name, &fault), ST_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keyfile");
    TCase *tcase = tcase_create("keyfile");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_new_key_opens_and_signs);
    tcase_add_test(tcase, a_key_is_read_into_memory_that_does_not_move);
    tcase_add_test(tcase, a_new_key_is_its_owners_alone);
    tcase_add_test(tcase, a_key_is_never_overwritten);
    tcase_add_test(tcase, the_public_half_is_read_from_both_kinds_of_file);
    tcase_add_test(tcase, the_public_half_alone_does_not_open);
    tcase_add_test(tcase, a_key_that_others_may_read_is_refused);
    tcase_add_test(tcase, a_missing_key_is_missing);
    tcase_add_test(tcase, files_that_are_no_keys_are_refused);
    tcase_add_test(tcase, a_secret_of_another_public_half_is_refused);
    tcase_add_test(tcase, an_open_key_is_locked);
    tcase_add_test(tcase, numbers_rise_across_openings_and_for_each_site);
    tcase_add_test(tcase, spoilt_numbers_are_refused_and_nothing_is_lost);
    tcase_add_test(tcase, the_last_number_is_not_used_twice);
    tcase_add_test(tcase, what_the_site_says_raises_a_number_and_never_lowers_it);
    tcase_add_test(tcase, a_key_knows_so_many_sites_and_no_more);
    tcase_add_test(tcase, an_envelope_is_kept_until_it_is_dropped);
    tcase_add_test(tcase, what_is_kept_for_one_site_is_nothing_to_another);
    tcase_add_test(tcase, a_spoilt_pending_file_is_refused_and_left_alone);
    tcase_add_test(tcase, a_file_longer_than_its_bound_is_refused);
    tcase_add_test(tcase, a_folder_is_not_read_as_a_file);
    tcase_add_test(tcase, a_path_that_is_too_long_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
