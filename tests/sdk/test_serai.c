#include "sdk/serai.h"

#include "sdk/serai_outbox.h"
#include "tests/check_main.h"
#include "tests/sdk/fake_orders.h"

static struct serai_text text;
static struct serai_load load;
static struct serai_outbox outbox;

static void setup(void)
{
    fake_reset();
    memset(&text, 0, sizeof text);
    memset(&load, 0, sizeof load);
    memset(&outbox, 0, sizeof outbox);
}

static void assert_text(const char *words)
{
    ck_assert_int_eq(text.size, (int)strlen(words));
    ck_assert_mem_eq(text.bytes, words, strlen(words));
    text.size = 0;
}

/* ---- text ---- */

START_TEST(numbers_are_written_to_the_ends_of_their_range)
{
    serai_text_add_int(&text, 0);
    assert_text("0");
    serai_text_add_int(&text, INT64_MAX);
    assert_text("9223372036854775807");
    serai_text_add_int(&text, INT64_MIN);
    assert_text("-9223372036854775808");
    serai_text_add_digits(&text, UINT64_MAX, 1);
    assert_text("18446744073709551615");
}
END_TEST

START_TEST(money_has_nine_places)
{
    serai_text_add_money(&text, 2000000);
    assert_text("0.002000000");
    serai_text_add_money(&text, 12 * INT64_C(1000000000) + 7);
    assert_text("12.000000007");
    serai_text_add_money(&text, -5);
    assert_text("-0.000000005");
    serai_text_add_money(&text, INT64_MIN);
    assert_text("-9223372036.854775808");
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_off)
{
    for (int i = 0; i < 200; i++)
        serai_text_add(&text, "0123456789");
    ck_assert_int_eq(text.size, SERAI_LOG_LINE_BYTES_MAX);
    ck_assert_int_eq(text.bytes[SERAI_LOG_LINE_BYTES_MAX - 1], '3');
    serai_text_add_int(&text, 5);
    ck_assert_int_eq(text.size, SERAI_LOG_LINE_BYTES_MAX);
}
END_TEST

START_TEST(values_go_where_the_words_say)
{
    int32_t sold = 3;

    serai_log_values("sold %d for %m, 100%%", sold, 1500000000);
    ck_assert_str_eq(fake.log, "sold 3 for 1.500000000, 100%");
}
END_TEST

START_TEST(a_percent_sign_at_the_end_takes_no_value)
{
    serai_text_add_values(&text, "50%", NULL);
    assert_text("50%");
    serai_text_add_values(&text, "%x", NULL);
    assert_text("x");
}
END_TEST

START_TEST(a_line_is_empty_after_it_is_logged)
{
    serai_text_add(&text, "one");
    (void)serai_text_log(&text);
    serai_text_add(&text, "two");
    (void)serai_text_log(&text);
    ck_assert_str_eq(fake.log, "onetwo");
}
END_TEST

START_TEST(a_text_of_values_begins_anew)
{
    serai_text_add(&text, "old");
    serai_text_values(&text, "hops=%d fee=%m", 2, 1000);
    assert_text("hops=2 fee=0.000001000");
}
END_TEST

START_TEST(arguments_are_added_by_name)
{
    serai_text_values(&text, "hops=%d", 1);
    serai_text_add_arg(&text, "via", "b,c", 3);
    serai_text_add_arg(&text, "tolls", NULL, 0);
    assert_text("hops=1 via=b,c tolls=");
}
END_TEST

START_TEST(bytes_are_logged_behind_words)
{
    (void)serai_log_bytes("it says: ", "yes, really", 3);
    ck_assert_str_eq(fake.log, "it says: yes");
}
END_TEST

/* ---- arguments ---- */

/* Not inlined: gcc would reckon beyond the end of constant texts, where no look goes. */
__attribute__((noinline)) static int64_t arg_int(const char *args, const char *name)
{
    return serai_arg_int(name, args, (int32_t)strlen(args), -77);
}

__attribute__((noinline)) static int64_t arg_money(const char *args, const char *name)
{
    return serai_arg_money(name, args, (int32_t)strlen(args), -77);
}

START_TEST(arguments_are_found_by_their_whole_name)
{
    const char *args = "hops=1 max_hops=5  end=2";

    ck_assert_int_eq(arg_int(args, "hops"), 1);
    ck_assert_int_eq(arg_int(args, "max_hops"), 5);
    ck_assert_int_eq(arg_int(args, "end"), 2);
    ck_assert_int_eq(arg_int(args, "hop"), -77);
    ck_assert_int_eq(arg_int(args, "en"), -77);
    ck_assert_int_eq(arg_int("", "hops"), -77);
    ck_assert_int_eq(arg_int("hops", "hops"), -77);
}
END_TEST

START_TEST(numbers_that_are_none_are_not_taken)
{
    ck_assert_int_eq(arg_int("a=-12", "a"), -12);
    ck_assert_int_eq(arg_int("a=", "a"), -77);
    ck_assert_int_eq(arg_int("a=-", "a"), -77);
    ck_assert_int_eq(arg_int("a=1x", "a"), -77);
    ck_assert_int_eq(arg_int("a=0x10", "a"), -77);
    ck_assert_int_eq(arg_int("a=999999999999999999", "a"), INT64_C(999999999999999999));
    ck_assert_int_eq(arg_int("a=9999999999999999999", "a"), -77);
}
END_TEST

START_TEST(amounts_are_decimals_of_up_to_nine_places)
{
    ck_assert_int_eq(arg_money("a=0.05", "a"), 50000000);
    ck_assert_int_eq(arg_money("a=3", "a"), INT64_C(3000000000));
    ck_assert_int_eq(arg_money("a=0.000000001", "a"), 1);
    ck_assert_int_eq(arg_money("a=999999999.999999999", "a"), INT64_C(999999999999999999));
}
END_TEST

START_TEST(amounts_that_are_none_are_not_taken)
{
    static const char *const bad[] = {"a=",           "a=.5", "a=1.",  "a=0.0000000001", "a=1.5x",
                                      "a=1000000000", "a=-1", "a=1,5", "a=1.2.3",        "b=1"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(arg_money(bad[i], "a") == -77, "%s was taken", bad[i]);
}
END_TEST

START_TEST(words_are_compared_whole)
{
    const char *args = "role=relay";
    int32_t size = (int32_t)strlen(args);

    ck_assert(serai_arg_is("role", args, size, "relay"));
    ck_assert(!serai_arg_is("role", args, size, "rel"));
    ck_assert(!serai_arg_is("role", args, size, "relays"));
    ck_assert(!serai_arg_is("rule", args, size, "relay"));
}
END_TEST

START_TEST(written_money_reads_back_as_it_was)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 2000; round++) {
        int64_t nanos = (int64_t)(rng_u64(&rng) % UINT64_C(1000000000000000000));

        text.size = 0;
        serai_text_add(&text, "x=1 money=");
        serai_text_add_money(&text, nanos);
        ck_assert_int_eq(serai_arg_money("money", text.bytes, text.size, -1), nanos);
    }
}
END_TEST

START_TEST(bytes_in_hex_read_back_as_they_were)
{
    uint8_t number[4] = {0};

    serai_text_add(&text, "number=");
    serai_text_add_hex(&text, (const uint8_t[]){0x00, 0x9a, 0xbf, 0xff}, 4);
    ck_assert(serai_arg_hex("number", text.bytes, text.size, number, 4));
    ck_assert_mem_eq(number, ((uint8_t[]){0x00, 0x9a, 0xbf, 0xff}), 4);
    assert_text("number=009abfff");
}
END_TEST

START_TEST(hex_of_another_size_or_with_other_signs_is_refused)
{
    uint8_t byte;

    ck_assert(serai_arg_hex("n", "n=a1", 4, &byte, 1));
    ck_assert(!serai_arg_hex("n", "n=a", 3, &byte, 1));
    ck_assert(!serai_arg_hex("n", "n=a12", 5, &byte, 1));
    ck_assert(!serai_arg_hex("n", "n=A1", 4, &byte, 1));
    ck_assert(!serai_arg_hex("n", "n=g1", 4, &byte, 1));
    ck_assert(!serai_arg_hex("n", "n=/:", 4, &byte, 1));
    ck_assert(!serai_arg_hex("n", "m=a1", 4, &byte, 1));
}
END_TEST

/* ---- lists ---- */

START_TEST(a_list_has_as_many_words_as_it_says)
{
    ck_assert_int_eq(serai_list_count(NULL, 0), 0);
    ck_assert_int_eq(serai_list_count("5", 1), 1);
    ck_assert_int_eq(serai_list_count("5,60", 4), 2);
}
END_TEST

START_TEST(numbers_are_taken_off_a_list_to_its_end)
{
    const char *list = "5,60";
    int32_t size = 4;

    ck_assert_int_eq(serai_list_int(&list, &size), 5);
    ck_assert_int_eq(serai_list_int(&list, &size), 60);
    ck_assert_int_eq(size, 0);
    ck_assert_int_eq(serai_list_int(&list, &size), 0);
    ck_assert_int_eq(size, 0);
}
END_TEST

/* ---- the way on ---- */

/* The sites call their interfaces self, a, c and 7.  Puts what is left of the list into `rest`. */
static int32_t via(const char *list, char rest[16])
{
    int32_t size = (int32_t)strlen(list);
    int32_t interface;

    fake.interfaces = 4;
    interface = serai_via(&list, &size);
    memcpy(rest, list, (size_t)size);
    rest[size] = '\0';
    return interface;
}

START_TEST(the_way_goes_over_links_by_name_number_or_next)
{
    char rest[16];

    ck_assert_int_eq(via("a", rest), 1);
    ck_assert_int_eq(via("c", rest), 2);
    ck_assert_int_eq(via("self", rest), 0);
    ck_assert_int_eq(via("2", rest), 2);
    ck_assert_int_eq(via("7", rest), 3); /* a name, though it looks like a number */
    ck_assert_int_eq(via("next", rest), 3);
    ck_assert_int_eq(via("nowhere", rest), SERAI_E_MISSING);
    ck_assert_int_eq(via("2x", rest), SERAI_E_MISSING);
    ck_assert_int_eq(via("12345678901", rest), SERAI_E_MISSING);
}
END_TEST

START_TEST(a_list_is_used_up_but_for_its_last)
{
    char rest[16];

    ck_assert_int_eq(via("a,c,next", rest), 1);
    ck_assert_str_eq(rest, "c,next");
    ck_assert_int_eq(via("next", rest), 3);
    ck_assert_str_eq(rest, "next");
    ck_assert_int_eq(via(",a", rest), 0);
    ck_assert_str_eq(rest, "a");
}
END_TEST

START_TEST(without_a_list_the_way_stays_on_the_site)
{
    int32_t size;
    const char *list = serai_arg("via", "hops=1", 6, &size);

    ck_assert_int_eq(serai_via(&list, &size), SERAI_INTERFACE_SELF);
    ck_assert_int_eq(size, 0);
}
END_TEST

/* ---- loading ---- */

static void make_own_code(int32_t size)
{
    fake.own_code_size = size;
    for (int32_t i = 0; i < size; i++)
        fake.own_code[i] = (uint8_t)(i * 7 + i / 256);
}

/* The packets that were sent are a whole load of fake.own_code with these arguments. */
static void assert_whole_load(const char *args)
{
    int32_t have = 0;
    int32_t last = fake.sent_count - 1;
    const struct fake_packet *begin = &fake.sent[0];
    uint8_t id[SERAI_CODE_ID_BYTES];

    fake_code_id(id);
    ck_assert_int_eq(begin->size, 37);
    ck_assert_int_eq(begin->bytes[0], SERAI_LOAD_BEGIN);
    ck_assert_int_eq(begin->bytes[1] | begin->bytes[2] << 8, fake.own_code_size);
    ck_assert_mem_eq(begin->bytes + 5, id, sizeof id);
    for (int32_t i = 1; i < last; i++) {
        ck_assert_int_eq(fake.sent[i].bytes[0], SERAI_LOAD_PIECE);
        ck_assert_int_eq(fake.sent[i].end, 9);
        ck_assert_mem_eq(fake.sent[i].bytes + 1, fake.own_code + have,
                         (size_t)fake.sent[i].size - 1);
        have += fake.sent[i].size - 1;
    }
    ck_assert_int_eq(have, fake.own_code_size);
    ck_assert_int_eq(fake.sent[last].bytes[0], SERAI_LOAD_BECOME);
    ck_assert_int_eq(fake.sent[last].size, 1 + (int)strlen(args));
    ck_assert_mem_eq(fake.sent[last].bytes + 1, args, strlen(args));
}

START_TEST(own_code_is_sent_whole_in_one_turn_when_there_is_room)
{
    fake.credit = 100;
    make_own_code(20000);
    ck_assert_int_eq(serai_load_self(&load, 9, "hops=1", 6), 1);
    assert_whole_load("hops=1");
    ck_assert_int_eq(fake.sent_count, 5);
    ck_assert_int_eq(fake.room_asked, 0);
}
END_TEST

START_TEST(code_of_exactly_whole_pieces_is_sent_whole)
{
    fake.credit = 100;
    make_own_code(2 * SERAI_LOAD_PIECE_BYTES_MAX);
    ck_assert_int_eq(serai_load_self(&load, 9, "", 0), 1);
    assert_whole_load("");
    ck_assert_int_eq(fake.sent_count, 4);
}
END_TEST

START_TEST(a_load_waits_for_room_and_goes_on_where_it_stopped)
{
    make_own_code(50000);
    ck_assert_int_eq(serai_load_self(&load, 9, "a=1", 3), 0);
    ck_assert_int_eq(fake.room_asked, 1);
    for (int turn = 0; turn < 8; turn++) {
        fake.credit = 1;
        ck_assert_int_eq(serai_load_continue(&load), 0);
    }
    fake.credit = 1;
    ck_assert_int_eq(serai_load_continue(&load), 1);
    assert_whole_load("a=1");
    ck_assert_int_eq(fake.sent_count, 9);
}
END_TEST

START_TEST(a_load_that_is_sent_sends_nothing_more)
{
    fake.credit = 100;
    make_own_code(10);
    ck_assert_int_eq(serai_load_self(&load, 9, "", 0), 1);
    ck_assert_int_eq(serai_load_continue(&load), 1);
    ck_assert_int_eq(fake.sent_count, 3);
}
END_TEST

START_TEST(a_load_that_never_began_sends_nothing)
{
    ck_assert_int_eq(serai_load_continue(&load), 1);
    ck_assert_int_eq(fake.sent_count, 0);
}
END_TEST

START_TEST(a_full_window_counts_as_no_room)
{
    make_own_code(10);
    fake.send_refusal = SERAI_E_FULL;
    ck_assert_int_eq(serai_load_self(&load, 9, "", 0), 0);
    ck_assert_int_eq(fake.room_asked, 1);
}
END_TEST

START_TEST(room_that_is_asked_for_already_is_no_refusal)
{
    make_own_code(10);
    fake.room_answer = SERAI_E_EXISTS;
    ck_assert_int_eq(serai_load_self(&load, 9, "", 0), 0);
    fake.room_answer = SERAI_E_SHORT;
    ck_assert_int_eq(serai_load_continue(&load), SERAI_E_SHORT);
}
END_TEST

START_TEST(a_refused_send_is_told_and_tried_again)
{
    make_own_code(10);
    fake.credit = 100;
    fake.send_refusal = SERAI_E_SHORT;
    ck_assert_int_eq(serai_load_self(&load, 9, "x", 1), SERAI_E_SHORT);
    fake.send_refusal = 0;
    ck_assert_int_eq(serai_load_continue(&load), 1);
    assert_whole_load("x");
}
END_TEST

START_TEST(code_that_cannot_be_read_is_told)
{
    fake.code_answer = SERAI_E_SHORT;
    ck_assert_int_eq(serai_load_self(&load, 9, "", 0), SERAI_E_SHORT);
    ck_assert_int_eq(fake.sent_count, 0);
}
END_TEST

START_TEST(use_is_one_packet_of_id_and_arguments)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    fake_code_id(id);
    fake.credit = 1;
    ck_assert_int_eq(serai_load_use(&load, 9, id, "calls=10", 8), 1);
    ck_assert_int_eq(fake.sent_count, 1);
    ck_assert_int_eq(fake.sent[0].size, 1 + SERAI_CODE_ID_BYTES + 8);
    ck_assert_int_eq(fake.sent[0].bytes[0], SERAI_LOAD_USE);
    ck_assert_mem_eq(fake.sent[0].bytes + 1, id, sizeof id);
    ck_assert_mem_eq(fake.sent[0].bytes + 1 + sizeof id, "calls=10", 8);
}
END_TEST

START_TEST(arguments_over_the_bound_are_refused)
{
    static const uint8_t args[SERAI_LOAD_ARGS_BYTES_MAX + 1];
    uint8_t id[SERAI_CODE_ID_BYTES] = {0};

    fake.credit = 100;
    make_own_code(10);
    ck_assert_int_eq(serai_load_use(&load, 9, id, args, sizeof args), SERAI_E_INVALID);
    ck_assert_int_eq(serai_load_self(&load, 9, args, -1), SERAI_E_INVALID);
    ck_assert_int_eq(serai_load_self(&load, 9, args, sizeof args), SERAI_E_INVALID);
    ck_assert_int_eq(fake.sent_count, 0);
    ck_assert_int_eq(serai_load_use(&load, 9, id, args, SERAI_LOAD_ARGS_BYTES_MAX), 1);
}
END_TEST

/* ---- flow control ---- */

START_TEST(an_outbox_keeps_order_and_money_over_lack_of_credit)
{
    int32_t put = 0;
    int32_t sent = 0;

    outbox.end = 4;
    while (sent < 200) {
        for (; put < 200 && serai_outbox_put(&outbox, &(uint8_t){(uint8_t)put}, 1, put) == 0; put++)
            ;
        fake.credit = 7;
        sent += serai_outbox_flush(&outbox);
    }
    ck_assert_int_eq(fake.sent_count, 200);
    for (int32_t i = 0; i < 200; i++) {
        ck_assert_int_eq(fake.sent[i].money, i);
        ck_assert_int_eq(fake.sent[i].bytes[0], i);
        ck_assert_int_eq(fake.sent[i].end, 4);
    }
    ck_assert_int_eq(outbox.count, 0);
}
END_TEST

START_TEST(an_outbox_asks_for_room_only_when_credit_lacks)
{
    (void)serai_outbox_put(&outbox, "x", 1, 5);
    ck_assert_int_eq(serai_outbox_flush(&outbox), 0);
    ck_assert_int_eq(outbox.refusal, SERAI_E_CREDIT);
    ck_assert_int_eq(fake.room_asked, 1);
    fake.send_refusal = SERAI_E_SHORT;
    ck_assert_int_eq(serai_outbox_flush(&outbox), 0);
    ck_assert_int_eq(outbox.refusal, SERAI_E_SHORT);
    ck_assert_int_eq(fake.room_asked, 1);
    fake.send_refusal = 0;
    fake.credit = 1;
    ck_assert_int_eq(serai_outbox_flush(&outbox), 1);
    ck_assert_int_eq(outbox.refusal, 0);
}
END_TEST

START_TEST(a_full_outbox_refuses_and_so_does_a_big_packet)
{
    uint8_t big[SERAI_OUTBOX_BYTES_MAX + 1] = {0};

    ck_assert_int_eq(serai_outbox_put(&outbox, big, sizeof big, 0), SERAI_E_INVALID);
    ck_assert_int_eq(serai_outbox_put(&outbox, big, -1, 0), SERAI_E_INVALID);
    for (int i = 0; i < SERAI_OUTBOX_MAX; i++)
        ck_assert_int_eq(serai_outbox_put(&outbox, big, SERAI_OUTBOX_BYTES_MAX, 0), 0);
    ck_assert_int_eq(serai_outbox_put(&outbox, NULL, 0, 0), SERAI_E_FULL);
}
END_TEST

START_TEST(credit_goes_back_in_halves_and_all_of_it)
{
    struct serai_credit credit = {0};

    serai_rearm(&credit, 3);
    ck_assert_int_eq(fake.armed_packets, 0);
    ck_assert_int_eq(serai_arm(&credit, 2, 8, 10), 0);
    ck_assert_int_eq(fake.armed_packets, 8);
    ck_assert_int_eq(fake.armed_bytes, 80);
    serai_rearm(&credit, 3);
    ck_assert_int_eq(fake.armed_packets, 8);
    serai_rearm(&credit, 1);
    ck_assert_int_eq(fake.armed_packets, 12);
    serai_rearm(&credit, 20);
    ck_assert_int_eq(fake.armed_packets, 32);
    ck_assert_int_eq(fake.armed_bytes, 320);
}
END_TEST

/* ---- messages ---- */

START_TEST(an_answer_brings_no_postage_whatever_the_facet_asks)
{
    fake.postage_answer = 1000000000;
    ck_assert_int_eq(serai_answer(31, "yes", 3, 5), 0);
    ck_assert_int_eq(fake.said_count, 1);
    ck_assert_int_eq(fake.said.facet, 31);
    ck_assert_int_eq(fake.said.size, 3);
    ck_assert_int_eq(fake.said.first_byte, 'y');
    ck_assert_int_eq(fake.said.money, 5);
    ck_assert_int_eq(fake.said.postage, 0);
    ck_assert_int_eq(fake.said.reply, SERAI_SLOT_NONE);
    ck_assert_int_eq(fake.dropped, SERAI_SLOT_SELF); /* nothing: it is used up */
}
END_TEST

START_TEST(an_answer_that_is_refused_frees_its_slot_and_none_is_given_to_who_did_not_ask)
{
    fake.message_refusal = SERAI_E_SHORT;
    ck_assert_int_eq(serai_answer(31, "yes", 3, 5), SERAI_E_SHORT);
    ck_assert_int_eq(fake.dropped, 31);
    fake_reset();
    ck_assert_int_eq(serai_answer(SERAI_SLOT_NONE, "yes", 3, 5), 0);
    ck_assert_int_eq(fake.said_count, 0);
    ck_assert_int_eq(fake.dropped, SERAI_SLOT_SELF);
}
END_TEST

START_TEST(a_question_is_broken_with_a_reason_that_fits)
{
    char words[2 * SERAI_REASON_BYTES_MAX];

    ck_assert_int_eq(serai_break(31, 5000, "sorry"), 0);
    ck_assert_int_eq(fake.said.facet, 31);
    ck_assert_int_eq(fake.broken_code, 5000);
    ck_assert_int_eq(fake.broken_size, 5);
    ck_assert_int_eq(fake.dropped, SERAI_SLOT_SELF); /* nothing: it is used up */
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = '\0';
    ck_assert_int_eq(serai_break(31, 5000, words), 0);
    ck_assert_int_eq(fake.broken_size, SERAI_REASON_BYTES_MAX);
    fake.message_refusal = SERAI_E_SHORT;
    ck_assert_int_eq(serai_break(31, 5000, "sorry"), SERAI_E_SHORT);
    ck_assert_int_eq(fake.dropped, 31);
    fake_reset();
    ck_assert_int_eq(serai_break(SERAI_SLOT_NONE, 5000, "sorry"), 0);
    ck_assert_int_eq(fake.said_count, 0);
}
END_TEST

START_TEST(a_question_is_returned_with_its_money_or_at_least_a_reason)
{
    ck_assert_int_eq(serai_return(31, 5000, "sorry", 5, 70), 0);
    ck_assert_int_eq(fake.said.facet, 31);
    ck_assert_int_eq(fake.said.money, 70);
    ck_assert_int_eq(fake.broken_code, 5000);
    ck_assert_int_eq(fake.broken_size, 5);
    fake.return_refusal = SERAI_E_SHORT;
    ck_assert_int_eq(serai_return(31, 5001, "sorry", 4, 70), SERAI_E_SHORT);
    ck_assert_int_eq(fake.said.money, 0);
    ck_assert_int_eq(fake.broken_code, 5001);
    ck_assert_int_eq(fake.broken_size, 4);
    ck_assert_int_eq(fake.dropped, SERAI_SLOT_SELF); /* nothing: it is used up */
    fake.message_refusal = SERAI_E_CLOSED;
    ck_assert_int_eq(serai_return(31, 5000, "sorry", 5, 70), SERAI_E_SHORT);
    ck_assert_int_eq(fake.dropped, 31);
    fake_reset();
    ck_assert_int_eq(serai_return(SERAI_SLOT_NONE, 5000, "sorry", 5, 70), 0);
    ck_assert_int_eq(fake.said_count, 0);
}
END_TEST

START_TEST(who_is_short_of_the_fee_takes_all_for_replies)
{
    ck_assert(serai_is_reply(31));
    fake.message_refusal = SERAI_E_SHORT;
    ck_assert(serai_is_reply(31));
    fake.message_refusal = SERAI_E_RIGHT;
    ck_assert(!serai_is_reply(31));
}
END_TEST

START_TEST(a_message_pays_what_the_facet_asks_up_to_the_most)
{
    fake.postage_answer = 100;
    ck_assert_int_eq(serai_send(9, "x", 1, 7, 100, 12), 0);
    ck_assert_int_eq(fake.said.facet, 9);
    ck_assert_int_eq(fake.said.money, 7);
    ck_assert_int_eq(fake.said.postage, 100);
    ck_assert_int_eq(fake.said.reply, 12);
    ck_assert_int_eq(serai_send(9, "x", 1, 7, 99, 12), SERAI_E_POSTAGE);
    fake.postage_answer = SERAI_E_CLOSED;
    ck_assert_int_eq(serai_send(9, "x", 1, 7, 99, 12), SERAI_E_CLOSED);
    ck_assert_int_eq(fake.said_count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serai.h");
    TCase *texts = tcase_create("text and arguments");
    TCase *messages = tcase_create("messages");
    TCase *loads = tcase_create("loading and flow control");

    tcase_add_checked_fixture(texts, setup, NULL);
    tcase_add_test(texts, numbers_are_written_to_the_ends_of_their_range);
    tcase_add_test(texts, money_has_nine_places);
    tcase_add_test(texts, text_that_does_not_fit_is_cut_off);
    tcase_add_test(texts, values_go_where_the_words_say);
    tcase_add_test(texts, a_percent_sign_at_the_end_takes_no_value);
    tcase_add_test(texts, a_line_is_empty_after_it_is_logged);
    tcase_add_test(texts, a_text_of_values_begins_anew);
    tcase_add_test(texts, arguments_are_added_by_name);
    tcase_add_test(texts, bytes_are_logged_behind_words);
    tcase_add_test(texts, arguments_are_found_by_their_whole_name);
    tcase_add_test(texts, numbers_that_are_none_are_not_taken);
    tcase_add_test(texts, amounts_are_decimals_of_up_to_nine_places);
    tcase_add_test(texts, amounts_that_are_none_are_not_taken);
    tcase_add_test(texts, words_are_compared_whole);
    tcase_add_test(texts, written_money_reads_back_as_it_was);
    tcase_add_test(texts, bytes_in_hex_read_back_as_they_were);
    tcase_add_test(texts, hex_of_another_size_or_with_other_signs_is_refused);
    tcase_add_test(texts, a_list_has_as_many_words_as_it_says);
    tcase_add_test(texts, numbers_are_taken_off_a_list_to_its_end);
    tcase_add_test(texts, the_way_goes_over_links_by_name_number_or_next);
    tcase_add_test(texts, a_list_is_used_up_but_for_its_last);
    tcase_add_test(texts, without_a_list_the_way_stays_on_the_site);
    suite_add_tcase(suite, texts);

    tcase_add_checked_fixture(loads, setup, NULL);
    tcase_add_test(loads, own_code_is_sent_whole_in_one_turn_when_there_is_room);
    tcase_add_test(loads, code_of_exactly_whole_pieces_is_sent_whole);
    tcase_add_test(loads, a_load_waits_for_room_and_goes_on_where_it_stopped);
    tcase_add_test(loads, a_load_that_is_sent_sends_nothing_more);
    tcase_add_test(loads, a_load_that_never_began_sends_nothing);
    tcase_add_test(loads, a_full_window_counts_as_no_room);
    tcase_add_test(loads, room_that_is_asked_for_already_is_no_refusal);
    tcase_add_test(loads, a_refused_send_is_told_and_tried_again);
    tcase_add_test(loads, code_that_cannot_be_read_is_told);
    tcase_add_test(loads, use_is_one_packet_of_id_and_arguments);
    tcase_add_test(loads, arguments_over_the_bound_are_refused);
    tcase_add_test(loads, an_outbox_keeps_order_and_money_over_lack_of_credit);
    tcase_add_test(loads, an_outbox_asks_for_room_only_when_credit_lacks);
    tcase_add_test(loads, a_full_outbox_refuses_and_so_does_a_big_packet);
    tcase_add_test(loads, credit_goes_back_in_halves_and_all_of_it);
    suite_add_tcase(suite, loads);
    tcase_add_checked_fixture(messages, setup, NULL);
    tcase_add_test(messages, an_answer_brings_no_postage_whatever_the_facet_asks);
    tcase_add_test(messages,
                   an_answer_that_is_refused_frees_its_slot_and_none_is_given_to_who_did_not_ask);
    tcase_add_test(messages, a_question_is_broken_with_a_reason_that_fits);
    tcase_add_test(messages, a_question_is_returned_with_its_money_or_at_least_a_reason);
    tcase_add_test(messages, who_is_short_of_the_fee_takes_all_for_replies);
    tcase_add_test(messages, a_message_pays_what_the_facet_asks_up_to_the_most);
    suite_add_tcase(suite, messages);
    return check_main(suite);
}
