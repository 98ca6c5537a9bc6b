#include "site/control/control.h"

#include <sodium.h>
#include <string.h>

#include "tests/check_main.h"

static uint8_t site_key[CONTROL_KEY_BYTES];
static uint8_t key[CONTROL_KEY_BYTES];
static uint8_t secret[CONTROL_SECRET_BYTES];
static struct bytes args;
static struct bytes out;

static void setup(void)
{
    ck_assert(sodium_init() >= 0);
    memset(site_key, 7, sizeof site_key);
    ck_assert(crypto_sign_keypair(key, secret) == 0);
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, 5000);
}

static void teardown(void)
{
    bytes_fini(&args);
    bytes_fini(&out);
}

static enum status decode(struct control_request *request, struct fault *fault)
{
    *fault = (struct fault){0};
    return control_decode(request, out.data, out.size, fault);
}

START_TEST(a_signed_request_comes_back_as_it_was_made)
{
    struct control_request request;
    struct fault fault;

    control_sign(&out, site_key, key, secret, 42, "money.in", &args);
    ck_assert(!out.failed);
    ck_assert_int_eq(decode(&request, &fault), ST_OK);
    ck_assert(!request.is_read);
    ck_assert_mem_eq(request.site_key, site_key, sizeof site_key);
    ck_assert_mem_eq(request.key, key, sizeof key);
    ck_assert_uint_eq(request.number, 42);
    ck_assert_str_eq(request.command, "money.in");
    ck_assert_uint_eq(request.args_size, args.size);
    ck_assert_mem_eq(request.args, args.data, args.size);
    ck_assert(crypto_sign_verify_detached(request.signature, request.payload, request.payload_size,
                                          key) == 0);
}
END_TEST

START_TEST(a_read_comes_back_as_it_was_made)
{
    struct control_request request;
    struct fault fault;

    control_read(&out, "accounts", &args);
    ck_assert_int_eq(decode(&request, &fault), ST_OK);
    ck_assert(request.is_read);
    ck_assert_str_eq(request.command, "accounts");
    ck_assert_mem_eq(request.args, args.data, args.size);
}
END_TEST

START_TEST(a_signed_read_comes_back_as_it_was_made)
{
    const struct control_signer by = {.site_key = site_key, .key = key, .secret = secret};
    struct control_request request;
    struct fault fault;

    control_read_signed(&out, &by, 77, "accounts", &args);
    ck_assert_int_eq(decode(&request, &fault), ST_OK);
    ck_assert(request.is_read && request.is_signed);
    ck_assert_uint_eq(request.site_time_us, 77);
    ck_assert_uint_eq(request.number, 0);
    ck_assert_mem_eq(request.site_key, site_key, sizeof site_key);
    ck_assert_mem_eq(request.key, key, sizeof key);
    ck_assert_mem_eq(request.args, args.data, args.size);
    for (size_t bit = 0; bit < out.size * 8; bit++) {
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_ne(decode(&request, &fault), ST_OK);
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

START_TEST(no_bit_of_a_signed_request_can_be_flipped)
{
    struct control_request request;
    struct fault fault;

    control_sign(&out, site_key, key, secret, 42, "money.in", &args);
    for (size_t bit = 0; bit < out.size * 8; bit++) {
        out.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        ck_assert_msg(decode(&request, &fault) != ST_OK, "bit %zu", bit);
        out.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    ck_assert_int_eq(decode(&request, &fault), ST_OK);
}
END_TEST

START_TEST(a_signature_by_another_key_is_denied)
{
    uint8_t other[CONTROL_KEY_BYTES];
    uint8_t other_secret[CONTROL_SECRET_BYTES];
    struct control_request request;
    struct fault fault;

    ck_assert(crypto_sign_keypair(other, other_secret) == 0);
    control_sign(&out, site_key, key, other_secret, 42, "money.in", &args);
    ck_assert_int_eq(decode(&request, &fault), ST_DENIED);
    ck_assert_ptr_nonnull(strstr(fault.text, "signature"));
}
END_TEST

START_TEST(no_beginning_of_a_request_is_one)
{
    struct control_request request;
    struct fault fault = {0};

    control_sign(&out, site_key, key, secret, 42, "money.in", &args);
    for (size_t size = 0; size < out.size; size++)
        ck_assert_int_eq(control_decode(&request, out.data, size, &fault), ST_INVALID);
}
END_TEST

START_TEST(bytes_behind_a_request_are_refused)
{
    struct control_request request;
    struct fault fault;

    control_read(&out, "status", &args);
    bytes_append(&out, "", 1);
    ck_assert_int_eq(decode(&request, &fault), ST_INVALID);
}
END_TEST

START_TEST(an_unknown_format_is_refused_by_name)
{
    struct control_request request;
    struct fault fault;

    cbor_put_array(&out, 3);
    cbor_put_text(&out, "serai-read-9");
    cbor_put_text(&out, "status");
    cbor_put_array(&out, 0);
    ck_assert_int_eq(decode(&request, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "unknown format"));
}
END_TEST

START_TEST(args_that_are_no_array_are_refused)
{
    struct control_request request;
    struct fault fault;

    bytes_clear(&args);
    cbor_put_uint(&args, 1);
    control_read(&out, "status", &args);
    ck_assert_int_eq(decode(&request, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "array"));
}
END_TEST

START_TEST(a_command_that_is_too_long_is_refused)
{
    struct control_request request;
    struct fault fault;

    control_read(&out, "a-command-that-is-longer-than-any-there-is", &args);
    ck_assert_int_eq(decode(&request, &fault), ST_INVALID);
}
END_TEST

START_TEST(a_request_past_the_bound_is_refused)
{
    struct control_request request;
    struct fault fault = {0};

    ck_assert_int_eq(control_decode(&request, (const uint8_t *)"", CONTROL_BYTES_MAX + 1, &fault),
                     ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "the most is"));
}
END_TEST

START_TEST(random_bytes_never_decode_as_signed)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 20000; round++) {
        uint8_t noise[64];
        struct control_request request;
        size_t size = rng_below(&rng, sizeof noise + 1);

        rng_fill(&rng, noise, size);
        if (size > 0 && rng_coin(&rng))
            noise[0] = (uint8_t)(0x80 + rng_below(&rng, 5)); /* an array: gets further */
        ck_assert(control_decode(&request, noise, size, NULL) != ST_OK || request.is_read);
    }
}
END_TEST

static enum control_status answer_round(enum control_status status, const char *message,
                                        const struct bytes *result, struct control_reply *reply)
{
    struct fault fault = {0};

    bytes_clear(&out);
    control_answer(&out, status, 9, message, result);
    ck_assert_msg(control_reply_decode(reply, out.data, out.size, &fault) == ST_OK, "%s",
                  fault.text);
    return reply->status;
}

START_TEST(an_answer_comes_back_as_it_was_made)
{
    struct control_reply reply;

    ck_assert_int_eq(answer_round(CONTROL_REFUSED, "short of funds", &args, &reply),
                     CONTROL_REFUSED);
    ck_assert_uint_eq(reply.frame, 9);
    ck_assert_str_eq(reply.message, "short of funds");
    ck_assert_uint_eq(reply.result_size, args.size);
    ck_assert_mem_eq(reply.result, args.data, args.size);
}
END_TEST

START_TEST(every_status_of_an_answer_survives)
{
    static const enum control_status all[] = {CONTROL_DONE,    CONTROL_REFUSED,
                                              CONTROL_MISSING, CONTROL_BAD_REQUEST,
                                              CONTROL_DENIED,  CONTROL_TRY_AGAIN};
    struct control_reply reply;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ck_assert_int_eq(answer_round(all[i], "", NULL, &reply), all[i]);
}
END_TEST

START_TEST(an_answer_without_result_holds_null)
{
    struct control_reply reply;

    answer_round(CONTROL_DONE, NULL, NULL, &reply);
    ck_assert_str_eq(reply.message, "");
    ck_assert_uint_eq(reply.result_size, 1);
    ck_assert_uint_eq(reply.result[0], 0xf6);
}
END_TEST

START_TEST(a_message_of_odd_bytes_is_made_to_decode)
{
    struct control_reply reply;

    answer_round(CONTROL_REFUSED, "a\xff\x01z", NULL, &reply);
    ck_assert_str_eq(reply.message, "a??z");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    char text[2000];
    struct control_reply reply;

    memset(text, 'm', sizeof text);
    text[sizeof text - 1] = '\0';
    answer_round(CONTROL_REFUSED, text, NULL, &reply);
    ck_assert_uint_eq(strlen(reply.message), CONTROL_MESSAGE_BYTES_MAX);
}
END_TEST

START_TEST(the_head_of_an_answer_names_the_site)
{
    uint8_t site[CONTROL_KEY_BYTES];
    uint8_t found[CONTROL_KEY_BYTES];
    struct fault fault = {0};

    memset(site, 7, sizeof site);
    bytes_clear(&out);
    control_head(&out, site);
    ck_assert_uint_eq(out.size, CONTROL_HEAD_BYTES);
    ck_assert_int_eq(control_head_decode(found, out.data, &fault), ST_OK);
    ck_assert_mem_eq(found, site, sizeof site);
    for (size_t i = 0; i < 3; i++) { /* an answer of another form than ours */
        out.data[i] ^= 1;
        ck_assert_int_eq(control_head_decode(found, out.data, &fault), ST_INVALID);
        out.data[i] ^= 1;
    }
    ck_assert_ptr_nonnull(strstr(fault.text, "key of a site"));
}
END_TEST

START_TEST(an_answer_of_unknown_status_is_refused)
{
    struct control_reply reply;
    struct fault fault = {0};

    cbor_put_array(&out, 4);
    cbor_put_uint(&out, 3);
    cbor_put_uint(&out, 0);
    cbor_put_text(&out, "");
    cbor_put_null(&out);
    ck_assert_int_eq(control_reply_decode(&reply, out.data, out.size, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "status"));
}
END_TEST

/* One bit in two makes a number that is no coordinate of a point. */
START_TEST(a_key_is_a_point_of_large_order)
{
    uint8_t point[CONTROL_KEY_BYTES];
    uint8_t unused[CONTROL_SECRET_BYTES];
    int refused = 0;

    ck_assert_int_eq(crypto_sign_keypair(point, unused), 0);
    ck_assert(control_is_key(point));
    for (int bit = 0; bit < 8 * CONTROL_KEY_BYTES; bit++) {
        point[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused += !control_is_key(point);
        point[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_int_gt(refused, 8 * CONTROL_KEY_BYTES / 4);
    memset(point, 0, sizeof point);
    ck_assert(!control_is_key(point)); /* of order 4 */
    point[0] = 1;
    ck_assert(!control_is_key(point)); /* neutral */
    memset(point, 0xff, sizeof point);
    ck_assert(!control_is_key(point)); /* not below the prime */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("codec");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_signed_request_comes_back_as_it_was_made);
    tcase_add_test(tcase, a_read_comes_back_as_it_was_made);
    tcase_add_test(tcase, a_signed_read_comes_back_as_it_was_made);
    tcase_add_test(tcase, no_bit_of_a_signed_request_can_be_flipped);
    tcase_add_test(tcase, a_signature_by_another_key_is_denied);
    tcase_add_test(tcase, no_beginning_of_a_request_is_one);
    tcase_add_test(tcase, bytes_behind_a_request_are_refused);
    tcase_add_test(tcase, an_unknown_format_is_refused_by_name);
    tcase_add_test(tcase, args_that_are_no_array_are_refused);
    tcase_add_test(tcase, a_command_that_is_too_long_is_refused);
    tcase_add_test(tcase, a_request_past_the_bound_is_refused);
    tcase_add_test(tcase, random_bytes_never_decode_as_signed);
    tcase_add_test(tcase, an_answer_comes_back_as_it_was_made);
    tcase_add_test(tcase, every_status_of_an_answer_survives);
    tcase_add_test(tcase, an_answer_without_result_holds_null);
    tcase_add_test(tcase, a_message_of_odd_bytes_is_made_to_decode);
    tcase_add_test(tcase, a_long_message_is_cut);
    tcase_add_test(tcase, the_head_of_an_answer_names_the_site);
    tcase_add_test(tcase, an_answer_of_unknown_status_is_refused);
    tcase_add_test(tcase, a_key_is_a_point_of_large_order);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
