/* Signed requests: who may say what, once. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

static void fund_args(struct bytes *args, uint64_t agent, uint64_t nanos)
{
    cbor_put_array(args, 2);
    cbor_put_uint(args, agent);
    cbor_put_uint(args, nanos);
}

/* Sign with whatever is given, and hand it in. */
static enum control_status say(const uint8_t *site_key, const struct person *by, uint64_t number,
                               uint64_t agent, uint64_t nanos)
{
    struct bytes args = {0};
    enum control_status status;

    fund_args(&args, agent, nanos);
    bytes_clear(&site.sent);
    control_sign(&site.sent, site_key, by->key, by->secret, number, "agent.fund", &args);
    bytes_fini(&args);
    status = site_request_raw(&site, site.sent.data, site.sent.size);
    return status;
}

START_TEST(a_repeat_gets_the_first_answer_byte_for_byte_and_is_done_once)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_balance(&site, agent);
    struct bytes first = {0};

    ck_assert_int_eq(site_fund(&site, 1, agent, 1000), CONTROL_DONE);
    bytes_append(&first, site.answer.data, site.answer.size);
    site_pass(&site, 3000000); /* another frame number */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(site_request_raw(&site, site.sent.data, site.sent.size), CONTROL_DONE);
        ck_assert_uint_eq(site.answer.size, first.size);
        ck_assert(memcmp(site.answer.data, first.data, first.size) == 0);
        ck_assert_uint_eq(site_balance(&site, agent), before + 1000);
        site_reload_same(&site); /* it is remembered over a restart */
    }
    bytes_fini(&first);
}
END_TEST

START_TEST(a_refusal_is_repeated_too)
{
    ck_assert_int_eq(site_fund(&site, 1, 999999, 1), CONTROL_MISSING);
    ck_assert_int_eq(site_request_raw(&site, site.sent.data, site.sent.size), CONTROL_MISSING);
}
END_TEST

static enum control_status flies(int person)
{
    struct bytes args = {0};

    cbor_put_array(&args, 0);
    return site_request(&site, person, "agent.fly", &args);
}

static uint64_t last_frame(void)
{
    return ledger_last_frame(core_ledger(site.core))->frame;
}

/* Its number and answer take the place of the last ones, and no frame tells of it. */
START_TEST(a_refusal_writes_nothing_that_grows)
{
    uint64_t frame = last_frame();
    uint64_t commits = site.frames;

    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(site_fund(&site, 1, 999999, 1), CONTROL_MISSING);
        ck_assert_int_eq(flies(1), CONTROL_BAD_REQUEST);
    }
    ck_assert_uint_eq(last_frame(), frame);
    ck_assert_uint_eq(site.frames, commits + 10);
    site_reload_same(&site);
    ck_assert_int_eq(site_request_raw(&site, site.sent.data, site.sent.size), CONTROL_BAD_REQUEST);
    site_verify(&site);
    ck_assert_int_eq(site_fund(&site, 1, puppet_new(&site, 1, MONEY, ""), 1), CONTROL_DONE);
    ck_assert_uint_gt(last_frame(), frame);
}
END_TEST

static void add_link(const char *name)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, site.people[3].key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, MONEY);
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.add", &args), CONTROL_DONE);
}

/* To freeze what is frozen changes no row; the frame that the answer names is there even so. */
START_TEST(what_was_done_names_a_frame_that_is_there)
{
    add_link("oasis");
    for (int i = 0; i < 3; i++) {
        uint64_t frame = last_frame();
        struct bytes args = {0};

        cbor_put_array(&args, 1);
        cbor_put_text(&args, "oasis");
        ck_assert_int_eq(site_request(&site, OPERATOR, "link.freeze", &args), CONTROL_DONE);
        ck_assert_uint_eq(site.reply.frame, frame + 1);
        ck_assert_uint_eq(last_frame(), frame + 1);
    }
}
END_TEST

START_TEST(who_is_denied_writes_nothing)
{
    uint64_t commits = site.frames;

    ck_assert_int_eq(flies(3), CONTROL_DENIED);
    site.sent.data[site.sent.size - 1] ^= 1;
    ck_assert_int_eq(site_request_raw(&site, site.sent.data, site.sent.size), CONTROL_DENIED);
    ck_assert_int_eq(say(site.site_key, &site.people[1], 0, 1, 1), CONTROL_DENIED);
    ck_assert_uint_eq(site.frames, commits);
}
END_TEST

/* The denial names the last number, so that a key without its numbers can go on. */
static void says_number(uint64_t last)
{
    struct control_reply reply;
    struct fault fault = {0};
    struct cbor in;
    char key[8];

    ck_assert(control_reply_decode(&reply, site.answer.data, site.answer.size, &fault) == ST_OK);
    cbor_init(&in, reply.result, reply.result_size);
    ck_assert_uint_eq(cbor_get_map_any(&in, 1), 1);
    cbor_get_text(&in, key, sizeof key - 1);
    ck_assert_str_eq(key, "number");
    ck_assert_uint_eq(cbor_get_uint(&in, UINT64_MAX), last);
}

START_TEST(a_number_serves_one_request_and_only_rises)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_balance(&site, agent);
    struct person *one = &site.people[1];

    ck_assert_int_eq(say(site.site_key, one, one->number + 10, agent, 5), CONTROL_DONE); /* gap */
    ck_assert_int_eq(say(site.site_key, one, one->number + 10, agent, 6), CONTROL_DENIED);
    ck_assert_int_eq(say(site.site_key, one, one->number + 9, agent, 5), CONTROL_DENIED);
    says_number(one->number + 10);
    ck_assert_int_eq(say(site.site_key, one, 0, agent, 5), CONTROL_DENIED);
    ck_assert_int_eq(say(site.site_key, one, one->number + 11, agent, 5), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, agent), before + 10);
    one->number += 11;
}
END_TEST

START_TEST(a_request_for_another_site_or_by_a_stranger_is_denied)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    struct person *one = &site.people[1];
    uint8_t other_site[CONTROL_KEY_BYTES] = {1};

    ck_assert_int_eq(say(other_site, one, one->number + 1, agent, 5), CONTROL_DENIED);
    ck_assert_int_eq(say(site.site_key, &site.people[3], 1, agent, 5), CONTROL_DENIED);
    /* Neither used up the number. */
    ck_assert_int_eq(say(site.site_key, one, one->number + 1, agent, 5), CONTROL_DONE);
    one->number++;
}
END_TEST

START_TEST(a_bit_changed_anywhere_is_never_done)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    struct bytes args = {0};
    struct bytes sent = {0};
    struct person *one = &site.people[1];
    char *before;
    char *after;

    fund_args(&args, agent, 5);
    control_sign(&sent, site.site_key, one->key, one->secret, one->number + 1, "agent.fund", &args);
    before = site_portrait(&site);
    for (size_t at = 0; at < sent.size; at++) {
        sent.data[at] ^= 4;
        ck_assert_int_ne(site_request_raw(&site, sent.data, sent.size), CONTROL_DONE);
        sent.data[at] ^= 4;
    }
    for (size_t size = 0; size < sent.size; size++)
        ck_assert_int_eq(site_request_raw(&site, sent.data, size), CONTROL_BAD_REQUEST);
    after = site_portrait(&site);
    portraits_equal(before, after);
    free(before);
    free(after);
    bytes_fini(&args);
    bytes_fini(&sent);
}
END_TEST

START_TEST(a_customer_cannot_touch_anothers_agent_but_may_fund_it)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint64_t before = site_balance(&site, agent);

    ck_assert_int_eq(site_on_agent(&site, 2, "agent.freeze", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_send(&site, 2, agent, "x", 0), CONTROL_DENIED);
    ck_assert_int_eq(site_send(&site, OPERATOR, agent, "x", 0), CONTROL_DENIED);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_RUNNING);
    ck_assert_int_eq(site_fund(&site, 2, agent, 33), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, agent), before + 33);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_BY_SITE);
    ck_assert_str_eq(site_agent(&site, agent)->reason, "frozen by the operator");
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.thaw", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    /* What its customer froze, its customer thaws. */
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
}
END_TEST

START_TEST(who_froze_an_agent_is_not_read_from_the_reason)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    ck_assert_int_eq(core_quarantine(site.core, agent, "frozen by its customer"), ST_OK);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_BY_CUSTOMER);
    site_reload_same(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
}
END_TEST

static enum control_status money(int person, const char *command, uint64_t customer, uint64_t nanos)
{
    struct bytes args = {0};

    fund_args(&args, customer, nanos);
    return site_request(&site, person, command, &args);
}

START_TEST(only_the_operator_brings_money_in_and_out)
{
    uint64_t one = site.people[1].account;
    uint64_t before = site_balance(&site, one);

    ck_assert_int_eq(money(1, "money.in", one, 1000), CONTROL_DENIED);
    ck_assert_int_eq(money(1, "money.out", one, 1000), CONTROL_DENIED);
    ck_assert_int_eq(money(OPERATOR, "money.in", 999999, 1000), CONTROL_MISSING);
    ck_assert_int_eq(money(OPERATOR, "money.in", one, 0), CONTROL_REFUSED);
    ck_assert_int_eq(money(OPERATOR, "money.out", one, before + 1), CONTROL_REFUSED);
    ck_assert_uint_eq(site_balance(&site, one), before);
    ck_assert_int_eq(money(OPERATOR, "money.out", one, before), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, one), 0);
    ck_assert_int_eq(money(OPERATOR, "money.in", one, INT64_MAX), CONTROL_REFUSED);
    ck_assert_int_eq(money(OPERATOR, "money.in", one, UINT64_MAX), CONTROL_BAD_REQUEST);
}
END_TEST

static enum control_status add(int person, const char *name, const uint8_t *key)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, key, CONTROL_KEY_BYTES);
    return site_request(&site, person, "customer.add", &args);
}

START_TEST(a_customer_has_a_plain_name_and_a_key_of_its_own)
{
    const uint8_t *key = site.people[3].key;
    const uint8_t no_point[CONTROL_KEY_BYTES] = {2};

    ck_assert_int_eq(add(OPERATOR, "three", no_point), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "no point of Ed25519"));
    ck_assert_int_eq(add(1, "three", key), CONTROL_DENIED);
    ck_assert_int_eq(add(OPERATOR, "", key), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(add(OPERATOR, "Three!", key), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(add(OPERATOR, "one", key), CONTROL_REFUSED);
    ck_assert_int_eq(add(OPERATOR, "three", site.people[1].key), CONTROL_REFUSED);
    ck_assert_int_eq(add(OPERATOR, "three", key), CONTROL_DONE);
}
END_TEST

static enum control_status deploy_bytes(const void *bytes, size_t size, const char *name,
                                        uint64_t nanos, uint64_t gift)
{
    struct bytes args = {0};

    cbor_put_array(&args, 6);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, bytes, size);
    cbor_put_bytes(&args, NULL, 0);
    cbor_put_uint(&args, nanos);
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, gift);
    cbor_put_array(&args, 0);
    return site_request(&site, 1, "agent.deploy", &args);
}

START_TEST(a_deployment_is_checked_before_anything_is_paid)
{
    size_t size;
    const uint8_t *spin = module_bytes("spin", &size);
    uint64_t before = site_balance(&site, site.people[1].account);

    ck_assert_int_eq(deploy_bytes("nonsense", 8, "a", MONEY, SERAI_KIND_TIMER),
                     CONTROL_BAD_REQUEST);
    ck_assert_int_eq(deploy_bytes(spin, size - 1, "a", MONEY, SERAI_KIND_TIMER),
                     CONTROL_BAD_REQUEST);
    ck_assert_int_eq(deploy_bytes(spin, size, "A!", MONEY, SERAI_KIND_TIMER), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(deploy_bytes(spin, size, "a", MONEY, SERAI_KIND_SELF), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(deploy_bytes(spin, size, "a", 1000, SERAI_KIND_TIMER), CONTROL_REFUSED);
    ck_assert_int_eq(deploy_bytes(spin, size, "a", before, SERAI_KIND_TIMER), CONTROL_REFUSED);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before);
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 0);
    ck_assert_int_eq(deploy_bytes(spin, size, "a", MONEY, SERAI_KIND_TIMER), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account),
                      before - MONEY - money_nanos(site.book.birth_fee));
}
END_TEST

START_TEST(an_unknown_command_and_wrong_arguments_are_bad_requests)
{
    static const char *const commands[] = {
        "money.in",     "money.out",  "customer.add", "agent.deploy",   "agent.fund", "agent.send",
        "agent.freeze", "agent.thaw", "agent.end",    "agent.withdraw", "agent.call", "call.take",
        "call.drop",    "cap.name",   "agent.stop",   "no.such"};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct bytes args = {0};

        cbor_put_array(&args, 1);
        cbor_put_text(&args, "what?");
        ck_assert_msg(site_request(&site, OPERATOR, commands[i], &args) == CONTROL_BAD_REQUEST,
                      "%s", commands[i]);
    }
}
END_TEST

/* ---- reads ---- */

static enum control_status read_list(const char *command, int64_t a, int64_t b, int64_t c)
{
    struct bytes args = {0};
    struct bytes bytes = {0};
    const int64_t values[] = {a, b, c};
    uint64_t count = 0;
    enum control_status status;

    while (count < 3 && values[count] >= 0)
        count++;
    cbor_put_array(&args, count);
    for (uint64_t i = 0; i < count; i++)
        cbor_put_uint(&args, (uint64_t)values[i]);
    control_read(&bytes, command, &args);
    status = site_request_raw(&site, bytes.data, bytes.size);
    bytes_fini(&args);
    bytes_fini(&bytes);
    return status;
}

/* Signed by one of the people, so long before or after the site's time. */
static enum control_status signed_list(int person, const char *command, int64_t a, int64_t b,
                                       int64_t late_us)
{
    const struct control_signer by = {.site_key = site.site_key,
                                      .key = site.people[person].key,
                                      .secret = site.people[person].secret};
    uint64_t time_us = site.core->site_time_us - (uint64_t)late_us;
    struct bytes args = {0};
    struct bytes bytes = {0};
    enum control_status status;

    cbor_put_array(&args, b >= 0 ? 2 : a >= 0 ? 1 : 0);
    if (a >= 0)
        cbor_put_uint(&args, (uint64_t)a);
    if (b >= 0)
        cbor_put_uint(&args, (uint64_t)b);
    control_read_signed(&bytes, &by, time_us, command, &args);
    status = site_request_raw(&site, bytes.data, bytes.size);
    bytes_fini(&args);
    bytes_fini(&bytes);
    return status;
}

static uint64_t items(void)
{
    struct cbor in;

    cbor_init(&in, site.reply.result, site.reply.result_size);
    return cbor_get_array_any(&in, 10000);
}

START_TEST(a_stranger_is_shown_only_what_is_public)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    site.peer = CORE_PEER_UNKNOWN;
    ck_assert_int_eq(read_list("site", -1, 0, 0), CONTROL_DONE);
    ck_assert_int_eq(read_list("prices", -1, 0, 0), CONTROL_DONE);
    ck_assert_int_eq(read_list("status", -1, 0, 0), CONTROL_DONE);
    ck_assert_uint_lt(site.reply.result_size, 300); /* and no figures of anybody */
    ck_assert_int_eq(read_list("agents", 0, 10, -1), CONTROL_DENIED);
    ck_assert(strstr(site.reply.message, "wants a signature") != NULL);
    ck_assert_int_eq(read_list("agent", (int64_t)agent, -1, 0), CONTROL_DENIED);
    ck_assert_int_eq(read_list("logs", (int64_t)agent, 0, 10), CONTROL_DENIED);
    ck_assert_int_eq(read_list("customers", 0, 10, -1), CONTROL_DENIED);
    ck_assert_int_eq(read_list("heap", 0, 10, -1), CONTROL_DENIED);
    ck_assert_int_eq(read_list("accounts", 0, 10, -1), CONTROL_DENIED);
    ck_assert_int_eq(read_list("codes", 0, 10, -1), CONTROL_DENIED);
    ck_assert_int_eq(read_list("links", 0, 10, -1), CONTROL_DENIED);
    ck_assert_int_eq(read_list("figures", -1, 0, 0), CONTROL_DENIED);
}
END_TEST

START_TEST(a_customer_is_shown_what_is_its_own_page_by_page)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint64_t mine[3];
    uint64_t other = 0;

    for (int i = 0; i < 3; i++) {
        mine[i] = puppet_new(&site, 1, MONEY, NULL);
        other = puppet_new(&site, 2, MONEY, NULL);
        puppet_publish(&site, other, 1, 0, number);
    }
    puppet_publish(&site, mine[0], 1, 0, number);
    site.peer = CORE_PEER_UNKNOWN;
    ck_assert_int_eq(signed_list(1, "agents", 0, 2, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 2);
    ck_assert_int_eq(signed_list(1, "agents", (int64_t)mine[1], 2, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 1);
    ck_assert_int_eq(signed_list(OPERATOR, "agents", 0, 0, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 6);
    ck_assert_int_eq(signed_list(1, "heap", 0, 0, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 1);
    ck_assert_int_eq(signed_list(1, "customers", 0, 0, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 1);
    ck_assert_int_eq(signed_list(1, "accounts", 0, 0, 0), CONTROL_DONE);
    ck_assert_uint_eq(items(), 4); /* three agents' and its own */
    ck_assert_int_eq(signed_list(1, "agent", (int64_t)mine[2], -1, 0), CONTROL_DONE);
    ck_assert_int_eq(signed_list(1, "agent", (int64_t)other, -1, 0), CONTROL_DENIED);
    ck_assert_int_eq(signed_list(1, "codes", 0, 0, 0), CONTROL_DENIED);
    ck_assert_int_eq(signed_list(1, "links", 0, 0, 0), CONTROL_DENIED);
    ck_assert_int_eq(signed_list(1, "figures", -1, -1, 0), CONTROL_DENIED);
    ck_assert_int_eq(signed_list(OPERATOR, "codes", 0, 0, 0), CONTROL_DONE);
    ck_assert_int_eq(signed_list(3, "agents", 0, 0, 0), CONTROL_DENIED); /* nobody's key */
}
END_TEST

START_TEST(a_signed_read_is_good_for_this_site_and_for_five_minutes)
{
    uint64_t number = site.people[1].number;

    site_pass(&site, 3600000000);
    ck_assert_int_eq(signed_list(1, "agents", 0, 0, CONTROL_READ_WINDOW_US), CONTROL_DONE);
    ck_assert_int_eq(signed_list(1, "agents", 0, 0, CONTROL_READ_WINDOW_US + 1), CONTROL_DENIED);
    ck_assert_int_eq(signed_list(1, "agents", 0, 0, -CONTROL_READ_WINDOW_US), CONTROL_DONE);
    ck_assert_int_eq(signed_list(1, "agents", 0, 0, -CONTROL_READ_WINDOW_US - 1), CONTROL_DENIED);
    site.site_key[0] ^= 1; /* who signs means another site */
    ck_assert_int_eq(signed_list(1, "agents", 0, 0, 0), CONTROL_DENIED);
    site.site_key[0] ^= 1;
    ck_assert_uint_eq(site.people[1].number, number);
    ck_assert_int_eq(site_fund(&site, 1, puppet_new(&site, 1, MONEY, NULL), 1), CONTROL_DONE);
}
END_TEST

START_TEST(reads_answer_without_a_signature_and_change_nothing)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    char *before;
    char *after;

    puppet_publish(&site, agent, 1, 0, number);
    before = site_portrait(&site);
    ck_assert_int_eq(read_list("status", -1, 0, 0), CONTROL_DONE);
    ck_assert_int_eq(read_list("agents", 0, 10, -1), CONTROL_DONE);
    ck_assert_int_eq(read_list("agent", (int64_t)agent, -1, 0), CONTROL_DONE);
    ck_assert_int_eq(read_list("agent", 999999, -1, 0), CONTROL_MISSING);
    ck_assert_int_eq(read_list("logs", (int64_t)agent, 0, 10), CONTROL_DONE);
    ck_assert_int_eq(read_list("customers", 0, 10, -1), CONTROL_DONE);
    ck_assert_int_eq(read_list("heap", 0, 10, -1), CONTROL_DONE);
    ck_assert_int_eq(read_list("prices", -1, 0, 0), CONTROL_DONE);
    ck_assert_int_eq(read_list("accounts", 0, 10, -1), CONTROL_DONE);
    ck_assert_int_eq(read_list("no.such", -1, 0, 0), CONTROL_BAD_REQUEST);
    ck_assert_int_eq(read_list("agent", -1, 0, 0), CONTROL_BAD_REQUEST);
    after = site_portrait(&site);
    portraits_equal(before, after);
    free(before);
    free(after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core requests");
    TCase *tcase = tcase_create("requests");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_repeat_gets_the_first_answer_byte_for_byte_and_is_done_once);
    tcase_add_test(tcase, a_refusal_is_repeated_too);
    tcase_add_test(tcase, a_refusal_writes_nothing_that_grows);
    tcase_add_test(tcase, what_was_done_names_a_frame_that_is_there);
    tcase_add_test(tcase, who_is_denied_writes_nothing);
    tcase_add_test(tcase, a_number_serves_one_request_and_only_rises);
    tcase_add_test(tcase, a_request_for_another_site_or_by_a_stranger_is_denied);
    tcase_add_test(tcase, a_bit_changed_anywhere_is_never_done);
    tcase_add_test(tcase, a_customer_cannot_touch_anothers_agent_but_may_fund_it);
    tcase_add_test(tcase, who_froze_an_agent_is_not_read_from_the_reason);
    tcase_add_test(tcase, only_the_operator_brings_money_in_and_out);
    tcase_add_test(tcase, a_customer_has_a_plain_name_and_a_key_of_its_own);
    tcase_add_test(tcase, a_deployment_is_checked_before_anything_is_paid);
    tcase_add_test(tcase, an_unknown_command_and_wrong_arguments_are_bad_requests);
    tcase_add_test(tcase, a_stranger_is_shown_only_what_is_public);
    tcase_add_test(tcase, a_customer_is_shown_what_is_its_own_page_by_page);
    tcase_add_test(tcase, a_signed_read_is_good_for_this_site_and_for_five_minutes);
    tcase_add_test(tcase, reads_answer_without_a_signature_and_change_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
