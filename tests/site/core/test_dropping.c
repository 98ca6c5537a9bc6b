/* Frames that are archived leave the store: who may ask for it, of which frames, and how they go.
 */
#include <string.h>

#include "ledger/reading.h"
#include "tests/reading.h"
#include "tests/site/core/fixture.h"

enum { MONEY = 50000000, SEGMENT_BYTES = 4000 };

static struct site site;
static struct books_segment oldest;

static enum control_status money_in(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, 7);
    return site_request(&site, OPERATOR, "money.in", &args);
}

static enum status find_oldest(struct books_segment *segment)
{
    struct books_kept kept;

    ck_assert_int_eq(books_kept_now(&site.store, &kept, NULL), ST_OK);
    return WITH_READ(&site.store, books_segment(&read, kept.first, &kept.head, segment, NULL));
}

static void fill(int frames)
{
    for (int i = 0; i < frames; i++)
        ck_assert_int_eq(money_in(), CONTROL_DONE);
}

static void setup(void)
{
    site_open(&site, 5, MONEY);
    site_customer(&site, 1, "one", 1000000);
    site.segment_bytes = SEGMENT_BYTES;
    site_reload(&site);
    fill(80);
    ck_assert_int_eq(find_oldest(&oldest), ST_OK);
}

static void teardown(void)
{
    site_close(&site);
}

static enum control_status ask(int person, uint64_t first, uint64_t last, const struct hash *head)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, first);
    cbor_put_uint(&args, last);
    cbor_put_bytes(&args, head->bytes, HASH_BYTES);
    return site_request(&site, person, "ledger.archive", &args);
}

static enum control_status ask_oldest(void)
{
    ck_assert_int_eq(find_oldest(&oldest), ST_OK);
    return ask(OPERATOR, oldest.first, oldest.last, &oldest.head);
}

static uint64_t rows(void)
{
    struct store_read read;
    struct store_cursor cursor;
    struct store_row row;
    uint64_t count = 0;

    ck_assert_int_eq(store_read_begin(&read, &site.store, NULL), ST_OK);
    store_cursor_open(&cursor, &read, STORE_JOURNAL, NULL, 0, NULL);
    while (store_cursor_next(&cursor, &row))
        count++;
    ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
    store_read_end(&read);
    return count;
}

static void refused(enum control_status status, const char *what)
{
    ck_assert_int_eq(status, CONTROL_REFUSED);
    ck_assert_msg(strstr(site.reply.message, what) != NULL, "\"%s\" does not say \"%s\"",
                  site.reply.message, what);
    ck_assert_uint_eq(ledger_first_frame(site.core->ledger), 1);
}

START_TEST(only_the_operator_drops_frames_and_only_the_oldest_segment)
{
    struct hash wrong = oldest.head;
    struct bytes args = {0};
    uint64_t before = rows();

    wrong.bytes[0] ^= 1;
    ck_assert_int_eq(ask(1, oldest.first, oldest.last, &oldest.head), CONTROL_DENIED);
    refused(ask(OPERATOR, 2, oldest.last, &oldest.head), "the journal begins with frame 1");
    refused(ask(OPERATOR, 1, oldest.last - 1, &oldest.head), "no segment of the journal ends with");
    refused(ask(OPERATOR, 1, UINT64_MAX, &oldest.head), "and never the newest");
    refused(ask(OPERATOR, 1, oldest.last, &wrong), "the head behind frame");
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 1);
    cbor_put_uint(&args, 2);
    ck_assert_int_eq(site_request(&site, OPERATOR, "ledger.archive", &args), CONTROL_BAD_REQUEST);
    ck_assert(!core_drop_step(site.core));
    ck_assert_uint_ge(rows(), before);
    site_verify(&site);
}
END_TEST

START_TEST(rows_go_with_frames_and_the_books_are_good_meanwhile)
{
    uint64_t before;
    int slices = 0;

    before = rows();
    ck_assert_int_eq(ask_oldest(), CONTROL_DONE);
    ck_assert_uint_eq(site_result(&site, "first_frame"), oldest.last + 1);
    ck_assert_uint_lt(rows(), before); /* the first slice, with the request's own frame */
    site_verify(&site);
    while (core_drop_step(site.core)) {
        uint64_t last = ledger_last_frame(site.core->ledger)->frame;

        site_frame(&site);
        site_verify(&site);
        if (slices != 1) /* the first frame of a start has something else to do */
            ck_assert_uint_eq(ledger_last_frame(site.core->ledger)->frame, last);
        if (slices++ == 0)
            site_reload(&site); /* a start goes on where the rows are */
    }
    ck_assert_int_gt(slices, 1);
    ck_assert_uint_eq(ledger_frames_leaving(site.core->ledger), 0);
    /* What is there no more cannot be dropped again, and the next segment can. */
    ck_assert_int_eq(ask(OPERATOR, oldest.first, oldest.last, &oldest.head), CONTROL_REFUSED);
    ck_assert_int_eq(ask_oldest(), CONTROL_DONE);
    fill(2);
    site_verify(&site);
    site_reload_same(&site);
}
END_TEST

START_TEST(a_segment_that_is_not_durable_behind_is_not_whole)
{
    struct books_segment segment;

    while (find_oldest(&segment) == ST_OK)
        ck_assert_int_eq(ask(OPERATOR, segment.first, segment.last, &segment.head), CONTROL_DONE);
    /* The newest is left, whole or not. */
    ck_assert_int_eq(
        ask(OPERATOR, segment.first, ledger_last_frame(site.core->ledger)->frame, &oldest.head),
        CONTROL_REFUSED);
    site_verify(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("site/core/dropping");
    TCase *dropping = tcase_create("dropping");

    tcase_add_checked_fixture(dropping, setup, teardown);
    tcase_add_test(dropping, only_the_operator_drops_frames_and_only_the_oldest_segment);
    tcase_add_test(dropping, rows_go_with_frames_and_the_books_are_good_meanwhile);
    tcase_add_test(dropping, a_segment_that_is_not_durable_behind_is_not_whole);
    suite_add_tcase(suite, dropping);
    return check_main(suite);
}
