/* The loader as it is, run on the build machine against orders that record. */
#include "tests/check_main.h"
#include "tests/sdk/fake_orders.h"

static void packet(const void *bytes, int32_t size)
{
    memcpy(fake.event, bytes, (size_t)size);
    fake.event_size = size;
    serai_turn(SERAI_EVENT_PACKET, SERAI_SLOT_ORIGIN, size);
}

static void begin(uint32_t module_size)
{
    uint8_t bytes[37] = {SERAI_LOAD_BEGIN};

    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (uint8_t)(module_size >> (8 * i));
    fake_code_id(bytes + 5);
    packet(bytes, sizeof bytes);
}

static void piece(uint8_t value, int32_t size)
{
    static uint8_t bytes[1 + 8192];

    bytes[0] = SERAI_LOAD_PIECE;
    memset(bytes + 1, value, (size_t)size);
    packet(bytes, 1 + size);
}

static void become(void)
{
    packet("\003hops=1", 7);
}

/* The loader complained once, with a packet that has `words` in it. */
static void assert_complaint(const char *words)
{
    char text[8193];

    ck_assert_int_eq(fake.sent_count, 1);
    ck_assert_int_eq(fake.sent[0].end, SERAI_SLOT_ORIGIN);
    ck_assert_int_eq(fake.sent[0].money, 0);
    memcpy(text, fake.sent[0].bytes, (size_t)fake.sent[0].size);
    text[fake.sent[0].size] = 0;
    ck_assert_msg(strncmp(text, "loader: ", 8) == 0 && strstr(text, words) != NULL, "it said: %s",
                  text);
    ck_assert_int_eq(fake.became_args_size, -1);
}

/* Each test runs in a process of its own, so the loader's globals are those of a newborn. */
static void setup(void)
{
    fake_reset();
    fake.credit = 8;
}

START_TEST(it_becomes_a_module_that_comes_in_pieces)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    fake_code_id(id);
    serai_turn(SERAI_EVENT_BORN, SERAI_SLOT_NONE, 0);
    begin(10000);
    piece(1, 7168);
    piece(2, 2832);
    ck_assert_int_eq(fake.put_size, 0);
    become();
    ck_assert_int_eq(fake.put_size, 10000);
    ck_assert_int_eq(fake.put[0], 1);
    ck_assert_int_eq(fake.put[7167], 1);
    ck_assert_int_eq(fake.put[7168], 2);
    ck_assert_int_eq(fake.put[9999], 2);
    ck_assert_mem_eq(fake.became, id, sizeof id);
    ck_assert_int_eq(fake.became_args_size, 6);
    ck_assert_mem_eq(fake.became_args, "hops=1", 6);
    ck_assert_int_eq(fake.sent_count, 0);
}
END_TEST

START_TEST(it_takes_a_module_of_one_mebibyte)
{
    begin(1024 * 1024);
    for (int i = 0; i < 128; i++)
        piece((uint8_t)i, 8192);
    become();
    ck_assert_int_eq(fake.put_size, 1024 * 1024);
    ck_assert_int_eq(fake.put[1024 * 1024 - 1], 127);
    ck_assert_int_eq(fake.became_args_size, 6);
}
END_TEST

START_TEST(it_gives_back_the_credit_that_each_packet_took)
{
    begin(100);
    piece(1, 100);
    become();
    ck_assert_int_eq(fake.armed_packets, 3);
    ck_assert_int_eq(fake.armed_bytes, 37 + 101 + 7);
}
END_TEST

START_TEST(begin_starts_anew)
{
    begin(100);
    piece(1, 60);
    begin(50);
    piece(2, 50);
    become();
    ck_assert_int_eq(fake.put_size, 50);
    ck_assert_int_eq(fake.put[0], 2);
}
END_TEST

START_TEST(it_becomes_code_that_is_here_already)
{
    static const uint8_t args[] = {'a', '=', '1'};
    uint8_t bytes[1 + SERAI_CODE_ID_BYTES + sizeof args] = {SERAI_LOAD_USE};

    fake_code_id(bytes + 1);
    memcpy(bytes + 1 + SERAI_CODE_ID_BYTES, args, sizeof args);
    packet(bytes, sizeof bytes);
    ck_assert_mem_eq(fake.became, bytes + 1, SERAI_CODE_ID_BYTES);
    ck_assert_int_eq(fake.became_args_size, sizeof args);
    ck_assert_mem_eq(fake.became_args, args, sizeof args);
    ck_assert_int_eq(fake.put_size, 0);
}
END_TEST

START_TEST(it_fetches_from_the_heap)
{
    packet("\005abcdefghijkl", 13);
    ck_assert_int_eq(fake.heap_gets, 1);
    ck_assert_mem_eq(fake.heap_number, "abcdefghijkl", 12);
    ck_assert_int_eq(fake.sent_count, 0);
}
END_TEST

START_TEST(code_that_the_site_has_is_become_all_the_same)
{
    fake.code_put_answer = SERAI_E_EXISTS;
    begin(1);
    piece(1, 1);
    become();
    ck_assert_int_eq(fake.became_args_size, 6);
}
END_TEST

START_TEST(a_begin_of_a_wrong_size_is_refused)
{
    packet("\001abc", 4);
    assert_complaint("BEGIN is");
}
END_TEST

START_TEST(a_module_of_no_bytes_is_refused)
{
    begin(0);
    assert_complaint("1 byte to 1 MiB");
}
END_TEST

START_TEST(a_module_over_one_mebibyte_is_refused)
{
    begin(1024 * 1024 + 1);
    assert_complaint("1 byte to 1 MiB");
}
END_TEST

START_TEST(a_module_of_four_gibibytes_is_refused)
{
    begin(UINT32_MAX);
    assert_complaint("1 byte to 1 MiB");
}
END_TEST

START_TEST(a_piece_before_begin_is_refused)
{
    piece(1, 1);
    assert_complaint("more bytes");
}
END_TEST

START_TEST(more_bytes_than_begin_told_are_refused)
{
    begin(10);
    piece(1, 10);
    piece(1, 1);
    assert_complaint("more bytes");
}
END_TEST

START_TEST(become_before_the_last_byte_is_refused)
{
    begin(10);
    piece(1, 9);
    become();
    assert_complaint("before all bytes");
    ck_assert_int_eq(fake.put_size, 0);
}
END_TEST

START_TEST(become_without_begin_is_refused)
{
    become();
    assert_complaint("before all bytes");
}
END_TEST

START_TEST(a_module_that_the_site_refuses_is_told_of)
{
    fake.code_put_answer = SERAI_E_INVALID;
    begin(1);
    piece(1, 1);
    become();
    assert_complaint("does not take this module, refusal -7");
}
END_TEST

START_TEST(a_module_of_another_hash_is_refused_and_dropped)
{
    fake.put_another_id = true;
    begin(1);
    piece(1, 1);
    become();
    assert_complaint("hash");
    ck_assert_int_eq(fake.code_drops, 1);
}
END_TEST

START_TEST(a_become_that_the_site_refuses_is_told_of)
{
    fake.become_answer = SERAI_E_MISSING;
    begin(1);
    piece(1, 1);
    become();
    assert_complaint("become this code, refusal -8");
}
END_TEST

START_TEST(arguments_over_the_bound_are_refused)
{
    static uint8_t bytes[1 + SERAI_CODE_ID_BYTES + SERAI_ARGS_BYTES_MAX + 1] = {SERAI_LOAD_USE};

    packet(bytes, sizeof bytes);
    assert_complaint("at most 4096");
    fake.sent_count = 0;
    packet(bytes, sizeof bytes - 1);
    ck_assert_int_eq(fake.became_args_size, SERAI_ARGS_BYTES_MAX);
}
END_TEST

START_TEST(a_short_use_is_refused)
{
    packet("\004abc", 4);
    assert_complaint("USE is");
}
END_TEST

START_TEST(a_fetch_of_a_wrong_size_is_refused)
{
    packet("\005abc", 4);
    assert_complaint("FETCH is");
    ck_assert_int_eq(fake.heap_gets, 0);
}
END_TEST

START_TEST(a_fetch_of_nothing_is_told_of)
{
    fake.heap_get_answer = SERAI_E_MISSING;
    packet("\005abcdefghijkl", 13);
    assert_complaint("the heap has nothing for me");
}
END_TEST

START_TEST(an_unknown_instruction_is_refused)
{
    packet("\077", 1);
    assert_complaint("no such instruction");
}
END_TEST

START_TEST(an_empty_packet_is_refused)
{
    packet("", 0);
    assert_complaint("no such instruction");
    ck_assert_int_eq(fake.armed_packets, 1);
}
END_TEST

START_TEST(a_complaint_that_finds_no_room_is_dropped)
{
    fake.credit = 0;
    packet("\077", 1);
    ck_assert_int_eq(fake.sent_count, 0);
    ck_assert_int_eq(fake.room_asked, 0);
}
END_TEST

START_TEST(it_dies_when_its_only_channel_closes)
{
    serai_turn(SERAI_EVENT_CLOSED, SERAI_SLOT_ORIGIN, 0);
    ck_assert_int_eq(fake.deaths, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *obeys = tcase_create("obeys");
    TCase *refuses = tcase_create("refuses");

    tcase_add_checked_fixture(obeys, setup, NULL);
    tcase_add_test(obeys, it_becomes_a_module_that_comes_in_pieces);
    tcase_add_test(obeys, it_takes_a_module_of_one_mebibyte);
    tcase_add_test(obeys, it_gives_back_the_credit_that_each_packet_took);
    tcase_add_test(obeys, begin_starts_anew);
    tcase_add_test(obeys, it_becomes_code_that_is_here_already);
    tcase_add_test(obeys, it_fetches_from_the_heap);
    tcase_add_test(obeys, code_that_the_site_has_is_become_all_the_same);
    suite_add_tcase(suite, obeys);

    tcase_add_checked_fixture(refuses, setup, NULL);
    tcase_add_test(refuses, a_begin_of_a_wrong_size_is_refused);
    tcase_add_test(refuses, a_module_of_no_bytes_is_refused);
    tcase_add_test(refuses, a_module_over_one_mebibyte_is_refused);
    tcase_add_test(refuses, a_module_of_four_gibibytes_is_refused);
    tcase_add_test(refuses, a_piece_before_begin_is_refused);
    tcase_add_test(refuses, more_bytes_than_begin_told_are_refused);
    tcase_add_test(refuses, become_before_the_last_byte_is_refused);
    tcase_add_test(refuses, become_without_begin_is_refused);
    tcase_add_test(refuses, a_module_that_the_site_refuses_is_told_of);
    tcase_add_test(refuses, a_module_of_another_hash_is_refused_and_dropped);
    tcase_add_test(refuses, a_become_that_the_site_refuses_is_told_of);
    tcase_add_test(refuses, arguments_over_the_bound_are_refused);
    tcase_add_test(refuses, a_short_use_is_refused);
    tcase_add_test(refuses, a_fetch_of_a_wrong_size_is_refused);
    tcase_add_test(refuses, a_fetch_of_nothing_is_told_of);
    tcase_add_test(refuses, an_unknown_instruction_is_refused);
    tcase_add_test(refuses, an_empty_packet_is_refused);
    tcase_add_test(refuses, a_complaint_that_finds_no_room_is_dropped);
    tcase_add_test(refuses, it_dies_when_its_only_channel_closes);
    suite_add_tcase(suite, refuses);
    return check_main(suite);
}
