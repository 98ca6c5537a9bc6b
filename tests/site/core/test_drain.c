/* A site that is drained: what it refuses, whom it tells, and how it stops and opens again. */
#include <sodium.h>
#include <string.h>

#include "links/parcel.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, BADGE = 41 };

#define MINUTE UINT64_C(60000000)

static struct site site;
static uint64_t agent;
static struct heard heard;

static enum engine_outcome asks(void *context, struct part *part)
{
    const int64_t *expected = context;

    ck_assert_int_eq(part_order(part, self_leaving, SERAI_SLOT_SELF, BADGE), *expected);
    return ENGINE_DONE;
}

static void ask(int64_t expected)
{
    puppet_play(&site, agent, asks, &expected);
    probe_play(agent, puppet_hears, &heard);
}

static void setup(void)
{
    site_open(&site, 11, 10000000000);
    site_customer(&site, 1, "one", 2000000000);
    site_pass(&site, 1);
    agent = puppet_new(&site, 1, MONEY, "t");
    heard = (struct heard){0};
    probe_play(agent, puppet_hears, &heard);
}

static void teardown(void)
{
    site_end(&site);
}

static enum control_status drain(uint64_t lasts_us)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, lasts_us);
    return site_request(&site, OPERATOR, "site.drain", &args);
}

static enum control_status cancel(int person)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_null(&args);
    return site_request(&site, person, "site.drain", &args);
}

static size_t told(void)
{
    return heard_of(&heard, SERAI_EVENT_LEAVING);
}

static enum control_status deploy(void)
{
    const struct deploy wanted = {.module = "ready", .args = "x", .nanos = MONEY};

    return site_try_deploy(&site, 1, &wanted);
}

START_TEST(agents_that_paid_for_it_are_told_once_with_the_time_that_is_left)
{
    uint64_t held = site_balance(&site, ACCOUNT_HELD_RESERVE);

    ask(0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), held + site_reserve(&site));
    site_reload_same(&site);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    site_pass(&site, MINUTE);
    site_settle(&site);
    ck_assert_uint_eq(told(), 1);
    ck_assert_uint_eq(heard_last(&heard, SERAI_EVENT_LEAVING)->badge, BADGE);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_LEAVING)->status, 540);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), held);
    site_pass(&site, MINUTE);
    site_settle(&site);
    ck_assert_uint_eq(told(), 1);
}
END_TEST

START_TEST(who_asks_while_it_is_drained_is_told_at_once)
{
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    ask(0);
    site_pass(&site, 1000000);
    site_settle(&site);
    ck_assert_uint_eq(told(), 1);
}
END_TEST

START_TEST(who_did_not_ask_is_not_told)
{
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    site_pass(&site, MINUTE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
}
END_TEST

START_TEST(nothing_is_born_until_it_is_called_off)
{
    ck_assert_int_eq(deploy(), CONTROL_DONE);
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    ck_assert_int_eq(deploy(), CONTROL_REFUSED);
    ck_assert_msg(strstr(site.reply.message, "is being drained") != NULL, "%s", site.reply.message);
    site_reload(&site);
    ck_assert_int_eq(deploy(), CONTROL_REFUSED);
    ck_assert_int_eq(cancel(OPERATOR), CONTROL_DONE);
    ck_assert_int_eq(deploy(), CONTROL_DONE);
    ck_assert_int_eq(cancel(OPERATOR), CONTROL_REFUSED);
}
END_TEST

/* Let time pass until the frame that ends the run, which is the first that says so. */
static void pass_to_the_end(uint64_t us)
{
    struct core_frame frame = {0};
    struct fault fault;

    site_pass(&site, us - 1000000);
    site.now_us += 1000000;
    core_advance(site.core, site.now_us);
    core_frame_close(site.core, site.now_us, &frame);
    ck_assert(frame.ends && frame.writes);
    ck_assert_int_eq(store_commit(&site.store, &frame.batch, &fault), ST_OK);
    core_frame_fini(&frame);
    core_frame_close(site.core, site.now_us, &frame);
    ck_assert(!frame.ends);
    core_frame_fini(&frame);
}

START_TEST(at_its_time_it_stops_and_what_is_left_stands_still)
{
    uint64_t before;
    uint64_t money;

    ck_assert_int_eq(drain(2 * MINUTE), CONTROL_DONE);
    ck_assert_uint_le(core_next_due_us(site.core), site.now_us + 2 * MINUTE);
    pass_to_the_end(2 * MINUTE);
    before = site.core->site_time_us;
    money = site_balance(&site, agent);
    /* Started again: it serves commands, and nothing else goes on. */
    site_reload_same(&site);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
    site_pass(&site, 5 * MINUTE);
    site_settle(&site);
    ck_assert_uint_eq(site.core->site_time_us, before);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_uint_eq(site_balance(&site, agent), money);
    ck_assert_uint_eq(core_next_due_us(site.core), UINT64_MAX);
    ck_assert_int_eq(drain(MINUTE), CONTROL_REFUSED);
    ck_assert_int_eq(deploy(), CONTROL_REFUSED);
    /* Opened again, all goes on where it stood. */
    ck_assert_int_eq(cancel(OPERATOR), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
    site_pass(&site, MINUTE);
    ck_assert_uint_gt(site.core->site_time_us, before);
}
END_TEST

START_TEST(a_drain_goes_on_over_a_restart_and_its_time_can_be_moved)
{
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    site_pass(&site, MINUTE);
    site_reload_same(&site);
    ck_assert_int_eq(drain(3 * MINUTE), CONTROL_DONE);
    site_reload_same(&site);
    site_pass(&site, 1); /* the clock of this run begins */
    pass_to_the_end(3 * MINUTE);
}
END_TEST

START_TEST(only_the_operator_drains_a_site)
{
    ck_assert_int_eq(cancel(1), CONTROL_DENIED);
}
END_TEST

/* A death, and a turn that is undone, take what was asked for with them. */
START_TEST(a_notice_ends_with_its_agent)
{
    ask(0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_int_eq(drain(10 * MINUTE), CONTROL_DONE);
    site_pass(&site, 3 * MINUTE);
    ck_assert_uint_eq(heard.count, 0);
}
END_TEST

static enum engine_outcome asks_without_end(void *context, struct part *part)
{
    int *count = context;

    while (part_order(part, self_leaving, SERAI_SLOT_SELF, BADGE) == 0)
        (*count)++;
    return ENGINE_DONE;
}

START_TEST(notices_count_as_timers)
{
    int count = 0;

    puppet_play(&site, agent, asks_without_end, &count);
    ck_assert_int_eq(count, 64);
}
END_TEST

/* An order of person 2's site to pay person 1, as that site signs it. */
static void order_payment(uint64_t nanos)
{
    struct person *payer = &site.people[2];
    struct clearing_signed made = {.note = {.index = 1, .amount = {nanos}}};
    struct bytes bytes = {0};

    memcpy(made.note.house, site.site_key, LINK_KEY_BYTES);
    memcpy(made.note.payer, payer->key, LINK_KEY_BYTES);
    memcpy(made.note.payee, site.people[1].key, LINK_KEY_BYTES);
    memcpy(made.note.currency, site.core->book.currency, strlen(site.core->book.currency) + 1);
    clearing_encode(&made);
    ck_assert_int_eq(
        crypto_sign_detached(made.signature, NULL, made.bytes, made.size, payer->secret), 0);
    clearing_parcel_encode(&bytes, &made);
    core_parcel(site.core, payer->key, bytes.data, bytes.size);
    bytes_fini(&bytes);
    (void)core_links_tick(site.core);
    site_frame(&site);
}

START_TEST(an_order_that_came_while_it_was_drained_is_carried_out_once_it_is_open)
{
    struct bytes args = {0};
    uint64_t before;

    site_customer(&site, 2, "payer", 1000000);
    before = site_balance(&site, site.people[1].account);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, "peer");
    cbor_put_bytes(&args, site.people[2].key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, MONEY);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.add", &args), CONTROL_DONE);
    ck_assert_int_eq(drain(MINUTE), CONTROL_DONE);
    pass_to_the_end(MINUTE);
    order_payment(700);
    order_payment(700);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before);
    ck_assert_int_eq(cancel(OPERATOR), CONTROL_DONE);
    order_payment(700);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before + 700);
    order_payment(700);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before + 700);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drain");
    TCase *tcase = tcase_create("drain");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, agents_that_paid_for_it_are_told_once_with_the_time_that_is_left);
    tcase_add_test(tcase, who_asks_while_it_is_drained_is_told_at_once);
    tcase_add_test(tcase, who_did_not_ask_is_not_told);
    tcase_add_test(tcase, nothing_is_born_until_it_is_called_off);
    tcase_add_test(tcase, at_its_time_it_stops_and_what_is_left_stands_still);
    tcase_add_test(tcase, a_drain_goes_on_over_a_restart_and_its_time_can_be_moved);
    tcase_add_test(tcase, only_the_operator_drains_a_site);
    tcase_add_test(tcase, a_notice_ends_with_its_agent);
    tcase_add_test(tcase, notices_count_as_timers);
    tcase_add_test(tcase, an_order_that_came_while_it_was_drained_is_carried_out_once_it_is_open);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
