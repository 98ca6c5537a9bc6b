/* SHA-256 against FIPS 180-4's examples, and the running hash against the one-shot. */
#include "base/hash.h"

#include "base/bytes.h"
#include "tests/check_main.h"

#include <string.h>

static const struct {
    const char *text;
    const char *hash;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(the_standards_examples_come_out)
{
    struct hash hash = hash_of(examples[_i].text, strlen(examples[_i].text));
    struct hasher *hasher = hasher_new();
    char text[HASH_TEXT_BYTES];

    ck_assert_str_eq(hash_print(text, &hash), examples[_i].hash);
    ck_assert_ptr_nonnull(hasher);
    hasher_start(hasher);
    hasher_add(hasher, examples[_i].text, strlen(examples[_i].text));
    hash = hasher_end(hasher);
    ck_assert_str_eq(hash_print(text, &hash), examples[_i].hash);
    hasher_free(hasher);
}
END_TEST

START_TEST(a_hasher_may_be_started_again_even_before_its_end)
{
    struct hasher *hasher = hasher_new();
    struct hash want = hash_of("abc", 3);
    struct hash hash;

    hasher_start(hasher);
    hasher_add(hasher, "rubbish", 7);
    for (int i = 0; i < 3; i++) {
        hasher_start(hasher);
        hasher_add(hasher, "a", 1);
        hasher_add(hasher, NULL, 0);
        hasher_add(hasher, "bc", 2);
        hash = hasher_end(hasher);
        ck_assert(hash_equal(&hash, &want));
    }
    hasher_free(hasher);
    hasher_free(NULL);
}
END_TEST

START_TEST(pieces_hash_as_the_whole)
{
    struct rng rng = rng_for_test();
    struct hasher *hasher = hasher_new();
    uint8_t data[1000];

    for (int round = 0; round < 100; round++) {
        size_t size = (size_t)rng_below(&rng, sizeof data + 1);
        struct hash want;
        struct hash hash;

        rng_fill(&rng, data, size);
        want = hash_of(data, size);
        hasher_start(hasher);
        for (size_t at = 0; at < size;) {
            size_t piece = 1 + (size_t)rng_below(&rng, size - at);

            hasher_add(hasher, data + at, piece);
            at += piece;
        }
        hash = hasher_end(hasher);
        ck_assert(hash_equal(&hash, &want));
    }
    hasher_free(hasher);
}
END_TEST

START_TEST(hashes_that_differ_in_one_bit_are_not_equal)
{
    struct hash a = hash_of("abc", 3);

    for (size_t bit = 0; bit < 8 * HASH_BYTES; bit++) {
        struct hash b = a;

        ck_assert(hash_equal(&a, &b));
        b.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(!hash_equal(&a, &b));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_loop_test(tcase, the_standards_examples_come_out, 0,
                        (int)(sizeof examples / sizeof examples[0]));
    tcase_add_test(tcase, a_hasher_may_be_started_again_even_before_its_end);
    tcase_add_test(tcase, pieces_hash_as_the_whole);
    tcase_add_test(tcase, hashes_that_differ_in_one_bit_are_not_equal);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
