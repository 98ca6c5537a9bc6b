/* How ends begin and finish. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"

static struct fixture fixture;

static void setup(void)
{
    fixture = fixture_new();
}

static void teardown(void)
{
    fixture_free(&fixture);
}

START_TEST(buying_makes_a_pending_end_and_a_birth_for_the_neighbour)
{
    struct channel_message birth = {.money = nanos(9), .customer = 4100};
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 5, 3, &birth);

    ck_assert_int_eq(end->state, CHANNEL_PENDING);
    ck_assert_int_eq(end->side, CHANNEL_BUYER);
    ck_assert_uint_eq(end->owner, 5);
    ck_assert_uint_eq(end->interface, 3);
    ck_assert_uint_ne(end->id, 0);
    ck_assert(end->dirty);
    ck_assert_int_eq(birth.kind, CHANNEL_BIRTH);
    ck_assert_int_eq(birth.to, CHANNEL_BORN);
    ck_assert_uint_eq(birth.interface, 3);
    ck_assert_uint_eq(birth.number, end->number);
    ck_assert_uint_eq(birth.money.nanos, 9);
    ck_assert_uint_eq(birth.customer, 4100);
    ck_assert_ptr_null(birth.data);
}
END_TEST

START_TEST(numbers_bought_are_even_rise_on_each_interface_and_leave_out_the_control_channel)
{
    struct channel_message birth;
    struct channel_end *first = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    struct channel_end *second = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    struct channel_end *other = channels_buy(fixture.channels, fixture.undo, 1, 2, &birth);

    ck_assert_uint_ne(first->number, 0);
    ck_assert_uint_eq(first->number % 2, 0);
    ck_assert_uint_eq(second->number, first->number + 2);
    ck_assert_uint_eq(other->number, first->number);
    ck_assert_uint_lt(first->id, second->id);
    ck_assert_uint_lt(second->id, other->id);
}
END_TEST

START_TEST(numbers_of_an_end_that_is_gone_are_not_used_again)
{
    struct channel_message birth;
    struct channel_message answer;
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    uint32_t number = end->number;
    uint64_t id = end->id;

    channels_refuse(&birth, -3, &answer);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_FINE);
    undo_commit(fixture.undo);
    end = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    ck_assert_uint_gt(end->number, number);
    ck_assert_uint_gt(end->id, id);
}
END_TEST

START_TEST(buying_is_refused_when_all_numbers_are_used_up)
{
    struct channel_message birth;

    ck_assert_int_eq(channels_check_buy(fixture.channels, 1), CHANNEL_FINE);
    set_port(fixture.channels, 1)->number_next = NUMBER_BOUGHT_MAX;
    ck_assert_int_eq(channels_check_buy(fixture.channels, 1), CHANNEL_FINE);
    ck_assert_uint_eq(channels_buy(fixture.channels, fixture.undo, 1, 1, &birth)->number,
                      NUMBER_BOUGHT_MAX);
    ck_assert_int_eq(channels_check_buy(fixture.channels, 1), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channels_check_buy(fixture.channels, 2), CHANNEL_FINE);
}
END_TEST

/* Without the bound one number of a stranger's would stop all buying, for good. */
START_TEST(numbers_are_stepped_over_by_half_of_what_is_left_at_most)
{
    struct channel_message birth;
    struct channel_end *end;

    ck_assert(channels_may_skip(fixture.channels, 1, 0));
    ck_assert(channels_may_skip(fixture.channels, 1, UINT32_MAX / 2));
    ck_assert(!channels_may_skip(fixture.channels, 1, UINT32_MAX / 2 + 2));
    ck_assert(!channels_may_skip(fixture.channels, 1, UINT32_MAX));
    channels_skip_numbers(fixture.channels, 1, 9);
    end = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    ck_assert_uint_eq(end->number, 10);
    undo_commit(fixture.undo);
    ck_assert(channels_may_skip(fixture.channels, 1, 9)); /* none is left below */
    set_port(fixture.channels, 1)->number_next = (uint64_t)NUMBER_BOUGHT_MAX + NUMBER_STEP;
    ck_assert(channels_may_skip(fixture.channels, 1, UINT32_MAX));
}
END_TEST

START_TEST(a_birth_that_is_accepted_opens_both_ends_with_first_credit)
{
    fixture_open(&fixture);
    ck_assert_int_eq(fixture.born->state, CHANNEL_OPEN);
    ck_assert_int_eq(fixture.born->side, CHANNEL_BORN);
    ck_assert_uint_eq(fixture.born->owner, BORN_AGENT);
    ck_assert_uint_eq(fixture.born->number, fixture.buyer->number);
    ck_assert_uint_eq(channel_granted_open(fixture.born), FIRST_PACKETS);
    ck_assert_uint_eq(channel_may_send(fixture.born), 0);
    ck_assert_int_eq(fixture.buyer->state, CHANNEL_OPEN);
    ck_assert_uint_eq(channel_may_send(fixture.buyer), FIRST_PACKETS);
    ck_assert_uint_eq(fixture.buyer->window_bytes, FIRST_BYTES);
    ck_assert_uint_eq(channels_count(fixture.channels), 2);
}
END_TEST

START_TEST(a_birth_with_a_number_in_use_or_the_wrong_side_breaks_the_rules)
{
    struct channel_message birth = {.kind = CHANNEL_BIRTH, .interface = 4, .number = 6};
    struct channel_message answer = {0};

    birth.to = CHANNEL_BUYER;
    ck_assert_int_eq(channels_check_accept(fixture.channels, &birth), CHANNEL_NOT_GRANTED);
    birth.to = CHANNEL_BORN;
    ck_assert_int_eq(channels_check_accept(fixture.channels, &birth), CHANNEL_FINE);
    (void)channels_accept(fixture.channels, fixture.undo, &birth, 1, 1, 1, &answer);
    ck_assert_int_eq(channels_check_accept(fixture.channels, &birth), CHANNEL_NOT_GRANTED);
    birth.interface = UINT32_MAX;
    ck_assert_int_eq(channels_check_accept(fixture.channels, &birth), CHANNEL_NOT_GRANTED);
}
END_TEST

START_TEST(a_refusal_carries_all_the_money_back_and_removes_the_end)
{
    struct channel_message birth = {0};
    struct channel_message answer;
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);
    uint64_t id = end->id;

    birth.money = nanos(1234);
    birth.endowment = nanos(1000);
    birth.fee = nanos(234);
    channels_refuse(&birth, -5, &answer);
    ck_assert_int_eq(answer.kind, CHANNEL_ANSWER);
    ck_assert_int_eq(answer.to, CHANNEL_BUYER);
    ck_assert_int_eq(answer.status, -5);
    ck_assert_uint_eq(answer.number, birth.number);
    ck_assert_uint_eq(answer.interface, 1);
    ck_assert_uint_eq(answer.money.nanos, 1234);
    ck_assert_uint_eq(answer.fee.nanos, 0);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_FINE);
    ck_assert_ptr_null(channels_find(fixture.channels, id));
    ck_assert_ptr_null(channels_at(fixture.channels, 1, birth.number, CHANNEL_BUYER));
    ck_assert_int_eq(end->state, CHANNEL_PENDING); /* the memory is good until the turn ends */
    undo_commit(fixture.undo);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

START_TEST(answers_to_an_open_end_or_with_too_much_credit_break_the_rules)
{
    struct channel_message birth;
    struct channel_message answer = {.kind = CHANNEL_ANSWER};
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 1, &birth);

    answer.packets = CHANNEL_GRANT_PACKETS_MAX + 1;
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_NOT_GRANTED);
    answer.packets = 1;
    answer.bytes = CHANNEL_GRANT_BYTES_MAX + 1;
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(end->state, CHANNEL_PENDING);
    answer.bytes = 1;
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_FINE);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_NOT_GRANTED);
    answer.status = -1;
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, NULL, fixture.undo, &answer),
                     CHANNEL_UNKNOWN);
    ck_assert_int_eq(end->state, CHANNEL_OPEN);
}
END_TEST

START_TEST(selling_tells_the_far_end_and_waits_for_closed)
{
    struct channel_message close;
    struct channel_message closed;
    bool sends_close = false;
    bool signal = false;

    fixture_open(&fixture);
    channel_ask_room(fixture.buyer, fixture.undo);
    ck_assert_int_eq(channel_check_sell(fixture.buyer), CHANNEL_FINE);
    channels_sell(fixture.channels, fixture.buyer, fixture.undo, &close, &sends_close);
    ck_assert(sends_close);
    ck_assert_int_eq(close.kind, CHANNEL_CLOSE);
    ck_assert_int_eq(close.to, CHANNEL_BORN);
    ck_assert_int_eq(fixture.buyer->state, CHANNEL_CLOSING);
    ck_assert(!fixture.buyer->room_asked);
    ck_assert_int_eq(channel_check_sell(fixture.buyer), CHANNEL_IS_CLOSED);

    ck_assert_int_eq(
        channels_receive_close(fixture.channels, fixture.born, fixture.undo, &closed, &signal),
        CHANNEL_FINE);
    ck_assert(signal);
    ck_assert_int_eq(closed.kind, CHANNEL_CLOSED);
    ck_assert_int_eq(closed.to, CHANNEL_BUYER);
    ck_assert_int_eq(fixture.born->state, CHANNEL_FAR_CLOSED);
    ck_assert_int_eq(
        channels_receive_close(fixture.channels, fixture.born, fixture.undo, &closed, &signal),
        CHANNEL_NOT_GRANTED);
    ck_assert(!signal);

    ck_assert_int_eq(channels_receive_closed(fixture.channels, fixture.buyer, fixture.undo),
                     CHANNEL_FINE);
    ck_assert_uint_eq(channels_count(fixture.channels), 1);
    /* The far end closed first, so selling the other removes it at once. */
    channels_sell(fixture.channels, fixture.born, fixture.undo, &close, &sends_close);
    ck_assert(!sends_close);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
    undo_commit(fixture.undo);
}
END_TEST

START_TEST(ends_that_are_sold_at_once_are_both_removed)
{
    struct channel_message message;
    bool flag;

    fixture_open(&fixture);
    channels_sell(fixture.channels, fixture.buyer, fixture.undo, &message, &flag);
    channels_sell(fixture.channels, fixture.born, fixture.undo, &message, &flag);
    ck_assert(flag);
    ck_assert_int_eq(
        channels_receive_close(fixture.channels, fixture.born, fixture.undo, &message, &flag),
        CHANNEL_FINE);
    ck_assert(!flag);
    ck_assert_int_eq(message.kind, CHANNEL_CLOSED);
    ck_assert_int_eq(
        channels_receive_close(fixture.channels, fixture.buyer, fixture.undo, &message, &flag),
        CHANNEL_FINE);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, NULL, fixture.undo),
                     CHANNEL_UNKNOWN);
    undo_commit(fixture.undo);
}
END_TEST

START_TEST(nothing_but_an_answer_comes_to_an_end_without_one)
{
    struct channel_message message;
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    bool signal;

    ck_assert_int_eq(channels_receive_close(fixture.channels, end, fixture.undo, &message, &signal),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, end, fixture.undo),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(
        channels_receive_close(fixture.channels, NULL, fixture.undo, &message, &signal),
        CHANNEL_UNKNOWN);
    ck_assert_int_eq(end->state, CHANNEL_PENDING);
}
END_TEST

/* Sold before it is answered: it waits for the answer, tells nobody, and is sold once. */
static struct channel_end *given_up(void)
{
    struct channel_message message;
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    bool sends_close = true;

    ck_assert(!channel_is_sold(end));
    ck_assert_int_eq(channel_check_sell(end), CHANNEL_FINE);
    channels_sell(fixture.channels, end, fixture.undo, &message, &sends_close);
    ck_assert(!sends_close);
    ck_assert_int_eq(end->state, CHANNEL_GIVEN_UP);
    ck_assert(channel_is_sold(end));
    ck_assert_int_eq(channel_check_sell(end), CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_check_send(end, 0), CHANNEL_IS_CLOSED);
    return end;
}

START_TEST(an_end_that_was_given_up_is_sold_when_it_is_accepted_after_all)
{
    struct channel_end *end = given_up();
    struct channel_message answer = {.kind = CHANNEL_ANSWER, .packets = 1, .bytes = 1};
    struct channel_message message;
    bool flag;

    ck_assert_int_eq(channels_receive_close(fixture.channels, end, fixture.undo, &message, &flag),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, end, fixture.undo),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &answer),
                     CHANNEL_FINE);
    channels_sell(fixture.channels, end, fixture.undo, &message, &flag);
    ck_assert(flag);
    ck_assert_int_eq(message.kind, CHANNEL_CLOSE);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, end, fixture.undo), CHANNEL_FINE);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

START_TEST(an_end_that_was_given_up_is_gone_when_it_is_refused)
{
    struct channel_message answer = {.kind = CHANNEL_ANSWER, .status = -5};

    ck_assert_int_eq(channels_receive_answer(fixture.channels, given_up(), fixture.undo, &answer),
                     CHANNEL_FINE);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

START_TEST(closed_at_an_end_that_is_not_closing_breaks_the_rules)
{
    fixture_open(&fixture);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, fixture.buyer, fixture.undo),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(fixture.buyer->state, CHANNEL_OPEN);
}
END_TEST

START_TEST(a_purchase_and_a_removal_that_are_undone_leave_every_byte)
{
    struct snapshot before;
    struct snapshot after;
    struct channel_message message;
    struct channel_end *end;
    uint32_t number;
    bool flag;

    fixture_open(&fixture);
    before = snapshot_take(fixture.channels);
    end = channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    number = end->number;
    channels_refuse(&message, -1, &message);
    ck_assert_int_eq(channels_receive_answer(fixture.channels, end, fixture.undo, &message),
                     CHANNEL_FINE);
    (void)channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    channels_sell(fixture.channels, fixture.born, fixture.undo, &message, &flag);
    ck_assert_int_eq(channels_receive_closed(fixture.channels, fixture.born, fixture.undo),
                     CHANNEL_FINE);
    ck_assert_uint_eq(channels_count(fixture.channels), 2);
    undo_rollback(fixture.undo);
    after = snapshot_take(fixture.channels);
    ck_assert(snapshot_same_bytes(&before, &after));
    ck_assert_ptr_eq(channels_at(fixture.channels, 0, fixture.born->number, CHANNEL_BORN),
                     fixture.born);
    end = channels_buy(fixture.channels, fixture.undo, 1, 1, &message);
    ck_assert_uint_eq(end->number, number); /* a purchase that never was used none */
    snapshot_free(&before);
    snapshot_free(&after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel life");
    TCase *tcase = tcase_create("life");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, buying_makes_a_pending_end_and_a_birth_for_the_neighbour);
    tcase_add_test(
        tcase, numbers_bought_are_even_rise_on_each_interface_and_leave_out_the_control_channel);
    tcase_add_test(tcase, numbers_of_an_end_that_is_gone_are_not_used_again);
    tcase_add_test(tcase, buying_is_refused_when_all_numbers_are_used_up);
    tcase_add_test(tcase, numbers_are_stepped_over_by_half_of_what_is_left_at_most);
    tcase_add_test(tcase, a_birth_that_is_accepted_opens_both_ends_with_first_credit);
    tcase_add_test(tcase, a_birth_with_a_number_in_use_or_the_wrong_side_breaks_the_rules);
    tcase_add_test(tcase, a_refusal_carries_all_the_money_back_and_removes_the_end);
    tcase_add_test(tcase, answers_to_an_open_end_or_with_too_much_credit_break_the_rules);
    tcase_add_test(tcase, selling_tells_the_far_end_and_waits_for_closed);
    tcase_add_test(tcase, ends_that_are_sold_at_once_are_both_removed);
    tcase_add_test(tcase, nothing_but_an_answer_comes_to_an_end_without_one);
    tcase_add_test(tcase, an_end_that_was_given_up_is_sold_when_it_is_accepted_after_all);
    tcase_add_test(tcase, an_end_that_was_given_up_is_gone_when_it_is_refused);
    tcase_add_test(tcase, closed_at_an_end_that_is_not_closing_breaks_the_rules);
    tcase_add_test(tcase, a_purchase_and_a_removal_that_are_undone_leave_every_byte);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
