/* The journal's bytes: each record has one encoding, and every other is refused. */
#include "ledger/record.h"

#include <string.h>

#include "tests/check_main.h"

static struct journal_line sample_line(void)
{
    struct journal_line line = {.event = 3,
                                .transfer = {.debit = 4097,
                                             .credit = 16,
                                             .code = TRANSFER_COMPUTE,
                                             .quantity = 1000,
                                             .price_id = 2,
                                             .object = UINT64_MAX,
                                             .carry = 5}};

    ck_assert_int_eq(money_from_nanos(&line.transfer.amount, 77), ST_OK);
    return line;
}

START_TEST(records_have_their_documented_sizes)
{
    ck_assert_uint_eq(section_record_bytes(SECTION_HEADER), 112);
    ck_assert_uint_eq(section_record_bytes(SECTION_OPENINGS), 32);
    ck_assert_uint_eq(section_record_bytes(SECTION_EVENTS), 128);
    ck_assert_uint_eq(section_record_bytes(SECTION_LINES), 64);
    ck_assert_uint_eq(section_record_bytes(SECTION_POSTINGS), 40);
    ck_assert_uint_eq(section_records_max(SECTION_HEADER), 1);
    ck_assert_uint_eq(section_records_max(SECTION_OPENINGS), 123);
    ck_assert_uint_eq(section_records_max(SECTION_EVENTS), 30);
    ck_assert_uint_eq(section_records_max(SECTION_LINES), 61);
    ck_assert_uint_eq(section_records_max(SECTION_POSTINGS), 98);
}
END_TEST

START_TEST(a_line_has_its_documented_bytes)
{
    static const uint8_t want[LINE_RECORD_BYTES] = {
        3, 0, 0,  0, 5,    0,    0,    0,    0x01, 0x10, 0,    0,    0, 0, 0, 0, 16, 0, 0, 0, 0, 0,
        0, 0, 77, 0, 0,    0,    0,    0,    0,    0,    0xe8, 0x03, 0, 0, 0, 0, 0,  0, 2, 0, 0, 0,
        0, 0, 0,  0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0,  0, 0, 0};
    struct journal_line line = sample_line();
    uint8_t record[LINE_RECORD_BYTES];

    line_record_put(record, &line);
    ck_assert_mem_eq(record, want, sizeof want);
}
END_TEST

/*
 * Flip every bit of a good record: it is refused, or it reads as something whose encoding is just
 * these bytes.  So no bit is passed over.
 */
typedef const char *(*recode_fn)(uint8_t *again, const uint8_t *record);

static int ck_assert_every_bit_counts(const uint8_t *good, size_t size, recode_fn recode)
{
    uint8_t record[EVENT_RECORD_BYTES];
    uint8_t again[EVENT_RECORD_BYTES];
    int refused = 0;

    ck_assert_ptr_null(recode(again, good));
    ck_assert_mem_eq(again, good, size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(record, good, size);
        record[bit / 8] = (uint8_t)(record[bit / 8] ^ (1u << bit % 8));
        if (recode(again, record) != NULL)
            refused++;
        else
            ck_assert_mem_eq(again, record, size);
    }
    return refused;
}

static const char *recode_line(uint8_t *again, const uint8_t *record)
{
    struct journal_line line;
    const char *error = line_record_get(&line, record);

    if (error == NULL)
        line_record_put(again, &line);
    return error;
}

static const char *recode_posting(uint8_t *again, const uint8_t *record)
{
    struct journal_posting posting;
    const char *error = posting_record_get(&posting, record);

    if (error == NULL)
        posting_record_put(again, &posting);
    return error;
}

static const char *recode_event(uint8_t *again, const uint8_t *record)
{
    struct journal_event event;
    const char *error = event_record_get(&event, record);

    if (error == NULL)
        event_record_put(again, &event);
    return error;
}

static const char *recode_opening(uint8_t *again, const uint8_t *record)
{
    struct journal_opening opening;
    const char *error = opening_record_get(&opening, record);

    if (error == NULL)
        opening_record_put(again, &opening);
    return error;
}

static const char *recode_header(uint8_t *again, const uint8_t *record)
{
    struct header_record header;
    const char *error = header_record_get(&header, record);

    if (error == NULL)
        header_record_put(again, &header);
    return error;
}

START_TEST(every_bit_of_every_record_counts)
{
    struct journal_line line = sample_line();
    struct journal_posting posting = {
        .debit = 4097, .credit = 16, .amount = 77, .code = 5, .lines = 1};
    struct journal_event event = {.kind = EVENT_REQUEST, .subject = 4096, .source_size = 3};
    struct journal_opening opening = {.account = 4096, .kind = KIND_CUSTOMER};
    struct header_record header = {
        .header = {.frame = 1, .lines = 5, .postings = 5, .next_account = 4200, .chunks = 4}};
    uint8_t record[EVENT_RECORD_BYTES];

    line_record_put(record, &line);
    ck_assert_int_ge(ck_assert_every_bit_counts(record, LINE_RECORD_BYTES, recode_line), 16);
    posting_record_put(record, &posting);
    ck_assert_int_ge(ck_assert_every_bit_counts(record, POSTING_RECORD_BYTES, recode_posting), 16);
    event_record_put(record, &event);
    ck_assert_int_ge(ck_assert_every_bit_counts(record, EVENT_RECORD_BYTES, recode_event), 5 * 8);
    opening_record_put(record, &opening);
    ck_assert_int_ge(ck_assert_every_bit_counts(record, OPENING_RECORD_BYTES, recode_opening), 72);
    header_record_put(record, &header);
    ck_assert_int_ge(ck_assert_every_bit_counts(record, HEADER_RECORD_BYTES, recode_header), 64);
}
END_TEST

static void ck_assert_refused(const char *error, const char *want)
{
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error, want);
}

START_TEST(a_line_that_makes_no_sense_is_refused)
{
    struct journal_line line = sample_line();
    uint8_t record[LINE_RECORD_BYTES];

    line_record_put(record, &line);
    record[6] = 1;
    ck_assert_refused(line_record_get(&line, record), "a spare byte is not zero");
    record[6] = 0;
    record[4] = 0xff;
    ck_assert_refused(line_record_get(&line, record), "the code is unknown");
    record[4] = 0;
    ck_assert_refused(line_record_get(&line, record), "the code is unknown");
    record[4] = 5;
    record[31] = 0x80;
    ck_assert_refused(line_record_get(&line, record), "the amount is out of range");
    record[31] = 0;
    le64_put(record + 16, 4097);
    ck_assert_refused(line_record_get(&line, record), "it moves money from an account to itself");
    le64_put(record + 16, 16);
    le64_put(record + 24, 0);
    ck_assert_ptr_null(line_record_get(&line, record));
    le64_put(record + 32, 0);
    ck_assert_refused(line_record_get(&line, record), "it moves nothing");
}
END_TEST

START_TEST(other_records_that_make_no_sense_are_refused)
{
    struct journal_posting posting = {.debit = 1, .credit = 2, .code = 5, .lines = 1};
    struct journal_opening opening = {.account = 4096, .kind = KIND_CUSTOMER};
    struct journal_event event = {.kind = EVENT_BIRTH};
    struct header_record header = {.header = {.next_account = 4096}};
    uint8_t record[EVENT_RECORD_BYTES];

    posting_record_put(record, &posting);
    le32_put(record + 36, 0);
    ck_assert_refused(posting_record_get(&posting, record), "it has no line");
    record[32] = 99;
    ck_assert_refused(posting_record_get(&posting, record), "the code is unknown");
    record[32] = 5;
    record[8] = 1;
    ck_assert_refused(posting_record_get(&posting, record),
                      "it moves money from an account to itself");

    opening_record_put(record, &opening);
    record[4] = 2;
    ck_assert_refused(opening_record_get(&opening, record), "it neither opens nor closes");
    record[4] = 0;
    record[6] = ACCOUNT_KINDS;
    ck_assert_refused(opening_record_get(&opening, record), "the account kind is unknown");
    record[6] = KIND_TREASURY;
    ck_assert_refused(opening_record_get(&opening, record), "the class is not that of the kind");
    record[6] = KIND_CUSTOMER;
    le64_put(record + 8, 0);
    ck_assert_refused(opening_record_get(&opening, record), "the account is 0");

    event_record_put(record, &event);
    record[48] = EVENT_SETTLEMENT + 1;
    ck_assert_refused(event_record_get(&event, record), "the event kind is unknown");
    record[48] = 0;
    record[50] = EVENT_SOURCE_BYTES_MAX + 1;
    ck_assert_refused(event_record_get(&event, record), "the source is too long");

    header_record_put(record, &header);
    ck_assert_ptr_null(header_record_get(&header, record));
    le64_put(record + 88, 1);
    ck_assert_refused(header_record_get(&header, record), "a count is out of range");
    le64_put(record + 88, 0);
    le64_put(record + 56, 4095);
    ck_assert_refused(header_record_get(&header, record), "the next account id is out of range");
}
END_TEST

START_TEST(a_chunk_that_makes_no_sense_is_refused)
{
    uint8_t data[CHUNK_BYTES_MAX + 1] = {0};
    struct chunk chunk;
    size_t size = CHUNK_HEADER_BYTES + 2 * LINE_RECORD_BYTES;

    chunk_put_header(data, SECTION_LINES, 2, 9);
    ck_assert_ptr_null(chunk_decode(&chunk, data, size));
    ck_assert_uint_eq(chunk.count, 2);
    ck_assert_uint_eq(chunk.frame, 9);
    ck_assert_refused(chunk_decode(&chunk, data, size - 1),
                      "its size does not fit its record count");
    ck_assert_refused(chunk_decode(&chunk, data, 15), "its size is out of range");
    ck_assert_refused(chunk_decode(&chunk, data, sizeof data), "its size is out of range");
    data[3] = 1;
    ck_assert_refused(chunk_decode(&chunk, data, size), "a spare byte is not zero");
    data[3] = 0;
    data[2] = SECTIONS;
    ck_assert_refused(chunk_decode(&chunk, data, size), "its section is unknown");
    chunk_put_header(data, SECTION_LINES, 0, 9);
    ck_assert_refused(chunk_decode(&chunk, data, CHUNK_HEADER_BYTES),
                      "its record count is out of range");
    chunk_put_header(data, SECTION_LINES, 62, 9);
    ck_assert_refused(chunk_decode(&chunk, data, size), "its record count is out of range");
    chunk_put_header(data, SECTION_LINES, 2, 9);
    data[0]++; /* the format after ours */
    ck_assert_refused(chunk_decode(&chunk, data, size), "its format is unknown");
}
END_TEST

START_TEST(a_frame_header_reads_back_and_every_flip_is_seen_or_canonical)
{
    struct frame_header header = {.frame = 7,
                                  .site_time_us = 12345,
                                  .wall_us = UINT64_C(1795300000000000),
                                  .next_account = 4099,
                                  .events = 3,
                                  .lines = 4,
                                  .postings = 2,
                                  .chunks = 5};
    struct frame_header again;
    struct fault fault;
    struct bytes out = {.data = NULL};
    struct bytes second = {.data = NULL};

    memset(header.head.bytes, 0x11, HASH_BYTES);
    frame_header_put(&out, &header);
    ck_assert_int_eq(frame_header_get(&again, out.data, out.size, NULL), ST_OK);
    ck_assert_uint_eq(again.next_account, 4099);
    ck_assert_uint_eq(again.chunks, 5);
    ck_assert(hash_equal(&again.head, &header.head));
    for (size_t bit = 0; bit < out.size * 8; bit++) {
        out.data[bit / 8] = (uint8_t)(out.data[bit / 8] ^ (1u << bit % 8));
        if (frame_header_get(&again, out.data, out.size, &fault) == ST_OK) {
            bytes_clear(&second);
            frame_header_put(&second, &again);
            ck_assert_uint_eq(second.size, out.size);
            ck_assert_mem_eq(second.data, out.data, out.size);
        } else {
            ck_assert_int_eq(fault.status, ST_CORRUPT);
        }
        out.data[bit / 8] = (uint8_t)(out.data[bit / 8] ^ (1u << bit % 8));
    }
    for (size_t size = 0; size < out.size; size++)
        ck_assert_int_eq(frame_header_get(&again, out.data, size, NULL), ST_CORRUPT);
    header.frame = 0;
    bytes_clear(&out);
    frame_header_put(&out, &header);
    ck_assert_int_eq(frame_header_get(&again, out.data, out.size, NULL), ST_CORRUPT);
    bytes_fini(&out);
    bytes_fini(&second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/record");
    TCase *records = tcase_create("records");

    tcase_add_test(records, records_have_their_documented_sizes);
    tcase_add_test(records, a_line_has_its_documented_bytes);
    tcase_add_test(records, every_bit_of_every_record_counts);
    tcase_add_test(records, a_line_that_makes_no_sense_is_refused);
    tcase_add_test(records, other_records_that_make_no_sense_are_refused);
    tcase_add_test(records, a_chunk_that_makes_no_sense_is_refused);
    tcase_add_test(records, a_frame_header_reads_back_and_every_flip_is_seen_or_canonical);
    suite_add_tcase(suite, records);
    return check_main(suite);
}
