/* Messages and parcels on the wire: what is written is read back, and all else is refused. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 20000 };

static struct bytes wire;
static struct fault fault;

static void setup(void)
{
    memset(&wire, 0, sizeof wire);
}

static void teardown(void)
{
    bytes_fini(&wire);
}

static bool messages_equal(const struct channel_message *a, const struct channel_message *b)
{
    return a->kind == b->kind && a->interface == b->interface && a->number == b->number &&
           a->to == b->to && a->status == b->status && a->money.nanos == b->money.nanos &&
           memcmp(a->customer_key, b->customer_key, CHANNEL_KEY_BYTES) == 0 &&
           a->endowment.nanos == b->endowment.nanos && a->fee.nanos == b->fee.nanos &&
           a->packets == b->packets && a->bytes == b->bytes && a->customer == b->customer &&
           a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

START_TEST(any_message_is_read_back_as_it_was)
{
    static uint8_t data[CHANNEL_PACKET_BYTES_MAX];
    struct rng rng = rng_for_test();

    for (int round = 0; round < ROUNDS; round++) {
        struct channel_message message = message_any(&rng, data);
        struct channel_message read;
        struct cbor in;

        bytes_clear(&wire);
        message_encode(&wire, &message);
        cbor_init(&in, wire.data, wire.size);
        message_decode(&in, 1, &read);
        if (cbor_done(&in, &fault, "message") != ST_OK)
            ck_abort_msg("%s", fault.text);
        HOLDS(messages_equal(&message, &read));
    }
}
END_TEST

static struct cursor any_cursor(struct rng *rng)
{
    return (struct cursor){rng_edgy(rng) & SEQ_MAX, (u128)rng_edgy(rng) << 64 | rng_edgy(rng)};
}

START_TEST(any_hello_is_read_back_as_it_was)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < ROUNDS; round++) {
        struct parcel_head head;
        struct hello hello = {
            .currency = "SRI",
            .epoch = (rng_edgy(&rng) & SEQ_MAX) | 1,
            .peer_epoch = rng_edgy(&rng) & SEQ_MAX,
            .sent = any_cursor(&rng),
            .received = any_cursor(&rng),
            .acked = {0, 0},
            .limit = nanos(rng_edgy(&rng) & MONEY_NANOS_MAX),
            .prices = {nanos(rng_edgy(&rng) & MONEY_NANOS_MAX), nanos(5)},
        };

        if (rng_coin(&rng))
            hello.acked = hello.sent;
        bytes_clear(&wire);
        hello_encode(&wire, &hello);
        if (parcel_decode(&head, wire.data, wire.size, &fault) != ST_OK)
            ck_abort_msg("%s", fault.text);
        HOLDS(head.kind == PARCEL_HELLO);
        HOLDS(head.hello.version == LINK_VERSION);
        HOLDS(strcmp(head.hello.currency, "SRI") == 0);
        HOLDS(head.hello.epoch == hello.epoch && head.hello.peer_epoch == hello.peer_epoch);
        HOLDS(head.hello.sent.seq == hello.sent.seq && head.hello.sent.total == hello.sent.total);
        HOLDS(head.hello.received.total == hello.received.total);
        HOLDS(head.hello.acked.seq == hello.acked.seq);
        HOLDS(head.hello.limit.nanos == hello.limit.nanos);
        HOLDS(head.hello.prices.birth_fee.nanos == hello.prices.birth_fee.nanos);
        HOLDS(head.hello.prices.channel_fee.nanos == 5);
    }
}
END_TEST

/* The bytes of a HELLO and of a DATA are fixed for good: docs/wire.md shows them. */
START_TEST(parcels_have_the_bytes_that_the_document_shows)
{
    struct hello hello = {.currency = "SRI",
                          .epoch = 3,
                          .sent = {5, 100},
                          .received = {2, 9},
                          .acked = {3, 60},
                          .limit = nanos(1000000),
                          .prices = {nanos(7), nanos(3)}};
    struct data_head head = {
        .epoch = 3, .peer_epoch = 4, .received = {2, 9}, .before = {4, 60}, .count = 2};
    struct channel_message packet = packet_of(40, "hi", 2);
    struct channel_message close = {.kind = CHANNEL_CLOSE, .number = 6, .to = CHANNEL_BUYER};
    char text[400];

    hello_encode(&wire, &hello);
    ck_assert_str_eq(
        hex_print(text, wire.data, wire.size),
        "94010363535249030005506400000000000000000000000000000002500900000000000000000000000000"
        "000003503c0000000000000000000000000000001a000f42400703"
        "0000005840"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0080");
    bytes_clear(&wire);
    data_head_encode(&wire, &head);
    message_encode(&wire, &packet);
    message_encode(&wire, &close);
    ck_assert_str_eq(hex_print(text, wire.data, wire.size),
                     "8a02030402500900000000000000000000000000000000"
                     "00"
                     "04503c0000000000000000000000000000008285030201182842686983050600");
}
END_TEST

/* ---- what is refused ---- */

static void refused(const char *text)
{
    struct parcel_head head;

    ck_assert_int_eq(parcel_decode(&head, wire.data, wire.size, &fault), ST_INVALID);
    ck_assert_str_eq(fault.text, text);
}

static void refused_hex(const char *hex, const char *text)
{
    uint8_t raw[200];

    ck_assert(hex_parse(raw, strlen(hex) / 2, hex));
    bytes_clear(&wire);
    bytes_append(&wire, raw, strlen(hex) / 2);
    refused(text);
}

START_TEST(what_is_no_parcel_is_refused_with_the_place)
{
    refused_hex("", "parcel: ends too soon at byte 0");
    refused_hex("01", "parcel: array wanted at byte 0");
    refused_hex("80", "parcel: no such kind of parcel at byte 1");
    refused_hex("8100", "parcel: no such kind of parcel at byte 2");
    refused_hex("8103", "parcel: no such kind of parcel at byte 2");
    refused_hex("820103", "parcel: HELLO has another number of fields at byte 3");
    refused_hex("8102", "parcel: DATA has another number of fields at byte 2");
}
END_TEST

/* It says which it is, so that both operators can be told; what follows is its own affair. */
START_TEST(a_hello_in_another_version_is_read_as_far_as_that)
{
    static const uint8_t first[] = {0x82, 0x01, 0x01};
    static const uint8_t later[] = {0x83, 0x01, 0x19, 0x03, 0xe8, 0x00};
    struct parcel_head head;

    ck_assert_int_eq(parcel_decode(&head, first, sizeof first, &fault), ST_OK);
    ck_assert_int_eq(head.kind, PARCEL_HELLO);
    ck_assert_uint_eq(head.hello.version, 1);
    if (parcel_decode(&head, later, sizeof later, &fault) != ST_OK)
        ck_abort_msg("%s", fault.text);
    ck_assert_uint_eq(head.hello.version, 1000);
}
END_TEST

START_TEST(a_currency_is_a_short_text)
{
    refused_hex("940103716161616161616161616161616161616161"
                "0000000000000000000000000000000000",
                "parcel: text too long at byte 3");
}
END_TEST

static struct hello good_hello(void)
{
    return (struct hello){.epoch = 1, .sent = {2, 2}, .acked = {1, 1}};
}

START_TEST(a_hello_that_makes_no_sense_is_refused)
{
    struct hello hello = good_hello();

    hello.epoch = 0;
    hello_encode(&wire, &hello);
    refused("parcel: epochs begin with 1 at byte 5");
    hello = good_hello();
    hello.epoch = SEQ_MAX + 1;
    bytes_clear(&wire);
    hello_encode(&wire, &hello);
    refused("parcel: integer too large at byte 4");
    hello = good_hello();
    hello.acked.seq = 3;
    bytes_clear(&wire);
    hello_encode(&wire, &hello);
    refused("parcel: more is acknowledged than was sent at byte 60");
    hello = good_hello();
    hello.acked.total = 3;
    bytes_clear(&wire);
    hello_encode(&wire, &hello);
    refused("parcel: more is acknowledged than was sent at byte 60");
    hello = good_hello();
    hello.limit = nanos(MONEY_NANOS_MAX + 1);
    bytes_clear(&wire);
    hello_encode(&wire, &hello);
    refused("parcel: integer too large at byte 60");
}
END_TEST

static void data_of(uint64_t first, u128 total, uint64_t count)
{
    struct data_head head = {.epoch = 1, .peer_epoch = 1, .before = {first, total}, .count = count};

    bytes_clear(&wire);
    data_head_encode(&wire, &head);
}

START_TEST(data_whose_sequences_make_no_sense_is_refused)
{
    struct channel_message close = {.kind = CHANNEL_CLOSE, .number = 2};

    data_of(1, 0, 0);
    refused("parcel: no messages, but a sequence or total of them at byte 43");
    data_of(0, 1, 0);
    refused("parcel: no messages, but a sequence or total of them at byte 43");
    data_of(0, 0, 1);
    message_encode(&wire, &close);
    refused("parcel: messages, but no sequence that they can have at byte 43");
    data_of(SEQ_MAX, 0, 1);
    message_encode(&wire, &close);
    refused("parcel: messages, but no sequence that they can have at byte 51");
}
END_TEST

START_TEST(more_messages_than_a_parcel_may_hold_are_refused)
{
    struct channel_message close = {.kind = CHANNEL_CLOSE, .number = 2};
    struct parcel_head head;

    data_of(1, 0, PARCEL_MESSAGES_MAX);
    for (int i = 0; i < PARCEL_MESSAGES_MAX; i++)
        message_encode(&wire, &close);
    ck_assert_int_eq(parcel_decode(&head, wire.data, wire.size, &fault), ST_OK);
    data_of(1, 0, PARCEL_MESSAGES_MAX + 1);
    for (int i = 0; i < PARCEL_MESSAGES_MAX + 1; i++)
        message_encode(&wire, &close);
    ck_assert_int_eq(parcel_decode(&head, wire.data, wire.size, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "at byte 42"));
}
END_TEST

/* A parcel with one message, of these bytes. */
static void refused_message(const char *hex, const char *text)
{
    uint8_t raw[200];

    ck_assert(hex_parse(raw, strlen(hex) / 2, hex));
    data_of(1, 0, 1); /* 41 bytes */
    bytes_append(&wire, raw, strlen(hex) / 2);
    refused(text);
}

#define ZERO_KEY "0000000000000000000000000000000000000000000000000000000000000000"

START_TEST(messages_that_make_no_sense_are_refused_with_the_place)
{
    refused_message("05", "parcel: array wanted at byte 43");
    refused_message("80", "parcel: no such kind of message at byte 44");
    refused_message("83000200", "parcel: no such kind of message at byte 45");
    refused_message("83070200", "parcel: no such kind of message at byte 45");
    refused_message("820502", "parcel: a message of this kind has another number of fields at "
                              "byte 45");
    refused_message("83051b000000010000000000", "parcel: integer too large at byte 45");
    refused_message("83050202", "parcel: integer too large at byte 46");
    /* birth: 3 + 4 is not 8; packet: bytes wanted; answer: status, amount */
    refused_message("870102030408005820" ZERO_KEY,
                    "parcel: the money of a birth is not endowment and fee at "
                    "byte 49");
    refused_message("870102030405005820"
                    "00",
                    "parcel: ends too soon at byte 50");
    refused_message("85030200006161", "parcel: byte string wanted at byte 48");
    refused_message("850302001b800000000000000040", "parcel: integer too large at byte 47");
    refused_message("880202001a8000000000000000", "parcel: integer too large at byte 47");
}
END_TEST

START_TEST(a_packet_that_is_too_large_is_refused)
{
    static const uint8_t data[CHANNEL_PACKET_BYTES_MAX + 1];

    data_of(1, 0, 1);
    cbor_put_array(&wire, 5);
    cbor_put_uint(&wire, CHANNEL_PACKET);
    cbor_put_uint(&wire, 2);
    cbor_put_uint(&wire, 1);
    cbor_put_uint(&wire, 0);
    cbor_put_bytes(&wire, data, sizeof data);
    refused("parcel: byte string too long at byte 48");
}
END_TEST

/* Every prefix of a good parcel, and it with one byte more. */
START_TEST(a_parcel_cut_anywhere_is_refused)
{
    struct channel_message packet = packet_of(40, "hello", 5);
    struct parcel_head head;

    data_of(1, 0, 2);
    message_encode(&wire, &packet);
    message_encode(&wire, &packet);
    for (size_t size = 0; size < wire.size; size++)
        ck_assert_int_eq(parcel_decode(&head, wire.data, size, &fault), ST_INVALID);
    ck_assert_int_eq(parcel_decode(&head, wire.data, wire.size, &fault), ST_OK);
    bytes_append(&wire, "", 1);
    ck_assert_int_eq(parcel_decode(&head, wire.data, wire.size, &fault), ST_INVALID);
}
END_TEST

START_TEST(flipped_bits_never_make_a_message_that_is_encoded_otherwise)
{
    static uint8_t data[CHANNEL_PACKET_BYTES_MAX];
    struct rng rng = rng_for_test();
    struct bytes again = {0};

    for (int round = 0; round < ROUNDS; round++) {
        struct channel_message message = message_any(&rng, data);
        struct cbor in;

        bytes_clear(&wire);
        message_encode(&wire, &message);
        wire.data[rng_below(&rng, wire.size < 40 ? wire.size : 40)] ^=
            (uint8_t)(1 << rng_below(&rng, 8));
        cbor_init(&in, wire.data, wire.size);
        message_decode(&in, 1, &message);
        if (cbor_done(&in, NULL, "message") != ST_OK)
            continue;
        bytes_clear(&again);
        message_encode(&again, &message);
        HOLDS(again.size == wire.size && memcmp(again.data, wire.data, wire.size) == 0);
    }
    bytes_fini(&again);
}
END_TEST

/* ---- the seeds of the fuzzer ---- */

enum { SEED_BYTES_MAX = 2048, KINDS_MAX = 32, SEEDS_MIN = 10 };

/* What the seeds hold, a bit for each kind. */
struct seeds {
    unsigned count;
    unsigned parcels;
    unsigned messages;
    bool ends;
    bool other_version;
};

static void note_messages(struct seeds *seeds, struct parcel_head *head)
{
    struct channel_message message;

    for (uint64_t i = 0; i < head->data.count; i++) {
        message_decode(&head->messages, 1, &message);
        ck_assert_int_lt(message.kind, KINDS_MAX);
        seeds->messages |= 1U << message.kind;
    }
}

static void read_seed(struct seeds *seeds, const char *name)
{
    uint8_t seed[SEED_BYTES_MAX];
    struct parcel_head head;
    char path[512];
    size_t size;
    FILE *file;

    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", FUZZ_PARCEL_SEEDS, name), sizeof path);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size = fread(seed, 1, sizeof seed, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert(size > 1 && size < sizeof seed);
    /* The first byte picks the state of the link. */
    if (parcel_decode(&head, seed + 1, size - 1, &fault) != ST_OK)
        ck_abort_msg("%s: %s", name, fault.text);
    ck_assert_int_lt(head.kind, KINDS_MAX);
    seeds->count++;
    seeds->parcels |= 1U << head.kind;
    seeds->ends = seeds->ends || head.hello.end_count > 0;
    seeds->other_version =
        seeds->other_version || (head.kind == PARCEL_HELLO && head.hello.version != LINK_VERSION);
    note_messages(seeds, &head);
}

/* Seeds of an old format are refused at their first bytes, and the fuzzer gets no further. */
START_TEST(the_seeds_of_the_fuzzer_are_parcels_of_each_kind)
{
    static const unsigned parcels = 1U << PARCEL_HELLO | 1U << PARCEL_DATA | 1U << PARCEL_SPECIE |
                                    1U << PARCEL_CLAIM | 1U << PARCEL_PAY | 1U << PARCEL_PAID |
                                    1U << PARCEL_LOSS;
    static const unsigned messages = 1U << CHANNEL_BIRTH | 1U << CHANNEL_ANSWER |
                                     1U << CHANNEL_PACKET | 1U << CHANNEL_CREDIT |
                                     1U << CHANNEL_CLOSE | 1U << CHANNEL_CLOSED;
    DIR *folder = opendir(FUZZ_PARCEL_SEEDS);
    struct seeds seeds = {0};
    struct dirent *entry;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            read_seed(&seeds, entry->d_name);
    }
    ck_assert_int_eq(closedir(folder), 0);
    ck_assert_uint_ge(seeds.count, SEEDS_MIN);
    ck_assert_uint_eq(seeds.parcels, parcels);
    ck_assert_uint_eq(seeds.messages, messages);
    ck_assert(seeds.ends && seeds.other_version);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parcels");
    TCase *tcase = tcase_create("parcel");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, any_message_is_read_back_as_it_was);
    tcase_add_test(tcase, any_hello_is_read_back_as_it_was);
    tcase_add_test(tcase, parcels_have_the_bytes_that_the_document_shows);
    tcase_add_test(tcase, what_is_no_parcel_is_refused_with_the_place);
    tcase_add_test(tcase, a_hello_in_another_version_is_read_as_far_as_that);
    tcase_add_test(tcase, a_currency_is_a_short_text);
    tcase_add_test(tcase, a_hello_that_makes_no_sense_is_refused);
    tcase_add_test(tcase, data_whose_sequences_make_no_sense_is_refused);
    tcase_add_test(tcase, more_messages_than_a_parcel_may_hold_are_refused);
    tcase_add_test(tcase, messages_that_make_no_sense_are_refused_with_the_place);
    tcase_add_test(tcase, a_packet_that_is_too_large_is_refused);
    tcase_add_test(tcase, a_parcel_cut_anywhere_is_refused);
    tcase_add_test(tcase, flipped_bits_never_make_a_message_that_is_encoded_otherwise);
    tcase_add_test(tcase, the_seeds_of_the_fuzzer_are_parcels_of_each_kind);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
