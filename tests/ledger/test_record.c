/* The bytes of chunks and of frames: each has one encoding, and every other is refused. */
#include "ledger/record.h"

#include <string.h>

#include "tests/check_main.h"

static struct frame_header sample_header(void)
{
    struct frame_header header = {.frame = 7,
                                  .site_time_us = 12345,
                                  .wall_us = UINT64_C(1795300000000000),
                                  .next_account = 4099,
                                  .events = 3,
                                  .lines = 4,
                                  .chunks = 5,
                                  .segment = {.first = 3, .bytes = 4096}};

    memset(header.previous.bytes, 0x22, HASH_BYTES);
    return header;
}

static struct chunk sample_chunk(void)
{
    return (struct chunk){.section = SECTION_ENTRIES,
                          .frame = 9,
                          .event = 0x01020304,
                          .continued = true,
                          .lines = 300,
                          .price = 2,
                          .site_time_us = UINT64_C(0x1122334455667788)};
}

static void ck_assert_refused(const char *error, const char *want)
{
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error, want);
}

START_TEST(records_have_their_documented_bytes)
{
    static const uint8_t want_first[CHUNK_HEADER_BYTES] = {0x04, 0x53, 0, 0, 0, 0, 0, 0, 9};
    static const uint8_t want_entries[ENTRIES_HEADER_BYTES] = {
        0x04, 0x53, 1, 1, 4, 3, 2, 1, 9, 0, 0, 0, 0,    0,    0,    0,    0x2c, 0x01, 0,    0,
        0,    0,    0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    static const uint8_t want_record[HEADER_RECORD_BYTES] = {
        7,    0,    0,    0,    0,    0,    0,    0,    0x39, 0x30, 0,    0,    0,    0,
        0,    0,    0,    0xe8, 0xc3, 0xda, 0xd0, 0x60, 0x06, 0,    0x22, 0x22, 0x22, 0x22,
        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
        0x03, 0x10, 0,    0,    0,    0,    0,    0,    2,    0,    0,    0,    0,    0,
        0,    0,    3,    0,    0,    0,    0,    0,    0,    0,    4,    0,    0,    0,
        0,    0,    0,    0,    5,    0,    0,    0,    0,    0,    0,    0};
    struct header_record header = {.header = sample_header(), .openings = 2};
    struct chunk chunk = sample_chunk();
    uint8_t bytes[HEADER_RECORD_BYTES];

    chunk_put_header(bytes, 9);
    ck_assert_mem_eq(bytes, want_first, sizeof want_first);
    chunk_put_entries_header(bytes, &chunk);
    ck_assert_mem_eq(bytes, want_entries, sizeof want_entries);
    (void)header_record_put(bytes, &header);
    ck_assert_mem_eq(bytes, want_record, sizeof want_record);
}
END_TEST

START_TEST(the_header_of_a_segments_first_frame_names_a_state)
{
    struct header_record header = {.header = sample_header()};
    struct header_record again;
    uint8_t record[HEADER_RECORD_BYTES_MAX];

    memset(header.header.state.bytes, 0x33, HASH_BYTES);
    ck_assert_uint_eq(header_record_put(record, &header), HEADER_RECORD_BYTES);
    header.header.segment.first = header.header.frame;
    ck_assert_uint_eq(header_record_put(record, &header), HEADER_RECORD_BYTES_MAX);
    for (size_t at = HEADER_RECORD_BYTES; at < HEADER_RECORD_BYTES_MAX; at++)
        ck_assert_uint_eq(record[at], 0x33);
    ck_assert_ptr_null(header_record_get(&again, record, HEADER_RECORD_BYTES_MAX));
    ck_assert(header_record_has_state(&again.header));
    ck_assert(hash_equal(&again.header.state, &header.header.state));
    ck_assert_ptr_null(header_record_get(&again, record, HEADER_RECORD_BYTES));
    ck_assert(!header_record_has_state(&again.header));
    record[0] = 1; /* nothing is before frame 1 */
    ck_assert_refused(header_record_get(&again, record, HEADER_RECORD_BYTES_MAX),
                      "it names a state before the first frame");
    ck_assert_ptr_null(header_record_get(&again, record, HEADER_RECORD_BYTES));
    ck_assert_uint_eq(again.header.segment.first, 1);
}
END_TEST

START_TEST(a_key_orders_chunks_by_frame_and_number)
{
    static const uint8_t want[JOURNAL_KEY_BYTES] = {0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4};
    uint8_t key[JOURNAL_KEY_BYTES];

    chunk_key(key, 0x0102, 0x0304);
    ck_assert_mem_eq(key, want, sizeof want);
}
END_TEST

/*
 * Flip every bit of good bytes: they are refused, or they read as something whose encoding is just
 * these bytes.  So no bit is passed over.  Returns how many flips are refused.
 */
enum { RECODED_BYTES_MAX = CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES };
typedef const char *(*recode_fn)(uint8_t *again, const uint8_t *bytes, size_t size);

static int ck_assert_every_bit_counts(const uint8_t *good, size_t size, recode_fn recode)
{
    uint8_t bytes[RECODED_BYTES_MAX];
    uint8_t again[RECODED_BYTES_MAX];
    int refused = 0;

    ck_assert_uint_le(size, sizeof bytes);
    ck_assert_ptr_null(recode(again, good, size));
    ck_assert_mem_eq(again, good, size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(bytes, good, size);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1u << bit % 8));
        if (recode(again, bytes, size) != NULL)
            refused++;
        else
            ck_assert_mem_eq(again, bytes, size);
    }
    return refused;
}

static const char *recode_record(uint8_t *again, const uint8_t *bytes, size_t size)
{
    struct header_record header;
    const char *error = header_record_get(&header, bytes, HEADER_RECORD_BYTES);

    (void)size;
    if (error == NULL)
        (void)header_record_put(again, &header);
    return error;
}

static const char *recode_chunk(uint8_t *again, const uint8_t *bytes, size_t size)
{
    struct chunk chunk;
    const char *error = chunk_decode(&chunk, bytes, size);

    if (error != NULL)
        return error;
    if (chunk.section == SECTION_HEADER)
        chunk_put_header(again, chunk.frame);
    else
        chunk_put_entries_header(again, &chunk);
    ck_assert_ptr_eq(chunk.body + chunk.body_size, bytes + size);
    memcpy(again + (chunk.body - bytes), chunk.body, chunk.body_size);
    return NULL;
}

START_TEST(every_bit_of_a_header_record_counts)
{
    struct header_record header = {.header = sample_header(), .openings = 2};
    uint8_t record[HEADER_RECORD_BYTES];

    (void)header_record_put(record, &header);
    /* The high bits of three counts and of the next account, at the least. */
    ck_assert_int_ge(ck_assert_every_bit_counts(record, sizeof record, recode_record),
                     (64 - 24) + 2 * (64 - 25) + (64 - 31));
}
END_TEST

START_TEST(every_bit_of_the_headers_of_chunks_counts)
{
    struct chunk chunk = sample_chunk();
    uint8_t first[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES] = {0};
    uint8_t entries[ENTRIES_HEADER_BYTES + 5] = {0};

    chunk_put_header(first, 9);
    /* Format, spare bytes, section: the bit of the other one makes this a chunk of entries. */
    ck_assert_int_eq(ck_assert_every_bit_counts(first, sizeof first, recode_chunk), 16 + 5 * 8 + 7);
    chunk_put_entries_header(entries, &chunk);
    /* The same, and an event that goes on with lines, or none. */
    ck_assert_int_eq(ck_assert_every_bit_counts(entries, sizeof entries, recode_chunk),
                     16 + 8 + 8 + 4 * 8);
}
END_TEST

START_TEST(a_header_record_that_makes_no_sense_is_refused)
{
    struct header_record header = {.header = {.next_account = 4096}};
    uint8_t record[HEADER_RECORD_BYTES];

    (void)header_record_put(record, &header);
    ck_assert_ptr_null(header_record_get(&header, record, HEADER_RECORD_BYTES));
    le64_put(record + 64, FRAME_OPENINGS_MAX + UINT64_C(1));
    ck_assert_refused(header_record_get(&header, record, HEADER_RECORD_BYTES),
                      "a count is out of range");
    le64_put(record + 64, FRAME_OPENINGS_MAX);
    le64_put(record + 72, FRAME_EVENTS_MAX + UINT64_C(1));
    ck_assert_refused(header_record_get(&header, record, HEADER_RECORD_BYTES),
                      "a count is out of range");
    le64_put(record + 72, FRAME_EVENTS_MAX);
    le64_put(record + 80, FRAME_LINES_MAX + UINT64_C(1));
    ck_assert_refused(header_record_get(&header, record, HEADER_RECORD_BYTES),
                      "a count is out of range");
    le64_put(record + 80, FRAME_LINES_MAX);
    ck_assert_ptr_null(header_record_get(&header, record, HEADER_RECORD_BYTES));
    le64_put(record + 56, 4095);
    ck_assert_refused(header_record_get(&header, record, HEADER_RECORD_BYTES),
                      "the next account id is out of range");
    le64_put(record + 56, ACCOUNT_IDS_MAX + UINT64_C(1));
    ck_assert_refused(header_record_get(&header, record, HEADER_RECORD_BYTES),
                      "the next account id is out of range");
    le64_put(record + 56, ACCOUNT_IDS_MAX);
    ck_assert_ptr_null(header_record_get(&header, record, HEADER_RECORD_BYTES));
}
END_TEST

START_TEST(a_chunk_that_makes_no_sense_is_refused)
{
    uint8_t data[CHUNK_BYTES_MAX + 1] = {0};
    struct chunk chunk = {.frame = 9, .event = 3};
    size_t size = ENTRIES_HEADER_BYTES + 1;

    chunk_put_entries_header(data, &chunk);
    ck_assert_ptr_null(chunk_decode(&chunk, data, size));
    ck_assert_int_eq(chunk.section, SECTION_ENTRIES);
    ck_assert_uint_eq(chunk.frame, 9);
    ck_assert_uint_eq(chunk.event, 3);
    ck_assert_uint_eq(chunk.body_size, 1);
    ck_assert_ptr_null(chunk_decode(&chunk, data, CHUNK_BYTES_MAX));
    ck_assert_refused(chunk_decode(&chunk, data, sizeof data), "its size is out of range");
    ck_assert_refused(chunk_decode(&chunk, data, 15), "its size is out of range");
    ck_assert_refused(chunk_decode(&chunk, data, 16), "it has no entry");
    ck_assert_refused(chunk_decode(&chunk, data, size - 1), "it has no entry");
    data[3] = 2;
    ck_assert_refused(chunk_decode(&chunk, data, size), "a spare byte is not zero");
    data[3] = 0;
    for (size_t at = 20; at < 24; at++) {
        data[at] = 1;
        ck_assert_refused(chunk_decode(&chunk, data, size), "a spare byte is not zero");
        data[at] = 0;
    }
    data[16] = 1;
    ck_assert_refused(chunk_decode(&chunk, data, size),
                      "its first event has lines before it begins");
    data[3] = 1; /* and goes on */
    ck_assert_ptr_null(chunk_decode(&chunk, data, size));
    ck_assert(chunk.continued && chunk.lines == 1);
    data[2] = SECTION_ENTRIES + 1;
    ck_assert_refused(chunk_decode(&chunk, data, size), "its section is unknown");
    data[2] = SECTION_ENTRIES;
    data[0]++; /* the format after ours */
    ck_assert_refused(chunk_decode(&chunk, data, size), "its format is unknown");
    data[0] = (uint8_t)(CHUNK_FORMAT - 1); /* and the one before it */
    ck_assert_refused(chunk_decode(&chunk, data, size), "its format is unknown");
}
END_TEST

START_TEST(the_first_chunk_of_a_frame_is_its_header_and_nothing_else)
{
    uint8_t data[CHUNK_HEADER_BYTES + HEADER_RECORD_BYTES + 1] = {0};
    struct chunk chunk;
    size_t size = sizeof data - 1;

    chunk_put_header(data, 9);
    ck_assert_ptr_null(chunk_decode(&chunk, data, size));
    ck_assert_int_eq(chunk.section, SECTION_HEADER);
    ck_assert_uint_eq(chunk.frame, 9);
    ck_assert_uint_eq(chunk.body_size, 96);
    ck_assert_refused(chunk_decode(&chunk, data, size - 1), "its size is not that of a header");
    ck_assert_refused(chunk_decode(&chunk, data, size + 1), "its size is not that of a header");
    data[7] = 1;
    ck_assert_refused(chunk_decode(&chunk, data, size), "a spare byte is not zero");
}
END_TEST

START_TEST(a_frame_header_reads_back_and_every_flip_is_seen_or_canonical)
{
    struct frame_header header = sample_header();
    struct frame_header again;
    struct fault fault;
    struct bytes out = {.data = NULL};
    struct bytes second = {.data = NULL};

    memset(header.head.bytes, 0x11, HASH_BYTES);
    frame_header_put(&out, &header);
    ck_assert_int_eq(frame_header_get(&again, out.data, out.size, NULL), ST_OK);
    ck_assert_uint_eq(again.next_account, 4099);
    ck_assert_uint_eq(again.events, 3);
    ck_assert_uint_eq(again.lines, 4);
    ck_assert_uint_eq(again.chunks, 5);
    ck_assert(hash_equal(&again.head, &header.head));
    ck_assert(hash_equal(&again.previous, &header.previous));
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
    header.chunks = 0;
    bytes_clear(&out);
    frame_header_put(&out, &header);
    ck_assert_int_eq(frame_header_get(&again, out.data, out.size, NULL), ST_CORRUPT);
    header.chunks = 5;
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

    tcase_add_test(records, records_have_their_documented_bytes);
    tcase_add_test(records, the_header_of_a_segments_first_frame_names_a_state);
    tcase_add_test(records, a_key_orders_chunks_by_frame_and_number);
    tcase_add_test(records, every_bit_of_a_header_record_counts);
    tcase_add_test(records, every_bit_of_the_headers_of_chunks_counts);
    tcase_add_test(records, a_header_record_that_makes_no_sense_is_refused);
    tcase_add_test(records, a_chunk_that_makes_no_sense_is_refused);
    tcase_add_test(records, the_first_chunk_of_a_frame_is_its_header_and_nothing_else);
    tcase_add_test(records, a_frame_header_reads_back_and_every_flip_is_seen_or_canonical);
    suite_add_tcase(suite, records);
    return check_main(suite);
}
