/* The digest of a direction: what it proves, and how it names the one message that differs. */
#include "base/digest.h"

#include "tests/check_main.h"

static struct money nanos(uint64_t value)
{
    return (struct money){.nanos = value};
}

/* Messages 1 to `count` with 10, 20, 30 nanos and so on; `without` is left out. */
static struct digest digest_of(uint64_t count, uint64_t without)
{
    struct digest digest = {0};

    for (uint64_t seq = 1; seq <= count; seq++)
        if (seq != without)
            digest_add(&digest, seq, nanos(10 * seq));
    return digest;
}

START_TEST(the_same_messages_have_the_same_digest)
{
    struct digest a = digest_of(9, 0);
    struct digest b = digest_of(9, 0);

    ck_assert(digest_equal(&a, &b));
    digest_add(&a, 10, nanos(0)); /* no money, no line in a book */
    ck_assert(digest_equal(&a, &b));
    digest_add(&a, 10, nanos(1));
    ck_assert(!digest_equal(&a, &b));
}
END_TEST

START_TEST(the_order_counts_for_the_chain_and_not_for_the_xor)
{
    struct digest a = {0};
    struct digest b = {0};

    digest_add(&a, 1, nanos(5));
    digest_add(&a, 2, nanos(6));
    digest_add(&b, 2, nanos(6));
    digest_add(&b, 1, nanos(5));
    ck_assert(hash_equal(&a.xor, &b.xor));
    ck_assert(!hash_equal(&a.chain, &b.chain));
}
END_TEST

START_TEST(one_message_that_is_missing_is_named)
{
    struct digest all = digest_of(9, 0);
    struct digest most = digest_of(9, 4);

    ck_assert(digest_differs_by(&all, &most, 4, nanos(40)));
    ck_assert(digest_differs_by(&most, &all, 4, nanos(40)));
    ck_assert(!digest_differs_by(&all, &most, 4, nanos(41)));
    ck_assert(!digest_differs_by(&all, &most, 5, nanos(50)));
    ck_assert(!digest_differs_by(&all, &all, 4, nanos(40)));
}
END_TEST

START_TEST(its_bytes_are_read_back)
{
    struct digest digest = digest_of(3, 0);
    uint8_t bytes[DIGEST_BYTES];
    struct digest read;

    digest_put(bytes, &digest);
    read = digest_get(bytes);
    ck_assert(digest_equal(&digest, &read));
}
END_TEST

/* The two hashes of one message, computed by another program (docs/wire.md, "SPECIE"). */
START_TEST(the_hashes_are_those_of_the_document)
{
    struct digest digest = {0};
    char text[HASH_TEXT_BYTES];

    digest_add(&digest, 1, nanos(100));
    ck_assert_str_eq(hash_print(text, &digest.chain),
                     "9b0e53a84eb93f78cb8337b81c68a086c816e496891877bfec5068a0c1bc4eac");
    ck_assert_str_eq(hash_print(text, &digest.xor),
                     "e06b434bde366db6d3cf5826c21081e26d6ebea4d11515f154ef3e6a32f6fb0f");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");

    tcase_add_test(tcase, the_same_messages_have_the_same_digest);
    tcase_add_test(tcase, the_order_counts_for_the_chain_and_not_for_the_xor);
    tcase_add_test(tcase, one_message_that_is_missing_is_named);
    tcase_add_test(tcase, its_bytes_are_read_back);
    tcase_add_test(tcase, the_hashes_are_those_of_the_document);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
