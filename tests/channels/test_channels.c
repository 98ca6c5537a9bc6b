/* The set of ends: finding, listing, and what the site sets itself. */
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

START_TEST(a_new_set_is_empty)
{
    uint64_t id;

    ck_assert_uint_eq(channels_count(fixture.channels), 0);
    ck_assert_ptr_null(channels_find(fixture.channels, 1));
    ck_assert_ptr_null(channels_at(fixture.channels, 0, 2, CHANNEL_BUYER));
    ck_assert_uint_eq(channels_owned(fixture.channels, 0, &id, 1), 0);
}
END_TEST

START_TEST(both_ends_of_a_self_channel_are_found_by_id_and_by_place)
{
    fixture_open(&fixture);
    ck_assert_ptr_eq(channels_find(fixture.channels, fixture.buyer->id), fixture.buyer);
    ck_assert_ptr_eq(channels_find(fixture.channels, fixture.born->id), fixture.born);
    ck_assert_ptr_eq(channels_at(fixture.channels, 0, fixture.buyer->number, CHANNEL_BUYER),
                     fixture.buyer);
    ck_assert_ptr_eq(channels_at(fixture.channels, 0, fixture.buyer->number, CHANNEL_BORN),
                     fixture.born);
    ck_assert_ptr_null(channels_at(fixture.channels, 1, fixture.buyer->number, CHANNEL_BORN));
}
END_TEST

START_TEST(a_place_out_of_range_is_nobodys)
{
    fixture_open(&fixture);
    ck_assert_ptr_null(
        channels_at(fixture.channels, UINT32_MAX, fixture.buyer->number, CHANNEL_BORN));
    /* Shifted, these would fall on the place of (0, number, BUYER). */
    ck_assert_ptr_null(
        channels_at(fixture.channels, (uint32_t)1 << 31, fixture.buyer->number, CHANNEL_BUYER));
    ck_assert_ptr_null(
        channels_at(fixture.channels, 0, fixture.buyer->number - 1, (enum channel_side)2));
}
END_TEST

struct seen {
    uint64_t last;
    size_t count;
};

static void see(void *context, struct channel_end *end)
{
    struct seen *seen = context;

    ck_assert_uint_gt(end->id, seen->last);
    seen->last = end->id;
    seen->count++;
}

START_TEST(ends_are_visited_in_order_of_id)
{
    struct seen seen = {0};

    for (int i = 0; i < 100; i++)
        fixture_open(&fixture);
    channels_each(fixture.channels, see, &seen);
    ck_assert_uint_eq(seen.count, 200);
}
END_TEST

START_TEST(the_ends_of_an_agent_are_listed_in_order_or_only_counted_where_room_is_short)
{
    uint64_t ids[60] = {0};

    for (int i = 0; i < 50; i++)
        fixture_open(&fixture);
    ck_assert_uint_eq(channels_owned(fixture.channels, BUYER_AGENT, ids, 49), 50);
    ck_assert_uint_eq(ids[0], 0);
    ck_assert_uint_eq(channels_owned(fixture.channels, BUYER_AGENT, ids, 50), 50);
    for (size_t i = 0; i < 50; i++) {
        ck_assert_uint_eq(channels_find(fixture.channels, ids[i])->owner, BUYER_AGENT);
        ck_assert(i == 0 || ids[i] > ids[i - 1]);
    }
    ck_assert_uint_eq(channels_owned(fixture.channels, BORN_AGENT, ids, 60), 50);
    ck_assert_uint_eq(ids[50], 0);
    ck_assert_uint_eq(channels_owned(fixture.channels, BORN_AGENT, NULL, 0), 50);
    ck_assert_uint_eq(channels_owned(fixture.channels, 99, ids, 60), 0);
}
END_TEST

/* Which ends the lists hold, by a look at each end. */
static void lists_are_those_of_a_scan(void)
{
    struct fault fault = {0};
    uint64_t id;

    ck_assert_msg(channels_check(fixture.channels, &fault) == ST_OK, "%s", fault.text);
    ck_assert_uint_eq(channels_owned(fixture.channels, 0, &id, 1), 0);
}

START_TEST(the_lists_of_owners_follow_random_turns_and_what_is_undone)
{
    uint64_t random = 7;

    for (int step = 0; step < 2000; step++) {
        uint64_t ids[64];
        uint64_t owner = 1 + (random >> 33) % 5;
        size_t count = channels_owned(fixture.channels, owner, ids, 64);
        struct channel_message birth = {0};

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        if (count == 0 || (count < 20 && (random >> 40) % 3 != 0))
            (void)channels_buy(fixture.channels, fixture.undo, owner, 0, &birth);
        else if ((random >> 50) % 2 != 0)
            channel_give(channels_find(fixture.channels, ids[(random >> 45) % count]), fixture.undo,
                         1 + (random >> 37) % 5);
        else
            set_remove(fixture.channels, fixture.undo,
                       channels_find(fixture.channels, ids[(random >> 45) % count]));
        lists_are_those_of_a_scan();
        if ((random >> 60) % 4 == 0)
            undo_commit(fixture.undo);
        else if ((random >> 60) % 4 == 1)
            undo_rollback(fixture.undo);
        lists_are_those_of_a_scan();
    }
    undo_commit(fixture.undo);
}
END_TEST

START_TEST(an_end_stays_where_it_is_while_others_come)
{
    struct channel_end *first;
    uint64_t id;

    fixture_open(&fixture);
    first = fixture.buyer;
    id = first->id;
    for (int i = 0; i < 1000; i++)
        fixture_open(&fixture);
    ck_assert_ptr_eq(channels_find(fixture.channels, id), first);
    ck_assert_uint_eq(first->id, id);
}
END_TEST

START_TEST(what_was_set_after_touching_is_undone_with_the_turn)
{
    fixture_open(&fixture);
    channel_change(fixture.buyer, fixture.undo);
    fixture.buyer->granted_packets = 5;
    fixture.buyer->owner = 0;
    undo_rollback(fixture.undo);
    ck_assert_uint_eq(fixture.buyer->granted_packets, 0);
    ck_assert_uint_eq(fixture.buyer->owner, BUYER_AGENT);
    channel_change(fixture.buyer, fixture.undo);
    fixture.buyer->granted_packets = 6;
    undo_commit(fixture.undo);
    ck_assert_uint_eq(fixture.buyer->granted_packets, 6);
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
    channels_free(NULL);
    ck_assert_uint_eq(channels_count(fixture.channels), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channels");
    TCase *tcase = tcase_create("set");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_new_set_is_empty);
    tcase_add_test(tcase, both_ends_of_a_self_channel_are_found_by_id_and_by_place);
    tcase_add_test(tcase, a_place_out_of_range_is_nobodys);
    tcase_add_test(tcase, ends_are_visited_in_order_of_id);
    tcase_add_test(tcase,
                   the_ends_of_an_agent_are_listed_in_order_or_only_counted_where_room_is_short);
    tcase_add_test(tcase, the_lists_of_owners_follow_random_turns_and_what_is_undone);
    tcase_add_test(tcase, an_end_stays_where_it_is_while_others_come);
    tcase_add_test(tcase, what_was_set_after_touching_is_undone_with_the_turn);
    tcase_add_test(tcase, freeing_nothing_is_allowed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
